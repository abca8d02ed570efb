/* Packed: the version (one byte), then eight bytes for the message's own id (0: none) and eight for
 * each reference. The digest is cut to 64 bits: two ids among a million meet by chance once in ten
 * million such mailboxes, and who makes ids meet on purpose could as well write a false References
 * line. */
#include "message/references.h"

#include "base/crypto.h"
#include "message/header.h"

enum { VERSION = 1, LONGEST_HEADER = 1024 * 1024 };

guint64 message_text_hash(Bytes text) {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    guint64 hash = 0;
    crypto_digest(text, digest);
    for (gsize i = 0; i < 8; i++)
        hash = hash << 8 | digest[i];
    return hash == 0 ? 1 : hash;
}

guint64 message_id_hash(const char *id) {
    /* <"a"@b> and <a@b> are the same id (RFC 5256 3). */
    g_autofree char *plain = g_malloc(strlen(id) + 1);
    gsize n = 0;
    for (const char *c = id; *c != '\0'; c++) {
        if (*c == '"')
            continue;
        if (*c == '\\' && c[1] != '\0')
            c++;
        plain[n++] = *c;
    }
    return message_text_hash(bytes_of(plain, n));
}

gboolean message_references_pack(const char *message_id, char *const *in_reply_to,
                                 char *const *references, Buffer *out) {
    gboolean fits = buffer_append_byte(out, VERSION) &&
                    buffer_append_be64(out, message_id == NULL ? 0 : message_id_hash(message_id));
    guint n = g_strv_length((char **)references);
    if (n == 0 && in_reply_to[0] != NULL)
        return buffer_append_be64(out, message_id_hash(in_reply_to[0])) && fits;
    guint left_out = n > MESSAGE_REFERENCES_KEPT ? n - MESSAGE_REFERENCES_KEPT : 0;
    for (guint i = 0; i < n; i++)
        if (i == 0 || i > left_out)
            fits = buffer_append_be64(out, message_id_hash(references[i])) && fits;
    return fits;
}

gboolean message_references_scan(Bytes header, Buffer *out) {
    static const char *const names[] = {"Message-ID", "In-Reply-To", "References"};
    char **ids[G_N_ELEMENTS(names)];
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        Bytes value = {NULL, 0};
        message_header_find(bytes_slice(header, 0, LONGEST_HEADER), names[i], &value);
        ids[i] = message_header_ids(value, i == 0 ? 1 : 1000);
    }
    gboolean fits = message_references_pack(ids[0][0], ids[1], ids[2], out);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_strfreev(ids[i]);
    return fits;
}

gboolean message_references_read(Bytes packed, MessageReferences *out) {
    Reader in = reader_of(packed);
    out->own = 0;
    out->count = 0;
    if (reader_byte(&in) != VERSION || reader_left(&in) % 8 != 0 ||
        reader_left(&in) > 8 * (MESSAGE_REFERENCES_KEPT + 1) || !reader_be64(&in, &out->own))
        return FALSE;
    while (out->count < MESSAGE_REFERENCES_KEPT && reader_be64(&in, &out->ids[out->count]))
        out->count++;
    return TRUE;
}
