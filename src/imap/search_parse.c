/* Parsing SEARCH's keys into a tree, without recursion: `at` is the node that waits for its next
 * key. RFC 9051 6.4.4, RFC 3501 6.4.4 (NEW, OLD, RECENT), RFC 7162 3.1.5 (MODSEQ), RFC 5032 (OLDER,
 * YOUNGER), RFC 8514 4.3 (SAVEDON and its like). */
#include "imap/search.h"

#include "imap/objectid.h"
#include "text/charset.h"

typedef enum {
    ARG_NONE,
    ARG_TEXT,
    ARG_HEADER,
    ARG_DATE,
    ARG_NUMBER,
    ARG_INTERVAL,
    ARG_KEYWORD,
    ARG_UIDS,
    ARG_MODSEQ,
    ARG_OBJECTID,
} Argument;

static const struct {
    const char *word;
    ImapKeyOp op;
    Argument argument;
    guint64 number;   /* flags */
    const char *name; /* header */
} keys[] = {
    {"ALL", IMAP_KEY_ALL, ARG_NONE, 0, NULL},
    {"ANSWERED", IMAP_KEY_FLAG_SET, ARG_NONE, STORE_ANSWERED, NULL},
    {"BCC", IMAP_KEY_HEADER, ARG_TEXT, 0, "Bcc"},
    {"BEFORE", IMAP_KEY_BEFORE, ARG_DATE, 0, NULL},
    {"BODY", IMAP_KEY_BODY, ARG_TEXT, 0, NULL},
    {"CC", IMAP_KEY_HEADER, ARG_TEXT, 0, "Cc"},
    {"DELETED", IMAP_KEY_FLAG_SET, ARG_NONE, STORE_DELETED, NULL},
    {"DRAFT", IMAP_KEY_FLAG_SET, ARG_NONE, STORE_DRAFT, NULL},
    {"EMAILID", IMAP_KEY_EMAILID, ARG_OBJECTID, 0, NULL}, /* RFC 8474 6 */
    {"FLAGGED", IMAP_KEY_FLAG_SET, ARG_NONE, STORE_FLAGGED, NULL},
    {"FROM", IMAP_KEY_HEADER, ARG_TEXT, 0, "From"},
    {"HEADER", IMAP_KEY_HEADER, ARG_HEADER, 0, NULL},
    {"KEYWORD", IMAP_KEY_FLAG_SET, ARG_KEYWORD, 0, NULL},
    {"LARGER", IMAP_KEY_LARGER, ARG_NUMBER, 0, NULL},
    {"MODSEQ", IMAP_KEY_MODSEQ, ARG_MODSEQ, 0, NULL},
    {"OLD", IMAP_KEY_RECENT, ARG_NONE, 0, NULL}, /* under a NOT, see take_leaf */
    {"NEW", IMAP_KEY_RECENT, ARG_NONE, 0, NULL}, /* with UNSEEN, see take_leaf */
    {"OLDER", IMAP_KEY_OLDER, ARG_INTERVAL, 0, NULL},
    {"ON", IMAP_KEY_ON, ARG_DATE, 0, NULL},
    {"RECENT", IMAP_KEY_RECENT, ARG_NONE, 0, NULL},
    {"SAVEDATESUPPORTED", IMAP_KEY_ALL, ARG_NONE, 0, NULL}, /* by every mailbox */
    {"SAVEDBEFORE", IMAP_KEY_SAVEDBEFORE, ARG_DATE, 0, NULL},
    {"SAVEDON", IMAP_KEY_SAVEDON, ARG_DATE, 0, NULL},
    {"SAVEDSINCE", IMAP_KEY_SAVEDSINCE, ARG_DATE, 0, NULL},
    {"SEEN", IMAP_KEY_FLAG_SET, ARG_NONE, STORE_SEEN, NULL},
    {"SENTBEFORE", IMAP_KEY_SENTBEFORE, ARG_DATE, 0, NULL},
    {"SENTON", IMAP_KEY_SENTON, ARG_DATE, 0, NULL},
    {"SENTSINCE", IMAP_KEY_SENTSINCE, ARG_DATE, 0, NULL},
    {"SINCE", IMAP_KEY_SINCE, ARG_DATE, 0, NULL},
    {"SMALLER", IMAP_KEY_SMALLER, ARG_NUMBER, 0, NULL},
    {"SUBJECT", IMAP_KEY_HEADER, ARG_TEXT, 0, "Subject"},
    {"TEXT", IMAP_KEY_TEXT, ARG_TEXT, 0, NULL},
    {"THREADID", IMAP_KEY_THREADID, ARG_OBJECTID, 0, NULL},
    {"TO", IMAP_KEY_HEADER, ARG_TEXT, 0, "To"},
    {"UID", IMAP_KEY_UIDS, ARG_UIDS, 0, NULL},
    {"UNANSWERED", IMAP_KEY_FLAG_CLEAR, ARG_NONE, STORE_ANSWERED, NULL},
    {"UNDELETED", IMAP_KEY_FLAG_CLEAR, ARG_NONE, STORE_DELETED, NULL},
    {"UNDRAFT", IMAP_KEY_FLAG_CLEAR, ARG_NONE, STORE_DRAFT, NULL},
    {"UNFLAGGED", IMAP_KEY_FLAG_CLEAR, ARG_NONE, STORE_FLAGGED, NULL},
    {"UNKEYWORD", IMAP_KEY_FLAG_CLEAR, ARG_KEYWORD, 0, NULL},
    {"UNSEEN", IMAP_KEY_FLAG_CLEAR, ARG_NONE, STORE_SEEN, NULL},
    {"YOUNGER", IMAP_KEY_YOUNGER, ARG_INTERVAL, 0, NULL},
};

