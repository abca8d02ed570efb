/* How a command ends: the tagged line's words, and BYE. */
#include "imap/session.h"

#include "base/log.h"
#include "base/metrics.h"

METRIC_COUNTER(errors_total, "congvu_imap_errors_total", "IMAP commands answered with BAD");

void imap_end(ImapSession *session, const char *status, const char *code, const char *text) {
    g_auto(Buffer) line = {0};
    if (session->completion != NULL)
        return;
    buffer_init(&line, 1024 * 1024);
    buffer_append_string(&line, status);
    buffer_append_byte(&line, ' ');
    if (code != NULL) {
        buffer_append_byte(&line, '[');
        buffer_append_string(&line, code);
        buffer_append_string(&line, "] ");
    }
    imap_put_text(&line, text);
    session->completion = buffer_steal_string(&line);
}

void imap_ok(ImapSession *session, const char *code, const char *text) {
    imap_end(session, "OK", code, text);
}

void imap_no(ImapSession *session, const char *code, const char *text) {
    imap_end(session, "NO", code, text);
}

void imap_bad(ImapSession *session, const char *text) {
    metric_add(&errors_total, 1);
    imap_end(session, "BAD", NULL, text);
    guint most = session->account == 0 ? session->service->options.stranger_errors
                                       : session->service->options.errors;
    if (++session->errors >= most)
        session->goodbye = "Too many errors";
}

void imap_bad_args(ImapSession *session, const ImapParser *parser) {
    imap_bad(session, parser->problem == NULL ? "Malformed arguments" : parser->problem);
}

void imap_fail(ImapSession *session, const GError *error) {
    static const char *const codes[] = {
        [CV_ERROR_INPUT] = "CANNOT",          [CV_ERROR_REFUSED] = "NOPERM",
        [CV_ERROR_NOT_FOUND] = "NONEXISTENT", [CV_ERROR_EXISTS] = "ALREADYEXISTS",
        [CV_ERROR_DENIED] = "NOPERM",         [CV_ERROR_AUTH] = "AUTHENTICATIONFAILED",
        [CV_ERROR_QUOTA] = "OVERQUOTA",       [CV_ERROR_LIMIT] = "LIMIT",
        [CV_ERROR_BUSY] = "UNAVAILABLE",      [CV_ERROR_STORAGE] = "UNAVAILABLE",
        [CV_ERROR_CORRUPT] = "CORRUPTION",    [CV_ERROR_NETWORK] = "UNAVAILABLE",
        [CV_ERROR_INTERNAL] = "SERVERBUG",
    };
    guint kind =
        error != NULL && error->domain == CV_ERROR ? (guint)error->code : CV_ERROR_INTERNAL;
    /* Files and databases are the operator's matter, who finds them in the log. */
    gboolean inner = kind == CV_ERROR_STORAGE || kind == CV_ERROR_CORRUPT ||
                     kind == CV_ERROR_INTERNAL || kind == CV_ERROR_BUSY;
    if (inner)
        log_event(LOG_LEVEL_ERROR, "imap.failed", "session", net_session_id(session->net),
                  "command", session->command == NULL ? NULL : session->command->name, "error",
                  error == NULL ? NULL : error->message, NULL);
    g_autofree char *over = NULL;
    if (kind == CV_ERROR_QUOTA && session->service->over_quota != NULL)
        over = session->service->over_quota(session->service->over_quota_data);
    imap_no(session, kind < G_N_ELEMENTS(codes) ? codes[kind] : "SERVERBUG",
            error == NULL           ? "Failed"
            : over != NULL          ? over
            : kind == CV_ERROR_BUSY ? "There is no space on the server's disk; try again later"
            : inner                 ? "The server could not do it; try again later"
                                    : error->message);
}

void imap_completed(ImapSession *session, const char *code) {
    g_autofree char *text = g_strconcat(
        session->command == NULL ? "Command" : session->command->name, " completed", NULL);
    imap_ok(session, code, text);
}

/* RFC 9051 7.1: what stands behind ALERT is shown to the person. */
void imap_put_alert(ImapSession *session) {
    const ImapService *service = session->service;
    if (service->alert == NULL || session->account == 0)
        return;
    g_autofree char *line =
        service->alert(service->alert_data, imap_speaks_utf8(session), &session->alerted);
    if (line == NULL)
        return;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* OK [ALERT] ");
    imap_put_text(out, line);
    buffer_append_string(out, "\r\n");
}

void imap_check_alert(ImapSession *session) {
    if (g_atomic_int_get(&session->alert) && g_atomic_int_exchange(&session->alert, 0))
        imap_put_alert(session);
}

void imap_bye(ImapSession *session, const char *code, const char *text) {
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* BYE ");
    if (code != NULL)
        buffer_printf(out, "[%s] ", code);
    imap_put_text(out, text);
    buffer_append_string(out, "\r\n");
    session->closing = TRUE;
}

gboolean imap_disk_low(const ImapSession *session, const char **text) {
    const ImapService *service = session->service;
    if (service->disk_low == NULL || !service->disk_low(service->disk_low_data))
        return FALSE;
    *text = "Máy chủ sắp hết chỗ lưu trữ, hãy thử lại sau / The server is short of disk space, try "
            "again later";
    return TRUE;
}
