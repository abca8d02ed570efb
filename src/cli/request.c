/* request import | list | show: documents by which units ask for accounts, changes, locks [Điều 4].
 */
#include "cli/cli.h"

#include "admin/view.h"
#include "base/clock.h"

enum { LISTING_MAXIMUM = 256 * 1024 * 1024 };

/* ---- As text ---- */

static void print_request(CliCall *call, const Request *r) {
    cli_print(call, "%" G_GINT64_FORMAT "\t%s\t%s\t%s\t%s\t%s\t%u/%u", r->id, r->unit_address,
              *r->number == '\0' ? "-" : r->number, *r->dated == '\0' ? "-" : r->dated,
              request_state_text(r->state), *r->due == '\0' ? "-" : r->due, r->lines - r->open,
              r->lines);
    if (r->overdue > 0)
        cli_print(call, "\tquá hạn %" G_GINT64_FORMAT " ngày làm việc", r->overdue);
    if (r->reset_due != 0) {
        g_autofree char *due = cli_time(r->reset_due);
        cli_print(call, "\tcấp lại mật khẩu trước %.16s%s", due,
                  clock_now() > r->reset_due ? ", đã quá hạn" : "");
    }
    cli_print(call, "\n");
}

static void print_line(CliCall *call, const RequestLine *l) {
    cli_print(call, "%4u  %s\t%s\t%s\t%s\n", l->line, request_line_state_text(l->state),
              request_act_text(l->act), *l->name != '\0' ? l->name : l->what,
              *l->address == '\0' ? "-" : l->address);
    if (*l->wanted != '\0')
        cli_print(call, "      → %s\n", l->wanted);
    if (l->state == REQUEST_LINE_RETURNED)
        cli_print(call, "      lý do: %s\n", l->reason);
    else if (*l->finding != '\0')
        cli_print(call, "      ! %s\n", l->finding);
}

static void print_whole(CliCall *call, const Request *r, const GPtrArray *lines) {
    g_autofree char *received = cli_time(r->received);
    if (r->id != 0)
        cli_print(call, "đề nghị: %" G_GINT64_FORMAT "\n", r->id);
    cli_print(call,
              "đơn vị: %s (%s)\nvăn bản: %s ngày %s\nngười ký: %s, %s\ntiếp nhận: %s\n"
              "hạn xử lý: hết ngày %s\ntrạng thái: %s\n",
              r->unit_name, r->unit_address, *r->number == '\0' ? "-" : r->number,
              *r->dated == '\0' ? "-" : r->dated, r->signer, r->signer_title, received,
              *r->due == '\0' ? "-" : r->due, request_state_text(r->state));
    if (r->overdue > 0)
        cli_print(call, "quá hạn: %" G_GINT64_FORMAT " ngày làm việc\n", r->overdue);
    if (r->reset_due != 0) {
        g_autofree char *due = cli_time(r->reset_due);
        cli_print(call, "hạn cấp lại mật khẩu: %.16s%s\n", due,
                  clock_now() > r->reset_due ? " (đã quá hạn)" : "");
    }
    if (*r->reply_number != '\0')
        cli_print(call, "trả lời: %s ngày %s\n", r->reply_number, r->reply_dated);
    for (guint i = 0; i < lines->len; i++)
        print_line(call, lines->pdata[i]);
}

