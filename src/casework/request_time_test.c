/* Requests and time: the day by which they are answered, what is kept how long, slips and checks.
 */
#include "casework/request_fixture.h"

#include "regulation/calendar.h"

/* [R019] [Điều 4.2.b] */
static void the_last_day_counts_working_days_and_is_warned_of(void **state) {
    Fixture *f = *state;
    body(f);
    today_is("2022-06-17"); /* a Friday */
    gint64 id = taken(f, HEADER "1;Trần Văn Anh;;;stttt;cấp mới\n", "1/X");
    g_autoptr(Request) request = request_find(f->directory, f->regulation, id, NULL);
    assert_string_equal(request->due, "2022-06-21");
    RequestFigures figures;
    assert_true(request_figures(f->db, f->regulation, &figures, NULL));
    assert_int_equal(figures.overdue + figures.due_today, 0);
    today_is("2022-06-21");
    assert_true(request_figures(f->db, f->regulation, &figures, NULL));
    assert_int_equal(figures.due_today, 1);
    today_is("2022-06-23");
    assert_true(request_figures(f->db, f->regulation, &figures, NULL));
    assert_int_equal(figures.overdue, 1);
    g_autoptr(Request) late = request_find(f->directory, f->regulation, id, NULL);
    assert_int_equal(late->overdue, 2);
}

static gboolean count_due_acts(const AuditRecord *record, gpointer data) {
    *(guint *)data += g_str_equal(record->change.act, "request.due");
    return TRUE;
}

static void when_the_calendar_changes_open_days_follow_on_the_record(void **state) {
    Fixture *f = *state;
    body(f);
    gint64 id = taken(f, HEADER "1;Trần Văn Anh;;;stttt;cấp mới\n", "1/X");
    assert_true(request_keep(f->directory, f->regulation, NULL));
    g_autofree char *shipped =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "regulations", "bacninh-06-2022.conf", NULL);
    g_autofree char *file = g_build_filename(f->folder, "own.conf", NULL);
    g_autofree char *text = g_strdup_printf("version = 1; id = \"own\"; extends = \"%s\";"
                                            "title = \"t\"; from = \"2022-05-23\";"
                                            "calendar = { request_days = { value = 5; }; };",
                                            shipped);
    assert_true(g_file_set_contents(file, text, -1, NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) own = regulation_load(file, &error);
    remove(file);
    if (own == NULL)
        fail_msg("%s", error->message);
    assert_true(request_keep(f->directory, own, NULL));
    assert_true(request_keep(f->directory, own, NULL));
    g_autoptr(Request) request = request_find(f->directory, own, id, NULL);
    assert_string_equal(request->due, "2022-06-23");
    g_autoptr(DbConn) conn = db_read_begin(f->db, NULL);
    guint acts = 0;
    assert_true(audit_each(conn, NULL, 0, count_due_acts, &acts, NULL));
    assert_int_equal(acts, 1);
}

static void the_file_is_sealed_and_deleted_when_its_time_is_over(void **state) {
    Fixture *f = *state;
    body(f);
    gint64 id = taken(f, HEADER "1;Trần Văn Anh;7/3/1985;001085000001;stttt;cấp mới\n", "1/X");
    approved(f, id);
    assert_true(request_reply(f->directory, id, "1/TT", "2022-06-16", &act, NULL));
    g_autoptr(GPtrArray) lines = request_lines(f->directory, id, NULL);
    assert_string_equal(((RequestLine *)lines->pdata[0])->identity, "*********001");
    today_is("2022-09-13"); /* 89 days */
    assert_true(request_keep(f->directory, f->regulation, NULL));
    g_autoptr(Request) before = request_find(f->directory, f->regulation, id, NULL);
    assert_true(before->has_file);
    today_is("2022-09-15");
    assert_true(request_keep(f->directory, f->regulation, NULL));
    g_autoptr(Request) after = request_find(f->directory, f->regulation, id, NULL);
    assert_false(after->has_file);
    g_autoptr(GPtrArray) wiped = request_lines(f->directory, id, NULL);
    assert_string_equal(((RequestLine *)wiped->pdata[0])->identity, "");
}

