/* What the Centre does with a case: open, take, measure, letter, close, hand over
 * [Điều 4.2.c, 11.5, 12.3, 13.2]. */
#include "admin/incident.h"

#define DOCX "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

const AdminField admin_incident_new_fields[] = {
    {"kind", FIELD_TEXT, TRUE, "Loại, theo tệp quy chế"},
    {"what", FIELD_TEXT, TRUE, "Nội dung, một dòng"},
    {"account", FIELD_TEXT, FALSE, "Địa chỉ tài khoản liên quan"},
    {"unit", FIELD_TEXT, FALSE, "Đơn vị, khi không có tài khoản liên quan"},
    {"happened", FIELD_INTEGER, FALSE, "Xảy ra lúc, micro giây Unix; không ghi: bây giờ"},
    {NULL},
};
static const AdminField take_fields[] = {
    {"kind", FIELD_TEXT, FALSE, "Loại đúng của hồ sơ"},
    {"account", FIELD_TEXT, FALSE, "Địa chỉ tài khoản liên quan"},
    {"reason", FIELD_TEXT, FALSE, "Lý do mở lại hồ sơ đã kết thúc"},
    {NULL},
};
static const AdminField measure_fields[] = {
    {"measure", FIELD_TEXT, TRUE,
     "warning, lock (khóa ngay tài khoản), password, mail, discipline, other"},
    {"text", FIELD_TEXT, FALSE, "Nội dung, một dòng; cần, trừ khi khóa"},
    {"account", FIELD_TEXT, FALSE, "Địa chỉ tài khoản; không ghi: của hồ sơ"},
    {"article", FIELD_TEXT, FALSE, "Căn cứ: 8.3; không ghi: theo loại"},
    {"law", FIELD_TEXT, FALSE, "Khi khóa: văn bản pháp luật khác, ghi đầy đủ"},
    {"decided_by", FIELD_TEXT, FALSE, "Người quyết định, chức vụ"},
    {"document", FIELD_TEXT, FALSE, "Số, ngày văn bản"},
    {NULL},
};
static const AdminField close_fields[] = {
    {"result", FIELD_TEXT, TRUE, "violation, no-blame hoặc unfounded"},
    {"why", FIELD_TEXT, TRUE, "Kết luận, một dòng"},
    {NULL},
};
static const AdminField letter_query[] = {
    {"number", FIELD_TEXT, FALSE, "Số văn bản; không ghi: để trống"},
    {"sign", FIELD_TEXT, FALSE, "Ký hiệu văn bản"},
    {"date", FIELD_TEXT, FALSE, "Ngày văn bản; không ghi: để trống"},
    {"signer", FIELD_TEXT, FALSE, "Người ký; không ghi: để trống"},
    {"answer", FIELD_TEXT, FALSE, "Đề nghị trả lời trước khi hết ngày này"},
    {NULL},
};
static const AdminField sent_fields[] = {
    {"number", FIELD_TEXT, TRUE, "Số, ký hiệu văn bản đã gửi"},
    {"date", FIELD_TEXT, TRUE, "Ngày văn bản"},
    {NULL},
};
static const AdminField export_fields[] = {
    {"document", FIELD_TEXT, TRUE, "Số, ngày văn bản yêu cầu"},
    {"receiver", FIELD_TEXT, TRUE, "Cơ quan nhận hồ sơ"},
    {NULL},
};

/* Acts on a case are recorded under the article, or under the document that they rest on. */
static AuditAct act_of(const AdminCall *call, const char *ground) {
    return (AuditAct){call->who, ground == NULL || *ground == '\0' ? "Điều 12.3" : ground};
}

static gboolean take_day(const char *name, const char *said, CalendarDay *day, GError **error) {
    *day = CALENDAR_NONE;
    return said == NULL || calendar_parse(bytes_of_string(said), day) ||
           cv_fail(error, CV_ERROR_INPUT,
                   "\"%s\": \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it is no date "
                   "as YYYY-MM-DD",
                   name, said);
}

gboolean admin_incident_open(AdminCall *call, GError **error) {
    const NewIncident new = {.kind = admin_text(call, "kind"),
                             .what = admin_text(call, "what"),
                             .account = admin_text(call, "account"),
                             .unit = admin_text(call, "unit"),
                             .happened = admin_integer(call, "happened"),
                             .source = INCIDENT_OPERATOR};
    const AuditAct act = act_of(call, NULL);
    g_autoptr(Regulation) regulation = admin_regulation(call);
    if (!admin_may(call, 0, error))
        return FALSE;
    g_autoptr(Incident) incident =
        incident_report(call->service->directory, regulation, &new, &act, error);
    if (incident == NULL)
        return FALSE;
    incident_write(&call->w, incident);
    return TRUE;
}

static gboolean take(AdminCall *call, GError **error) {
    const IncidentTake how = {admin_text(call, "kind"), admin_text(call, "account"),
                              admin_text(call, "reason")};
    const AuditAct act = act_of(call, NULL);
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    return incident != NULL &&
           incident_take(call->service->directory, regulation, incident->id, &how, &act, error) &&
           admin_incident_answer(call, regulation, incident->id, error);
}

