/* Looking up what an operator watches: queue, accounts, disk, the process itself. Each costs a walk
 * of one index at most. The names of the process's own figures are those that Prometheus's clients
 * agreed on, so that common dashboards show them. */
#include "serve/figures.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "casework/incident.h"
#include "casework/notice.h"
#include "casework/request.h"
#include "directory/account.h"
#include "directory/session.h"
#include "queue/queue.h"

#include <sys/resource.h>
#include <unistd.h>

#define QUEUE(variable, state)                                                                     \
    METRIC_GAUGE(variable, "congvu_queue_entries{state=\"" state "\"}",                            \
                 "Entries of mail for other domains")
#define ACCOUNTS(variable, state)                                                                  \
    METRIC_GAUGE(variable, "congvu_accounts{state=\"" state "\"}", "Accounts, by state")
QUEUE(queue_waiting, "waiting");
QUEUE(queue_held, "held");
QUEUE(queue_sending, "sending");
ACCOUNTS(accounts_requested, "requested");
ACCOUNTS(accounts_active, "active");
ACCOUNTS(accounts_locked, "locked");
ACCOUNTS(accounts_closed, "closed");
#define REQUESTS(variable, state)                                                                  \
    METRIC_GAUGE(variable, "congvu_requests{state=\"" state "\"}",                                 \
                 "Requests of units, by state (Dieu 4)")
REQUESTS(requests_draft, "draft");
REQUESTS(requests_received, "received");
REQUESTS(requests_checked, "checked");
REQUESTS(requests_decided, "decided");
REQUESTS(requests_closed, "closed");
METRIC_GAUGE(requests_due, "congvu_requests_due_today", "Requests whose last day is today");
METRIC_GAUGE(requests_overdue, "congvu_requests_overdue", "Requests past their last day");
METRIC_GAUGE(stops_announced, "congvu_stops_announced",
             "Stops of the service that are announced and not over (Dieu 10)");
METRIC_GAUGE(stop_begins, "congvu_stop_begins_seconds",
             "Unix time at which the next of them begins; 0: there is none");
METRIC_GAUGE(web_sessions, "congvu_web_sessions", "Browsers that are signed in");
#define INCIDENTS(variable, state)                                                                 \
    METRIC_GAUGE(variable, "congvu_incidents{state=\"" state "\"}",                                \
                 "Cases of incidents and forbidden acts, by state (Dieu 12)")
INCIDENTS(incidents_new, "new");
INCIDENTS(incidents_taken, "taken");
INCIDENTS(incidents_measured, "measured");
INCIDENTS(incidents_closed, "closed");
METRIC_GAUGE(build, "congvu_build_info{version=\"" CONGVU_VERSION "\"}", "Always 1");
METRIC_GAUGE(resident, "process_resident_memory_bytes", "Resident memory");
METRIC_GAUGE(started, "process_start_time_seconds", "Unix time of the start");
METRIC_TIME(processor, "process_cpu_seconds_total", "Processor time, user and system");

