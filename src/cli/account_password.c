/* account passwd: a password is given anew only on the unit's document, and best as a one-time one
 * [Điều 12.2]. */
#include "cli/cli.h"

#include "directory/account.h"

void cli_explain_one_time(CliCall *call, const char *address, const DirectoryOneTime *one_time) {
    g_autofree char *until = cli_time(one_time->expires - 1);
    g_string_append_printf(
        call->err,
        "%s: mật khẩu dùng một lần, đến hết %.10s; giao riêng cho người dùng, "
        "phải đổi khi đăng nhập; a one-time password until then, to be handed to "
        "its person alone and changed at the first sign-in\n",
        address, until);
}

/* On what ground; refused without one, by the regulation's own words. */
static gboolean take_ground(CliCall *call, const CliGround *ground, const Regulation *regulation,
                            AuditAct *act, int *status) {
    if (!cli_act(call, ground, FALSE, act, status))
        return FALSE;
    if (*act->ground != '\0')
        return TRUE;
    if (cli_is_trial(call)) {
        act->ground = "bootstrap";
        return TRUE;
    }
    g_autoptr(Verdict) verdict = regulation_refuse_reset(regulation);
    GError *error = NULL;
    verdict_fail(verdict, &error);
    *status = cli_refuse(call, error);
    return FALSE;
}

static int give_one_time(CliCall *call, const Regulation *regulation, const AuditAct *act) {
    const char *address = call->arguments[0];
    g_autoptr(GError) error = NULL;
    g_auto(DirectoryOneTime) made = {0};
    if (!directory_one_time_make(regulation, &made, &error) ||
        !directory_account_set_one_time(call->instance->directory, address, &made, act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (!call->json) {
        cli_print(call, "%s\n", made.text);
        cli_explain_one_time(call, address, &made);
        return cli_changed(call);
    }
    g_auto(Buffer) document;
    buffer_init(&document, 4096);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_text(&w, "address", address);
    json_text(&w, "one_time_password", made.text);
    json_int(&w, "expires", made.expires);
    json_close(&w, '}');
    cli_print_json(call, &document);
    return cli_changed(call);
}

/* A person's password that an operator knows is good only for setting another; on a trial it may
 * stay. */
static gboolean must_change(const CliCall *call, const DirectoryAccount *account, gboolean said) {
    return said || (account->kind == DIRECTORY_PERSON && !cli_is_trial(call));
}

static int set_password(CliCall *call, const Regulation *regulation, gboolean change,
                        const AuditAct *act) {
    Directory *directory = call->instance->directory;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(directory, call->arguments[0], &error);
    if (account == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    change = must_change(call, account, change);
    if (!directory_account_set_password(directory, regulation, account->address, cli_password(call),
                                        change, act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s has a new password%s; where it was signed in, it must sign in again\n",
              call->arguments[0], change ? ", to be changed at the first sign-in" : "");
    return cli_changed(call);
}

int cli_account_passwd(CliCall *call) {
    gboolean password_stdin = FALSE, one_time = FALSE, change = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"one-time", NULL, &one_time, "make a one-time password and print it", FALSE},
        {"password-stdin", NULL, &password_stdin, "first line of standard input is the password",
         FALSE},
        {"must-change", NULL, &change, "it must be changed at the first sign-in", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!take_ground(call, &ground, regulation, &act, &status))
        return status;
    if (one_time && (password_stdin || change)) {
        g_string_append(call->err, "congvu: --one-time không đi cùng --password-stdin, "
                                   "--must-change; it goes with neither of them\n");
        return CLI_USAGE;
    }
    return one_time ? give_one_time(call, regulation, &act)
                    : set_password(call, regulation, change, &act);
}
