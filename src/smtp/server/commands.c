/* The table of SMTP commands. What a command needs before it may run is said here once. */
#include "smtp/server/session.h"

enum {
    NEEDS_GREETING = 1 << 0, /* EHLO or HELO first */
    NEEDS_ACCOUNT = 1 << 1,  /* on the submission doors: signed in */
    NO_ARGUMENTS = 1 << 2,
    BRINGS_NOTHING = 1 << 3, /* counts towards idle_maximum */
};

typedef struct {
    const char *verb;
    SmtpCommand run;
    guint flags;
} CommandRow;

static const CommandRow rows[] = {
    {"MAIL", smtp_cmd_mail, NEEDS_GREETING | NEEDS_ACCOUNT},
    {"RCPT", smtp_cmd_rcpt, NEEDS_GREETING | NEEDS_ACCOUNT},
    {"DATA", smtp_cmd_data, NEEDS_GREETING | NEEDS_ACCOUNT | NO_ARGUMENTS},
    {"BDAT", smtp_cmd_bdat, 0}, /* it must take its chunk in every state */
    {"EHLO", smtp_cmd_ehlo, BRINGS_NOTHING},
    {"HELO", smtp_cmd_helo, BRINGS_NOTHING},
    {"QUIT", smtp_cmd_quit, NO_ARGUMENTS},
    {"RSET", smtp_cmd_rset, NO_ARGUMENTS | BRINGS_NOTHING},
    {"NOOP", smtp_cmd_noop, BRINGS_NOTHING},
    {"AUTH", smtp_cmd_auth, NEEDS_GREETING},
    {"STARTTLS", smtp_cmd_starttls, NO_ARGUMENTS},
    {"VRFY", smtp_cmd_vrfy, BRINGS_NOTHING},
    {"EXPN", smtp_cmd_expn, BRINGS_NOTHING},
    {"HELP", smtp_cmd_help, BRINGS_NOTHING},
};

static void run_row(SmtpSession *session, const CommandRow *row, Bytes arguments) {
    if (row->flags & BRINGS_NOTHING)
        session->idle++;
    if ((row->flags & NO_ARGUMENTS) && bytes_strip(arguments).n > 0)
        smtp_reply(session, 501, "5.5.4 This command takes no arguments");
    else if ((row->flags & NEEDS_GREETING) && session->greeting == NULL)
        smtp_reply(session, 503, "5.5.1 EHLO comes first");
    else if ((row->flags & NEEDS_ACCOUNT) && smtp_is_submission(session) && session->account == 0)
        smtp_reply(session, 530, "5.7.0 Cần đăng nhập trước khi gửi thư / Sign in first");
    else
        row->run(session, arguments);
}

void smtp_dispatch(SmtpSession *session, Bytes line) {
    gssize blank = bytes_find_byte(line, ' ');
    Bytes verb = blank < 0 ? line : bytes_slice(line, 0, (gsize)blank);
    Bytes arguments = blank < 0 ? (Bytes){0} : bytes_slice(line, (gsize)blank + 1, line.n);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!bytes_is_nocase(verb, rows[i].verb))
            continue;
        run_row(session, &rows[i], arguments);
        net_set_deadline(session->net, session->phase == SMTP_PHASE_WAIT_DELIVERY
                                           ? 0
                                           : session->service->options.command_time);
        return;
    }
    session->idle++;
    smtp_reply(session, 500, "5.5.1 No such command");
}
