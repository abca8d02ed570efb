/* The life of a connection: greet, gather a command, run it, bring the view up to date, answer,
 * wait. Everything that may take long is a job; this file only turns the wheel. */
#include "imap/session.h"

#include "base/blocking.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "imap/notify.h"
#include "imap/signin.h"
#include "imap/view.h"
#include "text/charset.h"

enum {
    INPUT_MAXIMUM = 32 * 1024,
    INPUT_STRANGER = 4 * 1024, /* what a stranger says is kept once, in the collector */
    COMMANDS_A_TURN = 32,      /* pipelined commands before others are let run */
};

METRIC_COUNTER(commands_total, "congvu_imap_commands_total", "IMAP commands answered");
METRIC_HISTOGRAM(command_time, "congvu_imap_command_seconds", "Time in a command's function");

void imap_options_default(ImapOptions *options) {
    *options = (ImapOptions){
        .hostname = "localhost",
        .stranger_command = 32 * 1024, /* ID with 30 pairs of 30 and 1024 octets (RFC 2971 3.3) */
        .stranger_literal = 2 * 1024,
        .stranger_errors = 5,
        .stranger_signins = 5,
        .stranger_time = 60 * CLOCK_SECOND,
        .cleartext_loopback = FALSE,
        .starttls = TRUE,
        .command = 512 * 1024,
        .literal = 64 * 1024,
        .errors = 50,
        .nesting = 50,
        .search_keys = 1000,
        .append = 64 * 1024 * 1024,
        .append_messages = 1000,
        .append_parts = 1000,
        .append_held = 4 * 1024 * 1024,
        .append_files = 100,
        .command_time = 300 * CLOCK_SECOND,
        .data_time = 300 * CLOCK_SECOND,
        .idle_time = 1800 * CLOCK_SECOND,
        .progress_time = 10 * CLOCK_SECOND,
    };
}

void imap_set_job(ImapSession *session, ImapJob *job) {
    job->below = session->job;
    session->job = job;
}

gboolean imap_password_allowed(const ImapSession *session) {
    return net_session_is_secure(session->net) ||
           (session->service->options.cleartext_loopback && net_session_is_loopback(session->net));
}

/* ---- Deadlines ---- */

static void wait_for(ImapSession *session, ImapWait wait) {
    const ImapOptions *o = &session->service->options;
    if (session->waiting == wait && wait != IMAP_WAIT_DATA)
        return; /* runs already: a peer that drips bytes does not push it on */
    static const gsize offsets[] = {
        [IMAP_WAIT_STRANGER] = G_STRUCT_OFFSET(ImapOptions, stranger_time),
        [IMAP_WAIT_IDLE] = G_STRUCT_OFFSET(ImapOptions, idle_time),
        [IMAP_WAIT_COMMAND] = G_STRUCT_OFFSET(ImapOptions, command_time),
        [IMAP_WAIT_DATA] = G_STRUCT_OFFSET(ImapOptions, data_time),
    };
    session->waiting = wait;
    net_set_deadline(session->net,
                     wait == IMAP_WAIT_NONE ? 0 : G_STRUCT_MEMBER(gint64, o, offsets[wait]));
}

static NetVerdict wait_input(ImapSession *session, gboolean in_command) {
    if (session->account == 0)
        wait_for(session, IMAP_WAIT_STRANGER);
    else
        wait_for(session, in_command ? IMAP_WAIT_COMMAND : IMAP_WAIT_IDLE);
    return NET_WAIT_INPUT;
}

/* ---- One command ---- */

static void begin(ImapSession *session, Bytes tag) {
    g_free(session->tag);
    session->tag = tag.n == 0 ? g_strdup("*") : bytes_dup_string(tag);
    session->synced = FALSE;
    session->by_uid = FALSE;
    session->command = NULL;
    session->told = clock_monotonic();
}

void imap_begin(ImapSession *session, Bytes tag, const char *name) {
    begin(session, tag);
    session->command = imap_command_find(bytes_of_string(name));
}

static ImapStates state_of(const ImapSession *session) {
    return session->account == 0   ? IMAP_STRANGER
           : session->view == NULL ? IMAP_SIGNED_IN
                                   : IMAP_SELECTED;
}

static const char *wrong_state(ImapStates state) {
    switch (state) {
    case IMAP_STRANGER:
        return "Sign in first";
    case IMAP_SIGNED_IN:
        return "Not in this state: no mailbox is selected, or somebody has signed in already";
    default:
        return "Not while a mailbox is selected";
    }
}

