/* The grammar of APPEND behind the mailbox's name, with MULTIAPPEND and CATENATE:
 *
 *     1*( [SP flag-list] [SP date-time] SP (literal / utf8 / "CATENATE" SP "(" part *(SP part) ")")
 * ) part = "TEXT" SP literal / "URL" SP astring / utf8 utf8 = "UTF8" SP "(" literal8 ")"
 *
 * It is taken word by word out of pieces of the command, each of which ends where the bytes of a
 * message begin, which are never part of it. Sources: RFC 9051 6.3.12, RFC 3502, RFC 4466, RFC 4469
 * 5, RFC 6855 4 (RFC 9755 has no need of it any more), RFC 8508 5. */
#ifndef CV_IMAP_APPEND_GRAMMAR_H
#define CV_IMAP_APPEND_GRAMMAR_H

#include "imap/parser.h"
#include "store/store.h"

typedef enum {
    IMAP_APPEND_BAD,      /* args says what is wrong */
    IMAP_APPEND_MORE,     /* a literal that is an argument, not a message, ends the piece */
    IMAP_APPEND_MESSAGE,  /* a message begins; its literal ends the piece */
    IMAP_APPEND_CATENATE, /* a message of parts begins */
    IMAP_APPEND_TEXT,     /* a part, whose literal ends the piece */
    IMAP_APPEND_URL,      /* a part: see url */
    IMAP_APPEND_CLOSE,    /* the message of parts is whole */
    IMAP_APPEND_END,      /* the command is whole */
} ImapAppendWord;

typedef struct {
    gboolean single;        /* one message only: REPLACE */
    gboolean inside, later; /* of the parentheses; not the first part */
    gboolean utf8, alone;   /* the parenthesis of UTF8 is open; it is the message's only one */
    guint messages;         /* that have begun */
    /* Of the message that has begun. */
    StoreFlags flags;
    GPtrArray *keywords; /* char * */
    gint64 received;     /* Unix microseconds, 0: none given */
    Bytes url;           /* after IMAP_APPEND_URL; lives as long as the parser */
} ImapAppendGrammar;

void imap_append_grammar_init(ImapAppendGrammar *grammar, gboolean single);
void imap_append_grammar_clear(ImapAppendGrammar *grammar);
/* Takes the next word. BAD and MORE change nothing in the grammar: after MORE the same word may be
 * taken again from a piece that has the literal's bytes. */
ImapAppendWord imap_append_next(ImapAppendGrammar *grammar, ImapParser *args);

#endif