static void refresh_queue(Instance *instance) {
    static Metric *const metrics[] = {
        [QUEUE_WAITING] = &queue_waiting,
        [QUEUE_HELD] = &queue_held,
        [QUEUE_SENDING] = &queue_sending,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = db_read_begin(instance->mail, &error);
    gint64 counts[G_N_ELEMENTS(metrics)];
    if (conn == NULL || !queue_count(conn, counts, &error)) {
        log_event(LOG_LEVEL_ERROR, "serve.figures", "error", error->message, NULL);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(metrics); i++)
        metric_set(metrics[i], counts[i]);
}

static void refresh_accounts(Instance *instance) {
    static Metric *const metrics[] = {
        [DIRECTORY_REQUESTED] = &accounts_requested,
        [DIRECTORY_ACTIVE] = &accounts_active,
        [DIRECTORY_LOCKED] = &accounts_locked,
        [DIRECTORY_CLOSED] = &accounts_closed,
    };
    g_autoptr(GError) error = NULL;
    gint64 counts[G_N_ELEMENTS(metrics)];
    if (!directory_account_count(instance->directory, counts, &error)) {
        log_event(LOG_LEVEL_ERROR, "serve.figures", "error", error->message, NULL);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(metrics); i++)
        metric_set(metrics[i], counts[i]);
}

static void refresh_requests(Instance *instance) {
    static Metric *const metrics[] = {
        [REQUEST_DRAFT] = &requests_draft,     [REQUEST_RECEIVED] = &requests_received,
        [REQUEST_CHECKED] = &requests_checked, [REQUEST_DECIDED] = &requests_decided,
        [REQUEST_CLOSED] = &requests_closed,
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    RequestFigures figures;
    if (!request_figures(instance->admin, regulation, &figures, &error)) {
        log_event(LOG_LEVEL_ERROR, "serve.figures", "error", error->message, NULL);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(metrics); i++)
        metric_set(metrics[i], figures.states[i]);
    metric_set(&requests_due, figures.due_today);
    metric_set(&requests_overdue, figures.overdue);
}

static void refresh_stops(Instance *instance) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) open = notice_list(instance->directory, NOTICE_OPEN, &error);
    if (open == NULL) {
        log_event(LOG_LEVEL_ERROR, "serve.figures", "error", error->message, NULL);
        return;
    }
    gint64 begins = 0, count = 0, now = clock_now();
    for (guint i = 0; i < open->len; i++) { /* the latest first */
        const Notice *notice = open->pdata[i];
        if (notice->until <= now)
            continue;
        count++;
        begins = notice->from / CLOCK_SECOND;
    }
    metric_set(&stops_announced, count);
    metric_set(&stop_begins, begins);
}

static void refresh_web(Instance *instance) {
    g_autoptr(GError) error = NULL;
    gint64 count;
    if (directory_session_count(instance->directory, &count, &error))
        metric_set(&web_sessions, count);
    else
        log_event(LOG_LEVEL_ERROR, "serve.figures", "error", error->message, NULL);
}

static void refresh_incidents(Instance *instance) {
    static Metric *const metrics[INCIDENT_STATES] = {
        [INCIDENT_NEW] = &incidents_new,
        [INCIDENT_TAKEN] = &incidents_taken,
        [INCIDENT_MEASURED] = &incidents_measured,
        [INCIDENT_CLOSED] = &incidents_closed,
    };
    g_autoptr(GError) error = NULL;
    gint64 counts[INCIDENT_STATES];
    if (!incident_states(instance->directory, counts, &error)) {
        log_event(LOG_LEVEL_ERROR, "serve.figures", "error", error->message, NULL);
        return;
    }
    for (guint i = 0; i < INCIDENT_STATES; i++)
        metric_set(metrics[i], counts[i]);
}

/* The second number of statm: resident pages (proc(5)). */
static void refresh_memory(void) {
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return;
    Reader r = reader_of(bytes_of_string(text));
    guint64 all, pages;
    if (reader_u64(&r, &all) && reader_skip_byte(&r, ' ') && reader_u64(&r, &pages))
        metric_set(&resident, (gint64)pages * sysconf(_SC_PAGESIZE));
}

static gint64 microseconds(struct timeval time) {
    return (gint64)time.tv_sec * CLOCK_SECOND + time.tv_usec;
}

void figures_begin(void) {
    metric_set(&build, 1);
    metric_set(&started, clock_now() / CLOCK_SECOND);
}

void figures_refresh(gpointer data) {
    const Figures *figures = data;
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) == 0)
        metric_set(&processor, microseconds(used.ru_utime) + microseconds(used.ru_stime));
    refresh_memory();
    maintain_disk_low(figures->disk);
    refresh_queue(figures->instance);
    refresh_accounts(figures->instance);
    refresh_requests(figures->instance);
    refresh_stops(figures->instance);
    refresh_web(figures->instance);
    refresh_incidents(figures->instance);
}