typedef struct {
    ImapSession *session;
    ImapParser *args;
    ImapProgram *program;
    char *charset; /* NULL: UTF-8 */
    gint32 at;     /* the node that waits for a key */
    guint depth;
} Parse;

static ImapKey *node(Parse *p, gint32 place) {
    return &g_array_index(p->program->nodes, ImapKey, place);
}

void imap_program_clear(ImapProgram *program) {
    for (guint i = 0; program->nodes != NULL && i < program->nodes->len; i++) {
        ImapKey *key = &g_array_index(program->nodes, ImapKey, i);
        store_uids_free(key->uids);
        g_free(key->name);
        g_free(key->text);
        message_needle_free(key->needle);
        search_run_free(key->run);
        search_query_free(key->query);
        store_uids_free(key->yes);
        store_uids_free(key->perhaps);
    }
    g_clear_pointer(&program->nodes, g_array_unref);
}

/* Adds a key below `at`; its place, or -1 with a problem noted. */
static gint32 add(Parse *p, ImapKeyOp op) {
    GArray *nodes = p->program->nodes;
    if (nodes->len >= p->session->service->options.search_keys) {
        imap_parser_fail(p->args, "Too many search keys");
        return -1;
    }
    gint32 place = (gint32)nodes->len;
    ImapKey key = {.op = op, .parent = p->at, .first = -1, .last = -1, .next = -1};
    g_array_append_val(nodes, key);
    if (p->at < 0)
        return place;
    ImapKey *above = node(p, p->at);
    if (above->last >= 0)
        node(p, above->last)->next = place;
    else
        above->first = place;
    above->last = place;
    above->children++;
    return place;
}

/* Adds a key that waits for keys of its own. */
static gboolean descend(Parse *p, ImapKeyOp op) {
    if (p->depth >= p->session->service->options.nesting)
        return imap_parser_fail(p->args, "The search keys are nested too deep");
    gint32 place = add(p, op);
    if (place < 0)
        return FALSE;
    p->at = place;
    p->depth++;
    return TRUE;
}

static void ascend(Parse *p) {
    p->at = node(p, p->at)->parent;
    p->depth--;
}

static gboolean take_text(Parse *p, ImapKey *key) {
    Bytes raw;
    if (!imap_take_space(p->args) || !imap_take_astring(p->args, &raw))
        return FALSE;
    key->text = text_to_utf8(p->charset == NULL ? "utf-8" : p->charset, raw, 64 * 1024, NULL);
    if (key->text == NULL)
        return imap_parser_fail(p->args, "The text is not in its charset");
    MessageNeedleKind kind = key->op == IMAP_KEY_HEADER ? MESSAGE_NEEDLE_HEADER
                             : key->op == IMAP_KEY_BODY ? MESSAGE_NEEDLE_BODY
                                                        : MESSAGE_NEEDLE_TEXT;
    key->needle = message_needle_new(kind, key->name, bytes_of_string(key->text));
    if (p->session->service->search != NULL)
        key->query = search_query_new(key->op == IMAP_KEY_HEADER ? key->name : NULL,
                                      key->op == IMAP_KEY_TEXT, bytes_of_string(key->text));
    return TRUE;
}

