/* What a handler sees of a request, and its answer as bytes. */
#include "http/call.h"

#include "base/clock.h"
#include "base/json.h"

#include <string.h>

/* ---- Life ---- */

HttpCall *http_call_new(NetSession *session, const HttpService *service, const HttpHead *head,
                        Bytes bytes) {
    HttpCall *call = g_new0(HttpCall, 1);
    gsize size;
    call->session = session;
    call->service = service;
    call->bytes = g_memdup2(bytes.p, bytes.n);
    http_head_read(bytes_of(call->bytes, bytes.n), &call->head, &size);
    call->headers = g_string_new(NULL);
    call->begun = clock_monotonic();
    call->close = !head->keep;
    buffer_init(&call->content, 0);
    buffer_init(&call->answer, HTTP_ANSWER_MAXIMUM);
    return call;
}

void http_call_free(HttpCall *call) {
    if (call == NULL)
        return;
    if (call->kept != NULL && call->kept_free != NULL)
        call->kept_free(call->kept);
    http_stream_forget(call);
    http_target_clear(&call->target);
    buffer_release(&call->content);
    buffer_release(&call->answer);
    g_string_free(call->headers, TRUE);
    g_free(call->bytes);
    g_free(call);
}

/* ---- Routing ---- */

static gboolean is_loopback_name(Bytes host) {
    return bytes_is_nocase(host, "localhost") || bytes_is(host, "127.0.0.1") ||
           bytes_is(host, "[::1]");
}

/* The host without its port. */
static Bytes host_name(Bytes host) {
    gsize n = host.n;
    while (n > 0 && g_ascii_isdigit((char)host.p[n - 1]))
        n--;
    return n > 0 && host.p[n - 1] == ':' ? bytes_slice(host, 0, n - 1) : host;
}

/* A page elsewhere whose name was pointed at us is another host to the browser (DNS rebinding). */
static gboolean host_is_ours(const HttpCall *call) {
    Bytes name = host_name(call->head.host);
    return call->service->hostname == NULL || bytes_is_nocase(name, call->service->hostname) ||
           (net_session_is_loopback(call->session) && is_loopback_name(name));
}

static void redirect(HttpCall *call) {
    Bytes name = host_name(call->head.host);
    g_autofree char *host =
        host_is_ours(call) ? bytes_dup_string(name) : g_strdup(call->service->hostname);
    g_autofree char *path = bytes_dup_string(call->head.target);
    g_autofree char *port = call->service->redirect == 443
                                ? g_strdup("")
                                : g_strdup_printf(":%u", call->service->redirect);
    g_autofree char *to = g_strconcat("https://", host, port, *path == '/' ? path : "/", NULL);
    http_add_header(call, "Location", to);
    http_answer_empty(call, 301);
}

static const struct {
    HttpMethod method;
    const char *name;
} method_names[] = {
    {HTTP_GET, "GET, HEAD"}, {HTTP_POST, "POST"},     {HTTP_PUT, "PUT"},
    {HTTP_PATCH, "PATCH"},   {HTTP_DELETE, "DELETE"},
};

/* The path exists for other methods. */
static void answer_methods(HttpCall *call, guint allowed) {
    g_autoptr(GString) names = g_string_new("OPTIONS");
    for (gsize i = 0; i < G_N_ELEMENTS(method_names); i++)
        if (allowed & method_names[i].method)
            g_string_append_printf(names, ", %s", method_names[i].name);
    http_add_header(call, "Allow", names->str);
    if (call->head.method == HTTP_OPTIONS)
        http_answer_empty(call, 204);
    else
        http_answer_problem(call, 405, "Địa chỉ này không nhận phương thức đã dùng.");
}

static gboolean find_route(HttpCall *call, guint *allowed) {
    HttpMethod wanted = call->head.method == HTTP_HEAD ? HTTP_GET : call->head.method;
    *allowed = 0;
    for (gsize table = 0; table < call->service->routes_count; table++) {
        const HttpRoute *route = call->service->routes[table];
        for (; route->pattern != NULL; route++) {
            if (!http_target_matches(&call->target, route->pattern, call->values))
                continue;
            *allowed |= route->method;
            if (route->method != wanted)
                continue;
            call->route = route;
            return TRUE;
        }
    }
    return FALSE;
}

