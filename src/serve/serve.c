/* The running system: what happens between `congvu serve` and its end, in order. Configuration,
 * doors, privileges, data, sessions; then the main thread waits for signals and keeps house. */
#include "serve/serve.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "cli/remote.h"
#include "directory/activity.h"
#include "directory/session.h"
#include "directory/usage.h"
#include "http/stream.h"
#include "imap/imap.h"
#include "maintain/disk.h"
#include "net/net.h"
#include "queue/result.h"
#include "serve/duties.h"
#include "serve/figures.h"
#include "serve/incidents.h"
#include "serve/instance.h"
#include "serve/notice.h"
#include "serve/outbound.h"
#include "serve/stops.h"
#include "serve/version.h"
#include "serve/web.h"
#include "smtp/server/smtp.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    HOUSEKEEPING_SECONDS = 60,
    SHUTDOWN_SECONDS = 20,
    SMTP_DOORS = 3,
};

typedef struct {
    char *path;
    Config *config; /* as it was at the start; the doors are bound from it */
    NetServer *net;
    Instance *instance;
    SmtpService smtp[SMTP_DOORS]; /* by SmtpDoor */
    ImapService imap;
    Remote *remote;
    Outbound *outbound; /* NULL: nothing is sent from here */
    MaintainDisk *disk;
    int lock_fd; /* until the instance has it; -1 */
    Figures figures;
    Web web;
} Serve;

/* ---- Doors ---- */

static gboolean listen_on(Serve *serve, const NetProtocol *protocol, gpointer service,
                          guint16 standard, gboolean implicit_tls, GError **error) {
    const Config *config = serve->config;
    guint16 port = config_port(config, standard);
    if (port == 0)
        return cv_fail(error, CV_ERROR_INPUT,
                       "port %u plus port_offset %" G_GINT64_FORMAT
                       " is no port; lower port_offset in congvu.conf",
                       standard, config->port_offset);
    /* Figures about the system are for this machine only. */
    const char *where = protocol == &http_metrics_protocol ? "127.0.0.1" : config->listen;
    g_auto(GStrv) addresses = g_strsplit(where, ",", -1);
    for (char **address = addresses; *address != NULL; address++) {
        NetListener listener = {
            .protocol = protocol,
            .service = service,
            .address = g_strstrip(*address),
            .port = port,
            .implicit_tls = implicit_tls,
        };
        g_autoptr(GError) refused = NULL;
        if (net_listen(serve->net, &listener, &refused) != 0)
            continue;
        if (strchr(*address, ':') != NULL && address != addresses) {
            /* A machine without IPv6 serves by IPv4; the operator reads it in the log. */
            log_event(LOG_LEVEL_WARNING, "serve.listen", "address", *address, "error",
                      refused->message, NULL);
            continue;
        }
        g_propagate_error(error, g_steal_pointer(&refused));
        return FALSE;
    }
    return TRUE;
}

static gboolean open_doors(Serve *serve, GError **error) {
    for (int door = 0; door < SMTP_DOORS; door++) {
        static const guint16 ports[SMTP_DOORS] = {
            [SMTP_DOOR_MX] = 25, [SMTP_DOOR_SUBMISSION] = 587, [SMTP_DOOR_SUBMISSIONS] = 465};
        if (!listen_on(serve, smtp_protocol((SmtpDoor)door), &serve->smtp[door], ports[door],
                       door == SMTP_DOOR_SUBMISSIONS, error))
            return FALSE;
    }
    Web *web = &serve->web;
    gboolean open = listen_on(serve, &imap_protocol, &serve->imap, 143, FALSE, error) &&
                    listen_on(serve, &imap_protocol, &serve->imap, 993, TRUE, error) &&
                    listen_on(serve, &http_metrics_protocol, &web->metrics, 9090, FALSE, error);
    if (!open || serve->config->web == 0)
        return open;
    return listen_on(serve, &http_protocol, &web->https, 443, TRUE, error) &&
           listen_on(serve, &http_redirect_protocol, &web->redirect, 80, FALSE, error);
}

/* ---- Privileges ---- */

