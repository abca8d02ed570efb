/* From a part's header to what is known of it: kind, encoding, names, and the two stretches of
 * IMAP text around octets and lines (RFC 9051 7.5.2, BODYSTRUCTURE). Words that compare without
 * case are written in lower case. */
#include "message/imap_string.h"
#include "message/parameter.h"
#include "message/scan.h"

/* Of one header; above the budget of all headers a part is described by its type alone. */
enum { LONGEST_FIELD = 16 * 1024, TEXT_BUDGET = 16 * 1024 * 1024, MAX_LANGUAGES = 32 };

static ScanText since(const ScanResult *r, gsize start) {
    return (ScanText){(guint32)start, (guint32)(r->text.n - start)};
}

static ScanText keep_lower(ScanResult *r, Bytes word) {
    gsize start = r->text.n;
    for (gsize i = 0; i < word.n; i++)
        buffer_append_byte(&r->text, (guint8)g_ascii_tolower((gchar)word.p[i]));
    return since(r, start);
}

static ScanText keep_taken(ScanResult *r, char *text) {
    gsize start = r->text.n;
    if (text != NULL)
        buffer_append_string(&r->text, text);
    g_free(text);
    return since(r, start);
}

static void write_quoted_text(ScanResult *r, ScanText text) {
    /* Copied first: the buffer that it lies in may move while it grows. */
    g_autofree char *word = bytes_dup_string(scan_text(r, text));
    message_imap_string(&r->text, bytes_of(word, text.n));
}

static Bytes field_value(const MessageFields *f, MessageFieldId id) {
    return bytes_strip(bytes_slice(f->value[id], 0, LONGEST_FIELD));
}

static void write_field(ScanResult *r, const MessageFields *f, MessageFieldId id) {
    Bytes value = field_value(f, id);
    if (value.n == 0)
        buffer_append_string(&r->text, "NIL");
    else
        message_imap_string(&r->text, value);
}

static void write_encoding(ScanResult *r, const MessageFields *f) {
    enum { LONGEST_ENCODING = 64 };
    Bytes value = field_value(f, MESSAGE_FIELD_CONTENT_ENCODING);
    if (value.n == 0 || value.n > LONGEST_ENCODING) {
        buffer_append_string(&r->text, "\"7bit\"");
        return;
    }
    g_autofree char *lower = g_ascii_strdown((const char *)value.p, (gssize)value.n);
    message_imap_string(&r->text, bytes_of(lower, value.n));
}

static void write_languages(ScanResult *r, const MessageFields *f) {
    Reader in = reader_of(field_value(f, MESSAGE_FIELD_CONTENT_LANGUAGE));
    guint count = 0;
    while (in.at != NULL && !reader_done(&in) && count < MAX_LANGUAGES) {
        Bytes tag;
        if (!reader_until(&in, ',', &tag))
            reader_take(&in, reader_left(&in), &tag);
        reader_skip_byte(&in, ',');
        tag = bytes_strip(tag);
        if (tag.n == 0)
            continue;
        buffer_append_byte(&r->text, count++ == 0 ? '(' : ' ');
        message_imap_string(&r->text, tag);
    }
    buffer_append_string(&r->text, count == 0 ? "NIL" : ")");
}

/* The disposition: its type and the list of its parameters, or NIL (RFC 9051 7.5.2). */
static void write_disposition(ScanResult *r, gboolean any, Bytes kind,
                              const MessageParams *params) {
    if (!any) {
        buffer_append_string(&r->text, "NIL");
        return;
    }
    g_autofree char *lower = g_ascii_strdown((const char *)kind.p, (gssize)kind.n);
    buffer_append_byte(&r->text, '(');
    message_imap_string(&r->text, bytes_of(lower, kind.n));
    buffer_append_byte(&r->text, ' ');
    message_params_write(params, &r->text);
    buffer_append_byte(&r->text, ')');
}

typedef struct {
    gboolean has_type, has_disposition;
    MessageTypeField type, disposition;
    MessageParams type_params, disposition_params;
} Parsed;

