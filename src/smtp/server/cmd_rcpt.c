/* RCPT TO (RFC 5321 4.1.1.3) with NOTIFY and ORCPT (RFC 3461 4.1, 4.2): whom a message reaches, and
 * whether we take it for him. Everything that can be known is told here, so that nothing has to be
 * bounced later. */
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/server/session.h"

METRIC_COUNTER(refused_recipients, "congvu_smtp_recipients_refused_total",
               "Recipients refused at RCPT");

/* RFC 3461 4.1: NEVER alone, or SUCCESS, FAILURE, DELAY separated by commas. */
static gboolean is_notify(Bytes value) {
    static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
    if (bytes_is_nocase(value, "NEVER"))
        return TRUE;
    for (Reader r = reader_of(value);;) {
        Bytes word;
        gboolean last = !reader_until(&r, ',', &word);
        if (last)
            word = reader_rest(&r);
        gsize i = 0;
        while (i < G_N_ELEMENTS(words) && !bytes_is_nocase(word, words[i]))
            i++;
        if (i == G_N_ELEMENTS(words))
            return FALSE;
        if (last)
            return TRUE;
        r.at++;
    }
}

/* RFC 3461 4.2: addr-type ";" xtext, at most 500 octets; RFC 6533 3 for the type "utf-8". */
static gboolean is_orcpt(Bytes value) {
    gssize semicolon = bytes_find_byte(value, ';');
    if (semicolon <= 0 || value.n > 500)
        return FALSE;
    Bytes type = bytes_slice(value, 0, (gsize)semicolon);
    for (gsize i = 0; i < type.n; i++)
        if (!g_ascii_isalnum((char)type.p[i]) && type.p[i] != '-')
            return FALSE;
    Bytes address = bytes_slice(value, (gsize)semicolon + 1, value.n);
    return bytes_is_nocase(type, "utf-8")
               ? g_utf8_validate((const char *)address.p, (gssize)address.n, NULL)
               : smtp_is_xtext(address);
}

/* NULL: *dsn is the parameters as data (g_free) or NULL; else the text of the refusal. */
static const char *take_parameters(Reader *r, char **dsn, int *code) {
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean notify = FALSE, orcpt = FALSE;
    SmtpParameter p;
    SmtpTake take;
    *code = 501;
    while ((take = smtp_take_parameter(r, &p)) == SMTP_PARAMETER) {
        if (bytes_is_nocase(p.name, "NOTIFY") && !notify)
            notify = TRUE;
        else if (bytes_is_nocase(p.name, "ORCPT") && !orcpt)
            orcpt = TRUE;
        else {
            *code = 555;
            return "5.5.4 Unknown RCPT parameter, or twice the same";
        }
        if (bytes_is_nocase(p.name, "NOTIFY") ? !is_notify(p.value) : !is_orcpt(p.value))
            return "5.5.4 Malformed NOTIFY or ORCPT";
        g_string_append_printf(text, "%s%.*s=%.*s", text->len > 0 ? " " : "", (int)p.name.n,
                               (const char *)p.name.p, (int)p.value.n, (const char *)p.value.p);
    }
    if (take != SMTP_PARAMETERS_END)
        return "5.5.4 Malformed RCPT parameters";
    *dsn = text->len == 0 ? NULL : g_strdup(text->str);
    return NULL;
}

static int check_local(SmtpSession *session, const DirectoryAccount *account, const char **text) {
    if (account->state != DIRECTORY_ACTIVE && account->state != DIRECTORY_LOCKED) {
        *text = "5.1.1 Địa chỉ không tồn tại / No such mailbox here";
        return 550;
    }
    return smtp_quota_check(session, account->id, session->mail->declared, text);
}

/* Whom the address reaches: 0 with *account (0: another domain), or the code with *text. */
static int resolve(SmtpSession *session, const SmtpPath *path, gint64 *account, const char **text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) found = NULL;
    *account = 0;
    switch (directory_resolve(session->service->directory, path->address, &found, &error)) {
    case DIRECTORY_FOUND:
        *account = found->id;
        session->mail->forwards |= found->forwards != 0;
        return check_local(session, found, text);
    case DIRECTORY_NO_SUCH:
        *text = "5.1.1 Địa chỉ không tồn tại / No such mailbox here";
        return 550;
    case DIRECTORY_NOT_OURS:
        if (smtp_is_submission(session) && session->account != 0 && path->domain.n > 0)
            return 0;
        *text = "5.7.1 Relaying denied";
        return 550;
    case DIRECTORY_ADDRESS_BAD:
        *text = "5.1.3 Not a mailbox address";
        return 501;
    default:
        log_event(LOG_LEVEL_ERROR, "smtp.resolve-failed", "session", net_session_id(session->net),
                  "error", error == NULL ? NULL : error->message, NULL);
        *text = "4.3.0 The address cannot be looked up, please try again later";
        return 451;
    }
}

/* 0: taken; else the code with *text. */
static int take_rcpt(SmtpSession *session, Reader *r, SmtpPath *path, const char **text) {
    if (!reader_skip_nocase(r, "TO:") || !smtp_take_path(r, path) || path->address.n == 0) {
        *text = "5.1.3 RCPT TO:<address> is wanted";
        return 501;
    }
    SmtpRecipients *recipients = &session->mail->recipients;
    g_autofree char *dsn = NULL;
    int code;
    *text = take_parameters(r, &dsn, &code);
    if (*text != NULL)
        return code;
    if (path->utf8 && !session->mail->smtputf8) {
        *text = "5.6.7 An address beyond ASCII needs SMTPUTF8";
        return 553;
    }
    gint64 account = 0;
    gboolean full = recipients->count >= session->service->options.recipients_maximum;
    code = full ? 0 : resolve(session, path, &account, text);
    if (code != 0 || (!full && smtp_recipients_add(recipients, path->address, account, dsn)))
        return code;
    *text = "4.5.3 Too many recipients for one message"; /* RFC 5321 4.5.3.1.10 */
    return 452;
}

void smtp_cmd_rcpt(SmtpSession *session, Bytes arguments) {
    if (session->mail == NULL || session->mail->content) {
        smtp_reply(session, 503, "5.5.1 MAIL comes first");
        return;
    }
    const char *text = NULL;
    SmtpPath path = {0};
    Reader r = reader_of(arguments);
    int code = take_rcpt(session, &r, &path, &text);
    if (code != 0) {
        g_autofree char *address = bytes_dup_string(path.address);
        metric_add(&refused_recipients, 1);
        log_event(LOG_LEVEL_INFO, "smtp.rcpt-refused", "session", net_session_id(session->net),
                  "recipient", address, "code", log_number(code), "text", text, NULL);
        smtp_reply(session, code, text);
        return;
    }
    smtp_reply(session, 250, "2.1.5 Recipient ok");
}
