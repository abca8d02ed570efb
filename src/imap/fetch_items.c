/* Parsing of FETCH's data items (RFC 9051 6.4.5 and "fetch-att", RFC 3501's RFC822.*, RFC 7162's
 * MODSEQ, RFC 8514's SAVEDATE, RFC 8970's PREVIEW, RFC 8474's EMAILID and THREADID). Each item gets
 * the label by which it will be answered. */
#include "imap/fetch.h"

#include "base/buffer.h"

enum { MAXIMUM_ITEMS = 256, MAXIMUM_FIELDS = 256 };

static void item_free(gpointer data) {
    ImapItem *item = data;
    g_free(item->path);
    g_strfreev(item->names);
    g_free(item->label);
    g_free(item);
}

void imap_items_clear(ImapItems *items) {
    g_clear_pointer(&items->items, g_ptr_array_unref);
}

static ImapItem *add(ImapItems *items, ImapItemKind kind) {
    ImapItem *item = g_new0(ImapItem, 1);
    item->kind = kind;
    item->peek = TRUE;
    if (items->items == NULL)
        items->items = g_ptr_array_new_with_free_func(item_free);
    g_ptr_array_add(items->items, item);
    items->flags |= kind == IMAP_ITEM_FLAGS;
    items->uid |= kind == IMAP_ITEM_UID;
    items->modseq |= kind == IMAP_ITEM_MODSEQ;
    items->meta |= kind == IMAP_ITEM_ENVELOPE || kind == IMAP_ITEM_BODYSTRUCTURE ||
                   kind == IMAP_ITEM_BODY || kind >= IMAP_ITEM_PREVIEW;
    return item;
}

void imap_items_add(ImapItems *items, ImapItemKind kind) {
    add(items, kind);
}

/* "1.2.3"; the cursor stands behind the last number or behind a '.' that a word follows. */
static gboolean take_path(ImapParser *args, ImapItem *item) {
    guint32 path[MESSAGE_MAX_DEPTH + 1];
    gsize depth = 0;
    for (;;) {
        int next = reader_peek(&args->in);
        if (next < '0' || next > '9')
            break;
        if (depth == G_N_ELEMENTS(path))
            return imap_parser_fail(args, "The part number is too deep");
        if (!imap_take_nz_number(args, &path[depth++]))
            return FALSE;
        if (!imap_try_byte(args, '.'))
            break;
    }
    item->depth = depth;
    item->path = g_memdup2(path, depth * sizeof path[0]);
    return TRUE;
}

static gboolean take_fields(ImapParser *args, ImapItem *item) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Bytes name;
    if (!imap_take_space(args) || !imap_take_open(args))
        return FALSE;
    do {
        if (!imap_take_astring(args, &name))
            return FALSE;
        if (names->len >= MAXIMUM_FIELDS || name.n > 1024)
            return imap_parser_fail(args, "Too many header fields");
        g_ptr_array_add(names, bytes_dup_string(name));
    } while (imap_try_byte(args, ' '));
    if (!imap_try_byte(args, ')'))
        return imap_parser_fail(args, "The list of header fields does not end");
    g_ptr_array_add(names, NULL);
    item->names = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
    item->fields = TRUE;
    item->section = MESSAGE_SECTION_HEADER;
    return TRUE;
}

static gboolean take_section_text(ImapParser *args, ImapItem *item) {
    if (imap_try_word(args, "HEADER.FIELDS.NOT")) {
        item->except = TRUE;
        return take_fields(args, item);
    }
    if (imap_try_word(args, "HEADER.FIELDS"))
        return take_fields(args, item);
    if (imap_try_word(args, "HEADER"))
        item->section = MESSAGE_SECTION_HEADER;
    else if (imap_try_word(args, "TEXT"))
        item->section = MESSAGE_SECTION_TEXT;
    else if (item->depth > 0 && imap_try_word(args, "MIME"))
        item->section = MESSAGE_SECTION_MIME;
    else
        return imap_parser_fail(args, "Unknown body section");
    return TRUE;
}

