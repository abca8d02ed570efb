/* Guard: a message that bears the stamp of a state secret is refused, counted and put on record
 * before anything of it is kept [Điều 6.1]. The record has the rule, the place and a keyed hash of
 * the bytes, with which a document at hand can be told to be the one; never the text, the subject
 * or the name of a file. */
#ifndef CV_SECRET_GUARD_H
#define CV_SECRET_GUARD_H

#include "directory/directory.h"
#include "secret/scan.h"

typedef struct {
    Bytes message;
    Bytes structure; /* its part map */
    gsize header_bytes;
    const char *door; /* "submissions", "imap", "jmap", "import", "smtp" */
    gint64 account;   /* who sends or keeps it; 0: nobody of ours */
} SecretMail;

/* Judges what somebody of ours sends or keeps. TRUE with *refusal NULL: it may go on; with a
 * verdict (the caller's): it is refused and on record. FALSE: the record cannot be written, so
 * nothing may be done now. Waits for a flush when there is a stamp: never on the writer thread. */
gboolean secret_guard(Directory *directory, const Regulation *regulation, const SecretMail *mail,
                      Verdict **refusal, GError **error);

/* The record of a message that was frozen where it arrived, as JSON for the trail; g_free. */
char *secret_record(Directory *directory, const SecretMail *mail, const SecretFound *found);
/* Counts one that was frozen. */
void secret_count_frozen(void);

#endif
