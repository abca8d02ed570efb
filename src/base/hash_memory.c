/* A mapping that outlives a password hash; see hash_memory.h.
 *
 * libsodium offers no way to give it memory. But it calls mmap() and munmap() by name, and a
 * program's own definition of a function goes before a library's; so these two are defined here.
 * They do what the kernel's calls do, unless the calling thread is inside a password hash and wants
 * its memory kept. The C library's own allocator does not come through here. */
#include "base/hash_memory.h"

#if HASH_MEMORY_BUILT

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE_PAGE ((gsize)2 * 1024 * 1024)

typedef struct {
    gboolean keeps, hashing, lent;
    char *memory; /* MAP_FAILED or NULL: none */
    gsize n;      /* usable bytes from `memory` */
    char *mapping;
    gsize mapping_n;
} Kept;

static _Thread_local Kept kept;

static void *system_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
    /* the C library's wrapper cannot be named: it is this function's other definition */
    long got = syscall(SYS_mmap, at, n, protection, flags, fd, offset);
    return (void *)got; /* -1 is MAP_FAILED, with errno */
}

/* Places the memory on the border of a large page and asks for such pages, of which eight or nine
 * do what thousands do otherwise. It is left out of core dumps. */
static gboolean make(gsize n) {
    gsize whole = n + LARGE_PAGE;
    char *mapping =
        system_mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return FALSE;
    gsize ahead = (LARGE_PAGE - (gsize)mapping % LARGE_PAGE) % LARGE_PAGE;
    kept.mapping = mapping;
    kept.mapping_n = whole;
    kept.memory = mapping + ahead;
    kept.n = n;
    madvise(kept.memory, kept.n, MADV_HUGEPAGE); /* a wish: both may fail and change nothing */
    madvise(kept.memory, kept.n, MADV_DONTDUMP);
    return TRUE;
}

static void unmake(void) {
    if (kept.mapping != NULL)
        syscall(SYS_munmap, kept.mapping, kept.mapping_n);
    kept.mapping = kept.memory = NULL;
    kept.n = kept.mapping_n = 0;
}

/* The memory for a hash, or NULL: it is taken from the kernel as ever. */
static void *lend(size_t n, int protection, int flags, int fd) {
    if (!kept.keeps || !kept.hashing || kept.lent || fd != -1 || (flags & MAP_ANONYMOUS) == 0 ||
        (flags & (MAP_FIXED | MAP_SHARED)) != 0 || protection != (PROT_READ | PROT_WRITE))
        return NULL;
    if (n > kept.n) {
        unmake();
        if (!make(n))
            return NULL;
    }
    kept.lent = TRUE;
    return kept.memory;
}

/* By these names the library finds them; in C <sys/mman.h> has others' prototypes for them. */
__attribute__((visibility("default"), used)) void *
hash_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset) __asm__("mmap");
__attribute__((visibility("default"), used)) int hash_munmap(void *at, size_t n) __asm__("munmap");

void *hash_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
    void *memory = lend(n, protection, flags, fd);
    return memory != NULL ? memory : system_mmap(at, n, protection, flags, fd, offset);
}

int hash_munmap(void *at, size_t n) {
    if (kept.lent && at == kept.memory) {
        kept.lent = FALSE;
        return 0;
    }
    return (int)syscall(SYS_munmap, at, n);
}

void hash_memory_keep(void) {
    kept.keeps = TRUE;
}

void hash_memory_drop(void) {
    kept.keeps = FALSE;
    unmake();
}

void hash_memory_begin(void) {
    kept.hashing = TRUE;
}

void hash_memory_end(void) {
    kept.hashing = FALSE;
}

gsize hash_memory_kept(void) {
    return kept.n;
}

#else

void hash_memory_keep(void) {}

void hash_memory_drop(void) {}

void hash_memory_begin(void) {}

void hash_memory_end(void) {}

gsize hash_memory_kept(void) {
    return 0;
}

#endif
