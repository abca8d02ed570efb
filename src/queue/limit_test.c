#include "queue/limit.h"

#include "queue/queue.h"
#include "queue/result.h"

#include <glib/gstdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MINUTE ((gint64)60 * G_USEC_PER_SEC)
#define START  (1000000 * MINUTE)

static const char *const steps[] = {queue_schema_v1, queue_schema_v2, queue_schema_v3};
static const DbSchema schema = {"mail", steps, G_N_ELEMENTS(steps)};
static const QueueLimits limits = {
    .window = 10 * MINUTE, .account = {10, 0, 4}, .unit = {15, 0, 0}};

typedef struct {
    char *path;
    Db *db;
} Fixture;

static int set_up(void **state) {
    Fixture *f = g_new0(Fixture, 1);
    f->path = g_build_filename(g_get_tmp_dir(), "congvu-limit-XXXXXX", NULL);
    g_close(g_mkstemp(f->path), NULL);
    f->db = db_open(f->path, &schema, DB_OPEN_CREATE, NULL);
    assert_non_null(f->db);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    Fixture *f = *state;
    static const char *const ends[] = {"", "-wal", "-shm"};
    db_close(f->db);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *file = g_strconcat(f->path, ends[i], NULL);
        g_unlink(file);
    }
    g_free(f->path);
    g_free(f);
    return 0;
}

typedef struct {
    QueueSent sent;
    gint64 now;
    QueueLimitState state;
} Count;

static gboolean count_work(DbConn *conn, gpointer data, GError **error) {
    Count *c = data;
    return queue_limit_count(conn, &limits, &c->sent, c->now, &c->state, error);
}

/* Sends one message; how it was judged. */
static QueueLimitState count(Fixture *f, gint64 account, gint64 unit, gint64 outside, gint64 now) {
    Count c = {{account, unit, {1, 1 + outside, outside}, "s"}, now, LIMIT_WITHIN};
    assert_true(db_write(f->db, count_work, &c, NULL));
    return c.state;
}

static guint count_until_crossed(Fixture *f, gint64 account, gint64 unit, gint64 now) {
    guint within = 0;
    while (count(f, account, unit, 0, now) == LIMIT_WITHIN)
        within++;
    return within;
}

static gint64 release(Fixture *f, gint64 account) {
    gint64 entries = -1;
    return queue_suspect_release(f->db, account, FALSE, TRUE, &entries, NULL) ? entries : -1;
}

/* [R043] [Điều 8.3] */
static void test_the_figure_may_be_sent_at_once_and_comes_back_evenly(void **state) {
    Fixture *f = *state;
    assert_int_equal(count_until_crossed(f, 1, 0, START), 10);
    assert_int_equal(count(f, 1, 0, 0, START + 100 * MINUTE),
                     LIMIT_SUSPECT); /* time frees nobody */
    assert_int_equal(release(f, 1), 0);
    assert_int_equal(release(f, 1), -1);
    assert_int_equal(count_until_crossed(f, 1, 0, START), 10); /* begins anew */
    assert_int_equal(release(f, 1), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(count(f, 2, 0, 0, START), LIMIT_WITHIN);
    assert_int_equal(count_until_crossed(f, 2, 0, START + 3 * MINUTE), 3);
}

static void test_a_clock_set_back_gives_nothing(void **state) {
    Fixture *f = *state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(count(f, 1, 0, 0, START), LIMIT_WITHIN);
    assert_int_equal(count(f, 1, 0, 0, START - 1000 * MINUTE), LIMIT_CROSSED);
}

static void test_a_figure_of_zero_is_no_limit_and_each_measure_counts(void **state) {
    Fixture *f = *state;
    assert_int_equal(count(f, 1, 0, 4, START), LIMIT_WITHIN);
    assert_int_equal(count(f, 1, 0, 0, START), LIMIT_WITHIN); /* nothing more goes outside */
    assert_int_equal(count(f, 1, 0, 1, START), LIMIT_CROSSED);
    assert_int_equal(count(f, 2, 0, 5, START), LIMIT_CROSSED); /* one message over all of it */
}

/* [R043] */
static void test_of_a_full_unit_only_the_heaviest_is_a_suspect(void **state) {
    Fixture *f = *state;
    for (int i = 0; i < 9; i++)
        assert_int_equal(count(f, 1, 7, 0, START), LIMIT_WITHIN);
    for (int i = 0; i < 6; i++)
        assert_int_equal(count(f, 2, 7, 0, START), LIMIT_WITHIN);
    assert_int_equal(count(f, 3, 7, 0, START), LIMIT_WITHIN); /* full, but not by this one */
    assert_int_equal(count(f, 4, 8, 0, START), LIMIT_WITHIN); /* another unit */
    assert_int_equal(count(f, 1, 7, 0, START), LIMIT_CROSSED);
    assert_int_equal(count(f, 2, 7, 0, START + MINUTE), LIMIT_WITHIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_figure_may_be_sent_at_once_and_comes_back_evenly,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_clock_set_back_gives_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_figure_of_zero_is_no_limit_and_each_measure_counts,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_a_full_unit_only_the_heaviest_is_a_suspect, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
