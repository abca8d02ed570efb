/* Inside of store/: what its files share. Not for other folders.
 *
 * A message's key is one integer, mailbox << 32 | UID: the rows of a mailbox lie together in order
 * of UID, keys compare as integers, and a row of some hundred bytes stays on its page
 * (docs/decisions/0004-store-layout.md has the measurement).
 *
 * Every change of a mailbox goes the same way, inside one DbWork: store_box_load, store_owner_load,
 * change the two structs and the rows, store_box_save, store_owner_save, store_log_change for what
 * is not an arrival, store_publish. */
#ifndef CV_STORE_INTERNAL_H
#define CV_STORE_INTERNAL_H

#include "store/email.h"
#include "store/store.h"

struct Store {
    Db *db;
    BlobStore *blobs;
    guint slice;       /* rows changed in one transaction: STORE_SLICE, in tests fewer */
    gint64 receptions; /* how long the record of them is kept, microseconds */
    StoreJudge judge;  /* or NULL */
    gpointer judge_data;

    /* Two leaf locks: nothing else is locked while one of them is held, except by notify (which
     * must not call the store). */
    GMutex watch_lock;           /* guards watches and, while notify runs, its watch */
    GHashTable *watches;         /* mailbox (gint64 *, of the first watch) → StoreWatch, a list */
    GHashTable *account_watches; /* account → StoreAccountWatch, the same way */
    StoreNotify listener;        /* of all mailboxes; under watch_lock too */
    gpointer listener_data;
    GMutex recent_lock;
    GHashTable *recent;  /* mailbox (gint64 *) → RecentClaim, while the claim is being written */
    guint recent_writes; /* under way; store_close waits for their end */
    GCond recent_idle;
};

enum {
    STORE_SLICE = 500,       /* see Store.slice */
    STORE_CHAPTER_BITS = 10, /* intakes with the same id >> 10 are one chapter */
};

#define STORE_EXPUNGED_AGE (G_GINT64_CONSTANT(3600) * 1000000) /* microseconds */
/* Unless store_set_receptions says more; Nghị định 91/2020/NĐ-CP asks for 180 days. */
#define STORE_INTAKE_RETENTION (G_GINT64_CONSTANT(180) * 86400 * 1000000)

static inline gint64 store_key(gint64 mailbox, guint32 uid) {
    return (mailbox << 32) | uid;
}
static inline guint32 store_key_uid(gint64 key) {
    return (guint32)(key & 0xffffffff);
}
static inline gint64 store_key_mailbox(gint64 key) {
    return key >> 32;
}

/* ---- state.c: the two rows that every change goes through ---- */

typedef struct {
    gint64 id, account;
    guint32 uidvalidity;
    gint64 uidnext; /* up to 2^32: then the mailbox is full */
    guint64 modseq;
    gint64 total, unseen, deleted, size;
} StoreBox;
gboolean store_box_load(DbConn *conn, gint64 mailbox, StoreBox *out, GError **error);
gboolean store_box_save(DbConn *conn, const StoreBox *box, GError **error);

typedef struct {
    gint64 id;
    guint64 modseq;
    gint64 next_id; /* of a message */
    gint64 quota_limit, quota_used, messages;
} StoreOwner;
gboolean store_owner_load(DbConn *conn, gint64 account, StoreOwner *out, GError **error);
gboolean store_owner_save(DbConn *conn, const StoreOwner *owner, GError **error);

/* Counts a message in (sign 1) or out (-1) of both. */
void store_count(StoreBox *box, StoreOwner *owner, StoreFlags flags, gint64 size, gint64 sign);
/* The next UIDVALIDITY: never given before. */
gboolean store_uidvalidity_next(DbConn *conn, guint32 *out, GError **error);

/* Those of mailboxes have the UIDVALIDITY in place of the UIDs; GONE with a plus behind it where
 * messages were in the mailbox, which no entry names. */
typedef enum {
    STORE_KIND_FLAGS = 1,
    STORE_KIND_EXPUNGED = 2,
    STORE_KIND_BOX_MADE = 3,
    STORE_KIND_BOX_CHANGED = 4, /* its name, or whether it is subscribed */
    STORE_KIND_BOX_GONE = 5,
} StoreKind;
gboolean store_log_change(DbConn *conn, const StoreBox *box, StoreKind kind, const StoreUids *uids,
                          GError **error);

/* Something about the mailbox itself: takes a modification sequence of the account for it. */
gboolean store_log_mailbox(DbConn *conn, const StoreBox *box, StoreKind kind, GError **error);

/* ---- rows.c: picking the rows of a slice ---- */

typedef struct {
    guint32 uid;
    gboolean joined; /* no message lies between this one and the one before it in the array */
    StoreFlags flags;
    guint64 modseq;
    gint64 id, received, size;
    BlobId blob;
} StoreRow;

