/* dns show | check: what the domain's zone must say for this installation, and whether it does.
 * Only what is true here is printed: a record for a service that does not run would mislead. */
#include "cli/cli.h"
#include "dkim/dkim.h"
#include "net/resolver.h"

enum { PIECE = 255 };

typedef struct {
    char *name;
    const char *type;
    char *value;        /* of a TXT without quotation marks */
    const char *prefix; /* a TXT of another kind beside it does not count; NULL: all do */
} DnsRecord;

static void record_free(gpointer data) {
    DnsRecord *record = data;
    g_free(record->name);
    g_free(record->value);
    g_free(record);
}

static void add(GPtrArray *to, char *name /* taken */, const char *type, const char *prefix,
                char *value /* taken */) {
    DnsRecord *record = g_new0(DnsRecord, 1);
    *record = (DnsRecord){name, type, value, prefix};
    g_ptr_array_add(to, record);
}

/* Old keys stay published while mail that they signed is under way. */
static gboolean add_keys(CliCall *call, GPtrArray *to, GError **error) {
    g_autofree char *folder = instance_file(call->instance, "dkim");
    g_autoptr(GPtrArray) keys = dkim_keys(folder, error);
    if (keys == NULL)
        return FALSE;
    for (guint i = 0; i < keys->len; i++) {
        const DkimKey *key = keys->pdata[i];
        add(to, g_strdup_printf("%s._domainkey.%s", key->selector, call->instance->config->domain),
            "TXT", "v=DKIM1", g_strdup(key->record));
    }
    return TRUE;
}

static GPtrArray *wanted_records(CliCall *call, GError **error) {
    const Config *config = call->instance->config;
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(record_free);
    add(records, g_strdup(config->domain), "MX", NULL, g_strdup_printf("10 %s", config->hostname));
    add(records, g_strdup(config->domain), "TXT", "v=spf1", g_strdup("v=spf1 mx -all"));
    if (!add_keys(call, records, error))
        return NULL;
    add(records, g_strdup_printf("_dmarc.%s", config->domain), "TXT", "v=DMARC1",
        g_strdup_printf("v=DMARC1; p=quarantine; rua=mailto:postmaster@%s", config->domain));
    return g_steal_pointer(&records);
}

/* RFC 1035 3.3.14: a string of a TXT has 255 bytes at most. */
static void print_zone_line(CliCall *call, const DnsRecord *record) {
    cli_print(call, "%s.\tIN\t%s\t", record->name, record->type);
    if (!g_str_equal(record->type, "TXT")) {
        cli_print(call, "%s.\n", record->value);
        return;
    }
    gsize n = strlen(record->value);
    for (gsize at = 0; at < n; at += PIECE)
        cli_print(call, "%s\"%.*s\"", at == 0 ? "" : " ", PIECE, record->value + at);
    cli_print(call, "\n");
}

static void print_records(CliCall *call, const GPtrArray *records) {
    g_auto(Buffer) document;
    buffer_init(&document, 1024 * 1024);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < records->len; i++) {
        const DnsRecord *record = records->pdata[i];
        if (!call->json) {
            print_zone_line(call, record);
            continue;
        }
        json_open(&w, NULL, '{');
        json_text(&w, "name", record->name);
        json_text(&w, "type", record->type);
        json_text(&w, "value", record->value);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
}

int cli_dns_show(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    GError *error = NULL;
    g_autoptr(GPtrArray) records = wanted_records(call, &error);
    if (records == NULL)
        return cli_refuse(call, error);
    print_records(call, records);
    return CLI_DONE;
}

/* ---- Comparing ---- */

typedef struct {
    const DnsRecord *record;
    gboolean same, failed;
    char *found; /* what stands there, of the same kind; NULL: nothing */
} Comparison;

static char *text_of(const DnsRecord *record, Bytes data) {
    guint16 preference;
    char host[NET_DNS_NAME];
    if (g_str_equal(record->type, "TXT"))
        return net_dns_text(data);
    if (!net_dns_mx(data, &preference, host))
        return NULL;
    return g_strdup_printf("%u %s", preference, host);
}

