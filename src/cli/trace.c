/* trace: what happened to a message, from its reception to the mailboxes and queue entries that it
 * became. Looked up by the number of the reception (what SMTP said in its 250), by Message-ID, or
 * by an address that sent or received it. */
#include "cli/cli.h"
#include "queue/result.h"

enum { DEFAULT_LIMIT = 20, MOST = 10000 };

typedef struct {
    CliCall *call;
    JsonWriter w;
    guint found;
    DbConn *conn;
    gboolean broken; /* the queue could not be read */
} Listing;

/* What another server said last, entry by entry: what became final, then what still waits. */

static void show_fate(gint64 entry, gint64 at, const QueueFate *fate, gpointer data) {
    Listing *listing = data;
    const char *remote = *fate->remote == '\0' ? "-" : fate->remote;
    if (!listing->call->json) {
        g_autofree char *when = cli_time(at);
        cli_print(listing->call, "    => %s  %s %s  %s at %s: %s  (queue %" G_GINT64_FORMAT ")\n",
                  when, fate->recipient, queue_action_name(fate->action), fate->status, remote,
                  *fate->answer == '\0' ? "-" : fate->answer, entry);
        return;
    }
    JsonWriter *w = &listing->w;
    json_open(w, NULL, '{');
    json_int(w, "queue", entry);
    json_int(w, "at", at);
    json_text(w, "recipient", fate->recipient);
    json_text(w, "result", queue_action_name(fate->action));
    json_text(w, "status", fate->status);
    json_text(w, "answer", fate->answer);
    json_text(w, "remote", fate->remote);
    json_close(w, '}');
}

static gboolean show_waiting(const QueueEntry *e, gpointer data) {
    Listing *listing = data;
    const char *state = e->state == QUEUE_HELD ? "held" : "waiting";
    g_auto(GStrv) recipients = g_strsplit(e->recipients, "\n", -1);
    for (char **recipient = recipients; *recipient != NULL; recipient++) {
        if (!listing->call->json) {
            g_autofree char *next = cli_time(e->next);
            cli_print(listing->call,
                      "    .. %s %s, attempts %u, next %s: %s  (queue %" G_GINT64_FORMAT ")\n",
                      *recipient, state, e->attempts, next,
                      *e->last_answer == '\0' ? "-" : e->last_answer, e->id);
            continue;
        }
        JsonWriter *w = &listing->w;
        json_open(w, NULL, '{');
        json_int(w, "queue", e->id);
        json_text(w, "recipient", *recipient);
        json_text(w, "result", state);
        json_int(w, "attempts", e->attempts);
        json_int(w, "next", e->next);
        json_text(w, "answer", e->last_answer);
        json_close(w, '}');
    }
    return TRUE;
}

static void show_sending(Listing *listing, gint64 intake) {
    g_autoptr(GError) error = NULL;
    if (!queue_each_fate(listing->conn, intake, show_fate, listing, &error) ||
        !queue_each_of_intake(listing->conn, intake, show_waiting, listing, &error))
        listing->broken = TRUE;
}

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
        show_sending(listing, id);
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
    json_open(w, "sending", '[');
    show_sending(listing, id);
    json_close(w, ']');
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
    listing.conn = conn;
    gboolean ok = conn != NULL && store_intake_find(call->instance->store, conn, call->arguments[0],
                                                    (guint)limit, list_intake, &listing, &error);
    if (ok && listing.broken)
        ok = cv_fail(&error, CV_ERROR_STORAGE, "the queue cannot be read; run doctor");
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
