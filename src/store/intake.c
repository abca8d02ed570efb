/* The record of what came in and where it went, which `trace` reads. It is appended to inside each
 * delivery's transaction, so it costs little there: one row at the end of a table and one small
 * entry for the Message-ID. */
#include "store/internal.h"

#include "base/crypto.h"

static gint64 chapter_of(gint64 id) {
    return id >> STORE_CHAPTER_BITS;
}

/* 31 bits, so that an entry is short; the text decides in the end. */
static gint64 hash_of(const char *message_id) {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    crypto_digest(bytes_of_string(message_id), digest);
    return ((gint64)digest[0] << 23) | ((gint64)digest[1] << 15) | ((gint64)digest[2] << 7) |
           (digest[3] >> 1);
}

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

gboolean store_intake_add(Store *store, DbConn *conn, const StoreIntake *intake, gint64 *id,
                          GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO intake(session, door, sender, recipients,"
                                    " message_id, outcome, size, received, submitter, blob)"
                                    " VALUES(?,?,?,?,?,?,?,?,?,?)");
    db_bind(stmt, "ttttttiiii", or_empty(intake->session), or_empty(intake->door),
            or_empty(intake->sender), or_empty(intake->recipients), or_empty(intake->message_id),
            or_empty(intake->outcome), (gint64)intake->size, intake->received, intake->submitter,
            (gint64)intake->blob);
    if (!db_run(stmt, error))
        return FALSE;
    gint64 made = db_last_insert_id(conn);
    if (intake->message_id != NULL && intake->message_id[0] != '\0') {
        stmt = db_prepare(conn, "INSERT INTO intake_key(chapter, hash, intake) VALUES(?,?,?)");
        db_bind(stmt, "iii", chapter_of(made), hash_of(intake->message_id), made);
        if (!db_run(stmt, error))
            return FALSE;
    }
    *id = made;
    return TRUE;
}

/* ---- Finding ---- */

#define INTAKE_COLUMNS                                                                             \
    "id, session, door, sender, recipients, message_id, outcome, size, received, submitter, blob"

typedef struct {
    DbConn *conn;
    const char *what;
    guint left; /* how many may still be given */
    void (*each)(gint64 id, const StoreIntake *intake, gpointer data);
    gpointer data;
} Find;

static void give(Find *find, DbStmt *stmt) {
    StoreIntake intake = {
        .session = db_column_text(stmt, 1),
        .door = db_column_text(stmt, 2),
        .sender = db_column_text(stmt, 3),
        .recipients = db_column_text(stmt, 4),
        .message_id = db_column_text(stmt, 5),
        .outcome = db_column_text(stmt, 6),
        .size = (guint64)db_column_int(stmt, 7),
        .received = db_column_int(stmt, 8),
        .submitter = db_column_int(stmt, 9),
        .blob = db_column_int(stmt, 10),
    };
    find->each(db_column_int(stmt, 0), &intake, find->data);
    find->left--;
}

static gboolean give_one(Find *find, gint64 id, const char *message_id, GError **error) {
    DbStmt *stmt = db_prepare(find->conn, "SELECT " INTAKE_COLUMNS " FROM intake WHERE id = ?");
    db_bind_int(stmt, 1, id);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW && (message_id == NULL || g_str_equal(db_column_text(stmt, 5), message_id)))
        give(find, stmt);
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean last_id(DbConn *conn, gint64 *first, gint64 *last, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT (SELECT min(id) FROM intake), (SELECT max(id) FROM"
                                    " intake)");
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    *first = db_column_int(stmt, 0); /* NULL reads as 0 */
    *last = db_column_int(stmt, 1);
    db_reset(stmt);
    return TRUE;
}

static gboolean find_message_id(Find *find, const char *message_id, GError **error) {
    gint64 first, last;
    if (!last_id(find->conn, &first, &last, error))
        return FALSE;
    gint64 hash = hash_of(message_id);
    for (gint64 chapter = chapter_of(last);
         chapter >= chapter_of(first) && last > 0 && find->left > 0; chapter--) {
        DbStmt *stmt = db_prepare(find->conn, "SELECT intake FROM intake_key WHERE chapter = ? AND"
                                              " hash = ? ORDER BY intake DESC");
        db_bind(stmt, "ii", chapter, hash);
        DbStep step;
        while ((step = db_step(stmt, error)) == DB_ROW && find->left > 0)
            if (!give_one(find, db_column_int(stmt, 0), message_id, error))
                return FALSE;
        db_reset(stmt);
        if (step == DB_FAILED)
            return FALSE;
    }
    return TRUE;
}

