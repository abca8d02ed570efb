/* Mover: the operator's end of moving in: what a source gives, folder by folder and message by
 * message, is gathered into batches and handed to whoever has the data directory (door.h); what
 * became of each message is counted, and what was left is kept for the report.
 *
 * Repeating is safe: see store/taken.h. Memory: one batch, and some thirty bytes for each different
 * message of a folder (to tell copies that are truly there from a second run). */
#ifndef CV_CLI_MOVER_H
#define CV_CLI_MOVER_H

#include "cli/door.h"
#include "moving/batch.h"

typedef struct {
    const char *address; /* account here */
    const char *kind;    /* "mbox", "maildir", "imap" */
    const char *from;    /* file, folder or server, for the trail */
    const CliGround *ground;
} MoverOptions;

typedef struct {
    const char *target; /* mailbox here */
    StoreUse use;
    gboolean subscribed;
    const char *source; /* NULL: files, which know no UIDs */
    guint32 uidvalidity;
    gboolean by_uid;
} MoverFolder;

typedef struct {
    gint64 taken, had, left, bytes; /* messages; bytes of those taken */
    gint64 folders;
    gint64 keywords; /* messages of which a keyword could not be kept */
    gint64 nuls;     /* messages with NUL bytes, which became 0x80 */
} MoverCounts;

typedef struct Mover Mover;
/* Records the act; NOT_FOUND and the like through *error. The door stays the caller's. */
Mover *mover_open(CliCall *call, Door *door, const MoverOptions *options, GError **error);
void mover_free(Mover *mover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mover, mover_free)
const char *mover_address(const Mover *mover); /* full */

/* What the source has taken already under this UIDVALIDITY: *known, and which UIDs. */
gboolean mover_taken(Mover *mover, const char *source, guint32 uidvalidity, gboolean *known,
                     StoreUids *uids, GError **error);
/* The folder of the messages that follow; it is made at once. REFUSED: it cannot be. */
gboolean mover_folder(Mover *mover, const MoverFolder *folder, GError **error);
/* content: NULs in it are replaced. label: how the report names the message. Sends when there is
 * enough. QUOTA: the account is full, what follows would be left too. */
gboolean mover_add(Mover *mover, Buffer *content, const MovingMessage *message, const char *label,
                   GError **error);
gboolean mover_send(Mover *mover, GError **error);
/* A message, or a folder, that the source could not give or that cannot be had here. With 0
 * messages it is only named: nothing of it is missing. */
void mover_left(Mover *mover, const char *label, const char *why);
void mover_left_all(Mover *mover, gint64 messages, const char *label, const char *why);
/* Messages that the source need not give again. */
void mover_had(Mover *mover, gint64 messages);
const MoverCounts *mover_counts(const Mover *mover);

/* Says what became of everything, in text or JSON; the exit status: DONE when nothing was left.
 * failed (may be NULL, taken over): what ended the run. */
int mover_report(Mover *mover, GError *failed);

#endif
