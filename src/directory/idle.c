/* Who lies idle, why that may be, and whom a letter has warned; see activity.h. */
#include "directory/activity.h"

#include "directory/internal.h"
#include "text/fold.h"

/* ---- Reasons ---- */

static const struct {
    const char *name, *word, *also;
} exemptions[EXEMPTIONS] = {
    [EXEMPT_MATERNITY] = {"maternity", "nghỉ thai sản", "thai sản"},
    [EXEMPT_ILLNESS] = {"illness", "ốm đau, điều trị bệnh", "ốm đau"},
    [EXEMPT_STUDY] = {"study", "đi học, đào tạo", "đi học"},
    [EXEMPT_SECONDMENT] = {"secondment", "biệt phái", "biệt phái"},
    [EXEMPT_OTHER] = {"other", "lý do khác", "khác"},
};

gboolean directory_exemption_find(const char *text, DirectoryExemption *kind) {
    g_autofree char *said = text_fold(bytes_of_string(text));
    for (int i = 0; i < EXEMPTIONS; i++) {
        g_autofree char *word = text_fold(bytes_of_string(exemptions[i].word));
        g_autofree char *also = text_fold(bytes_of_string(exemptions[i].also));
        if (!g_str_equal(said, exemptions[i].name) && !g_str_equal(said, word) &&
            !g_str_equal(said, also))
            continue;
        *kind = (DirectoryExemption)i;
        return TRUE;
    }
    return FALSE;
}

const char *directory_exemption_name(DirectoryExemption kind) {
    return exemptions[kind].name;
}

const char *directory_exemption_word(DirectoryExemption kind) {
    return exemptions[kind].word;
}

typedef struct {
    Directory *directory;
    const DirectoryNewExemption *exemption;
    const char *address;
    CalendarDay today;
    const AuditAct *act;
} Exempt;

static char *json_of(const DirectoryNewExemption *e) {
    char from[11], until[11];
    calendar_format(e->from, from);
    calendar_format(e->until, until);
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "reason", exemptions[e->kind].name);
    json_text(&w, "text", e->text == NULL ? "" : e->text);
    json_text(&w, "from", from);
    json_text(&w, "until", until);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean exempt(DbConn *conn, gpointer data, GError **error) {
    const Exempt *x = data;
    const DirectoryNewExemption *e = x->exemption;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(x->directory, conn, e->address, error);
    if (account == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO exemption(account, kind, text, since, until)"
                                    " VALUES(?, ?, ?, ?, ?)");
    db_bind(stmt, "iitii", account->id, (gint64)e->kind, e->text == NULL ? "" : e->text,
            (gint64)e->from, (gint64)e->until);
    g_autofree char *after = json_of(e);
    return db_run(stmt, error) &&
           directory_account_audit(conn, x->act, "account.exempt", account->address, NULL, after,
                                   NULL, error);
}

gboolean directory_exempt(Directory *d, const DirectoryNewExemption *e, const AuditAct *act,
                          GError **error) {
    if (e->kind == EXEMPT_OTHER && (e->text == NULL || *e->text == '\0'))
        return cv_fail(error, CV_ERROR_INPUT,
                       "lý do khác phải ghi rõ là gì; say in a text what the other reason is");
    if (e->until < e->from)
        return cv_fail(error, CV_ERROR_INPUT,
                       "ngày kết thúc trước ngày bắt đầu; the reason ends before it begins");
    Exempt x = {.directory = d, .exemption = e, .act = act};
    return db_write(d->db, exempt, &x, error);
}

static gboolean end_exemption(DbConn *conn, gpointer data, GError **error) {
    const Exempt *x = data;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(x->directory, conn, x->address, error);
    if (account == NULL)
        return FALSE;
    /* One that had not begun is as if it never was. */
    DbStmt *stmt = db_prepare(conn, "UPDATE exemption SET until = max(?2 - 1, since - 1)"
                                    " WHERE account = ?1 AND until >= ?2");
    db_bind(stmt, "ii", account->id, (gint64)x->today);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "%s không có lý do nào đang được ghi nhận; no reason is on record for it",
                       account->address);
    return directory_account_audit(conn, x->act, "account.exempt.end", account->address, NULL, "{}",
                                   NULL, error);
}

gboolean directory_exempt_end(Directory *d, const char *address, CalendarDay today,
                              const AuditAct *act, GError **error) {
    Exempt x = {.directory = d, .address = address, .today = today, .act = act};
    return db_write(d->db, end_exemption, &x, error);
}

/* ---- The pass ---- */

#define IDLE_ROWS                                                                                  \
    "SELECT a.id, a.local, a.name, a.kind, ifnull(u.address, ''), ifnull(u.name, ''), a.created,"  \
    " ifnull(v.sent, 0), ifnull(v.received, 0), ifnull(v.signed_in, 0), ifnull(v.warned, 0),"      \
    " b.moment, e.kind, e.text, e.until"                                                           \
    " FROM account a CROSS JOIN activity_begin b LEFT JOIN unit u ON u.id = a.unit"                \
    " LEFT JOIN activity v ON v.account = a.id"                                                    \
    " LEFT JOIN exemption e ON e.id = (SELECT x.id FROM exemption x WHERE x.account = a.id"        \
    " AND x.since <= ?1 AND x.until >= x.since ORDER BY x.until DESC LIMIT 1)"                     \
    " WHERE a.state = 1 AND a.kind <> 2"

static CalendarDay day_or_none(gint64 microseconds) {
    return microseconds == 0 ? CALENDAR_NONE : calendar_day_of(microseconds);
}

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const DirectoryIdleFilter *filter;
} Pass;

