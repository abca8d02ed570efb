/* audit list | search | export | verify: the trail of administrative acts. */
#include "cli/cli.h"

#include "admin/trail.h"
#include "admin/view.h"
#include "base/bytes.h"

enum { DEFAULT_LIMIT = 50, MOST = 1000000, LISTING_MAXIMUM = 256 * 1024 * 1024 };

static gboolean from_hex(const char *text, guint8 *hash) {
    if (strlen(text) != (gsize)2 * CRYPTO_DIGEST_BYTES)
        return FALSE;
    for (guint i = 0; i < CRYPTO_DIGEST_BYTES; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return FALSE;
        hash[i] = (guint8)(high << 4 | low);
    }
    return TRUE;
}

typedef struct {
    CliCall *call;
    JsonWriter w;
} Listing;

static gboolean list_record(const AuditRecord *r, gpointer data) {
    Listing *listing = data;
    if (listing->call->json) {
        admin_write_act(&listing->w, r);
        return TRUE;
    }
    g_autofree char *time = cli_time(r->time);
    cli_print(listing->call, "%" G_GINT64_FORMAT "\t%s\t%s\t%s\t%s\t%s\n", r->seq, time, r->by.who,
              r->change.act, r->change.subject, *r->by.ground == '\0' ? "-" : r->by.ground);
    if (r->change.before != NULL)
        cli_print(listing->call, "\tbefore %s\n", r->change.before);
    if (r->change.after != NULL)
        cli_print(listing->call, "\tafter  %s\n", r->change.after);
    return TRUE;
}

int cli_audit_list(CliCall *call) {
    char *subject = NULL, *limit_text = NULL;
    const CliOption options[] = {
        {"subject", &subject, NULL, "only acts upon this address, or stop (TB-3)", FALSE},
        {"limit", &limit_text, NULL, "how many, the newest first", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    guint64 limit = DEFAULT_LIMIT;
    if (limit_text != NULL &&
        (!bytes_parse_u64(bytes_of_string(limit_text), &limit) || limit == 0 || limit > MOST)) {
        g_string_append_printf(
            call->err, "congvu: --limit phải là một số từ 1 đến %d; it must be from 1 to %d\n",
            MOST, MOST);
        return CLI_USAGE;
    }
    g_autofree char *whole = NULL;
    /* Addresses have no capitals; "TB-3" and the like are no addresses. */
    if (subject != NULL && strchr(subject, '@') == NULL && !g_ascii_isupper(*subject))
        whole = g_strdup_printf("%s@%s", subject, call->instance->config->domain);
    const char *wanted = whole == NULL ? subject : whole;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->admin, &error);
    gboolean ok =
        conn != NULL && audit_each(conn, wanted, (guint)limit, list_record, &listing, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- Searching, taking out ---- */

typedef struct {
    AuditFilter filter;
    char *subject, *who, *act, *text, *since, *until;
} Wanted;

#define WANTED_OPTIONS(w)                                                                          \
    {"subject", &(w).subject, NULL, "only acts upon this address, or stop (TB-3)", FALSE},         \
        {"who", &(w).who, NULL, "only acts of this person", FALSE},                                \
        {"act", &(w).act, NULL, "only acts whose name begins so: account., secret.", FALSE},       \
        {"since", &(w).since, NULL, "from this day or hour on", FALSE}, {                          \
        "until", &(w).until, NULL, "to the end of this day, or to this hour", FALSE                \
    }

static gboolean take_wanted(CliCall *call, Wanted *w) {
    w->filter.subject = w->subject;
    w->filter.who = w->who;
    w->filter.act = w->act;
    w->filter.text = w->text;
    return (w->since == NULL || cli_moment(call, "--since", w->since, FALSE, &w->filter.since)) &&
           (w->until == NULL || cli_moment(call, "--until", w->until, TRUE, &w->filter.until));
}

int cli_audit_search(CliCall *call) {
    Wanted w = {.filter = {.limit = MOST}};
    const CliOption options[] = {
        WANTED_OPTIONS(w),
        {"text", &w.text, NULL, "only those with this in ground, before or after", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (!take_wanted(call, &w))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    Listing listing = {.call = call, .w = json_writer(&document)};
    json_open(&listing.w, NULL, '[');
    DbConn *conn = db_read_begin(call->instance->admin, &error);
    gboolean ok = conn != NULL && audit_search(conn, &w.filter, list_record, &listing, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&listing.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_audit_export(CliCall *call) {
    Wanted w = {0};
    char *to = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"to", &to, NULL, "file, one JSON document a line; -: standard output", TRUE},
        WANTED_OPTIONS(w),
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 0, 0, &status) || !cli_act(call, &ground, TRUE, &act, &status))
        return status;
    if (!take_wanted(call, &w))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    gint64 records;
    g_autoptr(GBytes) file =
        trail_export(call->instance->admin, &w.filter, &act, LISTING_MAXIMUM, &records, &error);
    if (file == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_give(call, NULL, TRUE, file);
    if (!g_str_equal(to, "-"))
        cli_print(call, "%" G_GINT64_FORMAT " records\n", records);
    return CLI_DONE;
}

/* ---- Verifying ---- */

static void show_progress(gint64 done, gint64 all, gpointer data) {
    cli_progress(data, done, all);
}

int cli_audit_verify(CliCall *call) {
    char *known = NULL;
    const CliOption options[] = {
        {"known", &known, NULL, "NUMBER:HASH that an earlier run printed, kept elsewhere", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    guint64 seq = 0;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    if (known != NULL) {
        const char *colon = strchr(known, ':');
        if (colon == NULL || !bytes_parse_u64(bytes_of(known, (gsize)(colon - known)), &seq) ||
            seq == 0 || seq > G_MAXINT64 || !from_hex(colon + 1, hash)) {
            g_string_append(
                call->err,
                "congvu: --known nhận đúng dòng mà `audit verify` đã in; it takes a number,"
                " a colon and 64 hexadecimal digits\n");
            return CLI_USAGE;
        }
    }
    g_autoptr(GError) error = NULL;
    AuditState state = {0};
    DbConn *conn = db_read_begin(call->instance->admin, &error);
    gboolean ok = conn != NULL && audit_verify(conn, (gint64)seq, seq == 0 ? NULL : hash, &state,
                                               show_progress, call, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    g_autofree char *head = audit_hash_text(state.head);
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, 4096);
        JsonWriter w = json_writer(&document);
        json_open(&w, NULL, '{');
        json_int(&w, "records", state.records);
        json_text(&w, "head", head);
        if (state.broken == 0)
            json_put_null(&w, "broken");
        else
            json_int(&w, "broken", state.broken);
        json_close(&w, '}');
        cli_print_json(call, &document);
    } else if (state.broken == 0) {
        cli_print(call,
                  "the trail is whole: %" G_GINT64_FORMAT " records\n%" G_GINT64_FORMAT ":%s\n",
                  state.records, state.records, head);
    }
    if (state.broken == 0)
        return CLI_DONE;
    g_string_append_printf(call->err,
                           "congvu: nhật ký hệ thống đã bị sửa; the audit trail was tampered with: "
                           "record %" G_GINT64_FORMAT " does not fit the records before it\n",
                           state.broken);
    return CLI_REFUSED;
}
