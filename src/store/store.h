/* Store: mailboxes and messages of all accounts, in mail.db.
 *
 * Invariants
 *  - An acknowledged change is on stable storage; it happened in one transaction.
 *  - A UID and a modification sequence are taken from the mailbox's and the account's row in the
 *    transaction that uses them: nobody sees UID 11 before UID 10, nor a sequence go back.
 *  - The account's used bytes and each mailbox's counts are exact, kept in the same transaction.
 *  - The bytes of a message are one blob however many mailboxes hold it; what differs by recipient
 *    is a prefix (Return-Path, Delivered-To) in the message's row. Sizes and offsets that leave
 * this layer describe prefix + bytes.
 *  - Envelope, structure and preview are computed once (message/) and stored; listing opens no
 * blob.
 *  - An expunged message stays readable for views that were not told yet (store_message_each finds
 *    it when it is asked for by UID), and is swept later.
 *  - Large changes go in slices of some hundred rows, so that a delivery waits milliseconds.
 *
 * An account's number is the directory's; a store account is made from it idempotently. Mailbox
 * names are UTF-8 NFC with '/' between levels; "INBOX" is always there, in this spelling.
 *
 * Functions that take a DbConn run inside a transaction of the caller (a DbWork for those that
 * change, any read transaction for those that read). The others make their own and wait for the
 * flush: call them from a worker, never from the writer thread. */
#ifndef CV_STORE_STORE_H
#define CV_STORE_STORE_H

#include "blob/blob.h"
#include "db/db.h"
#include "message/message.h"

typedef struct Store Store;

extern const DbSchema store_schema; /* of mail.db: blob's, store's and queue's tables, in steps */

/* Both outlive the store: close it before them. */
Store *store_open(Db *mail, BlobStore *blobs, GError **error);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)
Db *store_db(Store *store);
BlobStore *store_blobs(Store *store);

/* Asked of each message that a client or a move puts into a mailbox, parsed, before anything of it
 * is kept; FALSE (mostly REFUSED) and nothing is. Not asked of deliveries. Set before the first;
 * without one everything may. Called on the caller's thread. */
typedef struct {
    Bytes message;
    const MessageParsed *parsed;
    gint64 account;
    const char *door; /* "imap", "import" */
} StoreJudged;
typedef gboolean (*StoreJudge)(const StoreJudged *judged, gpointer data, GError **error);
void store_set_judge(Store *store, StoreJudge judge, gpointer data);
gboolean store_judge(Store *store, const StoreJudged *judged, GError **error);

/* ---- Limits ---- */

#define STORE_NAME_BYTES    1000 /* of a mailbox's full name */
#define STORE_NAME_LEVELS   20
#define STORE_MAILBOX_COUNT 5000 /* of an account */
#define STORE_KEYWORD_BYTES 128

/* ---- Flags ---- */

/* A message's flags are one word: the system flags, then one bit for each keyword of the account
 * that owns the mailbox (bit numbers are the account's: store_keyword_*). */
typedef guint64 StoreFlags;
#define STORE_SEEN          (1ull << 0)
#define STORE_ANSWERED      (1ull << 1)
#define STORE_FLAGGED       (1ull << 2)
#define STORE_DELETED       (1ull << 3)
#define STORE_DRAFT         (1ull << 4)
#define STORE_SYSTEM_FLAGS  (0x1full)
#define STORE_KEYWORD_FIRST 8 /* bits 8 … 62 */
#define STORE_KEYWORD_COUNT 55

/* names[bit - STORE_KEYWORD_FIRST], NULL where unused; free with g_ptr_array_unref. */
GPtrArray *store_keyword_list(Store *store, DbConn *conn, gint64 account, GError **error);
/* Bits for the names, made as needed (ASCII case does not distinguish). LIMIT when the account has
 * STORE_KEYWORD_COUNT already. Writing. */
gboolean store_keyword_bits(Store *store, DbConn *conn, gint64 account, const char *const *names,
                            StoreFlags *bits, GError **error);

/* ---- Accounts ---- */