static gboolean take_keyword(Parse *p, ImapKey *key) {
    Bytes name;
    if (!imap_take_space(p->args) || !imap_take_flag(p->args, &name))
        return FALSE;
    const GPtrArray *known = p->session->view->keywords;
    for (guint i = 0; i < known->len && i < STORE_KEYWORD_COUNT; i++)
        if (known->pdata[i] != NULL && bytes_is_nocase(name, known->pdata[i]))
            key->number = 1ull << (STORE_KEYWORD_FIRST + i);
    if (key->number == 0)
        key->op = key->op == IMAP_KEY_FLAG_SET ? IMAP_KEY_NEVER : IMAP_KEY_ALL;
    return TRUE;
}

static gboolean take_uids(Parse *p, ImapKey *key, gboolean by_uid) {
    g_auto(ImapSet) set = {0};
    if (!imap_take_set(p->args, &set))
        return FALSE;
    /* A number that no message has is no error in SEARCH, where it only finds nothing (RFC 9051 9
     * says BAD of COPY, FETCH and STORE). */
    if (!by_uid && !set.saved)
        imap_set_bound(&set, store_uids_count(p->session->view->uids));
    if (!set.saved && set.ranges->len == 0) {
        key->uids = store_uids_new();
        return TRUE;
    }
    key->uids = imap_view_pick(p->session, &set, by_uid, p->args);
    return key->uids != NULL;
}

static gboolean take_modseq(Parse *p, ImapKey *key) {
    Bytes entry;
    if (!imap_take_space(p->args))
        return FALSE;
    /* RFC 7162 3.1.5: an entry name and type may stand in front; sequences are kept for each
     * message, not for each flag, which the RFC allows. */
    if (reader_peek(&p->args->in) == '"' &&
        (!imap_take_string(p->args, &entry) || !imap_take_space(p->args) ||
         !(imap_try_word(p->args, "all") || imap_try_word(p->args, "shared") ||
           imap_try_word(p->args, "priv")) ||
         !imap_take_space(p->args)))
        return imap_parser_fail(p->args, "MODSEQ is malformed");
    p->program->modseq = TRUE;
    imap_enable_condstore(p->session);
    return imap_take_number64(p->args, &key->number);
}

static gboolean take_argument(Parse *p, ImapKey *key, Argument argument) {
    guint32 days = 0;
    Bytes name;
    switch (argument) {
    case ARG_NONE:
        return TRUE;
    case ARG_TEXT:
        return take_text(p, key);
    case ARG_HEADER:
        if (!imap_take_space(p->args) || !imap_take_astring(p->args, &name))
            return FALSE;
        key->name = bytes_dup_string(name);
        return take_text(p, key);
    case ARG_DATE:
        if (!imap_take_space(p->args) || !imap_take_date(p->args, &days))
            return FALSE;
        key->number = days;
        return TRUE;
    case ARG_NUMBER:
        return imap_take_space(p->args) && imap_take_number64(p->args, &key->number);
    case ARG_INTERVAL: {
        guint32 seconds = 0;
        if (!imap_take_space(p->args) || !imap_take_nz_number(p->args, &seconds))
            return FALSE;
        key->number = seconds;
        return TRUE;
    }
    case ARG_KEYWORD:
        return take_keyword(p, key);
    case ARG_OBJECTID:
        if (!imap_take_space(p->args) || !imap_take_objectid(p->args, &name))
            return FALSE;
        key->text = bytes_dup_string(name);
        return TRUE;
    case ARG_UIDS:
        return imap_take_space(p->args) && take_uids(p, key, TRUE);
    default:
        return take_modseq(p, key);
    }
}

/* NEW is (RECENT UNSEEN), OLD is NOT RECENT (RFC 3501 6.4.4). */
static gboolean add_composed(Parse *p, const char *word) {
    gboolean is_new = word[0] == 'N';
    if (!descend(p, is_new ? IMAP_KEY_AND : IMAP_KEY_NOT) || add(p, IMAP_KEY_RECENT) < 0)
        return FALSE;
    gint32 unseen = is_new ? add(p, IMAP_KEY_FLAG_CLEAR) : 0;
    if (unseen < 0)
        return FALSE;
    if (is_new)
        node(p, unseen)->number = STORE_SEEN;
    ascend(p);
    return TRUE;
}

