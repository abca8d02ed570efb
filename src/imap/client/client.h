/* Client: another server's mailboxes, read and never changed (EXAMINE, BODY.PEEK[]).
 *
 * Everything that the server says is bounded: a response without its message has at most 1 MiB. An
 * error NETWORK is one after which a new connection may succeed: the connection was lost, nothing
 * came in time, or what came was no IMAP. After it, and after AUTH, only free the client. REFUSED
 * is the server's NO to one command. One thread at a time; calls wait. */
#ifndef CV_IMAP_CLIENT_CLIENT_H
#define CV_IMAP_CLIENT_CLIENT_H

#include "imap/client/response.h"
#include "net/stream.h"

typedef struct {
    NetStreamOptions stream;
    gboolean starttls;
    const char *user, *password;
    const char *authzid; /* whose mailboxes, when the user is another (RFC 4616); or NULL */
} ImapClientOptions;

typedef struct ImapClient ImapClient;
/* Connects and signs in. AUTH: wrong password, or a certificate that is not to be trusted. */
ImapClient *imap_client_open(const ImapClientOptions *options, GError **error);
void imap_client_free(ImapClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapClient, imap_client_free)

typedef struct {
    char *raw;  /* as the server spells it */
    char *name; /* UTF-8 with '/' between levels, without the prefix of the namespace; NULL: it
                 * cannot be read */
    guint list; /* ImapListFlags */
    gboolean subscribed;
} ImapClientFolder;
void imap_client_folder_free(ImapClientFolder *folder);
/* The user's own folders (ImapClientFolder *, freed with the array), INBOX first, then by name. */
GPtrArray *imap_client_folders(ImapClient *client, GError **error);

/* Opens a folder for reading. uidvalidity 0: the server has none. */
gboolean imap_client_examine(ImapClient *client, const char *raw, guint32 *uidvalidity,
                             guint32 *exists, GError **error);
/* The UIDs of the open folder, rising (guint32). */
gboolean imap_client_uids(ImapClient *client, GArray *uids, GError **error);

typedef struct {
    guint32 uid;
    guint64 size; /* as the server counts it; 0: not told */
    Bytes flags;  /* for imap_response_next_flag */
    gint64 received;
    Bytes content;
} ImapClientMessage;
/* FALSE ends the fetch, which is an error of the caller's: *error. */
typedef gboolean (*ImapClientEach)(const ImapClientMessage *message, gpointer data, GError **error);
/* Sizes only: content is empty. */
gboolean imap_client_sizes(ImapClient *client, const guint32 *uids, guint count,
                           ImapClientEach each, gpointer data, GError **error);
/* Messages in the order the server likes; some may not come. body: made by the caller with the
 * largest size that it takes. */
gboolean imap_client_fetch(ImapClient *client, const guint32 *uids, guint count, Buffer *body,
                           ImapClientEach each, gpointer data, GError **error);

#endif
