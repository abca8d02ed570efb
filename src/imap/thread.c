/* Conversations as trees over numbers of nodes. While messages come (step 1 of RFC 5256's
 * REFERENCES) a node knows only its parent; what stands below what, and in which order, is made at
 * the end by one sort over all nodes (`arrange`). */
#include "imap/thread.h"

#include "base/crypto.h"
#include "imap/sorter.h"

#include <stdlib.h>

enum {
    NONE = -1,
    /* A loop is looked for so far up; a message that stands deeper gets no children that have
     * children already. Keeps the time linear where messages are made to form one endless chain. */
    DEEPEST_LOOK = 1000,
    /* Messages that are referred to and not there, for each that is there; further ones are passed
     * over. */
    DUMMIES = 8,
};

typedef struct {
    gint64 date;
    guint64 subject;
    guint32 uid; /* 0: a dummy */
    guint32 number;
    gint32 parent;
    gint32 children; /* how many, while messages come; then the first */
    gint32 next;     /* sibling */
    gboolean reply;
} Node;

/* Ids or subjects to nodes; open addressing. */
typedef struct {
    struct {
        guint64 key; /* 0: free */
        gint32 value;
    } * slots;
    gsize size, used; /* size: a power of two */
} Map;

struct ImapThreads {
    gboolean references, failed;
    Node *nodes;
    gint32 count, capacity;
    gint32 real; /* of them messages */
    Map ids;
    guint64 seed; /* odd: who sends messages cannot know which slots they fall on */
    gsize reserved;
    gint32 root; /* the first thread */
    gint32 at;   /* to be written next, or NONE */
    gint32 closing;
};

/* ---- Memory ---- */

static gboolean reserve(ImapThreads *t, gsize bytes) {
    if (t->failed || !imap_sort_reserve(bytes))
        t->failed = TRUE;
    else
        t->reserved += bytes;
    return !t->failed;
}

static void give_back(ImapThreads *t, gsize bytes) {
    imap_sort_release(bytes);
    t->reserved -= bytes;
}

static gboolean map_init(ImapThreads *t, Map *map, gsize size) {
    if (!reserve(t, size * sizeof *map->slots))
        return FALSE;
    *map = (Map){.size = size};
    map->slots = g_malloc0_n(size, sizeof *map->slots);
    return TRUE;
}

static void map_clear(ImapThreads *t, Map *map) {
    g_free(map->slots);
    give_back(t, map->size * sizeof *map->slots);
    *map = (Map){0};
}

/* The slot of the key, or the free one where it would stand. */
static gsize map_slot(const ImapThreads *t, const Map *map, guint64 key) {
    gsize at = (gsize)((key * t->seed) >> 32) & (map->size - 1);
    while (map->slots[at].key != 0 && map->slots[at].key != key)
        at = (at + 1) & (map->size - 1);
    return at;
}

static gint32 map_get(const ImapThreads *t, const Map *map, guint64 key) {
    gsize at = map_slot(t, map, key);
    return map->slots[at].key == 0 ? NONE : map->slots[at].value;
}

static gboolean map_put(ImapThreads *t, Map *map, guint64 key, gint32 value) {
    if (map->used * 2 >= map->size) {
        Map larger;
        if (!map_init(t, &larger, map->size * 2))
            return FALSE;
        for (gsize i = 0; i < map->size; i++)
            if (map->slots[i].key != 0)
                larger.slots[map_slot(t, &larger, map->slots[i].key)] = map->slots[i];
        larger.used = map->used;
        map_clear(t, map);
        *map = larger;
    }
    gsize at = map_slot(t, map, key);
    map->used += map->slots[at].key == 0;
    map->slots[at].key = key;
    map->slots[at].value = value;
    return TRUE;
}

static gint32 new_node(ImapThreads *t) {
    if (t->count == t->capacity) {
        gint32 capacity = MAX(64, t->capacity * 2);
        if (capacity < t->capacity || capacity > G_MAXINT32 / 4 ||
            !reserve(t, (gsize)(capacity - t->capacity) * sizeof(Node))) {
            t->failed = TRUE;
            return NONE;
        }
        t->nodes = g_renew(Node, t->nodes, capacity);
        t->capacity = capacity;
    }
    t->nodes[t->count] = (Node){.parent = NONE, .next = NONE};
    return t->count++;
}

