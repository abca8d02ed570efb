/* Forwarding: accounts whose mail goes on to another address by itself [Điều 8.5].
 *
 * Whoever sets it, the regulation is asked: when it is set, and again at each delivery (delivery/
 * asks there), because the list of state bodies may have changed. What the regulation refuses
 * leaves an audit record of the attempt. An account has one target; nothing is chained into a ring.
 */
#ifndef CV_DIRECTORY_FORWARD_H
#define CV_DIRECTORY_FORWARD_H

#include "audit/audit.h"
#include "directory/directory.h"

typedef struct {
    const char *account; /* address */
    const char *target;  /* address as given; NULL: forward no longer */
    gboolean keep;       /* a copy stays in the account's own mailbox */
} DirectoryNewForward;
/* Replaces what was set before. REFUSED with the article in Vietnamese and English (and the attempt
 * is on record), INPUT (itself, a ring, nobody there), NOT_FOUND, EXISTS (nothing to end). */
gboolean directory_forward_set(Directory *directory, const Regulation *regulation,
                               const DirectoryNewForward *forward, const AuditAct *act,
                               GError **error);

typedef struct {
    char *address;  /* the domain as ASCII in small letters */
    gint64 stopped; /* Unix microseconds since when it was found not allowed; 0: it is followed */
} DirectoryTarget;
typedef struct {
    DirectoryAccount *account;
    GPtrArray *targets; /* DirectoryTarget */
} DirectoryForwarding;
void directory_forwarding_free(DirectoryForwarding *forwarding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryForwarding, directory_forwarding_free)
/* Where this account's mail goes on. NULL with an error: NOT_FOUND, STORAGE. Two probes. */
DirectoryForwarding *directory_forwarding(Directory *directory, gint64 account, GError **error);

/* A target was found not allowed (stopped) or allowed again, at a delivery: *changed tells whether
 * this call is the first that says so. */
gboolean directory_forward_mark(Directory *directory, gint64 account, const char *target,
                                gboolean stopped, gboolean *changed, GError **error);

typedef gboolean (*DirectoryForwardEach)(const char *address, const char *target, gboolean keep,
                                         gint64 since, gint64 stopped, gpointer data);
/* All that forward, by address. FALSE from each stops. */
gboolean directory_forward_each(Directory *directory, DirectoryForwardEach each, gpointer data,
                                GError **error);

#endif
