#include "directory/role.h"

#include "directory/internal.h"

#include <string.h>

static const char *const role_names[ROLES] = {"department", "centre", "focal", "head", "person"};
static const char *const role_names_vi[ROLES] = {"cơ quan quản lý", "đơn vị quản trị, vận hành",
                                                 "đầu mối tổng hợp của đơn vị",
                                                 "Thủ trưởng cơ quan, đơn vị", "người dùng"};

#define MAY(role) (1u << (role))
#define EVERYBODY (MAY(ROLES) - 1)

/* The matrix. What is not here is not allowed. */
static const struct {
    const char *name;
    const char *article;
    guint roles;
} actions[ACTIONS] = {
    [ACTION_OWN_READ] = {"own.read", "Điều 12.1", EVERYBODY},
    [ACTION_OWN_CHANGE] = {"own.change", "Điều 12.1", EVERYBODY},
    [ACTION_UNIT_READ] = {"unit.read", "Điều 11.1", EVERYBODY},
    [ACTION_UNIT_CHANGE] = {"unit.change", "Điều 10.2.a", MAY(ROLE_CENTRE)},
    [ACTION_ACCOUNT_READ] = {"account.read", "Điều 10.2.c",
                             MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE) | MAY(ROLE_FOCAL) |
                                 MAY(ROLE_HEAD)},
    [ACTION_ACCOUNT_CHANGE] = {"account.change", "Điều 4.1", MAY(ROLE_CENTRE)},
    [ACTION_ACCOUNT_DELEGATE] = {"account.delegate", "Điều 6.2", MAY(ROLE_CENTRE) | MAY(ROLE_HEAD)},
    [ACTION_REQUEST_READ] = {"request.read", "Điều 4.2.a",
                             MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE) | MAY(ROLE_FOCAL) |
                                 MAY(ROLE_HEAD)},
    [ACTION_REQUEST_FILE] = {"request.file", "Điều 4.2.a", MAY(ROLE_CENTRE) | MAY(ROLE_FOCAL)},
    [ACTION_REQUEST_DECIDE] = {"request.decide", "Điều 4.1", MAY(ROLE_CENTRE)},
    [ACTION_DIRECTORY_EXCEPT] = {"directory.except", "Điều 11.1",
                                 MAY(ROLE_CENTRE) | MAY(ROLE_HEAD)},
    [ACTION_REPORT_READ] = {"report.read", "Điều 11.2",
                            MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE) | MAY(ROLE_FOCAL) |
                                MAY(ROLE_HEAD)},
    [ACTION_REPORT_RECORD] = {"report.record", "Điều 11.2",
                              MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE)},
    [ACTION_NOTICE_READ] = {"notice.read", "Điều 10.2.b", EVERYBODY},
    [ACTION_NOTICE_CHANGE] = {"notice.change", "Điều 10.2.b", MAY(ROLE_CENTRE)},
    [ACTION_INCIDENT_REPORT] = {"incident.report", "Điều 12.3", EVERYBODY},
    [ACTION_INCIDENT_READ] = {"incident.read", "Điều 12.3",
                              MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE) | MAY(ROLE_HEAD)},
    [ACTION_INCIDENT_HANDLE] = {"incident.handle", "Điều 12.3", MAY(ROLE_CENTRE)},
    [ACTION_INCIDENT_EXPORT] = {"incident.export", "Điều 11.5", MAY(ROLE_CENTRE)},
    [ACTION_MESSAGE_FIND] = {"message.find", "Điều 10.1.c",
                             MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE)},
    [ACTION_MESSAGE_TAKE] = {"message.take", "Điều 8.1", MAY(ROLE_CENTRE)},
    [ACTION_HOLD_READ] = {"hold.read", "Điều 10.1.c", MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE)},
    [ACTION_HOLD_CHANGE] = {"hold.change", "Điều 10.1.c", MAY(ROLE_CENTRE)},
    [ACTION_ACCESS_READ] = {"access.read", "Điều 10.1.c",
                            MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE) | MAY(ROLE_HEAD)},
    [ACTION_ACCESS_ASK] = {"access.ask", "Điều 10.1.c", MAY(ROLE_CENTRE) | MAY(ROLE_HEAD)},
    [ACTION_ACCESS_DECIDE] = {"access.decide", "Điều 10.1.c",
                              MAY(ROLE_DEPARTMENT) | MAY(ROLE_HEAD)},
    [ACTION_AUDIT_EXPORT] = {"audit.export", "Điều 10.1.c",
                             MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE)},
    [ACTION_AUDIT_READ] = {"audit.read", "Điều 10.1.c", MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE)},
    [ACTION_ROLE_READ] = {"role.read", "Điều 10.2.c", MAY(ROLE_DEPARTMENT) | MAY(ROLE_CENTRE)},
    [ACTION_ROLE_CHANGE] = {"role.change", "Điều 10.2.c", MAY(ROLE_CENTRE)},
};

