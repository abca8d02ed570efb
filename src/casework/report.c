/* Counting: each unit for itself in one pass over the people, then upwards to the units whose
 * report they are part of. 30,000 accounts are a few reads and some hash probes each. */
#include "casework/report.h"

#include "casework/incident.h"

#include "directory/activity.h"
#include "directory/publication.h"
#include "text/sort.h"

typedef struct {
    Report *report;
    const ReportRecord *record;
    GHashTable *units;      /* gint64 → ReportUnit */
    GHashTable *used;       /* account → bytes, both in the pointers */
    GHashTable *signups;    /* accounts, in the pointers */
    ReportFigures unitless; /* incidents of no unit */
    ReportPerson *last;     /* the one that was counted last */
    gint64 published_all;
} Count;

static void person_free(gpointer data) {
    ReportPerson *person = data;
    g_free(person->name);
    g_free(person->title);
    g_free(person->category);
    g_free(person->address);
    g_free(person);
}

static void unit_free(gpointer data) {
    ReportUnit *unit = data;
    g_free(unit->name);
    g_free(unit->kind);
    g_free(unit->abbreviation);
    g_free(unit->address);
    g_free(unit->sent_number);
    g_free(unit->sent_dated);
    g_ptr_array_unref(unit->people);
    g_free(unit);
}

void report_free(Report *report) {
    if (report == NULL)
        return;
    g_ptr_array_unref(report->units);
    g_free(report->above_kept);
    g_free(report);
}

/* ---- Period ---- */

static CalendarDay day_of(gint64 year, gint64 month, gint64 day) {
    char text[11];
    CalendarDay out = CALENDAR_NONE;
    g_snprintf(text, sizeof text, "%04u-%02u-%02u", (guint)year, (guint)month, (guint)day);
    calendar_parse(bytes_of_string(text), &out);
    return out;
}

void report_period(const Regulation *regulation, gint64 year, CalendarDay *from,
                   CalendarDay *until) {
    gint64 month = regulation_figure(regulation, FIGURE_PERIOD_MONTH);
    gint64 day = regulation_figure(regulation, FIGURE_PERIOD_DAY);
    *from = day_of(year - 1, month, day);
    *until = day_of(year, month, day) - 1;
}

gint64 report_next_year(const Regulation *regulation, CalendarDay today) {
    char text[11];
    guint64 year = 0;
    calendar_format(today, text);
    bytes_parse_u64(bytes_of(text, 4), &year);
    return (gint64)year + (today > calendar_report_deadline(regulation, (int)year) ? 1 : 0);
}

/* The first moment after the period: what is later is not in it. */
static gint64 end_of(const Report *report) {
    return ((gint64)(report->until + 1) * 24 - 7) * 3600 * G_USEC_PER_SEC;
}

/* ---- Units ---- */

static gboolean take_unit(const DirectoryUnit *from, gpointer data) {
    Count *count = data;
    ReportUnit *unit = g_new0(ReportUnit, 1);
    unit->unit = from->id;
    unit->parent = from->parent;
    unit->name = g_strdup(from->name);
    unit->kind = g_strdup(from->kind);
    unit->abbreviation = g_strdup(from->abbreviation);
    unit->address = g_strdup(from->address);
    unit->reports = regulation_reports(count->report->regulation, from->kind);
    unit->people = g_ptr_array_new_with_free_func(person_free);
    g_ptr_array_add(count->report->units, unit);
    g_hash_table_insert(count->units, &unit->unit, unit);
    return TRUE;
}

static ReportUnit *unit_of(const Count *count, gint64 unit) {
    return g_hash_table_lookup(count->units, &unit);
}

static void take_publication(gint64 unit, gint64 published, gpointer data) {
    Count *count = data;
    ReportUnit *of = unit_of(count, unit);
    if (published >= end_of(count->report))
        return;
    if (unit == 0)
        count->published_all = published;
    else if (of != NULL)
        of->published = published;
}

static void take_sent(const DirectoryReport *sent, gpointer data) {
    ReportUnit *unit = unit_of(data, sent->unit);
    if (unit == NULL)
        return;
    unit->sent_number = g_strdup(sent->number);
    unit->sent_dated = g_strdup(sent->dated);
}

/* ---- People ---- */

