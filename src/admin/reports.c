/* The yearly report and the public directory [Điều 11.1, 11.2]: figures by unit, the documents, who
 * has sent theirs. */
#include "admin/view.h"

#include "base/clock.h"
#include "casework/report.h"
#include "directory/publication.h"

static const AdminField period_query[] = {
    {"unit", FIELD_TEXT, FALSE,
     "Chỉ đơn vị này và các đơn vị trực thuộc; không ghi: toàn hệ thống"},
    {"year", FIELD_INTEGER, FALSE, "Báo cáo của năm nào; không ghi: kỳ báo cáo tới"},
    {NULL},
};
static const AdminField document_query[] = {
    {"unit", FIELD_TEXT, FALSE,
     "Chỉ đơn vị này và các đơn vị trực thuộc; không ghi: toàn hệ thống"},
    {"year", FIELD_INTEGER, FALSE, "Báo cáo của năm nào; không ghi: kỳ báo cáo tới"},
    {"format", FIELD_TEXT, FALSE, "docx (không ghi: docx), xlsx hoặc csv"},
    {NULL},
};
static const AdminField sent_fields[] = {
    {"number", FIELD_TEXT, TRUE, "Số, ký hiệu báo cáo của đơn vị"},
    {"date", FIELD_TEXT, TRUE, "Ngày báo cáo, NĂM-THÁNG-NGÀY"},
    {NULL},
};

static const AdminField figure_fields[] = {
    {"address", FIELD_TEXT, FALSE, "Địa chỉ của đơn vị; null: toàn hệ thống"},
    {"name", FIELD_TEXT, TRUE, "Cơ quan, đơn vị"},
    {"from", FIELD_TEXT, TRUE, "Ngày đầu kỳ báo cáo"},
    {"until", FIELD_TEXT, TRUE, "Ngày cuối kỳ báo cáo"},
    {"deadline", FIELD_TEXT, TRUE, "Hạn gửi: hết ngày này"},
    {"staff", FIELD_INTEGER, TRUE, "Số cán bộ, công chức, viên chức và người lao động"},
    {"holders", FIELD_INTEGER, TRUE, "Trong đó số người đã được cấp tài khoản"},
    {"officials", FIELD_INTEGER, TRUE, "Số cán bộ, công chức, viên chức"},
    {"regular", FIELD_INTEGER, FALSE, "Số người thường xuyên sử dụng; null: chưa có số liệu"},
    {"locked", FIELD_INTEGER, TRUE, "Số tài khoản đang tạm khóa"},
    {"used", FIELD_INTEGER, TRUE, "Dung lượng đã sử dụng, byte"},
    {"requests", FIELD_INTEGER, TRUE, "Số đề nghị đã tiếp nhận trong kỳ"},
    {"incidents", FIELD_INTEGER, FALSE, "Số sự cố trong kỳ; null: chưa có số liệu"},
    {"signups", FIELD_INTEGER, TRUE, "Số tài khoản nhận thư xác nhận đăng ký dịch vụ khác"},
    {"directory_published", FIELD_FLAG, TRUE, "Đã công khai danh bạ"},
    {"sent_number", FIELD_TEXT, FALSE, "Số, ký hiệu báo cáo đã gửi; null: chưa gửi"},
    {"sent_date", FIELD_TEXT, FALSE, "Ngày báo cáo đã gửi"},
    {"late", FIELD_FLAG, TRUE, "Quá hạn mà chưa gửi"},
    {NULL},
};
static const AdminView view_figures = {"ReportFigures", figure_fields};

static const AdminField sent_view_fields[] = {
    {"unit", FIELD_TEXT, TRUE, "Đơn vị"},
    {"year", FIELD_INTEGER, TRUE, "Năm báo cáo"},
    {"number", FIELD_TEXT, TRUE, "Số, ký hiệu"},
    {"date", FIELD_TEXT, TRUE, "Ngày"},
    {NULL},
};
static const AdminView view_sent = {"ReportSent", sent_view_fields};

/* ---- Making ---- */

static CalendarDay today(void) {
    return calendar_day_of(clock_now());
}

/* The report asked for, of the unit that the caller may see. regulation must outlive it. */
static Report *make(AdminCall *call, const Regulation *regulation, const char *unit,
                    GError **error) {
    gint64 year;
    gint64 next = report_next_year(regulation, today());
    if (!admin_query_number(call, "year", 2000, 2199, next, &year, error))
        return NULL;
    Directory *directory = call->service->directory;
    g_autoptr(DirectoryUnit) of = unit == NULL ? NULL : directory_unit_find(directory, unit, error);
    if ((unit != NULL && of == NULL) || !admin_may(call, of == NULL ? 0 : of->id, error))
        return NULL;
    CalendarDay from, until;
    report_period(regulation, year, &from, &until);
    return report_make(directory, store_db(call->service->store), regulation, unit, from, until,
                       error);
}

static void known(JsonWriter *w, const char *key, gint64 value, gboolean is) {
    if (is)
        json_int(w, key, value);
    else
        json_put_null(w, key);
}

