/* The tables of mail.db. The file's versions are one sequence for three folders: bytes (blob/),
 * mailboxes (here) and the outbound queue. docs/decisions/0004-store-layout.md says why the tables
 * look as they do. */
#include "store/internal.h"

/* The queue lies above this folder, its tables in the same file; only their text is used here. */
extern const char queue_schema_v1[], queue_schema_v2[], queue_schema_v3[];

static const char store_schema_v1[] =
    "CREATE TABLE account("
    " id INTEGER PRIMARY KEY,"       /* the directory's number */
    " modseq INTEGER NOT NULL,"      /* highest given */
    " next_id INTEGER NOT NULL,"     /* of a message */
    " horizon INTEGER NOT NULL,"     /* the change log begins after this modseq */
    " quota_limit INTEGER NOT NULL," /* bytes, 0: none */
    " quota_used INTEGER NOT NULL,"  /* bytes */
    " messages INTEGER NOT NULL) STRICT;"

    "CREATE TABLE mailbox("
    " id INTEGER PRIMARY KEY AUTOINCREMENT CHECK(id < 2147483648)," /* never reused */
    " account INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " use INTEGER NOT NULL," /* StoreUse */
    " uidvalidity INTEGER NOT NULL,"
    " uidnext INTEGER NOT NULL,"
    " modseq INTEGER NOT NULL,"
    " total INTEGER NOT NULL," /* messages */
    " unseen INTEGER NOT NULL,"
    " deleted INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"    /* bytes */
    " recent INTEGER NOT NULL,"  /* UIDs from here on were claimed by nobody */
    " created INTEGER NOT NULL," /* Unix microseconds */
    " UNIQUE(account, name)) STRICT;"

    /* Deleted mailboxes whose rows are not swept yet. */
    "CREATE TABLE gone("
    " mailbox INTEGER PRIMARY KEY,"
    " at INTEGER NOT NULL) STRICT;" /* Unix microseconds */

    "CREATE TABLE message("
    " key INTEGER PRIMARY KEY," /* mailbox << 32 | uid */
    " id INTEGER NOT NULL,"     /* of the account */
    " flags INTEGER NOT NULL,"
    " modseq INTEGER NOT NULL,"
    " created_modseq INTEGER NOT NULL," /* never falls as the UID rises */
    " received INTEGER NOT NULL,"       /* Unix microseconds */
    " saved INTEGER NOT NULL,"
    " size INTEGER NOT NULL," /* bytes, prefix included */
    " blob INTEGER NOT NULL) STRICT;"

    "CREATE TABLE message_meta("
    " key INTEGER PRIMARY KEY,"
    " header_size INTEGER NOT NULL,"
    " prefix BLOB,"
    " envelope BLOB," /* NULL: this and the next two stand in blob_meta */
    " structure BLOB,"
    " preview BLOB) STRICT;"

    "CREATE TABLE blob_meta(" /* goes with its blob */
    " blob INTEGER PRIMARY KEY REFERENCES blob(id) ON DELETE CASCADE,"
    " envelope BLOB NOT NULL,"
    " structure BLOB NOT NULL,"
    " preview BLOB NOT NULL) STRICT;"

    /* Gone from the mailbox, kept for views that were not told yet; message_meta keeps its row. */
    "CREATE TABLE expunged("
    " key INTEGER PRIMARY KEY,"
    " id INTEGER NOT NULL,"
    " flags INTEGER NOT NULL,"
    " modseq INTEGER NOT NULL,"
    " received INTEGER NOT NULL,"
    " saved INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " blob INTEGER NOT NULL,"
    " at INTEGER NOT NULL) STRICT;" /* when it was expunged */

    "CREATE TABLE change("
    " account INTEGER NOT NULL,"
    " modseq INTEGER NOT NULL,"
    " mailbox INTEGER NOT NULL,"
    " kind INTEGER NOT NULL," /* 1 flags, 2 expunged */
    " at INTEGER NOT NULL,"   /* Unix microseconds */
    " uids TEXT NOT NULL,"    /* \"1:5,8\" */
    " PRIMARY KEY(account, modseq, mailbox, kind)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE keyword("
    " account INTEGER NOT NULL,"
    " bit INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " PRIMARY KEY(account, bit)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE acl("
    " account INTEGER NOT NULL,"
    " mailbox INTEGER NOT NULL," /* 0: all of the account */
    " who INTEGER NOT NULL,"
    " rights INTEGER NOT NULL,"
    " PRIMARY KEY(account, mailbox, who)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX acl_who ON acl(who, account);"

    "CREATE TABLE subscription("
    " account INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " PRIMARY KEY(account, name)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE intake("
    " id INTEGER PRIMARY KEY,"
    " session TEXT NOT NULL,"
    " door TEXT NOT NULL,"
    " sender TEXT NOT NULL,"
    " recipients TEXT NOT NULL,"
    " message_id TEXT NOT NULL,"
    " outcome TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " received INTEGER NOT NULL,"
    " submitter INTEGER NOT NULL) STRICT;"
    /* Message-IDs by hash, in chapters of consecutive intakes: a new entry falls on one of a few
     * pages, which stay in memory, and a search looks once into each chapter. */
    "CREATE TABLE intake_key("
    " chapter INTEGER NOT NULL,"
    " hash INTEGER NOT NULL,"
    " intake INTEGER NOT NULL,"
    " PRIMARY KEY(chapter, hash, intake)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE counter("
    " name TEXT PRIMARY KEY,"
    " value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO counter VALUES('uidvalidity', 0);";

/* Messages that were there before have NULL: their header is read where it is asked for. So the
 * step costs the same whatever the store holds. */
static const char store_schema_v2[] =
    "ALTER TABLE message_meta ADD COLUMN ancestry BLOB;" /* message/references.h */
    "ALTER TABLE blob_meta ADD COLUMN ancestry BLOB;";

static const char store_schema_v3[] =
    "CREATE TABLE metadata("
    " account INTEGER NOT NULL,"  /* whose it is: metadata.h */
    " mailbox INTEGER NOT NULL,"  /* 0: the server as a whole */
    " shared INTEGER NOT NULL,"   /* 0: private to the account */
    " entry TEXT NOT NULL,"       /* "/comment" */
    " sequence INTEGER NOT NULL," /* counter "metadata" when it changed */
    " value BLOB,"                /* NULL: removed */
    " PRIMARY KEY(account, mailbox, shared, entry)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX metadata_mailbox ON metadata(mailbox);"
    "CREATE INDEX metadata_sequence ON metadata(sequence);"
    "INSERT INTO counter VALUES('metadata', 0);";

extern const char store_taken_schema[];     /* taken.c */
extern const char store_forwarded_schema[]; /* forwarded.c */
extern const char store_upload_schema[];    /* upload.c */
extern const char store_object_schema[];    /* object.c */
extern const char store_evidence_schema[];  /* evidence.c */
extern const char store_signup_schema[];    /* signup.c */
extern const char store_hold_schema[];      /* hold.c */
extern const char store_withdraw_schema[];  /* withdraw.c */

/* Messages that go to everybody, account by account (delivery/mailing.h). */
static const char store_schema_v4[] =
    "CREATE TABLE mailing("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"       /* whose it is: "notice/12/begin" */
    " blob INTEGER,"                    /* held until all have it; then NULL */
    " after INTEGER NOT NULL,"          /* accounts up to this one had their turn */
    " delivered INTEGER NOT NULL,"      /* copies */
    " refused INTEGER NOT NULL,"        /* mailboxes that were full, or not there */
    " began INTEGER NOT NULL,"          /* Unix microseconds */
    " ended INTEGER NOT NULL) STRICT;"; /* 0: under way */

/* One a line, so that two that are added at once do not touch. */
/* clang-format off */
static const char *const steps[] = {
    blob_schema_v1,
    store_schema_v1,
    queue_schema_v1,
    queue_schema_v2,
    store_schema_v2,
    store_schema_v3,
    store_taken_schema,
    queue_schema_v3,
    store_forwarded_schema,
    store_schema_v4,
    store_email_schema,
    store_upload_schema,
    store_object_schema,
    store_evidence_schema,
    store_signup_schema,
    store_hold_schema,
    store_withdraw_schema,
};
/* clang-format on */

const DbSchema store_schema = {"mail", steps, G_N_ELEMENTS(steps)};
