/* The directory: who is reached, who may send and sign in, what watchers and the store are told,
 * what the trail says. */
#include "directory/fixture.h"

/* ---- Whom mail reaches ---- */

static void an_address_reaches_its_account_however_it_is_written(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    assert_int_equal(reached(f, "tvanh.stttt@bacninh.gov.vn"), anh);
    assert_int_equal(reached(f, "TVAnh.STTTT@BACNINH.gov.VN"), anh);
    assert_int_equal(reached(f, "tvanh.stttt+hop+giaoban@bacninh.gov.vn"), anh); /* RFC 5233 */
    assert_int_equal(reached(f, "\"tvanh.stttt\"@bacninh.gov.vn"), anh);
    assert_int_equal(reached(f, "\"tvanh\\.stttt\"@bacninh.gov.vn"), anh);
    assert_int_equal(finding(f, "tvanh@bacninh.gov.vn"), DIRECTORY_NO_SUCH);
    assert_int_equal(finding(f, "tvanh.stttt@gmail.com"), DIRECTORY_NOT_OURS);
    assert_int_equal(finding(f, "tvanh.stttt@[127.0.0.1]"), DIRECTORY_NOT_OURS);
    assert_int_equal(finding(f, "tvanh.stttt@mail.bacninh.gov.vn"), DIRECTORY_NOT_OURS);
}

static void nothing_in_an_address_is_followed_further(void **state) {
    Fixture *f = *state;
    assert_int_equal(finding(f, "a%gmail.com@bacninh.gov.vn"), DIRECTORY_NO_SUCH);
    assert_int_equal(finding(f, "gmail.com!a@bacninh.gov.vn"), DIRECTORY_NO_SUCH);
    assert_int_equal(finding(f, "\"a@gmail.com\"@bacninh.gov.vn"), DIRECTORY_NO_SUCH);
    assert_int_equal(finding(f, "@bacninh.gov.vn:a@gmail.com"), DIRECTORY_ADDRESS_BAD);
    assert_int_equal(finding(f, "a@gmail.com@bacninh.gov.vn"), DIRECTORY_ADDRESS_BAD);
    static const char *const bad[] = {"",           "@",          "a@",       "@bacninh.gov.vn",
                                      "a",          "a b@c.vn",   "a@b..vn",  "a..b@c.vn",
                                      ".a@c.vn",    "a.@c.vn",    "\"a@c.vn", "\"\"@c.vn",
                                      "a@c.vn.",    "a@c\r\n.vn", "a\n@c.vn", "a@[",
                                      "\"a\"b@c.vn"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        if (finding(f, bad[i]) != DIRECTORY_ADDRESS_BAD)
            fail_msg("taken for an address: %s", bad[i]);
    g_autofree char *longest = g_strnfill(65, 'a');
    g_autofree char *address = g_strconcat(longest, "@bacninh.gov.vn", NULL);
    assert_int_equal(finding(f, address), DIRECTORY_ADDRESS_BAD);
    const Bytes with_nul[] = {BYTES_LITERAL("a\0b@bacninh.gov.vn"),
                              BYTES_LITERAL("a@[192.0.2.1\0]"), BYTES_LITERAL("a@[\x04\xa7\0^]")};
    for (gsize i = 0; i < G_N_ELEMENTS(with_nul); i++)
        assert_int_equal(directory_resolve(f->directory, with_nul[i], NULL, NULL),
                         DIRECTORY_ADDRESS_BAD);
    static const char *const literals[] = {"a@[a b]", "a@[[]", "a@[]]", "a@[\\]", "a@[]"};
    for (gsize i = 0; i < G_N_ELEMENTS(literals); i++) /* RFC 5321 4.1.3 */
        assert_int_equal(finding(f, literals[i]), DIRECTORY_ADDRESS_BAD);
}

static void postmaster_and_abuse_always_reach_somebody(void **state) {
    Fixture *f = *state;
    gint64 id = reached(f, "postmaster@bacninh.gov.vn");
    assert_int_not_equal(id, 0);
    assert_int_equal(reached(f, "Postmaster"), id);
    assert_int_equal(reached(f, "ABUSE@bacninh.gov.vn"), id);
    assert_refused(
        directory_account_set_state(f->directory, "postmaster", DIRECTORY_CLOSED, &act, error),
        CV_ERROR_DENIED, "4.5.1");
    assert_refused(directory_account_remove_alias(f->directory, "postmaster", "abuse", &act, error),
                   CV_ERROR_DENIED, "2142");
    DirectoryNewUnit new = {.kind = "department", .name = "Abuse", .abbreviation = "abuse"};
    assert_refused(directory_unit_add(f->directory, f->regulation, &new, &act, error),
                   CV_ERROR_REFUSED, "abuse");
}

static void a_locked_account_receives_and_a_closed_one_does_not(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 as = 0;
    Bytes address = BYTES_LITERAL("tvanh.stttt@bacninh.gov.vn");
    assert_true(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, NULL));
    assert_int_equal(reached(f, "tvanh.stttt@bacninh.gov.vn"), anh); /* [Điều 4.2.c] */
    assert_false(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_refused(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, error),
        CV_ERROR_EXISTS, "locked");
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_ACTIVE, &act, NULL));
    assert_true(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_CLOSED, &act, NULL));
    assert_int_equal(finding(f, "tvanh.stttt@bacninh.gov.vn"), DIRECTORY_NO_SUCH);
    assert_refused(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_ACTIVE, &act, error),
        CV_ERROR_DENIED, "3.1.e");
}

