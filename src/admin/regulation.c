/* The regulation in force, figure by figure, and the way to the next one. */
#include "admin/view.h"

#include "directory/readdress.h"

static const AdminField figure_fields[] = {
    {"path", FIELD_TEXT, TRUE, "Tên trong tệp quy chế"},
    {"value", FIELD_TEXT, TRUE, "Giá trị"},
    {"article", FIELD_TEXT, FALSE, "Điều khoản; null: quy chế không quy định, hệ thống tự chọn"},
    {NULL},
};
static const AdminView view_figure = {"RegulationFigure", figure_fields};

static const AdminField address_fields[] = {
    {"result", FIELD_TEXT, TRUE, "moves: đổi địa chỉ; stays: chưa đổi được"},
    {"kind", FIELD_TEXT, TRUE, "unit, person"},
    {"name", FIELD_TEXT, TRUE, "Cơ quan, đơn vị hoặc người"},
    {"before", FIELD_TEXT, TRUE, "Địa chỉ đang có; sau khi đổi vẫn nhận thư"},
    {"after", FIELD_TEXT, FALSE, "Địa chỉ theo quy chế đang áp dụng"},
    {"why", FIELD_TEXT, FALSE, "Vì sao chưa đổi được"},
    {NULL},
};
static const AdminView view_address = {"RegulationAddress", address_fields};

static const AdminField move_fields[] = {
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Quyết định áp dụng quy chế"},
    {NULL},
};
static const AdminField moved_fields[] = {
    {"moved", FIELD_INTEGER, TRUE, "Số địa chỉ đã đổi"},
    {"same", FIELD_INTEGER, TRUE, "Số địa chỉ đã đúng"},
    {"stay", FIELD_INTEGER, TRUE, "Số địa chỉ chưa đổi được"},
    {NULL},
};
static const AdminView view_moved = {"RegulationMoved", moved_fields};

static void write_figure(const char *path, const char *value, const char *article, gpointer data) {
    JsonWriter *w = data;
    json_open(w, NULL, '{');
    json_text(w, "path", path);
    json_text(w, "value", value);
    json_text(w, "article", *article == '\0' ? NULL : article);
    json_close(w, '}');
}

static gboolean list_figures(AdminCall *call, GError **error) {
    if (!admin_may(call, 0, error))
        return FALSE;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    json_open(&call->w, NULL, '[');
    regulation_each(regulation, write_figure, &call->w);
    json_close(&call->w, ']');
    return TRUE;
}

static void write_address(const ReaddressRow *row, gpointer data) {
    JsonWriter *w = data;
    if (row->result == READDRESS_SAME)
        return;
    json_open(w, NULL, '{');
    json_text(w, "result", directory_readdress_name(row->result));
    json_text(w, "kind", row->unit ? "unit" : "person");
    json_text(w, "name", row->name);
    json_text(w, "before", row->before);
    json_text(w, "after", row->result == READDRESS_MOVES ? row->after : NULL);
    json_text(w, "why", row->result == READDRESS_STAYS ? row->why : NULL);
    json_close(w, '}');
}

static gboolean preview(AdminCall *call, GError **error) {
    ReaddressCount count;
    if (!admin_may(call, 0, error))
        return FALSE;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    json_open(&call->w, NULL, '[');
    if (!directory_readdress(call->service->directory, regulation, TRUE, &call->act, write_address,
                             &call->w, &count, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static void tell_nobody(const ReaddressRow *row G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED) {}

static gboolean move(AdminCall *call, GError **error) {
    ReaddressCount count;
    if (!admin_may(call, 0, error) || !admin_needs_ground(call, error))
        return FALSE;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    if (!directory_readdress(call->service->directory, regulation, FALSE, &call->act, tell_nobody,
                             NULL, &count, error) ||
        !admin_changed(call, error))
        return FALSE;
    json_open(&call->w, NULL, '{');
    json_int(&call->w, "moved", count.moved);
    json_int(&call->w, "same", count.same);
    json_int(&call->w, "stay", count.stay);
    json_close(&call->w, '}');
    return TRUE;
}

const AdminOperation admin_regulations[] = {
    {HTTP_GET, "/regulation/figures",
     "Mọi con số, danh mục của quy chế đang áp dụng, kèm điều khoản", NULL, ACTION_UNIT_READ, NULL,
     NULL, &view_figure, TRUE, list_figures},
    {HTTP_GET, "/regulation/addresses",
     "Ai sẽ đổi địa chỉ theo quy chế đang áp dụng, ai chưa đổi được", "Điều 3.1.e",
     ACTION_ACCOUNT_CHANGE, NULL, NULL, &view_address, TRUE, preview},
    {HTTP_POST, "/regulation/addresses",
     "Đổi địa chỉ theo quy chế đang áp dụng; địa chỉ cũ vẫn nhận thư", "Điều 3.1.e",
     ACTION_ACCOUNT_CHANGE, NULL, move_fields, &view_moved, FALSE, move},
    {0},
};
