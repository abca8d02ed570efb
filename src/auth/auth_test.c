/* Signing in: the lane, remembered successes, slowing of guesses, SASL's bytes. */
#include "auth/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "directory/account.h"
#include "directory/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#define PASSWORD "Matkhau@2022"

typedef struct {
    char *folder, *path;
    Db *db;
    Directory *directory;
    Regulation *regulation;
    Auth *auth;
} Fixture;

static const AuditAct act = {"test (uid 0)", "test"};

static int set_up(void **state) {
    crypto_init();
    Fixture *f = g_new0(Fixture, 1);
    f->folder = g_dir_make_tmp("auth-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "admin.db", NULL);
    f->db = db_open(f->path, &directory_schema, DB_OPEN_CREATE, NULL);
    f->directory = directory_open(f->db, "bacninh.gov.vn", NULL);
    g_autofree char *file =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "regulations", "bacninh-06-2022.conf", NULL);
    f->regulation = regulation_load(file, NULL);
    assert_non_null(f->regulation);
    DirectoryNewUnit unit = {
        .kind = "department", .name = "Sở Thông tin và Truyền thông", .abbreviation = "stttt"};
    directory_unit_free(directory_unit_add(f->directory, f->regulation, &unit, &act, NULL));
    DirectoryNewAccount person = {
        .unit = "stttt", .name = "Trần Văn Anh", .password = BYTES_LITERAL(PASSWORD)};
    directory_account_free(
        directory_account_create(f->directory, f->regulation, &person, &act, NULL));
    AuthOptions options = {.lanes = 2,
                           .remember = 600 * CLOCK_SECOND,
                           .failures_free = 3,
                           .delay_first = CLOCK_SECOND / 5,
                           .delay_most = CLOCK_SECOND};
    f->auth = auth_new(f->directory, &options);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    Fixture *f = *state;
    auth_free(f->auth);
    directory_close(f->directory);
    db_close(f->db);
    regulation_unref(f->regulation);
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

/* ---- A caller that waits ---- */

typedef struct {
    GMutex lock;
    GCond cond;
    guint done;
} Waiter;

static void wake(gpointer data) {
    Waiter *w = data;
    g_mutex_lock(&w->lock);
    w->done++;
    g_cond_signal(&w->cond);
    g_mutex_unlock(&w->lock);
}

static void wait_for(Waiter *w, guint count) {
    g_mutex_lock(&w->lock);
    while (w->done < count)
        g_cond_wait(&w->cond, &w->lock);
    g_mutex_unlock(&w->lock);
}

static AuthResult attempt(Fixture *f, const char *name, const char *password, const char *peer) {
    Waiter w = {0};
    g_autoptr(AuthAttempt) a = auth_begin(f->auth, bytes_of_string(name), bytes_of_string(password),
                                          peer, "imap", "s1", wake, &w);
    wait_for(&w, 1);
    assert_true(strlen(auth_text(a)) > 0);
    assert_true((auth_result(a) == AUTH_OK) == (auth_account(a) != NULL));
    if (auth_account(a) != NULL)
        assert_string_equal(auth_account(a)->address, "tvanh.stttt@bacninh.gov.vn");
    return auth_result(a);
}

/* Milliseconds of an attempt. */
static gint64 timed(Fixture *f, const char *name, const char *password, const char *peer,
                    AuthResult expected) {
    gint64 begin = clock_monotonic();
    assert_int_equal(attempt(f, name, password, peer), expected);
    return (clock_monotonic() - begin) / 1000;
}

static void the_right_password_signs_in_and_no_other(void **state) {
    Fixture *f = *state;
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_OK);
    assert_int_equal(attempt(f, "TVAnh.stttt@BACNINH.gov.vn", PASSWORD, "192.0.2.1"), AUTH_OK);
    assert_int_equal(attempt(f, "tvanh.stttt", "Matkhau@2023", "192.0.2.1"), AUTH_FAILED);
    assert_int_equal(attempt(f, "tvanh.stttt", "", "192.0.2.1"), AUTH_FAILED);
    assert_int_equal(attempt(f, "khongco", PASSWORD, "192.0.2.1"), AUTH_FAILED);
    assert_int_equal(attempt(f, "stttt", PASSWORD, "192.0.2.1"), AUTH_FAILED); /* has none */
    assert_int_equal(attempt(f, "", PASSWORD, "192.0.2.1"), AUTH_FAILED);
}

