/* The page /doi-mat-khau. Everything on it is written here; a browser needs no script, and nothing
 * from elsewhere is loaded. */
#include "admin/admin.h"

#include "base/crypto.h"

enum { PAGE_MAXIMUM = 64 * 1024, FORM_MAXIMUM = 16 * 1024 };

#define PLACE "/doi-mat-khau"

static const char style[] =
    "*{box-sizing:border-box}"
    "html{color-scheme:light;-webkit-text-size-adjust:100%}"
    "body{margin:0;background:#f2f4f7;color:#1b2430;font:1.0625rem/1.5 system-ui,'Segoe UI',Roboto,"
    "'Noto Sans','Liberation Sans',sans-serif}"
    "header{background:#8f1414;color:#fff;padding:.625rem 1rem}"
    "header p{max-width:36rem;margin:0 auto;padding:0 1.5rem;line-height:1.35}"
    "header p+p{font-size:.9375rem}"
    "header .name{font-weight:600}"
    "main{max-width:36rem;margin:1rem auto;padding:1rem 1.5rem 1.25rem;background:#fff;"
    "border:1px solid #d5dae1;border-radius:.5rem}"
    "h1{margin:0;font-size:1.5rem;line-height:1.3}"
    "h2{margin:0 0 .25rem;font-size:1.0625rem}"
    "p{margin:.5rem 0}"
    "label{display:block;margin:.75rem 0 .25rem;font-weight:600}"
    "input{width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;color:inherit;"
    "background:#fff;border:1px solid #6b7684;border-radius:.375rem}"
    "input[aria-invalid=true]{border:2px solid #a31212}"
    ":focus-visible{outline:3px solid #1f5fbf;outline-offset:2px}"
    "label.word{display:grid;grid-template-columns:1.5rem 1fr;gap:.5rem;font-weight:400}"
    "label.word input{width:1.25rem;min-height:1.25rem;height:1.25rem;margin:.125rem 0 0}"
    "button{width:100%;min-height:2.875rem;margin-top:1rem;font:inherit;font-weight:600;"
    "color:#fff;background:#8f1414;border:0;border-radius:.375rem;cursor:pointer}"
    "button:hover{background:#741010}"
    ".rule,.refused,.done{margin:.75rem 0;padding:.625rem 1rem;border-radius:.375rem;"
    "border-left:.25rem solid #6b7684;background:#f2f4f7}"
    ".rule p{margin:0}"
    ".rule ul{display:flex;flex-wrap:wrap;gap:0 2.25rem;margin:.125rem 0 0;padding-left:1.125rem}"
    ".rule ul.judged{display:block;padding-left:0;list-style:none}"
    ".judged li{display:grid;grid-template-columns:7rem 1fr}"
    ".met b{color:#17602f}.missing b{color:#a31212}"
    ".refused{border-color:#a31212;background:#fdf0f0}"
    ".done{border-color:#17602f;background:#eef8f1}"
    ".refused p,.done p{margin:0}"
    ".hint,footer{color:#4a5562;font-size:.9375rem}"
    ".hint{margin:.25rem 0 0}"
    "footer{margin-top:1rem;padding-top:.625rem;border-top:1px solid #d5dae1}"
    "@media(max-width:38rem){main{margin:0;border:0;border-radius:0;padding:1rem 1rem 2rem}"
    "header p{padding:0}}";

typedef struct {
    AuthAttempt *attempt;
    char *name, *wanted;
    gboolean accepts;
} PageCall;

/* What a page shows. */
typedef struct {
    guint status;
    const char *name;    /* kept from the form; NULL: none */
    const char *problem; /* Vietnamese; NULL: the empty form */
    const char *field;   /* the input that it is about, or NULL */
    const char *wanted;  /* judged against the rule, point by point; NULL: only listed */
} Page;

/* ---- Writing ---- */

static void put_text(Buffer *out, const char *text) {
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            buffer_append_string(out, "&amp;");
            break;
        case '<':
            buffer_append_string(out, "&lt;");
            break;
        case '>':
            buffer_append_string(out, "&gt;");
            break;
        case '"':
            buffer_append_string(out, "&quot;");
            break;
        default:
            buffer_append_byte(out, (guint8)*p);
        }
    }
}

