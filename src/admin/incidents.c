/* Cases of forbidden acts and incidents, read and reported [Điều 8, 12.3]. Anybody may report, also
 * a message of the own mailbox; the Centre and the department see all cases, a head those of the
 * own unit. */
#include "admin/incident.h"

#include "admin/suspect.h"
#include "base/clock.h"
#include "directory/unit.h"

static const AdminField incident_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số hồ sơ trong hệ thống"},
    {"name", FIELD_TEXT, TRUE, "Tên hồ sơ: SC-12"},
    {"kind", FIELD_TEXT, TRUE, "Loại, theo tệp quy chế: spam, virus …"},
    {"kind_text", FIELD_TEXT, TRUE, "Loại"},
    {"article", FIELD_TEXT, FALSE, "Điều khoản liên quan"},
    {"state", FIELD_TEXT, TRUE, "new, taken, measured, closed"},
    {"state_text", FIELD_TEXT, TRUE, "Trạng thái"},
    {"source", FIELD_TEXT, TRUE, "mail, interface, operator, system"},
    {"opened", FIELD_INTEGER, TRUE, "Lập lúc, micro giây Unix"},
    {"happened", FIELD_INTEGER, TRUE, "Xảy ra lúc"},
    {"address", FIELD_TEXT, FALSE, "Tài khoản liên quan"},
    {"person", FIELD_TEXT, FALSE, "Người sử dụng tài khoản đó"},
    {"unit", FIELD_TEXT, FALSE, "Đơn vị: phần tên của địa chỉ"},
    {"unit_name", FIELD_TEXT, FALSE, "Tên đơn vị"},
    {"reporter", FIELD_TEXT, FALSE, "Người báo cáo"},
    {"reporter_name", FIELD_TEXT, FALSE, "Họ và tên người báo cáo"},
    {"what", FIELD_TEXT, TRUE, "Nội dung"},
    {"message_id", FIELD_TEXT, FALSE, "Message-ID của thư bị báo cáo"},
    {"handler", FIELD_TEXT, FALSE, "Người xử lý"},
    {"handled", FIELD_INTEGER, FALSE, "Nhận xử lý lúc"},
    {"result", FIELD_TEXT, FALSE, "violation, no-blame, unfounded; null: chưa kết luận"},
    {"closed", FIELD_INTEGER, FALSE, "Kết thúc lúc"},
    {"closed_by", FIELD_TEXT, FALSE, "Ai kết thúc"},
    {"closed_why", FIELD_TEXT, FALSE, "Kết luận"},
    {"letter_number", FIELD_TEXT, FALSE, "Số văn bản đã gửi đơn vị"},
    {"letter_date", FIELD_TEXT, FALSE, "Ngày văn bản đã gửi đơn vị"},
    {"events", FIELD_INTEGER, TRUE, "Số sự kiện"},
    {"evidence", FIELD_INTEGER, TRUE, "Số chứng cứ"},
    {"measures", FIELD_INTEGER, TRUE, "Số biện pháp"},
    {NULL},
};
const AdminView admin_view_incident = {"Incident", incident_fields};

static const AdminField event_fields[] = {
    {"moment", FIELD_INTEGER, TRUE, "Lúc, micro giây Unix"},
    {"record", FIELD_INTEGER, FALSE, "Số trong nhật ký hệ thống; null: không có"},
    {"text", FIELD_TEXT, TRUE, "Sự kiện"},
    {NULL},
};
static const AdminView view_event = {"IncidentEvent", event_fields};

static const AdminField evidence_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số chứng cứ trong hệ thống"},
    {"added", FIELD_INTEGER, TRUE, "Nhận lúc, micro giây Unix"},
    {"added_by", FIELD_TEXT, TRUE, "Ai đưa vào"},
    {"file", FIELD_TEXT, FALSE, "Tên tệp; null: một thư"},
    {"sender", FIELD_TEXT, FALSE, "Người gửi, theo thư"},
    {"subject", FIELD_TEXT, FALSE, "Tiêu đề thư"},
    {"size", FIELD_INTEGER, TRUE, "Dung lượng, byte"},
    {"sha256", FIELD_TEXT, TRUE, "Mã kiểm tra SHA-256"},
    {NULL},
};
static const AdminView view_evidence = {"IncidentEvidence", evidence_fields};

