/* The directory: naming inside the transaction, addresses for ever, who is reached, who may send,
 * delegation and its periods, what the store is told, what the trail says. */
#include "directory/account.h"
#include "directory/directory.h"
#include "directory/unit.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#define DAY (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

typedef struct {
    char *folder, *path;
    Db *db;
    Directory *directory;
    Regulation *regulation;
} Fixture;

static const AuditAct act = {"test (uid 0)", "Số 12/SNV-VP"};

static int set_up(void **state) {
    crypto_init();
    Fixture *f = g_new0(Fixture, 1);
    f->folder = g_dir_make_tmp("directory-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "admin.db", NULL);
    f->db = db_open(f->path, &directory_schema, DB_OPEN_CREATE, NULL);
    assert_non_null(f->db);
    f->directory = directory_open(f->db, "bacninh.gov.vn", NULL);
    assert_non_null(f->directory);
    g_autofree char *file =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "regulations", "bacninh-06-2022.conf", NULL);
    g_autoptr(GError) error = NULL;
    f->regulation = regulation_load(file, &error);
    if (error != NULL)
        fail_msg("%s", error->message);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    Fixture *f = *state;
    clock_set_offset(0);
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

static DirectoryUnit *unit(Fixture *f, const char *kind, const char *name, const char *abbreviation,
                           const char *parent) {
    g_autoptr(GError) error = NULL;
    DirectoryNewUnit new = {
        .kind = kind, .name = name, .abbreviation = abbreviation, .parent = parent};
    DirectoryUnit *made = directory_unit_add(f->directory, f->regulation, &new, &act, &error);
    if (error != NULL)
        fail_msg("%s: %s", name, error->message);
    return made;
}

static void unit_named(Fixture *f, const char *kind, const char *name, const char *abbreviation,
                       const char *parent, const char *address) {
    g_autoptr(DirectoryUnit) made = unit(f, kind, name, abbreviation, parent);
    assert_string_equal(made->address, address);
}

static gint64 person(Fixture *f, const char *of, const char *name, const char *address) {
    g_autoptr(GError) error = NULL;
    DirectoryNewAccount new = {.unit = of, .name = name};
    g_autoptr(DirectoryAccount) made =
        directory_account_create(f->directory, f->regulation, &new, &act, &error);
    if (error != NULL)
        fail_msg("%s: %s", name, error->message);
    assert_string_equal(made->address, address);
    assert_int_equal(made->state, DIRECTORY_ACTIVE);
    return made->id;
}

static void department(Fixture *f) {
    unit_named(f, "department", "Sở Thông tin và Truyền thông", "stttt", NULL, "stttt");
}

/* 0 when the address reaches nobody of ours. */
static gint64 reached(Fixture *f, const char *address) {
    g_autoptr(DirectoryAccount) account = NULL;
    DirectoryFind find = directory_resolve(f->directory, bytes_of_string(address), &account, NULL);
    assert_true((find == DIRECTORY_FOUND) == (account != NULL));
    return account == NULL ? 0 : account->id;
}

static DirectoryFind finding(Fixture *f, const char *address) {
    g_autoptr(DirectoryAccount) account = NULL;
    return directory_resolve(f->directory, bytes_of_string(address), &account, NULL);
}

#define assert_refused(call, wanted, text)                                                         \
    do {                                                                                           \
        GError *error_ = NULL;                                                                     \
        GError **error = &error_;                                                                  \
        assert_false(call);                                                                        \
        assert_non_null(error_);                                                                   \
        if (!cv_error_is(error_, wanted) || strstr(error_->message, text) == NULL)                 \
            fail_msg("kind %d: %s", error_->code, error_->message);                                \
        g_error_free(error_);                                                                      \
    } while (0)

/* ---- Units [Điều 3.1] ---- */

static void units_are_named_by_the_articles(void **state) {
    Fixture *f = *state;
    department(f);                                                        /* [Điều 3.1.a] */
    unit_named(f, "district", "huyện Yên Phong", "yp", NULL, "yenphong"); /* [Điều 3.1.b] */
    unit_named(f, "district", "UBND thành phố Bắc Ninh", NULL, NULL, "tpbacninh");
    unit_named(f, "commune", "xã Tam Giang", NULL, "yenphong", "tamgiang.yenphong"); /* 3.1.c */
    unit_named(f, "commune", "phường Kinh Bắc", NULL, "bn", "kinhbac.tpbacninh");
    unit_named(f, "office", "Phòng Nội vụ", "pnv", "bn", "pnv.bn"); /* [Điều 3.1.d] */
    g_autoptr(DirectoryUnit) city = directory_unit_find(f->directory, "bn", NULL);
    assert_string_equal(city->address, "tpbacninh");
    assert_string_equal(city->suffix, "bn");
}

static void a_free_name_needs_its_agreement(void **state) {
    Fixture *f = *state;
    DirectoryNewUnit new = {.kind = "other", .name = "Tỉnh đoàn", .address = "tinhdoan"};
    assert_refused(directory_unit_add(f->directory, f->regulation, &new, &act, error),
                   CV_ERROR_REFUSED, "3.1.e"); /* [Điều 3.1.e] */
    new.agreement = "Số 12/TT ngày 01/6/2022";
    g_autoptr(DirectoryUnit) made =
        directory_unit_add(f->directory, f->regulation, &new, &act, NULL);
    assert_string_equal(made->address, "tinhdoan");
    assert_string_equal(made->agreement, new.agreement);
}

static void a_short_name_of_several_units_is_refused_with_their_list(void **state) {
    Fixture *f = *state;
    unit_named(f, "district", "huyện Tiên Du", "td", NULL, "tiendu");
    DirectoryNewUnit new = {.kind = "other",
                            .name = "Tỉnh đoàn Bắc Ninh",
                            .abbreviation = "td",
                            .address = "td",
                            .agreement = "Số 1"};
    g_autoptr(DirectoryUnit) made =
        directory_unit_add(f->directory, f->regulation, &new, &act, NULL);
    assert_non_null(made);
    assert_refused(directory_unit_find(f->directory, "td", error), CV_ERROR_INPUT, "tiendu@");
    g_autoptr(DirectoryUnit) whole = directory_unit_find(f->directory, "td@bacninh.gov.vn", NULL);
    assert_int_equal(whole->id, made->id);
    g_autofree char *number = g_strdup_printf("#%" G_GINT64_FORMAT, made->id);
    g_autoptr(DirectoryUnit) numbered = directory_unit_find(f->directory, number, NULL);
    assert_int_equal(numbered->id, made->id);
    assert_refused(directory_unit_find(f->directory, "khongco", error), CV_ERROR_NOT_FOUND, "");
}

static void a_unit_has_a_mailbox_from_the_start(void **state) {
    Fixture *f = *state;
    department(f);
    g_autoptr(DirectoryAccount) account = directory_account_find(f->directory, "stttt", NULL);
    assert_int_equal(account->kind, DIRECTORY_UNIT);
    assert_int_equal(account->quota, G_GINT64_CONSTANT(10) << 30); /* [Điều 5.1] */
    assert_int_equal(reached(f, "STTTT@BacNinh.gov.vn"), account->id);
    assert_null(directory_credential(f->directory, account->id, NULL));
}

/* ---- Persons [Điều 3.2] ---- */

static void a_second_person_of_the_same_name_gets_a_number(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");  /* [Điều 3.2.a] */
    person(f, "stttt", "TRẦN VĂN ANH", "tvanh1.stttt@bacninh.gov.vn"); /* [Điều 3.2.b] */
    person(f, "stttt", "Trịnh Vân Anh", "tvanh2.stttt@bacninh.gov.vn");
}

typedef struct {
    Fixture *f;
    GAsyncQueue *addresses;
} Race;

static gpointer racer(gpointer data) {
    Race *race = data;
    for (int i = 0; i < 10; i++) {
        DirectoryNewAccount new = {.unit = "stttt", .name = "Nguyễn Văn Nam"};
        DirectoryAccount *made =
            directory_account_create(race->f->directory, race->f->regulation, &new, &act, NULL);
        g_async_queue_push(race->addresses, made);
    }
    return NULL;
}

static void requests_at_the_same_time_get_different_numbers(void **state) {
    Fixture *f = *state;
    department(f);
    Race race = {f, g_async_queue_new()};
    GThread *threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("racer", racer, &race);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 40; i++) {
        DirectoryAccount *made = g_async_queue_pop(race.addresses);
        assert_non_null(made);
        assert_true(g_hash_table_add(seen, g_strdup(made->address)));
        directory_account_free(made);
    }
    for (int i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    assert_true(g_hash_table_contains(seen, "nvnam.stttt@bacninh.gov.vn"));
    assert_true(g_hash_table_contains(seen, "nvnam39.stttt@bacninh.gov.vn")); /* no gap */
    g_async_queue_unref(race.addresses);
}

static void an_address_is_never_given_twice(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_CLOSED, &act, NULL));
    person(f, "stttt", "Trần Văn Anh", "tvanh1.stttt@bacninh.gov.vn");
    assert_true(directory_account_add_alias(f->directory, "tvanh1.stttt", "vananh", &act, NULL));
    assert_true(directory_account_remove_alias(f->directory, "tvanh1.stttt", "vananh", &act, NULL));
    DirectoryNewUnit new = {.kind = "department", .name = "Vân Anh", .abbreviation = "vananh"};
    assert_refused(directory_unit_add(f->directory, f->regulation, &new, &act, error),
                   CV_ERROR_REFUSED, "3.1.e"); /* [Điều 3.1.e] */
    assert_refused(directory_account_add_alias(f->directory, "stttt", "vananh", &act, error),
                   CV_ERROR_EXISTS, "3.1.e");
    assert_true(directory_account_add_alias(f->directory, "tvanh1.stttt", "vananh", &act, NULL));
}

