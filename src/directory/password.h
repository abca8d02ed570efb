/* Passwords: what signs an account in, and who may set it [Điều 5.2, 12.2].
 *
 * A password is one that its owner chose, or a one-time one: made by the system, told once on a
 * slip of its own, good for nothing but setting an own one, and only for the days that the
 * regulation says. Stored is an Argon2id hash, never the password.
 *
 * What is slow (hashing, holding a new one against former ones) never runs on the writer thread:
 * it is prepared first and then given in a transaction. Where a worker of a protocol would wait
 * for it, auth/ runs it on its lane. */
#ifndef CV_DIRECTORY_PASSWORD_H
#define CV_DIRECTORY_PASSWORD_H

#include "audit/audit.h"
#include "directory/directory.h"

/* The hash that is stored: of the password composed (NFC), as the regulation counts it. Slow by
 * intent; g_free. BUSY without memory for it. */
char *directory_password_hash(Bytes password, GError **error);

/* ---- What is stored ---- */

typedef struct {
    char *hash; /* NULL: the account has no password */
    gboolean must_change;
    gint64 changed;         /* Unix microseconds */
    gint64 expires;         /* of a one-time one; 0: never */
    gint64 accepted;        /* when the owner stated to keep the regulation; 0: not yet */
    gboolean administrator; /* operates the system (role centre): other figures hold */
} DirectoryCredential;
void directory_credential_clear(DirectoryCredential *credential);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DirectoryCredential, directory_credential_clear)
/* out->hash NULL without an error: none. */
gboolean directory_credential_read(Directory *directory, gint64 account, DirectoryCredential *out,
                                   GError **error);
/* Puts a hash of the same password in the place of another system's, unless it was changed in
 * between. Nobody is told: who may sign in is the same. */
gboolean directory_credential_renew(Directory *directory, gint64 account, const char *legacy,
                                    const char *hash, GError **error);

/* ---- One-time passwords [Điều 12.2] ---- */

typedef struct {
    char *text; /* for the slip, and nowhere else */
    char *hash;
    gint64 expires; /* Unix microseconds: the end of its last day in Vietnam */
    gint64 keep;    /* former passwords that the regulation still looks at */
} DirectoryOneTime;
void directory_one_time_clear(DirectoryOneTime *one_time); /* wipes text */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DirectoryOneTime, directory_one_time_clear)
/* Makes one: readable (no letters that look alike, none that a Vietnamese keyboard would join),
 * about 45 random bits, as the regulation wants a password. Slow (one hash). BUSY, INTERNAL (a
 * regulation that no made password can fulfil). */
gboolean directory_one_time_make(const Regulation *regulation, DirectoryOneTime *out,
                                 GError **error);
/* Gives it to an account (address, or local part alone), whatever it had; inside a DbWork of
 * admin.db, so that it is one act with what the caller does there. Writes the audit record
 * "account.password" with act's ground; sessions end and remembered passwords are forgotten after
 * the commit. The same one for several accounts: never. NOT_FOUND, DENIED (a closed account). */
gboolean directory_one_time_give(Directory *directory, DbConn *conn, const char *address,
                                 const DirectoryOneTime *one_time, const AuditAct *act,
                                 GError **error);

/* ---- Setting one ---- */

/* By an operator, on act's ground: a password that its owner will have to change at the first
 * sign-in (must_change), or one that stays (services, trials). REFUSED by the regulation (Điều 5.2,
 * former ones included). Slow; waits for the flush. */
gboolean directory_account_set_password(Directory *directory, const Regulation *regulation,
                                        const char *address, Bytes password, gboolean must_change,
                                        const AuditAct *act, GError **error);
/* The same with a one-time one made before. */
gboolean directory_account_set_one_time(Directory *directory, const char *address,
                                        const DirectoryOneTime *one_time, const AuditAct *act,
                                        GError **error);
/* By its owner, who was just verified against the hash `held`. accepts: the owner states to have
 * read the regulation and to keep it, which is asked for at the first sign-in where the regulation
 * has it so [Điều 12.1]; it is put on record. refusal (may be NULL): the verdict
 * when the regulation refuses it (REFUSED); verdict_free. BUSY: it was changed in between. Slow;
 * waits for the flush. */
gboolean directory_password_change(Directory *directory, const Regulation *regulation,
                                   gint64 account, const char *held, Bytes password,
                                   gboolean accepts, const AuditAct *act, Verdict **refusal,
                                   GError **error);

/* An account was used from so many networks within so many minutes: puts it on record, by the words
 * of the verdict. Does not wait. */
void directory_record_shared(Directory *directory, const DirectoryAccount *account,
                             const Verdict *verdict, guint networks, gint64 minutes);

#endif
