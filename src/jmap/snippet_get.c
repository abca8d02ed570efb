/* SearchSnippet/get (RFC 8621 5.1): the subject and a piece of the text with what was looked for
 * marked. A word without marks finds letters with and without them, as the search does. */
#include "jmap/arguments.h"
#include "jmap/filter.h"
#include "jmap/methods.h"
#include "jmap/stored.h"

#include "message/header.h"
#include "message/texts.h"
#include "text/fold.h"

#include <string.h>

enum { EMAILS = 256, PIECE = 200, READ = 256 * 1024 }; /* e-mails; bytes */

typedef struct {
    JmapCall *call;
    DbConn *conn;
    const GPtrArray *words;
    GString *text; /* of the bodies, READ at most */
    const StoreMessage *message;
    Buffer bytes;
    char *subject;
} Snippet;

/* ---- Finding ---- */

/* Bytes of the text at `at` that are the word; 0: it does not begin there. Compared character by
 * character, folded. */
static gsize match_at(const char *at, const char *word) {
    const char *p = at;
    gboolean exact = FALSE;
    for (const char *w = word; *w != '\0'; w = g_utf8_next_char(w))
        exact = exact || g_utf8_get_char(w) >= 0x80;
    for (const char *w = word; *w != '\0';) {
        if (*p == '\0')
            return 0;
        const char *next_p = g_utf8_next_char(p), *next_w = g_utf8_next_char(w);
        Bytes one = bytes_of(p, (gsize)(next_p - p)), other = bytes_of(w, (gsize)(next_w - w));
        g_autofree char *x = exact ? text_casefold(one) : text_fold(one);
        g_autofree char *y = exact ? text_casefold(other) : text_fold(other);
        if (!g_str_equal(x, y))
            return 0;
        p = next_p;
        w = next_w;
    }
    return (gsize)(p - at);
}

static gsize match_any(const Snippet *snippet, const char *at) {
    gsize longest = 0;
    for (guint i = 0; i < snippet->words->len; i++)
        longest = MAX(longest, match_at(at, snippet->words->pdata[i]));
    return longest;
}

/* ---- Writing ---- */

static void put_escaped(GString *out, const char *from, const char *to) {
    for (; from < to; from++) {
        if (*from == '<')
            g_string_append(out, "&lt;");
        else if (*from == '>')
            g_string_append(out, "&gt;");
        else if (*from == '&')
            g_string_append(out, "&amp;");
        else
            g_string_append_c(out, *from);
    }
}

/* The part of the text up to `end`, marked; NULL: nothing to mark. */
static char *mark(const Snippet *snippet, const char *text, const char *end) {
    GString *out = g_string_new(NULL);
    gboolean any = FALSE;
    for (const char *p = text; p < end;) {
        gsize n = match_any(snippet, p);
        if (n > 0) {
            g_string_append(out, "<mark>");
            put_escaped(out, p, p + n);
            g_string_append(out, "</mark>");
            any = TRUE;
            p += n;
        } else {
            const char *next = g_utf8_next_char(p);
            put_escaped(out, p, next);
            p = next;
        }
    }
    return g_string_free(out, !any);
}

/* From some words before the first hit. */
static char *piece_of(const Snippet *snippet) {
    const char *text = snippet->text->str, *hit = text;
    while (*hit != '\0' && match_any(snippet, hit) == 0)
        hit = g_utf8_next_char(hit);
    if (*hit == '\0')
        return NULL;
    const char *from = hit;
    while (from > text && hit - from < PIECE / 3)
        from = g_utf8_prev_char(from);
    while (from > text && from < hit && *from != ' ')
        from = g_utf8_next_char(from);
    const char *end = from;
    while (*end != '\0' && end - from < PIECE)
        end = g_utf8_next_char(end);
    return mark(snippet, from, end);
}

/* ---- Reading ---- */

static gboolean read_piece(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    Snippet *snippet = data;
    buffer_clear(&snippet->bytes);
    if (!store_message_read(jmap_store(snippet->call), snippet->conn, snippet->message,
                            snippet->message->prefix.n + offset, n, &snippet->bytes, NULL))
        return FALSE;
    *out = buffer_bytes(&snippet->bytes);
    return TRUE;
}