static void a_name_that_is_none_is_refused(void **state) {
    Fixture *f = *state;
    department(f);
    DirectoryNewAccount new = {.unit = "stttt", .name = "Trần Văn (phó phòng)"};
    assert_refused(directory_account_create(f->directory, f->regulation, &new, &act, error),
                   CV_ERROR_REFUSED, "3.2.a");
}

static void a_weak_password_makes_no_account(void **state) {
    Fixture *f = *state;
    department(f);
    DirectoryNewAccount new = {
        .unit = "stttt", .name = "Trần Văn Anh", .password = BYTES_LITERAL("matkhau")};
    assert_refused(directory_account_create(f->directory, f->regulation, &new, &act, error),
                   CV_ERROR_REFUSED, "5.2"); /* [Điều 5.2] */
    new.password = BYTES_LITERAL("Matkhau@2022");
    g_autoptr(DirectoryAccount) made =
        directory_account_create(f->directory, f->regulation, &new, &act, NULL);
    assert_string_equal(made->address, "tvanh.stttt@bacninh.gov.vn");
    g_autofree char *hash = directory_credential(f->directory, made->id, NULL);
    assert_true(crypto_password_verify(hash, new.password));
}

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
    assert_int_equal(
        directory_resolve(f->directory, BYTES_LITERAL("a\0b@bacninh.gov.vn"), NULL, NULL),
        DIRECTORY_ADDRESS_BAD);
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

