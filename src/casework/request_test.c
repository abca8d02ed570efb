/* Requests from receipt to reply, on a registry of their own. */
#include "casework/request_fixture.h"

#include "directory/role.h"

/* [R014] [R015] [R016] [R018] [R020] [R021] [Điều 3.2.b] [Điều 4.1] [Điều 4.2.b] */
static void a_mixed_request_goes_from_receipt_to_reply(void **state) {
    Fixture *f = *state;
    body(f);
    person(f, "stttt", "Lê Thị Bình", "ltbinh.stttt@bacninh.gov.vn");
    person(f, "stttt", "Ngô Văn Cường", "nvcuong.stttt@bacninh.gov.vn");
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 id = taken(f,
                      HEADER "1;Trần Văn Ánh;7/3/1985;001085000001;phc.stttt;cấp mới\n"
                             "2;Lê Thị Bình;;;stttt;tạm khóa\n"
                             "3;Ngô Văn Cường;;;stttt;thu hồi\n"
                             "4;Vũ Văn Không;;;stttt;hủy bỏ\n",
                      "12/STTTT-VP");
    assert_int_equal(state_of(f, id), REQUEST_RECEIVED);
    addressed(f, id, 1, "tvanh1.stttt@bacninh.gov.vn");
    found(f, id, 1, "");
    found(f, id, 4, "không có người này trong đơn vị");
    assert_refused(approve(f, id, 0, FALSE, error), CV_ERROR_INPUT, "mục 4: Dòng 5");
    assert_int_equal(reached(f, "tvanh1.stttt@bacninh.gov.vn"), 0);
    assert_refused(request_reply(f->directory, id, "1/TT", "2022-06-16", &act, error),
                   CV_ERROR_DENIED, "còn mục chưa thực hiện");
    rejected(f, id, 4, "không có trong danh sách cán bộ");
    assert_int_equal(state_of(f, id), REQUEST_CHECKED);
    approved(f, id);
    assert_int_equal(state_of(f, id), REQUEST_DECIDED);
    assert_int_not_equal(reached(f, "tvanh1.stttt@bacninh.gov.vn"), 0);
    assert_int_equal(state_at(f, "ltbinh.stttt"), DIRECTORY_LOCKED);
    assert_int_equal(state_at(f, "nvcuong.stttt"), DIRECTORY_CLOSED);
    approved(f, id); /* nothing twice */
    assert_refused(approve(f, id, 9, FALSE, error), CV_ERROR_INPUT, "không có mục 9");
    assert_true(request_reply(f->directory, id, "30/TT", "16/06/2022", &act, NULL));
    assert_true(request_reply(f->directory, id, "30/TT", "2022-06-16", &act, NULL));
    assert_int_equal(state_of(f, id), REQUEST_CLOSED);
    assert_refused(request_reply(f->directory, id, "31/TT", "2022-06-16", &act, error),
                   CV_ERROR_DENIED, "đã trả lời bằng văn bản số 30/TT");
    assert_refused(approve(f, id, 4, FALSE, error), CV_ERROR_DENIED, "đã trả lời");
}

/* [R017] [Điều 4.2.a] */
static void only_focal_points_file_and_only_for_their_own(void **state) {
    Fixture *f = *state;
    body(f);
    RequestDocument document = {.unit = "tamgiang.yenphong",
                                .number = "1/UBND",
                                .dated = "2022-06-15",
                                .signer = "Nguyễn Văn Hùng",
                                .signer_title = "Chủ tịch"};
    Bytes form = bytes_of_string(HEADER "1;Trần Văn Anh;;;Xã Tam Giang;cấp mới\n");
    assert_refused(request_import(f->directory, f->regulation, form, &document, &act, NULL, error),
                   CV_ERROR_REFUSED, "không phải đầu mối tổng hợp");
    document.unit = "yenphong";
    g_autoptr(Request) request =
        request_import(f->directory, f->regulation, form, &document, &act, NULL, NULL);
    assert_non_null(request);
    found(f, request->id, 1, "");
    addressed(f, request->id, 1, "tvanh.tamgiang.yenphong@bacninh.gov.vn");
    gint64 id = taken(f, HEADER "1;Trần Văn Anh;;;Sở Nội vụ;cấp mới\n", "2/X");
    found(f, id, 1, "không thuộc phạm vi tổng hợp của Sở Thông tin và Truyền thông (Điều 4.2.a)");
}

