/* Hash memory: the 19 MiB that each password hash works in, kept from one hash to the next.
 *
 * libsodium maps fresh memory for every hash and unmaps it after. The kernel then clears each of
 * 4,864 pages, and threads of one program wait for each other while it does: half of the time of a
 * hash. Kept memory makes a hash twice as fast (docs/decisions/0012). Argon2 writes every block
 * before it reads it (RFC 9106 3.4), so what the last hash left there changes nothing. */
#ifndef CV_BASE_HASH_MEMORY_H
#define CV_BASE_HASH_MEMORY_H

#include <glib.h>

/* From here on the calling thread keeps the memory of its password hashes (base/crypto.h), until it
 * calls hash_memory_drop(); to be called again after that. */
void hash_memory_keep(void);
/* Gives the memory back; the thread keeps none from here on. Before a thread ends, and when it has
 * nothing to do for long. */
void hash_memory_drop(void);

/* For base/crypto.c: the calling thread hashes between these two. */
void hash_memory_begin(void);
void hash_memory_end(void);

/* Bytes that the calling thread keeps now: 0 where this is not built (below), or where libsodium
 * takes its memory in another way than by mmap; then everything works, slower. */
gsize hash_memory_kept(void);

/* The sanitizers have their own mmap, so memory is not kept under them. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HASH_MEMORY_BUILT 0
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define HASH_MEMORY_BUILT 0
#endif
#endif
#if !defined HASH_MEMORY_BUILT && defined __linux__ && __SIZEOF_POINTER__ == 8
#define HASH_MEMORY_BUILT 1
#elif !defined HASH_MEMORY_BUILT
#define HASH_MEMORY_BUILT 0
#endif

#endif
