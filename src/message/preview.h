/* Preview: the first words of a message on one line (RFC 8970), and text without HTML. */
#ifndef CV_MESSAGE_PREVIEW_H
#define CV_MESSAGE_PREVIEW_H

#include "message/scan.h"

/* At most MESSAGE_PREVIEW_BYTES of UTF-8, g_free; "" when the message has no text. */
char *message_preview(Bytes message, const ScanResult *scan);

/* The text of HTML, given as UTF-8: tags, comments, scripts and styles left out, character
 * references replaced, blanks as they stand. Appends to `out` until it is full. Linear. */
void message_html_text(Bytes html, Buffer *out);

#endif
