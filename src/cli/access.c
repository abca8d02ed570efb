/* access: reading somebody else's mailbox, by two people and on a ground [Điều 10.1.c]. */
#include "cli/cli.h"

#include "admin/view.h"

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static gboolean list_one(const DirectoryAccess *access, gpointer data) {
    Listing *listing = data;
    if (listing->call->json) {
        admin_write_access(&listing->w, access);
        return TRUE;
    }
    g_autofree char *asked = cli_time(access->asked);
    g_autofree char *since = cli_time(access->since);
    g_autofree char *until = cli_time(access->until);
    g_autofree char *told = cli_time(access->told);
    cli_print(listing->call,
              "TC-%" G_GINT64_FORMAT "\t%s\t%s reads %s\t%s\n"
              "  asked %s by %s; decided by %s; from %s to %s; owner told %s\n",
              access->id, directory_access_state_name(access->state), access->reader,
              access->address, access->ground, asked, access->asked_by,
              *access->decided_by == '\0' ? "-" : access->decided_by, since, until, told);
    return TRUE;
}

int cli_access_list(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 32 << 20);
    Listing listing = {call, json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (!directory_access_each(call->instance->directory, 0, 0, list_one, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_access_ask(CliCall *call) {
    char *reader = NULL, *days = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"reader", &reader, NULL, "who shall read: a person's account", TRUE},
        {"days", &days, NULL, "for how many days, from the approval on", TRUE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    DirectoryNewAccess access = {.account = call->arguments[0], .reader = reader};
    if (!g_ascii_string_to_signed(days, 10, 1, ACCESS_DAYS_MOST, &access.days, NULL)) {
        g_string_append_printf(call->err,
                               "congvu: --days phải từ 1 đến %d; it must be from 1 to %d\n",
                               ACCESS_DAYS_MOST, ACCESS_DAYS_MOST);
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    gint64 id;
    if (!directory_access_ask(call->instance->directory, &access, &act, &id, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "TC-%" G_GINT64_FORMAT ": waits for a second person's decision\n", id);
    return CLI_DONE;
}

static gboolean number_of(CliCall *call, gint64 *id) {
    const char *text = call->arguments[0];
    if (g_str_has_prefix(text, "TC-"))
        text += 3;
    if (g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, id, NULL))
        return TRUE;
    g_string_append(call->err, "congvu: cần số như TC-12; give a number like TC-12\n");
    return FALSE;
}

static int decide(CliCall *call, gboolean approve) {
    CliGround ground = {0};
    const CliOption options[] = {CLI_GROUND_OPTIONS(ground), {NULL}};
    int status;
    AuditAct act;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    if (!number_of(call, &id))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    if (!directory_access_decide(call->instance->directory, id, approve, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "TC-%" G_GINT64_FORMAT " is %s\n", id, approve ? "approved" : "refused");
    return cli_changed(call);
}

int cli_access_approve(CliCall *call) {
    return decide(call, TRUE);
}

int cli_access_refuse(CliCall *call) {
    return decide(call, FALSE);
}

int cli_access_end(CliCall *call) {
    int status;
    gint64 id;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    if (!number_of(call, &id))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    const AuditAct act = {call->who, ""};
    if (!directory_access_end(call->instance->directory, id, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "TC-%" G_GINT64_FORMAT " is over\n", id);
    return cli_changed(call);
}
