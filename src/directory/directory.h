/* Directory: units, people, accounts, aliases, credentials and delegations, in admin.db.
 *
 * Local parts are stored folded (lower case); an address is unique over all kinds of account and
 * over all history [Điều 3.1.e, 3.2.b]. Every change leaves an audit record in the same
 * transaction. What the protocols need is here; the registry's own calls are in unit.h, account.h.
 */
#ifndef CV_DIRECTORY_DIRECTORY_H
#define CV_DIRECTORY_DIRECTORY_H

#include "base/crypto.h"
#include "db/db.h"
#include "regulation/regulation.h"

typedef struct Directory Directory;

extern const DbSchema directory_schema; /* of admin.db */

/* domain: the body's mail domain, ASCII lower case. */
Directory *directory_open(Db *admin, const char *domain, GError **error);
void directory_close(Directory *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Directory, directory_close)
/* The key of the sealed columns (birth dates, identity numbers), copied. Without it everything
 * works but what writes or reads them. Before the first use from another thread. */
void directory_set_seal(Directory *directory, const guint8 key[CRYPTO_SEAL_KEY_BYTES]);
/* *has: something was sealed, so the key cannot be made anew. */
gboolean directory_has_sealed(Directory *directory, gboolean *has, GError **error);
Db *directory_db(Directory *directory);
const char *directory_domain(Directory *directory);

typedef enum { DIRECTORY_UNIT, DIRECTORY_PERSON, DIRECTORY_SERVICE } DirectoryKind;
typedef enum {
    DIRECTORY_REQUESTED,
    DIRECTORY_ACTIVE,
    DIRECTORY_LOCKED, /* cannot sign in or send, still receives [Điều 4.2.c] */
    DIRECTORY_CLOSED, /* 550 5.1.1 */
} DirectoryState;

/* What DirectoryAccount.forwards may hold. */
#define DIRECTORY_FORWARDS      (1u << 0) /* its mail goes on to other addresses */
#define DIRECTORY_FORWARDS_KEEP (1u << 1) /* … and a copy stays */

typedef struct {
    gint64 id;     /* also the store's account number */
    char *address; /* "tvanh.stttt@bacninh.gov.vn" */
    char *name;    /* of the person or unit, as shown */
    DirectoryKind kind;
    DirectoryState state;
    gint64 unit;
    gint64 quota;   /* bytes */
    guint forwards; /* DIRECTORY_FORWARDS…; 0: its mail stays with it (forward.h) */
} DirectoryAccount;
void directory_account_free(DirectoryAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryAccount, directory_account_free)

typedef enum {
    DIRECTORY_FOUND,       /* *out is set */
    DIRECTORY_NO_SUCH,     /* the domain is ours, the address is not */
    DIRECTORY_NOT_OURS,    /* another domain */
    DIRECTORY_ADDRESS_BAD, /* not an address at all */
    DIRECTORY_FAILED,      /* storage; *error set */
} DirectoryFind;
/* Whom mail to this address reaches: exact address or alias, else without "+tag" (RFC 5233);
 * postmaster and abuse always reach somebody (also as bare "postmaster"). A closed account, and one
 * that was only requested, is NO_SUCH; a locked one is FOUND. Case does not matter;
 * quoted local parts are unquoted; source routes and the percent hack are not followed. One probe
 * of an index: fit for every RCPT. */
DirectoryFind directory_resolve(Directory *directory, Bytes address, DirectoryAccount **out,
                                GError **error);
DirectoryAccount *directory_account(Directory *directory, gint64 id, GError **error);
/* For signing in: full address or local part alone, exact or alias; no tag. */
DirectoryFind directory_login(Directory *directory, Bytes name, DirectoryAccount **out,
                              GError **error);
/* The stored password hash (g_free); NULL without error when the account has none. */
char *directory_credential(Directory *directory, gint64 account, GError **error);
/* May this account put this address into MAIL FROM and From:? Its own, its aliases (with or without
 * a tag), and those of accounts that delegated "send" to it [Điều 6.2, 6.3]; the account behind the
 * address must be active. The null sender is not allowed for a submission. FALSE without an error:
 * it may not. */
gboolean directory_may_send_as(Directory *directory, gint64 account, Bytes address,
                               gint64 *as_account, GError **error);

/* ---- What the store must be told ----
 *
 * The directory and the store are two files, and no acknowledged act spans both. So every change
 * that the store must learn of (a new account, its quota, a lock, a delegation) also marks the
 * account as pending in the same transaction of admin.db; whoever applied it takes the mark away. A
 * crash in between leaves the mark, and the next start applies it again (serve/instance.c). */
typedef struct {
    gint64 account;
    gint64 change; /* number of the last change: a later one keeps the mark */
} DirectoryPending;
/* Also does what time alone changes (a delegation that begins or ends, an old address that lives on
 * only for a time): call it now and then. */
GArray *directory_pending(Directory *directory, GError **error); /* DirectoryPending */
/* Takes the marks of the `count` pending ones away, in one transaction. */
gboolean directory_pending_done(Directory *directory, const DirectoryPending *pending, guint count,
                                GError **error);

/* For doctor: every account with what the store should know of it. Inside a transaction of the
 * caller; local is valid during the call. */
typedef struct {
    gint64 account, quota;
    const char *local; /* part of its address */
    gboolean pending;  /* the store may not have been told yet */
    gboolean held;     /* nothing of it may be deleted (hold.h) */
} DirectoryTold;
typedef void (*DirectoryToldEach)(const DirectoryTold *told, gpointer data);
gboolean directory_each_told(DbConn *conn, DirectoryToldEach each, gpointer data, GError **error);
/* For doctor: every reference inside of the directory, above all that each account has its address
 * and each address its account. finding gets one contradiction in words. Inside a transaction of
 * the caller. FALSE: could not look. */
gboolean directory_verify(DbConn *conn, void (*finding)(const char *text, gpointer data),
                          gpointer data, GError **error);
/* Marks accounts (gint64) as pending again, which the store has lost. */
gboolean directory_tell_again(Db *admin, GArray *accounts, GError **error);

#define DIRECTORY_MAY_READ  (1u << 0) /* read the unit's mailbox */
#define DIRECTORY_MAY_WRITE (1u << 1) /* file, flag, delete */
#define DIRECTORY_MAY_SEND  (1u << 2) /* send as the unit */
#define DIRECTORY_MAY_LOOK  (1u << 3) /* read and leave no trace in it (access.h) */
typedef void (*DirectoryDelegate)(gint64 account, gint64 grantee, guint may, gpointer data);
/* Delegations of this account in force now, with may 0 for those that ended and whose rights the
 * store may still have. */
gboolean directory_each_delegation(Directory *directory, gint64 account, DirectoryDelegate each,
                                   gpointer data, GError **error);

/* Told (on the writer thread of admin.db, after the commit) when an account's state, credential or
 * delegations changed: sessions must be checked again, remembered passwords forgotten. */
typedef void (*DirectoryNotify)(gint64 account, gpointer data);
void directory_watch(Directory *directory, DirectoryNotify notify, gpointer data);
/* When it has returned, notify is not running and never will again. Not from inside notify. */
void directory_unwatch(Directory *directory, DirectoryNotify notify, gpointer data);

#endif
