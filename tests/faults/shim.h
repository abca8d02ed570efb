/* What the tests and the preloaded shim share: a page mapped from the file named by
 * CONGVU_FAULTS. The test arms it while the program runs; the shim counts in it. All fields are in
 * the machine's byte order; tests/faults/shim.py knows the same layout. */
#ifndef CV_TESTS_FAULTS_SHIM_H
#define CV_TESTS_FAULTS_SHIM_H

#include <stdint.h>

enum {
    CALL_WRITE = 1,
    CALL_FLUSH = 2,
    CALL_RENAME = 4,
    CALL_TRUNCATE = 8,
    CALL_CREATE = 16,
    CALL_UNLINK = 32,
};

typedef struct {
    uint64_t calls;    /* calls of the chosen kinds so far, below the watched directory */
    uint64_t fail_at;  /* the call with this number fails; 0: none */
    uint64_t power_at; /* power is lost just before this call; 0: never */
    uint64_t failed;   /* how many calls were made to fail */
    uint32_t kinds;    /* which kinds count: CALL_… */
    uint32_t error;    /* errno of a failure */
    uint32_t sticky;   /* 1: from fail_at on every call fails, as on a full or dead disk */
    uint32_t shorten;  /* 1: the first failing write still writes its first half */
    uint32_t survive;  /* unflushed writes that outlive the loss of power, in 1/1000 */
    uint32_t seed;     /* decides which */
    uint32_t lie;      /* 1: a flush succeeds and does nothing, as on a disk that lies */
    uint32_t hurry;    /* 1: sigtimedwait waits at most 50 ms, so that housekeeping never rests */
    int64_t clock;     /* seconds that the wall clock is ahead of the true one */
    char path[512];    /* what the last call that was made to fail was about */
} FaultControl;

#endif
