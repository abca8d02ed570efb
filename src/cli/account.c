/* account create | list | show: giving accounts [Điều 3.2, 4, 5] and looking at them. */
#include "cli/cli.h"

#include "admin/view.h"

enum { LISTING_MAXIMUM = 256 * 1024 * 1024 };

/* ---- create ---- */

typedef struct {
    const char *person;
    gboolean password_stdin, no_password, one_time;
} Said;

static gboolean check_options(CliCall *call, const Said *said) {
    const char *why = NULL;
    if (said->password_stdin + said->no_password + said->one_time > 1)
        why =
            "chỉ nêu một trong --password-stdin, --one-time, --no-password; give one of them, not "
            "several";
    else if (said->no_password && said->person == NULL)
        why = "tài khoản cơ quan chưa có mật khẩu cho đến khi được đặt; a unit's account has no "
              "password until one is set; there is nothing to do";
    if (why != NULL)
        g_string_append_printf(call->err, "congvu: %s\n", why);
    return why == NULL;
}

static void print_made(CliCall *call, const DirectoryAccount *account,
                       const DirectoryOneTime *one_time) {
    if (!call->json) {
        cli_print(call, "%s\n", account->address);
        if (one_time == NULL)
            return;
        cli_print(call, "%s\n", one_time->text);
        cli_explain_one_time(call, account->address, one_time);
        return;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_int(&w, "id", account->id);
    json_text(&w, "address", account->address);
    json_text(&w, "name", account->name);
    json_int(&w, "quota", account->quota);
    if (one_time != NULL) {
        json_text(&w, "one_time_password", one_time->text);
        json_int(&w, "expires", one_time->expires);
    }
    json_close(&w, '}');
    cli_print_json(call, &document);
}

static int create(CliCall *call, DirectoryNewAccount *new, gboolean one_time, const AuditAct *act) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_auto(DirectoryOneTime) made = {0};
    if (one_time && !directory_one_time_make(regulation, &made, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    new->one_time = one_time ? &made : NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account_create(call->instance->directory, regulation, new, act, &error);
    if (account == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    int status = cli_changed(call);
    if (status == CLI_DONE || one_time) /* it is told this once */
        print_made(call, account, new->one_time);
    return status;
}

int cli_account_create(CliCall *call) {
    char *unit = NULL, *person = NULL, *given = NULL, *title = NULL, *quota_text = NULL;
    char *identity = NULL;
    gboolean password_stdin = FALSE, no_password = FALSE, one_time = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"unit", &unit, NULL, "the unit: address name or abbreviation", TRUE},
        {"person", &person, NULL, "family, middle and given name; without: the unit's own account",
         FALSE},
        {"given", &given, NULL, "which word is the given name, when not the last", FALSE},
        {"identity", &identity, NULL, "identity number (CMT, CCCD); kept sealed", FALSE},
        {"title", &title, NULL, "post", FALSE},
        {"quota", &quota_text, NULL, "such as 5GB; without: the regulation's", FALSE},
        {"password-stdin", NULL, &password_stdin, "first line of standard input is the password",
         FALSE},
        {"one-time", NULL, &one_time, "make a one-time password and print it below the address",
         FALSE},
        {"no-password", NULL, &no_password, "no signing in until account passwd gives one", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 0, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    DirectoryNewAccount new = {
        .unit = unit, .name = person, .given = given, .title = title, .identity = identity};
    if (!check_options(call, &(Said){person, password_stdin, no_password, one_time}))
        return CLI_USAGE;
    if (!no_password && !one_time)
        new.password = cli_password(call);
    /* An operator knows it: as in account passwd. */
    new.must_change = new.password.p != NULL &&person != NULL && !cli_is_trial(call);
    if (quota_text != NULL && !cli_size(quota_text, &new.quota)) {
        g_string_append_printf(
            call->err, "congvu: \"%s\" không phải dung lượng như 5GB; it is no size such as 5GB\n",
            quota_text);
        return CLI_USAGE;
    }
    return create(call, &new, one_time, &act);
}

/* ---- list, show ---- */

typedef struct {
    CliCall *call;
    JsonWriter w;
    DbConn *mail; /* what the store knows, as of one moment */
    guint found;
    GError *error;
} Listing;

/* The figures of an account that the store does not have yet are zero: it follows at once. */
static gboolean stored(Listing *listing, gint64 account, StoreAccount *out) {
    g_autoptr(GError) error = NULL;
    *out = (StoreAccount){.account = account};
    if (store_account_get(listing->call->instance->store, listing->mail, account, out, &error) ||
        cv_error_is(error, CV_ERROR_NOT_FOUND))
        return TRUE;
    listing->error = g_steal_pointer(&error);
    return FALSE;
}

static void print_alias(const char *alias, gpointer data) {
    cli_print(data, "also: %s\n", alias);
}

static gboolean print_delegation(const DirectoryDelegation *d, gpointer data) {
    if (!d->in_force)
        return TRUE;
    cli_print(data, "looked after by: %s (%s), may%s%s%s, by %s\n", d->grantee_name,
              d->grantee_address, (d->may & DIRECTORY_MAY_READ) != 0 ? " read" : "",
              (d->may & DIRECTORY_MAY_WRITE) != 0 ? " write" : "",
              (d->may & DIRECTORY_MAY_SEND) != 0 ? " send" : "", d->document);
    return TRUE;
}

static gboolean print_account(Listing *listing, const DirectoryAccountRow *row,
                              const StoreAccount *kept) {
    CliCall *call = listing->call;
    const DirectoryAccount *account = row->account;
    g_autofree char *created = cli_time(row->created);
    g_autofree char *since = cli_time(row->state_since);
    g_autofree char *accepted = cli_time(row->accepted);
    g_autofree char *used = cli_size_text(kept->quota_used);
    g_autofree char *quota = cli_size_text(account->quota);
    cli_print(
        call,
        "%s\nname: %s\nkind: %s\nunit: %s\ntitle: %s\nstate: %s since %s%s%s\n"
        "password: %s\nrules accepted: %s\ncreated: %s\nmessages: %" G_GINT64_FORMAT ", %s of %s\n",
        account->address, account->name, directory_kind_name(account->kind),
        *row->unit_name == '\0' ? "-" : row->unit_name, *row->title == '\0' ? "-" : row->title,
        directory_state_name(account->state), since, *row->state_why == '\0' ? "" : ": ",
        row->state_why, row->has_password ? "set" : "none", accepted, created, kept->messages, used,
        account->quota == 0 ? "any" : quota);
    Directory *directory = call->instance->directory;
    return directory_account_each_alias(directory, account->id, print_alias, call,
                                        &listing->error) &&
           directory_delegation_each(directory, account->id, print_delegation, call,
                                     &listing->error);
}

static gboolean list_account(const DirectoryAccountRow *row, gpointer data) {
    Listing *listing = data;
    const DirectoryAccount *account = row->account;
    StoreAccount kept;
    listing->found++;
    if (!stored(listing, account->id, &kept))
        return FALSE;
    if (listing->call->json)
        return admin_write_account(&listing->w, listing->call->instance->directory, row, &kept,
                                   &listing->error);
    g_autofree char *used = cli_size_text(kept.quota_used);
    cli_print(listing->call, "%s\t%s\t%s\t%s\t%s\n", account->address,
              directory_kind_name(account->kind), directory_state_name(account->state), used,
              account->name);
    return TRUE;
}

static gboolean show_account(const DirectoryAccountRow *row, gpointer data) {
    Listing *listing = data;
    StoreAccount kept;
    listing->found++;
    if (!stored(listing, row->account->id, &kept))
        return FALSE;
    return listing->call->json
               ? admin_write_account(&listing->w, listing->call->instance->directory, row, &kept,
                                     &listing->error)
               : print_account(listing, row, &kept);
}

/* Calls each with the accounts of the filter, the store's figures being those of one moment. */
static gboolean walk(Listing *listing, const DirectoryAccountFilter *filter,
                     DirectoryAccountEach each, GError **error) {
    Instance *instance = listing->call->instance;
    listing->mail = db_read_begin(instance->mail, error);
    if (listing->mail == NULL)
        return FALSE;
    gboolean ok = directory_account_each(instance->directory, filter, each, listing, error);
    g_clear_pointer(&listing->mail, db_read_end);
    if (ok && listing->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&listing->error));
        return FALSE;
    }
    return ok;
}

int cli_account_list(CliCall *call) {
    char *unit = NULL;
    const CliOption options[] = {
        {"unit", &unit, NULL, "only accounts of this unit", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    DirectoryAccountFilter filter = {.unit = unit};
    json_open(&listing.w, NULL, '[');
    if (!walk(&listing, &filter, list_account, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_account_show(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(call->instance->directory, call->arguments[0], &error);
    if (account == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    DirectoryAccountFilter filter = {.address = account->address};
    if (!walk(&listing, &filter, show_account, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (listing.found == 0)
        return cli_refuse(call, g_error_new(CV_ERROR, CV_ERROR_NOT_FOUND,
                                            "không có tài khoản %s; there is no account %s",
                                            call->arguments[0], call->arguments[0]));
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}
