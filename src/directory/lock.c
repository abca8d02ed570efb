/* Locking with its cause: one act with everything that follows from it [Điều 4.2.c]. */
#include "directory/activity.h"
#include "directory/internal.h"

static const char *const cause_names[LOCK_CAUSES] = {"request", "idle", "takeover", "forbidden"};

gboolean directory_lock_cause_find(const char *name, DirectoryLockCause *cause) {
    for (int i = 0; i < LOCK_CAUSES; i++) {
        if (!g_str_equal(name, cause_names[i]))
            continue;
        *cause = (DirectoryLockCause)i;
        return TRUE;
    }
    return FALSE;
}

typedef struct {
    Directory *directory;
    const DirectoryLock *lock;
    AuditAct act;
    const char *after;
} Locking;

static char *json_of(const DirectoryLock *lock, const Verdict *ground) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "state", directory_state_name(DIRECTORY_LOCKED));
    json_text(&w, "cause", cause_names[lock->cause]);
    if (ground != NULL) {
        json_text(&w, "rule", ground->rule);
        json_text(&w, "article", ground->article);
    }
    if (lock->clause != NULL)
        json_text(&w, "clause", lock->clause);
    if (lock->law != NULL)
        json_text(&w, "law", lock->law);
    if (lock->evidence != NULL)
        json_text(&w, "evidence", lock->evidence);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

/* Whoever took the account over knows its password. */
static gboolean take_password(DbConn *conn, const Locking *l, GError **error) {
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(l->directory, conn, l->lock->address, error);
    if (account == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "DELETE FROM credential WHERE account = ?");
    db_bind(stmt, "i", account->id);
    return db_run(stmt, error);
}

static gboolean lock_account(DbConn *conn, gpointer data, GError **error) {
    const Locking *l = data;
    return directory_state_put(l->directory, conn, l->lock->address, DIRECTORY_LOCKED, l->after,
                               &l->act, error) &&
           (l->lock->cause != LOCK_TAKEOVER || take_password(conn, l, error));
}

typedef struct {
    const Regulation *regulation;
    CalendarDay today;
    Verdict *verdict;
} Idle;

static gboolean judge_idle(const DirectoryIdleRow *row, gpointer data) {
    Idle *idle = data;
    CalendarDay warned = row->warned == 0 ? CALENDAR_NONE : calendar_day_of(row->warned);
    idle->verdict =
        regulation_lock_idle(idle->regulation, &row->judgement, row->reason, warned, idle->today);
    return FALSE;
}

/* NULL: *error is set, or the account is none that can be idle, which the lock itself tells. */
static Verdict *idle_ground(Directory *d, const Regulation *regulation, const DirectoryLock *lock,
                            GError **error) {
    Idle idle = {regulation, calendar_day_of(clock_now()), NULL};
    DirectoryIdleFilter filter = {.address = lock->address, .today = idle.today};
    if (directory_activity_write(d, error))
        directory_idle_each(d, regulation, &filter, judge_idle, &idle, error);
    return idle.verdict;
}

/* NULL without an error: a request needs none. */
static Verdict *ground_of(Directory *d, const Regulation *regulation, const DirectoryLock *lock,
                          GError **error) {
    switch (lock->cause) {
    case LOCK_IDLE:
        return idle_ground(d, regulation, lock, error);
    case LOCK_TAKEOVER:
        return regulation_lock_takeover(regulation, lock->evidence);
    case LOCK_FORBIDDEN:
        return regulation_lock_forbidden(regulation, lock->clause, lock->law, lock->evidence);
    default:
        return NULL;
    }
}

/* Locks by what was judged: in the transaction conn, or (NULL) in one of its own. Takes ground. */
static gboolean lock_on(Directory *d, DbConn *conn, const DirectoryLock *lock, Verdict *judged,
                        const AuditAct *act, GError **error) {
    g_autoptr(Verdict) ground = judged;
    if (ground != NULL && !ground->allowed)
        return verdict_fail(ground, error);
    g_autofree char *after = json_of(lock, ground);
    g_autofree char *why = NULL;
    if (ground != NULL)
        why = *act->ground == '\0' ? g_strdup(ground->text_vi)
                                   : g_strdup_printf("%s; %s", ground->text_vi, act->ground);
    Locking l = {d, lock, {act->who, why == NULL ? act->ground : why}, after};
    return conn == NULL ? db_write(d->db, lock_account, &l, error) : lock_account(conn, &l, error);
}

gboolean directory_account_lock(Directory *d, const Regulation *regulation,
                                const DirectoryLock *lock, const AuditAct *act, GError **error) {
    g_autoptr(GError) failure = NULL;
    Verdict *ground = ground_of(d, regulation, lock, &failure);
    if (failure != NULL) {
        verdict_free(ground);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return lock_on(d, NULL, lock, ground, act, error);
}

gboolean directory_account_lock_in(Directory *d, DbConn *conn, const Regulation *regulation,
                                   const DirectoryLock *lock, const AuditAct *act, GError **error) {
    g_return_val_if_fail(lock->cause != LOCK_IDLE, FALSE); /* which reads for itself */
    return lock_on(d, conn, lock, ground_of(d, regulation, lock, NULL), act, error);
}