static void put_head(Buffer *out, const char *title, const AdminService *service) {
    const char *domain = directory_domain(service->directory);
    buffer_append_string(out,
                         "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, "
                         "initial-scale=1\">\n<title>");
    put_text(out, title);
    buffer_append_string(out, " – Thư điện tử công vụ ");
    put_text(out, domain);
    buffer_append_string(out, "</title>\n<link rel=\"stylesheet\" href=\"" PLACE
                              "/kieu.css\">\n</head>\n<body>\n<header>\n<p class=\"name\">Hệ thống "
                              "thư điện tử công vụ</p>\n<p>");
    put_text(out, domain);
    buffer_append_string(out, "</p>\n</header>\n<main>\n");
}

static void answer(HttpCall *http, guint status, const Buffer *page) {
    http_add_header(http, "Content-Security-Policy",
                    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
                    "frame-ancestors 'none'");
    /* With no-referrer a browser would name no origin of the form either, and we look at that. */
    http_add_header(http, "Referrer-Policy", "same-origin");
    http_answer(http, status, "text/html; charset=utf-8", buffer_bytes(page));
}

typedef struct {
    Buffer *out;
    gboolean judged;
} Points;

static void put_point(const char *text, gboolean met, gpointer data) {
    const Points *points = data;
    if (points->judged)
        buffer_append_string(points->out, met ? "<li class=\"met\"><b>✓ Đạt</b> "
                                              : "<li class=\"missing\"><b>✗ Còn thiếu</b> ");
    else
        buffer_append_string(points->out, "<li>");
    put_text(points->out, text);
    buffer_append_string(points->out, "</li>\n");
}

static void put_administrators(Buffer *out, const Regulation *regulation) {
    gint64 all = regulation_figure(regulation, FIGURE_PASSWORD_MINIMUM);
    gint64 least = regulation_figure(regulation, FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM);
    if (least > all)
        buffer_printf(out, "<p>Người quản trị hệ thống: ít nhất %" G_GINT64_FORMAT " ký tự.</p>\n",
                      least);
}

/* [Điều 5.2] */
static void put_rule(Buffer *out, const Regulation *regulation, const char *wanted) {
    g_autofree char *cite =
        regulation_cite(regulation_figure_article(regulation, FIGURE_PASSWORD_MINIMUM));
    Points points = {out, wanted != NULL};
    Bytes password = bytes_of_string(wanted == NULL ? "" : wanted);
    buffer_append_string(out, "<div class=\"rule\" id=\"quy-tac\">\n<p>Mật khẩu mới phải có (");
    put_text(out, cite);
    buffer_append_string(out,
                         wanted == NULL ? "):</p>\n<ul>\n" : "):</p>\n<ul class=\"judged\">\n");
    regulation_password_points(regulation, wanted == NULL ? NULL : &password, FALSE, put_point,
                               &points);
    buffer_append_string(out, "</ul>\n");
    put_administrators(out, regulation);
    buffer_append_string(out, "</div>\n");
}

static void put_input(Buffer *out, const Page *page, const char *name, const char *label,
                      const char *attributes) {
    gboolean wrong = g_strcmp0(page->field, name) == 0;
    buffer_printf(out, "<label for=\"%s\">%s</label>\n<input id=\"%s\" name=\"%s\" required %s%s",
                  name, label, name, name, attributes, wrong ? " aria-invalid=\"true\"" : "");
    if (g_str_equal(name, "ten") && page->name != NULL) {
        buffer_append_string(out, " value=\"");
        put_text(out, page->name);
        buffer_append_byte(out, '"');
    }
    buffer_append_string(out, ">\n");
}

/* [Điều 12.1] Asked for at the first own password. */
static void put_word(Buffer *out, const Regulation *regulation) {
    if (regulation_figure(regulation, FIGURE_PASSWORD_ACCEPT_RULES) == 0)
        return;
    buffer_append_string(out, "<label class=\"word\" for=\"thuc-hien\"><input type=\"checkbox\" "
                              "id=\"thuc-hien\" name=\"thuc-hien\" value=\"1\"><span>Tôi đã đọc và "
                              "thực hiện Quy chế theo ");
    put_text(out, regulation_text(regulation, REGULATION_TITLE));
    buffer_append_string(out, " (cần xác nhận khi đặt mật khẩu lần đầu).</span></label>\n");
}