/* [R062] [Điều 11.1] */
static void a_document_needs_its_number_date_and_signer(void **state) {
    Fixture *f = *state;
    body(f);
    static const struct {
        RequestDocument document;
        CvErrorKind kind;
        const char *text;
    } cases[] = {
        {{.unit = "stttt"}, CV_ERROR_INPUT, "số, ký hiệu"},
        {{.unit = "stttt", .number = "1/X"}, CV_ERROR_INPUT, "chưa có ngày"},
        {{.unit = "stttt", .number = "1/X", .dated = "2022-06-31"}, CV_ERROR_INPUT, "có thật"},
        {{.unit = "stttt", .number = "1/X", .dated = "2022-06-15"}, CV_ERROR_INPUT, "người ký"},
        {{.unit = "stttt", .number = "1/X", .dated = "2022-06-15", .signer = "A B"},
         CV_ERROR_INPUT,
         "chức vụ người ký"},
        {{"stttt", "1/X", "2022-06-17", "A B", "C", 0, FALSE},
         CV_ERROR_INPUT,
         "sau ngày tiếp nhận"},
        {{"stttt", "1/X", "2022-06-15", "A B", "C", G_MAXINT64, FALSE},
         CV_ERROR_INPUT,
         "ở tương lai"},
        {{"xxx", "1/X", "2022-06-15", "A B", "C", 0, FALSE}, CV_ERROR_NOT_FOUND, "xxx"},
    };
    Bytes form = bytes_of_string(HEADER "1;Trần Văn Anh;;;stttt;cấp mới\n");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_refused(request_import(f->directory, f->regulation, form, &cases[i].document, &act,
                                      NULL, error),
                       cases[i].kind, cases[i].text);
}

static void a_document_that_comes_again_is_recognised(void **state) {
    Fixture *f = *state;
    body(f);
    person(f, "stttt", "Lê Thị Bình", "ltbinh.stttt@bacninh.gov.vn");
    const char *lock = HEADER "1;Lê Thị Bình;;;stttt;tạm khóa\n";
    gint64 id = taken(f, lock, "12/STTTT-VP");
    assert_refused(take(f, HEADER "1;A B;;;stttt;cấp mới\n", "12 / stttt-vp", NULL, error),
                   CV_ERROR_EXISTS, "văn bản này đã tiếp nhận: đề nghị số 1");
    assert_refused(take(f, HEADER "7;LÊ THỊ BÌNH;;;STTTT;tạm khoá\n", "13/X", NULL, error),
                   CV_ERROR_EXISTS, "danh sách giống hệt");
    approved(f, id);
    assert_true(request_reply(f->directory, id, "1/TT", "2022-06-16", &act, NULL));
    /* Answered: the same list may be meant anew. */
    found(f, taken(f, lock, "13/X"), 1, "đang tạm khóa rồi");
}

static void a_units_own_account_is_asked_for_by_name_and_never_by_an_empty_cell(void **state) {
    Fixture *f = *state;
    body(f);
    gint64 id = taken(f,
                      HEADER "1;;;;stttt;tạm khóa\n"
                             "2;Tài khoản cơ quan;;;phc.stttt;tạm khóa\n"
                             "3;Sở Thông tin và Truyền thông;;;stttt;tạm khóa\n",
                      "1/X");
    found(f, id, 1, "thiếu họ và tên");
    addressed(f, id, 2, "phc.stttt@bacninh.gov.vn");
    addressed(f, id, 3, "stttt@bacninh.gov.vn");
}

