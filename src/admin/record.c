/* Roles, and the trail of administrative acts [Điều 10, 12.4]. */
#include "admin/view.h"

enum { ACTS = 50, ACTS_MAXIMUM = 1000 };

static const AdminField acts_query[] = {
    {"subject", FIELD_TEXT, FALSE, "Chỉ các việc đối với địa chỉ này"},
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
    if (!admin_query_number(call, "limit", 1, ACTS_MAXIMUM, ACTS, &limit, error) ||
        !admin_may(call, 0, error))
        return FALSE;
    g_autoptr(DbConn) conn = db_read_begin(directory_db(call->service->directory), error);
    if (conn == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!audit_each(conn, admin_query(call, "subject"), (guint)limit, write_act, &call->w, error))
        return FALSE;
    json_close(&call->w, ']');
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
    {HTTP_GET, "/roles", "Ai có vai trò nào", "Điều 10.2.c", ACTION_ROLE_READ, NULL, NULL,
     &admin_view_role, TRUE, list_roles},
    {HTTP_POST, "/roles", "Giao vai trò", "Điều 10.2.c", ACTION_ROLE_CHANGE, NULL, role_fields,
     &admin_view_role, TRUE, grant},
    {HTTP_POST, "/roles/revocations", "Thôi giao vai trò", "Điều 10.2.c", ACTION_ROLE_CHANGE, NULL,
     role_fields, &admin_view_role, TRUE, take_away},
    {0},
};
