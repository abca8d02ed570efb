/* Transact: changes to people and accounts as parts of a larger transaction of admin.db. casework/
 * writes a line of a request together with what that line asks for, so that neither is ever there
 * without the other.
 *
 * Each call runs inside a DbWork, leaves its audit record and the marks for the store as the calls
 * of account.h do, and on FALSE leaves the transaction to be rolled back by its caller. */
#ifndef CV_DIRECTORY_TRANSACT_H
#define CV_DIRECTORY_TRANSACT_H

#include "directory/account.h"

/* A new person with an account. Texts are never NULL: "" is what is not known. */
typedef struct {
    gint64 unit;
    const char *name; /* any composition */
    const char *title, *sex, *category;
    const char *birth, *identity; /* YYYY-MM-DD, digits (person.h); sealed */
} DirectoryNewPerson;
/* As directory_account_create, without a password. REFUSED, EXISTS (the identity number),
 * NOT_FOUND. */
DirectoryAccount *directory_person_create_in(Directory *directory, DbConn *conn,
                                             const Regulation *regulation,
                                             const DirectoryNewPerson *person, const AuditAct *act,
                                             GError **error);

/* As directory_account_find and directory_account. */
DirectoryAccount *directory_account_find_in(Directory *directory, DbConn *conn, const char *address,
                                            GError **error);
DirectoryAccount *directory_account_in(Directory *directory, DbConn *conn, gint64 id,
                                       GError **error);

/* As directory_account_set_state. */
gboolean directory_account_set_state_in(Directory *directory, DbConn *conn, const char *address,
                                        DirectoryState state, const AuditAct *act, GError **error);

/* As directory_account_lock, for every cause but IDLE. */
gboolean directory_account_lock_in(Directory *directory, DbConn *conn, const Regulation *regulation,
                                   const DirectoryLock *lock, const AuditAct *act, GError **error);

/* What is to be different with a person; NULL, 0: stays. */
typedef struct {
    gint64 unit;
    const char *name;
    const char *title, *sex, *birth, *identity; /* birth, identity as in DirectoryNewPerson */
} DirectoryPersonChange;
/* Changes the person behind a person's account. A new unit or name also gives the address that the
 * regulation now makes; the one before reaches the same mailbox until alias_until (Unix
 * microseconds) and stays taken for ever. A move to another body ends what the person looked after
 * in the old one: delegations, and the roles of focal point and head. The account as it is then;
 * EXISTS: nothing would be different. */
DirectoryAccount *directory_person_change_in(Directory *directory, DbConn *conn,
                                             const Regulation *regulation, gint64 account,
                                             const DirectoryPersonChange *change,
                                             gint64 alias_until, const AuditAct *act,
                                             GError **error);
/* The address that it would then have, without changing anything; out->local "": the one it has. As
 * naming_person: clear *out in any case. */
gboolean directory_person_change_propose_in(Directory *directory, DbConn *conn,
                                            const Regulation *regulation, gint64 account,
                                            const DirectoryPersonChange *change,
                                            NamingProposal *out, GError **error);
/* Takes away the aliases whose time is over, with a record of each. For the housekeeping: it looks
 * first and writes only when there is something. */
gboolean directory_aliases_turn(Directory *directory, GError **error);

/* NamingTaken over a DbConn (a reader's too): was this local part ever given? */
gboolean directory_local_taken(const char *local, gboolean *taken, gpointer conn, GError **error);
/* Seals what belongs to a row of casework/; context names table, row and column. STORAGE: there is
 * no key. */
GBytes *directory_seal(Directory *directory, const char *context, Bytes plain, GError **error);
/* NUL-terminated, *n bytes; wipe and g_free. CORRUPT: sealed with another key or for another row.
 */
char *directory_unseal(Directory *directory, const char *context, Bytes sealed, gsize *n,
                       GError **error);
/* A hash that only this directory's key makes: tells whether two things are the same without
 * telling what they are. STORAGE: there is no key. */
gboolean directory_keyed_hash(Directory *directory, const char *context, Bytes bytes,
                              guint8 out[CRYPTO_DIGEST_BYTES], GError **error);

#endif
