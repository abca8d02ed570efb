/* Commands and their responses over a connection; see internal.h. */
#include "imap/client/internal.h"

enum { READ_BYTES = 64 * 1024 };

static gboolean garbage(GError **error) {
    return cv_fail(
        error, CV_ERROR_NETWORK,
        "máy chủ nguồn trả lời sai giao thức IMAP; the other server's answer is no IMAP");
}

/* One line of the input without its end, appended to client->line. */
static gboolean read_line(ImapClient *client, GError **error) {
    for (;;) {
        Bytes in = buffer_bytes(&client->in);
        gssize end = bytes_find_byte(in, '\n');
        Bytes line = end < 0 ? in : bytes_slice(in, 0, (gsize)end);
        if (end < 0 && line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--; /* its LF may be next */
        gsize taken = end < 0 ? line.n : (gsize)end + 1;
        if (end >= 0 && line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        if (!buffer_append_bytes(&client->line, line))
            return garbage(error);
        buffer_consume(&client->in, taken);
        if (end >= 0)
            return TRUE;
        if (!net_stream_read(client->stream, &client->in, READ_BYTES, error))
            return FALSE;
    }
}

static gboolean read_exactly(ImapClient *client, guint64 size, Buffer *out, GError **error) {
    if (size > out->maximum - out->n)
        return garbage(error); /* more than was asked for, or than anybody needs */
    while (size > 0) {
        Bytes in = bytes_slice(buffer_bytes(&client->in), 0, (gsize)size);
        if (in.n == 0) {
            if (!net_stream_read(client->stream, &client->in, READ_BYTES, error))
                return FALSE;
            continue;
        }
        if (!buffer_append_bytes(out, in))
            return garbage(error);
        buffer_consume(&client->in, in.n);
        size -= in.n;
    }
    return TRUE;
}

/* "* 5 FETCH (… BODY[]": what comes is the message. */
static gboolean announces_message(Bytes line) {
    Reader r = reader_of(line);
    guint64 number;
    gssize brace = (gssize)line.n - 1;
    while (brace > 0 && line.p[brace] != '{')
        brace--;
    Bytes before = bytes_strip(bytes_slice(line, 0, (gsize)MAX(brace, 0)));
    if (before.n > 0 && before.p[before.n - 1] == '~')
        before = bytes_strip(bytes_slice(before, 0, before.n - 1));
    return reader_skip(&r, "* ") && reader_u64(&r, &number) && reader_skip_nocase(&r, " FETCH ") &&
           before.n > 6 && bytes_is_nocase(bytes_slice(before, before.n - 6, 6), "BODY[]");
}

static gboolean read_literal(ImapClient *client, guint64 size, Buffer *body, GError **error) {
    if (client->literal_count == CLIENT_LITERALS)
        return garbage(error);
    guint i = client->literal_count++;
    if (body != NULL && announces_message(buffer_bytes(&client->line))) {
        for (guint before = 0; before < i; before++)
            if (client->small_at[before] == G_MAXSIZE)
                return garbage(error); /* two messages in one response */
        buffer_clear(body);
        client->small_at[i] = G_MAXSIZE;
        if (!read_exactly(client, size, body, error))
            return FALSE;
        client->literals[i] = buffer_bytes(body);
        return TRUE;
    }
    client->small_at[i] = client->small.n;
    client->literals[i] = bytes_of(NULL, (gsize)size);
    return read_exactly(client, size, &client->small, error);
}

gboolean imap_client_response(ImapClient *client, Buffer *body, ImapResponse *out, GError **error) {
    guint64 size;
    buffer_clear(&client->line);
    buffer_clear(&client->small);
    client->literal_count = 0;
    for (;;) {
        gsize before = client->line.n;
        if (!read_line(client, error))
            return FALSE;
        Bytes line = buffer_bytes(&client->line);
        if (!imap_response_literal(bytes_slice(line, before, line.n), &size))
            break;
        if (!read_literal(client, size, body, error))
            return FALSE;
    }
    for (guint i = 0; i < client->literal_count; i++)
        if (client->small_at[i] != G_MAXSIZE)
            client->literals[i] = bytes_slice(buffer_bytes(&client->small), client->small_at[i],
                                              client->literals[i].n);
    return imap_response_parse(buffer_bytes(&client->line), client->literals, client->literal_count,
                               body, out) ||
           garbage(error);
}

static gboolean said_bye(const ImapResponse *response, GError **error) {
    return cv_fail(error, CV_ERROR_NETWORK,
                   "máy chủ nguồn ngắt: %.*s; the other server said good-bye",
                   (int)MIN(response->text.n, 200), (const char *)response->text.p);
}

static gboolean judge(const ImapResponse *response, GError **error) {
    if (response->status == IMAP_STATUS_OK)
        return TRUE;
    g_autofree char *text = bytes_dup_string(bytes_slice(response->text, 0, 300));
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    /* RFC 9051 7.1: for now, not for good. */
    gboolean later =
        bytes_is_nocase(response->code, "UNAVAILABLE") || bytes_is_nocase(response->code, "INUSE");
    return cv_fail(error, later ? CV_ERROR_NETWORK : CV_ERROR_REFUSED,
                   "máy chủ nguồn từ chối; the other server refuses: %s", valid);
}

/* Until the completion with this tag. on_continue (may be NULL): sent, once, at a "+". */
static gboolean complete(ImapClient *client, const char *tag, const char *on_continue, Buffer *body,
                         ImapClientHandler handler, gpointer data, GError **error) {
    for (;;) {
        g_auto(ImapResponse) response = {0};
        if (!imap_client_response(client, body, &response, error))
            return FALSE;
        if (response.kind == IMAP_RESPONSE_TAGGED)
            return bytes_is(response.tag, tag) ? judge(&response, error) : garbage(error);
        if (response.kind == IMAP_RESPONSE_STATUS && response.status == IMAP_STATUS_BYE)
            return said_bye(&response, error);
        if (response.kind == IMAP_RESPONSE_CONTINUE) {
            if (on_continue == NULL)
                return garbage(error);
            if (!net_stream_write(client->stream, bytes_of_string(on_continue), error) ||
                !net_stream_write(client->stream, BYTES_LITERAL("\r\n"), error))
                return FALSE;
            on_continue = NULL;
        } else if (handler != NULL && !handler(client, &response, data, error)) {
            return FALSE;
        }
    }
}

static gboolean run(ImapClient *client, const char *command, const char *on_continue, Buffer *body,
                    ImapClientHandler handler, gpointer data, GError **error) {
    char tag[16];
    g_snprintf(tag, sizeof tag, "a%u", ++client->tag);
    g_autofree char *line = g_strconcat(tag, " ", command, "\r\n", NULL);
    gboolean good = net_stream_write(client->stream, bytes_of_string(line), error) &&
                    complete(client, tag, on_continue, body, handler, data, error);
    return good;
}

gboolean imap_client_command(ImapClient *client, const char *command, Buffer *body,
                             ImapClientHandler handler, gpointer data, GError **error) {
    return run(client, command, NULL, body, handler, data, error);
}

gboolean imap_client_continue(ImapClient *client, const char *command, const char *line,
                              GError **error) {
    return run(client, command, line, NULL, NULL, NULL, error);
}

gboolean imap_client_append_string(GString *command, const char *text, GError **error) {
    g_string_append_c(command, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\r' || *p == '\n')
            return cv_fail(error, CV_ERROR_INPUT, "a line end in a name");
        if (*p == '"' || *p == '\\')
            g_string_append_c(command, '\\');
        g_string_append_c(command, *p);
    }
    g_string_append_c(command, '"');
    return TRUE;
}
