/* Letters are read back: what the reader of .docx sees of them is what a person would. How they
 * look on the page is tested with a word processor (tests/clients). */
#include "casework/letter.h"

#include "office/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *regulation;

static int load(void **state) {
    g_autofree char *path = regulation_find(NULL, NULL);
    regulation = path == NULL ? NULL : regulation_load(path, NULL);
    return regulation == NULL ? -1 : 0;
}

static int unload(void **state) {
    regulation_unref(regulation);
    return 0;
}

static CalendarDay day(const char *text) {
    CalendarDay out = CALENDAR_NONE;
    assert_true(calendar_parse(bytes_of_string(text), &out));
    return out;
}

/* "YYYY-MM-DD" and an hour in Vietnam, in Unix microseconds. */
static gint64 moment(const char *text, gint64 hour) {
    return ((gint64)day(text) * 24 - 7 + hour) * 3600 * G_USEC_PER_SEC;
}

/* With CV_DOCUMENTS=FOLDER every letter is also left there, to be opened and looked at. */
static void keep(const void *p, gsize n) {
    static guint number;
    const char *folder = g_getenv("CV_DOCUMENTS");
    if (folder == NULL)
        return;
    g_autofree char *name = g_strdup_printf("%s/letter%02u.docx", folder, ++number);
    assert_true(g_file_set_contents(name, p, (gssize)n, NULL));
}

static OfficeFile *read_back(GBytes *file) {
    assert_non_null(file);
    gsize n;
    const void *p = g_bytes_get_data(file, &n);
    keep(p, n);
    g_autoptr(GError) error = NULL;
    OfficeFile *read = office_read(bytes_of(p, n), &error);
    if (read == NULL)
        fail_msg("%s", error->message);
    return read;
}

/* All text of the document, one line for each paragraph and row. */
static char *text_of(const OfficeFile *file) {
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < file->paragraphs->len; i++)
        g_string_append_printf(out, "%s\n", (const char *)file->paragraphs->pdata[i]);
    for (guint t = 0; t < file->tables->len; t++) {
        const OfficeTable *table = file->tables->pdata[t];
        for (guint r = 0; r < table->rows->len; r++) {
            const OfficeRow *row = table->rows->pdata[r];
            for (guint c = 0; c < row->cells->len; c++)
                g_string_append_printf(out, "%s%s", c == 0 ? "" : " | ", office_cell(row, c));
            g_string_append_c(out, '\n');
        }
    }
    return g_string_free(out, FALSE);
}

static void assert_says(const char *text, const char *needle) {
    if (strstr(text, needle) == NULL)
        fail_msg("\"%s\" is missing in:\n%s", needle, text);
}

static const LetterLine lines[] = {
    {"Trần Văn Anh", "Chuyên viên", "Phòng Tổ chức", "cấp mới", TRUE, "tvanh.stc@bacninh.gov.vn",
     NULL, NULL},
    {"Lê Thị <Bình> & Con", "", "Văn phòng", "tạm khóa", TRUE, "ltbinh.stc@bacninh.gov.vn",
     "Nghỉ thai sản.", NULL},
    {"Phạm Văn Cường", "Kế toán", "", "cấp mới", FALSE, NULL, "Thiếu ngày sinh", "Điều 4.2.a"},
};

static LetterReply reply(void) {
    return (LetterReply){
        .head = {.sign = "TTCNTTTT-KT", .day = day("2022-06-05")},
        .signer = {.form = LETTER_SIGN_KT, .title = "Phó Giám đốc", .name = "Nguyễn Văn Bảy"},
        .to = "Sở Tài chính",
        .request_number = "12/STC-VP",
        .request_day = day("2022-06-01"),
        .received = day("2022-06-02"),
        .lines = lines,
        .count = G_N_ELEMENTS(lines),
        .slips = TRUE,
    };
}

