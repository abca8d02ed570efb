/* See import.h. */
#include "cli/import.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

StoreUse import_use_of_name(const char *name) {
    static const struct {
        const char *name;
        StoreUse use;
    } names[] = {
        {"sent", STORE_USE_SENT},           {"sent items", STORE_USE_SENT},
        {"sent mail", STORE_USE_SENT},      {"sent messages", STORE_USE_SENT},
        {"sent-mail", STORE_USE_SENT},      {"thư đã gửi", STORE_USE_SENT},
        {"đã gửi", STORE_USE_SENT},         {"mục đã gửi", STORE_USE_SENT},
        {"drafts", STORE_USE_DRAFTS},       {"draft", STORE_USE_DRAFTS},
        {"thư nháp", STORE_USE_DRAFTS},     {"nháp", STORE_USE_DRAFTS},
        {"bản nháp", STORE_USE_DRAFTS},     {"trash", STORE_USE_TRASH},
        {"deleted items", STORE_USE_TRASH}, {"deleted messages", STORE_USE_TRASH},
        {"deleted", STORE_USE_TRASH},       {"thùng rác", STORE_USE_TRASH},
        {"đã xóa", STORE_USE_TRASH},        {"đã xoá", STORE_USE_TRASH},
        {"mục đã xóa", STORE_USE_TRASH},    {"junk", STORE_USE_JUNK},
        {"junk e-mail", STORE_USE_JUNK},    {"junk email", STORE_USE_JUNK},
        {"junk mail", STORE_USE_JUNK},      {"bulk mail", STORE_USE_JUNK},
        {"spam", STORE_USE_JUNK},           {"thư rác", STORE_USE_JUNK},
        {"archive", STORE_USE_ARCHIVE},     {"archives", STORE_USE_ARCHIVE},
        {"lưu trữ", STORE_USE_ARCHIVE},
    };
    g_autofree char *composed = g_utf8_normalize(name, -1, G_NORMALIZE_NFC);
    g_autofree char *lower = composed == NULL ? g_strdup("") : g_utf8_strdown(composed, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(lower, names[i].name))
            return names[i].use;
    return STORE_USE_NONE;
}

static gboolean read_all(int fd, const char *name, gsize most, Buffer *out, GError **error) {
    enum { PIECE = 64 * 1024 };
    gsize before = out->n;
    for (;;) {
        guint8 *to = buffer_reserve(out, MIN(PIECE, most - (out->n - before) + 1));
        if (to == NULL || out->n - before > most)
            return cv_fail(error, CV_ERROR_LIMIT, "tệp %s lớn quá; it is larger than %zu bytes",
                           name, most);
        gssize n = read(fd, to, MIN(PIECE, most - (out->n - before) + 1));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cv_fail_errno(error, CV_ERROR_STORAGE, "không đọc được tệp; cannot read %s",
                                 name);
        if (n == 0)
            return TRUE;
        buffer_commit(out, (gsize)n);
    }
}

gboolean import_read_file(int folder, const char *name, gsize most, Buffer *out, GError **error) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return cv_fail_errno(error, errno == ENOENT ? CV_ERROR_NOT_FOUND : CV_ERROR_STORAGE,
                             "không mở được tệp; cannot open %s", name);
    gboolean good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
                        ? read_all(fd, name, most, out, error)
                        : cv_fail(error, CV_ERROR_INPUT, "không phải tệp; %s is no file", name);
    close(fd);
    return good;
}

GPtrArray *import_read_listing(const char *folder, GError **error) {
    g_autofree char *path = g_build_filename(folder, LISTING_FILE, NULL);
    g_auto(Buffer) text;
    buffer_init(&text, LISTING_BYTES + 2);
    g_autoptr(GError) failed = NULL;
    if (import_read_file(AT_FDCWD, path, LISTING_BYTES, &text, &failed))
        return listing_read(buffer_bytes(&text), error);
    if (!cv_error_is(failed, CV_ERROR_NOT_FOUND))
        g_propagate_error(error, g_steal_pointer(&failed));
    return NULL;
}
