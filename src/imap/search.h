/* Search: the tree of keys of one SEARCH, and whether a message meets it.
 *
 * Evaluation is three-valued: with the narrow row alone most keys give yes or no, and so do keys on
 * text where the search index has the message; else they give "perhaps", and only when the whole
 * answer is "perhaps" is the message's text read. The tree's
 * depth and size are bounded at parsing (ImapOptions), so evaluation may recurse. */
#ifndef CV_IMAP_SEARCH_H
#define CV_IMAP_SEARCH_H

#include "imap/view.h"

#include "message/search.h"
#include "search/search.h"

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
    IMAP_KEY_SAVEDBEFORE,
    IMAP_KEY_SAVEDON,
    IMAP_KEY_SAVEDSINCE,
    IMAP_KEY_OLDER, /* number: seconds */
    IMAP_KEY_YOUNGER,
    IMAP_KEY_SENTBEFORE, /* from here on the wide row is needed */
    IMAP_KEY_SENTON,
    IMAP_KEY_SENTSINCE,
    IMAP_KEY_EMAILID, /* text */
    IMAP_KEY_THREADID,
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
    /* What the search index said about a key on text (imap_program_ask): */
    SearchQuery *query;
    SearchRun *run;           /* while it is being asked */
    StoreUids *yes, *perhaps; /* NULL: nothing is covered */
    guint32 upto;             /* of the messages up to this UID it knows the rest do not match */
} ImapKey;

typedef struct {
    GArray *nodes; /* ImapKey; 0 is the root, an AND */
    gboolean modseq;
    gboolean bad_charset;
} ImapProgram;
void imap_program_clear(ImapProgram *program);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapProgram, imap_program_clear)

/* [CHARSET x] keys up to the end, or with bare_charset x keys. program must be zeroed. */
gboolean imap_take_program(ImapSession *session, ImapParser *args, gboolean bare_charset,
                           ImapProgram *program);
/* Ends a command whose program could not be taken: NO [BADCHARSET] or BAD. */
void imap_bad_program(ImapSession *session, ImapParser *args, const ImapProgram *program);

/* Puts the keys on text to the index until the monotonic time `until`; TRUE when all have their
 * answer. Once before the walk; what arrives later is behind `upto`. */
gboolean imap_program_ask(ImapProgram *program, ImapSession *session, gint64 until);
/* Of `among`, the messages that may match as far as the keys at the top tell; a new set. */
StoreUids *imap_program_narrow(const ImapProgram *program, const StoreUids *among);

/* One message while it is judged. */
typedef struct {
    Store *store;
    DbConn *conn;
    const ImapView *view;
    const StoreMessage *message;
    Buffer bytes;    /* the piece of it that was read last */
    gboolean failed; /* could not be read: matches nothing */
} ImapCandidate;
typedef enum { IMAP_NO, IMAP_YES, IMAP_PERHAPS } ImapTri;
/* With the narrow row and the index's answers alone; IMAP_PERHAPS: the text has to be read. */
ImapTri imap_program_glance(const ImapProgram *program, ImapCandidate *candidate);
/* With everything; the message's meta must be there. */
gboolean imap_program_matches(const ImapProgram *program, ImapCandidate *candidate);

#endif
