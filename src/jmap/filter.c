/* Judging; see filter.h. The parsing is in filter_parse.c. */
#include "jmap/filter_node.h"

#include "jmap/stored.h"

void jmap_filter_free(JmapFilter *filter) {
    if (filter != NULL) {
        g_array_unref(filter->nodes);
        g_ptr_array_unref(filter->words);
        g_free(filter);
    }
}

const GPtrArray *jmap_filter_words(const JmapFilter *filter) {
    return filter->words;
}

static const JmapNode *node(const JmapFilter *filter, gint32 place) {
    return &g_array_index(filter->nodes, JmapNode, place);
}

/* ---- Which mailboxes ---- */

static JmapTri wants(const JmapFilter *filter, const JmapNode *one, gint64 mailbox) {
    JmapTri got, result;
    switch (one->op) {
    case JMAP_NODE_IN:
        return one->number == mailbox;
    case JMAP_NODE_NOT_ONLY_IN:
        return !g_array_binary_search(one->mailboxes, &mailbox, jmap_compare_numbers, NULL);
    case JMAP_NODE_NEVER:
        return JMAP_NO;
    case JMAP_NODE_EVERY:
        return JMAP_YES;
    case JMAP_NODE_NOT:
        got = wants(filter, node(filter, one->first), mailbox);
        return got == JMAP_PERHAPS ? got : got == JMAP_YES ? JMAP_NO : JMAP_YES;
    case JMAP_NODE_AND:
    case JMAP_NODE_OR:
        result = one->op == JMAP_NODE_AND ? JMAP_YES : JMAP_NO;
        for (gint32 i = one->first; i >= 0; i = node(filter, i)->next) {
            got = wants(filter, node(filter, i), mailbox);
            if (got == (one->op == JMAP_NODE_AND ? JMAP_NO : JMAP_YES))
                return got;
            result = got == JMAP_PERHAPS ? got : result;
        }
        return result;
    default:
        return JMAP_PERHAPS;
    }
}

JmapTri jmap_filter_wants(const JmapFilter *filter, gint64 mailbox) {
    return wants(filter, node(filter, 0), mailbox);
}

/* ---- Conversations ---- */

static gboolean is_of_threads(const JmapNode *one) {
    return one->op == JMAP_NODE_ALL_IN_THREAD || one->op == JMAP_NODE_SOME_IN_THREAD ||
           one->op == JMAP_NODE_NONE_IN_THREAD;
}

gboolean jmap_filter_is_wide(const JmapFilter *filter) {
    for (guint i = 0; i < filter->nodes->len; i++)
        if (is_of_threads(node(filter, (gint32)i)))
            return TRUE;
    return FALSE;
}

void jmap_filter_threads(JmapFilter *filter, const JmapListing *listing) {
    for (guint i = 0; i < filter->nodes->len; i++) {
        JmapNode *one = &g_array_index(filter->nodes, JmapNode, i);
        if (is_of_threads(one) && one->threads.slots == NULL)
            jmap_threads_with(listing, one->bits, one->op != JMAP_NODE_ALL_IN_THREAD,
                              &one->threads);
    }
}

/* ---- The index ---- */

gboolean jmap_filter_ask(JmapFilter *filter, SearchIndex *index, const JmapBoxRows *box,
                         gint64 until) {
    for (guint i = 0; i < filter->nodes->len; i++) {
        JmapNode *one = &g_array_index(filter->nodes, JmapNode, i);
        if (one->query == NULL || index == NULL || one->asked == box->mailbox)
            continue;
        if (one->run == NULL)
            one->run = search_run_new(index, one->query, box->mailbox, box->uidvalidity);
        if (!search_run_step(one->run, until))
            return FALSE;
        const SearchAnswer *answer = search_run_answer(one->run);
        g_clear_pointer(&one->yes, g_array_unref);
        g_clear_pointer(&one->perhaps, g_array_unref);
        one->yes = g_array_ref(answer->yes);
        one->perhaps = g_array_ref(answer->perhaps);
        one->upto = answer->upto;
        one->asked = box->mailbox;
        g_clear_pointer(&one->run, search_run_free);
    }
    return TRUE;
}

static gint compare_uids(gconstpointer a, gconstpointer b) {
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return x < y ? -1 : x > y;
}

static JmapTri indexed(const JmapNode *one, const JmapCandidate *c) {
    guint32 uid = c->email->uid;
    if (one->asked != c->mailbox || uid > one->upto)
        return JMAP_PERHAPS;
    if (g_array_binary_search(one->yes, &uid, compare_uids, NULL))
        return JMAP_YES;
    return g_array_binary_search(one->perhaps, &uid, compare_uids, NULL) ? JMAP_PERHAPS : JMAP_NO;
}

/* ---- The message ---- */

