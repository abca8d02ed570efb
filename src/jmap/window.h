/* Window: which part of a query's results is wanted (RFC 8620 5.5): position or anchor, limit. */
#ifndef CV_JMAP_WINDOW_H
#define CV_JMAP_WINDOW_H

#include "jmap/request.h"

typedef struct {
    gint64 position, anchor_offset, limit; /* limit -1: none given */
    const char *anchor;                    /* NULL: none */
    gboolean total;                        /* calculateTotal */
} JmapWindow;
/* FALSE: the call has ended. */
gboolean jmap_take_window(JmapCall *call, JmapWindow *out);
/* The part [*first, *first + *count) of `all` results; anchor: where the anchor stands, -1: it does
 * not. *limited: the server's own limit holds. FALSE: the call has ended (anchorNotFound). */
gboolean jmap_window_cut(JmapCall *call, const JmapWindow *window, gint64 all, gint64 anchor,
                         gint64 *first, gint64 *count, gboolean *limited);
enum { JMAP_WINDOW_LIMIT = 5000 }; /* results of one query */

/* The answer of a /query; takes the references. */
json_t *jmap_query_answer(JmapCall *call, const JmapWindow *window, json_t *state, gboolean changes,
                          json_t *ids, gint64 first, gint64 all, gboolean limited);

#endif
