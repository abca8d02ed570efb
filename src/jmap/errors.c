/* Errors of the program as a client of JMAP sees them: RFC 8620 3.6.2 of a method, 5.3 of one
 * object. What is our fault is told in full to the log, and to the asker only that it is. */
#include "jmap/request.h"

#include "base/log.h"

#define OURS "Lỗi của hệ thống; chưa có gì thay đổi. Hãy báo đơn vị quản trị, vận hành."

static gboolean is_ours(const GError *error) {
    return error == NULL || error->domain != CV_ERROR || error->code >= CV_ERROR_STORAGE;
}

static void note(JmapCall *call, const GError *error) {
    log_event(LOG_LEVEL_ERROR, "jmap.error", "session", net_session_id(jmap_session(call)),
              "method", call->method->name, "error", error == NULL ? "?" : error->message, NULL);
}

JmapVerdict jmap_fail_error(JmapCall *call, const GError *error) {
    static const char *const types[] = {
        [CV_ERROR_INPUT] = "invalidArguments",
        [CV_ERROR_REFUSED] = "forbidden",
        [CV_ERROR_NOT_FOUND] = "invalidArguments",
        [CV_ERROR_EXISTS] = "invalidArguments",
        [CV_ERROR_DENIED] = "forbidden",
        [CV_ERROR_AUTH] = "forbidden",
        [CV_ERROR_QUOTA] = "overQuota",
        [CV_ERROR_LIMIT] = "requestTooLarge",
        [CV_ERROR_BUSY] = "serverUnavailable",
    };
    if (is_ours(error)) {
        note(call, error);
        return jmap_fail(call, "serverFail", "%s", OURS);
    }
    return jmap_fail(call, types[error->code], "%s", error->message);
}

G_GNUC_PRINTF(2, 0)
static json_t *set_error(const char *type, const char *format, va_list arguments) {
    json_t *result = json_pack("{ss}", "type", type);
    if (format != NULL) {
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        json_object_set_new(result, "description", json_string(text));
    }
    return result;
}

json_t *jmap_set_error(const char *type, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    json_t *result = set_error(type, format, arguments);
    va_end(arguments);
    return result;
}

json_t *jmap_set_invalid(const char *property, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    json_t *result = set_error("invalidProperties", format, arguments);
    va_end(arguments);
    json_object_set_new(result, "properties", json_pack("[s]", property));
    return result;
}

json_t *jmap_set_error_of(JmapCall *call, const GError *error) {
    static const char *const types[] = {
        [CV_ERROR_INPUT] = "invalidProperties", [CV_ERROR_REFUSED] = "forbidden",
        [CV_ERROR_NOT_FOUND] = "notFound",      [CV_ERROR_EXISTS] = "alreadyExists",
        [CV_ERROR_DENIED] = "forbidden",        [CV_ERROR_AUTH] = "forbidden",
        [CV_ERROR_QUOTA] = "overQuota",         [CV_ERROR_LIMIT] = "tooLarge",
        [CV_ERROR_BUSY] = "rateLimit",
    };
    if (is_ours(error)) {
        note(call, error);
        return jmap_set_error("serverFail", "%s", OURS);
    }
    return jmap_set_error(types[error->code], "%s", error->message);
}
