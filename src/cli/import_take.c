/* import begin, taken, take, forget: the end of moving in that has the data directory. The first
 * three are called by the commands that read a source (mover.h). */
#include "cli/cli.h"

#include "directory/account.h"
#include "maintain/disk.h"
#include "moving/take.h"
#include "store/taken.h"

enum { DOCUMENT_MAXIMUM = 64 * 1024 };

static DirectoryAccount *find_account(CliCall *call, const char *address, GError **error) {
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->instance->directory, address, error);
    if (account == NULL)
        return NULL;
    if (account->state == DIRECTORY_CLOSED) {
        cv_fail(error, CV_ERROR_REFUSED,
                "tài khoản %s đã hủy bỏ; the account is closed: no mail is moved into it", address);
        return NULL;
    }
    return g_steal_pointer(&account);
}

/* ---- begin ---- */

static gboolean record_begin(CliCall *call, const char *ground, const DirectoryAccount *account,
                             const char *kind, const char *from, GError **error) {
    g_auto(Buffer) document;
    buffer_init(&document, DOCUMENT_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_text(&w, "kind", kind);
    json_text(&w, "from", from);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&document);
    return cli_record_on(call, ground, "mail.import", account->address, NULL, after, error);
}

int cli_import_begin(CliCall *call) {
    char *kind = NULL, *from = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"kind", &kind, NULL, "mbox, maildir or imap", TRUE},
        {"from", &from, NULL, "where the mail comes from, for the trail", TRUE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account = find_account(call, call->arguments[0], &error);
    if (account == NULL || !record_begin(call, act.ground, account, kind, from, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s\n", account->address);
    return CLI_DONE;
}

/* ---- taken ---- */

static gboolean list_taken(CliCall *call, gint64 account, const char *source, guint32 uidvalidity,
                           GError **error) {
    Store *store = call->instance->store;
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
    gint64 id;
    guint32 before;
    if (conn == NULL || !store_taken_find(conn, account, source, &id, &before, error))
        return FALSE;
    if (id == 0 || before != uidvalidity) {
        cli_print(call, "new\n");
        return TRUE;
    }
    g_autoptr(StoreUids) uids = store_uids_new();
    if (!store_taken_uids(conn, id, uids, error))
        return FALSE;
    g_auto(Buffer) text;
    buffer_init(&text, 64 * 1024 * 1024);
    store_uids_write(uids, &text);
    if (text.overflow)
        return cv_fail(error, CV_ERROR_LIMIT, "too many separate messages were taken");
    g_string_append(call->out, "known ");
    g_string_append_len(call->out, (const char *)buffer_bytes(&text).p, (gssize)text.n);
    g_string_append_c(call->out, '\n');
    return TRUE;
}

int cli_import_taken(CliCall *call) {
    char *source = NULL, *uidvalidity = NULL;
    const CliOption options[] = {
        {"source", &source, NULL, "name of a folder of another server", TRUE},
        {"uidvalidity", &uidvalidity, NULL, "its UIDVALIDITY", TRUE},
        {NULL},
    };
    int status;
    guint64 number;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!bytes_parse_u64(bytes_of_string(uidvalidity), &number) || number > G_MAXUINT32) {
        g_string_append(call->err, "congvu: --uidvalidity phải là một số; it must be a number\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account = find_account(call, call->arguments[0], &error);
    if (account == NULL || !list_taken(call, account->id, source, (guint32)number, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return CLI_DONE;
}

/* ---- take ---- */

/* Below the watermark mail from outside is deferred; what is moved in can wait too. */
static gboolean check_disk(const Instance *instance, GError **error) {
    gint64 watermark = instance->config->disk_watermark;
    gint64 available = maintain_disk_available(instance->path);
    return watermark <= 0 || available >= watermark ||
           cv_fail(error, CV_ERROR_BUSY,
                   "đĩa gần đầy; the disk is nearly full (%" G_GINT64_FORMAT
                   " MiB are free): free some space and run this again, it goes on where it was",
                   MAX(available, 0) / 1024 / 1024);
}

int cli_import_take(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) codes = g_string_new(NULL);
    MovingTaken taken = {.codes = codes};
    g_autoptr(DirectoryAccount) account = find_account(call, call->arguments[0], &error);
    if (account == NULL || !check_disk(call->instance, &error) ||
        !moving_take(call->instance->store, account->id, call->input, &taken, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s\n%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", codes->str, taken.quota_used,
              taken.quota_limit);
    return CLI_DONE;
}

/* ---- forget ---- */

int cli_import_forget(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    gint64 forgotten;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->instance->directory, call->arguments[0], &error);
    if (account == NULL ||
        !cli_record(call, "mail.import.forget", account->address, NULL, NULL, &error) ||
        !store_taken_forget(call->instance->store, account->id, &forgotten, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%" G_GINT64_FORMAT " messages are forgotten; they stay where they are\n",
              forgotten);
    return CLI_DONE;
}
