/* Object ids; see objectid.h. Each begins with a letter of its kind, so that no id of one kind is
 * one of another, and has no capital behind it (RFC 8474 8.1). */
#include "imap/objectid.h"

#include "base/crypto.h"
#include "message/references.h"

void imap_mailbox_id(guint32 uidvalidity, char out[IMAP_OBJECTID_BYTES]) {
    g_snprintf(out, IMAP_OBJECTID_BYTES, "F%08x", uidvalidity);
}

/* The digest of everything that never changes of a message: its bytes and INTERNALDATE. */
static gboolean digest_of(DbConn *conn, const StoreMessage *message,
                          guint8 out[CRYPTO_DIGEST_BYTES], GError **error) {
    guint8 content[CRYPTO_DIGEST_BYTES], received[8];
    if (!blob_digest(conn, message->blob, content, error))
        return FALSE;
    for (guint i = 0; i < 8; i++)
        received[i] = (guint8)((guint64)message->received >> (56 - 8 * i));
    g_autoptr(CryptoDigest) digest = crypto_digest_new();
    crypto_digest_update(digest, bytes_of(content, sizeof content));
    crypto_digest_update(digest, bytes_of(received, sizeof received));
    crypto_digest_update(digest, message->prefix);
    crypto_digest_final(digest, out);
    return TRUE;
}

static void put_hex(const guint8 *bytes, gsize n, char *out) {
    for (gsize i = 0; i < n; i++)
        g_snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

gboolean imap_email_id(Store *store, DbConn *conn, const StoreMessage *message,
                       char out[IMAP_OBJECTID_BYTES], GError **error) {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    if (!digest_of(conn, message, digest, error))
        return FALSE;
    out[0] = 'M';
    put_hex(digest, 16, out + 1);
    return TRUE;
}

gboolean imap_thread_id(Store *store, DbConn *conn, const StoreMessage *message,
                        char out[IMAP_OBJECTID_BYTES], GError **error) {
    MessageReferences references;
    g_auto(Buffer) scratch;
    Bytes packed;
    buffer_init(&scratch, 4096);
    if (!store_message_ancestry(store, conn, message, &scratch, &packed, error))
        return FALSE;
    message_references_read(packed, &references);
    guint64 first = references.count > 0 ? references.ids[0] : references.own;
    out[0] = 'T';
    if (first != 0) {
        g_snprintf(out + 1, IMAP_OBJECTID_BYTES - 1, "%016" G_GINT64_MODIFIER "x", first);
        return TRUE;
    }
    /* A message without any id is a conversation of its own, wherever it is copied. */
    guint8 digest[CRYPTO_DIGEST_BYTES];
    if (!digest_of(conn, message, digest, error))
        return FALSE;
    put_hex(digest, 16, out + 1);
    return TRUE;
}

gboolean imap_take_objectid(ImapParser *args, Bytes *out) {
    enum { LONGEST = 255 };
    Reader mark = args->in;
    Bytes word;
    gboolean good = imap_take_atom(args, &word) && word.n <= LONGEST;
    for (gsize i = 0; good && i < word.n; i++)
        good = g_ascii_isalnum((char)word.p[i]) || word.p[i] == '_' || word.p[i] == '-';
    if (!good) {
        args->in = mark;
        return imap_parser_fail(args, "An object id is missing or malformed");
    }
    *out = word;
    return TRUE;
}
