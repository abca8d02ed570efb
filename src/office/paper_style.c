/* How each kind of paragraph looks: the figures of Nghị định 30/2020/NĐ-CP, appendix I, part II. */
#include "office/paper_internal.h"

enum { CENTIMETRE = 567, POINT = 20 };

/* clang-format off */
const PaperLook paper_looks[PAPER_STYLES] = {
    [PAPER_BODY] = {"ThanVanBan", "Thân văn bản", "both", 28, FALSE, FALSE, 0, 6 * POINT, CENTIMETRE, FALSE},
    [PAPER_ITEM] = {"Muc", "Mục", "both", 28, FALSE, FALSE, 0, 6 * POINT, CENTIMETRE, FALSE},
    [PAPER_HEADING] = {"DeMuc", "Đề mục", "both", 28, TRUE, FALSE, 6 * POINT, 6 * POINT, CENTIMETRE, TRUE},
    [PAPER_NOTE] = {"GhiChu", "Ghi chú", "both", 24, FALSE, TRUE, 0, 6 * POINT, CENTIMETRE, FALSE},
    [PAPER_ADDRESSEE] = {"KinhGui", "Kính gửi", "center", 28, FALSE, FALSE, 12 * POINT, 12 * POINT, 0, TRUE},
    [PAPER_NAME] = {"TenLoai", "Tên loại văn bản", "center", 28, TRUE, FALSE, 12 * POINT, 0, 0, TRUE},
    [PAPER_TITLE] = {"TrichYeu", "Trích yếu", "center", 28, TRUE, FALSE, 0, 0, 0, TRUE},
    [PAPER_NATION] = {"QuocHieu", "Quốc hiệu", "center", 24, TRUE, FALSE, 0, 0, 0, FALSE},
    [PAPER_MOTTO] = {"TieuNgu", "Tiêu ngữ", "center", 26, TRUE, FALSE, 0, 0, 0, FALSE},
    [PAPER_SUPERIOR] = {"CoQuanChuQuan", "Cơ quan chủ quản", "center", 24, FALSE, FALSE, 0, 0, 0, FALSE},
    [PAPER_ISSUER] = {"CoQuanBanHanh", "Cơ quan ban hành", "center", 24, TRUE, FALSE, 0, 0, 0, FALSE},
    [PAPER_NUMBER] = {"SoKyHieu", "Số, ký hiệu", "center", 26, FALSE, FALSE, 4 * POINT, 0, 0, FALSE},
    [PAPER_PLACE_DAY] = {"DiaDanhNgay", "Địa danh, ngày tháng", "center", 26, FALSE, TRUE, 4 * POINT, 0, 0, FALSE},
    [PAPER_SUBJECT] = {"VeViec", "Về việc", "center", 24, FALSE, FALSE, 4 * POINT, 0, 0, FALSE},
    [PAPER_SIGNER] = {"NguoiKy", "Người ký", "center", 28, TRUE, FALSE, 0, 0, 0, TRUE},
    [PAPER_SIGNER_NOTE] = {"GhiChuKy", "Ghi chú ký", "center", 26, FALSE, TRUE, 0, 0, 0, TRUE},
    [PAPER_RECEIVERS] = {"NoiNhan", "Nơi nhận", "left", 24, TRUE, TRUE, 0, 0, 0, TRUE},
    [PAPER_RECEIVER] = {"NoiNhanDong", "Nơi nhận (dòng)", "left", 22, FALSE, FALSE, 0, 0, 0, FALSE},
    [PAPER_CELL] = {"Bang", "Bảng", "left", 24, FALSE, FALSE, 2 * POINT, 2 * POINT, 0, FALSE},
    [PAPER_CELL_CENTRED] = {"BangGiua", "Bảng (giữa)", "center", 24, FALSE, FALSE, 2 * POINT, 2 * POINT, 0, FALSE},
    [PAPER_CELL_HEAD] = {"BangDau", "Bảng (đầu)", "center", 24, TRUE, FALSE, 2 * POINT, 2 * POINT, 0, TRUE},
    [PAPER_RULE] = {"DuongKe", "Đường kẻ", "center", 4, FALSE, FALSE, 0, 0, 0, FALSE},
};
/* clang-format on */

#define MAIN "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

static void append_style(GString *out, const PaperLook *look) {
    g_string_append_printf(out,
                           "<w:style w:type=\"paragraph\" w:customStyle=\"1\" w:styleId=\"%s\">"
                           "<w:name w:val=\"%s\"/><w:basedOn w:val=\"Normal\"/><w:qFormat/><w:pPr>",
                           look->id, look->name);
    if (look->keep)
        g_string_append(out, "<w:keepNext/>");
    g_string_append_printf(out, "<w:spacing w:before=\"%u\" w:after=\"%u\"/>", look->before,
                           look->after);
    if (look->first > 0)
        g_string_append_printf(out, "<w:ind w:firstLine=\"%u\"/>", look->first);
    g_string_append_printf(out, "<w:jc w:val=\"%s\"/></w:pPr><w:rPr>", look->align);
    if (look->bold)
        g_string_append(out, "<w:b/><w:bCs/>");
    if (look->italic)
        g_string_append(out, "<w:i/><w:iCs/>");
    g_string_append_printf(out, "<w:sz w:val=\"%u\"/><w:szCs w:val=\"%u\"/></w:rPr></w:style>",
                           look->half_points, look->half_points);
}

GString *paper_styles(void) {
    GString *out = g_string_new(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        "<w:styles xmlns:w=\"" MAIN "\"><w:docDefaults><w:rPrDefault><w:rPr>"
        "<w:rFonts w:ascii=\"Times New Roman\" w:eastAsia=\"Times New Roman\""
        " w:hAnsi=\"Times New Roman\" w:cs=\"Times New Roman\"/>"
        "<w:color w:val=\"000000\"/><w:sz w:val=\"28\"/><w:szCs w:val=\"28\"/>"
        "<w:lang w:val=\"vi-VN\" w:eastAsia=\"vi-VN\" w:bidi=\"ar-SA\"/></w:rPr></w:rPrDefault>"
        "<w:pPrDefault><w:pPr><w:widowControl/><w:spacing w:before=\"0\" w:after=\"0\""
        " w:line=\"240\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>"
        "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\">"
        "<w:name w:val=\"Normal\"/><w:qFormat/></w:style>"
        "<w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\">"
        "<w:name w:val=\"Normal Table\"/><w:tblPr><w:tblInd w:w=\"0\" w:type=\"dxa\"/>"
        "<w:tblCellMar><w:top w:w=\"0\" w:type=\"dxa\"/><w:left w:w=\"0\" w:type=\"dxa\"/>"
        "<w:bottom w:w=\"0\" w:type=\"dxa\"/><w:right w:w=\"0\" w:type=\"dxa\"/></w:tblCellMar>"
        "</w:tblPr></w:style>");
    for (guint i = 0; i < PAPER_STYLES; i++)
        append_style(out, &paper_looks[i]);
    g_string_append(out, "</w:styles>");
    return out;
}
