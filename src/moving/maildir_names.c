/* The names of a Maildir's folders and of its files' flags; see maildir.h. */
#include "moving/maildir.h"

#include "text/charset.h"
#include "text/utf7.h"

enum { NAME_BYTES = 4096, FILE_BYTES = 240 };

/* Modified UTF-7 where it is that, else as it stands when it is UTF-8. */
static char *decode_level(Bytes level) {
    g_auto(Buffer) utf8;
    buffer_init(&utf8, NAME_BYTES);
    if (text_utf7_decode(level, &utf8) && text_is_utf8(buffer_bytes(&utf8)))
        return buffer_steal_string(&utf8);
    return text_is_utf8(level) ? bytes_dup_string(level) : NULL;
}

char *maildir_decode_name(const char *file) {
    g_autoptr(GString) name = g_string_new(NULL);
    g_auto(GStrv) levels = g_strsplit(file, ".", -1);
    for (gsize i = 0; levels[i] != NULL; i++) {
        g_autofree char *level = decode_level(bytes_of_string(levels[i]));
        if (level == NULL || *level == '\0')
            return NULL;
        g_strdelimit(level, "/", '_');
        g_string_append_printf(name, "%s%s", i == 0 ? "" : "/", level);
    }
    return name->len == 0 ? NULL : g_string_free(g_steal_pointer(&name), FALSE);
}

char *maildir_encode_name(const char *name) {
    g_auto(Buffer) out;
    buffer_init(&out, NAME_BYTES * 4);
    g_autofree char *levels = g_strdup(name);
    g_strdelimit(levels, ".", '_');
    g_strdelimit(levels, "/", '.');
    buffer_append_byte(&out, '.');
    if (!text_utf7_encode(bytes_of_string(levels), &out) || out.n > FILE_BYTES) {
        /* Too long for a file's name: the beginning, and LISTING_FILE tells the rest. */
        buffer_truncate(&out, MIN(out.n, (gsize)FILE_BYTES));
    }
    return buffer_steal_string(&out);
}

char *maildir_flags(StoreFlags flags, const guint *keywords, guint count) {
    static const struct {
        StoreFlags flag;
        char letter;
    } letters[] = {{STORE_DRAFT, 'D'},
                   {STORE_FLAGGED, 'F'},
                   {STORE_ANSWERED, 'R'},
                   {STORE_SEEN, 'S'},
                   {STORE_DELETED, 'T'}};
    GString *text = g_string_new(":2,");
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
        if ((flags & letters[i].flag) != 0)
            g_string_append_c(text, letters[i].letter);
    gboolean used[26] = {FALSE};
    for (guint i = 0; i < count; i++)
        if (keywords[i] < G_N_ELEMENTS(used))
            used[keywords[i]] = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(used); i++)
        if (used[i])
            g_string_append_c(text, (char)('a' + i));
    return g_string_free(text, FALSE);
}
