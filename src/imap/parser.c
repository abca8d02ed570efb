/* The takes of parser.h. Which bytes a word may hold stands in one table with a bit for each class,
 * so that RFC 9051's lists of specials are written once. */
#include "imap/parser.h"

#include <string.h>

enum { CLASS_ATOM = 1, CLASS_ASTRING = 2, CLASS_LIST = 4, CLASS_TAG = 8 };

static guint8 classes[256];
static guint8 class_tables[4][256]; /* one for each bit, as reader_while wants it */
const guint8 imap_atom_bytes[256] = {
    /* filled in by hand: 0x21 '!' … 0x7e '~' without ( ) { % * " \ ] */
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['&'] = 1, ['\''] = 1, ['+'] = 1, [','] = 1, ['-'] = 1,
    ['.'] = 1, ['/'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1,  ['3'] = 1, ['4'] = 1, ['5'] = 1,
    ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, [':'] = 1,  [';'] = 1, ['<'] = 1, ['='] = 1,
    ['>'] = 1, ['?'] = 1, ['@'] = 1, ['A'] = 1, ['B'] = 1,  ['C'] = 1, ['D'] = 1, ['E'] = 1,
    ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1,  ['K'] = 1, ['L'] = 1, ['M'] = 1,
    ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,  ['S'] = 1, ['T'] = 1, ['U'] = 1,
    ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,  ['['] = 1, ['^'] = 1, ['_'] = 1,
    ['`'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1,  ['e'] = 1, ['f'] = 1, ['g'] = 1,
    ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1,  ['m'] = 1, ['n'] = 1, ['o'] = 1,
    ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1,  ['u'] = 1, ['v'] = 1, ['w'] = 1,
    ['x'] = 1, ['y'] = 1, ['z'] = 1, ['|'] = 1, ['}'] = 1,  ['~'] = 1,
};

static const guint8 *class_table(guint bit) {
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        for (guint c = 0; c < 256; c++) {
            guint8 in = imap_atom_bytes[c] ? CLASS_ATOM | CLASS_ASTRING | CLASS_LIST : 0;
            if (c == ']')
                in |= CLASS_ASTRING | CLASS_LIST;
            if (c == '%' || c == '*')
                in |= CLASS_LIST;
            if ((in & CLASS_ASTRING) && c != '+')
                in |= CLASS_TAG;
            classes[c] = in;
            for (guint i = 0; i < 4; i++)
                class_tables[i][c] = (in >> i) & 1;
        }
        g_once_init_leave(&ready, 1);
    }
    return class_tables[bit == CLASS_ATOM      ? 0
                        : bit == CLASS_ASTRING ? 1
                        : bit == CLASS_LIST    ? 2
                                               : 3];
}

void imap_parser_init(ImapParser *parser, Bytes command) {
    *parser = (ImapParser){.in = reader_of(command)};
}

void imap_parser_clear(ImapParser *parser) {
    g_clear_pointer(&parser->owned, g_ptr_array_unref);
}

gboolean imap_parser_fail(ImapParser *parser, const char *problem) {
    if (parser->problem == NULL)
        parser->problem = problem;
    return FALSE;
}

static gboolean take_run(ImapParser *parser, guint bit, const char *problem, Bytes *out) {
    Bytes run = reader_while(&parser->in, class_table(bit));
    if (run.n == 0)
        return imap_parser_fail(parser, problem);
    *out = run;
    return TRUE;
}

gboolean imap_take_tag(ImapParser *parser, Bytes *out) {
    return take_run(parser, CLASS_TAG, "A command begins with a tag", out);
}

gboolean imap_take_atom(ImapParser *parser, Bytes *out) {
    return take_run(parser, CLASS_ATOM, "A word is missing", out);
}

gboolean imap_take_space(ImapParser *parser) {
    /* Exactly one space (RFC 9051 9). */
    return reader_skip_byte(&parser->in, ' ') || imap_parser_fail(parser, "A space is missing");
}

gboolean imap_take_open(ImapParser *parser) {
    return reader_skip_byte(&parser->in, '(') ||
           imap_parser_fail(parser, "A parenthesis is missing");
}

gboolean imap_try_byte(ImapParser *parser, guint8 c) {
    return reader_skip_byte(&parser->in, c);
}

gboolean imap_try_word(ImapParser *parser, const char *word) {
    Reader mark = parser->in;
    if (reader_skip_nocase(&parser->in, word)) {
        int next = reader_peek(&parser->in);
        if (next < 0 || !imap_atom_bytes[next])
            return TRUE;
    }
    parser->in = mark;
    return FALSE;
}

gboolean imap_take_end(ImapParser *parser) {
    return reader_done(&parser->in) || imap_parser_fail(parser, "Too many arguments");
}

static gboolean take_quoted(ImapParser *parser, Bytes *out) {
    Reader r = parser->in;
    reader_byte(&r);
    const guint8 *start = r.at;
    gboolean escaped = FALSE;
    for (;;) {
        int c = reader_byte(&r);
        if (c < 0)
            return imap_parser_fail(parser, "A quoted string does not end");
        if (c == '"')
            break;
        if (c == '\\') {
            escaped = TRUE;
            c = reader_byte(&r);
            if (c != '"' && c != '\\')
                return imap_parser_fail(parser, "Only \\ and \" may follow \\ in a string");
        } else if (c == '\r' || c == '\n' || c == 0) {
            return imap_parser_fail(parser, "A quoted string holds NUL, CR or LF");
        }
    }
    Bytes raw = bytes_of(start, (gsize)(r.at - 1 - start));
    parser->in = r;
    if (!escaped) {
        *out = raw;
        return TRUE;
    }
    guint8 *copy = g_malloc(raw.n + 1);
    gsize n = 0;
    for (gsize i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\')
            i++;
        copy[n++] = raw.p[i];
    }
    if (parser->owned == NULL)
        parser->owned = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(parser->owned, copy);
    *out = bytes_of(copy, n);
    return TRUE;
}

/* nul: the bytes may hold it. */
static gboolean take_literal(ImapParser *parser, gboolean nul, Bytes *out) {
    Reader r = parser->in;
    guint64 length = 0;
    Bytes bytes;
    reader_byte(&r);
    if (!reader_u64(&r, &length))
        return imap_parser_fail(parser, "A literal has no length");
    reader_skip_byte(&r, '+');
    if (!reader_skip(&r, "}\r\n") || length > reader_left(&r) ||
        !reader_take(&r, (gsize)length, &bytes))
        return imap_parser_fail(parser, "A literal is malformed");
    /* The bytes of a literal are CHAR8: any but NUL (RFC 9051 4.3, 9). */
    if (!nul && bytes_has_nul(bytes))
        return imap_parser_fail(parser, "A literal holds NUL");
    parser->in = r;
    *out = bytes;
    return TRUE;
}

gboolean imap_take_literal8(ImapParser *parser, Bytes *out) {
    return reader_peek(&parser->in) == '{' ? take_literal(parser, TRUE, out)
                                           : imap_parser_fail(parser, "A literal is missing");
}

gboolean imap_take_string(ImapParser *parser, Bytes *out) {
    switch (reader_peek(&parser->in)) {
    case '"':
        return take_quoted(parser, out);
    case '{':
        return take_literal(parser, FALSE, out);
    default:
        return imap_parser_fail(parser, "A string is missing");
    }
}

static gboolean take_string_or_run(ImapParser *parser, guint bit, Bytes *out) {
    int next = reader_peek(&parser->in);
    if (next == '"' || next == '{')
        return imap_take_string(parser, out);
    return take_run(parser, bit, "An argument is missing", out);
}

gboolean imap_take_astring(ImapParser *parser, Bytes *out) {
    return take_string_or_run(parser, CLASS_ASTRING, out);
}

gboolean imap_take_list_mailbox(ImapParser *parser, Bytes *out) {
    return take_string_or_run(parser, CLASS_LIST, out);
}

gboolean imap_take_nstring(ImapParser *parser, Bytes *out, gboolean *is_nil) {
    int next = reader_peek(&parser->in);
    *is_nil = next != '"' && next != '{' && imap_try_word(parser, "NIL");
    if (*is_nil)
        return TRUE;
    return imap_take_astring(parser, out);
}

gboolean imap_take_number64(ImapParser *parser, guint64 *out) {
    Reader mark = parser->in;
    guint64 value = 0;
    if (!reader_u64(&parser->in, &value) || value > G_MAXINT64) {
        parser->in = mark;
        return imap_parser_fail(parser, "A number is missing or too large");
    }
    *out = value;
    return TRUE;
}

gboolean imap_take_number(ImapParser *parser, guint32 *out) {
    Reader mark = parser->in;
    guint64 value = 0;
    if (!imap_take_number64(parser, &value))
        return FALSE;
    if (value > G_MAXUINT32) {
        parser->in = mark;
        return imap_parser_fail(parser, "A number is too large");
    }
    *out = (guint32)value;
    return TRUE;
}

gboolean imap_take_nz_number(ImapParser *parser, guint32 *out) {
    Reader mark = parser->in;
    guint32 value = 0;
    if (!imap_take_number(parser, &value))
        return FALSE;
    if (value == 0 || *mark.at == '0') {
        parser->in = mark;
        return imap_parser_fail(parser, "A number begins at 1");
    }
    *out = value;
    return TRUE;
}

gboolean imap_take_flag(ImapParser *parser, Bytes *out) {
    Reader mark = parser->in;
    Bytes word;
    gboolean system_flag = reader_skip_byte(&parser->in, '\\');
    if (!imap_take_atom(parser, &word)) {
        parser->in = mark;
        return FALSE;
    }
    *out = system_flag ? bytes_of(mark.at, word.n + 1) : word;
    return TRUE;
}

static gboolean read_digits(Reader *r, guint least, guint most, guint *out) {
    guint value = 0, n = 0;
    while (n < most && reader_peek(r) >= '0' && reader_peek(r) <= '9') {
        value = value * 10 + (guint)(reader_byte(r) - '0');
        n++;
    }
    *out = value;
    return n >= least;
}

static gboolean read_month(Reader *r, guint *out) {
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (guint i = 0; i < 12; i++)
        if (reader_skip_nocase(r, names[i])) {
            *out = i + 1;
            return TRUE;
        }
    return FALSE;
}

gboolean imap_take_date(ImapParser *parser, guint32 *julian) {
    Reader r = parser->in;
    guint day = 0, month = 0, year = 0;
    gboolean quoted = reader_skip_byte(&r, '"');
    if (!read_digits(&r, 1, 2, &day) || !reader_skip_byte(&r, '-') || !read_month(&r, &month) ||
        !reader_skip_byte(&r, '-') || !read_digits(&r, 4, 4, &year) ||
        (quoted && !reader_skip_byte(&r, '"')) ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return imap_parser_fail(parser, "A date reads like 24-Nov-2026");
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    parser->in = r;
    *julian = g_date_get_julian(&date);
    return TRUE;
}

static gboolean read_zone(Reader *r, gint *minutes) {
    int sign = reader_byte(r);
    guint hour = 0, minute = 0;
    if ((sign != '+' && sign != '-') || !read_digits(r, 2, 2, &hour) ||
        !read_digits(r, 2, 2, &minute) || hour > 23 || minute > 59)
        return FALSE;
    *minutes = (gint)(hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return TRUE;
}

gboolean imap_take_date_time(ImapParser *parser, gint64 *out) {
    Reader r = parser->in;
    guint day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0;
    gint zone = 0;
    gboolean good = reader_skip_byte(&r, '"');
    gboolean padded = good && reader_skip_byte(&r, ' ');
    good = good && read_digits(&r, padded ? 1 : 2, padded ? 1 : 2, &day) &&
           reader_skip_byte(&r, '-') && read_month(&r, &month) && reader_skip_byte(&r, '-') &&
           read_digits(&r, 4, 4, &year) && reader_skip_byte(&r, ' ') &&
           read_digits(&r, 2, 2, &hour) && reader_skip_byte(&r, ':') &&
           read_digits(&r, 2, 2, &minute) && reader_skip_byte(&r, ':') &&
           read_digits(&r, 2, 2, &second) && reader_skip_byte(&r, ' ') && read_zone(&r, &zone) &&
           reader_skip_byte(&r, '"') && hour < 24 && minute < 60 && second < 61 &&
           g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
    if (!good)
        return imap_parser_fail(parser, "A date-time reads like \"24-Nov-2026 08:05:00 +0700\"");
    GDate date, epoch;
    g_date_clear(&date, 1);
    g_date_clear(&epoch, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    g_date_set_dmy(&epoch, 1, G_DATE_JANUARY, 1970);
    gint64 days = (gint64)g_date_get_julian(&date) - (gint64)g_date_get_julian(&epoch);
    gint64 seconds = days * 86400 + (gint64)hour * 3600 + (gint64)minute * 60 + (gint64)second -
                     (gint64)zone * 60;
    parser->in = r;
    *out = seconds * G_USEC_PER_SEC;
    return TRUE;
}

gboolean imap_at_literal_header(const ImapParser *parser) {
    Reader r = parser->in;
    guint64 length = 0;
    reader_skip_byte(&r, '~');
    if (!reader_skip_byte(&r, '{') || !reader_u64(&r, &length))
        return FALSE;
    reader_skip_byte(&r, '+');
    return reader_skip_byte(&r, '}') && reader_done(&r);
}
