/* The handler's half of a stream; session.c has the connection's. */
#include "http/stream.h"

#include "base/metrics.h"
#include "http/call.h"

METRIC_GAUGE(streams_open, "congvu_http_streams",
             "Answers that go on: clients that are told of news");

/* How many each account has. */
static GMutex lock;
static GHashTable *open_streams; /* gint64 → guint; NULL at first */

static gboolean count_up(gint64 account) {
    g_mutex_lock(&lock);
    if (open_streams == NULL)
        open_streams = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(open_streams, &account));
    gboolean room = count < HTTP_STREAM_ACCOUNT;
    if (room)
        g_hash_table_insert(open_streams, g_memdup2(&account, sizeof account),
                            GUINT_TO_POINTER(count + 1));
    g_mutex_unlock(&lock);
    return room;
}

static void count_down(gint64 account) {
    g_mutex_lock(&lock);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(open_streams, &account));
    if (count > 1)
        g_hash_table_insert(open_streams, g_memdup2(&account, sizeof account),
                            GUINT_TO_POINTER(count - 1));
    else
        g_hash_table_remove(open_streams, &account);
    g_mutex_unlock(&lock);
}

void http_stream_forget(HttpCall *call) {
    if (call->stream.account == 0)
        return;
    count_down(call->stream.account);
    metric_add(&streams_open, -1);
    call->stream.account = 0;
}

/* RFC 9112 6.3: without chunks the end of the connection ends the answer. */
gboolean http_stream_begin(HttpCall *call, const char *type, gint64 tick, gint64 account) {
    g_assert(call->status == 0 && account != 0);
    if (call->head.method == HTTP_HEAD) {
        http_answer(call, 200, type, bytes_of(NULL, 0));
        return FALSE;
    }
    if (!count_up(account)) {
        http_answer_problem(call, 429,
                            "Đã mở quá nhiều cửa sổ với tài khoản này. Hãy đóng bớt rồi thử lại.");
        return FALSE;
    }
    metric_add(&streams_open, 1);
    call->stream.account = account;
    call->stream.tick = tick;
    call->stream.chunked = call->head.keep;
    if (call->stream.chunked)
        http_add_header(call, "Transfer-Encoding", "chunked");
    http_add_header(call, "X-Accel-Buffering", "no"); /* a proxy in front must not gather it */
    call->close = TRUE;
    call->status = 200;
    http_call_put_head(call, type, -1);
    return TRUE;
}

guint http_stream_why(const HttpCall *call) {
    return call->stream.why;
}

gboolean http_stream_write(HttpCall *call, Bytes piece) {
    g_assert(call->stream.account != 0);
    if (piece.n == 0)
        return TRUE; /* a chunk of no bytes would be the end */
    if (call->answer.n + piece.n > HTTP_STREAM_PIECE)
        return FALSE;
    if (call->stream.chunked)
        buffer_printf(&call->answer, "%zx\r\n", piece.n);
    buffer_append_bytes(&call->answer, piece);
    if (call->stream.chunked)
        buffer_append_string(&call->answer, "\r\n");
    return TRUE;
}

void http_call_end_stream(HttpCall *call) {
    if (call->stream.chunked)
        buffer_append_string(&call->answer, "0\r\n\r\n");
    call->stream.chunked = FALSE;
}

/* HTML 9.2.6: "data: " before each line; CR, LF and CRLF end one. */
static void put_data(Buffer *out, Bytes data) {
    gsize from = 0;
    for (gsize i = 0; i <= data.n; i++) {
        if (i < data.n && data.p[i] != '\n' && data.p[i] != '\r')
            continue;
        buffer_append_string(out, "data: ");
        buffer_append_bytes(out, bytes_slice(data, from, i - from));
        buffer_append_byte(out, '\n');
        if (i + 1 < data.n && data.p[i] == '\r' && data.p[i + 1] == '\n')
            i++;
        from = i + 1;
    }
}

void http_event_put(Buffer *out, const char *name, const char *id, Bytes data) {
    if (name != NULL)
        buffer_printf(out, "event: %s\n", name);
    if (id != NULL)
        buffer_printf(out, "id: %s\n", id);
    put_data(out, data);
    buffer_append_byte(out, '\n');
}

gboolean http_event_write(HttpCall *call, const char *name, const char *id, Bytes data) {
    g_auto(Buffer) out;
    buffer_init(&out, HTTP_STREAM_PIECE);
    http_event_put(&out, name, id, data);
    return !out.overflow && http_stream_write(call, buffer_bytes(&out));
}