static gboolean take_name(ImapSession *session, ImapParser *parser) {
    Bytes name = {0};
    if (!imap_take_space(parser) || !imap_take_atom(parser, &name))
        return FALSE;
    if (bytes_is_nocase(name, "UID")) {
        session->by_uid = TRUE;
        if (!imap_take_space(parser) || !imap_take_atom(parser, &name))
            return FALSE;
    }
    session->command = imap_command_find(name);
    if (session->command == NULL ||
        (session->by_uid && !(session->command->flags & IMAP_COMMAND_UID)))
        return imap_parser_fail(parser, "Unknown command");
    return TRUE;
}

/* Commands get their arguments with the space in front of them still to be taken. */
static void dispatch(ImapSession *session) {
    g_auto(ImapParser) parser;
    Bytes tag = {0};
    imap_parser_init(&parser, buffer_bytes(&session->collector.text));
    gboolean tagged = imap_take_tag(&parser, &tag);
    begin(session, tag);
    if (!tagged || !take_name(session, &parser)) {
        imap_bad_args(session, &parser);
    } else if ((session->enabled & IMAP_ENABLED_UTF8) &&
               !text_is_utf8(buffer_bytes(&session->collector.text))) {
        imap_bad(session, "The command is not UTF-8"); /* RFC 9755 3 */
    } else if (!(session->command->states & state_of(session))) {
        imap_bad(session, wrong_state(state_of(session)));
    } else {
        gint64 start = clock_monotonic();
        if (session->view != NULL)
            imap_view_sync(session, IMAP_SYNC_BEFORE);
        session->command->run(session, &parser);
        metric_observe(&command_time, clock_monotonic() - start);
    }
    imap_collector_reset(&session->collector);
}

/* The tagged line. */
static void finish(ImapSession *session) {
    Buffer *out = imap_output(session);
    buffer_append_string(out, session->tag);
    buffer_append_byte(out, ' ');
    buffer_append_string(out, session->completion);
    buffer_append_string(out, "\r\n");
    if (!g_str_has_prefix(session->completion, "BAD"))
        session->errors = session->account == 0 ? session->errors : 0;
    metric_add(&commands_total, 1);
    g_clear_pointer(&session->completion, g_free);
    if (session->account != 0) /* a stranger's time is not begun anew by each command */
        session->waiting = IMAP_WAIT_NONE;
    if (session->goodbye != NULL && !session->closing)
        imap_bye(session, NULL, session->goodbye);
}

static void refuse_line(ImapSession *session, const char *text) {
    Bytes tag = {0};
    g_auto(ImapParser) parser;
    imap_parser_init(&parser, buffer_bytes(&session->collector.text));
    gboolean tagged = imap_take_tag(&parser, &tag);
    begin(session, tagged ? tag : (Bytes){0});
    imap_bad(session, text);
    if (session->account == 0)
        session->goodbye = text;
    imap_collector_reset(&session->collector);
}

/* The command that is being gathered; NULL, with *problem: there is none such. */
static const ImapCommand *gathered(const ImapSession *session, const char **problem) {
    g_auto(ImapParser) parser;
    Bytes word = {0};
    imap_parser_init(&parser, buffer_bytes(&session->collector.text));
    const ImapCommand *command = NULL;
    if (imap_take_tag(&parser, &word) && imap_take_space(&parser) &&
        imap_take_atom(&parser, &word) &&
        (!bytes_is_nocase(word, "UID") ||
         (imap_take_space(&parser) && imap_take_atom(&parser, &word))))
        command = imap_command_find(word);
    *problem = parser.problem == NULL ? "Unknown command" : parser.problem;
    return command;
}

/* The problem with a command that only its literal is missing of: it is told before the literal is
 * asked for. NULL: none yet. */
static const char *early_problem(const ImapSession *session) {
    const char *problem;
    const ImapCommand *command = gathered(session, &problem);
    if (command == NULL)
        return problem;
    return command->states & state_of(session) ? NULL : wrong_state(state_of(session));
}

static gboolean takes_literal8(const ImapSession *session) {
    const char *problem;
    const ImapCommand *command = gathered(session, &problem);
    return session->account != 0 && command != NULL && (command->flags & IMAP_COMMAND_LITERAL8);
}

