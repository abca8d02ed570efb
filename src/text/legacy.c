/* Both encodings are tables; the guess counts words. See legacy.h. */
#include "text/legacy.h"

#include "text/fold.h"

#include <utf8proc.h>

enum { WORD_BYTES = 48 };

/* ---- Tables ---- */

/* TCVN 5712:1993, VN3, from 0xA1 on; 0: no letter. */
static const guint16 tcvn3[] = {
    0x102,  0xC2,   0xCA,   0xD4,   0x1A0,  0x1AF,  0x110,  0x103,  0xE2,   0xEA,   0xF4,   0x1A1,
    0x1B0,  0x111,  0,      0,      0,      0,      0,      0,      0xE0,   0x1EA3, 0xE3,   0xE1,
    0x1EA1, 0,      0x1EB1, 0x1EB3, 0x1EB5, 0x1EAF, 0,      0,      0,      0,      0,      0,
    0,      0x1EB7, 0x1EA7, 0x1EA9, 0x1EAB, 0x1EA5, 0x1EAD, 0xE8,   0,      0x1EBB, 0x1EBD, 0xE9,
    0x1EB9, 0x1EC1, 0x1EC3, 0x1EC5, 0x1EBF, 0x1EC7, 0xEC,   0x1EC9, 0,      0,      0,      0x129,
    0xED,   0x1ECB, 0xF2,   0,      0x1ECF, 0xF5,   0xF3,   0x1ECD, 0x1ED3, 0x1ED5, 0x1ED7, 0x1ED1,
    0x1ED9, 0x1EDD, 0x1EDF, 0x1EE1, 0x1EDB, 0x1EE3, 0xF9,   0,      0x1EE7, 0x169,  0xFA,   0x1EE5,
    0x1EEB, 0x1EED, 0x1EEF, 0x1EE9, 0x1EF1, 0x1EF3, 0x1EF7, 0x1EF9, 0xFD,   0x1EF5};

enum {
    GRAVE = 0x300,
    ACUTE = 0x301,
    CIRCUMFLEX = 0x302,
    TILDE = 0x303,
    BREVE = 0x306,
    HOOK = 0x309,
    DOT = 0x323,
};

/* VNI: what a small letter adds to the letter before it (capitals do the same, 0x20 lower), or
 * stands for by itself. */
static const struct {
    guint8 byte;
    guint16 quality, tone; /* marks; or: */
    guint16 letter, own_tone;
} vni[] = {
    {0xF9, 0, ACUTE, 0, 0},
    {0xF8, 0, GRAVE, 0, 0},
    {0xFB, 0, HOOK, 0, 0},
    {0xF5, 0, TILDE, 0, 0},
    {0xEF, 0, DOT, 0, 0},
    {0xE2, CIRCUMFLEX, 0, 0, 0},
    {0xE1, CIRCUMFLEX, ACUTE, 0, 0},
    {0xE0, CIRCUMFLEX, GRAVE, 0, 0},
    {0xE5, CIRCUMFLEX, HOOK, 0, 0},
    {0xE3, CIRCUMFLEX, TILDE, 0, 0},
    {0xE4, CIRCUMFLEX, DOT, 0, 0},
    {0xEA, BREVE, 0, 0, 0},
    {0xE9, BREVE, ACUTE, 0, 0},
    {0xE8, BREVE, GRAVE, 0, 0},
    {0xFA, BREVE, HOOK, 0, 0},
    {0xFC, BREVE, TILDE, 0, 0},
    {0xEB, BREVE, DOT, 0, 0},
    {0xED, 0, 0, 'i', ACUTE},
    {0xEC, 0, 0, 'i', GRAVE},
    {0xE6, 0, 0, 'i', HOOK},
    {0xF3, 0, 0, 'i', TILDE},
    {0xF2, 0, 0, 'i', DOT},
    {0xF4, 0, 0, 0x1A1, 0},
    {0xF6, 0, 0, 0x1B0, 0},
    {0xEE, 0, 0, 'y', DOT},
    {0xF1, 0, 0, 0x111, 0},
};

static void put(Buffer *out, gint32 c) {
    guint8 bytes[4];
    buffer_append(out, bytes, (gsize)utf8proc_encode_char(c, bytes));
}

