/* The papers that a request leads to: the reply with its list and results, and the slips for first
 * sign-ins, which are papers of their own [Điều 4.2.b, 5.2]. */
#ifndef CV_CASEWORK_REQUEST_LETTER_H
#define CV_CASEWORK_REQUEST_LETTER_H

#include "casework/letter.h"
#include "casework/request.h"

/* ---- The forms of appendix 2 ---- */

typedef enum {
    REQUEST_FORM_FIRST,  /* cấp mới, tạm khóa, hủy bỏ */
    REQUEST_FORM_SECOND, /* thay đổi thông tin */
} RequestFormKind;
/* To be filled in; unit: official name, or NULL. */
GBytes *request_form_blank(const Regulation *regulation, RequestFormKind kind, const char *unit,
                           GError **error);
/* What a request asks for, in the form or both of them, with identity numbers and birth dates as
 * long as they are kept: who printed it is on the record. */
GBytes *request_form_docx(Directory *directory, const Regulation *regulation, gint64 id,
                          const AuditAct *act, GError **error);

/* ---- Reply and slips ---- */

/* The reply as .docx, ready to number and sign; number, sign and day of head are completed from
 * what was recorded once it was sent. DENIED: a line is neither done nor returned yet. */
GBytes *request_letter(Directory *directory, const Regulation *regulation, gint64 id,
                       const LetterHead *head, const LetterSigner *signer, GError **error);
/* Of what request_slips made; holds passwords. */
GBytes *request_slips_letter(Directory *directory, const Regulation *regulation,
                             const GPtrArray *slips, GError **error);

#endif
