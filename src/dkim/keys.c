/* The folder of keys; see dkim.h. */
#include "dkim/dkim.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum { RECORD_MOST = 8192, SELECTOR_MOST = 63, NAMESAKES = 26 };

static const struct {
    const char *suffix;
    DkimKeyState state;
} states[] = {
    /* the longer ones first: ".pem" ends all of them */
    {".new.pem", DKIM_KEY_NEW},
    {".old.pem", DKIM_KEY_OLD},
    {".pem", DKIM_KEY_IN_USE},
};

static void key_free(gpointer data) {
    DkimKey *key = data;
    g_free(key->selector);
    g_free(key->record);
    g_free(key);
}

static char *path_of(const char *folder, const char *selector, DkimKeyState state) {
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if (states[i].state != state)
            continue;
        g_autofree char *name = g_strconcat(selector, states[i].suffix, NULL);
        return g_build_filename(folder, name, NULL);
    }
    return NULL;
}

static char *record_of(const CryptoKey *key) {
    g_auto(Buffer) raw;
    buffer_init(&raw, RECORD_MOST);
    if (!crypto_key_public(key, &raw))
        return g_strdup("");
    Bytes bytes = buffer_bytes(&raw);
    g_autofree char *text = g_base64_encode(bytes.p, bytes.n);
    return g_strdup_printf("v=DKIM1; k=%s; p=%s",
                           crypto_key_kind(key) == CRYPTO_KEY_RSA ? "rsa" : "ed25519", text);
}

static DkimKey *read_key(const char *folder, const char *name, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if (!g_str_has_suffix(name, states[i].suffix))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(CryptoKey) pair = crypto_key_load(path, error);
        if (pair == NULL)
            return NULL;
        DkimKey *key = g_new0(DkimKey, 1);
        key->selector = g_strndup(name, strlen(name) - strlen(states[i].suffix));
        key->state = states[i].state;
        key->kind = crypto_key_kind(pair);
        key->record = record_of(pair);
        return key;
    }
    return NULL;
}

static gint by_selector(gconstpointer a, gconstpointer b) {
    const DkimKey *const *one = a, *const *other = b;
    return strcmp((*one)->selector, (*other)->selector);
}

GPtrArray *dkim_keys(const char *folder, GError **error) {
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(key_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        GError *why = NULL;
        DkimKey *key = read_key(folder, name, &why);
        if (why != NULL) {
            g_propagate_error(error, why);
            return NULL;
        }
        if (key != NULL)
            g_ptr_array_add(keys, key);
    }
    g_ptr_array_sort(keys, by_selector);
    return g_steal_pointer(&keys);
}

/* ---- Changing ---- */

/* A rename or a new name is only kept when the folder is. */
static gboolean flush_folder(const char *folder, GError **error) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean good = fd >= 0 && fsync(fd) == 0;
    if (!good)
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot flush %s", folder);
    if (fd >= 0)
        close(fd);
    return good;
}

static gboolean is_taken(const GPtrArray *keys, const char *selector) {
    for (guint i = 0; i < keys->len; i++)
        if (g_str_equal(((DkimKey *)keys->pdata[i])->selector, selector))
            return TRUE;
    return FALSE;
}

/* "20261125", or with a letter behind it; both keys of a pair share it. */
static char *free_name(const GPtrArray *keys) {
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now() / CLOCK_SECOND + 7 * 3600);
    g_autofree char *day = g_date_time_format(now, "%Y%m%d");
    for (guint i = 0; i <= NAMESAKES; i++) {
        char letter[2] = {i == 0 ? '\0' : (char)('a' + i - 1), '\0'};
        g_autofree char *name = g_strconcat(day, letter, NULL);
        g_autofree char *rsa = g_strconcat("rsa", name, NULL);
        g_autofree char *ed = g_strconcat("ed", name, NULL);
        if (!is_taken(keys, rsa) && !is_taken(keys, ed))
            return g_steal_pointer(&name);
    }
    return NULL;
}

static gboolean create_one(const char *folder, const char *prefix, const char *name,
                           CryptoKeyKind kind, GError **error) {
    g_autofree char *selector = g_strconcat(prefix, name, NULL);
    g_autofree char *path = path_of(folder, selector, DKIM_KEY_NEW);
    g_autoptr(CryptoKey) key = crypto_key_make(kind, error);
    return key != NULL && crypto_key_save(key, path, error);
}

gboolean dkim_keys_create(const char *folder, GError **error) {
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make %s", folder);
    g_autoptr(GPtrArray) keys = dkim_keys(folder, error);
    if (keys == NULL)
        return FALSE;
    g_autofree char *name = free_name(keys);
    if (name == NULL)
        return cv_fail(error, CV_ERROR_LIMIT, "too many keys were made today; use or remove them");
    return create_one(folder, "rsa", name, CRYPTO_KEY_RSA, error) &&
           create_one(folder, "ed", name, CRYPTO_KEY_ED25519, error) && flush_folder(folder, error);
}

static gboolean move(const char *folder, const DkimKey *key, DkimKeyState to, GError **error) {
    g_autofree char *from_path = path_of(folder, key->selector, key->state);
    g_autofree char *to_path = path_of(folder, key->selector, to);
    return g_rename(from_path, to_path) == 0 ||
           cv_fail_errno(error, CV_ERROR_STORAGE, "cannot rename %s", from_path);
}

static gboolean move_all(const char *folder, const GPtrArray *keys, DkimKeyState from,
                         DkimKeyState to, GError **error) {
    for (guint i = 0; i < keys->len; i++) {
        const DkimKey *key = keys->pdata[i];
        if (key->state == from && !move(folder, key, to, error))
            return FALSE;
    }
    return TRUE;
}

gboolean dkim_keys_use(const char *folder, GError **error) {
    g_autoptr(GPtrArray) keys = dkim_keys(folder, error);
    if (keys == NULL)
        return FALSE;
    gboolean any = FALSE;
    for (guint i = 0; i < keys->len; i++)
        any |= ((DkimKey *)keys->pdata[i])->state == DKIM_KEY_NEW;
    if (!any)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "there is no new key; make one with `congvu dkim create`");
    /* The new ones first: a crash in between leaves more signatures than needed, not fewer. */
    return move_all(folder, keys, DKIM_KEY_NEW, DKIM_KEY_IN_USE, error) &&
           move_all(folder, keys, DKIM_KEY_IN_USE, DKIM_KEY_OLD, error) &&
           flush_folder(folder, error);
}

gboolean dkim_key_remove(const char *folder, const char *selector, GError **error) {
    g_autoptr(GPtrArray) keys = dkim_keys(folder, error);
    if (keys == NULL)
        return FALSE;
    for (guint i = 0; i < keys->len; i++) {
        const DkimKey *key = keys->pdata[i];
        if (!g_str_equal(key->selector, selector))
            continue;
        if (key->state == DKIM_KEY_IN_USE)
            return cv_fail(error, CV_ERROR_REFUSED,
                           "the key %s is in use; let newer ones take its place first", selector);
        g_autofree char *path = path_of(folder, selector, key->state);
        if (g_unlink(path) != 0)
            return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot remove %s", path);
        return flush_folder(folder, error);
    }
    return cv_fail(error, CV_ERROR_NOT_FOUND, "there is no key %s", selector);
}
