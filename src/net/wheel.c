/* The timing wheel: who is to be told that time is up.
 *
 * Time is cut into slots of an eighth of a second; the wheel has 4096 of them (eight and a half
 * minutes), each a list of sessions. A session is in at most one slot. Moving a deadline further
 * away, which every command does, writes one field and leaves the session where it is: when its
 * slot comes up the thread looks at the field and puts the session where it belongs now. The thread
 * sleeps until the next slot that is in use, and for ever when none is. */
#include "base/clock.h"
#include "net/internal.h"

static gint64 load(const gint64 *field) {
    return __atomic_load_n(field, __ATOMIC_SEQ_CST);
}

/* The earlier of the two deadlines; 0: none. */
static gint64 session_due(const NetSession *session) {
    gint64 a = load(&session->deadline), b = load(&session->net_deadline);
    if (a == 0 || b == 0)
        return MAX(a, b);
    return MIN(a, b);
}

static void unlink_session(Wheel *wheel, NetSession *session) {
    if (session->wheel_at == NULL)
        return;
    *session->wheel_at = session->wheel_next;
    if (session->wheel_next != NULL)
        session->wheel_next->wheel_at = session->wheel_at;
    else if (session->wheel_at >= wheel->slots && session->wheel_at < wheel->slots + WHEEL_SLOTS) {
        gsize slot = (gsize)(session->wheel_at - wheel->slots);
        if (wheel->slots[slot] == NULL)
            wheel->used[slot / 64] &= ~(G_GUINT64_CONSTANT(1) << (slot % 64));
    }
    session->wheel_at = NULL;
    session->wheel_next = NULL;
    __atomic_store_n(&session->wheel_due, 0, __ATOMIC_SEQ_CST);
}

static void link_session(Wheel *wheel, NetSession *session, gint64 due) {
    gint64 number = due / WHEEL_SLOT_TIME + 1; /* the slot after: never early */
    number = CLAMP(number, wheel->at + 1, wheel->at + WHEEL_SLOTS - 1);
    gsize slot = (gsize)(number % WHEEL_SLOTS);
    session->wheel_next = wheel->slots[slot];
    if (session->wheel_next != NULL)
        session->wheel_next->wheel_at = &session->wheel_next;
    session->wheel_at = &wheel->slots[slot];
    wheel->slots[slot] = session;
    wheel->used[slot / 64] |= G_GUINT64_CONSTANT(1) << (slot % 64);
    __atomic_store_n(&session->wheel_due, due, __ATOMIC_SEQ_CST);
    if (number < wheel->slept_until)
        g_cond_signal(&wheel->changed);
}

void net_wheel_schedule(NetSession *session) {
    gint64 due = session_due(session);
    gint64 known = load(&session->wheel_due);
    if (session->server == NULL || due == 0 || (known != 0 && known <= due))
        return;
    Wheel *wheel = &session->server->wheel;
    g_mutex_lock(&wheel->lock);
    unlink_session(wheel, session);
    link_session(wheel, session, due);
    g_mutex_unlock(&wheel->lock);
}

void net_wheel_remove(NetSession *session) {
    if (session->server == NULL)
        return;
    Wheel *wheel = &session->server->wheel;
    g_mutex_lock(&wheel->lock);
    unlink_session(wheel, session);
    g_mutex_unlock(&wheel->lock);
}

/* Slot number of the next slot in use after `at`, G_MAXINT64 when the wheel is empty. */
static gint64 next_used(const Wheel *wheel) {
    for (gint64 ahead = 1; ahead < WHEEL_SLOTS;) {
        gsize slot = (gsize)((wheel->at + ahead) % WHEEL_SLOTS);
        guint64 word = wheel->used[slot / 64] >> (slot % 64);
        if (word != 0) {
            gint64 skip = __builtin_ctzll(word);
            return ahead + skip < WHEEL_SLOTS ? wheel->at + ahead + skip : G_MAXINT64;
        }
        ahead += (gint64)(64 - slot % 64);
    }
    return G_MAXINT64;
}

/* Takes every session of the slot out; those that are due come back in a list with a reference, the
 * others are put where their deadline is. */
static GPtrArray *turn_slot(Wheel *wheel, gint64 number, gint64 now) {
    GPtrArray *due_now = g_ptr_array_new();
    NetSession *session = wheel->slots[number % WHEEL_SLOTS];
    while (session != NULL) {
        NetSession *following = session->wheel_next;
        /* Out first, then look: whoever sets a deadline after this look finds the session out of
         * the wheel and puts it in himself. */
        unlink_session(wheel, session);
        gint64 due = session_due(session);
        if (due != 0 && due <= now)
            g_ptr_array_add(due_now, net_session_ref(session));
        else if (due != 0)
            link_session(wheel, session, due);
        session = following;
    }
    return due_now;
}

static gpointer wheel_main(gpointer data) {
    NetServer *server = data;
    Wheel *wheel = &server->wheel;
    g_mutex_lock(&wheel->lock);
    while (!wheel->stop) {
        gint64 now = clock_monotonic();
        gint64 number = next_used(wheel);
        if (number > now / WHEEL_SLOT_TIME) {
            if (number == G_MAXINT64)
                wheel->at = MAX(wheel->at, now / WHEEL_SLOT_TIME - 1);
            wheel->slept_until = number;
            if (number == G_MAXINT64)
                g_cond_wait(&wheel->changed, &wheel->lock);
            else
                g_cond_wait_until(&wheel->changed, &wheel->lock, number * WHEEL_SLOT_TIME);
            wheel->slept_until = 0;
            continue;
        }
        wheel->at = number;
        g_autoptr(GPtrArray) due = turn_slot(wheel, number, now);
        g_mutex_unlock(&wheel->lock);
        for (guint i = 0; i < due->len; i++) {
            NetSession *session = due->pdata[i];
            net_session_post(session, STATUS_TIMER);
            net_session_unref(session);
        }
        g_mutex_lock(&wheel->lock);
    }
    g_mutex_unlock(&wheel->lock);
    return NULL;
}

void net_wheel_start(NetServer *server) {
    server->wheel.at = clock_monotonic() / WHEEL_SLOT_TIME;
    server->wheel.thread = g_thread_new("net-timer", wheel_main, server);
}

void net_wheel_stop(NetServer *server) {
    Wheel *wheel = &server->wheel;
    if (wheel->thread == NULL)
        return;
    g_mutex_lock(&wheel->lock);
    wheel->stop = TRUE;
    g_cond_signal(&wheel->changed);
    g_mutex_unlock(&wheel->lock);
    g_thread_join(wheel->thread);
    wheel->thread = NULL;
}
