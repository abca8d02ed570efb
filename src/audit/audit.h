/* Audit: who did what, when, on whose request, and what it was before and after; in admin.db.
 *
 * Append-only and chained: the hash of a record is BLAKE2b-256 over its fields, keyed with the hash
 * of the record before it, so a record cannot be changed, left out or moved without breaking every
 * later one. Only the end could be cut off unseen: whoever keeps a number and its hash elsewhere
 * (`audit verify` prints them) sees that too. A record is written in the transaction of the act it
 * tells of. Personal identity numbers, birth dates and passwords never go in [Điều 12.4].
 *
 * The calls run inside a transaction of the caller. */
#ifndef CV_AUDIT_AUDIT_H
#define CV_AUDIT_AUDIT_H

#include "base/crypto.h"
#include "db/db.h"

extern const char audit_schema_v1[]; /* part of the schema of admin.db */

/* By whom and why; handed down to whatever changes something. */
typedef struct {
    const char *who;    /* "root (uid 0)", or an administrator's address */
    const char *ground; /* request or lawful ground [Điều 4.1]; "" for acts that need none */
} AuditAct;

typedef struct {
    const char *act;     /* "account.create" */
    const char *subject; /* address of an account or of a unit: what was acted upon */
    const char *before;  /* JSON, or NULL when there was nothing */
    const char *after;   /* JSON, or NULL when nothing is left */
} AuditChange;

/* Inside a DbWork. seq (may be NULL) is the record's number: 1, 2, 3 … without a gap. */
gboolean audit_append(DbConn *conn, const AuditAct *act, const AuditChange *change, gint64 *seq,
                      GError **error);

typedef struct {
    gint64 seq;
    gint64 time; /* Unix microseconds */
    AuditAct by;
    AuditChange change;
    guint8 hash[CRYPTO_DIGEST_BYTES];
} AuditRecord;

/* FALSE stops the walk, which is no error. Strings are valid during the call only. */
typedef gboolean (*AuditEach)(const AuditRecord *record, gpointer data);
/* The newest first, at most limit (0: all). subject NULL: all; else only that one's. */
gboolean audit_each(DbConn *conn, const char *subject, guint limit, AuditEach each, gpointer data,
                    GError **error);

/* Which records; NULL, "" and 0: any. */
typedef struct {
    const char *subject; /* exactly */
    const char *who;     /* exactly */
    const char *act;     /* "account.lock", or its beginning: "account." */
    const char *text;    /* somewhere in ground, before or after */
    gint64 since, until; /* Unix microseconds: from, and before */
    gboolean oldest;     /* first; else the newest */
    guint limit;         /* 0: all */
} AuditFilter;
gboolean audit_search(DbConn *conn, const AuditFilter *filter, AuditEach each, gpointer data,
                      GError **error);
/* 64 hexadecimal digits; g_free. */
char *audit_hash_text(const guint8 hash[CRYPTO_DIGEST_BYTES]);

typedef struct {
    gint64 records;                   /* in all */
    guint8 head[CRYPTO_DIGEST_BYTES]; /* hash of the last one; zeros when there is none */
    gint64 broken;                    /* number of the first record that does not fit, or 0 */
} AuditState;

/* Walks the whole chain. check_seq and check_hash (0 and NULL: none): a number and hash that were
 * kept elsewhere; when they are not in the trail, broken is check_seq. progress may be NULL. */
gboolean audit_verify(DbConn *conn, gint64 check_seq, const guint8 *check_hash, AuditState *out,
                      void (*progress)(gint64 done, gint64 all, gpointer data), gpointer data,
                      GError **error);

#endif
