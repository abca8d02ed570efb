/* The trail: complete, chained, and every tampering is found where it happened. */
#include "audit/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

static const char *const steps[] = {audit_schema_v1};
static const DbSchema schema = {"audit-test", steps, 1};

typedef struct {
    char *folder, *path;
    Db *db;
} Fixture;

static int set_up(void **state) {
    crypto_init();
    Fixture *f = g_new0(Fixture, 1);
    f->folder = g_dir_make_tmp("audit-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "admin.db", NULL);
    f->db = db_open(f->path, &schema, DB_OPEN_CREATE, NULL);
    assert_non_null(f->db);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    Fixture *f = *state;
    db_close(f->db);
    for (int i = 0; i < 3; i++) {
        static const char *const ends[] = {"", "-wal", "-shm"};
        g_autofree char *file = g_strconcat(f->path, ends[i], NULL);
        g_unlink(file);
    }
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
    g_free(f);
    return 0;
}

static gboolean append_three(DbConn *conn, gpointer data, GError **error) {
    AuditAct act = {"root (uid 0)", "Số 12/SNV"};
    for (int i = 0; i < 3; i++) {
        AuditChange change = {"account.lock", i == 1 ? "b@x.vn" : "a@x.vn", "{}", NULL};
        gint64 seq = 0;
        if (!audit_append(conn, &act, &change, &seq, error))
            return FALSE;
        assert_int_equal(seq, i + 1);
    }
    return TRUE;
}

static gboolean run_sql(DbConn *conn, gpointer data, GError **error) {
    return db_run(db_prepare(conn, data), error);
}

static gboolean sql(Db *db, const char *text) {
    return db_write(db, run_sql, (gpointer)text, NULL);
}

static AuditState verify(Db *db, gint64 seq, const guint8 *hash) {
    AuditState state;
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    assert_true(audit_verify(conn, seq, hash, &state, NULL, NULL, NULL));
    return state;
}

static void an_untouched_trail_verifies(void **state) {
    Fixture *f = *state;
    static const guint8 zeros[CRYPTO_DIGEST_BYTES];
    AuditState empty = verify(f->db, 0, NULL);
    assert_int_equal(empty.records, 0);
    assert_memory_equal(empty.head, zeros, sizeof zeros);
    assert_true(db_write(f->db, append_three, NULL, NULL));
    AuditState after = verify(f->db, 0, NULL);
    assert_int_equal(after.records, 3);
    assert_int_equal(after.broken, 0);
    assert_memory_not_equal(after.head, zeros, sizeof zeros);
}

static void records_can_be_neither_changed_nor_removed(void **state) {
    Fixture *f = *state;
    assert_true(db_write(f->db, append_three, NULL, NULL));
    assert_false(sql(f->db, "UPDATE audit SET who = 'nobody' WHERE seq = 2"));
    assert_false(sql(f->db, "DELETE FROM audit WHERE seq = 3"));
    assert_int_equal(verify(f->db, 0, NULL).broken, 0);
}

/* [R073] */
static void tampering_is_found_at_the_record_that_was_touched(void **state) {
    Fixture *f = *state;
    assert_true(db_write(f->db, append_three, NULL, NULL));
    assert_true(sql(f->db, "DROP TRIGGER audit_keeps"));
    assert_true(sql(f->db, "DROP TRIGGER audit_stays"));
    assert_true(sql(f->db, "UPDATE audit SET ground = '' WHERE seq = 2"));
    assert_int_equal(verify(f->db, 0, NULL).broken, 2);
    assert_true(sql(f->db, "UPDATE audit SET ground = 'Số 12/SNV' WHERE seq = 2"));
    assert_int_equal(verify(f->db, 0, NULL).broken, 0);
    assert_true(sql(f->db, "UPDATE audit SET after = '' WHERE seq = 3"));
    assert_int_equal(verify(f->db, 0, NULL).broken, 3);
    assert_true(sql(f->db, "DELETE FROM audit WHERE seq = 1"));
    assert_int_equal(verify(f->db, 0, NULL).broken, 1);
}

static void a_hash_that_was_kept_elsewhere_shows_a_cut_end(void **state) {
    Fixture *f = *state;
    assert_true(db_write(f->db, append_three, NULL, NULL));
    AuditState kept = verify(f->db, 0, NULL);
    assert_int_equal(verify(f->db, kept.records, kept.head).broken, 0);
    assert_true(sql(f->db, "DROP TRIGGER audit_stays"));
    assert_true(sql(f->db, "DELETE FROM audit WHERE seq = 3"));
    assert_int_equal(verify(f->db, 0, NULL).broken, 0);
    assert_int_equal(verify(f->db, kept.records, kept.head).broken, 3);
}

static gboolean collect(const AuditRecord *record, gpointer data) {
    g_array_append_val((GArray *)data, record->seq);
    return TRUE;
}

static void the_listing_is_newest_first_and_by_subject(void **state) {
    Fixture *f = *state;
    assert_true(db_write(f->db, append_three, NULL, NULL));
    g_autoptr(DbConn) conn = db_read_begin(f->db, NULL);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(gint64));
    assert_true(audit_each(conn, "a@x.vn", 0, collect, found, NULL));
    assert_int_equal(found->len, 2);
    assert_int_equal(g_array_index(found, gint64, 0), 3);
    assert_int_equal(g_array_index(found, gint64, 1), 1);
    assert_true(audit_each(conn, NULL, 1, collect, found, NULL));
    assert_int_equal(found->len, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_untouched_trail_verifies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_can_be_neither_changed_nor_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tampering_is_found_at_the_record_that_was_touched, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_hash_that_was_kept_elsewhere_shows_a_cut_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_listing_is_newest_first_and_by_subject, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
