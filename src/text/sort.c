/* A word's key is its letters' ranks, a low byte, its tones, a lower byte. Because both low bytes
 * are smaller than every rank, "an" sorts before "anh" whatever their tones, and tones decide only
 * between words of the same letters. Characters outside the alphabet come after z, by number. */
#include "text/sort.h"

#include "text/charset.h"
#include "text/fold.h"

#include "base/buffer.h"

#include <utf8proc.h>

enum { END_OF_WORD = 0x01, END_OF_LETTERS = 0x02, TONE_BASE = 0x03 };

/* Ranks start at 0x20 with the digits, then the letters in order. */
static const gint32 alphabet[] = {
    '0',   '1',   '2', '3',  '4', '5', '6', '7',   '8', '9', 'a', 0x103, 0xE2, 'b', 'c',
    'd',   0x111, 'e', 0xEA, 'f', 'g', 'h', 'i',   'j', 'k', 'l', 'm',   'n',  'o', 0xF4,
    0x1A1, 'p',   'q', 'r',  's', 't', 'u', 0x1B0, 'v', 'w', 'x', 'y',   'z',
};
enum { FIRST_RANK = 0x20, AFTER_ALL = 0x70 };

static const gint32 tones[] = {0x300, 0x309, 0x303, 0x301, 0x323}; /* huyền hỏi ngã sắc nặng */

static int rank_of(gint32 c) {
    for (gsize i = 0; i < G_N_ELEMENTS(alphabet); i++)
        if (alphabet[i] == c)
            return FIRST_RANK + (int)i;
    return -1;
}

static int tone_of(gint32 c) {
    for (gsize i = 0; i < G_N_ELEMENTS(tones); i++)
        if (tones[i] == c)
            return (int)i + 1;
    return -1;
}

/* Combines the marks that make letters (breve, circumflex, horn) with their base. */
static gint32 with_mark(gint32 base, gint32 mark) {
    static const struct {
        gint32 base, mark, letter;
    } letters[] = {{'a', 0x306, 0x103}, {'a', 0x302, 0xE2},  {'e', 0x302, 0xEA},
                   {'o', 0x302, 0xF4},  {'o', 0x31B, 0x1A1}, {'u', 0x31B, 0x1B0}};
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
        if (letters[i].base == base && letters[i].mark == mark)
            return letters[i].letter;
    return base;
}

typedef struct {
    Buffer letters, tones;
    gint32 pending; /* a letter whose marks may still come, or 0 */
} Word;

static void flush_letter(Word *w) {
    if (w->pending == 0)
        return;
    int rank = rank_of(w->pending);
    if (rank >= 0) {
        buffer_append_byte(&w->letters, (guint8)rank);
    } else {
        buffer_append_byte(&w->letters, AFTER_ALL);
        for (int shift = 18; shift >= 0; shift -= 6)
            buffer_append_byte(&w->letters,
                               (guint8)(FIRST_RANK + (((guint32)w->pending >> shift) & 0x3f)));
    }
    w->pending = 0;
}

static void append_word(Word *w, Buffer *out) {
    flush_letter(w);
    if (w->letters.n > 0) {
        buffer_append_bytes(out, buffer_bytes(&w->letters));
        buffer_append_byte(out, END_OF_LETTERS);
        buffer_append_bytes(out, buffer_bytes(&w->tones));
        buffer_append_byte(out, END_OF_WORD);
    }
    buffer_clear(&w->letters);
    buffer_clear(&w->tones);
}

/* Look-alikes of đ sort as đ. */
static gint32 canonical(gint32 c) {
    return c == 0xF0 || c == 0x256 ? 0x111 : c;
}

static void word_key(Bytes word, Buffer *out) {
    Word w = {.pending = 0};
    buffer_init(&w.letters, G_MAXSSIZE / 4);
    buffer_init(&w.tones, G_MAXSSIZE / 4);
    utf8proc_uint8_t *plain = NULL;
    utf8proc_ssize_t n =
        utf8proc_map(word.p, (utf8proc_ssize_t)word.n, &plain,
                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    for (utf8proc_ssize_t i = 0; i < n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t r = utf8proc_iterate(plain + i, n - i, &c);
        if (r <= 0)
            break;
        i += r;
        int tone = tone_of(c);
        if (tone > 0) {
            buffer_append_byte(&w.tones, (guint8)(TONE_BASE + tone));
        } else if (utf8proc_category(c) == UTF8PROC_CATEGORY_MN) {
            w.pending = with_mark(w.pending, c);
        } else {
            flush_letter(&w);
            w.pending = canonical(c);
        }
    }
    append_word(&w, out);
    free(plain);
    buffer_release(&w.letters);
    buffer_release(&w.tones);
}

/* The words of valid text, cut at every white space. */
static GArray *cut_words(Bytes in) {
    GArray *words = g_array_new(FALSE, FALSE, sizeof(Bytes));
    gsize start = 0;
    for (gsize i = 0; i <= in.n;) {
        gunichar c = i < in.n ? g_utf8_get_char((const char *)in.p + i) : ' ';
        gsize next = i < in.n ? i + (gsize)g_unichar_to_utf8(c, NULL) : i + 1;
        if (g_unichar_isspace(c)) {
            Bytes word = bytes_slice(in, start, i - start);
            if (word.n > 0)
                g_array_append_val(words, word);
            start = next;
        }
        i = next;
    }
    return words;
}

static char *make_key(Bytes in, gboolean personal) {
    if (!text_is_utf8(in) || bytes_has_nul(in))
        return NULL;
    g_autoptr(GArray) words = cut_words(in);
    g_auto(Buffer) out;
    buffer_init(&out, G_MAXSSIZE / 4);
    gsize first = personal && words->len > 1 ? 1 : 0;
    if (first == 1)
        word_key(g_array_index(words, Bytes, words->len - 1), &out);
    for (gsize i = 0; i + first < words->len; i++)
        word_key(g_array_index(words, Bytes, i), &out);
    return buffer_steal_string(&out);
}

char *text_sort_key_name(Bytes utf8) {
    return make_key(utf8, TRUE);
}

char *text_sort_key(Bytes utf8) {
    return make_key(utf8, FALSE);
}
