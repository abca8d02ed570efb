/* The command socket: frames of one kind byte, a length (4 bytes, big endian) and that many bytes.
 *
 *   to the server:  'a' one argument (one frame each)   'i' the input   'g' go
 *   to the client:  'o' output   'e' error text   'p' progress "done all"   'x' exit status, last
 *                   'n' name of a file that was made, 's' of a secret one ("": it has no name),
 *                   then 'f' pieces of its content
 *
 * A thread accepts; each call has a thread of its own, because commands may take long and may wait
 * for flushes. */
#include "cli/remote.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    FRAME_MAXIMUM = 256 * 1024 * 1024,
    ARGUMENTS_MAXIMUM = 256,
    PIECE = 256 * 1024,
    PATIENCE_SECONDS = 10, /* for a client that says nothing more */
};

struct Remote {
    Instance *instance;
    char *path;
    int listener, stop_pipe[2];
    GThread *thread;
    GMutex lock;
    GCond ended;
    guint calls;
};

/* ---- Frames ---- */

static gboolean send_all(int fd, const void *p, gsize n) {
    const guint8 *at = p;
    while (n > 0) {
        gssize sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return FALSE;
        at += sent;
        n -= (gsize)sent;
    }
    return TRUE;
}

static gboolean send_frame(int fd, char kind, Bytes content) {
    guint8 head[5] = {(guint8)kind, (guint8)(content.n >> 24), (guint8)(content.n >> 16),
                      (guint8)(content.n >> 8), (guint8)content.n};
    return send_all(fd, head, sizeof head) && send_all(fd, content.p, content.n);
}

static gboolean receive_exactly(int fd, guint8 *to, gsize n) {
    while (n > 0) {
        gssize got = recv(fd, to, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return FALSE;
        to += got;
        n -= (gsize)got;
    }
    return TRUE;
}

/* The content replaces that of the buffer. */
static gboolean receive_frame(int fd, char *kind, Buffer *content) {
    guint8 head[5];
    if (!receive_exactly(fd, head, sizeof head))
        return FALSE;
    Reader r = reader_of(bytes_of(head + 1, 4));
    guint32 length = 0;
    reader_be32(&r, &length);
    buffer_clear(content);
    guint8 *to = buffer_reserve(content, length);
    if (to == NULL || !receive_exactly(fd, to, length))
        return FALSE;
    buffer_commit(content, length);
    *kind = (char)head[0];
    return TRUE;
}

/* ---- The server's side ---- */

typedef struct {
    Remote *remote;
    int fd;
} Connection;

static void send_progress(CliCall *call, gint64 done, gint64 all) {
    char text[48];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, done, all);
    /* A client that went away is noticed at the end; the work goes on. */
    send_frame(GPOINTER_TO_INT(call->progress_data), 'p', bytes_of_string(text));
}

/* What a command has said so far, at once and in one piece; see CliCall.flush. */
static gboolean send_output(CliCall *call) {
    gboolean sent = send_frame(GPOINTER_TO_INT(call->progress_data), 'o',
                               bytes_of(call->out->str, call->out->len));
    g_string_truncate(call->out, 0);
    return sent;
}

static gboolean send_text(int fd, char kind, const GString *text) {
    for (gsize at = 0; at < text->len; at += PIECE)
        if (!send_frame(fd, kind, bytes_slice(bytes_of(text->str, text->len), at, PIECE)))
            return FALSE;
    return TRUE;
}

static gboolean send_files(int fd, const GPtrArray *files) {
    for (guint i = 0; i < files->len; i++) {
        const CliFile *file = files->pdata[i];
        gsize n;
        const void *p = g_bytes_get_data(file->content, &n);
        if (!send_frame(fd, file->secret ? 's' : 'n', bytes_of_string(file->name)))
            return FALSE;
        for (gsize at = 0; at < n; at += PIECE)
            if (!send_frame(fd, 'f', bytes_slice(bytes_of(p, n), at, PIECE)))
                return FALSE;
    }
    return TRUE;
}

