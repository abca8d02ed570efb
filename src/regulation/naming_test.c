#include "regulation/naming.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *shipped;

static int load_shipped(void **state) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = regulation_find(NULL, &error);
    shipped = path == NULL ? NULL : regulation_load(path, &error);
    if (shipped == NULL)
        g_printerr("%s\n", error->message);
    return shipped == NULL ? -1 : 0;
}

static int drop_shipped(void **state) {
    regulation_unref(shipped);
    return 0;
}

/* Every local part in the set counts as given. */
static gboolean in_set(const char *local, gboolean *taken, gpointer data, GError **error) {
    *taken = g_hash_table_contains(data, local);
    return TRUE;
}

static void check_person(const char *name, const char *suffix, const char *expected) {
    g_auto(NamingProposal) p;
    NamingPerson person = {.name = bytes_of_string(name), .suffix = suffix};
    g_autoptr(GError) error = NULL;
    if (!naming_person(shipped, &person, NULL, NULL, &p, &error))
        fail_msg("%s: %s", name, error->message);
    assert_string_equal(p.local, expected);
    assert_string_equal(p.rule, "person");
    assert_string_equal(p.article, "Điều 3.2.a");
    assert_string_equal(p.taken, "");
}

/* [Điều 3.2.a] */
static void a_person_is_initials_given_name_dot_suffix(void **state) {
    check_person("Trần Văn Anh", "stttt", "tvanh.stttt"); /* the text's own example */
    check_person("Nguyễn Thị Minh Hương", "snv", "ntmhuong.snv");
    check_person("ĐẶNG ĐỨC ĐẠT", "yp", "dddat.yp");
    check_person("Anh", "bn", "anh.bn");
    check_person("H'Hen Niê", "bn", "hnie.bn");
    check_person("Tôn Nữ Hoàng Thị Ngọc Bích Thùy Dương", "bn", "tnhtnbtduong.bn");
    check_person("Trần Văn Anh", "tamgiang.yenphong", "tvanh.tamgiang.yenphong");
}

static void the_operator_may_say_which_word_is_the_given_name(void **state) {
    g_auto(NamingProposal) p;
    NamingPerson person = {.name = bytes_of_string("Y Khoa Niê"), .given = "KHOA", .suffix = "snv"};
    assert_true(naming_person(shipped, &person, NULL, NULL, &p, NULL));
    assert_string_equal(p.local, "ynkhoa.snv");
    person.given = "Lan";
    g_auto(NamingProposal) none;
    assert_false(naming_person(shipped, &person, NULL, NULL, &none, NULL));
    assert_string_equal(none.refusal->rule, "name_given");
}

/* [Điều 3.2.b] */
static void a_clash_takes_the_lowest_free_number_before_the_dot(void **state) {
    g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);
    NamingPerson person = {.name = bytes_of_string("Trần Văn Anh"), .suffix = "stttt"};
    g_auto(NamingProposal) p;
    g_hash_table_add(set, (gpointer) "tvanh.stttt");
    assert_true(naming_person(shipped, &person, in_set, set, &p, NULL));
    assert_string_equal(p.local, "tvanh1.stttt"); /* the text's own example */
    assert_string_equal(p.taken, "tvanh.stttt");
    assert_string_equal(p.rule, "person_number");
    assert_string_equal(p.article, "Điều 3.2.b");
    g_hash_table_add(set, (gpointer) "tvanh1.stttt");
    g_hash_table_add(set, (gpointer) "tvanh3.stttt");
    assert_true(naming_person(shipped, &person, in_set, set, &p, NULL));
    assert_string_equal(p.local, "tvanh2.stttt");
    person.suffix = "snv"; /* the same name elsewhere is free */
    assert_true(naming_person(shipped, &person, in_set, set, &p, NULL));
    assert_string_equal(p.local, "tvanh.snv");
}

typedef struct {
    GHashTable *given;
    guint asked;
} Counted;

static gboolean in_counted(const char *local, gboolean *taken, gpointer data, GError **error) {
    Counted *counted = data;
    counted->asked++;
    *taken = g_hash_table_contains(counted->given, local);
    return TRUE;
}

static void a_memory_gives_the_same_numbers_with_fewer_questions(void **state) {
    g_autoptr(GHashTable) given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(NamingMemory) memory = naming_memory_new();
    Counted counted = {.given = given};
    NamingPerson person = {
        .name = bytes_of_string("Trần Văn Anh"), .suffix = "stttt", .memory = memory};
    for (int i = 0; i < 100; i++) {
        g_auto(NamingProposal) p;
        g_autofree char *expected =
            i == 0 ? g_strdup("tvanh.stttt") : g_strdup_printf("tvanh%d.stttt", i);
        assert_true(naming_person(shipped, &person, in_counted, &counted, &p, NULL));
        assert_string_equal(p.local, expected);
        g_hash_table_add(given, g_strdup(p.local));
    }
    assert_true(counted.asked <= 300);
}

