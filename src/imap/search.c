/* Does a message meet the keys? See search.h. */
#include "imap/search.h"

#include "message/date.h"

typedef enum { NO, YES, PERHAPS } Tri;

static const ImapKey *node(const ImapProgram *program, gint32 place) {
    return &g_array_index(program->nodes, ImapKey, place);
}

/* Days as GDate counts them, in a zone of so many seconds east. */
static guint64 day_of(gint64 microseconds, gint64 zone) {
    static const gint64 epoch = 719163; /* GDate's julian day of 1 January 1970 */
    gint64 seconds = microseconds / G_USEC_PER_SEC + zone;
    gint64 days = seconds / 86400 - (seconds % 86400 < 0);
    return (guint64)MAX(days + epoch, 0);
}

/* The Date field stands in the stored envelope as its first item. */
static gboolean sent_day(const StoreMessage *message, guint64 *day) {
    g_auto(ImapParser) parser;
    Bytes date = {0};
    gboolean nil = FALSE;
    gint64 us = 0;
    gint zone = 0;
    imap_parser_init(&parser, message->envelope);
    if (!imap_take_open(&parser) || !imap_take_nstring(&parser, &date, &nil) || nil ||
        !message_date_parse(date, &us, &zone))
        return FALSE;
    *day = day_of(us, (gint64)zone * 60);
    return TRUE;
}

static Tri sent(const ImapKey *key, const StoreMessage *message, gboolean deep) {
    guint64 day = 0;
    if (!deep)
        return PERHAPS;
    if (!sent_day(message, &day))
        return NO;
    return key->op == IMAP_KEY_SENTBEFORE ? day < key->number
           : key->op == IMAP_KEY_SENTON   ? day == key->number
                                          : day >= key->number;
}

/* MessageRead. */
static gboolean read_piece(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    ImapCandidate *c = data;
    buffer_clear(&c->bytes);
    if (!store_message_read(c->store, c->conn, c->message, c->message->prefix.n + offset, n,
                            &c->bytes, NULL))
        return FALSE;
    *out = buffer_bytes(&c->bytes);
    return TRUE;
}

/* One address of an envelope; FALSE at the end of the list. */
static gboolean take_address(ImapParser *parser, Bytes *mailbox, Bytes *host) {
    Bytes other;
    gboolean nil;
    return imap_try_byte(parser, '(') && imap_take_nstring(parser, &other, &nil) &&
           imap_take_space(parser) && imap_take_nstring(parser, &other, &nil) &&
           imap_take_space(parser) && imap_take_nstring(parser, mailbox, &nil) &&
           imap_take_space(parser) && imap_take_nstring(parser, host, &nil) &&
           imap_try_byte(parser, ')');
}

/* Is the text in an address of the envelope's list of this number (From is 0)? RFC 9051 6.4.4: FROM
 * and its like look into the envelope, where comments and folding are gone. */
static gboolean in_addresses(Bytes envelope, guint list, const char *wanted) {
    g_auto(ImapParser) parser;
    Bytes text, mailbox, host;
    gboolean nil = FALSE, found = FALSE;
    imap_parser_init(&parser, envelope);
    if (!imap_take_open(&parser) || !imap_take_nstring(&parser, &text, &nil) ||
        !imap_take_space(&parser) || !imap_take_nstring(&parser, &text, &nil))
        return FALSE;
    g_autofree char *small = g_ascii_strdown(wanted, -1);
    for (guint i = 0; i <= list; i++) {
        if (!imap_take_space(&parser))
            return FALSE;
        if (imap_try_word(&parser, "NIL"))
            continue;
        if (!imap_take_open(&parser))
            return FALSE;
        while (take_address(&parser, &mailbox, &host)) {
            g_autofree char *address =
                g_strdup_printf("%.*s@%.*s", (int)mailbox.n, (const char *)mailbox.p, (int)host.n,
                                (const char *)host.p);
            g_autofree char *folded = g_ascii_strdown(address, -1);
            found = found || (i == list && strstr(folded, small) != NULL);
        }
        if (!imap_try_byte(&parser, ')'))
            return FALSE;
    }
    return found;
}

