/* Whole connections: what the client sends is cut into pieces at byte 0xfe. Whatever comes, every
 * answer begins as one, and a handler sees only content that its route allows. */
#include "base/crypto.h"
#include "base/log.h"
#include "http/http.h"
#include "net/memory.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    crypto_init();
    log_open("/dev/null", NULL);
    log_set_level(LOG_LEVEL_ERROR);
    return 0;
}

static HttpVerdict look(HttpCall *call) {
    if (http_content(call).n > 100)
        abort();
    g_free(http_cookie(call, "sid"));
    const char *name = http_path_value(call, 0);
    if (name == NULL || !g_utf8_validate(name, -1, NULL))
        abort();
    http_query(call, "q");
    if (!http_is_same_origin(call))
        http_answer_problem(call, 403, name);
    else
        http_answer(call, 200, "text/plain", http_content(call));
    return HTTP_DONE;
}

static HttpVerdict later(HttpCall *call) {
    if (http_kept(call) == NULL) {
        http_keep(call, g_malloc(1), g_free);
        net_wake(http_session(call));
        return HTTP_LATER;
    }
    http_answer_empty(call, 204);
    return HTTP_DONE;
}

static const HttpRoute routes[] = {
    {HTTP_GET, "/{name}", 0, look, NULL},
    {HTTP_POST, "/{name}", 100, look, NULL},
    {HTTP_GET, "/later/x", 0, later, NULL},
    {0},
};

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    static const HttpRoute *const tables[] = {routes};
    HttpService service = {.routes = tables, .routes_count = 1, .hostname = "a"};
    NetSession *session =
        net_memory_new(&http_protocol, &service, &(NetMemoryOptions){.secure = TRUE});
    Reader r = reader_of(bytes_of(data, size));
    while (!net_memory_closed(session) && !reader_done(&r)) {
        Bytes piece;
        if (reader_until(&r, 0xfe, &piece)) {
            r.at++;
        } else {
            piece = reader_rest(&r);
            r.at = r.end;
        }
        net_memory_feed(session, piece);
        net_memory_run(session);
        Buffer *out = net_memory_output(session);
        if (out->n > 0 && !bytes_starts_nocase(buffer_bytes(out), "HTTP/1.1 "))
            abort();
        buffer_clear(out);
    }
    net_memory_free(session);
    return 0;
}