/* Root, or the user that the server runs as. */
static char *peer_name(int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return NULL;
    if (peer.uid != 0 && peer.uid != geteuid())
        return NULL;
    char space[4096];
    struct passwd user, *found = NULL;
    getpwuid_r(peer.uid, &user, space, sizeof space, &found);
    return g_strdup_printf("%s (uid %u)", found == NULL ? "?" : found->pw_name, peer.uid);
}

static int run_call(Remote *remote, int fd, char **words, Bytes input, const char *who,
                    GString *out, GString *err, GPtrArray *files) {
    guint taken = 0;
    const CliCommand *command = cli_find(words, &taken);
    if (command == NULL || (command->flags & CLI_LOCAL) != 0) {
        g_string_append(err, "congvu: máy chủ đang chạy không biết lệnh này; the running server "
                             "does not know this command: it may be "
                             "another version\n");
        return CLI_USAGE;
    }
    CliCall call = {
        .command = command,
        .instance = remote->instance,
        .data = remote->instance->path,
        .who = who,
        .arguments = words + taken,
        .input = input,
        .out = out,
        .err = err,
        .files = files,
        .progress = send_progress,
        .progress_data = GINT_TO_POINTER(fd),
        .flush = send_output,
    };
    return cli_run(&call);
}

/* Which command; its arguments are not for a log: the audit trail has what was changed. */
static void log_command(const GPtrArray *words, const char *who, int status, gint64 time) {
    static gint calls;
    guint taken = 0;
    const CliCommand *command = cli_find((char **)words->pdata, &taken);
    if (command != NULL && (command->flags & CLI_PIECE) != 0 && status == CLI_DONE)
        return;
    g_autofree char *session = g_strdup_printf("command-%d", g_atomic_int_add(&calls, 1) + 1);
    log_event(LOG_LEVEL_INFO, "command", "session", session, "who", who, "noun",
              command == NULL ? "?" : command->noun, "verb", command == NULL ? NULL : command->verb,
              "status", log_number(status), "milliseconds", log_number(time / 1000), NULL);
}

static void serve_call(Remote *remote, int fd) {
    g_autofree char *who = peer_name(fd);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_auto(Buffer) content, input;
    buffer_init(&content, FRAME_MAXIMUM);
    buffer_init(&input, FRAME_MAXIMUM);
    char kind = 0;
    while (kind != 'g') {
        if (who == NULL || !receive_frame(fd, &kind, &content) || words->len > ARGUMENTS_MAXIMUM)
            return;
        if (kind == 'a')
            g_ptr_array_add(words, bytes_dup_string(buffer_bytes(&content)));
        else if (kind == 'i')
            buffer_append_bytes(&input, buffer_bytes(&content));
    }
    g_ptr_array_add(words, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) err = g_string_new(NULL);
    /* cli_options moves the words in their array: they are freed from a copy of it. */
    g_autofree char **shallow = g_memdup2(words->pdata, words->len * sizeof(char *));
    g_autoptr(GPtrArray) files = cli_files_new();
    gint64 began = clock_monotonic();
    int status = run_call(remote, fd, shallow, buffer_bytes(&input), who, out, err, files);
    log_command(words, who, status, clock_monotonic() - began);
    char text[16];
    g_snprintf(text, sizeof text, "%d", status);
    if (send_text(fd, 'e', err) && send_text(fd, 'o', out) &&
        (status != CLI_DONE || send_files(fd, files)))
        send_frame(fd, 'x', bytes_of_string(text));
    if (input.capacity > 0)
        crypto_wipe(input.p, input.capacity);
    if (content.capacity > 0)
        crypto_wipe(content.p, content.capacity);
}

static gpointer connection_main(gpointer data) {
    Connection *connection = data;
    Remote *remote = connection->remote;
    serve_call(remote, connection->fd);
    close(connection->fd);
    g_free(connection);
    g_mutex_lock(&remote->lock);
    remote->calls--;
    g_cond_broadcast(&remote->ended);
    g_mutex_unlock(&remote->lock);
    return NULL;
}

