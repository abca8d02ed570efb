/* One pass over the characters. A word grows with each letter; spaces end it; marks and invisible
 * characters fall away; an apostrophe or hyphen attached to a word falls away too, one that stands
 * alone is a sign and refused. A ZERO WIDTH SPACE is mostly dirt inside a word, but some programs
 * write it between words: it separates where a capital follows a small letter, or where a name
 * holds no other space at all. */
#include "text/name.h"

#include "text/latin.h"

#include <utf8proc.h>

typedef struct {
    TextName *out;
    TextRefusal *refusal;
    gboolean unit;      /* unit names: digits allowed, some signs separate */
    gboolean spaced;    /* the name holds an ordinary space between words */
    gsize used;         /* letters written */
    gsize position;     /* characters read */
    gint32 dangling;    /* apostrophe or hyphen seen in a word that has no letter yet, or 0 */
    gsize dangling_at;  /* its position */
    gboolean was_small; /* the last letter was a small one */
    gboolean zero;      /* a zero-width space came after the last letter */
} Split;

static gboolean refuse(Split *s, TextRefusalKind kind, gint32 c, gsize position) {
    *s->refusal = (TextRefusal){kind, c, position};
    return FALSE;
}

static gboolean word_is_empty(const Split *s) {
    return s->used == s->out->start[s->out->count];
}

/* FALSE when a sign stood alone, or there are too many words. */
static gboolean end_word(Split *s) {
    s->zero = FALSE;
    s->was_small = FALSE;
    if (word_is_empty(s)) {
        gint32 c = s->dangling;
        s->dangling = 0;
        return c == 0 || refuse(s, TEXT_REFUSAL_SIGN, c, s->dangling_at);
    }
    s->dangling = 0;
    if (s->out->count == TEXT_NAME_WORDS_MAXIMUM)
        return refuse(s, TEXT_REFUSAL_LONG, 0, s->position);
    s->out->start[++s->out->count] = (guint16)s->used;
    return TRUE;
}

static gboolean add_letters(Split *s, const Latin *latin) {
    gboolean boundary = latin->capital && (s->was_small || !s->spaced);
    if (s->zero && boundary && !word_is_empty(s) && !end_word(s))
        return FALSE;
    s->zero = FALSE;
    if (s->out->count == TEXT_NAME_WORDS_MAXIMUM || s->used + latin->n > TEXT_NAME_LETTERS_MAXIMUM)
        return refuse(s, TEXT_REFUSAL_LONG, 0, s->position);
    memcpy(s->out->letters + s->used, latin->letters, latin->n);
    s->used += latin->n;
    s->was_small = !latin->capital;
    return TRUE;
}

static gboolean is_unit_separator(gint32 c) {
    return c == ',' || c == '.' || c == '/' || c == '&' || c == ';' || c == 0xFF0C;
}

/* The signs of a unit's name; everything else is as in a personal name. */
static gboolean step_unit(Split *s, gint32 c, const Latin *latin, gboolean *handled) {
    *handled = TRUE;
    if (latin->kind == LATIN_HYPHEN || (latin->kind == LATIN_SIGN && is_unit_separator(c)))
        return end_word(s);
    if (latin->kind == LATIN_DIGIT && latin->n > 0)
        return add_letters(s, latin);
    *handled = FALSE;
    return TRUE;
}

static gboolean step(Split *s, gint32 c) {
    Latin latin = latin_of(c);
    gboolean handled = FALSE;
    if (s->unit) {
        gboolean good = step_unit(s, c, &latin, &handled);
        if (handled)
            return good;
    }
    switch ((LatinKind)latin.kind) {
    case LATIN_LETTER:
        return add_letters(s, &latin);
    case LATIN_SPACE:
        return end_word(s);
    case LATIN_MARK:
    case LATIN_INVISIBLE:
        return TRUE;
    case LATIN_ZERO_SPACE:
        s->zero = TRUE;
        return TRUE;
    case LATIN_APOSTROPHE:
    case LATIN_HYPHEN:
        if (word_is_empty(s) && s->dangling == 0) {
            s->dangling = c;
            s->dangling_at = s->position;
        }
        return TRUE;
    case LATIN_DIGIT:
        return refuse(s, TEXT_REFUSAL_DIGIT, c, s->position);
    case LATIN_FOREIGN:
        return refuse(s, TEXT_REFUSAL_SCRIPT, c, s->position);
    case LATIN_CONTROL:
        return refuse(s, TEXT_REFUSAL_CONTROL, c, s->position);
    case LATIN_SIGN:
        break;
    }
    return refuse(s, TEXT_REFUSAL_SIGN, c, s->position);
}

