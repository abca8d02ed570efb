/* Load for an IMAP server, one kind in one run; the result is one line of numbers on standard
 * output. Users are named by a pattern with one %d, numbered from 1.
 *
 *   imapload [-t] HOST PORT append USERS PATTERN PASSWORD CLIENTS COUNT SIZE   messages/s
 *   imapload [-t] HOST PORT login  USERS PATTERN PASSWORD CLIENTS COUNT        sign-ins/s
 *   imapload [-t] HOST PORT idle   USERS PATTERN PASSWORD COUNT                holds them till EOF
 *   imapload [-t] HOST PORT time   USER PASSWORD REPEAT COMMAND…               seconds, bytes each
 *   imapload [-t] HOST PORT count  USERS PATTERN PASSWORD                      messages in all
 *
 * -t: TLS from the first byte. `time` selects INBOX first and times each COMMAND, in turn, REPEAT
 * times; every line it prints is "seconds bytes". */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"

typedef struct {
    int users;
    const char *pattern, *password;
    int clients, count, size;
} Load;

static Load load;
static atomic_int next_piece;
static char *message;

static void user_name(int number, char name[256]) {
    const char *hole = strstr(load.pattern, "%d");
    if (hole == NULL)
        snprintf(name, 256, "%s", load.pattern);
    else
        snprintf(name, 256, "%.*s%d%s", (int)(hole - load.pattern), load.pattern,
                 number % load.users + 1, hole + 2);
}

static Conn *sign_in(const char *user, const char *password) {
    Conn *conn = conn_open();
    conn_line(conn);
    conn_printf(conn, "a LOGIN \"%s\" \"%s\"\r\n", user, password);
    conn_until_ok(conn, "a");
    return conn;
}

static Conn *sign_in_number(int number) {
    char name[256];
    user_name(number, name);
    return sign_in(name, load.password);
}

static const char head[] =
    "From: \"Bench Mark\" <bench@example.org>\r\nTo: You <you@example.org>\r\n"
    "Cc: One <one@example.org>, Two <two@example.org>\r\nSubject: a message to be measured\r\n"
    "Date: Wed, 01 Jun 2022 08:05:00 +0700\r\nMessage-ID: <bench@example.org>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"
    "--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n"
    "--cut\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
    "Content-Disposition: attachment; filename=a.bin\r\n\r\n";
static const char tail[] = "\r\n--cut--\r\n";

/* A message of two parts with `size` bytes in all (not less than its frame). */
static void make_message(int size) {
    int frame = (int)(sizeof head - 1 + sizeof tail - 1);
    int filler = size > frame ? size - frame : 0;
    message = malloc((size_t)(frame + filler) + 1);
    memcpy(message, head, sizeof head - 1);
    char *p = message + sizeof head - 1;
    for (int i = 0; i < filler; i++)
        *p++ = "x\r\n"[i % 78 < 76 ? 0 : i % 78 - 75];
    if (p[-1] == '\r')
        p[-1] = 'x'; /* no half line end before the closing line */
    memcpy(p, tail, sizeof tail);
}

static void *append_client(void *number) {
    Conn *conn = sign_in_number((int)(long)number);
    size_t size = strlen(message);
    while (atomic_fetch_add(&next_piece, 1) < load.count) {
        conn_printf(conn, "b APPEND INBOX {%zu}\r\n", size);
        if (conn_line(conn)[0] != '+')
            die("no continuation");
        conn_send(conn, message, size);
        conn_send(conn, "\r\n", 2);
        conn_until_ok(conn, "b");
    }
    conn_close(conn);
    return NULL;
}

static void *login_client(void *unused) {
    int piece;
    (void)unused;
    while ((piece = atomic_fetch_add(&next_piece, 1)) < load.count) {
        Conn *conn = sign_in_number(piece);
        conn_printf(conn, "z LOGOUT\r\n");
        conn_until_ok(conn, "z");
        conn_close(conn);
    }
    return NULL;
}

static void run_clients(void *(*client)(void *)) {
    pthread_t *threads = calloc((size_t)load.clients, sizeof *threads);
    double began = now_seconds();
    for (long i = 0; i < load.clients; i++)
        if (pthread_create(&threads[i], NULL, client, (void *)i) != 0)
            die("no thread");
    for (int i = 0; i < load.clients; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", load.count / (now_seconds() - began));
    free(threads);
}

static void hold_idle(void) {
    Conn **conns = calloc((size_t)load.count, sizeof(Conn *));
    for (int i = 0; i < load.count; i++) {
        conns[i] = sign_in_number(i);
        conn_printf(conns[i], "b SELECT INBOX\r\n");
        conn_until_ok(conns[i], "b");
        conn_printf(conns[i], "c IDLE\r\n");
        while (conn_line(conns[i])[0] != '+')
            continue;
    }
    printf("holding %d\n", load.count);
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0)
        continue;
}

static void time_commands(char **words, int count) {
    Conn *conn = sign_in(words[0], words[1]);
    conn_printf(conn, "b SELECT INBOX\r\n");
    conn_until_ok(conn, "b");
    for (int round = 0; round < atoi(words[2]); round++)
        for (int i = 3; i < count; i++) {
            double began = now_seconds();
            conn_printf(conn, "c %s\r\n", words[i]);
            size_t bytes = conn_until_ok(conn, "c");
            printf("%.6f %zu\n", now_seconds() - began, bytes);
            fflush(stdout);
        }
    conn_close(conn);
}

static void count_messages(void) {
    long all = 0;
    for (int i = 0; i < load.users; i++) {
        Conn *conn = sign_in_number(i);
        conn_printf(conn, "b STATUS INBOX (MESSAGES)\r\n");
        const char *found = strstr(conn_line(conn), "MESSAGES ");
        if (found == NULL)
            die("no STATUS answer");
        all += atol(found + 9);
        conn_until_ok(conn, "b");
        conn_close(conn);
    }
    printf("%ld\n", all);
}

int main(int argc, char **argv) {
    bool tls = argc > 1 && strcmp(argv[1], "-t") == 0;
    char **words = argv + (tls ? 2 : 1);
    int count = argc - (tls ? 2 : 1);
    if (count < 6)
        die("see the head of imapload.c for the arguments");
    conn_target(words[0], words[1], tls);
    const char *what = words[2];
    if (strcmp(what, "time") == 0) {
        time_commands(words + 3, count - 3);
        return 0;
    }
    load.users = atoi(words[3]);
    load.pattern = words[4];
    load.password = words[5];
    int numbers[3] = {0, 0, 0};
    for (int i = 6; i < count && i < 9; i++)
        numbers[i - 6] = atoi(words[i]);
    load.clients = load.count = numbers[0];
    if (strcmp(what, "idle") == 0) {
        hold_idle();
        return 0;
    }
    if (strcmp(what, "count") == 0) {
        count_messages();
        return 0;
    }
    load.count = numbers[1];
    if (strcmp(what, "append") == 0) {
        make_message(numbers[2]);
        run_clients(append_client);
    } else if (strcmp(what, "login") == 0) {
        run_clients(login_client);
    } else {
        die("no load named %s", what);
    }
    return 0;
}
