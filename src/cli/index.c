/* index status | update | rebuild: the search index, which can be thrown away. */
#include "cli/cli.h"

static int no_index(CliCall *call) {
    g_string_append(call->err,
                    "congvu: the search index could not be opened; see the log. Searching "
                    "goes on without it, slowly\n");
    return CLI_REFUSED;
}

int cli_index_status(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    SearchStatus s;
    gint64 waiting;
    if (call->instance->search == NULL)
        return no_index(call);
    if (!search_status(call->instance->search, &s, &error) ||
        !indexer_waiting(call->instance->store, call->instance->search, &waiting, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, 4096);
        JsonWriter w = json_writer(&document);
        json_open(&w, NULL, '{');
        json_int(&w, "mailboxes", s.mailboxes);
        json_int(&w, "messages", s.messages);
        json_int(&w, "segments", s.segments);
        json_int(&w, "bytes", s.bytes);
        json_int(&w, "waiting", waiting);
        json_close(&w, '}');
        cli_print_json(call, &document);
        return CLI_DONE;
    }
    g_autofree char *size = cli_size_text(s.bytes);
    cli_print(call,
              "mailboxes: %" G_GINT64_FORMAT "\nmessages: %" G_GINT64_FORMAT
              "\nsegments: %" G_GINT64_FORMAT "\nfile: %s\nmailboxes with messages that are still "
              "read at each search: %" G_GINT64_FORMAT "\n",
              s.mailboxes, s.messages, s.segments, size, waiting);
    return CLI_DONE;
}

static void show_progress(gint64 done, gint64 all, gpointer data) {
    cli_progress(data, done, all);
}

static int update(CliCall *call) {
    g_autoptr(GError) error = NULL;
    SearchStatus s;
    if (!indexer_run(call->instance->store, call->instance->search, show_progress, call, &error) ||
        !search_status(call->instance->search, &s, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%" G_GINT64_FORMAT " messages of %" G_GINT64_FORMAT " mailboxes are indexed\n",
              s.messages, s.mailboxes);
    return CLI_DONE;
}

int cli_index_update(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    return call->instance->search == NULL ? no_index(call) : update(call);
}

int cli_index_rebuild(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    if (call->instance->search == NULL)
        return no_index(call);
    if (!search_reset(call->instance->search, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return update(call);
}
