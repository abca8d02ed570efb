#include "admin/view.h"

/* ---- Units ---- */

static const AdminField unit_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số trong hệ thống"},
    {"kind", FIELD_TEXT, TRUE, "Loại"},
    {"name", FIELD_TEXT, TRUE, "Tên chính thức"},
    {"address", FIELD_TEXT, TRUE, "Địa chỉ hộp thư cơ quan"},
    {"abbreviation", FIELD_TEXT, TRUE, "Tên viết tắt"},
    {"suffix", FIELD_TEXT, TRUE, "Phần đứng sau tên của cá nhân thuộc đơn vị"},
    {"parent", FIELD_INTEGER, FALSE, "Đơn vị cấp trên; null: không có"},
    {"category", FIELD_TEXT, TRUE, "Nhóm theo khoản 2 Điều 1 Quy chế"},
    {"code", FIELD_TEXT, TRUE, "Mã đơn vị hành chính"},
    {"agreement", FIELD_TEXT, TRUE, "Văn bản thỏa thuận tên"},
    {"valid_from", FIELD_INTEGER, TRUE, "Từ, micro giây Unix"},
    {"valid_until", FIELD_INTEGER, FALSE, "Đến; null: còn hoạt động"},
    {NULL},
};
const AdminView admin_view_unit = {"Unit", unit_fields};

static void int_or_null(JsonWriter *w, const char *key, gint64 value) {
    if (value == 0)
        json_put_null(w, key);
    else
        json_int(w, key, value);
}

void admin_write_unit(JsonWriter *w, const char *domain, const DirectoryUnit *unit) {
    g_autofree char *address = g_strconcat(unit->address, "@", domain, NULL);
    json_open(w, NULL, '{');
    json_int(w, "id", unit->id);
    json_text(w, "kind", unit->kind);
    json_text(w, "name", unit->name);
    json_text(w, "address", address);
    json_text(w, "abbreviation", unit->abbreviation);
    json_text(w, "suffix", unit->suffix);
    int_or_null(w, "parent", unit->parent);
    json_text(w, "category", unit->category);
    json_text(w, "code", unit->code);
    json_text(w, "agreement", unit->agreement);
    json_int(w, "valid_from", unit->valid_from);
    int_or_null(w, "valid_until", unit->valid_until);
    json_close(w, '}');
}

/* ---- Accounts ---- */

static const AdminField account_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số trong hệ thống"},
    {"address", FIELD_TEXT, TRUE, "Địa chỉ"},
    {"name", FIELD_TEXT, TRUE, "Tên hiển thị"},
    {"kind", FIELD_TEXT, TRUE, "unit, person, service"},
    {"unit", FIELD_TEXT, TRUE, "Tên thư của đơn vị"},
    {"unit_name", FIELD_TEXT, TRUE, "Tên đơn vị"},
    {"title", FIELD_TEXT, TRUE, "Chức vụ"},
    {"state", FIELD_TEXT, TRUE, "requested, active, locked, closed"},
    {"state_since", FIELD_INTEGER, TRUE, "Từ khi nào, micro giây Unix"},
    {"state_why", FIELD_TEXT, TRUE, "Căn cứ"},
    {"created", FIELD_INTEGER, TRUE, "Cấp lúc, micro giây Unix"},
    {"has_password", FIELD_FLAG, TRUE, "Đã có mật khẩu"},
    {"rules_accepted", FIELD_INTEGER, FALSE,
     "Xác nhận thực hiện Quy chế lúc, micro giây Unix (khoản 1 Điều 12)"},
    {"quota", FIELD_INTEGER, TRUE, "Dung lượng, byte; 0: không hạn chế"},
    {"used", FIELD_INTEGER, TRUE, "Đã dùng, byte"},
    {"messages", FIELD_INTEGER, TRUE, "Số thư"},
    {"aliases", FIELD_TEXTS, TRUE, "Địa chỉ khác"},
    {NULL},
};
const AdminView admin_view_account = {"Account", account_fields};

