/* unit add | list | show | import | rename: the registry of units [Điều 1.2, 3.1]. */
#include "cli/cli.h"

#include "admin/view.h"
#include "directory/import.h"

enum { LISTING_MAXIMUM = 256 * 1024 * 1024 };

static char *full_address(const CliCall *call, const char *local) {
    return g_strdup_printf("%s@%s", local, call->instance->config->domain);
}

/* ---- add ---- */

int cli_unit_add(CliCall *call) {
    char *kind = NULL, *name = NULL, *abbreviation = NULL, *address = NULL, *agreement = NULL,
         *parent = NULL, *category = NULL, *code = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"kind", &kind, NULL, "province, department, district, commune, office, other, outside",
         TRUE},
        {"name", &name, NULL, "official name", TRUE},
        {"parent", &parent, NULL, "the unit above it: address name or abbreviation", FALSE},
        {"abbreviation", &abbreviation, NULL, "instead of the derived one", FALSE},
        {"address", &address, NULL, "agreed local part (kind other, Điều 3.1.e)", FALSE},
        {"agreement", &agreement, NULL, "record of the agreement", FALSE},
        {"category", &category, NULL, "group of Điều 1.2", FALSE},
        {"code", &code, NULL, "number in the national list", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 0, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    DirectoryNewUnit new = {.kind = kind,
                            .name = name,
                            .abbreviation = abbreviation,
                            .address = address,
                            .agreement = agreement,
                            .parent = parent,
                            .category = category,
                            .code = code};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(DirectoryUnit) unit =
        directory_unit_add(call->instance->directory, regulation, &new, &act, &error);
    if (unit == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    if ((status = cli_changed(call)) != CLI_DONE)
        return status;
    g_autofree char *mailbox = full_address(call, unit->address);
    if (!call->json) {
        cli_print(call, "added %s: %s (people: …%s%s)\n", unit->name, mailbox,
                  *unit->suffix == '\0' ? "" : ".", unit->suffix);
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_int(&w, "id", unit->id);
    json_text(&w, "address", mailbox);
    json_text(&w, "abbreviation", unit->abbreviation);
    json_text(&w, "suffix", unit->suffix);
    json_close(&w, '}');
    cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- list, show ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static void write_unit(Listing *listing, const DirectoryUnit *unit) {
    admin_write_unit(&listing->w, listing->call->instance->config->domain, unit);
}

static gboolean list_unit(const DirectoryUnit *unit, gpointer data) {
    Listing *listing = data;
    if (listing->call->json) {
        write_unit(listing, unit);
        return TRUE;
    }
    g_autofree char *mailbox = full_address(listing->call, unit->address);
    cli_print(listing->call, "#%" G_GINT64_FORMAT "\t%s\t%s\t%s\t%s\n", unit->id, unit->kind,
              mailbox, unit->suffix, unit->name);
    return TRUE;
}

int cli_unit_list(CliCall *call) {
    DirectoryUnitFilter filter = {0};
    char *kind = NULL, *parent = NULL;
    const CliOption options[] = {
        {"kind", &kind, NULL, "only units of this kind", FALSE},
        {"parent", &parent, NULL, "only units below this one", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    filter.kind = kind;
    filter.parent = parent;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (!directory_unit_each(call->instance->directory, &filter, list_unit, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_unit_show(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    g_autoptr(DirectoryUnit) unit = directory_unit_find(directory, call->arguments[0], &error);
    if (unit == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, LISTING_MAXIMUM);
        Listing listing = {.call = call, .w = json_writer(&document)};
        write_unit(&listing, unit);
        cli_print_json(call, &document);
        return CLI_DONE;
    }
    g_autoptr(DirectoryUnit) parent = NULL;
    if (unit->parent != 0 && (parent = directory_unit(directory, unit->parent, &error)) == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_autofree char *mailbox = full_address(call, unit->address);
    g_autofree char *since = cli_time(unit->valid_from);
    cli_print(call,
              "#%" G_GINT64_FORMAT " %s\nkind: %s\naddress: %s\nabbreviation: %s\n"
              "people: …%s%s@%s\nabove: %s\ncategory: %s\ncode: %s\nagreement: %s\nsince: %s\n",
              unit->id, unit->name, unit->kind, mailbox, unit->abbreviation,
              *unit->suffix == '\0' ? "" : ".", unit->suffix, call->instance->config->domain,
              parent == NULL ? "-" : parent->name, *unit->category == '\0' ? "-" : unit->category,
              *unit->code == '\0' ? "-" : unit->code,
              *unit->agreement == '\0' ? "-" : unit->agreement, since);
    return CLI_DONE;
}

/* ---- import, rename ---- */

static void show_progress(gint64 done, gint64 all, gpointer data) {
    cli_progress(data, done, all);
}

int cli_unit_import(CliCall *call) {
    char *agreement = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"agreement", &agreement, NULL,
         "record of the agreement, for rows of agreed names that bring none", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    DirectoryImportOptions wanted = {
        .agreement = agreement, .progress = show_progress, .data = call};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_auto(DirectoryImport) result = {0};
    gboolean ok = directory_unit_import(call->instance->directory, regulation, call->input, &wanted,
                                        &act, &result, &error);
    if (result.errors != NULL)
        g_string_append(call->err, result.errors->str);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    if ((status = cli_changed(call)) != CLI_DONE)
        return status;
    if (!call->json) {
        cli_print(call, "%s: added %u units, %u were there already\n", call->arguments[0],
                  result.added, result.present);
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_int(&w, "added", result.added);
    json_int(&w, "present", result.present);
    json_close(&w, '}');
    cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_unit_rename(CliCall *call) {
    char *name = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"name", &name, NULL, "the new official name", TRUE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryUnit) unit =
        directory_unit_rename(call->instance->directory, call->arguments[0], name, &act, &error);
    if (unit == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_autofree char *mailbox = full_address(call, unit->address);
    cli_print(call, "%s is now called %s\n", mailbox, unit->name);
    return cli_changed(call);
}
