/* regulation show | move: what is in force, figure by figure with its article, and the way from one
 * regulation to the next. */
#include "cli/cli.h"

#include "base/clock.h"
#include "directory/readdress.h"
#include "regulation/calendar.h"

enum { LISTING_MAXIMUM = 64 * 1024 * 1024 };

/* ---- show ---- */

static gboolean in_force(const Regulation *regulation) {
    g_autoptr(Verdict) verdict = calendar_check_in_force(regulation, calendar_day_of(clock_now()));
    return verdict->allowed;
}

static void print_figure(const char *path, const char *value, const char *article, gpointer data) {
    cli_print(data, "%s\t%s\t%s\n", path, value, *article == '\0' ? "-" : article);
}

static void print_regulation(CliCall *call, const Regulation *regulation) {
    const char *until = regulation_text(regulation, REGULATION_UNTIL);
    cli_print(call, "%s: %s\nhiệu lực: từ %s%s%s%s\n", regulation_text(regulation, REGULATION_ID),
              regulation_text(regulation, REGULATION_TITLE),
              regulation_text(regulation, REGULATION_FROM), *until == '\0' ? "" : " đến hết ",
              until, in_force(regulation) ? "" : " (hôm nay chưa hoặc không còn hiệu lực)");
    for (const Regulation *base = regulation_base(regulation); base != NULL;
         base = regulation_base(base))
        cli_print(call, "điều không quy định theo: %s: %s\n", regulation_text(base, REGULATION_ID),
                  regulation_text(base, REGULATION_TITLE));
    cli_print(call, "vận hành: %s\n", regulation_text(regulation, REGULATION_OPERATOR));
    regulation_each(regulation, print_figure, call);
}

static void write_figure(const char *path, const char *value, const char *article, gpointer data) {
    JsonWriter *w = data;
    json_open(w, path, '{');
    json_text(w, "value", value);
    json_text(w, "article", *article == '\0' ? NULL : article);
    json_close(w, '}');
}

static void write_layer(JsonWriter *w, const char *name, const Regulation *regulation) {
    json_open(w, name, '{');
    json_text(w, "id", regulation_text(regulation, REGULATION_ID));
    json_text(w, "title", regulation_text(regulation, REGULATION_TITLE));
    json_text(w, "from", regulation_text(regulation, REGULATION_FROM));
    json_text(w, "until", regulation_text(regulation, REGULATION_UNTIL));
}

static void write_regulation(CliCall *call, const Regulation *regulation) {
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    write_layer(&w, NULL, regulation);
    json_bool(&w, "in_force", in_force(regulation));
    json_text(&w, "operator", regulation_text(regulation, REGULATION_OPERATOR));
    json_open(&w, "over", '[');
    for (const Regulation *base = regulation_base(regulation); base != NULL;
         base = regulation_base(base)) {
        write_layer(&w, NULL, base);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_open(&w, "figures", '{');
    regulation_each(regulation, write_figure, &w);
    json_close(&w, '}');
    json_close(&w, '}');
    cli_print_json(call, &document);
}

int cli_regulation_show(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = cli_regulation(call, call->arguments[0], &error);
    if (regulation == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json)
        write_regulation(call, regulation);
    else
        print_regulation(call, regulation);
    return CLI_DONE;
}

/* ---- move ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
    gboolean all; /* those that stay the same too */
} Listing;

static void list_row(const ReaddressRow *row, gpointer data) {
    Listing *listing = data;
    if (!listing->all && row->result == READDRESS_SAME)
        return;
    if (!listing->call->json) {
        cli_print(listing->call, "%s\t%s\t%s\t%s\n", directory_readdress_name(row->result),
                  row->before, row->result == READDRESS_MOVES ? row->after : row->why, row->name);
        return;
    }
    json_open(&listing->w, NULL, '{');
    json_text(&listing->w, "result", directory_readdress_name(row->result));
    json_text(&listing->w, "kind", row->unit ? "unit" : "person");
    json_text(&listing->w, "name", row->name);
    json_text(&listing->w, "before", row->before);
    json_text(&listing->w, "after", row->result == READDRESS_MOVES ? row->after : NULL);
    json_text(&listing->w, "why", row->result == READDRESS_STAYS ? row->why : NULL);
    json_close(&listing->w, '}');
}

static int move(CliCall *call, Listing *listing, gboolean preview, const AuditAct *act) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    ReaddressCount count;
    if (!directory_readdress(call->instance->directory, regulation, preview, act, list_row, listing,
                             &count, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (!call->json)
        cli_print(call,
                  "%s: %u đổi địa chỉ, %u giữ nguyên, %u chưa đổi được; %u %s, %u are so "
                  "already, %u stay as they are\n",
                  regulation_text(regulation, REGULATION_ID), count.moved, count.same, count.stay,
                  count.moved, preview ? "would get another address" : "got another address",
                  count.same, count.stay);
    return CLI_DONE;
}

int cli_regulation_move(CliCall *call) {
    CliGround ground = {0};
    Listing listing = {.call = call};
    gboolean preview = FALSE;
    const CliOption options[] = {
        {"preview", NULL, &preview, "tell what would change, write nothing", FALSE},
        {"all", NULL, &listing.all, "list those too whose address stays the same", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 0, &status) ||
        !cli_act(call, &ground, !preview, &act, &status))
        return status;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    listing.w = json_writer(&document);
    json_open(&listing.w, NULL, '[');
    status = move(call, &listing, preview, &act);
    json_close(&listing.w, ']');
    if (status != CLI_DONE)
        return status;
    if (call->json)
        cli_print_json(call, &document);
    return preview ? CLI_DONE : cli_changed(call);
}
