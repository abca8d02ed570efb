/* Messages taken back from everybody, and state secrets: what was refused, what was frozen
 * [Điều 6.1, 8.1, 10.1]. */
#include "admin/view.h"
#include "admin/withdrawal.h"

static const AdminField withdrawal_fields[] = {
    {"id", FIELD_TEXT, TRUE, "Số: TH-… thu hồi, SM-… giữ lại tại chỗ"},
    {"state", FIELD_TEXT, TRUE, "under_way, withdrawn, returning, returned"},
    {"message_id", FIELD_TEXT, TRUE, "Message-ID; rỗng khi không nêu"},
    {"ground", FIELD_TEXT, TRUE, "Căn cứ"},
    {"who", FIELD_TEXT, TRUE, "Ai làm"},
    {"at", FIELD_INTEGER, TRUE, "Lúc, micro giây Unix"},
    {"copies", FIELD_INTEGER, TRUE, "Số hộp thư đã thu hồi"},
    {"read", FIELD_INTEGER, TRUE, "Trong đó đã đọc"},
    {"returned", FIELD_INTEGER, TRUE, "Đã trả lại"},
    {"return_ground", FIELD_TEXT, TRUE, "Căn cứ trả lại"},
    {"return_who", FIELD_TEXT, TRUE, "Ai trả lại"},
    {"return_at", FIELD_INTEGER, TRUE, "Trả lại lúc, micro giây Unix; 0: chưa"},
    {NULL},
};
static const AdminView withdrawal_view = {"Withdrawal", withdrawal_fields};

static const AdminField found_fields[] = {
    {"message_id", FIELD_TEXT, TRUE, "Message-ID"},
    {"sender", FIELD_TEXT, TRUE, "Người gửi (phong bì)"},
    {"received", FIELD_INTEGER, TRUE, "Nhận lúc, micro giây Unix"},
    {"receptions", FIELD_INTEGER, TRUE, "Số lần nhận"},
    {"copies", FIELD_INTEGER, TRUE, "Số bản đang ở các hộp thư"},
    {"read", FIELD_INTEGER, TRUE, "Trong đó đã đọc"},
    {"waiting", FIELD_INTEGER, TRUE, "Còn trong hàng đợi ra ngoài"},
    {"outside", FIELD_INTEGER, TRUE, "Số lượt gửi ra ngoài từng có"},
    {NULL},
};
static const AdminView found_view = {"FoundMessage", found_fields};

static const AdminField copy_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Hộp thư của ai"},
    {"mailbox", FIELD_TEXT, TRUE, "Thư mục"},
    {"uid", FIELD_INTEGER, TRUE, "UID"},
    {"read", FIELD_FLAG, TRUE, "Đã đọc"},
    {NULL},
};
static const AdminView copy_view = {"MessageCopy", copy_fields};

