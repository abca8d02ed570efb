/* Header forms; see header_form.h. */
#include "jmap/header_form.h"

#include "jmap/arguments.h"
#include "jmap/stored.h"
#include "message/address.h"
#include "message/date.h"
#include "message/message.h"
#include "text/charset.h"
#include "text/fold.h"

#include <string.h>

static const char *const form_names[JMAP_FORMS] = {
    "asRaw", "asText", "asAddresses", "asGroupedAddresses", "asMessageIds", "asDate", "asURLs",
};

#define BIT(form) (1u << (form))
#define TEXT      BIT(JMAP_AS_TEXT)
#define ADDRESSES (BIT(JMAP_AS_ADDRESSES) | BIT(JMAP_AS_GROUPED))
#define IDS       BIT(JMAP_AS_MESSAGE_IDS)
#define DATE      BIT(JMAP_AS_DATE)
#define URLS      BIT(JMAP_AS_URLS)

/* RFC 8621 4.1.2: which forms a field of RFC 5322 or RFC 2369 may be asked for in, besides raw. */
static const struct {
    const char *name;
    guint forms;
} fields[] = {
    {"Subject", TEXT},
    {"Comments", TEXT},
    {"Keywords", TEXT},
    {"List-Id", TEXT},
    {"From", ADDRESSES},
    {"Sender", ADDRESSES},
    {"Reply-To", ADDRESSES},
    {"To", ADDRESSES},
    {"Cc", ADDRESSES},
    {"Bcc", ADDRESSES},
    {"Resent-From", ADDRESSES},
    {"Resent-Sender", ADDRESSES},
    {"Resent-Reply-To", ADDRESSES},
    {"Resent-To", ADDRESSES},
    {"Resent-Cc", ADDRESSES},
    {"Resent-Bcc", ADDRESSES},
    {"Message-ID", IDS},
    {"In-Reply-To", IDS},
    {"References", IDS},
    {"Resent-Message-ID", IDS},
    {"Date", DATE},
    {"Resent-Date", DATE},
    {"List-Help", URLS},
    {"List-Unsubscribe", URLS},
    {"List-Subscribe", URLS},
    {"List-Post", URLS},
    {"List-Owner", URLS},
    {"List-Archive", URLS},
    {"Return-Path", 0},
    {"Received", 0},
};

static gboolean fits(const char *name, JmapForm form) {
    if (form == JMAP_AS_RAW)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_ascii_strcasecmp(fields[i].name, name) == 0)
            return (fields[i].forms & BIT(form)) != 0;
    return TRUE;
}

void jmap_header_form_free(JmapHeaderForm *form) {
    if (form != NULL)
        g_free(form->name);
    g_free(form);
}

static gboolean is_name(const char *name) {
    if (*name == '\0')
        return FALSE;
    for (; *name != '\0'; name++)
        if (*name <= ' ' || *name >= 0x7f || *name == ':')
            return FALSE;
    return TRUE;
}

static gboolean form_of(const char *word, JmapForm *form) {
    for (guint i = 0; i < JMAP_FORMS; i++)
        if (g_str_equal(form_names[i], word)) {
            *form = i;
            return TRUE;
        }
    return FALSE;
}

JmapHeaderForm *jmap_header_form_new(const char *property) {
    g_auto(GStrv) words = g_strsplit(property, ":", 5);
    guint count = g_strv_length(words), at = 2;
    if (count < 2 || count > 4 || !g_str_equal(words[0], "header") || !is_name(words[1]))
        return NULL;
    g_autoptr(JmapHeaderForm) form = g_new0(JmapHeaderForm, 1);
    form->property = property;
    form->name = g_strdup(words[1]);
    if (at < count && form_of(words[at], &form->form))
        at++;
    if (at < count && g_str_equal(words[at], "all")) {
        form->all = TRUE;
        at++;
    }
    return at == count && fits(form->name, form->form) ? g_steal_pointer(&form) : NULL;
}

