/* Does a message meet the keys? See search.h. */
#include "imap/search.h"

#include "base/clock.h"
#include "imap/addresses.h"
#include "imap/objectid.h"
#include "message/date.h"

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

/* Seconds since the message was received. */
static gint64 age_of(const StoreMessage *message) {
    return (clock_now() - message->received) / G_USEC_PER_SEC;
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

static ImapTri sent(const ImapKey *key, const StoreMessage *message, gboolean deep) {
    guint64 day = 0;
    if (!deep)
        return IMAP_PERHAPS;
    if (!sent_day(message, &day))
        return IMAP_NO;
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

/* What the index knows. */
static ImapTri indexed(const ImapKey *key, guint32 uid) {
    if (uid > key->upto)
        return IMAP_PERHAPS;
    if (store_uids_sequence(key->yes, uid) != 0)
        return IMAP_YES;
    return store_uids_sequence(key->perhaps, uid) != 0 ? IMAP_PERHAPS : IMAP_NO;
}

typedef struct {
    const ImapKey *key;
    gboolean found;
} Addresses;

/* RFC 9051 6.4.4: FROM and its like look into the envelope, where comments and folding are gone. */
static void on_address(const char *field, const char *address, gpointer data) {
    Addresses *addresses = data;
    if (g_ascii_strcasecmp(addresses->key->name, field) == 0)
        addresses->found = addresses->found ||
                           message_needle_finds(addresses->key->needle, bytes_of_string(address));
}

static ImapTri text(const ImapKey *key, ImapCandidate *c, gboolean deep) {
    ImapTri known = indexed(key, c->message->uid);
    if (!deep || known != IMAP_PERHAPS)
        return known;
    if (c->failed)
        return IMAP_NO;
    Addresses addresses = {key, FALSE};
    if (key->op == IMAP_KEY_HEADER && *key->text != '\0')
        imap_envelope_addresses(c->message->envelope, on_address, &addresses);
    if (addresses.found)
        return IMAP_YES;
    MessageSource source = {c->message->prefix, c->message->structure, read_piece, c};
    return message_search(&source, key->needle, &c->failed);
}

/* RFC 8474 6: exactly this id, its case included. */
static ImapTri object(const ImapKey *key, ImapCandidate *c, gboolean deep) {
    char id[IMAP_OBJECTID_BYTES];
    if (!deep)
        return IMAP_PERHAPS;
    c->failed = c->failed || !(key->op == IMAP_KEY_EMAILID ? imap_email_id : imap_thread_id)(
                                 c->store, c->conn, c->message, id, NULL);
    return !c->failed && g_str_equal(key->text, id);
}

static ImapTri leaf(const ImapKey *key, ImapCandidate *c, gboolean deep) {
    const StoreMessage *m = c->message;
    switch (key->op) {
    case IMAP_KEY_ALL:
        return IMAP_YES;
    case IMAP_KEY_NEVER:
        return IMAP_NO;
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
    case IMAP_KEY_SAVEDBEFORE:
        return day_of(m->saved, IMAP_ZONE_SECONDS) < key->number;
    case IMAP_KEY_SAVEDON:
        return day_of(m->saved, IMAP_ZONE_SECONDS) == key->number;
    case IMAP_KEY_SAVEDSINCE:
        return day_of(m->saved, IMAP_ZONE_SECONDS) >= key->number;
    case IMAP_KEY_OLDER:
        return age_of(m) >= (gint64)key->number;
    case IMAP_KEY_YOUNGER:
        return age_of(m) <= (gint64)key->number;
    case IMAP_KEY_SENTBEFORE:
    case IMAP_KEY_SENTON:
    case IMAP_KEY_SENTSINCE:
        return sent(key, m, deep);
    case IMAP_KEY_EMAILID:
    case IMAP_KEY_THREADID:
        return object(key, c, deep);
    default:
        return text(key, c, deep);
    }
}

static ImapTri judge(const ImapProgram *program, const ImapKey *key, ImapCandidate *c,
                     gboolean deep);

/* AND and OR: `stop` is the answer that decides. What the narrow row decides is asked first. */
static ImapTri judge_many(const ImapProgram *program, const ImapKey *key, ImapCandidate *c,
                          gboolean deep, ImapTri stop) {
    gboolean perhaps = FALSE;
    for (gint32 i = key->first; i >= 0; i = node(program, i)->next) {
        ImapTri got = judge(program, node(program, i), c, FALSE);
        if (got == stop)
            return stop;
        perhaps = perhaps || got == IMAP_PERHAPS;
    }
    if (!perhaps)
        return stop == IMAP_NO ? IMAP_YES : IMAP_NO;
    if (!deep)
        return IMAP_PERHAPS;
    for (gint32 i = key->first; i >= 0; i = node(program, i)->next)
        if (judge(program, node(program, i), c, TRUE) == stop)
            return stop;
    return stop == IMAP_NO ? IMAP_YES : IMAP_NO;
}

static ImapTri judge(const ImapProgram *program, const ImapKey *key, ImapCandidate *c,
                     gboolean deep) {
    ImapTri inner;
    switch (key->op) {
    case IMAP_KEY_AND:
        return judge_many(program, key, c, deep, IMAP_NO);
    case IMAP_KEY_OR:
        return judge_many(program, key, c, deep, IMAP_YES);
    case IMAP_KEY_NOT:
        inner = judge(program, node(program, key->first), c, deep);
        return inner == IMAP_PERHAPS ? IMAP_PERHAPS : inner == IMAP_YES ? IMAP_NO : IMAP_YES;
    default:
        return leaf(key, c, deep);
    }
}

ImapTri imap_program_glance(const ImapProgram *program, ImapCandidate *candidate) {
    return judge(program, node(program, 0), candidate, FALSE);
}

gboolean imap_program_matches(const ImapProgram *program, ImapCandidate *candidate) {
    return judge(program, node(program, 0), candidate, TRUE) == IMAP_YES && !candidate->failed;
}

/* ---- The index ---- */

static StoreUids *uids_of(const GArray *array) {
    StoreUids *uids = store_uids_new();
    for (guint i = 0; i < array->len; i++)
        store_uids_append(uids, g_array_index(array, guint32, i));
    return uids;
}

gboolean imap_program_ask(ImapProgram *program, ImapSession *session, gint64 until) {
    for (guint i = 0; i < program->nodes->len; i++) {
        ImapKey *key = &g_array_index(program->nodes, ImapKey, i);
        if (key->query == NULL)
            continue;
        if (key->run == NULL)
            key->run = search_run_new(session->service->search, key->query, session->view->mailbox,
                                      session->view->uidvalidity);
        if (!search_run_step(key->run, until))
            return FALSE;
        const SearchAnswer *answer = search_run_answer(key->run);
        key->yes = uids_of(answer->yes);
        key->perhaps = uids_of(answer->perhaps);
        key->upto = answer->upto;
        g_clear_pointer(&key->run, search_run_free);
        g_clear_pointer(&key->query, search_query_free);
    }
    return TRUE;
}

/* Appends the UIDs of `uids` above `above`, as runs. */
static void add_above(StoreUids *to, const StoreUids *uids, guint32 above) {
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(uids, i, &first, &last); i++)
        for (guint64 uid = MAX((guint64)first, (guint64)above + 1); uid <= last; uid++)
            store_uids_append(to, (guint32)uid);
}

static StoreUids *narrow(const ImapKey *key, const StoreUids *among) {
    StoreUids *result = store_uids_new();
    guint32 count = store_uids_count(key->yes), more = store_uids_count(key->perhaps);
    guint32 i = 1, j = 1;
    while (i <= count || j <= more) {
        guint32 a = i <= count ? store_uids_at(key->yes, i) : G_MAXUINT32;
        guint32 b = j <= more ? store_uids_at(key->perhaps, j) : G_MAXUINT32;
        guint32 uid = MIN(a, b);
        i += uid == a && i <= count;
        j += uid == b && j <= more;
        if (store_uids_sequence(among, uid) != 0)
            store_uids_append(result, uid);
    }
    add_above(result, among, key->upto);
    return result;
}

StoreUids *imap_program_narrow(const ImapProgram *program, const StoreUids *among) {
    StoreUids *result = NULL;
    for (gint32 i = node(program, 0)->first; i >= 0; i = node(program, i)->next) {
        const ImapKey *key = node(program, i);
        if (key->upto == 0 || key->yes == NULL)
            continue;
        StoreUids *narrower = narrow(key, result == NULL ? among : result);
        store_uids_free(result);
        result = narrower;
    }
    return result != NULL ? result : imap_uids_filter(among, NULL, FALSE);
}
