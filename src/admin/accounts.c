/* Accounts: giving, locking, unlocking, closing, quota; who looks after a unit's mailbox
 * [Điều 4, 5, 6]. */
#include "admin/view.h"

#include <string.h>

enum { PAGE = 100, PAGE_MAXIMUM = 1000 };

/* ---- Fields ---- */

#define GROUND_FIELDS                                                                              \
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"}, {                     \
        "ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"          \
    }

static const AdminField list_query[] = {
    {"unit", FIELD_TEXT, FALSE, "Chỉ tài khoản của đơn vị này"},
    {"after", FIELD_TEXT, FALSE, "Tiếp sau tài khoản này (trang sau)"},
    {"limit", FIELD_INTEGER, FALSE, "Số tài khoản của một trang, tối đa 1000; mặc định 100"},
    {NULL},
};
static const AdminField new_fields[] = {
    {"unit", FIELD_TEXT, TRUE, "Đơn vị công tác: địa chỉ hoặc tên viết tắt"},
    {"name", FIELD_TEXT, TRUE, "Họ và tên"},
    {"given", FIELD_TEXT, FALSE, "Tên gọi, khi không phải từ cuối"},
    {"title", FIELD_TEXT, FALSE, "Chức vụ"},
    {"quota", FIELD_INTEGER, FALSE, "Dung lượng, byte; không ghi thì theo quy chế"},
    GROUND_FIELDS,
    {NULL},
};
static const AdminField ground_fields[] = {GROUND_FIELDS, {NULL}};
static const AdminField lock_fields[] = {
    {"cause", FIELD_TEXT, FALSE,
     "request (không ghi cũng vậy), idle, takeover (mất cả mật khẩu), forbidden"},
    {"clause", FIELD_TEXT, FALSE, "forbidden: khoản bị vi phạm, như 8.3"},
    {"law", FIELD_TEXT, FALSE, "forbidden: văn bản luật khác, thay cho clause"},
    {"evidence", FIELD_TEXT, FALSE, "takeover, forbidden: chứng cứ, nơi lưu"},
    GROUND_FIELDS,
    {NULL},
};
static const AdminField quota_fields[] = {
    {"quota", FIELD_INTEGER, TRUE, "Dung lượng, byte"},
    GROUND_FIELDS,
    {NULL},
};
static const AdminField proposal_query[] = {
    {"unit", FIELD_TEXT, TRUE, "Đơn vị công tác"},
    {"name", FIELD_TEXT, TRUE, "Họ và tên"},
    {"given", FIELD_TEXT, FALSE, "Tên gọi, khi không phải từ cuối"},
    {NULL},
};
static const AdminField delegation_fields[] = {
    {"grantee", FIELD_TEXT, TRUE, "Địa chỉ của người được giao quản lý, sử dụng"},
    {"may", FIELD_TEXTS, TRUE, "Quyền: read, write, send"},
    {"since", FIELD_INTEGER, FALSE, "Bắt đầu, micro giây Unix; không ghi: từ bây giờ"},
    {"until", FIELD_INTEGER, FALSE, "Kết thúc, micro giây Unix; không ghi: không thời hạn"},
    {"document", FIELD_TEXT, TRUE, "Số, ngày của văn bản ủy quyền, phân công"},
    {NULL},
};

/* ---- Reading ---- */

typedef struct {
    AdminCall *call;
    DbConn *mail; /* the store's figures, of one moment */
    GError *error;
} Listing;

static gboolean write_row(const DirectoryAccountRow *row, gpointer data) {
    Listing *listing = data;
    AdminCall *call = listing->call;
    StoreAccount kept = {.account = row->account->id};
    g_autoptr(GError) error = NULL;
    if (!store_account_get(call->service->store, listing->mail, row->account->id, &kept, &error) &&
        !cv_error_is(error, CV_ERROR_NOT_FOUND)) {
        listing->error = g_steal_pointer(&error);
        return FALSE;
    }
    return admin_write_account(&call->w, call->service->directory, row, &kept, &listing->error);
}

static gboolean write_accounts(AdminCall *call, const DirectoryAccountFilter *filter,
                               GError **error) {
    Listing listing = {.call = call};
    listing.mail = db_read_begin(store_db(call->service->store), error);
    if (listing.mail == NULL)
        return FALSE;
    gboolean ok =
        directory_account_each(call->service->directory, filter, write_row, &listing, error);
    db_read_end(listing.mail);
    if (ok && listing.error != NULL) {
        g_propagate_error(error, listing.error);
        return FALSE;
    }
    return ok;
}

static gboolean may_for_key(AdminCall *call, const char *key, GError **error) {
    if (key == NULL)
        return admin_may(call, 0, error);
    g_autoptr(DirectoryUnit) unit = directory_unit_find(call->service->directory, key, error);
    return unit != NULL && admin_may(call, unit->id, error);
}

