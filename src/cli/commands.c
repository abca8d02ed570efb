/* The one table of subcommands. The usage text is made from it. */
#include "cli/cli.h"

/* clang-format off */
const CliCommand cli_commands[] = {
    {"init", NULL, cli_init, CLI_LOCAL, "--domain DOMAIN [--regulation FILE] [--port-offset N]", "make a new installation in the data directory"},
    {"serve", NULL, cli_serve, CLI_LOCAL, "", "run the system until SIGTERM; SIGHUP reloads"},
    {"check", NULL, cli_check, CLI_LOCAL, "", "verify settings and regulation, errors with file and line"},
    {"trace", NULL, cli_trace, 0, "NUMBER | MESSAGE-ID | ADDRESS [--limit N]", "what happened to a message, from reception to mailbox"},



    {"address", "propose", cli_address_propose, CLI_DATA_OPTIONAL, "--unit KEY --person NAME | --kind KIND --name NAME [--parent KEY]", "which address the regulation gives"},
    {"password", "check", cli_password_check, CLI_DATA_OPTIONAL | CLI_READS_INPUT, "", "judge passwords, one a line from standard input"},
    {"forward", "check", cli_forward_check, CLI_DATA_OPTIONAL, "FROM TO", "may mail be forwarded so?"},
    {"calendar", "due", cli_calendar_due, CLI_DATA_OPTIONAL, "DATE", "last day to answer a request received on DATE"},
    {"calendar", "notice", cli_calendar_notice, CLI_DATA_OPTIONAL, "DATE", "latest day of notice for a stop on DATE"},
    {"calendar", "stop", cli_calendar_stop, CLI_DATA_OPTIONAL, "DATE [--today DATE]", "may the service stop on DATE?"},
    {"calendar", "inactive", cli_calendar_inactive, CLI_DATA_OPTIONAL, "DATE --today DATE", "is an account last active on DATE a candidate for locking?"},

    {"queue", "list", cli_queue_list, 0, "", "mail waiting for other domains"},
    {"queue", "show", cli_queue_show, 0, "NUMBER", "one entry"},
    {"queue", "retry", cli_queue_retry, 0, "NUMBER", "make an entry due now"},
    {"queue", "hold", cli_queue_hold, 0, "NUMBER [--release] [--why TEXT]", "hold an entry, or release it"},
    {"queue", "drop", cli_queue_drop, 0, "NUMBER", "remove an entry without a notice to its sender"},

    {NULL, NULL, NULL, 0, NULL, NULL},
};
/* clang-format on */

const CliCommand *cli_find(char **words, guint *taken) {
    if (words == NULL || words[0] == NULL)
        return NULL;
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++) {
        if (!g_str_equal(words[0], c->noun))
            continue;
        if (c->verb == NULL || (words[1] != NULL && g_str_equal(words[1], c->verb))) {
            *taken = c->verb == NULL ? 1 : 2;
            return c;
        }
    }
    return NULL;
}
