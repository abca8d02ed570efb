/* Signing; see dkim.h. */
#include "dkim/dkim.h"

#include "base/clock.h"
#include "base/log.h"
#include "dkim/canonical.h"
#include "message/address.h"
#include "message/header.h"

#include <glib/gstdio.h>

enum { HEADER_MOST = 16 * 1024 * 1024, FIELDS_MOST = 256, LINE = 72 };

typedef struct {
    char *selector;
    CryptoKey *key;
} Signer;

struct Dkim {
    char *folder, *domain;
    GMutex lock;
    gint64 changed;  /* lock: time of the folder when the keys were read; -1: never */
    GPtrArray *keys; /* lock; Signer; replaced whole, so that who holds it may go on */
};

static void signer_free(gpointer data) {
    Signer *signer = data;
    g_free(signer->selector);
    crypto_key_free(signer->key);
    g_free(signer);
}

Dkim *dkim_new(const char *folder, const char *domain) {
    Dkim *dkim = g_new0(Dkim, 1);
    dkim->folder = g_strdup(folder);
    dkim->domain = g_strdup(domain);
    dkim->changed = -1;
    g_mutex_init(&dkim->lock);
    dkim->keys = g_ptr_array_new_with_free_func(signer_free);
    return dkim;
}

void dkim_free(Dkim *dkim) {
    if (dkim == NULL)
        return;
    g_ptr_array_unref(dkim->keys);
    g_mutex_clear(&dkim->lock);
    g_free(dkim->folder);
    g_free(dkim->domain);
    g_free(dkim);
}

/* ---- Keys in use ---- */

static GPtrArray *load_keys(const char *folder, GError **error) {
    g_autoptr(GPtrArray) all = dkim_keys(folder, error);
    if (all == NULL)
        return NULL;
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(signer_free);
    for (guint i = 0; i < all->len; i++) {
        const DkimKey *key = all->pdata[i];
        if (key->state != DKIM_KEY_IN_USE)
            continue;
        g_autofree char *name = g_strconcat(key->selector, ".pem", NULL);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        CryptoKey *pair = crypto_key_load(path, error);
        if (pair == NULL)
            return NULL;
        Signer *signer = g_new0(Signer, 1);
        *signer = (Signer){g_strdup(key->selector), pair};
        g_ptr_array_add(keys, signer);
    }
    return g_steal_pointer(&keys);
}

/* A reference; read again when the folder changed. */
static GPtrArray *current_keys(Dkim *dkim, GError **error) {
    GStatBuf st;
    gint64 changed = g_stat(dkim->folder, &st) == 0
                         ? (gint64)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec
                         : 0;
    g_mutex_lock(&dkim->lock);
    gboolean good = TRUE;
    if (changed != dkim->changed) {
        GPtrArray *keys = load_keys(dkim->folder, error);
        good = keys != NULL;
        if (good) {
            g_ptr_array_unref(dkim->keys);
            dkim->keys = keys;
            dkim->changed = changed;
        }
    }
    GPtrArray *keys = good ? g_ptr_array_ref(dkim->keys) : NULL;
    g_mutex_unlock(&dkim->lock);
    return keys;
}

/* ---- What is signed ---- */

/* RFC 6376 5.4.1, with what people see and what decides how it is shown. Each is named once more
 * than it is there (8.15). */
static const char *const signed_names[] = {
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Auto-Submitted",
};

typedef struct {
    Buffer fields; /* canonical, in the order of h= */
    Buffer names;  /* h= */
    char body[48]; /* bh= */
} Content;

static Bytes header_of(Bytes message, Bytes *body) {
    gssize end = bytes_find(message, BYTES_LITERAL("\r\n\r\n"));
    *body = end < 0 ? bytes_of(NULL, 0) : bytes_slice(message, (gsize)end + 4, message.n);
    return end < 0 ? message : bytes_slice(message, 0, (gsize)end + 2);
}

/* The author's domain, when there is one author field with addresses of one domain. */
static gboolean is_ours(const Dkim *dkim, Bytes header) {
    MessageHeaderIter iter = message_header_iter(header);
    MessageHeaderField field;
    guint froms = 0;
    gboolean ours = TRUE, any = FALSE;
    while (message_header_next(&iter, &field)) {
        if (!bytes_is_nocase(field.name, "From"))
            continue;
        froms++;
        g_auto(MessageAddressParser) parser;
        MessageAddress address;
        message_address_parser_init(&parser, field.value);
        while (message_address_next(&parser, &address)) {
            if (address.kind != MESSAGE_ADDRESS_MAILBOX)
                continue;
            any = TRUE;
            ours &= bytes_is_nocase(address.host, dkim->domain);
        }
    }
    return froms == 1 && any && ours;
}

