/* directory publish | except: the public address book [Điều 11.1]. */
#include "cli/cli.h"

#include "base/clock.h"
#include "casework/publish.h"
#include "directory/publication.h"

enum { LISTING_MAXIMUM = 16 * 1024 * 1024 };

int cli_directory_publish(CliCall *call) {
    char *to = NULL, *unit = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"to", &to, NULL, "folder for the files", TRUE},
        {"unit", &unit, NULL, "only this unit and those below it", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 0, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Publication) made =
        publish_directory(directory, regulation, unit, clock_now(), &error);
    if (made == NULL || !directory_published(directory, made->unit, made->entries, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    for (guint i = 0; i < made->files->len; i++) {
        const PublishFile *file = made->files->pdata[i];
        cli_give(call, file->name, FALSE, file->content);
    }
    if (!call->json) {
        cli_print(call, "%s: %u địa chỉ của %u đơn vị, %u tệp\n", to, made->entries, made->units,
                  made->files->len);
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_int(&w, "entries", made->entries);
    json_int(&w, "units", made->units);
    json_int(&w, "files", made->files->len);
    json_close(&w, '}');
    cli_print_json(call, &document);
    return CLI_DONE;
}

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static void list_exception(const DirectoryException *exception, gpointer data) {
    Listing *listing = data;
    g_autofree char *since = cli_time(exception->since);
    if (!listing->call->json) {
        cli_print(listing->call, "%s\t%s\t%s\t%s\n", exception->address, exception->name,
                  exception->document, since);
        return;
    }
    json_open(&listing->w, NULL, '{');
    json_text(&listing->w, "address", exception->address);
    json_text(&listing->w, "name", exception->name);
    json_text(&listing->w, "document", exception->document);
    json_text(&listing->w, "since", since);
    json_close(&listing->w, '}');
}

static int list_exceptions(CliCall *call) {
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    if (!directory_exception_each(call->instance->directory, list_exception, &listing, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_directory_except(CliCall *call) {
    char *document = NULL;
    gboolean end = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"document", &document, NULL, "number and date of the head's decision", FALSE},
        {"end", NULL, &end, "publish it again", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    if (call->arguments[0] == NULL && document == NULL && !end)
        return list_exceptions(call);
    if (call->arguments[0] == NULL || (document == NULL) == !end) {
        g_string_append(call->err, "congvu: nêu địa chỉ với --document hoặc --end; give an address "
                                   "with --document and the "
                                   "decision, or --end\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    if (!directory_except(call->instance->directory, call->arguments[0], document, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call,
              end ? "%s được công khai từ lần công khai sau\n"
                  : "%s không công khai từ lần công khai sau\n",
              call->arguments[0]);
    return CLI_DONE;
}
