/* Stamps are found and harmless text is let by [R035]. */
#include "secret/mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *shipped;
static RegulationSecrets words;

static int load_shipped(void **state) {
    g_autofree char *path = regulation_find(NULL, NULL);
    shipped = path == NULL ? NULL : regulation_load(path, NULL);
    if (shipped == NULL)
        return -1;
    regulation_secrets(shipped, &words);
    return 0;
}

static int drop_shipped(void **state) {
    regulation_unref(shipped);
    return 0;
}

static const char *in_text(const char *lines) {
    g_auto(SecretText) text;
    secret_text_init(&text, &words);
    secret_text_lines(&text, bytes_of_string(lines));
    return secret_text_end(&text);
}

static const char *in_title(const char *title, gboolean file) {
    g_auto(SecretText) text;
    secret_text_init(&text, &words);
    return secret_title(&text, bytes_of_string(title), file);
}

static void expect(const char *given, const char *found, const char *stamp) {
    if (g_strcmp0(found, stamp) != 0)
        fail_msg("\"%s\": found %s, expected %s", given, found == NULL ? "none" : found,
                 stamp == NULL ? "none" : stamp);
}

/* [R035] [Điều 6.1] */
static void a_stamp_that_stands_alone_is_found(void **state) {
    static const struct {
        const char *text, *stamp;
    } cases[] = {
        {"MẬT", "MẬT"},
        {"Kính gửi: Sở Nội vụ\n\n  MẬT  \n\nSố: 12/BC-UBND", "MẬT"},
        {"UBND TỈNH BẮC NINH\r\n\r\nTUYỆT MẬT\r\n\r\nBÁO CÁO\r\n", "TUYỆT MẬT"},
        {"*** TỐI MẬT ***\n", "TỐI MẬT"},
        {"| TỐI MẬT |", "TỐI MẬT"},
        {"> MẬT\n> Báo cáo tình hình", "MẬT"},
        {"M Ậ T", "MẬT"},
        {"T U Y Ệ T   M Ậ T", "TUYỆT MẬT"},
        {"[MẬT] Gửi anh chị bản dự thảo", "MẬT"},
        {"Độ mật: Tối mật", "TỐI MẬT"},
        {"ĐỘ MẬT: MẬT", "MẬT"},
        {"- Mức độ mật: \"Tuyệt mật\".", "TUYỆT MẬT"},
        {"MẬT\nĐộ khẩn: Hỏa tốc", "MẬT"},
        {"MẬT\nVụ Tổ chức cán bộ", "MẬT"},
        {"MA\xcc\x82\xcc\xa3T", "MẬT"}, /* circumflex and dot as marks */
        {"TUYE\xcc\xa3\xcc\x82T\xc2\xa0MA\xcc\xa3\xcc\x82T", "TUYỆT MẬT"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        expect(cases[i].text, in_text(cases[i].text), cases[i].stamp);
}

/* [R035] [Điều 6.1] */
static void harmless_text_is_let_by(void **state) {
    static const char *const texts[] = {
        "Mật khẩu của anh là …",
        "ĐỔI MẬT KHẨU TRƯỚC NGÀY 30/6",
        "MẬT KHẨU",
        "BẢO MẬT",
        "BẢO MẬT THÔNG TIN",
        "BÍ MẬT NHÀ NƯỚC",
        "LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "Mật ong rừng, mật mía",
        "MẬT ONG NGUYÊN CHẤT",
        "MẬT ĐỘ DÂN SỐ",
        "Mật độ xây dựng tối đa 60%",
        "BAN CƠ YẾU - MẬT MÃ",
        "Buổi gặp mặt thân mật",
        "Cuộc họp kín, tuyệt mật đến phút chót",
        "Thông tin này tối mật đấy nhé",
        "Theo Luật, bí mật nhà nước có ba độ mật: Tuyệt mật, Tối mật và Mật.",
        "Danh mục bí mật nhà nước độ TUYỆT MẬT, TỐI MẬT, MẬT thuộc lĩnh vực y tế",
        "QUYẾT ĐỊNH BAN HÀNH DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT",
        "Dấu \"MẬT\" được đóng ở dưới số, ký hiệu văn bản.",
        "Văn bản đóng dấu MẬT phải gửi qua văn thư.",
        "Độ mật: Thường",
        "Độ mật: Tuyệt mật / Tối mật / Mật / Thường",
        "Độ mật: không",
        "Độ mật:",
        "Mật",
        "mật",
        "tối mật",
        "MẶT",
        "MẤT",
        "MÁT",
        "BẢO\nMẬT\nTHÔNG TIN",
        "ĐỔI\nMẬT\nKHẨU",
        "HŨ\nMẬT\nONG RỪNG",
        "BÍ\n\nMẬT",
        "Các độ mật:\n- TUYỆT MẬT\n- TỐI MẬT\n- MẬT\n",
        "TUYỆT MẬT\nlà độ cao nhất.\nTỐI MẬT\nlà độ thứ hai.\nMẬT\nlà độ thứ ba.",
        "Số văn bản\nTUYỆT MẬT\nTỐI MẬT\nMẬT\n0\n0\n2\n",
        "Phân loại: MẬT (2 văn bản), TỐI MẬT (0 văn bản)",
        "Giải mật tài liệu lưu trữ",
        "GIẢI\nMẬT",
        "Đề nghị bảo đảm bí mật đề thi; niêm phong theo quy định.",
        "[Bảo mật] Cảnh báo lừa đảo",
        "[MẬT KHẨU] Hướng dẫn đổi",
        "Bệnh viện đa khoa: sỏi mật, viêm túi mật, dịch mật",
        "SỎI MẬT",
        "Cập nhật phần mềm: lỗ hổng bảo mật nghiêm trọng CVE-2022-0001",
        "Xin chào,\nTôi gửi báo cáo tuần.\nTrân trọng.",
        "",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        expect(texts[i], in_text(texts[i]), NULL);
}

/* [R035] [Điều 6.1] */
static void a_stamp_in_a_subject_or_a_file_name_is_found(void **state) {
    static const struct {
        const char *title;
        gboolean file;
        const char *stamp;
    } cases[] = {
        {"MẬT", FALSE, "MẬT"},
        {"[MẬT] Báo cáo quý II", FALSE, "MẬT"},
        {"(TỐI MẬT) Phương án phòng thủ", FALSE, "TỐI MẬT"},
        {"TUYỆT MẬT: Kế hoạch", FALSE, "TUYỆT MẬT"},
        {"MẬT - Báo cáo tình hình", FALSE, "MẬT"},
        {"Báo cáo tình hình - MẬT", FALSE, "MẬT"},
        {"Re: Fwd: MẬT: Báo cáo", FALSE, "MẬT"},
        {"Trả lời: [MẬT] Báo cáo", FALSE, "MẬT"},
        {"Báo cáo (MẬT) quý II", FALSE, "MẬT"},
        {"MẬT_BaoCao.docx", TRUE, "MẬT"},
        {"Phuong an_TỐI MẬT.pdf", TRUE, "TỐI MẬT"},
        {"12-BC-MẬT.doc", TRUE, "MẬT"},
        {"TUYỆT MẬT.xlsx", TRUE, "TUYỆT MẬT"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        expect(cases[i].title, in_title(cases[i].title, cases[i].file), cases[i].stamp);
}

/* [R035] [Điều 6.1] */
static void harmless_subjects_and_file_names_are_let_by(void **state) {
    static const struct {
        const char *title;
        gboolean file;
    } cases[] = {
        {"Đổi mật khẩu thư điện tử", FALSE},
        {"ĐỔI MẬT KHẨU - QUAN TRỌNG", FALSE},
        {"THÔNG BÁO - BẢO MẬT", FALSE},
        {"BẢO MẬT: cập nhật bản vá", FALSE},
        {"[Bảo mật] Cảnh báo", FALSE},
        {"Mật: ong rừng", FALSE},
        {"Tập huấn Luật Bảo vệ bí mật nhà nước", FALSE},
        {"Danh mục bí mật nhà nước độ TUYỆT MẬT, TỐI MẬT, MẬT", FALSE},
        {"TUYỆT MẬT - TỐI MẬT - MẬT: phân biệt thế nào?", FALSE},
        {"Quy định về độ (MẬT) của văn bản", FALSE},
        {"Tuyệt mật", FALSE},
        {"MẬT ONG - đặc sản", FALSE},
        {"MẬT - ONG RỪNG", FALSE},
        {"Re: mật độ dân số", FALSE},
        {"", FALSE},
        {"---", FALSE},
        {"huong-dan-doi-MẬT KHẨU.pdf", TRUE},
        {"doi-mat-khau.pdf", TRUE},
        {"BẢO MẬT.docx", TRUE},
        {"Luật BVBMNN (bí mật nhà nước).pdf", TRUE},
        {".MẬT", TRUE}, /* an extension is no name */
        {"mật ong.jpg", TRUE},
        {"", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        expect(cases[i].title, in_title(cases[i].title, cases[i].file), NULL);
}

static void any_bytes_are_taken(void **state) {
    static const char *const texts[] = {"\xff\xfe\n\xc3",  "[", "[]", ":", "\xe1\xba", "[\xe1\xba]",
                                        "Độ mật: \xe1\xba"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_null(in_text(texts[i]));
        assert_null(in_title(texts[i], TRUE));
        assert_null(in_title(texts[i], FALSE));
    }
    g_autofree char *line = g_strnfill(200000, 'M');
    assert_null(in_text(line));
    assert_null(in_title(line, FALSE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_that_stands_alone_is_found),
        cmocka_unit_test(harmless_text_is_let_by),
        cmocka_unit_test(a_stamp_in_a_subject_or_a_file_name_is_found),
        cmocka_unit_test(harmless_subjects_and_file_names_are_let_by),
        cmocka_unit_test(any_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
