/* Files that a command makes: the command gives their content, the operator's process writes them
 * where --to says. So a document lands with the operator's rights and umask, in the operator's
 * folder, whether the command ran here or inside the server. */
#include "cli/cli.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_free(gpointer data) {
    CliFile *file = data;
    g_free(file->name);
    g_bytes_unref(file->content);
    g_free(file);
}

GPtrArray *cli_files_new(void) {
    return g_ptr_array_new_with_free_func(file_free);
}

void cli_files_add(GPtrArray *files, const char *name, gboolean secret, GBytes *content) {
    CliFile *file = g_new0(CliFile, 1);
    file->name = g_strdup(name);
    file->secret = secret;
    file->content = g_bytes_ref(content);
    g_ptr_array_add(files, file);
}

void cli_give(CliCall *call, const char *name, gboolean secret, GBytes *content) {
    cli_files_add(call->files, name, secret, content);
}

/* Whole or not at all: beside it, flushed, renamed. */
static gboolean write_file(const char *path, const CliFile *file, GError **error) {
    gsize n;
    const char *p = g_bytes_get_data(file->content, &n);
    if (n > G_MAXSSIZE)
        return cv_fail(error, CV_ERROR_LIMIT, "%s: tệp quá lớn; the file is too large", path);
    g_autoptr(GError) why = NULL;
    if (g_file_set_contents_full(path, p, (gssize)n,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                 file->secret ? 0600 : 0666, &why))
        return TRUE;
    return cv_fail(
        error, CV_ERROR_STORAGE,
        "không ghi được tệp %s: %s; the file could not be written: the command itself was "
        "carried out, repeat it with another --to",
        path, why->message);
}

static gboolean write_stdout(const CliFile *file, GError **error) {
    gsize n;
    const void *p = g_bytes_get_data(file->content, &n);
    if (fwrite(p, 1, n, stdout) == n && fflush(stdout) == 0)
        return TRUE;
    return cv_fail_errno(error, CV_ERROR_STORAGE,
                         "không ghi được ra đầu ra chuẩn; standard output could not be written");
}

/* A name is one of ours, but it came over a socket: it stays inside of the folder. */
static gboolean is_plain_name(const char *name) {
    return *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
}

gboolean cli_files_write(const GPtrArray *files, const char *to, GError **error) {
    gboolean folder = files->len > 0 && ((const CliFile *)files->pdata[0])->name != NULL;
    if (folder && g_mkdir_with_parents(to, 0777) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE,
                             "không tạo được thư mục %s; the folder could not be made", to);
    for (guint i = 0; i < files->len; i++) {
        const CliFile *file = files->pdata[i];
        gboolean good = FALSE;
        if (folder) {
            if (file->name == NULL || !is_plain_name(file->name))
                return cv_fail(error, CV_ERROR_INTERNAL, "tên tệp lạ; a strange name of a file");
            g_autofree char *path = g_build_filename(to, file->name, NULL);
            good = write_file(path, file, error);
        } else {
            good = g_str_equal(to, "-") ? write_stdout(file, error) : write_file(to, file, error);
        }
        if (!good)
            return FALSE;
    }
    return TRUE;
}
