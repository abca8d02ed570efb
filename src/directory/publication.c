#include "directory/publication.h"

#include "directory/internal.h"

typedef struct {
    Directory *directory;
    const char *key; /* of the unit, or address of the account */
    const AuditAct *act;
    gint64 unit, year, entries;
    const char *text, *dated; /* document, number */
    const DirectoryStaff *staff;
} Work;

static char *json_of(const Work *work) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    if (work->year != 0)
        json_int(&w, "year", work->year);
    if (work->staff != NULL && work->staff->staff >= 0) {
        json_int(&w, "staff", work->staff->staff);
        json_int(&w, "officials", work->staff->officials);
    }
    if (work->text != NULL)
        json_text(&w, "document", work->text);
    if (work->dated != NULL)
        json_text(&w, "dated", work->dated);
    if (work->key == NULL)
        json_int(&w, "entries", work->entries);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean record(DbConn *conn, const Work *work, const char *act, const char *subject,
                       gboolean is, GError **error) {
    g_autofree char *facts = json_of(work);
    AuditChange change = {act, subject, is ? NULL : facts, is ? facts : NULL};
    return audit_append(conn, work->act, &change, NULL, error);
}

static gboolean run_one(DbStmt *stmt, DbConn *conn, gboolean *changed, GError **error) {
    if (!db_run(stmt, error))
        return FALSE;
    *changed = db_changes(conn) > 0;
    return TRUE;
}

/* ---- Exceptions ---- */

static gboolean except_work(DbConn *conn, gpointer data, GError **error) {
    const Work *work = data;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(work->directory, conn, work->key, error);
    if (account == NULL)
        return FALSE;
    gboolean changed = FALSE;
    DbStmt *stmt =
        work->text != NULL
            ? db_prepare(conn, "INSERT INTO publication_exception(account, document, since)"
                               " VALUES(?, ?, ?) ON CONFLICT DO NOTHING")
            : db_prepare(conn, "DELETE FROM publication_exception WHERE account = ?");
    db_bind_int(stmt, 1, account->id);
    if (work->text != NULL) {
        db_bind_text(stmt, 2, work->text);
        db_bind_int(stmt, 3, clock_now());
    }
    if (!run_one(stmt, conn, &changed, error))
        return FALSE;
    if (!changed)
        return cv_fail(error, work->text != NULL ? CV_ERROR_EXISTS : CV_ERROR_NOT_FOUND,
                       work->text != NULL
                           ? "%s đã được loại khỏi danh bạ công khai; it is not published already"
                           : "%s không bị loại khỏi danh bạ công khai; it is no exception",
                       account->address);
    return record(conn, work, "directory.except", account->address, work->text != NULL, error);
}

gboolean directory_except(Directory *directory, const char *address, const char *document,
                          const AuditAct *act, GError **error) {
    if (document != NULL && *document == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "chưa nêu quyết định của Thủ trưởng; say which decision: number and date");
    Work work = {.directory = directory, .key = address, .act = act, .text = document};
    return db_write(directory->db, except_work, &work, error);
}

gboolean directory_exception_each(Directory *directory,
                                  void (*each)(const DirectoryException *exception, gpointer data),
                                  gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT a.local, a.name, e.document, e.since"
                                    " FROM publication_exception e JOIN account a"
                                    " ON a.id = e.account ORDER BY a.local");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *address =
            g_strdup_printf("%s@%s", db_column_text(stmt, 0), directory->domain);
        DirectoryException exception = {address, db_column_text(stmt, 1), db_column_text(stmt, 2),
                                        db_column_int(stmt, 3)};
        each(&exception, data);
    }
    return step == DB_DONE;
}

/* ---- Publications ---- */

static gboolean published_work(DbConn *conn, gpointer data, GError **error) {
    const Work *work = data;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO publication(unit, published, entries)"
                                    " VALUES(?1, ?2, ?3) ON CONFLICT(unit)"
                                    " DO UPDATE SET published = ?2, entries = ?3");
    db_bind(stmt, "iii", work->unit, clock_now(), work->entries);
    if (!db_run(stmt, error))
        return FALSE;
    g_autoptr(DirectoryUnit) unit =
        work->unit == 0 ? NULL : directory_unit_in(conn, work->unit, error);
    if (work->unit != 0 && unit == NULL)
        return FALSE;
    g_autofree char *subject =
        unit == NULL ? g_strdup(work->directory->domain)
                     : g_strdup_printf("%s@%s", unit->address, work->directory->domain);
    return record(conn, work, "directory.publish", subject, TRUE, error);
}

gboolean directory_published(Directory *directory, gint64 unit, gint64 entries, const AuditAct *act,
                             GError **error) {
    Work work = {.directory = directory, .unit = unit, .entries = entries, .act = act};
    return db_write(directory->db, published_work, &work, error);
}

gboolean directory_publication_each(Directory *directory,
                                    void (*each)(gint64 unit, gint64 published, gpointer data),
                                    gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT unit, published FROM publication ORDER BY unit");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), db_column_int(stmt, 1), data);
    return step == DB_DONE;
}

/* ---- Reports ---- */

