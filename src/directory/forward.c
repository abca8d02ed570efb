/* Forwarding addresses of accounts [Điều 8.5]: set under the regulation's verdict, in one
 * transaction with the record; read at each delivery for those accounts alone whose row says so. */
#include "directory/forward.h"

#include "directory/internal.h"

const char directory_schema_forwarding[] =
    "ALTER TABLE account ADD COLUMN forwards INTEGER NOT NULL DEFAULT 0;" /* DIRECTORY_FORWARDS… */
    "CREATE TABLE forwarding("
    " account INTEGER NOT NULL REFERENCES account(id),"
    " target TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " stopped INTEGER NOT NULL DEFAULT 0," /* found not allowed then; 0: followed */
    " PRIMARY KEY(account, target)) WITHOUT ROWID;";

/* ---- Reading ---- */

static void target_free(gpointer data) {
    DirectoryTarget *target = data;
    g_free(target->address);
    g_free(target);
}

void directory_forwarding_free(DirectoryForwarding *forwarding) {
    if (forwarding == NULL)
        return;
    directory_account_free(forwarding->account);
    g_ptr_array_unref(forwarding->targets);
    g_free(forwarding);
}

static gboolean read_targets(DbConn *conn, gint64 account, GPtrArray *into, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "SELECT target, stopped FROM forwarding WHERE account = ? ORDER BY target");
    db_bind(stmt, "i", account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryTarget *target = g_new0(DirectoryTarget, 1);
        target->address = g_strdup(db_column_text(stmt, 0));
        target->stopped = db_column_int(stmt, 1);
        g_ptr_array_add(into, target);
    }
    return step != DB_FAILED;
}

DirectoryForwarding *directory_forwarding(Directory *d, gint64 account, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return NULL;
    g_autoptr(DirectoryForwarding) found = g_new0(DirectoryForwarding, 1);
    found->targets = g_ptr_array_new_with_free_func(target_free);
    found->account = directory_account_in(d, conn, account, error);
    if (found->account == NULL ||
        (found->account->forwards != 0 && !read_targets(conn, account, found->targets, error)))
        return NULL;
    return g_steal_pointer(&found);
}

