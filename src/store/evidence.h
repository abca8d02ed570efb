/* Evidence: messages kept as evidence of a case [Điều 8, 12.3], apart from every mailbox: what a
 * person forwarded to the report address, a copy of a message in a mailbox, a file that an operator
 * gives. The bytes are a blob, shared with the mailboxes that have the message, and stay when it is
 * deleted there.
 *
 * A row waits until casework/ has put it into a case (in admin.db), and is marked then: no act
 * spans the two files. What is put in a case twice after a crash in between, casework/ recognises
 * by the row's number. */
#ifndef CV_STORE_EVIDENCE_H
#define CV_STORE_EVIDENCE_H

#include "store/store.h"

typedef struct {
    gint64 id;
    BlobId blob;
    guint64 size;        /* bytes, prefix included */
    Bytes prefix;        /* header lines in front of the blob's bytes */
    gint64 reporter;     /* account of who gave it; 0: the operator */
    const char *address; /* who is answered by mail; "": nobody */
    const char *kind;    /* word for the kind of incident; "": not said */
    const char *what;    /* in the reporter's words, or "" */
    gint64 wanted;       /* the case that it belongs to; 0: perhaps a new one */
    gint64 received;     /* Unix microseconds */
    gint64 incident;     /* the case that has it; 0: none yet */
} StoreEvidence;

/* Inside a DbWork, where the caller has counted the blob's reference. id, incident: the row's. */
gboolean store_evidence_add(DbConn *conn, const StoreEvidence *evidence, gint64 *id,
                            GError **error);
/* A copy of a message of one of the account's own mailboxes; blob, size and prefix are that
 * message's. NOT_FOUND: there is no such mailbox or message. */
gboolean store_evidence_copy(Store *store, gint64 account, const char *mailbox, guint32 uid,
                             const StoreEvidence *evidence, gint64 *id, GError **error);
/* Bytes of any kind. */
gboolean store_evidence_file(Store *store, Bytes file, const StoreEvidence *evidence, gint64 *id,
                             GError **error);

/* Numbers (gint64) of those that wait, the oldest first, at most `most`; g_array_unref. */
GArray *store_evidence_waiting(Store *store, guint most, GError **error);
/* One with its bytes, prefix in front. Clear *out in any case. NOT_FOUND. */
typedef struct {
    StoreEvidence row;
    Buffer bytes;
    char *address, *kind, *what;
} StoreEvidenceRead;
gboolean store_evidence_read(Store *store, gint64 id, StoreEvidenceRead *out, GError **error);
void store_evidence_clear(StoreEvidenceRead *evidence);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StoreEvidenceRead, store_evidence_clear)
/* Inside a DbWork: the case has it. */
gboolean store_evidence_taken(DbConn *conn, gint64 id, gint64 incident, GError **error);

#endif
