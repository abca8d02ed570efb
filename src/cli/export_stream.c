/* export stream: the end of an export that has the data directory. It gives an account's mail,
 * which is an administrative act: whose mail was given to whom and on what ground is in the audit
 * trail before a byte of it is read [Điều 10.1]. */
#include "cli/cli.h"

#include "directory/access.h"
#include "directory/account.h"
#include "moving/give.h"

enum { DOCUMENT_MAXIMUM = 64 * 1024 };

static gboolean record(CliCall *call, const char *ground, const DirectoryAccount *account,
                       const char *kind, const char *to, GError **error) {
    g_auto(Buffer) document;
    buffer_init(&document, DOCUMENT_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_text(&w, "kind", kind);
    json_text(&w, "to", to);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&document);
    return cli_record_on(call, ground, "mail.export", account->address, NULL, after, error);
}

/* [Điều 10.1.c] A person's mail is taken out on a second person's word as well: an approved access
 * (`access ask`), which its owner hears of. Not while the system is tried or moved. */
static gboolean may_take(CliCall *call, const DirectoryAccount *account, const char *access,
                         GError **error) {
    if (access == NULL)
        return cli_is_trial(call) || account->kind != DIRECTORY_PERSON ||
               cv_fail(error, CV_ERROR_REFUSED,
                       "thư của cá nhân chỉ được trích xuất khi người thứ hai đã duyệt (Điều "
                       "10.1.c): dùng `congvu access ask`, rồi --access TC-SỐ; a second person "
                       "must have approved it: ask for access, then give --access");
    gint64 id = 0;
    gboolean valid = FALSE;
    if (g_str_has_prefix(access, "TC-"))
        access += 3;
    g_ascii_string_to_signed(access, 10, 1, G_MAXINT64, &id, NULL);
    return directory_access_valid(call->instance->directory, id, account->id, &valid, error) &&
           (valid || cv_fail(error, CV_ERROR_REFUSED,
                             "TC-%s không còn hoặc chưa có hiệu lực đối với %s; this access does "
                             "not hold for the account now",
                             access, account->address));
}

static gboolean give(Bytes batch, gpointer data) {
    CliCall *call = data;
    g_string_append_len(call->out, (const char *)batch.p, (gssize)batch.n);
    return call->flush(call);
}

int cli_export_stream(CliCall *call) {
    char *kind = NULL, *to = NULL, *access = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"access", &access, NULL, "the approved access: TC-3", FALSE},
        {"kind", &kind, NULL, "mbox or maildir", TRUE},
        {"to", &to, NULL, "where the mail goes, for the trail", TRUE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    if (*act.ground == '\0' || call->flush == NULL) {
        g_string_append(call->err, "congvu: nêu căn cứ, và dùng `export mbox` hoặc `export "
                                   "maildir`; give a ground, and use one of these commands\n");
        return CLI_REFUSED;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->instance->directory, call->arguments[0], &error);
    if (account == NULL || !may_take(call, account, access, &error) ||
        !record(call, act.ground, account, kind, to, &error) ||
        !moving_give(call->instance->store, account->id, give, call, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return CLI_DONE;
}
