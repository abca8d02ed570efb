/* account delegate: a named person looks after a unit's mailbox [Điều 6.2]. */
#include "cli/cli.h"

#include "admin/view.h"

static gboolean take_may(CliCall *call, const char *text, guint *may) {
    static const struct {
        const char *word;
        guint bit;
    } words[] = {
        {"read", DIRECTORY_MAY_READ}, {"write", DIRECTORY_MAY_WRITE}, {"send", DIRECTORY_MAY_SEND}};
    g_auto(GStrv) given = g_strsplit(text, ",", -1);
    *may = 0;
    for (char **word = given; *word != NULL; word++) {
        guint bit = 0;
        g_strstrip(*word);
        for (guint i = 0; i < G_N_ELEMENTS(words); i++)
            if (g_str_equal(*word, words[i].word))
                bit = words[i].bit;
        if (bit == 0) {
            g_string_append_printf(
                call->err,
                "congvu: --may: \"%s\" không phải read, write, send; it is none of them\n", *word);
            return FALSE;
        }
        *may |= bit;
    }
    return TRUE;
}

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static gboolean list_delegation(const DirectoryDelegation *d, gpointer data) {
    Listing *listing = data;
    gint64 until = d->until == G_MAXINT64 ? 0 : d->until;
    if (listing->call->json) {
        admin_write_delegation(&listing->w, d);
        return TRUE;
    }
    g_autofree char *since = cli_time(d->since);
    g_autofree char *end = cli_time(until);
    cli_print(listing->call, "%s\t%s\t%s%s%s\t%s\t%s\t%s\t%s\n", d->account_address,
              d->grantee_address, (d->may & DIRECTORY_MAY_READ) != 0 ? "r" : "-",
              (d->may & DIRECTORY_MAY_WRITE) != 0 ? "w" : "-",
              (d->may & DIRECTORY_MAY_SEND) != 0 ? "s" : "-", since, end,
              d->in_force ? "in force" : "not in force", d->document);
    return TRUE;
}

static int list_delegations(CliCall *call) {
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    g_autoptr(DirectoryAccount) account = NULL;
    if (call->arguments[0] != NULL &&
        (account = directory_account_find(directory, call->arguments[0], &error)) == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, 64 << 20);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (!directory_delegation_each(directory, account == NULL ? 0 : account->id, list_delegation,
                                   &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_account_delegate(CliCall *call) {
    char *may_text = NULL, *from = NULL, *until = NULL, *document = NULL;
    gboolean end = FALSE;
    const CliOption options[] = {
        {"may", &may_text, NULL, "read,write,send (without: all three)", FALSE},
        {"from", &from, NULL, "first day, YYYY-MM-DD (without: now)", FALSE},
        {"until", &until, NULL, "last day, YYYY-MM-DD (without: open)", FALSE},
        {"document", &document, NULL, "number and date of the decision", FALSE},
        {"end", NULL, &end, "takes the delegation back now", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 2, &status))
        return status;
    if (call->arguments[0] == NULL || call->arguments[1] == NULL)
        return list_delegations(call);
    DirectoryNewDelegation new = {
        .account = call->arguments[0], .grantee = call->arguments[1], .document = document};
    if (end && (may_text != NULL || from != NULL || until != NULL)) {
        g_string_append(
            call->err,
            "congvu: --end không đi cùng --may, --from, --until; it goes without them\n");
        return CLI_USAGE;
    }
    if (!end && !take_may(call, may_text == NULL ? "read,write,send" : may_text, &new.may))
        return CLI_USAGE;
    if ((from != NULL && !cli_day(call, "--from", from, &new.since)) ||
        (until != NULL && !cli_day(call, "--until", until, &new.until)))
        return CLI_USAGE;
    if (new.until != 0)
        new.until += 24 * 3600 * (gint64)G_USEC_PER_SEC; /* the last day counts */
    AuditAct act = {.who = call->who, .ground = document == NULL ? "" : document};
    g_autoptr(GError) error = NULL;
    if (!directory_delegate(call->instance->directory, &new, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (end)
        cli_print(call, "%s no longer looks after %s\n", new.grantee, new.account);
    else
        cli_print(call, "%s looks after %s: %s, by %s\n", new.grantee, new.account,
                  may_text == NULL ? "read,write,send" : may_text, document);
    return cli_changed(call);
}
