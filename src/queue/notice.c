/* Writing a notice; see notice.h. */
#include "queue/notice.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "message/header.h"

enum { BASE64_LINE = 57, SUBJECT_MOST = 200 };

/* ---- What was asked for ---- */

/* The value of NAME= among words; NULL. g_free. */
static char *value_of(const char *words, const char *name) {
    gsize n = strlen(name);
    g_auto(GStrv) each = g_strsplit(words, " ", -1);
    for (char **word = each; *word != NULL; word++)
        if (g_ascii_strncasecmp(*word, name, n) == 0 && (*word)[n] == '=')
            return g_strdup(*word + n + 1);
    return NULL;
}

guint queue_notify_of(const char *parameters) {
    static const struct {
        const char *word;
        guint bit;
    } known[] = {{"SUCCESS", QUEUE_NOTIFY_SUCCESS},
                 {"FAILURE", QUEUE_NOTIFY_FAILURE},
                 {"DELAY", QUEUE_NOTIFY_DELAY}};
    g_autofree char *value = value_of(parameters, "NOTIFY");
    if (value == NULL)
        return QUEUE_NOTIFY_FAILURE | QUEUE_NOTIFY_DELAY;
    guint bits = 0;
    g_auto(GStrv) words = g_strsplit(value, ",", -1);
    for (char **word = words; *word != NULL; word++)
        for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
            if (g_ascii_strcasecmp(*word, known[i].word) == 0)
                bits |= known[i].bit;
    return bits;
}

char *queue_xtext_decode(const char *text) {
    GString *out = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        int c = (guint8)*text;
        if (c == '+' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
            c = g_ascii_xdigit_value(text[1]) * 16 + g_ascii_xdigit_value(text[2]);
            text += 2;
        }
        if (c >= ' ' && c != 0x7f)
            g_string_append_c(out, (char)c);
    }
    g_autofree char *raw = g_string_free(out, FALSE);
    return g_utf8_make_valid(raw, -1);
}

/* ---- Words for people ---- */

typedef struct {
    const char *status; /* the beginning of it */
    const char *vi, *en;
} Reason;

/* The first that fits. Class 5 and class 4 mean the same to a reader. */
static const Reason reasons[] = {
    {".1.1", "Địa chỉ này không có ở nơi nhận.", "There is no such address there."},
    {".1.2", "Tên miền sau dấu @ không tồn tại.", "The domain behind the @ does not exist."},
    {".1.10", "Tên miền này không nhận thư.", "This domain takes no mail."},
    {".2.2", "Hộp thư của nơi nhận đã đầy.", "The recipient's mailbox is full."},
    {".2.", "Hộp thư của nơi nhận hiện không nhận thư.", "The recipient's mailbox takes no mail."},
    {".3.4", "Thư lớn hơn mức nơi nhận cho phép.", "The message is larger than is taken there."},
    {".4.6", "Tên miền này dẫn thư quay lại chính máy chủ gửi.",
     "The domain leads mail back to this server."},
    {".4.", "Không kết nối được với máy chủ của nơi nhận.",
     "The recipient's mail server could not be reached."},
    {".6.", "Máy chủ của nơi nhận không đọc được dạng thư này.",
     "The recipient's server cannot take this kind of message."},
    {".7.", "Máy chủ của nơi nhận từ chối thư theo quy định của họ.",
     "The recipient's server refuses the message by its own rules."},
    {"", "Máy chủ của nơi nhận không nhận thư.",
     "The recipient's server did not take the message."},
};

static const Reason *reason_of(const char *status) {
    const char *dot = strchr(status, '.');
    gsize i = 0;
    for (; i + 1 < G_N_ELEMENTS(reasons); i++) {
        gsize n = strlen(reasons[i].status);
        if (dot == NULL || strncmp(dot, reasons[i].status, n) != 0)
            continue;
        if (reasons[i].status[n - 1] == '.' || dot[n] == '\0')
            break;
    }
    return &reasons[i];
}

static const struct {
    const char *subject, *vi, *en, *vi_next, *en_next, *action;
} kinds[] = {
    [QUEUE_NOTICE_FAILED] =
        {"Thư không gửi được / Mail could not be delivered",
         "Thư sau đây không gửi được đến:", "The message below could not be delivered to:",
         "Đề nghị kiểm tra lại địa chỉ và gửi lại, hoặc liên hệ nơi nhận bằng cách khác. "
         "Thư này do hệ thống tự động tạo, không cần trả lời.",
         "Please check the address and send again, or reach the recipient by other means. "
         "This notice was made automatically; no answer is needed.",
         "failed"},
    [QUEUE_NOTICE_DELAYED] =
        {"Thư chưa gửi được, hệ thống vẫn đang thử / Mail delayed, still trying",
         "Thư sau đây chưa gửi được đến:", "The message below has not yet reached:",
         "Không cần gửi lại: hệ thống sẽ tiếp tục thử đến %s, nếu vẫn không được sẽ có thông báo.",
         "There is no need to send again: delivery is tried until %s; you will be told if it "
         "fails.",
         "delayed"},
    [QUEUE_NOTICE_RELAYED] =
        {"Thư đã chuyển đến máy chủ nơi nhận / Mail handed over",
         "Theo yêu cầu báo nhận, thư sau đây đã chuyển đến máy chủ của:",
         "As you asked to be told: the message below was handed to the server of:",
         "Máy chủ đó không hỗ trợ báo nhận, nên sẽ không có thông báo tiếp theo.",
         "That server does not report delivery, so no further notice will come.", "relayed"},
    [QUEUE_NOTICE_DELIVERED] = {"Thư đã vào hộp thư người nhận / Mail delivered",
                                "Theo yêu cầu báo nhận, thư sau đây đã vào hộp thư của:",
                                "As you asked to be told: the message below is in the mailbox of:",
                                "Thông báo này không có nghĩa là thư đã được đọc.",
                                "This does not mean that it has been read.", "delivered"},
};

