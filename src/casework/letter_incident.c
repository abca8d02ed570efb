/* Letter to a unit about an incident or a forbidden act on one of its accounts [Điều 8, 12.3]. */
#include "casework/letter_internal.h"

static void write_facts(Paper *paper, const LetterIncident *incident) {
    if (letter_given(incident->address))
        paper_printf(paper, PAPER_ITEM, "- Tài khoản: %s%s%s.", incident->address,
                     letter_given(incident->name) ? ", người sử dụng: " : "",
                     letter_or(incident->name, ""));
    if (incident->when != 0) {
        g_autofree char *when = letter_moment(incident->when);
        paper_printf(paper, PAPER_ITEM, "- Thời điểm phát hiện: %s.", when);
    }
    g_autofree char *cite =
        letter_given(incident->article) ? regulation_cite(incident->article) : g_strdup("");
    g_autofree char *what = letter_clause(incident->what);
    paper_printf(paper, PAPER_ITEM, "- Dấu hiệu: %s%s%s.", what,
                 *cite == '\0' ? "" : ", có dấu hiệu vi phạm ", cite);
    g_autofree char *measure = letter_clause(letter_or(incident->measure, ""));
    if (*measure != '\0')
        paper_printf(paper, PAPER_ITEM, "- Biện pháp đã thực hiện: %s.", measure);
}

static void write_asks(Paper *paper, const LetterIncident *incident) {
    static const char *const usual[] = {
        "Yêu cầu người sử dụng đổi mật khẩu, rà soát mã độc trên máy tính đã dùng",
        "Xác minh, làm rõ nguyên nhân và trách nhiệm của cá nhân có liên quan",
        "Có văn bản đề nghị mở khóa tài khoản sau khi đã khắc phục (nếu tài khoản bị tạm khóa)",
        NULL};
    const char *const *asks =
        incident->asks != NULL && incident->asks[0] != NULL ? incident->asks : usual;
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY, "Đề nghị %s:", incident->to);
    for (guint i = 0; asks[i] != NULL; i++) {
        g_autofree char *ask = letter_clause(asks[i]);
        paper_printf(paper, PAPER_ITEM, "%u. %s.", i + 1, ask);
    }
}

GBytes *letter_incident(const Regulation *regulation, const LetterIncident *incident,
                        GError **error) {
    if (!letter_needs(incident->to, "tên đơn vị nhận", "the unit", error) ||
        !letter_needs(incident->what, "nội dung sự cố", "what happened", error))
        return NULL;
    const char *issuer =
        letter_or(incident->head.issuer, regulation_text(regulation, REGULATION_OPERATOR));
    g_autoptr(Paper) paper = paper_new("Thông báo sự cố", TRUE);
    letter_head(paper, regulation, &incident->head,
                "sự cố trong sử dụng tài khoản thư điện tử công vụ", NULL);
    letter_addressee(paper, incident->to);
    paper_keep(paper);
    paper_printf(
        paper, PAPER_BODY,
        "Trong quá trình quản trị, vận hành hệ thống thư điện tử công vụ, %s ghi nhận sự cố%s%s%s "
        "liên quan đến %s như sau:",
        issuer, letter_given(incident->number) ? " (hồ sơ " : "", letter_or(incident->number, ""),
        letter_given(incident->number) ? ")" : "", incident->to);
    write_facts(paper, incident);
    write_asks(paper, incident);
    g_autofree char *answer = letter_day(incident->answer);
    paper_keep(paper);
    paper_printf(paper, PAPER_BODY,
                 "Kết quả thực hiện đề nghị gửi về %s%s%s qua hệ thống Quản lý văn bản và điều "
                 "hành./.",
                 issuer, *answer == '\0' ? "" : " trước khi hết ngày ", answer);
    letter_close(paper, regulation, &incident->signer, "Như trên", incident->receivers, NULL);
    return paper_finish(paper, error);
}