static void add_alias(const char *alias, gpointer data) {
    json_text(data, NULL, alias);
}

gboolean admin_write_account(JsonWriter *w, Directory *directory, const DirectoryAccountRow *row,
                             const StoreAccount *kept, GError **error) {
    const DirectoryAccount *account = row->account;
    json_open(w, NULL, '{');
    json_int(w, "id", account->id);
    json_text(w, "address", account->address);
    json_text(w, "name", account->name);
    json_text(w, "kind", directory_kind_name(account->kind));
    json_text(w, "unit", row->unit_address);
    json_text(w, "unit_name", row->unit_name);
    json_text(w, "title", row->title);
    json_text(w, "state", directory_state_name(account->state));
    json_int(w, "state_since", row->state_since);
    json_text(w, "state_why", row->state_why);
    json_int(w, "created", row->created);
    json_bool(w, "has_password", row->has_password);
    int_or_null(w, "rules_accepted", row->accepted);
    json_int(w, "quota", account->quota);
    json_int(w, "used", kept->quota_used);
    json_int(w, "messages", kept->messages);
    json_open(w, "aliases", '[');
    gboolean ok = directory_account_each_alias(directory, account->id, add_alias, w, error);
    json_close(w, ']');
    json_close(w, '}');
    return ok;
}

/* ---- Delegations ---- */

static const AdminField delegation_fields[] = {
    {"account", FIELD_TEXT, TRUE, "Hộp thư cơ quan"},
    {"grantee", FIELD_TEXT, TRUE, "Người được giao"},
    {"name", FIELD_TEXT, TRUE, "Họ và tên"},
    {"may", FIELD_TEXTS, TRUE, "Quyền: read, write, send"},
    {"since", FIELD_INTEGER, TRUE, "Bắt đầu, micro giây Unix"},
    {"until", FIELD_INTEGER, FALSE, "Kết thúc; null: không thời hạn"},
    {"document", FIELD_TEXT, TRUE, "Văn bản ủy quyền, phân công"},
    {"in_force", FIELD_FLAG, TRUE, "Đang có hiệu lực"},
    {NULL},
};
const AdminView admin_view_delegation = {"Delegation", delegation_fields};

void admin_write_delegation(JsonWriter *w, const DirectoryDelegation *d) {
    json_open(w, NULL, '{');
    json_text(w, "account", d->account_address);
    json_text(w, "grantee", d->grantee_address);
    json_text(w, "name", d->grantee_name);
    json_open(w, "may", '[');
    if ((d->may & DIRECTORY_MAY_READ) != 0)
        json_text(w, NULL, "read");
    if ((d->may & DIRECTORY_MAY_WRITE) != 0)
        json_text(w, NULL, "write");
    if ((d->may & DIRECTORY_MAY_SEND) != 0)
        json_text(w, NULL, "send");
    json_close(w, ']');
    json_int(w, "since", d->since);
    int_or_null(w, "until", d->until == G_MAXINT64 ? 0 : d->until);
    json_text(w, "document", d->document);
    json_bool(w, "in_force", d->in_force);
    json_close(w, '}');
}

/* ---- Roles, acts, proposals ---- */

static const AdminField role_fields[] = {
    {"role", FIELD_TEXT, TRUE, "department, centre, focal, head"},
    {"address", FIELD_TEXT, TRUE, "Tài khoản"},
    {"name", FIELD_TEXT, TRUE, "Họ và tên"},
    {"unit", FIELD_TEXT, FALSE, "Đơn vị; null: toàn tỉnh"},
    {"document", FIELD_TEXT, TRUE, "Quyết định giao"},
    {"since", FIELD_INTEGER, TRUE, "Từ khi nào, micro giây Unix"},
    {NULL},
};
const AdminView admin_view_role = {"Role", role_fields};

