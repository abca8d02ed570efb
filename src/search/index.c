/* The file: opened, made anew, thrown away; and which mailboxes it covers up to where. */
#include "search/internal.h"

#include "base/log.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

static const char schema_v1[] =
    "CREATE TABLE box("
    " mailbox INTEGER PRIMARY KEY,"
    " uidvalidity INTEGER NOT NULL,"
    " upto INTEGER NOT NULL," /* every message up to this UID is in a segment */
    " messages INTEGER NOT NULL) STRICT;"
    "CREATE TABLE segment("
    " id INTEGER PRIMARY KEY AUTOINCREMENT CHECK(id < 2147483648)," /* never reused */
    " mailbox INTEGER NOT NULL,"
    " first INTEGER NOT NULL," /* UIDs */
    " last INTEGER NOT NULL,"
    " messages INTEGER NOT NULL,"
    " places INTEGER NOT NULL,"
    " lengths BLOB NOT NULL) STRICT;" /* of the streams, 8 bytes each */
    "CREATE INDEX segment_mailbox ON segment(mailbox, first);"
    "CREATE TABLE chunk("
    " key INTEGER PRIMARY KEY," /* segment << 32 | stream << 24 | number */
    " sum INTEGER NOT NULL,"
    " bytes BLOB NOT NULL) STRICT;";
static const char *const steps[] = {schema_v1};
static const DbSchema schema = {"search", steps, G_N_ELEMENTS(steps)};

static gboolean remove_files(const char *path, GError **error) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *name = g_strconcat(path, ends[i], NULL);
        if (g_unlink(name) != 0 && g_file_test(name, G_FILE_TEST_EXISTS))
            return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot remove %s", name);
    }
    return TRUE;
}

static Db *open_file(const char *path, GError **error) {
    return db_open(path, &schema, DB_OPEN_CREATE | DB_OPEN_REBUILDABLE, error);
}

static Db *open_or_make(const char *path, GError **error) {
    g_autoptr(GError) unusable = NULL;
    Db *db = open_file(path, &unusable);
    if (db != NULL)
        return db;
    log_event(LOG_LEVEL_WARNING, "search.made_anew", "file", path, "error", unusable->message,
              NULL);
    return remove_files(path, error) ? open_file(path, error) : NULL;
}

SearchIndex *search_open(const char *path, GError **error) {
    Db *db = open_or_make(path, error);
    if (db == NULL)
        return NULL;
    SearchIndex *index = g_new0(SearchIndex, 1);
    index->path = g_strdup(path);
    index->db = db;
    g_rw_lock_init(&index->lock);
    g_mutex_init(&index->listener_lock);
    return index;
}

void search_close(SearchIndex *index) {
    if (index == NULL)
        return;
    db_close(index->db);
    g_rw_lock_clear(&index->lock);
    g_mutex_clear(&index->listener_lock);
    g_free(index->path);
    g_free(index);
}

void search_listen(SearchIndex *index, void (*lost)(gpointer data), gpointer data) {
    g_mutex_lock(&index->listener_lock);
    index->lost = lost;
    index->lost_data = data;
    g_mutex_unlock(&index->listener_lock);
}

void search_tell_lost(SearchIndex *index) {
    g_mutex_lock(&index->listener_lock);
    if (index->lost != NULL)
        index->lost(index->lost_data);
    g_mutex_unlock(&index->listener_lock);
}

gboolean search_reset(SearchIndex *index, GError **error) {
    g_rw_lock_writer_lock(&index->lock);
    db_close(g_steal_pointer(&index->db));
    if (remove_files(index->path, error))
        index->db = open_file(index->path, error);
    gboolean done = index->db != NULL;
    g_rw_lock_writer_unlock(&index->lock);
    search_tell_lost(index);
    return done;
}

Db *search_enter(SearchIndex *index, GError **error) {
    g_rw_lock_reader_lock(&index->lock);
    if (index->db != NULL)
        return index->db;
    g_rw_lock_reader_unlock(&index->lock);
    cv_fail(error, CV_ERROR_STORAGE, "%s could not be made; see the log", index->path);
    return NULL;
}

void search_leave(SearchIndex *index) {
    g_rw_lock_reader_unlock(&index->lock);
}

/* ---- Mailboxes ---- */