typedef struct {
    gint64 account;
    gint64 quota_limit; /* bytes; 0: none */
    gint64 quota_used;  /* bytes, sum of the messages' sizes */
    gint64 messages;
    guint64 modseq; /* highest of the account */
} StoreAccount;

/* Makes the account with INBOX and the special mailboxes (Drafts, Sent, Junk, Trash, Archive with
 * their RFC 6154 uses, subscribed) when it is not there, sets the limit in any case. */
gboolean store_account_ensure(Store *store, gint64 account, gint64 quota_limit, GError **error);
/* The same inside a DbWork, for many accounts in one transaction. */
gboolean store_account_put(Store *store, DbConn *conn, gint64 account, gint64 quota_limit,
                           GError **error);
/* Inside a transaction of the caller: every account, for doctor. */
gboolean store_account_each(DbConn *conn,
                            void (*each)(gint64 account, gint64 quota_limit, gpointer data),
                            gpointer data, GError **error);
/* Inside a transaction of the caller: how much every account keeps (bytes), by number. */
gboolean store_account_each_used(DbConn *conn,
                                 void (*each)(gint64 account, gint64 used, gpointer data),
                                 gpointer data, GError **error);
gboolean store_account_get(Store *store, DbConn *conn, gint64 account, StoreAccount *out,
                           GError **error); /* NOT_FOUND */

/* ---- Rights (RFC 4314) ---- */

/* Bits in the order of the letters "lrswipkxtea". The owner has all. */
typedef guint StoreRights;
#define STORE_RIGHT_LETTERS "lrswipkxtea"
#define STORE_RIGHT_LOOKUP  (1u << 0)
#define STORE_RIGHT_READ    (1u << 1)
#define STORE_RIGHT_SEEN    (1u << 2)
#define STORE_RIGHT_WRITE   (1u << 3)
#define STORE_RIGHT_INSERT  (1u << 4)
#define STORE_RIGHT_POST    (1u << 5)
#define STORE_RIGHT_CREATE  (1u << 6)
#define STORE_RIGHT_DELETE  (1u << 7)
#define STORE_RIGHT_TRASH   (1u << 8)
#define STORE_RIGHT_EXPUNGE (1u << 9)
#define STORE_RIGHT_ADMIN   (1u << 10)
#define STORE_RIGHTS_ALL    ((1u << 11) - 1)

/* What `who` may do in the mailbox: all for the owner, else the mailbox's own entry for `who`, else
 * the account's entry (mailbox 0, made by a delegation), else nothing. */
StoreRights store_rights(Store *store, DbConn *conn, gint64 mailbox, gint64 who);
/* mailbox 0: the whole account (a delegation). rights 0 takes the entry away. Sessions that have
 * the mailbox open are told (STORE_EVENT_RIGHTS). */
gboolean store_rights_set(Store *store, gint64 account, gint64 mailbox, gint64 who,
                          StoreRights rights, GError **error);
/* The same for a whole account inside a DbWork, for many in one transaction. Where `who` had no
 * right to look before, the name `subscribe` (or NULL) is subscribed for it, once. */
gboolean store_rights_put(Store *store, DbConn *conn, gint64 account, gint64 who,
                          StoreRights rights, const char *subscribe, GError **error);
typedef struct {
    gint64 who;
    StoreRights rights;
} StoreAcl;
/* Entries that apply to the mailbox (its own, and the account's that it does not override). */
GArray *store_acl_list(Store *store, DbConn *conn, gint64 mailbox, GError **error); /* StoreAcl */
/* Accounts (gint64) in which `who` has any right by an entry. */
GArray *store_shared_accounts(Store *store, DbConn *conn, gint64 who, GError **error);

/* ---- Mailboxes ---- */

typedef enum {
    STORE_USE_NONE,
    STORE_USE_DRAFTS,
    STORE_USE_SENT,
    STORE_USE_JUNK,
    STORE_USE_TRASH,
    STORE_USE_ARCHIVE,
    STORE_USE_FLAGGED,
    STORE_USE_ALL,
} StoreUse;

