/* Three foldings share one walk. ASCII and the Latin blocks are answered from the table in latin.c
 * or by utf8proc for one character; text that holds combining marks or other scripts goes through
 * utf8proc's full normalisation, because there neighbours matter. */
#include "text/fold.h"

#include "base/buffer.h"
#include "text/charset.h"
#include "text/latin.h"

#include <utf8proc.h>

static gboolean is_ascii(Bytes in) {
    guint8 any = 0;
    for (gsize i = 0; i < in.n; i++)
        any |= in.p[i];
    return any < 0x80;
}

static gboolean is_plain_ascii(Bytes in) {
    return is_ascii(in) && !bytes_has_nul(in);
}

static char *ascii_lower(Bytes in) {
    char *out = g_malloc(in.n + 1);
    for (gsize i = 0; i < in.n; i++)
        out[i] = g_ascii_tolower((char)in.p[i]);
    out[in.n] = 0;
    return out;
}

static char *map(Bytes in, utf8proc_option_t options) {
    gsize n;
    g_autofree char *valid = text_make_valid(in, &n);
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t r =
        utf8proc_map((const guint8 *)valid, (utf8proc_ssize_t)n, &out, options | UTF8PROC_STABLE);
    if (r < 0) { /* valid input can only fail for want of memory */
        free(out);
        return g_steal_pointer(&valid);
    }
    char *result = g_strndup((const char *)out, (gsize)r); /* from malloc to g_malloc */
    free(out);
    return result;
}

char *text_nfc(Bytes utf8) {
    if (is_plain_ascii(utf8))
        return bytes_dup_string(utf8);
    return map(utf8, UTF8PROC_COMPOSE);
}

/* The folding of each character below U+0300 and in U+1E00–1EFF, all of them starters that compose
 * with nothing that is itself in these ranges: so a text of these folds one by one. */
typedef struct {
    guint8 n;
    char utf8[7];
} Folded;
enum {
    LOW_END = 0x300,
    HIGH_START = 0x1E00,
    HIGH_END = 0x1F00,
    PUNCT = 0x2010,
    PUNCT_END = 0x2027
};

static Folded casefold_one(gint32 c) {
    guint8 raw[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, raw);
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t r =
        utf8proc_map(raw, n, &out, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    Folded f = {0};
    if (r > 0 && r <= (utf8proc_ssize_t)sizeof f.utf8) {
        f.n = (guint8)r;
        memcpy(f.utf8, out, (gsize)r);
    }
    free(out);
    return f;
}

static const Folded *casefold_table(void) {
    static gsize ready = 0;
    if (g_once_init_enter(&ready)) {
        Folded *fresh = g_new0(Folded, LOW_END + HIGH_END - HIGH_START);
        for (gint32 c = 1; c < LOW_END; c++)
            fresh[c] = casefold_one(c);
        for (gint32 c = HIGH_START; c < HIGH_END; c++)
            fresh[LOW_END + c - HIGH_START] = casefold_one(c);
        g_once_init_leave(&ready, (gsize)fresh);
    }
    return (const Folded *)ready;
}

/* Folds by table; FALSE as soon as a character needs its neighbours or is not valid. */
static gboolean casefold_simple(Bytes in, Buffer *out) {
    const Folded *table = casefold_table();
    for (gsize i = 0; i < in.n;) {
        utf8proc_int32_t c = in.p[i];
        gsize n = 1;
        if (c >= 0x80) {
            utf8proc_ssize_t r = utf8proc_iterate(in.p + i, (utf8proc_ssize_t)MIN(in.n - i, 4), &c);
            if (r <= 0)
                return FALSE;
            n = (gsize)r;
        }
        const Folded *f = NULL;
        if (c < LOW_END)
            f = &table[c];
        else if (c >= HIGH_START && c < HIGH_END)
            f = &table[LOW_END + c - HIGH_START];
        else if (c < PUNCT || c > PUNCT_END)
            return FALSE;
        if (f != NULL && f->n == 0)
            return FALSE;
        if (f != NULL ? !buffer_append(out, f->utf8, f->n) : !buffer_append(out, in.p + i, n))
            return FALSE;
        i += n;
    }
    return TRUE;
}

char *text_casefold(Bytes utf8) {
    if (is_plain_ascii(utf8))
        return ascii_lower(utf8);
    g_auto(Buffer) out;
    buffer_init(&out, G_MAXSSIZE / 4);
    if (casefold_simple(utf8, &out))
        return buffer_steal_string(&out);
    return map(utf8, UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

/* Appends the case-folded, mark-free form of a character that is not Latin. */
static void fold_other(Buffer *out, gint32 c) {
    utf8proc_int32_t pieces[24];
    utf8proc_ssize_t n =
        utf8proc_decompose_char(c, pieces, G_N_ELEMENTS(pieces),
                                UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, NULL);
    if (n < 0 || n > (utf8proc_ssize_t)G_N_ELEMENTS(pieces)) {
        pieces[0] = c;
        n = 1;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        const utf8proc_property_t *property = utf8proc_get_property(pieces[i]);
        if (property->category == UTF8PROC_CATEGORY_MN)
            continue;
        guint8 raw[4];
        utf8proc_ssize_t width = utf8proc_encode_char(pieces[i], raw);
        buffer_append(out, raw, width > 0 ? (gsize)width : 0);
    }
}

char *text_fold(Bytes utf8) {
    if (is_plain_ascii(utf8))
        return ascii_lower(utf8);
    gsize n;
    g_autofree char *valid = text_make_valid(utf8, &n);
    g_auto(Buffer) out;
    buffer_init(&out, G_MAXSSIZE / 4);
    for (gsize i = 0; i < n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t r =
            utf8proc_iterate((const guint8 *)valid + i, (utf8proc_ssize_t)MIN(n - i, 4), &c);
        if (r <= 0)
            break;
        i += (gsize)r;
        Latin latin = latin_of(c);
        if (latin.kind == LATIN_LETTER)
            buffer_append(&out, latin.letters, latin.n);
        else if (latin.kind != LATIN_MARK && latin.kind != LATIN_INVISIBLE &&
                 latin.kind != LATIN_ZERO_SPACE)
            fold_other(&out, c);
    }
    return buffer_steal_string(&out);
}

static gboolean is_printable(gunichar c) {
    if (c == '\n' || c == '\t')
        return TRUE;
    return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
             (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
             (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef));
}

char *text_printable(Bytes utf8) {
    char *text = text_nfc(utf8), *to = text;
    for (const char *p = text, *next; *p != '\0'; p = next) {
        next = g_utf8_next_char(p);
        if (!is_printable(g_utf8_get_char(p)))
            continue;
        memmove(to, p, (gsize)(next - p));
        to += next - p;
    }
    *to = '\0';
    return text;
}
