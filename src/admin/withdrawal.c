/* The record of a withdrawal lies in mail.db beside what it took, the trail in admin.db: what the
 * trail does not have yet is appended, then marked, as with suspects (suspect.c). */
#include "admin/withdrawal.h"

#include "queue/queue.h"

#include <string.h>

enum { RECEPTIONS_MOST = 1000, RECORD_BYTES = 64 * 1024 };

void withdrawal_plan_clear(WithdrawalPlan *plan) {
    g_clear_pointer(&plan->message_id, g_free);
    g_clear_pointer(&plan->sender, g_free);
    g_clear_pointer(&plan->blobs, g_array_unref);
    g_clear_pointer(&plan->copies, g_array_unref);
}

static const char *prefix_of(StoreWithdrawalKind kind) {
    return kind == STORE_FROZEN ? "SM" : "TH";
}

char *withdrawal_name(StoreWithdrawalKind kind, gint64 id) {
    return g_strdup_printf("%s-%" G_GINT64_FORMAT, prefix_of(kind), id);
}

gboolean withdrawal_number(StoreWithdrawalKind kind, const char *text, gint64 *id) {
    Reader r = reader_of(bytes_of_string(text));
    guint64 number;
    if (reader_skip_nocase(&r, prefix_of(kind)) && !reader_skip_byte(&r, '-'))
        return FALSE;
    if (!reader_u64(&r, &number) || !reader_done(&r) || number == 0 || number > G_MAXINT64)
        return FALSE;
    *id = (gint64)number;
    return TRUE;
}

/* ---- Finding ---- */

typedef struct {
    BlobId blob;
    guint64 size;
} Candidate;

typedef struct {
    WithdrawalPlan *plan;
    GArray *candidates;
} Receptions;

static guint count_queued(const char *outcome) {
    guint n = 0;
    for (const char *at = outcome; (at = strstr(at, " queue=")) != NULL; at++)
        n++;
    return n;
}

static void note_reception(gint64 id, const StoreIntake *intake, gpointer data) {
    Receptions *r = data;
    WithdrawalPlan *plan = r->plan;
    if (plan->receptions++ == 0) {
        plan->message_id = g_strdup(intake->message_id);
        plan->sender = g_strdup(intake->sender);
        plan->received = intake->received;
    }
    plan->outside += count_queued(intake->outcome);
    Candidate candidate = {intake->blob, intake->size};
    if (intake->blob != 0)
        g_array_append_val(r->candidates, candidate);
}

typedef struct {
    const char *message_id;
    guint64 size;
    gboolean same;
} Compare;

/* The number of a blob may have been given again since the reception was written. */
static gboolean compare(const StoreMessage *message, gpointer data) {
    Compare *c = data;
    g_autofree char *wanted = g_strdup_printf("<%s>", c->message_id);
    c->same =
        message->size - message->prefix.n == c->size &&
        (*c->message_id == '\0' || bytes_find(message->envelope, bytes_of_string(wanted)) >= 0);
    return FALSE;
}

static gboolean is_same(const WithdrawalPlace *place, const StoreCopyFound *copy,
                        const char *message_id, guint64 size, gboolean *same, GError **error) {
    Compare c = {message_id, size, FALSE};
    g_autoptr(DbConn) conn = db_read_begin(store_db(place->store), error);
    if (conn == NULL || !store_message_each(place->store, conn, copy->mailbox, copy->uid, copy->uid,
                                            STORE_WANT_META, compare, &c, error))
        return FALSE;
    *same = c.same;
    return TRUE;
}

/* Only copies that are the message; a blob is known to be it by its first copy. */
static gboolean keep_same(const WithdrawalPlace *place, const GArray *candidates,
                          WithdrawalPlan *plan, GError **error) {
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(StoreCopyFound));
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(BlobId));
    for (guint i = 0; i < candidates->len; i++)
        g_array_append_val(numbers, g_array_index(candidates, Candidate, i).blob);
    if (!store_copies_find(place->store, (const BlobId *)(const void *)numbers->data, numbers->len,
                           found, error))
        return FALSE;
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        gboolean same = TRUE; /* without any copy: it may wait in the queue */
        for (guint f = 0; f < found->len; f++) {
            const StoreCopyFound *copy = &g_array_index(found, StoreCopyFound, f);
            if (copy->blob != candidate->blob)
                continue;
            if (!is_same(place, copy, plan->message_id, candidate->size, &same, error))
                return FALSE;
            break;
        }
        for (guint f = 0; same && f < found->len; f++)
            if (g_array_index(found, StoreCopyFound, f).blob == candidate->blob)
                g_array_append_val(plan->copies, g_array_index(found, StoreCopyFound, f));
        if (same)
            g_array_append_val(plan->blobs, candidate->blob);
    }
    return TRUE;
}

