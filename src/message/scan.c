/* One pass from the first byte to the last, without recursion: a stack of open multiparts and
 * attached messages, at most MESSAGE_MAX_DEPTH of them. The header of a part is walked line by
 * line, watching for boundaries; a body is jumped over to the next line that begins with "--" and
 * is the boundary of any open multipart. Such a line ends everything that was opened inside its
 * multipart, so a missing inner boundary costs no more than its own part.
 *
 * A boundary line is "--", the boundary, perhaps "--", blanks, line end: an exact match, so that a
 * boundary that begins like another is not taken for it. */
#include "message/scan.h"

#include "message/vector.h"

enum { TEXT_BUDGET = 32 * 1024 * 1024 };

typedef struct {
    guint32 part;   /* index */
    char *boundary; /* NULL: a message, or a multipart that was closed */
    gsize boundary_n;
    gboolean digest;
    guint8 first; /* byte of the boundary */
} Open;

typedef struct {
    Bytes message;
    ScanResult *out;
    Open open[MESSAGE_MAX_DEPTH];
    gsize depth;
    gsize active;      /* how many have a boundary */
    guint8 first[256]; /* how many of these begin with this byte */
    guint addresses;   /* still to be written in envelopes of attached messages */
} Scan;

typedef struct {
    gsize line;  /* where the line begins; the message's end when there is none */
    gsize after; /* behind its line end */
    gsize open;  /* which multipart it belongs to; depth of none */
    gboolean found, last;
} Delimiter;

static ScanPart *part_at(Scan *s, guint32 index) {
    return &g_array_index(s->out->parts, ScanPart, index);
}

