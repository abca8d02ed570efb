/* account import: people in bulk, each with an account [Điều 3.2, 4.1]. */
#include "cli/cli.h"

#include "directory/import.h"

enum { LISTING_MAXIMUM = 256 * 1024 * 1024 };

typedef struct {
    CliCall *call;
    GString *lines;
    JsonWriter w;
} Report;

static void show_progress(gint64 done, gint64 all, gpointer data) {
    cli_progress(((Report *)data)->call, done, all);
}

/* A line for the operator, a row of JSON for a program; both only count when all went well. */
static void tell(const DirectoryImported *row, gpointer data) {
    Report *report = data;
    if (!report->call->json) {
        g_string_append_printf(report->lines, "%u\t%s\t%s\t%s\t%s\n", row->line, row->address,
                               row->name, row->unit, row->present ? "có rồi" : "mới");
        return;
    }
    json_open(&report->w, NULL, '{');
    json_int(&report->w, "line", row->line);
    json_text(&report->w, "address", row->address);
    json_text(&report->w, "name", row->name);
    json_text(&report->w, "unit", row->unit);
    json_bool(&report->w, "present", row->present);
    json_close(&report->w, '}');
}

static void print_summary(CliCall *call, const DirectoryImport *result, gboolean dry_run) {
    cli_print(call,
              dry_run ? "%s: would add %u accounts, %u are there already; nothing was written\n"
                      : "%s: added %u accounts, %u were there already\n",
              call->arguments[0], result->added, result->present);
}

int cli_account_import(CliCall *call) {
    gboolean dry_run = FALSE, keep = FALSE, list = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"dry-run", NULL, &dry_run, "check and name everybody, write nothing", FALSE},
        {"list", NULL, &list, "a line for each row: its address, and whether it is new", FALSE},
        {"keep-addresses", NULL, &keep,
         "keep an address of the file that the regulation would give otherwise", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) ||
        !cli_act(call, &ground, !dry_run, &act, &status))
        return status;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    g_autoptr(GString) lines = g_string_new(NULL);
    Report report = {.call = call, .lines = lines, .w = json_writer(&document)};
    json_open(&report.w, NULL, '{');
    json_open(&report.w, "rows", '[');
    DirectoryImportOptions wanted = {.progress = show_progress,
                                     .each = list || dry_run || call->json ? tell : NULL,
                                     .data = &report,
                                     .dry_run = dry_run,
                                     .keep_addresses = keep};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_auto(DirectoryImport) result = {0};
    gboolean ok = directory_person_import(call->instance->directory, regulation, call->input,
                                          &wanted, &act, &result, &error);
    if (result.errors != NULL)
        g_string_append(call->err, result.errors->str);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    if (!dry_run && (status = cli_changed(call)) != CLI_DONE)
        return status;
    if (!call->json) {
        g_string_append_len(call->out, lines->str, (gssize)lines->len);
        print_summary(call, &result, dry_run);
        return CLI_DONE;
    }
    json_close(&report.w, ']');
    json_int(&report.w, "added", result.added);
    json_int(&report.w, "present", result.present);
    json_bool(&report.w, "dry_run", dry_run);
    json_close(&report.w, '}');
    cli_print_json(call, &document);
    return CLI_DONE;
}
