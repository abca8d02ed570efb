/* One attempt from its begin to its answer. The cheap ways out come first (no room; a success that
 * is remembered); everything else goes to the lane, perhaps after a delay, and is verified there
 * against the stored hash, or against one of nobody, so that an unknown account costs the same. */
#include "auth/internal.h"

#include "base/clock.h"
#include "base/legacy_hash.h"
#include "base/log.h"
#include "base/metrics.h"
#include "text/fold.h"

METRIC_COUNTER(delayed, "congvu_auth_delayed_total", "Attempts that had to wait");

static void *copy_bytes(Bytes bytes) {
    guint8 *copy = g_malloc(bytes.n + 1);
    memcpy(copy, bytes.n == 0 ? (const guint8 *)"" : bytes.p, bytes.n);
    copy[bytes.n] = 0;
    return copy;
}

/* The account behind the name; NULL when there is none. FALSE: the storage failed. */
static gboolean look_up(AuthAttempt *attempt, DirectoryAccount **account) {
    g_autoptr(GError) error = NULL;
    *account = NULL;
    if (directory_login(attempt->auth->directory, bytes_of_string(attempt->name), account,
                        &error) != DIRECTORY_FAILED)
        return TRUE;
    log_event(LOG_LEVEL_ERROR, "auth.storage", "session", attempt->session, "error", error->message,
              NULL);
    return FALSE;
}

/* credential NULL: the password is remembered, so nothing is to be said about it. */
static void settle(AuthAttempt *attempt, DirectoryAccount *account, gboolean right, guint64 changes,
                   const DirectoryCredential *credential) {
    Auth *auth = attempt->auth;
    gint64 now = clock_monotonic();
    AuthResult result = !right                               ? AUTH_FAILED
                        : account->state != DIRECTORY_ACTIVE ? AUTH_LOCKED
                        : credential != NULL                 ? rules_judge(attempt, credential)
                                                             : AUTH_OK;
    if (result == AUTH_LOCKED)
        rules_tell_lock(attempt);
    g_mutex_lock(&auth->lock);
    if (right) {
        guesses_succeeded(auth->guesses, &attempt->key, now);
        lane_release(auth, attempt);
        if (auth->changes == changes && (result == AUTH_OK || result == AUTH_LOCKED))
            remembered_add(auth->remembered, account->id, attempt_password(attempt), now);
    }
    g_mutex_unlock(&auth->lock);
    if (attempt->wanted != NULL && (result == AUTH_OK || result == AUTH_CHANGE)) {
        attempt_change(attempt, account, credential);
    } else if (result == AUTH_OK || result == AUTH_CHANGE) {
        attempt_finish(attempt, result, account);
    } else {
        directory_account_free(account);
        attempt_finish(attempt, result, NULL);
    }
}

static gboolean is_remembered(Auth *auth, gint64 account, Bytes password) {
    g_mutex_lock(&auth->lock);
    gboolean has = remembered_has(auth->remembered, account, password, clock_monotonic());
    g_mutex_unlock(&auth->lock);
    return has;
}

/* ---- Verifying ---- */

/* The password is right and another system made the hash: from now on it is ours. What fails here
 * costs nothing but that the next sign-in does it. */
static void renew_hash(AuthAttempt *attempt, const DirectoryAccount *account, const char *legacy) {
    g_autoptr(GError) error = NULL;
    g_autofree char *hash = directory_password_hash(attempt_password(attempt), &error);
    if (hash != NULL &&
        directory_credential_renew(attempt->auth->directory, account->id, legacy, hash, &error))
        log_event(LOG_LEVEL_INFO, "auth.hash_renewed", "session", attempt->session, "account",
                  account->address, NULL);
    else
        log_event(LOG_LEVEL_ERROR, "auth.storage", "session", attempt->session, "error",
                  error->message, NULL);
}

/* One of another system [legacy_hash.h]; a wrong password costs as much as everywhere else. */
static gboolean verify_legacy(AuthAttempt *attempt, const DirectoryAccount *account,
                              const char *hash) {
    Bytes password = attempt_password(attempt);
    if (legacy_hash_verify(hash, password)) {
        if (attempt->wanted == NULL) /* else another one comes in its place at once */
            renew_hash(attempt, account, hash);
        return TRUE;
    }
    crypto_password_verify(attempt->auth->unknown_hash, password);
    return FALSE;
}

static gboolean verify(AuthAttempt *attempt, const DirectoryAccount *account, const char *hash) {
    if (account != NULL && !g_str_has_prefix(hash, "$argon2id$"))
        return verify_legacy(attempt, account, hash);
    gboolean matches = crypto_password_verify(hash, attempt_password(attempt));
    return matches && account != NULL && !g_str_equal(hash, attempt->auth->unknown_hash);
}