static gboolean list(AdminCall *call, GError **error) {
    gint64 limit;
    const char *after = admin_query(call, "after");
    g_autofree char *local = after == NULL ? NULL : g_strndup(after, strcspn(after, "@"));
    DirectoryAccountFilter filter = {.unit = admin_query(call, "unit"), .after = local};
    if (!admin_query_number(call, "limit", 1, PAGE_MAXIMUM, PAGE, &limit, error) ||
        !may_for_key(call, filter.unit, error))
        return FALSE;
    filter.limit = (guint)limit;
    json_open(&call->w, NULL, '[');
    if (!write_accounts(call, &filter, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean write_one(AdminCall *call, const char *address, GError **error) {
    DirectoryAccountFilter filter = {.address = address};
    return write_accounts(call, &filter, error);
}

static DirectoryAccount *account_of_path(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->service->directory, http_path_value(call->http, 0), error);
    if (account == NULL || !admin_may(call, account->unit, error))
        return NULL;
    return g_steal_pointer(&account);
}

static gboolean show(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    return account != NULL && write_one(call, account->address, error);
}

static gboolean show_own(AdminCall *call, GError **error) {
    return write_one(call, admin_caller(call)->address, error);
}

static gboolean propose(AdminCall *call, GError **error) {
    DirectoryNewAccount new = {.unit = admin_query(call, "unit"),
                               .name = admin_query(call, "name"),
                               .given = admin_query(call, "given")};
    if (new.unit == NULL || new.name == NULL)
        return cv_fail(error, CV_ERROR_INPUT, "cần \"unit\" và \"name\"; both are needed");
    g_auto(NamingProposal) proposal = {0};
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    if (!directory_account_propose(call->service->directory, regulation, &new, &proposal, error))
        return FALSE;
    admin_write_proposal(&call->w, directory_domain(call->service->directory), &proposal);
    return TRUE;
}

/* ---- Changing ---- */

static gboolean create(AdminCall *call, GError **error) {
    DirectoryNewAccount new = {
        .unit = admin_text(call, "unit"),
        .name = admin_text(call, "name"),
        .given = admin_text(call, "given"),
        .title = admin_text(call, "title"),
        .quota = admin_integer(call, "quota"),
    };
    if (!admin_needs_ground(call, error) || !may_for_key(call, new.unit, error))
        return FALSE;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    g_autoptr(DirectoryAccount) made =
        directory_account_create(call->service->directory, regulation, &new, &call->act, error);
    return made != NULL && admin_changed(call, error) && write_one(call, made->address, error);
}

static gboolean set_state(AdminCall *call, DirectoryState state, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    return account != NULL && admin_needs_ground(call, error) &&
           directory_account_set_state(call->service->directory, account->address, state,
                                       &call->act, error) &&
           admin_changed(call, error) && write_one(call, account->address, error);
}

static gboolean lock(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    const char *cause = admin_text(call, "cause");
    DirectoryLock lock = {.clause = admin_text(call, "clause"),
                          .law = admin_text(call, "law"),
                          .evidence = admin_text(call, "evidence")};
    if (account == NULL)
        return FALSE;
    if (cause != NULL && !directory_lock_cause_find(cause, &lock.cause))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"cause\" phải là request, idle, takeover hoặc forbidden; is none of them");
    if (lock.cause == LOCK_REQUEST && !admin_needs_ground(call, error))
        return FALSE;
    lock.address = account->address;
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    return directory_account_lock(call->service->directory, regulation, &lock, &call->act, error) &&
           admin_changed(call, error) && write_one(call, account->address, error);
}

static gboolean unlock(AdminCall *call, GError **error) {
    return set_state(call, DIRECTORY_ACTIVE, error);
}

static gboolean close_account(AdminCall *call, GError **error) {
    return set_state(call, DIRECTORY_CLOSED, error);
}

static gboolean set_quota(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    g_autoptr(Regulation) regulation = call->service->regulation(call->service->data);
    return account != NULL &&
           directory_account_set_quota(call->service->directory, regulation, account->address,
                                       admin_integer(call, "quota"), &call->act, error) &&
           admin_changed(call, error) && write_one(call, account->address, error);
}

/* ---- Delegation [Điều 6.2] ---- */

static gboolean write_delegation(const DirectoryDelegation *delegation, gpointer data) {
    admin_write_delegation(data, delegation);
    return TRUE;
}

static gboolean write_delegations(AdminCall *call, const DirectoryAccount *account,
                                  GError **error) {
    json_open(&call->w, NULL, '[');
    if (!directory_delegation_each(call->service->directory, account->id, write_delegation,
                                   &call->w, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean list_delegations(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    return account != NULL && write_delegations(call, account, error);
}

static gboolean read_may(const AdminCall *call, guint *may, GError **error) {
    static const struct {
        const char *word;
        guint bit;
    } words[] = {
        {"read", DIRECTORY_MAY_READ}, {"write", DIRECTORY_MAY_WRITE}, {"send", DIRECTORY_MAY_SEND}};
    size_t i;
    json_t *value;
    *may = 0;
    json_array_foreach(json_object_get(call->content, "may"), i, value) {
        guint bit = 0;
        for (gsize n = 0; n < G_N_ELEMENTS(words); n++)
            if (g_str_equal(json_string_value(value), words[n].word))
                bit = words[n].bit;
        if (bit == 0)
            return cv_fail(error, CV_ERROR_INPUT,
                           "\"may\": \"%s\" không phải read, write, send; is none of them",
                           json_string_value(value));
        *may |= bit;
    }
    return *may != 0 || cv_fail(error, CV_ERROR_INPUT,
                                "\"may\": cần ít nhất một quyền; at least one right is needed");
}

static gboolean delegate(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    DirectoryNewDelegation new = {
        .grantee = admin_text(call, "grantee"),
        .since = admin_integer(call, "since"),
        .until = admin_integer(call, "until"),
        .document = admin_text(call, "document"),
    };
    if (account == NULL || !read_may(call, &new.may, error))
        return FALSE;
    new.account = account->address;
    call->act.ground = new.document;
    return directory_delegate(call->service->directory, &new, &call->act, error) &&
           admin_changed(call, error) && write_delegations(call, account, error);
}

static gboolean end_delegation(AdminCall *call, GError **error) {
    g_autoptr(DirectoryAccount) account = account_of_path(call, error);
    DirectoryNewDelegation end = {.grantee = http_path_value(call->http, 1)};
    if (account == NULL)
        return FALSE;
    end.account = account->address;
    return directory_delegate(call->service->directory, &end, &call->act, error) &&
           admin_changed(call, error);
}

const AdminOperation admin_accounts[] = {
    {HTTP_GET, "/own", "Tài khoản của người đăng nhập", "Điều 12.1", ACTION_OWN_READ, NULL, NULL,
     &admin_view_account, FALSE, show_own},
    {HTTP_GET, "/proposals/person", "Địa chỉ mà quy chế đặt cho một người", "Điều 3.2",
     ACTION_UNIT_READ, proposal_query, NULL, &admin_view_proposal, FALSE, propose},
    {HTTP_GET, "/accounts", "Danh sách tài khoản, từng trang", NULL, ACTION_ACCOUNT_READ,
     list_query, NULL, &admin_view_account, TRUE, list},
    {HTTP_POST, "/accounts", "Cấp mới tài khoản cá nhân", "Điều 4.1", ACTION_ACCOUNT_CHANGE, NULL,
     new_fields, &admin_view_account, FALSE, create},
    {HTTP_GET, "/accounts/{address}", "Một tài khoản", NULL, ACTION_ACCOUNT_READ, NULL, NULL,
     &admin_view_account, FALSE, show},
    {HTTP_PUT, "/accounts/{address}/lock", "Tạm khóa tài khoản", "Điều 4.2.c",
     ACTION_ACCOUNT_CHANGE, NULL, lock_fields, &admin_view_account, FALSE, lock},
    {HTTP_PUT, "/accounts/{address}/unlock", "Mở khóa tài khoản", "Điều 4.2.c",
     ACTION_ACCOUNT_CHANGE, NULL, ground_fields, &admin_view_account, FALSE, unlock},
    {HTTP_PUT, "/accounts/{address}/close", "Hủy bỏ tài khoản", "Điều 4.1", ACTION_ACCOUNT_CHANGE,
     NULL, ground_fields, &admin_view_account, FALSE, close_account},
    {HTTP_PUT, "/accounts/{address}/quota", "Điều chỉnh dung lượng", "Điều 5.1",
     ACTION_ACCOUNT_CHANGE, NULL, quota_fields, &admin_view_account, FALSE, set_quota},
    {HTTP_GET, "/accounts/{address}/delegations", "Ai quản lý, sử dụng hộp thư cơ quan", "Điều 6.2",
     ACTION_ACCOUNT_READ, NULL, NULL, &admin_view_delegation, TRUE, list_delegations},
    {HTTP_POST, "/accounts/{address}/delegations",
     "Giao một người quản lý, sử dụng hộp thư cơ quan", "Điều 6.2", ACTION_ACCOUNT_DELEGATE, NULL,
     delegation_fields, &admin_view_delegation, TRUE, delegate},
    {HTTP_DELETE, "/accounts/{address}/delegations/{grantee}",
     "Thôi giao hộp thư cơ quan cho một người", "Điều 6.2", ACTION_ACCOUNT_DELEGATE, NULL, NULL,
     NULL, FALSE, end_delegation},
    {0},
};
