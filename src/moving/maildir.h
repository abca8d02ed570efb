/* Maildir: a folder with cur/ and new/, one file for each message, and with Maildir++ further such
 * folders below it whose names begin with '.', levels separated by '.'.
 *
 * Folder names are modified UTF-7 (Courier, Dovecot) or UTF-8, each recognised by itself. Flags
 * stand behind ":2," in a file's name (D F P R S T, and a to z for the keywords of the folder's
 * dovecot-keywords); files in new/ have none. INTERNALDATE is the file's modification time, as
 * Dovecot and Courier keep it. The order is that of dovecot-uidlist where there is one, then of the
 * time in the files' names. What may be subscribed stands in `subscriptions` (Dovecot) or
 * courierimapsubscribed.
 *
 * Symbolic links are not followed and only regular files are read: a folder given by an official
 * must not lead elsewhere. One thread at a time. */
#ifndef CV_MOVING_MAILDIR_H
#define CV_MOVING_MAILDIR_H

#include "moving/listing.h"
#include "moving/moving.h"

typedef struct {
    char *file; /* folder inside the Maildir; "" for the Maildir itself, which is INBOX */
    char *name; /* UTF-8, '/' between levels */
    StoreUse use;
    gboolean subscribed;
} MaildirFolder;
void maildir_folder_free(MaildirFolder *folder);

/* MaildirFolder *, INBOX first, then by name; freed with the array. `listing` (may be NULL): what
 * `export` wrote, which decides names, uses and subscriptions. INPUT: there is no Maildir. */
GPtrArray *maildir_folders(const char *path, const GPtrArray *listing, GError **error);

typedef struct MaildirReader MaildirReader;
/* Lists the folder's files: some 100 bytes of memory each. */
MaildirReader *maildir_open(const char *path, const MaildirFolder *folder, GError **error);
void maildir_free(MaildirReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MaildirReader, maildir_free)
guint maildir_count(const MaildirReader *reader);

typedef enum {
    MAILDIR_MESSAGE,
    MAILDIR_LEFT, /* this one cannot be had: *error says why; the next one may be */
    MAILDIR_END,
} MaildirNext;
/* As mbox_next; *label (g_free) names the file. */
MaildirNext maildir_next(MaildirReader *reader, Buffer *content, MovingMessage *out, char **label,
                         GError **error);

/* ---- Names, for reading and writing ---- */

/* ".A.B" without its first dot as "A/B", UTF-8. NULL: it cannot be a name. g_free. */
char *maildir_decode_name(const char *file);
/* "A/B" as ".A.B" in modified UTF-7; dots inside a level become '_' (LISTING_FILE has the name). */
char *maildir_encode_name(const char *name);
/* Flags of a file's name behind ":2,"; letters of keywords by index from 'a'. g_free. */
char *maildir_flags(StoreFlags flags, const guint *keywords, guint count);

#endif
