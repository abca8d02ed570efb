/* Runs of a thousand messages are ordered as they come; then neighbours are merged, pass by pass,
 * with the clock looked at between short stretches. */
#include "imap/sorter.h"

#include "base/clock.h"

#include <stdlib.h>

enum {
    RUN = 1024,
    STRETCH = 4096, /* items between two looks at the clock */
    BLOCK = 64 * 1024,
};
#define MEMORY (G_GINT64_CONSTANT(512) * 1024 * 1024) /* of all sorts together */

static gint64 in_use;

gboolean imap_sort_reserve(gsize bytes) {
    gint64 after = __atomic_add_fetch(&in_use, (gint64)bytes, __ATOMIC_RELAXED);
    if (after <= MEMORY)
        return TRUE;
    imap_sort_release(bytes);
    return FALSE;
}

void imap_sort_release(gsize bytes) {
    __atomic_sub_fetch(&in_use, (gint64)bytes, __ATOMIC_RELAXED);
}

void imap_sorter_init(ImapSorter *sorter, guint most) {
    *sorter = (ImapSorter){.capacity = most};
    sorter->blocks = g_ptr_array_new_with_free_func(g_free);
    gsize bytes = 2 * sizeof(ImapSortItem) * (gsize)most;
    sorter->failed = !imap_sort_reserve(bytes);
    if (sorter->failed)
        return;
    sorter->reserved = bytes;
    sorter->items = g_new(ImapSortItem, most);
    sorter->spare = g_new(ImapSortItem, most);
}

void imap_sorter_clear(ImapSorter *sorter) {
    g_free(sorter->items);
    g_free(sorter->spare);
    g_clear_pointer(&sorter->blocks, g_ptr_array_unref);
    imap_sort_release(sorter->reserved);
    *sorter = (ImapSorter){0};
}

static int compare(const void *a, const void *b) {
    const ImapSortItem *x = a, *y = b;
    int difference = memcmp(x->key, y->key, MIN(x->n, y->n));
    if (difference != 0)
        return difference;
    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static guint8 *room(ImapSorter *sorter, gsize n) {
    if (sorter->blocks->len == 0 || sorter->block_used + n > BLOCK) {
        if (!imap_sort_reserve(BLOCK))
            return NULL;
        sorter->reserved += BLOCK;
        sorter->block_used = 0;
        g_ptr_array_add(sorter->blocks, g_malloc(BLOCK));
    }
    guint8 *p = (guint8 *)sorter->blocks->pdata[sorter->blocks->len - 1] + sorter->block_used;
    sorter->block_used += n;
    return p;
}

static void sort_run(ImapSorter *sorter) {
    if (sorter->count == sorter->sorted)
        return;
    qsort(sorter->items + sorter->sorted, sorter->count - sorter->sorted, sizeof(ImapSortItem),
          compare);
    sorter->sorted = sorter->count;
}

void imap_sorter_add(ImapSorter *sorter, guint32 uid, Bytes key) {
    if (sorter->failed || sorter->count == sorter->capacity)
        return;
    guint8 *copy = room(sorter, key.n);
    if (copy == NULL) {
        sorter->failed = TRUE;
        return;
    }
    memcpy(copy, key.p, key.n);
    sorter->items[sorter->count++] = (ImapSortItem){copy, (guint32)key.n, uid};
    if (sorter->count - sorter->sorted == RUN)
        sort_run(sorter);
}

static void begin_pair(ImapSorter *sorter, guint left) {
    sorter->left = left;
    sorter->a = left;
    sorter->b = MIN(left + sorter->width, sorter->count);
}

/* Some of the present pair into `spare`; TRUE: the pair is done. */
static gboolean merge_some(ImapSorter *sorter) {
    guint middle = MIN(sorter->left + sorter->width, sorter->count);
    guint end = MIN(middle + sorter->width, sorter->count);
    for (guint i = 0; i < STRETCH; i++) {
        if (sorter->a == middle && sorter->b == end)
            return TRUE;
        gboolean first = sorter->b == end ||
                         (sorter->a < middle &&
                          compare(sorter->items + sorter->a, sorter->items + sorter->b) <= 0);
        sorter->spare[sorter->place++] = sorter->items[first ? sorter->a++ : sorter->b++];
    }
    return FALSE;
}

static void end_pass(ImapSorter *sorter) {
    ImapSortItem *items = sorter->items;
    sorter->items = sorter->spare;
    sorter->spare = items;
    sorter->width *= 2;
    sorter->place = 0;
    begin_pair(sorter, 0);
}

gboolean imap_sorter_finish(ImapSorter *sorter, gint64 until) {
    if (sorter->width == 0) {
        sort_run(sorter);
        sorter->width = RUN;
        begin_pair(sorter, 0);
    }
    while (sorter->width < sorter->count) {
        if (merge_some(sorter)) {
            if (sorter->place < sorter->count)
                begin_pair(sorter, sorter->place);
            else
                end_pass(sorter);
        }
        if (clock_monotonic() >= until)
            return sorter->width >= sorter->count;
    }
    return TRUE;
}

guint32 *imap_sorter_take(ImapSorter *sorter, guint *count) {
    guint32 *uids = g_new(guint32, MAX(sorter->count, 1));
    for (guint i = 0; i < sorter->count; i++)
        uids[i] = sorter->items[i].uid;
    *count = sorter->count;
    imap_sorter_clear(sorter);
    return uids;
}
