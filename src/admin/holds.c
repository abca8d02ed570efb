/* Legal holds, and access to somebody else's mailbox [Điều 10.1.c, 12.4]. */
#include "admin/view.h"

#include "base/clock.h"
#include "directory/access.h"
#include "directory/hold.h"
#include "store/hold.h"

/* ---- Holds ---- */

static const AdminField hold_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số"},
    {"subject", FIELD_TEXT, TRUE, "Tài khoản, hoặc hồ sơ"},
    {"reason", FIELD_TEXT, TRUE, "Lý do"},
    {"ground", FIELD_TEXT, TRUE, "Văn bản, căn cứ"},
    {"who", FIELD_TEXT, TRUE, "Ai yêu cầu giữ"},
    {"since", FIELD_INTEGER, TRUE, "Từ, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Đến; null: đến khi có quyết định thôi giữ"},
    {"in_force", FIELD_FLAG, TRUE, "Đang giữ"},
    {"kept_messages", FIELD_INTEGER, TRUE, "Số thư đã xóa mà còn giữ"},
    {"kept_bytes", FIELD_INTEGER, TRUE, "Dung lượng của chúng, byte"},
    {"ended", FIELD_INTEGER, FALSE, "Thôi giữ lúc, micro giây Unix"},
    {"ended_by", FIELD_TEXT, TRUE, "Ai thôi giữ"},
    {"ended_why", FIELD_TEXT, TRUE, "Căn cứ thôi giữ"},
    {NULL},
};
static const AdminView hold_view = {"Hold", hold_fields};