static gboolean on_text(const MessageText *text, gpointer data) {
    Snippet *snippet = data;
    gboolean blank = snippet->text->len == 0 || snippet->text->str[snippet->text->len - 1] == ' ';
    for (gsize i = 0; i < text->utf8.n && snippet->text->len < READ; i++) {
        char c = (char)text->utf8.p[i];
        gboolean space = (guint8)c <= ' ';
        if (!space || !blank)
            g_string_append_c(snippet->text, space ? ' ' : c);
        blank = space;
    }
    return snippet->text->len < READ;
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    Snippet *snippet = data;
    Bytes items[JMAP_ENVELOPE_ITEMS];
    gsize n = 0;
    jmap_stored_split(message->envelope, items);
    g_autofree char *raw = jmap_stored_text(items[JMAP_ENVELOPE_SUBJECT], &n);
    snippet->subject = message_header_decode(bytes_of(raw, n));
    snippet->message = message;
    MessageSource source = {message->prefix, message->structure, read_piece, snippet};
    message_texts(&source, MESSAGE_TEXT_MASK(MESSAGE_TEXT_BODY), on_text, snippet);
    /* The limit may have cut a character. */
    const char *end;
    if (!g_utf8_validate(snippet->text->str, (gssize)snippet->text->len, &end))
        g_string_truncate(snippet->text, (gsize)(end - snippet->text->str));
    if (g_str_has_suffix(snippet->text->str, " "))
        g_string_truncate(snippet->text, snippet->text->len - 1);
    return TRUE;
}

static json_t *text_or_null(char *text) {
    json_t *value = text == NULL ? json_null() : json_string(text);
    g_free(text);
    return value;
}

/* NULL without error: it is not there. */
static json_t *snippet_of(JmapCall *call, DbConn *conn, const JmapAccount *account,
                          const GPtrArray *words, const char *id, GError **error) {
    StoreBirth birth;
    guint32 uid;
    if (!jmap_email_of(id, &birth))
        return NULL;
    const JmapBox *box = jmap_email_find(jmap_store(call), conn, account, birth, &uid, error);
    if (box == NULL)
        return NULL;
    Snippet snippet = {.call = call, .conn = conn, .words = words, .text = g_string_new(NULL)};
    buffer_init(&snippet.bytes, G_MAXUINT32);
    gboolean good = store_message_each(jmap_store(call), conn, box->mailbox->id, uid, uid,
                                       STORE_WANT_META, on_message, &snippet, error);
    json_t *object = NULL;
    if (good && snippet.subject != NULL) {
        object = json_pack("{ss}", "emailId", id);
        const char *subject = snippet.subject;
        json_object_set_new(object, "subject",
                            text_or_null(mark(&snippet, subject, subject + strlen(subject))));
        json_object_set_new(object, "preview", text_or_null(piece_of(&snippet)));
    }
    g_free(snippet.subject);
    g_string_free(snippet.text, TRUE);
    buffer_release(&snippet.bytes);
    return object;
}

JmapVerdict jmap_snippet_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    json_t *wanted;
    const char *type = NULL;
    if (!jmap_take_ids(call, "emailIds", EMAILS, &ids) ||
        !jmap_take_object(call, "filter", &wanted) || !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    if (ids == NULL)
        return jmap_fail(call, "invalidArguments", "emailIds");
    g_autoptr(JmapFilter) filter = jmap_filter_new(jmap_service(call), &account, wanted, &type);
    if (filter == NULL)
        return jmap_fail(call, type, "filter");
    json_t *list = json_array(), *missing = json_array();
    for (guint i = 0; i < ids->len && error == NULL; i++) {
        json_t *one =
            snippet_of(call, conn, &account, jmap_filter_words(filter), ids->pdata[i], &error);
        if (one != NULL)
            json_array_append_new(list, one);
        else
            json_array_append_new(missing, json_string(ids->pdata[i]));
    }
    if (error != NULL) {
        json_decref(list);
        json_decref(missing);
        return jmap_fail_error(call, error);
    }
    gboolean all = json_array_size(missing) == 0;
    if (all)
        json_decref(missing);
    return jmap_answer(call, json_pack("{sOsoso}", "accountId",
                                       json_object_get(call->arguments, "accountId"), "list", list,
                                       "notFound", all ? json_null() : missing));
}
