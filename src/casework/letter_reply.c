/* The reply to a request: every line of the request with what became of it [Điều 4.2.b]. */
#include "casework/letter_internal.h"

static gboolean check(const LetterReply *reply, GError **error) {
    if (!letter_needs(reply->to, "tên đơn vị đề nghị", "the unit that asked", error) ||
        !letter_needs(reply->request_number, "số của văn bản đề nghị", "the request's number",
                      error))
        return FALSE;
    if (reply->count == 0)
        return cv_fail(error, CV_ERROR_INPUT,
                       "văn bản trả lời không có dòng nào; the reply has no line");
    for (guint i = 0; i < reply->count; i++)
        if (!reply->lines[i].done && !letter_given(reply->lines[i].reason))
            return cv_fail(
                error, CV_ERROR_INPUT,
                "dòng %u trả lại mà không có lý do; line %u is returned without a reason", i + 1,
                i + 1);
    return TRUE;
}

static const char *issuer_of(const Regulation *regulation, const LetterHead *head) {
    return letter_or(head->issuer, regulation_text(regulation, REGULATION_OPERATOR));
}

/* "Văn bản số 12/STC-VP ngày 13/06/2022 của Sở Tài chính" */
static char *request_in_words(const LetterReply *reply) {
    g_autofree char *day = letter_day(reply->request_day);
    return g_strdup_printf("Văn bản số %s%s%s của %s", reply->request_number,
                           *day == '\0' ? "" : " ngày ", day, reply->to);
}

static void write_opening(Paper *paper, const Regulation *regulation, const LetterReply *reply) {
    const char *issuer = issuer_of(regulation, &reply->head);
    g_autofree char *request = request_in_words(reply);
    g_autofree char *received = letter_day(reply->received);
    paper_printf(paper, PAPER_BODY, "%s nhận được %s%s%s%s%s%s.", issuer, request,
                 letter_given(reply->subject) ? " về việc " : "", letter_or(reply->subject, ""),
                 *received == '\0' ? "" : " (tiếp nhận ngày ", received,
                 *received == '\0' ? "" : ")");
    g_autofree char *cite = regulation_cite_whole(
        regulation, regulation_figure_article(regulation, FIGURE_REQUEST_DAYS));
    guint done = 0;
    for (guint i = 0; i < reply->count; i++)
        done += reply->lines[i].done ? 1 : 0;
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY,
                 "Căn cứ %s, %s trả lời kết quả xử lý %u đề nghị (đã thực hiện "
                 "%u, trả lại để bổ sung %u) như sau:",
                 cite, issuer, reply->count, done, reply->count - done);
}

static void write_result(Paper *paper, const LetterLine *line) {
    g_autofree char *cited = letter_cited(line->article);
    paper_cell(paper, 1);
    paper_text(paper, PAPER_CELL, line->done ? "Đã thực hiện" : "Trả lại để bổ sung");
    if (letter_given(line->address)) {
        paper_begin(paper, PAPER_CELL);
        paper_run(paper, PAPER_BOLD, line->address);
        paper_end(paper);
    }
    if (letter_given(line->reason))
        paper_printf(paper, PAPER_CELL, "%s%s%s", line->done ? "" : "Lý do: ", line->reason, cited);
}

static void write_lines(Paper *paper, const LetterReply *reply) {
    static const char *const heads[] = {"STT", "Họ và tên", "Chức vụ, đơn vị công tác",
                                        "Nội dung đề nghị", "Kết quả"};
    const PaperTable table = {
        .columns = G_N_ELEMENTS(heads),
        .widths = {PAPER_MM(13), PAPER_MM(35), PAPER_MM(38), PAPER_MM(23), PAPER_MM(56)},
        .lines = TRUE,
        .headings = 1};
    paper_table_begin(paper, &table);
    paper_row(paper);
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
        paper_cell_text(paper, PAPER_CELL_HEAD, heads[i]);
    for (guint i = 0; i < reply->count; i++) {
        const LetterLine *line = &reply->lines[i];
        char number[12];
        g_snprintf(number, sizeof number, "%u", i + 1);
        const char *title = letter_or(line->title, ""), *unit = letter_or(line->unit, "");
        g_autofree char *where =
            g_strdup_printf("%s%s%s", title, *title != '\0' && *unit != '\0' ? ", " : "", unit);
        paper_row(paper);
        paper_cell_text(paper, PAPER_CELL_CENTRED, number);
        paper_cell_text(paper, PAPER_CELL, letter_or(line->name, ""));
        paper_cell_text(paper, PAPER_CELL, where);
        paper_cell_text(paper, PAPER_CELL_CENTRED, letter_or(line->content, ""));
        write_result(paper, line);
    }
    paper_table_end(paper);
}

static void write_ending(Paper *paper, const Regulation *regulation, const LetterReply *reply) {
    gboolean returned = FALSE;
    for (guint i = 0; i < reply->count; i++)
        returned |= !reply->lines[i].done;
    paper_room(paper, 6 * 20);
    if (reply->slips) {
        g_autofree char *cited =
            letter_cited(regulation_figure_article(regulation, FIGURE_PASSWORD_MINIMUM));
        paper_printf(paper, PAPER_BODY,
                     "Mật khẩu cấp lần đầu (dùng một lần) được in trên phiếu riêng của từng người, "
                     "giao trực tiếp cho người đó và không kèm theo văn bản này. Người dùng phải "
                     "đặt mật khẩu mới đúng quy định%s ngay khi đăng nhập lần đầu.",
                     cited);
    }
    if (returned)
        paper_printf(
            paper, PAPER_BODY,
            "Đối với các trường hợp trả lại để bổ sung, đề nghị %s hoàn thiện thông tin và "
            "gửi lại văn bản qua hệ thống Quản lý văn bản và điều hành để được thực hiện.",
            reply->to);
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY, "%s trả lời để %s biết, phối hợp thực hiện./.",
                 issuer_of(regulation, &reply->head), reply->to);
}

GBytes *letter_reply(const Regulation *regulation, const LetterReply *reply, GError **error) {
    if (!check(reply, error))
        return NULL;
    g_autoptr(Paper) paper = paper_new("Văn bản trả lời", TRUE);
    letter_head(paper, regulation, &reply->head, "trả lời đề nghị về tài khoản thư điện tử công vụ",
                NULL);
    letter_addressee(paper, reply->to);
    write_opening(paper, regulation, reply);
    write_lines(paper, reply);
    write_ending(paper, regulation, reply);
    letter_close(paper, regulation, &reply->signer, "Như trên", reply->receivers, NULL);
    return paper_finish(paper, error);
}
