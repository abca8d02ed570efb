/* For the tests of this folder: a store in a temporary directory, and short ways to fill it. */
#ifndef CV_STORE_FIXTURE_H
#define CV_STORE_FIXTURE_H

#include "store/internal.h"

#include "base/clock.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    char *folder;
    Db *db;
    BlobStore *blobs;
    Store *store;
} Place;

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        g_autoptr(GError) error = NULL;                                                            \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, error == NULL ? "no error" : error->message);                \
    } while (0)
#define assert_refused(call, kind)                                                                 \
    do {                                                                                           \
        g_autoptr(GError) error = NULL;                                                            \
        assert_false(call);                                                                        \
        if (!cv_error_is(error, kind))                                                             \
            fail_msg("%s: %s", #call, error == NULL ? "no error" : error->message);                \
    } while (0)

static inline void place_open(Place *place) {
    g_autofree char *path = g_build_filename(place->folder, "mail.db", NULL);
    g_autofree char *blobs = g_build_filename(place->folder, "blob", NULL);
    assert_ok((place->db = db_open(path, &store_schema, DB_OPEN_CREATE, &error)) != NULL);
    assert_ok((place->blobs = blob_store_open(blobs, place->db, &error)) != NULL);
    assert_ok((place->store = store_open(place->db, place->blobs, &error)) != NULL);
}

static inline void place_close(Place *place) {
    g_clear_pointer(&place->store, store_close);
    g_clear_pointer(&place->blobs, blob_store_close);
    g_clear_pointer(&place->db, db_close);
}

static inline int place_set_up(void **state) {
    crypto_init();
    Place *place = g_new0(Place, 1);
    /* In memory where that can be: what a flush does is tested elsewhere, and there are many. */
    place->folder = g_mkdtemp(g_strdup("/dev/shm/congvu-store-XXXXXX"));
    if (place->folder == NULL)
        place->folder = g_dir_make_tmp("congvu-store-XXXXXX", NULL);
    place_open(place);
    *state = place;
    return 0;
}

static inline void remove_tree(const char *path) {
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

static inline int place_tear_down(void **state) {
    Place *place = *state;
    clock_set_offset(0);
    place_close(place);
    remove_tree(place->folder);
    g_free(place->folder);
    g_free(place);
    return 0;
}

/* ---- Putting messages in ---- */

typedef struct {
    Place *place;
    BlobWriter *writer;
    const gint64 *mailboxes; /* ended by 0 */
    const char *prefix;
    StoreFlags flags;
    gboolean strict, shared;
    const char *envelope;
    guint32 uid; /* out: of the last */
} Put;

static inline gboolean put_work(DbConn *conn, gpointer data, GError **error) {
    Put *put = data;
    gint64 count = 0;
    while (put->mailboxes[count] != 0)
        count++;
    MessageParsed parsed = {
        .envelope = bytes_of_string(put->envelope),
        .structure = BYTES_LITERAL("structure"),
        .preview = (char *)"preview",
        .header_bytes = 10,
    };
    StoreNewMessage message = {
        .blob_size = blob_writer_size(put->writer),
        .parsed = &parsed,
        .share_meta = put->shared,
        .flags = put->flags,
        .received = clock_now(),
        .prefix = bytes_of_string(put->prefix),
        .quota_strict = put->strict,
    };
    if (!blob_insert(conn, put->writer, BYTES_LITERAL(""), count, &message.blob, error))
        return FALSE;
    for (gint64 i = 0; i < count; i++) {
        message.mailbox = put->mailboxes[i];
        if (!store_message_insert(put->place->store, conn, &message, &put->uid, error))
            return FALSE;
    }
    return TRUE;
}

static inline gboolean put_run(Put *put, const char *body, GError **error) {
    g_autoptr(BlobWriter) writer = blob_writer_new(put->place->blobs);
    put->writer = writer;
    if (put->envelope == NULL)
        put->envelope = "(envelope)";
    return blob_writer_append(writer, bytes_of_string(body), error) &&
           blob_writer_finish(writer, error) && db_write(put->place->db, put_work, put, error);
}

/* The UID. */
static inline guint32 put_message(Place *place, gint64 mailbox, const char *body,
                                  StoreFlags flags) {
    const gint64 mailboxes[] = {mailbox, 0};
    Put put = {.place = place, .mailboxes = mailboxes, .flags = flags};
    assert_ok(put_run(&put, body, &error));
    return put.uid;
}

/* ---- Looking ---- */

static inline gint64 mailbox_id(Place *place, gint64 account, const char *name) {
    gint64 id = 0;
    DbConn *conn = db_read_begin(place->db, NULL);
    g_autoptr(StoreMailbox) mailbox = store_mailbox_find(place->store, conn, account, name, NULL);
    if (mailbox != NULL)
        id = mailbox->id;
    db_read_end(conn);
    return id;
}

static inline StoreMailbox *mailbox_now(Place *place, gint64 id) {
    DbConn *conn = db_read_begin(place->db, NULL);
    StoreMailbox *mailbox = store_mailbox_get(place->store, conn, id, NULL);
    db_read_end(conn);
    return mailbox;
}

static inline StoreAccount account_now(Place *place, gint64 id) {
    StoreAccount account;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_account_get(place->store, conn, id, &account, &error));
    db_read_end(conn);
    return account;
}

/* "1:3,5" of what the mailbox holds; g_free. */
static inline char *uids_now(Place *place, gint64 mailbox) {
    DbConn *conn = db_read_begin(place->db, NULL);
    g_autoptr(StoreUids) uids = store_uids_load(place->store, conn, mailbox, NULL);
    db_read_end(conn);
    assert_non_null(uids);
    Buffer out;
    buffer_init(&out, 1 << 20);
    store_uids_write(uids, &out);
    return buffer_steal_string(&out);
}

static inline StoreUids *uids_of(const char *text) {
    StoreUids *uids = store_uids_new();
    assert_true(store_uids_parse(uids, bytes_of_string(text)));
    return uids;
}

static inline void print_finding(const char *text, gpointer data) {
    print_message("finding: %s\n", text);
    (*(guint *)data)++;
}

static inline void assert_clean(Place *place) {
    guint findings = 0;
    assert_ok(store_verify(place->store, TRUE, print_finding, NULL, &findings, &error));
    assert_int_equal(findings, 0);
}

#endif
