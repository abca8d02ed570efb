/* incident register | signups: the register of violations [Điều 13.2], and mail that shows that
 * official addresses were used to sign up elsewhere [Điều 8.4]. */
#include "cli/incident.h"

#include "admin/view.h"
#include "store/signup.h"

int cli_incident_register(CliCall *call) {
    char *since = NULL, *until = NULL;
    gint64 from = 0, to = 0;
    const CliOption options[] = {
        {"since", &since, NULL, "closed from this day on", FALSE, NULL},
        {"until", &until, NULL, "closed until the end of this day", FALSE, NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if ((since != NULL && !cli_moment(call, "--since", since, FALSE, &from)) ||
        (until != NULL && !cli_moment(call, "--until", until, TRUE, &to)))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = incident_measures(call->instance->directory, 0, from, to, &error);
    if (list == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, INCIDENT_LISTING_BYTES);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < list->len; i++) {
        const IncidentMeasureRow *m = list->pdata[i];
        if (call->json) {
            incident_write_measure(&w, m);
            continue;
        }
        g_autofree char *made = cli_time(m->made);
        g_autofree char *cite = regulation_cite(m->article);
        cli_print(call, "SC-%" G_GINT64_FORMAT "\t%.10s\t%s\t%s\t%s\t%s\t%s\t%s\n", m->incident,
                  made, *m->address == '\0' ? "-" : m->address,
                  *m->unit_name == '\0' ? "-" : m->unit_name, incident_measure_text(m->kind), cite,
                  *m->decided_by == '\0' ? m->made_by : m->decided_by,
                  *m->document == '\0' ? "-" : m->document);
    }
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- signups ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
    GError *error;
} Listing;

static void list_signup(const StoreSignup *seen, gpointer data) {
    Listing *listing = data;
    if (listing->error != NULL)
        return;
    g_autoptr(DirectoryAccount) account =
        directory_account(listing->call->instance->directory, seen->account, &listing->error);
    if (account == NULL)
        return;
    if (listing->call->json) {
        admin_write_signup(&listing->w, account->address, seen);
        return;
    }
    g_autofree char *last = cli_time(seen->last);
    cli_print(listing->call,
              "%04d-%02d\t%s\t%s\t%" G_GINT64_FORMAT " thư\t%" G_GINT64_FORMAT
              " thư xác nhận đăng ký\tgần nhất %s\n",
              (int)(seen->month / 100), (int)(seen->month % 100), account->address, seen->service,
              seen->messages, seen->confirmations, last);
}

/* "2026-11" as 202611. */
static gboolean take_month(CliCall *call, const char *text, gint64 *month) {
    CalendarDay day;
    g_autofree char *first = g_strconcat(text, "-01", NULL);
    guint64 year, number;
    if (calendar_parse(bytes_of_string(first), &day) && strlen(text) == 7 &&
        bytes_parse_u64(bytes_of(text, 4), &year) &&
        bytes_parse_u64(bytes_of(text + 5, 2), &number)) {
        *month = (gint64)(year * 100 + number);
        return TRUE;
    }
    g_string_append_printf(call->err,
                           "congvu: --month: \"%s\" không phải một tháng dạng NĂM-THÁNG; it is no "
                           "month as YYYY-MM\n",
                           text);
    return FALSE;
}

int cli_incident_signups(CliCall *call) {
    char *said = NULL;
    gint64 month = 0;
    const CliOption options[] = {
        {"month", &said, NULL, "only this month, YYYY-MM", FALSE, NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (said != NULL && !take_month(call, said, &month))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, INCIDENT_LISTING_BYTES);
    Listing listing = {call, json_writer(&document), NULL};
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    gboolean ok = conn != NULL && store_signup_each(conn, month, month == 0 ? G_MAXINT64 : month,
                                                    list_signup, &listing, &error);
    g_clear_pointer(&conn, db_read_end);
    if (ok && listing.error != NULL)
        return cli_refuse(call, listing.error);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}