static SearchBox box_of(DbStmt *stmt, int column) {
    return (SearchBox){(guint32)db_column_int(stmt, column),
                       (guint32)db_column_int(stmt, column + 1), db_column_int(stmt, column + 2)};
}

gboolean search_box_read(DbConn *conn, gint64 mailbox, SearchBox *out, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT uidvalidity, upto, messages FROM box WHERE mailbox = ?");
    db_bind_int(stmt, 1, mailbox);
    DbStep step = db_step(stmt, error);
    if (step != DB_FAILED)
        *out = step == DB_ROW ? box_of(stmt, 0) : (SearchBox){0};
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean search_box_write(DbConn *conn, gint64 mailbox, const SearchBox *box, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR REPLACE INTO box VALUES (?, ?, ?, ?)");
    db_bind(stmt, "iiii", mailbox, (gint64)box->uidvalidity, (gint64)box->upto, box->messages);
    return db_run(stmt, error);
}

gboolean search_box(SearchIndex *index, gint64 mailbox, SearchBox *out, GError **error) {
    Db *db = search_enter(index, error);
    if (db == NULL)
        return FALSE;
    DbConn *conn = db_read_begin(db, error);
    gboolean read = conn != NULL && search_box_read(conn, mailbox, out, error);
    db_read_end(conn);
    search_leave(index);
    return read;
}

gboolean search_box_each(SearchIndex *index,
                         void (*each)(gint64 mailbox, const SearchBox *box, gpointer data),
                         gpointer data, GError **error) {
    Db *db = search_enter(index, error);
    if (db == NULL)
        return FALSE;
    DbConn *conn = db_read_begin(db, error);
    DbStep step = DB_FAILED;
    if (conn != NULL) {
        DbStmt *stmt = db_prepare(conn, "SELECT mailbox, uidvalidity, upto, messages FROM box"
                                        " ORDER BY mailbox");
        while ((step = db_step(stmt, error)) == DB_ROW) {
            SearchBox box = box_of(stmt, 1);
            each(db_column_int(stmt, 0), &box, data);
        }
    }
    db_read_end(conn);
    search_leave(index);
    return step == DB_DONE;
}

static gboolean drop_work(DbConn *conn, gpointer data, GError **error) {
    const gint64 *mailbox = data;
    g_autoptr(GArray) segments = search_segments(conn, *mailbox, error);
    if (segments == NULL)
        return FALSE;
    for (guint i = 0; i < segments->len; i++)
        if (!search_segment_remove(conn, g_array_index(segments, Segment, i).id, error))
            return FALSE;
    DbStmt *stmt = db_prepare(conn, "DELETE FROM box WHERE mailbox = ?");
    db_bind_int(stmt, 1, *mailbox);
    return db_run(stmt, error);
}

gboolean search_drop(SearchIndex *index, gint64 mailbox, GError **error) {
    g_autoptr(GError) failed = NULL;
    Db *db = search_enter(index, error);
    if (db == NULL)
        return FALSE;
    gboolean dropped = db_write(db, drop_work, &mailbox, &failed);
    search_leave(index);
    if (dropped)
        return TRUE;
    /* Pages that contradict themselves: nothing smaller can be taken out. */
    if (cv_error_is(failed, CV_ERROR_CORRUPT))
        return search_reset(index, error);
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}

gboolean search_status(SearchIndex *index, SearchStatus *out, GError **error) {
    Db *db = search_enter(index, error);
    if (db == NULL)
        return FALSE;
    struct stat st;
    SearchStatus status = {.bytes = stat(index->path, &st) == 0 ? (gint64)st.st_size : 0};
    DbConn *conn = db_read_begin(db, error);
    gboolean read = FALSE;
    if (conn != NULL) {
        DbStmt *stmt = db_prepare(conn, "SELECT (SELECT count(*) FROM box),"
                                        " (SELECT total(messages) FROM box),"
                                        " (SELECT count(*) FROM segment)");
        read = db_step(stmt, error) == DB_ROW;
        if (read) {
            status.mailboxes = db_column_int(stmt, 0);
            status.messages = db_column_int(stmt, 1);
            status.segments = db_column_int(stmt, 2);
            *out = status;
        }
    }
    db_read_end(conn);
    search_leave(index);
    return read;
}