static void take_used(gint64 account, gint64 used, gpointer data) {
    g_hash_table_insert(data, GSIZE_TO_POINTER((gsize)account), GSIZE_TO_POINTER((gsize)used));
}

static gint64 used_by(const Count *count, gint64 account) {
    return (gint64)GPOINTER_TO_SIZE(
        g_hash_table_lookup(count->used, GSIZE_TO_POINTER((gsize)account)));
}

/* On the day on which the period ended: given, and not cancelled. */
static gboolean held(const Report *report, const DirectoryPerson *person) {
    gint64 end = end_of(report);
    return person->account != 0 && person->created < end && person->state != DIRECTORY_REQUESTED &&
           !(person->state == DIRECTORY_CLOSED && person->state_since < end);
}

static void count_account(const Count *count, ReportFigures *figures,
                          const DirectoryPerson *person) {
    gpointer account = GSIZE_TO_POINTER((gsize)person->account);
    figures->signups += g_hash_table_contains(count->signups, account) ? 1 : 0;
    figures->locked += person->state == DIRECTORY_LOCKED ? 1 : 0;
    figures->used += used_by(count, person->account);
}

static ReportPerson *new_person(const Count *count, const DirectoryPerson *from) {
    ReportPerson *person = g_new0(ReportPerson, 1);
    person->person = from->person;
    person->name = g_strdup(from->name);
    person->title = g_strdup(from->title);
    person->category = g_strdup(from->category);
    /* "người lao động" is the one category that line 1.2 leaves out. */
    person->official = !g_str_equal(from->category, "người lao động");
    return person;
}

/* Puts an account to a person; the first that is held stays. */
static void put_account(Count *count, ReportPerson *person, ReportUnit *unit,
                        const DirectoryPerson *from) {
    if (!held(count->report, from))
        return;
    count_account(count, &unit->figures, from);
    if (person->holds)
        return;
    person->holds = TRUE;
    person->account = from->account;
    person->state = from->state;
    person->address = g_strdup_printf("%s@%s", from->local, count->report->domain);
    person->used = used_by(count, from->account);
    person->use = report_record_use(count->record, from->account, from->created);
}

static void take_person(const DirectoryPerson *from, gpointer data) {
    Count *count = data;
    ReportUnit *unit = unit_of(count, from->unit);
    if (unit == NULL)
        return;
    if (from->person == 0) {
        if (held(count->report, from)) {
            unit->figures.unit_accounts++;
            count_account(count, &unit->figures, from);
        }
        return;
    }
    if (count->last == NULL || count->last->person != from->person) {
        count->last = new_person(count, from);
        g_ptr_array_add(unit->people, count->last);
    }
    put_account(count, count->last, unit, from);
    /* Whoever had an account and lost it before the day is no longer of the staff; whoever got the
     * first one afterwards was not yet. */
    if (from->account != 0 && !count->last->holds)
        count->last->account = from->account;
}

static void count_people(ReportUnit *unit) {
    ReportFigures *f = &unit->figures;
    for (guint i = 0; i < unit->people->len; i++) {
        const ReportPerson *p = unit->people->pdata[i];
        if (!p->holds && p->account != 0)
            continue;
        f->staff++;
        f->holders += p->holds ? 1 : 0;
        f->uncategorised += *p->category == '\0' ? 1 : 0;
        if (!p->official)
            continue;
        f->officials++;
        f->official_holders += p->holds ? 1 : 0;
        f->judged += p->use != REPORT_UNKNOWN ? 1 : 0;
        f->regular += p->use == REPORT_REGULAR ? 1 : 0;
    }
}

/* ---- Upwards ---- */

static void add_figures(ReportFigures *to, const ReportFigures *from) {
    gint64 *a = (gint64 *)(void *)to;
    const gint64 *b = (const gint64 *)(const void *)from;
    G_STATIC_ASSERT(sizeof *to % sizeof *a == 0);
    for (gsize i = 0; i < sizeof *to / sizeof *a; i++)
        a[i] += b[i];
}

enum { DEPTH = 32 };

/* The unit in whose report this one's figures are: the nearest that reports, itself included; else
 * the topmost. */