/* People who moved in from another system keep their password; the first success makes the hash
 * ours. */
static void a_hash_of_another_system_is_verified_once_and_replaced(void **state) {
    Fixture *f = *state;
    static const char legacy[] = "{SSHA}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==";
    g_autoptr(DirectoryAccount) account = directory_account_find(f->directory, "tvanh.stttt", NULL);
    g_autofree char *ours = directory_credential(f->directory, account->id, NULL);
    assert_true(directory_credential_renew(f->directory, account->id, ours, legacy, NULL));
    assert_int_equal(attempt(f, "tvanh.stttt", "Matkhau@2023", "192.0.2.1"), AUTH_FAILED);
    g_autofree char *unchanged = directory_credential(f->directory, account->id, NULL);
    assert_string_equal(unchanged, legacy);
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_OK);
    g_autofree char *renewed = directory_credential(f->directory, account->id, NULL);
    assert_true(g_str_has_prefix(renewed, "$argon2id$"));
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.2"), AUTH_OK);
    assert_int_equal(attempt(f, "tvanh.stttt", "Matkhau@2023", "192.0.2.2"), AUTH_FAILED);
}

static void a_locked_account_hears_so_only_with_the_right_password(void **state) {
    Fixture *f = *state;
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_OK);
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_LOCKED, &act, NULL));
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_LOCKED); /* 4.2.c */
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_LOCKED);
    assert_int_equal(attempt(f, "tvanh.stttt", "Matkhau@2023", "192.0.2.1"), AUTH_FAILED);
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_CLOSED, &act, NULL));
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_FAILED);
}

static void a_success_is_remembered_until_the_password_changes(void **state) {
    Fixture *f = *state;
    gint64 first = timed(f, "tvanh.stttt", PASSWORD, "192.0.2.1", AUTH_OK);
    gint64 again = timed(f, "tvanh.stttt", PASSWORD, "192.0.2.1", AUTH_OK);
    assert_true(again * 2 < first);
    assert_true(directory_account_set_password(f->directory, f->regulation, "tvanh.stttt",
                                               BYTES_LITERAL("Matkhau@2023"), FALSE, &act, NULL));
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.1"), AUTH_FAILED);
    assert_int_equal(attempt(f, "tvanh.stttt", "Matkhau@2023", "192.0.2.1"), AUTH_OK);
}

static void a_password_is_the_same_composed_and_decomposed(void **state) {
    Fixture *f = *state;
    assert_true(directory_account_set_password(f->directory, f->regulation, "tvanh.stttt",
                                               BYTES_LITERAL("M\xe1\xba\xadtkhau@2022"), FALSE,
                                               &act, NULL));
    assert_int_equal(attempt(f, "tvanh.stttt", "Ma\xcc\xa3\xcc\x82tkhau@2022", "192.0.2.1"),
                     AUTH_OK);
}

/* [R047] */
static void guesses_are_slowed_where_they_come_from_and_nowhere_else(void **state) {
    Fixture *f = *state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(attempt(f, "tvanh.stttt", "Sai@12345", "192.0.2.66"), AUTH_FAILED);
    assert_true(timed(f, "tvanh.stttt", "Sai@12345", "192.0.2.66", AUTH_FAILED) >= 500);
    /* The owner elsewhere, and the owner behind the same address, get in [Điều 8.6]. */
    assert_true(timed(f, "tvanh.stttt", PASSWORD, "198.51.100.7", AUTH_OK) < 500);
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "192.0.2.66"), AUTH_OK);
    assert_true(timed(f, "tvanh.stttt", PASSWORD, "192.0.2.66", AUTH_OK) < 500);
}

