/* Reads words until a sign tells what they were: "<" makes them a display name, "@" makes the last
 * one a local part (and those before it a name: some mailers forget the angle brackets), ":" the
 * name of a group, and "," ";" or the end a mailbox without a domain. Nothing is ever read twice
 * but a source route, which ends at the next "<". */
#include "message/address.h"

enum { LONGEST_TEXT = 64 * 1024 };

void message_address_parser_init(MessageAddressParser *p, Bytes value) {
    *p = (MessageAddressParser){.in = reader_of(value)};
    buffer_init(&p->text, LONGEST_TEXT);
    buffer_init(&p->comment, LONGEST_TEXT);
}

void message_address_parser_release(MessageAddressParser *p) {
    buffer_release(&p->text);
    buffer_release(&p->comment);
}

static gboolean is_blank(int c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0;
}

/* Bytes that make up an atom; a dot and all 8-bit bytes (RFC 6532) are part of it. */
static gboolean is_atom(int c) {
    return c > 32 && c != 127 && c != '(' && c != '<' && c != '>' && c != '@' && c != ',' &&
           c != ';' && c != ':' && c != '"' && c != '[';
}

static void put(Buffer *to, int c) {
    if (c != '\r' && c != '\n' && c != 0)
        buffer_append_byte(to, (guint8)c);
}

/* Stands on "("; comments nest, counted. What it says replaces an earlier comment. */
static void take_comment(MessageAddressParser *p) {
    guint depth = 0;
    buffer_clear(&p->comment);
    for (int c; (c = reader_byte(&p->in)) >= 0;) {
        if (c == '\\' && reader_peek(&p->in) >= 0) {
            put(&p->comment, reader_byte(&p->in));
            continue;
        }
        if (c == '(' && depth++ == 0)
            continue;
        if (c == ')' && --depth == 0)
            return;
        put(&p->comment, c);
    }
}

/* Blanks and comments. */
static void skip_blanks(MessageAddressParser *p) {
    for (int c; (c = reader_peek(&p->in)) >= 0;) {
        if (c == '(')
            take_comment(p);
        else if (is_blank(c))
            reader_byte(&p->in);
        else
            return;
        p->spaced = TRUE;
    }
}

/* Starts a word: one space parts it from the one before, but not around the dot of the obsolete
 * "a . b". */
static void begin_word(MessageAddressParser *p, int first) {
    Bytes so_far = buffer_bytes(&p->text);
    gboolean dotted = so_far.n > 0 && (so_far.p[so_far.n - 1] == '.' || first == '.');
    if (p->any && p->spaced && !dotted)
        buffer_append_byte(&p->text, ' ');
    if (!p->any || (p->spaced && !dotted))
        p->word = p->text.n;
    p->any = TRUE;
    p->spaced = FALSE;
}

static void take_quoted(MessageAddressParser *p) {
    begin_word(p, '"');
    reader_byte(&p->in);
    for (int c; (c = reader_byte(&p->in)) >= 0 && c != '"';) {
        if (c == '\\' && reader_peek(&p->in) >= 0)
            c = reader_byte(&p->in);
        put(&p->text, c);
    }
}

static void take_atom(MessageAddressParser *p) {
    begin_word(p, reader_peek(&p->in));
    const guint8 *start = p->in.at;
    while (p->in.at < p->in.end && is_atom(*p->in.at))
        p->in.at++;
    buffer_append(&p->text, start, (gsize)(p->in.at - start));
}

/* Words up to a sign that is none; stray signs that mean nothing are dropped. Returns the sign,
 * not taken, or -1. */
static int take_words(MessageAddressParser *p) {
    for (;;) {
        skip_blanks(p);
        int c = reader_peek(&p->in);
        if (c == '"')
            take_quoted(p);
        else if (c >= 0 && is_atom(c))
            take_atom(p);
        else if (c == '<' || c == '>' || c == '@' || c == ',' || c == ';' || c == ':' || c < 0)
            return c;
        else
            reader_byte(&p->in);
    }
}

/* "[…]", stands on the bracket. */
static void take_literal(MessageAddressParser *p) {
    for (int c; (c = reader_peek(&p->in)) >= 0 && c != '<' && c != '>' && c != ',';) {
        reader_byte(&p->in);
        if (!is_blank(c))
            buffer_append_byte(&p->text, (guint8)c);
        if (c == ']')
            return;
    }
}

/* After "@": appends the domain to text and returns its length. */
static gsize take_domain(MessageAddressParser *p) {
    gsize start = p->text.n;
    for (;;) {
        skip_blanks(p);
        int c = reader_peek(&p->in);
        Bytes so_far = buffer_bytes(&p->text);
        gboolean open = so_far.n == start || so_far.p[so_far.n - 1] == '.';
        if (c < 0 || (!open && c != '.'))
            break;
        if (c == '[') {
            take_literal(p);
            break;
        }
        if (!is_atom(c))
            break;
        const guint8 *from = p->in.at;
        while (p->in.at < p->in.end && is_atom(*p->in.at))
            p->in.at++;
        if (!buffer_append(&p->text, from, (gsize)(p->in.at - from)))
            break;
    }
    return p->text.n - start;
}

