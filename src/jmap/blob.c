/* Reading blobs; see blob.h. */
#include "jmap/blob.h"

#include "jmap/body.h"
#include "store/upload.h"

#include <string.h>

enum { LEVELS = 10, PATH = MESSAGE_MAX_DEPTH };

static gboolean missing(GError **error) {
    return cv_fail(error, CV_ERROR_NOT_FOUND, "Không có tệp này; there is no such blob");
}

char *jmap_blob_of_upload(const char *name) {
    return g_strconcat("U", name, NULL);
}

/* "1_2" */
static gboolean read_path(const char *text, guint32 path[PATH], gsize *depth) {
    Reader in = reader_of(bytes_of_string(text));
    guint64 number;
    *depth = 0;
    do {
        if (*depth == PATH || !reader_u64(&in, &number) || number == 0 || number > G_MAXUINT32)
            return FALSE;
        path[(*depth)++] = (guint32)number;
    } while (reader_skip_byte(&in, '_'));
    return reader_done(&in);
}

static char *type_of(const MessagePart *part) {
    return g_strdup_printf("%.*s/%.*s", (int)part->type.n, part->type.p, (int)part->subtype.n,
                           part->subtype.p);
}

/* ---- E-mails ---- */

typedef struct {
    Store *store;
    DbConn *conn;
    const char *path; /* of a part; NULL: all of it */
    Buffer *out;
    char **type;
    gboolean good, given;
    GError **error;
} Reading;

static gboolean read_part(Reading *reading, const StoreMessage *message) {
    guint32 path[PATH];
    gsize depth;
    MessagePart part;
    g_auto(Buffer) body;
    buffer_init(&body, JMAP_BLOB_BYTES);
    if (!read_path(reading->path, path, &depth) ||
        !message_part_find(message->structure, path, depth, &part) ||
        part.kind == MESSAGE_PART_MULTIPART)
        return missing(reading->error);
    *reading->type = type_of(&part);
    return store_message_read(reading->store, reading->conn, message,
                              message->prefix.n + part.body_start, part.body_end - part.body_start,
                              &body, reading->error) &&
           (jmap_part_decode(&part, buffer_bytes(&body), reading->out) ||
            cv_fail(reading->error, CV_ERROR_LIMIT, "the part is too large"));
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    Reading *reading = data;
    reading->given = !message->expunged;
    if (!reading->given)
        return FALSE;
    if (reading->path != NULL) {
        reading->good = read_part(reading, message);
        return TRUE;
    }
    *reading->type = g_strdup("message/rfc822");
    reading->good = store_message_read(reading->store, reading->conn, message, 0, message->size,
                                       reading->out, reading->error);
    return TRUE;
}

static gboolean read_email(Store *store, DbConn *conn, const JmapAccount *account, const char *base,
                           const char *path, Buffer *out, char **type, GError **error) {
    StoreBirth birth;
    guint32 uid;
    g_autoptr(GError) failed = NULL;
    if (!jmap_email_of_blob(base, &birth))
        return missing(error);
    const JmapBox *box = jmap_email_find(store, conn, account, birth, &uid, &failed);
    if (failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    if (box == NULL)
        return missing(error);
    Reading reading = {store, conn, path, out, type, FALSE, FALSE, error};
    if (!store_message_each(store, conn, box->mailbox->id, uid, uid, STORE_WANT_META, on_message,
                            &reading, error))
        return FALSE;
    return reading.given ? reading.good : missing(error);
}

/* ---- Uploads ---- */

static gboolean read_upload(Store *store, DbConn *conn, const JmapAccount *account,
                            const char *base, Buffer *out, char **type, GError **error) {
    BlobId blob;
    guint64 size;
    if (!store_upload_find(conn, account->id, base + 1, &blob, &size, type, error))
        return FALSE;
    return blob_read_range(store_blobs(store), conn, blob, 0, size, out, error);
}

/* ---- Parts of what was read ---- */

/* Replaces the bytes of a message by those of one of its parts. */
static gboolean step_into(Buffer *bytes, const char *text, char **type, GError **error) {
    guint32 path[PATH];
    gsize depth;
    MessagePart part;
    g_auto(Buffer) inner;
    buffer_init(&inner, JMAP_BLOB_BYTES);
    g_autoptr(MessageParsed) parsed = message_parse(buffer_bytes(bytes));
    if (!read_path(text, path, &depth) ||
        !message_part_find(parsed->structure, path, depth, &part) ||
        part.kind == MESSAGE_PART_MULTIPART)
        return missing(error);
    if (!jmap_part_decode(
            &part,
            bytes_slice(buffer_bytes(bytes), part.body_start, part.body_end - part.body_start),
            &inner))
        return cv_fail(error, CV_ERROR_LIMIT, "the part is too large");
    g_free(*type);
    *type = type_of(&part);
    buffer_clear(bytes);
    return buffer_append_bytes(bytes, buffer_bytes(&inner)) ||
           cv_fail(error, CV_ERROR_LIMIT, "the part is too large");
}

gboolean jmap_blob_read(Store *store, DbConn *conn, const JmapAccount *account, const char *id,
                        Buffer *out, char **type, GError **error) {
    g_auto(GStrv) words = g_strsplit(id, "-", LEVELS + 2);
    guint count = g_strv_length(words), next = 1;
    gboolean email = count > 0 && words[0][0] == 'B';
    g_autofree char *found = NULL;
    if (count == 0 || count > LEVELS + 1 || (!email && words[0][0] != 'U'))
        return missing(error);
    gboolean good = email ? read_email(store, conn, account, words[0], words[1], out, &found, error)
                          : read_upload(store, conn, account, words[0], out, &found, error);
    if (email && count > 1)
        next = 2;
    for (; good && next < count; next++)
        good = step_into(out, words[next], &found, error);
    if (!good)
        return FALSE;
    if (type != NULL)
        *type = g_steal_pointer(&found);
    return TRUE;
}