static void a_burst_of_guesses_at_once_is_slowed_too(void **state) {
    Fixture *f = *state;
    Waiter w = {0};
    AuthAttempt *burst[8];
    gint64 begin = clock_monotonic();
    for (int i = 0; i < 8; i++)
        burst[i] = auth_begin(f->auth, BYTES_LITERAL("tvanh.stttt"), BYTES_LITERAL("Sai@12345"),
                              "192.0.2.66", "imap", "s", wake, &w);
    wait_for(&w, 8);
    assert_true(clock_monotonic() - begin >= CLOCK_SECOND);
    for (int i = 0; i < 8; i++)
        auth_attempt_free(burst[i]);
}

static void a_delayed_attempt_holds_no_thread(void **state) {
    Fixture *f = *state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(attempt(f, "tvanh.stttt", "Sai@12345", "192.0.2.66"), AUTH_FAILED);
    Waiter w = {0};
    AuthAttempt *slow[20];
    for (int i = 0; i < 20; i++)
        slow[i] = auth_begin(f->auth, BYTES_LITERAL("tvanh.stttt"), BYTES_LITERAL("Sai@12345"),
                             "192.0.2.66", "imap", "s", wake, &w);
    assert_true(timed(f, "tvanh.stttt", PASSWORD, "198.51.100.7", AUTH_OK) < 700);
    for (int i = 0; i < 20; i++)
        auth_attempt_free(slow[i]);
    g_mutex_lock(&w.lock);
    guint told = w.done;
    g_mutex_unlock(&w.lock);
    /* Due after all of them: those that were freed stay silent for good. */
    assert_int_equal(attempt(f, "tvanh.stttt", "Sai@12345", "192.0.2.66"), AUTH_FAILED);
    assert_int_equal(w.done, told);
}

static void the_lane_serves_addresses_in_turn(void **state) {
    Fixture *f = *state;
    Waiter flood = {0};
    AuthAttempt *many[60];
    for (int i = 0; i < 60; i++) {
        g_autofree char *name = g_strdup_printf("user%d", i);
        many[i] = auth_begin(f->auth, bytes_of_string(name), BYTES_LITERAL("Sai@12345"),
                             "192.0.2.66", "imap", "s", wake, &flood);
    }
    assert_int_equal(attempt(f, "tvanh.stttt", PASSWORD, "198.51.100.7"), AUTH_OK);
    g_mutex_lock(&flood.lock);
    assert_true(flood.done < 30); /* most of the flood still waits */
    g_mutex_unlock(&flood.lock);
    for (int i = 0; i < 60; i++)
        auth_attempt_free(many[i]);
}

static void an_unknown_account_takes_as_long_as_a_known_one(void **state) {
    Fixture *f = *state;
    gint64 known = G_MAXINT64, unknown = G_MAXINT64;
    for (int i = 0; i < 6; i++) { /* the least of several: what else runs makes times longer only */
        g_autofree char *peer = g_strdup_printf("192.0.2.%d", i);
        known = MIN(known, timed(f, "tvanh.stttt", "Sai@12345", peer, AUTH_FAILED));
        unknown = MIN(unknown, timed(f, "khongco.stttt", "Sai@12345", peer, AUTH_FAILED));
    }
    assert_true(unknown * 2 > known && known * 2 > unknown);
}

