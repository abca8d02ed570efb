#include "serve/remind.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "message/header.h"
#include "serve/notice.h"

enum { LETTER_MAXIMUM = 16 * 1024 * 1024, LINE = 57 /* bytes of 76 characters of base64 */ };

static void put_head(const Instance *instance, Buffer *out, const char *to, const char *name,
                     const char *boundary) {
    char date[40];
    clock_format_rfc5322(clock_now(), date);
    g_autofree char *unique = crypto_random_hex(12);
    buffer_append_string(out, "From: ");
    message_header_encode(out, "Hệ thống thư điện tử công vụ");
    buffer_printf(out, " <postmaster@%s>\r\nTo: ", instance->config->domain);
    message_header_encode(out, name);
    buffer_printf(out, " <%s>\r\nSubject: ", to);
    message_header_encode(out, "Nhắc gửi báo cáo thư điện tử công vụ hằng năm");
    buffer_printf(out,
                  "\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\n"
                  "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n",
                  date, unique, instance->config->hostname, boundary);
}

static void put_text(Buffer *out, const Report *report, const char *boundary) {
    const Regulation *regulation = report->regulation;
    g_autofree char *cite =
        regulation_cite(regulation_figure_article(regulation, FIGURE_REPORT_MONTH));
    char day[11];
    calendar_format(report->deadline, day);
    buffer_printf(
        out,
        "--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "Kính gửi: %s\r\n\r\nTheo %s, báo cáo tình hình quản lý, sử dụng thư điện tử công vụ năm "
        "%" G_GINT64_FORMAT "\r\ngửi về %s đến hết ngày %.2s/%.2s/%.4s.\r\nHệ thống chưa ghi nhận "
        "báo cáo của cơ quan, đơn vị.\r\n\r\nKèm theo thư này là báo cáo theo mẫu Phụ lục 1 đã "
        "điền "
        "số liệu của hệ thống. Đề nghị cơ quan, đơn vị\r\nkiểm tra, bổ sung các mục còn trống, ký "
        "và "
        "gửi qua hệ thống Quản lý văn bản và điều hành.\r\n\r\nThư này do hệ thống tự động tạo, "
        "không cần trả lời.\r\n\r\n",
        boundary, report->asked->name, *cite == '\0' ? "Quy chế" : cite, report->year,
        regulation_text(regulation, REGULATION_SUPERVISOR), day + 8, day + 5, day);
}

static void put_file(Buffer *out, const Report *report, GBytes *file, const char *boundary) {
    gsize n;
    const guint8 *p = g_bytes_get_data(file, &n);
    buffer_printf(out,
                  "--%s\r\nContent-Type: application/vnd.openxmlformats-officedocument."
                  "wordprocessingml.document\r\nContent-Transfer-Encoding: base64\r\n"
                  "Content-Disposition: attachment;\r\n filename=\"bao-cao-%" G_GINT64_FORMAT
                  "-%s.docx\"\r\n\r\n",
                  boundary, report->year, report->asked->address);
    for (gsize at = 0; at < n; at += LINE) {
        g_autofree char *line = g_base64_encode(p + at, MIN(n - at, (gsize)LINE));
        buffer_printf(out, "%s\r\n", line);
    }
    buffer_printf(out, "--%s--\r\n", boundary);
}

static gboolean commit_letter(DbConn *conn, gpointer request, GError **error) {
    return delivery_commit(conn, request, error);
}

/* FALSE: it is not in the mailbox (logged). */
static gboolean deliver(Instance *instance, const char *to, const Buffer *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DeliveryRequest) request =
        text->overflow ? NULL : notice_prepare(to, buffer_bytes(text), instance);
    if (request != NULL && db_write(instance->mail, commit_letter, request, &error))
        return TRUE;
    log_event(LOG_LEVEL_WARNING, "report.remind", "recipient", to, "error",
              error == NULL ? "cannot be prepared" : error->message, NULL);
    return FALSE;
}

static gboolean remind_one(Instance *instance, const Report *report, Reminded *out,
                           GError **error) {
    LetterHead head;
    LetterSigner signer;
    report_heading(report, &head, &signer);
    g_autoptr(GBytes) file = report_docx(report, &head, &signer, error);
    if (file == NULL)
        return FALSE;
    g_auto(Buffer) text;
    buffer_init(&text, LETTER_MAXIMUM);
    g_autofree char *boundary = crypto_random_hex(16);
    g_autofree char *to = g_strdup_printf("%s@%s", report->asked->address, report->domain);
    put_head(instance, &text, to, report->asked->name, boundary);
    put_text(&text, report, boundary);
    put_file(&text, report, file, boundary);
    if (deliver(instance, to, &text))
        out->letters++;
    else
        out->failed++;
    return TRUE;
}

gboolean remind_units(Instance *instance, const Report *report, Reminded *out, GError **error) {
    *out = (Reminded){0};
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        Report one;
        if (!unit->reports)
            continue;
        if (unit->sent_number != NULL) {
            out->sent++;
            continue;
        }
        report_of_unit(report, unit, &one);
        if (!remind_one(instance, &one, out, error))
            return FALSE;
    }
    return TRUE;
}
