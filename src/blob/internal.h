/* Inside of blob/: what its files share. */
#ifndef CV_BLOB_INTERNAL_H
#define CV_BLOB_INTERNAL_H

#include "blob/blob.h"

enum { BLOB_NAME_BYTES = 16, BLOB_SCRATCH_FILES = 32 };

struct BlobStore {
    char *directory;
    Db *db;
    int holds;               /* atomic: blob_sweep_hold */
    GMutex sweep_lock;       /* one sweep at a time */
    gint64 last_orphan_look; /* under sweep_lock; Unix microseconds, 0: never */
    /* Names of files in their place whose writer is not freed: their row may be about to be
     * written. The file's age does not tell that when the clock jumps. */
    GMutex underway_lock;
    GHashTable *underway;
    GMutex scratch_lock;
    int scratch[BLOB_SCRATCH_FILES]; /* idle, see scratch.c */
    guint scratch_count;
};

struct BlobWriter {
    BlobStore *store;
    CryptoDigest *digest;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    Buffer pending;   /* not yet in the file; all bytes while there is no file */
    gsize memory;     /* bytes of pending at most */
    guint64 written;  /* bytes in the file */
    guint64 pushed;   /* of them, handed to the disk early */
    int fd;           /* -1: no file */
    gboolean scratch; /* fd is a scratch file: it holds at most BLOB_INLINE_LIMIT */
    char *path;       /* of the file: below tmp/, after finish its place; NULL for a scratch file */
    char *name;       /* hexadecimal; set by finish when the blob is a file */
    void *map;        /* of the file's first `mapped` bytes */
    gsize mapped;
    gboolean finished;
    gboolean failed;
    gboolean spent; /* a committed row names the file */
};

/* What the row of a blob says. */
typedef struct {
    guint64 size;
    guint64 kept; /* bytes in blob_data: all of a small blob, the head of a file */
    char name[2 * BLOB_NAME_BYTES + 1]; /* "" for a small blob */
} BlobRow;
gboolean blob_row_get(DbConn *conn, BlobId id, BlobRow *row, GError **error);

/* DIR/blob/ab/ab12…; g_free. */
char *blob_path(const BlobStore *store, const char *name);
char *blob_folder(const BlobStore *store, const char *name);
/* TRUE for a name that this store could have given. */
gboolean blob_name_is_ours(const char *name);
/* Maps a file that must be of this size. *map is NULL for size 0. */
gboolean blob_map(const char *path, guint64 size, void **map, GError **error);

void blob_underway_begin(BlobStore *store, const char *name);
void blob_underway_end(BlobStore *store, const char *name);
gboolean blob_is_underway(BlobStore *store, const char *name);

/* An open file without a name, of any content, or -1: BUSY (no space), STORAGE. */
int blob_scratch_take(BlobStore *store, GError **error);
/* For the next one; at most BLOB_INLINE_LIMIT bytes were written to it. */
void blob_scratch_give(BlobStore *store, int fd);
void blob_scratch_close(BlobStore *store);

/* Calls each for every file below the store's folders (not tmp/), in no order. FALSE from each ends
 * the walk. */
typedef gboolean (*BlobEachPath)(const char *path, const char *name, gpointer data, GError **error);
gboolean blob_each_path(BlobStore *store, BlobEachPath each, gpointer data, GError **error);
/* TRUE in *named when a row has this name. */
gboolean blob_is_named(DbConn *conn, const char *name, gboolean *named, GError **error);

#endif
