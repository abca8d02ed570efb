/* One code point is decomposed for compatibility (full-width and mathematical letters become plain
 * ones), case-folded and stripped of its marks; what remains must be a to z. Letters that Unicode
 * does not decompose (Đ, Ł, Ø, Ƀ …) stand in a table of their own, as do the signs that only look
 * like each other. The Latin blocks, all of Vietnamese among them, are answered from a table. */
#include "text/latin.h"

#include <string.h>
#include <utf8proc.h>

/* Letters without a decomposition; both cases are named where folding does not join them. */
typedef struct {
    gint32 c;
    const char *letters;
} Exception;

static const Exception exceptions[] = {
    {0x00D0, "d"}, {0x00F0, "d"},  {0x0110, "d"},  {0x0111, "d"},  {0x0189, "d"},  {0x0256, "d"},
    {0x018A, "d"}, {0x0257, "d"},  {0x018B, "d"},  {0x018C, "d"},  {0x1D06, "d"},  {0x1D6D, "d"},
    {0x0221, "d"}, {0x00C6, "ae"}, {0x00E6, "ae"}, {0x0152, "oe"}, {0x0153, "oe"}, {0x00D8, "o"},
    {0x00F8, "o"}, {0x00DE, "th"}, {0x00FE, "th"}, {0x00DF, "ss"}, {0x1E9E, "ss"}, {0x0126, "h"},
    {0x0127, "h"}, {0x0131, "i"},  {0x0130, "i"},  {0x0138, "k"},  {0x0141, "l"},  {0x0142, "l"},
    {0x014A, "n"}, {0x014B, "n"},  {0x0149, "n"},  {0x0166, "t"},  {0x0167, "t"},  {0x0180, "b"},
    {0x0243, "b"}, {0x0181, "b"},  {0x0253, "b"},  {0x0182, "b"},  {0x0183, "b"},  {0x0187, "c"},
    {0x0188, "c"}, {0x023B, "c"},  {0x023C, "c"},  {0x0191, "f"},  {0x0192, "f"},  {0x0193, "g"},
    {0x0260, "g"}, {0x01E4, "g"},  {0x01E5, "g"},  {0x0197, "i"},  {0x0268, "i"},  {0x0248, "j"},
    {0x0249, "j"}, {0x0198, "k"},  {0x0199, "k"},  {0x023D, "l"},  {0x019A, "l"},  {0x019D, "n"},
    {0x0272, "n"}, {0x019F, "o"},  {0x0275, "o"},  {0x01A4, "p"},  {0x01A5, "p"},  {0x024C, "r"},
    {0x024D, "r"}, {0x01AC, "t"},  {0x01AD, "t"},  {0x01AE, "t"},  {0x0288, "t"},  {0x023E, "t"},
    {0x2C66, "t"}, {0x0244, "u"},  {0x0289, "u"},  {0x01B2, "v"},  {0x028B, "v"},  {0x01B3, "y"},
    {0x01B4, "y"}, {0x024E, "y"},  {0x024F, "y"},  {0x01B5, "z"},  {0x01B6, "z"},  {0x023A, "a"},
    {0x2C65, "a"}, {0x0246, "e"},  {0x0247, "e"},  {0x0190, "e"},  {0x025B, "e"},  {0x018F, "e"},
    {0x0259, "e"}, {0x01DD, "e"},  {0x0186, "o"},  {0x0254, "o"},  {0x2C62, "l"},  {0x026B, "l"},
};

/* Signs used as an apostrophe in names: quotation marks, accents standing alone, modifier letters,
 * primes, the letter-like ones of other scripts' tables. */
static const gint32 apostrophes[] = {
    0x0027, 0x0060, 0x00B4, 0x02B9, 0x02BB, 0x02BC, 0x02BD, 0x02BE, 0x02BF, 0x02C8, 0x02CA, 0x02CB,
    0x0374, 0x0384, 0x055A, 0x05F3, 0x07F4, 0x07F5, 0x1FBD, 0x1FBF, 0x1FEF, 0x1FFD, 0x1FFE, 0x2018,
    0x2019, 0x201A, 0x201B, 0x2032, 0x2035, 0x275B, 0x275C, 0xA78B, 0xA78C, 0xFF07, 0xFF40, 0x02EE,
};

static gboolean is_apostrophe(gint32 c) {
    for (gsize i = 0; i < G_N_ELEMENTS(apostrophes); i++)
        if (apostrophes[i] == c)
            return TRUE;
    return FALSE;
}

/* The minus sign is no dash for Unicode, but typed as one. */
static gboolean is_hyphen(gint32 c, utf8proc_category_t category) {
    return category == UTF8PROC_CATEGORY_PD || c == 0x2212 || c == 0x02D7 || c == 0x2043;
}