typedef struct {
    gint64 id;
    gint64 account;
    char *name; /* UTF-8 */
    StoreUse use;
    gboolean subscribed; /* the owner's */
    guint32 uidvalidity;
    guint32 uidnext;
    guint64 modseq; /* HIGHESTMODSEQ, at least 1 */
    guint32 exists;
    guint32 unseen;
    guint32 deleted;
    gint64 size;    /* bytes */
    gint64 created; /* Unix microseconds */
} StoreMailbox;
void store_mailbox_free(StoreMailbox *mailbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreMailbox, store_mailbox_free)

StoreMailbox *store_mailbox_get(Store *store, DbConn *conn, gint64 id, GError **error);
StoreMailbox *store_mailbox_find(Store *store, DbConn *conn, gint64 account, const char *name,
                                 GError **error); /* NULL: NOT_FOUND or STORAGE */
/* All of the account, ordered by name: StoreMailbox *, freed with the array. */
GPtrArray *store_mailbox_list(Store *store, DbConn *conn, gint64 account, GError **error);
/* What the lane that indexes has to know of every mailbox, in order of their numbers. */
typedef struct {
    gint64 id;
    guint32 uidvalidity, uidnext, exists;
} StoreMailboxState;
/* FALSE from `each` stops the walk, which is no error. */
gboolean store_mailbox_states(DbConn *conn, gint64 behind, /* numbers above this */
                              gboolean (*each)(const StoreMailboxState *state, gpointer data),
                              gpointer data, GError **error);
/* Makes missing parents too (RFC 9051 6.3.4). INPUT for a bad name, EXISTS, LIMIT (count, depth).
 */
gboolean store_mailbox_create(Store *store, gint64 account, const char *name, StoreUse use,
                              gint64 *id, GError **error);
/* Children move along; renaming INBOX moves its messages (RFC 9051 6.3.6). */
gboolean store_mailbox_rename(Store *store, gint64 account, const char *from, const char *to,
                              GError **error);
/* INPUT for INBOX; DENIED when it has children and messages rules forbid (RFC 9051 6.3.5: a mailbox
 * with children is refused). Messages are expunged. */
gboolean store_mailbox_delete(Store *store, gint64 account, const char *name, GError **error);
/* Subscriptions are the subscriber's: name may name a mailbox that does not exist, or one in the
 * shared namespace (full name as the subscriber sees it). */
gboolean store_subscribe(Store *store, gint64 account, const char *name, gboolean on,
                         GError **error);
GPtrArray *store_subscriptions(Store *store, DbConn *conn, gint64 account, GError **error);

/* ---- Messages: reading ---- */

typedef struct {
    guint32 uid;
    StoreFlags flags;
    guint64 modseq;
    gint64 id;       /* stable for the life of this copy; EMAILID later */
    gint64 received; /* INTERNALDATE, Unix microseconds */
    gint64 saved;    /* when it came into this mailbox */
    guint64 size;    /* bytes, prefix included */
    BlobId blob;
    gboolean expunged; /* gone, but still readable for views that hold it */
    /* Only when asked for; point into the statement, valid during the callback. */
    Bytes prefix, envelope, structure, preview;
    Bytes ancestry;      /* packed references; empty: see store_message_ancestry */
    guint64 header_size; /* bytes of the header block of the blob, prefix not included */
} StoreMessage;

typedef enum {
    STORE_WANT_FLAGS = 0,     /* the narrow row only */
    STORE_WANT_META = 1 << 0, /* prefix, envelope, structure, preview, header_size */
} StoreWant;

/* FALSE stops the walk (which is no error). */
typedef gboolean (*StoreEach)(const StoreMessage *message, gpointer data);
/* Messages with from <= uid <= to in order of UID; two index walks in step, no lookup by row. With
 * from == to an expunged message that is not swept yet is found too. `each` must not begin another
 * walk on this connection. CORRUPT when a message has lost its envelope. */
gboolean store_message_each(Store *store, DbConn *conn, gint64 mailbox, guint32 from, guint32 to,
                            StoreWant want, StoreEach each, gpointer data, GError **error);
/* Bytes [offset, offset + length) of prefix + blob appended to out. message->prefix must be there:
 * call it from `each` of a walk with STORE_WANT_META, or with a copy that has its own. */
