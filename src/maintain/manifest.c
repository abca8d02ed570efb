/* The manifest of a backup: what belongs to it, with size and hash, and at its end a hash of
 * itself, so that a manifest that was cut or changed is refused as a whole. See internal.h for the
 * form. Names are checked when read: none leads out of the folder. */
#include "maintain/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FIRST_LINE "congvu-backup 1\n"

enum { LINE_MOST = 4096, HEX_BYTES = 2 * CRYPTO_DIGEST_BYTES };

static void to_hex(const guint8 *bytes, char out[HEX_BYTES + 1]) {
    static const char digits[] = "0123456789abcdef";
    for (gsize i = 0; i < CRYPTO_DIGEST_BYTES; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[HEX_BYTES] = '\0';
}

static gboolean from_hex(Bytes hex, guint8 out[CRYPTO_DIGEST_BYTES]) {
    if (hex.n != HEX_BYTES)
        return FALSE;
    for (gsize i = 0; i < CRYPTO_DIGEST_BYTES; i++) {
        int high = g_ascii_xdigit_value((char)hex.p[2 * i]);
        int low = g_ascii_xdigit_value((char)hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return FALSE;
        out[i] = (guint8)(high << 4 | low);
    }
    return TRUE;
}

/* Relative, without empty, "." or ".." parts and control characters. */
static gboolean is_safe_name(const char *name) {
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (gsize i = 0; parts[i] != NULL; i++)
        if (parts[i][0] == '\0' || g_str_equal(parts[i], ".") || g_str_equal(parts[i], ".."))
            return FALSE;
    for (const char *c = name; *c != '\0'; c++)
        if ((guint8)*c < ' ')
            return FALSE;
    return parts[0] != NULL;
}

/* ---- Writing ---- */

struct ManifestWriter {
    char *folder, *part, *path;
    FILE *file;
    CryptoDigest *digest;
    gint64 count;
};

static gboolean put(ManifestWriter *writer, const char *line, GError **error) {
    crypto_digest_update(writer->digest, bytes_of_string(line));
    if (fputs(line, writer->file) >= 0)
        return TRUE;
    return cv_fail_errno(error, errno == ENOSPC ? CV_ERROR_BUSY : CV_ERROR_STORAGE,
                         "cannot write %s", writer->part);
}

ManifestWriter *manifest_writer_new(const char *folder, GError **error) {
    g_autoptr(ManifestWriter) writer = g_new0(ManifestWriter, 1);
    writer->folder = g_strdup(folder);
    writer->path = g_build_filename(folder, MAINTAIN_MANIFEST, NULL);
    writer->part = g_strconcat(writer->path, ".part", NULL);
    writer->digest = crypto_digest_new();
    writer->file = fopen(writer->part, "wxe");
    if (writer->file == NULL) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make %s", writer->part);
        return NULL;
    }
    g_autofree char *made = clock_format_iso(clock_now());
    g_autofree char *head =
        g_strdup_printf(FIRST_LINE "program " CONGVU_VERSION "\nmade %s\n", made);
    return put(writer, head, error) ? g_steal_pointer(&writer) : NULL;
}

gboolean manifest_writer_add(ManifestWriter *writer, const ManifestFile *file, GError **error) {
    if (!is_safe_name(file->name))
        return cv_fail(error, CV_ERROR_INPUT, "a backup cannot hold a file of this name: %s",
                       file->name);
    char hex[HEX_BYTES + 1];
    to_hex(file->hash, hex);
    g_autofree char *line =
        g_strdup_printf("file %" G_GUINT64_FORMAT " %s %s\n", file->size, hex, file->name);
    writer->count++;
    return put(writer, line, error);
}

gboolean manifest_writer_end(ManifestWriter *writer, GError **error) {
    guint8 hash[CRYPTO_DIGEST_BYTES];
    char hex[HEX_BYTES + 1];
    crypto_digest_final(writer->digest, hash);
    to_hex(hash, hex);
    if (fprintf(writer->file, "end %" G_GINT64_FORMAT " %s\n", writer->count, hex) < 0 ||
        fflush(writer->file) != 0 || fsync(fileno(writer->file)) != 0 ||
        rename(writer->part, writer->path) != 0)
        return cv_fail_errno(error, errno == ENOSPC ? CV_ERROR_BUSY : CV_ERROR_STORAGE,
                             "cannot write %s", writer->path);
    return maintain_flush_folder(writer->folder, error);
}

void manifest_writer_free(ManifestWriter *writer) {
    if (writer == NULL)
        return;
    if (writer->file != NULL)
        fclose(writer->file);
    crypto_digest_free(writer->digest);
    g_free(writer->folder);
    g_free(writer->part);
    g_free(writer->path);
    g_free(writer);
}

/* ---- Reading ---- */

typedef struct {
    ManifestEach each; /* NULL in the first pass */
    gpointer data;
    CryptoDigest *digest;
    gint64 lines, files;
    gboolean ended;
} Pass;

static gboolean parse_file(Reader *r, Pass *pass, gboolean *good, GError **error) {
    ManifestFile file;
    Bytes hex;
    *good = reader_u64(r, &file.size) && reader_skip_byte(r, ' ') &&
            reader_take(r, HEX_BYTES, &hex) && from_hex(hex, file.hash) &&
            reader_skip_byte(r, ' ') && !bytes_has_nul(reader_rest(r));
    if (!*good)
        return TRUE;
    g_autofree char *name = bytes_dup_string(reader_rest(r));
    *good = is_safe_name(name);
    file.name = name;
    pass->files++;
    return !*good || pass->each == NULL || pass->each(&file, pass->data, error);
}

static gboolean parse_end(Reader *r, Pass *pass) {
    guint64 count;
    guint8 said[CRYPTO_DIGEST_BYTES], hash[CRYPTO_DIGEST_BYTES];
    if (!reader_u64(r, &count) || !reader_skip_byte(r, ' ') || !from_hex(reader_rest(r), said) ||
        count != (guint64)pass->files)
        return FALSE;
    pass->ended = TRUE;
    if (pass->each != NULL) /* the first pass has compared it */
        return TRUE;
    crypto_digest_final(pass->digest, hash);
    return memcmp(said, hash, sizeof hash) == 0;
}

/* One line without its end. *good FALSE: the manifest is damaged here. */
static gboolean parse_line(Bytes line, Pass *pass, gboolean *good, GError **error) {
    Reader r = reader_of(line);
    pass->lines++;
    *good = !pass->ended;
    if (pass->lines == 1)
        return TRUE; /* compared by the caller */
    if (reader_skip(&r, "file "))
        return parse_file(&r, pass, good, error);
    if (reader_skip(&r, "end "))
        *good = *good && parse_end(&r, pass);
    else
        *good = *good && (reader_skip(&r, "program ") || reader_skip(&r, "made "));
    return TRUE;
}

static gboolean read_pass(FILE *file, const char *path, Pass *pass, GError **error) {
    g_autofree char *line = g_malloc(LINE_MOST);
    while (fgets(line, LINE_MOST, file) != NULL) {
        gsize n = strlen(line);
        gboolean good = n > 0 && line[n - 1] == '\n';
        if (pass->lines == 0 && !g_str_equal(line, FIRST_LINE))
            return cv_fail(error, CV_ERROR_INPUT,
                           "%s không phải bản kê của một bản sao lưu; it is not the manifest of a "
                           "backup that this program knows",
                           path);
        if (good && !parse_line(bytes_of(line, n - 1), pass, &good, error))
            return FALSE;
        if (!good)
            return cv_fail(error, CV_ERROR_CORRUPT,
                           "%s đã hỏng; it is damaged at line %" G_GINT64_FORMAT, path,
                           pass->lines);
        if (pass->digest != NULL && !pass->ended)
            crypto_digest_update(pass->digest, bytes_of(line, n));
    }
    if (ferror(file))
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot read %s", path);
    return pass->ended ||
           cv_fail(error, CV_ERROR_CORRUPT, "%s bị cắt; it has no end: it was cut", path);
}

gboolean manifest_read(const char *folder, ManifestEach each, gpointer data, gint64 *count,
                       GError **error) {
    g_autofree char *path = g_build_filename(folder, MAINTAIN_MANIFEST, NULL);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cv_fail_errno(error, CV_ERROR_NOT_FOUND,
                             "%s is no complete backup: cannot open its %s", folder,
                             MAINTAIN_MANIFEST);
    g_autoptr(CryptoDigest) digest = crypto_digest_new();
    Pass first = {.digest = digest};
    gboolean good = read_pass(file, path, &first, error);
    if (good && count != NULL)
        *count = first.files;
    if (good && each != NULL) {
        Pass second = {.each = each, .data = data};
        rewind(file);
        good = read_pass(file, path, &second, error);
    }
    fclose(file);
    return good;
}
