/* Roles, and the trail of administrative acts [Điều 10, 12.4]. */
#include "admin/trail.h"
#include "admin/view.h"

enum { ACTS = 50, ACTS_MAXIMUM = 1000, EXPORT_BYTES = 16 * 1024 * 1024 };

static const AdminField acts_query[] = {
    {"subject", FIELD_TEXT, FALSE, "Chỉ các việc đối với địa chỉ này"},
    {"who", FIELD_TEXT, FALSE, "Chỉ các việc do người này làm"},
    {"act", FIELD_TEXT, FALSE, "Chỉ các việc có tên bắt đầu như vậy: account., secret.refused …"},
    {"text", FIELD_TEXT, FALSE, "Chỉ các việc có chữ này trong căn cứ hoặc nội dung"},
    {"since", FIELD_INTEGER, FALSE, "Từ, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Đến trước, micro giây Unix"},
    {"limit", FIELD_INTEGER, FALSE, "Số việc, mới nhất trước; tối đa 1000, mặc định 50"},
    {NULL},
};
static const AdminField role_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản cá nhân được giao vai trò"},
    {"role", FIELD_TEXT, TRUE, "department, centre, focal, head"},
    {"unit", FIELD_TEXT, FALSE, "Đơn vị, đối với focal và head"},
    {"document", FIELD_TEXT, FALSE, "Số, ngày của quyết định; cần khi giao"},
    {NULL},
};

static gboolean write_act(const AuditRecord *record, gpointer data) {
    admin_write_act(data, record);
    return TRUE;
}

static gboolean list_acts(AdminCall *call, GError **error) {
    gint64 limit;
    AuditFilter filter = {.subject = admin_query(call, "subject"),
                          .who = admin_query(call, "who"),
                          .act = admin_query(call, "act"),
                          .text = admin_query(call, "text")};
    if (!admin_query_number(call, "limit", 1, ACTS_MAXIMUM, ACTS, &limit, error) ||
        !admin_query_number(call, "since", 0, G_MAXINT64, 0, &filter.since, error) ||
        !admin_query_number(call, "until", 0, G_MAXINT64, 0, &filter.until, error) ||
        !admin_may(call, 0, error))
        return FALSE;
    filter.limit = (guint)limit;
    g_autoptr(DbConn) conn = db_read_begin(directory_db(call->service->directory), error);
    if (conn == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!audit_search(conn, &filter, write_act, &call->w, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static const AdminField state_fields[] = {
    {"records", FIELD_INTEGER, TRUE, "Số việc trong nhật ký"},
    {"head", FIELD_TEXT, TRUE, "Mã băm của việc cuối; nên giữ ở nơi khác"},
    {"broken", FIELD_INTEGER, FALSE, "Việc đầu tiên không khớp; null: nhật ký còn nguyên vẹn"},
    {NULL},
};
static const AdminView state_view = {"TrailState", state_fields};

static gboolean verify(AdminCall *call, GError **error) {
    AuditState state;
    if (!admin_may(call, 0, error))
        return FALSE;
    g_autoptr(DbConn) conn = db_read_begin(directory_db(call->service->directory), error);
    if (conn == NULL || !audit_verify(conn, 0, NULL, &state, NULL, NULL, error))
        return FALSE;
    g_autofree char *head = audit_hash_text(state.head);
    json_open(&call->w, NULL, '{');
    json_int(&call->w, "records", state.records);
    json_text(&call->w, "head", head);
    if (state.broken == 0)
        json_put_null(&call->w, "broken");
    else
        json_int(&call->w, "broken", state.broken);
    json_close(&call->w, '}');
    return TRUE;
}

static const AdminField export_fields[] = {
    {"subject", FIELD_TEXT, FALSE, "Chỉ các việc đối với địa chỉ này"},
    {"who", FIELD_TEXT, FALSE, "Chỉ các việc do người này làm"},
    {"act", FIELD_TEXT, FALSE, "Chỉ các việc có tên bắt đầu như vậy"},
    {"since", FIELD_INTEGER, FALSE, "Từ, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Đến trước, micro giây Unix"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};

static gboolean export(AdminCall *call, GError **error) {
    const AuditFilter filter = {.subject = admin_text(call, "subject"),
                                .who = admin_text(call, "who"),
                                .act = admin_text(call, "act"),
                                .since = admin_integer(call, "since"),
                                .until = admin_integer(call, "until")};
    gint64 records;
    if (!admin_may(call, 0, error) || !admin_needs_ground(call, error))
        return FALSE;
    g_autoptr(GBytes) file = trail_export(directory_db(call->service->directory), &filter,
                                          &call->act, EXPORT_BYTES, &records, error);
    if (file == NULL)
        return FALSE;
    admin_write_file(&call->w, "nhat-ky.jsonl", "application/jsonl", file);
    return TRUE;
}

static void write_role(const DirectoryRoleRow *row, gpointer data) {
    admin_write_role(data, row);
}

static gboolean write_roles(AdminCall *call, GError **error) {
    json_open(&call->w, NULL, '[');
    if (!directory_role_each(call->service->directory, write_role, &call->w, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean list_roles(AdminCall *call, GError **error) {
    return admin_may(call, 0, error) && write_roles(call, error);
}

static gboolean change_role(AdminCall *call,
                            gboolean (*change)(Directory *, const DirectoryNewRole *,
                                               const AuditAct *, GError **),
                            GError **error) {
    DirectoryNewRole role = {.account = admin_text(call, "address"),
                             .unit = admin_text(call, "unit"),
                             .document = admin_text(call, "document")};
    if (!directory_role_find(admin_text(call, "role"), &role.role))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"role\" phải là department, centre, focal hoặc head; is none of them");
    if (role.document != NULL)
        call->act.ground = role.document;
    return admin_may(call, 0, error) &&
           change(call->service->directory, &role, &call->act, error) && write_roles(call, error);
}

static gboolean grant(AdminCall *call, GError **error) {
    return change_role(call, directory_role_grant, error);
}

static gboolean take_away(AdminCall *call, GError **error) {
    return change_role(call, directory_role_revoke, error);
}

const AdminOperation admin_record[] = {
    {HTTP_GET, "/acts", "Nhật ký hệ thống: ai làm gì, khi nào, theo căn cứ nào", "Điều 10.1.c",
     ACTION_AUDIT_READ, acts_query, NULL, &admin_view_act, TRUE, list_acts},
    {HTTP_GET, "/acts/verification", "Nhật ký có còn nguyên vẹn không", "Điều 12.4",
     ACTION_AUDIT_READ, NULL, NULL, &state_view, FALSE, verify},
    {HTTP_POST, "/acts/exports", "Trích xuất nhật ký, mỗi dòng một việc (JSON)", "Điều 10.1.c",
     ACTION_AUDIT_EXPORT, NULL, export_fields, &admin_view_file, FALSE, export},
    {HTTP_GET, "/roles", "Ai có vai trò nào", "Điều 10.2.c", ACTION_ROLE_READ, NULL, NULL,
     &admin_view_role, TRUE, list_roles},
    {HTTP_POST, "/roles", "Giao vai trò", "Điều 10.2.c", ACTION_ROLE_CHANGE, NULL, role_fields,
     &admin_view_role, TRUE, grant},
    {HTTP_POST, "/roles/revocations", "Thôi giao vai trò", "Điều 10.2.c", ACTION_ROLE_CHANGE, NULL,
     role_fields, &admin_view_role, TRUE, take_away},
    {0},
};
