/* Many at once: thousands of connections that do nothing, or say one byte now and then, must cost
 * the others nothing that they notice. */
#include "base/clock.h"
#include "net/test_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { WANTED = 10000, DESCRIPTORS_ELSEWHERE = 200 };

/* As many connections as the process may have both ends of, WANTED at most. */
static guint possible(void) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return (guint)MIN((rlim_t)WANTED, (limit.rlim_cur - DESCRIPTORS_ELSEWHERE) / 2);
}

typedef struct {
    int *fds;
    guint count;
    gint stop;
} Trickle;

/* A byte on every connection in turn, for ever: no line ever ends. */
static gpointer trickle(gpointer data) {
    Trickle *t = data;
    for (guint i = 0; !g_atomic_int_get(&t->stop); i = (i + 1) % t->count) {
        send(t->fds[i], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (i % 100 == 0)
            g_usleep(10000); /* about 10,000 bytes a second in all */
    }
    return NULL;
}

static gint64 slowest_echo(int fd, guint rounds) {
    gint64 slowest = 0;
    for (guint i = 0; i < rounds; i++) {
        gint64 began = clock_monotonic();
        say(fd, "ping\n");
        hear(fd, "ping\n");
        slowest = MAX(slowest, clock_monotonic() - began);
        g_usleep(1000);
    }
    return slowest;
}

static void thousands_of_idle_and_trickling_connections_delay_nobody(void **state) {
    guint count = possible(); /* before the server sizes its table */
    Fixture f = {0};
    fixture_start(&f, &(NetOptions){.workers = 4});
    int fd = dial(f.port);
    hear(fd, "hello\n");
    g_autofree int *fds = g_new0(int, count);
    for (guint i = 0; i < count; i++)
        fds[i] = dial(f.port);
    gint64 idle = slowest_echo(fd, 300);
    Trickle t = {fds, count, 0};
    GThread *thread = g_thread_new("trickle", trickle, &t);
    gint64 trickling = slowest_echo(fd, 300);
    gint64 began = clock_monotonic();
    int newcomer = dial(f.port);
    hear(newcomer, "hello\n");
    gint64 welcome = clock_monotonic() - began;
    g_atomic_int_set(&t.stop, 1);
    g_thread_join(thread);
    print_message("%u connections: slowest echo %d us idle, %d us trickling, newcomer %d us\n",
                  count, (int)idle, (int)trickling, (int)welcome);
    /* Generous for a machine that does other things too; a starved session waits for seconds. */
    assert_true(idle < 500000 && trickling < 500000 && welcome < 500000);
    for (guint i = 0; i < count; i++)
        close(fds[i]);
    close(newcomer);
    close(fd);
    fixture_stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_idle_and_trickling_connections_delay_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