static void parse(const MessageFields *f, Parsed *p) {
    p->has_type = message_type_split(field_value(f, MESSAGE_FIELD_CONTENT_TYPE), &p->type) &&
                  p->type.second.n > 0;
    p->has_disposition =
        message_type_split(field_value(f, MESSAGE_FIELD_CONTENT_DISPOSITION), &p->disposition);
    message_params_parse(&p->type_params, p->has_type ? p->type.rest : (Bytes){0});
    message_params_parse(&p->disposition_params,
                         p->has_disposition ? p->disposition.rest : (Bytes){0});
}

static void parsed_release(Parsed *p) {
    message_params_release(&p->type_params);
    message_params_release(&p->disposition_params);
}

/* RFC 2045 5.2: text/plain in US-ASCII when there is no Content-Type or it "is syntactically
 * invalid"; RFC 2046 5.1.5: message/rfc822 inside a digest. */
static void choose_type(Parsed *p, gboolean as_digest, gboolean *defaulted) {
    *defaulted = !p->has_type;
    if (p->has_type)
        return;
    p->type.first = as_digest ? BYTES_LITERAL("message") : BYTES_LITERAL("text");
    p->type.second = as_digest ? BYTES_LITERAL("rfc822") : BYTES_LITERAL("plain");
}

static void choose_kind(ScanResult *r, ScanPart *part, Parsed *p, gboolean opaque, ScanType *out) {
    out->multipart = bytes_is_nocase(p->type.first, "multipart");
    out->message =
        bytes_is_nocase(p->type.first, "message") &&
        (bytes_is_nocase(p->type.second, "rfc822") || bytes_is_nocase(p->type.second, "global"));
    gboolean encoded = part->encoding >= MESSAGE_ENCODING_QUOTED_PRINTABLE &&
                       part->encoding <= MESSAGE_ENCODING_UUENCODE;
    gboolean hidden = opaque && (out->multipart || out->message);
    /* An encoded message (against RFC 2046 5.2.1) is a file: offsets into it would mean nothing. */
    if (hidden || (out->message && encoded)) {
        out->multipart = out->message = FALSE;
        p->type.first = BYTES_LITERAL("application");
        p->type.second = BYTES_LITERAL("octet-stream");
        part->opaque = hidden;
        r->too_complex |= hidden;
    }
    part->kind = out->multipart ? MESSAGE_PART_MULTIPART
                 : out->message ? MESSAGE_PART_MESSAGE
                                : MESSAGE_PART_LEAF;
    Bytes boundary;
    if (out->multipart && message_params_find(&p->type_params, "boundary", &boundary) &&
        boundary.n > 0) {
        out->boundary = bytes_dup_string(boundary);
        out->boundary_n = boundary.n;
    }
    out->digest = out->multipart && bytes_is_nocase(p->type.second, "digest");
}

/* Parts that a person would not call an attachment although they count as one. */
static gboolean is_shown_inline(const ScanResult *r, const ScanPart *part, const Parsed *p) {
    static const char *const quiet[] = {"delivery-status", "disposition-notification",
                                        "pgp-signature",   "pgp-encrypted",
                                        "pkcs7-signature", "x-pkcs7-signature"};
    Bytes subtype = scan_text(r, part->subtype);
    for (gsize i = 0; i < G_N_ELEMENTS(quiet); i++)
        if (bytes_is(subtype, quiet[i]))
            return TRUE;
    return part->content_id.n > 0 && bytes_is(scan_text(r, part->type), "image") &&
           !(p->has_disposition && bytes_is_nocase(p->disposition.first, "attachment"));
}

/* [Điều 5.1] what counts as an attachment; see message.h. */
static void judge_attachment(ScanResult *r, ScanPart *part, const Parsed *p, gboolean root) {
    gboolean marked = p->has_disposition && bytes_is_nocase(p->disposition.first, "attachment");
    if (part->kind == MESSAGE_PART_LEAF) {
        part->attachment =
            !bytes_is(scan_text(r, part->type), "text") || part->filename.n > 0 || marked;
        part->shown_inline = part->attachment && is_shown_inline(r, part, p);
    } else if (part->kind == MESSAGE_PART_MESSAGE && !root && (part->filename.n > 0 || marked)) {
        r->has_attachment = TRUE;
    }
}

