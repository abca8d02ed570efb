/* account suspects, account release: accounts that sent more than they may, whose mail for other
 * domains is held until somebody has looked [Điều 8.3, 4.2.c]. */
#include "cli/cli.h"

#include "admin/suspect.h"
#include "queue/limit.h"

typedef struct {
    CliCall *call;
    JsonWriter w;
    GError *error;
} Listing;

static void print_suspect(CliCall *call, const char *address, const QueueSuspect *suspect) {
    g_autofree char *since = cli_time(suspect->since);
    cli_print(call,
              "%s\t%s\t%" G_GINT64_FORMAT " held\t%s\n"
              "  somebody else has it: congvu account lock %s --takeover\n"
              "  it is all right:      congvu account release %s --ground TEXT\n",
              address, since, suspect->held, suspect->evidence, address, address);
}

static void write_suspect(JsonWriter *w, const DirectoryAccount *account,
                          const QueueSuspect *suspect) {
    json_open(w, NULL, '{');
    json_text(w, "address", account->address);
    json_text(w, "state", directory_state_name(account->state));
    json_int(w, "since", suspect->since);
    json_int(w, "held", suspect->held);
    json_raw(w, "evidence", suspect->evidence);
    json_close(w, '}');
}

static void list_one(const QueueSuspect *suspect, gpointer data) {
    Listing *listing = data;
    if (listing->error != NULL)
        return;
    g_autoptr(DirectoryAccount) account =
        directory_account(listing->call->instance->directory, suspect->account, &listing->error);
    if (account == NULL)
        return;
    if (listing->call->json)
        write_suspect(&listing->w, account, suspect);
    else
        print_suspect(listing->call, account->address, suspect);
}

int cli_account_suspects(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 16 << 20);
    Listing listing = {call, json_writer(&document), NULL};
    if (!suspects_record(call->instance->directory, call->instance->mail, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    gboolean ok = conn != NULL && queue_each_suspect(conn, 0, list_one, &listing, &error);
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

int cli_account_release(CliCall *call) {
    gboolean drop = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"drop", NULL, &drop, "what is held is dropped, not sent", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    gint64 entries;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    Instance *instance = call->instance;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(instance->directory, call->arguments[0], &error);
    if (account == NULL || !suspect_release(instance->directory, instance->mail, account, drop,
                                            &act, &entries, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s: %" G_GINT64_FORMAT " held entries %s\n", account->address, entries,
              drop                                 ? "dropped"
              : account->state == DIRECTORY_ACTIVE ? "go on"
                                                   : "stay held, because it is locked");
    return CLI_DONE;
}
