/* Incident: what the regulation's file says of cases: the kinds of incidents and forbidden acts
 * with their articles [Điều 8, 12.3], the address for reports, and by what signs mail of other
 * services shows that an official address was used to sign up there [Điều 8.4].
 *
 * Pure; strings belong to the regulation. */
#ifndef CV_REGULATION_INCIDENT_H
#define CV_REGULATION_INCIDENT_H

#include "regulation/regulation.h"

enum { REGULATION_INCIDENTS_MAXIMUM = 16 };
/* Where nothing else fits; every regulation has it, as the last one when its file has none. */
#define REGULATION_INCIDENT_OTHER "other"

typedef struct {
    const char *id;           /* "spam" */
    const char *name;         /* Vietnamese: "thư rác" */
    const char *article;      /* what it is against: "Điều 8.3", or "" */
    gboolean takeover;        /* an account concerned is locked as one that somebody else has */
    const char *const *words; /* in the subject of a report: it is this kind; NULL-terminated */
} RegulationIncident;

/* At most REGULATION_INCIDENTS_MAXIMUM, at least one. */
gsize regulation_incidents(const Regulation *regulation, const RegulationIncident **out);
/* NULL: there is no such kind. */
const RegulationIncident *regulation_incident(const Regulation *regulation, const char *id);
/* Is it one of the forbidden acts for which an account may be locked (lock.forbidden)? */
gboolean regulation_incident_forbidden(const Regulation *regulation,
                                       const RegulationIncident *kind);
/* The kind that a report means: by its word (the address's tag, say; NULL: none), else by the words
 * of its subject (NULL: none), else REGULATION_INCIDENT_OTHER. Never NULL. */
const RegulationIncident *regulation_incident_guess(const Regulation *regulation, const char *word,
                                                    const char *subject);
/* "spam, virus, other", for a refusal; g_free. */
char *regulation_incident_ids(const Regulation *regulation);
/* Local part of the address to which people forward what they report [Điều 12.3]; "": there is
 * none. */
const char *regulation_report_address(const Regulation *regulation);

/* [Điều 8.4] The listed service whose mail this is, by the domain of its sender (the service's own
 * or one below it; case does not matter), or NULL. */
const char *regulation_signup_service(const Regulation *regulation, Bytes domain);
/* Does the subject (UTF-8) say that somebody signs up? */
gboolean regulation_signup_confirms(const Regulation *regulation, const char *subject);

#endif
