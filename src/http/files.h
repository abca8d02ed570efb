/* Files: the pages, scripts and pictures of the web interface, which are in the program itself.
 *
 * Each is there as it is and, where that is smaller, compressed beforehand; nothing is compressed
 * while somebody waits. What has its hash in its name is kept by browsers for ever, the rest is
 * asked after each time and mostly answered 304. The policy of the pages allows no code but the
 * files' own: nothing inline, nothing from elsewhere, strings become code nowhere (Trusted Types).
 */
#ifndef CV_HTTP_FILES_H
#define CV_HTTP_FILES_H

#include "http/http.h"

typedef struct {
    const char *path;          /* "/assets/app-1a2b3c4d.js" */
    const char *type;          /* media type */
    const char *tag;           /* of its content: a hash, without quotation marks */
    Bytes plain, gzip, brotli; /* p NULL: not in this form */
    gboolean forever;          /* its name changes with its content */
} HttpFile;

typedef struct {
    const HttpFile *files;
    gsize count;
    const char *const *pages; /* where the interface's own addresses lead, "/thu", "/thu/…" with a
                               * star: all answer the file /index.html; ends with NULL */
} HttpFiles;

/* A table of routes: each file at its path, /index.html also at "/" and at the pages. It ends with
 * a pattern of NULL; without files nothing is in it. g_free; files and pages outlive it. */
HttpRoute *http_files_routes(const HttpFiles *files);

#endif
