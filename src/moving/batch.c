/* The form of a batch; see batch.h. */
#include "moving/batch.h"

gboolean batch_begin(Buffer *out) {
    buffer_clear(out);
    return buffer_append_string(out, BATCH_HEAD);
}

static gsize varint_bytes(guint64 value) {
    gsize n = 1;
    while ((value >>= 7) != 0)
        n++;
    return n;
}

static gboolean add_head(Buffer *out, char kind, gsize payload) {
    return buffer_append_byte(out, (guint8)kind) && buffer_append_varint(out, payload);
}

gboolean batch_add_mailbox(Buffer *out, const BatchMailbox *mailbox) {
    gsize name = strlen(mailbox->name);
    return add_head(out, 'B', varint_bytes(mailbox->use) + 1 + name) &&
           buffer_append_varint(out, mailbox->use) &&
           buffer_append_varint(out, mailbox->subscribed ? 1 : 0) &&
           buffer_append(out, mailbox->name, name);
}

gboolean batch_add_source(Buffer *out, const BatchSource *source) {
    gsize name = strlen(source->name);
    return add_head(out, 'S', varint_bytes(source->uidvalidity) + 1 + name) &&
           buffer_append_varint(out, source->uidvalidity) &&
           buffer_append_varint(out, source->by_uid ? 1 : 0) &&
           buffer_append(out, source->name, name);
}

gboolean batch_add_content(Buffer *out, const char *name) {
    return add_head(out, 'C', strlen(name)) && buffer_append_string(out, name);
}

static guint count_of(const GPtrArray *keywords) {
    return keywords == NULL ? 0 : MIN(keywords->len, (guint)MOVING_KEYWORDS);
}

static gsize keyword_bytes(const GPtrArray *keywords) {
    gsize n = 0;
    for (guint i = 0; i < count_of(keywords); i++) {
        gsize length = strlen(keywords->pdata[i]);
        n += varint_bytes(length) + length;
    }
    return n;
}

static gboolean add_keywords(Buffer *out, const GPtrArray *keywords) {
    gboolean fits = buffer_append_varint(out, count_of(keywords));
    for (guint i = 0; i < count_of(keywords) && fits; i++)
        fits = buffer_append_varint(out, strlen(keywords->pdata[i])) &&
               buffer_append_string(out, keywords->pdata[i]);
    return fits;
}

gboolean batch_add_message(Buffer *out, const BatchMessage *message) {
    const MovingMessage *m = &message->message;
    guint64 received = (guint64)MAX(m->received, 0);
    gsize before = out->n;
    gsize meta = varint_bytes(m->flags) + varint_bytes(received) + varint_bytes(m->uid) +
                 varint_bytes(message->seen) + MOVING_DIGEST_BYTES +
                 varint_bytes(count_of(m->keywords)) + keyword_bytes(m->keywords);
    if (add_head(out, 'M', meta + m->content.n) && buffer_append_varint(out, m->flags) &&
        buffer_append_varint(out, received) && buffer_append_varint(out, m->uid) &&
        buffer_append_varint(out, message->seen) &&
        buffer_append(out, message->digest, MOVING_DIGEST_BYTES) &&
        add_keywords(out, m->keywords) && buffer_append_bytes(out, m->content))
        return TRUE;
    buffer_truncate(out, before);
    return FALSE;
}

gboolean batch_add_number(Buffer *out, char kind, guint64 number) {
    return add_head(out, kind, varint_bytes(number)) && buffer_append_varint(out, number);
}

/* ---- Reading ---- */

gboolean batch_open(Bytes batch, Reader *r) {
    *r = reader_of(batch);
    return reader_skip(r, BATCH_HEAD);
}

gboolean batch_next(Reader *r, BatchRecord *out) {
    Reader at = *r;
    guint64 length;
    int kind = reader_byte(&at);
    if (kind < 0 || strchr("BSCMTE", kind) == NULL || kind == 0 || !reader_varint(&at, &length) ||
        length > reader_left(&at) || !reader_take(&at, (gsize)length, &out->payload))
        return FALSE;
    out->kind = (char)kind;
    *r = at;
    return TRUE;
}

static gboolean take_name(Reader *r, char **name) {
    Bytes rest = reader_rest(r);
    if (rest.n == 0 || bytes_has_nul(rest))
        return FALSE;
    *name = bytes_dup_string(rest);
    return TRUE;
}

gboolean batch_read_mailbox(Bytes payload, BatchMailbox *out, char **name) {
    Reader r = reader_of(payload);
    guint64 use, flags;
    if (!reader_varint(&r, &use) || use > STORE_USE_ALL || !reader_varint(&r, &flags) ||
        flags > 1 || !take_name(&r, name))
        return FALSE;
    *out = (BatchMailbox){(StoreUse)use, flags == 1, *name};
    return TRUE;
}

gboolean batch_read_source(Bytes payload, BatchSource *out, char **name) {
    Reader r = reader_of(payload);
    guint64 uidvalidity, by_uid;
    if (!reader_varint(&r, &uidvalidity) || uidvalidity > G_MAXUINT32 ||
        !reader_varint(&r, &by_uid) || by_uid > 1 || !take_name(&r, name))
        return FALSE;
    *out = (BatchSource){*name, (guint32)uidvalidity, by_uid == 1};
    return TRUE;
}

static gboolean take_keywords(Reader *r, GPtrArray *keywords) {
    guint64 count, length;
    if (!reader_varint(r, &count) || count > MOVING_KEYWORDS)
        return FALSE;
    for (guint64 i = 0; i < count; i++) {
        Bytes word;
        if (!reader_varint(r, &length) || length > reader_left(r) ||
            !reader_take(r, (gsize)length, &word) || !moving_is_keyword(word))
            return FALSE;
        g_ptr_array_add(keywords, bytes_dup_string(word));
    }
    return TRUE;
}

gboolean batch_read_message(Bytes payload, BatchMessage *out) {
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    Reader r = reader_of(payload);
    guint64 flags, received, uid;
    Bytes digest;
    *out = (BatchMessage){0};
    if (!reader_varint(&r, &flags) || (flags & ~STORE_SYSTEM_FLAGS) != 0 ||
        !reader_varint(&r, &received) || received > G_MAXINT64 || !reader_varint(&r, &uid) ||
        uid > G_MAXUINT32 || !reader_varint(&r, &out->seen) || out->seen == 0 ||
        out->seen > G_MAXINT64 || !reader_take(&r, MOVING_DIGEST_BYTES, &digest) ||
        !take_keywords(&r, keywords))
        return FALSE;
    memcpy(out->digest, digest.p, MOVING_DIGEST_BYTES);
    out->message = (MovingMessage){.flags = flags,
                                   .keywords = g_steal_pointer(&keywords),
                                   .received = (gint64)received,
                                   .uid = (guint32)uid,
                                   .content = reader_rest(&r)};
    return TRUE;
}

gboolean batch_read_number(Bytes payload, guint64 *out) {
    Reader r = reader_of(payload);
    return reader_varint(&r, out) && reader_done(&r);
}
