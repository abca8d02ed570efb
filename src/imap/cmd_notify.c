/* NOTIFY (RFC 5465 3.1). */
#include "imap/notify.h"

void imap_cmd_notify(ImapSession *session, ImapParser *args) {
    ImapNotifyRequest request = {0};
    g_autoptr(GError) error = NULL;
    if (!imap_take_notify(session, args, &request)) {
        imap_bad_args(session, args);
    } else if (request.unknown) {
        g_autoptr(GString) code = g_string_new("BADEVENT (");
        imap_put_events(code);
        g_string_append_c(code, ')');
        imap_no(session, code->str, "There is no such event here");
    } else if (imap_notify_begin(session, &request, &error)) {
        imap_completed(session, NULL);
    } else if (cv_error_is(error, CV_ERROR_LIMIT)) {
        imap_no(session, "NOTIFICATIONOVERFLOW", error->message);
    } else {
        imap_fail(session, error);
    }
    imap_notify_request_clear(&request);
}
