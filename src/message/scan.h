/* Scan: the walk over a whole message that finds its parts. Inner to message/; message.h is what
 * others call. */
#ifndef CV_MESSAGE_SCAN_H
#define CV_MESSAGE_SCAN_H

#include "message/envelope.h"
#include "message/message.h"

/* A text kept in ScanResult.text. */
typedef struct {
    guint32 at, n;
} ScanText;

typedef struct {
    guint8 kind, encoding;
    gboolean attachment, opaque, shown_inline;
    guint32 parent; /* index; the root is its own parent */
    guint32 children, descendants;
    gsize header_start, body_start, body_end;
    guint64 lines, decoded_bytes;
    ScanText type, subtype, charset, filename, content_id, basic, extension, envelope;
} ScanPart;

typedef struct {
    GArray *parts; /* ScanPart, in the order of reading */
    Buffer text;
    MessageFields root; /* the message's own header */
    guint64 attachment_bytes;
    gboolean has_attachment, too_complex;
} ScanResult;

void scan_message(Bytes message, ScanResult *out);
void scan_result_release(ScanResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScanResult, scan_result_release)

static inline Bytes scan_text(const ScanResult *result, ScanText text) {
    return bytes_slice(buffer_bytes(&result->text), text.at, text.n);
}

/* What a part's own header says of it, described as far as it is known before its body was read.
 * In describe.c. `as_digest`: the default type is message/rfc822 (RFC 2046 5.1.5). */
typedef struct {
    gboolean multipart, message;
    char *boundary; /* of a multipart; NULL when it has none; g_free */
    gsize boundary_n;
    gboolean digest;
} ScanType;
void scan_describe(ScanResult *result, ScanPart *part, const MessageFields *fields,
                   gboolean as_digest, gboolean opaque, ScanType *type);
/* Describes a part that stands for bytes without a header of their own. */
void scan_describe_bare(ScanResult *result, ScanPart *part, const char *type, const char *subtype,
                        MessageEncoding encoding);

/* The packed part map (structure.h). */
gboolean scan_pack(const ScanResult *result, Buffer *out);

#endif
