/* Fetch: what FETCH asks for and how it is answered, apart from the command.
 *
 * An answer is produced message by message out of short read transactions; none is open while the
 * session waits for a slow reader. A body longer than IMAP_STREAM_FROM is sent piece by piece from
 * an open blob, without being kept in memory. */
#ifndef CV_IMAP_FETCH_H
#define CV_IMAP_FETCH_H

#include "imap/view.h"

#define IMAP_STREAM_FROM (256 * 1024)

typedef enum {
    IMAP_ITEM_FLAGS,
    IMAP_ITEM_UID,
    IMAP_ITEM_INTERNALDATE,
    IMAP_ITEM_SIZE,
    IMAP_ITEM_ENVELOPE,
    IMAP_ITEM_BODYSTRUCTURE,
    IMAP_ITEM_BODY,
    IMAP_ITEM_MODSEQ,
    IMAP_ITEM_SAVEDATE,
    IMAP_ITEM_PREVIEW,
    IMAP_ITEM_EMAILID,
    IMAP_ITEM_THREADID,
    IMAP_ITEM_SECTION,
    IMAP_ITEM_BINARY,
    IMAP_ITEM_BINARY_SIZE,
} ImapItemKind;

typedef struct {
    ImapItemKind kind;
    MessageSection section;
    gboolean fields, except; /* HEADER.FIELDS, HEADER.FIELDS.NOT */
    gboolean peek;
    gboolean partial;
    guint64 offset, length; /* when partial */
    guint32 *path;          /* of the part, `depth` numbers */
    gsize depth;
    char **names; /* of the fields, NULL-terminated */
    char *label;  /* what stands before the value: "BODY[1.MIME]<0>" */
} ImapItem;

typedef struct {
    GPtrArray *items; /* ImapItem */
    gboolean meta;    /* some item needs the wide row */
    gboolean seen;    /* some item sets \Seen */
    gboolean flags, uid, modseq;
} ImapItems;
void imap_items_clear(ImapItems *items);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapItems, imap_items_clear)
/* items must be zeroed. */
gboolean imap_take_items(ImapParser *args, ImapItems *items);
void imap_items_add(ImapItems *items, ImapItemKind kind);

typedef struct {
    StoreUids *uids; /* which; taken */
    ImapItems items; /* taken */
    gboolean filtered;
    guint64 changed_since; /* when filtered */
    char *completion;      /* text of the OK at the end; NULL: another ends the command */
    char *code;            /* its response code, or NULL */
} ImapFetch;
/* Leaves the job that answers. */
void imap_fetch_begin(ImapSession *session, ImapFetch *fetch);
/* UID, FLAGS (and MODSEQ when enabled) of these messages, for a view that has fallen far behind. */
void imap_fetch_flags(ImapSession *session, StoreUids *uids /* taken */);

/* ---- The parts of one answer (fetch_part.c) ---- */

typedef struct {
    guint64 start, end; /* bytes of prefix + blob */
    gboolean found;
} ImapPart;
/* Where a section lies; with the prefix counted in. */
ImapPart imap_part_find(const StoreMessage *message, const ImapItem *item);
/* Cuts by the item's partial. */
ImapPart imap_part_cut(ImapPart part, const ImapItem *item);

#endif