/* RFC 6376 5.4.2: several of one name are signed from the last upwards. */
static void take_name(Content *content, Bytes header, const char *name) {
    Bytes found[FIELDS_MOST], names[FIELDS_MOST];
    guint count = 0;
    MessageHeaderIter iter = message_header_iter(header);
    MessageHeaderField field;
    while (count < FIELDS_MOST && message_header_next(&iter, &field)) {
        if (!bytes_is_nocase(field.name, name))
            continue;
        names[count] = field.name;
        found[count++] = field.value;
    }
    for (guint i = count; i > 0; i--)
        canonical_header(names[i - 1], found[i - 1], TRUE, &content->fields);
    for (guint i = 0; i <= count; i++)
        buffer_printf(&content->names, "%s%s", content->names.n > 0 ? ":" : "", name);
}

static gboolean take_content(Content *content, Bytes message) {
    Bytes body;
    Bytes header = header_of(message, &body);
    for (gsize i = 0; i < G_N_ELEMENTS(signed_names); i++)
        take_name(content, header, signed_names[i]);
    guint8 digest[CRYPTO_SHA256_BYTES];
    g_autoptr(CryptoSha256) hash = crypto_sha256_new();
    canonical_body(body, hash);
    crypto_sha256_final(hash, digest);
    g_autofree char *text = g_base64_encode(digest, sizeof digest);
    g_strlcpy(content->body, text, sizeof content->body);
    return !content->fields.overflow && !content->names.overflow;
}

/* ---- Signatures ---- */

/* Folds between names, so that no line is long. */
static void write_names(Buffer *out, Bytes names) {
    gsize line = 0;
    Reader r = reader_of(names);
    while (!reader_done(&r)) {
        Bytes name;
        if (!reader_until(&r, ':', &name)) {
            name = reader_rest(&r);
            r.at = r.end;
        }
        gboolean more = reader_skip_byte(&r, ':');
        if (line + name.n > LINE - 8) {
            buffer_append_string(out, "\r\n\t");
            line = 0;
        }
        buffer_append_bytes(out, name);
        if (more)
            buffer_append_byte(out, ':');
        line += name.n + 1;
    }
}

/* The field up to "b=", without its name. */
static void write_value(const Dkim *dkim, const Signer *signer, const Content *content,
                        Buffer *out) {
    buffer_printf(out,
                  " v=1; a=%s; c=relaxed/relaxed;\r\n\td=%s; s=%s;\r\n\tt=%" G_GINT64_FORMAT
                  "; bh=%s;\r\n\th=",
                  crypto_key_kind(signer->key) == CRYPTO_KEY_RSA ? "rsa-sha256" : "ed25519-sha256",
                  dkim->domain, signer->selector, clock_now() / CLOCK_SECOND, content->body);
    write_names(out, buffer_bytes(&content->names));
    buffer_append_string(out, ";\r\n\tb=");
}

static void write_signature(Buffer *out, Bytes signature) {
    g_autofree char *text = g_base64_encode(signature.p, signature.n);
    gsize n = strlen(text);
    for (gsize at = 0; at < n; at += LINE)
        buffer_printf(out, "%s%.*s", at == 0 ? "" : "\r\n\t", LINE, text + at);
    buffer_append_string(out, "\r\n");
}

static gboolean sign_with(const Dkim *dkim, const Signer *signer, const Content *content,
                          Buffer *out, GError **error) {
    static const char name[] = "DKIM-Signature";
    guint8 digest[CRYPTO_SHA256_BYTES];
    g_auto(Buffer) value, canonical, signature;
    buffer_init(&value, HEADER_MOST);
    buffer_init(&canonical, HEADER_MOST);
    buffer_init(&signature, 4096);
    write_value(dkim, signer, content, &value);
    canonical_header(BYTES_LITERAL(name), buffer_bytes(&value), FALSE, &canonical);
    g_autoptr(CryptoSha256) hash = crypto_sha256_new();
    crypto_sha256_update(hash, buffer_bytes(&content->fields));
    crypto_sha256_update(hash, buffer_bytes(&canonical));
    crypto_sha256_final(hash, digest);
    if (!crypto_key_sign(signer->key, digest, &signature, error))
        return FALSE;
    buffer_printf(out, "%s:", name);
    buffer_append_bytes(out, buffer_bytes(&value));
    write_signature(out, buffer_bytes(&signature));
    return !out->overflow || cv_fail(error, CV_ERROR_LIMIT, "the signature does not fit");
}

gboolean dkim_sign(Dkim *dkim, Bytes message, Buffer *out, GError **error) {
    g_autoptr(GPtrArray) keys = current_keys(dkim, error);
    if (keys == NULL)
        return FALSE;
    Bytes body;
    if (keys->len == 0 || !is_ours(dkim, header_of(message, &body)))
        return TRUE;
    Content content = {0};
    buffer_init(&content.fields, HEADER_MOST);
    buffer_init(&content.names, HEADER_MOST);
    gboolean good = take_content(&content, message) ||
                    cv_fail(error, CV_ERROR_LIMIT, "the header is too long to be signed");
    for (guint i = 0; good && i < keys->len; i++)
        good = sign_with(dkim, keys->pdata[i], &content, out, error);
    buffer_release(&content.fields);
    buffer_release(&content.names);
    return good;
}
