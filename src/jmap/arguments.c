/* Arguments; see arguments.h. */
#include "jmap/arguments.h"

static json_t *given(const JmapCall *call, const char *name) {
    json_t *value = json_object_get(call->arguments, name);
    return json_is_null(value) ? NULL : value;
}

static gboolean bad(JmapCall *call, const char *name) {
    jmap_fail(call, "invalidArguments", "%s", name);
    return FALSE;
}

gboolean jmap_take_ids(JmapCall *call, const char *name, gint64 most, GPtrArray **ids) {
    json_t *list = given(call, name);
    *ids = NULL;
    if (list == NULL)
        return TRUE;
    if (!json_is_array(list))
        return bad(call, name);
    if ((gint64)json_array_size(list) > most) {
        jmap_fail(call, "requestTooLarge", "%s", name);
        return FALSE;
    }
    g_autoptr(GPtrArray) taken = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || (text[0] != '#' && !jmap_is_id(text)))
            return bad(call, name);
        const char *id = jmap_id_of(call, text);
        if (id == NULL)
            id = text; /* names nothing, and is told so */
        if (g_hash_table_add(seen, (gpointer)id))
            g_ptr_array_add(taken, (gpointer)id);
    }
    *ids = g_steal_pointer(&taken);
    return TRUE;
}

enum { SAFE_BITS = 53 }; /* RFC 8620 1.3: an Int is within 2^53 */

gboolean jmap_take_signed(JmapCall *call, const char *name, gint64 *out) {
    json_t *value = given(call, name);
    static const gint64 most = ((gint64)1 << SAFE_BITS) - 1;
    if (value == NULL)
        return TRUE;
    if (!json_is_integer(value) || json_integer_value(value) > most ||
        json_integer_value(value) < -most)
        return bad(call, name);
    *out = json_integer_value(value);
    return TRUE;
}

gboolean jmap_take_number(JmapCall *call, const char *name, gint64 *out) {
    gint64 value = *out;
    if (!jmap_take_signed(call, name, &value))
        return FALSE;
    if (given(call, name) != NULL && value < 0)
        return bad(call, name);
    *out = value;
    return TRUE;
}

gboolean jmap_take_flag(JmapCall *call, const char *name, gboolean *out) {
    json_t *value = given(call, name);
    if (value == NULL)
        return TRUE;
    if (!json_is_boolean(value))
        return bad(call, name);
    *out = json_is_true(value);
    return TRUE;
}

gboolean jmap_take_text(JmapCall *call, const char *name, const char **out) {
    json_t *value = given(call, name);
    *out = json_string_value(value);
    return value == NULL || *out != NULL || bad(call, name);
}

gboolean jmap_take_object(JmapCall *call, const char *name, json_t **out) {
    *out = given(call, name);
    return *out == NULL || json_is_object(*out) || bad(call, name);
}

gboolean jmap_take_array(JmapCall *call, const char *name, json_t **out) {
    *out = given(call, name);
    return *out == NULL || json_is_array(*out) || bad(call, name);
}

static gint place_of(const char *const *known, const char *name) {
    for (gint i = 0; known[i] != NULL; i++)
        if (g_str_equal(known[i], name))
            return i;
    return -1;
}

gboolean jmap_take_properties(JmapCall *call, const char *const *known, guint64 *mask) {
    json_t *list;
    *mask = G_MAXUINT64;
    if (!jmap_take_array(call, "properties", &list))
        return FALSE;
    if (list == NULL)
        return TRUE;
    *mask = 1; /* RFC 8620 5.1: "id" always, which stands first in each list */
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        gint place = name == NULL ? -1 : place_of(known, name);
        if (place < 0)
            return bad(call, "properties");
        *mask |= (guint64)1 << place;
    }
    return TRUE;
}

/* ---- /set ---- */

void jmap_set_clear(JmapSet *set) {
    g_clear_pointer(&set->destroy, g_ptr_array_unref);
}

static gboolean are_objects(json_t *map) {
    const char *key;
    json_t *value;
    json_object_foreach(map, key, value) if (!json_is_object(value) ||
                                             (key[0] != '#' && !jmap_is_id(key))) return FALSE;
    return TRUE;
}

gboolean jmap_take_set(JmapCall *call, JmapSet *out) {
    gint64 most = jmap_service(call)->limits.objects_set;
    if (!jmap_take_object(call, "create", &out->create) ||
        !jmap_take_object(call, "update", &out->update) ||
        !jmap_take_ids(call, "destroy", most, &out->destroy))
        return FALSE;
    if (out->create != NULL && !are_objects(out->create))
        return bad(call, "create");
    if (out->update != NULL && !are_objects(out->update))
        return bad(call, "update");
    gsize all = json_object_size(out->create) + json_object_size(out->update) +
                (out->destroy == NULL ? 0 : out->destroy->len);
    if ((gint64)all > most) {
        jmap_fail(call, "requestTooLarge", "maxObjectsInSet");
        return FALSE;
    }
    return TRUE;
}

void jmap_outcome_init(JmapOutcome *outcome) {
    *outcome = (JmapOutcome){json_object(), json_object(), json_array(),
                             json_object(), json_object(), json_object()};
}

