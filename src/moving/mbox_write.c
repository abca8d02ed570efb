/* Writing a message into an mbox; see mbox.h. */
#include "moving/mbox.h"

#include "base/clock.h"

/* "Tue Nov 24 08:05:00 2026", in UTC (RFC 4155 Appendix A). */
static void append_postmark(Buffer *out, gint64 received) {
    char http[40]; /* "Tue, 24 Nov 2026 08:05:00 GMT" */
    clock_format_http(received, http);
    buffer_printf(out, "From MAILER-DAEMON %.3s %.3s %.2s %.8s %.4s\n", http, http + 8, http + 5,
                  http + 17, http + 12);
}

static void append_status(Buffer *out, const MovingMessage *message) {
    buffer_printf(out, "Status: %sO\nX-Status: %s%s%s%s\nX-Keywords:",
                  (message->flags & STORE_SEEN) != 0 ? "R" : "",
                  (message->flags & STORE_ANSWERED) != 0 ? "A" : "",
                  (message->flags & STORE_FLAGGED) != 0 ? "F" : "",
                  (message->flags & STORE_DELETED) != 0 ? "D" : "",
                  (message->flags & STORE_DRAFT) != 0 ? "T" : "");
    for (guint i = 0; message->keywords != NULL && i < message->keywords->len; i++)
        buffer_printf(out, " %s", (const char *)message->keywords->pdata[i]);
    buffer_append_byte(out, '\n');
}

static gboolean is_quoted(Bytes line) {
    gsize at = 0;
    while (at < line.n && line.p[at] == '>')
        at++;
    return bytes_is(bytes_slice(line, at, 5), "From ");
}

/* *blank: there is an empty line. */
static void append_lines(Buffer *out, Bytes text, gboolean *blank) {
    *blank = FALSE;
    for (gsize at = 0; at < text.n;) {
        Bytes rest = bytes_slice(text, at, text.n);
        gssize end = bytes_find_byte(rest, '\n');
        Bytes line = end < 0 ? rest : bytes_slice(rest, 0, (gsize)end + 1);
        *blank = *blank || bytes_is(line, "\n") || bytes_is(line, "\r\n");
        if (is_quoted(line))
            buffer_append_byte(out, '>');
        buffer_append_bytes(out, line);
        at += line.n;
    }
}

gboolean mbox_write(Buffer *out, const MovingMessage *message) {
    g_auto(Buffer) changed;
    buffer_init(&changed, MAX(message->content.n, 1));
    gboolean fits, blank;
    gboolean raw = !moving_append_lf(&changed, message->content, &fits);
    Bytes text = raw ? message->content : buffer_bytes(&changed);
    g_auto(Buffer) body;
    buffer_init(&body, out->maximum);
    append_lines(&body, text, &blank);
    guint ends = (text.n > 0 && text.p[text.n - 1] != '\n') + !blank;
    append_postmark(out, message->received);
    buffer_printf(out, "X-Congvu-Export: 1 %" G_GINT64_FORMAT " %s%s%s\n",
                  MAX(message->received, 0), raw ? "r" : "", ends > 0 ? "n" : "",
                  ends > 1 ? "n" : "");
    append_status(out, message);
    buffer_append_bytes(out, buffer_bytes(&body));
    for (guint i = 0; i < ends + 1; i++)
        buffer_append_byte(out, '\n');
    return !out->overflow && !body.overflow;
}
