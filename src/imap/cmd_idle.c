/* IDLE (RFC 9051 6.3.13). The mailbox's watch wakes the session; it was registered long before this
 * look, and `idling` is set before it, so no change falls between. */
#include "imap/notify.h"
#include "imap/view.h"

static ImapStep idle_step(ImapSession *session, ImapJob *job) {
    if (session->view != NULL) {
        imap_view_sync(session, IMAP_SYNC_ALL);
        if (session->job != job) /* very many flags: they are told first */
            return IMAP_STEP_INPUT;
        if (net_output_full(session->net))
            return IMAP_STEP_OUTPUT;
    }
    imap_notify_others(session); /* RFC 5465 4 */
    imap_check_alert(session);
    if (net_output_full(session->net))
        return IMAP_STEP_OUTPUT;
    ImapCollect got = imap_collect(&session->collector, net_input(session->net), 64);
    if (got == IMAP_COLLECT_MORE)
        return IMAP_STEP_INPUT;
    if (session->view != NULL)
        g_atomic_int_set(&session->view->idling, 0);
    Bytes line = buffer_bytes(&session->collector.text);
    if (got == IMAP_COLLECT_COMMAND && bytes_is_nocase(line, "DONE"))
        imap_completed(session, NULL);
    else
        imap_bad(session, "DONE was expected");
    imap_collector_reset(&session->collector);
    return IMAP_STEP_DONE;
}

static void idle_free(ImapJob *job) {
    g_free(job);
}

void imap_cmd_idle(ImapSession *session, ImapParser *args) {
    if (!imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    buffer_append_string(imap_output(session), "+ idling\r\n");
    if (session->view != NULL)
        g_atomic_int_set(&session->view->idling, 1);
    ImapJob *job = g_new0(ImapJob, 1);
    *job = (ImapJob){.step = idle_step, .free = idle_free, .wait = IMAP_WAIT_IDLE};
    imap_set_job(session, job);
}
