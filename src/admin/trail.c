#include "admin/trail.h"

#include "admin/view.h"

enum { RECORD_BYTES = 8192 };

typedef struct {
    Buffer out;
    gint64 records;
} Export;

static gboolean put(const AuditRecord *record, gpointer data) {
    Export *e = data;
    JsonWriter w = json_writer(&e->out);
    admin_write_act(&w, record);
    e->records++;
    return buffer_append_byte(&e->out, '\n');
}

typedef struct {
    const AuditAct *act;
    const AuditFilter *filter;
    gint64 records;
} Note;

static gboolean note(DbConn *conn, gpointer data, GError **error) {
    const Note *n = data;
    g_auto(Buffer) out;
    buffer_init(&out, RECORD_BYTES);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, "records", n->records);
    if (n->filter->subject != NULL)
        json_text(&w, "subject", n->filter->subject);
    if (n->filter->who != NULL)
        json_text(&w, "who", n->filter->who);
    if (n->filter->act != NULL)
        json_text(&w, "act", n->filter->act);
    json_int(&w, "since", n->filter->since);
    json_int(&w, "until", n->filter->until);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&out);
    AuditChange change = {"audit.export", "audit", NULL, after};
    return audit_append(conn, n->act, &change, NULL, error);
}

GBytes *trail_export(Db *admin, const AuditFilter *filter, const AuditAct *act, gsize most,
                     gint64 *records, GError **error) {
    if (act->ground == NULL || *act->ground == '\0') {
        cv_fail(error, CV_ERROR_INPUT,
                "cần căn cứ để trích xuất nhật ký (Điều 10.1.c); say on what ground the trail is "
                "taken out");
        return NULL;
    }
    AuditFilter all = *filter;
    all.oldest = TRUE;
    all.limit = 0;
    Export e = {.records = 0};
    buffer_init(&e.out, most);
    DbConn *conn = db_read_begin(admin, error);
    gboolean read = conn != NULL && audit_search(conn, &all, put, &e, error);
    g_clear_pointer(&conn, db_read_end);
    if (read && e.out.overflow)
        read = cv_fail(error, CV_ERROR_LIMIT,
                       "nhật ký quá dài; more than %" G_GSIZE_FORMAT " MiB: ask for a shorter time",
                       most >> 20);
    Note n = {act, filter, e.records};
    if (!read || !db_write(admin, note, &n, error)) {
        buffer_release(&e.out);
        return NULL;
    }
    *records = e.records;
    Bytes bytes = buffer_bytes(&e.out);
    GBytes *file = g_bytes_new(bytes.p, bytes.n);
    buffer_release(&e.out);
    return file;
}