static void keep_names(ScanResult *r, ScanPart *part, const MessageFields *f, const Parsed *p) {
    part->type = keep_lower(r, p->type.first);
    part->subtype = keep_lower(r, p->type.second);
    Bytes charset;
    if (message_params_find(&p->type_params, "charset", &charset))
        part->charset = keep_lower(r, bytes_slice(charset, 0, 64));
    char *filename = message_params_text(&p->disposition_params, "filename");
    part->filename =
        keep_taken(r, filename != NULL ? filename : message_params_text(&p->type_params, "name"));
    g_auto(GStrv) ids = message_header_ids(field_value(f, MESSAGE_FIELD_CONTENT_ID), 1);
    part->content_id = keep_taken(r, g_strdup(ids[0]));
}

static void write_basic(ScanResult *r, ScanPart *part, const MessageFields *f, const Parsed *p,
                        gboolean defaulted) {
    gsize start = r->text.n;
    if (part->kind == MESSAGE_PART_MULTIPART) {
        write_quoted_text(r, part->subtype);
    } else {
        write_quoted_text(r, part->type);
        buffer_append_byte(&r->text, ' ');
        write_quoted_text(r, part->subtype);
        buffer_append_byte(&r->text, ' ');
        if (defaulted && part->kind == MESSAGE_PART_LEAF)
            buffer_append_string(&r->text, "(\"charset\" \"us-ascii\")");
        else
            message_params_write(&p->type_params, &r->text);
        buffer_append_byte(&r->text, ' ');
        write_field(r, f, MESSAGE_FIELD_CONTENT_ID);
        buffer_append_byte(&r->text, ' ');
        write_field(r, f, MESSAGE_FIELD_CONTENT_DESCRIPTION);
        buffer_append_byte(&r->text, ' ');
        write_encoding(r, f);
    }
    part->basic = since(r, start);
}

static void write_extension(ScanResult *r, ScanPart *part, const MessageFields *f,
                            const Parsed *p) {
    gsize start = r->text.n;
    if (part->kind == MESSAGE_PART_MULTIPART)
        message_params_write(&p->type_params, &r->text);
    else
        write_field(r, f, MESSAGE_FIELD_CONTENT_MD5);
    buffer_append_byte(&r->text, ' ');
    write_disposition(r, p->has_disposition, p->disposition.first, &p->disposition_params);
    buffer_append_byte(&r->text, ' ');
    write_languages(r, f);
    buffer_append_byte(&r->text, ' ');
    write_field(r, f, MESSAGE_FIELD_CONTENT_LOCATION);
    part->extension = since(r, start);
}

void scan_describe(ScanResult *r, ScanPart *part, const MessageFields *f, gboolean as_digest,
                   gboolean opaque, ScanType *type) {
    if (r->text.n > TEXT_BUDGET) {
        r->too_complex = TRUE;
        part->encoding = message_encoding_parse(field_value(f, MESSAGE_FIELD_CONTENT_ENCODING));
        *type = (ScanType){0};
        scan_describe_bare(r, part, "application", "octet-stream", part->encoding);
        return;
    }
    Parsed p;
    gboolean defaulted;
    *type = (ScanType){0};
    part->encoding = message_encoding_parse(field_value(f, MESSAGE_FIELD_CONTENT_ENCODING));
    parse(f, &p);
    choose_type(&p, as_digest, &defaulted);
    choose_kind(r, part, &p, opaque, type);
    keep_names(r, part, f, &p);
    judge_attachment(r, part, &p, part->header_start == 0);
    write_basic(r, part, f, &p, defaulted && !as_digest);
    write_extension(r, part, f, &p);
    parsed_release(&p);
}

void scan_describe_bare(ScanResult *r, ScanPart *part, const char *type, const char *subtype,
                        MessageEncoding encoding) {
    static const char *const names[] = {"7bit",   "8bit",     "binary", "quoted-printable",
                                        "base64", "uuencode", "7bit"};
    part->kind = MESSAGE_PART_LEAF;
    part->encoding = encoding;
    part->type = keep_lower(r, bytes_of_string(type));
    part->subtype = keep_lower(r, bytes_of_string(subtype));
    part->charset = part->filename = part->content_id = (ScanText){0};
    part->attachment = strcmp(type, "text") != 0;
    gsize start = r->text.n;
    buffer_printf(&r->text, "\"%s\" \"%s\" NIL NIL NIL \"%s\"", type, subtype, names[encoding]);
    part->basic = since(r, start);
    start = r->text.n;
    buffer_append_string(&r->text, "NIL NIL NIL NIL");
    part->extension = since(r, start);
}
