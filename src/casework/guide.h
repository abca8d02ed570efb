/* Guide: how to use the mail, for officials and their units, as a page for the unit's portal
 * [Điều 10.1.b, 10.2.d, 14.1]. Every figure and article in it is the regulation's in force, every
 * name and port this installation's, so that it never says what the system does not do. Pure. */
#ifndef CV_CASEWORK_GUIDE_H
#define CV_CASEWORK_GUIDE_H

#include "regulation/regulation.h"

typedef struct {
    const char *domain, *hostname;              /* "bacninh.gov.vn", "mail.bacninh.gov.vn" */
    guint imap, imaps, submission, submissions; /* ports; 0: not open */
    const char *password_page; /* where a password is changed; NULL: at an office */
    const char *telephone;     /* of who helps; NULL: not told */
} GuideFacts;

/* One page of HTML without script or anything from elsewhere; g_string_free. */
GString *guide_page(const Regulation *regulation, const GuideFacts *facts);

#endif