static gboolean is_same(const DnsRecord *record, const char *found) {
    if (g_str_equal(record->type, "TXT"))
        return g_str_equal(record->value, found);
    /* The preference is the operator's own matter. */
    return g_ascii_strcasecmp(strchr(record->value, ' '), strchr(found, ' ')) == 0;
}

static void compare(const NetDnsAnswer *answer, gpointer data) {
    Comparison *c = data;
    c->failed = answer->status == NET_DNS_FAILED;
    if (c->failed)
        c->found = g_strdup(answer->why);
    for (guint i = 0; answer->status == NET_DNS_FOUND && i < answer->count && !c->same; i++) {
        g_autofree char *text = text_of(c->record, answer->records[i]);
        if (text == NULL ||
            (c->record->prefix != NULL && !g_str_has_prefix(text, c->record->prefix)))
            continue;
        c->same = is_same(c->record, text);
        g_free(c->found);
        c->found = g_steal_pointer(&text);
    }
}

static const char *verdict_of(const Comparison *c) {
    if (c->failed)
        return "unknown";
    return c->same ? "published" : c->found == NULL ? "missing" : "different";
}

static void print_comparison(CliCall *call, JsonWriter *w, const Comparison *c) {
    if (!call->json) {
        cli_print(call, "%s\t%s %s", verdict_of(c), c->record->type, c->record->name);
        if (!c->same)
            cli_print(call, "\n\twanted: %s\n\tfound:  %s", c->record->value,
                      c->found == NULL ? "-" : c->found);
        cli_print(call, "\n");
        return;
    }
    json_open(w, NULL, '{');
    json_text(w, "name", c->record->name);
    json_text(w, "type", c->record->type);
    json_text(w, "wanted", c->record->value);
    json_text(w, "found", c->found);
    json_text(w, "verdict", verdict_of(c));
    json_close(w, '}');
}

/* How many are not as they should be. */
static guint check_records(CliCall *call, NetResolver *resolver, const GPtrArray *records) {
    guint wrong = 0;
    g_auto(Buffer) document;
    buffer_init(&document, 1024 * 1024);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < records->len; i++) {
        Comparison c = {.record = records->pdata[i]};
        net_resolve_wait(resolver, c.record->name,
                         g_str_equal(c.record->type, "MX") ? NET_DNS_MX : NET_DNS_TXT, compare, &c);
        wrong += !c.same;
        print_comparison(call, &w, &c);
        g_free(c.found);
    }
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return wrong;
}

int cli_dns_check(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    GError *error = NULL;
    g_autoptr(GPtrArray) records = wanted_records(call, &error);
    if (records == NULL)
        return cli_refuse(call, error);
    g_autoptr(NetResolver) resolver = net_resolver_new(call->instance->config->sending_dns, &error);
    if (resolver == NULL)
        return cli_refuse(call, error);
    guint wrong = check_records(call, resolver, records);
    if (wrong == 0)
        return CLI_DONE;
    return cli_refuse(call, g_error_new(CV_ERROR, CV_ERROR_REFUSED,
                                        "%u of %u records are not published as `congvu dns show` "
                                        "prints them",
                                        wrong, records->len));
}

gboolean cli_dns_keys_published(CliCall *call, GError **error) {
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(record_free);
    if (!add_keys(call, records, error))
        return FALSE;
    g_autoptr(NetResolver) resolver = net_resolver_new(call->instance->config->sending_dns, error);
    if (resolver == NULL)
        return FALSE;
    for (guint i = 0; i < records->len; i++) {
        Comparison c = {.record = records->pdata[i]};
        net_resolve_wait(resolver, c.record->name, NET_DNS_TXT, compare, &c);
        g_autofree char *found = c.found;
        if (!c.same)
            return cv_fail(error, CV_ERROR_REFUSED,
                           "%s is not published (%s); publish what `congvu dns show` prints, or "
                           "give --unpublished",
                           c.record->name, found == NULL ? "nothing is there" : found);
    }
    return TRUE;
}
