/* Who uses his account regularly: in a given share of his working weeks of the period he read or
 * sent something (the regulation's figure and wording). A week counts when it is over and when at
 * least three of its days were working days on which he had his account, the record was kept and no
 * leave is recorded; so weeks of Tết and of leave do not. Who has no such week cannot be judged. */
#include "casework/report.h"

#include "base/clock.h"
#include "directory/usage.h"

enum { LEAST_DAYS = 3, DAYS = 7 };

typedef struct {
    CalendarDay first, last;
} Leave;

struct ReportRecord {
    CalendarDay from, until; /* judged: within the period, recorded, over */
    CalendarDay monday;      /* of the first week */
    guint weeks;
    guint8 *working;   /* of each week: the days (bit 0 Monday) that are working ones and judged */
    GHashTable *used;  /* account → bits of its weeks */
    GHashTable *leave; /* account → GArray of Leave */
    gint64 percent;
};

static gpointer key_of(gint64 account) {
    return GSIZE_TO_POINTER((gsize)account);
}

static void take_use(gint64 account, CalendarDay week, gpointer data) {
    ReportRecord *record = data;
    if (week < record->monday)
        return;
    guint number = (guint)(week - record->monday) / DAYS;
    guint8 *bits = g_hash_table_lookup(record->used, key_of(account));
    if (number >= record->weeks)
        return;
    if (bits == NULL) {
        bits = g_malloc0(record->weeks / 8 + 1);
        g_hash_table_insert(record->used, key_of(account), bits);
    }
    bits[number / 8] |= (guint8)(1u << number % 8);
}

static void take_leave(gint64 account, CalendarDay first, CalendarDay last, gpointer data) {
    ReportRecord *record = data;
    GArray *leaves = g_hash_table_lookup(record->leave, key_of(account));
    if (leaves == NULL) {
        leaves = g_array_new(FALSE, FALSE, sizeof(Leave));
        g_hash_table_insert(record->leave, key_of(account), leaves);
    }
    Leave leave = {first, last};
    g_array_append_val(leaves, leave);
}

static void look_at_calendar(ReportRecord *record, const Regulation *regulation) {
    record->weeks =
        record->until < record->from ? 0 : (guint)(record->until - record->monday) / DAYS + 1;
    record->working = g_malloc0(record->weeks + 1);
    for (CalendarDay day = record->from; day <= record->until; day++)
        if (calendar_is_working_day(regulation, day))
            record->working[(guint)(day - record->monday) / DAYS] |=
                (guint8)(1u << (guint)(day - record->monday) % DAYS);
}

ReportRecord *report_record_read(Directory *directory, const Regulation *regulation,
                                 CalendarDay from, CalendarDay until, GError **error) {
    CalendarDay begin;
    if (!directory_usage_begin(directory, &begin, error))
        return NULL;
    CalendarDay sunday = directory_usage_week(calendar_day_of(clock_now())) - 1;
    g_autoptr(ReportRecord) record = g_new0(ReportRecord, 1);
    record->from = MAX(from, begin);
    record->until = MIN(until, sunday);
    record->monday = directory_usage_week(record->from);
    record->percent = regulation_figure(regulation, FIGURE_REGULAR_PERCENT);
    record->used = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    record->leave = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
    look_at_calendar(record, regulation);
    if (record->weeks > 0 &&
        (!directory_usage_each(directory, record->from, record->until, take_use, record, error) ||
         !directory_leave_each(directory, record->from, record->until, take_leave, record, error)))
        return NULL;
    return g_steal_pointer(&record);
}

void report_record_free(ReportRecord *record) {
    if (record == NULL)
        return;
    g_hash_table_unref(record->used);
    g_hash_table_unref(record->leave);
    g_free(record->working);
    g_free(record);
}

CalendarDay report_record_from(const ReportRecord *record) {
    return record->from;
}

/* ---- Judging ---- */

static gboolean on_leave(const GArray *leaves, CalendarDay day) {
    for (guint i = 0; leaves != NULL && i < leaves->len; i++) {
        const Leave *leave = &g_array_index(leaves, Leave, i);
        if (leave->first <= day && day <= leave->last)
            return TRUE;
    }
    return FALSE;
}

static gboolean counts(const ReportRecord *record, guint week, CalendarDay since,
                       const GArray *leaves) {
    guint days = 0;
    for (guint day = 0; day < DAYS; day++) {
        CalendarDay at = record->monday + (CalendarDay)(week * DAYS + day);
        if ((record->working[week] & 1u << day) != 0 && at >= since && !on_leave(leaves, at))
            days++;
    }
    return days >= LEAST_DAYS;
}

ReportUse report_record_use(const ReportRecord *record, gint64 account, gint64 created) {
    const guint8 *bits = g_hash_table_lookup(record->used, key_of(account));
    const GArray *leaves = g_hash_table_lookup(record->leave, key_of(account));
    CalendarDay since = calendar_day_of(created);
    gint64 all = 0, used = 0;
    for (guint week = 0; week < record->weeks; week++) {
        if (!counts(record, week, since, leaves))
            continue;
        all++;
        used += bits != NULL && (bits[week / 8] & 1u << week % 8) != 0 ? 1 : 0;
    }
    if (all == 0)
        return REPORT_UNKNOWN;
    return used * 100 >= record->percent * all ? REPORT_REGULAR : REPORT_IRREGULAR;
}
