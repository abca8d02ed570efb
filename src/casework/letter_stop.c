/* Notice that the service stops for maintenance [Điều 10.2.b], or had to stop at once. */
#include "casework/letter_internal.h"

static gboolean check(const LetterStop *stop, GError **error) {
    if (!letter_needs(stop->why, "lý do tạm ngừng", "why the service stops", error))
        return FALSE;
    return stop->from < stop->until ||
           cv_fail(
               error, CV_ERROR_INPUT,
               "thời điểm kết thúc không sau thời điểm bắt đầu; the stop ends before it begins");
}

GBytes *letter_stop(const Regulation *regulation, const LetterStop *stop, GError **error) {
    if (!check(stop, error))
        return NULL;
    const char *issuer =
        letter_or(stop->head.issuer, regulation_text(regulation, REGULATION_OPERATOR));
    g_autofree char *from = letter_moment(stop->from);
    g_autofree char *until = letter_moment(stop->until);
    g_autofree char *cited =
        letter_cited(regulation_figure_article(regulation, FIGURE_NOTICE_DAYS));
    g_autoptr(Paper) paper = paper_new("Thông báo tạm ngừng dịch vụ", TRUE);
    letter_head(paper, regulation, &stop->head, NULL, "TB");
    paper_text(paper, PAPER_NAME, "THÔNG BÁO");
    paper_printf(paper, PAPER_TITLE, "%s dịch vụ thư điện tử công vụ",
                 stop->emergency ? "Tạm ngừng khẩn cấp" : "Tạm ngừng");
    paper_room(paper, 6 * 20);
    paper_line(paper, PAPER_WIDTH, PAPER_MM(50));
    letter_addressee(paper, "Các cơ quan, đơn vị, cá nhân sử dụng thư điện tử công vụ");
    paper_printf(paper, PAPER_BODY, "%s thông báo %s hệ thống thư điện tử công vụ từ %s đến %s%s.",
                 issuer, stop->emergency ? "phải tạm ngừng ngay" : "tạm ngừng", from, until, cited);
    g_autofree char *why = letter_clause(stop->why);
    paper_printf(paper, PAPER_BODY, "Lý do: %s.", why);
    paper_printf(paper, PAPER_BODY, "Trong thời gian tạm ngừng: %s",
                 letter_or(stop->effect,
                           "không đăng nhập, gửi, nhận thư được. Thư gửi đến từ bên ngoài được "
                           "máy chủ nơi gửi giữ lại và chuyển đến sau khi hệ thống hoạt động "
                           "trở lại; thư đã có trong hộp thư không bị ảnh hưởng."));
    g_autofree char *contact = letter_clause(letter_or(stop->contact, ""));
    if (*contact != '\0')
        paper_printf(paper, PAPER_BODY, "Đầu mối hỗ trợ: %s.", contact);
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY,
                 "%s sẽ thông báo khi hệ thống hoạt động trở lại. Đề nghị các cơ quan, đơn vị, cá "
                 "nhân biết và chủ động sắp xếp công việc./.",
                 issuer);
    letter_close(paper, regulation, &stop->signer, "Như trên", stop->receivers, NULL);
    return paper_finish(paper, error);
}