gboolean store_message_read(Store *store, DbConn *conn, const StoreMessage *message, guint64 offset,
                            guint64 length, Buffer *out, GError **error);

/* The packed references (message/references.h) of a message with its meta; of one that came before
 * they were stored, made from its header in scratch (at least 1 KiB). No file is opened: the first
 * 16 KiB of any message are in the database. */
gboolean store_message_ancestry(Store *store, DbConn *conn, const StoreMessage *message,
                                Buffer *scratch, Bytes *out, GError **error);

/* ---- UID maps ---- */

/* Sequence number ↔ UID of one view: sorted runs of consecutive UIDs, so that a million messages
 * that were never thinned out cost one run. */
typedef struct StoreUids StoreUids;
StoreUids *store_uids_load(Store *store, DbConn *conn, gint64 mailbox, GError **error);
StoreUids *store_uids_new(void);
void store_uids_free(StoreUids *uids);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreUids, store_uids_free)
guint32 store_uids_count(const StoreUids *uids);
/* 0 when there is none. */
guint32 store_uids_at(const StoreUids *uids, guint32 sequence);  /* from 1 */
guint32 store_uids_sequence(const StoreUids *uids, guint32 uid); /* exact, or 0 */
/* The sequence of the first UID >= uid, or count + 1. */
guint32 store_uids_sequence_from(const StoreUids *uids, guint32 uid);
guint32 store_uids_last(const StoreUids *uids);        /* highest UID, 0 if empty */
void store_uids_append(StoreUids *uids, guint32 uid);  /* uid > last */
gboolean store_uids_add(StoreUids *uids, guint32 uid); /* anywhere; FALSE: was in */
gboolean store_uids_remove(StoreUids *uids, guint32 uid);
/* Run by run: index from 0; FALSE past the last. */
gboolean store_uids_run(const StoreUids *uids, guint32 index, guint32 *first, guint32 *last);
/* "1:5,8" (RFC 9051 sequence-set), nothing when empty. */
void store_uids_write(const StoreUids *uids, Buffer *out);

/* ---- Messages: changing ---- */

typedef struct {
    gint64 mailbox;
    BlobId blob;
    guint64 blob_size;
    const MessageParsed *parsed;
    gboolean share_meta;   /* several recipients: envelope and structure once, beside the blob */
    StoreFlags flags;      /* keyword bits of the mailbox's account */
    gint64 received;       /* Unix microseconds */
    Bytes prefix;          /* whole header lines with CRLF */
    gboolean quota_strict; /* QUOTA when the limit would be passed; else it may be, by this one */
} StoreNewMessage;
/* Inside a DbWork, one call for each copy; blob_insert counted the references. NOT_FOUND, QUOTA and
 * LIMIT come before anything was changed: the caller may go on with its other copies (and then
 * takes the reference back with blob_reference). */
gboolean store_message_insert(Store *store, DbConn *conn, const StoreNewMessage *message,
                              guint32 *uid, GError **error);
/* One message of an APPEND. */
typedef struct {
    BlobWriter *writer;          /* all its bytes; finished here */
    StoreFlags flags;            /* system flags */
    const char *const *keywords; /* NULL-terminated or NULL */
    gint64 received;             /* Unix microseconds; 0: now */
} StoreAppend;
/* APPEND and REPLACE: parses, flushes, inserts all in one transaction, or none. The first gets
 * *uid, the others the UIDs that follow it. The quota of the mailbox's account counts all of them
 * (QUOTA). With replaced_uid != 0 that message goes from replaced_mailbox in the same transaction,
 * and its bytes from its owner's quota before the others are counted; INPUT when it is not there
 * any more.
 */
typedef struct {
    gint64 mailbox;
    const StoreAppend *messages;
    guint count; /* at least 1 */
    gint64 replaced_mailbox;
    guint32 replaced_uid;
    const char *door;         /* for the judge; NULL: "imap" */
    guint32 uidvalidity, uid; /* out */
} StoreAppending;
gboolean store_append(Store *store, StoreAppending *appending, GError **error);