static void judge(const Pass *p, DbStmt *stmt, DirectoryIdleRow *row) {
    gint64 since = MAX(db_column_int(stmt, 6), db_column_int(stmt, 11));
    gboolean reason = !db_column_is_null(stmt, 12);
    for (int i = 0; i < ACTIVITIES; i++)
        row->times[i] = db_column_int(stmt, 7 + i);
    IdleFacts facts = {
        .sent = day_or_none(row->times[ACTIVITY_SENT]),
        .received = day_or_none(row->times[ACTIVITY_RECEIVED]),
        .signed_in = day_or_none(row->times[ACTIVITY_SIGNED_IN]),
        .since = calendar_day_of(since),
        .exempt_until = reason ? (CalendarDay)db_column_int(stmt, 14) : CALENDAR_NONE,
    };
    row->judgement = regulation_idle(p->regulation, &facts, p->filter->today);
    row->exempt_until = facts.exempt_until;
    row->no_sign_in = MAX(facts.since, facts.signed_in);
    gint64 used = MAX(row->times[ACTIVITY_SENT], row->times[ACTIVITY_RECEIVED]);
    gint64 warned = db_column_int(stmt, 10);
    row->warned = warned > used ? warned : 0;
}

static gboolean is_wanted(const Pass *p, const DirectoryIdleRow *row) {
    if (p->filter->address != NULL)
        return TRUE;
    if (p->filter->no_sign_in_days > 0)
        return row->no_sign_in + p->filter->no_sign_in_days <= p->filter->today;
    return row->judgement.state != IDLE_IN_USE;
}

/* Strings only for those that are told. */
static gboolean tell(const Pass *p, DbStmt *stmt, DirectoryIdleRow *row,
                     gboolean (*each)(const DirectoryIdleRow *row, gpointer data), gpointer data) {
    const char *domain = p->directory->domain, *unit = db_column_text(stmt, 4);
    g_autofree char *address = g_strconcat(db_column_text(stmt, 1), "@", domain, NULL);
    g_autofree char *mailbox = *unit == '\0' ? g_strdup("") : g_strconcat(unit, "@", domain, NULL);
    g_autofree char *reason = NULL;
    if (row->judgement.state == IDLE_EXEMPT) {
        const char *text = db_column_text(stmt, 13);
        const char *word = exemptions[db_column_int(stmt, 12)].word;
        reason = *text == '\0' ? g_strdup(word) : g_strdup_printf("%s: %s", word, text);
    }
    row->account = db_column_int(stmt, 0);
    row->address = address;
    row->name = db_column_text(stmt, 2);
    row->kind = (DirectoryKind)db_column_int(stmt, 3);
    row->unit_address = mailbox;
    row->unit_name = db_column_text(stmt, 5);
    row->reason = reason == NULL ? "" : reason;
    return each(row, data);
}

static DbStmt *rows_of(const Pass *p, DbConn *conn, GError **error) {
    const DirectoryIdleFilter *filter = p->filter;
    gint64 key = 0;
    DbStmt *stmt;
    if (filter->address != NULL) {
        g_autoptr(DirectoryAccount) one =
            directory_account_find_in(p->directory, conn, filter->address, error);
        if (one == NULL)
            return NULL;
        key = one->id;
        stmt = db_prepare(conn, IDLE_ROWS " AND a.id = ?2");
    } else if (filter->unit != NULL) {
        g_autoptr(DirectoryUnit) unit =
            directory_unit_find_in(p->directory, conn, filter->unit, error);
        if (unit == NULL)
            return NULL;
        key = unit->id;
        stmt = db_prepare(conn, IDLE_ROWS " AND a.unit = ?2 ORDER BY a.kind, a.local");
    } else {
        stmt = db_prepare(conn, IDLE_ROWS " ORDER BY u.address, a.kind, a.local");
    }
    db_bind_int(stmt, 1, filter->today);
    if (key != 0)
        db_bind_int(stmt, 2, key);
    return stmt;
}

gboolean directory_idle_each(Directory *d, const Regulation *regulation,
                             const DirectoryIdleFilter *filter,
                             gboolean (*each)(const DirectoryIdleRow *row, gpointer data),
                             gpointer data, GError **error) {
    Pass pass = {d, regulation, filter};
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    DbStmt *stmt = conn == NULL ? NULL : rows_of(&pass, conn, error);
    if (stmt == NULL)
        return FALSE;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryIdleRow row = {0};
        judge(&pass, stmt, &row);
        if (is_wanted(&pass, &row) && !tell(&pass, stmt, &row, each, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

/* ---- Warned ---- */

typedef struct {
    Directory *directory;
    const GArray *accounts;
    const AuditAct *act;
} Warned;

static gboolean write_warned(DbConn *conn, gpointer data, GError **error) {
    const Warned *w = data;
    for (guint i = 0; i < w->accounts->len; i++) {
        gint64 id = g_array_index(w->accounts, gint64, i);
        g_autoptr(DirectoryAccount) account = directory_account_in(w->directory, conn, id, error);
        if (account == NULL)
            return FALSE;
        DbStmt *stmt = db_prepare(
            conn, "INSERT INTO activity(account, sent, received, signed_in, warned)"
                  " VALUES(?1, 0, 0, 0, ?2) ON CONFLICT(account) DO UPDATE SET warned = ?2");
        db_bind(stmt, "ii", id, clock_now());
        if (!db_run(stmt, error) ||
            !directory_account_audit(conn, w->act, "account.warn", account->address, NULL, "{}",
                                     NULL, error))
            return FALSE;
    }
    return TRUE;
}

gboolean directory_idle_warned(Directory *d, const GArray *accounts, const AuditAct *act,
                               GError **error) {
    Warned w = {d, accounts, act};
    return db_write(d->db, write_warned, &w, error);
}