typedef struct {
    const GArray *blobs;
    const char *held; /* NULL: those that wait; else those held for this reason */
    GArray *entries;  /* gint64 */
} Waiting;

static gboolean note_entry(const QueueEntry *entry, gpointer data) {
    Waiting *w = data;
    gboolean wanted = w->held == NULL
                          ? entry->state == QUEUE_WAITING
                          : entry->state == QUEUE_HELD && g_str_equal(entry->last_answer, w->held);
    for (guint i = 0; wanted && i < w->blobs->len; i++)
        if (g_array_index(w->blobs, BlobId, i) == entry->blob) {
            g_array_append_val(w->entries, entry->id);
            break;
        }
    return TRUE;
}

static gboolean find_entries(const WithdrawalPlace *place, Waiting *w, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(place->store), error);
    return conn != NULL && queue_each(conn, note_entry, w, error);
}

gboolean withdrawal_plan(const WithdrawalPlace *place, const char *what, WithdrawalPlan *out,
                         GError **error) {
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_auto(WithdrawalPlan) plan = {0};
    plan.blobs = g_array_new(FALSE, FALSE, sizeof(BlobId));
    plan.copies = g_array_new(FALSE, FALSE, sizeof(StoreCopyFound));
    Receptions receptions = {&plan, candidates};
    DbConn *conn = db_read_begin(store_db(place->store), error);
    gboolean read = conn != NULL && store_intake_find(place->store, conn, what, RECEPTIONS_MOST,
                                                      note_reception, &receptions, error);
    g_clear_pointer(&conn, db_read_end);
    if (!read)
        return FALSE;
    g_autofree char *bare = g_strdup(what);
    if (*bare == '<')
        g_strdelimit(bare, "<>", ' ');
    g_strstrip(bare);
    /* An address finds what it sent and received: that is not one message. */
    guint64 number;
    gboolean one = plan.receptions > 0 && (g_str_equal(plan.message_id, bare) ||
                                           bytes_parse_u64(bytes_of_string(bare), &number));
    if (!one)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không tìm thấy thư có Message-ID này trong nhật ký nhận thư; no message "
                       "with this Message-ID is in the record of receptions: look with trace");
    Waiting waiting = {plan.blobs, NULL, entries};
    if (!keep_same(place, candidates, &plan, error) || !find_entries(place, &waiting, error))
        return FALSE;
    plan.waiting = entries->len;
    *out = plan;
    plan = (WithdrawalPlan){0};
    return TRUE;
}

/* ---- The trail ---- */

static const char *const acts[] = {
    [STORE_TAKEN_BACK] = "message.takeback",
    [STORE_FROZEN] = "secret.frozen",
};
static const char *const undo_acts[] = {
    [STORE_TAKEN_BACK] = "message.giveback",
    [STORE_FROZEN] = "secret.released",
};
static const char *const states[] = {
    [STORE_WITHDRAWING] = "under_way",
    [STORE_WITHDRAWN] = "withdrawn",
    [STORE_RETURNING] = "returning",
    [STORE_RETURNED] = "returned",
};

typedef struct {
    gint64 id;
    StoreWithdrawalKind kind;
    StoreWithdrawalState state;
    gboolean recorded;
    char *who, *ground, *return_who, *return_ground, *after;
} Open;

static void open_clear(gpointer data) {
    Open *o = data;
    g_free(o->who);
    g_free(o->ground);
    g_free(o->return_who);
    g_free(o->return_ground);
    g_free(o->after);
}

static char *after_of(const StoreWithdrawal *w) {
    g_auto(Buffer) out;
    buffer_init(&out, RECORD_BYTES);
    JsonWriter json = json_writer(&out);
    json_open(&json, NULL, '{');
    if (*w->message_id != '\0')
        json_text(&json, "message_id", w->message_id);
    json_int(&json, "copies", w->copies);
    json_int(&json, "read", w->seen);
    if (w->return_at != 0)
        json_int(&json, "returned", w->returned);
    if (*w->evidence != '\0')
        json_raw(&json, "evidence", w->evidence);
    json_close(&json, '}');
    return buffer_steal_string(&out);
}

static gboolean collect(const StoreWithdrawal *w, gpointer data) {
    gboolean settled = w->state == STORE_WITHDRAWN || w->state == STORE_RETURNED;
    if (settled && w->recorded)
        return TRUE;
    Open o = {w->id,
              w->kind,
              w->state,
              w->recorded,
              g_strdup(w->who),
              g_strdup(w->ground),
              g_strdup(w->return_who),
              g_strdup(w->return_ground),
              after_of(w)};
    g_array_append_val((GArray *)data, o);
    return TRUE;
}

