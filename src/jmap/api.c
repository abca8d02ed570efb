/* A request: who asks, is it one, then its calls one after another, then the answer. In slices: a
 * request of many calls lets others run in between. RFC 8620 3. */
#include "jmap/api.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

#include <string.h>

enum { SLICE = 15 * 1000, ANSWER_MAXIMUM = 60 * 1024 * 1024 }; /* microseconds; bytes */

METRIC_COUNTER(calls_all, "congvu_jmap_calls_total", "Method calls over JMAP");
METRIC_COUNTER(calls_failed, "congvu_jmap_call_errors_total", "Method calls that were refused");

typedef struct {
    char *name;
    json_t *arguments;
    char *id;
} Implied;

struct JmapRequest {
    HttpCall *http;
    JmapService *service;
    JmapWho who;
    gboolean known, busy;
    JmapParsed parsed;
    guint using;
    json_t *responses, *created, *superseded;
    gsize next;     /* of parsed.calls */
    JmapCall *call; /* under way, or NULL */
    Implied *implied;
    GQueue waiting; /* Implied */
};

/* ---- Life ---- */

static void implied_free(gpointer data) {
    Implied *implied = data;
    g_free(implied->name);
    g_free(implied->id);
    json_decref(implied->arguments);
    g_free(implied);
}

static void end_call(JmapRequest *request) {
    JmapCall *call = g_steal_pointer(&request->call);
    if (call == NULL)
        return;
    if (call->state != NULL && call->state_free != NULL)
        call->state_free(call->state);
    json_decref(call->arguments);
    g_free(call);
    g_clear_pointer(&request->implied, implied_free);
}

static void request_free(gpointer data) {
    JmapRequest *request = data;
    end_call(request);
    g_queue_clear_full(&request->waiting, implied_free);
    jmap_parsed_clear(&request->parsed);
    json_decref(request->responses);
    json_decref(request->created);
    json_decref(request->superseded);
    if (request->busy)
        jmap_busy_end(request->service, jmap_who_account(&request->who)->id, 0);
    jmap_who_clear(&request->who);
    g_free(request);
}

/* ---- For methods ---- */

JmapService *jmap_service(const JmapCall *call) {
    return call->request->service;
}

Store *jmap_store(const JmapCall *call) {
    return call->request->service->store;
}

const DirectoryAccount *jmap_caller(const JmapCall *call) {
    return jmap_who_account(&call->request->who);
}

NetSession *jmap_session(const JmapCall *call) {
    return http_session(call->request->http);
}

gboolean jmap_uses(const JmapCall *call, guint capability) {
    return (call->request->using & capability) == capability;
}

void jmap_wake(gpointer session) {
    net_wake(session);
}

static void respond(JmapRequest *request, const char *name, json_t *result, const char *id) {
    json_array_append_new(request->responses, json_pack("[sos]", name, result, id));
}

void jmap_answer_as(JmapCall *call, const char *name, json_t *result) {
    respond(call->request, name, result, call->id);
}

JmapVerdict jmap_answer(JmapCall *call, json_t *result) {
    jmap_answer_as(call, call->method->name, result);
    call->ended = TRUE;
    return JMAP_DONE;
}

static void fail_as(JmapRequest *request, const char *type, const char *text, const char *id) {
    json_t *result = json_pack("{ss}", "type", type);
    if (text != NULL)
        json_object_set_new(result, "description", json_string(text));
    metric_add(&calls_failed, 1);
    respond(request, "error", result, id);
}

JmapVerdict jmap_fail(JmapCall *call, const char *type, const char *format, ...) {
    g_autofree char *text = NULL;
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
    }
    fail_as(call->request, type, text, call->id);
    call->ended = TRUE;
    return JMAP_DONE;
}

void jmap_imply(JmapCall *call, const char *name, json_t *arguments) {
    Implied *implied = g_new(Implied, 1);
    *implied = (Implied){g_strdup(name), arguments, g_strdup(call->id)};
    g_queue_push_tail(&call->request->waiting, implied);
}

/* An id that takes another's place leaves it readable: arguments that were taken may point to it.
 */
void jmap_created(JmapCall *call, const char *creation, const char *id) {
    json_array_append(call->request->superseded, json_object_get(call->request->created, creation));
    json_object_set_new(call->request->created, creation, json_string(id));
}

const char *jmap_id_of(const JmapCall *call, const char *id) {
    return id[0] != '#' ? id : json_string_value(json_object_get(call->request->created, id + 1));
}

/* ---- Errors of a whole request (RFC 8620 3.6.1) ---- */

#define ERROR_URN "urn:ietf:params:jmap:error:"

static HttpVerdict refuse(HttpCall *http, guint status, const char *type, const char *limit,
                          const char *text) {
    g_autofree char *urn = g_strconcat(ERROR_URN, type, NULL);
    g_autoptr(json_t) problem =
        json_pack("{sssissss}", "type", urn, "status", (int)status, "title", type, "detail", text);
    if (limit != NULL)
        json_object_set_new(problem, "limit", json_string(limit));
    g_autofree char *content = json_dumps(problem, JSON_COMPACT);
    http_answer(http, status, "application/problem+json", bytes_of_string(content));
    return HTTP_DONE;
}

static HttpVerdict refuse_limit(HttpCall *http, guint status, const char *limit) {
    return refuse(http, status, "limit", limit,
                  "Yêu cầu vượt giới hạn của máy chủ; a limit of the server is passed.");
}

/* ---- Before the content ---- */

