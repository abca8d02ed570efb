/* SEARCH and UID SEARCH (RFC 9051 6.4.4 with RETURN and SAVE, RFC 3501 6.4.4, RFC 4731, 5182, 7162
 * 3.1.5). First the search index is asked, then the mailbox is walked in short slices, between
 * which others are let run: over the narrow rows, and where those and the index leave a doubt over
 * the messages themselves. */
#include "imap/search.h"

#include "base/clock.h"
#include "text/charset.h"

enum {
    SLICE_TIME = 15 * 1000, /* microseconds in one read transaction */
    WALK = 2000,            /* messages in one walk */
};

typedef enum {
    RETURN_MIN = 1 << 0,
    RETURN_MAX = 1 << 1,
    RETURN_ALL = 1 << 2,
    RETURN_COUNT = 1 << 3,
    RETURN_SAVE = 1 << 4,
} Return;

typedef struct {
    ImapJob job;
    ImapProgram program;
    guint returns;
    gboolean esearch;
    gboolean asked;   /* the index */
    StoreUids *among; /* candidates */
    guint32 next;     /* place in it, from 1 */
    StoreUids *doubt; /* of those walked over: have to be read */
    guint32 doubt_next;
    StoreUids *found;
    guint64 modseq, modseq_first, modseq_last;
    ImapSession *session;
    DbConn *conn;
    gint64 until;
    gboolean enough;
} SearchJob;

static void search_free(ImapJob *job) {
    SearchJob *self = (SearchJob *)job;
    imap_program_clear(&self->program);
    store_uids_free(self->among);
    store_uids_free(self->doubt);
    store_uids_free(self->found);
    g_free(self);
}

/* ---- Arguments ---- */

static gboolean take_returns(ImapParser *args, SearchJob *self) {
    static const struct {
        const char *word;
        guint bit;
    } options[] = {{"MIN", RETURN_MIN},
                   {"MAX", RETURN_MAX},
                   {"ALL", RETURN_ALL},
                   {"COUNT", RETURN_COUNT},
                   {"SAVE", RETURN_SAVE}};
    if (!imap_try_word(args, "RETURN"))
        return TRUE;
    self->esearch = TRUE;
    if (!imap_take_space(args) || !imap_take_open(args))
        return FALSE;
    if (!imap_try_byte(args, ')')) {
        do {
            guint i = 0;
            while (i < G_N_ELEMENTS(options) && !imap_try_word(args, options[i].word))
                i++;
            if (i == G_N_ELEMENTS(options))
                return imap_parser_fail(args, "Unknown result option");
            self->returns |= options[i].bit;
        } while (imap_try_byte(args, ' '));
        if (!imap_try_byte(args, ')'))
            return imap_parser_fail(args, "The result options do not end");
    }
    return imap_take_space(args);
}

/* ---- Answers ---- */

/* UIDs as the numbers that this command speaks in. */
static StoreUids *numbers(ImapSession *session, const StoreUids *uids) {
    StoreUids *result = store_uids_new();
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(uids, i, &first, &last); i++)
        for (guint64 uid = first; uid <= last; uid++) {
            guint32 number = session->by_uid
                                 ? (guint32)uid
                                 : store_uids_sequence(session->view->uids, (guint32)uid);
            if (number != 0)
                store_uids_append(result, number);
        }
    return result;
}

static void put_number(Buffer *out, const char *name, guint64 value) {
    buffer_append_byte(out, ' ');
    buffer_append_string(out, name);
    buffer_append_byte(out, ' ');
    buffer_append_u64(out, value);
}

/* RFC 4731 3.2: with MIN or MAX alone the mod-sequence is that of the messages told. */
static guint64 modseq_of(const SearchJob *self) {
    guint ends = self->returns & (RETURN_MIN | RETURN_MAX);
    if (ends == 0 || (self->returns & (RETURN_ALL | RETURN_COUNT)))
        return self->modseq;
    return MAX(ends & RETURN_MIN ? self->modseq_first : 0,
               ends & RETURN_MAX ? self->modseq_last : 0);
}