static ReportUnit *reporter_of(const Count *count, ReportUnit *unit) {
    ReportUnit *at = unit;
    for (guint depth = 0; depth < DEPTH && !at->reports && at->parent != 0; depth++) {
        ReportUnit *above = unit_of(count, at->parent);
        if (above == NULL)
            break;
        at = above;
    }
    return at;
}

static gboolean is_below(const Count *count, const ReportUnit *unit, const ReportUnit *top) {
    for (guint depth = 0; depth < DEPTH && unit != NULL; depth++) {
        if (unit == top)
            return TRUE;
        unit = unit_of(count, unit->parent);
    }
    return FALSE;
}

/* The asked unit answers for all below it; of everything, each unit counts once. */
static void sum_up(Count *count) {
    Report *report = count->report;
    g_autofree ReportFigures *own = g_new0(ReportFigures, report->units->len + 1);
    for (guint i = 0; i < report->units->len; i++) {
        ReportUnit *unit = report->units->pdata[i];
        own[i] = unit->figures;
        memset(&unit->figures, 0, sizeof unit->figures);
    }
    for (guint i = 0; i < report->units->len; i++) {
        ReportUnit *unit = report->units->pdata[i];
        ReportUnit *to = reporter_of(count, unit);
        add_figures(&to->figures, &own[i]);
        if (to != unit)
            add_figures(&unit->figures, &own[i]);
        if (report->asked == NULL || is_below(count, unit, report->asked))
            add_figures(&report->all, &own[i]);
    }
}

/* What a unit told replaces what was counted, for it and for what its report holds. */
static void take_staff(gint64 unit, const DirectoryStaff *staff, gpointer data) {
    Count *count = data;
    ReportUnit *of = unit_of(count, unit);
    if (of == NULL)
        return;
    ReportFigures *f = &of->figures;
    if (count->report->asked == NULL || is_below(count, of, count->report->asked)) {
        count->report->all.staff += staff->staff - f->staff;
        count->report->all.officials += staff->officials - f->officials;
        count->report->all.told++;
    }
    f->staff = staff->staff;
    f->officials = staff->officials;
    f->told = 1;
}

/* ---- All of it ---- */

static void take_requests(gint64 unit, ReportKind kind, gint64 n, gpointer to) {
    ReportUnit *of = unit_of(to, unit);
    if (of != NULL)
        of->figures.requests[kind] += n;
}

/* Of a kind that the regulation has no more, it counts as the last. */
static void take_incidents(gint64 unit, const char *kind, gint64 n, gpointer to) {
    Count *count = to;
    ReportUnit *of = unit_of(count, unit);
    ReportFigures *figures = of == NULL ? &count->unitless : &of->figures;
    const RegulationIncident *kinds;
    gsize known = regulation_incidents(count->report->regulation, &kinds), at = 0;
    while (at + 1 < known && !g_str_equal(kinds[at].id, kind))
        at++;
    figures->incidents += n;
    figures->incident_kinds[at] += n;
}

static gboolean read_incidents(Count *count, Directory *directory, GError **error) {
    Report *report = count->report;
    gint64 began, end = end_of(report);
    gint64 begin = ((gint64)report->from * 24 - 7) * 3600 * G_USEC_PER_SEC;
    if (!incident_count(directory, begin, end, &began, take_incidents, count, error))
        return FALSE;
    report->has_incidents = began < end;
    report->incidents_from = began < end ? calendar_day_of(MAX(began, begin)) : CALENDAR_NONE;
    return TRUE;
}

static gint by_name(gconstpointer a, gconstpointer b) {
    const ReportUnit *one = *(ReportUnit *const *)a, *two = *(ReportUnit *const *)b;
    g_autofree char *key = text_sort_key(bytes_of_string(one->name));
    g_autofree char *other = text_sort_key(bytes_of_string(two->name));
    return g_strcmp0(key, other);
}

/* Keeps the asked unit and those below it, by name. */
static void keep_asked(const Count *count) {
    GPtrArray *units = count->report->units;
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(unit_free);
    for (guint i = 0; i < units->len; i++) {
        gboolean keep =
            count->report->asked == NULL || is_below(count, units->pdata[i], count->report->asked);
        g_ptr_array_add(keep ? kept : others, units->pdata[i]);
    }
    g_ptr_array_set_free_func(units, NULL);
    g_ptr_array_set_size(units, 0);
    g_ptr_array_extend(units, kept, NULL, NULL);
    g_ptr_array_set_free_func(units, unit_free);
    g_ptr_array_sort(units, by_name);
}