static gboolean always(const char *local, gboolean *taken, gpointer data, GError **error) {
    *taken = TRUE;
    ++*(guint *)data;
    return TRUE;
}

static void when_every_number_is_taken_the_name_is_refused(void **state) {
    guint asked = 0;
    g_auto(NamingProposal) p;
    NamingPerson person = {.name = bytes_of_string("Trần Văn Anh"), .suffix = "stttt"};
    assert_false(naming_person(shipped, &person, always, &asked, &p, NULL));
    assert_string_equal(p.refusal->rule, "name_exhausted");
    assert_int_equal(asked, 10000);
}

static gboolean broken(const char *local, gboolean *taken, gpointer data, GError **error) {
    return cv_fail(error, CV_ERROR_STORAGE, "the disk is gone");
}

static void a_question_that_cannot_be_answered_is_no_proposal_and_no_refusal(void **state) {
    g_auto(NamingProposal) p;
    g_autoptr(GError) error = NULL;
    NamingPerson person = {.name = bytes_of_string("Trần Văn Anh"), .suffix = "stttt"};
    assert_false(naming_person(shipped, &person, broken, NULL, &p, &error));
    assert_true(cv_error_is(error, CV_ERROR_STORAGE));
    assert_null(p.refusal);
}

static void check_person_refused(const char *name, const char *suffix, const char *rule) {
    g_auto(NamingProposal) p;
    g_autoptr(GError) error = NULL;
    NamingPerson person = {.name = bytes_of_string(name), .suffix = suffix};
    assert_false(naming_person(shipped, &person, NULL, NULL, &p, &error));
    assert_true(cv_error_is(error, CV_ERROR_REFUSED));
    assert_string_equal(p.refusal->rule, rule);
    assert_null(strchr(p.refusal->text_vi, '{'));
}

static void a_name_or_unit_that_makes_no_address_is_refused(void **state) {
    check_person_refused("Trần Văn 2", "stttt", "name");
    check_person_refused("王伟", "stttt", "name");
    check_person_refused("", "stttt", "name");
    check_person_refused("Trần Văn Anh", NULL, "name_missing");
    check_person_refused("Trần Văn Anh", "", "name_missing");
    check_person_refused("Trần Văn Anh", "STTTT", "name_part");
    check_person_refused("Trần Văn Anh", "s tttt", "name_part");
    check_person_refused("Trần Văn Anh", "x@y", "name_part");
    check_person_refused("Trần Văn Anh", "a..b", "name_part");
    g_autofree char *word = g_strnfill(60, 'a');
    check_person_refused(word, "stttt", "name_long");
}

typedef struct {
    const char *kind, *name, *abbreviation, *parent_address, *parent_abbreviation;
    const char *local, *short_name, *suffix, *article;
} UnitCase;

