/* The addresses in a stored envelope: what FROM, TO, CC and BCC of SEARCH look into besides the
 * fields themselves, and what the index is given for them. */
#include "imap/addresses.h"

#include "imap/parser.h"

/* One address of an envelope; FALSE at the end of the list. */
static gboolean take_address(ImapParser *parser, Bytes *mailbox, Bytes *host) {
    Bytes other;
    gboolean nil;
    return imap_try_byte(parser, '(') && imap_take_nstring(parser, &other, &nil) &&
           imap_take_space(parser) && imap_take_nstring(parser, &other, &nil) &&
           imap_take_space(parser) && imap_take_nstring(parser, mailbox, &nil) &&
           imap_take_space(parser) && imap_take_nstring(parser, host, &nil) &&
           imap_try_byte(parser, ')');
}

void imap_envelope_addresses(Bytes envelope, ImapAddressEach each, gpointer data) {
    static const char *const fields[] = {"From", NULL, NULL, "To", "Cc", "Bcc"};
    g_auto(ImapParser) parser;
    Bytes text, mailbox, host;
    gboolean nil = FALSE;
    imap_parser_init(&parser, envelope);
    if (!imap_take_open(&parser) || !imap_take_nstring(&parser, &text, &nil) ||
        !imap_take_space(&parser) || !imap_take_nstring(&parser, &text, &nil))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!imap_take_space(&parser))
            return;
        if (imap_try_word(&parser, "NIL"))
            continue;
        if (!imap_take_open(&parser))
            return;
        while (take_address(&parser, &mailbox, &host)) {
            g_autofree char *address =
                g_strdup_printf("%.*s@%.*s", (int)mailbox.n, (const char *)mailbox.p, (int)host.n,
                                (const char *)host.p);
            if (fields[i] != NULL)
                each(fields[i], address, data);
        }
        if (!imap_try_byte(&parser, ')'))
            return;
    }
}
