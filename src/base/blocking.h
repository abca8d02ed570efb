/* Blocking: a thread says that it is about to wait for a disk or another thread, or to compute for
 * long. A pool that lets only a few of its threads work at once (net/worker.c) then lets another
 * one work meanwhile. Code that may wait knows nothing of pools, and outside of one these calls do
 * nothing. Begin and end come in pairs on the same thread and may be nested; only the outermost
 * pair is told. */
#ifndef CV_BASE_BLOCKING_H
#define CV_BASE_BLOCKING_H

#include <glib.h>

/* blocked TRUE: the calling thread is no longer to be counted among those that work. */
typedef void (*BlockingTold)(gpointer data, gboolean blocked);

/* Sets who is told of the calling thread; told NULL: nobody. data is borrowed. */
void blocking_watch(BlockingTold told, gpointer data);
void blocking_begin(void);
void blocking_end(void);

#endif
