/* The forms of appendix 2 as units really fill them in. */
#include "casework/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static RequestForm *read_form(const char *csv) {
    g_autoptr(GError) error = NULL;
    RequestForm *form = request_form_read(bytes_of_string(csv), &error);
    if (form == NULL)
        fail_msg("%s", error->message);
    return form;
}

static void refused(const char *csv, CvErrorKind kind, const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(RequestForm) form = request_form_read(bytes_of_string(csv), &error);
    assert_null(form);
    assert_true(cv_error_is(error, kind));
    if (strstr(error->message, text) == NULL)
        fail_msg("\"%s\" is not in: %s", text, error->message);
}

static const RequestAsked *line(const RequestForm *form, guint i) {
    assert_true(i < form->lines->len);
    return form->lines->pdata[i];
}

#define HEADER                                                                                     \
    "STT;Họ và tên;Ngày sinh;Giới tính;Số CMT/CCCD;Chức vụ;Đơn vị công tác;"   \
    "Nội dung đề nghị\n"

/* [R094] [R095] [R096] [R097] [R098] [R099] [R100] [R101] */
static void every_field_of_form_1_is_read(void **state) {
    (void)state;
    g_autoptr(RequestForm) form =
        read_form(HEADER "1;Trần Văn Anh;7/3/1985;Nam;001085000001;Chuyên viên;Sở Nội vụ;Cấp mới\n"
                         "2;Lê Thị Bình;;nữ;123456789;;snv;TẠM KHOÁ\n"
                         "3;Ngô Văn Cường;;;;;snv;huỷ bỏ tài khoản\n");
    assert_int_equal(form->lines->len, 3);
    const RequestAsked *a = line(form, 0);
    assert_string_equal(a->ordinal, "1");
    assert_string_equal(a->name, "Trần Văn Anh");
    assert_string_equal(a->birth, "1985-03-07");
    assert_string_equal(a->sex, "nam");
    assert_string_equal(a->identity, "001085000001");
    assert_string_equal(a->title, "Chuyên viên");
    assert_string_equal(a->unit, "Sở Nội vụ");
    assert_int_equal(a->act, REQUEST_ACT_NEW);
    assert_int_equal(a->place, 2);
    assert_null(a->fault);
    assert_int_equal(line(form, 1)->act, REQUEST_ACT_LOCK);
    assert_string_equal(line(form, 1)->identity, "123456789");
    assert_int_equal(line(form, 2)->act, REQUEST_ACT_CLOSE);
}

/* [R106] [R107] [R108] [R109] */
static void every_field_of_form_2_is_read_and_its_numbers_are_hidden(void **state) {
    (void)state;
    g_autoptr(RequestForm) form =
        read_form("STT,Thông tin cần thay đổi,Thông tin mới,Ghi chú\n"
                  "1,tvanh.snv@bacninh.gov.vn: Chức vụ: Chuyên viên,Phó Trưởng phòng,từ 01/6\n"
                  "2,tvanh.snv@bacninh.gov.vn: số CCCD: 001 085 000 001,001085000002,\n"
                  "3,\"CCCD... chức vụ của 001085000001\",x,\n"
                  "4,tvanh.snv@bacninh.gov.vn ngày sinh,ngày 7 tháng 3 năm 1985,\n");
    assert_int_equal(line(form, 0)->act, REQUEST_ACT_CHANGE);
    assert_string_equal(line(form, 0)->wanted, "Phó Trưởng phòng");
    assert_string_equal(line(form, 0)->note, "từ 01/6");
    assert_string_equal(line(form, 1)->identity, "001085000002");
    assert_string_equal(line(form, 1)->wanted, "*********002");
    assert_null(strstr(line(form, 1)->what, "085"));
    assert_null(strstr(line(form, 2)->what, "001085"));
    assert_string_equal(line(form, 3)->birth, "1985-03-07");
    assert_null(strstr(line(form, 3)->wanted, "1985"));
}

