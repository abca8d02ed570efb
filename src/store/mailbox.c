/* Mailboxes: reading their rows, making, renaming and deleting them. What changes the set of an
 * account's mailboxes is one transaction, however many messages they hold: a rename touches names
 * only, a deletion takes away the mailbox's row and leaves its messages to the sweep. (Renaming
 * INBOX, which moves messages, is in rename_inbox.c.) */
#include "store/internal.h"

#include "base/clock.h"

/* ---- Reading ---- */

#define MAILBOX_COLUMNS                                                                            \
    "m.id, m.account, m.name, m.use, m.uidvalidity, m.uidnext, m.modseq, m.total, m.unseen,"       \
    " m.deleted, m.size, m.created, EXISTS(SELECT 1 FROM subscription s"                           \
    " WHERE s.account = m.account AND s.name = m.name)"

void store_mailbox_free(StoreMailbox *mailbox) {
    if (mailbox == NULL)
        return;
    g_free(mailbox->name);
    g_free(mailbox);
}

static StoreMailbox *mailbox_of_row(DbStmt *stmt) {
    StoreMailbox *mailbox = g_new0(StoreMailbox, 1);
    *mailbox = (StoreMailbox){
        .id = db_column_int(stmt, 0),
        .account = db_column_int(stmt, 1),
        .name = g_strdup(db_column_text(stmt, 2)),
        .use = (StoreUse)db_column_int(stmt, 3),
        .uidvalidity = (guint32)db_column_int(stmt, 4),
        .uidnext = (guint32)MIN(db_column_int(stmt, 5), G_MAXUINT32),
        .modseq = (guint64)db_column_int(stmt, 6),
        .exists = (guint32)db_column_int(stmt, 7),
        .unseen = (guint32)db_column_int(stmt, 8),
        .deleted = (guint32)db_column_int(stmt, 9),
        .size = db_column_int(stmt, 10),
        .created = db_column_int(stmt, 11),
        .subscribed = db_column_int(stmt, 12) != 0,
    };
    return mailbox;
}

static StoreMailbox *only_row(DbStmt *stmt, const char *name, GError **error) {
    DbStep step = db_step(stmt, error);
    if (step == DB_DONE)
        cv_fail(error, CV_ERROR_NOT_FOUND, "there is no mailbox \"%s\"", name);
    if (step != DB_ROW)
        return NULL;
    StoreMailbox *mailbox = mailbox_of_row(stmt);
    db_reset(stmt);
    return mailbox;
}

StoreMailbox *store_mailbox_get(Store *store, DbConn *conn, gint64 id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE m.id = ?");
    db_bind_int(stmt, 1, id);
    return only_row(stmt, "of this number", error);
}

gboolean store_mailbox_states(DbConn *conn, gint64 behind,
                              gboolean (*each)(const StoreMailboxState *state, gpointer data),
                              gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, uidvalidity, uidnext, total FROM mailbox"
                                    " WHERE id > ? ORDER BY id");
    db_bind_int(stmt, 1, behind);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreMailboxState state = {db_column_int(stmt, 0), (guint32)db_column_int(stmt, 1),
                                   (guint32)MIN(db_column_int(stmt, 2), G_MAXUINT32),
                                   (guint32)db_column_int(stmt, 3)};
        if (!each(&state, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

StoreMailbox *store_mailbox_find(Store *store, DbConn *conn, gint64 account, const char *name,
                                 GError **error) {
    g_autofree char *stored = store_name_normalise(name, NULL);
    if (stored == NULL) { /* what cannot be a name is the name of nothing */
        cv_fail(error, CV_ERROR_NOT_FOUND, "there is no mailbox of this name");
        return NULL;
    }
    DbStmt *stmt = db_prepare(conn, "SELECT " MAILBOX_COLUMNS
                                    " FROM mailbox m WHERE m.account = ? AND m.name = ?");
    db_bind(stmt, "it", account, stored);
    StoreMailbox *mailbox = only_row(stmt, stored, error);
    db_reset(stmt); /* the name that is bound ends here */
    return mailbox;
}

GPtrArray *store_mailbox_list(Store *store, DbConn *conn, gint64 account, GError **error) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)store_mailbox_free);
    DbStmt *stmt = db_prepare(conn, "SELECT " MAILBOX_COLUMNS
                                    " FROM mailbox m WHERE m.account = ? ORDER BY m.name");
    db_bind_int(stmt, 1, account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(list, mailbox_of_row(stmt));
    return step == DB_DONE ? g_steal_pointer(&list) : NULL;
}

/* 0: there is none; -1: *error. */
static gint64 id_of_name(DbConn *conn, gint64 account, const char *name, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM mailbox WHERE account = ? AND name = ?");
    db_bind(stmt, "it", account, name);
    DbStep step = db_step(stmt, error);
    gint64 id = step == DB_ROW ? db_column_int(stmt, 0) : step == DB_DONE ? 0 : -1;
    db_reset(stmt);
    return id;
}

static gboolean find_id(DbConn *conn, gint64 account, const char *name, gint64 *id,
                        GError **error) {
    *id = id_of_name(conn, account, name, error);
    return *id > 0 ||
           (*id == 0 && cv_fail(error, CV_ERROR_NOT_FOUND, "there is no mailbox \"%s\"", name));
}

