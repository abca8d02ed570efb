/* trace: what happened to a message, from its reception to the mailboxes and queue entries that it
 * became. Looked up by the number of the reception (what SMTP said in its 250), by Message-ID, or
 * by an address that sent or received it. */
#include "cli/cli.h"

enum { DEFAULT_LIMIT = 20, MOST = 10000 };

typedef struct {
    CliCall *call;
    JsonWriter w;
    guint found;
} Listing;

static void print_outcome(CliCall *call, const char *outcome) {
    g_auto(GStrv) lines = g_strsplit(outcome, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            cli_print(call, "    -> %s\n", *line);
}

static void list_intake(gint64 id, const StoreIntake *intake, gpointer data) {
    Listing *listing = data;
    listing->found++;
    if (!listing->call->json) {
        g_autofree char *received = cli_time(intake->received);
        cli_print(listing->call,
                  "%" G_GINT64_FORMAT "  %s  %s session %s  from <%s>  %" G_GUINT64_FORMAT
                  " bytes  Message-ID %s\n",
                  id, received, intake->door, intake->session, intake->sender, intake->size,
                  intake->message_id == NULL ? "-" : intake->message_id);
        print_outcome(listing->call, intake->outcome);
        return;
    }
    JsonWriter *w = &listing->w;
    json_open(w, NULL, '{');
    json_int(w, "id", id);
    json_int(w, "received", intake->received);
    json_text(w, "door", intake->door);
    json_text(w, "session", intake->session);
    json_text(w, "sender", intake->sender);
    json_text(w, "recipients", intake->recipients);
    json_text(w, "message_id", intake->message_id);
    json_int(w, "size", (gint64)intake->size);
    json_int(w, "submitter", intake->submitter);
    json_text(w, "outcome", intake->outcome);
    json_close(w, '}');
}

int cli_trace(CliCall *call) {
    char *limit_text = NULL;
    const CliOption options[] = {
        {"limit", &limit_text, NULL, "how many, the newest first", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    guint64 limit = DEFAULT_LIMIT;
    if (limit_text != NULL &&
        (!bytes_parse_u64(bytes_of_string(limit_text), &limit) || limit == 0 || limit > MOST)) {
        g_string_append_printf(call->err, "congvu: --limit must be a number from 1 to %d\n", MOST);
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 256 * 1024 * 1024);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    gboolean ok = conn != NULL && store_intake_find(call->instance->store, conn, call->arguments[0],
                                                    (guint)limit, list_intake, &listing, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    if (listing.found == 0)
        return cli_refuse(call, g_error_new(CV_ERROR, CV_ERROR_NOT_FOUND,
                                            "no reception is recorded for \"%s\"; refused messages "
                                            "are in the log only",
                                            call->arguments[0]));
    return CLI_DONE;
}
