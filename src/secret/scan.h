/* Scan: does a message bear the stamp of a state secret, and where [Điều 6.1]?
 *
 * Looked at: the subject, the names of attached files, text parts (plain and HTML, in their
 * charsets and old fonts), subjects of attached messages, and the text of attached documents
 * (office/office.h: office_lines). Not looked at: pictures, PDF, archives. Linear, with memory for
 * one part at a time; any thread. */
#ifndef CV_SECRET_SCAN_H
#define CV_SECRET_SCAN_H

#include "message/message.h"
#include "regulation/regulation.h"

typedef enum {
    SECRET_NOWHERE,
    SECRET_IN_SUBJECT,
    SECRET_IN_NAME, /* of an attached file */
    SECRET_IN_TEXT,
    SECRET_IN_ATTACHMENT, /* in its text */
    SECRET_PLACES,
} SecretPlace;

typedef struct {
    SecretPlace place;
    const char *stamp; /* the regulation's */
} SecretFound;

/* structure: the part map of the message; header_bytes: of its header. */
SecretFound secret_scan(const Regulation *regulation, Bytes message, Bytes structure,
                        gsize header_bytes);

const char *secret_place_name(SecretPlace place);                    /* "subject" */
const char *secret_place_words(SecretPlace place, gboolean english); /* "tiêu đề" */

#endif
