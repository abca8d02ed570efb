/* Accounts that lie unused, the letters before a lock, and the reasons that exempt [Điều 4.2.c]. */
#include "admin/view.h"

#include "base/clock.h"

static const AdminField list_query[] = {
    {"unit", FIELD_TEXT, FALSE, "Chỉ tài khoản của đơn vị này"},
    {"today", FIELD_TEXT, FALSE, "Tính đến ngày này, NĂM-THÁNG-NGÀY; không ghi: hôm nay"},
    {"no_sign_in", FIELD_INTEGER, FALSE, "Thay vào đó: không ai đăng nhập từ bao nhiêu ngày"},
    {NULL},
};
static const AdminField warn_fields[] = {
    {"unit", FIELD_TEXT, FALSE, "Chỉ tài khoản của đơn vị này"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ"},
    {NULL},
};
static const AdminField exempt_fields[] = {
    {"reason", FIELD_TEXT, TRUE, "maternity, illness, study, secondment, other"},
    {"text", FIELD_TEXT, FALSE, "Ghi rõ; cần khi là other"},
    {"from", FIELD_TEXT, FALSE, "Ngày đầu, NĂM-THÁNG-NGÀY; không ghi: hôm nay"},
    {"until", FIELD_TEXT, TRUE, "Ngày cuối, NĂM-THÁNG-NGÀY"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};
static const AdminField idle_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Địa chỉ"},
    {"name", FIELD_TEXT, TRUE, "Tên hiển thị"},
    {"kind", FIELD_TEXT, TRUE, "unit, person"},
    {"unit", FIELD_TEXT, TRUE, "Địa chỉ hộp thư cơ quan"},
    {"unit_name", FIELD_TEXT, TRUE, "Tên đơn vị"},
    {"state", FIELD_TEXT, TRUE, "candidate, exempt, in_use"},
    {"rule", FIELD_TEXT, FALSE, "idle: không gửi, nhận; signin: không đăng nhập"},
    {"article", FIELD_TEXT, FALSE, "Điều khoản"},
    {"last", FIELD_TEXT, FALSE, "Ngày mà thời hạn bắt đầu tính"},
    {"from", FIELD_TEXT, FALSE, "Ngày bắt đầu được xem xét tạm khóa"},
    {"sent", FIELD_INTEGER, FALSE, "Gửi lần cuối, micro giây Unix"},
    {"received", FIELD_INTEGER, FALSE, "Nhận lần cuối"},
    {"signed_in", FIELD_INTEGER, FALSE, "Đăng nhập lần cuối"},
    {"warned", FIELD_INTEGER, FALSE, "Thư báo trước được gửi lúc"},
    {"reason", FIELD_TEXT, FALSE, "Lý do được ghi nhận"},
    {"exempt_until", FIELD_TEXT, FALSE, "Ngày cuối của lý do"},
    {NULL},
};
static const AdminView view_idle = {"IdleAccount", idle_fields};
static const AdminField warned_fields[] = {
    {"accounts", FIELD_INTEGER, TRUE, "Số tài khoản được báo trước"},
    {"before", FIELD_INTEGER, TRUE, "Số tài khoản đã được báo trước đó"},
    {"letters", FIELD_INTEGER, TRUE, "Số thư đã vào hộp thư"},
    {"failed", FIELD_INTEGER, TRUE, "Số thư không vào được"},
    {NULL},
};
static const AdminView view_warned = {"IdleWarned", warned_fields};

/* ---- Writing ---- */

static void put_time(JsonWriter *w, const char *key, gint64 time) {
    if (time == 0)
        json_put_null(w, key);
    else
        json_int(w, key, time);
}

static void put_day(JsonWriter *w, const char *key, CalendarDay day, gboolean known) {
    char text[11];
    if (!known) {
        json_put_null(w, key);
        return;
    }
    calendar_format(day, text);
    json_text(w, key, text);
}

static void put_word(JsonWriter *w, const char *key, const char *word) {
    if (word == NULL || *word == '\0')
        json_put_null(w, key);
    else
        json_text(w, key, word);
}

void admin_write_idle(JsonWriter *w, const DirectoryIdleRow *row) {
    static const char *const states[] = {"in_use", "exempt", "candidate"};
    const IdleJudgement *j = &row->judgement;
    json_open(w, NULL, '{');
    json_text(w, "address", row->address);
    json_text(w, "name", row->name);
    json_text(w, "kind", directory_kind_name(row->kind));
    json_text(w, "unit", row->unit_address);
    json_text(w, "unit_name", row->unit_name);
    json_text(w, "state", states[j->state]);
    put_word(w, "rule", j->rule);
    put_word(w, "article", j->rule == NULL ? NULL : j->article);
    put_day(w, "last", j->last, j->rule != NULL);
    put_day(w, "from", j->from, j->rule != NULL);
    put_time(w, "sent", row->times[ACTIVITY_SENT]);
    put_time(w, "received", row->times[ACTIVITY_RECEIVED]);
    put_time(w, "signed_in", row->times[ACTIVITY_SIGNED_IN]);
    put_time(w, "warned", row->warned);
    put_word(w, "reason", row->reason);
    put_day(w, "exempt_until", row->exempt_until, *row->reason != '\0');
    json_close(w, '}');
}

static gboolean write_row(const DirectoryIdleRow *row, gpointer data) {
    admin_write_idle(data, row);
    return TRUE;
}

/* ---- Operations ---- */

static gboolean take_day(const char *field, const char *text, CalendarDay otherwise,
                         CalendarDay *day, GError **error) {
    *day = otherwise;
    return text == NULL || calendar_parse(bytes_of_string(text), day) ||
           cv_fail(error, CV_ERROR_INPUT,
                   "\"%s\": \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it is no date",
                   field, text);
}

static CalendarDay today(void) {
    return calendar_day_of(clock_now());
}

static gboolean may_for_unit(AdminCall *call, const char *key, GError **error) {
    if (key == NULL)
        return admin_may(call, 0, error);
    g_autoptr(DirectoryUnit) unit = directory_unit_find(call->service->directory, key, error);
    return unit != NULL && admin_may(call, unit->id, error);
}

static gboolean list(AdminCall *call, GError **error) {
    Directory *directory = call->service->directory;
    DirectoryIdleFilter filter = {.unit = admin_query(call, "unit")};
    if (!take_day("today", admin_query(call, "today"), today(), &filter.today, error) ||
        !admin_query_number(call, "no_sign_in", 1, 36500, 0, &filter.no_sign_in_days, error) ||
        !may_for_unit(call, filter.unit, error) || !directory_activity_write(directory, error))
        return FALSE;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    json_open(&call->w, NULL, '[');
    if (!directory_idle_each(directory, regulation, &filter, write_row, &call->w, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean warn(AdminCall *call, GError **error) {
    AdminWarned warned;
    if (!may_for_unit(call, admin_text(call, "unit"), error) ||
        !call->service->warn_idle(call->service->data, admin_text(call, "unit"), &call->act,
                                  &warned, error))
        return FALSE;
    json_open(&call->w, NULL, '{');
    json_int(&call->w, "accounts", warned.accounts);
    json_int(&call->w, "before", warned.before);
    json_int(&call->w, "letters", warned.letters);
    json_int(&call->w, "failed", warned.failed);
    json_close(&call->w, '}');
    return TRUE;
}

static DirectoryAccount *account_of_path(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->service->directory, http_path_value(call->http, 0), error);
    if (account == NULL || !admin_may(call, account->unit, error))
        return NULL;
    return g_steal_pointer(&account);
}

static gboolean write_one(AdminCall *call, const char *address, GError **error) {
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    DirectoryIdleFilter filter = {.address = address, .today = today()};
    return directory_activity_write(call->service->directory, error) &&
           directory_idle_each(call->service->directory, regulation, &filter, write_row, &call->w,
                               error);
}

static gboolean exempt(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    DirectoryNewExemption new = {.text = admin_text(call, "text")};
    if (account == NULL || !admin_needs_ground(call, error) ||
        !take_day("from", admin_text(call, "from"), today(), &new.from, error) ||
        !take_day("until", admin_text(call, "until"), today(), &new.until, error))
        return FALSE;
    if (!directory_exemption_find(admin_text(call, "reason"), &new.kind))
        return cv_fail(
            error, CV_ERROR_INPUT,
            "\"reason\" phải là maternity, illness, study, secondment hoặc other; is none "
            "of them");
    new.address = account->address;
    return directory_exempt(call->service->directory, &new, &call->act, error) &&
           write_one(call, account->address, error);
}

static gboolean end_exemption(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    return account != NULL && directory_exempt_end(call->service->directory, account->address,
                                                   today(), &call->act, error);
}

const AdminOperation admin_idle[] = {
    {HTTP_GET, "/idle-accounts",
     "Tài khoản lâu không sử dụng: được xem xét tạm khóa, hoặc có lý do được ghi nhận",
     "Điều 4.2.c", ACTION_ACCOUNT_READ, list_query, NULL, &view_idle, TRUE, list},
    {HTTP_POST, "/idle-accounts/warnings", "Gửi thư báo trước cho người dùng và cơ quan, đơn vị",
     "Điều 4.2.c", ACTION_ACCOUNT_CHANGE, NULL, warn_fields, &view_warned, FALSE, warn},
    {HTTP_PUT, "/accounts/{address}/exemption", "Ghi nhận lý do không sử dụng", "Điều 4.2.c",
     ACTION_ACCOUNT_CHANGE, NULL, exempt_fields, &view_idle, FALSE, exempt},
    {HTTP_DELETE, "/accounts/{address}/exemption", "Lý do không sử dụng đã hết", "Điều 4.2.c",
     ACTION_ACCOUNT_CHANGE, NULL, NULL, NULL, FALSE, end_exemption},
    {0},
};