static const AdminField new_hold_fields[] = {
    {"address", FIELD_TEXT, FALSE, "Tài khoản; hoặc nêu hồ sơ"},
    {"case", FIELD_TEXT, FALSE, "Hồ sơ: \"request 12\""},
    {"reason", FIELD_TEXT, TRUE, "Lý do"},
    {"until", FIELD_INTEGER, FALSE, "Đến, micro giây Unix; không nêu: đến khi thôi giữ"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};
static const AdminField ground_fields[] = {
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};

static void int_or_null(JsonWriter *w, const char *key, gint64 value) {
    if (value == 0)
        json_put_null(w, key);
    else
        json_int(w, key, value);
}

void admin_write_hold(JsonWriter *w, DbConn *mail, const DirectoryHold *hold) {
    StoreKept kept = {0};
    if (hold->account != 0 && hold->ended == 0)
        store_hold_kept(mail, hold->account, &kept, NULL);
    json_open(w, NULL, '{');
    json_int(w, "id", hold->id);
    json_text(w, "subject", hold->subject);
    json_text(w, "reason", hold->reason);
    json_text(w, "ground", hold->ground);
    json_text(w, "who", hold->who);
    json_int(w, "since", hold->since);
    int_or_null(w, "until", hold->until);
    json_bool(w, "in_force", hold->ended == 0);
    json_int(w, "kept_messages", kept.messages);
    json_int(w, "kept_bytes", kept.bytes);
    int_or_null(w, "ended", hold->ended);
    json_text(w, "ended_by", hold->ended_by);
    json_text(w, "ended_why", hold->ended_why);
    json_close(w, '}');
}

typedef struct {
    JsonWriter *w;
    DbConn *mail;
} HoldListing;

static gboolean write_hold(const DirectoryHold *hold, gpointer data) {
    const HoldListing *listing = data;
    admin_write_hold(listing->w, listing->mail, hold);
    return TRUE;
}

static gboolean write_holds(AdminCall *call, gint64 id, GError **error) {
    g_autoptr(DbConn) mail = db_read_begin(store_db(call->service->store), error);
    HoldListing listing = {&call->w, mail};
    return mail != NULL &&
           directory_hold_each(call->service->directory, id, write_hold, &listing, error);
}

static gboolean list_holds(AdminCall *call, GError **error) {
    if (!admin_may(call, 0, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!write_holds(call, 0, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean begin_hold(AdminCall *call, GError **error) {
    const DirectoryNewHold hold = {.account = admin_text(call, "address"),
                                   .what = admin_text(call, "case"),
                                   .reason = admin_text(call, "reason"),
                                   .until = admin_integer(call, "until")};
    gint64 id;
    return admin_may(call, 0, error) && admin_needs_ground(call, error) &&
           directory_hold_begin(call->service->directory, &hold, &call->act, &id, error) &&
           admin_changed(call, error) && write_holds(call, id, error);
}

static gboolean path_number(const AdminCall *call, gint64 *id, GError **error) {
    const char *text = http_path_value(call->http, 0);
    return g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, id, NULL) ||
           cv_fail(error, CV_ERROR_NOT_FOUND, "không có số %s; there is none", text);
}

static gboolean end_hold(AdminCall *call, GError **error) {
    gint64 id;
    return path_number(call, &id, error) && admin_may(call, 0, error) &&
           admin_needs_ground(call, error) &&
           directory_hold_end(call->service->directory, id, &call->act, error) &&
           admin_changed(call, error) && write_holds(call, id, error);
}

/* ---- Access ---- */

static const AdminField access_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số (TC-…)"},
    {"address", FIELD_TEXT, TRUE, "Hộp thư được đọc"},
    {"name", FIELD_TEXT, TRUE, "Của ai"},
    {"reader", FIELD_TEXT, TRUE, "Người được đọc"},
    {"state", FIELD_TEXT, TRUE, "asked, approved, refused, over"},
    {"days", FIELD_INTEGER, TRUE, "Số ngày"},
    {"ground", FIELD_TEXT, TRUE, "Văn bản, căn cứ"},
    {"asked_by", FIELD_TEXT, TRUE, "Ai đề nghị"},
    {"asked", FIELD_INTEGER, TRUE, "Đề nghị lúc, micro giây Unix"},
    {"decided_by", FIELD_TEXT, TRUE, "Ai quyết định"},
    {"decided_why", FIELD_TEXT, TRUE, "Căn cứ quyết định"},
    {"since", FIELD_INTEGER, FALSE, "Được đọc từ, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Đến, micro giây Unix"},
    {"told", FIELD_INTEGER, FALSE, "Chủ hộp thư được báo lúc, micro giây Unix; null: chưa"},
    {NULL},
};
static const AdminView access_view = {"Access", access_fields};

static const AdminField new_access_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Hộp thư cần đọc"},
    {"reader", FIELD_TEXT, TRUE, "Người sẽ đọc, tài khoản cá nhân"},
    {"days", FIELD_INTEGER, TRUE, "Số ngày, từ khi được duyệt; tối đa 90"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};

void admin_write_access(JsonWriter *w, const DirectoryAccess *access) {
    json_open(w, NULL, '{');
    json_int(w, "id", access->id);
    json_text(w, "address", access->address);
    json_text(w, "name", access->name);
    json_text(w, "reader", access->reader);
    json_text(w, "state", directory_access_state_name(access->state));
    json_int(w, "days", access->days);
    json_text(w, "ground", access->ground);
    json_text(w, "asked_by", access->asked_by);
    json_int(w, "asked", access->asked);
    json_text(w, "decided_by", access->decided_by);
    json_text(w, "decided_why", access->decided_why);
    int_or_null(w, "since", access->since);
    int_or_null(w, "until", access->until);
    int_or_null(w, "told", access->told);
    json_close(w, '}');
}

typedef struct {
    AdminCall *call;
    gboolean own; /* only what is over */
    gint64 unit;  /* out, of the last one: of a single one */
    guint found;
} AccessListing;

/* What reaches beyond the caller's units is left out. */
static gboolean write_access(const DirectoryAccess *access, gpointer data) {
    AccessListing *listing = data;
    listing->unit = access->unit;
    gboolean over = access->state == ACCESS_OVER;
    if (listing->own ? over : admin_may(listing->call, access->unit, NULL)) {
        listing->found++;
        admin_write_access(&listing->call->w, access);
    }
    return TRUE;
}

static gboolean list(AdminCall *call, gint64 account, gboolean own, GError **error) {
    AccessListing listing = {call, own, 0, 0};
    json_open(&call->w, NULL, '[');
    if (!directory_access_each(call->service->directory, 0, account, write_access, &listing, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean list_accesses(AdminCall *call, GError **error) {
    return list(call, 0, FALSE, error);
}

/* The owner sees afterwards who has read. */
static gboolean list_own(AdminCall *call, GError **error) {
    return list(call, admin_caller(call)->id, TRUE, error);
}

static gboolean note_unit(const DirectoryAccess *access, gpointer data) {
    AccessListing *listing = data;
    listing->unit = access->unit;
    listing->found++;
    return TRUE;
}

static gboolean may_of(AdminCall *call, gint64 id, GError **error) {
    AccessListing listing = {call, FALSE, 0, 0};
    if (!directory_access_each(call->service->directory, id, 0, note_unit, &listing, error))
        return FALSE;
    if (listing.found == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "không có số này; there is none");
    return admin_may(call, listing.unit, error);
}

static gboolean write_single(const DirectoryAccess *access, gpointer data) {
    admin_write_access(&((AdminCall *)data)->w, access);
    return TRUE;
}

static gboolean answer(AdminCall *call, gint64 id, GError **error) {
    return admin_changed(call, error) &&
           directory_access_each(call->service->directory, id, 0, write_single, call, error);
}

static gboolean ask(AdminCall *call, GError **error) {
    const DirectoryNewAccess access = {admin_text(call, "address"), admin_text(call, "reader"),
                                       admin_integer(call, "days")};
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->service->directory, access.account, error);
    gint64 id;
    return account != NULL && admin_may(call, account->unit, error) &&
           admin_needs_ground(call, error) &&
           directory_access_ask(call->service->directory, &access, &call->act, &id, error) &&
           answer(call, id, error);
}

static gboolean decide(AdminCall *call, gboolean approve, GError **error) {
    gint64 id;
    return path_number(call, &id, error) && may_of(call, id, error) &&
           admin_needs_ground(call, error) &&
           directory_access_decide(call->service->directory, id, approve, &call->act, error) &&
           answer(call, id, error);
}

static gboolean approve(AdminCall *call, GError **error) {
    return decide(call, TRUE, error);
}

static gboolean refuse(AdminCall *call, GError **error) {
    return decide(call, FALSE, error);
}

static gboolean end(AdminCall *call, GError **error) {
    gint64 id;
    return path_number(call, &id, error) && may_of(call, id, error) &&
           directory_access_end(call->service->directory, id, &call->act, error) &&
           answer(call, id, error);
}

const AdminOperation admin_holds[] = {
    {HTTP_GET, "/holds", "Tài khoản, hồ sơ phải giữ nguyên, không được xóa", "Điều 10.1.c",
     ACTION_HOLD_READ, NULL, NULL, &hold_view, TRUE, list_holds},
    {HTTP_POST, "/holds", "Giữ nguyên một tài khoản hoặc hồ sơ", "Điều 10.1.c", ACTION_HOLD_CHANGE,
     NULL, new_hold_fields, &hold_view, FALSE, begin_hold},
    {HTTP_PUT, "/holds/{id}/end", "Thôi giữ nguyên", "Điều 10.1.c", ACTION_HOLD_CHANGE, NULL,
     ground_fields, &hold_view, FALSE, end_hold},
    {HTTP_GET, "/accesses", "Ai được đọc hộp thư của người khác, theo căn cứ nào", "Điều 10.1.c",
     ACTION_ACCESS_READ, NULL, NULL, &access_view, TRUE, list_accesses},
    {HTTP_POST, "/accesses", "Đề nghị đọc hộp thư của người khác", "Điều 10.1.c", ACTION_ACCESS_ASK,
     NULL, new_access_fields, &access_view, FALSE, ask},
    {HTTP_PUT, "/accesses/{id}/approval", "Duyệt, với tư cách người thứ hai", "Điều 10.1.c",
     ACTION_ACCESS_DECIDE, NULL, ground_fields, &access_view, FALSE, approve},
    {HTTP_PUT, "/accesses/{id}/refusal", "Không duyệt", "Điều 10.1.c", ACTION_ACCESS_DECIDE, NULL,
     ground_fields, &access_view, FALSE, refuse},
    {HTTP_PUT, "/accesses/{id}/end", "Chấm dứt trước thời hạn", "Điều 10.1.c", ACTION_ACCESS_ASK,
     NULL, ground_fields, &access_view, FALSE, end},
    {HTTP_GET, "/own/accesses", "Ai đã được đọc hộp thư của mình, khi đã kết thúc", "Điều 12.1",
     ACTION_OWN_READ, NULL, NULL, &access_view, TRUE, list_own},
    {0},
};