static void write_figures(JsonWriter *w, const Report *report, const ReportUnit *unit,
                          const ReportFigures *f) {
    char day[11];
    g_autofree char *address =
        unit == NULL ? NULL : g_strdup_printf("%s@%s", unit->address, report->domain);
    gint64 requests = 0;
    for (guint kind = 0; kind < REPORT_KINDS; kind++)
        requests += f->requests[kind];
    json_open(w, NULL, '{');
    json_text(w, "address", address);
    json_text(w, "name", unit == NULL ? "Toàn hệ thống" : unit->name);
    calendar_format(report->from, day);
    json_text(w, "from", day);
    calendar_format(report->until, day);
    json_text(w, "until", day);
    calendar_format(report->deadline, day);
    json_text(w, "deadline", day);
    json_int(w, "staff", f->staff);
    json_int(w, "holders", f->holders);
    json_int(w, "officials", f->officials);
    known(w, "regular", f->regular, f->judged > 0);
    json_int(w, "locked", f->locked);
    json_int(w, "used", f->used);
    json_int(w, "requests", requests);
    known(w, "incidents", f->incidents, report->has_incidents);
    json_int(w, "signups", f->signups);
    json_bool(w, "directory_published", unit != NULL && unit->published != 0);
    json_text(w, "sent_number", unit == NULL ? NULL : unit->sent_number);
    json_text(w, "sent_date", unit == NULL ? NULL : unit->sent_dated);
    json_bool(w, "late",
              unit != NULL && unit->reports && unit->sent_number == NULL &&
                  today() > report->deadline);
    json_close(w, '}');
}

static gboolean annual(AdminCall *call, GError **error) {
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    g_autoptr(Report) report = make(call, regulation, admin_query(call, "unit"), error);
    if (report == NULL)
        return FALSE;
    write_figures(&call->w, report, report->asked, &report->all);
    return TRUE;
}

static gboolean list(AdminCall *call, GError **error) {
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    g_autoptr(Report) report = make(call, regulation, admin_query(call, "unit"), error);
    if (report == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        if (unit->reports)
            write_figures(&call->w, report, unit, &unit->figures);
    }
    json_close(&call->w, ']');
    return TRUE;
}

/* ---- Documents ---- */

static const struct {
    const char *name, *type;
} formats[] = {
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"csv", "text/csv; charset=utf-8"},
};

static gboolean take_format(const AdminCall *call, guint *format, GError **error) {
    const char *said = admin_query(call, "format");
    for (*format = 0; *format < G_N_ELEMENTS(formats); (*format)++)
        if (g_str_equal(said == NULL ? "docx" : said, formats[*format].name))
            return TRUE;
    return cv_fail(error, CV_ERROR_INPUT,
                   "\"format\" là docx, xlsx hoặc csv; it is one of docx, xlsx, csv");
}

static gboolean document(AdminCall *call, GError **error) {
    guint format;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    if (!take_format(call, &format, error))
        return FALSE;
    g_autoptr(Report) report = make(call, regulation, admin_query(call, "unit"), error);
    if (report == NULL)
        return FALSE;
    LetterHead head;
    LetterSigner signer;
    report_heading(report, &head, &signer);
    g_autoptr(GBytes) file = format == 0   ? report_docx(report, &head, &signer, error)
                             : format == 1 ? report_xlsx(report, error)
                                           : report_csv(report);
    if (file == NULL)
        return FALSE;
    g_autofree char *name = g_strdup_printf(
        "bao-cao-%" G_GINT64_FORMAT "-%s.%s", report->year,
        report->asked == NULL ? "toan-he-thong" : report->asked->address, formats[format].name);
    admin_write_file(&call->w, name, formats[format].type, file);
    return TRUE;
}

/* ---- Who has sent theirs ---- */

static gboolean put_sent(AdminCall *call, GError **error) {
    Directory *directory = call->service->directory;
    const char *date = admin_text(call, "date"), *said = http_path_value(call->http, 1);
    guint64 year = 0;
    CalendarDay day;
    g_autoptr(DirectoryUnit) unit =
        directory_unit_find(directory, http_path_value(call->http, 0), error);
    if (unit == NULL || !admin_may(call, 0, error))
        return FALSE;
    if (!bytes_parse_u64(bytes_of_string(said), &year) || year > 2199)
        return cv_fail(error, CV_ERROR_INPUT, "năm \"%s\" không hợp lệ; it is no year", said);
    if (!calendar_parse(bytes_of_string(date), &day))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"date\": \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it is no "
                       "date as YYYY-MM-DD",
                       date);
    g_autofree char *key = g_strdup_printf("#%" G_GINT64_FORMAT, unit->id);
    if (!directory_report_sent(directory, key, (gint64)year, admin_text(call, "number"), date,
                               &call->act, error))
        return FALSE;
    json_open(&call->w, NULL, '{');
    json_text(&call->w, "unit", unit->name);
    json_int(&call->w, "year", (gint64)year);
    json_text(&call->w, "number", admin_text(call, "number"));
    json_text(&call->w, "date", date);
    json_close(&call->w, '}');
    return TRUE;
}

const AdminOperation admin_reports[] = {
    {HTTP_GET, "/reports", "Số liệu báo cáo của từng đơn vị gửi báo cáo; ai đã gửi, ai chưa",
     "Điều 11.2", ACTION_REPORT_READ, period_query, NULL, &view_figures, TRUE, list, 0},
    {HTTP_GET, "/reports/annual", "Số liệu báo cáo của một đơn vị hoặc toàn hệ thống", "Điều 11.2",
     ACTION_REPORT_READ, period_query, NULL, &view_figures, FALSE, annual, 0},
    {HTTP_GET, "/reports/annual/document",
     "Báo cáo theo Phụ lục 1 (docx), bảng số liệu (xlsx, csv)", "Điều 11.2", ACTION_REPORT_READ,
     document_query, NULL, &admin_view_file, FALSE, document, 0},
    {HTTP_PUT, "/reports/{unit}/{year}", "Ghi nhận báo cáo mà đơn vị đã gửi", "Điều 11.2",
     ACTION_REPORT_RECORD, NULL, sent_fields, &view_sent, FALSE, put_sent, 0},
    {0},
};
