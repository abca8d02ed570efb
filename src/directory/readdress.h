/* Readdress: from one regulation to the next. Every unit and person gets the address that the
 * regulation now makes; the one before reaches the same mailbox for ever, signs in and may be sent
 * from, so that no address that was ever printed or saved dies [Điều 3.1.e]. Who cannot get the new
 * address (an identity number is not on record, the kind of unit is unknown to the new text, the
 * address is another's) stays as he is and is told. */
#ifndef CV_DIRECTORY_READDRESS_H
#define CV_DIRECTORY_READDRESS_H

#include "audit/audit.h"
#include "directory/directory.h"

typedef enum {
    READDRESS_SAME,  /* it has that address already */
    READDRESS_MOVES, /* gets `after`; `before` becomes an alias without end */
    READDRESS_STAYS, /* why tells what is in the way */
} ReaddressResult;

/* "same", "moves", "stays" */
const char *directory_readdress_name(ReaddressResult result);

/* Strings are valid during the call. */
typedef struct {
    ReaddressResult result;
    gboolean unit;              /* a unit's, not a person's */
    const char *name;           /* official, or of the person */
    const char *before, *after; /* full addresses; after "" unless it moves */
    const char *why;            /* Vietnamese and English; "" unless it stays */
} ReaddressRow;
typedef void (*ReaddressEach)(const ReaddressRow *row, gpointer data);

typedef struct {
    guint same, moved, stay;
} ReaddressCount;

/* Units first, those above before those below, then people; closed accounts are left. preview:
 * tells what would happen and writes nothing. Done in small transactions, each address with its
 * record in the audit trail, and at the end that of the decision to apply this regulation, over
 * which one (regulation.move); called again after an interruption it goes on with what is left. Not
 * from the writer thread. */
gboolean directory_readdress(Directory *directory, const Regulation *regulation, gboolean preview,
                             const AuditAct *act, ReaddressEach each, gpointer data,
                             ReaddressCount *count, GError **error);

#endif
