/* Collector: gathers one command, its lines and its literals, from the bytes that came in.
 *
 * It stops at each literal and lets the session decide (accept into the command, stream elsewhere,
 * throw away, refuse): so a message that is appended is never kept in memory. The whole command is
 * bounded; a line that ends in LF alone is refused. RFC 9051 2.2.1, 4.3; RFC 7888. */
#ifndef CV_IMAP_COLLECTOR_H
#define CV_IMAP_COLLECTOR_H

#include "base/buffer.h"

typedef enum {
    IMAP_COLLECT_MORE,     /* needs more input */
    IMAP_COLLECT_COMMAND,  /* `text` is a whole command without its CRLF */
    IMAP_COLLECT_LITERAL,  /* `text` ends in a literal's header: see literal, decide */
    IMAP_COLLECT_TOO_LONG, /* past the maximum; the rest of the line is thrown away already */
    IMAP_COLLECT_BARE_LF,  /* a line ended without CR; it was thrown away */
} ImapCollect;

typedef struct {
    Buffer text;
    guint64 literal_size;   /* of the literal announced */
    gboolean literal_waits; /* synchronizing: the client waits for "+" */
    gboolean literal8;      /* "~{" */
    guint64 literal_left;   /* bytes still to be gathered into text */
    gboolean skipping;      /* inside a line that is too long */
} ImapCollector;

void imap_collector_init(ImapCollector *collector);
void imap_collector_clear(ImapCollector *collector);
/* Consumes from input. maximum: bytes of a whole command. */
ImapCollect imap_collect(ImapCollector *collector, Buffer *input, gsize maximum);
/* After IMAP_COLLECT_LITERAL: the bytes that follow belong to the command. */
void imap_collector_accept(ImapCollector *collector);
/* Forgets the command; gives memory back when there was much. */
void imap_collector_reset(ImapCollector *collector);

#endif
