/* What auth's files share: the attempt, the queues of the lane, the memory of failures and of
 * successes. Not for other folders. */
#ifndef CV_AUTH_INTERNAL_H
#define CV_AUTH_INTERNAL_H

#include "auth/auth.h"
#include "base/crypto.h"
#include "directory/password.h"

/* ---- guess.c: how long to wait ---- */

/* Failures, counted by (account, address), by address and by account name. Not locked by itself. */
typedef struct Guesses Guesses;
Guesses *guesses_new(const AuthOptions *options);
void guesses_free(Guesses *guesses);
/* Who tries: hashes of name and address, so that memory is bounded whatever they are. The name is
 * one for each account, however it was spelt (account_key), else as typed. */
typedef struct {
    guint64 pair, peer, name;
} GuessKey;
GuessKey guesses_key(const Guesses *guesses, Bytes name, const char *peer);
/* Microseconds before this attempt may begin; `now` is monotonic. */
gint64 guesses_delay(Guesses *guesses, const GuessKey *key, gint64 now);
/* An attempt begins: it counts as a failure until it turned out well, so that many at once are
 * slowed like many in a row, and giving up early saves nothing. */
void guesses_charge(Guesses *guesses, const GuessKey *key, gint64 now);
/* It did not come to an answer by our own fault: it does not count. */
void guesses_forgive(Guesses *guesses, const GuessKey *key);
/* It was right: the pair starts afresh and is known. */
void guesses_succeeded(Guesses *guesses, const GuessKey *key, gint64 now);
gsize guesses_size(const Guesses *guesses);
enum { GUESSES_MAXIMUM = 65536 };

/* ---- remember.c: successes ---- */

typedef struct Remembered Remembered;
Remembered *remembered_new(gint64 lifetime);
void remembered_free(Remembered *remembered);
gboolean remembered_has(Remembered *remembered, gint64 account, Bytes password, gint64 now);
void remembered_add(Remembered *remembered, gint64 account, Bytes password, gint64 now);
void remembered_forget(Remembered *remembered, gint64 account);

/* ---- shared.c: one account from many networks ---- */

typedef struct Shared Shared;
Shared *shared_new(void);
void shared_free(Shared *shared);
/* A sign-in from this network (GuessKey.peer). How many there were within `window`, when it is more
 * than limit and was not told within a day; otherwise 0. `now` is monotonic. */
guint shared_saw(Shared *shared, gint64 account, guint64 network, gint64 now, gint64 window,
                 guint limit);
/* After a sign-in. Not locked. */
void shared_watch(const AuthAttempt *attempt, const DirectoryAccount *account);

/* ---- lane.c ---- */

/* Owned by the caller of auth_begin and, while it runs, by the lane. */
struct AuthAttempt {
    gint references;
    Auth *auth;
    char *name; /* as typed */
    guint8 *password;
    gsize password_n;
    char *peer, *door, *session;
    GuessKey key;
    guint8 *wanted; /* the new password of auth_change_begin; NULL: none */
    gsize wanted_n;
    gboolean accepts;
    void (*work)(gpointer data); /* of auth_work_begin; NULL: a password is verified */
    gpointer work_data;
    GDestroyNotify work_free;

    /* Guarded by auth->lock. */
    gint64 due;       /* monotonic; waits until then */
    gboolean slowed;  /* counted in the lane's `slowed` */
    gboolean dropped; /* the owner has gone: nobody is told */
    GThread *telling; /* the thread that is inside done */
    void (*done)(gpointer data);
    gpointer done_data;

    gboolean sent_away; /* too many of its kind wait already; before the result */
    gint result;        /* AuthResult, atomic; the fields below are set before it */
    DirectoryAccount *account;
    const char *text;
    char *said;         /* text is this, when it is not a fixed one */
    Verdict *verdict;   /* or NULL */
    gboolean warns;     /* the verdict is a warning */
    gint64 web_session; /* the browser's session that it stands for; 0: none */
    char *held;         /* the hash that auth_still_good saw first */
};

/* A name's attempts in order; a peer's names in turn; the peers in turn: fair by both. */
typedef struct {
    guint64 key;
    GQueue waiting; /* AuthAttempt, or LaneGroup of the level below */
} LaneGroup;

struct Auth {
    Directory *directory;
    AuthOptions options;
    Regulation *(*regulation)(gpointer data);
    gpointer regulation_data;
    char *place;
    char *unknown_hash; /* verified when there is no account: costs the same */

    GMutex lock; /* everything below, and the attempts' guarded fields */
    GCond work;  /* something to do for a lane */
    GCond told;  /* an attempt left its done */
    gboolean stopping;
    GThread **lanes;
    GSequence *delayed;  /* AuthAttempt by due */
    GQueue turn;         /* LaneGroup of peers with something waiting */
    GHashTable *peers;   /* key → LaneGroup in turn */
    guint waiting;       /* attempts delayed or queued */
    GHashTable *by_peer; /* key → how many of them are this peer's */
    GHashTable *slowed;  /* key of a pair or a peer → how many of its attempts are delayed */
    Guesses *guesses;
    Remembered *remembered;
    Shared *shared;
    guint64 changes; /* counts what the directory told: a success older than that is not kept */
};

void lane_enqueue(Auth *auth, AuthAttempt *attempt); /* locked */
AuthAttempt *lane_next(Auth *auth);                  /* locked; waits; NULL: stopping */
gboolean lane_has_room(Auth *auth, const GuessKey *key);
/* May one more attempt of this pair and this peer wait out a delay? Without a limit a guesser would
 * send thousands at once and have them all verified after one delay. locked */
gboolean lane_may_slow(Auth *auth, const GuessKey *key);
void lane_no_longer_slowed(Auth *auth, AuthAttempt *attempt); /* locked */
/* This attempt's password was right: those that wait out a delay with the same one for the same
 * account from the same address need not wait any longer. locked */
void lane_release(Auth *auth, const AuthAttempt *right);
gpointer lane_run(gpointer auth);
/* Sets the outcome and tells the owner. Not locked. */
void attempt_finish(AuthAttempt *attempt, AuthResult result, DirectoryAccount *account);
void attempt_unref(AuthAttempt *attempt);
/* One that never was on the lane: its result (not PENDING) is known. Takes account. */
AuthAttempt *attempt_answered(Auth *auth, AuthResult result, DirectoryAccount *account);
/* Verifies the password and finishes, or runs the work and finishes. Not locked; slow. */
void attempt_run(AuthAttempt *attempt);
Bytes attempt_password(const AuthAttempt *attempt);
void attempt_wipe(AuthAttempt *attempt);
/* Our own fault: the attempt does not count against anybody. */
void attempt_fail_busy(AuthAttempt *attempt);

/* ---- rules.c ---- */

/* The right password of an active account: OK, CHANGE or OVER; keeps what is to be said. */
AuthResult rules_judge(AuthAttempt *attempt, const DirectoryCredential *credential);
/* What is told of a lock, in the words of the regulation in force [Điều 4.2.c]. */
void rules_tell_lock(AuthAttempt *attempt);

/* ---- change.c ---- */

/* The old password was right: sets the wanted one and finishes. Slow. */
void attempt_change(AuthAttempt *attempt, DirectoryAccount *account,
                    const DirectoryCredential *credential);

#endif