/* [Điều 3.1] Examples of the text first in each group. [R005] [R006] [R007] [R008] [R009] [R010] */
static void units_are_named_by_kind(void **state) {
    static const UnitCase cases[] = {
        {"department", "Sở Thông tin và Truyền thông", NULL, NULL, NULL, "stttt", "stttt", "stttt",
         "Điều 3.1.a"},
        {"department", "Sở Văn hóa, Thể thao và Du lịch", NULL, NULL, NULL, "svhttdl", "svhttdl",
         "svhttdl", "Điều 3.1.a"},
        {"department", "Sở Lao động - Thương binh và Xã hội", NULL, NULL, NULL, "sldtbxh",
         "sldtbxh", "sldtbxh", "Điều 3.1.a"},
        {"department", "Văn phòng Ủy ban nhân dân tỉnh", "vpubnd", NULL, NULL, "vpubnd", "vpubnd",
         "vpubnd", "Điều 3.1.a"},
        {"district", "UBND Yên Phong", NULL, NULL, NULL, "yenphong", "yp", "yp", "Điều 3.1.b"},
        {"district", "huyện Yên Phong", "yp", NULL, NULL, "yenphong", "yp", "yp", "Điều 3.1.b"},
        {"district", "UBND thành phố Bắc Ninh", NULL, NULL, NULL, "tpbacninh", "bn", "bn",
         "Điều 3.1.b"},
        {"district", "TP. Bắc Ninh", NULL, NULL, NULL, "tpbacninh", "bn", "bn", "Điều 3.1.b"},
        {"district", "thành phố Từ Sơn", NULL, NULL, NULL, "tuson", "ts", "ts", "Điều 3.1.b"},
        {"district", "Uỷ ban nhân dân huyện Quế Võ", NULL, NULL, NULL, "quevo", "qv", "qv",
         "Điều 3.1.b"},
        {"commune", "UBND xã Tam Giang", NULL, "yenphong", "yp", "tamgiang.yenphong", "tg",
         "tamgiang.yenphong", "Điều 3.1.c"},
        {"commune", "phường Kinh Bắc", NULL, "tpbacninh", "bn", "kinhbac.tpbacninh", "kb",
         "kinhbac.tpbacninh", "Điều 3.1.c"},
        {"commune", "THỊ TRẤN CHỜ", NULL, "yenphong", "yp", "cho.yenphong", "c", "cho.yenphong",
         "Điều 3.1.c"},
        {"commune", "phường Phường Đúc", NULL, "hue", "h", "phuongduc.hue", "pd", "phuongduc.hue",
         "Điều 3.1.c"},
        {"commune", "phường Phương Liệt", NULL, "thanhxuan", "tx", "phuongliet.thanhxuan", "pl",
         "phuongliet.thanhxuan", "Điều 3.1.c"},
        {"commune", "Phương Liệt", NULL, "thanhxuan", "tx", "phuongliet.thanhxuan", "pl",
         "phuongliet.thanhxuan", "Điều 3.1.c"},
        {"office", "Phòng Nội vụ", NULL, "tpbacninh", "bn", "pnv.bn", "pnv", "bn", "Điều 3.1.d"},
        {"office", "Trung tâm Công nghệ thông tin và Truyền thông", "ttcnnttt", "stttt", "stttt",
         "ttcnnttt.stttt", "ttcnnttt", "stttt", "Điều 3.1.d"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const UnitCase *c = &cases[i];
        g_auto(NamingProposal) p;
        g_autoptr(GError) error = NULL;
        NamingUnit unit = {.kind = c->kind,
                           .name = bytes_of_string(c->name),
                           .abbreviation = c->abbreviation,
                           .parent_address = c->parent_address,
                           .parent_abbreviation = c->parent_abbreviation};
        if (!naming_unit(shipped, &unit, NULL, NULL, &p, &error))
            fail_msg("%s: %s", c->name, error->message);
        assert_string_equal(p.local, c->local);
        assert_string_equal(p.abbreviation, c->short_name);
        assert_string_equal(p.suffix, c->suffix);
        assert_string_equal(p.article, c->article);
    }
}

static void check_unit_refused(const NamingUnit *unit, const char *rule) {
    g_auto(NamingProposal) p;
    assert_false(naming_unit(shipped, unit, NULL, NULL, &p, NULL));
    if (strcmp(p.refusal->rule, rule) != 0)
        fail_msg("%s instead of %s: %s", p.refusal->rule, rule, p.refusal->text_en);
}

/* [R005] */
static void unit_names_that_break_the_rules_are_refused(void **state) {
    Bytes name = bytes_of_string("Sở Nội vụ");
    check_unit_refused(&(NamingUnit){.kind = "ministry", .name = name}, "unit_kind");
    check_unit_refused(&(NamingUnit){.name = name}, "unit_kind");
    /* [Điều 3.1.a] */
    check_unit_refused(&(NamingUnit){.kind = "department", .name = name, .abbreviation = "SNV"},
                       "name_part");
    check_unit_refused(&(NamingUnit){.kind = "department", .name = name, .abbreviation = "s-nv"},
                       "name_part");
    check_unit_refused(&(NamingUnit){.kind = "department", .name = name, .abbreviation = "sở"},
                       "name_part");
    check_unit_refused(&(NamingUnit){.kind = "department", .name = bytes_of_string("Sở (X)")},
                       "name");
    /* [Điều 3.1.c] */
    check_unit_refused(&(NamingUnit){.kind = "commune", .name = bytes_of_string("xã Tam Giang")},
                       "name_missing");
}

/* [Điều 3.1.e] [Điều 14.2] [R011] [R077] */
static void units_outside_the_rules_need_a_recorded_agreement(void **state) {
    NamingUnit unit = {
        .kind = "other", .name = bytes_of_string("Tỉnh đoàn Bắc Ninh"), .address = "tinhdoan"};
    check_unit_refused(&unit, "unit_agreement");
    unit.agreement = "Số 12/TT ngày 01/6/2022";
    g_auto(NamingProposal) p;
    assert_true(naming_unit(shipped, &unit, NULL, NULL, &p, NULL));
    assert_string_equal(p.local, "tinhdoan");
    assert_string_equal(p.article, "Điều 3.1.e");
    unit.address = NULL;
    check_unit_refused(&unit, "name_missing");
    unit = (NamingUnit){.kind = "outside", .name = unit.name, .address = "bbt.ca"};
    check_unit_refused(&unit, "unit_approval");
    unit.agreement = "Số 3/QĐ-STTTT";
    assert_true(naming_unit(shipped, &unit, NULL, NULL, &p, NULL));
    assert_string_equal(p.local, "bbt.ca");
}

/* [Điều 3.1.e] "không trùng lặp" */
static void a_units_address_that_was_given_before_is_refused(void **state) {
    g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(set, (gpointer) "snv");
    NamingUnit unit = {.kind = "department", .name = bytes_of_string("Sở Nội vụ")};
    g_auto(NamingProposal) p;
    assert_false(naming_unit(shipped, &unit, in_set, set, &p, NULL));
    assert_string_equal(p.refusal->rule, "name_taken");
    assert_string_equal(p.taken, "snv");
}

static void the_exception_is_found_by_either_of_its_names(void **state) {
    const char *address = NULL, *abbreviation = NULL;
    assert_true(naming_exception(shipped, "bn", &address, &abbreviation));
    assert_string_equal(address, "tpbacninh");
    assert_true(naming_exception(shipped, "tpbacninh", &address, &abbreviation));
    assert_string_equal(abbreviation, "bn");
    assert_false(naming_exception(shipped, "yp", &address, &abbreviation));
}

/* Another regulation's naming (given name, initials, last digits of the identity number; one more
 * digit on a clash; flat communes) needs its file only. */
static void another_naming_needs_no_change_of_the_program(void **state) {
    g_autofree char *path = regulation_find("bacninh-79-2025", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) r = regulation_load(path, &error);
    if (r == NULL)
        fail_msg("%s", error->message);
    g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);
    NamingPerson person = {.name = bytes_of_string("Trần Văn Anh"), .identity = "999186906766"};
    g_auto(NamingProposal) p;
    assert_true(naming_person(r, &person, in_set, set, &p, NULL));
    assert_string_equal(p.local, "anhtv766");
    assert_string_equal(p.article, "Điều 5.2.a");
    g_hash_table_add(set, (gpointer) "anhtv766");
    assert_true(naming_person(r, &person, in_set, set, &p, NULL));
    assert_string_equal(p.local, "anhtv6766");
    assert_string_equal(p.article, "Điều 5.2.b");
    person.identity = NULL;
    g_auto(NamingProposal) none;
    assert_false(naming_person(r, &person, NULL, NULL, &none, NULL));
    assert_string_equal(none.refusal->rule, "name_missing");
    NamingUnit unit = {.kind = "commune", .name = bytes_of_string("xã Tam Giang")};
    assert_true(naming_unit(r, &unit, NULL, NULL, &p, NULL));
    assert_string_equal(p.local, "tamgiang");
    unit.kind = "party_committee";
    assert_true(naming_unit(r, &unit, NULL, NULL, &p, NULL));
    assert_string_equal(p.local, "du.tamgiang");
    /* What the newer text is silent about stays as it was. */
    assert_true(regulation_figure(r, FIGURE_ATTACHMENTS) == 20971520);
    assert_string_equal(regulation_text(r, REGULATION_FROM), "2025-12-05");
}

