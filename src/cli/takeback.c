/* takeback, secret: one message out of all mailboxes, and state secrets [Điều 6.1, 8.1]. */
#include "cli/cli.h"

#include "admin/view.h"
#include "admin/withdrawal.h"

enum { LISTING_BYTES = 64 * 1024 * 1024, ACTS_SHOWN = 1000 };

static WithdrawalPlace place_of(const CliCall *call) {
    Instance *instance = call->instance;
    return (WithdrawalPlace){instance->directory, instance->store, instance->delivery};
}

/* ---- Looking ---- */

static gboolean print_copies(CliCall *call, const WithdrawalPlace *place, const GArray *copies,
                             GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(call->instance->mail, error);
    for (guint i = 0; conn != NULL && i < copies->len; i++) {
        const StoreCopyFound *copy = &g_array_index(copies, StoreCopyFound, i);
        g_autoptr(DirectoryAccount) owner =
            directory_account(place->directory, copy->account, error);
        if (owner == NULL)
            return FALSE;
        g_autoptr(StoreMailbox) mailbox =
            store_mailbox_get(place->store, conn, copy->mailbox, NULL);
        cli_print(call, "%s\t%s\t%s\n", owner->address, mailbox == NULL ? "-" : mailbox->name,
                  copy->seen ? "read" : "not read");
    }
    return conn != NULL;
}

int cli_takeback_find(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(WithdrawalPlan) plan = {0};
    WithdrawalPlace place = place_of(call);
    if (!withdrawal_plan(&place, call->arguments[0], &plan, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, LISTING_BYTES);
        JsonWriter w = json_writer(&document);
        json_open(&w, NULL, '{');
        withdrawal_write_plan(&w, "message", &plan);
        json_open(&w, "mailboxes", '[');
        if (!withdrawal_write_copies(&w, &place, plan.copies, &error))
            return cli_refuse(call, g_steal_pointer(&error));
        json_close(&w, ']');
        json_close(&w, '}');
        cli_print_json(call, &document);
        return CLI_DONE;
    }
    g_autofree char *received = cli_time(plan.received);
    cli_print(call, "<%s> from <%s>, received %s, %u times\n", plan.message_id, plan.sender,
              received, plan.receptions);
    cli_print(call,
              "%u copies in mailboxes, %u of them read; %u of %u mails for other domains wait\n",
              plan.copies->len, withdrawal_plan_read(&plan), plan.waiting, plan.outside);
    if (!print_copies(call, &place, plan.copies, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return CLI_DONE;
}

/* ---- Lists ---- */

typedef struct {
    CliCall *call;
    StoreWithdrawalKind kind;
    JsonWriter w;
} Listing;

static gboolean list_one(const StoreWithdrawal *withdrawal, gpointer data) {
    Listing *listing = data;
    if (withdrawal->kind != listing->kind)
        return TRUE;
    if (listing->call->json) {
        withdrawal_write(&listing->w, withdrawal);
        return TRUE;
    }
    g_autofree char *name = withdrawal_name(withdrawal->kind, withdrawal->id);
    g_autofree char *at = cli_time(withdrawal->at);
    g_autofree char *back = cli_time(withdrawal->return_at);
    cli_print(listing->call,
              "%s\t%s\t%s\t%" G_GINT64_FORMAT " copies, %" G_GINT64_FORMAT " read\t%s\t%s%s\n",
              name, at, withdrawal->who, withdrawal->copies, withdrawal->seen, withdrawal->ground,
              withdrawal->return_at == 0 ? "in force" : "put back ",
              withdrawal->return_at == 0 ? "" : back);
    return TRUE;
}

static gboolean list_refusal(const AuditRecord *record, gpointer data) {
    Listing *listing = data;
    if (!g_str_equal(record->change.act, "secret.refused") &&
        !g_str_equal(record->change.act, "secret.seen"))
        return TRUE;
    if (listing->call->json) {
        admin_write_act(&listing->w, record);
        return TRUE;
    }
    g_autofree char *at = cli_time(record->time);
    cli_print(listing->call, "%s\t%s\t%s\t%s\n", record->change.act, at, record->change.subject,
              record->change.after == NULL ? "" : record->change.after);
    return TRUE;
}

static gboolean list_kind(Listing *listing, GError **error) {
    WithdrawalPlace place = place_of(listing->call);
    if (!withdrawals_keep(&place, error))
        return FALSE;
    g_autoptr(DbConn) conn = db_read_begin(listing->call->instance->mail, error);
    return conn != NULL && store_withdrawal_each(conn, 0, list_one, listing, error);
}

static gboolean list_refusals(Listing *listing, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(listing->call->instance->admin, error);
    return conn != NULL && audit_each(conn, NULL, 0, list_refusal, listing, error);
}

static int list(CliCall *call, StoreWithdrawalKind kind) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_BYTES);
    Listing listing = {call, kind, json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (!list_kind(&listing, &error) || (kind == STORE_FROZEN && !list_refusals(&listing, &error)))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_takeback_list(CliCall *call) {
    return list(call, STORE_TAKEN_BACK);
}

int cli_secret_list(CliCall *call) {
    return list(call, STORE_FROZEN);
}

/* ---- Doing ---- */

static int start(CliCall *call, StoreWithdrawalKind kind) {
    CliGround ground = {0};
    const CliOption options[] = {CLI_GROUND_OPTIONS(ground), {NULL}};
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(WithdrawalPlan) plan = {0};
    WithdrawalPlace place = place_of(call);
    gint64 id;
    if (!withdrawal_plan(&place, call->arguments[0], &plan, &error) ||
        !withdrawal_do(&place, kind, &plan, &act, &id, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    g_autofree char *name = withdrawal_name(kind, id);
    cli_print(call, "%s: %s in %u mailboxes, %u of them read\n", name,
              kind == STORE_FROZEN ? "frozen" : "taken back", plan.copies->len,
              withdrawal_plan_read(&plan));
    if (plan.outside > plan.waiting && kind == STORE_TAKEN_BACK)
        cli_print(call, "%u mails for other domains have left and cannot be taken back\n",
                  plan.outside - plan.waiting);
    return CLI_DONE;
}

static int undo(CliCall *call, StoreWithdrawalKind kind) {
    CliGround ground = {0};
    const CliOption options[] = {CLI_GROUND_OPTIONS(ground), {NULL}};
    int status;
    AuditAct act;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    if (!withdrawal_number(kind, call->arguments[0], &id)) {
        g_string_append_printf(call->err,
                               "congvu: \"%s\" không phải số như %s-12; it is no number\n",
                               call->arguments[0], kind == STORE_FROZEN ? "SM" : "TH");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    WithdrawalPlace place = place_of(call);
    if (!withdrawal_undo(&place, kind, id, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s is put back\n", call->arguments[0]);
    return CLI_DONE;
}

int cli_takeback_start(CliCall *call) {
    return start(call, STORE_TAKEN_BACK);
}

int cli_takeback_undo(CliCall *call) {
    return undo(call, STORE_TAKEN_BACK);
}

int cli_secret_freeze(CliCall *call) {
    return start(call, STORE_FROZEN);
}

int cli_secret_release(CliCall *call) {
    return undo(call, STORE_FROZEN);
}
