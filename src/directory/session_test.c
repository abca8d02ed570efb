/* Browsers' sessions: whose a token is, and when it stops being anybody's. */
#include "directory/session.h"

#include "base/clock.h"
#include "directory/fixture.h"

#define ADDRESS "tvanh.stttt@bacninh.gov.vn"
#define HOUR    (G_GINT64_CONSTANT(3600) * CLOCK_SECOND)

static gint64 anh(Fixture *f) {
    department(f);
    return person(f, "stttt", "Trần Văn Anh", ADDRESS);
}

static char *begin(Fixture *f, gint64 account, DirectorySession *out) {
    DirectoryNewSession new = {.account = account,
                               .peer = "192.0.2.1",
                               .agent = "Firefox\r\n\xff",
                               .idle = 8 * HOUR,
                               .lifetime = 24 * HOUR};
    char *token = NULL;
    assert_true(directory_session_begin(f->directory, &new, &token, out, NULL));
    assert_int_equal(strlen(token), 64);
    return token;
}

/* The account that the token signs in; 0: none. */
static gint64 whose(Fixture *f, const char *token) {
    DirectorySession session;
    g_autoptr(DirectoryAccount) account = NULL;
    assert_true(directory_session_find(f->directory, token, &session, &account, NULL));
    return account == NULL ? 0 : account->id;
}

static void a_token_is_its_accounts_and_no_other_word_is(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    DirectorySession made;
    g_autofree char *token = begin(f, account, &made);
    assert_int_equal(whose(f, token), account);
    token[0] = token[0] == '0' ? '1' : '0';
    assert_int_equal(whose(f, token), 0);
    assert_int_equal(whose(f, ""), 0);
    assert_int_equal(whose(f, "0123456789"), 0);
}

static void a_session_is_over_when_it_is_not_used_and_at_its_end(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    DirectorySession session;
    g_autofree char *token = begin(f, account, &session);
    for (int hours = 7; hours < 24; hours += 7) {
        clock_set_offset(hours * HOUR);
        g_autoptr(DirectoryAccount) found = NULL;
        assert_true(directory_session_find(f->directory, token, &session, &found, NULL));
        assert_non_null(found);
        directory_session_used(f->directory, &session, 8 * HOUR);
        db_settle(f->db);
    }
    clock_set_offset(24 * HOUR + CLOCK_SECOND); /* used three hours ago, and a day old */
    assert_int_equal(whose(f, token), 0);
    assert_true(directory_session_sweep(f->directory, NULL));
    clock_set_offset(0);
    assert_int_equal(whose(f, token), 0); /* swept */
    g_autofree char *idle = begin(f, account, &session);
    clock_set_offset(8 * HOUR + CLOCK_SECOND);
    assert_int_equal(whose(f, idle), 0);
    clock_set_offset(0);
}

/* [Điều 4.2.c] [Điều 12.2] */
static void another_password_a_lock_and_a_closing_end_every_session(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    DirectorySession session;
    g_autofree char *first = begin(f, account, &session);
    assert_true(directory_account_set_password(f->directory, f->regulation, ADDRESS,
                                               BYTES_LITERAL("Matkhau@2023"), FALSE, &act, NULL));
    assert_int_equal(whose(f, first), 0);
    g_autofree char *second = begin(f, account, &session);
    assert_true(directory_account_set_state(f->directory, ADDRESS, DIRECTORY_LOCKED, &act, NULL));
    assert_int_equal(whose(f, second), 0);
    assert_true(directory_account_set_state(f->directory, ADDRESS, DIRECTORY_ACTIVE, &act, NULL));
    assert_int_equal(whose(f, second), 0); /* unlocking brings none back */
    g_autofree char *third = begin(f, account, &session);
    assert_true(directory_account_set_state(f->directory, ADDRESS, DIRECTORY_CLOSED, &act, NULL));
    assert_int_equal(whose(f, third), 0);
    DirectoryNewSession new = {.account = account, .peer = "", .idle = HOUR, .lifetime = HOUR};
    char *token = NULL;
    assert_refused(directory_session_begin(f->directory, &new, &token, &session, error),
                   CV_ERROR_DENIED, "cannot sign in");
}

static void count(const DirectorySession *session, gpointer data) {
    assert_string_equal(session->peer, "192.0.2.1");
    assert_true(g_str_has_prefix(session->agent, "Firefox  "));
    assert_true(g_utf8_validate(session->agent, -1, NULL));
    ++*(guint *)data;
}

static guint sessions(Fixture *f, gint64 account) {
    guint n = 0;
    assert_true(directory_session_each(f->directory, account, count, &n, NULL));
    return n;
}

static void one_or_all_others_are_ended_and_nobody_elses(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    gint64 other = person(f, "stttt", "Nguyễn Thị Bình", "ntbinh.stttt@bacninh.gov.vn");
    g_autoptr(DirectoryAccount) owner = directory_account(f->directory, account, NULL);
    DirectorySession here, there, third, theirs;
    g_autofree char *mine = begin(f, account, &here), *lost = begin(f, account, &there);
    g_autofree char *more = begin(f, account, &third), *strange = begin(f, other, &theirs);
    assert_int_equal(sessions(f, account), 3);
    assert_true(directory_session_end(f->directory, owner, there.id, 0, NULL, NULL, NULL));
    assert_int_equal(whose(f, lost), 0);
    assert_refused(directory_session_end(f->directory, owner, theirs.id, 0, NULL, NULL, error),
                   CV_ERROR_NOT_FOUND, "no such session");
    guint ended = 0;
    assert_true(directory_session_end(f->directory, owner, 0, here.id, NULL, &ended, NULL));
    assert_int_equal(ended, 1);
    assert_int_equal(whose(f, mine), account);
    assert_int_equal(whose(f, more), 0);
    assert_int_equal(whose(f, strange), other);
}

static void an_account_has_room_for_so_many_and_the_longest_unused_goes(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    DirectorySession session;
    g_autofree char *first = begin(f, account, &session);
    for (int i = 1; i <= SESSION_ACCOUNT_MAXIMUM; i++) {
        clock_set_offset(i * CLOCK_SECOND);
        g_autofree char *token = begin(f, account, &session);
        assert_int_equal(whose(f, token), account);
    }
    assert_int_equal(whose(f, first), 0);
    assert_int_equal(sessions(f, account), SESSION_ACCOUNT_MAXIMUM);
    gint64 all = 0;
    assert_true(directory_session_count(f->directory, &all, NULL));
    assert_int_equal(all, SESSION_ACCOUNT_MAXIMUM);
    clock_set_offset(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_its_accounts_and_no_other_word_is),
        TEST(a_session_is_over_when_it_is_not_used_and_at_its_end),
        TEST(another_password_a_lock_and_a_closing_end_every_session),
        TEST(one_or_all_others_are_ended_and_nobody_elses),
        TEST(an_account_has_room_for_so_many_and_the_longest_unused_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
