/* The files of web/dist, put into the program when it is built (tools/embed-web). */
#ifndef CV_SERVE_WEB_FILES_H
#define CV_SERVE_WEB_FILES_H

#include "http/files.h"

extern const HttpFiles web_files;
/* The addresses inside the interface, which lead to its one page. */
extern const char *const web_pages[];

#endif
