/* The letter and its mark lie in two files: a crash in between sends it once more, never not. */
#include "serve/access.h"

#include "base/log.h"
#include "delivery/mailer.h"
#include "directory/access.h"
#include "regulation/calendar.h"
#include "serve/notice.h"

enum { LETTER_BYTES = 64 * 1024 };

typedef struct {
    gint64 id;
    char *address, *name, *text;
} Letter;

static void letter_clear(gpointer data) {
    Letter *letter = data;
    g_free(letter->address);
    g_free(letter->name);
    g_free(letter->text);
}

static void append_day(GString *to, gint64 moment) {
    char iso[11];
    calendar_format(calendar_day_of(moment), iso);
    g_string_append_printf(to, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
}

static gboolean collect(const DirectoryAccess *access, gpointer data) {
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "Hộp thư này đã được %s đọc từ ngày ", access->reader);
    append_day(text, access->since);
    g_string_append(text, " đến ngày ");
    append_day(text, access->until);
    g_string_append_printf(text,
                           ", theo căn cứ: %s (TC-%" G_GINT64_FORMAT
                           ").\r\n\r\nNgười đề nghị: %s. Người duyệt: %s. Người đọc chỉ được xem, "
                           "không gửi, sửa hoặc xóa được thư; việc này được ghi trong nhật ký hệ "
                           "thống (điểm c khoản 1 Điều 10 Quy chế). Nếu có thắc mắc, đề nghị liên "
                           "hệ đơn vị vận hành và nêu số trên.\r\n\r\n",
                           access->ground, access->id, access->asked_by, access->decided_by);
    Letter letter = {access->id, g_strdup(access->address), g_strdup(access->name),
                     g_string_free(text, FALSE)};
    g_array_append_val((GArray *)data, letter);
    return TRUE;
}

static gboolean send_letter(Instance *instance, const Letter *letter, GError **error) {
    g_auto(Buffer) out;
    buffer_init(&out, LETTER_BYTES);
    const MailerHead head = {.address = letter->address,
                             .name = letter->name,
                             .subject = "Hộp thư đã được đọc theo yêu cầu kiểm tra"};
    mailer_begin(instance->config->hostname, instance->config->domain, &head, &out);
    buffer_append_string(&out, letter->text);
    mailer_end(&out);
    g_autoptr(DeliveryRequest) request =
        out.overflow ? NULL : notice_prepare(letter->address, buffer_bytes(&out), instance);
    if (request == NULL) /* the account was closed: nobody is there to read it */
        return directory_access_told(instance->directory, letter->id, "nobody is there", error);
    return db_write(instance->mail, delivery_commit, request, error) &&
           directory_access_told(instance->directory, letter->id, NULL, error);
}

void access_keep(Instance *instance) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) letters = g_array_new(FALSE, FALSE, sizeof(Letter));
    g_array_set_clear_func(letters, letter_clear);
    gboolean ok = directory_access_untold(instance->directory, collect, letters, &error);
    for (guint i = 0; ok && i < letters->len; i++)
        ok = send_letter(instance, &g_array_index(letters, Letter, i), &error);
    if (!ok)
        log_event(LOG_LEVEL_ERROR, "serve.access", "error", error->message, NULL);
}
