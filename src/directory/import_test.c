/* Units taken from tables: once however often, whole or not at all. */
#include "directory/fixture.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_table_is_taken_once_however_often_it_is_read),
        TEST(districts_named_first_by_the_departments_find_their_communes),
        TEST(one_wrong_row_takes_nothing_and_every_wrong_row_is_told),
        TEST(the_real_units_of_the_province_are_taken_whole),
        TEST(a_table_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