static const AdminField measure_fields[] = {
    {"incident", FIELD_TEXT, TRUE, "Hồ sơ"},
    {"measure", FIELD_TEXT, TRUE, "warning, lock, password, mail, discipline, other"},
    {"measure_text", FIELD_TEXT, TRUE, "Biện pháp"},
    {"made", FIELD_INTEGER, TRUE, "Ghi lúc, micro giây Unix"},
    {"made_by", FIELD_TEXT, TRUE, "Ai ghi"},
    {"address", FIELD_TEXT, FALSE, "Tài khoản"},
    {"person", FIELD_TEXT, FALSE, "Người sử dụng"},
    {"unit_name", FIELD_TEXT, FALSE, "Đơn vị"},
    {"article", FIELD_TEXT, FALSE, "Căn cứ"},
    {"text", FIELD_TEXT, FALSE, "Nội dung"},
    {"decided_by", FIELD_TEXT, FALSE, "Người quyết định"},
    {"document", FIELD_TEXT, FALSE, "Số, ngày văn bản"},
    {NULL},
};
const AdminView admin_view_measure = {"IncidentMeasure", measure_fields};

static const AdminField signup_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản nhận"},
    {"month", FIELD_INTEGER, TRUE, "Tháng: 202611"},
    {"service", FIELD_TEXT, TRUE, "Tên miền của dịch vụ"},
    {"messages", FIELD_INTEGER, TRUE, "Số thư của dịch vụ trong tháng"},
    {"confirmations", FIELD_INTEGER, TRUE, "Trong đó thư xác nhận đăng ký"},
    {"first", FIELD_INTEGER, TRUE, "Thư đầu tiên, micro giây Unix"},
    {"last", FIELD_INTEGER, TRUE, "Thư gần nhất"},
    {NULL},
};
static const AdminView view_signup = {"Signup", signup_fields};

static const AdminField kind_fields[] = {
    {"id", FIELD_TEXT, TRUE, "Loại, để ghi khi báo cáo"},
    {"name", FIELD_TEXT, TRUE, "Tên loại"},
    {"article", FIELD_TEXT, FALSE, "Điều khoản liên quan"},
    {NULL},
};
static const AdminView view_kind = {"IncidentKind", kind_fields};

/* What a reporter sees of a case: not what others are said to have done. */
static const AdminField own_view_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số hồ sơ trong hệ thống"},
    {"name", FIELD_TEXT, TRUE, "Tên hồ sơ: SC-12"},
    {"kind", FIELD_TEXT, TRUE, "Loại, theo tệp quy chế"},
    {"kind_text", FIELD_TEXT, TRUE, "Loại"},
    {"state", FIELD_TEXT, TRUE, "new, taken, measured, closed"},
    {"state_text", FIELD_TEXT, TRUE, "Trạng thái"},
    {"opened", FIELD_INTEGER, TRUE, "Lập lúc, micro giây Unix"},
    {NULL},
};
static const AdminView view_own = {"OwnIncident", own_view_fields};

static const AdminField list_query[] = {
    {"open", FIELD_INTEGER, FALSE, "1: chỉ hồ sơ chưa kết thúc"},
    {"state", FIELD_TEXT, FALSE, "new, taken, measured hoặc closed"},
    {"kind", FIELD_TEXT, FALSE, "Chỉ loại này"},
    {"unit", FIELD_TEXT, FALSE, "Chỉ của đơn vị này và các đơn vị trực thuộc"},
    {"from", FIELD_INTEGER, FALSE, "Lập từ lúc này, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Lập trước lúc này"},
    {NULL},
};
static const AdminField period_query[] = {
    {"from", FIELD_INTEGER, FALSE, "Kết thúc từ lúc này, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Kết thúc trước lúc này"},
    {NULL},
};
static const AdminField month_query[] = {
    {"month", FIELD_INTEGER, FALSE, "Chỉ tháng này: 202611"},
    {NULL},
};
static const AdminField own_fields[] = {
    {"kind", FIELD_TEXT, FALSE, "Loại; không ghi: sự cố khác"},
    {"what", FIELD_TEXT, TRUE, "Nội dung, một dòng"},
    {"mailbox", FIELD_TEXT, FALSE, "Hộp có thư bị báo cáo, trong hộp thư của mình"},
    {"uid", FIELD_INTEGER, FALSE, "Số (UID) của thư đó; thư được giữ làm chứng cứ"},
    {NULL},
};

