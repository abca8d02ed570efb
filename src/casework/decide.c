/* Deciding. To approve is two steps: first every chosen line is accepted, in one transaction that
 * refuses them all when one cannot be done; then each is done in a transaction of its own, together
 * with its state and its record. What an interruption left accepted is done when the call is made
 * again; what is done stays so. */
#include "casework/internal.h"

enum { BATCH = 32 };

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    gint64 id;
    const RequestChoice *choice;
    const AuditAct *act;
    const char *reason;
    GString *findings; /* of lines that cannot be done, a line each */
    GArray *accepted;  /* guint */
} Decide;

/* A line that is being done, one of those that are submitted together so that one flush serves them
 * all; each is a transaction of its own all the same. */
typedef struct Batch Batch;
typedef struct {
    Decide *decide;
    Batch *batch;
    guint line;
    GError *failure;
} Job;

struct Batch {
    GMutex lock;
    GCond done;
    guint left;
    Job jobs[BATCH];
};

static gboolean is_chosen(const Decide *c, guint line) {
    if (c->choice->count == 0)
        return TRUE;
    for (gsize i = 0; i < c->choice->count; i++)
        if (c->choice->lines[i] == line)
            return TRUE;
    return FALSE;
}

/* The request, when its lines may still be decided. */
static gboolean read_open(const Decide *c, DbConn *conn, RequestRow *row, GError **error) {
    if (!request_row_read(conn, c->id, row, error))
        return FALSE;
    if (row->state == REQUEST_CLOSED)
        return cv_fail(error, CV_ERROR_DENIED,
                       "đề nghị %" G_GINT64_FORMAT " đã trả lời bằng văn bản số %s; it was "
                       "answered already",
                       c->id, row->reply_number);
    if (row->state == REQUEST_DRAFT)
        return cv_fail(error, CV_ERROR_DENIED,
                       "đề nghị %" G_GINT64_FORMAT " chưa có văn bản (điểm a khoản 2 Điều 4 Quy "
                       "chế); its document has not come yet",
                       c->id);
    return TRUE;
}

static gboolean all_chosen_exist(const Decide *c, const GPtrArray *stored, GError **error) {
    for (gsize i = 0; i < c->choice->count; i++) {
        guint line = c->choice->lines[i];
        if (line == 0 || line > stored->len)
            return cv_fail(error, CV_ERROR_INPUT,
                           "đề nghị %" G_GINT64_FORMAT " không có mục %u (có %u mục); there is no "
                           "such line",
                           c->id, line, stored->len);
    }
    return TRUE;
}

static gboolean set_line(const Decide *c, DbConn *conn, guint line, RequestLineState state,
                         const char *reason, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "UPDATE request_line SET state = ?, reason = ?, decided_by = ?, decided = ?"
              " WHERE request = ? AND line = ?");
    db_bind(stmt, "ittiii", (gint64)state, reason, c->act->who, clock_now(), c->id, (gint64)line);
    return db_run(stmt, error);
}

/* Who decided last is who decided. */
static gboolean set_decided(const Decide *c, DbConn *conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE request SET decided_by = ?, decided = ? WHERE id = ?");
    db_bind(stmt, "tii", c->act->who, clock_now(), c->id);
    return db_run(stmt, error);
}

static gboolean record(const Decide *c, DbConn *conn, const RequestRow *row, const char *what,
                       const GArray *lines, const char *reason, GError **error) {
    if (lines->len == 0)
        return TRUE;
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, "request", c->id);
    json_open(&w, "lines", '[');
    for (guint i = 0; i < lines->len; i++)
        json_int(&w, NULL, g_array_index(lines, guint, i));
    json_close(&w, ']');
    if (reason != NULL)
        json_text(&w, "reason", reason);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&out);
    g_autofree char *ground = request_ground(c->id, 0, row->number, row->dated);
    AuditAct act = {c->act->who, ground};
    return request_audit(c->directory, conn, row->unit, &act, what, NULL, after, error);
}

/* ---- Accepting ---- */

