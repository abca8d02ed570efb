/* MAIL FROM (RFC 5321 4.1.1.2) with SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET and
 * ENVID (RFC 3461 4.3, 4.4), AUTH (RFC 4954 5): the beginning of a transaction. */
#include "base/log.h"
#include "smtp/server/session.h"

typedef struct {
    SmtpSession *session;
    SmtpTransaction *mail;
    Bytes ret, envid;
} MailArguments;

/* Each gives NULL, or the text of a 501. */

static const char *take_size(MailArguments *a, Bytes value) {
    return bytes_parse_u64(value, &a->mail->declared) ? NULL : "5.5.4 SIZE wants a number";
}

static const char *take_body(MailArguments *a, Bytes value) {
    static const char *const bodies[] = {"7BIT", "8BITMIME"};
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        if (bytes_is_nocase(value, bodies[i])) {
            a->mail->body = bodies[i];
            return NULL;
        }
    }
    return "5.5.4 BODY is 7BIT or 8BITMIME";
}

static const char *take_smtputf8(MailArguments *a, Bytes value) {
    a->mail->smtputf8 = TRUE;
    return value.n == 0 ? NULL : "5.5.4 SMTPUTF8 takes no value";
}

static const char *take_ret(MailArguments *a, Bytes value) {
    a->ret = value;
    return bytes_is_nocase(value, "FULL") || bytes_is_nocase(value, "HDRS")
               ? NULL
               : "5.5.4 RET is FULL or HDRS";
}

static const char *take_envid(MailArguments *a, Bytes value) {
    a->envid = value;
    return value.n <= 100 && smtp_is_xtext(value) ? NULL
                                                  : "5.5.4 ENVID is xtext of at most 100 octets";
}

/* AUTH= is read and then counts as AUTH=<> (RFC 4954 5): we trust the account that signed in, not
 * what it says of others. */
static const char *take_auth(MailArguments *a, Bytes value) {
    return smtp_is_xtext(value) ? NULL : "5.5.4 AUTH is xtext";
}

static const struct {
    const char *name;
    gboolean wants_value;
    const char *(*take)(MailArguments *, Bytes);
} parameters[] = {
    {"SIZE", TRUE, take_size}, {"BODY", TRUE, take_body},   {"SMTPUTF8", FALSE, take_smtputf8},
    {"RET", TRUE, take_ret},   {"ENVID", TRUE, take_envid}, {"AUTH", TRUE, take_auth},
};

/* 0, or the code with *text. */
static int take_parameters(MailArguments *a, Reader *r, const char **text) {
    SmtpParameter p;
    guint seen = 0;
    SmtpTake take;
    while ((take = smtp_take_parameter(r, &p)) == SMTP_PARAMETER) {
        gsize i = 0;
        while (i < G_N_ELEMENTS(parameters) && !bytes_is_nocase(p.name, parameters[i].name))
            i++;
        if (i == G_N_ELEMENTS(parameters)) {
            *text = "5.5.4 Unknown MAIL parameter";
            return 555;
        }
        if ((seen & 1u << i) || p.has_value != parameters[i].wants_value)
            *text = "5.5.4 MAIL parameter without its value, or twice";
        else
            *text = parameters[i].take(a, p.value);
        if (*text != NULL)
            return 501;
        seen |= 1u << i;
    }
    if (take == SMTP_PARAMETERS_END)
        return 0;
    *text = "5.5.4 Malformed MAIL parameters";
    return 501;
}

/* [Điều 6.3] An official sends under the own address, an alias, or one that was delegated; or under
 * none, which receipts must have (RFC 8098 3): the content then has to be one, see
 * delivery/sender.h. */
static int check_sender(SmtpSession *session, const SmtpPath *path, gint64 *as_account,
                        const char **text) {
    if (!smtp_is_submission(session))
        return 0;
    Directory *directory = session->service->directory;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account = directory_account(directory, session->account, &error);
    if (account != NULL && account->state != DIRECTORY_ACTIVE) {
        *text = smtp_locked_text;
        return 550;
    }
    if (account != NULL && path->address.n == 0) {
        *as_account = session->account;
        return 0;
    }
    if (account != NULL &&
        directory_may_send_as(directory, session->account, path->address, as_account, &error))
        return 0;
    if (error != NULL && cv_error_is(error, CV_ERROR_STORAGE)) {
        *text = "4.3.0 The account cannot be looked up, please try again later";
        return 451;
    }
    *text = "5.7.1 Địa chỉ gửi không thuộc tài khoản này [Điều 6.3] / "
            "The sender address does not belong to this account";
    return 550;
}

static int check_room(SmtpSession *session, const SmtpTransaction *mail, const char **text) {
    const SmtpService *service = session->service;
    if (service->disk_low != NULL && service->disk_low(service->disk_low_data)) {
        *text = "4.3.1 Not enough storage, please try again later";
        return 452;
    }
    if (mail->declared > service->options.size_maximum) {
        *text = "5.3.4 Message is larger than this server takes";
        return 552;
    }
    return 0;
}

static char *join_dsn(const MailArguments *a) {
    GString *dsn = g_string_new(NULL);
    if (a->ret.n > 0)
        g_string_append_printf(dsn, "RET=%.*s", (int)a->ret.n, (const char *)a->ret.p);
    if (a->envid.n > 0)
        g_string_append_printf(dsn, "%sENVID=%.*s", dsn->len > 0 ? " " : "", (int)a->envid.n,
                               (const char *)a->envid.p);
    return g_string_free(dsn, dsn->len == 0);
}

static SmtpTransaction *transaction_new(const SmtpSession *session) {
    SmtpTransaction *mail = g_new0(SmtpTransaction, 1);
    mail->body = "7BIT";
    smtp_recipients_init(&mail->recipients,
                         session->account == 0 ? SMTP_STRANGER_BYTES : G_MAXUINT32 / 2);
    return mail;
}

static int take_mail(SmtpSession *session, MailArguments *a, Reader *r, const char **text) {
    SmtpPath path;
    if (!reader_skip_nocase(r, "FROM:") || !smtp_take_path(r, &path) ||
        (path.address.n > 0 && path.domain.n == 0)) {
        *text = "5.1.7 MAIL FROM:<address> is wanted";
        return 501;
    }
    int code = take_parameters(a, r, text);
    if (code == 0 && path.utf8 && !a->mail->smtputf8) {
        *text = "5.6.7 An address beyond ASCII needs SMTPUTF8"; /* RFC 6531 3.5 */
        code = 553;
    }
    if (code == 0)
        code = check_room(session, a->mail, text);
    if (code == 0)
        code = check_sender(session, &path, &a->mail->sent_as, text);
    a->mail->sender = bytes_dup_string(path.address);
    return code;
}

void smtp_cmd_mail(SmtpSession *session, Bytes arguments) {
    if (session->mail != NULL) {
        smtp_reply(session, 503, "5.5.1 A transaction is open; RSET ends it");
        return;
    }
    const char *text = NULL;
    MailArguments a = {.session = session, .mail = transaction_new(session)};
    Reader r = reader_of(arguments);
    int code = take_mail(session, &a, &r, &text);
    if (code != 0) {
        log_event(LOG_LEVEL_INFO, "smtp.mail-refused", "session", net_session_id(session->net),
                  "sender", a.mail->sender, "code", log_number(code), "text", text, NULL);
        smtp_reply(session, code, text);
        smtp_transaction_free(a.mail);
        return;
    }
    a.mail->dsn = join_dsn(&a);
    session->mail = a.mail;
    smtp_reply(session, 250, "2.1.0 Sender ok");
}