void admin_write_role(JsonWriter *w, const DirectoryRoleRow *row) {
    json_open(w, NULL, '{');
    json_text(w, "role", directory_role_name(row->role));
    json_text(w, "address", row->address);
    json_text(w, "name", row->name);
    json_text(w, "unit", *row->unit == '\0' ? NULL : row->unit);
    json_text(w, "document", row->document);
    json_int(w, "since", row->since);
    json_close(w, '}');
}

static const AdminField act_fields[] = {
    {"seq", FIELD_INTEGER, TRUE, "Số thứ tự, không đứt đoạn"},
    {"time", FIELD_INTEGER, TRUE, "Micro giây Unix"},
    {"who", FIELD_TEXT, TRUE, "Ai làm"},
    {"ground", FIELD_TEXT, TRUE, "Theo văn bản, căn cứ nào"},
    {"act", FIELD_TEXT, TRUE, "Việc gì: account.create, account.lock …"},
    {"subject", FIELD_TEXT, TRUE, "Đối với địa chỉ nào"},
    {"hash", FIELD_TEXT, TRUE, "Mã băm nối với việc trước"},
    {NULL}, /* before and after are objects of the act's own */
};
const AdminView admin_view_act = {"Act", act_fields};

void admin_write_act(JsonWriter *w, const AuditRecord *r) {
    char hash[2 * CRYPTO_DIGEST_BYTES + 1];
    for (guint i = 0; i < CRYPTO_DIGEST_BYTES; i++)
        g_snprintf(hash + 2 * i, 3, "%02x", r->hash[i]);
    json_open(w, NULL, '{');
    json_int(w, "seq", r->seq);
    json_int(w, "time", r->time);
    json_text(w, "who", r->by.who);
    json_text(w, "ground", r->by.ground);
    json_text(w, "act", r->change.act);
    json_text(w, "subject", r->change.subject);
    json_raw(w, "before", r->change.before == NULL ? "null" : r->change.before);
    json_raw(w, "after", r->change.after == NULL ? "null" : r->change.after);
    json_text(w, "hash", hash);
    json_close(w, '}');
}

static const AdminField proposal_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Địa chỉ"},
    {"rule", FIELD_TEXT, TRUE, "Quy tắc đã dùng"},
    {"article", FIELD_TEXT, TRUE, "Điều khoản"},
    {"taken", FIELD_TEXT, FALSE, "Địa chỉ đã cấp trước đó, vì vậy có số thứ tự; null: không có"},
    {NULL},
};
const AdminView admin_view_proposal = {"Proposal", proposal_fields};

void admin_write_proposal(JsonWriter *w, const char *domain, const NamingProposal *proposal) {
    g_autofree char *address = g_strconcat(proposal->local, "@", domain, NULL);
    g_autofree char *taken = g_strconcat(proposal->taken, "@", domain, NULL);
    json_open(w, NULL, '{');
    json_text(w, "address", address);
    json_text(w, "rule", proposal->rule);
    json_text(w, "article", proposal->article);
    json_text(w, "taken", proposal->taken[0] == '\0' ? NULL : taken);
    json_close(w, '}');
}

/* ---- Files ---- */

static const AdminField file_fields[] = {
    {"name", FIELD_TEXT, TRUE, "Tên tệp"},
    {"type", FIELD_TEXT, TRUE, "Kiểu nội dung"},
    {"content", FIELD_TEXT, TRUE, "Nội dung, mã hóa base64"},
    {NULL},
};
const AdminView admin_view_file = {"File", file_fields};

void admin_write_file(JsonWriter *w, const char *name, const char *type, GBytes *file) {
    gsize n;
    const guint8 *p = g_bytes_get_data(file, &n);
    g_autofree char *content = g_base64_encode(p, n);
    json_open(w, NULL, '{');
    json_text(w, "name", name);
    json_text(w, "type", type);
    json_text(w, "content", content);
    json_close(w, '}');
}
