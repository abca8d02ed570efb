#include "secret/guard.h"

#include "audit/audit.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "directory/transact.h"

enum { RECORD_BYTES = 1024 };

#define NAME "congvu_secrets_total"
#define HELP "Messages with the stamp of a state secret, by what became of them"
METRIC_COUNTER(refused_total, NAME "{result=\"refused\"}", HELP);
METRIC_COUNTER(seen_total, NAME "{result=\"seen\"}", HELP);
METRIC_COUNTER(frozen_total, NAME "{result=\"frozen\"}", HELP);

void secret_count_frozen(void) {
    metric_add(&frozen_total, 1);
}

/* Without seal.key there is no hash: the refusal does not wait for it. */
static void write_hash(JsonWriter *w, Directory *directory, Bytes message) {
    guint8 hash[CRYPTO_DIGEST_BYTES];
    if (!directory_keyed_hash(directory, "secret", message, hash, NULL))
        return;
    g_autoptr(GString) hex = g_string_new(NULL);
    for (guint i = 0; i < sizeof hash; i++)
        g_string_append_printf(hex, "%02x", hash[i]);
    json_text(w, "hash", hex->str);
}

char *secret_record(Directory *directory, const SecretMail *mail, const SecretFound *found) {
    g_auto(Buffer) out;
    buffer_init(&out, RECORD_BYTES);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "rule", "secret");
    json_text(&w, "door", mail->door);
    json_text(&w, "place", secret_place_name(found->place));
    write_hash(&w, directory, mail->message);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

typedef struct {
    const char *act, *address, *after, *article;
} Entry;

static gboolean append(DbConn *conn, gpointer data, GError **error) {
    const Entry *entry = data;
    AuditAct by = {"congvu", entry->article};
    AuditChange change = {entry->act, entry->address, NULL, entry->after};
    return audit_append(conn, &by, &change, NULL, error);
}

static gboolean put_on_record(Directory *directory, const SecretMail *mail,
                              const SecretFound *found, const Verdict *verdict, gboolean refused,
                              GError **error) {
    g_autoptr(DirectoryAccount) account = directory_account(directory, mail->account, error);
    if (account == NULL)
        return FALSE;
    g_autofree char *after = secret_record(directory, mail, found);
    Entry entry = {refused ? "secret.refused" : "secret.seen", account->address, after,
                   verdict->article};
    return db_write(directory_db(directory), append, &entry, error);
}

gboolean secret_guard(Directory *directory, const Regulation *regulation, const SecretMail *mail,
                      Verdict **refusal, GError **error) {
    *refusal = NULL;
    SecretFound found = secret_scan(regulation, mail->message, mail->structure, mail->header_bytes);
    if (found.place == SECRET_NOWHERE)
        return TRUE;
    g_autoptr(Verdict) verdict =
        regulation_refuse_secret(regulation, found.stamp, secret_place_words(found.place, FALSE),
                                 secret_place_words(found.place, TRUE));
    gboolean refused = regulation_figure(regulation, FIGURE_SECRET_REFUSE) != 0;
    if (!put_on_record(directory, mail, &found, verdict, refused, error))
        return FALSE;
    metric_add(refused ? &refused_total : &seen_total, 1);
    log_event(LOG_LEVEL_WARNING, refused ? "secret.refused" : "secret.seen", "door", mail->door,
              "account", log_number(mail->account), NULL);
    if (refused)
        *refusal = g_steal_pointer(&verdict);
    return TRUE;
}
