/* One walk makes forms and terms. Characters of the Latin blocks are answered from a table that
 * holds their class and both forms; a piece with anything else (combining marks, other scripts) is
 * case-folded and composed as a whole first, because there neighbours matter, and then goes
 * character by character too. See term.h. */
#include "text/term.h"

#include "text/fold.h"
#include "text/latin.h"

#include <utf8proc.h>

enum { CLASS_NONE, CLASS_WORD, CLASS_SIGN, CLASS_SPACE, CLASS_GONE };

typedef struct {
    guint8 class;
    guint8 form_n, plain_n; /* form_n 0: the character needs the slow way */
    gboolean mark;
    char form[8], plain[8];
} Sign;

static gsize encode(gint32 c, char *out) {
    utf8proc_ssize_t n = utf8proc_encode_char(c, (guint8 *)out);
    return n > 0 ? (gsize)n : 0;
}

static guint8 class_of(gint32 c) {
    switch ((LatinKind)latin_of(c).kind) {
    case LATIN_LETTER:
    case LATIN_DIGIT:
    case LATIN_FOREIGN:
    case LATIN_MARK:
        return CLASS_WORD;
    case LATIN_SPACE:
        return CLASS_SPACE;
    case LATIN_INVISIBLE:
    case LATIN_ZERO_SPACE:
        return CLASS_GONE;
    default:
        return CLASS_SIGN;
    }
}

/* A letter of another script without its marks, where that is one letter again. */
static gint32 bare(gint32 c) {
    utf8proc_int32_t pieces[24];
    utf8proc_ssize_t n =
        utf8proc_decompose_char(c, pieces, G_N_ELEMENTS(pieces),
                                UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, NULL);
    gint32 found = 0;
    if (n <= 0 || n > (utf8proc_ssize_t)G_N_ELEMENTS(pieces))
        return c;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (utf8proc_get_property(pieces[i])->category == UTF8PROC_CATEGORY_MN)
            continue;
        if (found != 0 || class_of(pieces[i]) != CLASS_WORD)
            return c;
        found = pieces[i];
    }
    return found != 0 ? found : c;
}

/* What one character of case-folded, composed text is worth. */
static Sign sign_of(gint32 c) {
    Latin latin = latin_of(c);
    Sign out = {.class = class_of(c)};
    gboolean is_d = c == 0x00F0 || c == 0x0256;
    out.form_n = (guint8)encode(is_d ? 0x0111 : c, out.form);
    if (latin.kind == LATIN_MARK) {
        out.mark = TRUE;
    } else if ((latin.kind == LATIN_LETTER || latin.kind == LATIN_DIGIT) && latin.n > 0) {
        memcpy(out.plain, latin.letters, latin.n);
        out.plain_n = latin.n;
    } else if (latin.kind == LATIN_FOREIGN) {
        out.plain_n = (guint8)encode(bare(c), out.plain);
    } else {
        memcpy(out.plain, out.form, out.form_n);
        out.plain_n = out.form_n;
    }
    return out;
}

/* A character as it comes: case-folded first. Characters whose folding has parts of several kinds
 * go the slow way. */
static Sign sign_folded(gint32 c) {
    char raw[4];
    Sign out = {0};
    g_autofree char *folded = text_casefold(bytes_of(raw, encode(c, raw)));
    for (const char *at = folded; *at != '\0'; at = g_utf8_next_char(at)) {
        Sign one = sign_of((gint32)g_utf8_get_char(at));
        gboolean fits = out.form_n + one.form_n <= sizeof out.form &&
                        out.plain_n + one.plain_n <= sizeof out.plain;
        if (!fits || one.mark || (out.class != CLASS_NONE && out.class != one.class))
            return (Sign){0};
        out.class = one.class;
        memcpy(out.form + out.form_n, one.form, one.form_n);
        memcpy(out.plain + out.plain_n, one.plain, one.plain_n);
        out.form_n = (guint8)(out.form_n + one.form_n);
        out.plain_n = (guint8)(out.plain_n + one.plain_n);
    }
    return out;
}

/* Basic Latin to the spacing modifiers, Latin Extended Additional and common punctuation. */
enum {
    LOW_END = 0x300,
    HIGH_START = 0x1E00,
    HIGH_END = 0x1F00,
    PUNCT = 0x2000,
    PUNCT_END = 0x2050,
    TABLE = LOW_END + (HIGH_END - HIGH_START) + (PUNCT_END - PUNCT),
};

static const Sign *table(void) {
    static gsize ready = 0;
    if (g_once_init_enter(&ready)) {
        Sign *fresh = g_new0(Sign, TABLE);
        for (gint32 c = 1; c < LOW_END; c++)
            fresh[c] = sign_folded(c);
        for (gint32 c = HIGH_START; c < HIGH_END; c++)
            fresh[LOW_END + c - HIGH_START] = sign_folded(c);
        for (gint32 c = PUNCT; c < PUNCT_END; c++)
            fresh[LOW_END + HIGH_END - HIGH_START + c - PUNCT] = sign_folded(c);
        g_once_init_leave(&ready, (gsize)fresh);
    }
    return (const Sign *)ready;
}

static const Sign *find(const Sign *signs, gint32 c) {
    if (c < LOW_END)
        return &signs[c];
    if (c >= HIGH_START && c < HIGH_END)
        return &signs[LOW_END + c - HIGH_START];
    if (c >= PUNCT && c < PUNCT_END)
        return &signs[LOW_END + HIGH_END - HIGH_START + c - PUNCT];
    return NULL;
}

/* ---- The stream ---- */

