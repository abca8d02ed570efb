/* Accounts that sent more than they may, and accounts into which outside accounts forward
 * [Điều 8.3, 8.5]. */
#include "admin/suspect.h"
#include "admin/view.h"

#include "queue/limit.h"
#include "store/forwarded.h"

static const AdminField suspect_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản"},
    {"state", FIELD_TEXT, TRUE, "active, locked, closed"},
    {"since", FIELD_INTEGER, TRUE, "Từ khi nào, micro giây Unix"},
    {"held", FIELD_INTEGER, TRUE, "Số thư ra ngoài đang bị giữ"},
    {"evidence", FIELD_TEXT, TRUE, "Số liệu làm chứng cứ, dạng JSON"},
    {NULL},
};
static const AdminView suspect_view = {"Suspect", suspect_fields};

static const AdminField seen_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản nhận"},
    {"messages", FIELD_INTEGER, TRUE, "Số thư được chuyển tự động vào"},
    {"first", FIELD_INTEGER, TRUE, "Thư đầu tiên, micro giây Unix"},
    {"last", FIELD_INTEGER, TRUE, "Thư gần nhất, micro giây Unix"},
    {"forwarder", FIELD_TEXT, TRUE, "Tài khoản chuyển, của thư gần nhất"},
    {"sign", FIELD_TEXT, TRUE, "Dấu hiệu, của thư gần nhất"},
    {NULL},
};
static const AdminView seen_view = {"ForwardedInto", seen_fields};

static const AdminField release_fields[] = {
    {"drop", FIELD_FLAG, FALSE, "Bỏ thư đang giữ thay vì gửi đi"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};

typedef struct {
    AdminCall *call;
    GError *error;
} Listing;

static DirectoryAccount *account_of(Listing *listing, gint64 id) {
    return listing->error != NULL
               ? NULL
               : directory_account(listing->call->service->directory, id, &listing->error);
}

static void write_suspect(const QueueSuspect *suspect, gpointer data) {
    g_autoptr(DirectoryAccount) account = account_of(data, suspect->account);
    JsonWriter *w = &((Listing *)data)->call->w;
    if (account == NULL)
        return;
    json_open(w, NULL, '{');
    json_text(w, "address", account->address);
    json_text(w, "state", directory_state_name(account->state));
    json_int(w, "since", suspect->since);
    json_int(w, "held", suspect->held);
    json_text(w, "evidence", suspect->evidence);
    json_close(w, '}');
}

void admin_write_forwarded(JsonWriter *w, const char *address, const StoreForwarded *seen) {
    json_open(w, NULL, '{');
    json_text(w, "address", address);
    json_int(w, "messages", seen->messages);
    json_int(w, "first", seen->first);
    json_int(w, "last", seen->last);
    json_text(w, "forwarder", seen->forwarder);
    json_text(w, "sign", seen->sign);
    json_close(w, '}');
}

static void write_seen(const StoreForwarded *seen, gpointer data) {
    g_autoptr(DirectoryAccount) account = account_of(data, seen->account);
    if (account != NULL)
        admin_write_forwarded(&((Listing *)data)->call->w, account->address, seen);
}

static gboolean list(AdminCall *call, gboolean suspects, GError **error) {
    Listing listing = {call, NULL};
    if (!admin_may(call, 0, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    DbConn *conn = db_read_begin(store_db(call->service->store), error);
    gboolean ok =
        conn != NULL && (suspects ? queue_each_suspect(conn, 0, write_suspect, &listing, error)
                                  : store_forwarded_each(conn, write_seen, &listing, error));
    g_clear_pointer(&conn, db_read_end);
    json_close(&call->w, ']');
    if (ok && listing.error != NULL) {
        g_propagate_error(error, listing.error);
        return FALSE;
    }
    g_clear_error(&listing.error);
    return ok;
}

static gboolean list_suspects(AdminCall *call, GError **error) {
    return suspects_record(call->service->directory, store_db(call->service->store), error) &&
           list(call, TRUE, error);
}

static gboolean list_seen(AdminCall *call, GError **error) {
    return list(call, FALSE, error);
}

static gboolean release(AdminCall *call, GError **error) {
    const AdminService *service = call->service;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(service->directory, http_path_value(call->http, 0), error);
    gint64 entries;
    return account != NULL && admin_may(call, account->unit, error) &&
           admin_needs_ground(call, error) &&
           suspect_release(service->directory, store_db(service->store), account,
                           json_is_true(json_object_get(call->content, "drop")), &call->act,
                           &entries, error);
}

const AdminOperation admin_outgoing[] = {
    {HTTP_GET, "/suspects", "Tài khoản gửi quá mức, thư ra ngoài đang bị giữ", "Điều 8.3",
     ACTION_ACCOUNT_READ, NULL, NULL, &suspect_view, TRUE, list_suspects},
    {HTTP_PUT, "/suspects/{address}/release", "Cho gửi tiếp hoặc bỏ thư đang giữ", "Điều 8.3",
     ACTION_ACCOUNT_CHANGE, NULL, release_fields, NULL, FALSE, release},
    {HTTP_GET, "/forwarded", "Tài khoản được nơi khác chuyển thư tự động vào", "Điều 8.5",
     ACTION_ACCOUNT_READ, NULL, NULL, &seen_view, TRUE, list_seen},
    {0},
};
