/* Packages: ZIP archives with named parts and relationships between them (ECMA-376 part 2). A part
 * is unpacked only when it is asked for, and only up to a limit: an archive that unpacks to more
 * than it should is refused, however it is nested. */
#include "office/internal.h"

#include <zip.h>

enum {
    PART_BYTES = 128 * 1024 * 1024,
    PARTS = 4096,
    PIECE = 64 * 1024,
};

struct OfficePackage {
    zip_t *zip;
    gsize unpacked; /* bytes so far, of all parts */
    gsize limit;    /* of these */
};

static gboolean not_a_package(GError **error) {
    return cv_fail(error, CV_ERROR_INPUT,
                   "tệp không phải .xlsx hay .docx còn nguyên vẹn; the file is no whole .xlsx or "
                   ".docx: open it, save it again and send that");
}

static gboolean check_parts(zip_t *zip, GError **error) {
    zip_int64_t count = zip_get_num_entries(zip, 0);
    if (count > PARTS)
        return cv_fail(error, CV_ERROR_LIMIT,
                       "tệp có quá nhiều phần (%" G_GINT64_FORMAT "); too many parts in the file",
                       (gint64)count);
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t stat;
        if (zip_stat_index(zip, (zip_uint64_t)i, 0, &stat) != 0 ||
            (stat.valid & ZIP_STAT_NAME) == 0)
            return not_a_package(error);
        if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
            return cv_fail(error, CV_ERROR_INPUT,
                           "tệp được đặt mật khẩu; the file is encrypted: save it without a "
                           "password");
        if (g_str_has_suffix(stat.name, "vbaProject.bin"))
            return cv_fail(error, CV_ERROR_INPUT,
                           "tệp có macro; the file has macros: save it as .xlsx or .docx without "
                           "them");
    }
    return TRUE;
}

OfficePackage *office_package_open(Bytes file, GError **error) {
    zip_source_t *source = zip_source_buffer_create(file.p, file.n, 0, NULL);
    zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY, NULL);
    if (zip == NULL) {
        if (source != NULL)
            zip_source_free(source);
        not_a_package(error);
        return NULL;
    }
    if (!check_parts(zip, error)) {
        zip_discard(zip);
        return NULL;
    }
    OfficePackage *package = g_new0(OfficePackage, 1);
    package->zip = zip;
    package->limit = PART_BYTES;
    return package;
}

OfficePackage *office_package_open_any(Bytes file) {
    zip_source_t *source = zip_source_buffer_create(file.p, file.n, 0, NULL);
    zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY, NULL);
    if (zip == NULL) {
        if (source != NULL)
            zip_source_free(source);
        return NULL;
    }
    OfficePackage *package = g_new0(OfficePackage, 1);
    package->zip = zip;
    package->limit = OFFICE_LOOK_BYTES;
    return package;
}

guint office_package_count(const OfficePackage *package) {
    zip_int64_t count = zip_get_num_entries(package->zip, 0);
    return (guint)CLAMP(count, 0, PARTS);
}

char *office_package_name(const OfficePackage *package, guint i) {
    const char *name = zip_get_name(package->zip, i, 0);
    return g_strdup(name == NULL ? "" : name);
}

void office_package_close(OfficePackage *package) {
    if (package == NULL)
        return;
    zip_discard(package->zip);
    g_free(package);
}

static gboolean unpack(OfficePackage *package, zip_file_t *from, const char *name, Buffer *out,
                       GError **error) {
    for (;;) {
        guint8 *to = package->unpacked > package->limit ? NULL : buffer_reserve(out, PIECE);
        if (to == NULL)
            return cv_fail(error, CV_ERROR_LIMIT,
                           "phần %s của tệp bung ra quá lớn; the file unpacks to more than %d MiB",
                           name, PART_BYTES / 1024 / 1024);
        zip_int64_t n = zip_fread(from, to, PIECE);
        if (n < 0) {
            g_autofree char *shown = g_strdup(name);
            return cv_fail(error, CV_ERROR_INPUT,
                           "phần %s của tệp bị hỏng; this part of the file is damaged", shown);
        }
        if (n == 0)
            return TRUE;
        buffer_commit(out, (gsize)n);
        package->unpacked += (gsize)n;
    }
}

gboolean office_package_part(OfficePackage *package, const char *name, Buffer *out, gboolean *found,
                             GError **error) {
    /* Part names do not distinguish case (part 2, 6.2.2.3). */
    zip_int64_t index = zip_name_locate(package->zip, name, ZIP_FL_NOCASE);
    if (found != NULL)
        *found = index >= 0;
    if (index < 0)
        return found != NULL || cv_fail(error, CV_ERROR_INPUT,
                                        "tệp thiếu phần %s; a part of the file is missing: open "
                                        "it, save it again and send that",
                                        name);
    zip_file_t *from = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
    if (from == NULL)
        return not_a_package(error);
    gboolean ok = unpack(package, from, name, out, error);
    zip_fclose(from);
    return ok;
}

/* ---- Relationships ---- */

static char *relationships_of(const char *part) {
    const char *slash = strrchr(part, '/');
    gsize folder = slash == NULL ? 0 : (gsize)(slash - part) + 1;
    return g_strdup_printf("%.*s_rels/%s.rels", (int)folder, part, part + folder);
}

/* A target is relative to its part's folder, or begins with a slash. */
static char *resolve(const char *part, const char *target) {
    if (*target == '/')
        return g_strdup(target + 1);
    g_autofree char *folder = g_path_get_dirname(part);
    g_autofree char *rooted = g_build_filename("/", g_str_equal(folder, ".") ? "" : folder, NULL);
    g_autofree char *whole = g_canonicalize_filename(target, rooted);
    return g_strdup(whole + 1);
}

static gboolean fits(OfficeXml *xml, const char *kind, const char *id) {
    g_autofree char *value = office_xml_attribute(xml, id != NULL ? "Id" : "Type");
    if (value == NULL)
        return FALSE;
    if (id != NULL)
        return g_str_equal(value, id);
    const char *slash = strrchr(value, '/');
    return slash != NULL && g_str_equal(slash + 1, kind);
}

gboolean office_package_target(OfficePackage *package, const char *part, const char *kind,
                               const char *id, char **target, GError **error) {
    g_autofree char *name = relationships_of(part);
    g_auto(Buffer) text;
    buffer_init(&text, PART_BYTES);
    gboolean found;
    *target = NULL;
    if (!office_package_part(package, name, &text, &found, error) || !found)
        return found;
    g_autoptr(OfficeXml) xml = office_xml_open(buffer_bytes(&text));
    for (OfficeXmlEvent event; (event = office_xml_next(xml)) != OFFICE_XML_END;) {
        if (event == OFFICE_XML_BROKEN)
            return cv_fail(error, CV_ERROR_INPUT, "%s: %s", name, office_xml_reason(xml));
        if (event != OFFICE_XML_BEGIN || !office_xml_is(xml, "Relationship") || *target != NULL)
            continue;
        g_autofree char *mode = office_xml_attribute(xml, "TargetMode");
        g_autofree char *to = fits(xml, kind, id) ? office_xml_attribute(xml, "Target") : NULL;
        if (to != NULL && (mode == NULL || !g_str_equal(mode, "External")))
            *target = resolve(part, to);
    }
    return TRUE;
}
