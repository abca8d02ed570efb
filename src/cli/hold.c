/* hold: a legal hold on an account or a case [Điều 10.1.c]. */
#include "cli/cli.h"

#include "admin/view.h"

typedef struct {
    CliCall *call;
    DbConn *mail;
    JsonWriter w;
} Listing;

static gboolean list_one(const DirectoryHold *hold, gpointer data) {
    Listing *listing = data;
    if (listing->call->json) {
        admin_write_hold(&listing->w, listing->mail, hold);
        return TRUE;
    }
    g_autofree char *since = cli_time(hold->since);
    g_autofree char *until = cli_time(hold->until);
    g_autofree char *ended = cli_time(hold->ended);
    cli_print(listing->call, "%" G_GINT64_FORMAT "\t%s\t%s\t%s\t%s\t%s\t%s\t%s%s\n", hold->id,
              hold->subject, since, until, hold->who, hold->reason, hold->ground,
              hold->ended == 0 ? "in force" : "ended ", hold->ended == 0 ? "" : ended);
    return TRUE;
}

int cli_hold_list(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 32 << 20);
    g_autoptr(DbConn) mail = db_read_begin(call->instance->mail, &error);
    Listing listing = {call, mail, json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (mail == NULL ||
        !directory_hold_each(call->instance->directory, 0, list_one, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_hold_begin(CliCall *call) {
    char *what = NULL, *reason = NULL, *until = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"case", &what, NULL, "a case instead of an account: \"request 12\"", FALSE},
        {"reason", &reason, NULL, "why nothing of it may be deleted", TRUE},
        {"until", &until, NULL, "last day, YYYY-MM-DD (without: until it is ended)", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    DirectoryNewHold hold = {.account = call->arguments[0], .what = what, .reason = reason};
    if (until != NULL && !cli_day(call, "--until", until, &hold.until))
        return CLI_USAGE;
    if (hold.until != 0)
        hold.until += 24 * 3600 * (gint64)G_USEC_PER_SEC; /* the last day counts */
    g_autoptr(GError) error = NULL;
    gint64 id;
    if (!directory_hold_begin(call->instance->directory, &hold, &act, &id, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%" G_GINT64_FORMAT ": nothing of %s is deleted %s%s\n", id,
              what != NULL ? what : hold.account,
              until == NULL ? "until the hold is ended" : "until the end of ",
              until == NULL ? "" : until);
    return cli_changed(call);
}

int cli_hold_end(CliCall *call) {
    CliGround ground = {0};
    const CliOption options[] = {CLI_GROUND_OPTIONS(ground), {NULL}};
    int status;
    AuditAct act;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    if (!g_ascii_string_to_signed(call->arguments[0], 10, 1, G_MAXINT64, &id, NULL)) {
        g_string_append(call->err, "congvu: cần số của việc giữ nguyên; give the hold's number\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    if (!directory_hold_end(call->instance->directory, id, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%" G_GINT64_FORMAT " has ended\n", id);
    return cli_changed(call);
}
