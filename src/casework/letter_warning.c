/* Warning before accounts that lie unused are locked [Điều 4.2.c]: the unit answers with a reason,
 * or asks for the lock. What counts as unused, and what the acts are called, the regulation says.
 */
#include "casework/letter_internal.h"

static gboolean check(const LetterWarning *warning, GError **error) {
    if (!letter_needs(warning->to, "tên đơn vị nhận", "the unit", error))
        return FALSE;
    if (warning->lock == CALENDAR_NONE)
        return cv_fail(error, CV_ERROR_INPUT,
                       "thiếu ngày sẽ tạm khóa; the letter needs the day of the lock");
    return warning->count > 0 ||
           cv_fail(error, CV_ERROR_INPUT,
                   "văn bản không có tài khoản nào; the letter has no account");
}

static const char *word(const Regulation *regulation, RegulationText text, const char *otherwise) {
    return letter_or(regulation_text(regulation, text), otherwise);
}

static gboolean counts_mail(const Regulation *regulation) {
    return regulation_figure(regulation, FIGURE_IDLE_MONTHS) > 0 ||
           regulation_figure(regulation, FIGURE_SIGNIN_MONTHS) == 0;
}

/* What the regulation in force counts: months without mail, or without signing in. */
static char *idleness(const Regulation *regulation, const char **article) {
    gint64 idle = regulation_figure(regulation, FIGURE_IDLE_MONTHS);
    gint64 signin = regulation_figure(regulation, FIGURE_SIGNIN_MONTHS);
    gboolean by_mail = counts_mail(regulation);
    *article =
        regulation_figure_article(regulation, by_mail ? FIGURE_IDLE_MONTHS : FIGURE_SIGNIN_MONTHS);
    return g_strdup_printf("không %s trong thời gian từ %02" G_GINT64_FORMAT " tháng trở lên",
                           by_mail ? "phát sinh giao dịch gửi, nhận thư" : "đăng nhập",
                           by_mail ? idle : signin);
}

static void write_accounts(Paper *paper, const Regulation *regulation,
                           const LetterWarning *warning) {
    const char *const heads[] = {"STT", "Họ và tên", "Chức vụ", "Địa chỉ thư điện tử",
                                 counts_mail(regulation) ? "Gửi, nhận thư gần nhất"
                                                         : "Đăng nhập gần nhất"};
    const PaperTable table = {
        .columns = G_N_ELEMENTS(heads),
        .widths = {PAPER_MM(13), PAPER_MM(40), PAPER_MM(33), PAPER_MM(52), PAPER_MM(27)},
        .lines = TRUE,
        .headings = 1};
    paper_table_begin(paper, &table);
    paper_row(paper);
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
        paper_cell_text(paper, PAPER_CELL_HEAD, heads[i]);
    for (guint i = 0; i < warning->count; i++) {
        const LetterIdle *account = &warning->accounts[i];
        char number[12];
        g_snprintf(number, sizeof number, "%u", i + 1);
        g_autofree char *last = letter_day(account->last);
        paper_row(paper);
        paper_cell_text(paper, PAPER_CELL_CENTRED, number);
        paper_cell_text(paper, PAPER_CELL, letter_or(account->name, ""));
        paper_cell_text(paper, PAPER_CELL, letter_or(account->title, ""));
        paper_cell_text(paper, PAPER_CELL, letter_or(account->address, ""));
        paper_cell_text(paper, PAPER_CELL_CENTRED, letter_or(last, "chưa có"));
    }
    paper_table_end(paper);
}

GBytes *letter_warning(const Regulation *regulation, const LetterWarning *warning, GError **error) {
    if (!check(warning, error))
        return NULL;
    const char *issuer =
        letter_or(warning->head.issuer, regulation_text(regulation, REGULATION_OPERATOR));
    const char *article = NULL;
    g_autofree char *idle = idleness(regulation, &article);
    g_autofree char *cite = regulation_cite_whole(regulation, article);
    g_autofree char *lock = letter_day(warning->lock);
    const char *act = word(regulation, REGULATION_WORD_LOCK, "tạm khóa");
    const char *close = word(regulation, REGULATION_WORD_CLOSE, "hủy bỏ");
    const char *unlock = word(regulation, REGULATION_WORD_UNLOCK, "mở khóa");
    g_autofree char *title = g_strdup_printf("Cảnh báo %s tài khoản", act);
    g_autofree char *about =
        g_strdup_printf("tài khoản thư điện tử công vụ sẽ được xem xét %s", act);
    g_autoptr(Paper) paper = paper_new(title, TRUE);
    letter_head(paper, regulation, &warning->head, about, NULL);
    letter_addressee(paper, warning->to);
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY,
                 "Căn cứ %s, tài khoản %s mà không có lý do được xem xét %s "
                 "để bảo đảm an toàn thông tin. Qua rà soát, %s thông báo %u tài khoản của %s "
                 "thuộc trường hợp này:",
                 cite, idle, act, issuer, warning->count, warning->to);
    write_accounts(paper, regulation, warning);
    paper_room(paper, 6 * 20);
    paper_printf(paper, PAPER_BODY,
                 "Đề nghị %s rà soát và gửi văn bản trước khi hết ngày %s: nêu lý do đối với người "
                 "nghỉ thai sản, ốm đau, đi học, biệt phái hoặc lý do khác; đề nghị %s tài khoản "
                 "của người đã nghỉ hưu, thôi việc, chuyển công tác.",
                 warning->to, lock, close);
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY,
                 "Sau ngày %s, tài khoản không có lý do được %s: không đăng nhập, gửi thư được "
                 "nhưng thư đến vẫn được lưu giữ; %s khi cơ quan, đơn vị có văn bản đề nghị./.",
                 lock, act, unlock);
    letter_close(paper, regulation, &warning->signer, "Như trên", warning->receivers, NULL);
    return paper_finish(paper, error);
}
