/* The directory for programs: JSON, CSV (RFC 4180) for spreadsheets, vCards (RFC 6350) for address
 * books. */
#include "casework/publish_internal.h"

#include "base/json.h"

enum { JSON_BYTES = 256 * 1024 * 1024, LINE_OCTETS = 75 };

/* ---- JSON ---- */

typedef struct {
    JsonWriter w;
    const char *domain;
} Json;

static void json_unit(const PublishUnit *unit, gpointer data) {
    Json *json = data;
    g_autofree char *address = g_strdup_printf("%s@%s", unit->local, json->domain);
    json_open(&json->w, NULL, '{');
    json_text(&json->w, "name", unit->name);
    json_text(&json->w, "address", address);
    json_open(&json->w, "entries", '[');
    for (guint i = 0; i < unit->entries->len; i++) {
        const PublishEntry *entry = unit->entries->pdata[i];
        json_open(&json->w, NULL, '{');
        json_text(&json->w, "name", entry->name);
        json_text(&json->w, "title", entry->title);
        json_text(&json->w, "unit", unit->name);
        json_text(&json->w, "address", entry->address);
        json_text(&json->w, "kind", entry->person ? "person" : "unit");
        json_close(&json->w, '}');
    }
    json_close(&json->w, ']');
    json_close(&json->w, '}');
}

GString *publish_json(const PublishBook *book) {
    g_auto(Buffer) out;
    buffer_init(&out, JSON_BYTES);
    Json json = {json_writer(&out), book->domain};
    json_open(&json.w, NULL, '{');
    json_text(&json.w, "domain", book->domain);
    json_text(&json.w, "published", book->stamp);
    json_open(&json.w, "units", '[');
    publish_each_unit(book, json_unit, &json);
    json_close(&json.w, ']');
    json_close(&json.w, '}');
    Bytes text = buffer_bytes(&out);
    GString *all = g_string_new_len((const char *)text.p, (gssize)text.n);
    return g_string_append_c(all, '\n');
}

/* ---- CSV ---- */

/* Always quoted; what a spreadsheet would take for a formula begins with an apostrophe. */
static void csv_field(GString *out, const char *text) {
    if (out->len > 0 && out->str[out->len - 1] != '\n')
        g_string_append_c(out, ',');
    g_string_append_c(out, '"');
    if (*text != '\0' && strchr("=+-@", *text) != NULL)
        g_string_append_c(out, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void csv_unit(const PublishUnit *unit, gpointer data) {
    GString *out = data;
    for (guint i = 0; i < unit->entries->len; i++) {
        const PublishEntry *entry = unit->entries->pdata[i];
        csv_field(out, entry->name);
        csv_field(out, entry->title);
        csv_field(out, unit->name);
        csv_field(out, entry->address);
        g_string_append(out, "\r\n");
    }
}

GString *publish_csv(const PublishBook *book) {
    GString *out = g_string_new(NULL);
    static const char *const heads[] = {"Họ và tên", "Chức vụ", "Cơ quan, đơn vị",
                                        "Địa chỉ thư điện tử"};
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
        csv_field(out, heads[i]);
    g_string_append(out, "\r\n");
    publish_each_unit(book, csv_unit, out);
    return g_string_prepend(out, "\xef\xbb\xbf"); /* by this spreadsheets know UTF-8 */
}

/* ---- vCards ---- */

/* RFC 6350 3.4: backslash, comma, semicolon are escaped. */
static void vcard_value(GString *out, const char *text) {
    for (const char *p = text; *p != '\0'; p++) {
        if (strchr("\\,;", *p) != NULL)
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

/* RFC 6350 3.2: lines of at most 75 octets, folded between two characters. */
static void vcard_line(GString *out, const char *line) {
    gsize column = 0;
    for (const char *p = line, *next; *p != '\0'; p = next) {
        next = g_utf8_next_char(p);
        gsize n = (gsize)(next - p);
        if (column + n > LINE_OCTETS) {
            g_string_append(out, "\r\n ");
            column = 1;
        }
        g_string_append_len(out, p, (gssize)n);
        column += n;
    }
    g_string_append(out, "\r\n");
}

static void vcard_property(GString *out, const char *name, const char *value) {
    g_autoptr(GString) line = g_string_new(name);
    vcard_value(line, value);
    vcard_line(out, line->str);
}

/* Family name, given name, the names between (RFC 6350 6.2.2). */
static void vcard_name(GString *out, const PublishEntry *entry) {
    g_auto(GStrv) words = g_strsplit(entry->name, " ", -1);
    guint n = g_strv_length(words);
    if (n < 2 || *entry->given != '\0')
        return;
    g_autoptr(GString) line = g_string_new("N:");
    vcard_value(line, words[0]);
    g_string_append_c(line, ';');
    vcard_value(line, words[n - 1]);
    g_string_append_c(line, ';');
    for (guint i = 1; i + 1 < n; i++) {
        vcard_value(line, words[i]);
        g_string_append(line, i + 2 < n ? " " : "");
    }
    g_string_append(line, ";;");
    vcard_line(out, line->str);
}

static void vcard_unit(const PublishUnit *unit, gpointer data) {
    GString *out = data;
    for (guint i = 0; i < unit->entries->len; i++) {
        const PublishEntry *entry = unit->entries->pdata[i];
        g_string_append(out, "BEGIN:VCARD\r\nVERSION:4.0\r\n");
        vcard_property(out, "KIND:", entry->person ? "individual" : "org");
        vcard_property(out, "FN:", entry->name);
        if (entry->person)
            vcard_name(out, entry);
        vcard_property(out, "ORG:", unit->name);
        if (*entry->title != '\0')
            vcard_property(out, "TITLE:", entry->title);
        vcard_property(out, "EMAIL;TYPE=work:", entry->address);
        g_string_append(out, "END:VCARD\r\n");
    }
}

GString *publish_vcards(const PublishBook *book) {
    GString *out = g_string_new(NULL);
    publish_each_unit(book, vcard_unit, out);
    return out;
}