static gboolean take_section(ImapParser *args, ImapItem *item) {
    item->section = MESSAGE_SECTION_BODY;
    if (!imap_try_byte(args, '[') || !take_path(args, item))
        return imap_parser_fail(args, "A section is missing");
    gboolean dot = item->depth > 0 && args->in.at[-1] == '.';
    if (!dot && imap_try_byte(args, ']'))
        return TRUE;
    if (item->depth > 0 && !dot)
        return imap_parser_fail(args, "A section does not end");
    if (item->kind != IMAP_ITEM_SECTION)
        return imap_parser_fail(args, "BINARY takes part numbers only");
    if (!take_section_text(args, item))
        return FALSE;
    return imap_try_byte(args, ']') || imap_parser_fail(args, "A section does not end");
}

static gboolean take_partial(ImapParser *args, ImapItem *item) {
    if (!imap_try_byte(args, '<'))
        return TRUE;
    item->partial = TRUE;
    if (!imap_take_number64(args, &item->offset) || !imap_try_byte(args, '.') ||
        !imap_take_number64(args, &item->length) || item->length == 0 || !imap_try_byte(args, '>'))
        return imap_parser_fail(args, "A partial reads like <0.2048>");
    return TRUE;
}

/* The label repeats what was asked, in one spelling, with the octet it begins at (RFC 9051 7.5.2).
 */
static void make_label(ImapItem *item, const char *word) {
    static const char *const names[] = {
        [MESSAGE_SECTION_BODY] = "",
        [MESSAGE_SECTION_HEADER] = "HEADER",
        [MESSAGE_SECTION_TEXT] = "TEXT",
        [MESSAGE_SECTION_MIME] = "MIME",
    };
    g_auto(Buffer) label;
    buffer_init(&label, G_MAXUINT32);
    buffer_append_string(&label, word);
    buffer_append_byte(&label, '[');
    for (gsize i = 0; i < item->depth; i++) {
        if (i > 0)
            buffer_append_byte(&label, '.');
        buffer_append_u64(&label, item->path[i]);
    }
    if (item->depth > 0 && item->section != MESSAGE_SECTION_BODY)
        buffer_append_byte(&label, '.');
    buffer_append_string(&label, names[item->section]);
    if (item->fields) {
        buffer_append_string(&label, item->except ? ".FIELDS.NOT (" : ".FIELDS (");
        for (char **name = item->names; *name != NULL; name++) {
            if (name != item->names)
                buffer_append_byte(&label, ' ');
            gboolean atom = **name != '\0';
            for (const char *c = *name; *c != '\0'; c++)
                atom = atom && (imap_atom_bytes[(guint8)*c] || *c == ']');
            if (atom)
                buffer_append_string(&label, *name);
            else
                imap_put_string(&label, bytes_of_string(*name), FALSE);
        }
        buffer_append_byte(&label, ')');
    }
    buffer_append_byte(&label, ']');
    if (item->partial) {
        buffer_append_byte(&label, '<');
        buffer_append_u64(&label, item->offset);
        buffer_append_byte(&label, '>');
    }
    item->label = buffer_steal_string(&label);
}

static gboolean take_body(ImapParser *args, ImapItems *items, ImapItemKind kind, gboolean peek) {
    ImapItem *item = add(items, kind);
    item->peek = peek;
    if (!take_section(args, item))
        return FALSE;
    if (kind != IMAP_ITEM_BINARY_SIZE && !take_partial(args, item))
        return FALSE;
    make_label(item, kind == IMAP_ITEM_SECTION  ? "BODY"
                     : kind == IMAP_ITEM_BINARY ? "BINARY"
                                                : "BINARY.SIZE");
    return TRUE;
}

static void add_rfc822(ImapItems *items, MessageSection section, gboolean peek, const char *label) {
    ImapItem *item = add(items, IMAP_ITEM_SECTION);
    item->section = section;
    item->peek = peek;
    item->label = g_strdup(label);
}