Regulation *admin_regulation(const AdminCall *call) {
    return call->service->regulation(call->service->data);
}

/* ---- Reading ---- */

static gboolean refresh(const AdminCall *call, GError **error) {
    const AdminService *service = call->service;
    return suspects_record(service->directory, store_db(service->store), error) &&
           service->take_incidents(service->data, error);
}

static gboolean take_filter(AdminCall *call, IncidentFilter *filter, GError **error) {
    gint64 open;
    const char *state = admin_query(call, "state"), *key = admin_query(call, "unit");
    *filter = (IncidentFilter){.kind = admin_query(call, "kind"), .state = INCIDENT_STATES};
    if (state != NULL && !incident_state_find(state, &filter->state))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"state\" là new, taken, measured hoặc closed; it is one of them");
    if (!admin_query_number(call, "open", 0, 1, 0, &open, error) ||
        !admin_query_number(call, "from", 0, G_MAXINT64, 0, &filter->from, error) ||
        !admin_query_number(call, "until", 0, G_MAXINT64, 0, &filter->until, error))
        return FALSE;
    filter->open = open != 0;
    g_autoptr(DirectoryUnit) unit =
        key == NULL ? NULL : directory_unit_find(call->service->directory, key, error);
    if (key != NULL && unit == NULL)
        return FALSE;
    filter->unit = unit == NULL ? 0 : unit->id;
    return TRUE;
}

static gboolean list(AdminCall *call, GError **error) {
    IncidentFilter filter;
    if (!take_filter(call, &filter, error) || !admin_may(call, filter.unit, error) ||
        !refresh(call, error))
        return FALSE;
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(GPtrArray) found =
        incident_list(call->service->directory, regulation, &filter, error);
    if (found == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < found->len; i++)
        incident_write(&call->w, found->pdata[i]);
    json_close(&call->w, ']');
    return TRUE;
}

Incident *admin_incident_of_path(AdminCall *call, const Regulation *regulation, GError **error) {
    const char *said = http_path_value(call->http, 0);
    gint64 id = 0;
    if (!incident_parse(said, &id)) {
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "\"%s\" không phải số của một hồ sơ; it is no case's number", said);
        return NULL;
    }
    g_autoptr(Incident) incident = incident_find(call->service->directory, regulation, id, error);
    return incident != NULL && admin_may(call, incident->unit, error) ? g_steal_pointer(&incident)
                                                                      : NULL;
}

gboolean admin_incident_answer(AdminCall *call, const Regulation *regulation, gint64 id,
                               GError **error) {
    g_autoptr(Incident) now = incident_find(call->service->directory, regulation, id, error);
    if (now == NULL)
        return FALSE;
    incident_write(&call->w, now);
    return TRUE;
}

static gboolean show(AdminCall *call, GError **error) {
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    if (incident == NULL)
        return FALSE;
    incident_write(&call->w, incident);
    return TRUE;
}

/* A list that belongs to a case, with what writes one of it. */
typedef GPtrArray *(*Reading)(Directory *directory, gint64 id, GError **error);
typedef void (*Writing)(JsonWriter *w, gconstpointer one);

static gboolean write_list(AdminCall *call, Reading read, Writing write, GError **error) {
    g_autoptr(Regulation) regulation = admin_regulation(call);
    g_autoptr(Incident) incident = admin_incident_of_path(call, regulation, error);
    g_autoptr(GPtrArray) found =
        incident == NULL ? NULL : read(call->service->directory, incident->id, error);
    if (found == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < found->len; i++)
        write(&call->w, found->pdata[i]);
    json_close(&call->w, ']');
    return TRUE;
}

static void write_event(JsonWriter *w, gconstpointer one) {
    incident_write_event(w, one);
}

static void write_evidence(JsonWriter *w, gconstpointer one) {
    incident_write_evidence(w, one);
}

static void write_measure(JsonWriter *w, gconstpointer one) {
    incident_write_measure(w, one);
}

static GPtrArray *measures_of(Directory *directory, gint64 id, GError **error) {
    return incident_measures(directory, id, 0, 0, error);
}

static gboolean list_events(AdminCall *call, GError **error) {
    return write_list(call, incident_events, write_event, error);
}

static gboolean list_evidence(AdminCall *call, GError **error) {
    return write_list(call, incident_evidence, write_evidence, error);
}