static gboolean accept_line(Decide *c, DbConn *conn, RequestCheck *check,
                            const RequestStored *stored, GArray *returned, GError **error) {
    g_auto(RequestFound) found = {0};
    gboolean named = c->choice->count > 0;
    if (stored->state == REQUEST_LINE_DONE ||
        (stored->state == REQUEST_LINE_RETURNED && !(named && is_chosen(c, stored->line))))
        return TRUE;
    /* The others count too: a person may stand in two lines. */
    if (!request_check_line(check, stored->line, stored->asked, &found, error))
        return FALSE;
    if (!is_chosen(c, stored->line) || stored->state == REQUEST_LINE_ACCEPTED)
        return TRUE;
    if (!request_line_found(conn, c->id, stored->line, &found, error))
        return FALSE;
    if (found.finding == NULL) {
        g_array_append_val(c->accepted, stored->line);
        return set_line(c, conn, stored->line, REQUEST_LINE_ACCEPTED, "", error);
    }
    if (c->choice->return_wrong && !named) {
        g_array_append_val(returned, stored->line);
        return set_line(c, conn, stored->line, REQUEST_LINE_RETURNED, found.finding, error);
    }
    g_string_append_printf(c->findings, "\n  mục %u: %s", stored->line, found.finding);
    return TRUE;
}

static gboolean accept(DbConn *conn, gpointer data, GError **error) {
    Decide *c = data;
    g_auto(RequestRow) row = {0};
    g_auto(RequestCheck) check = {0};
    g_autoptr(GArray) returned = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!read_open(c, conn, &row, error))
        return FALSE;
    g_autoptr(DirectoryUnit) sender = directory_unit_in(conn, row.unit, error);
    g_autoptr(GPtrArray) stored =
        sender == NULL ? NULL : request_stored(c->directory, conn, c->id, 0, error);
    if (stored == NULL || !all_chosen_exist(c, stored, error) ||
        !request_check_begin(&check, c->directory, c->regulation, conn, sender, error))
        return FALSE;
    for (guint i = 0; i < stored->len; i++)
        if (!accept_line(c, conn, &check, stored->pdata[i], returned, error))
            return FALSE;
    if (c->findings->len > 0)
        return cv_fail(
            error, CV_ERROR_INPUT,
            "chưa thực hiện mục nào; trả lại mục sai (request reject) hoặc chọn mục đúng "
            "(--line); nothing was done:%s",
            c->findings->str);
    return set_decided(c, conn, error) &&
           record(c, conn, &row, "request.accept", c->accepted, NULL, error) &&
           record(c, conn, &row, "request.return", returned, NULL, error) &&
           request_settle(conn, c->id, error);
}

/* ---- Doing ---- */

static DirectoryAccount *create_account(const Decide *c, DbConn *conn, const RequestAsked *asked,
                                        const RequestFound *found, const AuditAct *act,
                                        GError **error) {
    DirectoryNewPerson new = {.unit = found->unit,
                              .name = asked->name,
                              .title = asked->title,
                              .sex = asked->sex,
                              .category = asked->category,
                              .birth = asked->birth,
                              .identity = asked->identity};
    return directory_person_create_in(c->directory, conn, c->regulation, &new, act, error);
}

static DirectoryAccount *set_state(const Decide *c, DbConn *conn, const RequestFound *found,
                                   DirectoryState state, const AuditAct *act, GError **error) {
    return directory_account_set_state_in(c->directory, conn, found->address, state, act, error)
               ? directory_account_in(c->directory, conn, found->account, error)
               : NULL;
}

/* The account as it then is. */
static DirectoryAccount *do_act(const Decide *c, DbConn *conn, const RequestAsked *asked,
                                const RequestFound *found, const AuditAct *act, GError **error) {
    switch (asked->act) {
    case REQUEST_ACT_NEW:
        return create_account(c, conn, asked, found, act, error);
    case REQUEST_ACT_LOCK:
        return set_state(c, conn, found, DIRECTORY_LOCKED, act, error);
    case REQUEST_ACT_CLOSE:
        return set_state(c, conn, found, DIRECTORY_CLOSED, act, error);
    case REQUEST_ACT_UNLOCK:
        return set_state(c, conn, found, DIRECTORY_ACTIVE, act, error);
    case REQUEST_ACT_CHANGE: {
        gint64 days = regulation_figure(c->regulation, FIGURE_KEEP_ALIAS_DAYS);
        return directory_person_change_in(c->directory, conn, c->regulation, found->account,
                                          &found->meant.change,
                                          clock_now() + days * 86400 * CLOCK_SECOND, act, error);
    }
    case REQUEST_ACT_RESET: /* the new password is given with its slip (slips.c) */
        return directory_account_in(c->directory, conn, found->account, error);
    case REQUEST_ACT_UNKNOWN:
    case REQUEST_ACTS:
        break;
    }
    cv_fail(error, CV_ERROR_INTERNAL, "a line of act %d passed the check", (int)asked->act);
    return NULL;
}

