/* The record that an account was used from many networks at once [Điều 12.2]; see password.h. */
#include "directory/internal.h"

#include "base/log.h"

typedef struct {
    char *address, *ground, *after;
} Told;

static void told_free(Told *told) {
    g_free(told->address);
    g_free(told->ground);
    g_free(told->after);
    g_free(told);
}

static gboolean write_told(DbConn *conn, gpointer data, GError **error) {
    const Told *told = data;
    AuditAct act = {"congvu", told->ground};
    return directory_account_audit(conn, &act, "account.shared", told->address, NULL, told->after,
                                   NULL, error);
}

static void told_done(gpointer data, const GError *error) {
    if (error != NULL)
        log_event(LOG_LEVEL_ERROR, "auth.storage", "error", error->message, NULL);
    told_free(data);
}

void directory_record_shared(Directory *d, const DirectoryAccount *account, const Verdict *verdict,
                             guint networks, gint64 minutes) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "rule", verdict->rule);
    json_int(&w, "networks", networks);
    json_int(&w, "minutes", minutes);
    json_close(&w, '}');
    Told *told = g_new0(Told, 1);
    told->address = g_strdup(account->address);
    told->ground = g_strdup(verdict->text_vi);
    told->after = buffer_steal_string(&out);
    db_submit(d->db, write_told, told_done, told);
}
