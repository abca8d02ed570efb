/* How long proposing addresses takes [Điều 3.2]: COUNT proposals from a list of names (one on a
 * line, # for comments), first with nothing taken, then with every proposal remembered as taken, so
 * that clashes are numbered (with a NamingMemory, as an import does). Units are invented, 1,500 of
 * them as a province has.
 *
 *     ninja -C build bench/bench_names && build/bench/bench_names [COUNT] [FILE]
 *
 * Goal: 1,000,000 in 2 s. Prints nanoseconds a name. */
#include "base/clock.h"
#include "regulation/naming.h"

enum { UNITS = 1500 };

static gboolean in_set(const char *local, gboolean *taken, gpointer data, GError **error) {
    *taken = g_hash_table_contains(data, local);
    return TRUE;
}

static gboolean propose_all(const Regulation *regulation, char **names, gsize names_n, gsize count,
                            GHashTable *given) {
    gint64 start = clock_monotonic();
    gsize numbered = 0;
    g_autoptr(NamingMemory) memory = naming_memory_new();
    for (gsize i = 0; i < count; i++) {
        char suffix[16];
        g_snprintf(suffix, sizeof suffix, "u%u", (guint)((i * 2654435761u >> 16) % UNITS));
        g_auto(NamingProposal) proposal;
        g_autoptr(GError) error = NULL;
        NamingPerson person = {
            .name = bytes_of_string(names[i % names_n]), .suffix = suffix, .memory = memory};
        if (!naming_person(regulation, &person, given == NULL ? NULL : in_set, given, &proposal,
                           &error)) {
            g_printerr("%s: %s\n", names[i % names_n], error->message);
            return FALSE;
        }
        numbered += proposal.taken[0] != 0;
        if (given != NULL)
            g_hash_table_add(given, g_strdup(proposal.local));
    }
    gint64 took = clock_monotonic() - start;
    g_print("%s: %" G_GSIZE_FORMAT " names in %.3f s, %.0f ns each, %" G_GSIZE_FORMAT
            " with a number\n",
            given == NULL ? "nothing taken " : "all remembered", count, (double)took / 1e6,
            (double)took * 1e3 / (double)count, numbered);
    return TRUE;
}

int main(int argc, char **argv) {
    guint64 count = 1000000;
    if (argc > 1 && !bytes_parse_u64(bytes_of_string(argv[1]), &count)) {
        g_printerr("usage: %s [COUNT] [FILE]\n", argv[0]);
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *path = regulation_find(NULL, &error);
    g_autoptr(Regulation) regulation = path == NULL ? NULL : regulation_load(path, &error);
    g_autofree char *text = NULL;
    if (regulation == NULL ||
        !g_file_get_contents(argc > 2 ? argv[2] : "tests/data/names.txt", &text, NULL, &error)) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (gsize i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != 0 && lines[i][0] != '#')
            g_ptr_array_add(names, lines[i]);
    if (names->len == 0) {
        g_printerr("the list holds no name\n");
        return 1;
    }
    g_autoptr(GHashTable) given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char **all = (char **)names->pdata;
    return propose_all(regulation, all, names->len, count, NULL) &&
                   propose_all(regulation, all, names->len, count, given)
               ? 0
               : 1;
}
