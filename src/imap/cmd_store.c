/* STORE and UID STORE (RFC 9051 6.4.6; UNCHANGEDSINCE: RFC 7162 3.1.3), in slices, each durable
 * before its answers are written. */
#include "imap/view.h"

#include "directory/usage.h"

enum { MAXIMUM_FLAGS = 64, SLICE = 5000 };

typedef struct {
    ImapJob job;
    StoreUids *uids;
    guint32 next; /* place in uids, from 1 */
    StoreFlagsMode mode;
    StoreFlags flags;
    char **keywords;
    gboolean silent, conditional;
    gboolean read; /* a message became seen */
    guint64 since;
    StoreUids *modified;
    ImapSession *session;
} StoreJob;

static void store_job_free(ImapJob *job) {
    StoreJob *self = (StoreJob *)job;
    store_uids_free(self->uids);
    g_strfreev(self->keywords);
    g_clear_pointer(&self->modified, store_uids_free);
    g_free(self);
}

/* ---- Arguments ---- */

static gboolean take_modifier(ImapSession *session, ImapParser *args, StoreJob *self) {
    if (!imap_try_byte(args, '('))
        return TRUE;
    if (!imap_try_word(args, "UNCHANGEDSINCE") || !imap_take_space(args) ||
        !imap_take_number64(args, &self->since) || !imap_try_byte(args, ')') ||
        !imap_take_space(args))
        return imap_parser_fail(args, "Unknown STORE modifier");
    self->conditional = TRUE;
    imap_enable_condstore(session);
    return TRUE;
}

static gboolean take_mode(ImapParser *args, StoreJob *self) {
    self->mode = imap_try_byte(args, '+')   ? STORE_FLAGS_ADD
                 : imap_try_byte(args, '-') ? STORE_FLAGS_REMOVE
                                            : STORE_FLAGS_SET;
    self->silent = imap_try_word(args, "FLAGS.SILENT");
    if (!self->silent && !imap_try_word(args, "FLAGS"))
        return imap_parser_fail(args, "FLAGS was expected");
    return imap_take_space(args);
}

static gboolean take_one_flag(ImapParser *args, StoreJob *self, GPtrArray *words) {
    Bytes flag;
    if (!imap_take_flag(args, &flag))
        return FALSE;
    StoreFlags bit = imap_system_flag(flag);
    if (bit == 0 && *flag.p == '\\') {
        /* RFC 9051 2.3.2: \Recent "cannot be altered"; others are not known. */
        if (!bytes_is_nocase(flag, "\\Recent"))
            return imap_parser_fail(args, "Unknown system flag");
        return TRUE;
    }
    self->flags |= bit;
    if (bit == 0) {
        if (words->len >= MAXIMUM_FLAGS || flag.n > 128)
            return imap_parser_fail(args, "Too many flags, or too long ones");
        g_ptr_array_add(words, bytes_dup_string(flag));
    }
    return TRUE;
}

static gboolean take_flags(ImapParser *args, StoreJob *self) {
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    gboolean listed = imap_try_byte(args, '(');
    if (!listed || !imap_try_byte(args, ')')) {
        do {
            if (!take_one_flag(args, self, words))
                return FALSE;
        } while (imap_try_byte(args, ' '));
        if (listed && !imap_try_byte(args, ')'))
            return imap_parser_fail(args, "The flags do not end");
    }
    if (words->len > 0) {
        g_ptr_array_add(words, NULL);
        self->keywords = g_strdupv((char **)words->pdata);
    }
    return imap_take_end(args);
}

/* ---- Answers ---- */

/* After each message of a slice that is durable. */
static void on_stored(guint32 uid, StoreFlags flags, guint64 modseq, gboolean changed,
                      gpointer data) {
    StoreJob *self = data;
    ImapSession *session = self->session;
    ImapView *view = session->view;
    guint32 sequence = store_uids_sequence(view->uids, uid);
    if (sequence == 0)
        return;
    if (changed)
        imap_view_own(view, uid, modseq);
    self->read |= changed && self->mode != STORE_FLAGS_REMOVE && (self->flags & STORE_SEEN) != 0;
    gboolean modseqs = imap_has_condstore(session);
    /* RFC 7162 3.1.3: with UNCHANGEDSINCE the new mod-sequence is told even when .SILENT. */
    if (self->silent && !(self->conditional && changed))
        return;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* ");
    buffer_append_u64(out, sequence);
    buffer_append_string(out, " FETCH (");
    /* RFC 7162 3.2.4: UID and MODSEQ go together. */
    if (session->by_uid || imap_is_rev2(session) || modseqs) {
        buffer_append_string(out, "UID ");
        buffer_append_u64(out, uid);
        buffer_append_byte(out, ' ');
    }
    if (!self->silent) {
        buffer_append_string(out, "FLAGS ");
        imap_put_flags(out, flags, view->keywords, imap_view_is_recent(view, uid));
        if (modseqs)
            buffer_append_byte(out, ' ');
    }
    if (modseqs) {
        buffer_append_string(out, "MODSEQ (");
        buffer_append_u64(out, modseq);
        buffer_append_byte(out, ')');
    }
    buffer_append_string(out, ")\r\n");
}

