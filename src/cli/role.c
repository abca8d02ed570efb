/* role grant | revoke | list: who may use the administration [Điều 10, 11]. */
#include "cli/cli.h"

#include "admin/view.h"

enum { LISTING_MAXIMUM = 16 * 1024 * 1024 };

static gboolean take_role(CliCall *call, const char *name, DirectoryNewRole *role) {
    if (directory_role_find(name, &role->role))
        return TRUE;
    g_string_append_printf(call->err, "congvu: \"%s\" is none of department, centre, focal, head\n",
                           name);
    return FALSE;
}

/* ADDRESS ROLE [--unit KEY] [--document TEXT] */
static int change(CliCall *call, gboolean grant) {
    char *unit = NULL, *document = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"unit", &unit, NULL, "of focal and head: the unit, and what lies below it", FALSE},
        {"document", &document, NULL, "number and date of the decision", grant},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 2, 2, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    DirectoryNewRole role = {.account = call->arguments[0], .unit = unit, .document = document};
    if (!take_role(call, call->arguments[1], &role))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    if (!(grant ? directory_role_grant(directory, &role, &act, &error)
                : directory_role_revoke(directory, &role, &act, &error)))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, grant ? "%s is now %s%s%s\n" : "%s is no longer %s%s%s\n", call->arguments[0],
              call->arguments[1], unit == NULL ? "" : " of ", unit == NULL ? "" : unit);
    return CLI_DONE;
}

int cli_role_grant(CliCall *call) {
    return change(call, TRUE);
}

int cli_role_revoke(CliCall *call) {
    return change(call, FALSE);
}

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static void list_role(const DirectoryRoleRow *row, gpointer data) {
    Listing *listing = data;
    if (!listing->call->json) {
        g_autofree char *since = cli_time(row->since);
        cli_print(listing->call, "%s\t%s\t%s\t%s\t%s\t%s\n", directory_role_name(row->role),
                  row->address, row->name, *row->unit == '\0' ? "-" : row->unit, row->document,
                  since);
        return;
    }
    admin_write_role(&listing->w, row);
}

int cli_role_list(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (!directory_role_each(call->instance->directory, list_role, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}