static void raise_limits(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Ports below 1024 and the key are in our hands by now; the data are opened as the user, so that
 * every file made from here on is that user's. */
static gboolean drop_privileges(const Config *config, const char *directory, GError **error) {
    if (*config->user == '\0')
        return TRUE;
    if (geteuid() != 0) {
        log_event(LOG_LEVEL_INFO, "serve.user", "note", "not started as root; user is kept", NULL);
        return TRUE;
    }
    const struct passwd *user = getpwnam(config->user);
    if (user == NULL)
        return cv_fail(error, CV_ERROR_INPUT,
                       "congvu.conf: there is no user \"%s\"; make it, or change \"user\"",
                       config->user);
    if (initgroups(config->user, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0)
        return cv_fail_errno(error, CV_ERROR_DENIED, "cannot become user \"%s\"", config->user);
    if (setuid(0) == 0)
        return cv_fail(error, CV_ERROR_INTERNAL, "user \"%s\" can become root again", config->user);
    if (access(directory, R_OK | W_OK | X_OK) != 0)
        return cv_fail_errno(error, CV_ERROR_DENIED, "user \"%s\" cannot use %s (chown -R %s %s)",
                             config->user, directory, config->user, directory);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return TRUE;
}

/* ---- Certificate, log ---- */

static char *in_directory(const Serve *serve, const char *relative) {
    return g_path_is_absolute(relative) ? g_strdup(relative)
                                        : g_build_filename(serve->path, relative, NULL);
}

static gboolean use_certificate(Serve *serve, const Config *config, GError **error) {
    g_autofree char *certificate = in_directory(serve, config->certificate);
    g_autofree char *key = in_directory(serve, config->key);
    return net_server_set_certificate(serve->net, certificate, key, error);
}

static void set_log_level(const Config *config) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (guint level = 0; level < G_N_ELEMENTS(names); level++)
        if (g_str_equal(config->log_level, names[level]))
            log_set_level((LogLevel)level);
}

/* A file that root opened must be one that the user we become can open again after a rotation. */
static gboolean give_log_to_user(const Config *config, const char *file, GError **error) {
    const struct passwd *user =
        geteuid() != 0 || *config->user == '\0' ? NULL : getpwnam(config->user);
    if (user == NULL || chown(file, user->pw_uid, user->pw_gid) == 0)
        return TRUE;
    return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot give the log file %s to user \"%s\"",
                         file, config->user);
}

static gboolean start_log(const Serve *serve, GError **error) {
    set_log_level(serve->config);
    if (*serve->config->log == '\0')
        return TRUE;
    g_autofree char *file = in_directory(serve, serve->config->log);
    return log_open(file, error) && give_log_to_user(serve->config, file, error);
}

/* ---- Services ---- */

static void account_changed(gint64 account, gpointer data) {
    Serve *serve = data;
    smtp_account_changed(serve->net, account);
    imap_account_changed(serve->net, account);
    http_account_changed(serve->net, account);
}

static void show_stop(gpointer data) {
    imap_alert(((Serve *)data)->net);
}

static void account_used(gint64 account, gboolean sent, gpointer directory) {
    directory_saw(directory, account, sent ? ACTIVITY_SENT : ACTIVITY_RECEIVED);
    if (sent)
        directory_used(directory, account); /* [Điều 11.2] */
}

/* [Điều 5.1] Said to the owner of a full mailbox, with the article of the regulation in force. */
static char *over_quota(gpointer data) {
    Serve *serve = data;
    g_autoptr(Regulation) regulation = instance_regulation(serve->instance);
    return g_strdup_printf(
        "Hộp thư đã đầy (%s): hãy xóa bớt thư hoặc đề nghị thêm dung lượng / The "
        "mailbox is full: delete some mail or ask for more room",
        regulation_figure_article(regulation, FIGURE_PERSON_QUOTA));
}

static Regulation *regulation_in_force(gpointer instance) {
    return instance_regulation(instance);
}

static void prepare_services(Serve *serve) {
    const Config *config = serve->config;
    for (int door = 0; door < SMTP_DOORS; door++) {
        SmtpService *smtp = &serve->smtp[door];
        smtp_options_init(&smtp->options);
        smtp->options.hostname = config->hostname;
        smtp->options.starttls = door != SMTP_DOOR_SUBMISSIONS;
        smtp->options.cleartext_loopback = g_str_equal(config->cleartext, "loopback");
        smtp->options.size_maximum = (guint64)config->smtp_size;
        smtp->options.recipients_maximum = (guint)config->smtp_recipients;
        smtp->options.errors_maximum = (guint)config->smtp_errors;
        smtp->options.hops_maximum = (guint)config->smtp_hops;
        smtp->door = (SmtpDoor)door;
        smtp->disk_low = maintain_disk_low;
        smtp->disk_low_data = serve->disk;
    }
    serve->figures.disk = serve->disk;
    web_prepare(&serve->web, config, &serve->figures);
    serve->web.jmap.disk_low = maintain_disk_low;
    serve->web.jmap.disk_low_data = serve->disk;
    ImapOptions *imap = &serve->imap.options;
    imap_options_default(imap);
    imap->hostname = config->hostname;
    imap->starttls = TRUE;
    imap->cleartext_loopback = g_str_equal(config->cleartext, "loopback");
    imap->append = (guint64)config->imap_append;
    imap->idle_time = config->imap_idle * CLOCK_SECOND;
    imap->progress_time = config->imap_progress * CLOCK_SECOND;
    serve->imap.disk_low = maintain_disk_low;
    serve->imap.disk_low_data = serve->disk;
    serve->imap.over_quota = over_quota;
    serve->imap.over_quota_data = serve;
}

