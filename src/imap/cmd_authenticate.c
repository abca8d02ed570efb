/* AUTHENTICATE PLAIN (RFC 9051 6.2.2, RFC 4616) with the initial response of RFC 4959. */
#include "base/crypto.h"
#include "imap/signin.h"

static void answer(ImapSession *session, Bytes base64) {
    gsize n = 0;
    g_autofree guint8 *plain = auth_base64_decode(base64, &n);
    Bytes name, password;
    if (plain == NULL || !auth_parse_plain(bytes_of(plain, n), &name, &password)) {
        imap_bad(session, "Malformed credentials");
        return;
    }
    imap_signin_begin(session, name, password);
    crypto_wipe(plain, n);
}

static void finish_line(ImapSession *session, ImapCollect got) {
    Bytes line = buffer_bytes(&session->collector.text);
    /* A line of one "*" cancels, and is answered with BAD (RFC 9051 6.2.2). */
    if (got == IMAP_COLLECT_COMMAND && bytes_is(line, "*"))
        imap_bad(session, "Cancelled");
    else if (got == IMAP_COLLECT_COMMAND)
        answer(session, line);
    else
        imap_bad(session, "Malformed credentials");
    if (session->collector.text.p != NULL)
        crypto_wipe(session->collector.text.p, session->collector.text.capacity);
    imap_collector_reset(&session->collector);
}

static ImapStep sasl_step(ImapSession *session, ImapJob *job) {
    ImapCollect got = imap_collect(&session->collector, net_input(session->net),
                                   session->service->options.stranger_command);
    if (got == IMAP_COLLECT_MORE)
        return IMAP_STEP_INPUT;
    session->job = NULL; /* the sign-in takes its place */
    finish_line(session, got);
    g_free(job);
    return IMAP_STEP_AGAIN;
}

static void sasl_free(ImapJob *job) {
    g_free(job);
}

void imap_cmd_authenticate(ImapSession *session, ImapParser *args) {
    Bytes mechanism;
    if (!imap_take_space(args) || !imap_take_atom(args, &mechanism)) {
        imap_bad_args(session, args);
        return;
    }
    gboolean initial = imap_try_byte(args, ' ');
    Bytes response = reader_rest(&args->in);
    if (!bytes_is_nocase(mechanism, "PLAIN")) {
        imap_no(session, "CANNOT", "Only PLAIN is known");
        return;
    }
    if (!imap_password_allowed(session)) {
        imap_no(session, "PRIVACYREQUIRED", "Use TLS before signing in");
        return;
    }
    if (initial) {
        answer(session, response);
        return;
    }
    if (response.n > 0) {
        imap_bad(session, "Malformed arguments");
        return;
    }
    buffer_append_string(imap_output(session), "+ \r\n");
    ImapJob *job = g_new0(ImapJob, 1);
    *job = (ImapJob){.step = sasl_step, .free = sasl_free};
    imap_set_job(session, job);
}
