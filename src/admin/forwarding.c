/* Forwarding addresses [Điều 8.5]: a person's own, and everybody's for the centre. The regulation
 * is asked in either case. */
#include "admin/view.h"

#include "directory/forward.h"

static const AdminField view_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản"},
    {"to", FIELD_TEXT, FALSE, "Địa chỉ nhận thư chuyển đến; null: không đặt chuyển thư"},
    {"keep", FIELD_FLAG, TRUE, "Giữ một bản trong hộp thư của tài khoản"},
    {"since", FIELD_INTEGER, TRUE, "Đặt lúc, micro giây Unix; 0: không đặt"},
    {"stopped", FIELD_INTEGER, FALSE, "Ngừng chuyển từ, micro giây Unix; null: đang chuyển"},
    {NULL},
};
static const AdminView view = {"Forwarding", view_fields};

static const AdminField new_fields[] = {
    {"to", FIELD_TEXT, TRUE, "Địa chỉ nhận thư chuyển đến, do cơ quan nhà nước cấp"},
    {"keep", FIELD_FLAG, FALSE, "Giữ một bản trong hộp thư của tài khoản"},
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};

typedef struct {
    AdminCall *call;
    const char *only; /* NULL: all */
    guint found;
} Listing;

void admin_write_forwarding(JsonWriter *w, const char *address, const char *target, gboolean keep,
                            gint64 since, gint64 stopped) {
    json_open(w, NULL, '{');
    json_text(w, "address", address);
    json_text(w, "to", target);
    json_bool(w, "keep", keep);
    json_int(w, "since", since);
    if (stopped == 0)
        json_put_null(w, "stopped");
    else
        json_int(w, "stopped", stopped);
    json_close(w, '}');
}

static gboolean write_row(const char *address, const char *target, gboolean keep, gint64 since,
                          gint64 stopped, gpointer data) {
    Listing *listing = data;
    if (listing->only != NULL && !g_str_equal(listing->only, address))
        return TRUE;
    listing->found++;
    admin_write_forwarding(&listing->call->w, address, target, keep, since, stopped);
    return listing->only == NULL;
}

static gboolean list(AdminCall *call, GError **error) {
    Listing listing = {call, NULL, 0};
    if (!admin_may(call, 0, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!directory_forward_each(call->service->directory, write_row, &listing, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean write_one(AdminCall *call, const char *address, GError **error) {
    Listing listing = {call, address, 0};
    if (!directory_forward_each(call->service->directory, write_row, &listing, error))
        return FALSE;
    if (listing.found == 0)
        write_row(address, NULL, FALSE, 0, 0, &listing);
    return TRUE;
}

static gboolean put(AdminCall *call, const char *address, const char *to, GError **error) {
    DirectoryNewForward forward = {
        .account = address,
        .target = to,
        .keep = call->content != NULL && json_is_true(json_object_get(call->content, "keep")),
    };
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    return directory_forward_set(call->service->directory, regulation, &forward, &call->act,
                                 error) &&
           (to == NULL || write_one(call, address, error));
}

static gboolean show_own(AdminCall *call, GError **error) {
    return write_one(call, admin_caller(call)->address, error);
}

static gboolean put_own(AdminCall *call, GError **error) {
    return put(call, admin_caller(call)->address, admin_text(call, "to"), error);
}

static gboolean end_own(AdminCall *call, GError **error) {
    return put(call, admin_caller(call)->address, NULL, error);
}

static DirectoryAccount *account_of_path(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->service->directory, http_path_value(call->http, 0), error);
    if (account == NULL || !admin_may(call, account->unit, error))
        return NULL;
    return g_steal_pointer(&account);
}

static gboolean put_other(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    return account != NULL && put(call, account->address, admin_text(call, "to"), error);
}

static gboolean end_other(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    return account != NULL && put(call, account->address, NULL, error);
}

const AdminOperation admin_forwarding[] = {
    {HTTP_GET, "/own/forwarding", "Thư của mình được chuyển đến đâu", "Điều 8.5", ACTION_OWN_READ,
     NULL, NULL, &view, FALSE, show_own},
    {HTTP_PUT, "/own/forwarding", "Đặt chuyển thư của mình", "Điều 8.5", ACTION_OWN_CHANGE, NULL,
     new_fields, &view, FALSE, put_own},
    {HTTP_DELETE, "/own/forwarding", "Bỏ chuyển thư của mình", "Điều 8.5", ACTION_OWN_CHANGE, NULL,
     NULL, NULL, FALSE, end_own},
    {HTTP_GET, "/forwarding", "Những tài khoản đặt chuyển thư", "Điều 8.5", ACTION_ACCOUNT_READ,
     NULL, NULL, &view, TRUE, list},
    {HTTP_PUT, "/accounts/{address}/forwarding", "Đặt chuyển thư cho một tài khoản", "Điều 8.5",
     ACTION_ACCOUNT_CHANGE, NULL, new_fields, &view, FALSE, put_other},
    {HTTP_DELETE, "/accounts/{address}/forwarding", "Bỏ chuyển thư của một tài khoản", "Điều 8.5",
     ACTION_ACCOUNT_CHANGE, NULL, NULL, NULL, FALSE, end_other},
    {0},
};
