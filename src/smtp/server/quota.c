/* Quota at RCPT: whether one more message of the announced size fits.
 *
 * Until the grace time has passed since the account was first found full the answer is temporary:
 * the sender's server keeps the message and tries again, and the official has time to make room.
 * When an account became full is remembered in memory only; a restart begins the grace time anew,
 * which errs on the side of keeping mail. */
#include "base/clock.h"
#include "base/log.h"
#include "smtp/server/session.h"

static GMutex full_lock;
static GHashTable *full_since; /* gint64 account → gint64 wall clock; full_lock */

static gboolean grace_is_over(gint64 account, gint64 grace) {
    gint64 now = clock_now();
    g_mutex_lock(&full_lock);
    if (full_since == NULL)
        full_since = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    const gint64 *since = g_hash_table_lookup(full_since, &account);
    gboolean over = since != NULL && now - *since > grace;
    if (since == NULL)
        g_hash_table_insert(full_since, g_memdup2(&account, sizeof account),
                            g_memdup2(&now, sizeof now));
    g_mutex_unlock(&full_lock);
    return over;
}

static void forget_full(gint64 account) {
    g_mutex_lock(&full_lock);
    if (full_since != NULL && g_hash_table_size(full_since) > 0)
        g_hash_table_remove(full_since, &account);
    g_mutex_unlock(&full_lock);
}

int smtp_quota_check(SmtpSession *session, gint64 account, guint64 size, const char **text) {
    Store *store = session->service->store;
    g_autoptr(GError) error = NULL;
    StoreAccount found = {0};
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), &error);
    if (conn == NULL || !store_account_get(store, conn, account, &found, &error)) {
        log_event(LOG_LEVEL_ERROR, "smtp.quota-unknown", "session", net_session_id(session->net),
                  "account", log_number(account), "error", error->message, NULL);
        *text = "4.3.0 The mailbox cannot be looked up, please try again later";
        return 451;
    }
    guint64 free_bytes =
        found.quota_used < found.quota_limit ? (guint64)(found.quota_limit - found.quota_used) : 0;
    if (found.quota_limit == 0 || (free_bytes > 0 && size <= free_bytes)) {
        forget_full(account);
        return 0;
    }
    gboolean over = grace_is_over(account, session->service->options.quota_grace);
    *text =
        over ? "5.2.2 Hộp thư đã đầy / Mailbox is full" : "4.2.2 Hộp thư đã đầy / Mailbox is full";
    return over ? 552 : 452;
}