/* Words that end in '[' open a section. */
static const struct {
    const char *word;
    ImapItemKind kind;
    gboolean peek;
} sections[] = {
    {"BODY.PEEK", IMAP_ITEM_SECTION, TRUE},  {"BODY", IMAP_ITEM_SECTION, FALSE},
    {"BINARY.PEEK", IMAP_ITEM_BINARY, TRUE}, {"BINARY.SIZE", IMAP_ITEM_BINARY_SIZE, TRUE},
    {"BINARY", IMAP_ITEM_BINARY, FALSE},
};
static const struct {
    const char *word;
    ImapItemKind kind;
} plain[] = {
    {"FLAGS", IMAP_ITEM_FLAGS},
    {"UID", IMAP_ITEM_UID},
    {"INTERNALDATE", IMAP_ITEM_INTERNALDATE},
    {"RFC822.SIZE", IMAP_ITEM_SIZE},
    {"ENVELOPE", IMAP_ITEM_ENVELOPE},
    {"BODYSTRUCTURE", IMAP_ITEM_BODYSTRUCTURE},
    {"BODY", IMAP_ITEM_BODY},
    {"MODSEQ", IMAP_ITEM_MODSEQ},
    {"SAVEDATE", IMAP_ITEM_SAVEDATE},
    {"PREVIEW", IMAP_ITEM_PREVIEW},
    {"EMAILID", IMAP_ITEM_EMAILID},
    {"THREADID", IMAP_ITEM_THREADID},
};

/* " (LAZY)" behind PREVIEW (RFC 8970 4.1). Another parenthesis may be the command's modifiers. */
static gboolean take_lazy(ImapParser *args) {
    Reader mark = args->in;
    if (!reader_skip_nocase(&args->in, " (LAZY")) {
        args->in = mark;
        return TRUE;
    }
    return imap_try_byte(args, ')') || imap_parser_fail(args, "LAZY stands alone");
}

static gboolean take_item(ImapParser *args, ImapItems *items) {
    if (items->items != NULL && items->items->len >= MAXIMUM_ITEMS)
        return imap_parser_fail(args, "Too many data items");
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        Reader mark = args->in;
        if (reader_skip_nocase(&args->in, sections[i].word) && reader_peek(&args->in) == '[')
            return take_body(args, items, sections[i].kind, sections[i].peek);
        args->in = mark;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
        if (imap_try_word(args, plain[i].word)) {
            add(items, plain[i].kind);
            return plain[i].kind != IMAP_ITEM_PREVIEW || take_lazy(args);
        }
    if (imap_try_word(args, "RFC822.HEADER"))
        add_rfc822(items, MESSAGE_SECTION_HEADER, TRUE, "RFC822.HEADER");
    else if (imap_try_word(args, "RFC822.TEXT"))
        add_rfc822(items, MESSAGE_SECTION_TEXT, FALSE, "RFC822.TEXT");
    else if (imap_try_word(args, "RFC822"))
        add_rfc822(items, MESSAGE_SECTION_BODY, FALSE, "RFC822");
    else
        return imap_parser_fail(args, "Unknown data item");
    return TRUE;
}

/* A macro stands alone, never in a list (RFC 9051 6.4.5). */
static gboolean take_macro(ImapParser *args, ImapItems *items) {
    static const struct {
        const char *word;
        guint items;
    } macros[] = {{"ALL", 4}, {"FAST", 3}, {"FULL", 5}};
    static const ImapItemKind kinds[] = {IMAP_ITEM_FLAGS, IMAP_ITEM_INTERNALDATE, IMAP_ITEM_SIZE,
                                         IMAP_ITEM_ENVELOPE, IMAP_ITEM_BODY};
    for (gsize i = 0; i < G_N_ELEMENTS(macros); i++)
        if (imap_try_word(args, macros[i].word)) {
            for (guint k = 0; k < macros[i].items; k++)
                add(items, kinds[k]);
            return TRUE;
        }
    return FALSE;
}

gboolean imap_take_items(ImapParser *args, ImapItems *items) {
    if (!imap_try_byte(args, '(')) {
        if (!take_macro(args, items) && !take_item(args, items))
            return FALSE;
    } else {
        do {
            if (!take_item(args, items))
                return FALSE;
        } while (imap_try_byte(args, ' '));
        if (!imap_try_byte(args, ')'))
            return imap_parser_fail(args, "The list of data items does not end");
    }
    for (guint i = 0; i < items->items->len; i++)
        items->seen |= !((const ImapItem *)items->items->pdata[i])->peek;
    return TRUE;
}