/* ---- Values ---- */

static json_t *raw_of(Bytes value) {
    gsize n;
    g_autofree char *valid = text_make_valid(value, &n);
    return json_stringn(valid, n);
}

/* RFC 8621 4.1.2.2: decoded, unfolded, without blanks at the ends, composed. */
static json_t *text_of(Bytes value) {
    g_autofree char *decoded = message_header_decode(value);
    g_autofree char *composed = text_nfc(bytes_of_string(decoded));
    return json_string(composed);
}

static json_t *addresses_of(Bytes value, gboolean grouped) {
    g_auto(MessageAddressParser) parser;
    MessageAddress address;
    JmapAddresses addresses;
    guint left = MESSAGE_MAX_ADDRESSES;
    message_address_parser_init(&parser, value);
    jmap_addresses_init(&addresses, grouped);
    while (left-- > 0 && message_address_next(&parser, &address)) {
        if (address.kind == MESSAGE_ADDRESS_GROUP_START)
            jmap_addresses_group(&addresses, address.name);
        else if (address.kind == MESSAGE_ADDRESS_GROUP_END)
            jmap_addresses_group_end(&addresses);
        else
            jmap_addresses_add(&addresses, address.name, address.mailbox, address.host);
    }
    return addresses.list;
}

static json_t *ids_of(Bytes value) {
    g_auto(GStrv) ids = message_header_ids(value, MESSAGE_MAX_REFERENCES);
    if (ids[0] == NULL)
        return json_null();
    json_t *list = json_array();
    for (guint i = 0; ids[i] != NULL; i++)
        json_array_append_new(list, json_string(ids[i]));
    return list;
}

static json_t *date_of(Bytes value) {
    gint64 us;
    gint zone;
    return message_date_parse(value, &us, &zone) ? jmap_date(us, zone, FALSE) : json_null();
}

/* RFC 2369 2: URLs in angle brackets, with commas between. */
static json_t *urls_of(Bytes value) {
    enum { URLS_MAXIMUM = 100 };
    g_autofree char *line = message_header_decode(value);
    json_t *list = json_array();
    const char *at = line;
    while (json_array_size(list) < URLS_MAXIMUM && (at = strchr(at, '<')) != NULL) {
        const char *end = strchr(++at, '>');
        if (end == NULL)
            break;
        json_array_append_new(list, json_stringn(at, (size_t)(end - at)));
        at = end;
    }
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return json_null();
}

json_t *jmap_header_value(Bytes value, JmapForm form) {
    switch (form) {
    case JMAP_AS_TEXT:
        return text_of(value);
    case JMAP_AS_ADDRESSES:
    case JMAP_AS_GROUPED:
        return addresses_of(value, form == JMAP_AS_GROUPED);
    case JMAP_AS_MESSAGE_IDS:
        return ids_of(value);
    case JMAP_AS_DATE:
        return date_of(value);
    case JMAP_AS_URLS:
        return urls_of(value);
    default:
        return raw_of(value);
    }
}

json_t *jmap_header_get(Bytes block, const JmapHeaderForm *form) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field, last = {0};
    json_t *list = form->all ? json_array() : NULL;
    while (message_header_next(&iter, &field)) {
        if (field.name.n == 0 || !bytes_is_nocase(field.name, form->name))
            continue;
        last = field;
        if (form->all)
            json_array_append_new(list, jmap_header_value(field.value, form->form));
    }
    if (form->all)
        return list;
    return last.name.n == 0 ? json_null() : jmap_header_value(last.value, form->form);
}

json_t *jmap_header_list(Bytes block) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    json_t *list = json_array();
    while (message_header_next(&iter, &field)) {
        if (field.name.n == 0)
            continue;
        json_array_append_new(
            list, json_pack("{soso}", "name", raw_of(field.name), "value", raw_of(field.value)));
    }
    return list;
}
