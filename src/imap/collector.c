/* The collector; see collector.h. */
#include "imap/collector.h"

enum { KEPT_CAPACITY = 2048 };

void imap_collector_init(ImapCollector *collector) {
    *collector = (ImapCollector){0};
    buffer_init(&collector->text, G_MAXUINT32);
}

void imap_collector_clear(ImapCollector *collector) {
    buffer_release(&collector->text);
}

void imap_collector_reset(ImapCollector *collector) {
    if (collector->text.capacity > KEPT_CAPACITY)
        buffer_release(&collector->text);
    else
        buffer_clear(&collector->text);
    collector->literal_left = 0;
    collector->skipping = FALSE;
}

void imap_collector_accept(ImapCollector *collector) {
    buffer_append(&collector->text, "\r\n", 2);
    collector->literal_left = collector->literal_size;
}

/* Does the text end in "{n}" or "{n+}" (with "~" before it)? */
static gboolean ends_in_literal(ImapCollector *c) {
    Bytes text = buffer_bytes(&c->text);
    if (text.n < 3 || text.p[text.n - 1] != '}')
        return FALSE;
    gsize end = text.n - 1;
    gboolean plus = text.p[end - 1] == '+';
    gsize digits_end = plus ? end - 1 : end, at = digits_end;
    while (at > 0 && g_ascii_isdigit(text.p[at - 1]))
        at--;
    if (at == 0 || text.p[at - 1] != '{')
        return FALSE;
    guint64 size = 0;
    Bytes digits = bytes_slice(text, at, digits_end - at);
    if (digits.n == 0)
        return FALSE;
    if (!bytes_parse_u64(digits, &size) || size > G_MAXINT64)
        size = G_MAXINT64; /* over every limit: the session refuses it */
    c->literal_size = size;
    c->literal_waits = !plus;
    c->literal8 = at >= 2 && text.p[at - 2] == '~';
    return TRUE;
}

static void take_literal(ImapCollector *c, Buffer *input) {
    Bytes in = buffer_bytes(input);
    gsize n = (gsize)MIN((guint64)in.n, c->literal_left);
    buffer_append(&c->text, in.p, n);
    buffer_consume(input, n);
    c->literal_left -= n;
}

static ImapCollect end_line(ImapCollector *c, gboolean too_long) {
    Bytes text = buffer_bytes(&c->text);
    if (too_long)
        return IMAP_COLLECT_TOO_LONG;
    if (text.n == 0 || text.p[text.n - 1] != '\r')
        return IMAP_COLLECT_BARE_LF;
    buffer_truncate(&c->text, text.n - 1);
    return ends_in_literal(c) ? IMAP_COLLECT_LITERAL : IMAP_COLLECT_COMMAND;
}

ImapCollect imap_collect(ImapCollector *c, Buffer *input, gsize maximum) {
    if (c->literal_left > 0)
        take_literal(c, input);
    Bytes in = buffer_bytes(input);
    if (c->literal_left > 0 || in.n == 0)
        return IMAP_COLLECT_MORE;
    gssize lf = bytes_find_byte(in, '\n');
    gsize take = lf < 0 ? in.n : (gsize)lf;
    /* Of a line that is too long the beginning is kept, in whatever pieces it comes: its tag is
     * told back. */
    gsize room = c->skipping || c->text.n > maximum ? 0 : maximum - c->text.n;
    buffer_append(&c->text, in.p, MIN(take, room));
    c->skipping = c->skipping || take > room;
    buffer_consume(input, lf < 0 ? take : take + 1);
    if (lf < 0)
        return IMAP_COLLECT_MORE;
    gboolean too_long = c->skipping;
    c->skipping = FALSE;
    return end_line(c, too_long);
}