static void put_esearch(SearchJob *self, ImapSession *session, const StoreUids *result) {
    Buffer *out = imap_output(session);
    guint32 count = store_uids_count(result);
    buffer_append_string(out, "* ESEARCH (TAG ");
    imap_put_string(out, bytes_of_string(session->tag), FALSE);
    buffer_append_byte(out, ')');
    if (session->by_uid)
        buffer_append_string(out, " UID");
    if ((self->returns & RETURN_MIN) && count > 0)
        put_number(out, "MIN", store_uids_at(result, 1));
    if ((self->returns & RETURN_MAX) && count > 0)
        put_number(out, "MAX", store_uids_last(result));
    if (self->returns & RETURN_COUNT)
        put_number(out, "COUNT", count);
    if ((self->returns & RETURN_ALL) && count > 0) {
        buffer_append_string(out, " ALL ");
        store_uids_write(result, out);
    }
    if (self->program.modseq && count > 0)
        put_number(out, "MODSEQ", modseq_of(self));
    buffer_append_string(out, "\r\n");
}

static void put_search(SearchJob *self, ImapSession *session, const StoreUids *result) {
    Buffer *out = imap_output(session);
    guint32 first, last;
    buffer_append_string(out, "* SEARCH");
    for (guint32 i = 0; store_uids_run(result, i, &first, &last); i++)
        for (guint64 number = first; number <= last; number++) {
            buffer_append_byte(out, ' ');
            buffer_append_u64(out, number);
        }
    if (self->program.modseq && store_uids_count(result) > 0) {
        buffer_append_string(out, " (MODSEQ ");
        buffer_append_u64(out, self->modseq);
        buffer_append_byte(out, ')');
    }
    buffer_append_string(out, "\r\n");
}

/* RFC 5182 2.4: with MIN and MAX alone only those messages are saved. */
static void save(SearchJob *self, ImapSession *session) {
    guint ends = self->returns & (RETURN_MIN | RETURN_MAX);
    guint32 count = store_uids_count(self->found);
    g_clear_pointer(&session->saved, store_uids_free);
    if (ends == 0 || (self->returns & (RETURN_ALL | RETURN_COUNT))) {
        session->saved = g_steal_pointer(&self->found);
        return;
    }
    session->saved = store_uids_new();
    if (count > 0 && (ends & RETURN_MIN))
        store_uids_add(session->saved, store_uids_at(self->found, 1));
    if (count > 0 && (ends & RETURN_MAX))
        store_uids_add(session->saved, store_uids_last(self->found));
}

static void answer(SearchJob *self, ImapSession *session) {
    g_autoptr(StoreUids) result = numbers(session, self->found);
    if (!self->esearch)
        put_search(self, session, result);
    else if (self->returns != RETURN_SAVE) /* RFC 5182 2.1: SAVE alone tells nothing */
        put_esearch(self, session, result);
    if (self->returns & RETURN_SAVE)
        save(self, session);
    imap_completed(session, NULL);
}

/* ---- The walk ---- */

/* Hits of one stretch come in two walks: not always in order. */
static void found(SearchJob *self, const StoreMessage *message) {
    guint32 count = store_uids_count(self->found);
    if (count == 0 || message->uid < store_uids_at(self->found, 1))
        self->modseq_first = message->modseq;
    if (message->uid > store_uids_last(self->found))
        self->modseq_last = message->modseq;
    self->modseq = MAX(self->modseq, message->modseq);
    store_uids_add(self->found, message->uid);
}

static gboolean on_row(const StoreMessage *message, gpointer data) {
    SearchJob *self = data;
    guint32 place = store_uids_sequence(self->among, message->uid);
    if (place == 0)
        return TRUE;
    ImapCandidate candidate = {.view = self->session->view, .message = message};
    ImapTri got = imap_program_glance(&self->program, &candidate);
    if (got == IMAP_YES)
        found(self, message);
    else if (got == IMAP_PERHAPS)
        store_uids_append(self->doubt, message->uid);
    self->next = place + 1;
    return clock_monotonic() < self->until;
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    SearchJob *self = data;
    guint32 place = store_uids_sequence(self->doubt, message->uid);
    if (place == 0)
        return TRUE;
    ImapCandidate candidate = {.store = self->session->service->store,
                               .conn = self->conn,
                               .view = self->session->view,
                               .message = message};
    buffer_init(&candidate.bytes, G_MAXUINT32);
    if (imap_program_matches(&self->program, &candidate))
        found(self, message);
    buffer_release(&candidate.bytes);
    self->doubt_next = place + 1;
    return clock_monotonic() < self->until;
}

/* One stretch of `uids` from *next on. */
static gboolean walk(SearchJob *self, const StoreUids *uids, guint32 *next, StoreWant want,
                     StoreEach each, GError **error) {
    guint32 last = imap_uids_stretch(uids, *next, MIN(store_uids_count(uids), *next + WALK));
    if (!store_message_each(self->session->service->store, self->conn, self->session->view->mailbox,
                            store_uids_at(uids, *next), store_uids_at(uids, last), want, each, self,
                            error))
        return FALSE;
    if (clock_monotonic() < self->until)
        *next = MAX(*next, last + 1); /* the rest of the stretch is expunged */
    return TRUE;
}

