/* Errors: one GError domain for the whole program. The kind decides how a protocol answers (SMTP
 * 4xx or 5xx, IMAP response code, exit status); the message is for a person and says what, where
 * and what to do. Out-parameters are untouched when a function fails. */
#ifndef CV_BASE_ERROR_H
#define CV_BASE_ERROR_H

#include <glib.h>

#define CV_ERROR (cv_error_quark())
GQuark cv_error_quark(void);

typedef enum {
    CV_ERROR_INPUT,     /* what came in is malformed or out of range */
    CV_ERROR_REFUSED,   /* a rule of the regulation says no; the message names the article */
    CV_ERROR_NOT_FOUND, /* the thing named does not exist */
    CV_ERROR_EXISTS,    /* the thing to be made exists already */
    CV_ERROR_DENIED,    /* the asker has not the right */
    CV_ERROR_AUTH,      /* wrong credentials */
    CV_ERROR_QUOTA,     /* over the account's quota */
    CV_ERROR_LIMIT,     /* over a technical limit (size, count, rate) */
    CV_ERROR_BUSY,      /* not now: try again (shutdown, disk watermark, too many) */
    CV_ERROR_STORAGE,   /* reading or writing failed; nothing was acknowledged */
    CV_ERROR_CORRUPT,   /* stored data contradict themselves */
    CV_ERROR_NETWORK,   /* a peer vanished or broke the protocol */
    CV_ERROR_INTERNAL,  /* ours */
} CvErrorKind;

/* Sets *error with the kind and a formatted message; always returns FALSE, so that a check reads
 * `return cv_fail(error, CV_ERROR_INPUT, "…")`. */
gboolean cv_fail(GError **error, CvErrorKind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* As cv_fail, with ": " and the text of errno appended. Call before anything changes errno. */
gboolean cv_fail_errno(GError **error, CvErrorKind kind, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* TRUE when error is of our domain and of this kind. error may be NULL. */
gboolean cv_error_is(const GError *error, CvErrorKind kind);

#endif
