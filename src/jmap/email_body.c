/* The body's properties of an e-mail (RFC 8621 4.1.4): the tree of parts out of the stored map,
 * which of them are the text, the HTML and the attachments, and their values. */
#include "jmap/body.h"
#include "jmap/stored.h"

#include <string.h>

/* ---- The tree ---- */

void jmap_tree_free(JmapPart *part) {
    if (part == NULL)
        return;
    for (guint i = 0; i < part->children->len; i++)
        jmap_tree_free(part->children->pdata[i]);
    g_ptr_array_unref(part->children);
    jmap_extension_clear(&part->extension);
    g_free(part->number);
    g_free(part);
}

/* Parts of an attached message are that message's: they are stepped over. */
static gboolean skip(MessagePartIter *iter, guint count) {
    MessagePart part;
    for (guint i = 0; i < count; i++)
        if (!message_part_next(iter, &part))
            return FALSE;
    return TRUE;
}

static JmapPart *take_part(MessagePartIter *iter, const char *number, guint depth) {
    enum { DEEPEST = MESSAGE_MAX_DEPTH + 2 };
    JmapPart *part = g_new0(JmapPart, 1);
    part->children = g_ptr_array_new();
    part->number = g_strdup(number);
    gboolean good = depth < DEEPEST && message_part_next(iter, &part->part);
    if (good)
        jmap_stored_extension(part->part.extension, &part->extension);
    if (good && part->part.kind == MESSAGE_PART_MESSAGE)
        good = skip(iter, part->part.descendants);
    for (guint i = 0; good && part->part.kind == MESSAGE_PART_MULTIPART && i < part->part.children;
         i++) {
        g_autofree char *below = *number == '\0' ? g_strdup_printf("%u", i + 1)
                                                 : g_strdup_printf("%s.%u", number, i + 1);
        JmapPart *child = take_part(iter, below, depth + 1);
        if (child != NULL)
            g_ptr_array_add(part->children, child);
        good = child != NULL;
    }
    if (good)
        return part;
    jmap_tree_free(part);
    return NULL;
}

JmapPart *jmap_tree_new(Bytes structure) {
    MessagePartIter iter;
    if (!message_part_iter_init(&iter, structure))
        return NULL;
    JmapPart *root = take_part(&iter, "", 0);
    /* RFC 9051 6.4.5.1: the only part of a message is its part 1. */
    if (root != NULL && root->part.kind != MESSAGE_PART_MULTIPART) {
        g_free(root->number);
        root->number = g_strdup("1");
    }
    return root;
}

/* ---- Text, HTML, attachments (RFC 8621 4.1.4, parseStructure) ---- */

typedef struct {
    GPtrArray *attachments, *text, *html; /* text and html NULL: none is taken up any more */
} Lists;

static gboolean type_is(const JmapPart *part, const char *type) {
    return bytes_is(part->part.type, type);
}

static gboolean subtype_is(const JmapPart *part, const char *subtype) {
    return bytes_is(part->part.subtype, subtype);
}

static gboolean is_media(const JmapPart *part) {
    return type_is(part, "image") || type_is(part, "audio") || type_is(part, "video");
}

/* "isInline": what is shown where it stands. */
static gboolean is_inline(const JmapPart *part, const JmapPart *above, guint place) {
    gboolean text =
        type_is(part, "text") && (subtype_is(part, "plain") || subtype_is(part, "html"));
    gboolean apart = part->extension.disposition != NULL &&
                     g_ascii_strcasecmp(part->extension.disposition, "attachment") == 0;
    gboolean first = place == 0 || (above != NULL && !subtype_is(above, "related") &&
                                    (is_media(part) || part->part.filename.n == 0));
    return !apart && (text || is_media(part)) && first;
}

static void sort_parts(GPtrArray *parts, const JmapPart *above, const char *how,
                       gboolean alternative, Lists lists);

