/* The table of settings and the two things done with it: reading congvu.conf and writing a new one.
 * See config.h. Adding a setting is adding a line to the table and a field to the struct. */
#include "serve/config.h"

#include "smtp/client/sender.h"

#include <libconfig.h>
#include <stddef.h>

typedef enum { SETTING_STRING, SETTING_NUMBER } SettingType;

typedef struct {
    const char *path; /* as in the file, groups separated by dots */
    SettingType type;
    gsize offset;
    const char *text;           /* default of a string */
    gint64 number, least, most; /* default and bounds of a number */
    const char *explanation;
} Setting;

#define TEXT(path, field, text, why)                                                               \
    { path, SETTING_STRING, offsetof(Config, field), text, 0, 0, 0, why }
#define NUMBER(path, field, number, least, most, why)                                              \
    { path, SETTING_NUMBER, offsetof(Config, field), NULL, number, least, most, why }
#define MIB (G_GINT64_CONSTANT(1024) * 1024)

/* clang-format off */
static const Setting settings[] = {
    NUMBER("version", version, CONFIG_VERSION, 1, CONFIG_VERSION, "Version of this file's format."),
    TEXT("domain", domain, NULL, "Mail domain of the body."),
    TEXT("hostname", hostname, "", "Name that SMTP and IMAP greet with; empty: mail.<domain>."),
    TEXT("regulation", regulation, "bacninh-06-2022", "Regulation in force: a shipped one by name, or a path."),
    TEXT("listen", listen, "", "Addresses to listen on, separated by commas; empty: all, or loopback with an offset."),
    NUMBER("port_offset", port_offset, 0, 0, 64000, "Added to every standard port; not 0 means a trial on loopback."),
    TEXT("certificate", certificate, "tls/certificate.pem", "PEM certificate chain; relative to the data directory."),
    TEXT("key", key, "tls/key.pem", "PEM private key."),
    TEXT("user", user, "", "User to become after binding, when started as root; empty: stay."),
    TEXT("log.file", log, "", "Log file (reopened on SIGHUP); empty: standard error."),
    TEXT("log.level", log_level, "info", "debug, info, warning or error."),
    NUMBER("limits.workers", workers, 0, 0, 1024, "Worker threads; 0: chosen from the cores."),
    NUMBER("limits.sessions", sessions, 60000, 10, 1000000, "Open sessions in all."),
    NUMBER("limits.sessions_address", sessions_address, 20000, 1, 1000000, "Sessions from one address before sign-in; a commune may sit behind one."),
    NUMBER("limits.disk_watermark_mib", disk_watermark, 512, 0, 1 << 30, "MiB that must stay free: below, mail is deferred (452)."),
    NUMBER("upgrade.copies", upgrade_copies, 2, 0, 100, "Copies of the databases from before upgrades that are kept; 0: none is made."),
    TEXT("auth.cleartext", cleartext, "never", "Password sign-in without TLS: never, or loopback (trials)."),
    NUMBER("auth.remember", auth_remember, 600, 0, 86400, "Seconds that a successful password is remembered."),
    NUMBER("auth.lanes", auth_lanes, 0, 0, 64, "Threads that hash passwords; 0: one for each core."),
    NUMBER("smtp.size", smtp_size, 36 * MIB, 64 * 1024, 1024 * MIB, "Bytes of a message on the wire (SIZE)."),
    NUMBER("smtp.recipients", smtp_recipients, 1000, 100, 100000, "Recipients of one transaction."),
    NUMBER("smtp.errors", smtp_errors, 20, 3, 10000, "Refused commands before a session is ended."),
    NUMBER("smtp.hops", smtp_hops, 100, 20, 1000, "Received lines before a message counts as looping."),
    TEXT("sending.enabled", sending, "auto", "Mail for other domains leaves: yes, no, or auto (not on a trial, which has a port offset)."),
    TEXT("sending.routes", sending_routes, "", "Where it goes, if not to each domain's own servers: DOMAIN=[HOST]:PORT or DOMAIN=NAME:PORT, separated by semicolons; * is every other domain. After it, if wanted: tls=never|may|require|verify|implicit user=NAME password=FILE."),
    TEXT("sending.dns", sending_dns, "", "Resolver to ask, ADDRESS or ADDRESS@PORT; empty: those of /etc/resolv.conf."),
    TEXT("sending.trust", sending_trust, "", "PEM file with authorities for tls=verify; empty: the system's."),
    NUMBER("sending.port", sending_port, 25, 1, 65535, "Port of other domains' servers."),
    NUMBER("sending.connections", sending_connections, 20, 1, 1000, "Connections to one destination at once."),
    NUMBER("sending.connections_all", sending_connections_all, 2000, 4, 100000, "Connections to all destinations at once."),
    NUMBER("sending.retry_first", sending_retry_first, 120, 1, 86400, "Seconds until what failed is tried again; doubled each time."),
    NUMBER("sending.retry_most", sending_retry_most, 7200, 1, 86400, "Seconds between two attempts at most."),
    NUMBER("sending.life", sending_life, 120, 1, 1000, "Hours after which mail that could not be sent goes back."),
    NUMBER("sending.warn", sending_warn, 4, 1, 1000, "Hours after which its sender is told that it still waits."),
    NUMBER("sending.reply", sending_reply, 300, 1, 3600, "Seconds that another server has for an answer (RFC 5321 4.5.3.2)."),
    NUMBER("imap.append", imap_append, 64 * MIB, 64 * 1024, 1024 * MIB, "Bytes of an appended message (APPENDLIMIT)."),
    NUMBER("imap.progress", imap_progress, 10, 0, 3600, "Seconds between two notes to a client of how far a long search or sort is (RFC 9585)."),
    NUMBER("imap.idle", imap_idle, 1800, 1800, 86400, "Seconds without a command before a session is ended (RFC 9051 5.4: at least 1800)."),
    NUMBER("search.index", search_index, 1, 0, 1, "1: the search index follows behind delivery; 0: it rests, and what it lacks is read (a large system after an upgrade, until the night)."),
    NUMBER("web.enabled", web, 1, 0, 1, "1: HTTPS on 443 for the administration, and 80, which leads there; 0: neither."),
    NUMBER("web.session_idle", web_idle, 28800, 900, 2592000, "Seconds after which a browser that did nothing is signed out."),
    NUMBER("web.session_lifetime", web_lifetime, 604800, 900, 7776000, "Seconds after which a browser must sign in again in any case."),
    NUMBER("retention.receptions", retention_receptions, 180, 180, 36500, "Days that the record of receptions is kept: sender, recipients, Message-ID, size, outcome (Nghị định 91/2020/NĐ-CP: at least 180)."),
    NUMBER("retention.changes", retention_changes, 30, 1, 3650, "Days that the log of changes is kept for clients that were away."),
};
/* clang-format on */

