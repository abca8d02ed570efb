/* Inside of imap/client/: the connection under client.h. */
#ifndef CV_IMAP_CLIENT_INTERNAL_H
#define CV_IMAP_CLIENT_INTERNAL_H

#include "imap/client/client.h"

enum {
    CLIENT_LINE_BYTES = 1024 * 1024, /* of a response without its message */
    CLIENT_LITERALS = 16,            /* of one response */
};

struct ImapClient {
    NetStream *stream;
    Buffer in;
    Buffer line;  /* the response in hand, literals announced */
    Buffer small; /* its literals but the message */
    Bytes literals[CLIENT_LITERALS];
    gsize small_at[CLIENT_LITERALS]; /* offset in small; G_MAXSIZE: the message */
    guint literal_count;
    guint tag;
    gboolean sasl_ir, auth_plain, login_disabled, name_space, list_extended, special_use, starttls;
};

/* FALSE ends the command: *error. */
typedef gboolean (*ImapClientHandler)(ImapClient *client, const ImapResponse *response,
                                      gpointer data, GError **error);
/* Sends "TAG command" and reads until it is completed. handler (may be NULL) sees every untagged
 * response. body: where a message goes; NULL: none is expected. REFUSED: NO. */
gboolean imap_client_command(ImapClient *client, const char *command, Buffer *body,
                             ImapClientHandler handler, gpointer data, GError **error);
/* A "+" first, then the line is sent. */
gboolean imap_client_continue(ImapClient *client, const char *command, const char *line,
                              GError **error);
gboolean imap_client_response(ImapClient *client, Buffer *body, ImapResponse *out, GError **error);
/* Appends a quoted string (8-bit bytes stand in it as they are, which servers take). INPUT: it has
 * a line end. */
gboolean imap_client_append_string(GString *command, const char *text, GError **error);
/* sign_in.c: from the greeting to the signed-in state. */
gboolean imap_client_sign_in(ImapClient *client, const ImapClientOptions *options, GError **error);

#endif