static void add_inline(JmapPart *part, const char *how, gboolean alternative, Lists *lists) {
    if (g_str_equal(how, "alternative")) {
        if (type_is(part, "text") && subtype_is(part, "plain") && lists->text != NULL)
            g_ptr_array_add(lists->text, part);
        else if (type_is(part, "text") && subtype_is(part, "html") && lists->html != NULL)
            g_ptr_array_add(lists->html, part);
        else
            g_ptr_array_add(lists->attachments, part);
        return;
    }
    if (alternative) {
        if (type_is(part, "text") && subtype_is(part, "plain"))
            lists->html = NULL;
        if (type_is(part, "text") && subtype_is(part, "html"))
            lists->text = NULL;
    }
    if (lists->text != NULL)
        g_ptr_array_add(lists->text, part);
    if (lists->html != NULL)
        g_ptr_array_add(lists->html, part);
    if ((lists->text == NULL || lists->html == NULL) && is_media(part))
        g_ptr_array_add(lists->attachments, part);
}

/* In an alternative that had only one of the two kinds, that one stands for both. */
static void fill_other(Lists lists, guint texts, guint htmls) {
    if (lists.text == NULL || lists.html == NULL)
        return;
    if (texts == lists.text->len && htmls != lists.html->len)
        for (guint i = htmls; i < lists.html->len; i++)
            g_ptr_array_add(lists.text, lists.html->pdata[i]);
    else if (htmls == lists.html->len && texts != lists.text->len)
        for (guint i = texts; i < lists.text->len; i++)
            g_ptr_array_add(lists.html, lists.text->pdata[i]);
}

static void sort_parts(GPtrArray *parts, const JmapPart *above, const char *how,
                       gboolean alternative, Lists lists) {
    guint texts = lists.text == NULL ? 0 : lists.text->len;
    guint htmls = lists.html == NULL ? 0 : lists.html->len;
    for (guint i = 0; i < parts->len; i++) {
        JmapPart *part = parts->pdata[i];
        if (part->part.kind == MESSAGE_PART_MULTIPART) {
            g_autofree char *kind = bytes_dup_string(part->part.subtype);
            sort_parts(part->children, part, kind, alternative || g_str_equal(kind, "alternative"),
                       lists);
        } else if (is_inline(part, above, i)) {
            add_inline(part, how, alternative, &lists);
        } else {
            g_ptr_array_add(lists.attachments, part);
        }
    }
    if (g_str_equal(how, "alternative"))
        fill_other(lists, texts, htmls);
}

void jmap_tree_sort(JmapPart *root, JmapSorted *out) {
    *out = (JmapSorted){g_ptr_array_new(), g_ptr_array_new(), g_ptr_array_new()};
    g_autoptr(GPtrArray) whole = g_ptr_array_new();
    g_ptr_array_add(whole, root);
    sort_parts(whole, NULL, "mixed", FALSE, (Lists){out->attachments, out->text, out->html});
}

void jmap_sorted_clear(JmapSorted *sorted) {
    g_clear_pointer(&sorted->attachments, g_ptr_array_unref);
    g_clear_pointer(&sorted->text, g_ptr_array_unref);
    g_clear_pointer(&sorted->html, g_ptr_array_unref);
}

/* ---- Parts as objects ---- */

typedef struct {
    json_t *object;
    JmapSource *source;
    const JmapWanted *wanted;
    JmapPart *root;
} Put;

static json_t *text_or_null(const char *text) {
    json_t *value = text == NULL || *text == '\0' ? NULL : json_string(text);
    return value == NULL ? json_null() : value;
}

static json_t *bytes_or_null(Bytes bytes) {
    json_t *value = bytes.n == 0 ? NULL : json_stringn((const char *)bytes.p, bytes.n);
    return value == NULL ? json_null() : value;
}

