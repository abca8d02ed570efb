/* The watcher of the calling thread and how deep it is in announced waits; see blocking.h. */
#include "base/blocking.h"

#include <errno.h>

static _Thread_local BlockingTold told_of;
static _Thread_local gpointer told_data;
static _Thread_local guint depth;

void blocking_watch(BlockingTold told, gpointer data) {
    told_of = told;
    told_data = data;
}

void blocking_begin(void) {
    if (depth++ == 0 && told_of != NULL)
        told_of(told_data, TRUE);
}

void blocking_end(void) {
    int kept = errno; /* of the call that was announced */
    if (--depth == 0 && told_of != NULL)
        told_of(told_data, FALSE);
    errno = kept;
}