static gboolean envelope_has(const ImapKey *key, const StoreMessage *message) {
    static const struct {
        const char *field;
        guint list;
    } lists[] = {{"From", 0}, {"To", 3}, {"Cc", 4}, {"Bcc", 5}};
    for (gsize i = 0; i < G_N_ELEMENTS(lists) && key->op == IMAP_KEY_HEADER; i++)
        if (g_ascii_strcasecmp(key->name, lists[i].field) == 0)
            return in_addresses(message->envelope, lists[i].list, key->text);
    return FALSE;
}

static Tri text(const ImapKey *key, ImapCandidate *c, gboolean deep) {
    if (!deep)
        return PERHAPS;
    if (c->failed)
        return NO;
    if (*key->text != '\0' && envelope_has(key, c->message))
        return YES;
    MessageSource source = {c->message->prefix, c->message->structure, read_piece, c};
    return message_search(&source, key->needle, &c->failed);
}

static Tri leaf(const ImapKey *key, ImapCandidate *c, gboolean deep) {
    const StoreMessage *m = c->message;
    switch (key->op) {
    case IMAP_KEY_ALL:
        return YES;
    case IMAP_KEY_NEVER:
        return NO;
    case IMAP_KEY_FLAG_SET:
        return (m->flags & key->number) != 0;
    case IMAP_KEY_FLAG_CLEAR:
        return (m->flags & key->number) == 0;
    case IMAP_KEY_RECENT:
        return imap_view_is_recent(c->view, m->uid);
    case IMAP_KEY_UIDS:
        return store_uids_sequence(key->uids, m->uid) != 0;
    case IMAP_KEY_LARGER:
        return m->size > key->number;
    case IMAP_KEY_SMALLER:
        return m->size < key->number;
    case IMAP_KEY_MODSEQ:
        return m->modseq >= key->number;
    case IMAP_KEY_BEFORE:
        return day_of(m->received, IMAP_ZONE_SECONDS) < key->number;
    case IMAP_KEY_ON:
        return day_of(m->received, IMAP_ZONE_SECONDS) == key->number;
    case IMAP_KEY_SINCE:
        return day_of(m->received, IMAP_ZONE_SECONDS) >= key->number;
    case IMAP_KEY_SENTBEFORE:
    case IMAP_KEY_SENTON:
    case IMAP_KEY_SENTSINCE:
        return sent(key, m, deep);
    default:
        return text(key, c, deep);
    }
}

static Tri judge(const ImapProgram *program, const ImapKey *key, ImapCandidate *c, gboolean deep);

/* AND and OR: `stop` is the answer that decides. What the narrow row decides is asked first. */
static Tri judge_many(const ImapProgram *program, const ImapKey *key, ImapCandidate *c,
                      gboolean deep, Tri stop) {
    gboolean perhaps = FALSE;
    for (gint32 i = key->first; i >= 0; i = node(program, i)->next) {
        Tri got = judge(program, node(program, i), c, FALSE);
        if (got == stop)
            return stop;
        perhaps = perhaps || got == PERHAPS;
    }
    if (!perhaps)
        return stop == NO ? YES : NO;
    if (!deep)
        return PERHAPS;
    for (gint32 i = key->first; i >= 0; i = node(program, i)->next)
        if (judge(program, node(program, i), c, TRUE) == stop)
            return stop;
    return stop == NO ? YES : NO;
}

static Tri judge(const ImapProgram *program, const ImapKey *key, ImapCandidate *c, gboolean deep) {
    Tri inner;
    switch (key->op) {
    case IMAP_KEY_AND:
        return judge_many(program, key, c, deep, NO);
    case IMAP_KEY_OR:
        return judge_many(program, key, c, deep, YES);
    case IMAP_KEY_NOT:
        inner = judge(program, node(program, key->first), c, deep);
        return inner == PERHAPS ? PERHAPS : inner == YES ? NO : YES;
    default:
        return leaf(key, c, deep);
    }
}

gboolean imap_program_matches(const ImapProgram *program, ImapCandidate *candidate) {
    Tri got = judge(program, node(program, 0), candidate, FALSE);
    if (got == PERHAPS)
        got = judge(program, node(program, 0), candidate, TRUE);
    return got == YES && !candidate->failed;
}
