/* Blob: the bytes of messages, stored once.
 *
 * A blob has an internal number (dense, so that neighbours lie together) and, when it is a file, a
 * random name: nobody reads bytes by guessing a number, because every read goes through a message
 * that the reader may see. Small blobs are rows of mail.db, large ones are files below DIR/blob/,
 * written, flushed, renamed, their folder flushed, and only then named by a row. The reference
 * count changes in the transaction that adds or removes a message; a file is removed an hour after
 * its last reference went (blob_sweep), and files that no row ever named are removed at the same
 * age. The hash (BLAKE2b-256) is kept for doctor.
 *
 * A write that finds no space refuses its message (BUSY). After any other failed write, rename or
 * flush of a message's file the process ends (log_event, then _exit(70)), as in db.h. */
#ifndef CV_BLOB_BLOB_H
#define CV_BLOB_BLOB_H

#include "base/buffer.h"
#include "base/crypto.h"
#include "db/db.h"

#define BLOB_INLINE_LIMIT (256 * 1024) /* up to here the bytes are a database row */
#define BLOB_HEAD_LIMIT   (16 * 1024)  /* of a blob that is a file, kept in the database */
#define BLOB_KEEP         (G_GINT64_CONSTANT(3600) * 1000000) /* after the last reference; µs */
#define BLOB_MEMORY_LIMIT (64 * 1024) /* a writer keeps no more than this in memory */

typedef struct BlobStore BlobStore;
typedef gint64 BlobId;

/* directory: DIR/blob, made when missing. */
BlobStore *blob_store_open(const char *directory, Db *db, GError **error);
void blob_store_close(BlobStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlobStore, blob_store_close)

/* The tables of this folder, for the schema of mail.db. */
extern const char blob_schema_v1[];

/* ---- Taking bytes in ---- */

/* Receives bytes of one message, hashing as they come; beyond BLOB_MEMORY_LIMIT they go to a file,
 * which goes with the writer when it is not kept. One thread at a time. */
typedef struct BlobWriter BlobWriter;
BlobWriter *blob_writer_new(BlobStore *store);
/* Keeps less in memory, from now on: at most this many bytes (at least 1). For what strangers send.
 */
void blob_writer_limit_memory(BlobWriter *writer, gsize bytes);
gboolean blob_writer_append(BlobWriter *writer, Bytes bytes, GError **error);
guint64 blob_writer_size(const BlobWriter *writer);
/* All bytes so far, in memory or mapped; valid until the next append or free. */
gboolean blob_writer_view(BlobWriter *writer, Bytes *out, GError **error);
/* Makes the bytes ready for blob_insert: a large blob's file is flushed, renamed into place and its
 * folder flushed (parallel callers share nothing but the disk). Slow; never on the writer thread.
 */
gboolean blob_writer_finish(BlobWriter *writer, GError **error);
/* Nothing of the bytes stays in memory or in a file that is used again [Điều 6.1]; the writer is
 * good for blob_writer_free only. */
void blob_writer_wipe(BlobWriter *writer);
void blob_writer_free(BlobWriter *writer); /* an unused file is removed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlobWriter, blob_writer_free)

/* Inside a DbWork: makes the row with `references` references. head: the first bytes that a FETCH
 * of headers needs, kept in the row of a blob that is a file (cut at 16 KiB). The writer must be
 * finished and is spent when the group commits. */
gboolean blob_insert(DbConn *conn, BlobWriter *writer, Bytes head, gint64 references, BlobId *id,
                     GError **error);
/* Adds (or with a negative number takes) references. */
gboolean blob_reference(DbConn *conn, BlobId id, gint64 change, GError **error);

/* ---- Giving bytes out ---- */

/* An open blob: a row's bytes copied out, or a mapped file. Needs no transaction after opening and
 * stays readable when the blob is removed meanwhile. */
typedef struct BlobReader BlobReader;
BlobReader *blob_open(BlobStore *store, DbConn *conn, BlobId id, GError **error);
Bytes blob_reader_bytes(const BlobReader *reader);
void blob_reader_free(BlobReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlobReader, blob_reader_free)

/* Runs fn on a range of the bytes without a copy where the engine allows; only inside the read
 * transaction. For headers (offset 0) of large blobs this reads the kept head, not the file. */
gboolean blob_read_range(BlobStore *store, DbConn *conn, BlobId id, guint64 offset, guint64 length,
                         Buffer *out, GError **error);

/* The hash of its bytes (BLAKE2b-256), as it was made when they came. */
gboolean blob_digest(DbConn *conn, BlobId id, guint8 out[CRYPTO_DIGEST_BYTES], GError **error);

/* ---- Keeping ---- */

/* Removes blobs whose last reference went before now - one hour (BLOB_KEEP), and files of that age
 * that no row names. In slices; not on the writer thread. Returns how many, or -1. */
gint64 blob_sweep(BlobStore *store, GError **error);
/* The files alone, however lately they were looked at; tells each that it removes. -1 on failure.
 */
gint64 blob_sweep_files(BlobStore *store, void (*finding)(const char *text, gpointer data),
                        gpointer data, GError **error);
/* While held (holds count), blob_sweep removes nothing: a backup that copies files for longer than
 * an hour after it took the database. Any thread. */
void blob_sweep_hold(BlobStore *store);
void blob_sweep_release(BlobStore *store);

/* Calls finding for each blob whose bytes are missing, of another size or (with hashes: reads
 * everything) of another hash, and for each file that no row names and that is older than an hour.
 * progress (may be NULL) is told now and then how many bytes of messages are done, of blob_bytes in
 * all. Reads in slices, so that the log's bound holds beside a running server. FALSE: could not
 * look. */
typedef void (*BlobProgress)(gint64 bytes, gpointer data);
gboolean blob_verify(BlobStore *store, gboolean hashes,
                     void (*finding)(const char *text, gpointer data), BlobProgress progress,
                     gpointer data, GError **error);
/* Of all messages' bytes that somebody refers to; -1 on failure. */
gint64 blob_bytes(BlobStore *store, GError **error);

/* The files that the rows name, for backup: "ab/…" below the store's folder, with size and hash
 * (CRYPTO_DIGEST_BYTES). FALSE from each ends the walk. Reads in slices. */
typedef gboolean (*BlobEachFile)(const char *name, guint64 size, const guint8 *hash, gpointer data,
                                 GError **error);
gboolean blob_each_file(BlobStore *store, BlobEachFile each, gpointer data, GError **error);

#endif