typedef enum { STORE_FLAGS_SET, STORE_FLAGS_ADD, STORE_FLAGS_REMOVE } StoreFlagsMode;
typedef struct {
    gint64 mailbox;
    const StoreUids *uids; /* which */
    StoreFlagsMode mode;
    StoreFlags flags;            /* system flags */
    const char *const *keywords; /* NULL-terminated or NULL */
    StoreFlags settable;         /* bits that the caller's rights let it change; others stay */
    gboolean conditional;        /* UNCHANGEDSINCE */
    guint64 unchanged_since;
    /* Called on the calling thread, in order of UID, for each message that exists (changed or not),
     * after its slice is durable. May be NULL. */
    void (*each)(guint32 uid, StoreFlags flags, guint64 modseq, gboolean changed, gpointer data);
    gpointer data;
    StoreUids *modified; /* out: refused by unchanged_since; may be NULL */
    guint64 modseq;      /* out: highest given */
} StoreFlagsChange;
gboolean store_flags_change(Store *store, StoreFlagsChange *change, GError **error);

/* COPY and MOVE. Copies keep those of their flags that `settable` has (RFC 4314 4: what the rights
 * in the target allow). On success from[i] became to[i]. A failed copy leaves nothing behind; of a
 * failed move every message is in one of the two, and from and to say which came over. The target
 * account's quota counts (QUOTA, before anything is done), the keywords are carried over by name.
 */
gboolean store_copy(Store *store, gint64 from_mailbox, const StoreUids *uids, gint64 to_mailbox,
                    gboolean move, StoreFlags settable, guint32 *uidvalidity, GArray *from,
                    GArray *to, /* guint32 */
                    GError **error);
/* uids NULL: all that are \Deleted; else those of them that are \Deleted. expunged may be NULL. */
gboolean store_expunge(Store *store, gint64 mailbox, const StoreUids *uids, StoreUids *expunged,
                       guint64 *modseq, GError **error);

/* ---- Keeping in step ---- */

typedef struct {
    StoreUids *vanished; /* expunged since; may name some that came and went since */
    GArray *changed;     /* StoreChange: flags changed or arrived since, in order of UID */
    guint64 modseq;      /* the mailbox's highest now */
    gboolean complete;   /* FALSE: `since` is behind the log's horizon; vanished is then everything
                          * below uidnext that does not exist (RFC 7162 3.2.5.2 allows it) */
} StoreChanges;
typedef struct {
    guint32 uid;
    StoreFlags flags;
    guint64 modseq;
} StoreChange;
gboolean store_changes(Store *store, DbConn *conn, gint64 mailbox, guint64 since, StoreChanges *out,
                       GError **error);
void store_changes_clear(StoreChanges *changes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StoreChanges, store_changes_clear)

typedef enum {
    STORE_EVENT_MAILBOX = 1 << 0, /* messages came, went or changed flags */
    STORE_EVENT_RIGHTS = 1 << 1,  /* rights changed: check again */
    STORE_EVENT_DELETED = 1 << 2, /* the mailbox is gone */
    STORE_EVENT_LIST = 1 << 3,    /* the account's set of mailboxes or subscriptions changed */
    STORE_EVENT_METADATA =
        1 << 4, /* annotations of the mailbox, or of its owner's server, changed */
} StoreEvents;
/* Called on the writer thread after the commit, while the watches are locked; must be short
 * (net_wake) and call nothing of the store. */
typedef void (*StoreNotify)(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data);
typedef struct StoreWatch StoreWatch;
/* Watches one mailbox. While it lives, expunged messages of the mailbox are kept readable. When
 * store_unwatch has returned, notify is not running and never will again. */
StoreWatch *store_watch(Store *store, gint64 mailbox, StoreNotify notify, gpointer data);
void store_unwatch(Store *store, StoreWatch *watch);
/* The same, but nothing is kept for it: who only wants to know that something happens. */
StoreWatch *store_follow(Store *store, gint64 mailbox, StoreNotify notify, gpointer data);
/* What happens in any mailbox of an account, the same way: for who keeps a whole account in view
 * (JMAP's push). modseq is the mailbox's that it was seen in. */