static const AdminField message_query[] = {
    {"message", FIELD_TEXT, TRUE, "Message-ID, hoặc số lần nhận"},
    {NULL},
};
static const AdminField begin_fields[] = {
    {"message", FIELD_TEXT, TRUE, "Message-ID, hoặc số lần nhận"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};
static const AdminField ground_fields[] = {
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};

static WithdrawalPlace place_of(const AdminCall *call) {
    return (WithdrawalPlace){call->service->directory, call->service->store,
                             call->service->delivery};
}

/* ---- Listing ---- */

typedef struct {
    JsonWriter *w;
    StoreWithdrawalKind kind;
} Listing;

static gboolean write_one(const StoreWithdrawal *withdrawal, gpointer data) {
    const Listing *listing = data;
    if (withdrawal->kind == listing->kind)
        withdrawal_write(listing->w, withdrawal);
    return TRUE;
}

static gboolean list(AdminCall *call, StoreWithdrawalKind kind, gint64 id, GError **error) {
    Listing listing = {&call->w, kind};
    g_autoptr(DbConn) conn = db_read_begin(store_db(call->service->store), error);
    return conn != NULL && store_withdrawal_each(conn, id, write_one, &listing, error);
}

static gboolean list_kind(AdminCall *call, StoreWithdrawalKind kind, GError **error) {
    WithdrawalPlace place = place_of(call);
    if (!admin_may(call, 0, error) || !withdrawals_keep(&place, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!list(call, kind, 0, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean list_takebacks(AdminCall *call, GError **error) {
    return list_kind(call, STORE_TAKEN_BACK, error);
}

static gboolean list_frozen(AdminCall *call, GError **error) {
    return list_kind(call, STORE_FROZEN, error);
}

/* ---- Looking before doing ---- */

static gboolean plan_of(AdminCall *call, const char *what, WithdrawalPlan *plan, GError **error) {
    WithdrawalPlace place = place_of(call);
    if (what == NULL || *what == '\0')
        return cv_fail(error, CV_ERROR_INPUT, "cần \"message\"; give the message");
    return admin_may(call, 0, error) && withdrawal_plan(&place, what, plan, error);
}

static gboolean preview(AdminCall *call, GError **error) {
    g_auto(WithdrawalPlan) plan = {0};
    if (!plan_of(call, admin_query(call, "message"), &plan, error))
        return FALSE;
    withdrawal_write_plan(&call->w, NULL, &plan);
    return TRUE;
}

static gboolean list_copies(AdminCall *call, GError **error) {
    g_auto(WithdrawalPlan) plan = {0};
    WithdrawalPlace place = place_of(call);
    if (!plan_of(call, admin_query(call, "message"), &plan, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!withdrawal_write_copies(&call->w, &place, plan.copies, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

/* ---- Doing ---- */

static gboolean begin(AdminCall *call, StoreWithdrawalKind kind, GError **error) {
    g_auto(WithdrawalPlan) plan = {0};
    WithdrawalPlace place = place_of(call);
    gint64 id;
    return plan_of(call, admin_text(call, "message"), &plan, error) &&
           admin_needs_ground(call, error) &&
           withdrawal_do(&place, kind, &plan, &call->act, &id, error) &&
           list(call, kind, id, error);
}

static gboolean undo(AdminCall *call, StoreWithdrawalKind kind, GError **error) {
    WithdrawalPlace place = place_of(call);
    gint64 id;
    if (!admin_may(call, 0, error) || !admin_needs_ground(call, error))
        return FALSE;
    if (!withdrawal_number(kind, http_path_value(call->http, 0), &id))
        return cv_fail(error, CV_ERROR_NOT_FOUND, "không có số này; there is no such number");
    return withdrawal_undo(&place, kind, id, &call->act, error) && list(call, kind, id, error);
}

static gboolean take_back(AdminCall *call, GError **error) {
    return begin(call, STORE_TAKEN_BACK, error);
}

static gboolean give_back(AdminCall *call, GError **error) {
    return undo(call, STORE_TAKEN_BACK, error);
}

static gboolean freeze(AdminCall *call, GError **error) {
    return begin(call, STORE_FROZEN, error);
}

static gboolean release(AdminCall *call, GError **error) {
    return undo(call, STORE_FROZEN, error);
}

const AdminOperation admin_withdrawals[] = {
    {HTTP_GET, "/takebacks", "Các lần thu hồi thư khỏi mọi hộp thư", "Điều 10.1.c",
     ACTION_MESSAGE_FIND, NULL, NULL, &withdrawal_view, TRUE, list_takebacks},
    {HTTP_POST, "/takebacks", "Thu hồi một thư khỏi mọi hộp thư", "Điều 8.1", ACTION_MESSAGE_TAKE,
     NULL, begin_fields, &withdrawal_view, FALSE, take_back},
    {HTTP_GET, "/takebacks/preview", "Thư này đang ở bao nhiêu hộp thư, bao nhiêu người đã đọc",
     "Điều 8.1", ACTION_MESSAGE_FIND, message_query, NULL, &found_view, FALSE, preview},
    {HTTP_GET, "/takebacks/copies", "Thư này đang ở hộp thư nào, ai đã đọc", "Điều 8.1",
     ACTION_MESSAGE_FIND, message_query, NULL, &copy_view, TRUE, list_copies},
    {HTTP_PUT, "/takebacks/{id}/return", "Trả lại thư đã thu hồi", "Điều 8.1", ACTION_MESSAGE_TAKE,
     NULL, ground_fields, &withdrawal_view, FALSE, give_back},
    {HTTP_GET, "/secrets", "Thư có dấu độ mật được giữ lại tại chỗ", "Điều 6.1",
     ACTION_MESSAGE_FIND, NULL, NULL, &withdrawal_view, TRUE, list_frozen},
    {HTTP_POST, "/secrets", "Giữ lại tại chỗ một thư có bí mật nhà nước", "Điều 6.1",
     ACTION_MESSAGE_TAKE, NULL, begin_fields, &withdrawal_view, FALSE, freeze},
    {HTTP_PUT, "/secrets/{id}/release", "Thôi giữ lại một thư", "Điều 6.1", ACTION_MESSAGE_TAKE,
     NULL, ground_fields, &withdrawal_view, FALSE, release},
    {0},
};