static gboolean is_for_everything(DirectoryRole role) {
    return role == ROLE_DEPARTMENT || role == ROLE_CENTRE;
}

gboolean directory_role_find(const char *name, DirectoryRole *role) {
    for (int i = 0; i < ROLE_PERSON; i++) {
        if (!g_str_equal(name, role_names[i]))
            continue;
        *role = (DirectoryRole)i;
        return TRUE;
    }
    return FALSE;
}

const char *directory_role_name(DirectoryRole role) {
    return role_names[role];
}

const char *directory_action_name(DirectoryAction action) {
    return actions[action].name;
}

/* ---- Asking ---- */

/* Does the grant reach the unit: is it the granted one, or below it? */
static gboolean reaches(DbConn *conn, gint64 granted, gint64 unit, gboolean *yes, GError **error) {
    DbStmt *stmt = db_prepare(
        conn,
        "WITH RECURSIVE above(id, parent, depth) AS ("
        " SELECT id, parent, 0 FROM unit WHERE id = ?1"
        " UNION ALL SELECT u.id, u.parent, depth + 1 FROM unit u JOIN above"
        " ON u.id = above.parent WHERE depth < 32) SELECT 1 FROM above WHERE id = ?2 LIMIT 1");
    db_bind(stmt, "ii", unit, granted);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *yes = step == DB_ROW;
    return step != DB_FAILED;
}

typedef struct {
    DirectoryRole role;
    gint64 unit; /* 0: everything */
} Grant;

static GArray *grants_of(DbConn *conn, gint64 account, GError **error) {
    GArray *grants = g_array_new(FALSE, FALSE, sizeof(Grant));
    DbStmt *stmt =
        db_prepare(conn, "SELECT r.role, r.unit FROM role r JOIN account a ON a.id = r.account"
                         " WHERE r.account = ? AND a.state = ?");
    db_bind(stmt, "ii", account, (gint64)DIRECTORY_ACTIVE);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Grant grant = {(DirectoryRole)db_column_int(stmt, 0), db_column_int(stmt, 1)};
        g_array_append_val(grants, grant);
    }
    if (step == DB_FAILED)
        g_clear_pointer(&grants, g_array_unref);
    return grants;
}

static gboolean deny(DirectoryAction action, GError **error) {
    g_autoptr(GString) who = g_string_new(NULL), roles = g_string_new(NULL);
    for (int i = 0; i < ROLES; i++) {
        if ((actions[action].roles & MAY(i)) == 0)
            continue;
        g_string_append_printf(who, "%s%s", who->len == 0 ? "" : "; ", role_names_vi[i]);
        g_string_append_printf(roles, "%s%s", roles->len == 0 ? "" : ", ", role_names[i]);
    }
    return cv_fail(error, CV_ERROR_DENIED,
                   "việc này dành cho: %s, trong phạm vi được giao (%s); %s is for: %s, within "
                   "their units",
                   who->str, actions[action].article, actions[action].name, roles->str);
}

static gboolean may(Directory *d, gint64 account, DirectoryAction action, gint64 unit,
                    gboolean somewhere, GError **error) {
    guint roles = actions[action].roles;
    if (roles & MAY(ROLE_PERSON))
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    g_autoptr(GArray) grants = conn == NULL ? NULL : grants_of(conn, account, error);
    if (grants == NULL)
        return FALSE;
    for (guint i = 0; i < grants->len; i++) {
        const Grant *grant = &g_array_index(grants, Grant, i);
        if ((roles & MAY(grant->role)) == 0)
            continue;
        gboolean within = grant->unit == 0 || somewhere;
        if (!within && unit != 0 && !reaches(conn, grant->unit, unit, &within, error))
            return FALSE;
        if (within)
            return TRUE;
    }
    return deny(action, error);
}

gboolean directory_may(Directory *d, gint64 account, DirectoryAction action, gint64 unit,
                       GError **error) {
    return may(d, account, action, unit, FALSE, error);
}

gboolean directory_may_somewhere(Directory *d, gint64 account, DirectoryAction action,
                                 GError **error) {
    return may(d, account, action, 0, TRUE, error);
}

/* ---- Granting ---- */

typedef struct {
    Directory *directory;
    const DirectoryNewRole *role;
    const AuditAct *act;
} Change;

