/* A request to the administration: who asks, may they, is it what the operation takes; then the
 * operation; then its answer or its problem. */
#include "admin/operation.h"

#include "base/log.h"
#include "http/caller.h"

enum { CONTENT_MAXIMUM = 64 * 1024, ANSWER_MAXIMUM = 32 * 1024 * 1024 };

static const AdminOperation *const tables[] = {
    admin_units,       admin_accounts, admin_idle,      admin_passwords,
    admin_requests,    admin_reports,  admin_directory, admin_forwarding,
    admin_outgoing,    admin_notices,  admin_incidents, admin_incident_acts,
    admin_withdrawals, admin_holds,    admin_record,    admin_regulations};

/* ---- For operations ---- */

const DirectoryAccount *admin_caller(const AdminCall *call) {
    return auth_owner(call->attempt);
}

const char *admin_text(const AdminCall *call, const char *name) {
    return call->content == NULL ? NULL : json_string_value(json_object_get(call->content, name));
}

gint64 admin_integer(const AdminCall *call, const char *name) {
    return call->content == NULL ? 0 : json_integer_value(json_object_get(call->content, name));
}

gboolean admin_flag(const AdminCall *call, const char *name) {
    return call->content != NULL && json_is_true(json_object_get(call->content, name));
}

const char *admin_query(const AdminCall *call, const char *name) {
    return http_query(call->http, name);
}

gboolean admin_query_number(const AdminCall *call, const char *name, gint64 least, gint64 most,
                            gint64 otherwise, gint64 *out, GError **error) {
    const char *said = admin_query(call, name);
    *out = otherwise;
    if (said == NULL || g_ascii_string_to_signed(said, 10, least, most, out, NULL))
        return TRUE;
    return cv_fail(error, CV_ERROR_INPUT,
                   "\"%s\" phải là số từ %" G_GINT64_FORMAT " đến %" G_GINT64_FORMAT
                   "; must be a number within these bounds",
                   name, least, most);
}

gboolean admin_may(AdminCall *call, gint64 unit, GError **error) {
    return directory_may(call->service->directory, admin_caller(call)->id, call->operation->action,
                         unit, error);
}

gboolean admin_needs_ground(AdminCall *call, GError **error) {
    return *call->act.ground != '\0' ||
           cv_fail(error, CV_ERROR_INPUT,
                   "cần số văn bản đề nghị (\"request\") hoặc căn cứ (\"ground\") (khoản 1 Điều 4 "
                   "Quy chế); give a request or a ground");
}

gboolean admin_changed(AdminCall *call, GError **error) {
    return call->service->follow(call->service->data, error);
}

/* ---- What was sent, against what the operation takes ---- */

static const AdminField *field_of(const AdminField *fields, const char *name) {
    for (; fields != NULL && fields->name != NULL; fields++)
        if (g_str_equal(fields->name, name))
            return fields;
    return NULL;
}

static gboolean is_of_type(const json_t *value, AdminFieldType type) {
    switch (type) {
    case FIELD_TEXT:
        return json_is_string(value);
    case FIELD_INTEGER:
        return json_is_integer(value);
    case FIELD_FLAG:
        return json_is_boolean(value);
    case FIELD_TEXTS:
    case FIELD_INTEGERS:
        break;
    }
    if (!json_is_array(value))
        return FALSE;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        if (type == FIELD_TEXTS ? !json_is_string(one) : !json_is_integer(one))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_fields(const AdminCall *call, GError **error) {
    const AdminField *fields = call->operation->content;
    const char *name;
    json_t *value;
    json_object_foreach(call->content, name, value) {
        const AdminField *field = field_of(fields, name);
        if (field == NULL)
            return cv_fail(error, CV_ERROR_INPUT,
                           "không có trường \"%s\"; there is no field of this name", name);
        if (!is_of_type(value, field->type))
            return cv_fail(error, CV_ERROR_INPUT,
                           "trường \"%s\" không đúng kiểu; the field has a wrong type", name);
    }
    for (; fields != NULL && fields->name != NULL; fields++)
        if (fields->required && json_object_get(call->content, fields->name) == NULL)
            return cv_fail(error, CV_ERROR_INPUT, "thiếu trường \"%s\"; the field is needed",
                           fields->name);
    return TRUE;
}

static gboolean take_ground(AdminCall *call) {
    const char *request = admin_text(call, "request"), *ground = admin_text(call, "ground");
    if (request != NULL)
        call->ground = g_strconcat("request ", request, NULL);
    else
        call->ground = g_strdup(ground == NULL ? "" : ground);
    call->act.ground = call->ground;
    return TRUE;
}

static gboolean take_content(AdminCall *call, GError **error) {
    Bytes bytes = http_content(call->http);
    if (call->operation->content == NULL)
        return take_ground(call);
    if (bytes.n > 0 && !http_content_is(call->http, "application/json"))
        return cv_fail(error, CV_ERROR_INPUT,
                       "nội dung phải là application/json; the content must be application/json");
    json_error_t where = {0};
    call->content =
        bytes.n == 0 ? json_object()
                     : json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &where);
    if (call->content == NULL)
        return cv_fail(error, CV_ERROR_INPUT,
                       "JSON sai ở dòng %d, cột %d; the JSON is broken there", where.line,
                       where.column);
    if (!json_is_object(call->content))
        return cv_fail(error, CV_ERROR_INPUT,
                       "nội dung phải là một đối tượng JSON; the content must be an object");
    return check_fields(call, error) && take_ground(call);
}

