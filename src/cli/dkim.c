/* dkim create | list | use | remove: the keys that sign mail on its way out. */
#include "dkim/dkim.h"
#include "cli/cli.h"

static char *folder_of(const CliCall *call) {
    return instance_file(call->instance, "dkim");
}

static const char *state_name(DkimKeyState state) {
    static const char *const names[] = {"new", "in-use", "old"};
    return names[state];
}

static const char *kind_name(CryptoKeyKind kind) {
    return kind == CRYPTO_KEY_RSA ? "rsa" : "ed25519";
}

static void print_key(const CliCall *call, JsonWriter *w, const DkimKey *key) {
    g_autofree char *name =
        g_strdup_printf("%s._domainkey.%s", key->selector, call->instance->config->domain);
    if (!call->json) {
        cli_print((CliCall *)call, "%s\t%s\t%s\t%s\n", key->selector, kind_name(key->kind),
                  state_name(key->state), name);
        return;
    }
    json_open(w, NULL, '{');
    json_text(w, "selector", key->selector);
    json_text(w, "kind", kind_name(key->kind));
    json_text(w, "state", state_name(key->state));
    json_text(w, "name", name);
    json_text(w, "record", key->record);
    json_close(w, '}');
}

static int list_keys(CliCall *call) {
    g_autofree char *folder = folder_of(call);
    GError *error = NULL;
    g_autoptr(GPtrArray) keys = dkim_keys(folder, &error);
    if (keys == NULL)
        return cli_refuse(call, error);
    g_auto(Buffer) document;
    buffer_init(&document, 1024 * 1024);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < keys->len; i++)
        print_key(call, &w, keys->pdata[i]);
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_dkim_list(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    return list_keys(call);
}

int cli_dkim_create(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autofree char *folder = folder_of(call);
    GError *error = NULL;
    if (!dkim_keys_create(folder, &error) ||
        !cli_record(call, "dkim.create", call->instance->config->domain, NULL, NULL, &error))
        return cli_refuse(call, error);
    if (!call->json)
        cli_print(call, "Made. Publish what `congvu dns show` prints, then `congvu dkim use`.\n");
    return list_keys(call);
}

int cli_dkim_use(CliCall *call) {
    gboolean unpublished = FALSE;
    const CliOption options[] = {
        {"unpublished", NULL, &unpublished, "although their records are not to be seen", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autofree char *folder = folder_of(call);
    GError *error = NULL;
    if ((!unpublished && !cli_dns_keys_published(call, &error)) || !dkim_keys_use(folder, &error) ||
        !cli_record(call, "dkim.use", call->instance->config->domain, NULL, NULL, &error))
        return cli_refuse(call, error);
    return list_keys(call);
}

int cli_dkim_remove(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    g_autofree char *folder = folder_of(call);
    GError *error = NULL;
    if (!dkim_key_remove(folder, call->arguments[0], &error) ||
        !cli_record(call, "dkim.remove", call->arguments[0], NULL, NULL, &error))
        return cli_refuse(call, error);
    cli_print(call, "removed %s\n", call->arguments[0]);
    return CLI_DONE;
}