static void put_vni(Buffer *out, gint32 c) {
    gboolean capital = c >= 0xC0 && c < 0xE0;
    for (gsize i = 0; i < G_N_ELEMENTS(vni); i++) {
        if (vni[i].byte != (capital ? c + 0x20 : c))
            continue;
        gint32 letter = vni[i].letter;
        if (letter != 0)
            put(out, !capital ? letter : letter < 0x80 ? letter - 0x20 : letter - 1);
        if (vni[i].quality != 0)
            put(out, vni[i].quality);
        gint32 tone = letter != 0 ? vni[i].own_tone : vni[i].tone;
        if (tone != 0)
            put(out, tone);
        return;
    }
    put(out, c);
}

char *text_legacy_convert(Bytes utf8, TextLegacy legacy, gsize *n) {
    g_auto(Buffer) out;
    buffer_init(&out, 3 * utf8.n + 16);
    for (gsize i = 0; i < utf8.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t r = utf8proc_iterate(utf8.p + i, (utf8proc_ssize_t)MIN(utf8.n - i, 4), &c);
        i += r > 0 ? (gsize)r : 1;
        if (r <= 0)
            continue;
        if (legacy == TEXT_LEGACY_VNI && c >= 0xC0 && c <= 0xFF)
            put_vni(&out, c);
        else if (legacy == TEXT_LEGACY_TCVN3 && c >= 0xA1 && c <= 0xFE && tcvn3[c - 0xA1] != 0)
            put(&out, tcvn3[c - 0xA1]);
        else
            put(&out, c);
    }
    char *text = text_nfc(buffer_bytes(&out));
    if (n != NULL)
        *n = strlen(text);
    return text;
}

/* ---- Syllables ---- */

static const char *const initials[] = {"ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th",
                                       "tr",  "b",  "c",  "d",  "đ",  "g",  "h",  "k",  "l",  "m",
                                       "n",   "p",  "r",  "s",  "t",  "v",  "x",  ""};
static const char *const nuclei[] = {
    "a",   "ă",   "â",   "e",   "ê",   "i",   "o",   "ô",   "ơ",   "u",   "ư",   "y",   "ai", "ao",
    "au",  "ay",  "âu",  "ây",  "eo",  "êu",  "ia",  "iê",  "yê",  "iu",  "oa",  "oă",  "oe", "oi",
    "oo",  "ôi",  "ơi",  "ua",  "uâ",  "ui",  "uô",  "uê",  "uơ",  "uy",  "ưa",  "ưi",  "ươ", "ưu",
    "iêu", "yêu", "oai", "oay", "oao", "oeo", "uây", "uôi", "uya", "uyê", "uyu", "ươi", "ươu"};
static const char *const finals[] = {"ng", "nh", "ch", "c", "m", "n", "p", "t", ""};

static gboolean is_nucleus(const char *at, gsize n) {
    for (gsize i = 0; i < G_N_ELEMENTS(nuclei); i++)
        if (strlen(nuclei[i]) == n && memcmp(nuclei[i], at, n) == 0)
            return TRUE;
    return FALSE;
}

static gboolean is_rhyme(const char *at) {
    gsize n = strlen(at);
    for (gsize i = 0; i < G_N_ELEMENTS(finals); i++)
        if (g_str_has_suffix(at, finals[i]) && is_nucleus(at, n - strlen(finals[i])))
            return TRUE;
    return FALSE;
}

/* Small letters without tones. */
static gboolean is_syllable(const char *word) {
    for (gsize i = 0; i < G_N_ELEMENTS(initials); i++)
        if (g_str_has_prefix(word, initials[i]) && is_rhyme(word + strlen(initials[i])))
            return TRUE;
    return FALSE;
}

static gboolean is_tone(gint32 c) {
    return c == GRAVE || c == ACUTE || c == TILDE || c == HOOK || c == DOT;
}

