/* Rows of request and request_line, and the record of what happens to a request. */
#include "casework/internal.h"

void request_row_clear(RequestRow *row) {
    g_free(row->number);
    g_free(row->dated);
    g_free(row->reply_number);
    g_free(row->reply_dated);
    *row = (RequestRow){0};
}

gboolean request_row_read(DbConn *conn, gint64 id, RequestRow *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT unit, received, state, number, dated, reply_number,"
                                    " reply_dated FROM request WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    if (step == DB_DONE)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có đề nghị số %" G_GINT64_FORMAT "; there is no request %" //
                       G_GINT64_FORMAT,
                       id, id);
    if (step != DB_ROW)
        return FALSE;
    *out = (RequestRow){.unit = db_column_int(stmt, 0),
                        .received = db_column_int(stmt, 1),
                        .state = (RequestState)db_column_int(stmt, 2),
                        .number = g_strdup(db_column_text(stmt, 3)),
                        .dated = g_strdup(db_column_text(stmt, 4)),
                        .reply_number = g_strdup(db_column_text(stmt, 5)),
                        .reply_dated = g_strdup(db_column_text(stmt, 6))};
    db_reset(stmt);
    return TRUE;
}

/* ---- Lines ---- */

static char *context_of(gint64 id, guint line, const char *what) {
    return g_strdup_printf("request %" G_GINT64_FORMAT " line %u %s", id, line, what);
}

static gboolean seal(Directory *d, gint64 id, guint line, const char *what, const char *text,
                     GBytes **out, GError **error) {
    *out = NULL;
    if (*text == '\0')
        return TRUE;
    g_autofree char *context = context_of(id, line, what);
    *out = directory_seal(d, context, bytes_of_string(text), error);
    return *out != NULL;
}

static Bytes contents(GBytes *bytes) {
    gsize n = 0;
    const void *p = bytes == NULL ? NULL : g_bytes_get_data(bytes, &n);
    return bytes_of(p, n);
}

gboolean request_line_insert(Directory *d, DbConn *conn, gint64 id, guint line,
                             const RequestAsked *asked, GError **error) {
    g_autoptr(GBytes) birth = NULL;
    g_autoptr(GBytes) identity = NULL;
    if (!seal(d, id, line, "birth", asked->birth, &birth, error) ||
        !seal(d, id, line, "identity", asked->identity, &identity, error))
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "INSERT INTO request_line(request, line, place, ordinal, act, said, name, sex, title,"
              " category, unit_said, address_said, birth, identity, what, wanted, note, fault,"
              " finding, state)"
              " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0)");
    db_bind(stmt, "iiititttttttbbtttt", id, (gint64)line, (gint64)asked->place, asked->ordinal,
            (gint64)asked->act, asked->said, asked->name, asked->sex, asked->title, asked->category,
            asked->unit, asked->address, contents(birth), contents(identity), asked->what,
            asked->wanted, asked->note, asked->fault == NULL ? "" : asked->fault);
    return db_run(stmt, error);
}

gboolean request_line_found(DbConn *conn, gint64 id, guint line, const RequestFound *found,
                            GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "UPDATE request_line SET finding = ?, address = ? WHERE request = ? AND line = ?");
    db_bind(stmt, "ttii", found->finding == NULL ? "" : found->finding,
            found->address == NULL ? "" : found->address, id, (gint64)line);
    return db_run(stmt, error);
}

void request_stored_free(RequestStored *stored) {
    if (stored == NULL)
        return;
    request_asked_free(stored->asked);
    g_free(stored);
}

static void take_text(char **text, DbStmt *stmt, int column) {
    g_free(*text);
    *text = g_strdup(db_column_text(stmt, column));
}

static gboolean open_sealed(Directory *d, gint64 id, guint line, const char *what, Bytes sealed,
                            char *out, gsize size, GError **error) {
    out[0] = '\0';
    if (sealed.n == 0)
        return TRUE;
    gsize n = 0;
    g_autofree char *context = context_of(id, line, what);
    char *plain = directory_unseal(d, context, sealed, &n, error);
    if (plain == NULL)
        return FALSE;
    g_strlcpy(out, plain, size);
    crypto_wipe(plain, n);
    g_free(plain);
    return TRUE;
}

static RequestStored *stored_of_row(Directory *d, gint64 id, DbStmt *stmt, GError **error) {
    RequestStored *stored = g_new0(RequestStored, 1);
    RequestAsked *asked = stored->asked = request_asked_new();
    stored->line = (guint)db_column_int(stmt, 0);
    stored->state = (RequestLineState)db_column_int(stmt, 1);
    asked->place = (guint)db_column_int(stmt, 2);
    asked->act = (RequestAct)db_column_int(stmt, 3);
    char **texts[] = {&asked->ordinal, &asked->said,     &asked->name, &asked->sex,
                      &asked->title,   &asked->category, &asked->unit, &asked->address,
                      &asked->what,    &asked->wanted,   &asked->note};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        take_text(texts[i], stmt, 4 + (int)i);
    const char *fault = db_column_text(stmt, 15);
    asked->fault = *fault == '\0' ? NULL : g_strdup(fault);
    if (!open_sealed(d, id, stored->line, "birth", db_column_bytes(stmt, 16), asked->birth,
                     sizeof asked->birth, error) ||
        !open_sealed(d, id, stored->line, "identity", db_column_bytes(stmt, 17), asked->identity,
                     sizeof asked->identity, error))
        g_clear_pointer(&stored, request_stored_free);
    return stored;
}

