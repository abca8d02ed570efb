#include "serve/version.h"

#include "audit/audit.h"
#include "base/json.h"
#include "base/log.h"

enum { LINE_MAXIMUM = 64 };

static char *json_of(const char *version, const Instance *instance) {
    g_auto(Buffer) out;
    buffer_init(&out, 4096);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "version", version);
    if (instance != NULL) {
        json_int(&w, "admin", db_schema(instance->admin)->count);
        json_int(&w, "mail", db_schema(instance->mail)->count);
    }
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

typedef struct {
    const char *before, *after;
} Upgrade;

static gboolean record(DbConn *conn, gpointer data, GError **error) {
    const Upgrade *upgrade = data;
    AuditAct act = {"congvu", ""};
    AuditChange change = {"system.upgrade", "congvu", upgrade->before, upgrade->after};
    return audit_append(conn, &act, &change, NULL, error);
}

/* The version in the file; NULL: none. */
static char *former(const char *file) {
    char *text = NULL;
    gsize n = 0;
    if (!g_file_get_contents(file, &text, &n, NULL) || n == 0 || n > LINE_MAXIMUM) {
        g_free(text);
        return NULL;
    }
    g_strstrip(text);
    return text;
}

void version_note(Instance *instance) {
    g_autofree char *file = instance_file(instance, "version");
    g_autofree char *before = former(file);
    g_autoptr(GError) error = NULL;
    if (g_strcmp0(before, CONGVU_VERSION) == 0)
        return;
    if (before != NULL) {
        g_autofree char *was = json_of(before, NULL);
        g_autofree char *is = json_of(CONGVU_VERSION, instance);
        Upgrade upgrade = {was, is};
        if (db_write(instance->admin, record, &upgrade, &error))
            log_event(LOG_LEVEL_INFO, "serve.upgraded", "before", before, "after", CONGVU_VERSION,
                      NULL);
    }
    if (error == NULL)
        g_file_set_contents_full(file, CONGVU_VERSION "\n", -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                 0600, &error);
    if (error != NULL)
        log_event(LOG_LEVEL_WARNING, "serve.version", "error", error->message, NULL);
}
