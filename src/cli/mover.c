/* See mover.h. */
#include "cli/mover.h"

#include "moving/take.h"

enum {
    LEFT_NAMED = 1000, /* further ones are only counted */
    DOCUMENT_MAXIMUM = 16 * 1024 * 1024,
};

typedef struct {
    char *label, *why;
} Left;

struct Mover {
    CliCall *call;
    Door *door;
    char *address;
    Buffer batch;
    gboolean dirty;    /* the batch holds what was not sent yet */
    GPtrArray *labels; /* char *, of the messages in the batch */
    GArray *sizes;     /* gint64, beside labels */
    MoverCounts counts;
    GArray *left;     /* Left */
    GHashTable *seen; /* the first 8 bytes of a digest → how many in this folder */
    /* The folder in hand. */
    char *target, *source, *content;
    StoreUse use;
    guint32 uidvalidity;
    gboolean by_uid;
};

static void left_clear(gpointer data) {
    Left *left = data;
    g_free(left->label);
    g_free(left->why);
}

static gboolean begin(Mover *mover, const MoverOptions *options, GError **error) {
    const char *words[16] = {"import",      "begin",  options->address, "--kind",
                             options->kind, "--from", options->from};
    guint n = 7;
    if (options->ground->request != NULL) {
        words[n++] = "--request";
        words[n++] = options->ground->request;
    }
    if (options->ground->text != NULL) {
        words[n++] = "--ground";
        words[n++] = options->ground->text;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    if (!door_ask(mover->door, words, bytes_of(NULL, 0), out, NULL, NULL, error))
        return FALSE;
    mover->address = g_strdup(g_strchomp(out->str));
    return TRUE;
}

Mover *mover_open(CliCall *call, Door *door, const MoverOptions *options, GError **error) {
    g_autoptr(Mover) mover = g_new0(Mover, 1);
    mover->call = call;
    mover->door = door;
    buffer_init(&mover->batch, BATCH_BYTES_MAXIMUM);
    batch_begin(&mover->batch);
    mover->labels = g_ptr_array_new_with_free_func(g_free);
    mover->sizes = g_array_new(FALSE, FALSE, sizeof(gint64));
    mover->left = g_array_new(FALSE, FALSE, sizeof(Left));
    g_array_set_clear_func(mover->left, left_clear);
    mover->seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    return begin(mover, options, error) ? g_steal_pointer(&mover) : NULL;
}

void mover_free(Mover *mover) {
    if (mover == NULL)
        return;
    buffer_release(&mover->batch);
    g_ptr_array_unref(mover->labels);
    g_array_unref(mover->sizes);
    g_array_unref(mover->left);
    g_hash_table_unref(mover->seen);
    g_free(mover->address);
    g_free(mover->target);
    g_free(mover->source);
    g_free(mover->content);
    g_free(mover);
}

const char *mover_address(const Mover *mover) {
    return mover->address;
}

const MoverCounts *mover_counts(const Mover *mover) {
    return &mover->counts;
}

void mover_left_all(Mover *mover, gint64 messages, const char *label, const char *why) {
    mover->counts.left += messages;
    if (mover->left->len >= LEFT_NAMED)
        return;
    Left left = {g_strdup(label), g_strdup(why)};
    g_array_append_val(mover->left, left);
}

void mover_had(Mover *mover, gint64 messages) {
    mover->counts.had += messages;
}

void mover_left(Mover *mover, const char *label, const char *why) {
    mover_left_all(mover, 1, label, why);
}

/* ---- What is there already ---- */

static gboolean read_uids(Bytes text, StoreUids *uids) {
    Reader r = reader_of(bytes_strip(text));
    while (!reader_done(&r)) {
        guint64 first, last;
        if (!reader_u64(&r, &first))
            return FALSE;
        last = first;
        if (reader_skip_byte(&r, ':') && !reader_u64(&r, &last))
            return FALSE;
        if (first == 0 || last < first || last > G_MAXUINT32)
            return FALSE;
        for (guint64 uid = first; uid <= last; uid++)
            store_uids_add(uids, (guint32)uid);
        if (!reader_skip_byte(&r, ','))
            break;
    }
    return reader_done(&r);
}

gboolean mover_taken(Mover *mover, const char *source, guint32 uidvalidity, gboolean *known,
                     StoreUids *uids, GError **error) {
    char number[16];
    g_snprintf(number, sizeof number, "%u", uidvalidity);
    const char *words[] = {"import", "taken",         mover->address, "--source",
                           source,   "--uidvalidity", number,         NULL};
    g_autoptr(GString) out = g_string_new(NULL);
    if (!door_ask(mover->door, words, bytes_of(NULL, 0), out, NULL, NULL, error))
        return FALSE;
    *known = g_str_has_prefix(out->str, "known ");
    if (*known && !read_uids(bytes_of(out->str + 6, out->len - 6), uids))
        return cv_fail(error, CV_ERROR_INTERNAL, "the list of what was taken is broken");
    return TRUE;
}

/* ---- Sending ---- */

static gboolean add_folder(Mover *mover, gboolean subscribed) {
    return batch_add_mailbox(&mover->batch,
                             &(BatchMailbox){mover->use, subscribed, mover->target}) &&
           batch_add_source(&mover->batch,
                            &(BatchSource){mover->source, mover->uidvalidity, mover->by_uid}) &&
           batch_add_content(&mover->batch, mover->content);
}

static void count_one(Mover *mover, char code, guint i) {
    gint64 size = g_array_index(mover->sizes, gint64, i);
    if (code == MOVING_TAKEN || code == MOVING_TAKEN_PARTLY) {
        mover->counts.taken++;
        mover->counts.bytes += size;
        mover->counts.keywords += code == MOVING_TAKEN_PARTLY;
    } else if (code == MOVING_HAD) {
        mover->counts.had++;
    } else if (code == MOVING_REFUSED) {
        mover_left(mover, mover->labels->pdata[i],
                   "có dấu độ mật (Điều 6.1); it bears the stamp of a state secret");
    } else {
        mover_left(mover, mover->labels->pdata[i], "hộp thư ở đây đã đầy; the mailbox is full");
    }
}

/* Two lines: a letter for each message, and the quota where it decided. */
static gboolean read_answer(Mover *mover, const GString *out, GError **error) {
    const char *end = strchr(out->str, '\n');
    gsize n = end == NULL ? 0 : (gsize)(end - out->str);
    if (end == NULL || n != mover->labels->len)
        return cv_fail(error, CV_ERROR_INTERNAL, "the answer to a batch is broken");
    for (guint i = 0; i < n; i++)
        count_one(mover, out->str[i], i);
    if (memchr(out->str, MOVING_FULL, n) == NULL)
        return TRUE;
    Reader r = reader_of(bytes_of_string(end + 1));
    guint64 used = 0, limit = 0;
    if (reader_u64(&r, &used))
        reader_skip_byte(&r, ' ');
    reader_u64(&r, &limit);
    g_autofree char *used_text = cli_size_text((gint64)MIN(used, G_MAXINT64));
    g_autofree char *limit_text = cli_size_text((gint64)MIN(limit, G_MAXINT64));
    return cv_fail(
        error, CV_ERROR_QUOTA,
        "hộp thư %s đã đầy (%s trên %s): tăng dung lượng bằng `congvu account quota %s "
        "SIZE` rồi chạy lại; the mailbox is full: raise its quota and run this again, it "
        "goes on where it was",
        mover->address, used_text, limit_text, mover->address);
}

gboolean mover_send(Mover *mover, GError **error) {
    if (!mover->dirty)
        return TRUE;
    const char *words[] = {"import", "take", mover->address, NULL};
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean good =
        door_ask(mover->door, words, buffer_bytes(&mover->batch), out, NULL, NULL, error) &&
        read_answer(mover, out, error);
    g_ptr_array_set_size(mover->labels, 0);
    g_array_set_size(mover->sizes, 0);
    if (mover->batch.capacity > 2 * MOVING_BATCH_BYTES)
        buffer_release(&mover->batch); /* after a very large message */
    batch_begin(&mover->batch);
    mover->dirty = FALSE;
    if (mover->target != NULL)
        add_folder(mover, FALSE);
    return good;
}

static void replace_text(char **where, char *with) {
    g_free(*where);
    *where = with;
}

gboolean mover_folder(Mover *mover, const MoverFolder *folder, GError **error) {
    if (mover->labels->len > 0 && !mover_send(mover, error))
        return FALSE;
    /* What goes into one mailbox here is known by its content under one name, wherever it comes
     * from. */
    g_autofree char *content = g_strconcat("=", folder->target, NULL);
    g_hash_table_remove_all(mover->seen);
    replace_text(&mover->target, g_strdup(folder->target));
    replace_text(&mover->source, g_strdup(folder->source == NULL ? content : folder->source));
    replace_text(&mover->content, g_steal_pointer(&content));
    mover->use = folder->use;
    mover->uidvalidity = folder->uidvalidity;
    mover->by_uid = folder->by_uid;
    mover->dirty = TRUE;
    batch_begin(&mover->batch);
    if (!add_folder(mover, folder->subscribed))
        return cv_fail(error, CV_ERROR_INTERNAL, "a batch has no room for a folder");
    if (!mover_send(mover, error)) { /* it cannot be made here */
        g_clear_pointer(&mover->target, g_free);
        batch_begin(&mover->batch);
        return FALSE;
    }
    mover->counts.folders++;
    return TRUE;
}

/* The how-manyth message with this digest in this folder and run. */
static guint64 count_seen(Mover *mover, const guint8 *digest) {
    guint64 key;
    memcpy(&key, digest, sizeof key);
    gpointer at = GSIZE_TO_POINTER(key);
    gsize seen = GPOINTER_TO_SIZE(g_hash_table_lookup(mover->seen, at)) + 1;
    g_hash_table_insert(mover->seen, at, GSIZE_TO_POINTER(seen));
    return seen;
}

gboolean mover_add(Mover *mover, Buffer *content, const MovingMessage *message, const char *label,
                   GError **error) {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    mover->counts.nuls += moving_replace_nul(content);
    BatchMessage added = {.message = *message};
    added.message.content = buffer_bytes(content);
    crypto_digest(added.message.content, digest);
    memcpy(added.digest, digest, MOVING_DIGEST_BYTES);
    added.seen = count_seen(mover, digest);
    if (!batch_add_message(&mover->batch, &added) &&
        (!mover_send(mover, error) || !batch_add_message(&mover->batch, &added)))
        return error != NULL && *error != NULL
                   ? FALSE
                   : cv_fail(error, CV_ERROR_LIMIT, "a message is too large for a batch");
    gint64 size = (gint64)added.message.content.n;
    g_ptr_array_add(mover->labels, g_strdup(label));
    g_array_append_val(mover->sizes, size);
    mover->dirty = TRUE;
    return (mover->batch.n < MOVING_BATCH_BYTES && mover->labels->len < MOVING_BATCH_MESSAGES) ||
           mover_send(mover, error);
}

/* ---- The report ---- */

static void print_json(Mover *mover, const GError *failed) {
    const MoverCounts *c = &mover->counts;
    g_auto(Buffer) document;
    buffer_init(&document, DOCUMENT_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_text(&w, "address", mover->address);
    json_int(&w, "folders", c->folders);
    json_int(&w, "taken", c->taken);
    json_int(&w, "bytes", c->bytes);
    json_int(&w, "had", c->had);
    json_int(&w, "left", c->left);
    json_int(&w, "without_keywords", c->keywords);
    json_int(&w, "with_nul", c->nuls);
    json_open(&w, "reasons", '[');
    for (guint i = 0; i < mover->left->len; i++) {
        const Left *left = &g_array_index(mover->left, Left, i);
        json_open(&w, NULL, '{');
        json_text(&w, "what", left->label);
        json_text(&w, "why", left->why);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_text(&w, "failed", failed == NULL ? NULL : failed->message);
    json_close(&w, '}');
    cli_print_json(mover->call, &document);
}

#define N "%" G_GINT64_FORMAT

static void print_text(Mover *mover) {
    const MoverCounts *c = &mover->counts;
    g_autofree char *size = cli_size_text(c->bytes);
    cli_print(mover->call,
              "%s: đã chuyển " N " thư (%s) vào " N " thư mục, " N " thư đã có từ trước, " N
              " thư để lại; moved " N ", had " N ", left " N "\n",
              mover->address, c->taken, size, c->folders, c->had, c->left, c->taken, c->had,
              c->left);
    if (c->keywords > 0)
        cli_print(mover->call,
                  "  " N " thư không giữ được hết nhãn (mỗi tài khoản tối đa %d nhãn); keywords of "
                  "so many messages were not kept\n",
                  c->keywords, STORE_KEYWORD_COUNT);
    if (c->nuls > 0)
        cli_print(mover->call,
                  "  " N " thư có byte 0, đã thay bằng byte 80 (hệ 16); NUL bytes were replaced in "
                  "so many messages\n",
                  c->nuls);
    for (guint i = 0; i < mover->left->len; i++) {
        const Left *left = &g_array_index(mover->left, Left, i);
        cli_print(mover->call, "  để lại / left: %s: %s\n", left->label, left->why);
    }
    if (mover->left->len >= LEFT_NAMED)
        cli_print(mover->call, "  … chỉ nêu %d mục đầu; only the first are named\n", LEFT_NAMED);
}

int mover_report(Mover *mover, GError *failed) {
    if (mover->call->json)
        print_json(mover, failed);
    else
        print_text(mover);
    if (failed != NULL)
        return cli_refuse(mover->call, failed);
    if (mover->counts.left == 0)
        return CLI_DONE;
    g_string_append_printf(mover->call->err,
                           "congvu: %s: còn " N
                           " thư hoặc thư mục chưa chuyển được; not everything "
                           "could be moved, the report says what and why\n",
                           mover->address, mover->counts.left);
    return CLI_REFUSED;
}