GPtrArray *request_stored(Directory *d, DbConn *conn, gint64 id, guint line, GError **error) {
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)request_stored_free);
    DbStmt *stmt = db_prepare(
        conn, "SELECT line, state, place, act, ordinal, said, name, sex, title, category,"
              " unit_said, address_said, what, wanted, note, fault, birth, identity"
              " FROM request_line WHERE request = ?1 AND (?2 = 0 OR line = ?2) ORDER BY line");
    db_bind(stmt, "ii", id, (gint64)line);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        RequestStored *stored = stored_of_row(d, id, stmt, error);
        if (stored == NULL) {
            db_reset(stmt);
            return NULL;
        }
        g_ptr_array_add(all, stored);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&all);
}

/* ---- The request ---- */

gboolean request_settle(DbConn *conn, gint64 id, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "UPDATE request SET state = CASE"
              " WHEN NOT EXISTS(SELECT 1 FROM request_line WHERE request = ?1 AND state < 2) THEN 3"
              " WHEN EXISTS(SELECT 1 FROM request_line WHERE request = ?1 AND state = 0"
              "  AND finding <> '') THEN 1 ELSE 2 END WHERE id = ?1 AND state BETWEEN 1 AND 3");
    db_bind(stmt, "i", id);
    return db_run(stmt, error);
}

gboolean request_audit(Directory *d, DbConn *conn, gint64 unit, const AuditAct *act,
                       const char *what, const char *before, const char *after, GError **error) {
    g_autoptr(DirectoryUnit) sender = directory_unit_in(conn, unit, error);
    if (sender == NULL)
        return FALSE;
    g_autofree char *subject = g_strconcat(sender->address, "@", directory_domain(d), NULL);
    AuditChange change = {what, subject, before, after};
    return audit_append(conn, act, &change, NULL, error);
}

char *request_ground(gint64 id, guint line, const char *number, const char *dated) {
    g_autofree char *where = line == 0 ? g_strdup("") : g_strdup_printf(", line %u", line);
    if (*number == '\0')
        return g_strdup_printf("request %" G_GINT64_FORMAT "%s", id, where);
    return g_strdup_printf("request %" G_GINT64_FORMAT "%s: văn bản số %s ngày %.2s/%.2s/%.4s", id,
                           where, number, dated + 8, dated + 5, dated);
}

/* ---- Words ---- */

static const struct {
    const char *name, *text;
} act_words[REQUEST_ACTS] = {
    [REQUEST_ACT_UNKNOWN] = {"unknown", "không rõ"},
    [REQUEST_ACT_NEW] = {"new", "cấp mới"},
    [REQUEST_ACT_LOCK] = {"lock", "tạm khóa"},
    [REQUEST_ACT_CLOSE] = {"close", "hủy bỏ"},
    [REQUEST_ACT_CHANGE] = {"change", "thay đổi thông tin"},
    [REQUEST_ACT_UNLOCK] = {"unlock", "mở khóa"},
    [REQUEST_ACT_RESET] = {"reset", "cấp lại mật khẩu"},
};

static const char *const state_words[][2] = {
    [REQUEST_DRAFT] = {"draft", "Chưa có văn bản"},
    [REQUEST_RECEIVED] = {"received", "Đã tiếp nhận"},
    [REQUEST_CHECKED] = {"checked", "Đã kiểm tra"},
    [REQUEST_DECIDED] = {"decided", "Đã xử lý, chờ trả lời"},
    [REQUEST_CLOSED] = {"closed", "Đã trả lời"},
};

static const char *const line_words[][2] = {
    [REQUEST_LINE_OPEN] = {"open", "Chưa xử lý"},
    [REQUEST_LINE_ACCEPTED] = {"accepted", "Đã chấp nhận"},
    [REQUEST_LINE_RETURNED] = {"returned", "Trả lại để bổ sung"},
    [REQUEST_LINE_DONE] = {"done", "Đã thực hiện"},
};

const char *request_act_name(RequestAct act) {
    return act_words[act].name;
}

const char *request_act_text(RequestAct act) {
    return act_words[act].text;
}

const char *request_state_name(RequestState state) {
    return state_words[state][0];
}

const char *request_state_text(RequestState state) {
    return state_words[state][1];
}

const char *request_line_state_name(RequestLineState state) {
    return line_words[state][0];
}

const char *request_line_state_text(RequestLineState state) {
    return line_words[state][1];
}