/* A literal inside an ordinary command: into memory, or refused. */
static void on_literal(ImapSession *session) {
    const ImapOptions *o = &session->service->options;
    ImapCollector *c = &session->collector;
    gsize literal = session->account == 0 ? o->stranger_literal : o->literal;
    gsize whole = session->account == 0 ? o->stranger_command : o->command;
    if (session->account != 0 && imap_append_literal(session))
        return;
    const char *problem = c->literal_waits || session->account == 0 ? early_problem(session) : NULL;
    if (problem == NULL && c->literal8 && !takes_literal8(session))
        problem = "No literal8 here";
    if (problem == NULL && (c->literal_size > literal || c->literal_size + c->text.n + 2 > whole))
        problem = "The literal is too long";
    if (problem == NULL) {
        if (c->literal_waits)
            buffer_append_string(imap_output(session), "+ OK\r\n");
        imap_collector_accept(c);
        return;
    }
    gboolean waits = c->literal_waits;
    refuse_line(session, problem);
    /* RFC 7888 4: the server may "send an untagged BYE response explaining the reason for closing
     * the connection" instead of reading a non-synchronizing literal that it does not want. */
    if (!waits)
        session->goodbye = problem;
}

/* FALSE: needs more input. */
static gboolean gather(ImapSession *session) {
    const ImapOptions *o = &session->service->options;
    ImapCollect got = imap_collect(&session->collector, net_input(session->net),
                                   session->account == 0 ? o->stranger_command : o->command);
    switch (got) {
    case IMAP_COLLECT_MORE:
        return FALSE;
    case IMAP_COLLECT_COMMAND:
        if (session->collector.text.n == 0 && session->account != 0)
            return TRUE; /* an empty line between commands harms nobody */
        dispatch(session);
        return TRUE;
    case IMAP_COLLECT_LITERAL:
        on_literal(session);
        return TRUE;
    case IMAP_COLLECT_TOO_LONG:
        refuse_line(session, "The command is too long");
        return TRUE;
    default:
        refuse_line(session, "Lines end in CRLF");
        return TRUE;
    }
}

/* ---- The wheel ---- */

static NetVerdict leave(ImapSession *session) {
    return session->starttls ? NET_STARTTLS : NET_CLOSE;
}

/* A job that works through messages may compute for long, and others shall work meanwhile. */
static ImapStep step(ImapSession *session, ImapJob *job) {
    if (job->wait != IMAP_WAIT_DATA)
        return job->step(session, job);
    blocking_begin();
    ImapStep result = job->step(session, job);
    blocking_end();
    return result;
}

/* TRUE: *verdict says what to wait for; FALSE: go on. */
static gboolean run_job(ImapSession *session, NetEvents events, NetVerdict *verdict) {
    ImapJob *job = session->job;
    switch (step(session, job)) {
    case IMAP_STEP_DONE:
        session->job = job->below;
        job->free(job);
        return FALSE;
    case IMAP_STEP_INPUT:
        if (session->job != job)
            return FALSE;
        wait_for(session, session->account == 0 ? IMAP_WAIT_STRANGER : job->wait);
        *verdict = NET_WAIT_INPUT;
        return TRUE;
    case IMAP_STEP_OUTPUT:
        if (net_flush(session->net))
            return FALSE;
        wait_for(session, IMAP_WAIT_DATA);
        *verdict = NET_WAIT_OUTPUT;
        return TRUE;
    case IMAP_STEP_WAKE:
        wait_for(session, IMAP_WAIT_NONE);
        *verdict = events & NET_EVENT_EOF ? NET_CLOSE : NET_WAIT_WAKE;
        return TRUE;
    case IMAP_STEP_AGAIN:
        *verdict = NET_AGAIN;
        return TRUE;
    default:
        *verdict = NET_CLOSE;
        return TRUE;
    }
}

static gboolean may_expunge(const ImapSession *session) {
    /* No EXPUNGE while FETCH, STORE or SEARCH is answered (RFC 9051 7.5.1), whose numbers would
     * change under the client; the commands with UID count by UID. */
    return session->command == NULL || session->by_uid ||
           !(session->command->flags & IMAP_COMMAND_NO_EXPUNGE);
}