static void an_alias_receives_and_sends_for_its_account(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 other = person(f, "stttt", "Lê Thị Cúc", "ltcuc.stttt@bacninh.gov.vn");
    assert_true(directory_account_add_alias(f->directory, "tvanh.stttt@bacninh.gov.vn",
                                            "vananh@bacninh.gov.vn", &act, NULL));
    assert_int_equal(reached(f, "vananh+x@bacninh.gov.vn"), anh);
    gint64 as = 0;
    assert_true(directory_may_send_as(f->directory, anh, BYTES_LITERAL("vananh@bacninh.gov.vn"),
                                      &as, NULL));
    assert_int_equal(as, anh);
    assert_true(directory_may_send_as(f->directory, anh,
                                      BYTES_LITERAL("tvanh.stttt+ds@bacninh.gov.vn"), &as, NULL));
    assert_false(directory_may_send_as(f->directory, other, BYTES_LITERAL("vananh@bacninh.gov.vn"),
                                       &as, NULL));
    assert_false(directory_may_send_as(f->directory, anh, BYTES_LITERAL(""), &as, NULL));
    assert_false(
        directory_may_send_as(f->directory, anh, BYTES_LITERAL("anh@gmail.com"), &as, NULL));
    assert_refused(
        directory_account_add_alias(f->directory, "tvanh.stttt", "a@gmail.com", &act, error),
        CV_ERROR_INPUT, "3.1");
}

static void signing_in_takes_the_whole_address_or_its_local_part(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    static const struct {
        const char *name;
        DirectoryFind find;
    } cases[] = {
        {"tvanh.stttt", DIRECTORY_FOUND},
        {"TVANH.stttt@bacninh.gov.vn", DIRECTORY_FOUND},
        {"tvanh.stttt+x@bacninh.gov.vn", DIRECTORY_NO_SUCH},
        {"tvanh.stttt@gmail.com", DIRECTORY_NOT_OURS},
        {"khongco", DIRECTORY_NO_SUCH},
        {"a b", DIRECTORY_ADDRESS_BAD},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(DirectoryAccount) account = NULL;
        assert_int_equal(
            directory_login(f->directory, bytes_of_string(cases[i].name), &account, NULL),
            cases[i].find);
        if (account != NULL)
            assert_int_equal(account->id, anh);
    }
}

/* ---- Telling others ---- */

static void collect_notice(gint64 account, gpointer data) {
    g_array_append_val((GArray *)data, account);
}

static void watchers_hear_of_locks_passwords_and_delegations(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    g_autoptr(GArray) heard = g_array_new(FALSE, FALSE, sizeof(gint64));
    directory_watch(f->directory, collect_notice, heard);
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, NULL));
    assert_int_equal(heard->len, 1);
    assert_int_equal(g_array_index(heard, gint64, 0), anh);
    assert_false(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, NULL));
    assert_int_equal(heard->len, 1); /* nothing changed, nothing told */
    assert_true(directory_account_set_password(f->directory, f->regulation, "tvanh.stttt",
                                               BYTES_LITERAL("Matkhau@2023"), FALSE, &act, NULL));
    assert_int_equal(heard->len, 2);
    directory_unwatch(f->directory, collect_notice, heard);
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_ACTIVE, &act, NULL));
    assert_int_equal(heard->len, 2);
}

static void a_mark_outlives_an_older_change_being_done(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    assert_true(is_pending(f, anh)); /* the store has no such account yet */
    g_autoptr(GArray) before = directory_pending(f->directory, NULL);
    assert_true(directory_account_set_quota(f->directory, f->regulation, "tvanh.stttt",
                                            G_GINT64_CONSTANT(5) << 30, &act, NULL));
    for (guint i = 0; i < before->len; i++)
        assert_true(directory_pending_done(f->directory,
                                           &g_array_index(before, DirectoryPending, i), 1, NULL));
    assert_true(is_pending(f, anh));
    drain(f);
    assert_false(is_pending(f, anh));
    assert_refused(directory_account_set_quota(f->directory, f->regulation, "tvanh.stttt",
                                               500 << 20, &act, error),
                   CV_ERROR_REFUSED, "5.1"); /* [Điều 5.1] */
    assert_false(is_pending(f, anh));
}

static gboolean collect_act(const AuditRecord *record, gpointer data) {
    g_string_append_printf(data, "%s %s|", record->change.act, record->by.ground);
    return TRUE;
}

static void every_act_leaves_its_record_and_no_refusal_does(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, NULL));
    assert_false(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, NULL));
    g_autoptr(GString) acts = g_string_new(NULL);
    g_autoptr(DbConn) conn = db_read_begin(f->db, NULL);
    assert_true(audit_each(conn, "tvanh.stttt@bacninh.gov.vn", 0, collect_act, acts, NULL));
    assert_string_equal(acts->str, "account.lock Số 12/SNV-VP|account.create Số 12/SNV-VP|");
    AuditState trail;
    assert_true(audit_verify(conn, 0, NULL, &trail, NULL, NULL, NULL));
    assert_int_equal(trail.broken, 0);
    assert_int_equal(trail.records, 4); /* postmaster, unit, account, lock */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_address_reaches_its_account_however_it_is_written),
        TEST(nothing_in_an_address_is_followed_further),
        TEST(postmaster_and_abuse_always_reach_somebody),
        TEST(a_locked_account_receives_and_a_closed_one_does_not),
        TEST(an_alias_receives_and_sends_for_its_account),
        TEST(signing_in_takes_the_whole_address_or_its_local_part),
        TEST(watchers_hear_of_locks_passwords_and_delegations),
        TEST(a_mark_outlives_an_older_change_being_done),
        TEST(every_act_leaves_its_record_and_no_refusal_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