/* "08:05 ngày 24/11/2026" in Vietnam's time, and the same for English. */
static char *when(gint64 microseconds, gboolean vietnamese) {
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(microseconds / CLOCK_SECOND + 7 * 3600);
    if (at == NULL)
        return g_strdup("?");
    return g_date_time_format(at, vietnamese ? "%H:%M ngày %d/%m/%Y" : "%H:%M on %d/%m/%Y");
}

/* ---- Parts ---- */

static gboolean is_ascii(Bytes b) {
    for (gsize i = 0; i < b.n; i++)
        if (b.p[i] >= 0x80)
            return FALSE;
    return TRUE;
}

static void write_base64(Buffer *out, Bytes bytes) {
    for (gsize at = 0; at < bytes.n; at += BASE64_LINE) {
        Bytes piece = bytes_slice(bytes, at, BASE64_LINE);
        g_autofree char *line = g_base64_encode(piece.p, piece.n);
        buffer_printf(out, "%s\r\n", line);
    }
}

static Bytes header_of(Bytes message) {
    gssize end = bytes_find(message, BYTES_LITERAL("\r\n\r\n"));
    return end < 0 ? message : bytes_slice(message, 0, (gsize)end + 2);
}

static char *subject_of(const QueueNotice *notice) {
    Bytes value;
    if (!message_header_find(header_of(notice->message), "Subject", &value))
        return g_strdup("");
    g_autofree char *text = message_header_decode(value);
    return g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), SUBJECT_MOST));
}

static void write_people_of(const QueueNotice *notice, GString *text, gboolean vietnamese) {
    for (gsize i = 0; i < notice->count; i++) {
        const QueueFate *fate = notice->recipients[i].fate;
        const Reason *reason = reason_of(fate->status);
        g_string_append_printf(text, "  %s\r\n", fate->recipient);
        if (notice->kind < QUEUE_NOTICE_RELAYED)
            g_string_append_printf(text, "    %s\r\n", vietnamese ? reason->vi : reason->en);
        if (*fate->answer != '\0')
            g_string_append_printf(text,
                                   vietnamese ? "    Máy chủ %s trả lời: %s\r\n"
                                              : "    The server %s said: %s\r\n",
                                   *fate->remote == '\0' ? "-" : fate->remote, fate->answer);
    }
}

static void write_language(const QueueNotice *notice, GString *text, const char *subject,
                           gboolean vietnamese) {
    g_autofree char *sent = when(notice->received, vietnamese);
    g_autofree char *until = when(notice->until, vietnamese);
    g_string_append_printf(text, "%s\r\n\r\n",
                           vietnamese ? kinds[notice->kind].vi : kinds[notice->kind].en);
    write_people_of(notice, text, vietnamese);
    g_string_append_printf(text,
                           vietnamese ? "\r\nTiêu đề: %s\r\nGửi lúc: %s\r\n\r\n"
                                      : "\r\nSubject: %s\r\nSent: %s\r\n\r\n",
                           subject, sent);
    const char *next = vietnamese ? kinds[notice->kind].vi_next : kinds[notice->kind].en_next;
    g_auto(GStrv) parts = g_strsplit(next, "%s", 2);
    g_autofree char *whole = g_strjoinv(until, parts);
    g_string_append_printf(text, "%s\r\n", whole);
}

static void write_people(const QueueNotice *notice, Buffer *out) {
    g_autofree char *subject = subject_of(notice);
    g_autoptr(GString) text = g_string_new(NULL);
    write_language(notice, text, subject, TRUE);
    g_string_append(text, "\r\n----\r\n\r\n");
    write_language(notice, text, subject, FALSE);
    buffer_append_string(out, "Content-Type: text/plain; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: base64\r\n\r\n");
    write_base64(out, bytes_of(text->str, text->len));
}

/* RFC 3464 2.1.2; RFC 6533 3 where an address is beyond ASCII. */
static void write_address(Buffer *out, const char *field, const char *address) {
    buffer_printf(out, "%s: %s; %s\r\n", field,
                  is_ascii(bytes_of_string(address)) ? "rfc822" : "utf-8", address);
}

