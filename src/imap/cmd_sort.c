/* SORT and UID SORT (RFC 5256 3, RFC 5957, RFC 7162 3.1.5; with RETURN RFC 5267 3.1): the messages
 * are found as SEARCH finds them, then their keys are made of what was stored at delivery, put into
 * their order, and told piece by piece. */
#include "imap/progress.h"
#include "imap/search_walk.h"
#include "imap/sort_keys.h"
#include "imap/sorter.h"

#include "base/clock.h"

typedef enum {
    RETURN_MIN = 1 << 0,
    RETURN_MAX = 1 << 1,
    RETURN_ALL = 1 << 2,
    RETURN_COUNT = 1 << 3,
} Return;

typedef enum { PHASE_FIND, PHASE_KEYS, PHASE_ORDER, PHASE_TELL } Phase;

typedef struct {
    ImapJob job;
    Phase phase;
    ImapWalk walk;
    ImapSortProgram program;
    ImapSorter sorter;
    Buffer key;
    gsize text_limit;
    guint32 next; /* of those found: whose key comes next */
    gint64 until;
    gboolean extended; /* RETURN was there */
    guint returns;
    guint32 *order; /* UIDs */
    guint count;
    gboolean begun; /* the answer */
    guint told;     /* places of the order that were told */
} SortJob;

static void sort_free(ImapJob *job) {
    SortJob *self = (SortJob *)job;
    imap_walk_clear(&self->walk);
    imap_sorter_clear(&self->sorter);
    buffer_release(&self->key);
    g_free(self->order);
    g_free(self);
}

/* ---- Arguments ---- */

static gboolean take_returns(ImapParser *args, SortJob *self) {
    static const struct {
        const char *word;
        guint bit;
    } options[] = {
        {"MIN", RETURN_MIN}, {"MAX", RETURN_MAX}, {"ALL", RETURN_ALL}, {"COUNT", RETURN_COUNT}};
    if (!imap_try_word(args, "RETURN"))
        return TRUE;
    self->extended = TRUE;
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

/* ---- Keys ---- */

static gboolean on_message(const StoreMessage *message, gpointer data) {
    SortJob *self = data;
    guint32 place = store_uids_sequence(self->walk.found, message->uid);
    if (place == 0)
        return TRUE;
    buffer_clear(&self->key);
    imap_sort_key(&self->program, message, self->text_limit, &self->key);
    imap_sorter_add(&self->sorter, message->uid, buffer_bytes(&self->key));
    self->next = place + 1;
    return clock_monotonic() < self->until;
}

static void begin_keys(SortJob *self) {
    guint count = store_uids_count(self->walk.found);
    self->phase = PHASE_KEYS;
    self->next = 1;
    self->text_limit = imap_sort_text_limit(&self->program, count);
    buffer_init(&self->key, 32 * 1024);
    imap_sorter_init(&self->sorter, count);
}

static gboolean make_keys(SortJob *self, ImapSession *session, GError **error) {
    StoreWant want = self->program.meta ? STORE_WANT_META : STORE_WANT_FLAGS;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL || !imap_walk_uids(session, conn, self->walk.found, &self->next, want,
                                        self->until, on_message, self, error))
        return FALSE;
    if (self->next > store_uids_count(self->walk.found))
        self->phase = PHASE_ORDER;
    return TRUE;
}

/* ---- The answer ---- */

static guint32 number_of(const SortJob *self, const ImapSession *session, guint place) {
    guint32 uid = self->order[place];
    return session->by_uid ? uid : store_uids_sequence(session->view->uids, uid);
}

static void put_item(Buffer *out, const char *name, guint64 value) {
    buffer_append_byte(out, ' ');
    buffer_append_string(out, name);
    buffer_append_byte(out, ' ');
    buffer_append_u64(out, value);
}

static void put_beginning(SortJob *self, ImapSession *session) {
    Buffer *out = imap_output(session);
    guint count = self->count;
    if (!self->extended) {
        buffer_append_string(out, "* SORT");
        return;
    }
    buffer_append_string(out, "* ESEARCH (TAG ");
    imap_put_string(out, bytes_of_string(session->tag), FALSE);
    buffer_append_byte(out, ')');
    if (session->by_uid)
        buffer_append_string(out, " UID");
    if ((self->returns & RETURN_MIN) && count > 0)
        put_item(out, "MIN", number_of(self, session, 0));
    if ((self->returns & RETURN_MAX) && count > 0)
        put_item(out, "MAX", number_of(self, session, count - 1));
    if (self->returns & RETURN_COUNT)
        put_item(out, "COUNT", count);
    if ((self->returns & RETURN_ALL) && count > 0)
        buffer_append_string(out, " ALL ");
}