typedef struct {
    DirectoryAccount *account;
    gint64 unit;
    char *json;
} Resolved;

static void resolved_clear(Resolved *resolved) {
    directory_account_free(resolved->account);
    g_free(resolved->json);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Resolved, resolved_clear)

static char *json_of(const DirectoryNewRole *role, const char *unit) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "role", role_names[role->role]);
    json_text(&w, "unit", unit);
    if (role->document != NULL)
        json_text(&w, "document", role->document);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean resolve(const Change *c, DbConn *conn, Resolved *out, GError **error) {
    const DirectoryNewRole *role = c->role;
    gboolean everything = is_for_everything(role->role);
    if (role->role == ROLE_PERSON || everything != (role->unit == NULL || *role->unit == '\0'))
        return cv_fail(error, CV_ERROR_INPUT,
                       everything
                           ? "vai trò này có phạm vi toàn tỉnh, không ghi đơn vị; %s reaches "
                             "everything: give no unit"
                           : "vai trò này cần một đơn vị; %s needs a unit",
                       role_names[role->role]);
    out->account = directory_account_find_in(c->directory, conn, role->account, error);
    if (out->account == NULL)
        return FALSE;
    if (out->account->kind != DIRECTORY_PERSON)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s không phải tài khoản cá nhân; only a person can have a role",
                       out->account->address);
    g_autoptr(DirectoryUnit) unit =
        everything ? NULL : directory_unit_find_in(c->directory, conn, role->unit, error);
    if (!everything && unit == NULL)
        return FALSE;
    out->unit = unit == NULL ? 0 : unit->id;
    out->json = json_of(role, unit == NULL ? NULL : unit->address);
    return TRUE;
}

static gboolean give(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    g_auto(Resolved) r = {0};
    if (c->role->document == NULL || *c->role->document == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần số, ngày của quyết định giao vai trò; a role needs the decision's "
                       "number and date");
    if (!resolve(c, conn, &r, error))
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "INSERT INTO role(account, role, unit, document, since) VALUES(?, ?, ?, ?, ?)");
    db_bind(stmt, "iiiti", r.account->id, (gint64)c->role->role, r.unit, c->role->document,
            clock_now());
    g_autoptr(GError) failure = NULL;
    if (!db_run(stmt, &failure)) {
        if (cv_error_is(failure, CV_ERROR_EXISTS))
            return cv_fail(error, CV_ERROR_EXISTS, "%s đã có vai trò này; %s has this role already",
                           r.account->address, r.account->address);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    directory_notify(c->directory, conn, r.account->id);
    return directory_account_audit(conn, c->act, "role.grant", r.account->address, NULL, r.json,
                                   NULL, error);
}

static gboolean take_away(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    g_auto(Resolved) r = {0};
    if (!resolve(c, conn, &r, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "DELETE FROM role WHERE account = ? AND role = ? AND unit = ?");
    db_bind(stmt, "iii", r.account->id, (gint64)c->role->role, r.unit);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "%s không có vai trò này; %s has no such role",
                       r.account->address, r.account->address);
    directory_notify(c->directory, conn, r.account->id);
    return directory_account_audit(conn, c->act, "role.revoke", r.account->address, r.json, NULL,
                                   NULL, error);
}

gboolean directory_role_grant(Directory *d, const DirectoryNewRole *role, const AuditAct *act,
                              GError **error) {
    Change c = {d, role, act};
    return db_write(d->db, give, &c, error);
}

gboolean directory_role_revoke(Directory *d, const DirectoryNewRole *role, const AuditAct *act,
                               GError **error) {
    Change c = {d, role, act};
    return db_write(d->db, take_away, &c, error);
}

gboolean directory_role_each(Directory *d, void (*each)(const DirectoryRoleRow *row, gpointer data),
                             gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "SELECT a.local, a.name, r.role, ifnull(u.address, ''), ifnull(u.name, ''),"
              " r.document, r.since FROM role r JOIN account a ON a.id = r.account"
              " LEFT JOIN unit u ON u.id = r.unit ORDER BY u.address, r.role, a.local");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *address = g_strconcat(db_column_text(stmt, 0), "@", d->domain, NULL);
        DirectoryRoleRow row = {address,
                                db_column_text(stmt, 1),
                                (DirectoryRole)db_column_int(stmt, 2),
                                db_column_text(stmt, 3),
                                db_column_text(stmt, 4),
                                db_column_text(stmt, 5),
                                db_column_int(stmt, 6)};
        each(&row, data);
    }
    return step != DB_FAILED;
}
