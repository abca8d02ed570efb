/* Arguments of a method call: types checked, limits held. Each function that answers FALSE has
 * ended the call (invalidArguments, requestTooLarge). */
#ifndef CV_JMAP_ARGUMENTS_H
#define CV_JMAP_ARGUMENTS_H

#include "jmap/request.h"

/* A list of ids without those that come again; creation ids are looked up. *ids NULL: null, or not
 * given. The strings live as long as the call. */
gboolean jmap_take_ids(JmapCall *call, const char *name, gint64 most, GPtrArray **ids);
/* UnsignedInt; when it is not given, or null, *out stays. */
gboolean jmap_take_number(JmapCall *call, const char *name, gint64 *out);
gboolean jmap_take_signed(JmapCall *call, const char *name, gint64 *out);
gboolean jmap_take_flag(JmapCall *call, const char *name, gboolean *out);
/* NULL in *out: null, or not given. */
gboolean jmap_take_text(JmapCall *call, const char *name, const char **out);
gboolean jmap_take_object(JmapCall *call, const char *name, json_t **out);
gboolean jmap_take_array(JmapCall *call, const char *name, json_t **out);
/* The mask of the properties that are asked for, of a list that ends with NULL; all of them when
 * none are named. */
gboolean jmap_take_properties(JmapCall *call, const char *const *known, guint64 *mask);

/* create, update and destroy of a /set, of the right shapes and together no more than the limit;
 * NULL where there is none. */
typedef struct {
    json_t *create, *update; /* owned by the call */
    GPtrArray *destroy;
} JmapSet;
void jmap_set_clear(JmapSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapSet, jmap_set_clear)
gboolean jmap_take_set(JmapCall *call, JmapSet *out);

/* What a /set has done so far; RFC 8620 5.3. */
typedef struct {
    json_t *created, *updated, *destroyed;             /* objects and, destroyed, an array */
    json_t *not_created, *not_updated, *not_destroyed; /* SetError by id */
} JmapOutcome;
void jmap_outcome_init(JmapOutcome *outcome);
void jmap_outcome_clear(JmapOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapOutcome, jmap_outcome_clear)
/* The answer, with accountId and the states; takes the references. Empty ones are null. */
json_t *jmap_outcome_answer(JmapOutcome *outcome, const char *account, json_t *before,
                            json_t *after);

/* UTCDate (RFC 8620 1.4), Unix microseconds; FALSE: not one. */
gboolean jmap_date_parse(const char *text, gint64 *us);
/* zone: minutes east; 0 with utc is written "Z". */
json_t *jmap_date(gint64 us, gint zone, gboolean utc);

#endif
