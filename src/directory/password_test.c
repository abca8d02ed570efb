/* Passwords: one-time ones, former ones, whose change it is [Điều 5.2, 12.2]. */
#include "directory/fixture.h"

#include "base/clock.h"
#include "directory/role.h"

#define ADDRESS "tvanh.stttt@bacninh.gov.vn"
#define DAY     (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

static Regulation *of_2025(void) {
    g_autofree char *file =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "regulations", "bacninh-79-2025.conf", NULL);
    Regulation *regulation = regulation_load(file, NULL);
    assert_non_null(regulation);
    return regulation;
}

static gint64 anh(Fixture *f) {
    department(f);
    return person(f, "stttt", "Trần Văn Anh", ADDRESS);
}

static gboolean add_act(const AuditRecord *record, gpointer data) {
    g_string_append_printf(data, "%s %s\n", record->change.act,
                           record->change.after == NULL ? "" : record->change.after);
    return TRUE;
}

/* What the trail says of an address; g_free. */
static char *acts_on(Fixture *f, const char *address) {
    GString *text = g_string_new(NULL);
    g_autoptr(DbConn) conn = db_read_begin(f->db, NULL);
    assert_true(audit_each(conn, address, 0, add_act, text, NULL));
    return g_string_free(text, FALSE);
}

static char *held(Fixture *f, gint64 account) {
    return directory_credential(f->directory, account, NULL);
}

/* [R071] [Điều 12.2] */
static void a_made_password_is_readable_and_as_the_regulation_wants_it(void **state) {
    Fixture *f = *state;
    g_autoptr(Regulation) newer = of_2025();
    const Regulation *both[] = {f->regulation, newer};
    for (guint i = 0; i < 6; i++) {
        g_auto(DirectoryOneTime) made = {0};
        assert_true(directory_one_time_make(both[i % 2], &made, NULL));
        g_autoptr(Verdict) verdict =
            regulation_check_password(both[i % 2], bytes_of_string(made.text), "tvanh.stttt", TRUE);
        assert_true(verdict->allowed);
        assert_null(strpbrk(made.text, "aeiouyAEIOUYwWdDzZlO0115"));
        assert_true(crypto_password_verify(made.hash, bytes_of_string(made.text)));
        /* The end of a day in Vietnam, a week after today. */
        assert_int_equal((made.expires + 7 * 3600 * CLOCK_SECOND) % DAY, 0);
        assert_in_range(made.expires - clock_now(), 7 * DAY, 8 * DAY);
    }
}

typedef struct {
    Fixture *f;
    const DirectoryOneTime *one_time;
    const char *address;
} Giving;

static gboolean give(DbConn *conn, gpointer data, GError **error) {
    const Giving *g = data;
    return directory_one_time_give(g->f->directory, conn, g->address, g->one_time, &act, error);
}

static gboolean given(Fixture *f, const char *address, const DirectoryOneTime *one_time,
                      GError **error) {
    Giving g = {f, one_time, address};
    return db_write(f->db, give, &g, error);
}

/* [R071] */
static void a_one_time_password_is_given_within_another_act_and_stands_in_the_trail(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    g_auto(DirectoryOneTime) made = {0};
    assert_true(directory_one_time_make(f->regulation, &made, NULL));
    assert_true(given(f, ADDRESS, &made, NULL));
    g_auto(DirectoryCredential) there = {0};
    assert_true(directory_credential_read(f->directory, account, &there, NULL));
    assert_string_equal(there.hash, made.hash);
    assert_true(there.must_change);
    assert_int_equal(there.expires, made.expires);
    g_autofree char *trail = acts_on(f, ADDRESS);
    assert_non_null(strstr(trail, "account.password"));
    assert_null(strstr(trail, made.text));
    assert_null(strstr(trail, "argon2"));
    assert_refused(given(f, "khongco", &made, error), CV_ERROR_NOT_FOUND, "khongco");
    assert_true(directory_account_set_state(f->directory, ADDRESS, DIRECTORY_CLOSED, &act, NULL));
    assert_refused(given(f, ADDRESS, &made, error), CV_ERROR_DENIED, "closed");
}

