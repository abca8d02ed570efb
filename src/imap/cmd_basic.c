/* NOOP and CHECK, LOGOUT, STARTTLS, ID, ENABLE: commands of a few lines each. */
#include "imap/view.h"

#include "base/log.h"

static gboolean no_arguments(ImapSession *session, ImapParser *args) {
    if (imap_take_end(args))
        return TRUE;
    imap_bad_args(session, args);
    return FALSE;
}

void imap_cmd_noop(ImapSession *session, ImapParser *args) {
    if (no_arguments(session, args))
        imap_completed(session, NULL);
}

void imap_cmd_logout(ImapSession *session, ImapParser *args) {
    if (!no_arguments(session, args))
        return;
    /* BYE first, then the tagged OK (RFC 9051 6.1.3). */
    imap_bye(session, NULL, "Good-bye");
    imap_completed(session, NULL);
}

void imap_cmd_starttls(ImapSession *session, ImapParser *args) {
    if (!no_arguments(session, args))
        return;
    if (net_session_is_secure(session->net) || !session->service->options.starttls) {
        imap_bad(session, "TLS is on already, or not offered here");
        return;
    }
    session->starttls = TRUE;
    imap_ok(session, NULL, "Begin TLS now");
}

static gboolean take_id(ImapParser *args) {
    Bytes text;
    gboolean nil = FALSE;
    if (!imap_take_space(args))
        return FALSE;
    if (imap_try_word(args, "NIL"))
        return imap_take_end(args);
    if (!imap_take_open(args))
        return FALSE;
    /* RFC 2971 3.3: no more than 30 pairs. */
    for (guint i = 0; i < 30 && !imap_try_byte(args, ')'); i++) {
        if (i > 0 && !imap_take_space(args))
            return FALSE;
        if (!imap_take_string(args, &text) || !imap_take_space(args) ||
            !imap_take_nstring(args, &text, &nil))
            return FALSE;
        if (imap_try_byte(args, ')'))
            return imap_take_end(args);
    }
    return imap_take_end(args);
}

void imap_cmd_id(ImapSession *session, ImapParser *args) {
    Bytes whole = reader_rest(&args->in);
    if (!take_id(args)) {
        imap_bad_args(session, args);
        return;
    }
    g_autofree char *client = bytes_dup_string(bytes_slice(whole, 1, 400));
    log_event(LOG_LEVEL_DEBUG, "imap.client", "session", net_session_id(session->net), "id", client,
              NULL);
    /* The version is told to those who have signed in. */
    buffer_append_string(imap_output(session), session->account == 0
                                                   ? "* ID (\"name\" \"congvu\")\r\n"
                                                   : "* ID (\"name\" \"congvu\" \"version\" "
                                                     "\"" CONGVU_VERSION "\")\r\n");
    imap_completed(session, NULL);
}

/* What each name turns on (RFC 5161; RFC 7162 3.2.3: QRESYNC implies CONDSTORE). */
static const struct {
    const char *name;
    guint on;
} enables[] = {
    {"CONDSTORE", IMAP_ENABLED_CONDSTORE},
    {"QRESYNC", IMAP_ENABLED_CONDSTORE | IMAP_ENABLED_QRESYNC},
    {"IMAP4rev2", IMAP_ENABLED_REV2},
    {"UTF8=ACCEPT", IMAP_ENABLED_UTF8}, /* RFC 9755 3 */
};

void imap_cmd_enable(ImapSession *session, ImapParser *args) {
    guint wanted = 0;
    Bytes name;
    do {
        if (!imap_take_space(args) || !imap_take_atom(args, &name)) {
            imap_bad_args(session, args);
            return;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(enables); i++)
            if (bytes_is_nocase(name, enables[i].name))
                wanted |= 1u << i;
    } while (!reader_done(&args->in));
    Buffer *out = imap_output(session);
    guint before = session->enabled;
    for (gsize i = 0; i < G_N_ELEMENTS(enables); i++)
        if ((wanted & 1u << i) && (enables[i].on & IMAP_ENABLED_CONDSTORE))
            imap_enable_condstore(session);
    buffer_append_string(out, "* ENABLED");
    for (gsize i = 0; i < G_N_ELEMENTS(enables); i++) {
        if (!(wanted & 1u << i) || (before & enables[i].on) == enables[i].on)
            continue;
        session->enabled |= enables[i].on;
        buffer_append_byte(out, ' ');
        buffer_append_string(out, enables[i].name);
    }
    buffer_append_string(out, "\r\n");
    if (imap_is_rev2(session) && session->view != NULL)
        g_clear_pointer(&session->view->recent, store_uids_free);
    imap_completed(session, NULL);
}
