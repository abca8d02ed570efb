/* Looking at requests and their lines. */
#include "casework/internal.h"

void request_free(Request *r) {
    if (r == NULL)
        return;
    char *texts[] = {r->unit_address, r->unit_name, r->number,     r->dated,        r->signer,
                     r->signer_title, r->subject,   r->addressee,  r->basis,        r->place,
                     r->recipients,   r->due,       r->decided_by, r->reply_number, r->reply_dated,
                     r->replied_by,   r->entered_by};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(r);
}

static void line_free(gpointer data) {
    RequestLine *l = data;
    char *texts[] = {l->ordinal,  l->said,      l->name,   l->sex,     l->title,
                     l->category, l->unit_said, l->what,   l->wanted,  l->note,
                     l->identity, l->finding,   l->reason, l->address, l->decided_by};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(l);
}

GPtrArray *request_lines_new(void) {
    return g_ptr_array_new_with_free_func(line_free);
}

char *request_mask(const char *identity) {
    gsize n = strlen(identity);
    char *masked = g_strdup(identity);
    if (n > 3)
        memset(masked, '*', n - 3);
    return masked;
}

/* ---- Requests ---- */

#define REQUEST                                                                                    \
    "SELECT r.id, r.unit, u.address, u.name, r.number, r.dated, r.signer, r.signer_title,"         \
    " r.subject, r.addressee, r.basis, r.place, r.recipients, r.received, r.due, r.state,"         \
    " r.decided_by, r.decided, r.reply_number, r.reply_dated, r.replied_by, r.replied, r.entered," \
    " r.entered_by, r.file IS NOT NULL FROM request r JOIN unit u ON u.id = r.unit"

static gint64 overdue_of(const Request *r, const Regulation *regulation) {
    CalendarDay due;
    if (r->state == REQUEST_CLOSED || !calendar_parse(bytes_of_string(r->due), &due))
        return 0;
    return calendar_overdue(regulation, due, calendar_day_of(clock_now()));
}

static Request *request_of_row(DbStmt *stmt, const Regulation *regulation) {
    Request *r = g_new0(Request, 1);
    struct {
        char **text;
        int column;
    } texts[] = {{&r->unit_address, 2}, {&r->unit_name, 3},     {&r->number, 4},
                 {&r->dated, 5},        {&r->signer, 6},        {&r->signer_title, 7},
                 {&r->subject, 8},      {&r->addressee, 9},     {&r->basis, 10},
                 {&r->place, 11},       {&r->recipients, 12},   {&r->due, 14},
                 {&r->decided_by, 16},  {&r->reply_number, 18}, {&r->reply_dated, 19},
                 {&r->replied_by, 20},  {&r->entered_by, 23}};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i].text = g_strdup(db_column_text(stmt, texts[i].column));
    r->id = db_column_int(stmt, 0);
    r->unit = db_column_int(stmt, 1);
    r->received = db_column_int(stmt, 13);
    r->state = (RequestState)db_column_int(stmt, 15);
    r->decided = db_column_int(stmt, 17);
    r->replied = db_column_int(stmt, 21);
    r->entered = db_column_int(stmt, 22);
    r->has_file = db_column_int(stmt, 24) != 0;
    r->overdue = overdue_of(r, regulation);
    return r;
}

gint64 request_reset_due(const Regulation *regulation, gint64 received) {
    gint64 hours = regulation_figure(regulation, FIGURE_RESET_HOURS);
    return hours == 0 ? 0 : received + hours * 3600 * CLOCK_SECOND;
}

static gboolean count_lines(DbConn *conn, const Regulation *regulation, Request *r,
                            GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "SELECT count(*), ifnull(sum(state < 2), 0), ifnull(sum(state = 0 AND finding <> ''),"
              " 0), ifnull(sum(state = 2), 0), ifnull(sum(state = 3), 0),"
              " ifnull(sum(state < 2 AND act = ?2), 0) FROM request_line WHERE request = ?1");
    db_bind(stmt, "ii", r->id, (gint64)REQUEST_ACT_RESET);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    guint *counts[] = {&r->lines, &r->open, &r->wrong, &r->returned, &r->done};
    for (int i = 0; i < (int)G_N_ELEMENTS(counts); i++)
        *counts[i] = (guint)db_column_int(stmt, i);
    if (db_column_int(stmt, 5) > 0 && r->state != REQUEST_DRAFT && r->state != REQUEST_CLOSED)
        r->reset_due = request_reset_due(regulation, r->received);
    db_reset(stmt);
    return TRUE;
}

/* FALSE stops; *failed tells why. */
static gboolean hand_out(DbConn *conn, const Regulation *regulation, Request *request,
                         const RequestFilter *filter, RequestEach each, gpointer data,
                         gboolean *failed, GError **error) {
    g_autoptr(Request) r = request;
    *failed = !count_lines(conn, regulation, r, error);
    gboolean late = r->overdue > 0 || (r->reset_due != 0 && clock_now() > r->reset_due);
    return !*failed && ((filter->overdue && !late) || each(r, data));
}

static gboolean walk(DbConn *conn, const Regulation *regulation, const RequestFilter *filter,
                     RequestEach each, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "WITH RECURSIVE below(id, depth) AS (SELECT ?2, 0 UNION ALL"
              " SELECT u.id, below.depth + 1 FROM below JOIN unit u ON u.parent = below.id"
              " WHERE below.depth < 32) " REQUEST
              " WHERE (?1 = 0 OR r.id = ?1) AND (?2 = 0 OR r.unit IN (SELECT id FROM below))"
              " AND (?3 = 0 OR r.state < 4) ORDER BY r.state = 4, r.due, r.id");
    db_bind(stmt, "iii", filter->id, filter->unit, (gint64)(filter->open || filter->overdue));
    gboolean failed = FALSE;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        if (!hand_out(conn, regulation, request_of_row(stmt, regulation), filter, each, data,
                      &failed, error))
            break;
    db_reset(stmt);
    return step != DB_FAILED && !failed;
}