static json_t *blob_of(const Put *put, const JmapPart *part) {
    if (part->part.kind == MESSAGE_PART_MULTIPART)
        return json_null();
    g_autofree char *number = g_strdelimit(g_strdup(part->number), ".", '_');
    g_autofree char *id = g_strconcat(put->source->blob, "-", number, NULL);
    return json_string(id);
}

/* RFC 8621 4.1.4: "us-ascii" is implied for text that names no charset. */
static json_t *charset_of(const JmapPart *part) {
    if (part->part.charset.n > 0)
        return bytes_or_null(part->part.charset);
    return type_is(part, "text") ? json_string("us-ascii") : json_null();
}

static json_t *languages_of(const JmapPart *part) {
    if (part->extension.languages == NULL)
        return json_null();
    json_t *list = json_array();
    for (guint i = 0; part->extension.languages[i] != NULL; i++)
        json_array_append_new(list, text_or_null(part->extension.languages[i]));
    return list;
}

static json_t *part_property(const Put *put, const JmapPart *part, JmapPartProperty which) {
    const MessagePart *p = &part->part;
    gboolean multipart = p->kind == MESSAGE_PART_MULTIPART;
    switch (which) {
    case JMAP_PART_ID:
        return multipart ? json_null() : json_string(part->number);
    case JMAP_PART_BLOB:
        return blob_of(put, part);
    case JMAP_PART_SIZE: /* an attached message is as large as its bytes */
        return json_integer(multipart ? 0
                            : p->kind == MESSAGE_PART_MESSAGE
                                ? (json_int_t)(p->body_end - p->body_start)
                                : (json_int_t)p->decoded_bytes);
    case JMAP_PART_NAME:
        return bytes_or_null(p->filename);
    case JMAP_PART_TYPE: {
        g_autofree char *type = g_strdup_printf("%.*s/%.*s", (int)p->type.n, p->type.p,
                                                (int)p->subtype.n, p->subtype.p);
        return text_or_null(type);
    }
    case JMAP_PART_CHARSET:
        return charset_of(part);
    case JMAP_PART_DISPOSITION:
        return text_or_null(part->extension.disposition);
    case JMAP_PART_CID:
        return bytes_or_null(p->content_id);
    case JMAP_PART_LANGUAGE:
        return languages_of(part);
    case JMAP_PART_LOCATION:
        return text_or_null(part->extension.location);
    default:
        return NULL;
    }
}

/* The root's header is the message's. */
static gboolean put_part_headers(const Put *put, const JmapPart *part, json_t *object,
                                 GError **error) {
    const JmapWanted *wanted = put->wanted;
    gboolean list = (wanted->part_mask >> JMAP_PART_HEADERS & 1) != 0;
    g_auto(Buffer) buffer;
    Bytes header;
    buffer_init(&buffer, G_MAXUINT32);
    if (!list && wanted->part_headers->len == 0)
        return TRUE;
    if (part == put->root
            ? !jmap_source_header(put->source, &header, error)
            : !jmap_source_read(put->source, part->part.header_start,
                                part->part.body_start - part->part.header_start, &buffer, error))
        return FALSE;
    if (part != put->root)
        header = buffer_bytes(&buffer);
    if (list)
        json_object_set_new(object, "headers", jmap_header_list(header));
    for (guint i = 0; i < wanted->part_headers->len; i++) {
        const JmapHeaderForm *form = wanted->part_headers->pdata[i];
        json_object_set_new(object, form->property, jmap_header_get(header, form));
    }
    return TRUE;
}

