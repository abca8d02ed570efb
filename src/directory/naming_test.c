/* Units and persons: their addresses by the articles, given inside the transaction and for ever. */
#include "directory/fixture.h"

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

/* [R029] */
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