/* The services were made before the data were open (their doors had to be bound as root). */
static void connect_services(Serve *serve) {
    Instance *instance = serve->instance;
    AuthOptions options;
    auth_options_init(&options);
    options.lanes = (guint)serve->config->auth_lanes;
    options.remember = serve->config->auth_remember * CLOCK_SECOND;
    options.session_idle = serve->config->web_idle * CLOCK_SECOND;
    options.session_lifetime = serve->config->web_lifetime * CLOCK_SECOND;
    instance->auth = auth_new(instance->directory, &options);
    g_autofree char *place = web_password_place(serve->config);
    auth_set_rules(instance->auth, regulation_in_force, instance, place);
    for (int door = 0; door < SMTP_DOORS; door++) {
        serve->smtp[door].directory = instance->directory;
        serve->smtp[door].store = instance->store;
        serve->smtp[door].delivery = instance->delivery;
        serve->smtp[door].auth = instance->auth;
    }
    delivery_set_notify(instance->delivery, serve->config->hostname, serve->config->domain,
                        notice_prepare, instance);
    delivery_set_used(instance->delivery, account_used, instance->directory);
    serve->figures.instance = instance;
    figures_begin();
    serve->imap.directory = instance->directory;
    serve->imap.store = instance->store;
    serve->imap.auth = instance->auth;
    instance->incidents = incidents_lane();
    delivery_set_reported(instance->delivery, incidents_take_later, instance);
    instance->stops = stops_new(show_stop, serve);
    serve->imap.alert = stops_line;
    serve->imap.alert_data = instance->stops;
    web_connect(&serve->web, instance);
    directory_watch(instance->directory, account_changed, serve);
    stops_refresh(instance);
    serve->imap.search = instance->search;
    if (instance->search != NULL && serve->config->search_index != 0)
        instance->indexer =
            indexer_start(instance->store, instance->search, maintain_disk_low, serve->disk);
}

/* ---- Start, run, end ---- */

static gboolean start(Serve *serve, GError **error) {
    g_autofree char *file = g_build_filename(serve->path, "congvu.conf", NULL);
    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "chưa có hệ thống trong %s; there is no installation in %s: make one with "
                       "`congvu --data %s init`",
                       serve->path, serve->path, serve->path);
    serve->config = config_load(file, error);
    if (serve->config == NULL || (serve->lock_fd = instance_lock(serve->path, error)) < 0 ||
        !start_log(serve, error))
        return FALSE;
    NetOptions options = {
        .workers = (guint)serve->config->workers,
        .session_maximum = (guint)serve->config->sessions,
        .session_maximum_address = (guint)serve->config->sessions_address,
    };
    serve->net = net_server_new(&options, error);
    if (serve->net == NULL)
        return FALSE;
    serve->disk = maintain_disk_new(serve->path, serve->config->disk_watermark);
    prepare_services(serve);
    if (!use_certificate(serve, serve->config, error) || !open_doors(serve, error) ||
        !drop_privileges(serve->config, serve->path, error))
        return FALSE;
    serve->instance = instance_open_locked(serve->path, serve->lock_fd, error);
    serve->lock_fd = -1;
    if (serve->instance == NULL)
        return FALSE;
    version_note(serve->instance);
    connect_services(serve);
    g_autoptr(GError) refused = NULL;
    serve->outbound = outbound_start(serve->instance, &refused);
    if (refused != NULL) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return FALSE;
    }
    serve->remote = remote_start(serve->instance, error);
    return serve->remote != NULL && net_server_start(serve->net, error);
}

static void reopen_log(void) {
    g_autoptr(GError) error = NULL;
    if (!log_reopen(&error))
        log_event(LOG_LEVEL_ERROR, "serve.reload", "what", "log", "error", error->message, NULL);
}

