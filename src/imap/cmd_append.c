/* APPEND (RFC 9051 6.3.12; RFC 3502, 4315, 4469, 7888, 7889): where it begins. append.h does the
 * rest. */
#include "imap/append.h"

gboolean imap_append_literal(ImapSession *session) {
    g_auto(ImapParser) parser;
    Bytes tag, name;
    gboolean by_uid = FALSE;
    imap_parser_init(&parser, buffer_bytes(&session->collector.text));
    if (!imap_take_tag(&parser, &tag) || !imap_take_space(&parser) ||
        !imap_take_atom(&parser, &name))
        return FALSE;
    if (bytes_is_nocase(name, "UID")) {
        by_uid = TRUE;
        if (!imap_take_space(&parser) || !imap_take_atom(&parser, &name))
            return FALSE;
    }
    if (bytes_is_nocase(name, "REPLACE"))
        return imap_replace_literal(session, &parser, tag, by_uid);
    ImapAppendStart start = {.tag = tag, .name = "APPEND"};
    return bytes_is_nocase(name, "APPEND") && !by_uid && imap_take_space(&parser) &&
           imap_take_astring(&parser, &start.mailbox) &&
           imap_append_begin(session, &start, &parser, TRUE);
}

/* Without any literal: what is catenated is on the server already. */
void imap_cmd_append(ImapSession *session, ImapParser *args) {
    ImapAppendStart start = {.name = "APPEND"};
    if (!imap_take_space(args) || !imap_take_astring(args, &start.mailbox))
        imap_bad_args(session, args);
    else
        imap_append_begin(session, &start, args, FALSE);
}