static gboolean set_done(const Decide *c, DbConn *conn, guint line, const DirectoryAccount *account,
                         GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "UPDATE request_line SET state = ?, finding = '', address = ?, account = ?"
                         " WHERE request = ? AND line = ?");
    db_bind(stmt, "itiii", (gint64)REQUEST_LINE_DONE, account->address, account->id, c->id,
            (gint64)line);
    return db_run(stmt, error);
}

/* A line that was accepted and cannot be done any more is open again, with what was found. */
static gboolean reopen(Decide *c, DbConn *conn, guint line, const RequestFound *found,
                       GError **error) {
    g_string_append_printf(c->findings, "\n  mục %u: %s", line, found->finding);
    return request_line_found(conn, c->id, line, found, error) &&
           set_line(c, conn, line, REQUEST_LINE_OPEN, "", error) &&
           request_settle(conn, c->id, error);
}

static gboolean do_line(DbConn *conn, gpointer data, GError **error) {
    const Job *job = data;
    Decide *c = job->decide;
    g_auto(RequestRow) row = {0};
    g_auto(RequestCheck) check = {0};
    g_auto(RequestFound) found = {0};
    g_autoptr(GPtrArray) stored = NULL;
    if (!read_open(c, conn, &row, error) ||
        (stored = request_stored(c->directory, conn, c->id, job->line, error)) == NULL)
        return FALSE;
    g_autoptr(DirectoryUnit) sender = directory_unit_in(conn, row.unit, error);
    const RequestStored *line = stored->len == 0 ? NULL : stored->pdata[0];
    if (sender == NULL)
        return FALSE;
    if (line == NULL)
        return cv_fail(error, CV_ERROR_CORRUPT, "request %" G_GINT64_FORMAT " lost its line %u",
                       c->id, job->line);
    if (line->state != REQUEST_LINE_ACCEPTED) /* another call did it */
        return TRUE;
    if (!request_check_begin(&check, c->directory, c->regulation, conn, sender, error) ||
        !request_check_line(&check, job->line, line->asked, &found, error))
        return FALSE;
    if (found.finding != NULL)
        return reopen(c, conn, job->line, &found, error);
    g_autofree char *ground = request_ground(c->id, job->line, row.number, row.dated);
    AuditAct act = {c->act->who, ground};
    g_autoptr(DirectoryAccount) account = do_act(c, conn, line->asked, &found, &act, error);
    return account != NULL && set_done(c, conn, job->line, account, error) &&
           request_settle(conn, c->id, error);
}

/* What the registry refuses though the check passed is a finding of this line, not the end of all.
 */
static gboolean keep_refusal(Decide *c, guint line, GError *failure, GError **error) {
    if (!cv_error_is(failure, CV_ERROR_EXISTS) && !cv_error_is(failure, CV_ERROR_REFUSED) &&
        !cv_error_is(failure, CV_ERROR_DENIED) && !cv_error_is(failure, CV_ERROR_INPUT)) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    g_string_append_printf(c->findings, "\n  mục %u: %s", line, failure->message);
    g_error_free(failure);
    return TRUE;
}

static gboolean collect_accepted(Decide *c, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(c->directory), error);
    if (conn == NULL)
        return FALSE;
    g_array_set_size(c->accepted, 0);
    DbStmt *stmt = db_prepare(
        conn, "SELECT line FROM request_line WHERE request = ? AND state = 1 ORDER BY line");
    db_bind(stmt, "i", c->id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        guint line = (guint)db_column_int(stmt, 0);
        g_array_append_val(c->accepted, line);
    }
    return step == DB_DONE;
}

static void job_done(gpointer data, const GError *error) {
    Job *job = data;
    Batch *batch = job->batch;
    g_mutex_lock(&batch->lock);
    job->failure = error == NULL ? NULL : g_error_copy(error);
    if (--batch->left == 0)
        g_cond_signal(&batch->done);
    g_mutex_unlock(&batch->lock);
}

