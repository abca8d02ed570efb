/* The header of a message that is made; see build.h. */
#include "jmap/build.h"

#include "jmap/arguments.h"
#include "jmap/header_form.h"
#include "message/header.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <string.h>

static const struct {
    const char *property, *field;
    JmapForm form;
} convenience[] = {
    {"from", "From", JMAP_AS_ADDRESSES},
    {"sender", "Sender", JMAP_AS_ADDRESSES},
    {"replyTo", "Reply-To", JMAP_AS_ADDRESSES},
    {"to", "To", JMAP_AS_ADDRESSES},
    {"cc", "Cc", JMAP_AS_ADDRESSES},
    {"bcc", "Bcc", JMAP_AS_ADDRESSES},
    {"subject", "Subject", JMAP_AS_TEXT},
    {"sentAt", "Date", JMAP_AS_DATE},
    {"messageId", "Message-ID", JMAP_AS_MESSAGE_IDS},
    {"inReplyTo", "In-Reply-To", JMAP_AS_MESSAGE_IDS},
    {"references", "References", JMAP_AS_MESSAGE_IDS},
};

static gboolean is_ascii(const char *text) {
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return FALSE;
    return TRUE;
}

static gboolean has_control(const char *text) {
    for (; *text != '\0'; text++)
        if ((guint8)*text < ' ' || *text == 0x7f)
            return TRUE;
    return FALSE;
}

/* RFC 5322 2.1.1: lines of at most 78 characters where there are blanks. */
void jmap_build_folded(Buffer *out, const char *text, gsize column) {
    enum { WIDTH = 76 };
    while (*text != '\0') {
        gsize word = 1 + strcspn(text + 1, " ");
        if (column + word > WIDTH && *text == ' ' && text[1] != '\0' && text[1] != ' ') {
            buffer_append_string(out, "\r\n");
            column = 0;
        }
        buffer_append(out, text, word);
        column += word;
        text += word;
    }
}

/* ---- Addresses ---- */

static void put_name(Buffer *out, const char *name) {
    if (!is_ascii(name)) {
        message_header_encode(out, name);
        return;
    }
    buffer_append_byte(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (guint8)*name);
    }
    buffer_append_byte(out, '"');
}

/* One that can stand in angle brackets as it is. */
static gboolean is_address(const char *email) {
    return *email != '\0' && !has_control(email) && strpbrk(email, "<>, ;\"()") == NULL;
}

static gboolean put_address(Buffer *out, json_t *one) {
    json_t *name = json_object_get(one, "name");
    const char *email = json_string_value(json_object_get(one, "email"));
    const char *shown = json_string_value(name);
    if (email == NULL || !is_address(email) || (name != NULL && !json_is_null(name) && !shown) ||
        (shown != NULL && has_control(shown)))
        return FALSE;
    if (shown == NULL || *shown == '\0') {
        buffer_append_string(out, email);
        return TRUE;
    }
    put_name(out, shown);
    buffer_append_string(out, " <");
    buffer_append_string(out, email);
    buffer_append_byte(out, '>');
    return TRUE;
}

static gboolean put_addresses(Buffer *out, json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0)
            buffer_append_string(out, ",\r\n ");
        if (!put_address(out, json_array_get(list, i)))
            return FALSE;
    }
    return json_is_array(list);
}

static gboolean put_groups(Buffer *out, json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *group = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(group, "name"));
        if (i > 0)
            buffer_append_string(out, ",\r\n ");
        if (name != NULL && has_control(name))
            return FALSE;
        if (name != NULL) {
            put_name(out, name);
            buffer_append_byte(out, ':');
        }
        if (!put_addresses(out, json_object_get(group, "addresses")))
            return FALSE;
        if (name != NULL)
            buffer_append_byte(out, ';');
    }
    return json_is_array(list);
}

/* ---- Other forms ---- */

static gboolean put_ids(Buffer *out, json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (id == NULL || *id == '\0' || !is_ascii(id) || strpbrk(id, "<> ") != NULL)
            return FALSE;
        buffer_append_string(out, i > 0 ? "\r\n <" : "<");
        buffer_append_string(out, id);
        buffer_append_byte(out, '>');
    }
    return json_is_array(list) && json_array_size(list) > 0;
}

static gboolean put_urls(Buffer *out, json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *url = json_string_value(json_array_get(list, i));
        if (url == NULL || !is_ascii(url) || strpbrk(url, "<> ") != NULL)
            return FALSE;
        buffer_append_string(out, i > 0 ? ",\r\n <" : "<");
        buffer_append_string(out, url);
        buffer_append_byte(out, '>');
    }
    return json_is_array(list) && json_array_size(list) > 0;
}

static gboolean put_date(Buffer *out, json_t *value) {
    const char *text = json_string_value(value);
    char line[40];
    gint64 us;
    if (text == NULL || !jmap_date_parse(text, &us))
        return FALSE;
    clock_format_rfc5322(us, line);
    buffer_append_string(out, line);
    return TRUE;
}

