/* Search: the tree of keys of one SEARCH, and whether a message meets it.
 *
 * Evaluation is three-valued: with the narrow row alone most keys give yes or no, keys on text give
 * "perhaps", and only when the whole answer is "perhaps" is the message's text read. The tree's
 * depth and size are bounded at parsing (ImapOptions), so evaluation may recurse. */
#ifndef CV_IMAP_SEARCH_H
#define CV_IMAP_SEARCH_H

#include "imap/view.h"

#include "message/search.h"

typedef enum {
    IMAP_KEY_AND, /* children */
    IMAP_KEY_OR,
    IMAP_KEY_NOT,
    IMAP_KEY_ALL,
    IMAP_KEY_FLAG_SET,   /* flags */
    IMAP_KEY_FLAG_CLEAR, /* flags; a keyword that nobody knows has none: always true */
    IMAP_KEY_NEVER,
    IMAP_KEY_RECENT,
    IMAP_KEY_UIDS, /* uids */
    IMAP_KEY_LARGER,
    IMAP_KEY_SMALLER,
    IMAP_KEY_MODSEQ,
    IMAP_KEY_BEFORE, /* days */
    IMAP_KEY_ON,
    IMAP_KEY_SINCE,
    IMAP_KEY_SENTBEFORE,
    IMAP_KEY_SENTON,
    IMAP_KEY_SENTSINCE,
    IMAP_KEY_HEADER, /* name, text */
    IMAP_KEY_BODY,   /* text */
    IMAP_KEY_TEXT,
} ImapKeyOp;

typedef struct {
    ImapKeyOp op;
    gint32 parent, first, last, next; /* places in nodes, -1: none */
    guint children;
    guint64 number;
    StoreUids *uids;
    char *name;
    char *text; /* as given, UTF-8 */
    MessageNeedle *needle;
} ImapKey;

typedef struct {
    GArray *nodes; /* ImapKey; 0 is the root, an AND */
    gboolean meta, modseq;
    gboolean bad_charset;
} ImapProgram;
void imap_program_clear(ImapProgram *program);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapProgram, imap_program_clear)

/* [CHARSET x] keys up to the end. program must be zeroed. */
gboolean imap_take_program(ImapSession *session, ImapParser *args, ImapProgram *program);

/* One message while it is judged. */
typedef struct {
    Store *store;
    DbConn *conn;
    const ImapView *view;
    const StoreMessage *message;
    Buffer bytes;    /* the piece of it that was read last */
    gboolean failed; /* could not be read: matches nothing */
} ImapCandidate;
gboolean imap_program_matches(const ImapProgram *program, ImapCandidate *candidate);

#endif
