/* account lock | unlock | close | quota | alias: what happens to an account later
 * [Điều 4, 5, 12]. Each change is on record with its ground. */
#include "cli/cli.h"

#include "directory/account.h"
#include "queue/limit.h"

/* ---- lock, unlock, close ---- */

static int set_state(CliCall *call, DirectoryState state, const char *done) {
    CliGround ground = {0};
    const CliOption options[] = {CLI_GROUND_OPTIONS(ground), {NULL}};
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    if (!directory_account_set_state(call->instance->directory, call->arguments[0], state, &act,
                                     &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s is %s\n", call->arguments[0], done);
    return cli_changed(call);
}

/* FALSE: they contradict one another; said why. */
static gboolean take_cause(CliCall *call, gboolean idle, gboolean takeover, DirectoryLock *lock) {
    gboolean forbidden = lock->clause != NULL || lock->law != NULL;
    lock->cause = idle        ? LOCK_IDLE
                  : takeover  ? LOCK_TAKEOVER
                  : forbidden ? LOCK_FORBIDDEN
                              : LOCK_REQUEST;
    if (idle + takeover + forbidden <= 1)
        return TRUE;
    g_string_append(call->err,
                    "congvu: chỉ nêu một trong --idle, --takeover, --forbidden; give one "
                    "of them, not several\n");
    return FALSE;
}

static void take_evidence(const QueueSuspect *suspect, gpointer data) {
    *(char **)data = g_strdup(suspect->evidence);
}

/* Of an account that sent more than it may, the queue has it. NULL: nothing. */
static char *find_evidence(CliCall *call) {
    char *found = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->instance->directory, call->arguments[0], NULL);
    g_autoptr(DbConn) conn = account == NULL ? NULL : db_read_begin(call->instance->mail, NULL);
    if (conn != NULL)
        queue_each_suspect(conn, account->id, take_evidence, &found, NULL);
    return found;
}

int cli_account_lock(CliCall *call) {
    gboolean idle = FALSE, takeover = FALSE;
    char *clause = NULL, *law = NULL, *evidence = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"idle", NULL, &idle, "neither sent nor received for too long, without a reason", FALSE},
        {"takeover", NULL, &takeover, "somebody else has it: its password is taken away too",
         FALSE},
        {"forbidden", &clause, NULL, "it took part in a forbidden act: the khoản, such as 8.3",
         FALSE},
        {"law", &law, NULL, "the same by another law, cited in full", FALSE},
        {"evidence", &evidence, NULL, "what shows it and where that is kept", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    DirectoryLock lock = {
        .address = call->arguments[0], .clause = clause, .law = law, .evidence = evidence};
    if (!take_cause(call, idle, takeover, &lock))
        return CLI_USAGE;
    if (!cli_act(call, &ground, lock.cause == LOCK_REQUEST, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autofree char *found = NULL;
    if (evidence == NULL && lock.cause != LOCK_REQUEST && lock.cause != LOCK_IDLE)
        lock.evidence = found = find_evidence(call);
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!directory_account_lock(call->instance->directory, regulation, &lock, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s is locked: no signing in, no sending; mail still comes%s\n",
              call->arguments[0],
              takeover ? "; it has no password until account passwd gives one" : "");
    return cli_changed(call);
}

int cli_account_unlock(CliCall *call) {
    return set_state(call, DIRECTORY_ACTIVE, "active again");
}

int cli_account_close(CliCall *call) {
    return set_state(call, DIRECTORY_CLOSED, "closed: nothing reaches it, its address stays taken");
}

/* ---- quota ---- */

int cli_account_quota(CliCall *call) {
    CliGround ground = {0};
    const CliOption options[] = {CLI_GROUND_OPTIONS(ground), {NULL}};
    int status;
    gint64 bytes;
    AuditAct act;
    if (!cli_options(call, options, 2, 2, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    if (!cli_size(call->arguments[1], &bytes)) {
        g_string_append_printf(
            call->err, "congvu: \"%s\" không phải dung lượng như 5GB; it is no size such as 5GB\n",
            call->arguments[1]);
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!directory_account_set_quota(call->instance->directory, regulation, call->arguments[0],
                                     bytes, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    g_autofree char *size = cli_size_text(bytes);
    cli_print(call, "%s may keep %s\n", call->arguments[0], size);
    return cli_changed(call);
}

/* ---- alias ---- */

static void print_alias(const char *alias, gpointer data) {
    cli_print(data, "%s\n", alias);
}

static void write_alias(const char *alias, gpointer data) {
    json_text(data, NULL, alias);
}

static int list_aliases(CliCall *call) {
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(directory, call->arguments[0], &error);
    if (account == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, 1 << 20);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    gboolean ok =
        call->json
            ? directory_account_each_alias(directory, account->id, write_alias, &w, &error)
            : directory_account_each_alias(directory, account->id, print_alias, call, &error);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_account_alias(CliCall *call) {
    char *add = NULL, *remove = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"add", &add, NULL, "a further address for the account", FALSE},
        {"remove", &remove, NULL, "take one away; it is never given to another", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    if (add == NULL && remove == NULL)
        return list_aliases(call);
    if (add != NULL && remove != NULL) {
        g_string_append(
            call->err,
            "congvu: chỉ nêu một trong hai --add, --remove; give one of them, not both\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    gboolean ok =
        add != NULL
            ? directory_account_add_alias(directory, call->arguments[0], add, &act, &error)
            : directory_account_remove_alias(directory, call->arguments[0], remove, &act, &error);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, add != NULL ? "%s reaches %s\n" : "%s no longer reaches %s\n",
              add != NULL ? add : remove, call->arguments[0]);
    return cli_changed(call);
}
