/* The slips for first sign-ins [Điều 5.2, 12.2]: each account that a request gave, or whose
 * password it asked to be given anew, gets a one-time password, which is told here and nowhere
 * else. It can be made again as long as the owner has not chosen an own one: then the slip before
 * is worth nothing. */
#include "casework/internal.h"

#include "directory/password.h"

void request_slip_free(RequestSlip *slip) {
    if (slip == NULL)
        return;
    g_free(slip->name);
    g_free(slip->title);
    g_free(slip->unit);
    g_free(slip->address);
    crypto_wipe(slip->password, strlen(slip->password));
    g_free(slip->password);
    g_free(slip);
}

typedef struct {
    Directory *directory;
    gint64 id;
    const char *address;
    const DirectoryOneTime *one_time;
    const AuditAct *act;
} Give;

static gboolean give(DbConn *conn, gpointer data, GError **error) {
    const Give *c = data;
    return directory_one_time_give(c->directory, conn, c->address, c->one_time, c->act, error);
}

/* An owner's own password is never taken away by a slip, but on a request for a new one. */
static gboolean wants_slip(Directory *d, const RequestLine *line, gboolean *wants, GError **error) {
    gboolean about_password = line->act == REQUEST_ACT_NEW || line->act == REQUEST_ACT_RESET;
    g_auto(DirectoryCredential) held = {0};
    *wants = FALSE;
    if (line->state != REQUEST_LINE_DONE || !about_password)
        return TRUE;
    if (!directory_credential_read(d, line->account, &held, error))
        return FALSE;
    *wants = held.hash == NULL || held.must_change ||
             (line->act == REQUEST_ACT_RESET && held.changed < line->decided);
    return TRUE;
}

static RequestSlip *slip_of(const RequestLine *line, const DirectoryAccount *account,
                            const DirectoryUnit *unit, const DirectoryOneTime *one_time) {
    RequestSlip *slip = g_new0(RequestSlip, 1);
    slip->line = line->line;
    slip->name = g_strdup(account->name);
    slip->title = g_strdup(line->title);
    slip->unit = g_strdup(unit->name);
    slip->address = g_strdup(account->address);
    slip->password = g_strdup(one_time->text);
    slip->expires = one_time->expires;
    slip->reset = line->act == REQUEST_ACT_RESET;
    return slip;
}

/* NULL with *error unset: the account was closed in between. */
static RequestSlip *make_slip(Directory *d, const Regulation *regulation, const Request *request,
                              const RequestLine *line, const AuditAct *act, GError **error) {
    g_autoptr(DirectoryAccount) account = directory_account(d, line->account, error);
    g_autoptr(DirectoryUnit) unit =
        account == NULL ? NULL : directory_unit(d, account->unit, error);
    g_auto(DirectoryOneTime) one_time = {0};
    if (unit == NULL || account->state == DIRECTORY_CLOSED ||
        !directory_one_time_make(regulation, &one_time, error))
        return NULL;
    g_autofree char *ground =
        request_ground(request->id, line->line, request->number, request->dated);
    AuditAct by = {act->who, ground};
    Give c = {d, request->id, account->address, &one_time, &by};
    return db_write(directory_db(d), give, &c, error) ? slip_of(line, account, unit, &one_time)
                                                      : NULL;
}

static gboolean is_chosen(const RequestChoice *choice, guint line) {
    for (gsize i = 0; i < choice->count; i++)
        if (choice->lines[i] == line)
            return TRUE;
    return choice->count == 0;
}

static gboolean take_line(Directory *d, const Regulation *regulation, const Request *request,
                          const RequestLine *line, const RequestChoice *choice, const AuditAct *act,
                          GPtrArray *slips, GError **error) {
    gboolean wants = FALSE;
    GError *failure = NULL;
    if (!is_chosen(choice, line->line))
        return TRUE;
    if (!wants_slip(d, line, &wants, error))
        return FALSE;
    if (!wants && choice->count > 0)
        return cv_fail(error, CV_ERROR_EXISTS,
                       "mục %u không cần phiếu: chưa thực hiện, không phải cấp mới hay cấp lại mật "
                       "khẩu, hoặc người dùng đã đặt mật khẩu của mình; line %u needs no slip",
                       line->line, line->line);
    RequestSlip *slip = wants ? make_slip(d, regulation, request, line, act, &failure) : NULL;
    if (slip != NULL)
        g_ptr_array_add(slips, slip);
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, failure);
    return FALSE;
}

GPtrArray *request_slips(Directory *d, const Regulation *regulation, gint64 id,
                         const RequestChoice *choice, const AuditAct *act, GError **error) {
    g_autoptr(Request) request = request_find(d, regulation, id, error);
    g_autoptr(GPtrArray) lines = request == NULL ? NULL : request_lines(d, id, error);
    g_autoptr(GPtrArray) slips = g_ptr_array_new_with_free_func((GDestroyNotify)request_slip_free);
    if (lines == NULL)
        return NULL;
    for (guint i = 0; i < lines->len; i++)
        if (!take_line(d, regulation, request, lines->pdata[i], choice, act, slips, error))
            return NULL;
    if (slips->len > 0)
        return g_steal_pointer(&slips);
    cv_fail(error, CV_ERROR_EXISTS,
            "đề nghị %" G_GINT64_FORMAT
            " không có phiếu nào cần cấp; none of its lines needs a slip",
            id);
    return NULL;
}
