/* Blocking sockets with a read buffer, over TLS where asked. Simple on purpose: the generator must
 * cost little beside the server that it drives. */
#include "conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define INPUT (64 * 1024)

struct Conn {
    int fd;
    SSL *ssl;
    char *input;
    size_t start, end, room;
    char *line;
    size_t line_room;
};

static struct addrinfo *target;
static SSL_CTX *context;

void die(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fputc('\n', stderr);
    exit(1);
}

double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void conn_target(const char *host, const char *port, bool tls) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int error = getaddrinfo(host, port, &hints, &target);
    if (error != 0)
        die("%s %s: %s", host, port, gai_strerror(error));
    if (!tls)
        return;
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1); /* many records in one read */
    SSL_CTX_set_default_read_buffer_len(context, INPUT);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* every handshake is a full one */
}

Conn *conn_open(void) {
    Conn *conn = calloc(1, sizeof *conn);
    int one = 1;
    conn->fd = socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (conn->fd < 0 || connect(conn->fd, target->ai_addr, target->ai_addrlen) != 0)
        die("connect: %s", strerror(errno));
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conn->room = INPUT;
    conn->input = malloc(conn->room);
    if (context != NULL) {
        conn->ssl = SSL_new(context);
        SSL_set_fd(conn->ssl, conn->fd);
        if (SSL_connect(conn->ssl) != 1)
            die("TLS: %s", ERR_error_string(ERR_get_error(), NULL));
    }
    return conn;
}

void conn_close(Conn *conn) {
    if (conn->ssl != NULL) {
        SSL_shutdown(conn->ssl);
        SSL_free(conn->ssl);
    }
    close(conn->fd);
    free(conn->input);
    free(conn->line);
    free(conn);
}

int conn_fd(const Conn *conn) {
    return conn->fd;
}

void conn_send(Conn *conn, const char *p, size_t n) {
    while (n > 0) {
        ssize_t done = conn->ssl != NULL ? SSL_write(conn->ssl, p, (int)(n > 1 << 20 ? 1 << 20 : n))
                                         : send(conn->fd, p, n, MSG_NOSIGNAL);
        if (done <= 0)
            die("send: %s", strerror(errno));
        p += done;
        n -= (size_t)done;
    }
}

void conn_printf(Conn *conn, const char *format, ...) {
    char text[1024];
    va_list rest;
    va_start(rest, format);
    int n = vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    if (n < 0 || n >= (int)sizeof text)
        die("a command is too long");
    conn_send(conn, text, (size_t)n);
}

static void fill(Conn *conn) {
    conn->start = 0;
    ssize_t n = conn->ssl != NULL ? SSL_read(conn->ssl, conn->input, (int)conn->room)
                                  : recv(conn->fd, conn->input, conn->room, 0);
    if (n <= 0)
        die("the server closed the connection: %s", n < 0 ? strerror(errno) : "end of input");
    conn->end = (size_t)n;
}

static void keep(Conn *conn, size_t length, const char *p, size_t n) {
    if (length + n + 1 > conn->line_room) {
        conn->line_room = (length + n + 1) * 2;
        conn->line = realloc(conn->line, conn->line_room);
    }
    memcpy(conn->line + length, p, n);
    conn->line[length + n] = 0;
}

const char *conn_line(Conn *conn) {
    size_t length = 0;
    for (;;) {
        if (conn->start == conn->end)
            fill(conn);
        char *p = conn->input + conn->start;
        size_t n = conn->end - conn->start;
        char *end = memchr(p, '\n', n);
        if (end != NULL)
            n = (size_t)(end - p) + 1;
        keep(conn, length, p, n);
        length += n;
        conn->start += n;
        if (end == NULL)
            continue;
        length -= length >= 2 && conn->line[length - 2] == '\r' ? 2 : 1;
        conn->line[length] = 0;
        return conn->line;
    }
}

static void skip(Conn *conn, size_t n) {
    while (n > 0) {
        if (conn->start == conn->end)
            fill(conn);
        size_t here = conn->end - conn->start;
        here = here < n ? here : n;
        conn->start += here;
        n -= here;
    }
}

size_t conn_until_ok(Conn *conn, const char *tag) {
    size_t all = 0, tag_length = strlen(tag);
    for (;;) {
        const char *line = conn_line(conn);
        size_t length = strlen(line);
        all += length + 2;
        const char *brace = length > 0 && line[length - 1] == '}' ? strrchr(line, '{') : NULL;
        if (brace != NULL) {
            size_t literal = strtoul(brace + 1, NULL, 10);
            skip(conn, literal);
            all += literal;
            continue;
        }
        if (strncmp(line, tag, tag_length) != 0 || line[tag_length] != ' ')
            continue;
        if (strncmp(line + tag_length, " OK", 3) != 0)
            die("refused: %s", line);
        return all;
    }
}

void conn_reply(Conn *conn, char digit) {
    for (;;) {
        const char *line = conn_line(conn);
        if (line[0] != digit)
            die("refused: %s", line);
        if (strlen(line) < 4 || line[3] != '-')
            return;
    }
}
