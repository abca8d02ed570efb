/* Each text's form is made piece by piece; the end of each piece, one byte shorter than the needle,
 * stays before the next, so that a hit across the cut is seen. */
#include "message/search.h"

#include "text/charset.h"
#include "text/term.h"

struct MessageNeedle {
    MessageNeedleKind kind;
    MessageTextKind field; /* of a header needle */
    char *header;
    char *text; /* its form */
    gsize n;
    gboolean plain; /* it has no marks: compare without them */
    guint mask;
};

static guint mask_of(MessageNeedle *needle) {
    static const char *const names[] = {"subject", "from", "to", "cc", "bcc"};
    if (needle->kind == MESSAGE_NEEDLE_BODY)
        return MESSAGE_TEXT_MASK(MESSAGE_TEXT_BODY);
    if (needle->kind == MESSAGE_NEEDLE_TEXT)
        return MESSAGE_TEXT_ALL;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(needle->header, names[i]) == 0)
            return MESSAGE_TEXT_MASK(i);
    return MESSAGE_TEXT_MASK(MESSAGE_TEXT_FIELD);
}

MessageNeedle *message_needle_new(MessageNeedleKind kind, const char *header, Bytes text) {
    MessageNeedle *needle = g_new0(MessageNeedle, 1);
    g_autofree char *valid = text_make_valid(text, NULL);
    g_autofree char *with = text_form(bytes_of_string(valid), FALSE, NULL);
    needle->text = text_form(bytes_of_string(valid), TRUE, NULL);
    needle->plain = g_str_equal(with, needle->text);
    if (!needle->plain) {
        g_free(needle->text);
        needle->text = g_steal_pointer(&with);
    }
    needle->n = strlen(needle->text);
    needle->kind = kind;
    needle->header = g_strdup(header == NULL ? "" : header);
    needle->mask = mask_of(needle);
    return needle;
}

void message_needle_free(MessageNeedle *needle) {
    if (needle == NULL)
        return;
    g_free(needle->header);
    g_free(needle->text);
    g_free(needle);
}

gboolean message_needle_finds(const MessageNeedle *needle, Bytes utf8) {
    gsize n;
    g_autofree char *form = text_form(utf8, needle->plain, &n);
    return bytes_find(bytes_of(form, n), bytes_of(needle->text, needle->n)) >= 0;
}

typedef struct {
    const MessageNeedle *needle;
    TextStream stream;
    Buffer flat;
    gboolean inside; /* a text has begun */
    gboolean found;
} Search;

static void look(Search *s, gboolean last) {
    gsize keep = MIN(s->needle->n == 0 ? 0 : s->needle->n - 1, s->flat.n);
    s->found = bytes_find(buffer_bytes(&s->flat), bytes_of(s->needle->text, s->needle->n)) >= 0;
    if (last)
        buffer_clear(&s->flat);
    else
        buffer_consume(&s->flat, s->flat.n - keep);
}

static gboolean on_text(const MessageText *text, gpointer data) {
    Search *s = data;
    const MessageNeedle *needle = s->needle;
    if (needle->kind == MESSAGE_NEEDLE_HEADER) {
        if (!bytes_is_nocase(text->name, needle->header) || needle->header[0] == '\0')
            return TRUE;
        /* RFC 9051 6.4.4: an empty text matches whatever the field holds, if it is there. */
        s->found = needle->n == 0;
    } else if (needle->kind == MESSAGE_NEEDLE_TEXT && text->name.n > 0 && !s->inside) {
        text_stream_feed(&s->stream, text->name);
        text_stream_feed(&s->stream, BYTES_LITERAL(": "));
    }
    if (s->found)
        return FALSE;
    text_stream_feed(&s->stream, text->utf8);
    look(s, text->last);
    s->inside = !text->last;
    if (text->last)
        text_stream_end(&s->stream);
    return !s->found;
}

gboolean message_search(const MessageSource *source, const MessageNeedle *needle,
                        gboolean *failed) {
    if (failed != NULL)
        *failed = FALSE;
    if (needle->n == 0 && needle->kind != MESSAGE_NEEDLE_HEADER)
        return TRUE;
    Search s = {.needle = needle};
    buffer_init(&s.flat, G_MAXSSIZE / 4);
    text_stream_flat(&s.stream, needle->plain, &s.flat);
    gboolean walked = message_texts(source, needle->mask, on_text, &s);
    buffer_release(&s.flat);
    if (failed != NULL)
        *failed = !walked && !s.found;
    return s.found;
}
