/* Head: the request line and the field lines of a request, by the letter of RFC 9112. Whatever two
 * readers could take differently is refused: bare CR or LF, folded lines, blanks before a colon,
 * two lengths, a length beside a transfer coding. Pure; slices point into the bytes given. */
#ifndef CV_HTTP_HEAD_H
#define CV_HTTP_HEAD_H

#include "base/bytes.h"

enum {
    HTTP_HEAD_MAXIMUM = 16 * 1024,  /* bytes up to and with the empty line */
    HTTP_TARGET_MAXIMUM = 8 * 1024, /* RFC 9112 3 asks for 8,000 at least */
    HTTP_FIELDS_MAXIMUM = 100,
};

typedef enum {
    HTTP_GET = 1 << 0,
    HTTP_HEAD = 1 << 1, /* never of a route: answered as GET, without the content */
    HTTP_POST = 1 << 2,
    HTTP_PUT = 1 << 3,
    HTTP_PATCH = 1 << 4,
    HTTP_DELETE = 1 << 5,
    HTTP_OPTIONS = 1 << 6, /* never of a route */
} HttpMethod;

typedef struct {
    Bytes name, value; /* value without blanks around it */
} HttpField;

typedef struct {
    HttpMethod method;
    Bytes target;  /* path and query; of the absolute form (RFC 9112 3.2.2) what follows the host */
    Bytes host;    /* of the Host field, or of the absolute form */
    gboolean keep; /* the connection may carry another request */
    gboolean chunked;
    gboolean expects; /* 100-continue */
    guint64 length;   /* of the content when it is not chunked */
    HttpField fields[HTTP_FIELDS_MAXIMUM];
    guint count;
} HttpHead;

/* 0: not whole yet. 200: whole; *size bytes of it. Otherwise the status to refuse with (400, 414,
 * 431, 501, 505), after which nothing of the connection can be read any more. */
guint http_head_read(Bytes input, HttpHead *out, gsize *size);
/* The value of the one field of this name (any case); empty when there is none, or several. */
Bytes http_head_field(const HttpHead *head, const char *name);

#endif
