/* See response.h. */
#include "imap/client/response.h"

enum { DEPTH_MOST = 32, NAME_MOST = 8192 };

typedef struct {
    Reader in;
    const Bytes *literals;
    guint count, next;
} Source;

void imap_response_clear(ImapResponse *response) {
    g_clear_pointer(&response->name, g_free);
}

gboolean imap_response_literal(Bytes line, guint64 *size) {
    if (line.n < 3 || line.p[line.n - 1] != '}')
        return FALSE;
    gsize at = line.n - 1;
    if (line.p[at - 1] == '+')
        at--;
    gsize end = at;
    while (at > 0 && g_ascii_isdigit(line.p[at - 1]))
        at--;
    return at > 0 && at < end && line.p[at - 1] == '{' &&
           bytes_parse_u64(bytes_slice(line, at, end - at), size);
}

/* ---- Pieces ---- */

static gboolean skip_space(Source *s) {
    gboolean any = FALSE;
    while (reader_skip_byte(&s->in, ' '))
        any = TRUE;
    return any;
}

static Bytes take_atom(Source *s) {
    const guint8 *from = s->in.at;
    for (int c; (c = reader_peek(&s->in)) > ' ' && c != '(' && c != ')' && c != '"' && c != '[';)
        reader_byte(&s->in);
    return bytes_of(from, (gsize)(s->in.at - from));
}

/* "{5}" here stands for the next literal. */
static gboolean take_literal(Source *s, Bytes *out) {
    Reader r = s->in;
    guint64 size;
    reader_skip_byte(&r, '~');
    if (!reader_skip_byte(&r, '{') || !reader_u64(&r, &size))
        return FALSE;
    reader_skip_byte(&r, '+');
    if (!reader_skip_byte(&r, '}') || s->next >= s->count || s->literals[s->next].n != size)
        return FALSE;
    *out = s->literals[s->next++];
    s->in = r;
    return TRUE;
}

/* Appends what stands between the quotation marks; out may be NULL. */
static gboolean take_quoted(Source *s, Buffer *out) {
    if (!reader_skip_byte(&s->in, '"'))
        return FALSE;
    for (;;) {
        int c = reader_byte(&s->in);
        if (c == '"')
            return TRUE;
        if (c == '\\')
            c = reader_byte(&s->in);
        if (c < 0 || (out != NULL && !buffer_append_byte(out, (guint8)c)))
            return FALSE;
    }
}

static gboolean is_nil(Source *s) {
    Reader r = s->in;
    int after = reader_skip_nocase(&r, "NIL") ? reader_peek(&r) : 'x';
    if (after > ' ' && after != ')')
        return FALSE;
    s->in = r;
    return TRUE;
}

/* A quoted string, literal or atom as a name; NIL is refused. g_free; NULL: none. */
static char *take_name(Source *s) {
    g_auto(Buffer) name;
    buffer_init(&name, NAME_MOST);
    Bytes bytes;
    int c = reader_peek(&s->in);
    if (c == '"') {
        if (!take_quoted(s, &name))
            return NULL;
        bytes = buffer_bytes(&name);
    } else if (c == '{' || c == '~') {
        if (!take_literal(s, &bytes) || bytes.n > NAME_MOST)
            return NULL;
    } else {
        const guint8 *from = s->in.at; /* brackets may stand in a name */
        while ((c = reader_peek(&s->in)) > ' ' && c != ')')
            reader_byte(&s->in);
        bytes = bytes_of(from, (gsize)(s->in.at - from));
        if (bytes.n == 0 || bytes.n > NAME_MOST)
            return NULL;
    }
    return bytes_has_nul(bytes) ? NULL : bytes_dup_string(bytes);
}

/* Any value: lists to a depth, strings, atoms with what they have in brackets. */
static gboolean skip_value(Source *s) {
    guint depth = 0;
    do {
        Bytes unused;
        skip_space(s);
        int c = reader_peek(&s->in);
        if (c == '(' && ++depth <= DEPTH_MOST) {
            reader_byte(&s->in);
        } else if (c == ')' && depth > 0) {
            reader_byte(&s->in);
            depth--;
        } else if (c == '"') {
            if (!take_quoted(s, NULL))
                return FALSE;
        } else if ((c == '{' || c == '~') && take_literal(s, &unused)) {
            continue;
        } else if (c == '[') {
            if (!reader_until(&s->in, ']', &unused))
                return FALSE;
            reader_byte(&s->in);
        } else if (take_atom(s).n == 0) {
            return FALSE;
        }
    } while (depth > 0);
    return TRUE;
}

/* What stands between parentheses, without a look inside. */
static gboolean take_list(Source *s, Bytes *out) {
    return reader_skip_byte(&s->in, '(') && reader_until(&s->in, ')', out) &&
           reader_skip_byte(&s->in, ')');
}

