/* Opening and closing a data directory in the right order, once, for the server and for commands;
 * see instance.h. */
#include "serve/instance.h"

#include "base/log.h"
#include "casework/request.h"
#include "maintain/maintain.h"
#include "net/net.h"
#include "serve/incidents.h"
#include "serve/seal.h"
#include "serve/secrets.h"
#include "serve/stops.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_FILE_MAX = 1 << 20 };

char *instance_file(const Instance *instance, const char *relative) {
    if (g_path_is_absolute(relative))
        return g_strdup(relative);
    return g_build_filename(instance->path, relative, NULL);
}

static int fail_lock(int fd, GError **error, const char *what, const char *path) {
    cv_fail_errno(error, CV_ERROR_STORAGE, "cannot %s %s", what, path);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A lock that root makes must be one that the owner of the directory can take tomorrow. */
static gboolean give_to_owner(int fd, const char *directory) {
    struct stat st;
    return geteuid() != 0 || (stat(directory, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0);
}

/* Whose lock it is, as "123" in pid; "(unknown)" when that is not told in a moment. Between taking
 * the lock and writing its number a process is nameless, and the number there is another's. */
static void read_holder(int fd, char pid[32]) {
    enum { TRIES = 50, PAUSE_MICROSECONDS = 10 * 1000 };
    for (int i = 0; i < TRIES; i++) {
        gssize n = pread(fd, pid, 31, 0);
        pid[MAX(n, 0)] = '\0';
        g_strstrip(pid);
        gint64 number = g_ascii_strtoll(pid, NULL, 10);
        if (number > 0 && (kill((pid_t)number, 0) == 0 || errno == EPERM))
            return;
        g_usleep(PAUSE_MICROSECONDS);
    }
    g_strlcpy(pid, "(unknown)", 32);
}

int instance_lock(const char *directory, GError **error) {
    g_autofree char *path = g_build_filename(directory, "lock", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_lock(fd, error, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char pid[32];
        read_holder(fd, pid);
        close(fd);
        cv_fail(error, CV_ERROR_BUSY,
                "%s đang do tiến trình khác dùng; %s is in use by process %s: stop it, or let the "
                "command talk to it",
                directory, directory, pid);
        return -1;
    }
    g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, strlen(pid), 0) != (gssize)strlen(pid) ||
        !give_to_owner(fd, directory))
        return fail_lock(fd, error, "write", path);
    return fd;
}

static Regulation *load_regulation(const Instance *instance, const Config *config, GError **error) {
    g_autofree char *inside = instance_file(instance, config->regulation);
    if (g_file_test(inside, G_FILE_TEST_IS_REGULAR))
        return regulation_load(inside, error);
    g_autofree char *shipped = regulation_find(config->regulation, error);
    return shipped == NULL ? NULL : regulation_load(shipped, error);
}

static gboolean load_settings(Instance *instance, GError **error) {
    g_autofree char *path = instance_file(instance, "congvu.conf");
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "chưa có hệ thống trong %s; there is no installation in %s: make one with "
                       "`congvu --data %s init`",
                       instance->path, instance->path, instance->path);
    instance->config = config_load(path, error);
    if (instance->config == NULL)
        return FALSE;
    instance->regulation = load_regulation(instance, instance->config, error);
    return instance->regulation != NULL;
}

/* Mail is served without an index too. */
static SearchIndex *open_search(const Instance *instance) {
    g_autofree char *path = instance_file(instance, "search.db");
    g_autoptr(GError) error = NULL;
    SearchIndex *search = search_open(path, &error);
    if (search == NULL)
        log_event(LOG_LEVEL_ERROR, "search.open", "error", error->message, "what_to_do",
                  "searching goes on without an index, slowly; free some space and start again",
                  NULL);
    return search;
}

