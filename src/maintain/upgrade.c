/* What the databases were before a newer program brought them to its format, and the way back. See
 * maintain.h.
 *
 * The way back is a folder `going-back` in the data directory. While it is made it has another name
 * and means nothing; from the moment that it has this one, each start finishes what was begun: file
 * by file the present one goes into it and the former one out of it, so that a stop anywhere loses
 * neither. */
#include "maintain/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "maintain/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOING    "going-back"
#define REPLACED "replaced"

/* What root makes belongs to whom the folder around it belongs to. */
static gboolean give_away(const char *path, GError **error) {
    g_autofree char *around = g_path_get_dirname(path);
    struct stat st;
    return geteuid() != 0 || (stat(around, &st) == 0 && lchown(path, st.st_uid, st.st_gid) == 0) ||
           cv_fail_errno(error, CV_ERROR_STORAGE, "cannot give %s to the server's user", path);
}

static gboolean make_folder(const char *path, GError **error) {
    return (mkdir(path, 0700) == 0 || errno == EEXIST ||
            cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make the folder %s", path)) &&
           give_away(path, error);
}

static gboolean move(const char *from, const char *to, GError **error) {
    return rename(from, to) == 0 ||
           cv_fail_errno(error, CV_ERROR_STORAGE, "cannot move %s to %s", from, to);
}

static gint64 size_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (gint64)st.st_size : 0;
}

/* ---- Copying a database that nobody has open ---- */

/* The same blocks under a second name, where the file system can (btrfs, XFS): at once, and it
 * takes no room. */
static gboolean clone_file(const char *from, const char *to) {
    int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    gboolean cloned = out >= 0 && ioctl(out, FICLONE, in) == 0;
    if (in >= 0)
        close(in);
    if (out >= 0) {
        close(out);
        if (!cloned)
            unlink(to);
    }
    return cloned;
}

static gboolean copy_one(const char *from, const char *to, GError **error) {
    if (clone_file(from, to))
        return TRUE;
    g_autofree char *folder = g_path_get_dirname(to);
    gint64 wanted = size_of(from), room = maintain_disk_available(folder);
    if (room >= 0 && room < wanted)
        return cv_fail(
            error, CV_ERROR_BUSY,
            "không đủ chỗ để giữ bản sao của %s trước khi nâng cấp: cần %" G_GINT64_FORMAT
            " MiB, còn %" G_GINT64_FORMAT
            " MiB; no room for a copy of it before the upgrade: make some, or set "
            "upgrade.copies to 0 after a backup",
            from, wanted >> 20, room >> 20);
    guint64 size;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    return maintain_copy_file(from, to, &size, hash, error);
}

/* Copies what is there of the databases from one folder to another. */
static gboolean copy_databases(const char *from, const char *to, const MaintainFormat *formats,
                               guint n, GError **error) {
    int fd = maintain_open_folder(to, error);
    if (fd < 0)
        return FALSE;
    for (guint i = 0; i < n; i++) {
        g_autofree char *one = g_build_filename(from, formats[i].name, NULL);
        g_autofree char *two = g_build_filename(to, formats[i].name, NULL);
        if (access(one, F_OK) == 0 && !(copy_one(one, two, error) && give_away(two, error))) {
            close(fd);
            return FALSE;
        }
    }
    return maintain_flush_all(fd, to, error);
}

/* ---- Before an upgrade ---- */