static void ending_answers_those_who_wait(void **state) {
    Fixture *f = *state;
    Waiter w = {0};
    AuthAttempt *waiting[10];
    for (int i = 0; i < 10; i++)
        waiting[i] = auth_begin(f->auth, BYTES_LITERAL("tvanh.stttt"), BYTES_LITERAL(PASSWORD),
                                "192.0.2.1", "imap", "s", wake, &w);
    for (int i = 0; i < 5; i++)
        auth_attempt_free(waiting[i]);
    wait_for(&w, 5);
    for (int i = 5; i < 10; i++) {
        AuthResult result = auth_result(waiting[i]);
        assert_true(result == AUTH_OK || result == AUTH_PENDING);
        auth_attempt_free(waiting[i]);
    }
}

/* ---- Counting failures ---- */

static const AuthOptions counting = {
    .failures_free = 5, .delay_first = CLOCK_SECOND, .delay_most = 30 * CLOCK_SECOND};

static gint64 delay(Guesses *g, const char *name, const char *peer, gint64 now) {
    GuessKey key = guesses_key(g, bytes_of_string(name), peer);
    return guesses_delay(g, &key, now) / CLOCK_SECOND;
}

static void fails(Guesses *g, const char *name, const char *peer, int times, gint64 now) {
    GuessKey key = guesses_key(g, bytes_of_string(name), peer);
    for (int i = 0; i < times; i++)
        guesses_charge(g, &key, now);
}

static void delays_double_to_their_limit_and_fade(void **state) {
    Guesses *g = guesses_new(&counting);
    gint64 now = 1000 * CLOCK_SECOND;
    fails(g, "a", "192.0.2.1", 5, now);
    assert_int_equal(delay(g, "a", "192.0.2.1", now), 0);
    fails(g, "a", "192.0.2.1", 1, now);
    assert_int_equal(delay(g, "a", "192.0.2.1", now), 1);
    fails(g, "A", "192.0.2.1", 2, now);
    assert_int_equal(delay(g, "a", "192.0.2.1", now), 4);
    fails(g, "a", "192.0.2.1", 92, now); /* 100 failures from one address [Điều 8.6] */
    assert_int_equal(delay(g, "a", "192.0.2.1", now), 30);
    assert_int_equal(delay(g, "b", "192.0.2.1", now), 0);
    assert_int_equal(delay(g, "a", "192.0.2.1", now + 3 * 3600 * CLOCK_SECOND), 0);
    guesses_free(g);
}

static void an_address_that_guesses_at_many_is_slowed_but_not_its_known_people(void **state) {
    Guesses *g = guesses_new(&counting);
    gint64 now = 1000 * CLOCK_SECOND;
    GuessKey clerk = guesses_key(g, BYTES_LITERAL("clerk"), "192.0.2.1");
    guesses_succeeded(g, &clerk, now);
    for (int i = 0; i < 300; i++) {
        g_autofree char *name = g_strdup_printf("user%d", i);
        fails(g, name, "192.0.2.1", 1, now);
    }
    assert_true(delay(g, "stranger", "192.0.2.1", now) > 0);
    assert_int_equal(delay(g, "clerk", "192.0.2.1", now), 0);
    assert_int_equal(delay(g, "stranger", "192.0.2.2", now), 0);
    guesses_free(g);
}

static void an_account_guessed_at_from_everywhere_keeps_its_owner(void **state) {
    Guesses *g = guesses_new(&counting);
    gint64 now = 1000 * CLOCK_SECOND;
    GuessKey owner = guesses_key(g, BYTES_LITERAL("a"), "192.0.2.1");
    guesses_succeeded(g, &owner, now);
    for (int i = 0; i < 200; i++) {
        g_autofree char *peer = g_strdup_printf("2001:db8:%x::1", i);
        fails(g, "a", peer, 1, now);
    }
    assert_true(delay(g, "a", "203.0.113.9", now) > 0);
    assert_int_equal(delay(g, "a", "192.0.2.1", now), 0);
    guesses_free(g);
}

