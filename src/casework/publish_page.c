/* Pages without script or anything from elsewhere: one heading a unit, one table under it with a
 * caption and named columns, a list of the units to jump to; they read in any browser, aloud, and
 * printed. What a portal embeds is the element <main>. */
#include "casework/publish_internal.h"

static const char style[] =
    "body{font:16px/1.5 'Liberation Sans',Arial,sans-serif;color:#1a1a1a;background:#fff;margin:0 "
    "auto;max-width:70rem;padding:1rem}"
    "a{color:#0b4f8a}a:focus-visible{outline:3px solid #0b4f8a;outline-offset:2px}"
    ".skip{position:absolute;left:-100rem}.skip:focus{position:static}"
    "h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin:2rem 0 .5rem}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;color:#444}"
    "th,td{border:1px solid #8a8a8a;padding:.4rem .6rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}thead th{background:#eef2f6}tbody th{font-weight:600}"
    "nav ul{columns:18rem;padding-left:1.2rem}"
    "@media print{nav,.skip{display:none}a{color:#000;text-decoration:none}}";

/* The five signs that HTML gives a meaning. */
static void put(GString *out, const char *text) {
    for (const char *p = text; *p != '\0'; p++)
        switch (*p) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\'':
            g_string_append(out, "&#39;");
            break;
        default:
            g_string_append_c(out, *p);
        }
}

static void begin(GString *out, const PublishBook *book, const char *title) {
    g_string_append(out, "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, "
                         "initial-scale=1\">\n<title>");
    put(out, title);
    g_string_append_printf(out,
                           "</title>\n<style>%s</style>\n</head>\n<body>\n"
                           "<a class=\"skip\" href=\"#noi-dung\">Đến nội dung</a>\n"
                           "<main id=\"noi-dung\">\n<h1 id=\"ten\">",
                           style);
    put(out, title);
    g_string_append_printf(out,
                           "</h1>\n<p>Danh bạ thư điện tử công vụ, công khai lúc "
                           "<time datetime=\"%s\">%s</time>.",
                           book->stamp, book->stamp_shown);
}

static void end(GString *out) {
    g_string_append(out,
                    "<p>Tải xuống: <a href=\"danh-ba.csv\">bảng (CSV)</a>, "
                    "<a href=\"danh-ba.vcf\">danh thiếp (vCard)</a>, "
                    "<a href=\"danh-ba.json\">dữ liệu (JSON)</a></p>\n</main>\n</body>\n</html>\n");
}

static void put_entry(GString *out, const PublishEntry *entry) {
    g_string_append(out, "<tr><th scope=\"row\">");
    put(out, entry->name);
    g_string_append(out, "</th><td>");
    put(out, entry->person ? entry->title : "Hộp thư cơ quan");
    g_string_append(out, "</td><td><a href=\"mailto:");
    put(out, entry->address);
    g_string_append(out, "\">");
    put(out, entry->address);
    g_string_append(out, "</a></td></tr>\n");
}

typedef struct {
    GString *out;
    const PublishUnit *top; /* its name is the page's heading already */
} Sections;

static void put_unit(const PublishUnit *unit, gpointer data) {
    const Sections *to = data;
    GString *out = to->out;
    if (unit->entries->len == 0)
        return;
    if (unit == to->top) {
        g_string_append(out, "<section aria-labelledby=\"ten\">\n");
    } else {
        g_string_append_printf(out,
                               "<section aria-labelledby=\"dv-%" G_GINT64_FORMAT "\">\n"
                               "<h2 id=\"dv-%" G_GINT64_FORMAT "\">",
                               unit->unit, unit->unit);
        put(out, unit->name);
        g_string_append(out, "</h2>\n");
    }
    g_string_append_printf(out,
                           "<table>\n<caption>%u địa chỉ</caption>\n<thead><tr>"
                           "<th scope=\"col\">Họ và tên</th><th scope=\"col\">Chức vụ</th>"
                           "<th scope=\"col\">Địa chỉ thư điện tử</th></tr></thead>\n<tbody>\n",
                           unit->entries->len);
    for (guint i = 0; i < unit->entries->len; i++)
        put_entry(out, unit->entries->pdata[i]);
    g_string_append(out, "</tbody>\n</table>\n</section>\n");
}

static void put_jump(const PublishUnit *unit, gpointer data) {
    const Sections *to = data;
    GString *out = to->out;
    if (unit->entries->len == 0 || unit == to->top)
        return;
    g_string_append_printf(out, "<li><a href=\"#dv-%" G_GINT64_FORMAT "\">", unit->unit);
    put(out, unit->name);
    g_string_append(out, "</a></li>\n");
}

GString *publish_page(const PublishBook *book, const PublishUnit *top) {
    GString *out = g_string_new(NULL);
    g_autoptr(GPtrArray) tops = g_ptr_array_new();
    g_ptr_array_add(tops, (gpointer)top);
    const PublishBook only = {.tops = tops};
    Sections sections = {out, top};
    begin(out, book, top->name);
    g_string_append(out, book->one_page
                             ? "</p>\n"
                             : " <a href=\"index.html\">Tất cả cơ quan, đơn vị</a></p>\n");
    if (top->below->len > 0) {
        g_string_append(out, "<nav aria-label=\"Đơn vị trong trang\">\n<ul>\n");
        publish_each_unit(&only, put_jump, &sections);
        g_string_append(out, "</ul>\n</nav>\n");
    }
    publish_each_unit(&only, put_unit, &sections);
    end(out);
    return out;
}

GString *publish_index(const PublishBook *book) {
    GString *out = g_string_new(NULL);
    begin(out, book, "Danh bạ thư điện tử công vụ");
    g_string_append_printf(out,
                           "</p>\n<nav aria-label=\"Cơ quan, đơn vị\">\n<h2>Cơ quan, đơn vị (%u)"
                           "</h2>\n<ul>\n",
                           book->tops->len);
    for (guint i = 0; i < book->tops->len; i++) {
        const PublishUnit *top = book->tops->pdata[i];
        g_string_append(out, "<li><a href=\"dv-");
        put(out, top->local);
        g_string_append(out, ".html\">");
        put(out, top->name);
        g_string_append(out, "</a></li>\n");
    }
    g_string_append(out, "</ul>\n</nav>\n");
    end(out);
    return out;
}