static gboolean put_text(Buffer *out, const char *name, json_t *value) {
    const char *text = json_string_value(value);
    if (text == NULL || has_control(text))
        return FALSE;
    if (is_ascii(text))
        jmap_build_folded(out, text, strlen(name) + 2);
    else
        message_header_encode(out, text);
    return TRUE;
}

/* RFC 8621 4.1.2.1: as it stands; a line end only where a folded line goes on. */
static gboolean put_raw(Buffer *out, json_t *value) {
    const char *text = json_string_value(value);
    if (text == NULL || !g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *p = text; *p != '\0'; p++) {
        gboolean fold = *p == '\r' && p[1] == '\n' && (p[2] == ' ' || p[2] == '\t');
        if ((*p == '\r' && !fold) || (*p == '\n' && (p == text || p[-1] != '\r')) ||
            ((guint8)*p < ' ' && *p != '\r' && *p != '\n' && *p != '\t'))
            return FALSE;
    }
    buffer_append_string(out, text + (*text == ' '));
    return TRUE;
}

static gboolean put_value(Buffer *out, const char *name, JmapForm form, json_t *value) {
    switch (form) {
    case JMAP_AS_TEXT:
        return put_text(out, name, value);
    case JMAP_AS_ADDRESSES:
        return put_addresses(out, value);
    case JMAP_AS_GROUPED:
        return put_groups(out, value);
    case JMAP_AS_MESSAGE_IDS:
        return put_ids(out, value);
    case JMAP_AS_DATE:
        return put_date(out, value);
    case JMAP_AS_URLS:
        return put_urls(out, value);
    default:
        return put_raw(out, value);
    }
}

json_t *jmap_build_field(Buffer *out, const char *name, int form, json_t *value,
                         const char *property) {
    gsize before = out->n;
    if (json_is_null(value) ||
        (form != JMAP_AS_TEXT && json_is_array(value) && json_array_size(value) == 0))
        return NULL; /* nothing to say */
    buffer_append_string(out, name);
    buffer_append_string(out, ": ");
    if (!put_value(out, name, (JmapForm)form, value)) {
        buffer_truncate(out, before);
        return jmap_set_invalid(property, NULL);
    }
    buffer_append_string(out, "\r\n");
    return NULL;
}

/* ---- The header ---- */

typedef struct {
    Buffer *out;
    GHashTable *names; /* fields that are there, lower case */
} Header;

static json_t *note(Header *header, const char *name, const char *property) {
    if (g_hash_table_add(header->names, g_ascii_strdown(name, -1)))
        return NULL;
    return jmap_set_invalid(property, "%s: trường này được cho hai lần; the field is given twice",
                            name);
}

static json_t *put_convenience(Header *header, json_t *email) {
    for (gsize i = 0; i < G_N_ELEMENTS(convenience); i++) {
        json_t *value = json_object_get(email, convenience[i].property), *problem;
        if (value == NULL || json_is_null(value))
            continue;
        if ((problem = note(header, convenience[i].field, convenience[i].property)) != NULL ||
            (problem = jmap_build_field(header->out, convenience[i].field, (int)convenience[i].form,
                                        value, convenience[i].property)) != NULL)
            return problem;
    }
    return NULL;
}

static json_t *put_all(Header *header, const JmapHeaderForm *form, json_t *value) {
    if (!form->all)
        return jmap_build_field(header->out, form->name, (int)form->form, value, form->property);
    if (!json_is_array(value))
        return jmap_set_invalid(form->property, NULL);
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *problem = jmap_build_field(header->out, form->name, (int)form->form,
                                           json_array_get(value, i), form->property);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

/* RFC 8621 4.6: "header:…"; those of the content belong to its parts. */
static json_t *put_headers(Header *header, json_t *email) {
    const char *property;
    json_t *value, *problem;
    json_object_foreach(email, property, value) {
        if (!g_str_has_prefix(property, "header:"))
            continue;
        g_autoptr(JmapHeaderForm) form = jmap_header_form_new(property);
        if (form == NULL || g_ascii_strncasecmp(form->name, "Content-", 8) == 0 ||
            g_ascii_strcasecmp(form->name, "MIME-Version") == 0)
            return jmap_set_invalid(property, NULL);
        if ((problem = note(header, form->name, property)) != NULL ||
            (problem = put_all(header, form, value)) != NULL)
            return problem;
    }
    return NULL;
}

static void put_missing(Header *header, const JmapBuilding *building) {
    if (!g_hash_table_contains(header->names, "date")) {
        char date[40];
        clock_format_rfc5322(clock_now(), date);
        buffer_printf(header->out, "Date: %s\r\n", date);
    }
    if (!g_hash_table_contains(header->names, "message-id")) {
        g_autofree char *id = crypto_random_hex(16);
        buffer_printf(header->out, "Message-ID: <%s@%s>\r\n", id, building->domain);
    }
    buffer_append_string(header->out, "MIME-Version: 1.0\r\n");
}

json_t *jmap_build_header(const JmapBuilding *building, json_t *email, Buffer *out) {
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Header header = {out, names};
    json_t *problem = put_convenience(&header, email);
    if (problem == NULL)
        problem = put_headers(&header, email);
    if (problem == NULL)
        put_missing(&header, building);
    return problem;
}
