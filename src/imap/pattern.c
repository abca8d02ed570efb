/* LIST patterns; see pattern.h. The pattern is walked as a set of places (a small automaton), so
 * that "%*%*%*…" costs no more than its length for each byte of the name. */
#include "imap/pattern.h"

static gboolean is_wildcard(guint8 c) {
    return c == '*' || c == '%';
}

/* A place in front of a wildcard is also a place behind it. */
static void spread(Bytes pattern, guint8 *places) {
    for (gsize i = 0; i < pattern.n; i++)
        if (places[i] && is_wildcard(pattern.p[i]))
            places[i + 1] = 1;
}

static gboolean begins_inbox(Bytes name) {
    return bytes_starts_nocase(name, "INBOX") && (name.n == 5 || name.p[5] == '/');
}

static gboolean same(guint8 pattern, guint8 name, gboolean fold) {
    return pattern == name || (fold && g_ascii_toupper((gchar)pattern) == (gchar)name);
}

gboolean imap_pattern_match(Bytes pattern, Bytes name) {
    if (pattern.n > IMAP_PATTERN_LIMIT)
        return FALSE;
    guint8 sets[2][IMAP_PATTERN_LIMIT + 1];
    guint8 *now = sets[0], *then = sets[1];
    gboolean inbox = begins_inbox(name);
    memset(now, 0, pattern.n + 1);
    now[0] = 1;
    spread(pattern, now);
    for (gsize i = 0; i < name.n; i++) {
        gboolean any = FALSE;
        memset(then, 0, pattern.n + 1);
        for (gsize at = 0; at < pattern.n; at++) {
            if (!now[at])
                continue;
            guint8 c = pattern.p[at];
            if (c == '*' || (c == '%' && name.p[i] != '/'))
                then[at] = any = TRUE;
            else if (!is_wildcard(c) && same(c, name.p[i], inbox && i < 5))
                then[at + 1] = any = TRUE;
        }
        if (!any)
            return FALSE;
        spread(pattern, then);
        guint8 *swap = now;
        now = then;
        then = swap;
    }
    return now[pattern.n] != 0;
}