/* ---- Delegation [Điều 6.2] ---- */

static gboolean delegate(Fixture *f, const char *to, guint may, gint64 since, gint64 until,
                         GError **error) {
    DirectoryNewDelegation new = {"stttt", to, may, since, until, "Số 5/QĐ-STTTT"};
    return directory_delegate(f->directory, &new, &act, error);
}

static void only_a_person_of_the_same_body_looks_after_a_units_mailbox(void **state) {
    Fixture *f = *state;
    department(f);
    unit_named(f, "office", "Văn phòng", "vp", "stttt", "vp.stttt");
    unit_named(f, "department", "Sở Nội vụ", "snv", NULL, "snv");
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    person(f, "vp.stttt", "Lê Thị Cúc", "ltcuc.stttt@bacninh.gov.vn");
    person(f, "snv", "Lê Thị Cúc", "ltcuc.snv@bacninh.gov.vn");
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, NULL));
    assert_true(delegate(f, "ltcuc.stttt", DIRECTORY_MAY_READ, 0, 0, NULL)); /* of its office */
    assert_refused(delegate(f, "ltcuc.snv", DIRECTORY_MAY_READ, 0, 0, error), CV_ERROR_REFUSED,
                   "6.2"); /* [Điều 6.2] */
    assert_refused(delegate(f, "snv", DIRECTORY_MAY_READ, 0, 0, error), CV_ERROR_REFUSED, "6.2");
    DirectoryNewDelegation no_paper = {"stttt", "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, ""};
    assert_refused(directory_delegate(f->directory, &no_paper, &act, error), CV_ERROR_REFUSED,
                   "6.2");
    /* A service belongs to no body: whoever has the task looks after it. */
    DirectoryNewDelegation service = {"postmaster", "ltcuc.snv", DIRECTORY_MAY_READ, 0, 0, "Số 6"};
    assert_true(directory_delegate(f->directory, &service, &act, NULL));
    service.grantee = "snv";
    assert_refused(directory_delegate(f->directory, &service, &act, error), CV_ERROR_REFUSED,
                   "6.2");
    DirectoryNewDelegation personal = {"tvanh.stttt", "ltcuc.stttt", DIRECTORY_MAY_READ, 0, 0,
                                       "Số 7"};
    assert_refused(directory_delegate(f->directory, &personal, &act, error), CV_ERROR_REFUSED,
                   "6.2");
}

