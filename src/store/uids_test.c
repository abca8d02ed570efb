#include "store/store.h"

#include "store/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *text_of(const StoreUids *uids) {
    Buffer out;
    buffer_init(&out, 1 << 20);
    store_uids_write(uids, &out);
    return buffer_steal_string(&out);
}

static void assert_text(const StoreUids *uids, const char *expected) {
    g_autofree char *text = text_of(uids);
    assert_string_equal(text, expected);
}

static void neighbours_are_one_run(void **state) {
    g_autoptr(StoreUids) uids = store_uids_new();
    assert_text(uids, "");
    store_uids_append(uids, 1);
    store_uids_append(uids, 2);
    store_uids_append(uids, 5);
    assert_text(uids, "1:2,5");
    assert_true(store_uids_add(uids, 4));
    assert_false(store_uids_add(uids, 4));
    assert_text(uids, "1:2,4:5");
    assert_true(store_uids_add(uids, 3));
    assert_text(uids, "1:5");
    assert_true(store_uids_remove(uids, 3));
    assert_false(store_uids_remove(uids, 3));
    assert_text(uids, "1:2,4:5");
    assert_int_equal(store_uids_last(uids), 5);
}

static void the_highest_uid_is_a_uid_like_others(void **state) {
    g_autoptr(StoreUids) uids = store_uids_new();
    store_uids_append(uids, G_MAXUINT32);
    assert_true(store_uids_add(uids, G_MAXUINT32 - 1));
    assert_true(store_uids_add(uids, 1));
    assert_text(uids, "1,4294967294:4294967295");
    assert_int_equal(store_uids_sequence(uids, G_MAXUINT32), 3);
    assert_true(store_uids_at(uids, 3) == G_MAXUINT32);
    assert_int_equal(store_uids_at(uids, 4), 0);
    assert_int_equal(store_uids_at(uids, 0), 0);
}

/* The same questions to a map and to a plain array of booleans. */
static void a_map_answers_like_a_plain_set_through_random_changes(void **state) {
    enum { HIGHEST = 400, ROUNDS = 6000 };
    gboolean in[HIGHEST + 2] = {FALSE};
    g_autoptr(StoreUids) uids = store_uids_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int round = 0; round < ROUNDS; round++) {
        guint32 uid = (guint32)g_rand_int_range(random, 1, HIGHEST + 1);
        if (g_rand_boolean(random)) {
            assert_int_equal(store_uids_add(uids, uid), !in[uid]);
            in[uid] = TRUE;
        } else if (g_rand_int_range(random, 0, 50) == 0) {
            guint32 end = (guint32)g_rand_int_range(random, (gint32)uid, HIGHEST + 1);
            store_uids_add_run(uids, uid, end);
            for (guint32 i = uid; i <= end; i++)
                in[i] = TRUE;
        } else {
            assert_int_equal(store_uids_remove(uids, uid), in[uid]);
            in[uid] = FALSE;
        }
        guint32 asked = (guint32)g_rand_int_range(random, 1, HIGHEST + 1);
        guint32 before = 0, count = 0, last = 0;
        for (guint32 i = 1; i <= HIGHEST; i++) {
            before += in[i] && i < asked;
            count += in[i];
            last = in[i] ? i : last;
        }
        assert_int_equal(store_uids_count(uids), count);
        assert_int_equal(store_uids_last(uids), last);
        assert_int_equal(store_uids_sequence_from(uids, asked), before + 1);
        assert_int_equal(store_uids_sequence(uids, asked), in[asked] ? before + 1 : 0);
        if (in[asked])
            assert_int_equal(store_uids_at(uids, before + 1), asked);
    }
}

static void what_was_written_can_be_read_and_nothing_else(void **state) {
    static const char *const bad[] = {"0", "5:3", "1,", ",1", "1:", "a", "1 2", "1:4294967296"};
    g_autoptr(StoreUids) uids = store_uids_new();
    assert_true(store_uids_parse(uids, BYTES_LITERAL("7:9,1,4:8")));
    assert_text(uids, "1,4:9");
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(StoreUids) other = store_uids_new();
        assert_false(store_uids_parse(other, bytes_of_string(bad[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_one_run),
        cmocka_unit_test(the_highest_uid_is_a_uid_like_others),
        cmocka_unit_test(a_map_answers_like_a_plain_set_through_random_changes),
        cmocka_unit_test(what_was_written_can_be_read_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