void config_free(Config *config) {
    if (config == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (settings[i].type == SETTING_STRING)
            g_free(G_STRUCT_MEMBER(char *, config, settings[i].offset));
    g_free(config);
}

static const Setting *setting_by_path(const char *path) {
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (g_str_equal(settings[i].path, path))
            return &settings[i];
    return NULL;
}

static gboolean take_setting(Config *config, const char *file, const char *path,
                             config_setting_t *found, GError **error) {
    unsigned line = config_setting_source_line(found);
    const Setting *s = setting_by_path(path);
    if (s == NULL)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s:%u: unknown setting \"%s\"; remove it or correct its name", file, line,
                       path);
    int type = config_setting_type(found);
    if (s->type == SETTING_STRING) {
        if (type != CONFIG_TYPE_STRING)
            return cv_fail(error, CV_ERROR_INPUT, "%s:%u: \"%s\" must be a text in quotation marks",
                           file, line, path);
        char **field = G_STRUCT_MEMBER_P(config, s->offset);
        g_free(*field);
        *field = g_strdup(config_setting_get_string(found));
        return TRUE;
    }
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return cv_fail(error, CV_ERROR_INPUT, "%s:%u: \"%s\" must be a whole number", file, line,
                       path);
    gint64 value =
        type == CONFIG_TYPE_INT ? config_setting_get_int(found) : config_setting_get_int64(found);
    if (value < s->least || value > s->most)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s:%u: \"%s\" is %" G_GINT64_FORMAT "; it must be from %" G_GINT64_FORMAT
                       " to %" G_GINT64_FORMAT,
                       file, line, path, value, s->least, s->most);
    G_STRUCT_MEMBER(gint64, config, s->offset) = value;
    return TRUE;
}

