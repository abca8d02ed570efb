/* GLib's locks by those of pthread, in the ThreadSanitizer build alone (meson.build). GLib is not
 * instrumented and locks by futex, so that ThreadSanitizer would see no order at all between
 * threads and report every access under a lock. A program's own definition of a function goes
 * before a library's; GLib inside keeps using its own on locks of its own.
 *
 * Only what the program uses of each kind is here; another use is found by the linker's order: it
 * would mix both kinds on one lock and hang at once. */
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* A GMutex or GCond that is all zero is valid, so the real one is made at its first use. */
static void *made(gpointer *place, gsize size, int (*init)(void *)) {
    void *there = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (there != NULL)
        return there;
    void *new = calloc(1, size);
    if (new == NULL || init(new) != 0)
        abort();
    if (__atomic_compare_exchange_n(place, &there, new, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return new;
    free(new);
    return there;
}

static int init_mutex(void *mutex) {
    return pthread_mutex_init(mutex, NULL);
}

static int init_cond(void *cond) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    return pthread_cond_init(cond, &attributes);
}

static pthread_mutex_t *mutex_of(GMutex *mutex) {
    return made(&mutex->p, sizeof(pthread_mutex_t), init_mutex);
}

static pthread_cond_t *cond_of(GCond *cond) {
    return made(&cond->p, sizeof(pthread_cond_t), init_cond);
}

void g_mutex_init(GMutex *mutex) {
    mutex->p = NULL;
}

void g_mutex_clear(GMutex *mutex) {
    if (mutex->p != NULL && pthread_mutex_destroy(mutex->p) != 0)
        abort(); /* still locked */
    free(mutex->p);
    mutex->p = NULL;
}

void(g_mutex_lock)(GMutex *mutex) {
    pthread_mutex_lock(mutex_of(mutex));
}

void(g_mutex_unlock)(GMutex *mutex) {
    pthread_mutex_unlock(mutex_of(mutex));
}

gboolean(g_mutex_trylock)(GMutex *mutex) {
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void g_cond_init(GCond *cond) {
    cond->p = NULL;
}

void g_cond_clear(GCond *cond) {
    if (cond->p != NULL)
        pthread_cond_destroy(cond->p);
    free(cond->p);
    cond->p = NULL;
}

void g_cond_wait(GCond *cond, GMutex *mutex) {
    pthread_cond_wait(cond_of(cond), mutex_of(mutex));
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time) {
    struct timespec until = {end_time / G_USEC_PER_SEC, end_time % G_USEC_PER_SEC * 1000};
    return pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &until) != ETIMEDOUT;
}

void g_cond_signal(GCond *cond) {
    pthread_cond_signal(cond_of(cond));
}

void g_cond_broadcast(GCond *cond) {
    pthread_cond_broadcast(cond_of(cond));
}

/* ---- Readers and writers ---- */

static int init_rw(void *lock) {
    return pthread_rwlock_init(lock, NULL);
}

static pthread_rwlock_t *rw_of(GRWLock *lock) {
    return made(&lock->p, sizeof(pthread_rwlock_t), init_rw);
}

void g_rw_lock_init(GRWLock *lock) {
    lock->p = NULL;
}

void g_rw_lock_clear(GRWLock *lock) {
    if (lock->p != NULL && pthread_rwlock_destroy(lock->p) != 0)
        abort();
    free(lock->p);
    lock->p = NULL;
}

void g_rw_lock_writer_lock(GRWLock *lock) {
    pthread_rwlock_wrlock(rw_of(lock));
}

void g_rw_lock_writer_unlock(GRWLock *lock) {
    pthread_rwlock_unlock(rw_of(lock));
}

void g_rw_lock_reader_lock(GRWLock *lock) {
    pthread_rwlock_rdlock(rw_of(lock));
}

void g_rw_lock_reader_unlock(GRWLock *lock) {
    pthread_rwlock_unlock(rw_of(lock));
}

/* ---- Once: the lock is held from enter to leave ---- */

static pthread_mutex_t once = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

gboolean(g_once_init_enter)(volatile void *location) {
    pthread_mutex_lock(&once);
    if (__atomic_load_n((gsize *)location, __ATOMIC_ACQUIRE) == 0)
        return TRUE;
    pthread_mutex_unlock(&once);
    return FALSE;
}

void(g_once_init_leave)(volatile void *location, gsize result) {
    __atomic_store_n((gsize *)location, result, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&once);
}

/* ---- A queue between threads ---- */

struct _GAsyncQueue {
    GMutex lock;
    GCond some;
    GQueue queue;
    gint references;
};

GAsyncQueue *g_async_queue_new(void) {
    GAsyncQueue *queue = g_new0(GAsyncQueue, 1);
    queue->references = 1;
    return queue;
}

void g_async_queue_unref(GAsyncQueue *queue) {
    if (!g_atomic_int_dec_and_test(&queue->references))
        return;
    g_queue_clear(&queue->queue);
    g_mutex_clear(&queue->lock);
    g_cond_clear(&queue->some);
    g_free(queue);
}

void g_async_queue_push(GAsyncQueue *queue, gpointer data) {
    g_mutex_lock(&queue->lock);
    g_queue_push_tail(&queue->queue, data);
    g_cond_signal(&queue->some);
    g_mutex_unlock(&queue->lock);
}

gpointer g_async_queue_pop(GAsyncQueue *queue) {
    g_mutex_lock(&queue->lock);
    while (g_queue_is_empty(&queue->queue))
        g_cond_wait(&queue->some, &queue->lock);
    gpointer data = g_queue_pop_head(&queue->queue);
    g_mutex_unlock(&queue->lock);
    return data;
}
