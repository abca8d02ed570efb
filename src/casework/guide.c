/* The guide is written section by section; what the regulation does not ask for is not mentioned.
 */
#include "casework/guide.h"

#include <stdarg.h>

static const char style[] =
    "body{font:16px/1.5 'Liberation Sans',Arial,sans-serif;color:#1a1a1a;background:#fff;margin:0 "
    "auto;max-width:46rem;padding:1rem}h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;"
    "margin:2rem 0 .5rem}table{border-collapse:collapse}caption{text-align:left;color:#444}th,td{"
    "border:1px solid #8a8a8a;padding:.3rem .6rem;text-align:left}a{color:#0b4f8a}";

typedef struct {
    GString *out;
    const Regulation *regulation;
    const GuideFacts *facts;
} Guide;

static void section(Guide *g, const char *title) {
    g_string_append_printf(g->out, "%s<h2>%s</h2>\n<ul>\n", g->out->len == 0 ? "" : "</ul>\n",
                           title);
}

/* A point of a section, its values escaped, with the article that says so. */
static void point(Guide *g, const char *article, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void point(Guide *g, const char *article, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_markup_vprintf_escaped(format, args);
    va_end(args);
    g_autofree char *cite = regulation_cite(article);
    g_autofree char *shown = g_markup_escape_text(cite, -1);
    gsize n = strlen(text) - (g_str_has_suffix(text, ".") ? 1 : 0);
    g_string_append_printf(g->out, "<li>%.*s%s%s%s.</li>\n", (int)n, text,
                           *cite == '\0' ? "" : " (", shown, *cite == '\0' ? "" : ")");
}

static gint64 figure(const Guide *g, RegulationFigure which) {
    return regulation_figure(g->regulation, which);
}

static const char *article(const Guide *g, RegulationFigure which) {
    return regulation_figure_article(g->regulation, which);
}

/* ---- Sections ---- */

static void write_first(Guide *g) {
    section(g, "Đăng nhập lần đầu");
    point(g, "",
          "Mật khẩu trên phiếu chỉ dùng một lần, trong %" G_GINT64_FORMAT
          " ngày: đổi ngay thành mật khẩu của mình tại %s.",
          figure(g, FIGURE_PASSWORD_ONE_TIME_DAYS),
          g->facts->password_page != NULL ? g->facts->password_page
                                          : "nơi cơ quan, đơn vị hướng dẫn");
    g_autofree char *needs = regulation_password_needs(g->regulation);
    point(g, article(g, FIGURE_PASSWORD_MINIMUM), "Mật khẩu cần %s.", needs);
    if (figure(g, FIGURE_PASSWORD_MONTHS) > 0)
        point(g, article(g, FIGURE_PASSWORD_MONTHS),
              "Mật khẩu được đổi %" G_GINT64_FORMAT " tháng một lần.",
              figure(g, FIGURE_PASSWORD_MONTHS));
    if (figure(g, FIGURE_PASSWORD_HISTORY) > 0)
        point(g, article(g, FIGURE_PASSWORD_HISTORY),
              "Không dùng lại %" G_GINT64_FORMAT " mật khẩu gần nhất.",
              figure(g, FIGURE_PASSWORD_HISTORY));
    point(g, article(g, FIGURE_PASSWORD_SHARED_NETWORKS),
          "Không cho người khác biết mật khẩu; hộp thư cơ quan được giao cho từng người bằng tài "
          "khoản của chính người đó.");
}

static void write_row(Guide *g, const char *what, guint port, const char *security) {
    if (port == 0)
        return;
    g_autofree char *host = g_markup_escape_text(g->facts->hostname, -1);
    g_string_append_printf(g->out,
                           "<tr><th scope=\"row\">%s</th><td>%s</td><td>%u</td><td>%s</td></tr>\n",
                           what, host, port, security);
}

static void write_programs(Guide *g) {
    section(g, "Cài đặt phần mềm thư (Outlook, Thunderbird, điện thoại)");
    point(g, "", "Tên đăng nhập là địa chỉ thư đầy đủ, ví dụ ten@%s.", g->facts->domain);
    g_string_append(g->out,
                    "</ul>\n<table>\n<caption>Máy chủ</caption>\n<thead><tr><th scope=\"col\">Việc"
                    "</th><th scope=\"col\">Máy chủ</th><th scope=\"col\">Cổng</th><th "
                    "scope=\"col\">Bảo mật</th></tr></thead>\n<tbody>\n");
    write_row(g, "Nhận thư (IMAP)", g->facts->imaps, "SSL/TLS");
    write_row(g, "Nhận thư (IMAP)", g->facts->imap, "STARTTLS");
    write_row(g, "Gửi thư (SMTP)", g->facts->submissions, "SSL/TLS");
    write_row(g, "Gửi thư (SMTP)", g->facts->submission, "STARTTLS");
    g_string_append(g->out, "</tbody>\n</table>\n<ul>\n");
}

static void write_sending(Guide *g) {
    section(g, "Gửi thư");
    point(g, article(g, FIGURE_ATTACHMENTS),
          "Tổng các tệp gửi kèm một thư nhiều nhất %" G_GINT64_FORMAT " MB.",
          figure(g, FIGURE_ATTACHMENTS) >> 20);
    g_autoptr(Verdict) drawing =
        regulation_check_file(g->regulation, BYTES_LITERAL("tep.xyz"), bytes_of(NULL, 0), FALSE);
    if (*drawing->text_vi != '\0')
        point(g, drawing->article,
              "Gửi tệp ở định dạng phổ biến (pdf, docx, xlsx, jpg, zip …); %s.",
              drawing->allowed ? "tệp loại khác sẽ có lời nhắc" : "tệp loại khác không gửi được");
    g_autoptr(Verdict) program =
        regulation_check_file(g->regulation, BYTES_LITERAL("a.exe"), bytes_of(NULL, 0), FALSE);
    if (!program->allowed)
        point(g, program->article, "Không gửi, nhận được tệp tin thực thi (.exe, .dll …).");
    g_autofree char *from = g_strconcat("a@", g->facts->domain, NULL);
    g_autoptr(Verdict) forward = regulation_check_forward(
        g->regulation, bytes_of_string(from), BYTES_LITERAL("a@gmail.com"), g->facts->domain);
    if (!forward->allowed)
        point(g, forward->article,
              "Không đặt chuyển thư tự động ra tài khoản không do cơ quan nhà nước cấp; từng thư "
              "thuộc phạm vi công việc được chuyển tiếp bằng tay.");
    if (figure(g, FIGURE_OUTGOING_MESSAGES) > 0)
        point(g, article(g, FIGURE_OUTGOING_MESSAGES),
              "Gửi hơn %" G_GINT64_FORMAT " thư trong %" G_GINT64_FORMAT
              " phút thì thư ra ngoài được giữ lại chờ kiểm tra.",
              figure(g, FIGURE_OUTGOING_MESSAGES), figure(g, FIGURE_OUTGOING_MINUTES));
}

static void write_account(Guide *g) {
    section(g, "Tài khoản");
    point(g, article(g, FIGURE_PERSON_QUOTA),
          "Hộp thư cá nhân từ %" G_GINT64_FORMAT " GB, hộp thư cơ quan từ %" G_GINT64_FORMAT " GB.",
          figure(g, FIGURE_PERSON_QUOTA) >> 30, figure(g, FIGURE_UNIT_QUOTA) >> 30);
    if (figure(g, FIGURE_IDLE_MONTHS) > 0)
        point(g, article(g, FIGURE_IDLE_MONTHS),
              "%" G_GINT64_FORMAT " tháng không gửi, không nhận thư mà không có lý do thì được xem "
              "xét %s.",
              figure(g, FIGURE_IDLE_MONTHS), regulation_text(g->regulation, REGULATION_WORD_LOCK));
    if (figure(g, FIGURE_SIGNIN_MONTHS) > 0)
        point(g, article(g, FIGURE_SIGNIN_MONTHS),
              "%" G_GINT64_FORMAT " tháng không đăng nhập thì được xem xét %s.",
              figure(g, FIGURE_SIGNIN_MONTHS),
              regulation_text(g->regulation, REGULATION_WORD_LOCK));
    point(g, article(g, FIGURE_REQUEST_DAYS),
          "Cấp mới, thay đổi, %s, %s: cơ quan, đơn vị gửi văn bản; được trả lời trong "
          "%" G_GINT64_FORMAT " ngày làm việc.",
          regulation_text(g->regulation, REGULATION_WORD_LOCK),
          regulation_text(g->regulation, REGULATION_WORD_CLOSE), figure(g, FIGURE_REQUEST_DAYS));
    g_autoptr(Verdict) reset = regulation_refuse_reset(g->regulation);
    point(g, reset->article,
          "Quên, mất mật khẩu: báo cơ quan, đơn vị để đề nghị cấp lại, hệ thống không "
          "gửi mật khẩu qua hộp thư khác.");
    if (figure(g, FIGURE_RESET_HOURS) > 0)
        point(g, article(g, FIGURE_RESET_HOURS),
              "Mật khẩu được cấp lại trong %" G_GINT64_FORMAT " giờ kể từ khi tiếp nhận.",
              figure(g, FIGURE_RESET_HOURS));
}

static void write_help(Guide *g) {
    section(g, "Hỗ trợ");
    point(g, "", "Hỗ trợ kỹ thuật: %s, địa chỉ postmaster@%s%s%s.",
          regulation_text(g->regulation, REGULATION_OPERATOR), g->facts->domain,
          g->facts->telephone == NULL ? "" : ", điện thoại ",
          g->facts->telephone == NULL ? "" : g->facts->telephone);
    point(g, "",
          "Thư rác, virus, thư lạ, mất an toàn: báo thủ trưởng cơ quan, đơn vị và chuyển thư đó "
          "đến abuse@%s.",
          g->facts->domain);
    g_string_append(g->out, "</ul>\n");
}

GString *guide_page(const Regulation *regulation, const GuideFacts *facts) {
    Guide g = {g_string_new(NULL), regulation, facts};
    write_first(&g);
    write_programs(&g);
    write_sending(&g);
    write_account(&g);
    write_help(&g);
    g_autofree char *title =
        g_markup_escape_text(regulation_text(regulation, REGULATION_TITLE), -1);
    g_autofree char *body = g_string_free(g.out, FALSE);
    GString *page = g_string_new(NULL);
    g_string_printf(page,
                    "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                    "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<title>Hướng dẫn sử dụng thư điện tử công vụ</title>\n<style>%s</style>\n"
                    "</head>\n<body>\n<main>\n<h1>Hướng dẫn sử dụng thư điện tử công vụ</h1>\n"
                    "<p>Theo Quy chế ban hành kèm theo %s.</p>\n%s</main>\n</body>\n</html>\n",
                    style, title, body);
    return page;
}