static gboolean take_word_key(Parse *p) {
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!imap_try_word(p->args, keys[i].word))
            continue;
        if (g_str_equal(keys[i].word, "NEW") || g_str_equal(keys[i].word, "OLD"))
            return add_composed(p, keys[i].word);
        gint32 place = add(p, keys[i].op);
        if (place < 0)
            return FALSE;
        ImapKey *key = node(p, place);
        key->number = keys[i].number;
        key->name = g_strdup(keys[i].name);
        return take_argument(p, key, keys[i].argument);
    }
    return imap_parser_fail(p->args, "Unknown search key");
}

static gboolean take_leaf(Parse *p) {
    int next = reader_peek(&p->args->in);
    if (next != '*' && next != '$' && !(next >= '0' && next <= '9'))
        return take_word_key(p);
    gint32 place = add(p, IMAP_KEY_UIDS);
    return place >= 0 && take_uids(p, node(p, place), FALSE);
}

/* A key is complete: closes what it completes. *done: the whole program is. */
static gboolean close_key(Parse *p, gboolean *done) {
    for (;;) {
        ImapKey *key = node(p, p->at);
        if (key->op == IMAP_KEY_NOT || (key->op == IMAP_KEY_OR && key->children == 2)) {
            ascend(p);
        } else if (key->op == IMAP_KEY_AND && p->at != 0 && imap_try_byte(p->args, ')')) {
            ascend(p);
        } else if (p->at == 0 && reader_done(&p->args->in)) {
            *done = TRUE;
            return TRUE;
        } else {
            return imap_take_space(p->args);
        }
    }
}

static gboolean take_keys(Parse *p) {
    gboolean done = FALSE;
    while (!done) {
        if (imap_try_byte(p->args, '(')) {
            if (!descend(p, IMAP_KEY_AND))
                return FALSE;
        } else if (imap_try_word(p->args, "NOT")) {
            if (!descend(p, IMAP_KEY_NOT) || !imap_take_space(p->args))
                return FALSE;
        } else if (imap_try_word(p->args, "OR")) {
            if (!descend(p, IMAP_KEY_OR) || !imap_take_space(p->args))
                return FALSE;
        } else if (!take_leaf(p) || !close_key(p, &done)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Optional behind its word in SEARCH; in SORT and THREAD always there, without one (RFC 5256 3). */
static gboolean take_charset(Parse *p, gboolean bare) {
    Bytes name;
    if (!bare && !imap_try_word(p->args, "CHARSET"))
        return TRUE;
    if ((!bare && !imap_take_space(p->args)) || !imap_take_astring(p->args, &name) ||
        !imap_take_space(p->args))
        return FALSE;
    /* RFC 9755 3: who enabled UTF8=ACCEPT says everything in UTF-8, and no charset where it could
     * be left out. */
    if ((p->session->enabled & IMAP_ENABLED_UTF8) && !(bare && bytes_is_nocase(name, "UTF-8")))
        return imap_parser_fail(p->args, "After UTF8=ACCEPT there is no charset but UTF-8");
    p->charset = bytes_dup_string(name);
    /* A charset that we do not know is a NO, not a BAD (RFC 9051 6.4.4). */
    p->program->bad_charset = !text_charset_is_known(p->charset);
    return !p->program->bad_charset;
}

gboolean imap_take_program(ImapSession *session, ImapParser *args, gboolean bare_charset,
                           ImapProgram *program) {
    Parse p = {session, args, program, NULL, -1, 0};
    program->nodes = g_array_new(FALSE, FALSE, sizeof(ImapKey));
    gboolean good = take_charset(&p, bare_charset);
    if (good) {
        add(&p, IMAP_KEY_AND);
        p.at = 0;
        good = take_keys(&p);
    }
    g_free(p.charset);
    return good;
}

void imap_bad_program(ImapSession *session, ImapParser *args, const ImapProgram *program) {
    if (program->bad_charset)
        imap_no(session, "BADCHARSET (UTF-8 US-ASCII)", "The charset is not known");
    else
        imap_bad_args(session, args);
}
