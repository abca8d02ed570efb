/* See test_line.h. */
#include "net/test_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Seen *seen;
    gint64 flood; /* bytes still to be written */
    gboolean sleeping;
} LineState;

static gboolean take_line(Buffer *input, char out[256]) {
    gssize end = bytes_find_byte(buffer_bytes(input), '\n');
    if (end < 0 || end >= 256)
        return FALSE;
    memcpy(out, buffer_bytes(input).p, (gsize)end);
    out[end] = '\0';
    buffer_consume(input, (gsize)end + 1);
    return TRUE;
}

static NetVerdict flood(NetSession *session, LineState *state) {
    static guint8 zeros[8192];
    while (state->flood > 0) {
        if (net_output_full(session))
            return NET_WAIT_OUTPUT;
        buffer_append(net_output(session), zeros, sizeof zeros);
        state->flood -= (gint64)sizeof zeros;
    }
    return NET_WAIT_INPUT;
}

static NetVerdict line_run(NetSession *session, gpointer data, NetEvents events) {
    LineState *state = data;
    Seen *seen = state->seen = net_session_service(session);
    Buffer *out = net_output(session);
    char line[256];
    if (__atomic_fetch_add(&seen->running, 1, __ATOMIC_SEQ_CST) != 0 &&
        __atomic_load_n(&seen->last, __ATOMIC_RELAXED) == session)
        g_atomic_int_inc(&seen->collisions);
    g_atomic_int_inc(&seen->runs);
    NetVerdict verdict = NET_WAIT_INPUT;
    if (events & NET_EVENT_START) {
        __atomic_store_n(&seen->last, session, __ATOMIC_RELAXED);
        buffer_append_string(out, "hello\n");
    }
    if (events & NET_EVENT_SECURED)
        buffer_append_string(out, "secured\n");
    if (events & NET_EVENT_EOF)
        g_atomic_int_inc(&seen->eofs);
    if (events & NET_EVENT_WAKE) {
        g_atomic_int_inc(&seen->wakes);
        if (state->sleeping)
            buffer_append_string(out, "awake\n");
        state->sleeping = FALSE;
    }
    if (events & NET_EVENT_DEADLINE) {
        g_atomic_int_inc(&seen->deadlines);
        buffer_append_string(out, "late\n");
        verdict = NET_CLOSE;
    }
    if (events & NET_EVENT_SHUTDOWN) {
        g_atomic_int_inc(&seen->shutdowns);
        buffer_append_string(out, "bye\n");
        verdict = NET_CLOSE;
    }
    if (verdict == NET_WAIT_INPUT && state->flood > 0)
        verdict = flood(session, state);
    while (verdict == NET_WAIT_INPUT && !state->sleeping && take_line(net_input(session), line)) {
        if (g_str_equal(line, "sleep"))
            state->sleeping = TRUE;
        else if (g_str_equal(line, "tls")) {
            buffer_append_string(out, "go\n");
            verdict = NET_STARTTLS;
        } else if (g_str_equal(line, "quit"))
            verdict = NET_CLOSE;
        else if (g_str_equal(line, "quick"))
            net_set_deadline(session, 300000);
        else if (g_str_has_prefix(line, "flood ")) {
            state->flood = g_ascii_strtoll(line + 6, NULL, 10);
            verdict = flood(session, state);
        } else if (g_str_equal(line, "in")) {
            net_session_signed_in(session);
            buffer_append_string(out, "in\n");
        } else
            buffer_printf(out, "%s\n", line);
    }
    if (verdict == NET_WAIT_INPUT && state->sleeping)
        verdict = events & NET_EVENT_EOF ? NET_CLOSE : NET_WAIT_WAKE;
    __atomic_fetch_sub(&seen->running, 1, __ATOMIC_SEQ_CST);
    return verdict;
}

static void line_free(gpointer data) {
    LineState *state = data;
    if (state->seen != NULL)
        g_atomic_int_inc(&state->seen->freed);
}

const NetProtocol line_protocol = {
    .name = "line",
    .state_size = sizeof(LineState),
    .input_maximum = 16384,
    .greeting_time = 60 * G_USEC_PER_SEC,
    .refusal = "full\n",
    .run = line_run,
    .free = line_free,
};

/* ---- The other end ---- */

void fixture_start(Fixture *f, const NetOptions *options) {
    GError *error = NULL;
    f->server = net_server_new(options, &error);
    assert_null(error);
    NetListener listener = {
        .protocol = &line_protocol, .service = &f->seen, .address = "127.0.0.1"};
    f->port = net_listen(f->server, &listener, &error);
    assert_int_not_equal(f->port, 0);
    listener.implicit_tls = TRUE;
    f->tls_port = net_listen(f->server, &listener, &error);
    const char *names[] = {"localhost", "127.0.0.1", NULL};
    f->folder = g_dir_make_tmp("net-XXXXXX", NULL);
    f->certificate = g_build_filename(f->folder, "c.pem", NULL);
    f->key = g_build_filename(f->folder, "k.pem", NULL);
    assert_true(net_make_certificate(f->certificate, f->key, names, &error));
    assert_true(net_server_set_certificate(f->server, f->certificate, f->key, &error));
    assert_true(net_server_start(f->server, &error));
}

int setup(void **state) {
    Fixture *f = *state = g_new0(Fixture, 1);
    fixture_start(f, &(NetOptions){.workers = 4, .session_maximum_address = 1000});
    return 0;
}

void fixture_stop(Fixture *f) {
    net_server_free(f->server);
    unlink(f->certificate);
    unlink(f->key);
    rmdir(f->folder);
    g_free(f->certificate);
    g_free(f->key);
    g_free(f->folder);
}

int teardown(void **state) {
    fixture_stop(*state);
    g_free(*state);
    return 0;
}

int dial(guint16 port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads exactly the text, or fails. */
void hear(int fd, const char *text) {
    gsize n = strlen(text);
    g_autofree char *got = g_malloc0(n + 1);
    for (gsize at = 0; at < n;) {
        gssize more = recv(fd, got + at, n - at, 0);
        if (more <= 0)
            break;
        at += (gsize)more;
    }
    assert_string_equal(got, text);
}

void hear_end(int fd) {
    char c;
    assert_int_equal(recv(fd, &c, 1, 0), 0);
    close(fd);
}

void wait_for(const gint *counter, gint value) {
    for (int i = 0; i < 20000 && g_atomic_int_get(counter) < value; i++)
        g_usleep(1000);
    assert_true(g_atomic_int_get(counter) >= value);
}

SSL *dial_tls(int fd) {
    static SSL_CTX *settings;
    if (settings == NULL)
        settings = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(settings);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1)
        g_clear_pointer(&ssl, SSL_free);
    return ssl;
}

void hear_tls(SSL *ssl, const char *text) {
    gsize n = strlen(text);
    g_autofree char *got = g_malloc0(n + 1);
    for (gsize at = 0; at < n;) {
        int more = SSL_read(ssl, got + at, (int)(n - at));
        if (more <= 0)
            break;
        at += (gsize)more;
    }
    assert_string_equal(got, text);
}
