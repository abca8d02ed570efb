/* An SMTP session from its greeting to its end: what net/ calls, the lines of the input, the
 * answers. Commands are in their own files; this one only takes the next thing out of the input and
 * hands it on, until the input is empty or somebody has to be waited for. */
#include "smtp/server/session.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "text/latin.h"

METRIC_COUNTER(protocol_errors, "congvu_smtp_errors_total",
               "SMTP commands that were answered with 5xx");

void smtp_options_init(SmtpOptions *options) {
    *options = (SmtpOptions){
        .hostname = "localhost",
        .size_maximum = G_GUINT64_CONSTANT(36) * 1024 * 1024,
        .recipients_maximum = 1000,
        .errors_maximum = 20,
        .idle_maximum = 200,
        .auth_maximum = 5,
        .hops_maximum = 100,
        .text_line_maximum = 1024 * 1024,
        .command_time = 5 * 60 * CLOCK_SECOND, /* RFC 5321 4.5.3.2.7 */
        .data_time = 5 * 60 * CLOCK_SECOND,
        .data_rate_minimum = 1024,
        .quota_grace = 24 * 3600 * CLOCK_SECOND,
    };
}

gboolean smtp_is_submission(const SmtpSession *session) {
    return session->service->door != SMTP_DOOR_MX;
}

const char *smtp_door_name(SmtpDoor door) {
    static const char *const names[] = {"smtp", "submission", "submissions"};
    return names[door];
}

/* ---- Answers ---- */

static void append_unmarked(Buffer *out, const char *text) {
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        Latin latin = latin_of((gint32)g_utf8_get_char(at));
        for (int i = 0; i < latin.n; i++)
            buffer_append_byte(out,
                               (guint8)(latin.capital && i == 0 ? g_ascii_toupper(latin.letters[i])
                                                                : latin.letters[i]));
    }
}

/* RFC 5321 4.2: textstring = 1*(%d09 / %d32-126). What others hand us as text is cut to that. */
static void append_text(Buffer *out, const char *text, gboolean utf8) {
    gboolean valid = g_utf8_validate(text, -1, NULL);
    for (const char *at = text; *at != '\0';) {
        gsize n = valid ? (gsize)(g_utf8_next_char(at) - at) : 1;
        if ((guint8)*at < ' ' || *at == 0x7f || (!valid && (guint8)*at >= 0x80))
            buffer_append_byte(out, '?');
        else if (n == 1 || utf8)
            buffer_append(out, at, n);
        else {
            g_autofree char *one = g_strndup(at, n);
            append_unmarked(out, one);
        }
        at += n;
    }
}

void smtp_reply(SmtpSession *session, int code, const char *text) {
    Buffer *out = net_output(session->net);
    buffer_printf(out, "%d ", code);
    append_text(out, text, session->mail != NULL && session->mail->smtputf8);
    buffer_append_string(out, "\r\n");
    if (code >= 500) {
        session->errors++;
        metric_add(&protocol_errors, 1);
    }
}

void smtp_reply_close(SmtpSession *session, int code, const char *text) {
    smtp_reply(session, code, text);
    session->verdict = NET_CLOSE;
}

void smtp_size_input(SmtpSession *session) {
    gsize bytes = SMTP_INPUT;
    if (session->account == 0 && (session->mail == NULL || !session->mail->content))
        bytes = smtp_is_submission(session) ? SMTP_INPUT_AUTH : SMTP_INPUT_COMMANDS;
    net_set_input_maximum(session->net, bytes);
}

void smtp_reset(SmtpSession *session) {
    g_clear_pointer(&session->mail, smtp_transaction_free);
    smtp_size_input(session);
}

/* ---- Lines ---- */

typedef enum { LINE_NONE, LINE_READY, LINE_LONG, LINE_BARE } LineKind;

/* Looks for the next line; *whole is how much of the input it takes. */
static LineKind find_line(SmtpSession *session, Bytes *line, gsize *whole) {
    Bytes all = buffer_bytes(net_input(session->net));
    gboolean long_one = session->phase == SMTP_PHASE_AUTH ||
                        (smtp_is_submission(session) && bytes_starts_nocase(all, "AUTH "));
    gsize limit = long_one ? SMTP_AUTH_LINE : SMTP_COMMAND_LINE;
    gssize lf = bytes_find_byte(all, '\n');
    *whole = lf < 0 ? all.n : (gsize)lf + 1;
    if (session->skipping)
        return lf < 0 ? LINE_NONE : LINE_LONG;
    if (*whole > limit)
        return LINE_LONG;
    if (lf < 0)
        return LINE_NONE;
    *line = bytes_slice(all, 0, *whole - 1);
    if (line->n == 0 || line->p[line->n - 1] != '\r')
        return LINE_BARE;
    line->n--;
    return bytes_find_byte(*line, '\r') >= 0 || bytes_has_nul(*line) ? LINE_BARE : LINE_READY;
}

