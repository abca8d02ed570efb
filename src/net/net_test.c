/* The server over loopback: each test starts its own on a free port with a small protocol. */
#include "net/net.h"

#include "base/clock.h"
#include "net/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- A line protocol that echoes, and has a word for each thing to be tested ---- */

typedef struct {
    gint runs, freed, wakes, deadlines, shutdowns, eofs, running, collisions;
    NetSession *last;
    GMutex lock;
} Seen;

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
    if (__atomic_fetch_add(&seen->running, 1, __ATOMIC_SEQ_CST) != 0 && seen->last == session)
        g_atomic_int_inc(&seen->collisions);
    g_atomic_int_inc(&seen->runs);
    NetVerdict verdict = NET_WAIT_INPUT;
    if (events & NET_EVENT_START) {
        seen->last = session;
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

static const NetProtocol line_protocol = {
    .name = "line",
    .state_size = sizeof(LineState),
    .input_maximum = 16384,
    .greeting_time = 60 * G_USEC_PER_SEC,
    .refusal = "full\n",
    .run = line_run,
    .free = line_free,
};

/* ---- The other end ---- */

typedef struct {
    NetServer *server;
    guint16 port, tls_port;
    Seen seen;
    char *folder, *certificate, *key;
} Fixture;

static void fixture_start(Fixture *f, const NetOptions *options) {
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

static int setup(void **state) {
    Fixture *f = *state = g_new0(Fixture, 1);
    fixture_start(f, &(NetOptions){.workers = 4, .session_maximum_address = 1000});
    return 0;
}

static int teardown(void **state) {
    Fixture *f = *state;
    net_server_free(f->server);
    unlink(f->certificate);
    unlink(f->key);
    rmdir(f->folder);
    g_free(f->certificate);
    g_free(f->key);
    g_free(f->folder);
    g_free(f);
    return 0;
}

static int dial(guint16 port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads exactly the text, or fails. */
static void hear(int fd, const char *text) {
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

static void hear_end(int fd) {
    char c;
    assert_int_equal(recv(fd, &c, 1, 0), 0);
    close(fd);
}

static void wait_for(const gint *counter, gint value) {
    for (int i = 0; i < 20000 && g_atomic_int_get(counter) < value; i++)
        g_usleep(1000);
    assert_true(g_atomic_int_get(counter) >= value);
}

static SSL *dial_tls(int fd) {
    static SSL_CTX *settings;
    if (settings == NULL)
        settings = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(settings);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1)
        g_clear_pointer(&ssl, SSL_free);
    return ssl;
}

static void hear_tls(SSL *ssl, const char *text) {
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

/* ---- Tests ---- */

static void pipelined_lines_are_answered_in_order(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    hear(fd, "hello\n");
    GString *many = g_string_new(NULL);
    for (int i = 0; i < 20000; i++)
        g_string_append_printf(many, "line %d\n", i);
    for (gsize at = 0; at < many->len;) {
        gsize piece = MIN(many->len - at, 30000);
        assert_int_equal(send(fd, many->str + at, piece, 0), piece);
        g_autofree char *echo = g_strndup(many->str + at, piece);
        char *end = strrchr(echo, '\n');
        end[1] = '\0'; /* whole lines come back at once; the rest with the next piece */
        at += strlen(echo);
        hear(fd, echo);
        if (at < many->len && strlen(echo) < piece) {
            gsize partial = piece - strlen(echo);
            char *line_end = strchr(many->str + at, '\n');
            gsize missing = (gsize)(line_end + 1 - (many->str + at)) - partial;
            assert_int_equal(send(fd, many->str + at + partial, missing, 0), missing);
            g_autofree char *line = g_strndup(many->str + at, partial + missing);
            hear(fd, line);
            at += partial + missing;
        }
    }
    g_string_free(many, TRUE);
    say(fd, "last\nquit\n");
    hear(fd, "last\n");
    hear_end(fd);
    wait_for(&f->seen.freed, 1);
}

static void a_half_closed_peer_gets_its_answers(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    say(fd, "one\ntwo\n");
    shutdown(fd, SHUT_WR);
    hear(fd, "hello\none\ntwo\n");
    hear_end(fd);
    assert_true(g_atomic_int_get(&f->seen.eofs) >= 1);
}

static void a_wake_ends_the_wait_and_input_stays_unread_until_then(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    say(fd, "sleep\nafter\n");
    hear(fd, "hello\n");
    say(fd, "more\n");
    g_usleep(50000);
    net_wake(f->seen.last);
    hear(fd, "awake\nafter\nmore\n");
    close(fd);
}

static void a_peer_that_resets_during_a_wait_is_noticed(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    say(fd, "sleep\n");
    hear(fd, "hello\n");
    g_usleep(50000);
    struct linger hard = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    wait_for(&f->seen.freed, 1);
    assert_true(g_atomic_int_get(&f->seen.eofs) >= 1);
}

typedef struct {
    NetSession *session;
    int count;
} Waker;

static gpointer wake_many(gpointer data) {
    const Waker *waker = data;
    for (int i = 0; i < waker->count; i++)
        net_wake(waker->session);
    return NULL;
}

static void wakes_from_many_threads_never_run_a_session_twice_at_once(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    hear(fd, "hello\n");
    NetSession *session = net_session_ref(f->seen.last);
    Waker waker = {session, 500000};
    GThread *threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("waker", wake_many, &waker);
    for (int i = 0; i < 2000; i++) {
        say(fd, "x\n");
        hear(fd, "x\n");
    }
    for (int i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    assert_int_equal(f->seen.collisions, 0);
    assert_true(f->seen.wakes > 0);
    say(fd, "quit\n");
    hear_end(fd);
    wait_for(&f->seen.freed, 1);
    net_wake(session); /* a dead session takes no notice */
    net_session_unref(session);
}

/* Each round: sleep, one wake from another thread that races with the parking, answer. */
static void no_wake_is_lost_however_it_races_with_parking(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    hear(fd, "hello\n");
    for (int i = 0; i < 20000; i++) {
        gint before = g_atomic_int_get(&f->seen.runs);
        say(fd, "sleep\n");
        while (g_atomic_int_get(&f->seen.runs) == before) {
        }
        net_wake(f->seen.last);
        /* The wake may have come before the line was read: then it is woken once more. */
        char c[6];
        gssize n = recv(fd, c, 6, 0);
        assert_int_equal(n, 6);
        assert_memory_equal(c, "awake\n", 6);
    }
    close(fd);
}

static void the_deadline_is_told_in_time(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    say(fd, "quick\n");
    gint64 began = clock_monotonic();
    hear(fd, "hello\nlate\n");
    gint64 took = clock_monotonic() - began;
    assert_true(took >= 290000 && took < 2000000);
    hear_end(fd);
}

static void starttls_secures_and_drops_what_was_pipelined(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    hear(fd, "hello\n");
    say(fd, "tls\n");
    hear(fd, "go\n");
    SSL *ssl = dial_tls(fd);
    assert_non_null(ssl);
    hear_tls(ssl, "secured\n");
    assert_true(net_session_is_secure(f->seen.last));
    assert_non_null(strstr(net_session_cipher(f->seen.last), "TLSv1.3 TLS_"));
    SSL_write(ssl, "inside\nquit\n", 12);
    hear_tls(ssl, "inside\n");
    assert_true(SSL_read(ssl, &(char[1]){0}, 1) <= 0);
    SSL_free(ssl);
    close(fd);

    /* RFC 3207 6: the injected line must have no effect. */
    fd = dial(f->port);
    hear(fd, "hello\n");
    say(fd, "tls\ninjected\n");
    hear(fd, "go\n");
    ssl = dial_tls(fd);
    assert_non_null(ssl);
    hear_tls(ssl, "secured\n");
    SSL_write(ssl, "quit\n", 5);
    char c;
    assert_true(SSL_read(ssl, &c, 1) <= 0);
    SSL_free(ssl);
    close(fd);
}

static void implicit_tls_carries_large_transfers_both_ways(void **state) {
    Fixture *f = *state;
    int fd = dial(f->tls_port);
    SSL *ssl = dial_tls(fd);
    assert_non_null(ssl);
    hear_tls(ssl, "hello\n");
    char line[201];
    memset(line, 'x', 199);
    line[199] = '\n';
    line[200] = '\0';
    for (int i = 0; i < 500; i++) {
        for (int k = 0; k < 20; k++)
            assert_int_equal(SSL_write(ssl, line, 200), 200);
        for (int k = 0; k < 20; k++)
            hear_tls(ssl, line);
    }
    SSL_write(ssl, "flood 8192000\n", 14);
    static guint8 piece[65536];
    for (gsize got = 0; got < 8192000;) {
        int n = SSL_read(ssl, piece, sizeof piece);
        assert_true(n > 0);
        got += (gsize)n;
    }
    SSL_free(ssl);
    close(fd);
}

static void old_tls_and_weak_ciphers_are_refused(void **state) {
    Fixture *f = *state;
    SSL_CTX *old = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(old, 0);
    SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
    SSL_CTX *weak = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(weak, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(weak, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384");
    SSL_CTX *tries[] = {old, weak};
    for (gsize i = 0; i < G_N_ELEMENTS(tries); i++) {
        int fd = dial(f->tls_port);
        SSL *ssl = SSL_new(tries[i]);
        SSL_set_fd(ssl, fd);
        assert_int_not_equal(SSL_connect(ssl), 1);
        SSL_free(ssl);
        close(fd);
        SSL_CTX_free(tries[i]);
    }
}

static void a_new_certificate_serves_new_sessions_only(void **state) {
    Fixture *f = *state;
    int first = dial(f->tls_port);
    SSL *before = dial_tls(first);
    assert_non_null(before);
    const char *names[] = {"mail.bacninh.gov.vn", NULL};
    GError *error = NULL;
    assert_true(net_make_certificate(f->certificate, f->key, names, &error));
    assert_true(net_server_set_certificate(f->server, f->certificate, f->key, &error));
    int second = dial(f->tls_port);
    SSL *after = dial_tls(second);
    X509 *x = SSL_get1_peer_certificate(after);
    assert_int_equal(X509_check_host(x, "mail.bacninh.gov.vn", 0, 0, NULL), 1);
    X509_free(x);
    SSL_write(before, "old\n", 4);
    hear_tls(before, "hello\nold\n");
    SSL_free(before);
    SSL_free(after);
    close(first);
    close(second);
    assert_false(net_server_set_certificate(f->server, "/nowhere", f->key, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    g_clear_error(&error);
}

static void a_slow_reader_costs_bounded_memory_and_nobody_else_waits(void **state) {
    Fixture *f = *state;
    int slow = dial(f->port);
    hear(slow, "hello\n");
    NetSession *session = net_session_ref(f->seen.last);
    say(slow, "flood 100000000\n");
    int other = dial(f->port);
    hear(other, "hello\n");
    for (int i = 0; i < 200; i++) {
        say(other, "x\n");
        hear(other, "x\n");
        assert_true(net_output(session)->n <= NET_OUTPUT_HIGH + 8192);
    }
    static guint8 piece[65536];
    gsize got = 0;
    for (; got < 100000000;) {
        gssize n = recv(slow, piece, sizeof piece, 0);
        if (n <= 0)
            break;
        got += (gsize)n;
    }
    assert_true(got >= 100000000);
    net_session_unref(session);
    close(slow);
    close(other);
}

/* A peer that asks and asks and never reads: its questions stay in its own socket. */
static void answers_that_nobody_reads_stop_the_questions(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    hear(fd, "hello\n");
    NetSession *session = net_session_ref(f->seen.last);
    char lines[4000];
    memset(lines, 'q', sizeof lines);
    for (gsize i = 99; i < sizeof lines; i += 100)
        lines[i] = '\n';
    struct timeval limit = {.tv_usec = 300000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    gsize sent = 0;
    for (;;) {
        gssize n = send(fd, lines, sizeof lines, MSG_NOSIGNAL);
        if (n < 0)
            break;
        sent += (gsize)n;
        assert_true(sent < 200000000);
    }
    assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
    assert_true(net_output(session)->n <= NET_OUTPUT_HIGH + 20000);
    net_session_unref(session);
    close(fd);
}

static void shutdown_says_good_bye_to_all(void **state) {
    Fixture *f = *state;
    int fds[50];
    for (int i = 0; i < 50; i++) {
        fds[i] = dial(f->port);
        hear(fds[i], "hello\n");
    }
    gint64 began = clock_monotonic();
    net_server_stop(f->server, 10 * G_USEC_PER_SEC);
    assert_true(clock_monotonic() - began < 5 * G_USEC_PER_SEC);
    assert_int_equal(f->seen.shutdowns, 50);
    assert_int_equal(f->seen.freed, 50);
    for (int i = 0; i < 50; i++) {
        hear(fds[i], "bye\n");
        hear_end(fds[i]);
    }
}

static void more_sessions_than_an_address_may_have_are_refused(void **state) {
    Fixture f = {0};
    fixture_start(&f, &(NetOptions){.workers = 2, .session_maximum_address = 3});
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(f.port);
        hear(fds[i], "hello\n");
    }
    int extra = dial(f.port);
    hear(extra, "full\n");
    hear_end(extra);
    say(fds[0], "in\n"); /* signed in: no longer counted */
    hear(fds[0], "in\n");
    extra = dial(f.port);
    hear(extra, "hello\n");
    close(fds[1]);
    wait_for(&f.seen.freed, 1);
    int again = dial(f.port);
    hear(again, "hello\n");
    for (int i = 0; i < 3; i += 2)
        close(fds[i]);
    close(extra);
    close(again);
    net_server_free(f.server);
    unlink(f.certificate);
    unlink(f.key);
    rmdir(f.folder);
    g_free(f.certificate);
    g_free(f.key);
    g_free(f.folder);
}

static gsize memory_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void an_idle_session_is_small(void **state) {
    Fixture *f = *state;
    if (memory_in_use() == 0)
        skip(); /* a sanitizer's allocator does not count for mallinfo2 */
    enum { COUNT = 100 };
    int fds[COUNT];
    SSL *ssls[COUNT];
    int warm = dial(f->tls_port);
    SSL *warm_ssl = dial_tls(warm);
    hear_tls(warm_ssl, "hello\n");
    gsize before = memory_in_use();
    for (int i = 0; i < COUNT; i++) {
        fds[i] = dial(f->port);
        hear(fds[i], "hello\n");
    }
    g_usleep(100000);
    gsize plain = (memory_in_use() - before) / COUNT;
    before = memory_in_use();
    /* The client's half is in this process too: it is measured with a server that is the peer's. */
    for (int i = 0; i < COUNT; i++)
        ssls[i] = dial_tls(dial(f->tls_port));
    for (int i = 0; i < COUNT; i++)
        hear_tls(ssls[i], "hello\n");
    g_usleep(100000);
    gsize both = (memory_in_use() - before) / COUNT;
    before = memory_in_use();
    for (int i = 0; i < COUNT; i++) {
        close(SSL_get_fd(ssls[i])); /* the server's half goes */
    }
    wait_for(&f->seen.freed, COUNT);
    g_usleep(100000);
    gsize server_half = (before - memory_in_use()) / COUNT;
    print_message("plain session %zu bytes, TLS session %zu (with the client's half %zu)\n", plain,
                  server_half, both);
    assert_true(plain < 2048);
    assert_true(server_half < 20 * 1024);
    for (int i = 0; i < COUNT; i++) {
        SSL_free(ssls[i]);
        close(fds[i]);
    }
    SSL_free(warm_ssl);
    close(warm);
}

static void a_memory_session_behaves_like_one_with_a_socket(void **state) {
    Seen seen = {0};
    NetSession *session =
        net_memory_new(&line_protocol, &seen, &(NetMemoryOptions){.local_port = 25});
    net_memory_feed(session, BYTES_LITERAL("a\nb"));
    net_memory_feed(session, BYTES_LITERAL("c\ntls\ndropped\n"));
    assert_true(net_session_is_secure(session));
    net_memory_feed(session, BYTES_LITERAL("sleep\nx\n"));
    net_wake(session);
    assert_true(net_memory_run(session));
    net_memory_feed(session, BYTES_LITERAL("quit\n"));
    assert_true(net_memory_closed(session));
    assert_true(bytes_is(buffer_bytes(net_memory_output(session)),
                         "hello\na\nbc\ngo\nsecured\nawake\nx\n"));
    net_memory_free(session);
    assert_int_equal(seen.freed, 1);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(pipelined_lines_are_answered_in_order),
        NET_TEST(a_half_closed_peer_gets_its_answers),
        NET_TEST(a_wake_ends_the_wait_and_input_stays_unread_until_then),
        NET_TEST(a_peer_that_resets_during_a_wait_is_noticed),
        NET_TEST(wakes_from_many_threads_never_run_a_session_twice_at_once),
        NET_TEST(no_wake_is_lost_however_it_races_with_parking),
        NET_TEST(the_deadline_is_told_in_time),
        NET_TEST(starttls_secures_and_drops_what_was_pipelined),
        NET_TEST(implicit_tls_carries_large_transfers_both_ways),
        NET_TEST(old_tls_and_weak_ciphers_are_refused),
        NET_TEST(a_new_certificate_serves_new_sessions_only),
        NET_TEST(a_slow_reader_costs_bounded_memory_and_nobody_else_waits),
        NET_TEST(answers_that_nobody_reads_stop_the_questions),
        NET_TEST(shutdown_says_good_bye_to_all),
        cmocka_unit_test(more_sessions_than_an_address_may_have_are_refused),
        NET_TEST(an_idle_session_is_small),
        cmocka_unit_test(a_memory_session_behaves_like_one_with_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