/* [R021] */
static void a_reply_names_the_request_and_every_line_with_its_result(void **state) {
    LetterReply facts = reply();
    g_autoptr(GBytes) file = letter_reply(regulation, &facts, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_says(text, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG TRUNG TÂM CÔNG NGHỆ THÔNG TIN VÀ TRUYỀN THÔNG");
    assert_says(text, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc");
    assert_says(text, "Số: /TTCNTTTT-KT V/v trả lời đề nghị");
    assert_says(text, "Bắc Ninh, ngày 05 tháng 6 năm 2022");
    assert_says(text, "Kính gửi: Sở Tài chính");
    assert_says(text, "Văn bản số 12/STC-VP ngày 01/06/2022 của Sở Tài chính");
    assert_says(text, "điểm b khoản 2 Điều 4 Quy chế");
    assert_says(text, "3 đề nghị (đã thực hiện 2, trả lại để bổ sung 1)");
    assert_says(text, "1 | Trần Văn Anh | Chuyên viên, Phòng Tổ chức | cấp mới | Đã thực hiện "
                      "tvanh.stc@bacninh.gov.vn");
    assert_says(text, "2 | Lê Thị <Bình> & Con | Văn phòng | tạm khóa | Đã thực hiện "
                      "ltbinh.stc@bacninh.gov.vn Nghỉ thai sản.");
    assert_says(text, "3 | Phạm Văn Cường | Kế toán | cấp mới | Trả lại để bổ sung Lý do: Thiếu "
                      "ngày sinh (điểm a khoản 2 Điều 4 Quy chế)");
    assert_says(text, "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC Nguyễn Văn Bảy");
    assert_says(text, "Nơi nhận: - Như trên; - Lưu: VT.");
    assert_says(text, "./.");
}

/* [R021] */
static void a_reply_without_what_it_needs_is_refused(void **state) {
    LetterReply no_number = reply(), no_lines = reply(), no_reason = reply();
    LetterLine bare = lines[2];
    bare.reason = "";
    no_number.request_number = NULL;
    no_lines.count = 0;
    no_reason.lines = &bare;
    no_reason.count = 1;
    const LetterReply *const wrong[] = {&no_number, &no_lines, &no_reason};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(letter_reply(regulation, wrong[i], &error));
        assert_true(cv_error_is(error, CV_ERROR_INPUT));
    }
}

static void the_same_facts_give_the_same_letter(void **state) {
    LetterReply facts = reply();
    g_autoptr(GBytes) one = letter_reply(regulation, &facts, NULL);
    g_autoptr(GBytes) two = letter_reply(regulation, &facts, NULL);
    assert_true(g_bytes_equal(one, two));
}

static void what_is_not_known_yet_is_left_open(void **state) {
    LetterReply facts = reply();
    facts.head.day = CALENDAR_NONE;
    facts.head.sign = NULL;
    g_autoptr(GBytes) file = letter_reply(regulation, &facts, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_says(text, "Số: /……");
    assert_says(text, "Bắc Ninh, ngày …… tháng …… năm ……");
}

static void a_reply_with_a_thousand_lines_names_the_last(void **state) {
    g_autofree LetterLine *many = g_new0(LetterLine, 1000);
    for (guint i = 0; i < 1000; i++)
        many[i] = lines[0];
    many[999].name = "Người Cuối";
    LetterReply facts = reply();
    facts.lines = many;
    facts.count = 1000;
    g_autoptr(GBytes) file = letter_reply(regulation, &facts, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_says(text, "1000 | Người Cuối | ");
}

/* [Điều 5.2] [Điều 12.2] */
static void a_slip_says_how_to_sign_in_first_and_stands_alone(void **state) {
    const LetterSlip slips[] = {
        {"Trần Văn Anh", "Chuyên viên", "Sở Tài chính", "tvanh.stc@bacninh.gov.vn", "Kx7#mPq2",
         moment("2022-06-12", 17), "https://mail.bacninh.gov.vn", FALSE},
        {"Lê Thị Bình", NULL, "Sở Tài chính", "ltbinh.stc@bacninh.gov.vn", "a<&\"b",
         moment("2022-06-12", 0), NULL, TRUE},
    };
    const LetterHead head = {.day = day("2022-06-05")};
    g_autoptr(GBytes) file = letter_slips(regulation, &head, slips, 2, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_int_equal(read->tables->len, 2);
    assert_says(text, "Họ và tên | Trần Văn Anh");
    assert_says(text, "tvanh.stc@bacninh.gov.vn");
    assert_says(text, "(dùng một lần) | Kx7#mPq2");
    assert_says(text, "(dùng một lần) | a<&\"b");
    assert_says(text, "17:00 chủ nhật ngày 12/06/2022");
    assert_says(text, "Dùng được đến | hết ngày 11/06/2022");
    assert_says(text, "https://mail.bacninh.gov.vn");
    assert_says(text, "ít nhất 8 ký tự, có chữ in hoa, chữ in thường, chữ số, ký tự đặc biệt (một "
                      "trong các ký tự ! @ # % $ * &) (khoản 2 Điều 5 Quy chế)");
    assert_says(text, "PHIẾU CẤP LẠI MẬT KHẨU");
}

/* [Điều 5.2] */
static void a_slip_without_a_password_is_refused(void **state) {
    const LetterSlip slip = {.name = "Trần Văn Anh", .address = "tvanh.stc@bacninh.gov.vn"};
    const LetterHead head = {.day = CALENDAR_NONE};
    g_autoptr(GError) error = NULL;
    assert_null(letter_slips(regulation, &head, &slip, 1, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
}

/* [Điều 10.2.b] */
static void a_notice_of_a_stop_says_when_and_why(void **state) {
    LetterStop facts = {.head = {.day = day("2022-06-14")},
                        .signer = {.name = "Nguyễn Văn Bảy"},
                        .from = moment("2022-06-18", 22),
                        .until = moment("2022-06-19", 5),
                        .why = "nâng cấp máy chủ."};
    g_autoptr(GBytes) file = letter_stop(regulation, &facts, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_says(text, "THÔNG BÁO\nTạm ngừng dịch vụ thư điện tử công vụ");
    assert_says(text, "từ 22:00 thứ bảy ngày 18/06/2022 đến 05:00 chủ nhật ngày 19/06/2022 (điểm b "
                      "khoản 2 Điều 10 Quy chế).");
    assert_says(text, "Lý do: nâng cấp máy chủ.\n");
    assert_says(text, "GIÁM ĐỐC Nguyễn Văn Bảy");
    facts.until = facts.from;
    assert_null(letter_stop(regulation, &facts, NULL));
}

/* [Điều 4.2.c] [R024] */
static void a_warning_lists_the_accounts_and_the_day_of_the_lock(void **state) {
    const LetterIdle accounts[] = {
        {"Trần Văn Anh", "Chuyên viên", "tvanh.stc@bacninh.gov.vn", day("2022-01-05")},
        {"Lê Thị Bình", "Kế toán", "ltbinh.stc@bacninh.gov.vn", CALENDAR_NONE},
    };
    const LetterWarning facts = {.head = {.day = day("2022-07-06")},
                                 .signer = {.form = LETTER_SIGN_TL, .title = "Trưởng phòng"},
                                 .to = "Sở Tài chính",
                                 .lock = day("2022-07-20"),
                                 .accounts = accounts,
                                 .count = 2};
    g_autoptr(GBytes) file = letter_warning(regulation, &facts, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_says(text, "điểm c khoản 2 Điều 4 Quy chế");
    assert_says(text, "từ 06 tháng trở lên");
    assert_says(text, "tvanh.stc@bacninh.gov.vn | 05/01/2022");
    assert_says(text, "ltbinh.stc@bacninh.gov.vn | chưa có");
    assert_says(text, "trước khi hết ngày 20/07/2022");
    assert_says(text, "TL. GIÁM ĐỐC TRƯỞNG PHÒNG");
}

/* [Điều 12.3] */
static void a_letter_about_an_incident_says_what_was_seen_and_done(void **state) {
    static const char *const asks[] = {"Đổi mật khẩu.", NULL};
    const LetterIncident facts = {.head = {.day = day("2022-07-06")},
                                  .signer = {.form = LETTER_SIGN_TUQ, .title = "Trưởng phòng"},
                                  .to = "Sở Tài chính",
                                  .number = "SC-12",
                                  .address = "tvanh.stc@bacninh.gov.vn",
                                  .name = "Trần Văn Anh",
                                  .what = "gửi 300 thư trong 10 phút",
                                  .when = moment("2022-07-05", 9),
                                  .article = "Điều 8.3",
                                  .measure = "tạm khóa tài khoản",
                                  .asks = asks,
                                  .answer = day("2022-07-12")};
    g_autoptr(GBytes) file = letter_incident(regulation, &facts, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    g_autofree char *text = text_of(read);
    assert_says(text, "sự cố (hồ sơ SC-12) liên quan đến Sở Tài chính");
    assert_says(text, "gửi 300 thư trong 10 phút, có dấu hiệu vi phạm khoản 3 Điều 8 Quy chế.");
    assert_says(text, "09:00 thứ ba ngày 05/07/2022");
    assert_says(text, "- Biện pháp đã thực hiện: tạm khóa tài khoản.");
    assert_says(text, "1. Đổi mật khẩu.\n");
    assert_says(text, "trước khi hết ngày 12/07/2022");
    assert_says(text, "TUQ. GIÁM ĐỐC TRƯỞNG PHÒNG");
}

static void each_form_of_signing_is_found_by_its_name(void **state) {
    LetterSign sign = LETTER_SIGN_SELF;
    assert_true(letter_sign_find("KT", &sign));
    assert_int_equal(sign, LETTER_SIGN_KT);
    assert_false(letter_sign_find("kt.", &sign));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_names_the_request_and_every_line_with_its_result),
        cmocka_unit_test(a_reply_without_what_it_needs_is_refused),
        cmocka_unit_test(the_same_facts_give_the_same_letter),
        cmocka_unit_test(what_is_not_known_yet_is_left_open),
        cmocka_unit_test(a_reply_with_a_thousand_lines_names_the_last),
        cmocka_unit_test(a_slip_says_how_to_sign_in_first_and_stands_alone),
        cmocka_unit_test(a_slip_without_a_password_is_refused),
        cmocka_unit_test(a_notice_of_a_stop_says_when_and_why),
        cmocka_unit_test(a_warning_lists_the_accounts_and_the_day_of_the_lock),
        cmocka_unit_test(a_letter_about_an_incident_says_what_was_seen_and_done),
        cmocka_unit_test(each_form_of_signing_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