static void write_original(Buffer *out, const char *parameters) {
    g_autofree char *original = value_of(parameters, "ORCPT");
    if (original == NULL)
        return;
    char *semicolon = strchr(original, ';');
    if (semicolon == NULL)
        return;
    *semicolon = '\0';
    g_autofree char *address = queue_xtext_decode(semicolon + 1);
    buffer_printf(out, "Original-Recipient: %s; %s\r\n", original, address);
}

static void write_program_recipient(const QueueNotice *notice, const QueueNoticeRecipient *r,
                                    Buffer *out) {
    char date[40];
    const QueueFate *fate = r->fate;
    clock_format_rfc5322(notice->now, date);
    buffer_append_string(out, "\r\n");
    write_original(out, r->parameters);
    write_address(out, "Final-Recipient", fate->recipient);
    buffer_printf(out, "Action: %s\r\nStatus: %s\r\n", kinds[notice->kind].action,
                  fate->action == QUEUE_EXPIRED ? "4.4.7" : fate->status);
    gsize host = strcspn(fate->remote, " ");
    if (host > 0)
        buffer_printf(out, "Remote-MTA: dns; %.*s\r\n", (int)host, fate->remote);
    if (strspn(fate->answer, "0123456789") == 3 && fate->answer[3] == ' ')
        buffer_printf(out, "Diagnostic-Code: smtp; %s\r\n", fate->answer);
    buffer_printf(out, "Last-Attempt-Date: %s\r\n", date);
    if (notice->kind == QUEUE_NOTICE_DELAYED) {
        clock_format_rfc5322(notice->until, date);
        buffer_printf(out, "Will-Retry-Until: %s\r\n", date);
    }
}

static void write_program(const QueueNotice *notice, Buffer *out, gboolean global) {
    char date[40];
    clock_format_rfc5322(notice->received, date);
    buffer_printf(out,
                  "Content-Type: message/%s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                  "Reporting-MTA: dns; %s\r\n",
                  global ? "global-delivery-status" : "delivery-status", notice->hostname);
    g_autofree char *envid = value_of(notice->parameters, "ENVID");
    if (envid != NULL) {
        g_autofree char *decoded = queue_xtext_decode(envid);
        buffer_printf(out, "Original-Envelope-Id: %s\r\n", decoded);
    }
    buffer_printf(out, "Arrival-Date: %s\r\n", date);
    for (gsize i = 0; i < notice->count; i++)
        write_program_recipient(notice, &notice->recipients[i], out);
}

/* RFC 3461 4.3: the whole message comes back only where it failed and was asked for. */
static void write_returned(const QueueNotice *notice, Buffer *out) {
    g_autofree char *ret = value_of(notice->parameters, "RET");
    gboolean full =
        notice->kind == QUEUE_NOTICE_FAILED && ret != NULL && g_ascii_strcasecmp(ret, "FULL") == 0;
    Bytes bytes = full ? notice->message : header_of(notice->message);
    gboolean global = !is_ascii(header_of(notice->message));
    buffer_printf(out, "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
                  full     ? global ? "message/global" : "message/rfc822"
                  : global ? "message/global-headers"
                           : "text/rfc822-headers",
                  is_ascii(bytes) ? "7bit" : "8bit");
    buffer_append_bytes(out, bytes);
}

static gboolean is_global(const QueueNotice *notice) {
    for (gsize i = 0; i < notice->count; i++)
        if (!is_ascii(bytes_of_string(notice->recipients[i].fate->recipient)) ||
            !is_ascii(bytes_of_string(notice->recipients[i].fate->answer)))
            return TRUE;
    return FALSE;
}

static void write_header(const QueueNotice *notice, Buffer *out, const char *boundary,
                         gboolean global) {
    char date[40];
    clock_format_rfc5322(notice->now, date);
    g_autofree char *unique = crypto_random_hex(12);
    buffer_append_string(out, "From: ");
    message_header_encode(out, "Hệ thống thư công vụ");
    buffer_printf(out, " <MAILER-DAEMON@%s>\r\nTo: <%s>\r\nSubject: ", notice->domain,
                  notice->sender);
    message_header_encode(out, kinds[notice->kind].subject);
    buffer_printf(out,
                  "\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\nAuto-Submitted: auto-replied\r\n"
                  "MIME-Version: 1.0\r\nContent-Type: multipart/report;"
                  " report-type=%sdelivery-status;\r\n\tboundary=\"%s\"\r\n\r\n",
                  date, unique, notice->hostname, global ? "global-" : "", boundary);
}

gboolean queue_notice_write(const QueueNotice *notice, Buffer *out) {
    g_autofree char *random = crypto_random_hex(12);
    g_autofree char *boundary = g_strdup_printf("=_%s", random);
    gboolean global = is_global(notice);
    write_header(notice, out, boundary, global);
    buffer_printf(out, "--%s\r\n", boundary);
    write_people(notice, out);
    buffer_printf(out, "\r\n--%s\r\n", boundary);
    write_program(notice, out, global);
    buffer_printf(out, "\r\n--%s\r\n", boundary);
    write_returned(notice, out);
    buffer_printf(out, "\r\n--%s--\r\n", boundary);
    return !out->overflow;
}
