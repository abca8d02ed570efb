/* Deliveries to random mailboxes, which smtp-source cannot do; SEED says which.
 *
 *   smtpload HOST PORT ADDRESSES SESSIONS COUNT SIZE SEED
 *
 * COUNT messages of about SIZE bytes over SESSIONS connections that stay open, each to one of the
 * addresses in the file ADDRESSES, one a line. Prints messages a second. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"

static int count;
static char **addresses, *body;
static size_t address_count;
static atomic_int next_message;
static unsigned long seed;

/* A pseudo-random number that depends on the message's number alone (splitmix64). */
static unsigned long scramble(unsigned long n) {
    n = (n + seed) * 0x9e3779b97f4a7c15ul;
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ul;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebul;
    return n ^ (n >> 31);
}

static void send_one(Conn *conn, int number) {
    const char *address = addresses[scramble((unsigned long)number) % address_count];
    conn_printf(conn, "MAIL FROM:<bench@example.org>\r\n");
    conn_reply(conn, '2');
    conn_printf(conn, "RCPT TO:<%s>\r\n", address);
    conn_reply(conn, '2');
    conn_printf(conn, "DATA\r\n");
    conn_reply(conn, '3');
    conn_printf(conn,
                "From: bench@example.org\r\nTo: <%s>\r\nSubject: %d\r\n"
                "Message-ID: <load.%lu.%d@example.org>\r\n\r\n",
                address, number, seed, number);
    conn_send(conn, body, strlen(body));
    conn_reply(conn, '2');
}

static void *session(void *unused) {
    (void)unused;
    Conn *conn = conn_open();
    conn_reply(conn, '2');
    conn_printf(conn, "EHLO bench.example.org\r\n");
    conn_reply(conn, '2');
    for (int number; (number = atomic_fetch_add(&next_message, 1)) < count;)
        send_one(conn, number);
    conn_close(conn);
    return NULL;
}

static void make_body(int size) {
    static const char line[] = "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz\r\n";
    body = calloc((size_t)size + sizeof line + 8, 1);
    size_t n = 0;
    while (n < (size_t)size) {
        memcpy(body + n, line, sizeof line - 1);
        n += sizeof line - 1;
    }
    memcpy(body + n, ".\r\n", 4);
}

static void read_addresses(const char *path) {
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0, most = 0;
    if (file == NULL)
        die("cannot open %s", path);
    for (ssize_t n; (n = getline(&line, &room, file)) > 1;) {
        if (address_count == most)
            addresses = realloc(addresses, (most = most * 2 + 1024) * sizeof *addresses);
        line[n - 1] = 0;
        addresses[address_count++] = strdup(line);
    }
    free(line);
    fclose(file);
    if (address_count == 0)
        die("no address in %s", path);
}

int main(int argc, char **argv) {
    if (argc != 8)
        die("see the head of smtpload.c for the arguments");
    conn_target(argv[1], argv[2], false);
    read_addresses(argv[3]);
    int sessions = atoi(argv[4]);
    count = atoi(argv[5]);
    make_body(atoi(argv[6]));
    seed = strtoul(argv[7], NULL, 10);
    pthread_t *threads = calloc((size_t)sessions, sizeof *threads);
    double began = now_seconds();
    for (int i = 0; i < sessions; i++)
        if (pthread_create(&threads[i], NULL, session, NULL) != 0)
            die("no thread");
    for (int i = 0; i < sessions; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", count / (now_seconds() - began));
    free(threads);
    free(body);
    return 0;
}
