/* The two halves of import imap: whose mail, from where, with which password (import_imap.c); and
 * one account's folders over connections that break (import_account.c). */
#ifndef CV_CLI_IMPORT_IMAP_H
#define CV_CLI_IMPORT_IMAP_H

#include "cli/import.h"
#include "imap/client/client.h"

/* Moves one account. only (may be NULL): this folder of the source alone, as the report names it.
 * TRUE: the source was read to its end; else *error. What was left is in the mover's report. */
gboolean import_account(CliCall *call, Mover *mover, const ImapClientOptions *options,
                        const char *only, GError **error);

#endif
