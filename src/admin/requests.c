/* Requests of units: filed by their focal points, decided by the Centre [Điều 4]. */
#include "admin/view.h"
#include "casework/request_letter.h"

#include <string.h>

/* The content is read before it is known who asks, so it is held smaller than a file from the
 * command line may be: base64 of 1 MiB, and the other fields. */
enum { FILE_CONTENT_MAXIMUM = (1024 * 1024) / 3 * 4 + 64 * 1024 };

#define DOCX "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

static const AdminField list_query[] = {
    {"unit", FIELD_TEXT, FALSE, "Chỉ của đơn vị này và các đơn vị trực thuộc"},
    {"open", FIELD_TEXT, FALSE, "true: chỉ đề nghị chưa trả lời"},
    {"overdue", FIELD_TEXT, FALSE, "true: chỉ đề nghị quá hạn"},
    {NULL},
};
static const AdminField new_fields[] = {
    {"unit", FIELD_TEXT, TRUE, "Đơn vị gửi (đầu mối tổng hợp)"},
    {"file", FIELD_TEXT, TRUE, "Tệp .docx, .xlsx hoặc CSV theo biểu mẫu, mã hóa base64"},
    {"number", FIELD_TEXT, FALSE, "Số, ký hiệu văn bản; không ghi: đọc từ tệp"},
    {"date", FIELD_TEXT, FALSE, "Ngày văn bản; không ghi: đọc từ tệp"},
    {"signer", FIELD_TEXT, FALSE, "Người ký; không ghi: đọc từ tệp"},
    {"signer_title", FIELD_TEXT, FALSE, "Chức vụ người ký; không ghi: đọc từ tệp"},
    {"received", FIELD_INTEGER, FALSE, "Tiếp nhận lúc, micro giây Unix; không ghi: bây giờ"},
    {"check", FIELD_FLAG, FALSE, "true: chỉ kiểm tra, không ghi gì"},
    {"draft", FIELD_FLAG, FALSE, "true: chưa có văn bản, chưa tính thời hạn"},
    {NULL},
};
static const AdminField document_fields[] = {
    {"number", FIELD_TEXT, TRUE, "Số, ký hiệu văn bản"},
    {"date", FIELD_TEXT, TRUE, "Ngày văn bản"},
    {"signer", FIELD_TEXT, TRUE, "Người ký"},
    {"signer_title", FIELD_TEXT, TRUE, "Chức vụ người ký"},
    {"received", FIELD_INTEGER, FALSE, "Tiếp nhận lúc, micro giây Unix; không ghi: bây giờ"},
    {"file", FIELD_TEXT, FALSE, "Văn bản đã ký (tệp bất kỳ), mã hóa base64"},
    {NULL},
};
static const AdminField approve_fields[] = {
    {"lines", FIELD_INTEGERS, FALSE, "Các mục; không ghi: mọi mục chưa xử lý"},
    {"return_wrong", FIELD_FLAG, FALSE, "true: trả lại các mục không thực hiện được, kèm lý do"},
    {NULL},
};
static const AdminField return_fields[] = {
    {"lines", FIELD_INTEGERS, FALSE, "Các mục; không ghi: mọi mục chưa xử lý"},
    {"reason", FIELD_TEXT, TRUE, "Lý do"},
    {NULL},
};
static const AdminField form_query[] = {
    {"unit", FIELD_TEXT, FALSE, "Ghi tên đơn vị này vào biểu mẫu"},
    {NULL},
};
static const AdminField letter_query[] = {
    {"number", FIELD_TEXT, FALSE, "Số văn bản trả lời; không ghi: để trống"},
    {"sign", FIELD_TEXT, FALSE, "Ký hiệu văn bản"},
    {"date", FIELD_TEXT, FALSE, "Ngày văn bản; không ghi: để trống"},
    {"signer", FIELD_TEXT, FALSE, "Người ký; không ghi: để trống"},
    {NULL},
};
static const AdminField reply_fields[] = {
    {"number", FIELD_TEXT, TRUE, "Số, ký hiệu văn bản trả lời"},
    {"date", FIELD_TEXT, TRUE, "Ngày văn bản trả lời"},
    {NULL},
};

