/* Packages are written whole in memory: a letter is small. */
#include "office/pack.h"

#include "base/crypto.h"
#include "text/fold.h"

#include <zip.h>

enum { FIRST_DAY = 1 << 5 | 1 }; /* 1980-01-01 in the archive's way of counting */

void office_text_free(GString *text) {
    if (text == NULL)
        return;
    crypto_wipe(text->str, text->allocated_len);
    g_string_free(text, TRUE);
}

/* ---- Text ---- */

static const char *escape_of(gunichar c, const char *line_end) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\n':
        return line_end;
    case '\t':
        return " ";
    default:
        return NULL;
    }
}

void office_xml_put(GString *out, const char *text, const char *line_end, guint most) {
    g_autofree char *clean = text_printable(bytes_of_string(text));
    guint taken = 0;
    for (const char *p = clean; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (most != 0 && ++taken > most) {
            g_string_append(out, "…");
            break;
        }
        const char *escaped = escape_of(c, line_end);
        if (escaped != NULL)
            g_string_append(out, escaped);
        else
            g_string_append_unichar(out, c);
    }
    crypto_wipe(clean, strlen(clean));
}

/* ---- The archive ---- */

static gboolean refused(zip_t *zip, GError **error) {
    return cv_fail(error, CV_ERROR_INTERNAL,
                   "không tạo được tệp: %s; the document could not be put together",
                   zip_strerror(zip));
}

static gboolean add_part(zip_t *zip, const OfficePart *part, GError **error) {
    zip_source_t *source = zip_source_buffer(zip, part->text->str, part->text->len, 0);
    zip_int64_t at = source == NULL ? -1 : zip_file_add(zip, part->name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source);
        return refused(zip, error);
    }
    if (zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, 6) != 0 ||
        zip_file_set_dostime(zip, (zip_uint64_t)at, 0, FIRST_DAY, 0) != 0)
        return refused(zip, error);
    return TRUE;
}

typedef struct {
    gsize n;
    guint8 bytes[];
} Result;

static void result_free(gpointer data) {
    Result *result = data;
    crypto_wipe(result->bytes, result->n);
    g_free(result);
}

static GBytes *take_result(zip_source_t *source, GError **error) {
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0 ||
        zip_source_open(source) != 0) {
        cv_fail(error, CV_ERROR_INTERNAL,
                "không đọc lại được tệp vừa tạo; the document could not be read back");
        return NULL;
    }
    Result *result = g_malloc(sizeof *result + stat.size);
    result->n = stat.size;
    zip_int64_t got = zip_source_read(source, result->bytes, stat.size);
    zip_source_close(source);
    GBytes *bytes = g_bytes_new_with_free_func(result->bytes, result->n, result_free, result);
    if (got == (zip_int64_t)stat.size)
        return bytes;
    g_bytes_unref(bytes);
    cv_fail(error, CV_ERROR_INTERNAL,
            "không đọc lại được tệp vừa tạo; the document could not be read back");
    return NULL;
}

GBytes *office_pack(const OfficePart *parts, guint count, GError **error) {
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *zip =
        source == NULL ? NULL : zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &why);
    if (zip == NULL) {
        cv_fail(error, CV_ERROR_INTERNAL,
                "không tạo được tệp: %s; the document could not be put together",
                zip_error_strerror(&why));
        if (source != NULL)
            zip_source_free(source);
        zip_error_fini(&why);
        return NULL;
    }
    zip_error_fini(&why);
    gboolean good = TRUE;
    for (guint i = 0; good && i < count; i++)
        good = add_part(zip, &parts[i], error);
    /* Closing gives the source back: one more reference keeps what was written. */
    zip_source_keep(source);
    if (!good || (zip_close(zip) != 0 && !refused(zip, error))) {
        zip_discard(zip);
        zip_source_free(source);
        return NULL;
    }
    GBytes *bytes = take_result(source, error);
    zip_source_free(source);
    return bytes;
}