gboolean imap_response_next_flag(Reader *flags, Bytes *flag) {
    while (reader_skip_byte(flags, ' '))
        ;
    const guint8 *from = flags->at;
    while (reader_peek(flags) > ' ')
        reader_byte(flags);
    *flag = bytes_of(from, (gsize)(flags->at - from));
    if (flag->n == 0)
        flags->at = flags->end; /* a control character: nothing of it is believed */
    return flag->n > 0;
}

/* ---- The kinds ---- */

static gboolean read_status_word(Bytes word, ImapStatus *status) {
    static const char *const words[] = {"OK", "NO", "BAD", "PREAUTH", "BYE"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (bytes_is_nocase(word, words[i])) {
            *status = (ImapStatus)i;
            return TRUE;
        }
    return FALSE;
}

static void read_text(Source *s, ImapResponse *out) {
    skip_space(s);
    Reader r = s->in;
    Bytes code;
    if (reader_skip_byte(&r, '[') && reader_until(&r, ']', &code) && reader_skip_byte(&r, ']')) {
        out->code = code;
        s->in = r;
        skip_space(s);
    }
    out->text = reader_rest(&s->in);
}

static void read_list_flags(Bytes flags, ImapResponse *out) {
    static const struct {
        const char *name;
        guint flag;
    } known[] = {
        {"\\Noselect", IMAP_LIST_NOSELECT}, {"\\NonExistent", IMAP_LIST_NOSELECT},
        {"\\Sent", IMAP_LIST_SENT},         {"\\Drafts", IMAP_LIST_DRAFTS},
        {"\\Junk", IMAP_LIST_JUNK},         {"\\Trash", IMAP_LIST_TRASH},
        {"\\Archive", IMAP_LIST_ARCHIVE},   {"\\All", IMAP_LIST_ALL},
        {"\\AllMail", IMAP_LIST_ALL},       {"\\Flagged", IMAP_LIST_FLAGGED},
        {"\\Starred", IMAP_LIST_FLAGGED},   {"\\Spam", IMAP_LIST_JUNK},
    };
    Reader r = reader_of(flags);
    Bytes flag;
    while (imap_response_next_flag(&r, &flag)) {
        out->subscribed |= bytes_is_nocase(flag, "\\Subscribed");
        for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
            if (bytes_is_nocase(flag, known[i].name))
                out->list |= known[i].flag;
    }
}

static gboolean read_delimiter(Source *s, int *delimiter) {
    if (is_nil(s)) {
        *delimiter = -1;
        return TRUE;
    }
    g_auto(Buffer) one;
    buffer_init(&one, 2);
    if (!take_quoted(s, &one) || one.n != 1)
        return FALSE;
    *delimiter = buffer_bytes(&one).p[0];
    return TRUE;
}

static gboolean read_list(Source *s, ImapResponse *out) {
    Bytes flags;
    if (!take_list(s, &flags) || !skip_space(s) || !read_delimiter(s, &out->delimiter) ||
        !skip_space(s))
        return FALSE;
    read_list_flags(flags, out);
    out->name = take_name(s);
    return out->name != NULL;
}

static gboolean read_body(Source *s, Buffer *quoted, ImapResponse *out) {
    int c = reader_peek(&s->in);
    if (is_nil(s))
        return TRUE;
    if (c == '"') {
        if (quoted == NULL)
            return FALSE;
        buffer_clear(quoted);
        out->has_body = take_quoted(s, quoted);
        out->body = buffer_bytes(quoted);
        return out->has_body;
    }
    out->has_body = take_literal(s, &out->body);
    return out->has_body;
}

static gboolean read_number(Source *s, guint64 most, guint64 *out) {
    return reader_u64(&s->in, out) && *out <= most;
}

static gboolean read_item(Source *s, Buffer *quoted, ImapResponse *out) {
    Bytes name = take_atom(s), section = {NULL, 0};
    gboolean has_section = reader_skip_byte(&s->in, '[');
    if (name.n == 0 ||
        (has_section && (!reader_until(&s->in, ']', &section) || !reader_skip_byte(&s->in, ']'))))
        return FALSE;
    if (has_section)
        take_atom(s); /* <0> */
    if (!skip_space(s))
        return FALSE;
    guint64 number = 0;
    if (bytes_is_nocase(name, "UID")) {
        gboolean good = read_number(s, G_MAXUINT32, &number);
        out->uid = (guint32)number;
        return good;
    }
    if (bytes_is_nocase(name, "RFC822.SIZE"))
        return out->has_size = read_number(s, G_MAXINT64, &out->size);
    if (bytes_is_nocase(name, "FLAGS"))
        return out->has_flags = take_list(s, &out->flags);
    if (bytes_is_nocase(name, "INTERNALDATE")) {
        Reader r = s->in;
        if (reader_skip_byte(&r, '"') && !reader_until(&r, '"', &out->date))
            return FALSE;
        return skip_value(s);
    }
    if (bytes_is_nocase(name, "BODY") && has_section && section.n == 0)
        return read_body(s, quoted, out);
    return skip_value(s);
}

static gboolean read_fetch(Source *s, Buffer *quoted, ImapResponse *out) {
    if (!skip_space(s) || !reader_skip_byte(&s->in, '('))
        return FALSE;
    while (!reader_skip_byte(&s->in, ')')) {
        if (!read_item(s, quoted, out))
            return FALSE;
        skip_space(s);
    }
    return reader_done(&s->in);
}

static gboolean read_numbered(Source *s, Buffer *quoted, ImapResponse *out) {
    guint64 number;
    if (!read_number(s, G_MAXUINT32, &number) || !skip_space(s))
        return FALSE;
    out->number = (guint32)number;
    Bytes word = take_atom(s);
    if (bytes_is_nocase(word, "EXISTS")) {
        out->kind = IMAP_RESPONSE_EXISTS;
        return TRUE;
    }
    if (!bytes_is_nocase(word, "FETCH"))
        return word.n > 0;
    out->kind = IMAP_RESPONSE_FETCH;
    return read_fetch(s, quoted, out);
}

static gboolean read_untagged(Source *s, Buffer *quoted, ImapResponse *out) {
    if (reader_peek(&s->in) >= '0' && reader_peek(&s->in) <= '9')
        return read_numbered(s, quoted, out);
    Bytes word = take_atom(s);
    if (word.n == 0)
        return FALSE;
    if (read_status_word(word, &out->status)) {
        out->kind = IMAP_RESPONSE_STATUS;
        read_text(s, out);
        return TRUE;
    }
    skip_space(s);
    out->text = reader_rest(&s->in);
    if (bytes_is_nocase(word, "CAPABILITY"))
        out->kind = IMAP_RESPONSE_CAPABILITY;
    else if (bytes_is_nocase(word, "NAMESPACE"))
        out->kind = IMAP_RESPONSE_NAMESPACE;
    else if (bytes_is_nocase(word, "LIST") || bytes_is_nocase(word, "LSUB")) {
        out->kind = IMAP_RESPONSE_LIST;
        out->subscribed = bytes_is_nocase(word, "LSUB");
        return read_list(s, out);
    }
    return TRUE;
}

static gboolean read_response(Source *s, Buffer *quoted, ImapResponse *out) {
    if (reader_skip_byte(&s->in, '+')) {
        out->kind = IMAP_RESPONSE_CONTINUE;
        skip_space(s);
        out->text = reader_rest(&s->in);
        return TRUE;
    }
    if (reader_skip(&s->in, "* "))
        return read_untagged(s, quoted, out);
    out->kind = IMAP_RESPONSE_TAGGED;
    out->tag = take_atom(s);
    if (out->tag.n == 0 || !skip_space(s) || !read_status_word(take_atom(s), &out->status) ||
        out->status > IMAP_STATUS_BAD)
        return FALSE;
    read_text(s, out);
    return TRUE;
}

gboolean imap_response_parse(Bytes line, const Bytes *literals, guint count, Buffer *quoted,
                             ImapResponse *out) {
    Source s = {.in = reader_of(line), .literals = literals, .count = count};
    *out = (ImapResponse){.delimiter = -1};
    if (read_response(&s, quoted, out))
        return TRUE;
    imap_response_clear(out);
    return FALSE;
}

/* ---- Namespaces ---- */

void imap_namespace_clear(ImapNamespace *space) {
    g_clear_pointer(&space->prefix, g_free);
    g_clear_pointer(&space->foreign, g_ptr_array_unref);
}

/* NIL or a list of (prefix delimiter …); the personal ones come first. */
static gboolean read_namespaces(Source *s, gboolean personal, ImapNamespace *out) {
    skip_space(s);
    if (is_nil(s))
        return TRUE;
    if (!reader_skip_byte(&s->in, '('))
        return FALSE;
    while (!reader_skip_byte(&s->in, ')')) {
        skip_space(s);
        if (!reader_skip_byte(&s->in, '('))
            return FALSE;
        g_autofree char *prefix = take_name(s);
        if (prefix == NULL)
            return FALSE;
        while (!reader_skip_byte(&s->in, ')'))
            if (!skip_value(s))
                return FALSE;
        if (personal && out->prefix == NULL)
            out->prefix = g_steal_pointer(&prefix);
        else if (!personal && *prefix != '\0')
            g_ptr_array_add(out->foreign, g_steal_pointer(&prefix));
        skip_space(s);
    }
    return TRUE;
}

gboolean imap_namespace_parse(Bytes text, const Bytes *literals, guint count, ImapNamespace *out) {
    Source s = {.in = reader_of(text), .literals = literals, .count = count};
    *out = (ImapNamespace){NULL, g_ptr_array_new_with_free_func(g_free)};
    if (read_namespaces(&s, TRUE, out) && read_namespaces(&s, FALSE, out) &&
        read_namespaces(&s, FALSE, out))
        return TRUE;
    imap_namespace_clear(out);
    return FALSE;
}