/* MessageRead. */
static gboolean read_piece(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    JmapCandidate *c = data;
    buffer_clear(&c->bytes);
    if (!store_message_read(c->store, c->conn, c->message, c->message->prefix.n + offset, n,
                            &c->bytes, NULL))
        return FALSE;
    *out = buffer_bytes(&c->bytes);
    return TRUE;
}

/* As IMAP's FROM and its like: an address counts as it is meant, without comments and folding. */
static gboolean has_address(const JmapNode *one, const JmapCandidate *c) {
    static const struct {
        const char *name;
        JmapEnvelopeItem item;
    } fields[] = {{"From", JMAP_ENVELOPE_FROM},
                  {"To", JMAP_ENVELOPE_TO},
                  {"Cc", JMAP_ENVELOPE_CC},
                  {"Bcc", JMAP_ENVELOPE_BCC}};
    for (gsize i = 0; one->header != NULL && i < G_N_ELEMENTS(fields); i++) {
        if (g_ascii_strcasecmp(fields[i].name, one->header) != 0)
            continue;
        g_autoptr(json_t) list = jmap_stored_addresses(c->message->envelope, fields[i].item, FALSE);
        for (size_t at = 0; at < json_array_size(list); at++) {
            const char *email =
                json_string_value(json_object_get(json_array_get(list, at), "email"));
            if (email != NULL && message_needle_finds(one->needle, bytes_of_string(email)))
                return TRUE;
        }
    }
    return FALSE;
}

static JmapTri text(const JmapNode *one, JmapCandidate *c) {
    JmapTri known = indexed(one, c);
    if (c->message == NULL || known != JMAP_PERHAPS)
        return known;
    if (c->failed)
        return JMAP_NO;
    if (has_address(one, c))
        return JMAP_YES;
    MessageSource source = {c->message->prefix, c->message->structure, read_piece, c};
    return message_search(&source, one->needle, &c->failed) ? JMAP_YES : JMAP_NO;
}

/* ---- Judging ---- */

static JmapTri leaf(const JmapNode *one, JmapCandidate *c) {
    const StoreEmail *email = c->email;
    switch (one->op) {
    case JMAP_NODE_EVERY:
        return JMAP_YES;
    case JMAP_NODE_IN:
        return c->mailbox == one->number;
    case JMAP_NODE_NOT_ONLY_IN:
        return !g_array_binary_search(one->mailboxes, &c->mailbox, jmap_compare_numbers, NULL);
    case JMAP_NODE_BEFORE:
        return email->received < one->number;
    case JMAP_NODE_AFTER:
        return email->received >= one->number;
    case JMAP_NODE_MIN_SIZE:
        return email->size >= (guint64)one->number;
    case JMAP_NODE_MAX_SIZE:
        return email->size < (guint64)one->number;
    case JMAP_NODE_HAS_KEYWORD:
        return (email->flags & one->bits) != 0;
    case JMAP_NODE_NOT_KEYWORD:
        return (email->flags & one->bits) == 0;
    case JMAP_NODE_ATTACHMENT:
        return ((email->traits & STORE_TRAIT_ATTACHMENT) != 0) == (one->number != 0);
    case JMAP_NODE_ALL_IN_THREAD:
    case JMAP_NODE_NONE_IN_THREAD:
        return !jmap_thread_set_has(&one->threads, jmap_thread_key(email));
    case JMAP_NODE_SOME_IN_THREAD:
        return jmap_thread_set_has(&one->threads, jmap_thread_key(email));
    case JMAP_NODE_TEXT:
        return text(one, c);
    default:
        return JMAP_NO;
    }
}

static JmapTri judge(const JmapFilter *filter, const JmapNode *one, JmapCandidate *c);

/* AND and OR: `stop` is the answer that decides. */
static JmapTri judge_many(const JmapFilter *filter, const JmapNode *one, JmapCandidate *c,
                          JmapTri stop) {
    JmapTri result = stop == JMAP_NO ? JMAP_YES : JMAP_NO;
    for (gint32 i = one->first; i >= 0; i = node(filter, i)->next) {
        JmapTri got = judge(filter, node(filter, i), c);
        if (got == stop)
            return stop;
        result = got == JMAP_PERHAPS ? got : result;
    }
    return result;
}

static JmapTri judge(const JmapFilter *filter, const JmapNode *one, JmapCandidate *c) {
    JmapTri inner;
    switch (one->op) {
    case JMAP_NODE_AND:
        return judge_many(filter, one, c, JMAP_NO);
    case JMAP_NODE_OR:
        return judge_many(filter, one, c, JMAP_YES);
    case JMAP_NODE_NOT:
        inner = judge(filter, node(filter, one->first), c);
        return inner == JMAP_PERHAPS ? inner : inner == JMAP_YES ? JMAP_NO : JMAP_YES;
    default:
        return leaf(one, c);
    }
}

JmapTri jmap_filter_judge(const JmapFilter *filter, JmapCandidate *candidate) {
    return judge(filter, node(filter, 0), candidate);
}
