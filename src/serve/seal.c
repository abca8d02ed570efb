/* DIR/seal.key: the key of the registry's sealed columns, 64 hexadecimal digits. It is made with
 * the installation and copied by every backup. Without it mail goes on and the sealed columns do
 * not; it is never made anew over what another key sealed. */
#include "serve/seal.h"

#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

static gboolean read_key(const char *path, guint8 key[CRYPTO_SEAL_KEY_BYTES], GError **error) {
    g_autofree char *text = NULL;
    gsize n = 0;
    g_autoptr(GError) reading = NULL;
    if (!g_file_get_contents(path, &text, &n, &reading))
        return cv_fail(error, CV_ERROR_STORAGE, "%s", reading->message);
    gboolean whole = n >= 2 * CRYPTO_SEAL_KEY_BYTES && *g_strchomp(text) != '\0' &&
                     strlen(text) == 2 * CRYPTO_SEAL_KEY_BYTES;
    for (gsize i = 0; whole && i < CRYPTO_SEAL_KEY_BYTES; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
        whole = high >= 0 && low >= 0;
        key[i] = (guint8)(high * 16 + low);
    }
    crypto_wipe(text, n);
    return whole || cv_fail(error, CV_ERROR_CORRUPT,
                            "%s does not hold a key of 64 hexadecimal digits: bring it back from a "
                            "backup",
                            path);
}

static gboolean make_key(const char *path, GError **error) {
    g_autofree char *digits = crypto_random_hex(CRYPTO_SEAL_KEY_BYTES);
    g_autofree char *line = g_strconcat(digits, "\n", NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GError) writing = NULL;
    struct stat st;
    if (!g_file_set_contents_full(path, line, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, &writing))
        return cv_fail(error, CV_ERROR_STORAGE, "%s", writing->message);
    /* What root makes, the owner of the directory must be able to read tomorrow. */
    return geteuid() != 0 || (stat(folder, &st) == 0 && chown(path, st.st_uid, st.st_gid) == 0) ||
           cv_fail_errno(error, CV_ERROR_STORAGE, "cannot give %s to the owner of %s", path,
                         folder);
}

static gboolean load(const char *path, Directory *directory, GError **error) {
    guint8 key[CRYPTO_SEAL_KEY_BYTES];
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        gboolean sealed = FALSE;
        if (!directory_has_sealed(directory, &sealed, error))
            return FALSE;
        if (sealed)
            return cv_fail(error, CV_ERROR_CORRUPT,
                           "%s is missing, and birth dates and identity numbers are sealed with "
                           "it: bring it back from a backup",
                           path);
        if (!make_key(path, error))
            return FALSE;
    }
    if (!read_key(path, key, error))
        return FALSE;
    directory_set_seal(directory, key);
    crypto_wipe(key, sizeof key);
    return TRUE;
}

void seal_load(const char *path, Directory *directory) {
    g_autoptr(GError) error = NULL;
    if (!load(path, directory, &error))
        log_event(LOG_LEVEL_ERROR, "seal.unusable", "error", error->message, NULL);
}
