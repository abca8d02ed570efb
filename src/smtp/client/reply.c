/* Taking a reply apart; see reply.h. */
#include "smtp/client/reply.h"

void smtp_reply_init(SmtpReply *reply) {
    *reply = (SmtpReply){.text = g_string_new(NULL), .words = g_string_new(NULL)};
}

void smtp_reply_clear(SmtpReply *reply) {
    if (reply->text != NULL)
        g_string_free(reply->text, TRUE);
    if (reply->words != NULL)
        g_string_free(reply->words, TRUE);
    *reply = (SmtpReply){0};
}

static void restart(SmtpReply *reply) {
    reply->code = reply->lines = 0;
    reply->whole = FALSE;
    reply->status[0] = '\0';
    g_string_truncate(reply->text, 0);
    g_string_truncate(reply->words, 0);
}

/* "5.1.1 " at the beginning, of the code's own class (RFC 2034 4); *text then begins behind it. */
static void take_status(SmtpReply *reply, Bytes *text) {
    Reader r = reader_of(*text);
    guint64 parts[3];
    for (guint i = 0; i < 3; i++)
        if ((i > 0 && !reader_skip_byte(&r, '.')) || !reader_u64(&r, &parts[i]) || parts[i] > 999)
            return;
    if (parts[0] != reply->code / 100 || (!reader_done(&r) && !reader_skip_byte(&r, ' ')))
        return;
    if (reply->status[0] == '\0')
        g_snprintf(reply->status, sizeof reply->status, "%u.%u.%u", (guint)parts[0],
                   (guint)parts[1], (guint)parts[2]);
    *text = reader_rest(&r);
}

/* As valid UTF-8 without control characters. */
static void append_text(GString *to, Bytes text) {
    g_autofree char *valid = g_utf8_make_valid((const char *)text.p, (gssize)text.n);
    for (char *c = valid; *c != '\0'; c++)
        if ((guint8)*c < ' ' || *c == 0x7f)
            *c = ' ';
    g_strstrip(valid);
    if (*valid == '\0' || to->len >= SMTP_REPLY_TEXT)
        return;
    if (to->len > 0)
        g_string_append_c(to, ' ');
    g_string_append(to, valid);
    if (to->len > SMTP_REPLY_TEXT) {
        const char *end = g_utf8_find_prev_char(to->str, to->str + SMTP_REPLY_TEXT + 1);
        g_string_truncate(to, end == NULL ? 0 : (gsize)(end - to->str));
    }
}

static gboolean take_line(SmtpReply *reply, Bytes line, gboolean *last) {
    if (line.n < 3)
        return FALSE;
    guint64 code;
    if (!bytes_parse_u64(bytes_slice(line, 0, 3), &code) || code < 200 || code > 599)
        return FALSE;
    guint8 mark = line.n > 3 ? line.p[3] : ' ';
    if ((mark != ' ' && mark != '-') || (reply->lines > 0 && code != reply->code))
        return FALSE;
    reply->code = (guint)code;
    *last = mark == ' ';
    Bytes text = bytes_slice(line, 4, line.n);
    if (reply->lines++ > 0 && reply->words->len < (gsize)SMTP_REPLY_LINE * 8) {
        g_string_append_len(reply->words, (const char *)text.p, (gssize)text.n);
        g_string_append_c(reply->words, '\n');
    }
    take_status(reply, &text);
    append_text(reply->text, text);
    return reply->lines <= SMTP_REPLY_LINES;
}

SmtpReplyTake smtp_reply_take(SmtpReply *reply, Buffer *input) {
    gboolean last = FALSE;
    if (reply->whole)
        restart(reply);
    for (;;) {
        Bytes all = buffer_bytes(input);
        gssize end = bytes_find_byte(bytes_slice(all, 0, SMTP_REPLY_LINE), '\n');
        if (end < 0)
            return all.n >= SMTP_REPLY_LINE ? SMTP_REPLY_BAD : SMTP_REPLY_MORE;
        Bytes line = bytes_slice(all, 0, (gsize)end);
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        gboolean good = take_line(reply, line, &last);
        buffer_consume(input, (gsize)end + 1);
        if (!good)
            return SMTP_REPLY_BAD;
        if (last) {
            reply->whole = TRUE;
            return SMTP_REPLY_WHOLE;
        }
    }
}

const char *smtp_reply_status(const SmtpReply *reply) {
    static const char *const by_class[] = {"2.0.0", "4.0.0", "5.0.0"};
    if (reply->status[0] != '\0')
        return reply->status;
    return by_class[smtp_reply_class(reply) >= 4 ? smtp_reply_class(reply) - 3 : 0];
}

char *smtp_reply_answer(const SmtpReply *reply) {
    return reply->status[0] == '\0'
               ? g_strdup_printf("%u %s", reply->code, reply->text->str)
               : g_strdup_printf("%u %s %s", reply->code, reply->status, reply->text->str);
}
