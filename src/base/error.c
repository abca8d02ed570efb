/* The program's one error domain; see error.h. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

/* clang-format off */
G_DEFINE_QUARK(congvu-error-quark, cv_error)
/* clang-format on */

gboolean cv_fail(GError **error, CvErrorKind kind, const char *format, ...) {
    if (error == NULL)
        return FALSE;
    va_list args;
    va_start(args, format);
    *error = g_error_new_valist(CV_ERROR, kind, format, args);
    va_end(args);
    return FALSE;
}

gboolean cv_fail_errno(GError **error, CvErrorKind kind, const char *format, ...) {
    int saved = errno;
    if (error == NULL)
        return FALSE;
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    *error = g_error_new(CV_ERROR, kind, "%s: %s", what, g_strerror(saved));
    return FALSE;
}

gboolean cv_error_is(const GError *error, CvErrorKind kind) {
    return error != NULL && error->domain == CV_ERROR && error->code == (int)kind;
}