static int print_answer(CliCall *call, const Request *request, const GPtrArray *lines) {
    if (!call->json) {
        print_whole(call, request, lines);
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    admin_write_request_whole(&w, request, lines);
    cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- import ---- */

/* Of a check: what is wrong decides the exit status. */
static int print_checked(CliCall *call, const Request *request, const GPtrArray *lines) {
    print_answer(call, request, lines);
    if (request->wrong == 0)
        return CLI_DONE;
    for (guint i = 0; i < lines->len; i++) {
        const RequestLine *l = lines->pdata[i];
        if (*l->finding != '\0')
            g_string_append_printf(call->err, "%s\n", l->finding);
    }
    g_string_append_printf(call->err,
                           "congvu: %u mục chưa thực hiện được; %u of %u lines cannot be done as "
                           "they are\n",
                           request->wrong, request->wrong, request->lines);
    return CLI_REFUSED;
}

int cli_request_import(CliCall *call) {
    char *unit = NULL, *number = NULL, *date = NULL, *signer = NULL, *title = NULL;
    char *received = NULL;
    gboolean check = FALSE, draft = FALSE;
    const CliOption options[] = {
        {"unit", &unit, NULL, "who sent it: address name or abbreviation", TRUE, NULL},
        {"number", &number, NULL, "number and sign; without: read from the document", FALSE, NULL},
        {"date", &date, NULL, "the document's date; without: read from it", FALSE, NULL},
        {"signer", &signer, NULL, "who signed; without: read from it", FALSE, NULL},
        {"signer-title", &title, NULL, "as what; without: read from it", FALSE, NULL},
        {"received", &received, NULL, "when it came, YYYY-MM-DD [hh:mm]; without: now", FALSE,
         NULL},
        {"check", NULL, &check, "read and check everything, write nothing", FALSE, NULL},
        {"draft", NULL, &draft, "its document has not come yet: the clock does not run", FALSE,
         NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    RequestDocument document = {.unit = unit,
                                .number = number,
                                .dated = date,
                                .signer = signer,
                                .signer_title = title,
                                .check = check,
                                .draft = draft};
    if (received != NULL && !cli_moment(call, "--received", received, FALSE, &document.received))
        return CLI_USAGE;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Request) request = request_import(call->instance->directory, regulation, call->input,
                                                &document, &act, &lines, &error);
    if (request == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    return check ? print_checked(call, request, lines) : print_answer(call, request, lines);
}

/* ---- document ---- */

int cli_request_document(CliCall *call) {
    RequestDocument document = {0};
    char *number = NULL, *date = NULL, *signer = NULL, *title = NULL, *received = NULL;
    const CliOption options[] = {
        {"number", &number, NULL, "number and sign", TRUE, NULL},
        {"date", &date, NULL, "the document's date", TRUE, NULL},
        {"signer", &signer, NULL, "who signed", TRUE, NULL},
        {"signer-title", &title, NULL, "as what", TRUE, NULL},
        {"received", &received, NULL, "when it came, YYYY-MM-DD [hh:mm]; without: now", FALSE,
         NULL},
        {NULL},
    };
    int status;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_request_number(call, &id) ||
        (received != NULL && !cli_moment(call, "--received", received, FALSE, &document.received)))
        return CLI_USAGE;
    document.number = number;
    document.dated = date;
    document.signer = signer;
    document.signer_title = title;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!request_arrive(call->instance->directory, regulation, id, bytes_of(NULL, 0), &document,
                        &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_request_show_one(call, id);
}

/* ---- list, show ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static gboolean list_request(const Request *request, gpointer data) {
    Listing *listing = data;
    if (listing->call->json)
        admin_write_request(&listing->w, request);
    else
        print_request(listing->call, request);
    return TRUE;
}

int cli_request_list(CliCall *call) {
    char *key = NULL;
    RequestFilter filter = {0};
    const CliOption options[] = {
        {"open", NULL, &filter.open, "only those that are not answered", FALSE, NULL},
        {"overdue", NULL, &filter.overdue, "only those past their last day", FALSE, NULL},
        {"unit", &key, NULL, "only those of this unit and the units below it", FALSE, NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    if (key != NULL) {
        g_autoptr(DirectoryUnit) unit = directory_unit_find(directory, key, &error);
        if (unit == NULL)
            return cli_refuse(call, g_steal_pointer(&error));
        filter.unit = unit->id;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    json_open(&listing.w, NULL, '[');
    if (!request_each(directory, regulation, &filter, list_request, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

gboolean cli_request_number(CliCall *call, gint64 *id) {
    guint64 number;
    if (bytes_parse_u64(bytes_of_string(call->arguments[0]), &number) && number > 0 &&
        number <= G_MAXINT64) {
        *id = (gint64)number;
        return TRUE;
    }
    g_string_append_printf(call->err,
                           "congvu: \"%s\" không phải số của một đề nghị; it is no request's "
                           "number (request list shows them)\n",
                           call->arguments[0]);
    return FALSE;
}

int cli_request_show_one(CliCall *call, gint64 id) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Request) request = request_find(call->instance->directory, regulation, id, &error);
    g_autoptr(GPtrArray) lines =
        request == NULL ? NULL : request_lines(call->instance->directory, id, &error);
    if (lines == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    return print_answer(call, request, lines);
}

int cli_request_show(CliCall *call) {
    gint64 id;
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    return cli_request_number(call, &id) ? cli_request_show_one(call, id) : CLI_USAGE;
}
