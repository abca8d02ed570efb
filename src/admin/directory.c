/* The public address book, and which accounts the head's decision leaves out of it [Điều 11.1]. */
#include "admin/view.h"

#include "casework/publish.h"
#include "directory/publication.h"

static const AdminField unit_query[] = {
    {"unit", FIELD_TEXT, FALSE, "Chỉ đơn vị này và các đơn vị trực thuộc; không ghi: tất cả"},
    {NULL},
};
static const AdminField entry_fields[] = {
    {"name", FIELD_TEXT, TRUE, "Họ và tên, hoặc tên đơn vị"},
    {"title", FIELD_TEXT, TRUE, "Chức vụ"},
    {"unit", FIELD_TEXT, TRUE, "Cơ quan, đơn vị"},
    {"address", FIELD_TEXT, TRUE, "Địa chỉ thư điện tử công vụ"},
    {"kind", FIELD_TEXT, TRUE, "person hoặc unit"},
    {NULL},
};
static const AdminView view_entry = {"DirectoryEntry", entry_fields};

static const AdminField except_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản không công khai"},
    {"document", FIELD_TEXT, TRUE, "Số, ngày quyết định của Thủ trưởng"},
    {NULL},
};
static const AdminField end_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản được công khai trở lại"},
    {NULL},
};
static const AdminField exception_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Tài khoản"},
    {"name", FIELD_TEXT, TRUE, "Họ và tên, hoặc tên đơn vị"},
    {"document", FIELD_TEXT, TRUE, "Quyết định"},
    {"since", FIELD_INTEGER, TRUE, "Từ lúc, micro giây Unix"},
    {NULL},
};
static const AdminView view_exception = {"DirectoryException", exception_fields};

/* ---- Entries ---- */

static void write_entry(const PublicEntry *entry, gpointer data) {
    JsonWriter *w = data;
    json_open(w, NULL, '{');
    json_text(w, "name", entry->name);
    json_text(w, "title", entry->title);
    json_text(w, "unit", entry->unit);
    json_text(w, "address", entry->address);
    json_text(w, "kind", entry->person ? "person" : "unit");
    json_close(w, '}');
}

static gboolean entries(AdminCall *call, GError **error) {
    json_open(&call->w, NULL, '[');
    if (!publish_each(call->service->directory, admin_query(call, "unit"), write_entry, &call->w,
                      error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

/* ---- Exceptions ---- */

static void write_exception(const DirectoryException *exception, gpointer data) {
    JsonWriter *w = data;
    json_open(w, NULL, '{');
    json_text(w, "address", exception->address);
    json_text(w, "name", exception->name);
    json_text(w, "document", exception->document);
    json_int(w, "since", exception->since);
    json_close(w, '}');
}

static gboolean exceptions(AdminCall *call, GError **error) {
    if (!admin_may(call, 0, error))
        return FALSE;
    json_open(&call->w, NULL, '[');
    if (!directory_exception_each(call->service->directory, write_exception, &call->w, error))
        return FALSE;
    json_close(&call->w, ']');
    return TRUE;
}

static gboolean put_exception(AdminCall *call, const char *document, GError **error) {
    Directory *directory = call->service->directory;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(directory, admin_text(call, "address"), error);
    return account != NULL && admin_may(call, account->unit, error) &&
           directory_except(directory, account->address, document, &call->act, error);
}

static gboolean except(AdminCall *call, GError **error) {
    return put_exception(call, admin_text(call, "document"), error);
}

static gboolean end_exception(AdminCall *call, GError **error) {
    return put_exception(call, NULL, error);
}

const AdminOperation admin_directory[] = {
    {HTTP_GET, "/directory", "Danh bạ công khai: tên, chức vụ, đơn vị, địa chỉ", "Điều 11.1",
     ACTION_UNIT_READ, unit_query, NULL, &view_entry, TRUE, entries, 0},
    {HTTP_GET, "/directory/exceptions", "Tài khoản không công khai", "Điều 11.1",
     ACTION_DIRECTORY_EXCEPT, NULL, NULL, &view_exception, TRUE, exceptions, 0},
    {HTTP_POST, "/directory/exceptions", "Không công khai một tài khoản", "Điều 11.1",
     ACTION_DIRECTORY_EXCEPT, NULL, except_fields, NULL, FALSE, except, 0},
    {HTTP_POST, "/directory/exceptions/ends", "Công khai một tài khoản trở lại", "Điều 11.1",
     ACTION_DIRECTORY_EXCEPT, NULL, end_fields, NULL, FALSE, end_exception, 0},
    {0},
};
