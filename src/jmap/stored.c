/* The IMAP text of envelopes, read; see stored.h. */
#include "jmap/stored.h"

#include "message/header.h"

/* ---- Tokens (RFC 9051 4): quoted strings, literals, NIL, lists ---- */

/* {12}CRLF and 12 bytes. */
static gboolean take_literal(Reader *in, Bytes *out) {
    guint64 n;
    return reader_skip_byte(in, '{') && reader_u64(in, &n) && reader_skip(in, "}\r\n") &&
           n <= reader_left(in) && reader_take(in, (gsize)n, out);
}

/* Steps over a quoted string; what is between the quotes. */
static gboolean take_quoted(Reader *in, Bytes *out) {
    if (!reader_skip_byte(in, '"'))
        return FALSE;
    const guint8 *from = in->at;
    for (int c; (c = reader_byte(in)) >= 0;) {
        if (c == '"') {
            *out = bytes_of(from, (gsize)(in->at - 1 - from));
            return TRUE;
        }
        if (c == '\\' && reader_byte(in) < 0)
            return FALSE;
    }
    return FALSE;
}

/* Steps over one item, a list with all that is in it. No recursion: lists are counted. */
static gboolean skip_item(Reader *in) {
    guint depth = 0;
    Bytes skipped;
    do {
        int c = reader_peek(in);
        if (c == '(') {
            reader_byte(in);
            depth++;
        } else if (c == ')' && depth > 0) {
            reader_byte(in);
            depth--;
        } else if (c == ' ' && depth > 0) {
            reader_byte(in);
        } else if (c == '"') {
            if (!take_quoted(in, &skipped))
                return FALSE;
        } else if (c == '{') {
            if (!take_literal(in, &skipped))
                return FALSE;
        } else { /* NIL, a number */
            const guint8 *from = in->at;
            while (g_ascii_isalnum((char)reader_peek(in)) && reader_peek(in) >= 0)
                reader_byte(in);
            if (in->at == from)
                return FALSE;
        }
    } while (depth > 0);
    return TRUE;
}

void jmap_stored_split(Bytes envelope, Bytes items[JMAP_ENVELOPE_ITEMS]) {
    Reader in = reader_of(envelope);
    for (guint i = 0; i < JMAP_ENVELOPE_ITEMS; i++)
        items[i] = (Bytes){0};
    if (!reader_skip_byte(&in, '('))
        return;
    for (guint i = 0; i < JMAP_ENVELOPE_ITEMS; i++) {
        const guint8 *from = in.at;
        if (!skip_item(&in))
            return;
        items[i] = bytes_of(from, (gsize)(in.at - from));
        if (!reader_skip_byte(&in, ' '))
            return;
    }
}

/* A string; NULL for NIL with TRUE. */
static gboolean take_text(Reader *in, char **out, gsize *n) {
    Bytes raw;
    *out = NULL;
    if (reader_skip_nocase(in, "NIL"))
        return TRUE;
    if (reader_peek(in) == '{') {
        if (!take_literal(in, &raw))
            return FALSE;
        *out = bytes_dup_string(raw);
        *n = raw.n;
        return TRUE;
    }
    if (!take_quoted(in, &raw))
        return FALSE;
    char *text = g_malloc(raw.n + 1);
    gsize at = 0;
    for (gsize i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.n)
            i++;
        text[at++] = (char)raw.p[i];
    }
    text[at] = '\0';
    *out = text;
    *n = at;
    return TRUE;
}

char *jmap_stored_text(Bytes item, gsize *n) {
    Reader in = reader_of(item);
    char *text = NULL;
    gsize length = 0;
    if (item.n > 0 && !take_text(&in, &text, &length))
        return NULL;
    if (n != NULL)
        *n = length;
    return text;
}

/* ---- Addresses ---- */

void jmap_addresses_init(JmapAddresses *addresses, gboolean grouped) {
    *addresses = (JmapAddresses){json_array(), NULL, grouped};
}

static json_t *name_of(Bytes name) {
    g_autofree char *text = name.n == 0 ? NULL : message_header_decode(name);
    return text == NULL || *text == '\0' ? json_null() : json_string(text);
}

static json_t *open_group(JmapAddresses *addresses, json_t *name) {
    addresses->group = json_array();
    json_array_append_new(addresses->list,
                          json_pack("{soso}", "name", name, "addresses", addresses->group));
    return addresses->group;
}