ImapThreads *imap_threads_new(gboolean references) {
    ImapThreads *t = g_new0(ImapThreads, 1);
    t->references = references;
    t->seed = crypto_random_u64() | 1;
    t->root = t->at = t->closing = NONE;
    map_init(t, &t->ids, 64);
    return t;
}

void imap_threads_free(ImapThreads *t) {
    if (t == NULL)
        return;
    g_free(t->nodes);
    g_free(t->ids.slots);
    imap_sort_release(t->reserved);
    g_free(t);
}

/* ---- Step 1: who answers whom ---- */

/* Does `node` stand at or above `below`? TRUE also when that would take too long to find out. */
static gboolean is_above(const ImapThreads *t, gint32 node, gint32 below) {
    if (node == below)
        return TRUE;
    if (t->nodes[node].children == 0)
        return FALSE;
    for (guint i = 0; below != NONE; i++) {
        if (below == node || i == DEEPEST_LOOK)
            return TRUE;
        below = t->nodes[below].parent;
    }
    return FALSE;
}

static void link_nodes(ImapThreads *t, gint32 parent, gint32 child) {
    if (parent == NONE || is_above(t, child, parent))
        return;
    t->nodes[child].parent = parent;
    t->nodes[parent].children++;
}

/* The node of an id; a dummy when it is not there yet. NONE: there are enough dummies. */
static gint32 node_of(ImapThreads *t, guint64 id) {
    gint32 node = map_get(t, &t->ids, id);
    if (node != NONE || t->count - t->real > DUMMIES * (t->real + 64))
        return node;
    node = new_node(t);
    if (node != NONE && !map_put(t, &t->ids, id, node))
        return NONE;
    return node;
}

/* A message's own node: that of its id, unless another message has the id already. */
static gint32 own_node(ImapThreads *t, guint64 id) {
    gint32 node = id == 0 ? NONE : map_get(t, &t->ids, id);
    if (node != NONE && t->nodes[node].uid == 0)
        return node;
    gboolean taken = id == 0 || node != NONE;
    node = new_node(t);
    if (node != NONE && !taken && !map_put(t, &t->ids, id, node))
        return NONE;
    return node;
}

static void refer(ImapThreads *t, gint32 own, const MessageReferences *references) {
    gint32 last = NONE;
    for (guint i = 0; i < references->count && !t->failed; i++) {
        gint32 node = node_of(t, references->ids[i]);
        if (node == NONE)
            continue;
        /* 1.A: a link that is there stays, and none may close a loop. */
        if (t->nodes[node].parent == NONE)
            link_nodes(t, last, node);
        last = node;
    }
    /* 1.B: of its own parent the message knows best. */
    Node *self = &t->nodes[own];
    if (self->parent != NONE)
        t->nodes[self->parent].children--;
    self->parent = NONE;
    link_nodes(t, last, own);
}

gboolean imap_threads_add(ImapThreads *t, const ImapThreadMessage *message) {
    if (t->failed)
        return FALSE;
    gint32 own = t->references ? own_node(t, message->references->own) : new_node(t);
    if (own == NONE)
        return FALSE;
    Node *node = &t->nodes[own];
    node->date = message->date;
    node->subject = message->subject;
    node->uid = message->uid;
    node->number = message->number;
    node->reply = message->reply;
    t->real++;
    if (t->references)
        refer(t, own, message->references);
    return !t->failed;
}

/* ---- Order ---- */

typedef struct {
    gint64 date;
    guint32 uid; /* where dates are equal */
    gint32 parent, node;
} Place;