/* The sample's names all make addresses, each of plain letters, each once. */
static void every_name_of_the_sample_gets_an_address_of_its_own(void **state) {
    g_autofree char *path =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "tests/data/names.txt", NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint names = 0;
    for (gsize i = 0; lines[i] != NULL; i++) {
        if (lines[i][0] == 0 || lines[i][0] == '#')
            continue;
        g_auto(NamingProposal) p;
        NamingPerson person = {.name = bytes_of_string(lines[i]), .suffix = "stttt"};
        g_autoptr(GError) error = NULL;
        if (!naming_person(shipped, &person, in_set, set, &p, &error))
            fail_msg("%s: %s", lines[i], error->message);
        assert_true(naming_is_local(p.local, TRUE));
        assert_true(g_hash_table_add(set, g_strdup(p.local)));
        names++;
    }
    assert_true(names == 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_is_initials_given_name_dot_suffix),
        cmocka_unit_test(the_operator_may_say_which_word_is_the_given_name),
        cmocka_unit_test(a_clash_takes_the_lowest_free_number_before_the_dot),
        cmocka_unit_test(a_memory_gives_the_same_numbers_with_fewer_questions),
        cmocka_unit_test(when_every_number_is_taken_the_name_is_refused),
        cmocka_unit_test(a_question_that_cannot_be_answered_is_no_proposal_and_no_refusal),
        cmocka_unit_test(a_name_or_unit_that_makes_no_address_is_refused),
        cmocka_unit_test(units_are_named_by_kind),
        cmocka_unit_test(unit_names_that_break_the_rules_are_refused),
        cmocka_unit_test(units_outside_the_rules_need_a_recorded_agreement),
        cmocka_unit_test(a_units_address_that_was_given_before_is_refused),
        cmocka_unit_test(the_exception_is_found_by_either_of_its_names),
        cmocka_unit_test(another_naming_needs_no_change_of_the_program),
        cmocka_unit_test(every_name_of_the_sample_gets_an_address_of_its_own),
    };
    return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