static gboolean walk_once(SearchJob *self, GError **error) {
    if (self->doubt_next <= store_uids_count(self->doubt))
        return walk(self, self->doubt, &self->doubt_next, STORE_WANT_META, on_message, error);
    g_clear_pointer(&self->doubt, store_uids_free);
    self->doubt = store_uids_new();
    self->doubt_next = 1;
    /* RFC 9051 6.4.4: MIN alone needs no more than the first. */
    self->enough =
        (self->returns & ~(guint)RETURN_SAVE) == RETURN_MIN && store_uids_count(self->found) > 0;
    return self->enough || self->next > store_uids_count(self->among) ||
           walk(self, self->among, &self->next, STORE_WANT_FLAGS, on_row, error);
}

static gboolean finished(const SearchJob *self) {
    return self->enough || (self->next > store_uids_count(self->among) &&
                            self->doubt_next > store_uids_count(self->doubt));
}

/* FALSE: the index wants more time. */
static gboolean ask(SearchJob *self, ImapSession *session) {
    if (self->asked)
        return TRUE;
    if (!imap_program_ask(&self->program, session, self->until))
        return FALSE;
    StoreUids *among = imap_program_narrow(&self->program, self->among);
    store_uids_free(self->among);
    self->among = among;
    self->asked = TRUE;
    return TRUE;
}

static ImapStep search_step(ImapSession *session, ImapJob *job) {
    SearchJob *self = (SearchJob *)job;
    g_autoptr(GError) error = NULL;
    self->session = session;
    self->until = clock_monotonic() + SLICE_TIME;
    if (!ask(self, session))
        return IMAP_STEP_AGAIN;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), &error);
    self->conn = conn;
    gboolean good = conn != NULL;
    while (good && !finished(self) && clock_monotonic() < self->until)
        good = walk_once(self, &error);
    self->conn = NULL;
    if (!good) {
        /* RFC 5182 2.1: a search that fails with NO empties the saved result. */
        if (self->returns & RETURN_SAVE)
            g_clear_pointer(&session->saved, store_uids_free);
        imap_fail(session, error);
        return IMAP_STEP_DONE;
    }
    if (!finished(self))
        return IMAP_STEP_AGAIN;
    answer(self, session);
    return IMAP_STEP_DONE;
}

/* Sets of numbers that stand at the top narrow the walk itself. */
static StoreUids *candidates(const SearchJob *self, ImapSession *session) {
    StoreUids *among = NULL;
    const GArray *nodes = self->program.nodes;
    for (gint32 i = g_array_index(nodes, ImapKey, 0).first; i >= 0;
         i = g_array_index(nodes, ImapKey, i).next) {
        const ImapKey *key = &g_array_index(nodes, ImapKey, i);
        if (key->op != IMAP_KEY_UIDS)
            continue;
        StoreUids *narrower =
            imap_uids_filter(key->uids, among == NULL ? session->view->uids : among, TRUE);
        store_uids_free(among);
        among = narrower;
    }
    return among != NULL ? among : imap_uids_filter(session->view->uids, NULL, FALSE);
}

void imap_cmd_search(ImapSession *session, ImapParser *args) {
    SearchJob *self = g_new0(SearchJob, 1);
    self->job = (ImapJob){.step = search_step, .free = search_free, .wait = IMAP_WAIT_DATA};
    if (!imap_take_space(args) || !take_returns(args, self) ||
        !imap_take_program(session, args, &self->program)) {
        if (self->program.bad_charset) {
            if (self->returns & RETURN_SAVE)
                g_clear_pointer(&session->saved, store_uids_free);
            imap_no(session, "BADCHARSET (UTF-8 US-ASCII)", "The charset is not known");
        } else {
            imap_bad_args(session, args);
        }
        search_free(&self->job);
        return;
    }
    /* RFC 9051 6.4.4: without result options IMAP4rev2 answers as if ALL were asked for. */
    self->esearch = self->esearch || imap_is_rev2(session);
    if (self->returns == 0)
        self->returns = RETURN_ALL;
    self->found = store_uids_new();
    self->doubt = store_uids_new();
    self->doubt_next = 1;
    self->among = candidates(self, session);
    self->next = 1;
    imap_set_job(session, &self->job);
}
