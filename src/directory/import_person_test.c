/* People taken from tables: once however often, each row told what is wrong with it, nothing
 * personal repeated. */
#include "directory/fixture.h"
#include "directory/person.h"

typedef struct {
    GString *told; /* "address present;" */
} Told;

static void tell(const DirectoryImported *row, gpointer data) {
    Told *told = data;
    g_string_append_printf(told->told, "%s%s;", row->present ? "=" : "+", row->address);
}

static gboolean take(Fixture *f, const char *csv, gboolean keep, gboolean dry, GString *told,
                     DirectoryImport *out, GError **error) {
    Told data = {told};
    DirectoryImportOptions options = {
        .each = told == NULL ? NULL : tell, .data = &data, .dry_run = dry, .keep_addresses = keep};
    return directory_person_import(f->directory, f->regulation, bytes_of_string(csv), &options,
                                   &act, out, error);
}

/* Takes the table, which must be in order, and compares what it told. */
static void taken(Fixture *f, const char *csv, const char *told) {
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_auto(DirectoryImport) out = {0};
    if (!take(f, csv, FALSE, FALSE, said, &out, &error))
        fail_msg("%s\n%s", error->message, out.errors->str);
    assert_string_equal(said->str, told);
}

/* One row under the usual header must be refused with this text, and add nobody. */
static void wrong(Fixture *f, const char *rows, const char *text) {
    g_autofree char *csv =
        g_strconcat("Họ và tên,Đơn vị,Ngày sinh,Giới tính,Số CCCD,Loại,Địa chỉ thư,password_hash\n",
                    rows, NULL);
    g_autoptr(GError) error = NULL;
    g_auto(DirectoryImport) out = {0};
    assert_false(take(f, csv, FALSE, FALSE, NULL, &out, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    if (strstr(out.errors->str, text) == NULL)
        fail_msg("\"%s\" is not in: %s", text, out.errors->str);
    assert_int_equal(out.added, 0);
    gint64 counts[DIRECTORY_CLOSED + 1];
    assert_true(directory_account_count(f->directory, counts, NULL));
    assert_int_equal(counts[DIRECTORY_ACTIVE], 2); /* postmaster and the department */
}

static void a_table_is_taken_once_however_often_it_is_read(void **state) {
    Fixture *f = *state;
    department(f);
    static const char csv[] = "STT;HỌ VÀ TÊN;Đơn vị công tác;Ngày, tháng, năm sinh;Số CCCD\n"
                              "1;Trần Văn Anh;stttt;7/3/1985;001085000001\n"
                              "2;Trần Văn Anh;Sở Thông tin và Truyền thông;1990-12-31;\n"
                              "3;Trần Văn Anh;stttt;;\n";
    taken(f, csv,
          "+tvanh.stttt@bacninh.gov.vn;+tvanh1.stttt@bacninh.gov.vn;"
          "+tvanh2.stttt@bacninh.gov.vn;");
    taken(f, csv,
          "=tvanh.stttt@bacninh.gov.vn;=tvanh1.stttt@bacninh.gov.vn;"
          "=tvanh2.stttt@bacninh.gov.vn;");
    assert_true(is_pending(f, reached(f, "tvanh1.stttt@bacninh.gov.vn")));
}

static void namesakes_are_told_apart_by_number_and_birth(void **state) {
    Fixture *f = *state;
    department(f);
    taken(f,
          "name,unit,birth,identity\nTrần Văn Anh,stttt,7/3/1985,\nTrần Văn Anh,stttt,8/3/1985,\n",
          "+tvanh.stttt@bacninh.gov.vn;+tvanh1.stttt@bacninh.gov.vn;");
    taken(f, "name,unit,birth,identity\nTrần Văn Anh,stttt,8/3/1985,\n",
          "=tvanh1.stttt@bacninh.gov.vn;");
    taken(f, "name,unit,birth,identity\nTrần Văn Anh,stttt,9/3/1985,001085000009\n",
          "+tvanh2.stttt@bacninh.gov.vn;");
    /* By the number alone, whatever the file forgot. */
    taken(f, "name,unit,identity\nTran Van Anh,stttt,001085000009\n",
          "=tvanh2.stttt@bacninh.gov.vn;");
}

static void a_dry_run_names_everybody_and_writes_nothing(void **state) {
    Fixture *f = *state;
    department(f);
    g_autoptr(GString) told = g_string_new(NULL);
    g_auto(DirectoryImport) out = {0};
    assert_true(take(f, "name,unit\nTrần Văn Anh,stttt\nTrần Văn Ánh,stttt\n", FALSE, TRUE, told,
                     &out, NULL));
    assert_int_equal(out.added, 2);
    assert_string_equal(told->str, "+tvanh.stttt@bacninh.gov.vn;+tvanh1.stttt@bacninh.gov.vn;");
    assert_int_equal(reached(f, "tvanh.stttt@bacninh.gov.vn"), 0);
}

static void each_wrong_row_is_told_and_nobody_is_added(void **state) {
    Fixture *f = *state;
    department(f);
    wrong(f, "Trần Văn Anh,sngv,,,,,,\nTrần Văn Em,sngv,,,,,,\n",
          "Dòng 2, cột \"đơn vị\": \"sngv\"");
    wrong(f, "Trần Văn Anh,sngv,,,,,,\nTrần Văn Em,sngv,,,,,,\n", "(và 1 dòng sau)");
    wrong(f, "Trần Văn Anh,stttt,31/02/1985,,,,,\n", "không có ngày này trong lịch");
    wrong(f, "Trần Văn Anh,stttt,1/1/2999,,,,,\n", "ngày sinh ở tương lai");
    wrong(f, "Trần Văn Anh,stttt,,,01085000001,,,\n", "bảng tính có thể đã bỏ số 0");
    wrong(f, "Trần Văn Anh,stttt,,có,,,,\n", "chỉ nhận nam, nữ");
    wrong(f, "Trần Văn Anh,stttt,,,,giám đốc,,\n", "chỉ nhận cán bộ");
    wrong(f, "Trần Văn 4nh,stttt,,,,,,\n", "Dòng 2, cột \"họ và tên\": \"Trần Văn 4nh\"");
    wrong(f, ",stttt,,,,,,\n", "thiếu họ và tên");
    wrong(f, "Trần Văn Anh,stttt,,,,,anh.tv@bacninh.gov.vn,\n",
          "theo Quy chế là tvanh.stttt (Điều 3.2.a)");
    wrong(f, "Trần Văn Anh,stttt,,,,,tvanh@example.org,\n", "không phải địa chỉ của miền thư này");
    wrong(f, "Trần Văn Anh,stttt,,,,,,Matkhau@2022\n", "không phải dạng băm mật khẩu đã biết");
    wrong(f, "Trần Văn Anh,stttt,,,001085000001,,,\nTrần Văn Em,stttt,,,001085000001,,,\n",
          "Dòng 3, cột \"số CCCD\": số này đã thuộc về một người mang tên khác");
}

static void what_is_personal_is_not_repeated(void **state) {
    Fixture *f = *state;
    department(f);
    g_auto(DirectoryImport) out = {0};
    assert_false(take(f,
                      "name,unit,birth,identity,password_hash\n"
                      "Trần Văn Anh,stttt,31/02/1985,,\n"
                      "Trần Văn Em,stttt,,12345678901,\n"
                      "Trần Văn Út,stttt,,,Matkhau@2022\n",
                      FALSE, FALSE, NULL, &out, NULL));
    assert_int_equal(out.wrong, 3);
    assert_null(strstr(out.errors->str, "1985"));
    assert_null(strstr(out.errors->str, "12345678901"));
    assert_null(strstr(out.errors->str, "Matkhau"));
    taken(f, "name,unit,birth,identity\nTrần Văn Anh,stttt,7/3/1985,001085000001\n",
          "+tvanh.stttt@bacninh.gov.vn;");
    g_autoptr(DbConn) conn = db_read_begin(f->db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT birth, identity, identity_hash FROM person");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    for (int i = 0; i < 3; i++) {
        assert_true(db_column_bytes(stmt, i).n >= 32);
        assert_true(bytes_find(db_column_bytes(stmt, i), bytes_of_string("1985")) < 0);
        assert_true(bytes_find(db_column_bytes(stmt, i), bytes_of_string("001085000001")) < 0);
    }
    db_reset(stmt);
}

static void an_address_in_use_is_kept_when_asked(void **state) {
    Fixture *f = *state;
    department(f);
    static const char csv[] =
        "name,unit,address,password_hash\n"
        "Trần Văn Anh,stttt,anh.tv,{SSHA}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==\n";
    g_auto(DirectoryImport) out = {0}, again = {0};
    assert_true(take(f, csv, TRUE, FALSE, NULL, &out, NULL));
    gint64 account = reached(f, "anh.tv@bacninh.gov.vn");
    assert_int_not_equal(account, 0);
    g_autofree char *hash = directory_credential(f->directory, account, NULL);
    assert_string_equal(hash, "{SSHA}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==");
    /* Another person cannot have it. */
    assert_false(take(f, "name,unit,address\nTrần Văn Em,stttt,anh.tv@bacninh.gov.vn\n", TRUE,
                      FALSE, NULL, &again, NULL));
    assert_non_null(strstr(again.errors->str, "đã được cấp"));
}

static void an_unknown_namesake_is_not_guessed_at(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    g_auto(DirectoryImport) out = {0};
    assert_false(take(f, "name,unit,identity\nTrần Văn Anh,stttt,001085000001\n", FALSE, FALSE,
                      NULL, &out, NULL));
    assert_non_null(strstr(out.errors->str, "không đoán"));
    taken(f, "name,unit\nTrần Văn Anh,stttt\n", "=tvanh.stttt@bacninh.gov.vn;");
}

static void a_table_without_its_columns_is_refused(void **state) {
    Fixture *f = *state;
    g_auto(DirectoryImport) out = {0};
    assert_refused(take(f, "name,title\nTrần Văn Anh,x\n", FALSE, FALSE, NULL, &out, error),
                   CV_ERROR_INPUT, "cột \"đơn vị\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_table_is_taken_once_however_often_it_is_read),
        TEST(namesakes_are_told_apart_by_number_and_birth),
        TEST(a_dry_run_names_everybody_and_writes_nothing),
        TEST(each_wrong_row_is_told_and_nobody_is_added),
        TEST(what_is_personal_is_not_repeated),
        TEST(an_address_in_use_is_kept_when_asked),
        TEST(an_unknown_namesake_is_not_guessed_at),
        TEST(a_table_without_its_columns_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