static void line_too_long(SmtpSession *session, gsize whole) {
    Bytes all = buffer_bytes(net_input(session->net));
    gboolean ended = whole > 0 && all.p[whole - 1] == '\n';
    buffer_consume(net_input(session->net), whole);
    session->skipping = !ended;
    if (!ended)
        return; /* answered once, at its end */
    if (session->phase == SMTP_PHASE_AUTH)
        smtp_auth_forget(session);
    session->phase = SMTP_PHASE_COMMAND;
    smtp_reply(session, 500, "5.5.6 Line is too long");
}

/* Takes one line and does what it says. FALSE: there is none yet. */
static gboolean take_line(SmtpSession *session) {
    Buffer *input = net_input(session->net);
    Bytes line;
    gsize whole;
    switch (find_line(session, &line, &whole)) {
    case LINE_NONE:
        if (session->skipping)
            buffer_clear(input);
        return FALSE;
    case LINE_LONG:
        line_too_long(session, whole);
        return TRUE;
    case LINE_BARE:
        /* Whoever stands between us and the client may see other lines here than we do: nothing
         * after this can be trusted to be a command. */
        buffer_consume(input, whole);
        smtp_reply_close(session, 500, "5.5.2 Lines end with CRLF and have no other CR, LF or NUL");
        return TRUE;
    case LINE_READY:
        break;
    }
    if (session->phase == SMTP_PHASE_AUTH)
        smtp_auth_line(session, line);
    else
        smtp_dispatch(session, line);
    buffer_consume(input, whole);
    return TRUE;
}

/* ---- Between the commands ---- */

const char smtp_locked_text[] = "5.7.1 Tài khoản đang bị khóa [Điều 4.2.c] / The account is locked";

gboolean smtp_account_is_active(SmtpSession *session) {
    if (session->account == 0 || !g_atomic_int_compare_and_exchange(&session->recheck, 1, 0))
        return TRUE; /* nobody told of a change since the last look */
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account(session->service->directory, session->account, &error);
    gboolean active = account != NULL && account->state == DIRECTORY_ACTIVE;
    if (!active)
        g_atomic_int_set(&session->recheck, 1); /* whoever asks next is told the same */
    return active;
}

/* [Điều 4.2.c] A lock ends what the account has open. */
static void check_account(SmtpSession *session) {
    if (!smtp_account_is_active(session))
        smtp_reply_close(session, 421, "4.7.0 Tài khoản đã thay đổi / The account was changed");
}

static void check_limits(SmtpSession *session) {
    const SmtpOptions *options = &session->service->options;
    if (session->verdict != NET_WAIT_INPUT)
        return;
    if (session->errors > options->errors_maximum)
        smtp_reply_close(session, 421, "4.7.0 Too many errors");
    else if (session->idle > options->idle_maximum)
        smtp_reply_close(session, 421, "4.7.0 Too many commands that send nothing");
    else if (session->auth_failures >= options->auth_maximum)
        smtp_reply_close(session, 421, "4.7.0 Too many failed sign-ins");
}

static NetVerdict pump(SmtpSession *session) {
    for (;;) {
        if (session->verdict != NET_WAIT_INPUT) {
            NetVerdict verdict = session->verdict;
            session->verdict = NET_WAIT_INPUT;
            return verdict;
        }
        if (net_output_full(session->net))
            return NET_WAIT_OUTPUT;
        switch (session->phase) {
        case SMTP_PHASE_WAIT_AUTH:
        case SMTP_PHASE_WAIT_DELIVERY:
            return NET_WAIT_WAKE;
        case SMTP_PHASE_DATA:
            if (!smtp_data_take(session))
                return NET_WAIT_INPUT;
            break;
        case SMTP_PHASE_BDAT:
            if (!smtp_bdat_take(session))
                return NET_WAIT_INPUT;
            break;
        default:
            check_account(session);
            if (session->stopping && session->verdict == NET_WAIT_INPUT)
                smtp_reply_close(session, 421, "4.3.2 The server is being stopped");
            if (session->verdict != NET_WAIT_INPUT)
                break;
            if (!take_line(session))
                return NET_WAIT_INPUT;
            check_limits(session);
        }
    }
}

