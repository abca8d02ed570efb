/* system show: which program runs where, on what, and whom it speaks to; guide: how to use the
 * mail, for the people of the units. */
#include "cli/cli.h"

#include "casework/guide.h"

#include <sys/statvfs.h>
#include <sys/utsname.h>

enum { LISTING_MAXIMUM = 1024 * 1024, UPGRADES = 20 };

/* ---- system show ---- */

/* One line of the answer, or a member of the JSON. */
typedef struct {
    CliCall *call;
    JsonWriter w;
} About;

static void say(About *about, const char *key, const char *label, const char *value) {
    if (about->call->json)
        json_text(&about->w, key, value);
    else
        cli_print(about->call, "%s: %s\n", label, value);
}

static void say_machine(About *about) {
    struct utsname name;
    g_autofree char *os = g_get_os_info(G_OS_INFO_KEY_PRETTY_NAME);
    g_autofree char *machine =
        uname(&name) == 0 ? g_strdup_printf("%s, %s, %s %s", name.nodename, os == NULL ? "?" : os,
                                            name.sysname, name.release)
                          : g_strdup("?");
    say(about, "machine", "máy", machine);
}

static void say_data(About *about) {
    const Instance *instance = about->call->instance;
    struct statvfs disk;
    g_autofree char *space = NULL;
    if (statvfs(instance->path, &disk) == 0)
        space = cli_size_text((gint64)(disk.f_bavail * disk.f_frsize));
    g_autofree char *where =
        g_strdup_printf("%s (còn trống %s)", instance->path, space == NULL ? "?" : space);
    say(about, "data", "dữ liệu", where);
    g_autofree char *steps =
        g_strdup_printf("admin.db %u, mail.db %u", db_schema(instance->admin)->count,
                        db_schema(instance->mail)->count);
    say(about, "tables", "bước của các bảng", steps);
}

static gboolean say_engine(About *about, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(about->call->instance->admin, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT sqlite_version()");
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    g_autofree char *engine =
        g_strdup_printf("SQLite %s, GLib %u.%u.%u", db_column_text(stmt, 0), glib_major_version,
                        glib_minor_version, glib_micro_version);
    db_reset(stmt);
    say(about, "libraries", "thư viện", engine);
    return TRUE;
}

/* Everything beyond this machine that the program opens a connection to. */
static void say_outside(About *about) {
    const Config *c = about->call->instance->config;
    gboolean sends =
        g_str_equal(c->sending, "yes") || (g_str_equal(c->sending, "auto") && c->port_offset == 0);
    say(about, "sends", "gửi thư ra ngoài",
        !sends                       ? "không"
        : *c->sending_routes == '\0' ? "tới máy chủ thư của từng tên miền"
                                     : c->sending_routes);
    say(about, "dns", "hỏi DNS",
        !sends                    ? "không"
        : *c->sending_dns == '\0' ? "theo cấu hình của máy (/etc/resolv.conf)"
                                  : c->sending_dns);
    say(about, "listens", "nghe tại",
        *c->listen != '\0'    ? c->listen
        : c->port_offset != 0 ? "127.0.0.1"
                              : "mọi địa chỉ của máy");
}

static gboolean say_upgrade(const AuditRecord *record, gpointer data) {
    About *about = data;
    if (!g_str_equal(record->change.act, "system.upgrade"))
        return TRUE;
    g_autofree char *when = cli_time(record->time);
    if (about->call->json) {
        json_open(&about->w, NULL, '{');
        json_int(&about->w, "time", record->time);
        json_text(&about->w, "before", record->change.before);
        json_text(&about->w, "after", record->change.after);
        json_close(&about->w, '}');
    } else {
        cli_print(about->call, "nâng cấp: %s %s → %s\n", when, record->change.before,
                  record->change.after);
    }
    return TRUE;
}

static gboolean say_upgrades(About *about, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(about->call->instance->admin, error);
    if (conn == NULL)
        return FALSE;
    if (about->call->json)
        json_open(&about->w, "upgrades", '[');
    gboolean ok = audit_each(conn, "congvu", UPGRADES, say_upgrade, about, error);
    if (about->call->json)
        json_close(&about->w, ']');
    return ok;
}

int cli_system_show(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    About about = {call, json_writer(&document)};
    json_open(&about.w, NULL, '{');
    say(&about, "version", "congvu", CONGVU_VERSION);
    say(&about, "regulation", "quy chế", call->instance->config->regulation);
    say_machine(&about);
    say_data(&about);
    if (!say_engine(&about, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    say_outside(&about);
    if (!say_upgrades(&about, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&about.w, '}');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- guide ---- */

int cli_guide(CliCall *call) {
    char *to = NULL, *telephone = NULL;
    const CliOption options[] = {
        {"to", &to, NULL, "the page (HTML); - is standard output", TRUE},
        {"telephone", &telephone, NULL, "of who helps, for the page", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    const Config *c = call->instance->config;
    guint16 https = config_port(c, 443);
    g_autofree char *port = https == 443 ? g_strdup("") : g_strdup_printf(":%u", https);
    g_autofree char *page = g_strdup_printf("https://%s%s/doi-mat-khau", c->hostname, port);
    GuideFacts facts = {.domain = c->domain,
                        .hostname = c->hostname,
                        .imap = config_port(c, 143),
                        .imaps = config_port(c, 993),
                        .submission = config_port(c, 587),
                        .submissions = config_port(c, 465),
                        .password_page = c->web == 0 ? NULL : page,
                        .telephone = telephone};
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    GString *text = guide_page(regulation, &facts);
    g_autoptr(GBytes) file = g_string_free_to_bytes(text);
    cli_give(call, NULL, FALSE, file);
    return CLI_DONE;
}