static void a_new_account_may_begin_with_one(void **state) {
    Fixture *f = *state;
    department(f);
    g_auto(DirectoryOneTime) made = {0};
    assert_true(directory_one_time_make(f->regulation, &made, NULL));
    DirectoryNewAccount new = {.unit = "stttt", .name = "Lê Thị Cúc", .one_time = &made};
    g_autoptr(DirectoryAccount) cuc =
        directory_account_create(f->directory, f->regulation, &new, &act, NULL);
    assert_non_null(cuc);
    g_auto(DirectoryCredential) there = {0};
    assert_true(directory_credential_read(f->directory, cuc->id, &there, NULL));
    assert_true(there.must_change);
    assert_int_equal(there.expires, made.expires);
}

static gboolean changed(Fixture *f, const Regulation *regulation, gint64 account,
                        const char *password, char **rule) {
    g_autofree char *hash = held(f, account);
    g_autoptr(Verdict) refusal = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok =
        directory_password_change(f->directory, regulation, account, hash,
                                  bytes_of_string(password), TRUE, &act, &refusal, &error);
    if (!ok && refusal == NULL)
        fail_msg("%s: %s", password, error->message);
    *rule = ok ? g_strdup("") : g_strdup(refusal->rule);
    return ok;
}

#define assert_changed(f, regulation, account, password, expected)                                 \
    do {                                                                                           \
        g_autofree char *rule_ = NULL;                                                             \
        changed(f, regulation, account, password, &rule_);                                         \
        assert_string_equal(rule_, expected);                                                      \
    } while (0)

/* [Điều 5.2] */
static void an_own_change_needs_another_password_that_the_regulation_takes(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    g_auto(DirectoryOneTime) made = {0};
    assert_true(directory_one_time_make(f->regulation, &made, NULL));
    assert_true(given(f, ADDRESS, &made, NULL));
    assert_changed(f, f->regulation, account, "ngan", "password_length");
    assert_changed(f, f->regulation, account, "matkhaumoi", "password_classes");
    assert_changed(f, f->regulation, account, made.text, "password_same");
    assert_changed(f, f->regulation, account, "Matkhaumoi@1", "");
    g_auto(DirectoryCredential) there = {0};
    assert_true(directory_credential_read(f->directory, account, &there, NULL));
    assert_false(there.must_change);
    assert_int_equal(there.expires, 0);
    assert_changed(f, f->regulation, account, "Matkhaumoi@1", "password_same");
    assert_changed(f, f->regulation, account, "Matkhaumoi@2", "");
    assert_changed(f, f->regulation, account, "Matkhaumoi@1", ""); /* 2022 forbids no former one */
    g_autoptr(GError) error = NULL;
    assert_false(directory_password_change(f->directory, f->regulation, account, "$argon2id$x",
                                           BYTES_LITERAL("Matkhaumoi@3"), TRUE, &act, NULL,
                                           &error));
    assert_true(cv_error_is(error, CV_ERROR_BUSY)); /* it was another meanwhile */
}

/* R069 [Điều 12.1] */
static void who_sets_the_first_own_password_states_to_keep_the_rules(void **state) {
    Fixture *f = *state;
    gint64 account = anh(f);
    for (int times = 0; times < 2; times++) {
        g_auto(DirectoryOneTime) made = {0};
        g_autoptr(Verdict) refusal = NULL;
        assert_true(directory_one_time_make(f->regulation, &made, NULL));
        assert_true(given(f, ADDRESS, &made, NULL));
        const char *wanted = times == 0 ? "Matkhaumoi@1" : "Matkhaumoi@2";
        gboolean ok =
            directory_password_change(f->directory, f->regulation, account, made.hash,
                                      bytes_of_string(wanted), FALSE, &act, &refusal, NULL);
        assert_true(ok == (times == 1)); /* it is asked for once */
        if (ok)
            return;
        assert_string_equal(refusal->rule, "accept_rules");
        assert_changed(f, f->regulation, account, wanted, "");
        g_autofree char *trail = acts_on(f, ADDRESS);
        assert_non_null(strstr(trail, "\"accepts\":\"bacninh-06-2022\""));
    }
}

