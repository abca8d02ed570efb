/* calendar due | notice | stop | inactive: the regulation's questions about days, for people and
 * scripts [Điều 4.2.b, 4.2.c, 10.2.b]. */
#include "cli/cli.h"

#include "base/clock.h"
#include "regulation/calendar.h"

typedef struct {
    Regulation *regulation;
    CalendarDay day, today;
    gboolean today_given;
} Question;

static int take_day(CliCall *call, const char *text, CalendarDay *day) {
    if (calendar_parse(bytes_of_string(text), day))
        return CLI_DONE;
    g_string_append_printf(call->err,
                           "congvu: \"%s\" không phải ngày có thật dạng NĂM-THÁNG-NGÀY; it is not "
                           "a day: write it as YYYY-MM-DD, a day that exists "
                           "from 1900 to 2199\n",
                           text);
    return CLI_REFUSED;
}

/* Fills the question; anything but CLI_DONE is to be returned at once (*answered set when --help or
 * a refusal already wrote). */
static gboolean take_question(CliCall *call, gboolean with_today, Question *question, int *status) {
    char *today = NULL, *regulation = NULL;
    const CliOption options[] = {
        {"regulation", &regulation, NULL, "file, or the name of a shipped regulation", FALSE},
        {with_today ? "today" : NULL, &today, NULL, "the day that counts as today", FALSE},
        {NULL},
    };
    if (!cli_options(call, options, 1, 1, status))
        return FALSE;
    if ((*status = take_day(call, call->arguments[0], &question->day)) != CLI_DONE)
        return FALSE;
    question->today = calendar_day_of(clock_now());
    question->today_given = today != NULL;
    if (today != NULL && (*status = take_day(call, today, &question->today)) != CLI_DONE)
        return FALSE;
    g_autoptr(GError) error = NULL;
    question->regulation = cli_regulation(call, regulation, &error);
    if (question->regulation == NULL) {
        *status = cli_refuse(call, g_steal_pointer(&error));
        return FALSE;
    }
    return TRUE;
}

static int answer_text(CliCall *call, const char *key, const char *text) {
    if (!call->json) {
        cli_print(call, "%s\n", text);
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, 4096);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_text(&w, key, text);
    json_close(&w, '}');
    cli_print_json(call, &document);
    return CLI_DONE;
}

static int answer_day(CliCall *call, const char *key,
                      CalendarDay (*compute)(const Regulation *, CalendarDay)) {
    Question q = {0};
    int status;
    if (!take_question(call, FALSE, &q, &status))
        return status;
    char text[11];
    calendar_format(compute(q.regulation, q.day), text);
    regulation_unref(q.regulation);
    return answer_text(call, key, text);
}

int cli_calendar_due(CliCall *call) {
    return answer_day(call, "due", calendar_due);
}

int cli_calendar_notice(CliCall *call) {
    return answer_day(call, "notice", calendar_notice);
}

int cli_calendar_stop(CliCall *call) {
    Question q = {0};
    int status;
    if (!take_question(call, TRUE, &q, &status))
        return status;
    g_autoptr(Verdict) verdict =
        calendar_check_stop(q.regulation, q.day, q.day, q.today_given ? q.today : CALENDAR_NONE);
    regulation_unref(q.regulation);
    if (verdict->allowed)
        return answer_text(call, "verdict", "accept");
    g_autofree char *text = g_strdup_printf("refuse: %s (%s)", verdict->text_en, verdict->article);
    answer_text(call, "verdict", text);
    return CLI_REFUSED;
}

int cli_calendar_inactive(CliCall *call) {
    Question q = {0};
    int status;
    if (!take_question(call, TRUE, &q, &status))
        return status;
    gboolean inactive = calendar_is_inactive(q.regulation, q.day, q.today);
    regulation_unref(q.regulation);
    return answer_text(call, "state", inactive ? "candidate" : "active");
}