static void verify_attempt(AuthAttempt *attempt) {
    Auth *auth = attempt->auth;
    g_mutex_lock(&auth->lock);
    guint64 changes = auth->changes;
    g_mutex_unlock(&auth->lock);
    DirectoryAccount *account = NULL;
    if (!look_up(attempt, &account)) {
        attempt_fail_busy(attempt);
        return;
    }
    if (account != NULL && attempt->wanted == NULL &&
        is_remembered(auth, account->id, attempt_password(attempt))) {
        settle(attempt, account, TRUE, changes, NULL);
        return;
    }
    g_autoptr(GError) error = NULL;
    g_auto(DirectoryCredential) credential = {0};
    if (account != NULL &&
        !directory_credential_read(auth->directory, account->id, &credential, &error)) {
        directory_account_free(account);
        attempt_fail_busy(attempt);
        return;
    }
    if (credential.hash == NULL) /* nobody's, which costs the same */
        credential.hash = g_strdup(auth->unknown_hash);
    gboolean right = verify(attempt, account, credential.hash);
    settle(attempt, account, right, changes, &credential);
}

void attempt_run(AuthAttempt *attempt) {
    if (attempt->work == NULL) {
        verify_attempt(attempt);
        return;
    }
    attempt->work(attempt->work_data);
    attempt_finish(attempt, AUTH_OK, NULL);
}

/* ---- Begin and end ---- */

/* One account is guessed at under one name: capitals, quotation marks, aliases and a missing domain
 * would else give a guesser as many fresh starts as there are spellings. */
static GuessKey account_key(AuthAttempt *attempt) {
    g_autoptr(DirectoryAccount) account = NULL;
    const char *name = attempt->name;
    if (look_up(attempt, &account) && account != NULL)
        name = account->address;
    return guesses_key(attempt->auth->guesses, bytes_of_string(name), attempt->peer);
}

static AuthAttempt *attempt_new(Auth *auth, Bytes name, Bytes password, const char *peer,
                                const char *door, const char *session) {
    AuthAttempt *attempt = g_new0(AuthAttempt, 1);
    attempt->references = 1;
    attempt->auth = auth;
    attempt->name = copy_bytes(name);
    attempt->peer = g_strdup(peer);
    attempt->door = g_strdup(door);
    attempt->session = g_strdup(session);
    attempt->key = account_key(attempt);
    attempt->result = AUTH_PENDING;
    /* As the hash was made: of the composed form, however the keyboard sent it. */
    attempt->password = (guint8 *)text_nfc(password);
    attempt->password_n = strlen((const char *)attempt->password);
    return attempt;
}

/* A success from the last minutes; only when nothing makes this pair wait, so that the quick answer
 * is no oracle for who guesses. */
static gboolean answer_at_once(AuthAttempt *attempt, DirectoryAccount **account) {
    if (attempt->work != NULL || attempt->wanted != NULL)
        return FALSE;
    if (!look_up(attempt, account) || *account == NULL)
        return FALSE;
    if ((*account)->state == DIRECTORY_ACTIVE &&
        is_remembered(attempt->auth, (*account)->id, attempt_password(attempt)))
        return TRUE;
    g_clear_pointer(account, directory_account_free);
    return FALSE;
}

/* Takes the attempt to its end or to the lane. */
static AuthAttempt *begin(AuthAttempt *attempt, void (*done)(gpointer data), gpointer data) {
    Auth *auth = attempt->auth;
    attempt->done = done;
    attempt->done_data = data;
    g_mutex_lock(&auth->lock);
    gboolean room = lane_has_room(auth, &attempt->key) && !auth->stopping;
    gint64 now = clock_monotonic();
    gint64 delay = attempt->work != NULL ? 0 : guesses_delay(auth->guesses, &attempt->key, now);
    attempt->sent_away = delay > 0 && !lane_may_slow(auth, &attempt->key);
    g_mutex_unlock(&auth->lock);
    DirectoryAccount *account = NULL;
    if (!room || attempt->sent_away) {
        attempt_finish(attempt, AUTH_BUSY, NULL);
    } else if (delay == 0 && answer_at_once(attempt, &account)) {
        attempt_finish(attempt, AUTH_OK, account);
    } else {
        if (delay > 0)
            metric_add(&delayed, 1);
        attempt->due = delay > 0 ? now + delay : 0;
        attempt->references = 2;
        g_mutex_lock(&auth->lock);
        if (attempt->work == NULL)
            guesses_charge(auth->guesses, &attempt->key, now);
        lane_enqueue(auth, attempt);
        g_mutex_unlock(&auth->lock);
    }
    return attempt;
}