HttpVerdict jmap_api_admit(HttpCall *http) {
    JmapRequest *request = http_kept(http);
    if (request == NULL) {
        request = g_new0(JmapRequest, 1);
        request->http = http;
        request->service = (gpointer)http_route_data(http);
        http_keep(http, request, request_free);
    }
    HttpVerdict verdict = jmap_who(&request->who, http, request->service, &request->known);
    if (verdict == HTTP_LATER || !request->known)
        return verdict;
    request->busy = jmap_busy_begin(request->service, jmap_who_account(&request->who)->id, 0);
    return request->busy ? HTTP_DONE : refuse_limit(http, 429, "maxConcurrentRequests");
}

/* ---- Calls ---- */

static guint capability_of(const char *urn) {
    for (const JmapCapabilityEntry *entry = jmap_capabilities; entry->urn != NULL; entry++)
        if (g_str_equal(entry->urn, urn))
            return entry->bit;
    return 0;
}

/* FALSE: answered. */
static gboolean read_request(JmapRequest *request) {
    HttpCall *http = request->http;
    const char *wrong = http_content_is(http, "application/json")
                            ? jmap_parse(http_content(http), &request->parsed)
                            : "notJSON";
    if (wrong != NULL) {
        refuse(http, 400, wrong, NULL,
               "Nội dung không phải là yêu cầu JMAP; the content is no JMAP request.");
        return FALSE;
    }
    if ((gint64)json_array_size(request->parsed.calls) > request->service->limits.calls) {
        refuse_limit(http, 400, "maxCallsInRequest");
        return FALSE;
    }
    for (size_t i = 0; i < json_array_size(request->parsed.using); i++) {
        const char *urn = json_string_value(json_array_get(request->parsed.using, i));
        guint bit = capability_of(urn);
        if (bit == 0) {
            refuse(http, 400, "unknownCapability", NULL,
                   "Yêu cầu dùng một phần mở rộng mà máy chủ không có; a capability in \"using\" "
                   "is not known.");
            return FALSE;
        }
        request->using |= bit;
    }
    request->responses = json_array();
    request->superseded = json_array();
    request->created =
        request->parsed.created == NULL ? json_object() : json_copy(request->parsed.created);
    return TRUE;
}

static void begin_call(JmapRequest *request, const char *name, json_t *arguments, const char *id) {
    const JmapMethod *method = jmap_method_find(name);
    const char *type = "unknownMethod";
    const char *stranger = NULL;
    g_autoptr(json_t) resolved = NULL;
    metric_add(&calls_all, 1);
    if (method != NULL && (request->using & method->capability) == method->capability)
        resolved = jmap_resolve(arguments, request->responses, &type);
    /* The stranger's name is a piece of what was resolved. */
    if (resolved != NULL && (stranger = jmap_method_stranger(method, resolved)) != NULL)
        type = "invalidArguments";
    if (resolved == NULL || stranger != NULL) {
        fail_as(request, type, stranger, id);
        g_clear_pointer(&request->implied, implied_free);
        return;
    }
    request->call = g_new0(JmapCall, 1);
    *request->call = (JmapCall){.request = request, .method = method, .id = id};
    request->call->arguments = g_steal_pointer(&resolved);
}

/* FALSE: there are no more. */
static gboolean next_call(JmapRequest *request) {
    request->implied = g_queue_pop_head(&request->waiting);
    if (request->implied != NULL) {
        begin_call(request, request->implied->name, request->implied->arguments,
                   request->implied->id);
        return TRUE;
    }
    json_t *call = json_array_get(request->parsed.calls, request->next);
    if (call == NULL)
        return FALSE;
    request->next++;
    begin_call(request, json_string_value(json_array_get(call, 0)), json_array_get(call, 1),
               json_string_value(json_array_get(call, 2)));
    return TRUE;
}

static HttpVerdict finish(JmapRequest *request) {
    g_autoptr(GError) error = NULL;
    g_autofree char *state =
        jmap_session_state(request->service, jmap_who_account(&request->who), &error);
    g_autoptr(json_t) answer = json_object();
    json_object_set(answer, "methodResponses", request->responses);
    if (request->parsed.created != NULL) /* RFC 8620 3.4 */
        json_object_set(answer, "createdIds", request->created);
    json_object_set_new(answer, "sessionState", json_string(state == NULL ? "" : state));
    g_autofree char *text = json_dumps(answer, JSON_COMPACT);
    gsize n = text == NULL ? ANSWER_MAXIMUM + 1 : strlen(text);
    if (n > ANSWER_MAXIMUM)
        return refuse_limit(request->http, 400, "maxSizeResponse");
    http_answer(request->http, 200, "application/json", bytes_of(text, n));
    return HTTP_DONE;
}

HttpVerdict jmap_api_handle(HttpCall *http) {
    JmapRequest *request = http_kept(http);
    if (request->responses == NULL && !read_request(request))
        return HTTP_DONE;
    gint64 until = clock_monotonic() + SLICE;
    for (;;) {
        if (request->call == NULL) {
            if (clock_monotonic() >= until) {
                net_wake(http_session(http));
                return HTTP_LATER;
            }
            if (!next_call(request))
                return finish(request);
            continue;
        }
        request->call->until = until;
        JmapVerdict verdict = request->call->method->run(request->call);
        if (verdict == JMAP_LATER)
            return HTTP_LATER;
        if (verdict == JMAP_AGAIN) {
            net_wake(http_session(http));
            return HTTP_LATER;
        }
        g_assert(request->call->ended);
        end_call(request);
    }
}