static void put_form(Buffer *out, const Page *page, const Regulation *regulation) {
    static const char hidden[] = "type=\"password\" autocapitalize=\"none\" spellcheck=\"false\" ";
    g_autofree char *old = g_strconcat(hidden, "autocomplete=\"current-password\"", NULL);
    g_autofree char *new =
        g_strconcat(hidden, "autocomplete=\"new-password\" aria-describedby=\"quy-tac go\"", NULL);
    g_autofree char *again = g_strconcat(hidden, "autocomplete=\"new-password\"", NULL);
    buffer_append_string(out, "<form method=\"post\" action=\"" PLACE "\">\n");
    put_input(out, page, "ten", "Địa chỉ thư (tên đăng nhập)",
              "type=\"text\" inputmode=\"email\" autocomplete=\"username\" "
              "autocapitalize=\"none\" spellcheck=\"false\"");
    put_input(out, page, "cu", "Mật khẩu đang dùng, hoặc mật khẩu được cấp", old);
    put_rule(out, regulation, page->wanted);
    put_input(out, page, "moi", "Mật khẩu mới", new);
    buffer_append_string(out, "<p class=\"hint\" id=\"go\">Hãy tắt bộ gõ tiếng Việt khi nhập mật "
                              "khẩu.</p>\n");
    put_input(out, page, "lai", "Nhập lại mật khẩu mới", again);
    put_word(out, regulation);
    buffer_append_string(out, "<button type=\"submit\">Đổi mật khẩu</button>\n</form>\n");
}

static HttpVerdict show(HttpCall *http, const Page *page) {
    const AdminService *service = http_service_data(http);
    g_autoptr(Regulation) regulation = service->regulation(service->data);
    g_auto(Buffer) out;
    buffer_init(&out, PAGE_MAXIMUM);
    put_head(&out, page->problem == NULL ? "Đổi mật khẩu" : "Chưa đổi được mật khẩu", service);
    buffer_append_string(&out, "<h1>Đổi mật khẩu</h1>\n");
    if (page->problem != NULL) {
        buffer_append_string(&out, "<div class=\"refused\" role=\"alert\">\n<h2>Chưa đổi được mật "
                                   "khẩu</h2>\n<p>");
        put_text(&out, page->problem);
        buffer_append_string(&out, "</p>\n</div>\n");
    }
    put_form(&out, page, regulation);
    buffer_append_string(&out,
                         "<footer>Mất hoặc quên mật khẩu: báo cơ quan, đơn vị gửi văn bản về ");
    put_text(&out, regulation_text(regulation, REGULATION_OPERATOR));
    buffer_append_string(&out, " để được cấp lại.</footer>\n</main>\n</body>\n</html>\n");
    answer(http, page->status, &out);
    return HTTP_DONE;
}

/* ---- The routes ---- */

static HttpVerdict show_form(HttpCall *http) {
    Page page = {.status = 200};
    return show(http, &page);
}

static HttpVerdict show_style(HttpCall *http) {
    http_answer(http, 200, "text/css; charset=utf-8", bytes_of_string(style));
    return HTTP_DONE;
}

static HttpVerdict show_done(HttpCall *http) {
    g_auto(Buffer) out;
    buffer_init(&out, PAGE_MAXIMUM);
    put_head(&out, "Đã đổi mật khẩu", http_service_data(http));
    buffer_append_string(
        &out, "<h1>Đã đổi mật khẩu</h1>\n<div class=\"done\" role=\"status\">\n<p>Từ bây "
              "giờ, hãy đăng nhập bằng mật khẩu mới ở mọi thiết bị và chương trình thư. "
              "Những nơi đang đăng nhập bằng mật khẩu cũ đã được đăng xuất.</p>\n</div>\n"
              "</main>\n</body>\n</html>\n");
    answer(http, 200, &out);
    return HTTP_DONE;
}

static void page_call_free(gpointer data) {
    PageCall *call = data;
    auth_attempt_free(call->attempt);
    if (call->wanted != NULL)
        crypto_wipe(call->wanted, strlen(call->wanted));
    g_free(call->wanted);
    g_free(call->name);
    g_free(call);
}

