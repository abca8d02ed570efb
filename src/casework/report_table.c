/* The report as tables for people who count on, and as JSON for programs: every figure with the
 * people and accounts behind it. */
#include "casework/report.h"

#include "base/json.h"
#include "directory/account.h"
#include "office/book.h"

static const char *const kind_keys[REPORT_KINDS] = {"new", "change", "lock", "cancel", "other"};
static const char *const use_keys[] = {"unknown", "irregular", "regular"};
static const char *const use_words[] = {"chưa có số liệu", "không", "có"};
static const char *const state_words[] = {"Chờ cấp", "Đang hoạt động", "Tạm khóa", "Đã hủy bỏ"};

/* Not of the staff on the day: had an account only before, or only after. */
static gboolean is_staff(const ReportPerson *person) {
    return person->holds || person->account == 0;
}

/* ---- Workbook ---- */

static const BookColumn unit_columns[] = {
    {"STT", 6},
    {"Cơ quan, đơn vị", 45},
    {"Số cán bộ, công chức, viên chức, người lao động", 18},
    {"Đã có tài khoản", 12},
    {"Tỷ lệ", 10},
    {"Số cán bộ, công chức, viên chức", 16},
    {"Thường xuyên sử dụng", 14},
    {"Tỷ lệ thường xuyên sử dụng", 16},
    {"Công khai danh bạ", 14},
    {"Tài khoản đang tạm khóa", 14},
    {"Dung lượng đã sử dụng (MB)", 16},
    {"Cấp mới", 10},
    {"Thay đổi thông tin", 12},
    {"Tạm khóa", 10},
    {"Hủy bỏ", 10},
    {"Đề nghị khác", 12},
    {"Sự cố", 10},
    {"Số báo cáo đã gửi", 18},
};

static void put_share(Book *book, gint64 part, gint64 whole, gboolean known) {
    if (known && whole > 0)
        book_share(book, (double)part / (double)whole);
    else
        book_text(book, "chưa có số liệu");
}

static void put_known(Book *book, gint64 value, gboolean known) {
    if (known)
        book_integer(book, value);
    else
        book_text(book, "chưa có số liệu");
}

static void put_figures(Book *book, const Report *report, const ReportFigures *f,
                        const char *published, const char *sent) {
    book_integer(book, f->staff);
    book_integer(book, f->holders);
    put_share(book, f->holders, f->staff, TRUE);
    book_integer(book, f->officials);
    put_known(book, f->regular, f->judged > 0);
    put_share(book, f->regular, f->officials, f->judged > 0);
    book_text(book, published);
    book_integer(book, f->locked);
    book_integer(book, f->used / (1024 * 1024));
    for (guint kind = 0; kind < REPORT_KINDS; kind++)
        book_integer(book, f->requests[kind]);
    put_known(book, f->incidents, report->has_incidents);
    book_text(book, sent);
}

static void put_units(Book *book, const Report *report) {
    book_sheet(book, "Tổng hợp", unit_columns, G_N_ELEMENTS(unit_columns));
    gint64 place = 0;
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        if (!unit->reports)
            continue;
        book_row(book);
        book_integer(book, ++place);
        book_text(book, unit->name);
        put_figures(book, report, &unit->figures, unit->published != 0 ? "Đã" : "Chưa",
                    unit->sent_number);
    }
    book_row(book);
    book_text(book, "");
    book_text(book, report->asked == NULL ? "Toàn hệ thống" : report->asked->name);
    put_figures(book, report, &report->all, "", "");
}

static void put_people(Book *book, const Report *report) {
    static const BookColumn columns[] = {{"Cơ quan, đơn vị", 45},
                                         {"Họ và tên", 28},
                                         {"Chức vụ", 24},
                                         {"Nhóm", 18},
                                         {"Địa chỉ", 36},
                                         {"Trạng thái", 16},
                                         {"Thường xuyên sử dụng", 16},
                                         {"Dung lượng (MB)", 14}};
    book_sheet(book, "Người và tài khoản", columns, G_N_ELEMENTS(columns));
    for (guint u = 0; u < report->units->len; u++) {
        const ReportUnit *unit = report->units->pdata[u];
        for (guint i = 0; i < unit->people->len; i++) {
            const ReportPerson *person = unit->people->pdata[i];
            if (!is_staff(person))
                continue;
            book_row(book);
            book_text(book, unit->name);
            book_text(book, person->name);
            book_text(book, person->title);
            book_text(book, person->category);
            book_text(book, person->address);
            book_text(book, person->holds ? state_words[person->state] : "Chưa có tài khoản");
            book_text(book, person->holds ? use_words[person->use] : "");
            book_integer(book, person->used / (1024 * 1024));
        }
    }
}

