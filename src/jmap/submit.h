/* Submit: an e-mail of the store on its way out, by the rules of every other door: who may send as
 * whom [Điều 6.3], whom it reaches, what the regulation says of its attachments. */
#ifndef CV_JMAP_SUBMIT_H
#define CV_JMAP_SUBMIT_H

#include "jmap/account.h"

typedef struct JmapSubmit JmapSubmit;
/* Judges and hands over to delivery. NULL with *problem: the SetError. mail_from and recipients
 * (array of {"email"}) NULL: of the identity and the e-mail's own fields. */
JmapSubmit *jmap_submit_begin(JmapCall *call, DbConn **conn, const JmapAccount *account,
                              const char *email, const char *identity_email, json_t *envelope,
                              json_t **problem);
/* FALSE: not yet; the call is woken. TRUE with *problem NULL: it is stored for its recipients. */
gboolean jmap_submit_ended(JmapSubmit *submit, json_t **problem);
/* What the envelope was: {"mailFrom": …, "rcptTo": […]}; borrowed. */
json_t *jmap_submit_envelope(const JmapSubmit *submit);
/* id of the conversation; borrowed. */
const char *jmap_submit_thread(const JmapSubmit *submit);
/* When delivery is still at it, what is left is freed when it ends. */
void jmap_submit_free(JmapSubmit *submit);

#endif