/* One word in Unicode: at most one tone, capitals all or first or none, and a syllable. */
static gboolean reads_as_vietnamese(Bytes word) {
    guint tones = 0, small = 0;
    char bare[4 * WORD_BYTES];
    gsize n = 0;
    for (gsize i = 0; i < word.n;) {
        utf8proc_int32_t c, pieces[4];
        utf8proc_ssize_t r = utf8proc_iterate(word.p + i, (utf8proc_ssize_t)MIN(word.n - i, 4), &c);
        if (r <= 0)
            return FALSE;
        i += (gsize)r;
        gint32 low = utf8proc_tolower(c);
        if (low != c && small > 0)
            return FALSE;
        small += low == c && utf8proc_toupper(c) != c;
        utf8proc_ssize_t count = utf8proc_decompose_char(low, pieces, 4, UTF8PROC_DECOMPOSE, NULL);
        for (utf8proc_ssize_t j = 0; j < count && count <= 4; j++) {
            if (n + 8 > sizeof bare)
                return FALSE;
            if (is_tone(pieces[j]))
                tones++;
            else
                n += (gsize)utf8proc_encode_char(pieces[j], (guint8 *)bare + n);
        }
    }
    g_autofree char *composed = text_nfc(bytes_of(bare, n));
    return tones <= 1 && is_syllable(composed);
}

/* ---- The guess ---- */

typedef struct {
    guint words;   /* with characters of Latin-1's upper half */
    guint symbols; /* of them, with one that is no letter there */
    guint unicode, as_tcvn3, as_vni;
    guint longest; /* bytes, of those with a symbol */
} Count;

static void count_word(Count *count, Bytes word, gboolean symbol) {
    if (word.n > WORD_BYTES)
        return;
    gsize n;
    g_autofree char *abc = text_legacy_convert(word, TEXT_LEGACY_TCVN3, &n);
    count->as_tcvn3 += reads_as_vietnamese(bytes_of(abc, n));
    g_autofree char *other = text_legacy_convert(word, TEXT_LEGACY_VNI, &n);
    count->as_vni += reads_as_vietnamese(bytes_of(other, n));
    count->unicode += reads_as_vietnamese(word);
    count->words++;
    count->symbols += symbol;
    if (symbol)
        count->longest = MAX(count->longest, (guint)word.n);
}

/* FALSE: there is a letter that settles it. */
static gboolean count_words(Bytes utf8, Count *count) {
    enum { ENOUGH = 400 };
    gsize start = 0;
    gboolean high = FALSE, symbol = FALSE, digit = FALSE;
    for (gsize i = 0; i <= utf8.n && count->words < ENOUGH;) {
        guint8 b = i < utf8.n ? utf8.p[i] : ' ';
        gsize n = b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
        guint8 next = i + 1 < utf8.n ? utf8.p[i + 1] : 0;
        /* ă đ ĩ ũ, ơ ư, and what has two marks */
        if (b == 0xC4 || b == 0xC5 || b == 0xC6 || b == 0xE1 || b == 0xCC || b == 0xCD)
            return FALSE;
        gboolean latin = (b == 0xC2 && next >= 0xA1) || b == 0xC3;
        if (g_ascii_isalpha((char)b) || latin) {
            high = high || latin;
            symbol = symbol || (b == 0xC2 && next != 0xAA && next != 0xBA);
        } else {
            digit = g_ascii_isdigit((char)b) || digit;
            if (high && !digit)
                count_word(count, bytes_slice(utf8, start, i - start), symbol);
            start = i + n;
            high = symbol = FALSE;
            digit = g_ascii_isdigit((char)b);
        }
        i += n;
    }
    return TRUE;
}

static gboolean most(guint part, guint all) {
    return part * 5 >= all * 4;
}

TextLegacy text_legacy_guess(Bytes utf8) {
    Count count = {0};
    gsize ascii = 0;
    while (ascii < utf8.n && utf8.p[ascii] < 0x80)
        ascii++;
    while (ascii > 0 && ascii < utf8.n && utf8.p[ascii - 1] > ' ')
        ascii--; /* to the word's beginning */
    if (ascii == utf8.n || !count_words(bytes_slice(utf8, ascii, utf8.n), &count) ||
        count.words == 0 || count.unicode * 5 > count.words * 3)
        return TEXT_LEGACY_NONE;
    /* A single word has to be a longer one: "£m" is none. */
    gboolean enough = count.words > 1 || count.longest >= 5;
    if (enough && count.symbols > 0 && count.as_tcvn3 > count.as_vni &&
        most(count.as_tcvn3, count.words))
        return TEXT_LEGACY_TCVN3;
    if (count.words > 1 && count.symbols == 0 && count.as_vni > count.as_tcvn3 &&
        most(count.as_vni, count.words))
        return TEXT_LEGACY_VNI;
    return TEXT_LEGACY_NONE;
}
