/* Version: which version of the program served this data directory last. When another one begins,
 * that is an upgrade, and stands in the audit trail with the steps of the tables [Điều 10.1.d]. */
#ifndef CV_SERVE_VERSION_H
#define CV_SERVE_VERSION_H

#include "serve/instance.h"

/* At the start of the server: compares with DIR/version, records, writes the file. Its first start
 * records nothing. Failing costs the record, not the service: it is told in the log. */
void version_note(Instance *instance);

#endif