static gboolean list_measures(AdminCall *call, GError **error) {
    return write_list(call, measures_of, write_measure, error);
}

static gboolean list_violations(AdminCall *call, GError **error) {
    gint64 from, until;
    if (!admin_query_number(call, "from", 0, G_MAXINT64, 0, &from, error) ||
        !admin_query_number(call, "until", 0, G_MAXINT64, 0, &until, error) ||
        !admin_may(call, 0, error))
        return FALSE;
    g_autoptr(GPtrArray) found = incident_measures(call->service->directory, 0, from, until, error);
    if (found == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < found->len; i++)
        incident_write_measure(&call->w, found->pdata[i]);
    json_close(&call->w, ']');
    return TRUE;
}

/* ---- Sign-ups [Điều 8.4] ---- */

void admin_write_signup(JsonWriter *w, const char *address, const StoreSignup *seen) {
    json_open(w, NULL, '{');
    json_text(w, "address", address);
    json_int(w, "month", seen->month);
    json_text(w, "service", seen->service);
    json_int(w, "messages", seen->messages);
    json_int(w, "confirmations", seen->confirmations);
    json_int(w, "first", seen->first);
    json_int(w, "last", seen->last);
    json_close(w, '}');
}

typedef struct {
    AdminCall *call;
    GError *error;
} Listing;

static void write_signup(const StoreSignup *seen, gpointer data) {
    Listing *listing = data;
    if (listing->error != NULL)
        return;
    g_autoptr(DirectoryAccount) account =
        directory_account(listing->call->service->directory, seen->account, &listing->error);
    if (account != NULL)
        admin_write_signup(&listing->call->w, account->address, seen);
}

