/* COMPRESS DEFLATE (RFC 4978). The filter is net/'s; here is only when it begins. */
#include "imap/session.h"

void imap_cmd_compress(ImapSession *session, ImapParser *args) {
    Bytes algorithm;
    if (!imap_take_space(args) || !imap_take_atom(args, &algorithm) || !imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    if (!bytes_is_nocase(algorithm, "DEFLATE")) {
        imap_bad(session, "DEFLATE is the only compression");
        return;
    }
    if (session->compressed) {
        imap_bad(session, "DEFLATE is active already");
        return;
    }
    /* RFC 4978 3: a client waits for the answer. What came along all the same is neither taken for
     * a command nor for compressed bytes. */
    if (net_input(session->net)->n > 0) {
        imap_bad(session, "Nothing may follow COMPRESS before its answer");
        session->goodbye = "Nothing may follow COMPRESS before its answer";
        return;
    }
    session->compressed = session->compress = TRUE;
    imap_ok(session, NULL, "DEFLATE active");
}
