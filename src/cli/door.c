/* See door.h. */
#include "cli/door.h"

#include "cli/remote.h"

enum {
    PAUSE_MICROSECONDS = 200 * 1000,
    SERVER_STARTS_TRIES = 20,   /* a server that has the lock but no socket yet */
    SERVER_RETURNS_TRIES = 300, /* one that is stopped and started again: a minute */
};

struct Door {
    CliCall *call;
    Instance *instance; /* NULL: the server has it */
};

/* Does a server answer? `help` of nothing is not known to it: the answer itself is enough. */
static gboolean server_is_there(const char *data) {
    char *words[] = {(char *)"import", (char *)"begin", (char *)"--help", NULL};
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) err = g_string_new(NULL);
    RemoteAnswer answer = {.out = out, .err = err};
    int status;
    return remote_ask(data, words, bytes_of(NULL, 0), &answer, &status);
}

Door *door_open(CliCall *call, int *status) {
    if (call->data == NULL) {
        g_string_append(call->err, "congvu: chưa nêu thư mục dữ liệu; say which data directory: "
                                   "congvu --data DIR …\n");
        *status = CLI_USAGE;
        return NULL;
    }
    Instance *instance = NULL;
    for (int tries = 0; !server_is_there(call->data); tries++) {
        g_autoptr(GError) error = NULL;
        instance = instance_open(call->data, &error);
        if (instance != NULL)
            break;
        if (!cv_error_is(error, CV_ERROR_BUSY) || tries >= SERVER_STARTS_TRIES) {
            *status = cli_refuse(call, g_steal_pointer(&error));
            return NULL;
        }
        g_usleep(PAUSE_MICROSECONDS);
    }
    Door *door = g_new0(Door, 1);
    door->call = call;
    door->instance = instance;
    return door;
}

void door_close(Door *door) {
    if (door == NULL)
        return;
    instance_close(door->instance);
    g_free(door);
}

/* ---- Here ---- */

typedef struct {
    DoorPiece piece;
    gpointer data;
} Flush;

static gboolean flush_here(CliCall *call) {
    const Flush *flush = call->flush_data;
    gboolean wanted = flush->piece(bytes_of(call->out->str, call->out->len), flush->data);
    g_string_truncate(call->out, 0);
    return wanted;
}

static int run_here(Door *door, char **words, Bytes input, RemoteAnswer *answer) {
    guint taken = 0;
    const CliCommand *command = cli_find(words, &taken);
    g_assert(command != NULL && (command->flags & CLI_LOCAL) == 0);
    Flush flush = {answer->piece, answer->data};
    g_autoptr(GString) last = g_string_new(NULL);
    CliCall call = {
        .command = command,
        .instance = door->instance,
        .data = door->instance->path,
        .who = door->call->who,
        .arguments = words + taken,
        .input = input,
        .out = answer->piece == NULL ? answer->out : last,
        .err = answer->err,
        .flush = answer->piece == NULL ? NULL : flush_here,
        .flush_data = &flush,
    };
    int status = cli_run(&call);
    if (answer->piece != NULL && last->len > 0)
        flush_here(&call);
    return status;
}

static gboolean ask_server(Door *door, char **words, Bytes input, RemoteAnswer *answer, int *status,
                           GError **error) {
    gsize out = answer->out == NULL ? 0 : answer->out->len;
    for (int tries = 0; tries < SERVER_RETURNS_TRIES; tries++) {
        if (remote_ask(door->call->data, words, input, answer, status))
            return TRUE;
        if (answer->piece != NULL) /* a part of its output was handed on already */
            break;
        g_string_truncate(answer->out, out);
        g_string_truncate(answer->err, 0);
        g_usleep(PAUSE_MICROSECONDS);
    }
    return cv_fail(error, CV_ERROR_BUSY,
                   "máy chủ đã dừng giữa chừng; the server went away: start it and run the command "
                   "again, it goes on where it was");
}

/* A refusal as an error: without the name of the program, on one line. */
static gboolean fail_with(const GString *said, GError **error) {
    g_autofree char *text =
        g_strdup(g_str_has_prefix(said->str, "congvu: ") ? said->str + 8 : said->str);
    return cv_fail(error, CV_ERROR_REFUSED, "%s", g_strchomp(text));
}

gboolean door_ask(Door *door, const char *const *words, Bytes input, GString *out, DoorPiece piece,
                  gpointer data, GError **error) {
    g_autoptr(GString) err = g_string_new(NULL);
    RemoteAnswer answer = {piece, data, out, err};
    g_auto(GStrv) copy = g_strdupv((char **)words);
    int status = CLI_REFUSED;
    if (door->instance == NULL) {
        if (!ask_server(door, copy, input, &answer, &status, error))
            return FALSE;
    } else {
        g_autofree char **shallow = g_memdup2(copy, (g_strv_length(copy) + 1) * sizeof(char *));
        status = run_here(door, shallow, input, &answer);
    }
    return status == CLI_DONE || fail_with(err, error);
}