static gboolean list_signups(AdminCall *call, GError **error) {
    gint64 month;
    Listing listing = {call, NULL};
    if (!admin_query_number(call, "month", 197001, 999912, 0, &month, error) ||
        !admin_may(call, 0, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    DbConn *conn = db_read_begin(store_db(call->service->store), error);
    gboolean ok = conn != NULL && store_signup_each(conn, month, month == 0 ? G_MAXINT64 : month,
                                                    write_signup, &listing, error);
    g_clear_pointer(&conn, db_read_end);
    json_close(&call->w, ']');
    if (ok && listing.error != NULL) {
        g_propagate_error(error, listing.error);
        return FALSE;
    }
    g_clear_error(&listing.error);
    return ok;
}

/* ---- Reporting [Điều 12.3] ---- */

static gboolean list_kinds(AdminCall *call, GError **error) {
    (void)error;
    g_autoptr(Regulation) regulation = admin_regulation(call);
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(regulation, &kinds);
    json_open(&call->w, NULL, '[');
    for (gsize i = 0; i < n; i++) {
        json_open(&call->w, NULL, '{');
        json_text(&call->w, "id", kinds[i].id);
        json_text(&call->w, "name", kinds[i].name);
        json_text(&call->w, "article", *kinds[i].article == '\0' ? NULL : kinds[i].article);
        json_close(&call->w, '}');
    }
    json_close(&call->w, ']');
    return TRUE;
}

static void write_own(JsonWriter *w, const Incident *i) {
    json_open(w, NULL, '{');
    json_int(w, "id", i->id);
    json_text(w, "name", i->name);
    json_text(w, "kind", i->kind);
    json_text(w, "kind_text", i->kind_text);
    json_text(w, "state", incident_state_name(i->state));
    json_text(w, "state_text", incident_state_text(i->state));
    json_int(w, "opened", i->opened);
    json_close(w, '}');
}

static gboolean report_message(AdminCall *call, const Regulation *regulation, const char *kind,
                               GError **error) {
    const AdminService *service = call->service;
    gint64 uid = admin_integer(call, "uid"), evidence;
    if (uid < 1 || uid > G_MAXUINT32)
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần \"uid\" của thư, từ 1 đến 4294967295; give the message's uid");
    const StoreEvidence new = {.reporter = admin_caller(call)->id,
                               .kind = kind,
                               .what = admin_text(call, "what"),
                               .received = clock_now()};
    if (!store_evidence_copy(service->store, new.reporter, admin_text(call, "mailbox"),
                             (guint32)uid, &new, &evidence, error) ||
        !service->take_incidents(service->data, error))
        return FALSE;
    g_autoptr(Incident) incident =
        incident_with_evidence(service->directory, regulation, evidence, error);
    if (incident == NULL)
        return FALSE;
    write_own(&call->w, incident);
    return TRUE;
}

static gboolean report_own(AdminCall *call, GError **error) {
    const char *kind = admin_text(call, "kind");
    const NewIncident new = {.kind = kind == NULL ? REGULATION_INCIDENT_OTHER : kind,
                             .what = admin_text(call, "what"),
                             .source = INCIDENT_INTERFACE,
                             .reporter = admin_caller(call)->id};
    g_autoptr(Regulation) regulation = admin_regulation(call);
    if (!incident_check(regulation, new.kind, new.what, error))
        return FALSE;
    if (admin_text(call, "mailbox") != NULL)
        return report_message(call, regulation, new.kind, error);
    const AuditAct act = {call->who, "Điều 12.3"};
    g_autoptr(Incident) incident =
        incident_report(call->service->directory, regulation, &new, &act, error);
    if (incident == NULL)
        return FALSE;
    write_own(&call->w, incident);
    return TRUE;
}

static gboolean list_own(AdminCall *call, GError **error) {
    g_autoptr(Regulation) regulation = admin_regulation(call);
    const IncidentFilter filter = {.reporter = admin_caller(call)->id, .state = INCIDENT_STATES};
    g_autoptr(GPtrArray) found =
        incident_list(call->service->directory, regulation, &filter, error);
    if (found == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < found->len; i++)
        write_own(&call->w, found->pdata[i]);
    json_close(&call->w, ']');
    return TRUE;
}

const AdminOperation admin_incidents[] = {
    {HTTP_GET, "/incident-kinds", "Các loại sự cố, hành vi bị cấm theo quy chế", "Điều 8",
     ACTION_INCIDENT_REPORT, NULL, NULL, &view_kind, TRUE, list_kinds, 0},
    {HTTP_GET, "/own/incidents", "Những báo cáo của mình và tình hình xử lý", "Điều 12.3",
     ACTION_INCIDENT_REPORT, NULL, NULL, &view_own, TRUE, list_own, 0},
    {HTTP_POST, "/own/incidents", "Báo cáo sự cố, kèm một thư trong hộp thư của mình nếu có",
     "Điều 12.3", ACTION_INCIDENT_REPORT, NULL, own_fields, &view_own, FALSE, report_own, 0},
    {HTTP_GET, "/incidents", "Hồ sơ sự cố, hành vi bị cấm; mới nhất trước", "Điều 12.3",
     ACTION_INCIDENT_READ, list_query, NULL, &admin_view_incident, TRUE, list, 0},
    {HTTP_POST, "/incidents", "Lập hồ sơ sự cố", "Điều 12.3", ACTION_INCIDENT_HANDLE, NULL,
     admin_incident_new_fields, &admin_view_incident, FALSE, admin_incident_open, 0},
    {HTTP_GET, "/incidents/{id}", "Một hồ sơ", "Điều 12.3", ACTION_INCIDENT_READ, NULL, NULL,
     &admin_view_incident, FALSE, show, 0},
    {HTTP_GET, "/incidents/{id}/events", "Sự kiện của một hồ sơ", "Điều 12.3", ACTION_INCIDENT_READ,
     NULL, NULL, &view_event, TRUE, list_events, 0},
    {HTTP_GET, "/incidents/{id}/evidence", "Chứng cứ của một hồ sơ", "Điều 12.3",
     ACTION_INCIDENT_READ, NULL, NULL, &view_evidence, TRUE, list_evidence, 0},
    {HTTP_GET, "/incidents/{id}/measures", "Biện pháp của một hồ sơ", "Điều 13.2",
     ACTION_INCIDENT_READ, NULL, NULL, &admin_view_measure, TRUE, list_measures, 0},
    {HTTP_GET, "/violations", "Sổ xử lý vi phạm: ai, biện pháp gì, ai quyết định", "Điều 13.2",
     ACTION_INCIDENT_READ, period_query, NULL, &admin_view_measure, TRUE, list_violations, 0},
    {HTTP_GET, "/signups", "Thư của mạng xã hội, sàn giao dịch … đến địa chỉ công vụ, theo tháng",
     "Điều 8.4", ACTION_INCIDENT_READ, month_query, NULL, &view_signup, TRUE, list_signups, 0},
    {0},
};
