#include "serve/duties.h"

#include "admin/suspect.h"
#include "admin/withdrawal.h"
#include "base/clock.h"
#include "base/log.h"
#include "casework/request.h"
#include "regulation/calendar.h"
#include "serve/access.h"

static void warn(const RequestFigures *figures) {
    static CalendarDay told_on = CALENDAR_NONE;
    static gint64 told;
    CalendarDay today = calendar_day_of(clock_now());
    if (figures->overdue > 0 && (told_on != today || figures->overdue > told))
        log_event(LOG_LEVEL_WARNING, "request.overdue", "requests", log_number(figures->overdue),
                  "due_today", log_number(figures->due_today), "what_to_do",
                  "congvu request list --overdue", NULL);
    told = figures->overdue;
    told_on = today;
}

static void record_suspects(Instance *instance) {
    g_autoptr(GError) error = NULL;
    if (!suspects_record(instance->directory, instance->mail, &error))
        log_event(LOG_LEVEL_ERROR, "serve.duties", "error", error->message, NULL);
}

static void keep_withdrawals(Instance *instance) {
    g_autoptr(GError) error = NULL;
    const WithdrawalPlace place = {instance->directory, instance->store, instance->delivery};
    if (!withdrawals_keep(&place, &error))
        log_event(LOG_LEVEL_ERROR, "serve.duties", "error", error->message, NULL);
}

void duties_resume(Instance *instance) {
    keep_withdrawals(instance);
    access_keep(instance);
}

void duties_keep(Instance *instance) {
    g_autoptr(GError) error = NULL;
    record_suspects(instance);
    duties_resume(instance);
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    RequestFigures figures;
    if (!request_keep(instance->directory, regulation, &error) ||
        !request_figures(instance->admin, regulation, &figures, &error)) {
        log_event(LOG_LEVEL_ERROR, "serve.duties", "error", error->message, NULL);
        return;
    }
    warn(&figures);
}

char *duties_warning(const char *data_directory) {
    g_autoptr(Regulation) regulation = instance_look(data_directory);
    g_autofree char *file = g_build_filename(data_directory, "admin.db", NULL);
    RequestFigures figures = {0};
    if (regulation == NULL || !g_file_test(file, G_FILE_TEST_EXISTS))
        return NULL;
    g_autoptr(Db) admin = db_open(file, &directory_schema, DB_OPEN_READ_ONLY, NULL);
    if (admin == NULL || !request_figures(admin, regulation, &figures, NULL) ||
        figures.overdue == 0)
        return NULL;
    g_autofree char *cite =
        regulation_cite(regulation_figure_article(regulation, FIGURE_REQUEST_DAYS));
    return g_strdup_printf("%" G_GINT64_FORMAT " đề nghị quá hạn xử lý (%s); "
                           "%" G_GINT64_FORMAT " requests are past their last day: request list "
                           "--overdue",
                           figures.overdue, cite, figures.overdue);
}