void jmap_outcome_clear(JmapOutcome *outcome) {
    json_decref(outcome->created);
    json_decref(outcome->updated);
    json_decref(outcome->destroyed);
    json_decref(outcome->not_created);
    json_decref(outcome->not_updated);
    json_decref(outcome->not_destroyed);
    *outcome = (JmapOutcome){0};
}

static void put(json_t *answer, const char *name, json_t *value) {
    gboolean empty = json_object_size(value) == 0 && json_array_size(value) == 0;
    json_object_set_new(answer, name, empty ? json_null() : json_incref(value));
}

json_t *jmap_outcome_answer(JmapOutcome *outcome, const char *account, json_t *before,
                            json_t *after) {
    json_t *answer = json_object();
    json_object_set_new(answer, "accountId", json_string(account));
    json_object_set_new(answer, "oldState", before);
    json_object_set_new(answer, "newState", after);
    put(answer, "created", outcome->created);
    put(answer, "updated", outcome->updated);
    put(answer, "destroyed", outcome->destroyed);
    put(answer, "notCreated", outcome->not_created);
    put(answer, "notUpdated", outcome->not_updated);
    put(answer, "notDestroyed", outcome->not_destroyed);
    return answer;
}

/* ---- Dates ---- */

static gboolean take_digits(Reader *in, guint count, gint *out) {
    gint value = 0;
    for (guint i = 0; i < count; i++) {
        int c = reader_byte(in);
        if (c < '0' || c > '9')
            return FALSE;
        value = value * 10 + (c - '0');
    }
    *out = value;
    return TRUE;
}

/* Microseconds behind a point; none is no error. */
static gboolean take_fraction(Reader *in, gint64 *us) {
    gint64 unit = G_USEC_PER_SEC;
    *us = 0;
    if (!reader_skip_byte(in, '.'))
        return TRUE;
    gboolean any = FALSE;
    while (reader_peek(in) >= '0' && reader_peek(in) <= '9') {
        unit /= 10;
        *us += (reader_byte(in) - '0') * unit;
        any = TRUE;
    }
    return any;
}

/* "Z", or an offset as RFC 3339 has it. */
static gboolean take_zone(Reader *in, gint *seconds) {
    gint hours, minutes;
    *seconds = 0;
    if (reader_skip_byte(in, 'Z'))
        return TRUE;
    gint sign = reader_peek(in) == '-' ? -1 : 1;
    if (!reader_skip_byte(in, '+') && !reader_skip_byte(in, '-'))
        return FALSE;
    if (!take_digits(in, 2, &hours) || !reader_skip_byte(in, ':') ||
        !take_digits(in, 2, &minutes) || hours > 23 || minutes > 59)
        return FALSE;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return TRUE;
}

gboolean jmap_date_parse(const char *text, gint64 *us) {
    Reader in = reader_of(bytes_of_string(text));
    gint year, month, day, hour, minute, second, zone;
    gint64 fraction;
    if (!take_digits(&in, 4, &year) || !reader_skip_byte(&in, '-') ||
        !take_digits(&in, 2, &month) || !reader_skip_byte(&in, '-') || !take_digits(&in, 2, &day) ||
        !reader_skip_byte(&in, 'T') || !take_digits(&in, 2, &hour) || !reader_skip_byte(&in, ':') ||
        !take_digits(&in, 2, &minute) || !reader_skip_byte(&in, ':') ||
        !take_digits(&in, 2, &second) || !take_fraction(&in, &fraction) || !take_zone(&in, &zone) ||
        !reader_done(&in))
        return FALSE;
    if (year < 1 || !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year) ||
        hour > 23 || minute > 59 || second > 60)
        return FALSE;
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    static const gint64 epoch = 719163; /* GDate's julian day of 1 January 1970 */
    gint64 seconds = ((gint64)g_date_get_julian(&date) - epoch) * 86400 + hour * 3600 +
                     minute * 60 + MIN(second, 59) - zone;
    *us = seconds * G_USEC_PER_SEC + fraction;
    return TRUE;
}

json_t *jmap_date(gint64 us, gint zone, gboolean utc) {
    gint64 seconds = us / G_USEC_PER_SEC - (us % G_USEC_PER_SEC < 0) + (gint64)zone * 60;
    gint64 days = seconds / 86400 - (seconds % 86400 < 0);
    gint rest = (gint)(seconds - days * 86400);
    static const gint64 epoch = 719163, last = 3652059; /* 31 December 9999 */
    gint64 julian = CLAMP(days + epoch, 1, last);
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)julian);
    char text[48], offset[8] = "Z";
    if (!utc || zone != 0)
        g_snprintf(offset, sizeof offset, "%c%02d:%02d", zone < 0 ? '-' : '+', ABS(zone) / 60 % 100,
                   ABS(zone) % 60);
    g_snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%s", g_date_get_year(&date),
               g_date_get_month(&date), g_date_get_day(&date), rest / 3600, rest / 60 % 60,
               rest % 60, offset);
    return json_string(text);
}
