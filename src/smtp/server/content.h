/* What flows through DATA and BDAT, looked at while it flows: the end of the data, stuffed dots,
 * wrong line ends, and the header. Pure state machines over pieces of any size, linear, without
 * allocation; how the bytes are cut into pieces makes no difference. */
#ifndef CV_SMTP_SERVER_CONTENT_H
#define CV_SMTP_SERVER_CONTENT_H

#include "base/bytes.h"

typedef void (*SmtpEmit)(Bytes piece, gpointer data);

/* DATA's envelope: zeroed, the state at the beginning of a message. */
typedef struct {
    enum { SMTP_DOT_LINE, SMTP_DOT_MID, SMTP_DOT_CR, SMTP_DOT_DOT, SMTP_DOT_DOT_CR } state;
} SmtpDot;
/* Takes a piece, emits what belongs to the message (stuffed dots removed). TRUE: the end of the
 * data was in it; *used tells how many bytes of the piece belong to the message and its end. Only
 * CRLF "." CRLF ends it (or "." CRLF right at the beginning: an empty message). */
gboolean smtp_dot_take(SmtpDot *dot, Bytes piece, gsize *used, SmtpEmit emit, gpointer data);

/* Line ends; zeroed but for line_maximum. */
typedef struct {
    gsize line_maximum;
    gsize line;    /* bytes of the current line so far */
    gboolean cr;   /* the last byte was CR */
    gboolean bare; /* found: CR or LF without the other */
    gboolean nul;
    gboolean too_long;
} SmtpLines;
void smtp_lines_take(SmtpLines *lines, Bytes piece);
/* At the end of the message: a CR at the very end is bare too. */
void smtp_lines_end(SmtpLines *lines);

/* The header; zeroed but for submission. */
#define SMTP_FIELD_NAME 32 /* bytes; longer than any name that is looked for */
typedef struct {
    gboolean submission; /* Bcc is taken out */
    gboolean done;       /* the empty line was seen */
    gboolean mid_line;   /* inside a line */
    gboolean naming;     /* inside a field's name: it is kept until it is known */
    gboolean dropping;   /* inside a field that is taken out */
    gboolean held;       /* the last piece ended with CR at the beginning of a line */
    guint8 kept_length;
    char kept[SMTP_FIELD_NAME];
    guint received; /* Received fields seen */
    gboolean has_date, has_message_id;
    gboolean forwarded; /* a field that programs write which forward by themselves */
} SmtpHeader;
/* How many bytes of the piece belong to the header's fields; those that stay are emitted. When
 * *ends, the empty line begins there (or, if the CR of it was held back, its CR is not in the
 * piece). A CR that may begin the empty line is held back until it is known. */
gsize smtp_header_take(SmtpHeader *header, Bytes piece, gboolean *ends, SmtpEmit emit,
                       gpointer data);
/* The message ended inside of the header: emits what was kept back. */
void smtp_header_end(SmtpHeader *header, SmtpEmit emit, gpointer data);

#endif
