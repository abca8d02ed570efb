/* account idle | warn | exempt: accounts that lie unused, the letters before a lock, and the
 * reasons that exempt [Điều 4.2.c]. */
#include "cli/cli.h"

#include "admin/view.h"
#include "base/clock.h"
#include "directory/activity.h"
#include "serve/idle.h"

enum { LISTING_MAXIMUM = 256 * 1024 * 1024 };

/* text NULL: `otherwise`. FALSE: said why. */
static gboolean take_day(CliCall *call, const char *option, const char *text, CalendarDay otherwise,
                         CalendarDay *day) {
    *day = otherwise;
    if (text == NULL || calendar_parse(bytes_of_string(text), day))
        return TRUE;
    g_string_append_printf(call->err,
                           "congvu: %s: \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it "
                           "is no date as YYYY-MM-DD\n",
                           option, text);
    return FALSE;
}

static CalendarDay today(void) {
    return calendar_day_of(clock_now());
}

/* ---- idle ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
    gboolean by_sign_in;
} Listing;

static gboolean list_row(const DirectoryIdleRow *row, gpointer data) {
    Listing *listing = data;
    if (listing->call->json) {
        admin_write_idle(&listing->w, row);
        return TRUE;
    }
    static const char *const states[] = {"in use", "exempt", "candidate"};
    char last[11], until[11] = "";
    calendar_format(listing->by_sign_in ? row->no_sign_in : row->judgement.last, last);
    if (*row->reason != '\0')
        calendar_format(row->exempt_until, until);
    g_autofree char *warned = cli_time(row->warned);
    cli_print(listing->call, "%s\t%s\t%s\t%.10s\t%s%s%s\t%s\n", row->address,
              states[row->judgement.state], last, warned, row->reason,
              *row->reason == '\0' ? "-" : ", đến hết ", until, row->name);
    return TRUE;
}

int cli_account_idle(CliCall *call) {
    char *unit = NULL, *day = NULL, *days = NULL;
    const CliOption options[] = {
        {"unit", &unit, NULL, "only accounts of this unit", FALSE},
        {"today", &day, NULL, "the day that counts as today", FALSE},
        {"no-sign-in", &days, NULL, "instead: those where nobody signed in for so many days",
         FALSE},
        {NULL},
    };
    int status;
    DirectoryIdleFilter filter = {0};
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (!take_day(call, "--today", day, today(), &filter.today))
        return CLI_USAGE;
    filter.unit = unit;
    if (days != NULL &&
        !g_ascii_string_to_signed(days, 10, 1, 36500, &filter.no_sign_in_days, NULL)) {
        g_string_append_printf(
            call->err, "congvu: --no-sign-in: \"%s\" không phải số ngày; it is no number of days\n",
            days);
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {call, json_writer(&document), days != NULL};
    json_open(&listing.w, NULL, '[');
    if (!directory_activity_write(call->instance->directory, &error) ||
        !directory_idle_each(call->instance->directory, regulation, &filter, list_row, &listing,
                             &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- warn ---- */

int cli_account_warn(CliCall *call) {
    char *unit = NULL, *day = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"unit", &unit, NULL, "only accounts of this unit", FALSE},
        {"today", &day, NULL, "the day that counts as today", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    DirectoryIdleFilter filter = {0};
    if (!cli_options(call, options, 0, 0, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    if (!take_day(call, "--today", day, today(), &filter.today))
        return CLI_USAGE;
    filter.unit = unit;
    g_autoptr(GError) error = NULL;
    IdleWarned warned;
    if (!idle_warn(call->instance, &filter, &act, &warned, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%u accounts were warned, %u letters delivered; %u had been warned before\n",
              warned.accounts, warned.letters, warned.before);
    if (warned.failed == 0)
        return CLI_DONE;
    g_string_append_printf(call->err,
                           "congvu: %u thư không vào được hộp thư; so many letters did not reach "
                           "their mailbox: see idle.letter in the log\n",
                           warned.failed);
    return CLI_REFUSED;
}

/* ---- exempt ---- */

static int end_exemption(CliCall *call, const AuditAct *act) {
    g_autoptr(GError) error = NULL;
    if (!directory_exempt_end(call->instance->directory, call->arguments[0], today(), act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s is exempt no longer\n", call->arguments[0]);
    return CLI_DONE;
}

static int exempt(CliCall *call, DirectoryNewExemption *new, const char *reason,
                  const AuditAct *act) {
    if (reason == NULL || new->until == CALENDAR_NONE) {
        g_string_append(call->err,
                        "congvu: cần --reason và --until, hoặc --end; both are needed, or "
                        "--end\n");
        return CLI_USAGE;
    }
    if (!directory_exemption_find(reason, &new->kind)) {
        g_string_append_printf(call->err,
                               "congvu: lý do \"%s\" không phải maternity, illness, study, "
                               "secondment, other; it is none of them\n",
                               reason);
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    new->address = call->arguments[0];
    if (!directory_exempt(call->instance->directory, new, act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    char until[11];
    calendar_format(new->until, until);
    cli_print(call, "%s is exempt until %s: %s\n", new->address, until,
              directory_exemption_name(new->kind));
    return CLI_DONE;
}

int cli_account_exempt(CliCall *call) {
    char *reason = NULL, *text = NULL, *from = NULL, *until = NULL;
    gboolean end = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"reason", &reason, NULL, "maternity, illness, study, secondment, other", FALSE},
        {"text", &text, NULL, "what else is to be said; needed for other", FALSE},
        {"from", &from, NULL, "first day; without: today", FALSE},
        {"until", &until, NULL, "last day", FALSE},
        {"end", NULL, &end, "the reason has ended", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    DirectoryNewExemption new = {.text = text};
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    if (!take_day(call, "--from", from, today(), &new.from) ||
        !take_day(call, "--until", until, CALENDAR_NONE, &new.until))
        return CLI_USAGE;
    new.text = text;
    return end ? end_exemption(call, &act) : exempt(call, &new, reason, &act);
}