gboolean directory_forward_each(Directory *d, DirectoryForwardEach each, gpointer data,
                                GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT a.local, f.target, a.forwards, f.since, f.stopped"
                                    " FROM forwarding f JOIN account a ON a.id = f.account"
                                    " ORDER BY a.local");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *address = g_strconcat(db_column_text(stmt, 0), "@", d->domain, NULL);
        gboolean keep = ((guint)db_column_int(stmt, 2) & DIRECTORY_FORWARDS_KEEP) != 0;
        if (!each(address, db_column_text(stmt, 1), keep, db_column_int(stmt, 3),
                  db_column_int(stmt, 4), data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

/* ---- Setting ---- */

typedef struct {
    Directory *directory;
    const DirectoryNewForward *forward;
    const AuditAct *act;
    const char *target; /* as it is kept; NULL: none */
    const char *record; /* of a refused attempt */
} Change;

static char *json_of(const char *target, gboolean keep, const Verdict *refused) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "to", target);
    if (refused == NULL) {
        json_bool(&w, "keep", keep);
    } else {
        json_text(&w, "rule", refused->rule);
        json_text(&w, "article", refused->article);
    }
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

/* The account that a kept target reaches: 0 for another domain. */
static gboolean account_behind(Directory *d, DbConn *conn, const char *target, gint64 *account,
                               GError **error) {
    DirectoryParts parts;
    *account = 0;
    if (!directory_address_split(bytes_of_string(target), d->domain, &parts))
        return cv_fail(error, CV_ERROR_INPUT, "\"%s\" không phải một địa chỉ; it is not an address",
                       target);
    if (!parts.ours)
        return TRUE;
    g_autoptr(DirectoryAccount) found = NULL;
    if (!directory_local_reach(d, conn, &parts, &found, error))
        return FALSE;
    if (found == NULL || found->state == DIRECTORY_CLOSED || found->state == DIRECTORY_REQUESTED)
        return cv_fail(error, CV_ERROR_INPUT,
                       "không có tài khoản %s để nhận thư chuyển đến; nobody is there to receive "
                       "what is forwarded",
                       target);
    *account = found->id;
    return TRUE;
}

static gboolean add_targets(Directory *d, DbConn *conn, gint64 account, GArray *accounts,
                            GError **error) {
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(target_free);
    if (!read_targets(conn, account, targets, error))
        return FALSE;
    for (guint i = 0; i < targets->len; i++) {
        const DirectoryTarget *target = targets->pdata[i];
        gint64 next;
        g_autoptr(GError) ignored = NULL; /* it may have been closed since */
        if (account_behind(d, conn, target->address, &next, &ignored) && next != 0)
            g_array_append_val(accounts, next);
    }
    return TRUE;
}

gboolean directory_forward_closes_ring(Directory *d, DbConn *conn, gint64 from, const char *target,
                                       gboolean *ring, GError **error) {
    gint64 first;
    *ring = FALSE;
    if (!account_behind(d, conn, target, &first, error))
        return FALSE;
    g_autoptr(GArray) ahead = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    if (first != 0)
        g_array_append_val(ahead, first);
    for (guint i = 0; i < ahead->len; i++) {
        gint64 account = g_array_index(ahead, gint64, i);
        if (account == from) {
            *ring = TRUE;
            return TRUE;
        }
        if (g_hash_table_add(seen, g_memdup2(&account, sizeof account)) &&
            !add_targets(d, conn, account, ahead, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_chain(const Change *c, DbConn *conn, const DirectoryAccount *account,
                            GError **error) {
    gboolean ring;
    if (!directory_forward_closes_ring(c->directory, conn, account->id, c->target, &ring, error))
        return FALSE;
    return !ring || cv_fail(error, CV_ERROR_INPUT,
                            "thư chuyển đến %s sẽ quay lại %s: chuyển thư tự động không được thành "
                            "vòng; mail forwarded there would come back: a ring",
                            c->target, account->address);
}

static gboolean put_row(const Change *c, DbConn *conn, gint64 account, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM forwarding WHERE account = ?");
    db_bind(stmt, "i", account);
    if (!db_run(stmt, error))
        return FALSE;
    if (c->target != NULL) {
        stmt = db_prepare(conn, "INSERT INTO forwarding(account, target, since) VALUES(?, ?, ?)");
        db_bind(stmt, "iti", account, c->target, clock_now());
        if (!db_run(stmt, error))
            return FALSE;
    }
    guint forwards = c->target == NULL  ? 0
                     : c->forward->keep ? DIRECTORY_FORWARDS | DIRECTORY_FORWARDS_KEEP
                                        : DIRECTORY_FORWARDS;
    stmt = db_prepare(conn, "UPDATE account SET forwards = ? WHERE id = ?");
    db_bind(stmt, "ii", (gint64)forwards, account);
    return db_run(stmt, error);
}

/* What was set before, as JSON; NULL: nothing. */
static gboolean json_before(DbConn *conn, const DirectoryAccount *account, char **json,
                            GError **error) {
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(target_free);
    if (!read_targets(conn, account->id, targets, error))
        return FALSE;
    *json = NULL;
    if (targets->len > 0)
        *json = json_of(((const DirectoryTarget *)targets->pdata[0])->address,
                        (account->forwards & DIRECTORY_FORWARDS_KEEP) != 0, NULL);
    return TRUE;
}

static gboolean set(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    g_autofree char *before = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(c->directory, conn, c->forward->account, error);
    if (account == NULL || !json_before(conn, account, &before, error))
        return FALSE;
    if (account->state == DIRECTORY_CLOSED)
        return cv_fail(error, CV_ERROR_DENIED, "%s đã hủy bỏ; %s is closed", account->address,
                       account->address);
    if (c->target == NULL && before == NULL)
        return cv_fail(error, CV_ERROR_EXISTS, "%s không đặt chuyển thư; it does not forward",
                       account->address);
    if (c->target != NULL && !check_chain(c, conn, account, error))
        return FALSE;
    g_autofree char *after = c->target == NULL ? NULL : json_of(c->target, c->forward->keep, NULL);
    return put_row(c, conn, account->id, error) &&
           directory_account_audit(conn, c->act, c->target == NULL ? "forward.end" : "forward.set",
                                   account->address, before, after, NULL, error);
}

static gboolean record_attempt(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    return directory_account_audit(conn, c->act, "forward.refused", c->forward->account, NULL,
                                   c->record, NULL, error);
}

gboolean directory_forward_judge(Directory *d, const Regulation *regulation, const char *from,
                                 const char *target, const AuditAct *act, GError **error) {
    g_autoptr(Verdict) verdict = regulation_check_forward(regulation, bytes_of_string(from),
                                                          bytes_of_string(target), d->domain);
    if (verdict->allowed)
        return TRUE;
    g_autofree char *valid = g_utf8_make_valid(target, -1);
    g_autofree char *shown = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), 254));
    g_autofree char *record = json_of(shown, FALSE, verdict);
    DirectoryNewForward attempt = {.account = from};
    Change c = {.forward = &attempt, .act = act, .record = record};
    if (!db_write(d->db, record_attempt, &c, error))
        return FALSE;
    return cv_fail(error, CV_ERROR_REFUSED, "%s / %s (%s)", verdict->text_vi, verdict->text_en,
                   verdict->article);
}

gboolean directory_forward_set(Directory *d, const Regulation *regulation,
                               const DirectoryNewForward *forward, const AuditAct *act,
                               GError **error) {
    Change c = {d, forward, act, NULL, NULL};
    if (forward->target == NULL)
        return db_write(d->db, set, &c, error);
    g_autoptr(DirectoryAccount) account = directory_account_find(d, forward->account, error);
    if (account == NULL ||
        !directory_forward_judge(d, regulation, account->address, forward->target, act, error))
        return FALSE;
    g_autofree char *target = regulation_plain_address(bytes_of_string(forward->target));
    if (target == NULL || !g_str_is_ascii(target))
        return cv_fail(error, CV_ERROR_INPUT,
                       "địa chỉ nhận thư chuyển đến chỉ gồm chữ cái không dấu, chữ số; the address "
                       "that is forwarded to must be ASCII");
    c.target = target;
    return db_write(d->db, set, &c, error);
}

/* ---- What a delivery found ---- */

typedef struct {
    gint64 account, stopped;
    const char *target;
    gboolean changed;
} Mark;

static gboolean mark(DbConn *conn, gpointer data, GError **error) {
    Mark *m = data;
    DbStmt *stmt = db_prepare(conn, "UPDATE forwarding SET stopped = ?3 WHERE account = ?1"
                                    " AND target = ?2 AND (stopped = 0) <> (?3 = 0)");
    db_bind(stmt, "iti", m->account, m->target, m->stopped);
    if (!db_run(stmt, error))
        return FALSE;
    m->changed = db_changes(conn) > 0;
    return TRUE;
}

gboolean directory_forward_mark(Directory *d, gint64 account, const char *target, gboolean stopped,
                                gboolean *changed, GError **error) {
    Mark m = {account, stopped ? clock_now() : 0, target, FALSE};
    if (!db_write(d->db, mark, &m, error))
        return FALSE;
    *changed = m.changed;
    return TRUE;
}
