/* One key for all criteria: numbers as eight bytes, high ones first, texts as their collation keys
 * with a 0 behind; what is reversed has its bits turned. */
#include "imap/sort_keys.h"

#include "imap/envelope.h"
#include "message/base_subject.h"
#include "message/header.h"
#include "text/collate.h"

static const struct {
    const char *word;
    ImapSortKey key;
} words[] = {
    {"ARRIVAL", IMAP_SORT_ARRIVAL},
    {"CC", IMAP_SORT_CC},
    {"DATE", IMAP_SORT_DATE},
    {"DISPLAYFROM", IMAP_SORT_DISPLAYFROM},
    {"DISPLAYTO", IMAP_SORT_DISPLAYTO},
    {"FROM", IMAP_SORT_FROM},
    {"SIZE", IMAP_SORT_SIZE},
    {"SUBJECT", IMAP_SORT_SUBJECT},
    {"TO", IMAP_SORT_TO},
};

static gboolean has(const ImapSortProgram *program, ImapSortKey key) {
    for (guint i = 0; i < program->count; i++)
        if (program->by[i].key == key)
            return TRUE;
    return FALSE;
}

static gboolean take_key(ImapParser *args, ImapSortProgram *out) {
    gboolean reverse = imap_try_word(args, "REVERSE");
    if (reverse && !imap_take_space(args))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!imap_try_word(args, words[i].word))
            continue;
        ImapSortKey key = words[i].key;
        if (has(out, key))
            return TRUE;
        out->by[out->count].key = key;
        out->by[out->count++].reverse = reverse;
        out->meta = out->meta || key >= IMAP_SORT_DATE;
        out->texts += key > IMAP_SORT_DATE;
        return TRUE;
    }
    return imap_parser_fail(args, "Unknown sort criterion");
}

gboolean imap_take_sort_program(ImapParser *args, ImapSortProgram *out) {
    if (!imap_take_open(args))
        return FALSE;
    do {
        if (!take_key(args, out))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The sort criteria do not end");
}

gsize imap_sort_text_limit(const ImapSortProgram *program, guint messages) {
    enum { LONGEST = 256, SHORTEST = 32, ALL = 128 * 1024 * 1024 };
    gsize texts = (gsize)MAX(program->texts, 1) * MAX(messages, 1);
    return CLAMP(ALL / texts, SHORTEST, LONGEST);
}

static void put_number(Buffer *out, gint64 value) {
    buffer_append_be64(out, (guint64)value ^ (1ull << 63));
}

static void put_text(Buffer *out, Bytes text, gsize limit) {
    text_collation_key(text, limit, out);
    buffer_append_byte(out, 0);
}

/* RFC 5256 2.1 */
static void put_subject(Buffer *out, Bytes subject, gsize limit) {
    gboolean reply;
    g_autofree char *decoded = message_header_decode(subject);
    g_autofree char *base = message_base_subject(decoded, &reply);
    put_text(out, bytes_of_string(base), limit);
}

/* RFC 5957 3: the name, decoded; else the address; else its local part. */
static void put_display(Buffer *out, const ImapAddress *address, gsize limit) {
    g_autofree char *name = address->name.n == 0 ? NULL : message_header_decode(address->name);
    if (name != NULL && *name != '\0') {
        put_text(out, bytes_of_string(name), limit);
        return;
    }
    g_auto(Buffer) whole;
    buffer_init(&whole, address->mailbox.n + address->host.n + 1);
    buffer_append_bytes(&whole, address->mailbox);
    if (address->host.n > 0) {
        buffer_append_byte(&whole, '@');
        buffer_append_bytes(&whole, address->host);
    }
    put_text(out, buffer_bytes(&whole), limit);
}

static void put_one(Buffer *out, ImapSortKey key, const StoreMessage *message,
                    const ImapEnvelope *envelope, gsize limit) {
    switch (key) {
    case IMAP_SORT_ARRIVAL:
        put_number(out, message->received);
        break;
    case IMAP_SORT_SIZE:
        put_number(out, (gint64)message->size);
        break;
    case IMAP_SORT_DATE:
        put_number(out, imap_sent_date(envelope, message));
        break;
    case IMAP_SORT_SUBJECT:
        put_subject(out, envelope->subject, limit);
        break;
    case IMAP_SORT_DISPLAYFROM:
        put_display(out, &envelope->from, limit);
        break;
    case IMAP_SORT_DISPLAYTO:
        put_display(out, &envelope->to, limit);
        break;
    default: /* RFC 5256 3: the local part of the first address */
        put_text(out,
                 key == IMAP_SORT_FROM ? envelope->from.mailbox
                 : key == IMAP_SORT_TO ? envelope->to.mailbox
                                       : envelope->cc.mailbox,
                 limit);
    }
}

void imap_sort_key(const ImapSortProgram *program, const StoreMessage *message, gsize text_limit,
                   Buffer *out) {
    g_auto(ImapParser) parser;
    ImapEnvelope envelope = {0};
    imap_parser_init(&parser, message->envelope);
    if (program->meta)
        imap_envelope_read(&parser, &envelope);
    for (guint i = 0; i < program->count; i++) {
        gsize before = out->n;
        put_one(out, program->by[i].key, message, &envelope, text_limit);
        /* RFC 5256 3: REVERSE turns one criterion, not the order of equal messages. */
        if (program->by[i].reverse)
            for (gsize at = before; at < out->n; at++)
                out->p[out->start + at] ^= 0xff;
    }
}
