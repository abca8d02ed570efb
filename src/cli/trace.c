/* trace: what happened to a message, from its reception to the mailboxes and queue entries that it
 * became. Looked up by the number of the reception (what SMTP said in its 250), by Message-ID, by
 * an address that sent or received it, by the queue's number, the log's session, or time. */
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

/* What the command line asks for. */
typedef struct {
    char *session, *queue, *since, *until, *limit;
    guint64 most;
    gboolean plain; /* only the argument: found by its index */
    StoreIntakeFilter filter;
} Wanted;

static gboolean take_number(CliCall *call, const char *option, const char *text, guint64 most,
                            guint64 *number) {
    if (bytes_parse_u64(bytes_of_string(text), number) && *number > 0 && *number <= most)
        return TRUE;
    g_string_append_printf(call->err,
                           "congvu: %s phải là một số từ 1; %s must be a number from 1 to "
                           "%" G_GUINT64_FORMAT "\n",
                           option, option, most);
    return FALSE;
}

static gboolean take_wanted(CliCall *call, Wanted *wanted) {
    StoreIntakeFilter *filter = &wanted->filter;
    guint64 entry = 0;
    filter->address = call->arguments[0];
    filter->session = wanted->session;
    wanted->most = DEFAULT_LIMIT;
    if ((wanted->limit != NULL &&
         !take_number(call, "--limit", wanted->limit, MOST, &wanted->most)) ||
        (wanted->queue != NULL &&
         !take_number(call, "--queue", wanted->queue, G_MAXINT64, &entry)) ||
        (wanted->since != NULL &&
         !cli_moment(call, "--since", wanted->since, FALSE, &filter->since)) ||
        (wanted->until != NULL &&
         !cli_moment(call, "--until", wanted->until, TRUE, &filter->until)))
        return FALSE;
    filter->entry = (gint64)entry;
    wanted->plain =
        wanted->session == NULL && entry == 0 && wanted->since == NULL && wanted->until == NULL;
    if (!wanted->plain || filter->address != NULL)
        return TRUE;
    g_string_append(call->err,
                    "congvu: tìm thư nào? give a number, a Message-ID or an address, or --queue, "
                    "--session, --since, --until\n");
    return FALSE;
}

/* "<id@host>" as the record has it. */
static char *bare_of(const char *text) {
    gsize n = strlen(text);
    return n > 2 && text[0] == '<' && text[n - 1] == '>' ? g_strndup(text + 1, n - 2)
                                                         : g_strdup(text);
}

int cli_trace(CliCall *call) {
    Wanted wanted = {0};
    const CliOption options[] = {
        {"queue", &wanted.queue, NULL, "number of an entry of the queue, gone ones too", FALSE},
        {"session", &wanted.session, NULL, "the session as the log has it", FALSE},
        {"since", &wanted.since, NULL, "YYYY-MM-DD [hh:mm], Vietnam's time", FALSE},
        {"until", &wanted.until, NULL, "the same; a day counts whole", FALSE},
        {"limit", &wanted.limit, NULL, "how many, the newest first", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 1, &status))
        return status;
    if (!take_wanted(call, &wanted))
        return CLI_USAGE;
    const char *what = call->arguments[0];
    g_autofree char *bare = what == NULL ? NULL : bare_of(what);
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 256 * 1024 * 1024);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    listing.conn = conn;
    wanted.filter.address = bare;
    gboolean ok =
        conn != NULL &&
        (wanted.plain ? store_intake_find(call->instance->store, conn, what, (guint)wanted.most,
                                          list_intake, &listing, &error)
                      : store_intake_search(conn, &wanted.filter, (guint)wanted.most, list_intake,
                                            &listing, &error));
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
                                            "không thấy thư nào được tiếp nhận; no reception is "
                                            "recorded%s%s%s; refused messages are in the log only",
                                            what == NULL ? "" : " for \"", what == NULL ? "" : what,
                                            what == NULL ? "" : "\""));
    return CLI_DONE;
}