/* ---- Making ---- */

static gboolean check_count(DbConn *conn, gint64 account, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM mailbox WHERE account = ?");
    db_bind_int(stmt, 1, account);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    gint64 count = db_column_int(stmt, 0);
    db_reset(stmt);
    return count < STORE_MAILBOX_COUNT ||
           cv_fail(error, CV_ERROR_LIMIT, "an account may have %d mailboxes; delete one first",
                   STORE_MAILBOX_COUNT);
}

/* RFC 4314 4: a new mailbox has the entries of the one above it. */
static gboolean inherit_rights(DbConn *conn, gint64 account, const char *name, gint64 id,
                               GError **error) {
    g_autofree char *parent = store_name_parent(name);
    gint64 above = parent == NULL ? 0 : id_of_name(conn, account, parent, error);
    if (above <= 0)
        return above == 0;
    DbStmt *stmt = db_prepare(conn, "INSERT OR REPLACE INTO acl(account, mailbox, who, rights)"
                                    " SELECT account, ?, who, rights FROM acl"
                                    " WHERE account = ? AND mailbox = ?");
    db_bind(stmt, "iii", id, account, above);
    return db_run(stmt, error);
}

gboolean store_mailbox_add(DbConn *conn, gint64 account, const char *name, StoreUse use, gint64 *id,
                           GError **error) {
    StoreOwner owner;
    guint32 uidvalidity;
    if (!store_owner_load(conn, account, &owner, error) || !check_count(conn, account, error) ||
        !store_uidvalidity_next(conn, &uidvalidity, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO mailbox(account, name, use, uidvalidity, uidnext,"
                                    " modseq, total, unseen, deleted, size, recent, created)"
                                    " VALUES(?,?,?,?,1,?,0,0,0,0,1,?)");
    db_bind(stmt, "itiiii", account, name, (gint64)use, (gint64)uidvalidity, (gint64)owner.modseq,
            clock_now());
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return inherit_rights(conn, account, name, *id, error) &&
           store_log_mailbox(conn,
                             &(StoreBox){.id = *id, .account = account, .uidvalidity = uidvalidity},
                             STORE_KIND_BOX_MADE, error);
}

/* RFC 9051 6.3.4: levels above that are not there yet are made too. */
static gboolean add_parents(DbConn *conn, gint64 account, const char *name, GError **error) {
    g_autofree char *parent = store_name_parent(name);
    if (parent == NULL)
        return TRUE;
    gint64 id = id_of_name(conn, account, parent, error);
    if (id != 0)
        return id > 0;
    return add_parents(conn, account, parent, error) && /* as deep as STORE_NAME_LEVELS */
           store_mailbox_add(conn, account, parent, STORE_USE_NONE, &id, error);
}

static gboolean check_free(DbConn *conn, gint64 account, const char *name, GError **error) {
    gint64 id = id_of_name(conn, account, name, error);
    return id == 0 ||
           (id > 0 && cv_fail(error, CV_ERROR_EXISTS, "the mailbox \"%s\" exists already", name));
}

typedef struct {
    Store *store;
    gint64 account;
    const char *name, *to;
    StoreUse use;
    gboolean on;
    gint64 id;
} Task;

static gboolean create_work(DbConn *conn, gpointer data, GError **error) {
    Task *task = data;
    return check_free(conn, task->account, task->name, error) &&
           add_parents(conn, task->account, task->name, error) &&
           store_mailbox_add(conn, task->account, task->name, task->use, &task->id, error) &&
           store_publish_account(task->store, conn, task->account, STORE_EVENT_LIST, error);
}

gboolean store_mailbox_create(Store *store, gint64 account, const char *name, StoreUse use,
                              gint64 *id, GError **error) {
    /* RFC 9051 6.3.4: a trailing separator only declares that names below will be made. */
    g_autofree char *bare = g_strdup(name);
    gsize n = strlen(bare);
    if (n > 1 && bare[n - 1] == '/')
        bare[n - 1] = '\0';
    g_autofree char *stored = store_name_normalise(bare, error);
    if (stored == NULL)
        return FALSE;
    Task task = {.store = store, .account = account, .name = stored, .use = use};
    if (!db_write(store->db, create_work, &task, error))
        return FALSE;
    if (id != NULL)
        *id = task.id;
    return TRUE;
}

/* ---- Renaming ---- */

static gboolean set_name(DbConn *conn, gint64 id, const char *name, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE mailbox SET name = ? WHERE id = ?");
    db_bind(stmt, "ti", name, id);
    return db_run(stmt, error);
}

/* The mailboxes below `name`: names from "name/" to before "name0" ('0' follows '/'). */
static GPtrArray *children_of(DbConn *conn, gint64 account, const char *name, GError **error) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)store_mailbox_free);
    g_autofree char *from = g_strconcat(name, "/", NULL);
    g_autofree char *to = g_strconcat(name, "0", NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT " MAILBOX_COLUMNS " FROM mailbox m WHERE m.account = ?"
                                    " AND m.name > ? AND m.name < ? ORDER BY m.name");
    db_bind(stmt, "itt", account, from, to);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(list, mailbox_of_row(stmt));
    return step == DB_DONE ? g_steal_pointer(&list) : NULL;
}