static Regulation *regulation_of(const AdminCall *call) {
    return call->service->regulation(call->service->data);
}

/* ---- Reading ---- */

static gboolean is_true(const AdminCall *call, const char *name) {
    return g_strcmp0(admin_query(call, name), "true") == 0;
}

static gboolean write_request(const Request *request, gpointer data) {
    admin_write_request(data, request);
    return TRUE;
}

static gboolean list(AdminCall *call, GError **error) {
    const char *key = admin_query(call, "unit");
    RequestFilter filter = {.open = is_true(call, "open"), .overdue = is_true(call, "overdue")};
    g_autoptr(Regulation) regulation = regulation_of(call);
    if (key != NULL) {
        g_autoptr(DirectoryUnit) unit = directory_unit_find(call->service->directory, key, error);
        if (unit == NULL)
            return FALSE;
        filter.unit = unit->id;
    }
    if (!admin_may(call, filter.unit, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!request_each(call->service->directory, regulation, &filter, write_request, &call->w,
                      error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static Request *request_of_path(AdminCall *call, GError **error) {
    const char *said = http_path_value(call->http, 0);
    guint64 id = 0;
    if (!bytes_parse_u64(bytes_of_string(said), &id) || id > G_MAXINT64) {
        cv_fail(error, CV_ERROR_NOT_FOUND, "không có đề nghị \"%s\"; there is no such request",
                said);
        return NULL;
    }
    g_autoptr(Regulation) regulation = regulation_of(call);
    g_autoptr(Request) request =
        request_find(call->service->directory, regulation, (gint64)id, error);
    if (request == NULL || !admin_may(call, request->unit, error))
        return NULL;
    return g_steal_pointer(&request);
}

static gboolean show(AdminCall *call, GError **error) {
    g_autoptr(Request) request = request_of_path(call, error);
    return request != NULL && write_request(request, &call->w);
}

static void write_lines(AdminCall *call, const GPtrArray *lines) {
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < lines->len; i++)
        admin_write_request_line(&call->w, lines->pdata[i]);
    json_close(&call->w, ']');
}

static gboolean write_lines_of(AdminCall *call, gint64 id, GError **error) {
    g_autoptr(GPtrArray) lines = request_lines(call->service->directory, id, error);
    if (lines == NULL)
        return FALSE;
    write_lines(call, lines);
    return TRUE;
}

static gboolean show_lines(AdminCall *call, GError **error) {
    g_autoptr(Request) request = request_of_path(call, error);
    return request != NULL && write_lines_of(call, request->id, error);
}

/* ---- Filing [Điều 4.2.a] ---- */

static gboolean file_request(AdminCall *call, GError **error) {
    RequestDocument document = {
        .unit = admin_text(call, "unit"),
        .number = admin_text(call, "number"),
        .dated = admin_text(call, "date"),
        .signer = admin_text(call, "signer"),
        .signer_title = admin_text(call, "signer_title"),
        .received = admin_integer(call, "received"),
        .check = json_is_true(json_object_get(call->content, "check")),
        .draft = json_is_true(json_object_get(call->content, "draft")),
    };
    g_autoptr(DirectoryUnit) unit =
        directory_unit_find(call->service->directory, document.unit, error);
    if (unit == NULL || !admin_may(call, unit->id, error))
        return FALSE;
    gsize n = 0;
    g_autofree guint8 *file = auth_base64_decode(bytes_of_string(admin_text(call, "file")), &n);
    if (file == NULL)
        return cv_fail(error, CV_ERROR_INPUT, "\"file\" không phải base64; it is no base64");
    g_autoptr(Regulation) regulation = regulation_of(call);
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(Request) request =
        request_import(call->service->directory, regulation, bytes_of(file, n), &document,
                       &call->act, &lines, error);
    if (request == NULL)
        return FALSE;
    admin_write_request(&call->w, request);
    return TRUE;
}

static gboolean take_document(AdminCall *call, GError **error) {
    RequestDocument document = {
        .number = admin_text(call, "number"),
        .dated = admin_text(call, "date"),
        .signer = admin_text(call, "signer"),
        .signer_title = admin_text(call, "signer_title"),
        .received = admin_integer(call, "received"),
    };
    const char *said = admin_text(call, "file");
    g_autoptr(Request) request = request_of_path(call, error);
    g_autoptr(Regulation) regulation = regulation_of(call);
    gsize n = 0;
    g_autofree guint8 *file = said == NULL ? NULL : auth_base64_decode(bytes_of_string(said), &n);
    if (request == NULL)
        return FALSE;
    if (said != NULL && file == NULL)
        return cv_fail(error, CV_ERROR_INPUT, "\"file\" không phải base64; it is no base64");
    if (!request_arrive(call->service->directory, regulation, request->id, bytes_of(file, n),
                        &document, &call->act, error))
        return FALSE;
    g_autoptr(Request) now = request_find(call->service->directory, regulation, request->id, error);
    return now != NULL && write_request(now, &call->w);
}

/* ---- Deciding [Điều 4.1, 4.2.b] ---- */

static gboolean take_choice(const AdminCall *call, GArray *numbers, RequestChoice *choice,
                            GError **error) {
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(call->content, "lines"), i, value) {
        gint64 line = json_integer_value(value);
        guint number = (guint)line;
        if (line < 1 || line > REQUEST_LINES_MAXIMUM)
            return cv_fail(error, CV_ERROR_INPUT,
                           "\"lines\": không có mục %" G_GINT64_FORMAT "; there is no such line",
                           line);
        g_array_append_val(numbers, number);
    }
    *choice = (RequestChoice){(const guint *)(gpointer)numbers->data, numbers->len,
                              json_is_true(json_object_get(call->content, "return_wrong"))};
    return TRUE;
}

static gboolean approve(AdminCall *call, GError **error) {
    g_autoptr(Request) request = request_of_path(call, error);
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(Regulation) regulation = regulation_of(call);
    RequestChoice choice;
    if (request == NULL || !take_choice(call, numbers, &choice, error))
        return FALSE;
    gboolean ok = request_approve(call->service->directory, regulation, request->id, &choice,
                                  &call->act, error);
    /* Lines may be done though others were not. */
    return admin_changed(call, ok ? error : NULL) && ok && write_lines_of(call, request->id, error);
}

static gboolean give_back(AdminCall *call, GError **error) {
    g_autoptr(Request) request = request_of_path(call, error);
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(Regulation) regulation = regulation_of(call);
    RequestChoice choice;
    return request != NULL && take_choice(call, numbers, &choice, error) &&
           request_reject(call->service->directory, regulation, request->id, &choice,
                          admin_text(call, "reason"), &call->act, error) &&
           write_lines_of(call, request->id, error);
}

static gboolean letter(AdminCall *call, GError **error) {
    LetterHead head = {.number = admin_query(call, "number"),
                       .sign = admin_query(call, "sign"),
                       .day = CALENDAR_NONE};
    LetterSigner signer = {.name = admin_query(call, "signer")};
    const char *date = admin_query(call, "date");
    g_autoptr(Request) request = request_of_path(call, error);
    g_autoptr(Regulation) regulation = regulation_of(call);
    if (request == NULL)
        return FALSE;
    if (date != NULL && !calendar_parse(bytes_of_string(date), &head.day))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"date\": \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it is no "
                       "date as YYYY-MM-DD",
                       date);
    g_autoptr(GBytes) file =
        request_letter(call->service->directory, regulation, request->id, &head, &signer, error);
    if (file == NULL)
        return FALSE;
    g_autofree char *name = g_strdup_printf("tra-loi-%" G_GINT64_FORMAT ".docx", request->id);
    admin_write_file(&call->w, name, DOCX, file);
    return TRUE;
}

static gboolean reply(AdminCall *call, GError **error) {
    g_autoptr(Request) request = request_of_path(call, error);
    g_autoptr(Regulation) regulation = regulation_of(call);
    if (request == NULL ||
        !request_reply(call->service->directory, request->id, admin_text(call, "number"),
                       admin_text(call, "date"), &call->act, error))
        return FALSE;
    g_autoptr(Request) now = request_find(call->service->directory, regulation, request->id, error);
    return now != NULL && write_request(now, &call->w);
}

static gboolean blank_form(AdminCall *call, GError **error) {
    const char *which = http_path_value(call->http, 0), *key = admin_query(call, "unit");
    g_autoptr(Regulation) regulation = regulation_of(call);
    g_autoptr(DirectoryUnit) unit =
        key == NULL ? NULL : directory_unit_find(call->service->directory, key, error);
    if (key != NULL && unit == NULL)
        return FALSE;
    if (!g_str_equal(which, "1") && !g_str_equal(which, "2"))
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "chỉ có biểu mẫu 1 và 2 (Phụ lục 2); there are forms 1 and 2");
    g_autoptr(GBytes) file = request_form_blank(
        regulation, g_str_equal(which, "1") ? REQUEST_FORM_FIRST : REQUEST_FORM_SECOND,
        unit == NULL ? NULL : unit->name, error);
    g_autofree char *name = g_strdup_printf("bieu-mau-%s.docx", which);
    if (file == NULL)
        return FALSE;
    admin_write_file(&call->w, name, DOCX, file);
    return TRUE;
}