/* "MODIFIED 7,9": in the numbers that the command used. */
static char *modified_code(ImapSession *session, const StoreUids *modified) {
    g_auto(Buffer) code;
    buffer_init(&code, 16 * 1024 * 1024);
    buffer_append_string(&code, "MODIFIED ");
    if (session->by_uid) {
        store_uids_write(modified, &code);
    } else {
        g_autoptr(StoreUids) sequences = store_uids_new();
        guint32 count = store_uids_count(modified);
        for (guint32 at = 1; at <= count; at++)
            store_uids_add(sequences,
                           store_uids_sequence(session->view->uids, store_uids_at(modified, at)));
        store_uids_write(sequences, &code);
    }
    return buffer_steal_string(&code);
}

/* Keyword names must be known before flags that use them are told. */
static gboolean load_keywords(StoreJob *self, ImapSession *session, GError **error) {
    if (self->keywords == NULL)
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->view->store), error);
    return conn != NULL && imap_view_keywords(session, conn, TRUE, error);
}

static gboolean make_keywords(DbConn *conn, gpointer data, GError **error) {
    StoreJob *self = data;
    StoreFlags bits = 0;
    ImapView *view = self->session->view;
    return store_keyword_bits(view->store, conn, view->owner, (const char *const *)self->keywords,
                              &bits, error);
}

static void end_store(StoreJob *self, ImapSession *session) {
    if (self->read)
        directory_used(session->service->directory, session->account); /* [Điều 11.2] */
    if (self->modified != NULL && store_uids_count(self->modified) > 0) {
        g_autofree char *code = modified_code(session, self->modified);
        /* RFC 7162 3.1.3: OK with MODIFIED, since the others were changed. */
        imap_ok(session, code, "Some messages were changed by others");
        return;
    }
    imap_completed(session, NULL);
}

static gboolean store_slice(StoreJob *self, ImapSession *session, GError **error) {
    g_autoptr(StoreUids) slice = store_uids_new();
    guint32 count = store_uids_count(self->uids);
    for (guint n = 0; n < SLICE && self->next <= count; n++)
        store_uids_append(slice, store_uids_at(self->uids, self->next++));
    StoreFlagsChange change = {.mailbox = session->view->mailbox,
                               .uids = slice,
                               .mode = self->mode,
                               .flags = self->flags,
                               .keywords = (const char *const *)self->keywords,
                               .settable = imap_view_settable(session->view),
                               .conditional = self->conditional,
                               .unchanged_since = self->since,
                               .each = on_stored,
                               .data = self,
                               .modified = self->modified};
    return store_flags_change(session->view->store, &change, error);
}

static ImapStep store_step(ImapSession *session, ImapJob *job) {
    StoreJob *self = (StoreJob *)job;
    g_autoptr(GError) error = NULL;
    self->session = session;
    if (self->next > store_uids_count(self->uids)) {
        end_store(self, session);
        return IMAP_STEP_DONE;
    }
    if (!store_slice(self, session, &error)) {
        imap_fail(session, error);
        return IMAP_STEP_DONE;
    }
    return net_output_full(session->net) ? IMAP_STEP_OUTPUT : IMAP_STEP_AGAIN;
}

static gboolean prepare(StoreJob *self, ImapSession *session, GError **error) {
    if (self->keywords != NULL && (imap_view_settable(session->view) & STORE_FLAGGED) &&
        !db_write(store_db(session->view->store), make_keywords, self, error))
        return FALSE;
    return load_keywords(self, session, error);
}

/* RFC 4314 4: one flag of them that may be changed is enough. */
static gboolean may_store(const StoreJob *self, ImapSession *session) {
    StoreFlags settable = imap_view_settable(session->view);
    StoreFlags named = self->flags | (self->keywords == NULL ? 0 : STORE_FLAGGED);
    if (session->view->read_only)
        imap_no(session, "READ-ONLY", "The mailbox is open for reading only");
    else if (settable == 0 || (named != 0 && (named & settable) == 0))
        imap_no(session, "NOPERM", "You have not the right to change flags here");
    else
        return TRUE;
    return FALSE;
}

void imap_cmd_store(ImapSession *session, ImapParser *args) {
    StoreJob *self = g_new0(StoreJob, 1);
    g_autoptr(GError) error = NULL;
    self->job = (ImapJob){.step = store_step, .free = store_job_free, .wait = IMAP_WAIT_DATA};
    self->session = session;
    self->next = 1;
    self->uids = store_uids_new();
    g_auto(ImapSet) set = {0};
    g_autoptr(StoreUids) uids = NULL;
    if (!imap_take_space(args) || !imap_take_set(args, &set) || !imap_take_space(args) ||
        !take_modifier(session, args, self) || !take_mode(args, self) || !take_flags(args, self) ||
        (uids = imap_view_pick(session, &set, session->by_uid, args)) == NULL)
        imap_bad_args(session, args);
    else if (may_store(self, session) && !prepare(self, session, &error))
        imap_fail(session, error);
    if (session->completion != NULL) {
        store_job_free(&self->job);
        return;
    }
    store_uids_free(self->uids);
    self->uids = g_steal_pointer(&uids);
    if (self->conditional)
        self->modified = store_uids_new();
    imap_set_job(session, &self->job);
}