static gint by_name(gconstpointer a, gconstpointer b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *maintain_upgrade_copies(const char *directory) {
    g_autofree char *folder = g_build_filename(directory, MAINTAIN_COPIES, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        if (!g_str_has_suffix(name, ".part"))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static void remove_oldest(const char *directory, guint keep) {
    g_autoptr(GPtrArray) names = maintain_upgrade_copies(directory);
    for (guint i = 0; i + keep < names->len; i++) {
        g_autofree char *path =
            g_build_filename(directory, MAINTAIN_COPIES, g_ptr_array_index(names, i), NULL);
        maintain_remove_tree(path);
    }
}

/* "20261125T201500Z-mail12-admin30"; NULL: nothing has an older format. */
static char *name_of_copy(const char *directory, const MaintainFormat *formats, guint n,
                          GError **error) {
    gboolean older = FALSE;
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now() / CLOCK_SECOND);
    g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    g_autoptr(GString) name = g_string_new(time);
    for (guint i = 0; i < n; i++) {
        g_autofree char *path = g_build_filename(directory, formats[i].name, NULL);
        gint64 version;
        if (!db_version(path, formats[i].schema, &version, error))
            return NULL;
        older |= version > 0 && version < (gint64)formats[i].schema->count;
        g_string_append_printf(name, "-%s%" G_GINT64_FORMAT, formats[i].schema->name,
                               MAX(version, 0));
    }
    return older ? g_string_free(g_steal_pointer(&name), FALSE) : NULL;
}

gboolean maintain_keep_before_upgrade(const char *directory, const MaintainFormat *formats, guint n,
                                      guint keep, GError **error) {
    g_autoptr(GError) failed = NULL;
    g_autofree char *name = keep == 0 ? NULL : name_of_copy(directory, formats, n, &failed);
    if (failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    if (name == NULL)
        return TRUE;
    g_autofree char *folder = g_build_filename(directory, MAINTAIN_COPIES, NULL);
    g_autofree char *target = g_build_filename(folder, name, NULL);
    g_autofree char *part = g_strconcat(target, ".part", NULL);
    gint64 began = clock_monotonic();
    if (!make_folder(folder, error) || !make_folder(part, error))
        return FALSE;
    if (!copy_databases(directory, part, formats, n, error) || !move(part, target, error)) {
        maintain_remove_tree(part);
        return FALSE;
    }
    if (!maintain_flush_folder(folder, error) || !maintain_flush_folder(directory, error))
        return FALSE;
    log_event(LOG_LEVEL_INFO, "upgrade.copied", "folder", target, "ms",
              log_number((clock_monotonic() - began) / 1000), NULL);
    remove_oldest(directory, keep);
    return TRUE;
}

/* ---- The way back ---- */

static gboolean fits(const char *path, const DbSchema *schema, GError **error) {
    gint64 version;
    if (!db_version(path, schema, &version, error))
        return FALSE;
    return version == (gint64)schema->count ||
           cv_fail(error, CV_ERROR_INPUT,
                   "%s có định dạng %" G_GINT64_FORMAT
                   ", chương trình này dùng định dạng %u; it has another format than this program: "
                   "go back with the program that ran before the upgrade",
                   path, version, schema->count);
}

static gboolean prepare(const char *directory, const char *copy, const char *part,
                        const MaintainFormat *formats, guint n, RestoreFinish finish,
                        gpointer finish_data, GError **error) {
    g_autofree char *replaced = g_build_filename(part, REPLACED, NULL);
    if (!make_folder(part, error) || !make_folder(replaced, error) ||
        !copy_databases(copy, part, formats, n, error))
        return FALSE;
    for (guint i = 0; i < n; i++) {
        g_autofree char *path = g_build_filename(part, formats[i].name, NULL);
        g_autofree char *present = g_build_filename(directory, formats[i].name, NULL);
        gint64 version; /* what lies in its log goes into the file that is put aside */
        if (!fits(path, formats[i].schema, error) ||
            !db_version(present, formats[i].schema, &version, error))
            return FALSE;
    }
    if (finish != NULL && !finish(part, finish_data, error))
        return FALSE;
    int fd = maintain_open_folder(part, error);
    return fd >= 0 && maintain_flush_all(fd, part, error);
}

static gboolean exchange(const char *directory, const char *name, GError **error) {
    g_autofree char *present = g_build_filename(directory, name, NULL);
    g_autofree char *former = g_build_filename(directory, GOING, name, NULL);
    g_autofree char *aside = g_build_filename(directory, GOING, REPLACED, name, NULL);
    if (access(former, F_OK) != 0)
        return TRUE; /* done before a stop */
    return (access(present, F_OK) != 0 || move(present, aside, error)) &&
           move(former, present, error);
}

gboolean maintain_go_back_end(const char *directory, const MaintainFormat *formats, guint n,
                              GError **error) {
    g_autofree char *going = g_build_filename(directory, GOING, NULL);
    g_autofree char *replaced = g_build_filename(going, REPLACED, NULL);
    g_autofree char *copies = g_build_filename(directory, MAINTAIN_COPIES, NULL);
    if (access(going, F_OK) != 0)
        return TRUE;
    /* The index knows messages by numbers that other messages will get. */
    static const char *const indexes[] = {"search.db", "search.db-wal", "search.db-shm"};
    for (gsize i = 0; i < G_N_ELEMENTS(indexes); i++) {
        g_autofree char *path = g_build_filename(directory, indexes[i], NULL);
        g_unlink(path);
    }
    for (guint i = 0; i < n; i++)
        if (!exchange(directory, formats[i].name, error))
            return FALSE;
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now() / CLOCK_SECOND);
    g_autofree char *name = g_date_time_format(now, "%Y%m%dT%H%M%SZ-" REPLACED);
    g_autofree char *target = g_build_filename(copies, name, NULL);
    if (!maintain_flush_folder(directory, error) ||
        (access(replaced, F_OK) == 0 && !move(replaced, target, error)))
        return FALSE;
    maintain_remove_tree(going);
    log_event(LOG_LEVEL_WARNING, "upgrade.undone", "replaced", target, NULL);
    return maintain_flush_folder(copies, error) && maintain_flush_folder(directory, error);
}

gboolean maintain_go_back_files(const char *directory, const char *name,
                                const MaintainFormat *formats, guint n, RestoreFinish finish,
                                gpointer finish_data, GError **error) {
    g_autofree char *copy = g_build_filename(directory, MAINTAIN_COPIES, name, NULL);
    g_autofree char *going = g_build_filename(directory, GOING, NULL);
    g_autofree char *part = g_strconcat(going, ".part", NULL);
    if (strchr(name, '/') != NULL || name[0] == '.' || access(copy, F_OK) != 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có bản sao %s; there is no copy of this name: `congvu upgrade list` "
                       "names them",
                       name);
    maintain_remove_tree(part); /* of an attempt that was stopped */
    if (!prepare(directory, copy, part, formats, n, finish, finish_data, error)) {
        maintain_remove_tree(part);
        return FALSE;
    }
    return move(part, going, error) && maintain_flush_folder(directory, error) &&
           maintain_go_back_end(directory, formats, n, error);
}
