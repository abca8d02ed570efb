/* A word gives the weights of its letters, a low byte, its tones, a lower byte. Weights are single
 * bytes: the printable ASCII characters in their order with the Vietnamese letters put between
 * them; bytes from 0x80 on are those of UTF-8, which order characters by number. */
#include "text/collate.h"

#include <utf8proc.h>

enum {
    END_OF_WORD = 0x01,
    END_OF_LETTERS = 0x02,
    FIRST_TONE = 0x03,
    FIRST_WEIGHT = 0x20,
    LAST_ASCII = 0x7e,
    LONGEST_MAPPED = 64 * 1024, /* bytes of a text that are looked at */
};

typedef enum {
    LETTER_A_BREVE,
    LETTER_A_HAT,
    LETTER_D_BAR,
    LETTER_E_HAT,
    LETTER_O_HAT,
    LETTER_O_HORN,
    LETTER_U_HORN,
    LETTERS,
} Letter;

/* Which letter comes behind which, and of what it is made (0: stands for itself). */
static const struct {
    guint8 behind;
    gint32 mark;
} letters[LETTERS] = {
    [LETTER_A_BREVE] = {'A', 0x306}, [LETTER_A_HAT] = {'A', 0x302}, [LETTER_D_BAR] = {'D', 0},
    [LETTER_E_HAT] = {'E', 0x302},   [LETTER_O_HAT] = {'O', 0x302}, [LETTER_O_HORN] = {'O', 0x31b},
    [LETTER_U_HORN] = {'U', 0x31b},
};

typedef struct {
    guint8 ascii[128];
    guint8 letter[LETTERS];
} Weights;

static const Weights *weights(void) {
    static Weights made;
    static gsize ready = 0;
    if (g_once_init_enter(&ready)) {
        guint8 next = FIRST_WEIGHT;
        for (guint c = ' '; c <= LAST_ASCII; c++) {
            if (c >= 'a' && c <= 'z')
                continue;
            made.ascii[c] = next++;
            for (guint i = 0; i < LETTERS; i++)
                if (letters[i].behind == c)
                    made.letter[i] = next++;
        }
        for (guint c = 'a'; c <= 'z'; c++)
            made.ascii[c] = made.ascii[c - 'a' + 'A'];
        g_assert(next < 0x80);
        g_once_init_leave(&ready, 1);
    }
    return &made;
}

static int tone_of(gint32 c) {
    static const gint32 tones[] = {0x300, 0x309, 0x303, 0x301, 0x323}; /* huyền … nặng */
    for (gsize i = 0; i < G_N_ELEMENTS(tones); i++)
        if (tones[i] == c)
            return (int)i;
    return -1;
}

typedef struct {
    Buffer *out;
    gsize limit; /* of out, for this key */
    guint8 tones[64];
    gsize tone_bytes;
    gint32 pending; /* a letter whose mark may still come, or 0 */
    gboolean any;   /* the word has begun */
    gboolean fits;
} Key;

static void put(Key *key, guint8 byte) {
    if (key->out->n < key->limit)
        key->fits = buffer_append_byte(key->out, byte) && key->fits;
}

static void put_plain(Key *key, gint32 c) {
    guint8 utf8[4];
    if (c < 0x80) {
        put(key, weights()->ascii[c] == 0 ? FIRST_WEIGHT : weights()->ascii[c]);
        return;
    }
    utf8proc_ssize_t n = utf8proc_encode_char(c, utf8);
    for (utf8proc_ssize_t i = 0; i < n; i++)
        put(key, utf8[i]);
}

static void flush_letter(Key *key) {
    if (key->pending != 0)
        put_plain(key, key->pending);
    key->pending = 0;
}

static void end_word(Key *key) {
    if (!key->any)
        return;
    flush_letter(key);
    put(key, END_OF_LETTERS);
    for (gsize i = 0; i < key->tone_bytes; i++)
        put(key, key->tones[i]);
    put(key, END_OF_WORD);
    key->tone_bytes = 0;
    key->any = FALSE;
}

/* A mark that is no tone: makes a letter of the one before it, else it counts behind the tones. */
static void add_mark(Key *key, gint32 c) {
    for (guint i = 0; i < LETTERS; i++)
        if (letters[i].mark == c && key->pending < 0x80 &&
            letters[i].behind == g_ascii_toupper((char)key->pending)) {
            key->pending = 0;
            put(key, weights()->letter[i]);
            return;
        }
    guint8 utf8[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, utf8);
    for (utf8proc_ssize_t i = 0; i < n && key->tone_bytes < sizeof key->tones; i++)
        key->tones[key->tone_bytes++] = utf8[i];
}

static void add(Key *key, gint32 c) {
    int tone = tone_of(c);
    if (c == ' ' || c < 0x20) {
        end_word(key);
        return;
    }
    key->any = TRUE;
    if (tone >= 0) {
        if (key->tone_bytes < sizeof key->tones)
            key->tones[key->tone_bytes++] = (guint8)(FIRST_TONE + tone);
    } else if (utf8proc_category(c) == UTF8PROC_CATEGORY_MN) {
        add_mark(key, c);
    } else {
        flush_letter(key);
        if (c == 0x111 || c == 0xf0 || c == 0x256) /* đ and what looks like it */
            put(key, weights()->letter[LETTER_D_BAR]);
        else
            key->pending = c;
    }
}

static gboolean is_ascii(Bytes in) {
    guint8 any = 0;
    for (gsize i = 0; i < in.n; i++)
        any |= in.p[i];
    return any < 0x80;
}

/* No key becomes longer by what stands behind `bytes`; the cut is between two characters. */
static Bytes cut(Bytes text, gsize bytes) {
    Bytes in = bytes_slice(text, 0, bytes);
    while (in.n > 0 && in.n < text.n && (text.p[in.n] & 0xc0) == 0x80)
        in.n--;
    return in;
}

gboolean text_collation_key(Bytes utf8, gsize maximum, Buffer *out) {
    Key key = {.out = out, .limit = out->n + maximum, .fits = TRUE};
    Bytes in = cut(utf8, MIN((gsize)LONGEST_MAPPED, maximum * 4));
    utf8proc_uint8_t *plain = NULL;
    utf8proc_ssize_t n = -1;
    if (!is_ascii(in))
        n = utf8proc_map(in.p, (utf8proc_ssize_t)in.n, &plain,
                         UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                             UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    const guint8 *p = n < 0 ? in.p : plain;
    gsize length = n < 0 ? in.n : (gsize)n;
    for (gsize i = 0; i < length && out->n < key.limit;) {
        utf8proc_int32_t c = p[i];
        utf8proc_ssize_t step = 1;
        if (n >= 0 && c >= 0x80)
            step = utf8proc_iterate(p + i, (utf8proc_ssize_t)(length - i), &c);
        if (step <= 0)
            break;
        add(&key, c);
        i += (gsize)step;
    }
    end_word(&key);
    free(plain);
    return key.fits;
}