AuthAttempt *auth_begin(Auth *auth, Bytes name, Bytes password, const char *peer, const char *door,
                        const char *session, void (*done)(gpointer data), gpointer data) {
    return begin(attempt_new(auth, name, password, peer, door, session), done, data);
}

AuthAttempt *auth_change_begin(Auth *auth, Bytes name, Bytes old, Bytes wanted, gboolean accepts,
                               const char *peer, const char *door, const char *session,
                               void (*done)(gpointer data), gpointer done_data) {
    AuthAttempt *attempt = attempt_new(auth, name, old, peer, door, session);
    attempt->wanted = copy_bytes(wanted);
    attempt->wanted_n = wanted.n;
    attempt->accepts = accepts;
    return begin(attempt, done, done_data);
}

AuthAttempt *auth_work_begin(Auth *auth, const char *peer, void (*work)(gpointer data),
                             gpointer data, GDestroyNotify free, void (*done)(gpointer data),
                             gpointer done_data) {
    AuthAttempt *attempt =
        attempt_new(auth, bytes_of("", 0), bytes_of("", 0), peer, "work", "work");
    attempt->work = work;
    attempt->work_data = data;
    attempt->work_free = free;
    return begin(attempt, done, done_data);
}

void auth_attempt_free(AuthAttempt *attempt) {
    if (attempt == NULL)
        return;
    Auth *auth = attempt->auth;
    g_mutex_lock(&auth->lock);
    attempt->dropped = TRUE;
    lane_no_longer_slowed(auth, attempt);
    while (attempt->telling != NULL && attempt->telling != g_thread_self())
        g_cond_wait(&auth->told, &auth->lock);
    g_mutex_unlock(&auth->lock);
    attempt_unref(attempt);
}

/* ---- The whole ---- */

void auth_options_init(AuthOptions *options) {
    *options = (AuthOptions){
        .remember = 600 * CLOCK_SECOND,
        .failures_free = 5,
        .delay_first = CLOCK_SECOND,
        .delay_most = 30 * CLOCK_SECOND,
        .session_idle = 8 * 3600 * CLOCK_SECOND,
        .session_lifetime = 7 * 24 * 3600 * CLOCK_SECOND,
    };
}

static void directory_changed(gint64 account, gpointer data) {
    Auth *auth = data;
    g_mutex_lock(&auth->lock);
    auth->changes++;
    remembered_forget(auth->remembered, account);
    g_mutex_unlock(&auth->lock);
}

Auth *auth_new(Directory *directory, const AuthOptions *options) {
    Auth *auth = g_new0(Auth, 1);
    auth->directory = directory;
    auth->options = *options;
    if (auth->options.lanes == 0)
        auth->options.lanes = g_get_num_processors();
    g_mutex_init(&auth->lock);
    g_cond_init(&auth->work);
    g_cond_init(&auth->told);
    g_queue_init(&auth->turn);
    auth->delayed = g_sequence_new(NULL);
    auth->peers = g_hash_table_new(g_int64_hash, g_int64_equal);
    auth->by_peer = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    auth->slowed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    auth->guesses = guesses_new(options);
    auth->remembered = remembered_new(options->remember);
    auth->shared = shared_new();
    g_autofree char *nobody = crypto_random_hex(16);
    auth->unknown_hash = crypto_password_hash(bytes_of_string(nobody));
    if (auth->unknown_hash == NULL)
        g_error("no memory to hash a password");
    directory_watch(directory, directory_changed, auth);
    auth->lanes = g_new0(GThread *, auth->options.lanes);
    for (guint i = 0; i < auth->options.lanes; i++)
        auth->lanes[i] = g_thread_new("auth", lane_run, auth);
    return auth;
}

void auth_free(Auth *auth) {
    if (auth == NULL)
        return;
    directory_unwatch(auth->directory, directory_changed, auth);
    g_mutex_lock(&auth->lock);
    auth->stopping = TRUE;
    g_cond_broadcast(&auth->work);
    g_mutex_unlock(&auth->lock);
    for (guint i = 0; i < auth->options.lanes; i++)
        g_thread_join(auth->lanes[i]);
    g_free(auth->lanes);
    g_sequence_free(auth->delayed);
    g_hash_table_unref(auth->peers);
    g_hash_table_unref(auth->by_peer);
    g_hash_table_unref(auth->slowed);
    guesses_free(auth->guesses);
    remembered_free(auth->remembered);
    shared_free(auth->shared);
    g_cond_clear(&auth->work);
    g_cond_clear(&auth->told);
    g_mutex_clear(&auth->lock);
    g_free(auth->unknown_hash);
    g_free(auth->place);
    g_free(auth);
}
