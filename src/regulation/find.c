/* Where a shipped regulation lies: the same program works from a build folder, from a folder it was
 * copied to together with regulations/, and installed. */
#include "regulation/regulation.h"

#ifndef CONGVU_DATADIR
#error "CONGVU_DATADIR comes from meson.build"
#endif

/* The file in this folder's regulations/, or NULL. */
static char *look_in(const char *folder, const char *file) {
    g_autofree char *path = g_build_filename(folder, "regulations", file, NULL);
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path) : NULL;
}

/* From the executable's folder upwards. */
static char *look_above_executable(const char *file) {
    g_autofree char *executable = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = executable == NULL ? NULL : g_path_get_dirname(executable);
    while (folder != NULL) {
        char *found = look_in(folder, file);
        if (found != NULL)
            return found;
        char *parent = g_path_get_dirname(folder);
        if (strcmp(parent, folder) == 0) {
            g_free(parent);
            return NULL;
        }
        g_free(folder);
        folder = parent;
    }
    return NULL;
}

char *regulation_find(const char *name, GError **error) {
    if (name == NULL || name[0] == 0)
        name = REGULATION_DEFAULT;
    if (g_file_test(name, G_FILE_TEST_IS_REGULAR))
        return g_strdup(name);
    char *found = NULL;
    const char *share = g_getenv("CONGVU_SHARE");
    if (strchr(name, '/') == NULL) {
        g_autofree char *file =
            g_str_has_suffix(name, ".conf") ? g_strdup(name) : g_strconcat(name, ".conf", NULL);
        if (share != NULL)
            found = look_in(share, file);
        if (found == NULL)
            found = look_above_executable(file);
        if (found == NULL)
            found = look_in(CONGVU_DATADIR, file);
    }
    if (found == NULL)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "there is no regulation %s: not a file, not in $CONGVU_SHARE/regulations, not in "
                "regulations/ beside or above the program, not in " CONGVU_DATADIR "/regulations",
                name);
    return found;
}
