#include "delivery/mailer.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "message/header.h"

/* RFC 5322 3.4: a group without members, where nobody in particular is meant. */
static void write_to(const MailerHead *head, Buffer *out) {
    buffer_append_string(out, "To: ");
    message_header_encode(out, head->name);
    if (head->address == NULL)
        buffer_append_string(out, ":;\r\n");
    else
        buffer_printf(out, " <%s>\r\n", head->address);
}

void mailer_begin(const char *hostname, const char *domain, const MailerHead *head, Buffer *out) {
    char date[40];
    clock_format_rfc5322(clock_now(), date);
    g_autofree char *made = head->unique == NULL ? crypto_random_hex(12) : g_strdup(head->unique);
    buffer_append_string(out, "From: ");
    message_header_encode(out, "Hệ thống thư điện tử công vụ");
    buffer_printf(out, " <postmaster@%s>\r\n", domain);
    write_to(head, out);
    buffer_append_string(out, "Subject: ");
    message_header_encode(out, head->subject);
    if (head->answers != NULL)
        buffer_printf(out, "\r\nIn-Reply-To: %s\r\nReferences: %s", head->answers, head->answers);
    /* RFC 3834: nobody's machine answers it. */
    buffer_printf(out,
                  "\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\n"
                  "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: 8bit\r\n\r\nKính gửi: %s\r\n\r\n",
                  date, made, hostname, head->name);
}

void mailer_end(Buffer *out) {
    buffer_append_string(out, "Thư này do hệ thống tự động tạo, không cần trả lời.\r\n");
}