static void append(TextStream *s, const char *form, gsize form_n, const char *plain,
                   gsize plain_n) {
    if (s->each == NULL) {
        buffer_append(s->flat, s->plain ? plain : form, s->plain ? plain_n : form_n);
        return;
    }
    s->cut =
        s->cut || s->form_n + form_n > TEXT_TERM_BYTES || s->plain_n + plain_n > TEXT_TERM_BYTES;
    if (s->cut)
        return;
    memcpy(s->form + s->form_n, form, form_n);
    memcpy(s->plain_form + s->plain_n, plain, plain_n);
    s->form_n = (guint16)(s->form_n + form_n);
    s->plain_n = (guint16)(s->plain_n + plain_n);
}

static void emit(TextStream *s) {
    if (s->each == NULL || s->class == CLASS_NONE)
        return;
    TextTerm term = {bytes_of(s->form, s->form_n),
                     bytes_of(s->plain_form, s->plain_n),
                     s->class == CLASS_WORD,
                     s->cut,
                     s->mark,
                     s->position++};
    s->form_n = s->plain_n = 0;
    s->cut = s->mark = FALSE;
    s->each(&term, s->data);
}

static inline void put(TextStream *s, const Sign *sign) {
    if (sign->class >= CLASS_SPACE) {
        s->blank |= sign->class == CLASS_SPACE;
        return;
    }
    gboolean blank = s->blank && s->any;
    gboolean lonely = sign->mark && (s->class != CLASS_WORD || blank);
    gboolean same = s->class == sign->class && !(blank && sign->class == CLASS_WORD);
    /* The blank belongs to the sign on either of its sides; between two words to none. */
    if (blank && s->each != NULL && s->class == CLASS_SIGN)
        append(s, " ", 1, " ", 1);
    if (!same)
        emit(s);
    if (blank && (s->each == NULL || (s->class == CLASS_WORD && sign->class == CLASS_SIGN)))
        append(s, " ", 1, " ", 1);
    if (lonely && s->form_n == 0)
        s->mark = TRUE;
    if (lonely)
        append(s, sign->form, sign->form_n, sign->form, sign->form_n);
    else
        append(s, sign->form, sign->form_n, sign->plain, sign->plain_n);
    s->class = sign->class;
    s->any = TRUE;
    s->blank = FALSE;
}

/* Case-folded and composed as a whole, then one by one. */
static void feed_slow(TextStream *s, Bytes utf8) {
    g_autofree char *folded = text_casefold(utf8);
    for (const char *at = folded; *at != '\0'; at = g_utf8_next_char(at)) {
        Sign sign = sign_of((gint32)g_utf8_get_char(at));
        put(s, &sign);
    }
}

/* Where a piece that goes the slow way may begin: behind the last ASCII character before `at`. */
static gsize back_to_ascii(Bytes utf8, gsize at) {
    while (at > 0 && utf8.p[at - 1] > ' ')
        at--;
    return at;
}

static gsize forward_to_blank(Bytes utf8, gsize at) {
    while (at < utf8.n && utf8.p[at] > ' ')
        at++;
    return at;
}

/* The length of the beginning of which each character stands in the table. */
static gsize simple_length(const Sign *signs, Bytes utf8) {
    for (gsize i = 0; i < utf8.n;) {
        utf8proc_int32_t c = utf8.p[i];
        gsize n = 1;
        if (c >= 0x80) {
            utf8proc_ssize_t r =
                utf8proc_iterate(utf8.p + i, (utf8proc_ssize_t)MIN(utf8.n - i, 4), &c);
            if (r <= 0)
                return i;
            n = (gsize)r;
        }
        const Sign *sign = find(signs, c);
        if (sign == NULL || sign->form_n == 0)
            return i;
        i += n;
    }
    return utf8.n;
}

static void feed_simple(TextStream *s, const Sign *signs, Bytes utf8) {
    for (gsize i = 0; i < utf8.n;) {
        utf8proc_int32_t c = utf8.p[i];
        if (c < 0x80) {
            i++;
        } else {
            i += (gsize)utf8proc_iterate(utf8.p + i, (utf8proc_ssize_t)MIN(utf8.n - i, 4), &c);
        }
        put(s, find(signs, c));
    }
}

void text_stream_feed(TextStream *s, Bytes utf8) {
    const Sign *signs = table();
    for (gsize at = 0; at < utf8.n;) {
        Bytes rest = bytes_slice(utf8, at, utf8.n - at);
        gsize simple = simple_length(signs, rest);
        if (simple < rest.n)
            simple = back_to_ascii(rest, simple);
        feed_simple(s, signs, bytes_slice(rest, 0, simple));
        if (simple == rest.n)
            return;
        gsize end = forward_to_blank(rest, simple);
        feed_slow(s, bytes_slice(rest, simple, MAX(end, simple + 1) - simple));
        at += MAX(end, simple + 1);
    }
}

void text_stream_end(TextStream *s) {
    emit(s);
    s->class = CLASS_NONE;
    s->blank = s->any = FALSE;
    s->position++;
}

void text_stream_terms(TextStream *s, guint32 position, TextTermEach each, gpointer data) {
    memset(s, 0, G_STRUCT_OFFSET(TextStream, form));
    s->each = each;
    s->data = data;
    s->position = position;
}

void text_stream_flat(TextStream *s, gboolean plain, Buffer *flat) {
    memset(s, 0, G_STRUCT_OFFSET(TextStream, form));
    s->flat = flat;
    s->plain = plain;
}

char *text_form(Bytes utf8, gboolean plain, gsize *n) {
    g_auto(Buffer) flat;
    TextStream stream;
    buffer_init(&flat, G_MAXSSIZE / 4);
    text_stream_flat(&stream, plain, &flat);
    text_stream_feed(&stream, utf8);
    if (n != NULL)
        *n = flat.n;
    return buffer_steal_string(&flat);
}