/* Too much content is refused before it is read: nothing can be read behind it. */
static gboolean take_content(HttpCall *call) {
    gsize maximum = call->route->content_maximum;
    gboolean has = call->head.chunked || call->head.length > 0;
    if (has && (maximum == 0 || call->head.length > maximum)) {
        call->close = TRUE;
        http_answer_problem(call, 413,
                            "Nội dung gửi lên quá lớn, hoặc địa chỉ này không nhận nội dung.");
        return FALSE;
    }
    buffer_init(&call->content, maximum);
    return TRUE;
}

gboolean http_call_route(HttpCall *call) {
    guint allowed = 0;
    gboolean last = call->close;
    /* What has no route has no reader for its content, and nothing can be read behind that. */
    call->close = last || call->head.chunked || call->head.length > 0;
    if (call->service->redirect != 0) {
        redirect(call);
    } else if (!host_is_ours(call)) {
        http_answer_problem(call, 421, "Máy chủ này không phục vụ tên miền trong yêu cầu.");
    } else if (!http_target_read(call->head.target, &call->target) &&
               !bytes_is(call->head.target, "*")) {
        http_answer_problem(call, 400, "Đường dẫn không đúng dạng.");
    } else if (find_route(call, &allowed)) {
        call->close = last;
        return take_content(call);
    } else if (allowed != 0 || call->head.method == HTTP_OPTIONS) {
        answer_methods(call, allowed);
    } else {
        http_answer_problem(call, 404, "Không có trang này.");
    }
    return FALSE;
}

/* ---- The request ---- */

gpointer http_service_data(const HttpCall *call) {
    return call->service->data;
}

gconstpointer http_route_data(const HttpCall *call) {
    return call->route->data;
}

NetSession *http_session(const HttpCall *call) {
    return call->session;
}

HttpMethod http_method(const HttpCall *call) {
    return call->head.method;
}

const char *http_path_value(const HttpCall *call, guint index) {
    return index < HTTP_SEGMENTS_MAXIMUM ? call->values[index] : NULL;
}

const char *http_query(const HttpCall *call, const char *name) {
    return http_target_query(&call->target, name);
}

const char *http_query_name(const HttpCall *call, guint index) {
    return index < call->target.queries ? call->target.names[index] : NULL;
}

Bytes http_field(const HttpCall *call, const char *name) {
    return http_head_field(&call->head, name);
}

Bytes http_content(const HttpCall *call) {
    return buffer_bytes(&call->content);
}

/* The name before ";parameters", any case. */
gboolean http_content_is(const HttpCall *call, const char *media_type) {
    Bytes said = http_field(call, "content-type");
    gssize end = bytes_find_byte(said, ';');
    return bytes_is_nocase(bytes_strip(end < 0 ? said : bytes_slice(said, 0, (gsize)end)),
                           media_type);
}

char *http_form(const HttpCall *call, const char *name) {
    return http_content_is(call, "application/x-www-form-urlencoded")
               ? http_target_form(http_content(call), name)
               : NULL;
}

/* RFC 6265 5.4: "a=b; c=d". */
char *http_cookie(const HttpCall *call, const char *name) {
    Reader r = reader_of(http_field(call, "cookie"));
    while (!reader_done(&r)) {
        Bytes pair;
        if (!reader_until(&r, ';', &pair)) {
            pair = reader_rest(&r);
            r.at = r.end;
        } else {
            r.at++;
        }
        pair = bytes_strip(pair);
        gssize equals = bytes_find_byte(pair, '=');
        if (equals > 0 && bytes_is(bytes_slice(pair, 0, (gsize)equals), name))
            return bytes_dup_string(bytes_slice(pair, (gsize)equals + 1, pair.n));
    }
    return NULL;
}