const AdminOperation admin_requests[] = {
    {HTTP_GET, "/request-forms/{form}", "Biểu mẫu 1 hoặc 2 của Phụ lục 2 để điền (docx)",
     "Điều 4.2.a", ACTION_REQUEST_FILE, form_query, NULL, &admin_view_file, FALSE, blank_form, 0},
    {HTTP_GET, "/requests", "Đề nghị của các đơn vị, gấp nhất trước", "Điều 4.2.b",
     ACTION_REQUEST_READ, list_query, NULL, &admin_view_request, TRUE, list, 0},
    {HTTP_POST, "/requests", "Gửi văn bản đề nghị kèm danh sách theo biểu mẫu Phụ lục 2",
     "Điều 4.2.a", ACTION_REQUEST_FILE, NULL, new_fields, &admin_view_request, FALSE, file_request,
     FILE_CONTENT_MAXIMUM},
    {HTTP_GET, "/requests/{id}", "Một đề nghị", NULL, ACTION_REQUEST_READ, NULL, NULL,
     &admin_view_request, FALSE, show, 0},
    {HTTP_GET, "/requests/{id}/lines", "Các mục của một đề nghị", NULL, ACTION_REQUEST_READ, NULL,
     NULL, &admin_view_request_line, TRUE, show_lines, 0},
    {HTTP_PUT, "/requests/{id}/document", "Văn bản của đề nghị đã nhập trước khi có văn bản",
     "Điều 4.2.a", ACTION_REQUEST_FILE, NULL, document_fields, &admin_view_request, FALSE,
     take_document, FILE_CONTENT_MAXIMUM},
    {HTTP_POST, "/requests/{id}/approvals", "Thực hiện các mục", "Điều 4.1", ACTION_REQUEST_DECIDE,
     NULL, approve_fields, &admin_view_request_line, TRUE, approve, 0},
    {HTTP_POST, "/requests/{id}/returns", "Trả lại các mục kèm lý do", "Điều 4.2.b",
     ACTION_REQUEST_DECIDE, NULL, return_fields, &admin_view_request_line, TRUE, give_back, 0},
    {HTTP_GET, "/requests/{id}/letter", "Văn bản trả lời (docx), để lấy số và ký", "Điều 4.2.b",
     ACTION_REQUEST_DECIDE, letter_query, NULL, &admin_view_file, FALSE, letter, 0},
    {HTTP_PUT, "/requests/{id}/reply", "Ghi nhận văn bản trả lời; kết thúc đề nghị", "Điều 4.2.b",
     ACTION_REQUEST_DECIDE, NULL, reply_fields, &admin_view_request, FALSE, reply, 0},
    {0},
};
