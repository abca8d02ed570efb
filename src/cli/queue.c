/* queue list | show | retry | hold | drop: mail that waits for other domains. */
#include "cli/cli.h"

static const char *state_name(QueueState state) {
    static const char *const names[] = {"waiting", "held", "sending"};
    return names[state];
}

static void write_entry(JsonWriter *w, const QueueEntry *e) {
    json_open(w, NULL, '{');
    json_int(w, "id", e->id);
    json_text(w, "state", state_name(e->state));
    json_text(w, "sender", e->sender);
    json_text(w, "domain", e->domain);
    json_text(w, "recipients", e->recipients);
    json_text(w, "dsn", e->dsn);
    json_text(w, "body", e->body);
    json_bool(w, "smtputf8", e->smtputf8);
    json_int(w, "size", (gint64)e->size);
    json_int(w, "account", e->account);
    json_int(w, "intake", e->intake);
    json_int(w, "received", e->received);
    json_int(w, "next", e->next);
    json_int(w, "attempts", e->attempts);
    json_text(w, "last_answer", e->last_answer);
    json_close(w, '}');
}

typedef struct {
    CliCall *call;
    JsonWriter w;
    gboolean whole;
} Listing;

static gboolean list_entry(const QueueEntry *e, gpointer data) {
    Listing *listing = data;
    if (listing->call->json) {
        write_entry(&listing->w, e);
        return TRUE;
    }
    g_autofree char *received = cli_time(e->received);
    g_autofree char *recipients = g_strdelimit(g_strdup(e->recipients), "\n", ' ');
    cli_print(listing->call, "%" G_GINT64_FORMAT "\t%s\t%s\t%" G_GUINT64_FORMAT "\t<%s>\t%s\n",
              e->id, state_name(e->state), received, e->size, e->sender, recipients);
    if (listing->whole) {
        g_autofree char *next = cli_time(e->next);
        cli_print(listing->call,
                  "destination: %s\nreceived as: %" G_GINT64_FORMAT
                  "\nattempts: %u, next: %s\nlast answer: %s\nDSN: %s\n",
                  e->domain, e->intake, e->attempts, next,
                  *e->last_answer == '\0' ? "-" : e->last_answer, *e->dsn == '\0' ? "-" : e->dsn);
    }
    return TRUE;
}

int cli_queue_list(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 256 * 1024 * 1024);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    gboolean ok = conn != NULL && queue_each(conn, list_entry, &listing, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

static gboolean take_number(CliCall *call, gint64 *id) {
    guint64 number;
    if (!bytes_parse_u64(bytes_of_string(call->arguments[0]), &number) || number > G_MAXINT64) {
        g_string_append_printf(
            call->err,
            "congvu: \"%s\" không phải một số của hàng đợi; it is not a number of the queue\n",
            call->arguments[0]);
        return FALSE;
    }
    *id = (gint64)number;
    return TRUE;
}

int cli_queue_show(CliCall *call) {
    int status;
    gint64 id;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    if (!take_number(call, &id))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, 16 * 1024 * 1024);
    Listing listing = {.call = call, .w = json_writer(&document), .whole = TRUE};
    DbConn *conn = db_read_begin(call->instance->mail, &error);
    gboolean ok = conn != NULL && queue_get(conn, id, list_entry, &listing, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

static int finish(CliCall *call, gboolean ok, GError *error, const char *done, const char *act) {
    g_autofree char *subject = g_strdup_printf("queue %s", call->arguments[0]);
    if (!ok || !cli_record(call, act, subject, NULL, NULL, &error))
        return cli_refuse(call, error);
    cli_print(call, "%s %s\n", done, call->arguments[0]);
    return CLI_DONE;
}

int cli_queue_retry(CliCall *call) {
    int status;
    gint64 id;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    if (!take_number(call, &id))
        return CLI_USAGE;
    GError *error = NULL;
    gboolean ok = queue_retry(call->instance->mail, id, &error);
    return finish(call, ok, error, "due now:", "queue.retry");
}

int cli_queue_hold(CliCall *call) {
    gboolean release = FALSE;
    char *why = NULL;
    const CliOption options[] = {
        {"release", NULL, &release, "let it go on", FALSE},
        {"why", &why, NULL, "kept with the entry", FALSE},
        {NULL},
    };
    int status;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!take_number(call, &id))
        return CLI_USAGE;
    GError *error = NULL;
    gboolean ok = queue_hold(call->instance->mail, id, !release, why, &error);
    return finish(call, ok, error, release ? "released" : "held",
                  release ? "queue.release" : "queue.hold");
}

int cli_queue_drop(CliCall *call) {
    int status;
    gint64 id;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    if (!take_number(call, &id))
        return CLI_USAGE;
    GError *error = NULL;
    gboolean ok = queue_drop(call->instance->mail, id, &error);
    return finish(call, ok, error, "dropped", "queue.drop");
}
