/* address propose: which address the regulation gives a person or unit now [Điều 3]. With a data
 * directory the registry and all addresses ever given count; without one, nothing is taken and the
 * unit's key itself is the suffix. */
#include "cli/cli.h"

#include "directory/account.h"
#include "directory/unit.h"

typedef struct {
    char *unit, *person, *given, *identity;
    char *kind, *name, *parent, *abbreviation, *address, *agreement;
    char *regulation;
} Wanted;

static gboolean propose_with_registry(Instance *instance, const Regulation *regulation,
                                      const Wanted *wanted, NamingProposal *out, GError **error) {
    if (wanted->person != NULL) {
        DirectoryNewAccount account = {.unit = wanted->unit,
                                       .name = wanted->person,
                                       .given = wanted->given,
                                       .identity = wanted->identity};
        return directory_account_propose(instance->directory, regulation, &account, out, error);
    }
    DirectoryNewUnit unit = {.kind = wanted->kind,
                             .name = wanted->name,
                             .parent = wanted->parent,
                             .abbreviation = wanted->abbreviation,
                             .address = wanted->address,
                             .agreement = wanted->agreement};
    return directory_unit_propose(instance->directory, regulation, &unit, out, error);
}

/* The regulation knows the exceptions among districts; any other key stands for itself. */
static gboolean propose_alone(const Regulation *regulation, const Wanted *wanted,
                              NamingProposal *out, GError **error) {
    const char *key = wanted->person != NULL ? wanted->unit : wanted->parent;
    const char *address = key, *abbreviation = key;
    if (key != NULL)
        naming_exception(regulation, key, &address, &abbreviation);
    if (wanted->person != NULL) {
        if (!naming_is_local(wanted->unit, TRUE))
            return cv_fail(error, CV_ERROR_INPUT,
                           "\"%s\" không phải đơn vị; it is no unit: small letters and digits in "
                           "words joined by dots",
                           wanted->unit);
        NamingPerson person = {.name = bytes_of_string(wanted->person),
                               .given = wanted->given,
                               .suffix = wanted->unit,
                               .identity = wanted->identity};
        return naming_person(regulation, &person, NULL, NULL, out, error);
    }
    NamingUnit unit = {.kind = wanted->kind,
                       .name = bytes_of_string(wanted->name),
                       .abbreviation = wanted->abbreviation,
                       .address = wanted->address,
                       .agreement = wanted->agreement,
                       .parent_address = address,
                       .parent_abbreviation = abbreviation,
                       .parent_suffix = abbreviation};
    return naming_unit(regulation, &unit, NULL, NULL, out, error);
}

static int print_proposal(CliCall *call, const char *domain, const NamingProposal *proposal) {
    g_autofree char *address = g_strdup_printf("%s@%s", proposal->local, domain);
    if (!call->json) {
        cli_print(call, "%s\n", address);
        return CLI_DONE;
    }
    g_autofree char *taken =
        proposal->taken[0] == '\0' ? NULL : g_strdup_printf("%s@%s", proposal->taken, domain);
    g_auto(Buffer) document;
    buffer_init(&document, 64 * 1024);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_text(&w, "address", address);
    json_text(&w, "rule", proposal->rule);
    json_text(&w, "article", proposal->article);
    json_text(&w, "taken", taken);
    json_close(&w, '}');
    cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_address_propose(CliCall *call) {
    Wanted wanted = {0};
    const CliOption options[] = {
        {"unit", &wanted.unit, NULL, "the person's unit: address name or abbreviation", FALSE},
        {"person", &wanted.person, NULL, "family, middle and given name", FALSE},
        {"given", &wanted.given, NULL, "which word is the given name, when not the last", FALSE},
        {"identity", &wanted.identity, NULL, "identity number, where the regulation uses it",
         FALSE},
        {"kind", &wanted.kind, NULL, "kind of a unit", FALSE},
        {"name", &wanted.name, NULL, "official name of the unit", FALSE},
        {"parent", &wanted.parent, NULL, "the unit above it", FALSE},
        {"abbreviation", &wanted.abbreviation, NULL, "instead of the derived one", FALSE},
        {"address", &wanted.address, NULL, "agreed local part (kind other)", FALSE},
        {"agreement", &wanted.agreement, NULL, "record of the agreement", FALSE},
        {"regulation", &wanted.regulation, NULL, "file, or the name of a shipped one", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if ((wanted.person == NULL || wanted.unit == NULL) &&
        (wanted.kind == NULL || wanted.name == NULL)) {
        g_string_append(call->err, "congvu: nêu --unit và --person, hoặc --kind và --name; give "
                                   "--unit and --person, or --kind and --name\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = cli_regulation(call, wanted.regulation, &error);
    g_auto(NamingProposal) proposal = {0};
    gboolean ok = regulation != NULL &&
                  (call->instance != NULL ? propose_with_registry(call->instance, regulation,
                                                                  &wanted, &proposal, &error)
                                          : propose_alone(regulation, &wanted, &proposal, &error));
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    const char *domain = call->instance != NULL ? call->instance->config->domain
                                                : regulation_text(regulation, REGULATION_DOMAIN);
    return print_proposal(call, domain, &proposal);
}