/* RFC 9051 6.3.6: what lies below is renamed with it. */
static gboolean rename_children(DbConn *conn, const Task *task, GError **error) {
    g_autoptr(GPtrArray) children = children_of(conn, task->account, task->name, error);
    if (children == NULL)
        return FALSE;
    for (guint i = 0; i < children->len; i++) {
        const StoreMailbox *child = children->pdata[i];
        g_autofree char *name = g_strconcat(task->to, child->name + strlen(task->name), NULL);
        g_autofree char *checked = store_name_normalise(name, error);
        if (checked == NULL || !check_free(conn, task->account, checked, error) ||
            !set_name(conn, child->id, checked, error))
            return FALSE;
    }
    return TRUE;
}

/* Those below it keep the last part of their names, and the mailbox above them. */
static gboolean log_renamed(DbConn *conn, const Task *task, GError **error) {
    StoreBox box;
    return store_box_load(conn, task->id, &box, error) &&
           store_log_mailbox(conn, &box, STORE_KIND_BOX_CHANGED, error);
}

static gboolean rename_work(DbConn *conn, gpointer data, GError **error) {
    Task *task = data;
    return find_id(conn, task->account, task->name, &task->id, error) &&
           check_free(conn, task->account, task->to, error) &&
           add_parents(conn, task->account, task->to, error) &&
           set_name(conn, task->id, task->to, error) && rename_children(conn, task, error) &&
           log_renamed(conn, task, error) &&
           store_publish_account(task->store, conn, task->account, STORE_EVENT_LIST, error);
}

gboolean store_mailbox_rename(Store *store, gint64 account, const char *from, const char *to,
                              GError **error) {
    g_autofree char *old = store_name_normalise(from, error);
    g_autofree char *fresh = old == NULL ? NULL : store_name_normalise(to, error);
    if (fresh == NULL)
        return FALSE;
    if (g_str_equal(old, "INBOX"))
        return store_rename_inbox(store, account, fresh, error);
    gsize n = strlen(old);
    if (strncmp(old, fresh, n) == 0 && fresh[n] == '/')
        return cv_fail(error, CV_ERROR_INPUT, "\"%s\" cannot be put below itself", old);
    Task task = {.store = store, .account = account, .name = old, .to = fresh};
    return db_write(store->db, rename_work, &task, error);
}

/* ---- Deleting ---- */

/* Takes the mailbox's row away and its messages out of the account's sums; the rows of the messages
 * wait under a mark for the sweep, readable for those who still have the mailbox open. */
static gboolean take_away(Store *store, DbConn *conn, gint64 id, GError **error) {
    StoreBox box;
    StoreOwner owner;
    if (!store_box_load(conn, id, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error))
        return FALSE;
    owner.modseq++;
    owner.messages -= box.total;
    owner.quota_used -= box.size;
    DbStmt *mark = db_prepare(conn, "INSERT INTO gone(mailbox, at, account) VALUES(?,?,?)");
    db_bind(mark, "iii", id, clock_now(), box.account);
    DbStmt *rights = db_prepare(conn, "DELETE FROM acl WHERE account = ? AND mailbox = ?");
    db_bind(rights, "ii", box.account, id);
    DbStmt *notes = db_prepare(conn, "DELETE FROM metadata WHERE mailbox = ?");
    db_bind_int(notes, 1, id);
    DbStmt *row = db_prepare(conn, "DELETE FROM mailbox WHERE id = ?");
    db_bind_int(row, 1, id);
    if (!db_run(mark, error) || !db_run(rights, error) || !db_run(notes, error) ||
        !db_run(row, error) || !store_owner_save(conn, &owner, error) ||
        !store_log_mailbox(conn, &box, STORE_KIND_BOX_GONE, error))
        return FALSE;
    store_publish(store, conn, id, owner.modseq, STORE_EVENT_DELETED);
    return store_publish_account(store, conn, box.account, STORE_EVENT_LIST, error);
}

static gboolean delete_work(DbConn *conn, gpointer data, GError **error) {
    Task *task = data;
    if (!find_id(conn, task->account, task->name, &task->id, error))
        return FALSE;
    g_autoptr(GPtrArray) children = children_of(conn, task->account, task->name, error);
    if (children == NULL)
        return FALSE;
    if (children->len > 0)
        return cv_fail(error, CV_ERROR_DENIED, "\"%s\" has mailboxes below it; delete them first",
                       task->name);
    return take_away(task->store, conn, task->id, error);
}

gboolean store_mailbox_delete(Store *store, gint64 account, const char *name, GError **error) {
    g_autofree char *stored = store_name_normalise(name, error);
    if (stored == NULL)
        return FALSE;
    if (g_str_equal(stored, "INBOX"))
        return cv_fail(error, CV_ERROR_INPUT, "INBOX cannot be deleted");
    Task task = {.store = store, .account = account, .name = stored};
    return db_write(store->db, delete_work, &task, error);
}