static gboolean open_databases(Instance *instance, GError **error) {
    const guint n = G_N_ELEMENTS(maintain_formats);
    if (!maintain_go_back_end(instance->path, maintain_formats, n, error) ||
        !maintain_keep_before_upgrade(instance->path, maintain_formats, n,
                                      (guint)instance->config->upgrade_copies, error))
        return FALSE;
    g_autofree char *mail = instance_file(instance, "mail.db");
    g_autofree char *admin = instance_file(instance, "admin.db");
    g_autofree char *blobs = instance_file(instance, "blob");
    if ((instance->mail = db_open(mail, &store_schema, DB_OPEN_CREATE, error)) == NULL ||
        (instance->admin = db_open(admin, &directory_schema, DB_OPEN_CREATE, error)) == NULL ||
        (instance->blobs = blob_store_open(blobs, instance->mail, error)) == NULL ||
        (instance->store = store_open(instance->mail, instance->blobs, error)) == NULL)
        return FALSE;
    instance->directory = directory_open(instance->admin, instance->config->domain, error);
    if (instance->directory == NULL)
        return FALSE;
    g_autofree char *seal = instance_file(instance, "seal.key");
    seal_load(seal, instance->directory);
    instance->search = open_search(instance);
    instance->delivery = delivery_new(instance->store);
    delivery_set_regulation(instance->delivery, instance->regulation);
    delivery_set_directory(instance->delivery, instance->directory);
    store_set_judge(instance->store, secrets_judge, instance);
    store_set_receptions(instance->store,
                         instance->config->retention_receptions * 86400 * G_USEC_PER_SEC);
    return TRUE;
}

static Instance *open_from(const char *path, int lock_fd, GError **error) {
    g_autoptr(Instance) instance = g_new0(Instance, 1);
    instance->lock_fd = lock_fd;
    instance->path = g_canonicalize_filename(path, NULL);
    g_mutex_init(&instance->regulation_lock);
    if (!load_settings(instance, error) ||
        (lock_fd < 0 && (instance->lock_fd = instance_lock(instance->path, error)) < 0) ||
        !open_databases(instance, error))
        return NULL;
    incidents_address(instance);
    if (!instance_apply_pending(instance, error) ||
        !request_keep(instance->directory, instance->regulation, error))
        return NULL;
    return g_steal_pointer(&instance);
}

Instance *instance_open(const char *path, GError **error) {
    return open_from(path, -1, error);
}

Instance *instance_open_locked(const char *path, int lock_fd, GError **error) {
    return open_from(path, lock_fd, error);
}

void instance_settle(Instance *instance) {
    if (instance->mail != NULL)
        db_settle(instance->mail);
    if (instance->admin != NULL)
        db_settle(instance->admin);
}

void instance_close(Instance *instance) {
    if (instance == NULL)
        return;
    indexer_stop(instance->indexer);
    instance_settle(instance);
    auth_free(instance->auth);
    stops_free(instance->stops);
    if (instance->incidents != NULL)
        g_thread_pool_free(instance->incidents, FALSE, TRUE);
    delivery_free(instance->delivery);
    directory_close(instance->directory);
    search_close(instance->search);
    store_close(instance->store);
    blob_store_close(instance->blobs);
    db_close(instance->admin);
    db_close(instance->mail);
    g_clear_pointer(&instance->regulation, regulation_unref);
    config_free(instance->config);
    if (instance->lock_fd >= 0)
        close(instance->lock_fd);
    g_mutex_clear(&instance->regulation_lock);
    g_free(instance->path);
    g_free(instance);
}

Regulation *instance_regulation(Instance *instance) {
    g_mutex_lock(&instance->regulation_lock);
    Regulation *regulation = regulation_ref(instance->regulation);
    g_mutex_unlock(&instance->regulation_lock);
    return regulation;
}

gboolean instance_reload(Instance *instance, GError **error) {
    g_autofree char *path = instance_file(instance, "congvu.conf");
    g_autoptr(Config) config = config_load(path, error);
    if (config == NULL)
        return FALSE;
    Regulation *regulation = load_regulation(instance, config, error);
    if (regulation == NULL)
        return FALSE;
    g_mutex_lock(&instance->regulation_lock);
    Regulation *before = instance->regulation;
    instance->regulation = regulation;
    g_mutex_unlock(&instance->regulation_lock);
    delivery_set_regulation(instance->delivery, regulation);
    regulation_unref(before);
    incidents_address(instance);
    /* The calendar may be another one. */
    return request_keep(instance->directory, regulation, error);
}

/* A server that is never started takes the pair as the running one would. */
static gboolean check_certificate(const Instance *probe, GError **error) {
    g_autofree char *certificate = instance_file(probe, probe->config->certificate);
    g_autofree char *key = instance_file(probe, probe->config->key);
    const NetOptions options = {.workers = 1, .session_maximum = 1, .session_maximum_address = 1};
    NetServer *server = net_server_new(&options, error);
    gboolean ok = server != NULL && net_server_set_certificate(server, certificate, key, error);
    net_server_free(server);
    return ok;
}

