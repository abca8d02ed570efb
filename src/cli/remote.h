/* Remote: how a command reaches the running server, over the local socket DIR/congvu.sock.
 *
 * The socket is 0600 and the peer's user must be root or the server's own (SO_PEERCRED). The client
 * sends the arguments and the input, the server runs the command's function on its Instance and
 * sends back pieces of output, of error text and of progress, and at last the exit status. A client
 * that goes away does not stop what it began. */
#ifndef CV_CLI_REMOTE_H
#define CV_CLI_REMOTE_H

#include "cli/cli.h"

typedef struct Remote Remote;

/* Serves commands on threads of its own (at most REMOTE_CALLS at once). */
#define REMOTE_CALLS 16
Remote *remote_start(Instance *instance, GError **error);
/* Waits for the calls under way. */
void remote_stop(Remote *remote);

/* The client's side: sends the call and writes what comes back to standard output and error; files
 * that the command makes are added to files (see cli_files_new). FALSE: no server answers there
 * (try the directory itself); else *status is set. */
gboolean remote_call(const char *data_directory, char **words, Bytes input, GPtrArray *files,
                     int *status);

/* The same for a command that asks others (door.h): what comes back is given to the caller. */
typedef struct {
    /* A piece of the command's output; FALSE ends the call. NULL: kept in `out`. */
    gboolean (*piece)(Bytes bytes, gpointer data);
    gpointer data;
    GString *out, *err; /* the caller's */
} RemoteAnswer;
/* FALSE: no server answers there, or it went away before it had answered. */
gboolean remote_ask(const char *data_directory, char **words, Bytes input, RemoteAnswer *answer,
                    int *status);

#endif