static gboolean append(DbConn *conn, gpointer data, GError **error) {
    const Open *o = data;
    gboolean back = o->state == STORE_RETURNED;
    AuditAct act = {back ? o->return_who : o->who, back ? o->return_ground : o->ground};
    g_autofree char *name = withdrawal_name(o->kind, o->id);
    AuditChange change = {back ? undo_acts[o->kind] : acts[o->kind], name, NULL, o->after};
    return audit_append(conn, &act, &change, NULL, error);
}

static GArray *find_open(const WithdrawalPlace *place, GError **error) {
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
    g_array_set_clear_func(open, open_clear);
    g_autoptr(DbConn) conn = db_read_begin(store_db(place->store), error);
    return conn != NULL && store_withdrawal_each(conn, 0, collect, open, error)
               ? g_steal_pointer(&open)
               : NULL;
}

static gboolean record_all(const WithdrawalPlace *place, GError **error) {
    g_autoptr(GArray) open = find_open(place, error);
    if (open == NULL)
        return FALSE;
    for (guint i = 0; i < open->len; i++) {
        Open *o = &g_array_index(open, Open, i);
        if (o->state != STORE_WITHDRAWN && o->state != STORE_RETURNED)
            continue;
        if (!db_write(directory_db(place->directory), append, o, error) ||
            !store_withdrawal_recorded(place->store, o->id, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean hold_entries(const WithdrawalPlace *place, gint64 id, gboolean hold,
                             GError **error);

static gboolean go_on(const WithdrawalPlace *place, const Open *o, GError **error) {
    gint64 id = o->id;
    if (o->state == STORE_RETURNING)
        return hold_entries(place, id, FALSE, error) &&
               store_withdrawal_return(place->store, id, o->return_ground, o->return_who, error);
    return o->kind == STORE_FROZEN ? delivery_freeze(place->delivery, NULL, 0, NULL, id, &id, error)
                                   : hold_entries(place, id, TRUE, error) &&
                                         store_withdraw(place->store, id, NULL, NULL, error);
}

gboolean withdrawals_keep(const WithdrawalPlace *place, GError **error) {
    g_autoptr(GArray) open = find_open(place, error);
    if (open == NULL)
        return FALSE;
    for (guint i = 0; i < open->len; i++) {
        const Open *o = &g_array_index(open, Open, i);
        gboolean under_way = o->state == STORE_WITHDRAWING || o->state == STORE_RETURNING;
        if (under_way && !go_on(place, o, error))
            return FALSE;
    }
    return open->len == 0 || record_all(place, error);
}

/* ---- Doing ---- */

/* What has not left for other domains waits until somebody decided; "TH-12" is the reason. */
static gboolean hold_entries(const WithdrawalPlace *place, gint64 id, gboolean hold,
                             GError **error) {
    g_autofree char *why = withdrawal_name(STORE_TAKEN_BACK, id);
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(gint64));
    DbConn *conn = db_read_begin(store_db(place->store), error);
    g_autoptr(GArray) blobs = conn == NULL ? NULL : store_withdrawal_blobs(conn, id, error);
    g_clear_pointer(&conn, db_read_end);
    if (blobs == NULL)
        return FALSE;
    Waiting waiting = {blobs, hold ? NULL : why, entries};
    if (!find_entries(place, &waiting, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        g_autoptr(GError) gone = NULL;
        if (queue_hold(store_db(place->store), g_array_index(entries, gint64, i), hold, why,
                       &gone) ||
            !cv_error_is(gone, CV_ERROR_STORAGE))
            continue; /* it has left in the meantime */
        g_propagate_error(error, g_steal_pointer(&gone));
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    const StoreWithdrawal *record;
    const GArray *blobs;
    gint64 id;
} Begin;

static gboolean begin_work(DbConn *conn, gpointer data, GError **error) {
    Begin *b = data;
    return store_withdrawal_add(conn, b->record, (const BlobId *)(const void *)b->blobs->data,
                                b->blobs->len, &b->id, error);
}

gboolean withdrawal_do(const WithdrawalPlace *place, StoreWithdrawalKind kind,
                       const WithdrawalPlan *plan, const AuditAct *act, gint64 *id,
                       GError **error) {
    if (act->ground == NULL || *act->ground == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần căn cứ thu hồi: số văn bản hoặc lý do; say on what ground");
    if (plan->blobs->len == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không còn hộp thư nào có thư này; no mailbox has the message any more");
    const StoreWithdrawal record = {
        .kind = kind,
        .message_id = kind == STORE_FROZEN ? "" : plan->message_id,
        .ground = act->ground,
        .who = act->who,
        .evidence = "",
    };
    if (kind == STORE_FROZEN)
        return delivery_freeze(place->delivery, (const BlobId *)(const void *)plan->blobs->data,
                               plan->blobs->len, &record, 0, id, error) &&
               record_all(place, error);
    Begin begin = {&record, plan->blobs, 0};
    if (!db_write(store_db(place->store), begin_work, &begin, error))
        return FALSE;
    *id = begin.id;
    return hold_entries(place, begin.id, TRUE, error) &&
           store_withdraw(place->store, begin.id, NULL, NULL, error) && record_all(place, error);
}

typedef struct {
    StoreWithdrawalKind kind;
    gboolean found;
} Check;

static gboolean check_kind(const StoreWithdrawal *w, gpointer data) {
    Check *check = data;
    check->found = w->kind == check->kind;
    return FALSE;
}

gboolean withdrawal_undo(const WithdrawalPlace *place, StoreWithdrawalKind kind, gint64 id,
                         const AuditAct *act, GError **error) {
    if (act->ground == NULL || *act->ground == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần căn cứ trả lại: số văn bản hoặc lý do; say on what ground");
    Check check = {kind, FALSE};
    DbConn *conn = db_read_begin(store_db(place->store), error);
    gboolean read = conn != NULL && store_withdrawal_each(conn, id, check_kind, &check, error);
    g_clear_pointer(&conn, db_read_end);
    if (!read)
        return FALSE;
    if (!check.found)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có việc %s-%" G_GINT64_FORMAT "; there is none", prefix_of(kind), id);
    return store_withdrawal_return(place->store, id, act->ground, act->who, error) &&
           (kind == STORE_FROZEN || hold_entries(place, id, FALSE, error)) &&
           record_all(place, error);
}

/* ---- Showing ---- */

void withdrawal_write(JsonWriter *w, const StoreWithdrawal *withdrawal) {
    g_autofree char *name = withdrawal_name(withdrawal->kind, withdrawal->id);
    json_open(w, NULL, '{');
    json_text(w, "id", name);
    json_text(w, "state", states[withdrawal->state]);
    json_text(w, "message_id", withdrawal->message_id);
    json_text(w, "ground", withdrawal->ground);
    json_text(w, "who", withdrawal->who);
    json_int(w, "at", withdrawal->at);
    json_int(w, "copies", withdrawal->copies);
    json_int(w, "read", withdrawal->seen);
    json_int(w, "returned", withdrawal->returned);
    json_text(w, "return_ground", withdrawal->return_ground);
    json_text(w, "return_who", withdrawal->return_who);
    json_int(w, "return_at", withdrawal->return_at);
    json_close(w, '}');
}

static gboolean write_copy(JsonWriter *w, const WithdrawalPlace *place, DbConn *conn,
                           const StoreCopyFound *copy, GError **error) {
    g_autoptr(DirectoryAccount) owner = directory_account(place->directory, copy->account, error);
    g_autoptr(StoreMailbox) mailbox =
        owner == NULL ? NULL : store_mailbox_get(place->store, conn, copy->mailbox, NULL);
    if (owner == NULL)
        return FALSE;
    json_open(w, NULL, '{');
    json_text(w, "address", owner->address);
    json_text(w, "mailbox", mailbox == NULL ? "" : mailbox->name);
    json_int(w, "uid", copy->uid);
    json_bool(w, "read", copy->seen);
    json_close(w, '}');
    return TRUE;
}

guint withdrawal_plan_read(const WithdrawalPlan *plan) {
    guint read = 0;
    for (guint i = 0; i < plan->copies->len; i++)
        read += g_array_index(plan->copies, StoreCopyFound, i).seen != FALSE;
    return read;
}

void withdrawal_write_plan(JsonWriter *w, const char *key, const WithdrawalPlan *plan) {
    json_open(w, key, '{');
    json_text(w, "message_id", plan->message_id);
    json_text(w, "sender", plan->sender);
    json_int(w, "received", plan->received);
    json_int(w, "receptions", plan->receptions);
    json_int(w, "copies", plan->copies->len);
    json_int(w, "read", withdrawal_plan_read(plan));
    json_int(w, "waiting", plan->waiting);
    json_int(w, "outside", plan->outside);
    json_close(w, '}');
}

gboolean withdrawal_write_copies(JsonWriter *w, const WithdrawalPlace *place, const GArray *copies,
                                 GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(place->store), error);
    gboolean ok = conn != NULL;
    for (guint i = 0; ok && i < copies->len; i++)
        ok = write_copy(w, place, conn, &g_array_index(copies, StoreCopyFound, i), error);
    return ok;
}