static void a_whole_ipv6_network_counts_as_one_address(void **state) {
    Guesses *g = guesses_new(&counting);
    gint64 now = 1000 * CLOCK_SECOND;
    for (int i = 0; i < 8; i++) {
        g_autofree char *peer = g_strdup_printf("2001:db8:1:2:%x::1", i);
        fails(g, "a", peer, 1, now);
    }
    assert_true(delay(g, "a", "2001:db8:1:2:ffff::1", now) > 0);
    assert_int_equal(delay(g, "a", "2001:db8:1:3::1", now), 0);
    guesses_free(g);
}

static void the_memory_of_failures_is_bounded(void **state) {
    Guesses *g = guesses_new(&counting);
    for (int i = 0; i < 50000; i++) {
        g_autofree char *name = g_strdup_printf("user%d", i);
        fails(g, name, "192.0.2.1", 1, 1000 * CLOCK_SECOND);
    }
    assert_true(guesses_size(g) <= GUESSES_MAXIMUM);
    guesses_free(g);
}

/* ---- SASL ---- */

static void plain_is_taken_apart_strictly(void **state) {
    Bytes name, password;
    assert_true(auth_parse_plain(BYTES_LITERAL("\0tim\0tanstaaf"), &name, &password));
    assert_true(bytes_is(name, "tim") && bytes_is(password, "tanstaaf"));
    assert_true(auth_parse_plain(BYTES_LITERAL("tim\0tim\0x"), &name, &password));
    static const struct {
        const char *p;
        gsize n;
    } bad[] = {{"", 0},      {"tim", 3},       {"\0tim", 4},       {"\0tim\0", 5},
               {"\0\0x", 3}, {"a\0tim\0x", 7}, {"\0tim\0x\0y", 8}, {"\0", 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(auth_parse_plain(bytes_of(bad[i].p, bad[i].n), &name, &password));
}

static void base64_has_one_spelling(void **state) {
    static const struct {
        const char *text, *bytes;
    } good[] = {{"", ""}, {"QQ==", "A"}, {"QUI=", "AB"}, {"QUJD", "ABC"}, {"+/+/", "\xfb\xff\xbf"}};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        gsize n = 99;
        g_autofree guint8 *out = auth_base64_decode(bytes_of_string(good[i].text), &n);
        assert_non_null(out);
        assert_int_equal(n, strlen(good[i].bytes));
        assert_memory_equal(out, good[i].bytes, n);
    }
    static const char *const bad[] = {
        "Q",    "QQ",     "QQ=",  "Q===", "QR==", "QUJ=",      "QQ==QQ==",
        "QU I", "QQ==\n", "====", "-_-_", "Q=Q=", "\xc4\x90=="};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        gsize n = 99;
        if (auth_base64_decode(bytes_of_string(bad[i]), &n) != NULL)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(n, 99);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(the_right_password_signs_in_and_no_other),
        TEST(a_hash_of_another_system_is_verified_once_and_replaced),
        TEST(a_locked_account_hears_so_only_with_the_right_password),
        TEST(a_success_is_remembered_until_the_password_changes),
        TEST(a_password_is_the_same_composed_and_decomposed),
        TEST(guesses_are_slowed_where_they_come_from_and_nowhere_else),
        TEST(a_burst_of_guesses_at_once_is_slowed_too),
        TEST(a_delayed_attempt_holds_no_thread),
        TEST(the_lane_serves_addresses_in_turn),
        TEST(an_unknown_account_takes_as_long_as_a_known_one),
        TEST(ending_answers_those_who_wait),
        cmocka_unit_test(delays_double_to_their_limit_and_fade),
        cmocka_unit_test(an_address_that_guesses_at_many_is_slowed_but_not_its_known_people),
        cmocka_unit_test(an_account_guessed_at_from_everywhere_keeps_its_owner),
        cmocka_unit_test(a_whole_ipv6_network_counts_as_one_address),
        cmocka_unit_test(the_memory_of_failures_is_bounded),
        cmocka_unit_test(plain_is_taken_apart_strictly),
        cmocka_unit_test(base64_has_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
