/* Stops of the service: the Centre schedules, everybody may look [Điều 10.2.b]. */
#include "admin/view.h"

static const AdminField notice_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số thông báo trong hệ thống"},
    {"name", FIELD_TEXT, TRUE, "Tên thông báo: TB-3"},
    {"from", FIELD_INTEGER, TRUE, "Bắt đầu tạm ngừng, micro giây Unix"},
    {"until", FIELD_INTEGER, TRUE, "Kết thúc tạm ngừng"},
    {"reason", FIELD_TEXT, TRUE, "Lý do"},
    {"emergency", FIELD_TEXT, FALSE, "Vì sao khẩn cấp; null: theo kế hoạch"},
    {"state", FIELD_TEXT, TRUE, "announced, cancelled, done"},
    {"state_text", FIELD_TEXT, TRUE, "Trạng thái"},
    {"line", FIELD_TEXT, TRUE, "Một dòng để hiện cho người dùng"},
    {"made", FIELD_INTEGER, TRUE, "Lập lúc"},
    {"made_by", FIELD_TEXT, TRUE, "Ai lập"},
    {"ended", FIELD_INTEGER, FALSE, "Hủy, hoạt động trở lại lúc; null: chưa"},
    {"ended_by", FIELD_TEXT, FALSE, "Ai ghi nhận"},
    {"ended_why", FIELD_TEXT, FALSE, "Lý do hủy"},
    {"told", FIELD_INTEGER, FALSE, "Thư thông báo gửi xong lúc; null: chưa"},
    {"told_end", FIELD_INTEGER, FALSE, "Thư kết thúc gửi xong lúc; null: chưa"},
    {"delivered", FIELD_INTEGER, TRUE, "Số hộp thư đã nhận thư thông báo"},
    {"refused", FIELD_INTEGER, TRUE, "Số hộp thư không nhận được"},
    {NULL},
};
const AdminView admin_view_notice = {"Notice", notice_fields};

static const AdminField list_query[] = {
    {"open", FIELD_INTEGER, FALSE, "1: chỉ thông báo chưa hủy, chưa kết thúc"},
    {NULL},
};
static const AdminField schedule_fields[] = {
    {"from", FIELD_INTEGER, TRUE, "Bắt đầu, micro giây Unix"},
    {"until", FIELD_INTEGER, TRUE, "Kết thúc"},
    {"reason", FIELD_TEXT, TRUE, "Lý do; mọi người đọc được"},
    {"emergency", FIELD_TEXT, FALSE, "Vì sao không thể thông báo trước; không ghi: theo kế hoạch"},
    {NULL},
};
static const AdminField cancel_fields[] = {
    {"reason", FIELD_TEXT, TRUE, "Lý do hủy; mọi người đọc được"},
    {NULL},
};

/* ---- Writing ---- */

static void put_time(JsonWriter *w, const char *key, gint64 time) {
    if (time == 0)
        json_put_null(w, key);
    else
        json_int(w, key, time);
}

static void put_text(JsonWriter *w, const char *key, const char *text) {
    json_text(w, key, *text == '\0' ? NULL : text);
}

void admin_write_notice(JsonWriter *w, const Notice *n) {
    g_autofree char *name = notice_name(n->id);
    g_autofree char *line = notice_line(n, FALSE);
    json_open(w, NULL, '{');
    json_int(w, "id", n->id);
    json_text(w, "name", name);
    json_int(w, "from", n->from);
    json_int(w, "until", n->until);
    json_text(w, "reason", n->reason);
    put_text(w, "emergency", n->emergency);
    json_text(w, "state", notice_state_name(n->state));
    json_text(w, "state_text", notice_state_text(n->state));
    json_text(w, "line", line);
    json_int(w, "made", n->made);
    json_text(w, "made_by", n->made_by);
    put_time(w, "ended", n->ended);
    put_text(w, "ended_by", n->ended_by);
    put_text(w, "ended_why", n->ended_why);
    put_time(w, "told", n->told);
    put_time(w, "told_end", n->told_end);
    json_int(w, "delivered", n->delivered);
    json_int(w, "refused", n->refused);
    json_close(w, '}');
}