typedef void (*StoreAccountNotify)(gint64 account, guint64 modseq, StoreEvents events,
                                   gpointer data);
typedef struct StoreAccountWatch StoreAccountWatch;
StoreAccountWatch *store_watch_account(Store *store, gint64 account, StoreAccountNotify notify,
                                       gpointer data);
/* As store_unwatch. */
void store_unwatch_account(Store *store, StoreAccountWatch *watch);
/* One listener (NULL: none) for what happens in any mailbox, told as watches are: the lane that
 * indexes. */
void store_listen(Store *store, StoreNotify notify, gpointer data);
/* IMAP4rev1's \Recent: messages from this UID on are recent for the caller and for nobody after it.
 * claim FALSE (EXAMINE, STATUS) only looks. Not while this thread has a read transaction open.
 * G_MAXUINT32 when the mailbox is gone. */
guint32 store_recent(Store *store, gint64 mailbox, gboolean claim);

/* ---- Intake: what `trace` reads ---- */

typedef struct {
    const char *session;    /* net_session_id */
    const char *door;       /* "smtp", "submission", "imap", … */
    const char *sender;     /* envelope; "" for the null sender */
    const char *recipients; /* "a@x b@y", cut behind 4 KiB; outcome has all */
    const char *message_id;
    const char *outcome; /* lines: "a@x mailbox=INBOX uid=12", "c@z queue=77" */
    guint64 size;
    gint64 received;
    gint64 submitter; /* account, or 0 */
    BlobId blob;      /* 0: of before it was noted. Its number may be another message's by now */
} StoreIntake;
/* Inside the DbWork of a delivery. id is what SMTP tells in its 250. */
gboolean store_intake_add(Store *store, DbConn *conn, const StoreIntake *intake, gint64 *id,
                          GError **error);
/* What else a reception is looked for by; NULL and 0: anything. */
typedef struct {
    const char *address; /* that sent or received it; or its Message-ID */
    const char *session; /* as the log has it */
    gint64 entry;        /* of the queue, that it became */
    gint64 since, until; /* Unix microseconds: from, and before */
} StoreIntakeFilter;
/* A walk from the newest on, for an operator: newest first, at most `limit`. */
gboolean store_intake_search(DbConn *conn, const StoreIntakeFilter *filter, guint limit,
                             void (*each)(gint64 id, const StoreIntake *intake, gpointer data),
                             gpointer data, GError **error);
/* By intake id ("1234"), Message-ID or address, newest first, at most `limit`. */
gboolean store_intake_find(Store *store, DbConn *conn, const char *what, guint limit,
                           void (*each)(gint64 id, const StoreIntake *intake, gpointer data),
                           gpointer data, GError **error);

/* ---- Housekeeping ---- */

/* Removes expunged messages that no view holds, log entries behind the horizon (retention in
 * microseconds), intake older than its retention; sweeps blobs. In slices; call it now and then. */
gboolean store_sweep(Store *store, gint64 retention, GError **error);
/* How long the record of receptions is kept; less than 180 days is not taken. Before the first
 * sweep. */
void store_set_receptions(Store *store, gint64 microseconds);
/* Every reference, hash and count: calls finding for each contradiction. progress as for
 * blob_verify. Reads in slices. */
gboolean store_verify(Store *store, gboolean hashes,
                      void (*finding)(const char *text, gpointer data), BlobProgress progress,
                      gpointer data, GError **error);

/* Sets right what is counted a second time for speed, where it differs from the rows: messages,
 * unseen, deleted and size of a mailbox, messages and bytes of an account, references of a blob;
 * makes an account's row again where its mailboxes are there. Tells each through finding. Touches
 * no message. Not on the writer thread. */
gboolean store_repair(Store *store, void (*finding)(const char *text, gpointer data), gpointer data,
                      GError **error);
/* After a restore: every mailbox gets a UIDVALIDITY that was never given, not even after the backup
 * was made, so that no client takes a new message for an old one (RFC 9051 2.3.1.1). Only while
 * nobody has a mailbox open. */
gboolean store_uidvalidity_renew(Store *store, GError **error);

#endif
