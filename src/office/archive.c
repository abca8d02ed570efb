#include "office/archive.h"

#include "office/pack.h"
#include "text/fold.h"

enum { NAME_CHARACTERS = 80 };

static void part_clear(gpointer data) {
    office_text_free(((OfficePart *)data)->text);
}

GBytes *archive_make(const ArchiveFile *files, guint count, GError **error) {
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(OfficePart));
    g_array_set_clear_func(parts, part_clear);
    gsize all = 0;
    for (guint i = 0; i < count; i++) {
        gsize n;
        const char *p = g_bytes_get_data(files[i].content, &n);
        all += n;
        if (all > ARCHIVE_BYTES) {
            cv_fail(error, CV_ERROR_LIMIT,
                    "các tệp lớn hơn %d MB; the files together are larger than %d MB",
                    ARCHIVE_BYTES >> 20, ARCHIVE_BYTES >> 20);
            return NULL;
        }
        OfficePart part = {files[i].name, g_string_new_len(p, (gssize)n)};
        g_array_append_val(parts, part);
    }
    return office_pack((const OfficePart *)(gpointer)parts->data, count, error);
}

char *archive_name(const char *text) {
    g_autofree char *clean = text_printable(bytes_of_string(text));
    g_strdelimit(clean, "/\\:*?\"<>|\t\n", '_');
    glong n = g_utf8_strlen(clean, -1);
    char *cut = g_utf8_substring(clean, MAX(n - NAME_CHARACTERS, 0), n);
    for (char *p = cut; *p == '.' || *p == ' '; p++)
        *p = '_';
    if (*cut != '\0')
        return cut;
    g_free(cut);
    return g_strdup("tep");
}
