/* See progress.h. */
#include "imap/progress.h"

#include "base/clock.h"

void imap_progress(ImapSession *session, guint64 done, guint64 goal) {
    gint64 now = clock_monotonic();
    if (now - session->told < session->service->options.progress_time ||
        net_output_full(session->net))
        return;
    session->told = now;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* OK [INPROGRESS (");
    /* The tag may hold a ']', which would end the code too early: NIL instead (RFC 9585 5). */
    Bytes tag = bytes_of_string(session->tag);
    if (bytes_find_byte(tag, ']') < 0)
        imap_put_string(out, tag, FALSE);
    else
        buffer_append_string(out, "NIL");
    if (goal > 0) {
        buffer_append_byte(out, ' ');
        buffer_append_u64(out, MIN(done, goal - 1));
        buffer_append_byte(out, ' ');
        buffer_append_u64(out, goal);
    } else {
        buffer_append_string(out, " NIL NIL");
    }
    buffer_append_string(out, ")] Still at work\r\n");
}
