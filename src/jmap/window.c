/* Windows; see window.h. */
#include "jmap/window.h"

#include "jmap/arguments.h"

gboolean jmap_take_window(JmapCall *call, JmapWindow *out) {
    *out = (JmapWindow){.limit = -1};
    return jmap_take_signed(call, "position", &out->position) &&
           jmap_take_signed(call, "anchorOffset", &out->anchor_offset) &&
           jmap_take_number(call, "limit", &out->limit) &&
           jmap_take_text(call, "anchor", &out->anchor) &&
           jmap_take_flag(call, "calculateTotal", &out->total);
}

gboolean jmap_window_cut(JmapCall *call, const JmapWindow *window, gint64 all, gint64 anchor,
                         gint64 *first, gint64 *count, gboolean *limited) {
    gint64 start = window->position;
    if (window->anchor != NULL) {
        if (anchor < 0) {
            jmap_fail(call, "anchorNotFound", NULL);
            return FALSE;
        }
        start = MAX(anchor + window->anchor_offset, 0);
    } else if (start < 0) { /* RFC 8620 5.5: from the end */
        start = MAX(all + start, 0);
    }
    start = MIN(start, all);
    *limited = window->limit < 0 || window->limit > JMAP_WINDOW_LIMIT;
    *first = start;
    *count = MIN(*limited ? JMAP_WINDOW_LIMIT : window->limit, all - start);
    return TRUE;
}

json_t *jmap_query_answer(JmapCall *call, const JmapWindow *window, json_t *state, gboolean changes,
                          json_t *ids, gint64 first, gint64 all, gboolean limited) {
    json_t *answer = json_pack(
        "{sOsosbsIso}", "accountId", json_object_get(call->arguments, "accountId"), "queryState",
        state, "canCalculateChanges", changes, "position", (json_int_t)first, "ids", ids);
    if (window->total)
        json_object_set_new(answer, "total", json_integer(all));
    if (limited)
        json_object_set_new(answer, "limit", json_integer(JMAP_WINDOW_LIMIT));
    return answer;
}
