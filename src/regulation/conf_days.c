/* The days that are not what their weekday says: announced ones as the file lists them, and for the
 * years of the Tết table without an announcement those that the law gives: the fixed holidays, Tết,
 * Hùng Vương, and for each that falls on a rest day the next working day. Also the weekdays' names.
 */
#include "regulation/conf.h"

/* What a listed day is; proposed ones do not count until somebody makes them a holiday. */
typedef struct {
    const char *kind;
    gboolean counts, working, announces; /* announces: the year needs no computing */
} DayKind;

static const DayKind day_kinds[] = {
    {"holiday", TRUE, FALSE, TRUE},
    {"compensatory_off", TRUE, FALSE, FALSE},
    {"swap_off", TRUE, FALSE, FALSE},
    {"swap_work", TRUE, TRUE, FALSE},
    {"proposed_holiday", FALSE, FALSE, FALSE},
};

static gboolean read_date(const config_setting_t *setting, CalendarDay *out, GError **error) {
    const char *text = config_setting_get_string(setting);
    return (text != NULL && calendar_parse(bytes_of_string(text), out)) ||
           conf_fail(setting, error, "must be a day that exists, written \"YYYY-MM-DD\"");
}

static gboolean read_day(Regulation *r, const config_setting_t *entry, GArray *days,
                         GHashTable *years, GError **error) {
    static const char *const names[] = {"date", "kind", "name", NULL};
    if (!config_setting_is_group(entry))
        return conf_fail(entry, error, "must be { date = …; kind = …; name = …; }");
    if (!conf_only(entry, names, error))
        return FALSE;
    const char *kind = conf_need_string(r, entry, "kind", error);
    const config_setting_t *date = config_setting_get_member(entry, "date");
    CalendarDay day;
    if (date == NULL)
        return conf_fail(entry, error, "needs date = \"YYYY-MM-DD\"");
    if (kind == NULL || !read_date(date, &day, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(day_kinds); i++) {
        if (strcmp(day_kinds[i].kind, kind) != 0)
            continue;
        SpecialDay special = {day, day_kinds[i].working};
        if (day_kinds[i].counts)
            g_array_append_val(days, special);
        char text[11];
        calendar_format(day, text);
        text[4] = 0;
        if (day_kinds[i].announces)
            g_hash_table_add(years, g_strdup(text));
        return TRUE;
    }
    return conf_fail(entry, error,
                     "kind must be holiday, compensatory_off, swap_off, swap_work or "
                     "proposed_holiday, not \"%s\"",
                     kind);
}

static gint compare_days(gconstpointer a, gconstpointer b) {
    CalendarDay x = ((const SpecialDay *)a)->day, y = ((const SpecialDay *)b)->day;
    return (x > y) - (x < y);
}

static gboolean holds(const GArray *days, guint from, CalendarDay day) {
    for (guint i = from; i < days->len; i++)
        if (g_array_index(days, SpecialDay, i).day == day)
            return TRUE;
    return FALSE;
}

static void add_off(GArray *days, guint from, CalendarDay day) {
    SpecialDay off = {day, FALSE};
    if (!holds(days, from, day))
        g_array_append_val(days, off);
}

/* The law's holidays of one year that nobody has announced. [Bộ luật Lao động 2019, 111.3, 112] */
static void compute_year(const Regulation *r, GArray *days, CalendarDay tet, CalendarDay hung) {
    guint from = days->len;
    char date[16];
    calendar_format(tet, date);
    const List *fixed = &r->lists[LIST_FIXED_HOLIDAYS];
    for (gsize i = 0; i < fixed->n; i++) {
        CalendarDay day;
        g_snprintf(date + 4, sizeof date - 4, "-%s", fixed->items[i]);
        if (calendar_parse(bytes_of_string(date), &day))
            add_off(days, from, day);
    }
    add_off(days, from, hung);
    CalendarDay first = tet - (CalendarDay)r->figures[FIGURE_TET_BEFORE].value;
    for (gint64 i = 0; i < r->figures[FIGURE_TET_DAYS].value; i++)
        add_off(days, from, first + (CalendarDay)i);
    guint holidays = days->len;
    for (guint i = from; i < holidays; i++) {
        CalendarDay day = g_array_index(days, SpecialDay, i).day;
        if ((r->rest_weekdays & (1u << calendar_weekday(day))) == 0)
            continue;
        for (int step = 0; step < 14; step++) {
            day++;
            if ((r->rest_weekdays & (1u << calendar_weekday(day))) != 0 || holds(days, from, day))
                continue;
            add_off(days, from, day);
            break;
        }
    }
}

static gboolean read_tet(const Regulation *r, const config_t *config, GArray *days,
                         GHashTable *years, GError **error) {
    const config_setting_t *list = config_lookup(config, "tet");
    if (list == NULL)
        return TRUE;
    if (!config_setting_is_list(list) || config_setting_length(list) > 1000)
        return conf_fail(list, error, "tet must be a list: ( [\"Tết\", \"Hùng Vương\"], … )");
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *pair = config_setting_get_elem(list, (guint)i);
        CalendarDay tet, hung;
        if (!config_setting_is_array(pair) || config_setting_length(pair) != 2)
            return conf_fail(pair, error, "must be [\"first day of Tết\", \"Hùng Vương day\"]");
        if (!read_date(config_setting_get_elem(pair, 0), &tet, error) ||
            !read_date(config_setting_get_elem(pair, 1), &hung, error))
            return FALSE;
        char year[11];
        calendar_format(tet, year);
        year[4] = 0;
        if (!g_hash_table_contains(years, year))
            compute_year(r, days, tet, hung);
    }
    return TRUE;
}

static gboolean read_weekdays(const List *list, const char *path, guint8 *out, GError **error) {
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    guint8 bits = 0;
    for (gsize i = 0; i < list->n; i++) {
        gsize day = 0;
        while (day < 7 && strcmp(names[day], list->items[i]) != 0)
            day++;
        if (day == 7)
            return cv_fail(error, CV_ERROR_INPUT,
                           "%s: \"%s\" is not a weekday; write monday to sunday", path,
                           list->items[i]);
        bits |= (guint8)(1u << (day + 1));
    }
    *out = bits;
    return TRUE;
}

gboolean conf_read_days(Regulation *r, const config_t *config, GError **error) {
    if (!read_weekdays(&r->lists[LIST_STOP_WEEKDAYS], "calendar.stop_weekdays", &r->stop_weekdays,
                       error) ||
        !read_weekdays(&r->lists[LIST_REST_WEEKDAYS], "calendar.rest_weekdays", &r->rest_weekdays,
                       error))
        return FALSE;
    const config_setting_t *list = config_lookup(config, "days");
    if (list == NULL && r->days != NULL)
        return TRUE; /* the extended regulation's */
    g_autoptr(GArray) days = g_array_new(FALSE, FALSE, sizeof(SpecialDay));
    g_autoptr(GHashTable) years = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (list != NULL && !config_setting_is_list(list))
        return conf_fail(list, error, "days must be a list: ( { … }, … )");
    for (int i = 0; list != NULL && i < config_setting_length(list); i++)
        if (!read_day(r, config_setting_get_elem(list, (guint)i), days, years, error))
            return FALSE;
    if (!read_tet(r, config, days, years, error))
        return FALSE;
    g_array_sort(days, compare_days);
    g_clear_pointer(&r->days, g_array_unref);
    r->days = g_steal_pointer(&days);
    return TRUE;
}
