/* Upload and download (RFC 8620 6.1, 6.2). An upload goes to the store piece by piece as it comes,
 * and only after its sender is known. */
#include "jmap/api.h"
#include "jmap/blob.h"

#include "store/upload.h"

#include <string.h>

typedef struct {
    JmapService *service;
    JmapWho who;
    gint64 account;
    gboolean busy;
    BlobWriter *writer;
} Upload;

static void upload_free(gpointer data) {
    Upload *upload = data;
    if (upload->busy)
        jmap_busy_end(upload->service, jmap_who_account(&upload->who)->id, 1);
    if (upload->writer != NULL)
        blob_writer_free(upload->writer);
    jmap_who_clear(&upload->who);
    g_free(upload);
}

static HttpVerdict refuse(HttpCall *call, const GError *error) {
    gboolean missing = cv_error_is(error, CV_ERROR_NOT_FOUND);
    gboolean told = missing || cv_error_is(error, CV_ERROR_LIMIT) ||
                    cv_error_is(error, CV_ERROR_BUSY) || cv_error_is(error, CV_ERROR_DENIED);
    http_answer_problem(call,
                        missing                               ? 404
                        : cv_error_is(error, CV_ERROR_DENIED) ? 403
                        : told                                ? 503
                                                              : 500,
                        told ? error->message
                             : "Lỗi của hệ thống. Hãy báo đơn vị quản trị, vận hành.");
    return HTTP_DONE;
}

/* The account of the path, if the caller sees anything of it. */
static gboolean open_account(HttpCall *call, const JmapService *service, const JmapWho *who,
                             DbConn *conn, JmapAccount *out, GError **error) {
    gint64 id;
    if (!jmap_account_of(http_path_value(call, 0), &id))
        return cv_fail(error, CV_ERROR_NOT_FOUND, "Không có tài khoản này; no such account");
    if (jmap_account_open(service->store, conn, jmap_who_account(who)->id, id, out, NULL))
        return TRUE;
    return cv_fail(error, CV_ERROR_NOT_FOUND, "Không có tài khoản này; no such account");
}

/* ---- Upload ---- */

static gboolean may_insert(const JmapAccount *account) {
    for (guint i = 0; i < account->boxes->len; i++)
        if (jmap_box_at(account, i)->rights & STORE_RIGHT_INSERT)
            return TRUE;
    return FALSE;
}

static gboolean begin(HttpCall *call, Upload *upload, GError **error) {
    const JmapService *service = upload->service;
    g_autoptr(DbConn) conn = db_read_begin(store_db(service->store), error);
    g_auto(JmapAccount) account = {0};
    if (conn == NULL || !open_account(call, service, &upload->who, conn, &account, error))
        return FALSE;
    if (!may_insert(&account))
        return cv_fail(error, CV_ERROR_DENIED, "Bạn chỉ được đọc hộp thư này; it is read-only");
    if (service->disk_low != NULL && service->disk_low(service->disk_low_data))
        return cv_fail(error, CV_ERROR_BUSY, "Máy chủ sắp hết chỗ trống; little space is left");
    upload->busy = jmap_busy_begin(upload->service, jmap_who_account(&upload->who)->id, 1);
    if (!upload->busy)
        return cv_fail(error, CV_ERROR_BUSY, "Đang có quá nhiều lần tải lên; too many uploads");
    upload->account = account.id;
    upload->writer = blob_writer_new(store_blobs(service->store));
    return TRUE;
}

HttpVerdict jmap_upload_admit(HttpCall *call) {
    Upload *upload = http_kept(call);
    g_autoptr(GError) error = NULL;
    gboolean known = FALSE;
    if (upload == NULL) {
        upload = g_new0(Upload, 1);
        upload->service = (gpointer)http_route_data(call);
        http_keep(call, upload, upload_free);
    }
    HttpVerdict verdict = jmap_who(&upload->who, call, upload->service, &known);
    if (verdict == HTTP_LATER || !known)
        return verdict;
    return begin(call, upload, &error) ? HTTP_DONE : refuse(call, error);
}

