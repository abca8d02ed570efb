/* SEARCH and UID SEARCH (RFC 9051 6.4.4 with RETURN and SAVE, RFC 3501 6.4.4, RFC 4731, 5182, 7162
 * 3.1.5): the arguments and the forms of the answer; search_walk.h finds. */
#include "imap/partial.h"
#include "imap/search_walk.h"

typedef enum {
    RETURN_MIN = 1 << 0,
    RETURN_MAX = 1 << 1,
    RETURN_ALL = 1 << 2,
    RETURN_COUNT = 1 << 3,
    RETURN_SAVE = 1 << 4,
} Return;

typedef struct {
    ImapJob job;
    ImapWalk walk;
    guint returns;
    ImapPartial partial;
    gboolean esearch;
} SearchJob;

static void search_free(ImapJob *job) {
    SearchJob *self = (SearchJob *)job;
    imap_walk_clear(&self->walk);
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
            if (i < G_N_ELEMENTS(options))
                self->returns |= options[i].bit;
            else if (!imap_try_word(args, "PARTIAL"))
                return imap_parser_fail(args, "Unknown result option");
            else if (!imap_take_partial(args, &self->partial))
                return FALSE;
        } while (imap_try_byte(args, ' '));
        if (!imap_try_byte(args, ')'))
            return imap_parser_fail(args, "The result options do not end");
    }
    if (self->partial.given && (self->returns & RETURN_ALL)) /* RFC 9394 3.1 */
        return imap_parser_fail(args, "PARTIAL and ALL exclude one another");
    return imap_take_space(args);
}

/* ---- Answers ---- */

/* RFC 9394 3.1: the stretch, NIL where it holds nothing. */
static void put_stretch(Buffer *out, const ImapPartial *partial, const StoreUids *result) {
    g_autoptr(StoreUids) stretch = imap_partial_of(partial, result);
    buffer_append_string(out, " PARTIAL (");
    imap_put_partial(out, partial);
    buffer_append_byte(out, ' ');
    if (store_uids_count(stretch) == 0)
        buffer_append_string(out, "NIL");
    else
        store_uids_write(stretch, out);
    buffer_append_byte(out, ')');
}

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
    if (ends == 0 || self->partial.given || (self->returns & (RETURN_ALL | RETURN_COUNT)))
        return self->walk.modseq;
    return MAX(ends & RETURN_MIN ? self->walk.modseq_first : 0,
               ends & RETURN_MAX ? self->walk.modseq_last : 0);
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
    if (self->partial.given)
        put_stretch(out, &self->partial, result);
    if (self->walk.program.modseq && count > 0)
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
    if (self->walk.program.modseq && store_uids_count(result) > 0) {
        buffer_append_string(out, " (MODSEQ ");
        buffer_append_u64(out, self->walk.modseq);
        buffer_append_byte(out, ')');
    }
    buffer_append_string(out, "\r\n");
}

/* RFC 5182 2.4, RFC 9394 3.2: with MIN, MAX and PARTIAL alone only those messages are saved. */
static void save(SearchJob *self, ImapSession *session) {
    guint ends = self->returns & (RETURN_MIN | RETURN_MAX);
    guint32 count = store_uids_count(self->walk.found);
    g_clear_pointer(&session->saved, store_uids_free);
    if ((ends == 0 && !self->partial.given) || (self->returns & (RETURN_ALL | RETURN_COUNT))) {
        session->saved = g_steal_pointer(&self->walk.found);
        return;
    }
    session->saved =
        self->partial.given ? imap_partial_of(&self->partial, self->walk.found) : store_uids_new();
    if (count > 0 && (ends & RETURN_MIN))
        store_uids_add(session->saved, store_uids_at(self->walk.found, 1));
    if (count > 0 && (ends & RETURN_MAX))
        store_uids_add(session->saved, store_uids_last(self->walk.found));
}

static void answer(SearchJob *self, ImapSession *session) {
    g_autoptr(StoreUids) result = numbers(session, self->walk.found);
    if (!self->esearch)
        put_search(self, session, result);
    else if (self->returns != RETURN_SAVE || self->partial.given)
        /* RFC 5182 2.1: SAVE alone tells nothing */
        put_esearch(self, session, result);
    if (self->returns & RETURN_SAVE)
        save(self, session);
    imap_completed(session, NULL);
}

static ImapStep search_step(ImapSession *session, ImapJob *job) {
    SearchJob *self = (SearchJob *)job;
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;
    if (!imap_walk_step(&self->walk, session, &done, &error)) {
        /* RFC 5182 2.1: a search that fails with NO empties the saved result. */
        if (self->returns & RETURN_SAVE)
            g_clear_pointer(&session->saved, store_uids_free);
        imap_fail(session, error);
        return IMAP_STEP_DONE;
    }
    if (!done) {
        imap_walk_progress(&self->walk, session);
        return IMAP_STEP_AGAIN;
    }
    answer(self, session);
    return IMAP_STEP_DONE;
}

void imap_cmd_search(ImapSession *session, ImapParser *args) {
    SearchJob *self = g_new0(SearchJob, 1);
    self->job = (ImapJob){.step = search_step, .free = search_free, .wait = IMAP_WAIT_DATA};
    if (!imap_take_space(args) || !take_returns(args, self) ||
        !imap_take_program(session, args, FALSE, &self->walk.program)) {
        if (self->walk.program.bad_charset && (self->returns & RETURN_SAVE))
            g_clear_pointer(&session->saved, store_uids_free);
        imap_bad_program(session, args, &self->walk.program);
        search_free(&self->job);
        return;
    }
    /* RFC 9051 6.4.4: without result options IMAP4rev2 answers as if ALL were asked for. */
    self->esearch = self->esearch || imap_is_rev2(session);
    if (self->returns == 0 && !self->partial.given)
        self->returns = RETURN_ALL;
    /* RFC 9051 6.4.4: MIN alone needs no more than the first. */
    self->walk.first_only =
        (self->returns & ~(guint)RETURN_SAVE) == RETURN_MIN && !self->partial.given;
    imap_walk_begin(&self->walk, session);
    imap_set_job(session, &self->job);
}
