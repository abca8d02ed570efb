/* File formats [Điều 9.2]: a list of those that are permitted and one of those that are never sent,
 * each item an extension with the first bytes of such files where they tell: "pdf=25504446",
 * "tif=49492a00|4d4d002a", "txt". An extension alone proves nothing, so a file that is never sent
 * is known by its bytes under any name, and one that names a permitted format must begin like it.
 */
#include "regulation/data.h"

#include "text/charset.h"

enum { EXTENSION_MAXIMUM = 10, NAME_SHOWN = 80 /* bytes: an answer of SMTP has 512 */ };

/* ---- Items of a list ---- */

static gboolean is_magic(const char *hex) {
    gsize n = strspn(hex, "0123456789abcdef");
    return n > 0 && n % 2 == 0 && n <= 2 * REGULATION_FILE_HEAD && (hex[n] == 0 || hex[n] == '|') &&
           (hex[n] == 0 || is_magic(hex + n + 1));
}

static gboolean check_list(const List *list, const char *origin, GError **error) {
    for (gsize i = 0; i < list->n; i++) {
        const char *item = list->items[i];
        gsize n = strspn(item, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (n == 0 || n > EXTENSION_MAXIMUM || (item[n] != 0 && item[n] != '=') ||
            (item[n] == '=' && !is_magic(item + n + 1)))
            return cv_fail(error, CV_ERROR_INPUT,
                           "%s: files: \"%s\" must be an extension, or one with first bytes in "
                           "hexadecimal: \"pdf=25504446\"",
                           origin, item);
    }
    return TRUE;
}

gboolean files_check(const Regulation *r, const char *origin, GError **error) {
    return check_list(&r->lists[LIST_FILES_PERMITTED], origin, error) &&
           check_list(&r->lists[LIST_FILES_REFUSED], origin, error);
}

static Bytes extension_of(const char *item) {
    return bytes_of(item, strcspn(item, "="));
}

static gboolean begins_with(Bytes head, const char *hex, gsize digits) {
    if (head.n < digits / 2)
        return FALSE;
    for (gsize i = 0; i < digits; i += 2)
        if (head.p[i / 2] != (g_ascii_xdigit_value(hex[i]) << 4 | g_ascii_xdigit_value(hex[i + 1])))
            return FALSE;
    return TRUE;
}

/* Does a file that begins so begin like this item's? *told: the item says how they begin. */
static gboolean fits(const char *item, Bytes head, gboolean *told) {
    const char *hex = strchr(item, '=');
    *told = hex != NULL;
    while (hex != NULL) {
        gsize digits = strcspn(++hex, "|");
        if (begins_with(head, hex, digits))
            return TRUE;
        hex = hex[digits] == '|' ? hex + digits : NULL;
    }
    return FALSE;
}

/* ---- Names ---- */

/* What stands behind the last dot, in small letters; blanks and dots at the end, which some systems
 * drop, do not hide it. */
static Bytes last_extension(Bytes name, char out[EXTENSION_MAXIMUM + 1]) {
    while (name.n > 0 && (name.p[name.n - 1] == '.' || name.p[name.n - 1] <= ' '))
        name.n--;
    gsize n = 0;
    while (n < name.n && name.p[name.n - 1 - n] != '.')
        n++;
    if (n == name.n || n > EXTENSION_MAXIMUM)
        return bytes_of(NULL, 0);
    for (gsize i = 0; i < n; i++)
        out[i] = g_ascii_tolower((gchar)name.p[name.n - n + i]);
    return bytes_of(out, n);
}

static Verdict *refuse(const Regulation *r, RuleId rule, Bytes name, Bytes format) {
    g_autofree char *shown = text_to_utf8("utf-8", name, NAME_SHOWN, NULL);
    g_autofree char *kind = bytes_dup_string(format);
    return verdict_refuse(r, rule, "name", *shown == 0 ? "(không tên)" : shown, "format", kind,
                          NULL);
}

static Verdict *warn(Verdict *verdict) {
    verdict->allowed = TRUE;
    return verdict;
}

/* ---- The judgement ---- */

static Verdict *judge_refused(const Regulation *r, Bytes name, Bytes extension, Bytes head) {
    const List *list = &r->lists[LIST_FILES_REFUSED];
    for (gsize i = 0; i < list->n; i++) {
        gboolean told;
        Bytes kind = extension_of(list->items[i]);
        if (bytes_equal(extension, kind) || fits(list->items[i], head, &told))
            return refuse(r, RULE_FILE_REFUSED, name, kind);
    }
    return NULL;
}

/* A ZIP archive whose first file is encrypted: bit 0 of its flags (APPNOTE 4.4.4). */
static gboolean is_sealed(Bytes head) {
    return begins_with(head, "504b0304", 8) && head.n > 6 && (head.p[6] & 1) != 0;
}

static Verdict *judge_permitted(const Regulation *r, Bytes name, Bytes extension, Bytes head) {
    const List *list = &r->lists[LIST_FILES_PERMITTED];
    RuleId rule = RULE_FILE_UNLISTED;
    for (gsize i = 0; i < list->n; i++) {
        gboolean told = FALSE;
        if (!bytes_equal(extension, extension_of(list->items[i])))
            continue;
        if (fits(list->items[i], head, &told) || !told || head.n == 0)
            return NULL;
        rule = RULE_FILE_DISGUISED;
    }
    Verdict *verdict = refuse(r, rule, name, extension);
    return r->figures[FIGURE_FILES_REFUSE_UNLISTED].value != 0 ? verdict : warn(verdict);
}

Verdict *regulation_check_file(const Regulation *regulation, Bytes name, Bytes head,
                               gboolean incoming) {
    const List *permitted = &regulation->lists[LIST_FILES_PERMITTED];
    char buffer[EXTENSION_MAXIMUM + 1];
    Bytes extension = last_extension(name, buffer);
    gboolean looks = !incoming || regulation->figures[FIGURE_FILES_REFUSED_INCOMING].value != 0;
    Verdict *verdict = looks ? judge_refused(regulation, name, extension, head) : NULL;
    if (verdict == NULL && !incoming && name.n > 0)
        verdict = judge_permitted(regulation, name, extension, head);
    if (verdict == NULL && !incoming && is_sealed(head) &&
        regulation->figures[FIGURE_FILES_WARN_SEALED].value != 0)
        verdict = warn(refuse(regulation, RULE_FILE_SEALED, name, extension));
    return verdict != NULL
               ? verdict
               : verdict_allow(regulation->rules[RULE_FILE_UNLISTED].name, permitted->article);
}
