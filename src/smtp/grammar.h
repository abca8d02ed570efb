/* The grammar of SMTP command lines (RFC 5321 4.1.2, RFC 3461 4, RFC 6531 3.3), for server and
 * client. Linear time, no allocation; views point into the line. Any thread. */
#ifndef CV_SMTP_GRAMMAR_H
#define CV_SMTP_GRAMMAR_H

#include "base/bytes.h"

/* RFC 5321 4.5.3.1, in octets. */
#define SMTP_LOCAL_PART_LIMIT 64
#define SMTP_DOMAIN_LIMIT     255
#define SMTP_PATH_LIMIT       254 /* without the angle brackets: 4.5.3.1.3 counts them */

typedef struct {
    Bytes address; /* mailbox without brackets and route; empty for the null path "<>" */
    Bytes local;   /* local part as written, quotes included */
    Bytes domain;  /* empty: only a local part was given */
    gboolean utf8; /* has characters outside ASCII */
} SmtpPath;

/* "<a@b>", "<@x,@y:a@b>" (the route is dropped), "<>" and "<postmaster>"; blanks before it are
 * forgiven. FALSE: not a path; the reader has not moved. */
gboolean smtp_take_path(Reader *r, SmtpPath *out);

typedef struct {
    Bytes name;
    Bytes value; /* empty without "=" */
    gboolean has_value;
} SmtpParameter;

typedef enum { SMTP_PARAMETER, SMTP_PARAMETERS_END, SMTP_PARAMETERS_BAD } SmtpTake;
/* The next " KEYWORD[=value]"; blanks at the end of the line are forgiven. */
SmtpTake smtp_take_parameter(Reader *r, SmtpParameter *out);

/* RFC 3461 4: xtext is made of "!" to "~" without "+" and "=", and of "+" with two capital
 * hexadecimal digits. */
gboolean smtp_is_xtext(Bytes b);
/* What a peer may call itself in EHLO or HELO: a domain or an address literal, generously: no
 * blanks, brackets of a header's comment, quotes or control characters; at most 255 octets. */
gboolean smtp_is_greeting_name(Bytes b);
/* Letters, digits, '.', '-', '_' or UTF-8; no empty label; or a literal in square brackets. */
gboolean smtp_is_domain(Bytes b);

#endif
