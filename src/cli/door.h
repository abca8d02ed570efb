/* Door: how a command that runs in the operator's process (CLI_LOCAL) asks whoever has the data
 * directory: the running server over its socket, or, while none runs, the directory itself, opened
 * for as long as the door is open. Import and export are made of such commands: what reads another
 * server, or files that only the operator may read, is not the server. */
#ifndef CV_CLI_DOOR_H
#define CV_CLI_DOOR_H

#include "cli/cli.h"

typedef struct Door Door;
/* NULL: said why in call->err. */
Door *door_open(CliCall *call, int *status);
void door_close(Door *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Door, door_close)

/* Runs a command there; words ended by NULL. Its output goes to piece, or, where that is NULL, into
 * out. A server that is being started again is waited for (a minute), and the command is sent once
 * more: only commands that may be repeated go through here. FALSE: *error with its refusal. */
typedef gboolean (*DoorPiece)(Bytes bytes, gpointer data);
gboolean door_ask(Door *door, const char *const *words, Bytes input, GString *out, DoorPiece piece,
                  gpointer data, GError **error);

#endif