static void an_office_is_found_by_its_name_and_the_name_of_what_it_belongs_to(void **state) {
    Fixture *f = *state;
    body(f);
    unit_named(f, "district", "huyện Tiên Du", "td", NULL, "tiendu");
    unit_named(f, "office", "Phòng Nội vụ", "pnv", "yenphong", "pnv.yp");
    unit_named(f, "office", "Phòng Nội vụ", "pnv", "tiendu", "pnv.td");
    static const char *const said[] = {"Phòng Nội vụ, UBND huyện Yên Phong",
                                       "Phòng Nội vụ huyện Yên Phong",
                                       "Phòng Nội vụ - huyện Yên Phong",
                                       "PHONG NOI VU thuộc UBND huyện Yên Phong", "Phòng Nội vụ"};
    g_autoptr(GString) csv = g_string_new(HEADER);
    for (gsize i = 0; i < G_N_ELEMENTS(said); i++)
        g_string_append_printf(csv, "%zu;Người Thứ %c;;;%s;cấp mới\n", i, (char)('A' + i), said[i]);
    g_string_append(csv, "9;Người Thứ Chín;;;Phòng Nội vụ huyện Tiên Du;cấp mới\n"
                         "10;Người Thứ Mười;;;Phòng Không Có huyện Yên Phong;cấp mới\n");
    RequestDocument document = {.unit = "yenphong",
                                .number = "1/YP",
                                .dated = "2022-06-15",
                                .signer = "A B",
                                .signer_title = "Chủ tịch"};
    g_autoptr(Request) request = request_import(
        f->directory, f->regulation, bytes_of_string(csv->str), &document, &act, NULL, NULL);
    assert_non_null(request);
    for (guint i = 1; i <= G_N_ELEMENTS(said); i++)
        found(f, request->id, i, "");
    addressed(f, request->id, 1, "nta.yp@bacninh.gov.vn");
    found(f, request->id, 6, "không thuộc phạm vi tổng hợp của huyện Yên Phong");
    found(f, request->id, 7, "không có đơn vị này");
}

static void people_are_never_guessed(void **state) {
    Fixture *f = *state;
    body(f);
    gint64 first = taken(f,
                         HEADER "1;Trần Văn Anh;7/3/1985;001085000001;stttt;cấp mới\n"
                                "2;Trần Văn Anh;8/3/1985;;stttt;cấp mới\n"
                                "3;Trần Văn Anh;;;stttt;cấp mới\n"
                                "4;Hoàng Văn Hoà;;001085000009;stttt;cấp mới\n"
                                "5;Hoàng Văn Hòa;;001085000009;stttt;cấp mới\n",
                         "1/X");
    found(f, first, 2, "");
    addressed(f, first, 2, "tvanh1.stttt@bacninh.gov.vn");
    found(f, first, 3, "");
    found(f, first, 5, "trùng với mục 4");
    rejected(f, first, 5, "trùng");
    rejected(f, first, 3, "chưa rõ là ai");
    approved(f, first);
    gint64 second = taken(f,
                          HEADER "1;Trần Văn Anh;;;stttt;tạm khóa\n"
                                 "2;Trần Văn Anh;8/3/1985;;stttt;tạm khóa\n"
                                 "3;Tran Van Em;;001085000001;stttt;tạm khóa\n"
                                 "4;HOÀNG VĂN HÒA;;;stttt;tạm khóa\n"
                                 "5;Trần Văn Ánh;;;stttt;tạm khóa\n"
                                 "6;Trần Văn Anh;;001085000001;stttt;cấp mới\n"
                                 "7;Trần Văn Anh;;;stttt;cấp mới\n",
                          "2/X");
    found(f, second, 1,
          "có 2 người cùng tên (tvanh.stttt@bacninh.gov.vn, "
          "tvanh1.stttt@bacninh.gov.vn)");
    found(f, second, 2, "");
    addressed(f, second, 2, "tvanh1.stttt@bacninh.gov.vn");
    found(f, second, 3, "mang tên khác");
    found(f, second, 4, "");
    found(f, second, 5, "không có người này");
    found(f, second, 6, "đã có tài khoản tvanh.stttt@bacninh.gov.vn");
    found(f, second, 7, "đơn vị đã có người cùng tên");
}

#define CHANGES "STT;Thông tin cần thay đổi;Thông tin mới;Ghi chú\n"

