#include "imap/sorter.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_sorted(const ImapSorter *sorter, guint count) {
    assert_int_equal(sorter->count, count);
    for (guint i = 1; i < count; i++) { /* before they are taken */
        const ImapSortItem *a = &sorter->items[i - 1], *b = &sorter->items[i];
        int difference = memcmp(a->key, b->key, MIN(a->n, b->n));
        if (difference > 0 || (difference == 0 && a->uid >= b->uid))
            fail_msg("%u and %u are out of order", a->uid, b->uid);
    }
}

/* Every length around the runs, with few different keys, so that UIDs have to decide too. */
static void any_number_of_messages_is_put_into_order(void **state) {
    static const guint counts[] = {0, 1, 2, 1023, 1024, 1025, 2048, 2049, 3000, 4097, 20000};
    for (gsize k = 0; k < G_N_ELEMENTS(counts); k++) {
        ImapSorter sorter;
        guint64 seen = 0, wanted = 0;
        imap_sorter_init(&sorter, counts[k]);
        for (guint uid = 1; uid <= counts[k]; uid++) {
            char key[40];
            g_snprintf(key, sizeof key, "%03u", (uid * 7919u) % 997u);
            imap_sorter_add(&sorter, uid, bytes_of_string(key));
            wanted += uid;
        }
        while (!imap_sorter_finish(&sorter, 0)) /* in the shortest steps there are */
            ;
        assert_false(sorter.failed);
        check_sorted(&sorter, counts[k]);
        guint32 last = counts[k] == 0 ? 0 : sorter.items[counts[k] - 1].uid;
        guint count = 0;
        g_autofree guint32 *order = imap_sorter_take(&sorter, &count);
        for (guint i = 0; i < count; i++)
            seen += order[i];
        assert_true(count == counts[k] && seen == wanted);
        assert_true(count == 0 || order[count - 1] == last);
        assert_int_equal(sorter.reserved, 0);
    }
}

static void sorts_that_would_take_all_memory_are_refused(void **state) {
    enum { MANY = 4 * 1000 * 1000 }; /* 128 MB each of 512 */
    ImapSorter sorters[5];
    for (gsize i = 0; i < G_N_ELEMENTS(sorters); i++)
        imap_sorter_init(&sorters[i], MANY);
    assert_false(sorters[3].failed);
    assert_true(sorters[4].failed);
    imap_sorter_add(&sorters[4], 1, BYTES_LITERAL("x")); /* harmless */
    for (gsize i = 0; i < G_N_ELEMENTS(sorters); i++)
        imap_sorter_clear(&sorters[i]);
    imap_sorter_init(&sorters[0], MANY);
    assert_false(sorters[0].failed);
    imap_sorter_clear(&sorters[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_messages_is_put_into_order),
        cmocka_unit_test(sorts_that_would_take_all_memory_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