gboolean request_each(Directory *d, const Regulation *regulation, const RequestFilter *filter,
                      RequestEach each, gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(d), error);
    return conn != NULL && walk(conn, regulation, filter, each, data, error);
}

/* A copy of everything; the counts of lines with it. */
static gboolean keep_one(const Request *request, gpointer data) {
    Request *copy = g_memdup2(request, sizeof *request);
    char **texts[] = {&copy->unit_address, &copy->unit_name,    &copy->number,
                      &copy->dated,        &copy->signer,       &copy->signer_title,
                      &copy->subject,      &copy->addressee,    &copy->basis,
                      &copy->place,        &copy->recipients,   &copy->due,
                      &copy->decided_by,   &copy->reply_number, &copy->reply_dated,
                      &copy->replied_by,   &copy->entered_by};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(*texts[i]);
    *(Request **)data = copy;
    return FALSE;
}

Request *request_find(Directory *d, const Regulation *regulation, gint64 id, GError **error) {
    RequestFilter filter = {.id = id};
    Request *found = NULL;
    if (id > 0 && !request_each(d, regulation, &filter, keep_one, &found, error))
        return NULL;
    if (found == NULL)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "không có đề nghị số %" G_GINT64_FORMAT "; there is no request %" G_GINT64_FORMAT,
                id, id);
    return found;
}

/* Lost passwords whose hours are over, of requests whose days are not. */
static gboolean count_late_resets(DbConn *conn, const Regulation *regulation, CalendarDay today,
                                  gint64 *count, GError **error) {
    gint64 term = request_reset_due(regulation, 0);
    char day[11];
    calendar_format(today, day);
    *count = 0;
    if (term == 0)
        return TRUE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT count(*) FROM request r WHERE r.state BETWEEN 1 AND 3"
                         " AND r.received < ?1 AND r.due >= ?2 AND EXISTS(SELECT 1 FROM"
                         " request_line l WHERE l.request = r.id AND l.state < 2 AND l.act = ?3)");
    db_bind(stmt, "iti", clock_now() - term, day, (gint64)REQUEST_ACT_RESET);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *count = db_column_int(stmt, 0);
    db_reset(stmt);
    return step == DB_ROW;
}

gboolean request_figures(Db *admin, const Regulation *regulation, RequestFigures *out,
                         GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(admin, error);
    if (conn == NULL)
        return FALSE;
    CalendarDay today = calendar_day_of(clock_now()), due;
    *out = (RequestFigures){0};
    DbStmt *stmt = db_prepare(conn, "SELECT state, CASE WHEN state = 4 THEN '' ELSE due END,"
                                    " count(*) FROM request GROUP BY 1, 2");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 count = db_column_int(stmt, 2);
        out->states[db_column_int(stmt, 0)] += count;
        if (!calendar_parse(bytes_of_string(db_column_text(stmt, 1)), &due))
            continue;
        out->overdue += calendar_overdue(regulation, due, today) > 0 ? count : 0;
        out->due_today += due == today ? count : 0;
    }
    gint64 late = 0;
    if (step == DB_FAILED || !count_late_resets(conn, regulation, today, &late, error))
        return FALSE;
    out->overdue += late;
    return TRUE;
}

/* ---- Lines ---- */

/* Without the key of the sealed columns the rest is shown all the same. */
static char *masked(Directory *d, gint64 id, guint line, Bytes sealed) {
    g_autofree char *context =
        g_strdup_printf("request %" G_GINT64_FORMAT " line %u identity", id, line);
    gsize n = 0;
    if (sealed.n == 0)
        return g_strdup("");
    char *identity = directory_unseal(d, context, sealed, &n, NULL);
    if (identity == NULL)
        return g_strdup("***");
    char *shown = request_mask(identity);
    crypto_wipe(identity, n);
    g_free(identity);
    return shown;
}

static RequestLine *line_of_row(Directory *d, gint64 id, DbStmt *stmt) {
    RequestLine *l = g_new0(RequestLine, 1);
    struct {
        char **text;
        int column;
    } texts[] = {{&l->ordinal, 2},  {&l->said, 4},       {&l->name, 5},      {&l->sex, 6},
                 {&l->title, 7},    {&l->category, 8},   {&l->unit_said, 9}, {&l->what, 10},
                 {&l->wanted, 11},  {&l->note, 12},      {&l->finding, 15},  {&l->reason, 16},
                 {&l->address, 17}, {&l->decided_by, 19}};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i].text = g_strdup(db_column_text(stmt, texts[i].column));
    l->line = (guint)db_column_int(stmt, 0);
    l->place = (guint)db_column_int(stmt, 1);
    l->act = (RequestAct)db_column_int(stmt, 3);
    l->identity = masked(d, id, l->line, db_column_bytes(stmt, 13));
    l->state = (RequestLineState)db_column_int(stmt, 14);
    l->account = db_column_int(stmt, 18);
    l->decided = db_column_int(stmt, 20);
    return l;
}

GPtrArray *request_lines(Directory *d, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(d), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GPtrArray) lines = request_lines_new();
    DbStmt *stmt = db_prepare(
        conn, "SELECT line, place, ordinal, act, said, name, sex, title, category, unit_said, what,"
              " wanted, note, identity, state, finding, reason, address, ifnull(account, 0),"
              " decided_by, decided FROM request_line WHERE request = ? ORDER BY line");
    db_bind(stmt, "i", id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(lines, line_of_row(d, id, stmt));
    return step == DB_FAILED ? NULL : g_steal_pointer(&lines);
}