static json_t *valid_text(const char *text, gsize n) {
    json_t *value = json_stringn(text, n);
    if (value != NULL)
        return value;
    g_autofree char *valid = message_header_decode(bytes_of(text, n));
    return json_string(valid);
}

void jmap_addresses_add(JmapAddresses *addresses, Bytes name, Bytes mailbox, Bytes host) {
    g_autoptr(GString) email = g_string_new_len((const char *)mailbox.p, (gssize)mailbox.n);
    if (host.n > 0) {
        g_string_append_c(email, '@');
        g_string_append_len(email, (const char *)host.p, (gssize)host.n);
    }
    json_t *one = json_object();
    json_object_set_new(one, "name", name_of(name));
    json_object_set_new(one, "email", valid_text(email->str, email->len));
    json_t *to = !addresses->grouped        ? addresses->list
                 : addresses->group != NULL ? addresses->group
                                            : open_group(addresses, json_null());
    json_array_append_new(to, one);
}

void jmap_addresses_group(JmapAddresses *addresses, Bytes name) {
    if (addresses->grouped)
        open_group(addresses, name_of(name));
}

void jmap_addresses_group_end(JmapAddresses *addresses) {
    addresses->group = NULL;
}

/* "(name route mailbox host)"; a group begins with a NIL host and ends with all NIL. */
static gboolean take_address(Reader *in, JmapAddresses *addresses) {
    char *texts[4] = {NULL};
    gsize lengths[4] = {0};
    gboolean good = reader_skip_byte(in, '(');
    for (guint i = 0; good && i < 4; i++)
        good = (i == 0 || reader_skip_byte(in, ' ')) && take_text(in, &texts[i], &lengths[i]);
    good = good && reader_skip_byte(in, ')');
    Bytes name = bytes_of(texts[0], lengths[0]), mailbox = bytes_of(texts[2], lengths[2]);
    if (good && texts[3] != NULL)
        jmap_addresses_add(addresses, name, mailbox, bytes_of(texts[3], lengths[3]));
    else if (good && texts[2] != NULL)
        jmap_addresses_group(addresses, mailbox);
    else if (good)
        jmap_addresses_group_end(addresses);
    for (guint i = 0; i < 4; i++)
        g_free(texts[i]);
    return good;
}

json_t *jmap_stored_list(Bytes item, gboolean grouped) {
    Reader in = reader_of(item);
    if (!reader_skip_byte(&in, '('))
        return json_null();
    JmapAddresses addresses;
    jmap_addresses_init(&addresses, grouped);
    while (reader_peek(&in) == '(' && take_address(&in, &addresses))
        reader_skip_byte(&in, ' ');
    return addresses.list;
}

json_t *jmap_stored_addresses(Bytes envelope, JmapEnvelopeItem item, gboolean grouped) {
    Bytes items[JMAP_ENVELOPE_ITEMS];
    jmap_stored_split(envelope, items);
    return jmap_stored_list(items[item], grouped);
}

/* ---- Extension data ---- */

void jmap_extension_clear(JmapExtension *extension) {
    g_clear_pointer(&extension->disposition, g_free);
    g_clear_pointer(&extension->languages, g_strfreev);
    g_clear_pointer(&extension->location, g_free);
}

static gboolean take_disposition(Reader *in, char **out) {
    gsize n;
    if (reader_skip_nocase(in, "NIL"))
        return TRUE;
    return reader_skip_byte(in, '(') && take_text(in, out, &n) && reader_skip_byte(in, ' ') &&
           skip_item(in) && reader_skip_byte(in, ')');
}

static gboolean take_languages(Reader *in, char ***out) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    gboolean many = reader_skip_byte(in, '(');
    char *text;
    gsize n;
    do {
        if (!take_text(in, &text, &n))
            return FALSE;
        if (text != NULL)
            g_ptr_array_add(list, text);
    } while (many && reader_skip_byte(in, ' '));
    if (many && !reader_skip_byte(in, ')'))
        return FALSE;
    if (list->len > 0) {
        g_ptr_array_add(list, NULL);
        *out = g_strdupv((char **)list->pdata);
    }
    return TRUE;
}

void jmap_stored_extension(Bytes extension, JmapExtension *out) {
    Reader in = reader_of(extension);
    gsize n;
    *out = (JmapExtension){0};
    if (skip_item(&in) && reader_skip_byte(&in, ' ') && take_disposition(&in, &out->disposition) &&
        reader_skip_byte(&in, ' ') && take_languages(&in, &out->languages) &&
        reader_skip_byte(&in, ' '))
        take_text(&in, &out->location, &n);
}
