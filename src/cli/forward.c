/* account forward: where an account's mail goes on to by itself; forward seen: what others forward
 * into the system [Điều 8.5]. The regulation decides for operators as for everybody. */
#include "cli/cli.h"

#include "admin/view.h"
#include "directory/account.h"
#include "directory/forward.h"
#include "store/forwarded.h"

typedef struct {
    CliCall *call;
    JsonWriter w;
    const char *only; /* NULL: all */
    guint found;
} Listing;

static gboolean print_row(const char *address, const char *target, gboolean keep, gint64 since,
                          gint64 stopped, gpointer data) {
    Listing *listing = data;
    if (listing->only != NULL && !g_str_equal(listing->only, address))
        return TRUE;
    listing->found++;
    if (!listing->call->json) {
        g_autofree char *when = cli_time(stopped == 0 ? since : stopped);
        cli_print(listing->call, "%s\t%s\t%s\t%s\t%s\n", address, target, keep ? "keep" : "no copy",
                  stopped == 0 ? "active" : "stopped", when);
        return TRUE;
    }
    admin_write_forwarding(&listing->w, address, target, keep, since, stopped);
    return TRUE;
}

static int list(CliCall *call, const char *address) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account =
        address == NULL ? NULL : directory_account_find(call->instance->directory, address, &error);
    if (address != NULL && account == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, 32 << 20);
    Listing listing = {call, json_writer(&document), account == NULL ? NULL : account->address, 0};
    json_open(&listing.w, NULL, '[');
    if (!directory_forward_each(call->instance->directory, print_row, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

static int set(CliCall *call, const char *to, gboolean keep, const AuditAct *act) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    DirectoryNewForward forward = {.account = call->arguments[0], .target = to, .keep = keep};
    if (!directory_forward_set(call->instance->directory, regulation, &forward, act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (to == NULL)
        cli_print(call, "%s forwards no longer\n", call->arguments[0]);
    else
        cli_print(call, "mail for %s goes on to %s; %s\n", call->arguments[0], to,
                  keep ? "a copy stays" : "no copy stays");
    return CLI_DONE;
}

int cli_account_forward(CliCall *call) {
    char *to = NULL;
    gboolean keep = FALSE, off = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"to", &to, NULL, "where its mail goes on to: an account that a state body gave", FALSE},
        {"keep", NULL, &keep, "a copy stays in its own mailbox", FALSE},
        {"off", NULL, &off, "forward no longer", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    const char *address = call->arguments[0];
    if (to == NULL && !off && !keep)
        return list(call, address);
    if (address != NULL && (to != NULL) != off && !(off && keep))
        return set(call, to, keep, &act);
    g_string_append(call->err, "congvu: nêu địa chỉ tài khoản, rồi --to ĐỊA-CHỈ [--keep] hoặc "
                               "--off; name the account, then --to ADDRESS [--keep] or --off\n");
    return CLI_USAGE;
}

/* ---- The other direction ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
    GError *error;
} Seen;

static void print_seen(const StoreForwarded *row, gpointer data) {
    Seen *seen = data;
    if (seen->error != NULL)
        return;
    g_autoptr(DirectoryAccount) account =
        directory_account(seen->call->instance->directory, row->account, &seen->error);
    if (account == NULL)
        return;
    if (!seen->call->json) {
        g_autofree char *last = cli_time(row->last);
        cli_print(seen->call, "%s\t%" G_GINT64_FORMAT "\t%s\t%s\t%s\n", account->address,
                  row->messages, last, row->forwarder, row->sign);
        return;
    }
    admin_write_forwarded(&seen->w, account->address, row);
}

int cli_forward_seen(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 32 << 20);
    Seen seen = {call, json_writer(&document), NULL};
    json_open(&seen.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    gboolean ok = conn != NULL && store_forwarded_each(conn, print_seen, &seen, &error);
    g_clear_pointer(&conn, db_read_end);
    if (ok && seen.error != NULL)
        return cli_refuse(call, seen.error);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&seen.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}
