#include "directory/people.h"

#include "directory/internal.h"

static DirectoryPerson person_of_row(DbStmt *stmt) {
    return (DirectoryPerson){
        .person = db_column_int(stmt, 0),
        .unit = db_column_int(stmt, 1),
        .name = db_column_text(stmt, 2),
        .given = db_column_text(stmt, 3),
        .title = db_column_text(stmt, 4),
        .category = db_column_text(stmt, 5),
        .account = db_column_int(stmt, 6),
        .local = db_column_text(stmt, 7),
        .state = (DirectoryState)db_column_int(stmt, 8),
        .created = db_column_int(stmt, 9),
        .state_since = db_column_int(stmt, 10),
        .excepted = db_column_int(stmt, 11) != 0,
    };
}

gboolean directory_people_each(Directory *directory, DirectoryPersonEach each, gpointer data,
                               GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "SELECT 0, a.unit, a.name, '', '', '', a.id, a.local, a.state, a.created,"
              " a.state_since, e.account IS NOT NULL FROM account a"
              " LEFT JOIN publication_exception e ON e.account = a.id WHERE a.kind = 0"
              " UNION ALL SELECT p.id, p.unit, p.name, p.given, p.title, p.category,"
              " ifnull(a.id, 0), ifnull(a.local, ''), ifnull(a.state, 0), ifnull(a.created, 0),"
              " ifnull(a.state_since, 0), e.account IS NOT NULL FROM person p"
              " LEFT JOIN account a ON a.person = p.id"
              " LEFT JOIN publication_exception e ON e.account = a.id ORDER BY 1, 7");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryPerson person = person_of_row(stmt);
        each(&person, data);
    }
    return step == DB_DONE;
}

static void reader_clear(gpointer reader) {
    g_free(((DirectoryReader *)reader)->address);
}

GArray *directory_readers(Directory *directory, gint64 after, guint limit, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory->db, error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GArray) readers = g_array_new(FALSE, FALSE, sizeof(DirectoryReader));
    g_array_set_clear_func(readers, reader_clear);
    DbStmt *stmt = db_prepare(conn, "SELECT id, local FROM account WHERE id > ? AND state = ?"
                                    " AND kind <> ? ORDER BY id LIMIT ?");
    db_bind(stmt, "iiii", after, (gint64)DIRECTORY_ACTIVE, (gint64)DIRECTORY_SERVICE,
            (gint64)limit);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryReader reader = {db_column_int(stmt, 0), g_strconcat(db_column_text(stmt, 1), "@",
                                                                      directory->domain, NULL)};
        g_array_append_val(readers, reader);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&readers);
}
