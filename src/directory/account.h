/* Accounts: giving, locking, closing, passwords, quotas, aliases, delegation [Điều 4, 5, 6].
 *
 * An account is named by its address, full or local part. Every change leaves an audit record in
 * the same transaction and, where the store must learn of it, the pending mark (directory.h). The
 * calls wait for the flush: not from the writer thread. */
#ifndef CV_DIRECTORY_ACCOUNT_H
#define CV_DIRECTORY_ACCOUNT_H

#include "audit/audit.h"
#include "directory/directory.h"
#include "directory/password.h"
#include "regulation/naming.h"

/* NULL or 0: not given. */
typedef struct {
    const char *unit; /* key, see directory_unit_find */
    const char *name; /* of the person; NULL: the unit's own account */
    const char *given, *title;
    const char *identity; /* 9 or 12 digits; sealed. Some regulations make addresses of it. */
    gint64 quota;         /* bytes; 0: the regulation's */
    Bytes password;
    gboolean must_change;             /* the password is only good for setting an own one */
    const DirectoryOneTime *one_time; /* instead of a password */
} DirectoryNewAccount;
/* Names the person [Điều 3.2], number on a collision included, and makes the account; atomic
 * against every other. For a unit's account, which exists since the unit was added, it sets the
 * first password; EXISTS when it has one. REFUSED with the article, INPUT, NOT_FOUND. */
DirectoryAccount *directory_account_create(Directory *directory, const Regulation *regulation,
                                           const DirectoryNewAccount *account, const AuditAct *act,
                                           GError **error);
/* What the person would be called now: unit, name, given and identity count. Clear *out in any
 * case.
 */
gboolean directory_account_propose(Directory *directory, const Regulation *regulation,
                                   const DirectoryNewAccount *account, NamingProposal *out,
                                   GError **error);

DirectoryAccount *directory_account_find(Directory *directory, const char *address, GError **error);

/* An account with what a listing shows; strings are valid during the call. */
typedef struct {
    const DirectoryAccount *account;
    const char *unit_address, *unit_name; /* "" for a service */
    const char *title;
    gint64 created, state_since; /* Unix microseconds */
    const char *state_why;
    gboolean has_password;
    gint64 accepted; /* when its owner stated to keep the regulation; 0: not yet */
} DirectoryAccountRow;
typedef struct {
    const char *unit;    /* key; NULL: all */
    const char *address; /* only this one; NULL: all */
    /* A page: at most `limit` (0: all) in the order of addresses, those behind this local part
     * (NULL: from the first). */
    guint limit;
    const char *after;
} DirectoryAccountFilter;
typedef gboolean (*DirectoryAccountEach)(const DirectoryAccountRow *row, gpointer data);
/* By unit, then address. FALSE from each stops. */
gboolean directory_account_each(Directory *directory, const DirectoryAccountFilter *filter,
                                DirectoryAccountEach each, gpointer data, GError **error);
/* How many there are, by DirectoryState. */
gboolean directory_account_count(Directory *directory, gint64 counts[DIRECTORY_CLOSED + 1],
                                 GError **error);
/* "active", "locked" …; "person" … */
const char *directory_state_name(DirectoryState state);
const char *directory_kind_name(DirectoryKind kind);

/* ACTIVE from LOCKED, LOCKED from ACTIVE, CLOSED from either (its delegations end). A closed
 * account stays closed; postmaster cannot be closed or locked. EXISTS: it is so already. */
gboolean directory_account_set_state(Directory *directory, const char *address,
                                     DirectoryState state, const AuditAct *act, GError **error);

/* ---- Why an account is locked [Điều 4.2.c] ---- */

typedef enum {
    LOCK_REQUEST,   /* the unit asked for it */
    LOCK_IDLE,      /* six months without sending or receiving; warned, and no reason told */
    LOCK_TAKEOVER,  /* somebody else has it */
    LOCK_FORBIDDEN, /* it took part in a forbidden act */
    LOCK_CAUSES,
} DirectoryLockCause;
/* "request", "idle", "takeover", "forbidden"; FALSE: none of them. */
gboolean directory_lock_cause_find(const char *name, DirectoryLockCause *cause);

typedef struct {
    const char *address;
    DirectoryLockCause cause;
    const char *clause;   /* FORBIDDEN: the khoản, "8.3", or NULL and then law */
    const char *law;      /* FORBIDDEN: another law, cited in full; or NULL */
    const char *evidence; /* TAKEOVER, FORBIDDEN: what shows it, where it is kept */
} DirectoryLock;
/* One act: the account is locked, what it has open ends, its queued mail is held, and the record
 * has the cause and its evidence. A taken-over account loses its password besides, so that after
 * unlocking only a new one opens it. act's ground may be "" for IDLE, TAKEOVER, FORBIDDEN: the
 * article stands for it. REFUSED without what the cause needs; else as set_state. */
gboolean directory_account_lock(Directory *directory, const Regulation *regulation,
                                const DirectoryLock *lock, const AuditAct *act, GError **error);
/* Not below the floor [Điều 5.1]. */
gboolean directory_account_set_quota(Directory *directory, const Regulation *regulation,
                                     const char *address, gint64 bytes, const AuditAct *act,
                                     GError **error);
/* A further address for the account; once given it is never given to another. */
gboolean directory_account_add_alias(Directory *directory, const char *address, const char *alias,
                                     const AuditAct *act, GError **error);
/* It stays taken, and the same account may get it back. */
gboolean directory_account_remove_alias(Directory *directory, const char *address,
                                        const char *alias, const AuditAct *act, GError **error);
/* Calls each with every live alias, full address. */
gboolean directory_account_each_alias(Directory *directory, gint64 account,
                                      void (*each)(const char *alias, gpointer data), gpointer data,
                                      GError **error);

/* ---- Delegation [Điều 6.2] ---- */

typedef struct {
    const char *account, *grantee; /* addresses: the unit's or service's, the person's */
    guint may;                     /* DIRECTORY_MAY_…; 0 ends it now */
    gint64 since, until;           /* Unix microseconds; 0: now, open */
    const char *document;          /* number and date of the decision */
} DirectoryNewDelegation;
/* Replaces what the person had before. REFUSED when the person is not of the same body, or without
 * a document; also when it is a person's account or not a person's that looks after it; INPUT when
 * the period is empty. A service's may be anybody's task: it belongs to no body. */
gboolean directory_delegate(Directory *directory, const DirectoryNewDelegation *delegation,
                            const AuditAct *act, GError **error);

typedef struct {
    gint64 account, grantee;
    const char *account_address, *grantee_address, *grantee_name;
    guint may;
    gint64 since, until; /* until G_MAXINT64: open */
    const char *document;
    gboolean in_force;
} DirectoryDelegation;
typedef gboolean (*DirectoryDelegationEach)(const DirectoryDelegation *delegation, gpointer data);
/* Of one account, or 0: all. Ended ones included. */
gboolean directory_delegation_each(Directory *directory, gint64 account,
                                   DirectoryDelegationEach each, gpointer data, GError **error);

#endif