static void collect_may(gint64 account, gint64 grantee, guint may, gpointer data) {
    g_hash_table_insert(data, GINT_TO_POINTER((int)grantee), GUINT_TO_POINTER(may + 1));
}

/* may + 1 of the grantee, 0 when the store would not hear of it. */
static guint told(Fixture *f, gint64 account, gint64 grantee) {
    g_autoptr(GHashTable) all = g_hash_table_new(NULL, NULL);
    assert_true(directory_each_delegation(f->directory, account, collect_may, all, NULL));
    return GPOINTER_TO_UINT(g_hash_table_lookup(all, GINT_TO_POINTER((int)grantee)));
}

static void drain(Fixture *f) {
    g_autoptr(GArray) pending = directory_pending(f->directory, NULL);
    for (guint i = 0; i < pending->len; i++)
        assert_true(directory_pending_done(f->directory,
                                           &g_array_index(pending, DirectoryPending, i), 1, NULL));
}

static gboolean is_pending(Fixture *f, gint64 account) {
    g_autoptr(GArray) pending = directory_pending(f->directory, NULL);
    for (guint i = 0; i < pending->len; i++)
        if (g_array_index(pending, DirectoryPending, i).account == account)
            return TRUE;
    return FALSE;
}

static void a_delegation_lasts_for_its_period(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 box = reached(f, "stttt@bacninh.gov.vn"), as = 0;
    Bytes address = BYTES_LITERAL("stttt@bacninh.gov.vn");
    gint64 now = clock_now();
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ | DIRECTORY_MAY_SEND, now + DAY,
                         now + 3 * DAY, NULL));
    drain(f);
    assert_int_equal(told(f, box, anh), 1); /* not yet */
    assert_false(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_false(is_pending(f, box));
    clock_set_offset(2 * DAY);
    assert_true(is_pending(f, box));
    drain(f);
    assert_int_equal(told(f, box, anh), 1 + (DIRECTORY_MAY_READ | DIRECTORY_MAY_SEND));
    assert_true(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_int_equal(as, box);
    assert_false(is_pending(f, box));
    clock_set_offset(4 * DAY);
    assert_true(is_pending(f, box));
    assert_int_equal(told(f, box, anh), 1);
    assert_false(directory_may_send_as(f->directory, anh, address, &as, NULL));
}

static void a_delegation_ends_by_command_and_when_the_person_goes(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 box = reached(f, "stttt@bacninh.gov.vn");
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, NULL));
    assert_int_equal(told(f, box, anh), 1 + DIRECTORY_MAY_READ);
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_SEND, 0, 0, NULL)); /* replaces */
    assert_int_equal(told(f, box, anh), 1 + DIRECTORY_MAY_SEND);
    assert_true(delegate(f, "tvanh.stttt", 0, 0, 0, NULL));
    assert_int_equal(told(f, box, anh), 1);
    assert_refused(delegate(f, "tvanh.stttt", 0, 0, 0, error), CV_ERROR_NOT_FOUND, "");
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, NULL));
    drain(f);
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_CLOSED, &act, NULL));
    assert_int_equal(told(f, box, anh), 1);
    assert_true(is_pending(f, box));
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
                                               BYTES_LITERAL("Matkhau@2023"), &act, NULL));
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