static void greet(SmtpSession *session) {
    log_event(LOG_LEVEL_INFO, "smtp.connect", "session", net_session_id(session->net), "door",
              smtp_door_name(session->service->door), "peer", net_session_peer(session->net), NULL);
    buffer_printf(net_output(session->net), "220 %s ESMTP congvu\r\n",
                  session->service->options.hostname);
    net_set_deadline(session->net, session->service->options.command_time);
}

/* What the client said before TLS could have been said by anybody: it is forgotten, the name of its
 * EHLO included (RFC 3207 4.2). */
static void secured(SmtpSession *session) {
    g_clear_pointer(&session->greeting, g_free);
    session->esmtp = FALSE;
    smtp_reset(session);
    net_set_deadline(session->net, session->service->options.command_time);
}

static NetVerdict smtp_run(NetSession *net, gpointer state, NetEvents events) {
    SmtpSession *session = state;
    session->net = net;
    session->service = net_session_service(net);
    if (events & NET_EVENT_START) {
        session->verdict = NET_WAIT_INPUT;
        smtp_size_input(session);
        greet(session);
    }
    if (events & NET_EVENT_SECURED)
        secured(session);
    if (events & NET_EVENT_SHUTDOWN)
        session->stopping = TRUE;
    if (session->phase == SMTP_PHASE_WAIT_DELIVERY && !smtp_finish_collect(session))
        return NET_WAIT_WAKE;
    if (session->phase == SMTP_PHASE_WAIT_AUTH)
        smtp_auth_done(session);
    check_limits(session);
    if (events & NET_EVENT_DEADLINE)
        smtp_reply_close(session, 421, "4.4.2 Timeout, good-bye");
    if ((events & NET_EVENT_EOF) && session->phase == SMTP_PHASE_WAIT_AUTH)
        return NET_CLOSE;
    return pump(session);
}

static void smtp_free(gpointer state) {
    SmtpSession *session = state;
    if (session->net == NULL)
        return; /* never ran */
    log_event(LOG_LEVEL_INFO, "smtp.closed", "session", net_session_id(session->net), "messages",
              log_number(session->messages), "errors", log_number(session->errors), NULL);
    smtp_finish_abandon(session);
    smtp_auth_forget(session);
    g_clear_pointer(&session->mail, smtp_transaction_free);
    g_clear_pointer(&session->greeting, g_free);
}

#define COUNTS(door, label)                                                                        \
    METRIC_GAUGE(door##_open, "congvu_net_sessions{protocol=\"" label "\"}",                       \
                 "Sessions that are open");                                                        \
    METRIC_COUNTER(door##_all, "congvu_net_sessions_total{protocol=\"" label "\"}",                \
                   "Sessions that were opened")
COUNTS(mx, "smtp");
COUNTS(submission, "submission");
COUNTS(submissions, "submissions");

#define PROTOCOL(its_name, counts)                                                                 \
    {                                                                                              \
        .name = its_name, .open_sessions = &counts##_open, .all_sessions = &counts##_all,          \
        .state_size = sizeof(SmtpSession), .input_maximum = SMTP_INPUT,                            \
        .greeting_time = 5 * 60 * CLOCK_SECOND,                                                    \
        .refusal = "421 4.3.2 Too many connections, please try again later\r\n", .run = smtp_run,  \
        .free = smtp_free                                                                          \
    }

static const NetProtocol protocols[] = {
    [SMTP_DOOR_MX] = PROTOCOL("smtp", mx),
    [SMTP_DOOR_SUBMISSION] = PROTOCOL("submission", submission),
    [SMTP_DOOR_SUBMISSIONS] = PROTOCOL("submissions", submissions),
};

const NetProtocol *smtp_protocol(SmtpDoor door) {
    return &protocols[door];
}

static void mark_account(NetSession *net, gpointer state, gpointer data) {
    SmtpSession *session = state;
    const gint64 *account = data;
    if (__atomic_load_n(&session->account, __ATOMIC_ACQUIRE) != *account)
        return;
    g_atomic_int_set(&session->recheck, 1);
    net_wake(net);
}

void smtp_account_changed(NetServer *server, gint64 account) {
    for (gsize i = 0; i < G_N_ELEMENTS(protocols); i++)
        net_each_session(server, &protocols[i], mark_account, &account);
}