/* One of the words of `text`, ASCII case aside. */
static gboolean has_address(const char *text, const char *address) {
    gsize n = strlen(address);
    for (const char *at = text; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (g_ascii_strncasecmp(at, address, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
            return TRUE;
    }
    return FALSE;
}

/* The lines of an outcome begin with a recipient each; `recipients` may have been cut. */
static gboolean has_recipient(const char *outcome, const char *address) {
    gsize n = strlen(address);
    for (const char *at = outcome; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (g_ascii_strncasecmp(at, address, n) == 0 && at[n] == ' ')
            return TRUE;
    }
    return FALSE;
}

/* Newest first; the table is the index. */
static gboolean find_address(Find *find, GError **error) {
    DbStmt *stmt = db_prepare(find->conn, "SELECT " INTAKE_COLUMNS " FROM intake ORDER BY id DESC");
    DbStep step = DB_DONE;
    while (find->left > 0 && (step = db_step(stmt, error)) == DB_ROW)
        if (has_address(db_column_text(stmt, 3), find->what) ||
            has_address(db_column_text(stmt, 4), find->what) ||
            has_recipient(db_column_text(stmt, 6), find->what))
            give(find, stmt);
    db_reset(stmt);
    return step != DB_FAILED;
}

/* A line of the outcome that ends in this number of the queue. */
static gboolean has_entry(const char *outcome, gint64 entry) {
    char wanted[40];
    g_snprintf(wanted, sizeof wanted, " queue=%" G_GINT64_FORMAT "\n", entry);
    g_autofree char *whole = g_strconcat(outcome, "\n", NULL);
    return strstr(whole, wanted) != NULL;
}

static gboolean fits(const StoreIntakeFilter *filter, DbStmt *stmt) {
    gint64 received = db_column_int(stmt, 8);
    const char *outcome = db_column_text(stmt, 6), *who = filter->address;
    return received >= filter->since && (filter->until == 0 || received < filter->until) &&
           (filter->session == NULL || g_str_equal(db_column_text(stmt, 1), filter->session)) &&
           (filter->entry == 0 || has_entry(outcome, filter->entry)) &&
           (who == NULL || has_address(db_column_text(stmt, 3), who) ||
            has_address(db_column_text(stmt, 4), who) || has_recipient(outcome, who) ||
            g_str_equal(db_column_text(stmt, 5), who));
}

/* Received long before what is looked for, and so is all that was received earlier: a clock may
 * have jumped, but not by more than a day without anybody's notice. */
static gboolean is_past(const StoreIntakeFilter *filter, DbStmt *stmt) {
    const gint64 day = G_GINT64_CONSTANT(24) * 3600 * G_USEC_PER_SEC;
    return filter->since != 0 && db_column_int(stmt, 8) < filter->since - day;
}

gboolean store_intake_search(DbConn *conn, const StoreIntakeFilter *filter, guint limit,
                             void (*each)(gint64 id, const StoreIntake *intake, gpointer data),
                             gpointer data, GError **error) {
    Find find = {conn, NULL, limit, each, data};
    DbStmt *stmt = db_prepare(conn, "SELECT " INTAKE_COLUMNS " FROM intake ORDER BY id DESC");
    DbStep step = DB_DONE;
    while (find.left > 0 && (step = db_step(stmt, error)) == DB_ROW && !is_past(filter, stmt))
        if (fits(filter, stmt))
            give(&find, stmt);
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean store_intake_find(Store *store, DbConn *conn, const char *what, guint limit,
                           void (*each)(gint64 id, const StoreIntake *intake, gpointer data),
                           gpointer data, GError **error) {
    Find find = {conn, what, limit, each, data};
    guint64 id;
    if (bytes_parse_u64(bytes_of_string(what), &id))
        return id > G_MAXINT64 || limit == 0 || give_one(&find, (gint64)id, NULL, error);
    Bytes bare = bytes_strip(bytes_of_string(what));
    if (bare.n > 1 && bare.p[0] == '<' && bare.p[bare.n - 1] == '>')
        bare = bytes_slice(bare, 1, bare.n - 2);
    g_autofree char *text = bytes_dup_string(bare);
    if (text[0] == '\0')
        return TRUE;
    find.what = text;
    /* An address and a Message-ID look alike: the quick search first. */
    return find_message_id(&find, text, error) && (find.left < limit || find_address(&find, error));
}