static gboolean check_surroundings(const Instance *probe, GError **error) {
    const Config *config = probe->config;
    if (*config->user != '\0' && getpwnam(config->user) == NULL)
        return cv_fail(
            error, CV_ERROR_INPUT,
            "congvu.conf: không có người dùng \"%s\" trên máy này; there is no user \"%s\" "
            "here: make it, or change \"user\"",
            config->user, config->user);
    g_autofree char *log = instance_file(probe, config->log);
    g_autofree char *folder = g_path_get_dirname(log);
    if (*config->log != '\0' && !g_file_test(folder, G_FILE_TEST_IS_DIR))
        return cv_fail(
            error, CV_ERROR_INPUT,
            "congvu.conf: không có thư mục %s cho tệp nhật ký; there is no folder %s for "
            "the log file: make it, or change \"log.file\"",
            folder, folder);
    return check_certificate(probe, error);
}

gboolean instance_check(const char *path, GError **error) {
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    Instance probe = {.path = absolute, .lock_fd = -1};
    gboolean ok = load_settings(&probe, error) && check_surroundings(&probe, error);
    g_clear_pointer(&probe.regulation, regulation_unref);
    config_free(probe.config);
    return ok;
}

Regulation *instance_look(const char *path) {
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    Instance probe = {.path = absolute, .lock_fd = -1};
    load_settings(&probe, NULL);
    config_free(probe.config);
    return probe.regulation;
}

/* ---- A new installation ---- */

/* What "made" means for a file or folder: its name is on stable storage too. */
static gboolean flush_folder_of(const char *path, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean flushed = fd >= 0 && fsync(fd) == 0;
    if (!flushed)
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot flush the folder %s", folder);
    if (fd >= 0)
        close(fd);
    return flushed;
}

static gboolean make_certificate(const Instance *instance, const Config *config, GError **error) {
    g_autofree char *certificate = instance_file(instance, config->certificate);
    g_autofree char *key = instance_file(instance, config->key);
    g_autofree char *folder = g_path_get_dirname(certificate);
    if (g_file_test(certificate, G_FILE_TEST_EXISTS))
        return TRUE;
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make %s", folder);
    const char *names[] = {config->hostname, "localhost", NULL};
    return net_make_certificate(certificate, key, names, error) &&
           flush_folder_of(certificate, error) && flush_folder_of(key, error) &&
           flush_folder_of(folder, error);
}

static gboolean write_settings(const Instance *instance, const char *domain, const char *regulation,
                               gint64 port_offset, GError **error) {
    g_autofree char *path = instance_file(instance, "congvu.conf");
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return cv_fail(error, CV_ERROR_EXISTS,
                       "%s exists: there is an installation already; choose another directory",
                       path);
    g_auto(Buffer) out;
    buffer_init(&out, CONFIG_FILE_MAX);
    g_autofree char *lower = g_ascii_strdown(domain, -1);
    config_write_new(&out, lower, regulation, port_offset);
    g_autoptr(GError) writing = NULL;
    if (!g_file_set_contents_full(path, (const char *)buffer_bytes(&out).p, (gssize)out.n,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0640, &writing))
        return cv_fail(error, CV_ERROR_STORAGE, "%s", writing->message);
    return TRUE;
}

gboolean instance_create(const char *path, const char *domain, const char *regulation,
                         gint64 port_offset, GError **error) {
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    if (g_mkdir_with_parents(absolute, 0750) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make the directory %s", absolute);
    Instance planned = {.path = absolute, .lock_fd = -1};
    /* A regulation given as a path keeps meaning the same file from any working directory. */
    g_autofree char *named = NULL;
    if (regulation == NULL)
        named = g_strdup("bacninh-06-2022");
    else if (g_file_test(regulation, G_FILE_TEST_IS_REGULAR))
        named = g_canonicalize_filename(regulation, NULL);
    else
        named = g_strdup(regulation);
    if (!write_settings(&planned, domain, named, port_offset, error))
        return FALSE;
    g_autofree char *file = instance_file(&planned, "congvu.conf");
    g_autoptr(Config) config = config_load(file, error);
    g_autoptr(Instance) opened = NULL;
    if (config == NULL || !make_certificate(&planned, config, error) ||
        (opened = instance_open(absolute, error)) == NULL || !flush_folder_of(absolute, error)) {
        g_unlink(file); /* nothing half-made that a second try would stumble over */
        return FALSE;
    }
    return TRUE;
}
