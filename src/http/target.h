/* Target: the path and query of a request, decoded, and matched against a route. Pure. */
#ifndef CV_HTTP_TARGET_H
#define CV_HTTP_TARGET_H

#include "base/bytes.h"

enum { HTTP_SEGMENTS_MAXIMUM = 16, HTTP_QUERIES_MAXIMUM = 32 };

typedef struct {
    char *segments[HTTP_SEGMENTS_MAXIMUM]; /* decoded; "/a/b" has two, "/" has none */
    guint count;
    gboolean slash;                                                   /* it ended with one: "/a/" */
    char *names[HTTP_QUERIES_MAXIMUM], *values[HTTP_QUERIES_MAXIMUM]; /* decoded */
    guint queries;
} HttpTarget;
void http_target_clear(HttpTarget *target);

/* FALSE: broken percent signs, bytes that are no UTF-8, NUL, "." and ".." or empty segments, too
 * much of it. Clear *out in any case. */
gboolean http_target_read(Bytes target, HttpTarget *out);
/* Does it match "/api/accounts/{address}"? The values of the names in braces are put into values
 * (pointers into target), in order. A star at the end takes whatever follows, something at least:
 * "/thu/\*" (without the backslash) matches /thu/a and /thu/a/b/. */
gboolean http_target_matches(const HttpTarget *target, const char *pattern,
                             const char *values[HTTP_SEGMENTS_MAXIMUM]);
/* NULL: not given. Of several the first. */
const char *http_target_query(const HttpTarget *target, const char *name);
/* A field of a form as browsers send it (application/x-www-form-urlencoded); of several the first;
 * g_free. NULL: not there, or broken as http_target_read says. */
char *http_target_form(Bytes content, const char *name);

#endif