/* NULL: *error. With `below` its parts too. */
static json_t *part_json(const Put *put, const JmapPart *part, gboolean below, GError **error) {
    g_autoptr(json_t) object = json_object();
    for (guint i = 0; i < JMAP_PART_SUBPARTS; i++)
        if (i != JMAP_PART_HEADERS && (put->wanted->part_mask >> i & 1))
            json_object_set_new(object, jmap_part_properties[i], part_property(put, part, i));
    if (!put_part_headers(put, part, object, error))
        return NULL;
    gboolean asked = (put->wanted->part_mask >> JMAP_PART_SUBPARTS & 1) != 0;
    if (part->part.kind != MESSAGE_PART_MULTIPART || !(below || asked)) {
        if (asked)
            json_object_set_new(object, "subParts", json_null());
        return g_steal_pointer(&object);
    }
    json_t *list = json_array();
    json_object_set_new(object, "subParts", list);
    for (guint i = 0; i < part->children->len; i++) {
        json_t *child = part_json(put, part->children->pdata[i], below, error);
        if (child == NULL)
            return NULL;
        json_array_append_new(list, child);
    }
    return g_steal_pointer(&object);
}

static gboolean put_list(const Put *put, JmapEmailProperty property, const GPtrArray *parts,
                         GError **error) {
    if ((put->wanted->mask >> property & 1) == 0)
        return TRUE;
    json_t *list = json_array();
    json_object_set_new(put->object, jmap_email_properties[property], list);
    for (guint i = 0; i < parts->len; i++) {
        json_t *one = part_json(put, parts->pdata[i], FALSE, error);
        if (one == NULL)
            return FALSE;
        json_array_append_new(list, one);
    }
    return TRUE;
}

static gboolean put_values_of(const Put *put, const GPtrArray *parts, json_t *values,
                              GError **error) {
    for (guint i = 0; i < parts->len; i++) {
        const JmapPart *part = parts->pdata[i];
        if (!type_is(part, "text") || json_object_get(values, part->number) != NULL)
            continue;
        json_t *value = jmap_part_value(put->source, part, put->wanted->maximum, error);
        if (value == NULL)
            return FALSE;
        json_object_set_new(values, part->number, value);
    }
    return TRUE;
}

static void gather(GPtrArray *all, JmapPart *part) {
    g_ptr_array_add(all, part);
    for (guint i = 0; i < part->children->len; i++)
        gather(all, part->children->pdata[i]);
}

static gboolean put_values(const Put *put, const JmapSorted *sorted, GError **error) {
    const JmapWanted *wanted = put->wanted;
    if ((wanted->mask >> JMAP_EMAIL_VALUES & 1) == 0)
        return TRUE;
    json_t *values = json_object();
    json_object_set_new(put->object, "bodyValues", values);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    if (wanted->all_values)
        gather(all, put->root);
    return put_values_of(put, all, values, error) &&
           (!wanted->text_values || put_values_of(put, sorted->text, values, error)) &&
           (!wanted->html_values || put_values_of(put, sorted->html, values, error));
}

static gboolean put_structure(const Put *put, GError **error) {
    if ((put->wanted->mask >> JMAP_EMAIL_STRUCTURE & 1) == 0)
        return TRUE;
    json_t *structure = part_json(put, put->root, TRUE, error);
    if (structure != NULL)
        json_object_set_new(put->object, "bodyStructure", structure);
    return structure != NULL;
}

gboolean jmap_email_put_body(json_t *object, JmapSource *source, const JmapWanted *wanted,
                             GError **error) {
    if ((wanted->mask & JMAP_EMAIL_BODY) == 0)
        return TRUE;
    JmapPart *root = jmap_tree_new(source->structure);
    if (root == NULL)
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "the part map of a message is damaged; run `congvu doctor`");
    g_auto(JmapSorted) sorted = {0};
    Put put = {object, source, wanted, root};
    jmap_tree_sort(root, &sorted);
    gboolean good = put_structure(&put, error) && put_values(&put, &sorted, error) &&
                    put_list(&put, JMAP_EMAIL_TEXT_BODY, sorted.text, error) &&
                    put_list(&put, JMAP_EMAIL_HTML_BODY, sorted.html, error) &&
                    put_list(&put, JMAP_EMAIL_ATTACHMENTS, sorted.attachments, error);
    jmap_tree_free(root);
    return good;
}