static gboolean check_query(const AdminCall *call, GError **error) {
    const char *name;
    for (guint i = 0; (name = http_query_name(call->http, i)) != NULL; i++)
        if (field_of(call->operation->query, name) == NULL)
            return cv_fail(error, CV_ERROR_INPUT,
                           "không có tham số \"%s\"; there is no parameter of this name", name);
    return TRUE;
}

/* ---- Answers ---- */

static guint status_of(const GError *error) {
    static const guint statuses[] = {
        [CV_ERROR_INPUT] = 400,    [CV_ERROR_REFUSED] = 422, [CV_ERROR_NOT_FOUND] = 404,
        [CV_ERROR_EXISTS] = 409,   [CV_ERROR_DENIED] = 403,  [CV_ERROR_AUTH] = 401,
        [CV_ERROR_QUOTA] = 422,    [CV_ERROR_LIMIT] = 422,   [CV_ERROR_BUSY] = 503,
        [CV_ERROR_STORAGE] = 500,  [CV_ERROR_CORRUPT] = 500, [CV_ERROR_NETWORK] = 500,
        [CV_ERROR_INTERNAL] = 500,
    };
    return error->domain == CV_ERROR && (guint)error->code < G_N_ELEMENTS(statuses)
               ? statuses[error->code]
               : 500;
}

/* What is our fault is told in full to the log, and to the asker only that it is. */
static void answer_error(AdminCall *call, const GError *error) {
    guint status = status_of(error);
    if (status == 500)
        log_event(LOG_LEVEL_ERROR, "admin.error", "session",
                  net_session_id(http_session(call->http)), "operation", call->operation->pattern,
                  "error", error->message, NULL);
    http_answer_problem(call->http, status,
                        status == 500
                            ? "Lỗi của hệ thống; chưa có gì thay đổi. Hãy báo đơn vị quản "
                              "trị, vận hành."
                            : error->message);
}

/* What comes before the operation itself, once. */
static gboolean may_run(AdminCall *call, GError **error) {
    buffer_init(&call->answer, ANSWER_MAXIMUM);
    call->w = json_writer(&call->answer);
    return directory_may_somewhere(call->service->directory, admin_caller(call)->id,
                                   call->operation->action, error) &&
           check_query(call, error) && take_content(call, error);
}

static HttpVerdict run_operation(AdminCall *call) {
    g_autoptr(GError) error = NULL;
    call->later = FALSE;
    if ((call->lane == NULL && !may_run(call, &error)) || !call->operation->run(call, &error))
        answer_error(call, error);
    else if (call->later)
        return HTTP_LATER;
    else if (call->answer.overflow)
        http_answer_problem(call->http, 422,
                            "Kết quả quá lớn: hãy thu hẹp bằng tham số của yêu cầu.");
    else if (call->operation->answer == NULL)
        http_answer_empty(call->http, 204);
    else
        http_answer(call->http, call->operation->method == HTTP_POST ? 201 : 200,
                    "application/json", buffer_bytes(&call->answer));
    return HTTP_DONE;
}

/* ---- Signing in ---- */

static void call_free(gpointer data) {
    AdminCall *call = data;
    auth_attempt_free(call->attempt);
    auth_attempt_free(call->lane);
    json_decref(call->content);
    buffer_release(&call->answer);
    g_free(call->who);
    g_free(call->ground);
    g_free(call);
}

void admin_wake(gpointer session) {
    net_wake(session);
}

static HttpVerdict signed_in(AdminCall *call) {
    HttpVerdict verdict;
    guint flags = call->operation->before_change ? HTTP_CALLER_CHANGING : 0;
    if (!http_caller_ready(call->http, call->attempt, flags, &verdict))
        return verdict;
    call->who = g_strdup_printf("%s (%s)", admin_caller(call)->address,
                                auth_session(call->attempt) != 0 ? "web" : "api");
    call->act.who = call->who;
    return run_operation(call);
}

static HttpVerdict handle(HttpCall *http) {
    AdminCall *call = http_kept(http);
    if (call != NULL && call->lane != NULL)
        return run_operation(call);
    if (call != NULL)
        return signed_in(call);
    call = g_new0(AdminCall, 1);
    call->http = http;
    call->service = http_service_data(http);
    call->operation = http_route_data(http);
    http_keep(http, call, call_free);
    call->attempt = http_caller_begin(http, call->service->auth, "api");
    return signed_in(call);
}

/* ---- The table of routes ---- */

static HttpVerdict describe(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    g_autofree char *text = admin_describe(tables, G_N_ELEMENTS(tables), service->version);
    http_answer(http, 200, "application/json", bytes_of_string(text));
    return HTTP_DONE;
}

static gpointer make_routes(gpointer data) {
    GArray *routes = g_array_new(TRUE, TRUE, sizeof(HttpRoute));
    for (gsize table = 0; table < G_N_ELEMENTS(tables); table++) {
        for (const AdminOperation *o = tables[table]; o->pattern != NULL; o++) {
            HttpRoute route = {
                .method = o->method,
                .pattern = g_strconcat("/api/v1", o->pattern, NULL),
                .content_maximum = o->content == NULL        ? 0
                                   : o->content_maximum == 0 ? CONTENT_MAXIMUM
                                                             : o->content_maximum,
                .handle = handle,
                .data = o,
            };
            g_array_append_val(routes, route);
        }
    }
    HttpRoute description = {HTTP_GET, "/api/v1/openapi.json", 0, describe, NULL};
    g_array_append_val(routes, description);
    return g_array_free(routes, FALSE);
}

const HttpRoute *admin_routes(void) {
    static GOnce once = G_ONCE_INIT;
    return g_once(&once, make_routes, NULL);
}
