/* Accounts, mailboxes and ids as JMAP names them, and the states of an account's data.
 *
 * Ids: account "a12"; mailbox "F6925a1b3", which is IMAP's MAILBOXID; e-mail "M" and the place
 * where the message first lay (store/email.h); conversation "T…", which is IMAP's THREADID, or "U"
 * and the e-mail's place where a message names no other. docs/decisions/0020-jmap.md has the
 * reasons.
 *
 * One state serves Mailbox, Thread and Email: the account's modification sequence, with what makes
 * older ones void in front: the INBOX's UIDVALIDITY (a restore gives another) and a mark of what
 * the caller may see (a delegation that changes gives another). */
#ifndef CV_JMAP_ACCOUNT_H
#define CV_JMAP_ACCOUNT_H

#include "jmap/request.h"
#include "store/email.h"

enum { JMAP_ID_BYTES = 24, JMAP_STATE_BYTES = 64 };

void jmap_account_id(gint64 account, char out[JMAP_ID_BYTES]);
void jmap_mailbox_id(guint32 uidvalidity, char out[JMAP_ID_BYTES]);
void jmap_email_id(StoreBirth birth, char out[JMAP_ID_BYTES]);
/* Of the bytes of a whole e-mail; see blob.h. */
void jmap_email_blob(StoreBirth birth, char out[JMAP_ID_BYTES]);
void jmap_thread_id(guint64 thread, StoreBirth birth, char out[JMAP_ID_BYTES]);
/* FALSE: not one that we give. */
gboolean jmap_account_of(const char *id, gint64 *account);
gboolean jmap_mailbox_of(const char *id, guint32 *uidvalidity);
gboolean jmap_email_of(const char *id, StoreBirth *birth);
gboolean jmap_email_of_blob(const char *id, StoreBirth *birth);
/* *birth is not 0 for a message that is a conversation of its own. */
gboolean jmap_thread_of(const char *id, guint64 *thread, StoreBirth *birth);

/* The names by which Email/query sorts, ends with NULL. */
extern const char *const jmap_email_sorts[];

/* ---- Accounts of others ---- */

typedef struct {
    gint64 account;
    gboolean read_only; /* nothing in it may be changed */
} JmapShared;
GArray *jmap_accounts_shared(Store *store, gint64 who, GError **error); /* JmapShared */

/* ---- One account, as the caller sees it ---- */

typedef struct {
    const StoreMailbox *mailbox; /* owned by the account */
    StoreRights rights;
} JmapBox;

typedef struct {
    gint64 id, who;
    gboolean own;
    GPtrArray *mailboxes; /* StoreMailbox; all of the account */
    GArray *boxes;        /* JmapBox: those that may be looked up, by name */
    GPtrArray *keywords;  /* names by bit, see store_keyword_list */
    guint64 modseq;
    guint32 epoch, mark;
} JmapAccount;
void jmap_account_clear(JmapAccount *account);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapAccount, jmap_account_clear)

/* The number of the account that an argument names. FALSE: the call has ended (accountNotFound,
 * invalidArguments). */
gboolean jmap_take_account(JmapCall *call, const char *argument, gint64 *account);
/* Inside a read transaction. FALSE: *error; NOT_FOUND when nothing of it may be seen. */
gboolean jmap_account_load(const JmapCall *call, DbConn *conn, gint64 account, JmapAccount *out,
                           GError **error);
/* The same for somebody (who) outside of a call. */
gboolean jmap_account_open(Store *store, DbConn *conn, gint64 who, gint64 id, JmapAccount *out,
                           GError **error);
/* Both, in a read transaction that is given back in *conn. FALSE: the call has ended. */
gboolean jmap_account_begin(JmapCall *call, DbConn **conn, JmapAccount *out);

/* NULL: there is none that the caller may look up. */
const JmapBox *jmap_box_of(const JmapAccount *account, gint64 mailbox);
const JmapBox *jmap_box_of_validity(const JmapAccount *account, guint32 uidvalidity);
const JmapBox *jmap_box_of_id(const JmapAccount *account, const char *id);
const JmapBox *jmap_box_of_use(const JmapAccount *account, StoreUse use);
const JmapBox *jmap_box_at(const JmapAccount *account, guint place);

/* Where an e-mail lies, in a mailbox that the caller may read; NULL: nowhere, or *error. */
const JmapBox *jmap_email_find(Store *store, DbConn *conn, const JmapAccount *account,
                               StoreBirth birth, guint32 *uid, GError **error);

/* ---- States ---- */

/* Where a client stands: everything up to `modseq`, but of that only what lies up to `birth`
 * (G_MAXUINT64: all of it). */
typedef struct {
    guint64 modseq;
    StoreBirth birth;
} JmapPoint;
void jmap_state_write(const JmapAccount *account, const JmapPoint *point,
                      char out[JMAP_STATE_BYTES]);
void jmap_state_now(const JmapAccount *account, char out[JMAP_STATE_BYTES]);
json_t *jmap_state(const JmapAccount *account);
/* FALSE: not a state from which this account's changes can be told. */
gboolean jmap_state_read(const JmapAccount *account, const char *text, JmapPoint *out);
/* The argument ifInState holds (or is not there). FALSE: the call has ended (stateMismatch). */
gboolean jmap_if_in_state(JmapCall *call, const JmapAccount *account);

#endif