/* RFC 5267 3.2: a range stands only for numbers that follow one another upwards. */
static void put_range(SortJob *self, ImapSession *session) {
    Buffer *out = imap_output(session);
    guint32 first = number_of(self, session, self->told), last = first;
    if (self->told++ > 0)
        buffer_append_byte(out, ',');
    while (self->told < self->count && number_of(self, session, self->told) == last + 1) {
        last++;
        self->told++;
    }
    buffer_append_u64(out, first);
    if (last > first) {
        buffer_append_byte(out, ':');
        buffer_append_u64(out, last);
    }
}

static void put_end(SortJob *self, ImapSession *session) {
    Buffer *out = imap_output(session);
    if (self->walk.program.modseq && self->count > 0) {
        /* RFC 7162 3.1.5: a search for MODSEQ tells the highest of what it found. */
        buffer_append_string(out, self->extended ? " MODSEQ " : " (MODSEQ ");
        buffer_append_u64(out, self->walk.modseq);
        if (!self->extended)
            buffer_append_byte(out, ')');
    }
    buffer_append_string(out, "\r\n");
}

static ImapStep tell(SortJob *self, ImapSession *session) {
    Buffer *out = imap_output(session);
    if (!self->begun)
        put_beginning(self, session);
    self->begun = TRUE;
    while (self->told < self->count && (!self->extended || (self->returns & RETURN_ALL))) {
        if (net_output_full(session->net))
            return IMAP_STEP_OUTPUT;
        if (self->extended) {
            put_range(self, session);
        } else {
            buffer_append_byte(out, ' ');
            buffer_append_u64(out, number_of(self, session, self->told++));
        }
    }
    put_end(self, session);
    imap_completed(session, NULL);
    return IMAP_STEP_DONE;
}

/* ---- The job ---- */

static gboolean work(SortJob *self, ImapSession *session, GError **error) {
    gboolean done = FALSE;
    self->until = clock_monotonic() + IMAP_SLICE_TIME;
    switch (self->phase) {
    case PHASE_FIND:
        if (!imap_walk_step(&self->walk, session, &done, error))
            return FALSE;
        if (done)
            begin_keys(self);
        return TRUE;
    case PHASE_KEYS:
        return make_keys(self, session, error);
    default:
        if (!self->sorter.failed && imap_sorter_finish(&self->sorter, self->until)) {
            self->order = imap_sorter_take(&self->sorter, &self->count);
            self->phase = PHASE_TELL;
        }
        return TRUE;
    }
}

static ImapStep sort_step(ImapSession *session, ImapJob *job) {
    SortJob *self = (SortJob *)job;
    g_autoptr(GError) error = NULL;
    if (self->phase == PHASE_TELL)
        return tell(self, session);
    if (!work(self, session, &error)) {
        imap_fail(session, error);
        return IMAP_STEP_DONE;
    }
    if (self->sorter.failed) {
        imap_no(session, "UNAVAILABLE", "Too much is being sorted at this moment: try again");
        return IMAP_STEP_DONE;
    }
    if (self->phase == PHASE_FIND)
        imap_walk_progress(&self->walk, session);
    else
        imap_progress(session, self->next - 1, store_uids_count(self->walk.found));
    return IMAP_STEP_AGAIN;
}

void imap_cmd_sort(ImapSession *session, ImapParser *args) {
    SortJob *self = g_new0(SortJob, 1);
    self->job = (ImapJob){.step = sort_step, .free = sort_free, .wait = IMAP_WAIT_DATA};
    if (!imap_take_space(args) || !take_returns(args, self) ||
        !imap_take_sort_program(args, &self->program) || !imap_take_space(args) ||
        !imap_take_program(session, args, TRUE, &self->walk.program)) {
        imap_bad_program(session, args, &self->walk.program);
        sort_free(&self->job);
        return;
    }
    if (self->returns == 0) /* RFC 5267 3.3: an empty list asks for ALL */
        self->returns = RETURN_ALL;
    imap_walk_begin(&self->walk, session);
    imap_set_job(session, &self->job);
}