/* Groups are one level deep; a deeper one is an unknown setting. */
static gboolean take_group(Config *config, const char *file, const char *prefix,
                           config_setting_t *group, GError **error) {
    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        g_autofree char *path = g_strconcat(prefix, config_setting_name(child), NULL);
        if (config_setting_is_group(child) && *prefix == '\0') {
            g_autofree char *inner = g_strconcat(path, ".", NULL);
            if (!take_group(config, file, inner, child, error))
                return FALSE;
        } else if (!take_setting(config, file, path, child, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean one_of(const char *value, const char *const *choices) {
    return g_strv_contains(choices, value);
}

static gboolean check_whole(const Config *config, const char *file, GError **error) {
    static const char *const cleartexts[] = {"never", "loopback", NULL};
    static const char *const sendings[] = {"auto", "yes", "no", NULL};
    static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
    if (config->domain == NULL || *config->domain == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s: \"domain\" is missing; give the body's mail domain", file);
    if (!one_of(config->cleartext, cleartexts))
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s: \"auth.cleartext\" is \"%s\"; it must be never or loopback", file,
                       config->cleartext);
    if (!one_of(config->sending, sendings))
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s: \"sending.enabled\" is \"%s\"; it must be auto, yes or no", file,
                       config->sending);
    g_autoptr(GError) why = NULL;
    if (!sender_check_routes(config->sending_routes, &why))
        return cv_fail(error, CV_ERROR_INPUT, "%s: %s", file, why->message);
    if (!one_of(config->log_level, levels))
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s: \"log.level\" is \"%s\"; it must be debug, info, warning or error",
                       file, config->log_level);
    return TRUE;
}

static void fill_derived(Config *config) {
    if (*config->hostname == '\0') {
        g_free(config->hostname);
        config->hostname = g_strconcat("mail.", config->domain, NULL);
    }
    if (*config->listen == '\0') {
        g_free(config->listen);
        config->listen = g_strdup(config->port_offset != 0 ? "127.0.0.1,::1" : "0.0.0.0,::");
    }
    config->disk_watermark *= MIB;
}

Config *config_load(const char *path, GError **error) {
    g_autoptr(Config) config = g_new0(Config, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        const Setting *s = &settings[i];
        if (s->type == SETTING_STRING)
            G_STRUCT_MEMBER(char *, config, s->offset) = g_strdup(s->text);
        else
            G_STRUCT_MEMBER(gint64, config, s->offset) = s->number;
    }
    g_autofree char *text = NULL;
    GError *reading = NULL;
    if (!g_file_get_contents(path, &text, NULL, &reading)) {
        cv_fail(error, CV_ERROR_STORAGE, "%s", reading->message);
        g_error_free(reading);
        return NULL;
    }
    config_t parsed;
    config_init(&parsed);
    gboolean ok = config_read_string(&parsed, text) == CONFIG_TRUE;
    if (!ok)
        cv_fail(error, CV_ERROR_INPUT, "%s:%d: %s", path, config_error_line(&parsed),
                config_error_text(&parsed));
    ok = ok && take_group(config, path, "", config_root_setting(&parsed), error) &&
         check_whole(config, path, error);
    config_destroy(&parsed);
    if (!ok)
        return NULL;
    fill_derived(config);
    return g_steal_pointer(&config);
}

static void write_setting(Buffer *out, const Setting *s, const char *indent, const char *text,
                          gint64 number) {
    const char *name = strrchr(s->path, '.') == NULL ? s->path : strrchr(s->path, '.') + 1;
    buffer_printf(out, "%s# %s\n%s%s = ", indent, s->explanation, indent, name);
    if (s->type == SETTING_NUMBER) {
        buffer_printf(out, "%" G_GINT64_FORMAT "%s;\n", number, number > G_MAXINT32 ? "L" : "");
        return;
    }
    buffer_append_byte(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (guint8)*c);
    }
    buffer_append_string(out, "\";\n");
}

void config_write_new(Buffer *out, const char *domain, const char *regulation, gint64 port_offset) {
    g_autofree char *group = g_strdup("");
    buffer_append_string(
        out, "# Settings of this congvu installation; `congvu check` verifies them.\n"
             "# Rules and figures of the regulation are not here: see regulations/.\n\n");
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        const Setting *s = &settings[i];
        const char *dot = strchr(s->path, '.');
        g_autofree char *its =
            dot == NULL ? g_strdup("") : g_strndup(s->path, (gsize)(dot - s->path));
        if (!g_str_equal(its, group)) {
            if (*group != '\0')
                buffer_append_string(out, "};\n");
            if (*its != '\0')
                buffer_printf(out, "\n%s = {\n", its);
            g_free(group);
            group = g_strdup(its);
        }
        const char *text = s->text;
        gint64 number = s->number;
        if (s->offset == offsetof(Config, domain))
            text = domain;
        else if (s->offset == offsetof(Config, regulation))
            text = regulation;
        else if (s->offset == offsetof(Config, port_offset))
            number = port_offset;
        else if (s->offset == offsetof(Config, cleartext) && port_offset != 0)
            text = "loopback";
        write_setting(out, s, *its == '\0' ? "" : "  ", text, number);
    }
    if (*group != '\0')
        buffer_append_string(out, "};\n");
}

guint16 config_port(const Config *config, guint16 standard) {
    gint64 port = standard + config->port_offset;
    return port > 65535 ? 0 : (guint16)port;
}
