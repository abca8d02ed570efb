/* Who is told when a mailbox changes, and who saw a message first.
 *
 * A watch is registered in memory only. The writer thread tells after the commit and while it holds
 * watch_lock, so that store_unwatch, which takes the lock too, returns only when no call is under
 * way. Whether anybody watches is asked at that moment and not while the change is made: a session
 * that registers in between and then looks must not miss it. */
#include "store/internal.h"

struct StoreWatch {
    gint64 mailbox;
    StoreNotify notify;
    gpointer data;
    gboolean keeps; /* expunged messages readable */
    StoreWatch *next;
};

struct StoreAccountWatch {
    gint64 account;
    StoreAccountNotify notify;
    gpointer data;
    StoreAccountWatch *next;
};

typedef struct {
    gint64 mailbox;
    guint32 next; /* UIDs from here on were claimed by nobody */
} RecentClaim;

void store_watch_init(Store *store) {
    g_mutex_init(&store->watch_lock);
    store->watches = g_hash_table_new(g_int64_hash, g_int64_equal);
    store->account_watches = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_mutex_init(&store->recent_lock);
    g_cond_init(&store->recent_idle);
    store->recent = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

void store_watch_clear(Store *store) {
    g_mutex_lock(&store->recent_lock);
    while (store->recent_writes > 0)
        g_cond_wait(&store->recent_idle, &store->recent_lock);
    g_mutex_unlock(&store->recent_lock);
    g_cond_clear(&store->recent_idle);
    g_hash_table_unref(store->watches);
    g_hash_table_unref(store->account_watches);
    g_mutex_clear(&store->watch_lock);
    g_hash_table_unref(store->recent);
    g_mutex_clear(&store->recent_lock);
}

static StoreWatch *add(Store *store, gint64 mailbox, StoreNotify notify, gpointer data,
                       gboolean keeps) {
    StoreWatch *watch = g_new0(StoreWatch, 1);
    *watch = (StoreWatch){.mailbox = mailbox, .notify = notify, .data = data, .keeps = keeps};
    g_mutex_lock(&store->watch_lock);
    StoreWatch *first = g_hash_table_lookup(store->watches, &mailbox);
    if (first != NULL) {
        watch->next = first->next;
        first->next = watch;
    } else {
        g_hash_table_insert(store->watches, &watch->mailbox, watch);
    }
    g_mutex_unlock(&store->watch_lock);
    return watch;
}

StoreWatch *store_watch(Store *store, gint64 mailbox, StoreNotify notify, gpointer data) {
    return add(store, mailbox, notify, data, TRUE);
}

StoreWatch *store_follow(Store *store, gint64 mailbox, StoreNotify notify, gpointer data) {
    return add(store, mailbox, notify, data, FALSE);
}

void store_unwatch(Store *store, StoreWatch *watch) {
    if (watch == NULL)
        return;
    g_mutex_lock(&store->watch_lock);
    StoreWatch *first = g_hash_table_lookup(store->watches, &watch->mailbox);
    if (first == watch) { /* the key lies in it */
        g_hash_table_remove(store->watches, &watch->mailbox);
        if (watch->next != NULL)
            g_hash_table_insert(store->watches, &watch->next->mailbox, watch->next);
    } else {
        while (first->next != watch)
            first = first->next;
        first->next = watch->next;
    }
    g_mutex_unlock(&store->watch_lock);
    g_free(watch);
}

StoreAccountWatch *store_watch_account(Store *store, gint64 account, StoreAccountNotify notify,
                                       gpointer data) {
    StoreAccountWatch *watch = g_new0(StoreAccountWatch, 1);
    *watch = (StoreAccountWatch){.account = account, .notify = notify, .data = data};
    g_mutex_lock(&store->watch_lock);
    watch->next = g_hash_table_lookup(store->account_watches, &account);
    g_hash_table_replace(store->account_watches, &watch->account, watch);
    g_mutex_unlock(&store->watch_lock);
    return watch;
}

void store_unwatch_account(Store *store, StoreAccountWatch *watch) {
    if (watch == NULL)
        return;
    g_mutex_lock(&store->watch_lock);
    StoreAccountWatch *first = g_hash_table_lookup(store->account_watches, &watch->account);
    if (first != watch) {
        while (first->next != watch)
            first = first->next;
        first->next = watch->next;
    } else if (watch->next != NULL) {
        g_hash_table_replace(store->account_watches, &watch->next->account, watch->next);
    } else {
        g_hash_table_remove(store->account_watches, &watch->account);
    }
    g_mutex_unlock(&store->watch_lock);
    g_free(watch);
}

gboolean store_is_watched(Store *store, gint64 mailbox) {
    g_mutex_lock(&store->watch_lock);
    const StoreWatch *watch = g_hash_table_lookup(store->watches, &mailbox);
    while (watch != NULL && !watch->keeps)
        watch = watch->next;
    g_mutex_unlock(&store->watch_lock);
    return watch != NULL;
}

/* ---- Telling ---- */

typedef struct {
    Store *store;
    gint64 account; /* 0: the mailbox is gone, which its account's list of them tells */
    gint64 mailbox;
    guint64 modseq;
    StoreEvents events;
} News;

static void tell(gpointer data) {
    News *news = data;
    Store *store = news->store;
    g_mutex_lock(&store->watch_lock);
    for (StoreWatch *watch = g_hash_table_lookup(store->watches, &news->mailbox); watch != NULL;
         watch = watch->next)
        watch->notify(news->mailbox, news->modseq, news->events, watch->data);
    for (StoreAccountWatch *watch = g_hash_table_lookup(store->account_watches, &news->account);
         watch != NULL; watch = watch->next)
        watch->notify(news->account, news->modseq, news->events, watch->data);
    if (store->listener != NULL)
        store->listener(news->mailbox, news->modseq, news->events, store->listener_data);
    g_mutex_unlock(&store->watch_lock);
}

void store_listen(Store *store, StoreNotify notify, gpointer data) {
    g_mutex_lock(&store->watch_lock);
    store->listener = notify;
    store->listener_data = data;
    g_mutex_unlock(&store->watch_lock);
}

/* Asked each time: who begins to watch between the change and its commit must be told too. */
static gint64 account_of(DbConn *conn, gint64 mailbox) {
    DbStmt *stmt = db_prepare(conn, "SELECT account FROM mailbox WHERE id = ?");
    db_bind_int(stmt, 1, mailbox);
    gint64 account = db_step(stmt, NULL) == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return account;
}

void store_publish(Store *store, DbConn *conn, gint64 mailbox, guint64 modseq, StoreEvents events) {
    News *news = g_new(News, 1);
    *news = (News){store, account_of(conn, mailbox), mailbox, modseq, events};
    db_after_commit(conn, tell, news, g_free);
}

gboolean store_publish_account(Store *store, DbConn *conn, gint64 account, StoreEvents events,
                               GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, modseq FROM mailbox WHERE account = ?");
    db_bind_int(stmt, 1, account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        store_publish(store, conn, db_column_int(stmt, 0), (guint64)db_column_int(stmt, 1), events);
    return step == DB_DONE;
}

/* ---- \Recent ---- */

/* A message is recent in the first session that was told of it (RFC 3501 2.3.2). A claim holds at
 * once in memory and is written without waiting: after a crash some messages may be recent once
 * more, which harms nobody. */
typedef struct {
    Store *store;
    gint64 mailbox;
    guint32 next;
} RecentWrite;

static gboolean recent_work(DbConn *conn, gpointer data, GError **error) {
    RecentWrite *write = data;
    DbStmt *stmt = db_prepare(conn, "UPDATE mailbox SET recent = ?2 WHERE id = ?1 AND recent < ?2");
    db_bind(stmt, "ii", write->mailbox, (gint64)write->next);
    return db_run(stmt, error);
}

static void recent_done(gpointer data, const GError *error) {
    g_autofree RecentWrite *write = data;
    Store *store = write->store;
    g_mutex_lock(&store->recent_lock);
    RecentClaim *claim = g_hash_table_lookup(store->recent, &write->mailbox);
    if (claim != NULL && error == NULL && claim->next == write->next)
        g_hash_table_remove(store->recent, &write->mailbox);
    if (--store->recent_writes == 0)
        g_cond_signal(&store->recent_idle);
    g_mutex_unlock(&store->recent_lock);
}

static gboolean recent_read(Store *store, gint64 mailbox, guint32 *recent, guint32 *uidnext) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, NULL);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT recent, uidnext FROM mailbox WHERE id = ?");
    db_bind_int(stmt, 1, mailbox);
    gboolean found = db_step(stmt, NULL) == DB_ROW;
    if (found) {
        *recent = (guint32)MIN(db_column_int(stmt, 0), G_MAXUINT32);
        *uidnext = (guint32)MIN(db_column_int(stmt, 1), G_MAXUINT32);
    }
    return found;
}

guint32 store_recent(Store *store, gint64 mailbox, gboolean claim) {
    guint32 recent = G_MAXUINT32, uidnext = 0;
    /* A reader that began before the claim in memory was written could see neither: hold the lock
     * over the reading. No one who holds a reader waits for this lock. */
    g_mutex_lock(&store->recent_lock);
    if (!recent_read(store, mailbox, &recent, &uidnext)) {
        g_mutex_unlock(&store->recent_lock);
        return G_MAXUINT32;
    }
    RecentClaim *held = g_hash_table_lookup(store->recent, &mailbox);
    if (held != NULL)
        recent = MAX(recent, held->next);
    RecentWrite *write = NULL;
    if (claim && uidnext > recent) {
        if (held == NULL) {
            held = g_new0(RecentClaim, 1);
            held->mailbox = mailbox;
            g_hash_table_insert(store->recent, &held->mailbox, held);
        }
        held->next = uidnext;
        store->recent_writes++;
        write = g_new(RecentWrite, 1);
        *write = (RecentWrite){store, mailbox, uidnext};
    }
    g_mutex_unlock(&store->recent_lock);
    if (write != NULL)
        db_submit(store->db, recent_work, recent_done, write);
    return recent;
}