static NetVerdict turn(ImapSession *session, NetEvents events) {
    NetVerdict verdict;
    for (;;) {
        if (imap_output(session)->overflow)
            return NET_CLOSE;
        if (session->job == NULL && !session->closing && !session->compress)
            imap_check_alert(session);
        if (session->job != NULL) {
            if (run_job(session, events, &verdict))
                return verdict;
        } else if (session->completion != NULL && !session->synced) {
            session->synced = TRUE;
            if (session->view != NULL && !session->closing)
                imap_view_sync(session,
                               may_expunge(session) ? IMAP_SYNC_ALL : IMAP_SYNC_NO_EXPUNGE);
        } else if (session->completion != NULL) {
            finish(session);
        } else if (session->closing || session->starttls) {
            return leave(session);
        } else if (session->compress) {
            session->compress = FALSE;
            wait_input(session, FALSE);
            return NET_COMPRESS;
        } else if (net_output_full(session->net) && !net_flush(session->net)) {
            wait_for(session, IMAP_WAIT_DATA);
            return NET_WAIT_OUTPUT;
        } else if (imap_notify_between(session)) {
            continue;
        } else if (++session->turn > COMMANDS_A_TURN) {
            session->turn = 0;
            return NET_AGAIN;
        } else if (!gather(session)) {
            session->turn = 0;
            return wait_input(session, session->collector.text.n > 0);
        }
    }
}

static void greet(ImapSession *session) {
    Buffer *out = imap_output(session);
    const char *host = session->service->options.hostname;
    buffer_append_string(out, "* OK [CAPABILITY ");
    imap_put_capabilities(session, out);
    buffer_printf(out, "] %s congvu\r\n", host);
}

static NetVerdict end_now(ImapSession *session, NetEvents events) {
    gboolean shutdown = (events & NET_EVENT_SHUTDOWN) != 0;
    imap_bye(session, shutdown ? "UNAVAILABLE" : NULL,
             shutdown ? "The server is stopping" : "Closed after a long silence");
    return NET_CLOSE;
}

static NetVerdict run(NetSession *net, gpointer state, NetEvents events) {
    ImapSession *session = state;
    if (session->net == NULL) {
        session->net = net;
        session->service = net_session_service(net);
        imap_collector_init(&session->collector);
    }
    if (events & (NET_EVENT_SHUTDOWN | NET_EVENT_DEADLINE))
        return end_now(session, events);
    if (events & NET_EVENT_SECURED) {
        /* RFC 9051 11.1: what was learnt before TLS is forgotten; pipelined input was dropped. */
        session->starttls = FALSE;
        imap_collector_reset(&session->collector);
    }
    if (events & NET_EVENT_START) {
        net_set_input_maximum(net, INPUT_STRANGER);
        greet(session);
    }
    if (g_atomic_int_exchange(&session->recheck, 0) && !imap_signin_still_good(session))
        return NET_CLOSE;
    if (!imap_view_check(session))
        return NET_CLOSE;
    return turn(session, events);
}

static void release(gpointer state) {
    ImapSession *session = state;
    if (session->net == NULL)
        return;
    log_event(LOG_LEVEL_INFO, "imap.closed", "session", net_session_id(session->net), "peer",
              net_session_peer(session->net), "account", session->address, "errors",
              log_number(session->errors), NULL);
    while (session->job != NULL) {
        ImapJob *job = session->job;
        session->job = job->below;
        job->free(job);
    }
    imap_notify_free(session->notify);
    imap_view_free(session->view);
    g_clear_pointer(&session->saved, store_uids_free);
    imap_collector_clear(&session->collector);
    g_free(session->address);
    g_free(session->tag);
    g_free(session->completion);
}

static void recheck(NetSession *net, gpointer state, gpointer data) {
    ImapSession *session = state;
    gint64 account = *(const gint64 *)data;
    if (__atomic_load_n(&session->account, __ATOMIC_ACQUIRE) != account)
        return;
    g_atomic_int_set(&session->recheck, 1);
    net_wake(net);
}

static void ask_for_alert(NetSession *net, gpointer state, gpointer data) {
    (void)data;
    g_atomic_int_set(&((ImapSession *)state)->alert, 1);
    net_wake(net);
}

void imap_alert(NetServer *server) {
    net_each_session(server, &imap_protocol, ask_for_alert, NULL);
}

void imap_account_changed(NetServer *server, gint64 account) {
    net_each_session(server, &imap_protocol, recheck, &account);
}

METRIC_GAUGE(open_sessions, "congvu_net_sessions{protocol=\"imap\"}", "Sessions that are open");
METRIC_COUNTER(all_sessions, "congvu_net_sessions_total{protocol=\"imap\"}",
               "Sessions that were opened");

const NetProtocol imap_protocol = {
    .name = "imap",
    .open_sessions = &open_sessions,
    .all_sessions = &all_sessions,
    .state_size = sizeof(ImapSession),
    .input_maximum = INPUT_MAXIMUM,
    .greeting_time = 60 * G_USEC_PER_SEC,
    .refusal = "* BYE [UNAVAILABLE] Too many connections\r\n",
    .run = run,
    .free = release,
};