static void put_kinds(Book *book, const char *name, const Report *report, const ReportFigures *f) {
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(report->regulation, &kinds);
    book_row(book);
    book_text(book, name);
    for (gsize i = 0; i < n; i++)
        put_known(book, f->incident_kinds[i], report->has_incidents);
    put_known(book, f->incidents, report->has_incidents);
    book_integer(book, f->signups);
}

/* [Điều 8, 12.3] One row a unit that reports, one column a kind. */
static void put_incidents(Book *book, const Report *report) {
    BookColumn columns[REGULATION_INCIDENTS_MAXIMUM + 3] = {{"Cơ quan, đơn vị", 45}};
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(report->regulation, &kinds);
    for (gsize i = 0; i < n; i++)
        columns[i + 1] = (BookColumn){kinds[i].name, 16};
    columns[n + 1] = (BookColumn){"Cộng", 10};
    columns[n + 2] = (BookColumn){"Tài khoản nhận thư xác nhận đăng ký dịch vụ khác", 22};
    book_sheet(book, "Sự cố", columns, (guint)n + 3);
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        if (unit->reports)
            put_kinds(book, unit->name, report, &unit->figures);
    }
    put_kinds(book, report->asked == NULL ? "Toàn hệ thống" : report->asked->name, report,
              &report->all);
}

GBytes *report_xlsx(const Report *report, GError **error) {
    g_autoptr(Book) book = book_new();
    put_units(book, report);
    put_people(book, report);
    put_incidents(book, report);
    return book_finish(book, error);
}

/* ---- CSV ---- */

/* Quoted always; what a spreadsheet would take for a formula begins with an apostrophe. */
static void csv_text(GString *out, const char *text) {
    g_string_append(out, out->len == 0 || out->str[out->len - 1] == '\n' ? "\"" : ",\"");
    if (text != NULL && *text != '\0' && strchr("=+-@\t\r", *text) != NULL)
        g_string_append_c(out, '\'');
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void csv_number(GString *out, gint64 value, gboolean known) {
    if (known)
        g_string_append_printf(out, ",%" G_GINT64_FORMAT, value);
    else
        g_string_append_c(out, ',');
}

GBytes *report_csv(const Report *report) {
    g_autoptr(GString) lines = g_string_new(NULL);
    static const char *const heads[] = {"Địa chỉ",
                                        "Cơ quan, đơn vị",
                                        "Số người",
                                        "Đã có tài khoản",
                                        "CBCCVC",
                                        "Thường xuyên sử dụng",
                                        "Công khai danh bạ",
                                        "Đang tạm khóa",
                                        "Byte đã dùng",
                                        "Cấp mới",
                                        "Thay đổi",
                                        "Tạm khóa",
                                        "Hủy bỏ",
                                        "Đề nghị khác",
                                        "Sự cố",
                                        "Đã gửi báo cáo"};
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
        csv_text(lines, heads[i]);
    g_string_append(lines, "\r\n");
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        const ReportFigures *f = &unit->figures;
        if (!unit->reports)
            continue;
        g_autofree char *address = g_strdup_printf("%s@%s", unit->address, report->domain);
        csv_text(lines, address);
        csv_text(lines, unit->name);
        csv_number(lines, f->staff, TRUE);
        csv_number(lines, f->holders, TRUE);
        csv_number(lines, f->officials, TRUE);
        csv_number(lines, f->regular, f->judged > 0);
        csv_number(lines, unit->published != 0, TRUE);
        csv_number(lines, f->locked, TRUE);
        csv_number(lines, f->used, TRUE);
        for (guint kind = 0; kind < REPORT_KINDS; kind++)
            csv_number(lines, f->requests[kind], TRUE);
        csv_number(lines, f->incidents, report->has_incidents);
        csv_number(lines, unit->sent_number != NULL, TRUE);
        g_string_append(lines, "\r\n");
    }
    g_string_prepend(lines, "\xef\xbb\xbf");
    return g_bytes_new(lines->str, lines->len);
}

