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

GPtrArray *letter_stop_text(const Regulation *regulation, const LetterStop *stop) {
    const char *issuer =
        letter_or(stop->head.issuer, regulation_text(regulation, REGULATION_OPERATOR));
    g_autofree char *from = letter_moment(stop->from);
    g_autofree char *until = letter_moment(stop->until);
    g_autofree char *cited =
        letter_cited(regulation_figure_article(regulation, FIGURE_NOTICE_DAYS));
    g_autofree char *why = letter_clause(stop->why);
    g_autofree char *contact = letter_clause(letter_or(stop->contact, ""));
    GPtrArray *text = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(text,
                    g_strdup_printf("%s thông báo %s hệ thống thư điện tử công vụ từ %s đến %s%s.",
                                    issuer, stop->emergency ? "phải tạm ngừng ngay" : "tạm ngừng",
                                    from, until, cited));
    g_ptr_array_add(text, g_strdup_printf("Lý do: %s.", why));
    g_ptr_array_add(
        text, g_strconcat("Trong thời gian tạm ngừng: ",
                          letter_or(stop->effect,
                                    "không đăng nhập, gửi, nhận thư được. Thư gửi đến từ bên ngoài "
                                    "được máy chủ nơi gửi giữ lại và chuyển đến sau khi hệ thống "
                                    "hoạt động trở lại; thư đã có trong hộp thư không bị ảnh "
                                    "hưởng."),
                          NULL));
    if (*contact != '\0')
        g_ptr_array_add(text, g_strdup_printf("Đầu mối hỗ trợ: %s.", contact));
    g_ptr_array_add(
        text, g_strdup_printf("%s sẽ thông báo khi hệ thống hoạt động trở lại. Đề nghị các cơ "
                              "quan, đơn vị, cá nhân biết và chủ động sắp xếp công việc.",
                              issuer));
    return text;
}

GBytes *letter_stop(const Regulation *regulation, const LetterStop *stop, GError **error) {
    if (!check(stop, error))
        return NULL;
    g_autoptr(GPtrArray) text = letter_stop_text(regulation, stop);
    g_autoptr(Paper) paper = paper_new("Thông báo tạm ngừng dịch vụ", TRUE);
    letter_head(paper, regulation, &stop->head, NULL, "TB");
    paper_text(paper, PAPER_NAME, "THÔNG BÁO");
    paper_printf(paper, PAPER_TITLE, "%s dịch vụ thư điện tử công vụ",
                 stop->emergency ? "Tạm ngừng khẩn cấp" : "Tạm ngừng");
    paper_room(paper, 6 * 20);
    paper_line(paper, PAPER_WIDTH, PAPER_MM(50));
    letter_addressee(paper, LETTER_EVERYBODY);
    for (guint i = 0; i < text->len; i++) {
        const char *paragraph = text->pdata[i];
        gboolean last = i + 1 == text->len;
        if (last)
            paper_keep(paper);
        /* The text of a document ends "./." */
        paper_printf(paper, PAPER_BODY, "%s%s", paragraph, last ? "/." : "");
    }
    letter_close(paper, regulation, &stop->signer, "Như trên", stop->receivers, NULL);
    return paper_finish(paper, error);
}
