/* The record in the audit trail of an act that no other layer records: what was done to the queue
 * or to keys, whose mail came from or went to elsewhere. */
#include "cli/cli.h"

typedef struct {
    AuditAct act;
    AuditChange change;
} Record;

static gboolean record_work(DbConn *conn, gpointer data, GError **error) {
    const Record *record = data;
    return audit_append(conn, &record->act, &record->change, NULL, error);
}

gboolean cli_record_on(CliCall *call, const char *ground, const char *act, const char *subject,
                       const char *before, const char *after, GError **error) {
    Record record = {{call->who, ground}, {act, subject, before, after}};
    return db_write(call->instance->admin, record_work, &record, error);
}

gboolean cli_record(CliCall *call, const char *act, const char *subject, const char *before,
                    const char *after, GError **error) {
    return cli_record_on(call, "", act, subject, before, after, error);
}
