/* Sorting; see sorting.h. One key for all criteria, as SORT of IMAP makes it: numbers as eight
 * bytes, texts as their collation keys, what is turned round with its bits turned. */
#include "jmap/sorting.h"

#include "jmap/arguments.h"
#include "jmap/filter.h"
#include "jmap/stored.h"
#include "message/base_subject.h"
#include "message/date.h"
#include "message/header.h"
#include "text/collate.h"

enum { TEXT_BYTES = 128 };

const char *const jmap_email_sorts[] = {
    "receivedAt",
    "size",
    "from",
    "to",
    "subject",
    "sentAt",
    "hasKeyword",
    "allInThreadHaveKeyword",
    "someInThreadHaveKeyword",
    NULL,
};

void jmap_sorting_clear(JmapSorting *sorting) {
    for (guint i = 0; i < sorting->count; i++)
        jmap_thread_set_clear(&sorting->keys[i].threads);
}

/* ---- Reading ---- */

static gboolean fail(JmapCall *call, const char *type) {
    jmap_fail(call, type, "sort");
    return FALSE;
}

static gboolean take_one(JmapCall *call, const JmapAccount *account, json_t *one,
                         JmapSorting *out) {
    const char *name = json_string_value(json_object_get(one, "property"));
    json_t *rising = json_object_get(one, "isAscending");
    const char *keyword = json_string_value(json_object_get(one, "keyword"));
    const char *collation = json_string_value(json_object_get(one, "collation"));
    guint by = 0;
    if (name == NULL || (rising != NULL && !json_is_boolean(rising)))
        return fail(call, "invalidArguments");
    while (jmap_email_sorts[by] != NULL && !g_str_equal(jmap_email_sorts[by], name))
        by++;
    if (jmap_email_sorts[by] == NULL || out->count == JMAP_SORTS ||
        (collation != NULL && !g_str_equal(collation, "i;unicode-casemap") &&
         !g_str_equal(collation, "i;ascii-casemap")))
        return fail(call, "unsupportedSort");
    if (by >= JMAP_BY_KEYWORD && keyword == NULL)
        return fail(call, "invalidArguments");
    out->keys[out->count].by = by;
    out->keys[out->count].falling = json_is_false(rising);
    out->keys[out->count].bits = by >= JMAP_BY_KEYWORD ? jmap_keyword_bits(account, keyword) : 0;
    out->meta = out->meta || (by >= JMAP_BY_FROM && by <= JMAP_BY_SENT);
    out->count++;
    return TRUE;
}

gboolean jmap_take_sort(JmapCall *call, const JmapAccount *account, JmapSorting *out) {
    json_t *list;
    if (!jmap_take_array(call, "sort", &list))
        return FALSE;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_one(call, account, json_array_get(list, i), out))
            return FALSE;
    out->plain = out->count == 0 ||
                 (out->count == 1 && out->keys[0].by == JMAP_BY_RECEIVED && out->keys[0].falling);
    return TRUE;
}

gboolean jmap_sorting_is_wide(const JmapSorting *sorting) {
    for (guint i = 0; i < sorting->count; i++)
        if (sorting->keys[i].by >= JMAP_BY_ALL_IN_THREAD)
            return TRUE;
    return FALSE;
}

void jmap_sorting_threads(JmapSorting *sorting, const JmapListing *listing) {
    for (guint i = 0; i < sorting->count; i++) {
        gboolean all = sorting->keys[i].by == JMAP_BY_ALL_IN_THREAD;
        if (!all && sorting->keys[i].by != JMAP_BY_SOME_IN_THREAD)
            continue;
        jmap_threads_with(listing, sorting->keys[i].bits, !all, &sorting->keys[i].threads);
    }
}

/* ---- Keys ---- */

static void put_number(Buffer *out, gint64 value) {
    buffer_append_be64(out, (guint64)value ^ (1ull << 63));
}

