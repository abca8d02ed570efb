/* What the files of this folder share. Not for other folders.
 *
 * Calls with a DbConn run inside a transaction: those that change, inside a DbWork. */
#ifndef CV_DIRECTORY_INTERNAL_H
#define CV_DIRECTORY_INTERNAL_H

#include "audit/audit.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "directory/account.h"
#include "directory/directory.h"
#include "directory/match.h"
#include "directory/person.h"
#include "directory/transact.h"
#include "directory/unit.h"
#include "regulation/naming.h"

enum { DIRECTORY_JSON_MAXIMUM = 64 * 1024 };

/* schema_report.c: two steps of the schema. */
extern const char directory_schema_reports[], directory_schema_usage[];
extern const char directory_schema_sessions[]; /* schema_session.c */
extern const char directory_schema_notices[], directory_schema_incidents[];

typedef struct {
    DirectoryNotify notify;
    gpointer data;
} DirectoryWatcher;

struct Directory {
    Db *db;
    char *domain;
    GMutex lock; /* guards watchers */
    GArray *watchers;
    GMutex activity_lock; /* guards activity; the last of all locks */
    GHashTable *usage;    /* usage.c: the same; under the same lock */
    GHashTable *activity; /* activity.c: seen and not written yet; NULL: nothing */
    gboolean has_seal;
    guint8 seal[CRYPTO_SEAL_KEY_BYTES];
};

/* forward.c: a step of the schema. */
extern const char directory_schema_forwarding[];

/* REFUSED by the regulation, and then the attempt is on record. Not in a transaction. */
gboolean directory_forward_judge(Directory *d, const Regulation *regulation, const char *from,
                                 const char *target, const AuditAct *act, GError **error);
/* Would what goes to `target` come back to the account `from`? INPUT: nobody is there. */
gboolean directory_forward_closes_ring(Directory *d, DbConn *conn, gint64 from, const char *target,
                                       gboolean *ring, GError **error);

/* ---- schema_request.c ---- */

extern const char directory_schema_requests[];

/* ---- address.c ---- */

/* An address taken apart: local part folded, NUL-terminated. */
typedef struct {
    char local[NAMING_LOCAL_MAXIMUM + 1];
    gboolean ours; /* our domain */
    gboolean bare; /* no domain at all */
} DirectoryParts;
/* FALSE: not an address. */
gboolean directory_address_split(Bytes address, const char *domain, DirectoryParts *out);
/* The account that this local part reaches, whatever its state; found NULL: none. */
gboolean directory_local_find(Directory *d, DbConn *conn, const char *local,
                              DirectoryAccount **found, GError **error);
/* The same for the local part of an address, without its tag if it has one (RFC 5233). */
gboolean directory_local_reach(Directory *d, DbConn *conn, DirectoryParts *parts,
                               DirectoryAccount **found, GError **error);
/* directory_local_taken, NamingTaken over a DbConn, is in transact.h. */

/* ---- directory.c ---- */

/* The columns that directory_account_of_row reads, of account as a. */
#define DIRECTORY_ACCOUNT_COLUMNS                                                                  \
    "a.id, a.local, a.name, a.kind, a.state, a.unit, a.quota, a.forwards"
DirectoryAccount *directory_account_of_row(Directory *d, DbStmt *stmt);
/* Marks the account for the store; change: number of the audit record. */
gboolean directory_mark(DbConn *conn, gint64 account, gint64 change, GError **error);
/* Tells the watchers after the commit. */
void directory_notify(Directory *d, DbConn *conn, gint64 account);

/* ---- unit.c ---- */

/* The unit with this code, or *out NULL. */
gboolean directory_unit_by_code(DbConn *conn, const char *code, DirectoryUnit **out,
                                GError **error);
gboolean directory_unit_by_address(DbConn *conn, const char *local, DirectoryUnit **out,
                                   GError **error);
/* Writes what was proposed: unit, its account, the audit record. */
gboolean directory_unit_insert(Directory *d, DbConn *conn, const Regulation *regulation,
                               const DirectoryNewUnit *unit, gint64 parent,
                               const NamingProposal *proposal, const AuditAct *act, gint64 *id,
                               GError **error);