static gboolean measure(AdminCall *call, GError **error) {
    const char *said = admin_text(call, "measure");
    NewMeasure new = {.text = admin_text(call, "text"),
                      .account = admin_text(call, "account"),
                      .article = admin_text(call, "article"),
                      .law = admin_text(call, "law"),
                      .decided_by = admin_text(call, "decided_by"),
                      .document = admin_text(call, "document")};
    const AuditAct act = {call->who, new.document == NULL ? "" : new.document};
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    if (incident == NULL)
        return FALSE;
    if (!incident_measure_find(said, &new.kind))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"measure\" là warning, lock, password, mail, discipline hoặc other; it is "
                       "one of them");
    return incident_measure(call->service->directory, regulation, incident->id, &new, &act,
                            error) &&
           admin_changed(call, error) &&
           admin_incident_answer(call, regulation, incident->id, error);
}

static gboolean end(AdminCall *call, GError **error) {
    IncidentResult result;
    const AuditAct act = act_of(call, NULL);
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    if (incident == NULL)
        return FALSE;
    if (!incident_result_find(admin_text(call, "result"), &result))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"result\" là violation, no-blame hoặc unfounded; it is one of them");
    return incident_close(call->service->directory, incident->id, result, admin_text(call, "why"),
                          &act, error) &&
           admin_incident_answer(call, regulation, incident->id, error);
}

static gboolean letter(AdminCall *call, GError **error) {
    IncidentLetter facts = {
        .head = {.number = admin_query(call, "number"), .sign = admin_query(call, "sign")},
        .signer = {.name = admin_query(call, "signer")}};
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    if (incident == NULL || !take_day("date", admin_query(call, "date"), &facts.head.day, error) ||
        !take_day("answer", admin_query(call, "answer"), &facts.answer, error))
        return FALSE;
    g_autoptr(GBytes) file =
        incident_letter(call->service->directory, regulation, incident->id, &facts, error);
    if (file == NULL)
        return FALSE;
    g_autofree char *name = g_strdup_printf("thong-bao-%s.docx", incident->name);
    admin_write_file(&call->w, name, DOCX, file);
    return TRUE;
}

static gboolean put_letter(AdminCall *call, GError **error) {
    CalendarDay day;
    const AuditAct act = act_of(call, NULL);
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    return incident != NULL && take_day("date", admin_text(call, "date"), &day, error) &&
           incident_letter_sent(call->service->directory, incident->id, admin_text(call, "number"),
                                day, &act, error) &&
           admin_incident_answer(call, regulation, incident->id, error);
}

static gboolean hand_over(AdminCall *call, GError **error) {
    const char *document = admin_text(call, "document");
    const AuditAct act = act_of(call, document);
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    if (incident == NULL)
        return FALSE;
    g_autoptr(GBytes) file =
        incident_export(call->service->directory, call->service->store, regulation, incident->id,
                        document, admin_text(call, "receiver"), &act, error);
    if (file == NULL)
        return FALSE;
    g_autofree char *name = g_strdup_printf("ho-so-%s.zip", incident->name);
    admin_write_file(&call->w, name, "application/zip", file);
    return TRUE;
}

const AdminOperation admin_incident_acts[] = {
    {HTTP_PUT, "/incidents/{id}/handler", "Nhận xử lý; mở lại hồ sơ đã kết thúc", "Điều 12.3",
     ACTION_INCIDENT_HANDLE, NULL, take_fields, &admin_view_incident, FALSE, take, 0},
    {HTTP_POST, "/incidents/{id}/measures",
     "Ghi biện pháp và người quyết định; khóa tài khoản ngay", "Điều 4.2.c", ACTION_INCIDENT_HANDLE,
     NULL, measure_fields, &admin_view_incident, FALSE, measure, 0},
    {HTTP_PUT, "/incidents/{id}/result", "Kết thúc hồ sơ", "Điều 13.2", ACTION_INCIDENT_HANDLE,
     NULL, close_fields, &admin_view_incident, FALSE, end, 0},
    {HTTP_GET, "/incidents/{id}/letter", "Văn bản gửi đơn vị (docx), để lấy số và ký", "Điều 12.3",
     ACTION_INCIDENT_HANDLE, letter_query, NULL, &admin_view_file, FALSE, letter, 0},
    {HTTP_PUT, "/incidents/{id}/letter", "Ghi nhận văn bản đã gửi đơn vị", "Điều 12.3",
     ACTION_INCIDENT_HANDLE, NULL, sent_fields, &admin_view_incident, FALSE, put_letter, 0},
    {HTTP_POST, "/incidents/{id}/exports",
     "Hồ sơ và chứng cứ thành một tệp nén có mục lục và mã kiểm tra, để bàn giao", "Điều 11.5",
     ACTION_INCIDENT_EXPORT, NULL, export_fields, &admin_view_file, FALSE, hand_over, 0},
    {0},
};