/* What was published of a unit, of one above it, or of everything. */
static gint64 published_of(const Count *count, const ReportUnit *unit) {
    gint64 latest = count->published_all;
    for (guint depth = 0; depth < DEPTH && unit != NULL; depth++) {
        latest = MAX(latest, unit->published);
        unit = unit_of(count, unit->parent);
    }
    return latest;
}

static gboolean read_used(Db *mail, GHashTable *used, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(mail, error);
    return conn != NULL && store_account_each_used(conn, take_used, used, error);
}

static gboolean find_asked(Count *count, Directory *directory, const char *key, GError **error) {
    if (key == NULL)
        return TRUE;
    g_autoptr(DirectoryUnit) unit = directory_unit_find(directory, key, error);
    if (unit == NULL)
        return FALSE;
    count->report->asked = unit_of(count, unit->id);
    const ReportUnit *above = unit_of(count, unit->parent);
    count->report->above =
        above == NULL ? NULL : (count->report->above_kept = g_strdup(above->name));
    return count->report->asked != NULL ||
           cv_fail(error, CV_ERROR_NOT_FOUND, "không có đơn vị %s; there is no such unit", key);
}

static gboolean make(Count *count, Directory *directory, Db *mail, const char *key,
                     GError **error) {
    Report *report = count->report;
    DirectoryUnitFilter all = {0};
    if (!directory_unit_each(directory, &all, take_unit, count, error) ||
        !find_asked(count, directory, key, error) || !read_used(mail, count->used, error) ||
        !report_signups(mail, report->from, report->until, count->signups, error) ||
        !directory_people_each(directory, take_person, count, error) ||
        !directory_publication_each(directory, take_publication, count, error) ||
        !directory_report_each(directory, report->year, take_sent, count, error) ||
        !report_requests(directory, report->from, report->until, take_requests, count, error) ||
        !read_incidents(count, directory, error))
        return FALSE;
    for (guint i = 0; i < report->units->len; i++) {
        ReportUnit *unit = report->units->pdata[i];
        unit->published = published_of(count, unit);
        count_people(unit);
    }
    sum_up(count);
    if (report->asked == NULL)
        add_figures(&report->all, &count->unitless);
    if (!directory_report_staff_each(directory, report->year, take_staff, count, error))
        return FALSE;
    keep_asked(count);
    return TRUE;
}

Report *report_make(Directory *directory, Db *mail, const Regulation *regulation, const char *unit,
                    CalendarDay from, CalendarDay until, GError **error) {
    if (from > until) {
        cv_fail(error, CV_ERROR_INPUT,
                "kỳ báo cáo kết thúc trước khi bắt đầu; the period ends before it begins");
        return NULL;
    }
    char end[11];
    guint64 year = 0;
    calendar_format(until, end);
    bytes_parse_u64(bytes_of(end, 4), &year);
    g_autoptr(Report) report = g_new0(Report, 1);
    report->from = from;
    report->until = until;
    report->year = (gint64)year;
    report->deadline = calendar_report_deadline(regulation, (int)year);
    report->regulation = regulation;
    report->domain = directory_domain(directory);
    report->units = g_ptr_array_new_with_free_func(unit_free);
    if (!directory_activity_write(directory, error))
        return NULL;
    g_autoptr(ReportRecord) record = report_record_read(directory, regulation, from, until, error);
    if (record == NULL)
        return NULL;
    report->use_from = report_record_from(record);
    g_autoptr(GHashTable) units = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) signups = g_hash_table_new(NULL, NULL);
    Count count = {
        .report = report, .record = record, .units = units, .used = used, .signups = signups};
    return make(&count, directory, mail, unit, error) ? g_steal_pointer(&report) : NULL;
}

void report_of_unit(const Report *whole, const ReportUnit *unit, Report *out) {
    *out = *whole;
    out->asked = unit;
    out->all = unit->figures;
    out->above = NULL;
    for (guint i = 0; i < whole->units->len && out->above == NULL; i++) {
        const ReportUnit *other = whole->units->pdata[i];
        if (other->unit == unit->parent)
            out->above = other->name;
    }
}
