/* Slips for the first sign-in: one person, one sheet, so that it can be handed over alone. What is
 * on it is what the person needs at the desk: name to sign in with, password, until when, what a
 * new password must have [Điều 5.2]. */
#include "casework/letter_internal.h"

static void row(Paper *paper, const char *label, guint look, const char *value) {
    paper_row(paper);
    paper_cell_text(paper, PAPER_CELL, label);
    paper_cell(paper, 1);
    paper_begin(paper, PAPER_CELL);
    paper_run(paper, look, value);
    paper_end(paper);
}

/* Midnight is the end of the day before it. */
static char *last_moment(gint64 expires) {
    CalendarDay day = calendar_day_of(expires);
    if (calendar_day_of(expires - 1) == day)
        return letter_moment(expires);
    g_autofree char *shown = letter_day(day - 1);
    return g_strdup_printf("hết ngày %s", shown);
}

static void write_facts(Paper *paper, const LetterSlip *slip) {
    const PaperTable table = {
        .columns = 2, .widths = {PAPER_MM(72), PAPER_MM(93)}, .lines = TRUE, .keep = TRUE};
    paper_table_begin(paper, &table);
    row(paper, "Họ và tên", PAPER_BOLD, letter_or(slip->name, ""));
    if (letter_given(slip->title))
        row(paper, "Chức vụ", 0, slip->title);
    row(paper, "Đơn vị công tác", 0, letter_or(slip->unit, ""));
    row(paper, "Tên đăng nhập (địa chỉ thư)", PAPER_BOLD, slip->address);
    row(paper, "Mật khẩu cấp lần đầu (dùng một lần)", PAPER_BOLD | PAPER_MONO | PAPER_LARGE,
        slip->password);
    if (slip->expires != 0) {
        g_autofree char *until = last_moment(slip->expires);
        row(paper, "Dùng được đến", 0, until);
    }
    if (letter_given(slip->where))
        row(paper, "Nơi đăng nhập", 0, slip->where);
    paper_table_end(paper);
}

static void write_steps(Paper *paper, const Regulation *regulation, const LetterSlip *slip) {
    g_autofree char *needs = regulation_password_needs(regulation);
    g_autofree char *cited =
        letter_cited(regulation_figure_article(regulation, FIGURE_PASSWORD_MINIMUM));
    paper_room(paper, 12 * 20);
    paper_text(paper, PAPER_HEADING, "Đăng nhập lần đầu");
    if (letter_given(slip->where))
        paper_printf(paper, PAPER_ITEM, "1. Mở %s bằng trình duyệt trên máy tính của cơ quan.",
                     slip->where);
    else
        paper_text(paper, PAPER_ITEM,
                   "1. Mở hệ thống thư điện tử công vụ trên máy tính của cơ quan.");
    paper_text(
        paper, PAPER_ITEM,
        "2. Nhập tên đăng nhập và mật khẩu cấp lần đầu ghi ở trên, đúng chữ hoa, chữ thường. "
        "Tắt bộ gõ tiếng Việt và phím Caps Lock khi nhập mật khẩu.");
    paper_printf(paper, PAPER_ITEM, "3. Đặt mật khẩu mới của riêng mình: %s%s.", needs, cited);
}

static void write_advice(Paper *paper, gboolean reset) {
    paper_text(paper, PAPER_HEADING, "Lưu ý");
    paper_text(
        paper, PAPER_ITEM,
        "- Phiếu này chỉ giao cho người có tên trên phiếu. Không chụp ảnh, không gửi qua thư, "
        "tin nhắn; hủy phiếu sau khi đã đặt mật khẩu mới.");
    paper_text(
        paper, PAPER_ITEM,
        "- Không cung cấp mật khẩu cho bất kỳ ai, kể cả cán bộ quản trị hệ thống; không dùng "
        "lại mật khẩu của nơi khác.");
    paper_printf(
        paper, PAPER_ITEM,
        "- Nếu phiếu đã bị mở, quá thời hạn ghi trên phiếu hoặc mất mật khẩu: báo cơ quan, "
        "đơn vị gửi văn bản đề nghị cấp lại.%s",
        reset ? " Mật khẩu cũ không còn dùng được." : "");
}

static void write_slip(Paper *paper, const Regulation *regulation, const LetterHead *head,
                       const LetterSlip *slip) {
    g_autofree char *issuer =
        letter_capitals(letter_or(head->issuer, regulation_text(regulation, REGULATION_OPERATOR)));
    paper_text(paper, PAPER_ISSUER, issuer);
    paper_line(paper, PAPER_WIDTH, MIN(paper_width_of(PAPER_ISSUER, issuer), PAPER_WIDTH) * 2 / 5);
    paper_room(paper, 18 * 20);
    paper_text(paper, PAPER_NAME, slip->reset ? "PHIẾU CẤP LẠI MẬT KHẨU" : "PHIẾU CẤP TÀI KHOẢN");
    paper_text(paper, PAPER_TITLE, "Thư điện tử công vụ");
    paper_text(paper, PAPER_SIGNER_NOTE, "(Giao trực tiếp cho người có tên dưới đây)");
    paper_room(paper, 12 * 20);
    paper_keep(paper);
    paper_text(paper, PAPER_SIGNER_NOTE, "");
    write_facts(paper, slip);
    write_steps(paper, regulation, slip);
    write_advice(paper, slip->reset);
    g_autofree char *place_day = letter_place_day(
        letter_or(head->place, regulation_text(regulation, REGULATION_PLACE)), head->day);
    paper_room(paper, 12 * 20);
    paper_printf(paper, PAPER_NOTE, "Phiếu lập tại %s.", place_day);
}

GBytes *letter_slips(const Regulation *regulation, const LetterHead *head, const LetterSlip *slips,
                     guint count, GError **error) {
    if (count == 0) {
        cv_fail(error, CV_ERROR_INPUT, "không có phiếu nào để in; there is no slip to print");
        return NULL;
    }
    g_autoptr(Paper) paper = paper_new("Phiếu cấp tài khoản", FALSE);
    for (guint i = 0; i < count; i++) {
        if (!letter_needs(slips[i].address, "địa chỉ trên phiếu", "the address on a slip", error) ||
            !letter_needs(slips[i].password, "mật khẩu trên phiếu", "the password on a slip",
                          error))
            return NULL;
        if (i > 0)
            paper_new_page(paper);
        write_slip(paper, regulation, head, &slips[i]);
    }
    return paper_finish(paper, error);
}
