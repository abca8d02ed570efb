/* One pass over the stored text; see envelope.h. */
#include "imap/envelope.h"

#include "message/date.h"

static gboolean take_text(ImapParser *parser, Bytes *out) {
    gboolean nil = FALSE;
    return imap_take_nstring(parser, out, &nil);
}

static gboolean take_address(ImapParser *parser, ImapAddress *out) {
    Bytes route;
    return imap_try_byte(parser, '(') && take_text(parser, &out->name) && imap_take_space(parser) &&
           take_text(parser, &route) && imap_take_space(parser) &&
           take_text(parser, &out->mailbox) && imap_take_space(parser) &&
           take_text(parser, &out->host) && imap_try_byte(parser, ')');
}

static gboolean take_list(ImapParser *parser, ImapAddress *first) {
    ImapAddress address = {0};
    if (!imap_take_space(parser))
        return FALSE;
    if (imap_try_word(parser, "NIL"))
        return TRUE;
    if (!imap_take_open(parser) || !take_address(parser, &address))
        return FALSE;
    *first = address;
    while (!imap_try_byte(parser, ')'))
        if (!take_address(parser, &address))
            return FALSE;
    return TRUE;
}

void imap_envelope_read(ImapParser *parser, ImapEnvelope *out) {
    ImapAddress other;
    ImapAddress *lists[] = {&out->from, &other, &other, &out->to, &out->cc};
    *out = (ImapEnvelope){0};
    if (!imap_take_open(parser) || !take_text(parser, &out->date) || !imap_take_space(parser) ||
        !take_text(parser, &out->subject))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        if (!take_list(parser, lists[i]))
            return;
}

gint64 imap_sent_date(const ImapEnvelope *envelope, const StoreMessage *message) {
    gint64 us = 0;
    gint zone = 0;
    return message_date_parse(envelope->date, &us, &zone) ? us : message->received;
}
