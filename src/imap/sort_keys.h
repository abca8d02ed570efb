/* Sort keys: what SORT is asked to order by, and the bytes by which a message is ordered. RFC 5256
 * 3 (SORT), RFC 5957 (DISPLAYFROM, DISPLAYTO). docs/decisions/0008-order-of-text.md says how texts
 * are ordered. */
#ifndef CV_IMAP_SORT_KEYS_H
#define CV_IMAP_SORT_KEYS_H

#include "imap/parser.h"
#include "store/store.h"

typedef enum {
    IMAP_SORT_ARRIVAL,
    IMAP_SORT_SIZE,
    IMAP_SORT_DATE, /* from here on the wide row is needed */
    IMAP_SORT_CC,
    IMAP_SORT_FROM,
    IMAP_SORT_SUBJECT,
    IMAP_SORT_TO,
    IMAP_SORT_DISPLAYFROM,
    IMAP_SORT_DISPLAYTO,
    IMAP_SORT_KEYS,
} ImapSortKey;

typedef struct {
    struct {
        ImapSortKey key;
        gboolean reverse;
    } by[IMAP_SORT_KEYS];
    guint count;
    gboolean meta; /* the message's meta is needed */
    guint texts;   /* how many of them are texts */
} ImapSortProgram;

/* "(REVERSE DATE SUBJECT)". A key that comes again can decide nothing and is left out. */
gboolean imap_take_sort_program(ImapParser *args, ImapSortProgram *out);

/* The longest text, in bytes of its key, for this many messages: what agrees so far is equal. */
gsize imap_sort_text_limit(const ImapSortProgram *program, guint messages);
/* Appends the message's key, by memcmp; no key is the beginning of another. At most 32 KiB. */
void imap_sort_key(const ImapSortProgram *program, const StoreMessage *message, gsize text_limit,
                   Buffer *out);

#endif
