/* Days are counted from 1970-01-01, so that a question about days is arithmetic. The regulation's
 * special days (days off, make-up days) are a sorted array; a day that is not in it is judged by
 * its weekday. Counting stops at LOOK_AHEAD days, far beyond any run of holidays, so that a
 * regulation which declares every weekday a rest day cannot make a question endless. */
#include "regulation/calendar.h"

#include "regulation/data.h"

enum { JULIAN_OF_1970 = 719163, LOOK_AHEAD = 4000, VIETNAM_SECONDS = 7 * 3600 };

gboolean calendar_parse(Bytes text, CalendarDay *out) {
    guint64 year, month, day;
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        !bytes_parse_u64(bytes_slice(text, 0, 4), &year) ||
        !bytes_parse_u64(bytes_slice(text, 5, 2), &month) ||
        !bytes_parse_u64(bytes_slice(text, 8, 2), &day))
        return FALSE;
    if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return FALSE;
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    *out = (CalendarDay)g_date_get_julian(&date) - JULIAN_OF_1970;
    return TRUE;
}

static GDate date_of(CalendarDay day) {
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)MAX(day + JULIAN_OF_1970, 1));
    return date;
}

void calendar_format(CalendarDay day, char out[11]) {
    GDate date = date_of(day);
    g_snprintf(out, 11, "%04u-%02u-%02u", (guint)(g_date_get_year(&date) % 10000),
               (guint)g_date_get_month(&date) % 100, (guint)g_date_get_day(&date) % 100);
}

CalendarDay calendar_day_of(gint64 microseconds) {
    gint64 seconds = microseconds / G_USEC_PER_SEC - (microseconds % G_USEC_PER_SEC < 0);
    seconds += VIETNAM_SECONDS;
    gint64 day = seconds / 86400 - (seconds % 86400 < 0);
    return (CalendarDay)CLAMP(day, -100000, 1000000);
}

/* g_date_add_months clamps to the end of the month, as the law's months do. */
CalendarDay calendar_add_months(CalendarDay day, gint64 months) {
    GDate date = date_of(day);
    g_date_add_months(&date, (guint)months);
    return (CalendarDay)g_date_get_julian(&date) - JULIAN_OF_1970;
}

int calendar_weekday(CalendarDay day) {
    int since_monday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

static const SpecialDay *find_special(const Regulation *r, CalendarDay day) {
    guint low = 0, high = r->days->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const SpecialDay *special = &g_array_index(r->days, SpecialDay, middle);
        if (special->day == day)
            return special;
        if (special->day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

gboolean calendar_is_working_day(const Regulation *regulation, CalendarDay day) {
    const SpecialDay *special = find_special(regulation, day);
    if (special != NULL)
        return special->working;
    return (regulation->rest_weekdays & (1u << calendar_weekday(day))) == 0;
}

/* [Điều 4.2.b] The day of receipt does not count. */
CalendarDay calendar_due(const Regulation *regulation, CalendarDay receipt) {
    gint64 left = regulation->figures[FIGURE_REQUEST_DAYS].value;
    CalendarDay day = receipt;
    while (left > 0 && day < receipt + LOOK_AHEAD)
        left -= calendar_is_working_day(regulation, ++day);
    return day;
}

gint64 calendar_overdue(const Regulation *regulation, CalendarDay due, CalendarDay today) {
    gint64 days = 0;
    for (CalendarDay day = due + 1; day <= today; day++)
        days += calendar_is_working_day(regulation, day);
    return days;
}

/* [Điều 10.2.b] Full working days strictly between notice and stop: the notice comes on the day
 * before the first of them at the latest, be it a working day or not. */
CalendarDay calendar_notice(const Regulation *regulation, CalendarDay stop) {
    gint64 left = regulation->figures[FIGURE_NOTICE_DAYS].value;
    CalendarDay day = stop;
    while (left > 0 && day > stop - LOOK_AHEAD)
        left -= calendar_is_working_day(regulation, --day);
    return day - 1;
}

/* A make-up Saturday is a working day. */
static gboolean may_stop_on(const Regulation *r, CalendarDay day) {
    return (r->stop_weekdays & (1u << calendar_weekday(day))) != 0 &&
           !calendar_is_working_day(r, day);
}

static void earliest_stop(const Regulation *r, CalendarDay from, CalendarDay today, char out[11]) {
    CalendarDay day = from;
    while (day < from + LOOK_AHEAD &&
           (!may_stop_on(r, day) || (today != CALENDAR_NONE && calendar_notice(r, day) < today)))
        day++;
    calendar_format(day, out);
}

Verdict *calendar_check_stop(const Regulation *regulation, CalendarDay first, CalendarDay last,
                             CalendarDay today) {
    char given[11], earliest[11], days[24];
    CalendarDay from = today == CALENDAR_NONE ? first : MAX(first, today);
    if (last < first || last - first > 1 ||
        (last > first && calendar_weekday(last) < calendar_weekday(first))) {
        earliest_stop(regulation, from, today, earliest);
        return verdict_refuse(regulation, RULE_STOP_WINDOW, "earliest", earliest, NULL);
    }
    for (CalendarDay day = first; day <= last; day++) {
        if (may_stop_on(regulation, day))
            continue;
        calendar_format(day, given);
        earliest_stop(regulation, from, today, earliest);
        return verdict_refuse(regulation, RULE_STOP_WEEKDAY, "given", given, "earliest", earliest,
                              NULL);
    }
    if (today != CALENDAR_NONE && today > calendar_notice(regulation, first)) {
        g_snprintf(days, sizeof days, "%02" G_GINT64_FORMAT,
                   regulation->figures[FIGURE_NOTICE_DAYS].value);
        earliest_stop(regulation, from, today, earliest);
        return verdict_refuse(regulation, RULE_STOP_NOTICE, "days", days, "earliest", earliest,
                              NULL);
    }
    return verdict_allow(regulation->rules[RULE_STOP_WEEKDAY].name,
                         regulation->lists[LIST_STOP_WEEKDAYS].article);
}

/* [Điều 4.2.c] */
gboolean calendar_is_inactive(const Regulation *regulation, CalendarDay last, CalendarDay today) {
    gint64 months = regulation->figures[FIGURE_IDLE_MONTHS].value;
    return months > 0 && today >= calendar_add_months(last, months);
}

/* [Điều 11.2] "trước ngày": the day before it; rest days do not extend it. */
CalendarDay calendar_report_deadline(const Regulation *regulation, int year) {
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)regulation->figures[FIGURE_REPORT_DAY].value,
                   (GDateMonth)regulation->figures[FIGURE_REPORT_MONTH].value,
                   (GDateYear)CLAMP(year, 1900, 2199));
    return (CalendarDay)g_date_get_julian(&date) - JULIAN_OF_1970 - 1;
}

Verdict *calendar_check_in_force(const Regulation *regulation, CalendarDay day) {
    if (day >= regulation->from && (regulation->until == CALENDAR_NONE || day <= regulation->until))
        return verdict_allow("in_force", "");
    char given[11];
    calendar_format(day, given);
    return verdict_refuse(
        regulation, RULE_NOT_IN_FORCE, "given", given, "title", regulation->texts[REGULATION_TITLE],
        "from", regulation->texts[REGULATION_FROM], "id", regulation->texts[REGULATION_ID], NULL);
}