static void accept_one(Remote *remote) {
    int fd = accept4(remote->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    g_mutex_lock(&remote->lock);
    while (remote->calls >= REMOTE_CALLS)
        g_cond_wait(&remote->ended, &remote->lock);
    remote->calls++;
    g_mutex_unlock(&remote->lock);
    Connection *connection = g_new0(Connection, 1);
    connection->remote = remote;
    connection->fd = fd;
    g_thread_unref(g_thread_new("command", connection_main, connection));
}

static gpointer remote_main(gpointer data) {
    Remote *remote = data;
    for (;;) {
        struct pollfd fds[2] = {{.fd = remote->listener, .events = POLLIN},
                                {.fd = remote->stop_pipe[0], .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents != 0)
            return NULL;
        if (fds[0].revents != 0)
            accept_one(remote);
    }
}

static gboolean socket_address(const char *directory, struct sockaddr_un *address, int *length) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *length = g_snprintf(address->sun_path, sizeof address->sun_path, "%s/congvu.sock", directory);
    return *length < (int)sizeof address->sun_path;
}

static gboolean bind_socket(Remote *remote, GError **error) {
    struct sockaddr_un address;
    int length;
    if (!socket_address(remote->instance->path, &address, &length))
        return cv_fail(error, CV_ERROR_INPUT,
                       "the path of the data directory is too long for its command socket (%d "
                       "bytes); choose a shorter one",
                       length);
    remote->path = g_strdup(address.sun_path);
    unlink(remote->path); /* of a server that was killed: we hold the lock, so it is nobody's */
    remote->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    gboolean bound = remote->listener >= 0 &&
                     bind(remote->listener, (struct sockaddr *)&address, sizeof address) == 0;
    umask(before);
    if (!bound || listen(remote->listener, 64) != 0 || pipe2(remote->stop_pipe, O_CLOEXEC) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot listen on %s", remote->path);
    return TRUE;
}

static void remote_free(Remote *remote) {
    if (remote->path != NULL)
        unlink(remote->path);
    int fds[] = {remote->listener, remote->stop_pipe[0], remote->stop_pipe[1]};
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    g_mutex_clear(&remote->lock);
    g_cond_clear(&remote->ended);
    g_free(remote->path);
    g_free(remote);
}

Remote *remote_start(Instance *instance, GError **error) {
    Remote *remote = g_new0(Remote, 1);
    remote->instance = instance;
    remote->listener = remote->stop_pipe[0] = remote->stop_pipe[1] = -1;
    g_mutex_init(&remote->lock);
    g_cond_init(&remote->ended);
    if (!bind_socket(remote, error)) {
        remote_free(remote);
        return NULL;
    }
    remote->thread = g_thread_new("commands", remote_main, remote);
    return remote;
}

void remote_stop(Remote *remote) {
    if (write(remote->stop_pipe[1], "", 1) != 1)
        g_error("cannot wake the command thread: %s", g_strerror(errno));
    g_thread_join(remote->thread);
    g_mutex_lock(&remote->lock);
    while (remote->calls > 0)
        g_cond_wait(&remote->ended, &remote->lock);
    g_mutex_unlock(&remote->lock);
    remote_free(remote);
}

/* ---- The client's side ---- */

static int connect_to(const char *directory) {
    struct sockaddr_un address;
    int length;
    g_autofree char *absolute = g_canonicalize_filename(directory, NULL);
    if (!socket_address(absolute, &address, &length))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static gboolean send_call(int fd, char **words, Bytes input) {
    for (char **word = words; *word != NULL; word++)
        if (!send_frame(fd, 'a', bytes_of_string(*word)))
            return FALSE;
    return send_frame(fd, 'i', input) && send_frame(fd, 'g', bytes_of(NULL, 0));
}

static void take_progress(Bytes content) {
    Reader r = reader_of(content);
    guint64 done, all;
    if (reader_u64(&r, &done) && reader_skip_byte(&r, ' ') && reader_u64(&r, &all) &&
        MAX(done, all) <= G_MAXINT64 / 100)
        cli_bar_show((gint64)done, (gint64)all);
}

/* What came, to where it belongs; FALSE: the caller wants no more. */
static gboolean take_frame(char kind, Bytes bytes, RemoteAnswer *answer) {
    if (kind == 'e')
        g_string_append_len(answer->err, (const char *)bytes.p, (gssize)bytes.n);
    if (kind != 'o')
        return TRUE;
    if (answer->piece != NULL)
        return answer->piece(bytes, answer->data);
    g_string_append_len(answer->out, (const char *)bytes.p, (gssize)bytes.n);
    return TRUE;
}

gboolean remote_ask(const char *data_directory, char **words, Bytes input, RemoteAnswer *answer,
                    int *status) {
    int fd = connect_to(data_directory);
    if (fd < 0)
        return FALSE;
    g_auto(Buffer) content;
    buffer_init(&content, FRAME_MAXIMUM);
    gboolean ended = FALSE;
    char kind;
    guint64 said = CLI_REFUSED;
    gboolean going = send_call(fd, words, input);
    while (going && !ended && receive_frame(fd, &kind, &content)) {
        if (kind == 'x')
            ended = bytes_parse_u64(buffer_bytes(&content), &said);
        else
            going = take_frame(kind, buffer_bytes(&content), answer);
    }
    close(fd);
    if (content.capacity > 0)
        crypto_wipe(content.p, content.capacity);
    *status = (int)said;
    return ended || !going;
}

/* A file comes as its name and pieces; it is whole when the next frame is no piece of it. */
typedef struct {
    GPtrArray *files;
    char *name;
    gboolean open, secret, broken; /* broken: more than can be taken */
    Buffer content;
} Incoming;

static void end_file(Incoming *in) {
    if (!in->open)
        return;
    Bytes all = buffer_bytes(&in->content);
    g_autoptr(GBytes) content = g_bytes_new(all.p, all.n);
    cli_files_add(in->files, in->name, in->secret, content);
    in->open = FALSE;
    g_clear_pointer(&in->name, g_free);
    if (in->content.capacity > 0)
        crypto_wipe(in->content.p, in->content.capacity);
    buffer_clear(&in->content);
}

static void take_file(Incoming *in, char kind, Bytes content) {
    if (kind == 'f') {
        in->broken |= !buffer_append_bytes(&in->content, content);
        return;
    }
    end_file(in);
    if (kind != 'n' && kind != 's')
        return;
    in->open = TRUE;
    in->secret = kind == 's';
    in->name = content.n == 0 ? NULL : bytes_dup_string(content);
}

gboolean remote_call(const char *data_directory, char **words, Bytes input, GPtrArray *files,
                     int *status) {
    int fd = connect_to(data_directory);
    if (fd < 0)
        return FALSE;
    g_auto(Buffer) content;
    buffer_init(&content, FRAME_MAXIMUM);
    Incoming incoming = {.files = files};
    buffer_init(&incoming.content, FRAME_MAXIMUM);
    gboolean ended = FALSE;
    char kind;
    guint64 said = CLI_REFUSED;
    gboolean going = send_call(fd, words, input);
    while (going && !ended && receive_frame(fd, &kind, &content)) {
        Bytes bytes = buffer_bytes(&content);
        if (kind != 'p')
            cli_bar_end();
        take_file(&incoming, kind, bytes);
        if (kind == 'o')
            fwrite(bytes.p, 1, bytes.n, stdout);
        else if (kind == 'e')
            fwrite(bytes.p, 1, bytes.n, stderr);
        else if (kind == 'p')
            take_progress(bytes);
        else if (kind == 'x')
            ended = bytes_parse_u64(bytes, &said);
    }
    close(fd);
    cli_bar_end();
    g_free(incoming.name);
    buffer_release(&incoming.content);
    if (incoming.broken)
        fputs("congvu: tệp lớn quá, chưa ghi; the file is too large and was not written\n", stderr);
    if (!ended)
        fputs("congvu: máy chủ dừng lệnh mà không trả lời; the server ended the command without an "
              "answer: look at its log, then at "
              "what the command was to change, before repeating it\n",
              stderr);
    *status = ended && !incoming.broken && fflush(stdout) == 0 ? (int)said : CLI_REFUSED;
    return TRUE;
}