/* Is the line at `at`, which begins with "--", a boundary of an open multipart? */
static gboolean match_line(Scan *s, gsize at, Delimiter *d) {
    Bytes rest = bytes_slice(s->message, at, s->message.n);
    gssize newline = bytes_find_byte(rest, '\n');
    Bytes line = newline < 0 ? rest : bytes_slice(rest, 0, (gsize)newline);
    gsize after = at + (newline < 0 ? rest.n : (gsize)newline + 1);
    line = bytes_slice(line, 2, line.n);
    while (line.n > 0 &&
           (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t' || line.p[line.n - 1] == '\r'))
        line.n--;
    gboolean dashes = line.n >= 2 && line.p[line.n - 1] == '-' && line.p[line.n - 2] == '-';
    /* Cheap refusals first: a body may be nothing but such lines. */
    if (line.n == 0 || s->first[line.p[0]] == 0)
        return FALSE;
    for (gsize i = s->depth; i-- > 0;) {
        const Open *open = &s->open[i];
        if (open->first != line.p[0] ||
            (open->boundary_n != line.n && open->boundary_n + 2 != line.n) ||
            open->boundary == NULL || memcmp(line.p, open->boundary, open->boundary_n) != 0)
            continue;
        gboolean whole = open->boundary_n == line.n;
        if (whole || dashes) {
            *d = (Delimiter){at, after, i, TRUE, !whole};
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean dashes_at(const Scan *s, gsize at) {
    return at + 2 <= s->message.n && s->message.p[at] == '-' && s->message.p[at + 1] == '-';
}

/* The next boundary line at or after `from`, which is the start of a line. */
static Delimiter find_delimiter(Scan *s, gsize from) {
    Delimiter d = {s->message.n, s->message.n, s->depth, FALSE, TRUE};
    if (s->active == 0)
        return d;
    gsize at = from;
    while (!(dashes_at(s, at) && match_line(s, at, &d))) {
        at = vector_find_dashes(s->message, at);
        if (at >= s->message.n)
            return d;
        at++;
    }
    return d;
}

/* A first line that is no field, and not mbox's "From " or a boundary, means there is no header. */
static gboolean has_header(Bytes rest) {
    MessageHeaderIter iter = message_header_iter(rest);
    MessageHeaderField field;
    return message_header_next(&iter, &field) &&
           (field.name.n > 0 || bytes_starts_nocase(field.raw, "From "));
}

/* Walks the header that begins at `at`; the body begins where it ends. TRUE when a boundary line
 * ended it (*d then says which). */
static gboolean walk_header(Scan *s, gsize at, MessageFields *fields, gsize *body, Delimiter *d) {
    Bytes rest = bytes_slice(s->message, at, s->message.n);
    *fields = (MessageFields){.block = {rest.p, 0}};
    *body = at;
    if (s->active > 0 && dashes_at(s, at) && match_line(s, at, d))
        return TRUE;
    gsize blank = message_header_blank(rest);
    if (blank > 0) {
        *body = at + blank;
        fields->block.n = blank;
        return FALSE;
    }
    if (!has_header(rest))
        return FALSE;
    MessageHeaderIter iter = message_header_iter(rest);
    MessageHeaderField field;
    gboolean ended = FALSE;
    while (!ended && message_header_next(&iter, &field)) {
        if (field.name.n > 0)
            message_fields_note(fields, &field);
        ended = s->active > 0 && dashes_at(s, at + iter.at) && match_line(s, at + iter.at, d);
    }
    gsize n = iter.at;
    if (!ended)
        n += message_header_blank(bytes_slice(rest, n, rest.n));
    fields->block.n = n;
    *body = at + n;
    return ended;
}

/* --- closing parts --- */

static gboolean is_text(const Scan *s, const ScanPart *part) {
    return bytes_is(scan_text(s->out, part->type), "text");
}

static void count_leaf(Scan *s, ScanPart *part, Bytes body) {
    if (is_text(s, part))
        part->lines = vector_count_byte(body, '\n');
    part->decoded_bytes = part->opaque ? body.n : message_decoded_size(part->encoding, body);
    if (part->attachment) {
        s->out->attachment_bytes += part->decoded_bytes;
        s->out->has_attachment |= !part->shown_inline;
        return;
    }
    guint64 inside = message_uuencoded_size(part->encoding, body);
    s->out->attachment_bytes += inside;
    s->out->has_attachment |= inside > 0;
}

/* The body of part `index` ends at `end`. */
static void close_part(Scan *s, guint32 index, gsize end) {
    ScanPart *part = part_at(s, index);
    part->body_end = MAX(end, part->body_start);
    Bytes body = bytes_slice(s->message, part->body_start, part->body_end - part->body_start);
    if (part->kind == MESSAGE_PART_LEAF)
        count_leaf(s, part, body);
    else if (part->kind == MESSAGE_PART_MESSAGE)
        part->lines = vector_count_byte(body, '\n');
}

/* The multipart's boundary is looked for no longer. */
static void retire(Scan *s, Open *open) {
    if (open->boundary == NULL)
        return;
    s->active--;
    s->first[open->first]--;
    g_clear_pointer(&open->boundary, g_free);
}

static guint32 new_part(Scan *s, gsize start) {
    ScanPart part = {.header_start = start, .body_start = start, .body_end = start};
    guint32 index = s->out->parts->len;
    part.parent = s->depth > 0 ? s->open[s->depth - 1].part : index;
    g_array_append_val(s->out->parts, part);
    if (s->depth > 0)
        part_at(s, part.parent)->children++;
    return index;
}

/* RFC 9051's grammar wants a part in every multipart; one whose boundary is missing or never comes
 * gets its whole body as text, so that a reader sees what was sent. */
static void give_child(Scan *s, gsize end) {
    Open *open = &s->open[s->depth - 1];
    if (part_at(s, open->part)->children > 0)
        return;
    gsize body = part_at(s, open->part)->body_start;
    guint32 child = new_part(s, body);
    scan_describe_bare(s->out, part_at(s, child), "text", "plain", MESSAGE_ENCODING_7BIT);
    close_part(s, child, end);
}

/* Closes what was opened above `depth`. */
static void close_down_to(Scan *s, gsize depth, gsize end) {
    while (s->depth > depth) {
        if (part_at(s, s->open[s->depth - 1].part)->kind == MESSAGE_PART_MULTIPART)
            give_child(s, end);
        close_part(s, s->open[s->depth - 1].part, end);
        retire(s, &s->open[--s->depth]);
    }
}

/* --- the walk --- */

/* RFC 2046 5.1.1: the line end before a boundary line is part of it, not of the content. */
static gsize content_end(const Scan *s, const Delimiter *d) {
    gsize end = d->line;
    if (!d->found)
        return end;
    if (end > 0 && s->message.p[end - 1] == '\n')
        end--;
    if (end > 0 && end < d->line && s->message.p[end - 1] == '\r')
        end--;
    return end;
}

static void open_container(Scan *s, guint32 index, ScanType *type) {
    Open *open = &s->open[s->depth++];
    *open = (Open){index, type->boundary, type->boundary_n, type->digest, 0};
    type->boundary = NULL;
    if (open->boundary == NULL)
        return;
    open->first = (guint8)open->boundary[0];
    s->active++;
    s->first[open->first]++;
}

/* A part that is the root of an attached message gives that message its envelope. */
static void give_envelope(Scan *s, guint32 index, const MessageFields *fields) {
    ScanPart *parent = part_at(s, part_at(s, index)->parent);
    if (parent->kind != MESSAGE_PART_MESSAGE || parent == part_at(s, index))
        return;
    Buffer *text = &s->out->text;
    gsize start = text->n;
    static const MessageFields none;
    if (text->n > TEXT_BUDGET || !message_envelope_write(fields, &s->addresses, text)) {
        buffer_truncate(text, start);
        message_envelope_write(&none, &s->addresses, text);
    }
    parent->envelope = (ScanText){(guint32)start, (guint32)(text->n - start)};
}

/* Reads one part from its header on. Returns TRUE when another part begins at once at *at (an
 * attached message); else *d is the boundary line that comes next. */
static gboolean read_part(Scan *s, gsize *at, Delimiter *d) {
    gboolean last = s->out->parts->len + 2 >= MESSAGE_MAX_PARTS;
    gboolean digest = s->depth > 0 && s->open[s->depth - 1].digest;
    guint32 index = new_part(s, *at);
    MessageFields fields;
    gsize body;
    gboolean ended = walk_header(s, *at, &fields, &body, d);
    if (index == 0)
        s->out->root = fields;
    give_envelope(s, index, &fields);
    ScanPart *part = part_at(s, index);
    part->body_start = body;
    ScanType type = {0};
    scan_describe(s->out, part, &fields, digest, last || s->depth == MESSAGE_MAX_DEPTH, &type);
    if (last) { /* the last one swallows all that follows */
        scan_describe_bare(s->out, part, "application", "octet-stream", MESSAGE_ENCODING_7BIT);
        s->out->too_complex = part->opaque = TRUE;
        close_down_to(s, 0, s->message.n);
        close_part(s, index, s->message.n);
        *d = (Delimiter){s->message.n, s->message.n, 0, FALSE, TRUE};
    } else if (type.message || type.multipart) {
        open_container(s, index, &type);
        if (type.message && !ended) {
            *at = body;
            return TRUE;
        }
        if (type.message) { /* no body at all: an embedded message of no bytes */
            guint32 child = new_part(s, body);
            give_envelope(s, child, &(MessageFields){0});
            scan_describe(s->out, part_at(s, child), &(MessageFields){0}, FALSE, FALSE, &type);
            close_part(s, child, body);
        } else if (!ended) {
            *d = find_delimiter(s, body);
        }
    } else {
        if (!ended)
            *d = find_delimiter(s, body);
        close_part(s, index, content_end(s, d));
    }
    g_free(type.boundary);
    return FALSE;
}

/* Acts on boundary lines until one begins a part (TRUE, at *at) or the message ends. */
static gboolean next_part(Scan *s, Delimiter d, gsize *at) {
    for (;;) {
        if (!d.found) {
            close_down_to(s, 0, s->message.n);
            return FALSE;
        }
        close_down_to(s, d.open + 1, content_end(s, &d));
        if (!d.last) {
            *at = d.after;
            return TRUE;
        }
        retire(s, &s->open[d.open]);
        /* What follows up to the next boundary is the epilogue. */
        d = find_delimiter(s, d.after);
    }
}

static void count_descendants(ScanResult *out) {
    for (guint32 i = out->parts->len; i-- > 1;) {
        ScanPart *part = &g_array_index(out->parts, ScanPart, i);
        g_array_index(out->parts, ScanPart, part->parent).descendants += part->descendants + 1;
    }
}

void scan_message(Bytes message, ScanResult *out) {
    *out = (ScanResult){.parts = g_array_sized_new(FALSE, TRUE, sizeof(ScanPart), 8)};
    buffer_init(&out->text, G_MAXUINT32 / 2);
    Scan *s = g_new0(Scan, 1);
    s->message = message;
    s->out = out;
    s->addresses = MESSAGE_MAX_ADDRESSES;
    gsize at = 0;
    Delimiter d;
    do {
        while (read_part(s, &at, &d))
            ;
    } while (next_part(s, d, &at));
    count_descendants(out);
    g_free(s);
}

void scan_result_release(ScanResult *result) {
    g_clear_pointer(&result->parts, g_array_unref);
    buffer_release(&result->text);
}

/* --- packing --- */

static void put_text(const ScanResult *result, ScanText text, Buffer *out) {
    buffer_append_varint(out, text.n);
    buffer_append_bytes(out, scan_text(result, text));
}

/* "basic" ends with octets and, for text, lines. */
static void put_basic(const ScanResult *result, const ScanPart *part, Buffer *out) {
    char tail[48] = "";
    guint64 octets = part->body_end - part->body_start;
    if (part->kind == MESSAGE_PART_LEAF && bytes_is(scan_text(result, part->type), "text"))
        g_snprintf(tail, sizeof tail, " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, octets,
                   part->lines);
    else if (part->kind != MESSAGE_PART_MULTIPART)
        g_snprintf(tail, sizeof tail, " %" G_GUINT64_FORMAT, octets);
    gsize n = strlen(tail);
    buffer_append_varint(out, part->basic.n + n);
    buffer_append_bytes(out, scan_text(result, part->basic));
    buffer_append(out, tail, n);
}

static void put_record(const ScanResult *result, const ScanPart *part, Buffer *record) {
    guint64 flags = (part->attachment ? 1 : 0) | (part->opaque ? 2 : 0);
    guint64 numbers[] = {part->kind,
                         flags,
                         part->encoding,
                         part->children,
                         part->descendants,
                         part->header_start,
                         part->body_start - part->header_start,
                         part->body_end - part->body_start,
                         part->lines,
                         part->decoded_bytes};
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        buffer_append_varint(record, numbers[i]);
    put_text(result, part->type, record);
    put_text(result, part->subtype, record);
    put_text(result, part->charset, record);
    put_text(result, part->filename, record);
    put_text(result, part->content_id, record);
    put_basic(result, part, record);
    put_text(result, part->extension, record);
    put_text(result, part->envelope, record);
}

gboolean scan_pack(const ScanResult *result, Buffer *out) {
    buffer_append_byte(out, 1);
    buffer_append_varint(out, result->too_complex ? 1 : 0);
    buffer_append_varint(out, result->parts->len);
    g_auto(Buffer) record;
    buffer_init(&record, G_MAXUINT32 / 2);
    for (guint32 i = 0; i < result->parts->len; i++) {
        buffer_clear(&record);
        put_record(result, &g_array_index(result->parts, ScanPart, i), &record);
        buffer_append_varint(out, record.n);
        buffer_append_bytes(out, buffer_bytes(&record));
    }
    return !out->overflow && !record.overflow;
}
