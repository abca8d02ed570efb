/* The words of APPEND; see append_grammar.h. */
#include "imap/append_grammar.h"

#include "imap/format.h"

enum { MAXIMUM_KEYWORDS = 60 };

void imap_append_grammar_init(ImapAppendGrammar *grammar, gboolean single) {
    *grammar = (ImapAppendGrammar){.single = single};
    grammar->keywords = g_ptr_array_new_with_free_func(g_free);
}

void imap_append_grammar_clear(ImapAppendGrammar *grammar) {
    g_clear_pointer(&grammar->keywords, g_ptr_array_unref);
}

static gboolean take_flag(ImapParser *args, StoreFlags *flags, GPtrArray *keywords) {
    Bytes flag;
    if (!imap_take_flag(args, &flag))
        return FALSE;
    StoreFlags bit = imap_system_flag(flag);
    *flags |= bit;
    if (bit != 0 || *flag.p == '\\')
        return TRUE;
    if (keywords->len >= MAXIMUM_KEYWORDS)
        return imap_parser_fail(args, "Too many flags");
    g_ptr_array_add(keywords, bytes_dup_string(flag));
    return TRUE;
}

static gboolean take_flags(ImapParser *args, StoreFlags *flags, GPtrArray *keywords) {
    if (!imap_try_byte(args, '('))
        return TRUE;
    if (!imap_try_byte(args, ')')) {
        do {
            if (!take_flag(args, flags, keywords))
                return FALSE;
        } while (imap_try_byte(args, ' '));
        if (!imap_try_byte(args, ')'))
            return imap_parser_fail(args, "The flags do not end");
    }
    return imap_take_space(args);
}

/* The literal's header stays: it is the end of the piece. */
static gboolean at_literal(ImapParser *args) {
    if (!imap_at_literal_header(args))
        return imap_parser_fail(args, "A message comes as a literal");
    args->in.at = args->in.end;
    return TRUE;
}

static ImapAppendWord next_message(ImapAppendGrammar *grammar, ImapParser *args) {
    if (reader_done(&args->in) && grammar->messages > 0)
        return IMAP_APPEND_END;
    if (grammar->single && grammar->messages > 0) {
        imap_parser_fail(args, "Nothing may follow the message");
        return IMAP_APPEND_BAD;
    }
    StoreFlags flags = 0;
    gint64 received = 0;
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    if (!imap_take_space(args) || !take_flags(args, &flags, keywords) ||
        (reader_peek(&args->in) == '"' &&
         (!imap_take_date_time(args, &received) || !imap_take_space(args))))
        return IMAP_APPEND_BAD;
    gboolean alone = imap_try_word(args, "UTF8");
    gboolean parts = alone || imap_try_word(args, "CATENATE");
    if (parts ? !imap_take_space(args) || !imap_take_open(args) : !at_literal(args))
        return IMAP_APPEND_BAD;
    g_ptr_array_unref(grammar->keywords);
    grammar->keywords = g_steal_pointer(&keywords);
    grammar->flags = flags;
    grammar->received = received;
    grammar->inside = parts;
    grammar->alone = alone;
    grammar->later = FALSE;
    grammar->messages++;
    return parts ? IMAP_APPEND_CATENATE : IMAP_APPEND_MESSAGE;
}

/* The literal of "UTF8 (~{5}"; its ')' comes behind it. */
static ImapAppendWord next_utf8(ImapAppendGrammar *grammar, ImapParser *args) {
    if (reader_peek(&args->in) != '~') {
        imap_parser_fail(args, "UTF8 takes a literal8");
        return IMAP_APPEND_BAD;
    }
    if (!at_literal(args))
        return IMAP_APPEND_BAD;
    grammar->utf8 = grammar->later = TRUE;
    return IMAP_APPEND_TEXT;
}

static ImapAppendWord next_part(ImapAppendGrammar *grammar, ImapParser *args) {
    Bytes url;
    if (grammar->alone && !grammar->later)
        return next_utf8(grammar, args);
    if (grammar->utf8) {
        if (!imap_try_byte(args, ')')) {
            imap_parser_fail(args, "UTF8 does not end");
            return IMAP_APPEND_BAD;
        }
        grammar->utf8 = FALSE;
        if (grammar->alone) {
            grammar->inside = FALSE;
            return IMAP_APPEND_CLOSE;
        }
    }
    if (grammar->later && imap_try_byte(args, ')')) {
        grammar->inside = FALSE;
        return IMAP_APPEND_CLOSE;
    }
    if (grammar->later && !imap_take_space(args))
        return IMAP_APPEND_BAD;
    if (imap_try_word(args, "TEXT")) {
        if (!imap_take_space(args) || !at_literal(args))
            return IMAP_APPEND_BAD;
        grammar->later = TRUE;
        return IMAP_APPEND_TEXT;
    }
    if (imap_try_word(args, "UTF8"))
        return imap_take_space(args) && imap_take_open(args) ? next_utf8(grammar, args)
                                                             : IMAP_APPEND_BAD;
    if (!imap_try_word(args, "URL")) {
        imap_parser_fail(args, "A part of CATENATE is TEXT, URL or UTF8");
        return IMAP_APPEND_BAD;
    }
    if (!imap_take_space(args))
        return IMAP_APPEND_BAD;
    if (imap_at_literal_header(args))
        return IMAP_APPEND_MORE;
    if (!imap_take_astring(args, &url))
        return IMAP_APPEND_BAD;
    grammar->later = TRUE;
    grammar->url = url;
    return IMAP_APPEND_URL;
}

ImapAppendWord imap_append_next(ImapAppendGrammar *grammar, ImapParser *args) {
    return grammar->inside ? next_part(grammar, args) : next_message(grammar, args);
}