/* naming_unit with the fields of this parent (NULL: none). taken: ask the registry. */
gboolean directory_unit_propose_in(DbConn *conn, const Regulation *regulation,
                                   const DirectoryNewUnit *unit, const DirectoryUnit *parent,
                                   gboolean taken, NamingProposal *out, GError **error);

/* ---- account.c ---- */

/* The rows of a new account and of its address. */
typedef struct {
    const char *local, *name;
    DirectoryKind kind;
    gint64 unit, person, quota; /* unit, person 0: NULL */
} DirectoryNewRow;
gboolean directory_account_insert(DbConn *conn, const DirectoryNewRow *row, gint64 *id,
                                  GError **error);
/* Appends an audit record about an account; text documents may be NULL. */
gboolean directory_account_audit(DbConn *conn, const AuditAct *act, const char *what,
                                 const char *address, const char *before, const char *after,
                                 gint64 *seq, GError **error);
/* "{\"state\":\"locked\"}" and the like; g_free. */
char *directory_json_text(const char *key, const char *value);
char *directory_json_int(const char *key, gint64 value);

/* Ends making an account: the record of it, and the mark for the store. */
gboolean directory_account_record_new(Directory *d, DbConn *conn, gint64 account,
                                      const NamingProposal *proposal, const AuditAct *act,
                                      GError **error);

/* ---- transact.c ---- */

/* The new address is the account's own from now on, the old one an alias until then (Unix
 * microseconds; 0: for ever). */
gboolean directory_address_give(DbConn *conn, const DirectoryAccount *account, const char *local,
                                gint64 alias_until, GError **error);

/* ---- change.c ---- */

/* What directory_account_set_state does, with this JSON in the record (NULL: only the state). */
gboolean directory_state_put(Directory *d, DbConn *conn, const char *address, DirectoryState state,
                             const char *after, const AuditAct *act, GError **error);

/* ---- password.c ---- */

typedef struct {
    const char *hash;
    gboolean must_change;
    gint64 expires; /* of a one-time one; 0: never */
    gint64 keep;    /* former ones that are kept, this account's present one included */
} DirectoryCredentialRow;
gboolean directory_credential_put(DbConn *conn, gint64 account, const DirectoryCredentialRow *row,
                                  GError **error);
/* The first one, or one that was imported: it stays until its owner changes it. */
gboolean directory_credential_set(DbConn *conn, gint64 account, const char *hash, GError **error);

/* ---- seal.c ---- */

/* STORAGE: there is no key, so nothing can be sealed or opened. */
gboolean directory_seal_ready(const Directory *d, GError **error);
/* What person.identity_hash holds for this number. */
void directory_identity_hash(const Directory *d, const char *identity,
                             guint8 out[CRYPTO_DIGEST_BYTES]);
/* Writes the sealed columns of a person; "" for what is not known. */
gboolean directory_person_seal(Directory *d, DbConn *conn, gint64 person, const char *birth,
                               const char *identity, GError **error);
/* Sets the one, leaves the other; "" takes it away (of birth only). */
gboolean directory_birth_set(Directory *d, DbConn *conn, gint64 person, const char *birth,
                             GError **error);
gboolean directory_identity_set(Directory *d, DbConn *conn, gint64 person, const char *identity,
                                GError **error);
/* A column of person.identity, to be wiped and freed; "" when it is NULL or does not open. */
char *directory_identity_open(const Directory *d, gint64 person, Bytes sealed);
/* A column of person.birth; "" when it is NULL. CORRUPT: sealed with another key. */
gboolean directory_birth_unseal(const Directory *d, gint64 person, Bytes sealed,
                                char out[PERSON_BIRTH_BYTES], GError **error);

/* ---- session.c ---- */

/* Every browser that the account has signed in is signed out. */
gboolean directory_sessions_end_in(DbConn *conn, gint64 account, GError **error);

/* ---- delegation.c ---- */

/* Marks accounts whose delegations began or ended since it was last called. */
gboolean directory_delegations_turn(Directory *d, GError **error);
/* Ends every delegation from or to this account, and marks those affected. */
gboolean directory_delegations_end(DbConn *conn, gint64 account, gint64 change, GError **error);
/* The body that a unit belongs to: itself, or what an office belongs to; 0: no such unit. */
gboolean directory_body_of(DbConn *conn, gint64 unit, gint64 *body, GError **error);

#endif
