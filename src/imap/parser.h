/* Parser: the words of one IMAP command, taken one after the other.
 *
 * The input is a whole command as the collector gathered it: its text without the last CRLF,
 * literals in place ("{5}" CRLF and five bytes). Every take either succeeds and moves, or fails,
 * leaves the cursor where it was, and names the problem once (the first one wins), so that a
 * command reads as a chain of takes followed by one answer. No recursion; linear time; memory only
 * for quoted strings with escapes. Views point into the command or into the parser and live as long
 * as both. Source: RFC 9051 9 (grammar), RFC 3501 9. */
#ifndef CV_IMAP_PARSER_H
#define CV_IMAP_PARSER_H

#include "base/bytes.h"

typedef struct {
    Reader in;
    const char *problem; /* static text for BAD; NULL while all is well */
    GPtrArray *owned;    /* unescaped strings */
} ImapParser;

void imap_parser_init(ImapParser *parser, Bytes command);
void imap_parser_clear(ImapParser *parser);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapParser, imap_parser_clear)

/* Notes the problem (unless one is noted already); always FALSE. */
gboolean imap_parser_fail(ImapParser *parser, const char *problem);

gboolean imap_take_tag(ImapParser *parser, Bytes *out);
gboolean imap_take_atom(ImapParser *parser, Bytes *out);
gboolean imap_take_space(ImapParser *parser);
gboolean imap_take_open(ImapParser *parser);
/* TRUE and moved when c is next; FALSE is no problem. */
gboolean imap_try_byte(ImapParser *parser, guint8 c);
/* TRUE and moved when this word (ASCII case folded) is next and ends there. */
gboolean imap_try_word(ImapParser *parser, const char *word);
/* TRUE when nothing is left; else notes a problem. */
gboolean imap_take_end(ImapParser *parser);
/* Quoted or literal. */
gboolean imap_take_string(ImapParser *parser, Bytes *out);
/* Behind the "~" of a literal8: its bytes, NUL among them. */
gboolean imap_take_literal8(ImapParser *parser, Bytes *out);
/* Atom with ']' allowed, quoted or literal. */
gboolean imap_take_astring(ImapParser *parser, Bytes *out);
/* As astring, with the wildcards % and * allowed in the bare form. */
gboolean imap_take_list_mailbox(ImapParser *parser, Bytes *out);
/* astring or NIL (*is_nil). NIL counts only bare. */
gboolean imap_take_nstring(ImapParser *parser, Bytes *out, gboolean *is_nil);
gboolean imap_take_number(ImapParser *parser, guint32 *out);
gboolean imap_take_nz_number(ImapParser *parser, guint32 *out);
/* number64: at most 2^63 - 1. */
gboolean imap_take_number64(ImapParser *parser, guint64 *out);
/* A flag: "\Seen", "$Forwarded", "word". */
gboolean imap_take_flag(ImapParser *parser, Bytes *out);
/* date-text, quoted or not, as the days since 1 January of year 1 that GDate counts. */
gboolean imap_take_date(ImapParser *parser, guint32 *julian);
/* date-time in quotes, as Unix microseconds. */
gboolean imap_take_date_time(ImapParser *parser, gint64 *out);
/* A header of a literal ("{n}", "{n+}", "~{n}") at the cursor, followed by the end of `in`. */
gboolean imap_at_literal_header(const ImapParser *parser);

extern const guint8 imap_atom_bytes[256];

#endif
