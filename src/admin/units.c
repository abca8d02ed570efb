/* Units of the registry [Điều 1.2, 3.1]. */
#include "admin/view.h"

static const AdminField list_query[] = {
    {"kind", FIELD_TEXT, FALSE, "Chỉ các đơn vị loại này"},
    {"parent", FIELD_TEXT, FALSE, "Chỉ các đơn vị trực thuộc đơn vị này"},
    {NULL},
};

static const AdminField new_fields[] = {
    {"kind", FIELD_TEXT, TRUE, "Loại đơn vị, như trong quy chế: department, district, commune …"},
    {"name", FIELD_TEXT, TRUE, "Tên chính thức"},
    {"abbreviation", FIELD_TEXT, FALSE, "Tên viết tắt; không ghi thì hệ thống đề xuất"},
    {"address", FIELD_TEXT, FALSE, "Tên thư theo thỏa thuận (điểm e khoản 1 Điều 3 Quy chế)"},
    {"agreement", FIELD_TEXT, FALSE, "Số, ngày của văn bản thỏa thuận"},
    {"parent", FIELD_TEXT, FALSE, "Đơn vị cấp trên"},
    {"category", FIELD_TEXT, FALSE, "Nhóm theo khoản 2 Điều 1 Quy chế"},
    {"code", FIELD_TEXT, FALSE, "Mã đơn vị hành chính"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ"},
    {NULL},
};

static const AdminField name_fields[] = {
    {"name", FIELD_TEXT, TRUE, "Tên chính thức mới; địa chỉ thư giữ nguyên"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ"},
    {NULL},
};

static const char *domain_of(const AdminCall *call) {
    return directory_domain(call->service->directory);
}

static gboolean write_unit(const DirectoryUnit *unit, gpointer data) {
    AdminCall *call = data;
    admin_write_unit(&call->w, domain_of(call), unit);
    return TRUE;
}

static gboolean list(AdminCall *call, GError **error) {
    DirectoryUnitFilter filter = {admin_query(call, "kind"), admin_query(call, "parent")};
    json_open(&call->w, NULL, '[');
    if (!directory_unit_each(call->service->directory, &filter, write_unit, call, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static DirectoryUnit *unit_of_path(const AdminCall *call, GError **error) {
    return directory_unit_find(call->service->directory, http_path_value(call->http, 0), error);
}

static gboolean show(AdminCall *call, GError **error) {
    g_autoptr(DirectoryUnit) unit = unit_of_path(call, error);
    return unit != NULL && write_unit(unit, call);
}

static gboolean add(AdminCall *call, GError **error) {
    DirectoryNewUnit new = {
        .kind = admin_text(call, "kind"),
        .name = admin_text(call, "name"),
        .abbreviation = admin_text(call, "abbreviation"),
        .address = admin_text(call, "address"),
        .agreement = admin_text(call, "agreement"),
        .parent = admin_text(call, "parent"),
        .category = admin_text(call, "category"),
        .code = admin_text(call, "code"),
    };
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    if (!admin_may(call, 0, error))
        return FALSE;
    g_autoptr(DirectoryUnit) unit =
        directory_unit_add(call->service->directory, regulation, &new, &call->act, error);
    return unit != NULL && admin_changed(call, error) && write_unit(unit, call);
}

static gboolean rename_unit(AdminCall *call, GError **error) {
    g_autoptr(DirectoryUnit) unit = unit_of_path(call, error);
    if (unit == NULL || !admin_may(call, unit->id, error))
        return FALSE;
    g_autoptr(DirectoryUnit) renamed =
        directory_unit_rename(call->service->directory, http_path_value(call->http, 0),
                              admin_text(call, "name"), &call->act, error);
    return renamed != NULL && admin_changed(call, error) && write_unit(renamed, call);
}

const AdminOperation admin_units[] = {
    {HTTP_GET, "/units", "Danh sách cơ quan, đơn vị", "Điều 1.2", ACTION_UNIT_READ, list_query,
     NULL, &admin_view_unit, TRUE, list},
    {HTTP_POST, "/units", "Thêm một đơn vị cùng hộp thư của đơn vị", "Điều 3.1", ACTION_UNIT_CHANGE,
     NULL, new_fields, &admin_view_unit, FALSE, add},
    {HTTP_GET, "/units/{key}", "Một đơn vị", NULL, ACTION_UNIT_READ, NULL, NULL, &admin_view_unit,
     FALSE, show},
    {HTTP_PUT, "/units/{key}/name", "Đổi tên chính thức của đơn vị", NULL, ACTION_UNIT_CHANGE, NULL,
     name_fields, &admin_view_unit, FALSE, rename_unit},
    {0},
};