/* Some lines from this one on; all are done or refused when it returns. */
static void run_batch(Decide *c, Batch *batch, guint first, guint count) {
    batch->left = count;
    for (guint i = 0; i < count; i++) {
        batch->jobs[i] = (Job){c, batch, g_array_index(c->accepted, guint, first + i), NULL};
        db_submit(directory_db(c->directory), do_line, job_done, &batch->jobs[i]);
    }
    g_mutex_lock(&batch->lock);
    while (batch->left > 0)
        g_cond_wait(&batch->done, &batch->lock);
    g_mutex_unlock(&batch->lock);
}

static gboolean do_batches(Decide *c, Batch *batch, GError **error) {
    gboolean ok = TRUE;
    for (guint first = 0; ok && first < c->accepted->len; first += BATCH) {
        guint count = MIN(c->accepted->len - first, BATCH);
        run_batch(c, batch, first, count);
        for (guint i = 0; i < count; i++) {
            Job *job = &batch->jobs[i];
            if (job->failure != NULL && ok)
                ok = keep_refusal(c, job->line, job->failure, error);
            else
                g_clear_error(&job->failure);
        }
    }
    return ok;
}

static gboolean do_accepted(Decide *c, GError **error) {
    if (!collect_accepted(c, error))
        return FALSE;
    Batch batch = {0};
    g_mutex_init(&batch.lock);
    g_cond_init(&batch.done);
    gboolean ok = do_batches(c, &batch, error);
    g_mutex_clear(&batch.lock);
    g_cond_clear(&batch.done);
    if (!ok)
        return FALSE;
    return c->findings->len == 0 ||
           cv_fail(error, CV_ERROR_INPUT,
                   "có mục không thực hiện được, các mục khác đã thực hiện; some could not be "
                   "done, the others are:%s",
                   c->findings->str);
}

gboolean request_approve(Directory *d, const Regulation *regulation, gint64 id,
                         const RequestChoice *choice, const AuditAct *act, GError **error) {
    g_autoptr(GString) findings = g_string_new(NULL);
    g_autoptr(GArray) accepted = g_array_new(FALSE, FALSE, sizeof(guint));
    Decide c = {.directory = d,
                .regulation = regulation,
                .id = id,
                .choice = choice,
                .act = act,
                .findings = findings,
                .accepted = accepted};
    return db_write(directory_db(d), accept, &c, error) && do_accepted(&c, error);
}

/* ---- Returning [Điều 4.2.b] ---- */

static gboolean reject(DbConn *conn, gpointer data, GError **error) {
    Decide *c = data;
    g_auto(RequestRow) row = {0};
    g_autoptr(GPtrArray) stored = NULL;
    if (!read_open(c, conn, &row, error) ||
        (stored = request_stored(c->directory, conn, c->id, 0, error)) == NULL ||
        !all_chosen_exist(c, stored, error))
        return FALSE;
    for (guint i = 0; i < stored->len; i++) {
        const RequestStored *line = stored->pdata[i];
        gboolean named = c->choice->count > 0 && is_chosen(c, line->line);
        if (named && line->state == REQUEST_LINE_DONE)
            return cv_fail(error, CV_ERROR_EXISTS,
                           "mục %u đã thực hiện rồi, không trả lại được; line %u is done already",
                           line->line, line->line);
        if (!named && (c->choice->count > 0 || line->state >= REQUEST_LINE_RETURNED))
            continue;
        g_array_append_val(c->accepted, line->line);
        if (!set_line(c, conn, line->line, REQUEST_LINE_RETURNED, c->reason, error))
            return FALSE;
    }
    return set_decided(c, conn, error) &&
           record(c, conn, &row, "request.return", c->accepted, c->reason, error) &&
           request_settle(conn, c->id, error);
}

gboolean request_reject(Directory *d, const Regulation *regulation, gint64 id,
                        const RequestChoice *choice, const char *reason, const AuditAct *act,
                        GError **error) {
    g_autofree char *text = reason == NULL ? g_strdup("") : g_strstrip(g_strdup(reason));
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
    if (*text == '\0' || strlen(text) > REQUEST_TEXT_MAXIMUM)
        return cv_fail(error, CV_ERROR_INPUT,
                       "trả lại phải ghi lý do, không dài quá %d byte; a reason is needed",
                       REQUEST_TEXT_MAXIMUM);
    Decide c = {.directory = d,
                .regulation = regulation,
                .id = id,
                .choice = choice,
                .act = act,
                .reason = text,
                .accepted = lines};
    return db_write(directory_db(d), reject, &c, error);
}