/* [R107] [R108] */
static void a_move_gives_the_new_address_and_the_old_one_lives_on_for_a_time(void **state) {
    Fixture *f = *state;
    body(f);
    gint64 account = person(f, "stttt", "Lê Thị Bình", "ltbinh.stttt@bacninh.gov.vn");
    DirectoryNewDelegation delegation = {.account = "stttt",
                                         .grantee = "ltbinh.stttt",
                                         .may = DIRECTORY_MAY_SEND,
                                         .document = "Số 1"};
    assert_true(directory_delegate(f->directory, &delegation, &act, NULL));
    DirectoryNewRole role = {"ltbinh.stttt", ROLE_FOCAL, "stttt", "Số 2"};
    assert_true(directory_role_grant(f->directory, &role, &act, NULL));
    gint64 id =
        taken(f, CHANGES "1;ltbinh.stttt@bacninh.gov.vn: Đơn vị công tác;Sở Nội vụ;\n", "1/X");
    addressed(f, id, 1, "ltbinh.snv@bacninh.gov.vn");
    approved(f, id);
    assert_int_equal(reached(f, "ltbinh.snv@bacninh.gov.vn"), account);
    assert_int_equal(reached(f, "ltbinh.stttt@bacninh.gov.vn"), account);
    gint64 as;
    assert_false(directory_may_send_as(f->directory, account,
                                       bytes_of_string("stttt@bacninh.gov.vn"), &as, NULL));
    assert_false(directory_may_somewhere(f->directory, account, ACTION_REQUEST_FILE, NULL));
    today_is("2022-12-12"); /* 179 days */
    drain(f);
    assert_int_equal(reached(f, "ltbinh.stttt@bacninh.gov.vn"), account);
    today_is("2022-12-14");
    drain(f);
    assert_int_equal(reached(f, "ltbinh.stttt@bacninh.gov.vn"), 0);
    assert_int_equal(reached(f, "ltbinh.snv@bacninh.gov.vn"), account);
    /* Given once, it is nobody else's. */
    person(f, "stttt", "Lê Thị Bính", "ltbinh1.stttt@bacninh.gov.vn");
}

static void a_change_of_information_is_done_or_asks_to_be_written_clearly(void **state) {
    Fixture *f = *state;
    body(f);
    gint64 account = person(f, "stttt", "Lê Thị Bình", "ltbinh.stttt@bacninh.gov.vn");
    gint64 id = taken(f,
                      CHANGES "1;ltbinh.stttt@bacninh.gov.vn: Họ và tên;Lê Thị Bính;\n"
                              "2;ltbinh.stttt@bacninh.gov.vn: chức vụ;Trưởng phòng;\n"
                              "3;ltbinh.stttt@bacninh.gov.vn: chức vụ và đơn vị;X;\n"
                              "4;Lê Thị Bình: chức vụ;X;\n"
                              "5;khongco.stttt@bacninh.gov.vn: chức vụ;X;\n"
                              "6;ltbinh.stttt@bacninh.gov.vn: ngày sinh;31/02/1985;\n"
                              "7;ltbinh.stttt@bacninh.gov.vn: đơn vị;Sở Không Có;\n"
                              "8;ltbinh.stttt@bacninh.gov.vn: chức vụ;Phó phòng;\n"
                              "9;ltbinh.stttt@bacninh.gov.vn: CCCD;001085000007;\n",
                      "1/X");
    found(f, id, 1, "");
    addressed(f, id, 1, "ltbinh.stttt@bacninh.gov.vn");
    found(f, id, 2, "");
    found(f, id, 3, "nhiều mục");
    found(f, id, 4, "không biết là tài khoản nào");
    found(f, id, 5, "không có tài khoản khongco");
    found(f, id, 6, "không có ngày này");
    found(f, id, 7, "không có đơn vị này");
    found(f, id, 8, "trùng với mục 2");
    found(f, id, 9, "");
    assert_true(approve(f, id, 0, TRUE, NULL));
    assert_int_equal(state_of(f, id), REQUEST_DECIDED);
    g_autoptr(DirectoryAccount) now = directory_account(f->directory, account, NULL);
    assert_string_equal(now->name, "Lê Thị Bính");
    assert_string_equal(now->address, "ltbinh.stttt@bacninh.gov.vn");
    g_autoptr(GPtrArray) lines = request_lines(f->directory, id, NULL);
    assert_int_equal(((RequestLine *)lines->pdata[3])->state, REQUEST_LINE_RETURNED);
    assert_non_null(strstr(((RequestLine *)lines->pdata[3])->reason, "không biết"));
    found(f, taken(f, HEADER "1;Lê Thị Bính;;001085000007;stttt;tạm khóa\n", "2/X"), 1, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_mixed_request_goes_from_receipt_to_reply),
        TEST(only_focal_points_file_and_only_for_their_own),
        TEST(a_document_needs_its_number_date_and_signer),
        TEST(a_document_that_comes_again_is_recognised),
        TEST(a_units_own_account_is_asked_for_by_name_and_never_by_an_empty_cell),
        TEST(an_office_is_found_by_its_name_and_the_name_of_what_it_belongs_to),
        TEST(people_are_never_guessed),
        TEST(a_move_gives_the_new_address_and_the_old_one_lives_on_for_a_time),
        TEST(a_change_of_information_is_done_or_asks_to_be_written_clearly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
