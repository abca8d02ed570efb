/* help: the list of commands, one noun's commands, one command's own explanation; and which command
 * was perhaps meant by words that are none. All of it is made from the one table. */
#include "cli/cli.h"

enum {
    WORD_MAXIMUM = 40, /* bytes of a word that is compared; a longer one is no slip of the pen */
    SLIPS = 3,         /* letters that may differ in all */
};

static void list_command(GString *to, const CliCommand *c) {
    g_autofree char *name = g_strjoin(" ", c->noun, c->verb, NULL);
    g_string_append_printf(to, "  %-18s %s\n", name, c->summary);
}

void cli_help_all(GString *to) {
    g_string_append(to, "usage: congvu [--data DIR] COMMAND …\n"
                        "DIR is the data directory; the environment variable CONGVU_DATA may name "
                        "it too.\n"
                        "`congvu help COMMAND` (or `congvu COMMAND --help`) explains one "
                        "command.\n\n");
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++)
        list_command(to, c);
}

gboolean cli_help_noun(GString *to, const char *noun) {
    gboolean known = FALSE;
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++)
        if (g_str_equal(c->noun, noun)) {
            list_command(to, c);
            known = TRUE;
        }
    return known;
}

/* ---- What was meant ---- */

/* Letters to add, to take away or to change so that one word becomes the other. */
static guint distance(const char *one, const char *other) {
    gsize n = strlen(one), m = strlen(other);
    if (n > WORD_MAXIMUM || m > WORD_MAXIMUM)
        return G_MAXUINT16;
    guint row[WORD_MAXIMUM + 1];
    for (gsize j = 0; j <= m; j++)
        row[j] = (guint)j;
    for (gsize i = 1; i <= n; i++) {
        guint corner = row[0];
        row[0] = (guint)i;
        for (gsize j = 1; j <= m; j++) {
            guint change = corner + (one[i - 1] != other[j - 1]);
            corner = row[j];
            row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[m];
}

static guint far(char **words, const CliCommand *c) {
    guint noun = distance(words[0], c->noun);
    if (c->verb == NULL)
        return noun;
    return noun + (words[1] == NULL ? (guint)strlen(c->verb) : distance(words[1], c->verb));
}

const CliCommand *cli_help_meant(char **words) {
    const CliCommand *best = NULL;
    guint least = SLIPS + 1;
    gboolean known = FALSE; /* the noun */
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++)
        known |= g_str_equal(c->noun, words[0]);
    if (known && words[1] == NULL)
        return NULL; /* its list tells more */
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++) {
        guint slips = far(words, c);
        /* A word of which nothing is left was not that word. */
        if (slips < least && slips < strlen(words[0]) &&
            (!known || g_str_equal(c->noun, words[0]))) {
            least = slips;
            best = c;
        }
    }
    return best;
}
