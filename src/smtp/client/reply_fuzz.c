/* Fuzz target: what another server says, in pieces. The first byte says how large they are. */
#include "smtp/client/reply.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize n);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize n) {
    if (n == 0)
        return 0;
    gsize piece = (gsize)data[0] + 1;
    g_auto(Buffer) input;
    g_auto(SmtpReply) reply;
    buffer_init(&input, 1 << 20);
    smtp_reply_init(&reply);
    for (gsize at = 1; at < n; at += piece) {
        buffer_append(&input, data + at, MIN(piece, n - at));
        SmtpReplyTake take;
        while ((take = smtp_reply_take(&reply, &input)) == SMTP_REPLY_WHOLE) {
            g_assert(reply.code >= 200 && reply.code < 600 && reply.lines <= SMTP_REPLY_LINES);
            g_assert(reply.text->len <= SMTP_REPLY_TEXT);
            g_assert(g_utf8_validate(reply.text->str, (gssize)reply.text->len, NULL));
            g_assert(strpbrk(reply.text->str, "\r\n") == NULL);
            g_assert(smtp_reply_status(&reply)[0] == (char)('0' + smtp_reply_class(&reply)) ||
                     smtp_reply_class(&reply) == 3);
            g_autofree char *answer = smtp_reply_answer(&reply);
            g_assert(strpbrk(answer, "\r\n") == NULL);
        }
        if (take == SMTP_REPLY_BAD)
            return 0;
        g_assert(input.n < SMTP_REPLY_LINE);
    }
    return 0;
}