gboolean http_is_same_origin(const HttpCall *call) {
    Bytes origin = http_field(call, "origin"), site = http_field(call, "sec-fetch-site");
    if (origin.n > 0) {
        Bytes host = bytes_slice(origin, strlen("https://"), origin.n);
        return bytes_starts_nocase(origin, "https://") && bytes_equal_nocase(host, call->head.host);
    }
    return site.n == 0 || bytes_is(site, "same-origin") || bytes_is(site, "none");
}

void http_keep(HttpCall *call, gpointer state, GDestroyNotify free) {
    g_assert(call->kept == NULL);
    call->kept = state;
    call->kept_free = free;
}

gpointer http_kept(const HttpCall *call) {
    return call->kept;
}

/* ---- The answer ---- */

static const struct {
    guint status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

static const char *phrase_of(guint status) {
    for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "";
}

void http_add_header(HttpCall *call, const char *name, const char *value) {
    g_assert(call->status == 0);
    for (const char *p = value; *p != '\0'; p++)
        g_assert((guint8)*p >= ' ' && *p != 0x7f); /* a line end would be another header */
    g_string_append_printf(call->headers, "%s: %s\r\n", name, value);
}

static gboolean has_header(const HttpCall *call, const char *name) {
    g_autofree char *begin = g_strconcat(name, ": ", NULL);
    g_autofree char *later = g_strconcat("\r\n", begin, NULL);
    return g_str_has_prefix(call->headers->str, begin) || strstr(call->headers->str, later) != NULL;
}

/* RFC 9110 5.6.7: always in UTC. */
static void put_date(Buffer *out) {
    char date[40];
    clock_format_http(clock_now(), date);
    buffer_printf(out, "Date: %s\r\n", date);
}

void http_call_put_head(HttpCall *call, const char *type, gssize length) {
    static const char *const usual[][2] = {
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
    };
    Buffer *out = &call->answer;
    buffer_printf(out, "HTTP/1.1 %u %s\r\n", call->status, phrase_of(call->status));
    put_date(out);
    buffer_append_string(out, call->headers->str);
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
        if (!has_header(call, usual[i][0]))
            buffer_printf(out, "%s: %s\r\n", usual[i][0], usual[i][1]);
    /* [Điều 2]; RFC 6797. Not for loopback's names, which other programs use too. */
    const char *hostname = call->service->hostname;
    if (net_session_is_secure(call->session) && hostname != NULL &&
        bytes_is_nocase(host_name(call->head.host), hostname))
        buffer_append_string(out, "Strict-Transport-Security: max-age=31536000\r\n");
    if (type != NULL)
        buffer_printf(out, "Content-Type: %s\r\n", type);
    if (length >= 0)
        buffer_printf(out, "Content-Length: %zd\r\n", length);
    if (call->close)
        buffer_append_string(out, "Connection: close\r\n");
    buffer_append_string(out, "\r\n");
}

void http_answer(HttpCall *call, guint status, const char *type, Bytes content) {
    g_assert(call->status == 0);
    call->status = status;
    http_call_put_head(call, type, (gssize)content.n);
    if (call->head.method != HTTP_HEAD)
        buffer_append_bytes(&call->answer, content);
}

void http_answer_lasting(HttpCall *call, guint status, const char *type, Bytes content) {
    g_assert(call->status == 0);
    call->status = status;
    http_call_put_head(call, type, (gssize)content.n);
    if (call->head.method != HTTP_HEAD)
        call->lasting = content;
}

void http_answer_empty(HttpCall *call, guint status) {
    g_assert(call->status == 0);
    call->status = status;
    http_call_put_head(call, NULL, status != 204 && status != 304 ? 0 : -1);
}

void http_answer_problem(HttpCall *call, guint status, const char *detail) {
    g_auto(Buffer) text;
    buffer_init(&text, 64 * 1024);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    json_text(&w, "title", phrase_of(status));
    json_int(&w, "status", status);
    json_text(&w, "detail", detail);
    json_close(&w, '}');
    http_answer(call, status, "application/problem+json", buffer_bytes(&text));
}
