/* The suspects lie in mail.db, written with the message that crossed; the trail is in admin.db.
 * What is not marked as recorded is recorded, then marked. */
#include "serve/suspect.h"

#include "audit/audit.h"
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

gboolean suspects_record(Instance *instance, GError **error) {
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Unrecorded));
    g_array_set_clear_func(found, unrecorded_clear);
    DbConn *conn = db_read_begin(instance->mail, error);
    gboolean ok = conn != NULL && queue_each_suspect(conn, 0, collect, found, error);
    g_clear_pointer(&conn, db_read_end);
    for (guint i = 0; ok && i < found->len; i++) {
        Unrecorded *u = &g_array_index(found, Unrecorded, i);
        g_autoptr(DirectoryAccount) account =
            directory_account(instance->directory, u->account, error);
        if (account == NULL)
            return FALSE;
        u->address = g_strdup(account->address);
        ok = db_write(instance->admin, append, u, error) &&
             queue_suspect_recorded(instance->mail, u->account, error);
    }
    return ok;
}