static int compare(const void *a, const void *b) {
    const Place *x = a, *y = b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* A dummy stands where its first child would (RFC 5256 3, step 4). */
static void date_dummies(ImapThreads *t, guint32 *uids) {
    for (gint32 i = 0; i < t->count; i++) {
        const Node *node = &t->nodes[i];
        Node *parent = node->uid == 0 || node->parent == NONE ? NULL : &t->nodes[node->parent];
        if (parent == NULL || parent->uid != 0)
            continue;
        guint32 *uid = &uids[node->parent];
        if (*uid == 0 || node->date < parent->date ||
            (node->date == parent->date && node->uid < *uid)) {
            parent->date = node->date;
            *uid = node->uid;
        }
    }
}

/* Puts all siblings into the order of their dates. Dummies without children are nowhere. */
static gboolean arrange(ImapThreads *t) {
    gsize bytes = (gsize)t->count * (sizeof(Place) + sizeof(guint32));
    if (!reserve(t, bytes))
        return FALSE;
    g_autofree Place *places = g_new(Place, MAX(t->count, 1));
    g_autofree guint32 *uids = g_new0(guint32, MAX(t->count, 1)); /* of dummies' first children */
    gsize n = 0;
    date_dummies(t, uids);
    for (gint32 i = 0; i < t->count; i++) {
        Node *node = &t->nodes[i];
        node->children = node->next = NONE;
        guint32 uid = node->uid != 0 ? node->uid : uids[i];
        if (uid != 0)
            places[n++] = (Place){node->date, uid, node->parent, i};
    }
    if (n > 0)
        qsort(places, n, sizeof(Place), compare);
    t->root = n > 0 ? places[0].node : NONE;
    for (gsize i = 0; i < n; i++) {
        gboolean first = i == 0 || places[i - 1].parent != places[i].parent;
        if (!first)
            t->nodes[places[i - 1].node].next = places[i].node;
        else if (places[i].parent != NONE)
            t->nodes[places[i].parent].children = places[i].node;
    }
    give_back(t, bytes);
    return TRUE;
}

/* ---- Steps 2 and 3: dummies go ---- */

/* The nearest message above a dummy, or the highest dummy. Shortens the way for those who follow.
 */
static gint32 anchor_of(ImapThreads *t, gint32 dummy) {
    gint32 top = dummy;
    while (t->nodes[top].uid == 0 && t->nodes[top].parent != NONE)
        top = t->nodes[top].parent;
    while (t->nodes[dummy].uid == 0 && dummy != top) {
        gint32 above = t->nodes[dummy].parent;
        t->nodes[dummy].parent = top;
        dummy = above;
    }
    return top;
}

static gboolean is_dummy(const ImapThreads *t, gint32 node) {
    return node != NONE && t->nodes[node].uid == 0;
}

static void prune(ImapThreads *t) {
    for (gint32 i = 0; i < t->count; i++)
        t->nodes[i].children = 0;
    for (gint32 i = 0; i < t->count; i++) {
        Node *node = &t->nodes[i];
        if (node->uid == 0)
            continue;
        if (is_dummy(t, node->parent))
            node->parent = anchor_of(t, node->parent);
        if (node->parent != NONE)
            t->nodes[node->parent].children++;
    }
    /* Only a child that is alone rises to the top. */
    for (gint32 i = 0; i < t->count; i++) {
        Node *node = &t->nodes[i];
        if (node->uid != 0 && is_dummy(t, node->parent) && t->nodes[node->parent].children == 1)
            node->parent = NONE;
    }
}

/* ---- Step 5: threads with the same subject ---- */

static guint64 subject_of(const ImapThreads *t, gint32 thread) {
    return is_dummy(t, thread) ? t->nodes[t->nodes[thread].children].subject
                               : t->nodes[thread].subject;
}

/* 5.B: which message stands for a subject: rather a dummy, rather no reply. */
static gboolean fill_subjects(ImapThreads *t, Map *subjects) {
    for (gint32 now = t->root; now != NONE; now = t->nodes[now].next) {
        guint64 subject = subject_of(t, now);
        if (subject == 0)
            continue;
        gint32 there = map_get(t, subjects, subject);
        gboolean better = there == NONE ||
                          (!is_dummy(t, there) &&
                           (is_dummy(t, now) || (t->nodes[there].reply && !t->nodes[now].reply)));
        if (better && !map_put(t, subjects, subject, now))
            return FALSE;
    }
    return TRUE;
}

/* 5.C for one thread. */
static gboolean merge(ImapThreads *t, Map *subjects, gint32 now) {
    guint64 subject = subject_of(t, now);
    gint32 there = subject == 0 ? now : map_get(t, subjects, subject);
    if (there == now || there == NONE)
        return TRUE;
    if (is_dummy(t, now)) { /* `there` is one too */
        for (gint32 child = t->nodes[now].children; child != NONE; child = t->nodes[child].next)
            t->nodes[child].parent = there;
        return TRUE;
    }
    if (is_dummy(t, there) || (t->nodes[now].reply && !t->nodes[there].reply)) {
        t->nodes[now].parent = there;
        return TRUE;
    }
    gint32 both = new_node(t);
    if (both == NONE)
        return FALSE;
    t->nodes[now].parent = t->nodes[there].parent = both;
    return map_put(t, subjects, subject, both);
}

static gboolean merge_subjects(ImapThreads *t) {
    Map subjects = {0};
    gboolean good = map_init(t, &subjects, 64) && fill_subjects(t, &subjects);
    for (gint32 now = t->root; good && now != NONE; now = t->nodes[now].next)
        good = merge(t, &subjects, now);
    map_clear(t, &subjects);
    return good;
}

/* ---- ORDEREDSUBJECT ---- */

static int compare_subjects(const void *a, const void *b) {
    const Node *x = a, *y = b;
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static void group_subjects(ImapThreads *t) {
    if (t->count > 0)
        qsort(t->nodes, (gsize)t->count, sizeof(Node), compare_subjects);
    gint32 first = 0;
    for (gint32 i = 1; i < t->count; i++) {
        if (t->nodes[i].subject == t->nodes[first].subject)
            t->nodes[i].parent = first;
        else
            first = i;
    }
}

gboolean imap_threads_finish(ImapThreads *t) {
    if (t->failed)
        return FALSE;
    if (!t->references) {
        group_subjects(t);
    } else {
        map_clear(t, &t->ids);
        prune(t);
        if (!arrange(t) || !merge_subjects(t))
            return FALSE;
    }
    if (!arrange(t))
        return FALSE;
    t->at = t->root;
    return TRUE;
}

/* ---- The answer ---- */

gboolean imap_threads_any(const ImapThreads *t) {
    return t->root != NONE;
}

/* The message that begins the list in which this one stands: above it every one has one child. */
static gint32 list_of(const ImapThreads *t, gint32 node) {
    for (;;) {
        gint32 parent = t->nodes[node].parent;
        if (parent == NONE || is_dummy(t, parent) || t->nodes[node].next != NONE ||
            t->nodes[parent].children != node)
            return node;
        node = parent;
    }
}

static void open_list(ImapThreads *t, Buffer *out) {
    gint32 node = t->at;
    buffer_append_byte(out, '(');
    if (is_dummy(t, node)) {
        t->at = t->nodes[node].children;
        return;
    }
    buffer_append_u64(out, t->nodes[node].number);
    gint32 child = t->nodes[node].children;
    while (child != NONE && t->nodes[child].next == NONE) {
        buffer_append_byte(out, ' ');
        buffer_append_u64(out, t->nodes[child].number);
        node = child;
        child = t->nodes[node].children;
    }
    t->at = child;
    t->closing = node;
    if (child != NONE)
        buffer_append_byte(out, ' ');
}

/* FALSE: the last list is closed. */
static gboolean close_list(ImapThreads *t, Buffer *out) {
    buffer_append_byte(out, ')');
    gint32 list = list_of(t, t->closing);
    t->at = t->nodes[list].next;
    t->closing = t->nodes[list].parent;
    return t->at != NONE || t->closing != NONE;
}

gboolean imap_threads_write(ImapThreads *t, Buffer *out, gsize high) {
    while (t->at != NONE || t->closing != NONE) {
        if (out->n >= high)
            return FALSE;
        if (t->at != NONE)
            open_list(t, out);
        else if (!close_list(t, out))
            break;
    }
    return TRUE;
}
