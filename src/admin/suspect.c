/* The suspects lie in mail.db, written with the message that crossed; the trail is in admin.db.
 * What is not marked as recorded is recorded, then marked. */
#include "admin/suspect.h"

#include "queue/limit.h"

typedef struct {
    gint64 account;
    char *address, *evidence;
} Unrecorded;

static void unrecorded_clear(gpointer data) {
    Unrecorded *u = data;
    g_free(u->address);
    g_free(u->evidence);
}

static void collect(const QueueSuspect *suspect, gpointer data) {
    if (suspect->recorded)
        return;
    Unrecorded u = {suspect->account, NULL, g_strdup(suspect->evidence)};
    g_array_append_val((GArray *)data, u);
}

static gboolean append(DbConn *conn, gpointer data, GError **error) {
    const Unrecorded *u = data;
    AuditAct act = {"congvu", "Điều 8.3"};
    AuditChange change = {"outgoing.suspect", u->address, NULL, u->evidence};
    return audit_append(conn, &act, &change, NULL, error);
}

gboolean suspects_record(Directory *directory, Db *mail, GError **error) {
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Unrecorded));
    g_array_set_clear_func(found, unrecorded_clear);
    DbConn *conn = db_read_begin(mail, error);
    gboolean ok = conn != NULL && queue_each_suspect(conn, 0, collect, found, error);
    g_clear_pointer(&conn, db_read_end);
    for (guint i = 0; ok && i < found->len; i++) {
        Unrecorded *u = &g_array_index(found, Unrecorded, i);
        g_autoptr(DirectoryAccount) account = directory_account(directory, u->account, error);
        if (account == NULL)
            return FALSE;
        u->address = g_strdup(account->address);
        ok = db_write(directory_db(directory), append, u, error) &&
             queue_suspect_recorded(mail, u->account, error);
    }
    return ok;
}

typedef struct {
    const AuditAct *act;
    const char *address;
    gboolean drop;
    gint64 entries;
} Release;

static gboolean record_release(DbConn *conn, gpointer data, GError **error) {
    const Release *r = data;
    g_autofree char *after = g_strdup_printf("{\"%s\":%" G_GINT64_FORMAT "}",
                                             r->drop ? "dropped" : "released", r->entries);
    AuditChange change = {"outgoing.release", r->address, NULL, after};
    return audit_append(conn, r->act, &change, NULL, error);
}

gboolean suspect_release(Directory *directory, Db *mail, const DirectoryAccount *account,
                         gboolean drop, const AuditAct *act, gint64 *entries, GError **error) {
    Release r = {act, account->address, drop, 0};
    if (!suspects_record(directory, mail, error) ||
        !queue_suspect_release(mail, account->id, drop, account->state == DIRECTORY_ACTIVE,
                               &r.entries, error))
        return FALSE;
    *entries = r.entries;
    return db_write(directory_db(directory), record_release, &r, error);
}