static void wake(gpointer session) {
    net_wake(session);
}

/* What came of it. */
static HttpVerdict answer_change(HttpCall *http, const PageCall *call) {
    const Verdict *verdict = auth_verdict(call->attempt);
    Page page = {.status = 403, .name = call->name};
    switch (auth_result(call->attempt)) {
    case AUTH_PENDING:
        return HTTP_LATER;
    case AUTH_OK:
        http_add_header(http, "Location", PLACE "/xong");
        http_answer_empty(http, 303);
        return HTTP_DONE;
    case AUTH_REFUSED:
        page.status = 422;
        page.problem = verdict->text_vi;
        if (g_str_equal(verdict->rule, "accept_rules"))
            break;
        page.field = "moi";
        page.wanted = call->wanted;
        break;
    case AUTH_LOCKED:
        page.problem = "Tài khoản đang tạm khóa. Đề nghị liên hệ đầu mối của đơn vị để cơ quan gửi "
                       "văn bản đề nghị mở khóa.";
        break;
    case AUTH_OVER:
        page.problem = verdict == NULL ? "Mật khẩu cấp lần đầu đã hết hạn." : verdict->text_vi;
        break;
    case AUTH_BUSY:
        page.status = 503;
        page.problem =
            "Hệ thống đang bận, hoặc đã thử sai quá nhiều lần. Hãy thử lại sau một phút.";
        break;
    default:
        page.problem = "Địa chỉ thư hoặc mật khẩu đang dùng không đúng.";
        page.field = "cu";
    }
    return show(http, &page);
}

static HttpVerdict refuse(HttpCall *http, guint status, const char *name, const char *problem,
                          const char *field) {
    Page page = {.status = status, .name = name, .problem = problem, .field = field};
    return show(http, &page);
}

static HttpVerdict begin_change(HttpCall *http, PageCall *call, const char *old) {
    const AdminService *service = http_service_data(http);
    NetSession *session = http_session(http);
    call->attempt =
        auth_change_begin(service->auth, bytes_of_string(call->name), bytes_of_string(old),
                          bytes_of_string(call->wanted), call->accepts, net_session_peer(session),
                          "web", net_session_id(session), wake, session);
    return answer_change(http, call);
}

static gboolean is_empty(const char *text) {
    return text == NULL || *text == '\0';
}

static HttpVerdict take_form(HttpCall *http) {
    PageCall *call = http_kept(http);
    if (call != NULL)
        return answer_change(http, call);
    if (!http_is_same_origin(http))
        return refuse(http, 403, NULL, "Yêu cầu đến từ trang của nơi khác nên không được nhận.",
                      NULL);
    call = g_new0(PageCall, 1);
    http_keep(http, call, page_call_free);
    call->name = http_form(http, "ten");
    call->wanted = http_form(http, "moi");
    char *old = http_form(http, "cu"), *again = http_form(http, "lai");
    g_autofree char *word = http_form(http, "thuc-hien");
    call->accepts = word != NULL;
    HttpVerdict verdict;
    if (is_empty(call->name) || is_empty(call->wanted) || is_empty(old) || is_empty(again))
        verdict = refuse(http, 400, call->name, "Hãy điền đủ bốn ô.", NULL);
    else if (!g_str_equal(call->wanted, again))
        verdict =
            refuse(http, 422, call->name, "Hai lần nhập mật khẩu mới không giống nhau.", "lai");
    else
        verdict = begin_change(http, call, old);
    Bytes sent = http_content(http);
    if (sent.n > 0)
        crypto_wipe((guint8 *)sent.p, sent.n); /* ours; nobody reads the form again */
    char *secrets[] = {old, again};
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
        if (secrets[i] != NULL)
            crypto_wipe(secrets[i], strlen(secrets[i]));
        g_free(secrets[i]);
    }
    return verdict;
}

const HttpRoute admin_password_routes[] = {
    {HTTP_GET, PLACE, 0, show_form, NULL},
    {HTTP_POST, PLACE, FORM_MAXIMUM, take_form, NULL},
    {HTTP_GET, PLACE "/kieu.css", 0, show_style, NULL},
    {HTTP_GET, PLACE "/xong", 0, show_done, NULL},
    {0},
};