/* TRUE when a space stands between two other characters. Only asked for names that hold a
 * zero-width space, so the common name is read once. */
static gboolean has_inner_space(Bytes in) {
    gboolean before = FALSE, space = FALSE;
    for (gsize i = 0; i < in.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate(in.p + i, (utf8proc_ssize_t)MIN(in.n - i, 4), &c);
        if (n <= 0)
            return TRUE; /* not UTF-8: refused in any case */
        LatinKind kind = (LatinKind)latin_of(c).kind;
        if (kind == LATIN_LETTER && space)
            return TRUE;
        before = before || kind == LATIN_LETTER;
        space = before && (space || kind == LATIN_SPACE);
        i += (gsize)n;
    }
    return FALSE;
}

static gboolean split(Bytes in, gboolean unit, TextName *out, TextRefusal *refusal) {
    out->count = 0;
    out->start[0] = 0;
    *refusal = (TextRefusal){TEXT_REFUSAL_NONE, 0, 0};
    Split s = {.out = out, .refusal = refusal, .unit = unit, .spaced = TRUE};
    if (in.n > TEXT_NAME_MAXIMUM)
        return refuse(&s, TEXT_REFUSAL_LONG, 0, 0);
    if (bytes_find(in, BYTES_LITERAL("\xE2\x80\x8B")) >= 0)
        s.spaced = has_inner_space(in);
    for (gsize i = 0; i < in.n;) {
        utf8proc_int32_t c = in.p[i];
        gsize n = 1;
        if (c >= 0x80) {
            utf8proc_ssize_t r = utf8proc_iterate(in.p + i, (utf8proc_ssize_t)MIN(in.n - i, 4), &c);
            if (r <= 0)
                return refuse(&s, TEXT_REFUSAL_UTF8, 0, i + 1);
            n = (gsize)r;
        }
        s.position++;
        if (!step(&s, c))
            return FALSE;
        i += n;
    }
    if (!end_word(&s))
        return FALSE;
    return out->count > 0 || refuse(&s, TEXT_REFUSAL_EMPTY, 0, 0);
}

gboolean text_name_split(Bytes utf8, TextName *out, TextRefusal *refusal) {
    return split(utf8, FALSE, out, refusal);
}

gboolean text_unit_split(Bytes utf8, TextName *out, TextRefusal *refusal) {
    return split(utf8, TRUE, out, refusal);
}

/* The character itself where it can be shown, and its number. */
static char *show(gint32 c) {
    char utf8[8] = {0};
    gboolean shown = g_unichar_validate((gunichar)c) && g_unichar_isgraph((gunichar)c);
    if (shown)
        utf8[g_unichar_to_utf8((gunichar)c, utf8)] = 0;
    return shown ? g_strdup_printf("“%s” (U+%04X)", utf8, (guint)c)
                 : g_strdup_printf("U+%04X", (guint)c);
}

/* %s: the character, %zu: its position; kinds without a character ignore both. */
typedef struct {
    const char *vi, *en;
    gboolean character;
} Reason;

static const Reason reasons[] = {
    [TEXT_REFUSAL_NONE] = {"hợp lệ", "valid", FALSE},
    [TEXT_REFUSAL_EMPTY] = {"tên trống", "the name is empty", FALSE},
    [TEXT_REFUSAL_UTF8] = {"tên không phải văn bản UTF-8", "the name is not UTF-8 text", FALSE},
    [TEXT_REFUSAL_LONG] = {"tên quá dài", "the name is too long", FALSE},
    [TEXT_REFUSAL_DIGIT] = {"tên không được có chữ số", "a name has no digits", TRUE},
    [TEXT_REFUSAL_SIGN] = {"tên không được có dấu, ký hiệu này", "a name has no such sign", TRUE},
    [TEXT_REFUSAL_CONTROL] = {"tên có ký tự điều khiển", "the name has a control character", TRUE},
    [TEXT_REFUSAL_SCRIPT] = {"không phải chữ Latinh, hãy nhập tên bằng chữ Latinh",
                             "not a Latin letter, type the name in its Latin form", TRUE},
};

static char *describe(const TextRefusal *refusal, const char *reason, const char *at) {
    if (!reasons[refusal->kind].character)
        return g_strdup(reason);
    g_autofree char *c = show(refusal->codepoint);
    return g_strdup_printf("%s: %s %s %" G_GSIZE_FORMAT, reason, c, at, refusal->position);
}

char *text_refusal_vi(const TextRefusal *refusal) {
    return describe(refusal, reasons[refusal->kind].vi, "ở vị trí");
}

char *text_refusal_en(const TextRefusal *refusal) {
    return describe(refusal, reasons[refusal->kind].en, "at character");
}