/* Where a walk over a set of UIDs stands. */
typedef struct {
    const StoreUids *uids; /* NULL: all */
    guint32 run;
    guint32 last; /* UIDs up to this were seen; further ones never are beyond `limit` */
    guint32 limit;
    gboolean done;
} StoreCursor;
void store_cursor_init(StoreCursor *cursor, const StoreUids *uids);
/* Appends up to `most` further rows (StoreRow) that have all of the flags in `required`. */
gboolean store_rows_take(DbConn *conn, gint64 mailbox, StoreCursor *cursor, StoreFlags required,
                         guint most, GArray *rows, GError **error);
/* The end (exclusive) of the stretch of joined rows that begins at `from`. */
guint store_rows_stretch(const GArray *rows, guint from);

/* Moves the rows to the expunged ones, counts them out of both and logs them under box->modseq. The
 * caller saves box and owner. */
gboolean store_bury(DbConn *conn, StoreBox *box, StoreOwner *owner, const GArray *rows,
                    GError **error);
/* Expunges these whatever their flags, in slices, each its own transaction. */
gboolean store_remove(Store *store, gint64 mailbox, const StoreUids *uids, StoreFlags required,
                      StoreUids *expunged, guint64 *modseq, GError **error);

/* ---- email.c: places of messages that were moved ---- */

extern const char store_email_schema[];
typedef struct {
    StoreBirth birth;
    gint64 born; /* modification sequence */
} StorePlace;
gboolean store_place_of(DbConn *conn, const StoreBox *from, guint32 uid, StorePlace *out,
                        GError **error);
gboolean store_place_put(DbConn *conn, const StorePlace *place, gint64 key, GError **error);
/* The messages with these keys go. */
gboolean store_place_leave(DbConn *conn, gint64 first, gint64 last, GError **error);
/* Forgets places that were left before this moment. */
gboolean store_place_sweep(Store *store, gint64 before, GError **error);
/* The column `thread` of a message. */
gint64 store_thread_number(Bytes ancestry);

/* ---- changes.c ---- */

/* The log's beginning. */
gboolean store_load_horizon(DbConn *conn, gint64 account, guint64 *horizon, GError **error);
/* The lowest UID from which on all messages of the mailbox arrived after `since`. */
gboolean store_first_arrival(DbConn *conn, const StoreBox *box, guint64 since, gint64 *first,
                             GError **error);

/* ---- Other files ---- */

/* uids.c */
void store_uids_add_run(StoreUids *uids, guint32 first, guint32 last);
/* Adds what store_uids_write wrote; FALSE when it is something else. */
gboolean store_uids_parse(StoreUids *uids, Bytes text);

/* name.c: NULL with INPUT or LIMIT. g_free. */
char *store_name_normalise(const char *name, GError **error);
/* "a/b" of "a/b/c", NULL for "a". g_free. */
char *store_name_parent(const char *name);

/* mailbox.c */
gboolean store_mailbox_add(DbConn *conn, gint64 account, const char *name, StoreUse use, gint64 *id,
                           GError **error);
gboolean store_subscription_set(DbConn *conn, gint64 account, const char *name, gboolean on,
                                GError **error);

/* rename_inbox.c */
gboolean store_rename_inbox(Store *store, gint64 account, const char *to, GError **error);

/* verify_blobs.c: with repair, wrong counts are set right. */
gboolean store_verify_blobs(Store *store, gboolean repair,
                            void (*finding)(const char *text, gpointer data), gpointer data,
                            GError **error);

/* taken.c: for store_verify. */
gboolean store_taken_verify(DbConn *conn, void (*finding)(const char *text, gpointer data),
                            gpointer data, GError **error);

/* keyword.c: as store_keyword_bits; make FALSE leaves unknown names out. */
gboolean store_keywords_of(DbConn *conn, gint64 account, const char *const *names, gboolean make,
                           StoreFlags *bits, GError **error);
/* The flags as they are called in the other account, keywords made as needed. */
typedef struct {
    gboolean same;
    gint64 from, to;
    StoreFlags known; /* bits whose translation is in `to_bit` */
    StoreFlags to_bit[64];
} StoreKeywordMap;
gboolean store_keyword_map(DbConn *conn, StoreKeywordMap *map, StoreFlags flags, StoreFlags *out,
                           GError **error);

/* message.c */
#define STORE_SHARE_BYTES 200 /* a smaller parsed form is repeated by recipient */

/* watch.c: told when the running transaction is on disk. */
void store_publish(Store *store, DbConn *conn, gint64 mailbox, guint64 modseq, StoreEvents events);
/* To all who watch any mailbox of the account. */
gboolean store_publish_account(Store *store, DbConn *conn, gint64 account, StoreEvents events,
                               GError **error);
gboolean store_is_watched(Store *store, gint64 mailbox);
void store_watch_init(Store *store);
void store_watch_clear(Store *store);

#endif