/* ---- Operations ---- */

static gboolean take_id(const AdminCall *call, gint64 *id, GError **error) {
    const char *said = http_path_value(call->http, 0);
    guint64 number;
    if (!bytes_parse_u64(bytes_of_string(said), &number) || number > G_MAXINT64)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "\"%s\" không phải số của một thông báo; it is no notice's number", said);
    *id = (gint64)number;
    return TRUE;
}

static gboolean write_one(AdminCall *call, gint64 id, GError **error) {
    g_autoptr(Notice) notice = notice_find(call->service->directory, id, error);
    if (notice == NULL)
        return FALSE;
    admin_write_notice(&call->w, notice);
    return TRUE;
}

static gboolean list(AdminCall *call, GError **error) {
    gint64 open;
    if (!admin_query_number(call, "open", 0, 1, 0, &open, error))
        return FALSE;
    g_autoptr(GPtrArray) notices =
        notice_list(call->service->directory, open ? NOTICE_OPEN : NOTICE_ALL, error);
    if (notices == NULL)
        return FALSE;
    json_open(&call->w, NULL, '[');
    for (guint i = 0; i < notices->len; i++)
        admin_write_notice(&call->w, notices->pdata[i]);
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean show(AdminCall *call, GError **error) {
    gint64 id = 0;
    return take_id(call, &id, error) && write_one(call, id, error);
}

/* Everybody is told after the answer. */
static gboolean changed(AdminCall *call, gint64 id, GError **error) {
    call->service->stop_changed(call->service->data);
    return write_one(call, id, error);
}

static gboolean schedule(AdminCall *call, GError **error) {
    const NewNotice new = {.from = admin_integer(call, "from"),
                           .until = admin_integer(call, "until"),
                           .reason = admin_text(call, "reason"),
                           .emergency = admin_text(call, "emergency")};
    if (!admin_may(call, 0, error))
        return FALSE;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    g_autoptr(Notice) notice =
        notice_schedule(call->service->directory, regulation, &new, &call->act, error);
    return notice != NULL && changed(call, notice->id, error);
}

static gboolean cancel(AdminCall *call, GError **error) {
    gint64 id = 0;
    return take_id(call, &id, error) && admin_may(call, 0, error) &&
           notice_cancel(call->service->directory, id, admin_text(call, "reason"), &call->act,
                         error) &&
           changed(call, id, error);
}

static gboolean end(AdminCall *call, GError **error) {
    gint64 id = 0;
    return take_id(call, &id, error) && admin_may(call, 0, error) &&
           notice_done(call->service->directory, id, &call->act, error) && changed(call, id, error);
}

const AdminOperation admin_notices[] = {
    {HTTP_GET, "/notices", "Các lần tạm ngừng dịch vụ", "Điều 10.2.b", ACTION_NOTICE_READ,
     list_query, NULL, &admin_view_notice, TRUE, list, 0},
    {HTTP_POST, "/notices", "Lập thông báo tạm ngừng dịch vụ; thư được gửi đến mọi hộp thư",
     "Điều 10.2.b", ACTION_NOTICE_CHANGE, NULL, schedule_fields, &admin_view_notice, FALSE,
     schedule, 0},
    {HTTP_GET, "/notices/{id}", "Một lần tạm ngừng dịch vụ", "Điều 10.2.b", ACTION_NOTICE_READ,
     NULL, NULL, &admin_view_notice, FALSE, show, 0},
    {HTTP_PUT, "/notices/{id}/cancellation", "Hủy việc tạm ngừng chưa bắt đầu", "Điều 10.2.b",
     ACTION_NOTICE_CHANGE, NULL, cancel_fields, &admin_view_notice, FALSE, cancel, 0},
    {HTTP_PUT, "/notices/{id}/end", "Ghi nhận dịch vụ đã hoạt động trở lại", "Điều 10.2.b",
     ACTION_NOTICE_CHANGE, NULL, NULL, &admin_view_notice, FALSE, end, 0},
    {0},
};