/* ---- Import ---- */

static gboolean import(Fixture *f, const char *csv, const char *agreement, DirectoryImport *out,
                       GError **error) {
    DirectoryImportOptions options = {.agreement = agreement};
    return directory_unit_import(f->directory, f->regulation, bytes_of_string(csv), &options, &act,
                                 out, error);
}

static const char national[] = "\xef\xbb\xbf"
                               "code,name,type,parent_code,parent_name\r\n"
                               "27,Bắc Ninh,tỉnh,,\r\n"
                               "256,Bắc Ninh,thành phố,27,Bắc Ninh\r\n"
                               "258,Yên Phong,huyện,27,Bắc Ninh\r\n"
                               "09172,Kinh Bắc,phường,256,Bắc Ninh\r\n"
                               "09205,Tam Giang,xã,258,Yên Phong\r\n";
static const char departments[] =
    "name,group,abbrev,address_rule\n"
    "\"Sở Văn hóa, Thể thao và Du lịch\",sở,svhttdl,3.1.a\n"
    "UBND huyện Yên Phong,UBND cấp huyện,yp,3.1.b\n"
    "Tỉnh đoàn Bắc Ninh,tổ chức chính trị - xã hội,td,3.1.e (agreement)\n";

static void a_table_is_taken_once_however_often_it_is_read(void **state) {
    Fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        g_auto(DirectoryImport) units = {0}, bodies = {0};
        assert_true(import(f, national, NULL, &units, NULL));
        assert_int_equal(units.added, i == 0 ? 5 : 0);
        assert_int_equal(units.present, i == 0 ? 0 : 5);
        assert_true(import(f, departments, "Thỏa thuận số 1", &bodies, NULL));
        assert_int_equal(bodies.added, i == 0 ? 2 : 0);
        assert_int_equal(bodies.present, i == 0 ? 1 : 3);
    }
    g_autoptr(DirectoryUnit) ward = directory_unit_find(f->directory, "kinhbac.tpbacninh", NULL);
    assert_string_equal(ward->name, "phường Kinh Bắc");
    g_autoptr(DirectoryUnit) body = directory_unit_find(f->directory, "svhttdl", NULL);
    assert_string_equal(body->name, "Sở Văn hóa, Thể thao và Du lịch");
    g_autoptr(DirectoryUnit) youth = directory_unit_find(f->directory, "td", NULL);
    assert_string_equal(youth->agreement, "Thỏa thuận số 1"); /* [Điều 3.1.e] */
}

static void districts_named_first_by_the_departments_find_their_communes(void **state) {
    Fixture *f = *state;
    g_auto(DirectoryImport) bodies = {0}, units = {0};
    assert_true(import(f, departments, "Số 1", &bodies, NULL));
    assert_true(import(f, national, NULL, &units, NULL));
    assert_int_equal(units.added, 4);
    assert_int_not_equal(reached(f, "tamgiang.yenphong@bacninh.gov.vn"), 0);
}