static void put_text(Buffer *out, const char *text) {
    text_collation_key(bytes_of_string(text), TEXT_BYTES, out);
    buffer_append_byte(out, 0);
}

/* RFC 8621 4.4.2: by the name, or the address where there is none. */
static void put_address(Buffer *out, Bytes item) {
    g_autoptr(json_t) list = jmap_stored_list(item, FALSE);
    json_t *first = json_array_get(list, 0);
    const char *text = json_string_value(json_object_get(first, "name"));
    if (text == NULL)
        text = json_string_value(json_object_get(first, "email"));
    put_text(out, text == NULL ? "" : text);
}

static void put_subject(Buffer *out, Bytes item) {
    gsize n = 0;
    gboolean reply;
    g_autofree char *raw = jmap_stored_text(item, &n);
    g_autofree char *decoded = message_header_decode(bytes_of(raw, n));
    g_autofree char *base = message_base_subject(decoded, &reply);
    put_text(out, base);
}

static gint64 sent_of(Bytes item, gint64 otherwise) {
    gint64 us;
    gint zone;
    gsize n = 0;
    g_autofree char *text = jmap_stored_text(item, &n);
    return message_date_parse(bytes_of(text, n), &us, &zone) ? us : otherwise;
}

static void put_key(Buffer *out, const JmapSorting *sorting, guint i, const StoreEmail *email,
                    const Bytes items[JMAP_ENVELOPE_ITEMS]) {
    gboolean in;
    switch (sorting->keys[i].by) {
    case JMAP_BY_SIZE:
        put_number(out, (gint64)email->size);
        break;
    case JMAP_BY_FROM:
        put_address(out, items[JMAP_ENVELOPE_FROM]);
        break;
    case JMAP_BY_TO:
        put_address(out, items[JMAP_ENVELOPE_TO]);
        break;
    case JMAP_BY_SUBJECT:
        put_subject(out, items[JMAP_ENVELOPE_SUBJECT]);
        break;
    case JMAP_BY_SENT:
        put_number(out, sent_of(items[JMAP_ENVELOPE_DATE], email->received));
        break;
    case JMAP_BY_KEYWORD:
        put_number(out, (email->flags & sorting->keys[i].bits) != 0);
        break;
    case JMAP_BY_ALL_IN_THREAD:
    case JMAP_BY_SOME_IN_THREAD:
        in = jmap_thread_set_has(&sorting->keys[i].threads, jmap_thread_key(email));
        put_number(out, sorting->keys[i].by == JMAP_BY_SOME_IN_THREAD ? in : !in);
        break;
    default:
        put_number(out, email->received);
    }
}

void jmap_sorting_key(const JmapSorting *sorting, const StoreMessage *message, JmapFound *found) {
    g_auto(Buffer) key;
    Bytes items[JMAP_ENVELOPE_ITEMS] = {{0}};
    buffer_init(&key, 64 * 1024);
    if (message != NULL)
        jmap_stored_split(message->envelope, items);
    for (guint i = 0; i < sorting->count; i++) {
        gsize before = key.n;
        put_key(&key, sorting, i, found->email, items);
        if (sorting->keys[i].falling)
            for (gsize at = before; at < key.n; at++)
                key.p[key.start + at] ^= 0xff;
    }
    found->key_bytes = (guint)key.n;
    found->key = buffer_steal_string(&key);
}

/* Of equal ones the newest first, so that the order is always the same. */
gint jmap_found_compare(gconstpointer a, gconstpointer b) {
    const JmapFound *x = a, *y = b;
    if (x->key != NULL && y->key != NULL) {
        int order = memcmp(x->key, y->key, MIN(x->key_bytes, y->key_bytes));
        if (order != 0)
            return order;
        if (x->key_bytes != y->key_bytes)
            return x->key_bytes < y->key_bytes ? -1 : 1;
    }
    return jmap_email_compare(x->email, y->email);
}