static void the_field_that_changes_is_the_one_that_is_named(void **state) {
    (void)state;
    static const struct {
        const char *what;
        RequestField field;
    } cases[] = {
        {"tvanh.snv@bacninh.gov.vn: Chức vụ: Trưởng đơn vị", REQUEST_FIELD_TITLE},
        {"tvanh.snv@bacninh.gov.vn - Đơn vị công tác", REQUEST_FIELD_UNIT},
        {"HO VA TEN cua tvanh.snv@bacninh.gov.vn", REQUEST_FIELD_NAME},
        {"chức vụ và đơn vị", REQUEST_FIELD_SEVERAL},
        {"ten.snv@bacninh.gov.vn", REQUEST_FIELD_NONE},
        {"ten.snv@bacninh.gov.vn: CMND", REQUEST_FIELD_IDENTITY},
        {"giới tính", REQUEST_FIELD_SEX},
        {"", REQUEST_FIELD_NONE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (request_field_read(cases[i].what) != cases[i].field)
            fail_msg("%s: %d", cases[i].what, (int)request_field_read(cases[i].what));
}

/* [R063] [R071] [Điều 11.1] [Điều 12.2] */
static void acts_are_known_in_the_spellings_that_people_use(void **state) {
    (void)state;
    static const struct {
        const char *said;
        RequestAct act;
    } cases[] = {
        {"Cấp mới", REQUEST_ACT_NEW},
        {"CẤP MỚI TÀI KHOẢN", REQUEST_ACT_NEW},
        {"cap moi", REQUEST_ACT_NEW},
        {"Tạm khoá", REQUEST_ACT_LOCK},
        {"tạm khóa (01 tháng)", REQUEST_ACT_LOCK},
        {"Huỷ bỏ", REQUEST_ACT_CLOSE},
        {"thu hồi", REQUEST_ACT_CLOSE},
        {"mở khóa", REQUEST_ACT_UNLOCK},
        {"cấp lại mật khẩu", REQUEST_ACT_RESET},
        {"cấp mới hoặc tạm khóa", REQUEST_ACT_UNKNOWN},
        {"xem xét", REQUEST_ACT_UNKNOWN},
        {"", REQUEST_ACT_UNKNOWN},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (request_act_read(cases[i].said) != cases[i].act)
            fail_msg("%s", cases[i].said);
}

static void a_letterhead_headings_and_the_foot_are_no_lines(void **state) {
    (void)state;
    g_autoptr(RequestForm) form =
        read_form("SỞ NỘI VỤ,,,,,\"Bắc Ninh, ngày 15 tháng 6 năm 2022\"\n"
                  "Số: 12 /SNV-VP,,,,,\n"
                  "V/v đăng ký cấp mới tài khoản,,,,,\n"
                  "Kính gửi: Trung tâm Công nghệ thông tin và Truyền thông,,,,,\n"
                  "Căn cứ Quyết định số 06/2022/QĐ-UBND ngày 12 tháng 5 năm 2022,,,,,\n"
                  "TT,HO VA TEN,Số CCCD/CMND,Chuc vu,Don vi,Noi dung de nghi\n"
                  "(1),(2),(3),(4),(5),(6)\n"
                  "I. Cấp mới,I. Cấp mới,I. Cấp mới,I. Cấp mới,I. Cấp mới,I. Cấp mới\n"
                  "1,Trần Văn Anh,,,snv,\n"
                  "2,,,,,\n"
                  "II. Tạm khóa,,,,,\n"
                  "3,Lê Thị Bình,,Thủ trưởng đơn vị,snv,\n"
                  "Nơi nhận:,,,,GIÁM ĐỐC,\n"
                  "- Lưu: VT.,,,,\"(Ký tên, đóng dấu)\",\n"
                  ",,,,Nguyễn Văn Hùng,\n");
    assert_int_equal(form->lines->len, 2);
    assert_int_equal(line(form, 0)->act, REQUEST_ACT_NEW);
    assert_int_equal(line(form, 1)->act, REQUEST_ACT_LOCK);
    assert_string_equal(line(form, 1)->title, "Thủ trưởng đơn vị");
    const RequestHead *head = &form->head;
    assert_string_equal(head->number, "12/SNV-VP");
    assert_string_equal(head->dated, "2022-06-15");
    assert_string_equal(head->place, "Bắc Ninh");
    assert_string_equal(head->subject, "đăng ký cấp mới tài khoản");
    assert_string_equal(head->addressee, "Trung tâm Công nghệ thông tin và Truyền thông");
    assert_string_equal(head->signer, "Nguyễn Văn Hùng");
    assert_string_equal(head->signer_title, "GIÁM ĐỐC");
}

static void what_cannot_be_read_is_told_with_row_and_column_and_nothing_personal(void **state) {
    (void)state;
    static const struct {
        const char *row, *fault;
    } cases[] = {
        {"1;;;;;;snv;cấp mới\n", "Dòng 2, cột \"Họ và tên\": thiếu họ và tên"},
        {"1;;;;;;snv;tạm khóa\n", "Dòng 2, cột \"Họ và tên\": thiếu họ và tên"},
        {"1;A B;31/02/1990;;;;snv;cấp mới\n",
         "Dòng 2, cột \"Ngày sinh\": không có ngày này trong lịch"},
        {"1;A B;;001085000001;;;snv;cấp mới\n",
         "Dòng 2, cột \"Giới tính\": \"*********001\": chỉ nhận nam, nữ"},
        {"1;A B;;khác;;;snv;cấp mới\n", "Dòng 2, cột \"Giới tính\": \"khác\": chỉ nhận nam, nữ"},
        {"1;A B;;;01085000001;;snv;cấp mới\n", "Dòng 2, cột \"Số CMT/CCCD\": thiếu một chữ số"},
        {"1;A B;;;;;;cấp mới\n", "Dòng 2, cột \"Đơn vị công tác\": thiếu đơn vị công tác"},
        {"1;A B;;;;;snv;\n", "Dòng 2, cột \"Nội dung đề nghị\": phải là một trong"},
        {"1;A B;;;;;snv;xem xét\n", "cột \"Nội dung đề nghị\": \"xem xét\": phải là một trong"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *csv = g_strconcat(HEADER, cases[i].row, NULL);
        g_autoptr(RequestForm) form = read_form(csv);
        const char *fault = line(form, 0)->fault;
        if (fault == NULL || strstr(fault, cases[i].fault) == NULL)
            fail_msg("%s: %s", cases[i].row, fault == NULL ? "no fault" : fault);
        assert_null(strstr(fault, "01085000001"));
        assert_null(strstr(fault, "1990"));
    }
}

static void a_number_in_the_wrong_column_does_not_stay_readable(void **state) {
    (void)state;
    g_autoptr(RequestForm) form =
        read_form(HEADER "1;Trần Văn Anh 001085000001;;;;CV 001.085.000.001;snv;cấp mới\n");
    assert_string_equal(line(form, 0)->name, "Trần Văn Anh *********001");
    assert_string_equal(line(form, 0)->title, "CV ***.***.***.001");
}

static void what_is_no_form_is_refused_with_what_is_missing(void **state) {
    (void)state;
    refused("a,b\n1,2\n", CV_ERROR_INPUT, "Phụ lục 2");
    refused("", CV_ERROR_INPUT, "Phụ lục 2");
    refused("STT;Họ và tên;Ngày sinh;Đơn vị công tác\n1;A B;;snv\n", CV_ERROR_INPUT,
            "Dòng 1: thiếu cột \"Nội dung đề nghị\"");
    refused("STT;Thông tin cần thay đổi;Ghi chú\n1;A;B\n", CV_ERROR_INPUT,
            "thiếu cột \"Thông tin mới\"");
    refused(HEADER, CV_ERROR_INPUT, "không có dòng nào");
    g_autoptr(GString) many = g_string_new(HEADER);
    for (int i = 0; i < REQUEST_LINES_MAXIMUM + 1; i++)
        g_string_append(many, "1;A B;;;;;snv;cấp mới\n");
    refused(many->str, CV_ERROR_LIMIT, "tối đa 10000 dòng");
}

static void days_are_read_in_five_spellings(void **state) {
    (void)state;
    static const char *const days[] = {"5/6/2022", "05-06-2022", "05.06.2022", "2022-06-05"};
    char out[11];
    for (gsize i = 0; i < G_N_ELEMENTS(days); i++) {
        assert_true(request_date_read(days[i], out));
        assert_string_equal(out, "2022-06-05");
    }
    g_autofree char *words = request_plain_date("Ngày 5 tháng 6 năm 2022");
    assert_true(request_date_read(words, out));
    assert_string_equal(out, "2022-06-05");
    assert_false(request_date_read("31/02/2022", out));
    assert_false(request_date_read("5/6", out));
    assert_false(request_date_read("5/6/22x", out));
    assert_false(request_date_read("", out));
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_form_1_is_read),
        cmocka_unit_test(every_field_of_form_2_is_read_and_its_numbers_are_hidden),
        cmocka_unit_test(the_field_that_changes_is_the_one_that_is_named),
        cmocka_unit_test(acts_are_known_in_the_spellings_that_people_use),
        cmocka_unit_test(a_letterhead_headings_and_the_foot_are_no_lines),
        cmocka_unit_test(what_cannot_be_read_is_told_with_row_and_column_and_nothing_personal),
        cmocka_unit_test(a_number_in_the_wrong_column_does_not_stay_readable),
        cmocka_unit_test(what_is_no_form_is_refused_with_what_is_missing),
        cmocka_unit_test(days_are_read_in_five_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