/* ---- JSON ---- */

static void known_int(JsonWriter *w, const char *key, gint64 value, gboolean known) {
    if (known)
        json_int(w, key, value);
    else
        json_put_null(w, key);
}

static void write_kinds(JsonWriter *w, const Report *report, const ReportFigures *f) {
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(report->regulation, &kinds);
    json_open(w, "incident_kinds", '{');
    for (gsize i = 0; report->has_incidents && i < n; i++)
        json_int(w, kinds[i].id, f->incident_kinds[i]);
    json_close(w, '}');
}

static void write_figures(JsonWriter *w, const Report *report, const ReportFigures *f) {
    json_open(w, "figures", '{');
    json_int(w, "staff", f->staff);
    json_int(w, "holders", f->holders);
    json_int(w, "officials", f->officials);
    json_int(w, "official_holders", f->official_holders);
    known_int(w, "regular", f->regular, f->judged > 0);
    json_int(w, "judged", f->judged);
    json_int(w, "uncategorised", f->uncategorised);
    json_int(w, "told", f->told);
    json_int(w, "unit_accounts", f->unit_accounts);
    json_int(w, "locked", f->locked);
    json_int(w, "used", f->used);
    json_open(w, "requests", '{');
    for (guint kind = 0; kind < REPORT_KINDS; kind++)
        json_int(w, kind_keys[kind], f->requests[kind]);
    json_close(w, '}');
    known_int(w, "incidents", f->incidents, report->has_incidents);
    write_kinds(w, report, f);
    json_int(w, "signups", f->signups);
    json_close(w, '}');
}

static void write_person(JsonWriter *w, const ReportPerson *person) {
    json_open(w, NULL, '{');
    json_text(w, "name", person->name);
    json_text(w, "title", person->title);
    json_text(w, "category", person->category);
    json_text(w, "address", person->address);
    json_text(w, "state", person->holds ? directory_state_name(person->state) : NULL);
    json_text(w, "use", use_keys[person->use]);
    json_bool(w, "official", person->official);
    json_int(w, "used", person->used);
    json_close(w, '}');
}

static void write_unit(JsonWriter *w, const Report *report, const ReportUnit *unit) {
    g_autofree char *address = g_strdup_printf("%s@%s", unit->address, report->domain);
    json_open(w, NULL, '{');
    json_int(w, "id", unit->unit);
    json_int(w, "parent", unit->parent);
    json_text(w, "address", address);
    json_text(w, "name", unit->name);
    json_text(w, "kind", unit->kind);
    json_bool(w, "reports", unit->reports);
    json_bool(w, "directory_published", unit->published != 0);
    json_text(w, "sent", unit->sent_number);
    json_text(w, "sent_dated", unit->sent_dated);
    write_figures(w, report, &unit->figures);
    json_open(w, "people", '[');
    for (guint i = 0; i < unit->people->len; i++)
        if (is_staff(unit->people->pdata[i]))
            write_person(w, unit->people->pdata[i]);
    json_close(w, ']');
    json_close(w, '}');
}

void report_json(const Report *report, Buffer *out) {
    char from[11], until[11], deadline[11];
    calendar_format(report->from, from);
    calendar_format(report->until, until);
    calendar_format(report->deadline, deadline);
    JsonWriter w = json_writer(out);
    json_open(&w, NULL, '{');
    json_text(&w, "from", from);
    json_text(&w, "until", until);
    json_text(&w, "deadline", deadline);
    json_text(&w, "regulation", regulation_text(report->regulation, REGULATION_ID));
    json_text(&w, "unit", report->asked == NULL ? NULL : report->asked->name);
    write_figures(&w, report, &report->all);
    json_open(&w, "units", '[');
    for (guint i = 0; i < report->units->len; i++)
        write_unit(&w, report, report->units->pdata[i]);
    json_close(&w, ']');
    json_close(&w, '}');
}
