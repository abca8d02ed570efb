/* The server over loopback: parking, wakes, deadlines, limits. */
#include "base/clock.h"
#include "net/memory.h"
#include "net/test_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

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
    fixture_stop(&f);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(pipelined_lines_are_answered_in_order),
        NET_TEST(a_half_closed_peer_gets_its_answers),
        NET_TEST(a_wake_ends_the_wait_and_input_stays_unread_until_then),
        NET_TEST(a_peer_that_resets_during_a_wait_is_noticed),
        NET_TEST(wakes_from_many_threads_never_run_a_session_twice_at_once),
        NET_TEST(no_wake_is_lost_however_it_races_with_parking),
        NET_TEST(the_deadline_is_told_in_time),
        NET_TEST(a_slow_reader_costs_bounded_memory_and_nobody_else_waits),
        NET_TEST(answers_that_nobody_reads_stop_the_questions),
        NET_TEST(shutdown_says_good_bye_to_all),
        cmocka_unit_test(more_sessions_than_an_address_may_have_are_refused),
        NET_TEST(an_idle_session_is_small),
        cmocka_unit_test(a_memory_session_behaves_like_one_with_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
