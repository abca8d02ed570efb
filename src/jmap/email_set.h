/* Inside of jmap/: what the methods that make e-mails share. */
#ifndef CV_JMAP_EMAIL_SET_H
#define CV_JMAP_EMAIL_SET_H

#include "jmap/account.h"

/* Keywords and the mailbox of an Email object; the two are checked alike wherever an e-mail is
 * made or changed. */
typedef struct {
    const JmapBox *box;  /* the only one of mailboxIds */
    StoreFlags flags;    /* system flags */
    GPtrArray *keywords; /* char *, lower case, ends with NULL */
    gint64 received;     /* Unix microseconds; 0: now */
} JmapFiling;
void jmap_filing_clear(JmapFiling *filing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapFiling, jmap_filing_clear)
/* NULL: good. Else the SetError (invalidProperties, tooManyMailboxes), a new reference. */
json_t *jmap_filing_mailboxes(JmapCall *call, const JmapAccount *account, json_t *ids,
                              const JmapBox **box);
json_t *jmap_filing_keywords(json_t *keywords, StoreFlags *flags, GPtrArray *names);
/* All of it, of an object that is to be made. */
json_t *jmap_filing_take(JmapCall *call, const JmapAccount *account, json_t *object,
                         JmapFiling *out);

/* Flags that these rights let somebody set (RFC 4314 4). */
StoreFlags jmap_settable(StoreRights rights);

/* Stores a message and answers {id, blobId, threadId, size} in *made; else the SetError. */
json_t *jmap_store_message(JmapCall *call, const JmapAccount *account, const JmapFiling *filing,
                           Bytes message, json_t **made);
/* Email/set's create (email_create.c). */
json_t *jmap_email_create(JmapCall *call, const JmapAccount *account, json_t *object,
                          json_t **made);

#endif