static void slips(Fixture *f, gint64 id, const char *expected) {
    RequestChoice all = {NULL, 0, FALSE};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) made = request_slips(f->directory, f->regulation, id, &all, &act, &error);
    g_autoptr(GString) told = g_string_new(NULL);
    for (guint i = 0; made != NULL && i < made->len; i++) {
        const RequestSlip *slip = made->pdata[i];
        g_autoptr(DirectoryAccount) account =
            directory_account_find(f->directory, slip->address, NULL);
        g_auto(DirectoryCredential) held = {0};
        assert_true(directory_credential_read(f->directory, account->id, &held, NULL));
        assert_true(held.must_change);
        assert_true(crypto_password_verify(held.hash, bytes_of_string(slip->password)));
        assert_int_equal(held.expires, slip->expires);
        g_string_append_printf(told, "%s%s;", slip->reset ? "~" : "+", slip->address);
    }
    if (made == NULL && *expected != '\0')
        fail_msg("%s", error->message);
    assert_string_equal(told->str, expected);
}

/* [R071] [Điều 12.2] */
static void a_slip_is_given_until_the_owner_has_an_own_password(void **state) {
    Fixture *f = *state;
    body(f);
    person(f, "stttt", "Lê Thị Bình", "ltbinh.stttt@bacninh.gov.vn");
    assert_true(directory_account_set_password(f->directory, f->regulation, "ltbinh.stttt",
                                               BYTES_LITERAL("Matkhau@2022"), FALSE, &act, NULL));
    gint64 id = taken(f,
                      HEADER "1;Trần Văn Anh;;;stttt;cấp mới\n"
                             "2;Lê Thị Bình;;;stttt;cấp lại mật khẩu\n"
                             "3;Tài khoản cơ quan;;;stttt;cấp lại mật khẩu\n",
                      "1/X");
    found(f, id, 3, "không cấp mật khẩu dùng chung");
    slips(f, id, "");
    today_is("2022-06-17");
    assert_true(approve(f, id, 0, TRUE, NULL));
    slips(f, id, "+tvanh.stttt@bacninh.gov.vn;~ltbinh.stttt@bacninh.gov.vn;");
    slips(f, id, "+tvanh.stttt@bacninh.gov.vn;~ltbinh.stttt@bacninh.gov.vn;"); /* lost paper */
    today_is("2022-06-18");
    assert_true(directory_account_set_password(f->directory, f->regulation, "ltbinh.stttt",
                                               BYTES_LITERAL("Matkhau@2023"), FALSE, &act, NULL));
    slips(f, id, "+tvanh.stttt@bacninh.gov.vn;");
    assert_true(directory_account_set_password(f->directory, f->regulation, "tvanh.stttt",
                                               BYTES_LITERAL("Matkhau@2023"), FALSE, &act, NULL));
    slips(f, id, "");
    guint line = 1;
    RequestChoice one = {&line, 1, FALSE};
    assert_refused(request_slips(f->directory, f->regulation, id, &one, &act, error) != NULL,
                   CV_ERROR_EXISTS, "mục 1 không cần phiếu");
}

static void a_check_writes_nothing(void **state) {
    Fixture *f = *state;
    body(f);
    RequestDocument document = {.unit = "stttt",
                                .number = "1/X",
                                .dated = "2022-06-15",
                                .signer = "A B",
                                .signer_title = "Giám đốc",
                                .check = TRUE};
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(Request) request = request_import(
        f->directory, f->regulation,
        bytes_of_string(HEADER "1;Trần Văn Anh;;;stttt;cấp mới\n2;Trần Văn Ánh;;;stttt;cấp mới\n"
                               "3;X Y;;;stttt;tạm khóa\n"),
        &document, &act, &lines, NULL);
    assert_non_null(request);
    assert_int_equal(request->id, 0);
    assert_int_equal(request->wrong, 1);
    assert_string_equal(((RequestLine *)lines->pdata[1])->address, "tvanh1.stttt@bacninh.gov.vn");
    g_autoptr(Request) none = request_find(f->directory, f->regulation, 1, NULL);
    assert_null(none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_last_day_counts_working_days_and_is_warned_of),
        TEST(when_the_calendar_changes_open_days_follow_on_the_record),
        TEST(the_file_is_sealed_and_deleted_when_its_time_is_over),
        TEST(a_slip_is_given_until_the_owner_has_an_own_password),
        TEST(a_check_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