/* 79/2025, Điều 4.2: none of the last three; a one-time password in between is none of them. */
static void former_passwords_do_not_come_back_where_the_regulation_says_so(void **state) {
    Fixture *f = *state;
    g_autoptr(Regulation) newer = of_2025();
    gint64 account = anh(f);
    assert_changed(f, newer, account, "Matkhau@0001", "");
    assert_changed(f, newer, account, "Matkhau@0002", "");
    assert_changed(f, newer, account, "Matkhau@0003", "");
    assert_changed(f, newer, account, "Matkhau@0003", "password_same");
    assert_changed(f, newer, account, "Matkhau@0002", "password_former");
    g_auto(DirectoryOneTime) made = {0};
    assert_true(directory_one_time_make(newer, &made, NULL));
    assert_true(given(f, ADDRESS, &made, NULL));
    assert_changed(f, newer, account, "Matkhau@0003", "password_former");
    assert_changed(f, newer, account, "Matkhau@0001", "password_former");
    assert_changed(f, newer, account, "Matkhau@0004", "");
    assert_changed(f, newer, account, "Matkhau@0002", "password_former");
    assert_changed(f, newer, account, "Matkhau@0001", "");
    assert_refused(directory_account_set_password(f->directory, newer, ADDRESS,
                                                  BYTES_LITERAL("Matkhau@0004"), TRUE, &act, error),
                   CV_ERROR_REFUSED, "03");
}

/* 79/2025, Điều 4.1: ten characters for who operates the system. */
static void an_administrators_password_is_longer_where_the_regulation_says_so(void **state) {
    Fixture *f = *state;
    g_autoptr(Regulation) newer = of_2025();
    gint64 account = anh(f);
    assert_changed(f, newer, account, "Matkh@01", "");
    DirectoryNewRole role = {.account = ADDRESS, .role = ROLE_CENTRE, .document = "Số 1"};
    assert_true(directory_role_grant(f->directory, &role, &act, NULL));
    assert_changed(f, newer, account, "Matkh@02", "password_length");
    assert_changed(f, newer, account, "Matkhau@02", "");
    assert_changed(f, newer, account, "tvanh.stttt", "password_classes");
}

/* [Điều 12.2]; 79/2025, Điều 4.2: six months, three for who operates the system. */
static void a_password_ages_by_months_and_warns_before(void **state) {
    Fixture *f = *state;
    g_autoptr(Regulation) newer = of_2025();
    gint64 now = clock_now();
    PasswordFacts facts = {.changed = now, .place = "https://x/doi-mat-khau"};
    static const struct {
        gint64 days;
        gboolean administrator;
        PasswordState state;
    } asked[] = {{0, FALSE, PASSWORD_GOOD},   {160, FALSE, PASSWORD_GOOD},
                 {176, FALSE, PASSWORD_SOON}, {185, FALSE, PASSWORD_CHANGE},
                 {70, TRUE, PASSWORD_GOOD},   {85, TRUE, PASSWORD_SOON},
                 {93, TRUE, PASSWORD_CHANGE}};
    for (gsize i = 0; i < G_N_ELEMENTS(asked); i++) {
        g_autoptr(Verdict) verdict = NULL;
        facts.administrator = asked[i].administrator;
        assert_int_equal(
            regulation_password_state(newer, &facts, now + asked[i].days * DAY, &verdict),
            asked[i].state);
        assert_true((verdict == NULL) == (asked[i].state == PASSWORD_GOOD));
        if (verdict != NULL) {
            assert_non_null(strstr(verdict->text_vi, facts.place));
            assert_non_null(strstr(verdict->text_vi, "khoản 2 Điều 4"));
        }
        g_autoptr(Verdict) older = NULL; /* 2022 has no such rule */
        assert_int_equal(
            regulation_password_state(f->regulation, &facts, now + asked[i].days * DAY, &older),
            PASSWORD_GOOD);
    }
    facts = (PasswordFacts){.must_change = TRUE, .expires = now + DAY, .place = "x"};
    g_autoptr(Verdict) change = NULL, over = NULL;
    assert_int_equal(regulation_password_state(f->regulation, &facts, now, &change),
                     PASSWORD_CHANGE);
    assert_string_equal(change->rule, "password_change");
    assert_int_equal(regulation_password_state(f->regulation, &facts, now + DAY, &over),
                     PASSWORD_OVER);
    assert_string_equal(over->rule, "password_over");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_made_password_is_readable_and_as_the_regulation_wants_it),
        TEST(a_one_time_password_is_given_within_another_act_and_stands_in_the_trail),
        TEST(a_new_account_may_begin_with_one),
        TEST(an_own_change_needs_another_password_that_the_regulation_takes),
        TEST(who_sets_the_first_own_password_states_to_keep_the_rules),
        TEST(former_passwords_do_not_come_back_where_the_regulation_says_so),
        TEST(an_administrators_password_is_longer_where_the_regulation_says_so),
        TEST(a_password_ages_by_months_and_warns_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