gboolean jmap_upload_take(HttpCall *call, Bytes piece) {
    Upload *upload = http_kept(call);
    g_autoptr(GError) error = NULL;
    if (blob_writer_append(upload->writer, piece, &error))
        return TRUE;
    refuse(call, error);
    return FALSE;
}

/* type "/" subtype and parameters, without what could end a header. */
static gboolean is_type(const char *text) {
    gsize n = strlen(text);
    if (n == 0 || n > 127 || strchr(text, '/') == NULL)
        return FALSE;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return FALSE;
    return TRUE;
}

HttpVerdict jmap_upload_handle(HttpCall *call) {
    Upload *upload = http_kept(call);
    g_autoptr(GError) error = NULL;
    g_autofree char *name = NULL, *said = bytes_dup_string(http_field(call, "content-type"));
    const char *type = is_type(said) ? said : "application/octet-stream";
    guint64 size = blob_writer_size(upload->writer);
    if (!store_upload_add(upload->service->store, upload->account, upload->writer, type, &name,
                          &error))
        return refuse(call, error);
    g_autofree char *blob = jmap_blob_of_upload(name);
    g_autoptr(json_t) result = json_pack("{sssssssI}", "accountId", http_path_value(call, 0),
                                         "blobId", blob, "type", type, "size", (json_int_t)size);
    g_autofree char *text = json_dumps(result, JSON_COMPACT);
    http_answer(call, 201, "application/json", bytes_of_string(text));
    return HTTP_DONE;
}

/* ---- Download ---- */

/* What a browser may show in its place: nothing that can hold a script. */
static gboolean is_shown(const char *type) {
    static const char *const shown[] = {"image/png",  "image/jpeg", "image/gif",      "image/webp",
                                        "image/avif", "image/bmp",  "application/pdf"};
    for (gsize i = 0; i < G_N_ELEMENTS(shown); i++)
        if (g_ascii_strcasecmp(shown[i], type) == 0)
            return TRUE;
    return FALSE;
}

/* RFC 6266 5, RFC 8187 3.2. */
static void add_disposition(HttpCall *call, const char *type, const char *name) {
    g_autofree char *encoded = g_uri_escape_string(name, NULL, FALSE);
    g_autofree char *value = g_strdup_printf("%s; filename*=UTF-8''%s",
                                             is_shown(type) ? "inline" : "attachment", encoded);
    http_add_header(call, "Content-Disposition", value);
}

static void who_free(gpointer data) {
    jmap_who_clear(data);
    g_free(data);
}

static gboolean answer_blob(HttpCall *call, const JmapService *service, const JmapWho *who,
                            GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(service->store), error);
    g_auto(JmapAccount) account = {0};
    g_auto(Buffer) bytes;
    g_autofree char *its = NULL;
    buffer_init(&bytes, JMAP_BLOB_BYTES);
    if (conn == NULL || !open_account(call, service, who, conn, &account, error) ||
        !jmap_blob_read(service->store, conn, &account, http_path_value(call, 1), &bytes, &its,
                        error))
        return FALSE;
    const char *wanted = http_query(call, "accept");
    const char *type = wanted != NULL && is_type(wanted) ? wanted
                       : its != NULL && is_type(its)     ? its
                                                         : "application/octet-stream";
    add_disposition(call, type, http_path_value(call, 2));
    http_add_header(call, "Cache-Control", "private, immutable, max-age=86400");
    http_answer(call, 200, type, buffer_bytes(&bytes));
    return TRUE;
}

HttpVerdict jmap_download_handle(HttpCall *call) {
    JmapWho *who = http_kept(call);
    const JmapService *service = http_route_data(call);
    g_autoptr(GError) error = NULL;
    gboolean known = FALSE;
    if (who == NULL)
        http_keep(call, who = g_new0(JmapWho, 1), who_free);
    HttpVerdict verdict = jmap_who(who, call, service, &known);
    if (verdict == HTTP_LATER || !known)
        return verdict;
    return answer_blob(call, service, who, &error) ? HTTP_DONE : refuse(call, error);
}