static void reload(Serve *serve) {
    g_autoptr(GError) error = NULL;
    /* Stands alone: a bad certificate must not keep the log from being reopened. */
    reopen_log();
    g_autofree char *file = g_build_filename(serve->path, "congvu.conf", NULL);
    g_autoptr(Config) config = config_load(file, &error);
    if (config != NULL)
        set_log_level(config);
    if (config == NULL || !instance_reload(serve->instance, &error) ||
        !use_certificate(serve, config, &error))
        log_event(LOG_LEVEL_ERROR, "serve.reload", "error", error->message, "note",
                  "what was in force stays in force", NULL);
    else
        log_event(LOG_LEVEL_INFO, "serve.reload", "result", "done", NULL);
}

/* When accounts were last used: once a minute, so that no message costs a flush for it. */
static void write_activity(Serve *serve) {
    g_autoptr(GError) error = NULL;
    if (!directory_activity_write(serve->instance->directory, &error))
        log_event(LOG_LEVEL_ERROR, "serve.activity", "error", error->message, NULL);
}

static void sweep_sessions(Serve *serve) {
    g_autoptr(GError) error = NULL;
    if (!directory_session_sweep(serve->instance->directory, &error))
        log_event(LOG_LEVEL_ERROR, "serve.sweep", "error", error->message, NULL);
}

static void keep_house(Serve *serve) {
    g_autoptr(GError) error = NULL;
    /* Delegations begin and end by time alone, and what failed once is tried again. */
    if (!instance_apply_pending(serve->instance, &error)) {
        log_event(LOG_LEVEL_ERROR, "serve.follow", "error", error->message, NULL);
        g_clear_error(&error);
    }
    duties_keep(serve->instance);
    stops_keep(serve->instance);
    incidents_keep(serve->instance);
    write_activity(serve);
    sweep_sessions(serve);
    gint64 retention = serve->config->retention_changes * 24 * 3600 * CLOCK_SECOND;
    if (!store_sweep(serve->instance->store, retention, &error))
        log_event(LOG_LEVEL_ERROR, "serve.sweep", "error", error->message, NULL);
    g_clear_error(&error);
    if (!queue_sweep(serve->instance->mail, &error))
        log_event(LOG_LEVEL_ERROR, "serve.sweep", "error", error->message, NULL);
}

static void run_until_told(Serve *serve, const sigset_t *signals) {
    const struct timespec pause = {.tv_sec = HOUSEKEEPING_SECONDS};
    for (;;) {
        int signal = sigtimedwait(signals, NULL, &pause);
        if (signal == SIGHUP)
            reload(serve);
        else if (signal == SIGUSR1)
            reopen_log();
        else if (signal == SIGTERM || signal == SIGINT)
            return;
        else if (signal < 0 && errno == EAGAIN)
            keep_house(serve);
    }
}

static void stop(Serve *serve) {
    if (serve->remote != NULL)
        remote_stop(serve->remote);
    if (serve->net != NULL) {
        net_server_stop(serve->net, SHUTDOWN_SECONDS * CLOCK_SECOND);
        if (serve->instance != NULL) /* a writer may be about to wake a session that has ended */
            instance_settle(serve->instance);
        net_server_free(serve->net);
    }
    web_end(&serve->web);
    outbound_stop(serve->outbound, SHUTDOWN_SECONDS * CLOCK_SECOND);
    if (serve->instance != NULL)
        write_activity(serve);
    instance_close(serve->instance); /* its lane looks at the disk */
    maintain_disk_free(serve->disk);
    if (serve->lock_fd >= 0)
        close(serve->lock_fd);
    config_free(serve->config);
    g_free(serve->path);
}

int serve_run(const char *data_directory) {
    /* Blocked before any thread is made, so that only sigtimedwait sees them. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    crypto_init();
    raise_limits();
    Serve serve = {.path = g_canonicalize_filename(data_directory, NULL), .lock_fd = -1};
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (start(&serve, &error)) {
        log_event(LOG_LEVEL_INFO, "serve.ready", "version", CONGVU_VERSION, "data", serve.path,
                  NULL);
        puts("congvu: ready");
        fflush(stdout);
        stops_keep(serve.instance); /* what a kill has cut short */
        incidents_keep(serve.instance);
        duties_resume(serve.instance);
        run_until_told(&serve, &signals);
        log_event(LOG_LEVEL_INFO, "serve.stopping", NULL);
    } else {
        g_printerr("congvu: %s\n", error->message);
        status = 1;
    }
    stop(&serve);
    return status;
}