static LatinKind kind_of_other(gint32 c, const utf8proc_property_t *property) {
    utf8proc_category_t category = (utf8proc_category_t)property->category;
    if (c == 0x200B)
        return LATIN_ZERO_SPACE;
    if (c == '\t' || c == '\n' || c == '\r' || c == 0x0B || c == 0x0C || c == 0x85)
        return LATIN_SPACE;
    if (is_apostrophe(c))
        return LATIN_APOSTROPHE;
    if (is_hyphen(c, category))
        return LATIN_HYPHEN;
    switch (category) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return LATIN_SPACE;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        return property->ignorable ? LATIN_INVISIBLE : LATIN_MARK;
    case UTF8PROC_CATEGORY_CF:
        return LATIN_INVISIBLE;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return LATIN_DIGIT;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MC:
        return property->ignorable ? LATIN_INVISIBLE : LATIN_FOREIGN; /* Hangul fillers */
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
        return LATIN_CONTROL;
    default:
        return LATIN_SIGN;
    }
}

static gboolean is_letter(const utf8proc_property_t *property) {
    return property->category >= UTF8PROC_CATEGORY_LU && property->category <= UTF8PROC_CATEGORY_LO;
}

/* The exception's letters, or NULL. */
static const char *exception_for(gint32 c) {
    for (gsize i = 0; i < G_N_ELEMENTS(exceptions); i++)
        if (exceptions[i].c == c)
            return exceptions[i].letters;
    return NULL;
}

/* Adds the ASCII letters of one decomposed code point; FALSE when it has none. */
static gboolean add_piece(Latin *out, gint32 c) {
    const utf8proc_property_t *property = utf8proc_get_property(c);
    if (property->category == UTF8PROC_CATEGORY_MN || property->category == UTF8PROC_CATEGORY_ME)
        return TRUE;
    char one[2] = {(char)c, 0};
    const char *letters = c >= 'a' && c <= 'z' ? one : exception_for(c);
    if (letters == NULL)
        return FALSE;
    gsize n = strlen(letters);
    if (out->n + n > sizeof out->letters)
        return FALSE;
    memcpy(out->letters + out->n, letters, n);
    out->n = (guint8)(out->n + n);
    return TRUE;
}

static Latin compute(gint32 c) {
    const utf8proc_property_t *property = utf8proc_get_property(c);
    Latin out = {.capital = property->category == UTF8PROC_CATEGORY_LU ||
                            property->category == UTF8PROC_CATEGORY_LT};
    out.kind = LATIN_FOREIGN;
    if (!is_letter(property) || is_apostrophe(c)) {
        out.kind = kind_of_other(c, property);
        utf8proc_int32_t digit = 0;
        if (property->category == UTF8PROC_CATEGORY_ND &&
            utf8proc_decompose_char(c, &digit, 1, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, NULL) ==
                1 &&
            digit >= '0' && digit <= '9') {
            out.letters[0] = (char)digit;
            out.n = 1;
        }
        return out;
    }
    utf8proc_int32_t pieces[24];
    utf8proc_ssize_t n =
        utf8proc_decompose_char(c, pieces, G_N_ELEMENTS(pieces),
                                UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, NULL);
    gboolean latin = n > 0 && n <= (utf8proc_ssize_t)G_N_ELEMENTS(pieces);
    const char *exception = exception_for(c);
    if (exception != NULL) {
        out.n = (guint8)strlen(exception);
        memcpy(out.letters, exception, out.n);
    } else {
        for (utf8proc_ssize_t i = 0; latin && i < n; i++)
            latin = add_piece(&out, pieces[i]);
        if (!latin || out.n == 0) {
            out.n = 0;
            out.kind = kind_of_other(c, property);
            return out;
        }
    }
    out.kind = LATIN_LETTER;
    return out;
}

/* Basic Latin to the combining marks, and Latin Extended Additional. */
enum { LOW_END = 0x370, HIGH_START = 0x1E00, HIGH_END = 0x1F00 };

static const Latin *table(void) {
    static gsize ready = 0;
    if (g_once_init_enter(&ready)) {
        Latin *fresh = g_new(Latin, LOW_END + HIGH_END - HIGH_START);
        for (gint32 c = 0; c < LOW_END; c++)
            fresh[c] = compute(c);
        for (gint32 c = HIGH_START; c < HIGH_END; c++)
            fresh[LOW_END + c - HIGH_START] = compute(c);
        g_once_init_leave(&ready, (gsize)fresh);
    }
    return (const Latin *)ready;
}

Latin latin_of(gint32 c) {
    if (c >= 0 && c < LOW_END)
        return table()[c];
    if (c >= HIGH_START && c < HIGH_END)
        return table()[LOW_END + c - HIGH_START];
    return compute(c);
}