static void one_wrong_row_takes_nothing_and_every_wrong_row_is_told(void **state) {
    Fixture *f = *state;
    static const char csv[] = "code,name,type,parent_code\n"
                              "27,Bắc Ninh,tỉnh,\n"
                              "258,Yên Phong,hyện,27\n"
                              "09205,Tam Giang,xã,999\n";
    g_auto(DirectoryImport) out = {0};
    assert_refused(import(f, csv, NULL, &out, error), CV_ERROR_INPUT, "2 ");
    assert_string_equal(
        out.errors->str,
        "Dòng 3, cột \"type\": \"hyện\": không phải loại đơn vị hành chính đã biết\n"
        "Dòng 4, cột \"parent_code\": \"999\": chưa có đơn vị cấp trên mang mã này\n");
    assert_int_equal(out.added, 0);
    assert_refused(directory_unit_find(f->directory, "bacninh", error), CV_ERROR_NOT_FOUND, "");
    g_auto(DirectoryImport) other = {0};
    assert_refused(import(f, departments, NULL, &other, error), CV_ERROR_INPUT, "1 ");
    assert_non_null(strstr(other.errors->str, "thỏa thuận")); /* [Điều 3.1.e] */
}

static char *demo(const char *name) {
    g_autofree char *path = g_build_filename(g_getenv("CV_SOURCE_ROOT"), "demo", name, NULL);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void the_real_units_of_the_province_are_taken_whole(void **state) {
    Fixture *f = *state;
    g_autofree char *units = demo("bacninh-units-2022.csv");
    g_autofree char *bodies = demo("bacninh-departments-2022.csv");
    for (int i = 0; i < 2; i++) {
        g_auto(DirectoryImport) first = {0}, second = {0};
        g_autoptr(GError) error = NULL;
        if (!import(f, units, NULL, &first, &error) ||
            !import(f, bodies, "bản trình diễn", &second, &error))
            fail_msg("%s\n%s%s", error->message, first.errors->str,
                     second.errors == NULL ? "" : second.errors->str);
        assert_int_equal(first.added, i == 0 ? 135 : 0); /* [Điều 1.2] */
        assert_int_equal(second.added, i == 0 ? 53 : 0); /* 8 of 61 are districts */
    }
    static const char *const known[] = {"stttt", "tpbacninh", "tuson", "kinhbac.tpbacninh",
                                        "tamgiang.yenphong"};
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autofree char *address = g_strconcat(known[i], "@bacninh.gov.vn", NULL);
        assert_int_not_equal(reached(f, address), 0);
    }
}

static void a_table_that_is_none_is_refused(void **state) {
    Fixture *f = *state;
    static const char *const broken[] = {"", "a,b\n1,2\n", "name,type\n\"Yên Phong,huyện\n",
                                         "name,type\nx\xff\xfe,huyện\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_auto(DirectoryImport) out = {0};
        assert_refused(import(f, broken[i], NULL, &out, error), CV_ERROR_INPUT, "");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(units_are_named_by_the_articles),
        TEST(a_free_name_needs_its_agreement),
        TEST(a_short_name_of_several_units_is_refused_with_their_list),
        TEST(a_unit_has_a_mailbox_from_the_start),
        TEST(a_second_person_of_the_same_name_gets_a_number),
        TEST(requests_at_the_same_time_get_different_numbers),
        TEST(an_address_is_never_given_twice),
        TEST(a_name_that_is_none_is_refused),
        TEST(a_weak_password_makes_no_account),
        TEST(an_address_reaches_its_account_however_it_is_written),
        TEST(nothing_in_an_address_is_followed_further),
        TEST(postmaster_and_abuse_always_reach_somebody),
        TEST(a_locked_account_receives_and_a_closed_one_does_not),
        TEST(an_alias_receives_and_sends_for_its_account),
        TEST(signing_in_takes_the_whole_address_or_its_local_part),
        TEST(only_a_person_of_the_same_body_looks_after_a_units_mailbox),
        TEST(a_delegation_lasts_for_its_period),
        TEST(a_delegation_ends_by_command_and_when_the_person_goes),
        TEST(watchers_hear_of_locks_passwords_and_delegations),
        TEST(a_mark_outlives_an_older_change_being_done),
        TEST(every_act_leaves_its_record_and_no_refusal_does),
        TEST(a_table_is_taken_once_however_often_it_is_read),
        TEST(districts_named_first_by_the_departments_find_their_communes),
        TEST(one_wrong_row_takes_nothing_and_every_wrong_row_is_told),
        TEST(the_real_units_of_the_province_are_taken_whole),
        TEST(a_table_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