static gboolean check_year(gint64 year, GError **error) {
    return (year >= 2000 && year <= 2199) ||
           cv_fail(error, CV_ERROR_INPUT,
                   "năm %" G_GINT64_FORMAT " không hợp lệ; the year is out of range", year);
}

static gboolean nothing_there(const char *unit, GError **error) {
    return cv_fail(error, CV_ERROR_NOT_FOUND,
                   "chưa ghi nhận gì của %s cho năm này; nothing was recorded for it this year",
                   unit);
}

static gboolean staff_work(DbConn *conn, gpointer data, GError **error) {
    const Work *work = data;
    g_autoptr(DirectoryUnit) unit = directory_unit_find_in(work->directory, conn, work->key, error);
    if (unit == NULL)
        return FALSE;
    gboolean changed = FALSE, is = work->staff->staff >= 0;
    DbStmt *stmt =
        is ? db_prepare(conn,
                        "INSERT INTO report_staff(unit, year, staff, officials, document, told)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(unit, year) DO UPDATE"
                        " SET staff = ?3, officials = ?4, document = ?5, told = ?6")
           : db_prepare(conn, "DELETE FROM report_staff WHERE unit = ?1 AND year = ?2");
    db_bind_int(stmt, 1, unit->id);
    db_bind_int(stmt, 2, work->year);
    if (is) {
        db_bind_int(stmt, 3, work->staff->staff);
        db_bind_int(stmt, 4, work->staff->officials);
        db_bind_text(stmt, 5, work->staff->document);
        db_bind_int(stmt, 6, clock_now());
    }
    g_autofree char *subject = g_strdup_printf("%s@%s", unit->address, work->directory->domain);
    return run_one(stmt, conn, &changed, error) && (changed || nothing_there(unit->name, error)) &&
           record(conn, work, "report.staff", subject, is, error);
}

gboolean directory_report_staff(Directory *directory, const char *unit, gint64 year,
                                const DirectoryStaff *staff, const AuditAct *act, GError **error) {
    if (!check_year(year, error))
        return FALSE;
    if (staff->staff >= 0 && (staff->officials < 0 || staff->officials > staff->staff))
        return cv_fail(error, CV_ERROR_INPUT,
                       "số cán bộ, công chức, viên chức phải từ 0 đến tổng số; the officials are "
                       "part of the staff");
    Work work = {.directory = directory, .key = unit, .year = year, .act = act, .staff = staff};
    return db_write(directory->db, staff_work, &work, error);
}

gboolean directory_report_staff_each(Directory *directory, gint64 year,
                                     void (*each)(gint64 unit, const DirectoryStaff *staff,
                                                  gpointer data),
                                     gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "SELECT unit, staff, officials, document FROM report_staff WHERE year = ?");
    db_bind(stmt, "i", year);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryStaff staff = {db_column_int(stmt, 1), db_column_int(stmt, 2),
                                db_column_text(stmt, 3)};
        each(db_column_int(stmt, 0), &staff, data);
    }
    return step == DB_DONE;
}

static gboolean sent_work(DbConn *conn, gpointer data, GError **error) {
    const Work *work = data;
    g_autoptr(DirectoryUnit) unit = directory_unit_find_in(work->directory, conn, work->key, error);
    if (unit == NULL)
        return FALSE;
    gboolean changed = FALSE, is = work->text != NULL;
    DbStmt *stmt =
        is ? db_prepare(conn, "INSERT INTO report_sent(unit, year, number, dated, recorded)"
                              " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(unit, year) DO UPDATE"
                              " SET number = ?3, dated = ?4, recorded = ?5")
           : db_prepare(conn, "DELETE FROM report_sent WHERE unit = ?1 AND year = ?2");
    db_bind_int(stmt, 1, unit->id);
    db_bind_int(stmt, 2, work->year);
    if (is) {
        db_bind_text(stmt, 3, work->text);
        db_bind_text(stmt, 4, work->dated);
        db_bind_int(stmt, 5, clock_now());
    }
    g_autofree char *subject = g_strdup_printf("%s@%s", unit->address, work->directory->domain);
    return run_one(stmt, conn, &changed, error) && (changed || nothing_there(unit->name, error)) &&
           record(conn, work, "report.sent", subject, is, error);
}

gboolean directory_report_sent(Directory *directory, const char *unit, gint64 year,
                               const char *number, const char *dated, const AuditAct *act,
                               GError **error) {
    if (!check_year(year, error))
        return FALSE;
    if (number != NULL && *number == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "chưa nêu số của báo cáo; say the report's number and sign");
    Work work = {.directory = directory,
                 .key = unit,
                 .year = year,
                 .act = act,
                 .text = number,
                 .dated = dated};
    return db_write(directory->db, sent_work, &work, error);
}

gboolean directory_report_each(Directory *directory, gint64 year,
                               void (*each)(const DirectoryReport *report, gpointer data),
                               gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT unit, number, dated, recorded FROM report_sent WHERE year = ?");
    db_bind(stmt, "i", year);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryReport report = {db_column_int(stmt, 0), db_column_text(stmt, 1),
                                  db_column_text(stmt, 2), db_column_int(stmt, 3)};
        each(&report, data);
    }
    return step == DB_DONE;
}