/* What is left of this element up to its "," or ";" or to a "<" that begins another. A comment is
 * remembered: it names the address. */
static void skip_rest(MessageAddressParser *p) {
    for (;;) {
        skip_blanks(p);
        int c = reader_peek(&p->in);
        if (c < 0 || c == ',' || c == ';' || c == '<')
            return;
        reader_byte(&p->in);
        if (c == '"') { /* a quoted comma parts nothing */
            for (int q; (q = reader_byte(&p->in)) >= 0 && q != '"';)
                if (q == '\\')
                    reader_byte(&p->in);
        }
    }
}

/* Fills the views once everything is in text: [name][route][local][host]. */
static gboolean finish(MessageAddressParser *p, MessageAddress *out, gsize name, gsize route,
                       gsize local, gsize host) {
    Bytes text = buffer_bytes(&p->text);
    out->kind = MESSAGE_ADDRESS_MAILBOX;
    out->name = bytes_slice(text, 0, name);
    out->route = bytes_slice(text, name, route);
    out->mailbox = bytes_slice(text, name + route, local);
    out->host = bytes_slice(text, name + route + local, host);
    if (out->name.n == 0)
        out->name = bytes_strip(buffer_bytes(&p->comment));
    return TRUE;
}

/* "@a,@b:" before the address proper. Appended to text when it is there. */
static gsize take_route(MessageAddressParser *p) {
    gsize start = p->text.n;
    const guint8 *at = p->in.at;
    while (at < p->in.end && *at != ':' && *at != '>' && *at != '<')
        at++;
    if (at == p->in.end || *at != ':')
        return 0;
    for (const guint8 *c = p->in.at; c < at; c++)
        if (!is_blank(*c))
            put(&p->text, *c);
    p->in.at = at + 1;
    return p->text.n - start;
}

/* Stands on "<"; text holds the name. */
static gboolean take_angle(MessageAddressParser *p, MessageAddress *out) {
    gsize name = p->text.n;
    reader_byte(&p->in);
    skip_blanks(p);
    gsize route = reader_peek(&p->in) == '@' ? take_route(p) : 0;
    p->any = FALSE;
    p->spaced = FALSE;
    int sign = take_words(p);
    gsize local = p->text.n - name - route, host = 0;
    if (sign == '@') {
        reader_byte(&p->in);
        host = take_domain(p);
    }
    skip_blanks(p);
    reader_skip_byte(&p->in, '>');
    skip_rest(p);
    return finish(p, out, name, route, local, host);
}

/* Stands on "@": the last word is the local part, words before it are a name. */
static gboolean take_bare(MessageAddressParser *p, MessageAddress *out) {
    gsize word = p->any ? p->word : 0;
    gsize local = p->text.n - word;
    reader_byte(&p->in);
    gsize host = take_domain(p);
    skip_rest(p);
    gsize name = word;
    finish(p, out, name, 0, local, host);
    if (name > 0)
        out->name = bytes_strip(out->name);
    return TRUE;
}

static gboolean take_group(MessageAddressParser *p, MessageAddress *out) {
    reader_byte(&p->in);
    p->in_group = TRUE;
    *out = (MessageAddress){.kind = MESSAGE_ADDRESS_GROUP_START, .name = buffer_bytes(&p->text)};
    return TRUE;
}

static gboolean end_group(MessageAddressParser *p, MessageAddress *out) {
    p->in_group = FALSE;
    *out = (MessageAddress){.kind = MESSAGE_ADDRESS_GROUP_END};
    return TRUE;
}

gboolean message_address_next(MessageAddressParser *p, MessageAddress *out) {
    for (;;) {
        if (p->in.at == NULL)
            return FALSE;
        buffer_clear(&p->text);
        buffer_clear(&p->comment);
        p->any = p->spaced = FALSE;
        int sign = take_words(p);
        if (sign == '<')
            return take_angle(p, out);
        if (sign == '@')
            return take_bare(p, out);
        if (sign == ':' && p->any && !p->in_group)
            return take_group(p, out);
        if (sign == ':' || sign == '>') {
            reader_byte(&p->in);
            if (p->any)
                skip_rest(p);
        }
        if (p->any) /* the "," or ";" stays for the next call */
            return finish(p, out, 0, 0, p->text.n, 0);
        if (sign < 0)
            return p->in_group ? end_group(p, out) : FALSE;
        if (sign == ',')
            reader_byte(&p->in);
        if (sign == ';') {
            reader_byte(&p->in);
            if (p->in_group)
                return end_group(p, out);
        }
    }
}
