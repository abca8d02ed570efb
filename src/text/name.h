/* Name: a personal or unit name taken apart into words of plain letters [Điều 3].
 *
 * Lists of names come from spreadsheets, documents and forms: composed, decomposed or mixed, in
 * capitals, with tabs, no-break spaces, zero-width characters and a byte order mark, with
 * look-alikes of Đ, apostrophes of every shape and hyphens. All spellings that look the same give
 * the same words; what cannot be a name is refused, and the refusal says which character and why.
 *
 * No allocation on success; linear time; any thread. */
#ifndef CV_TEXT_NAME_H
#define CV_TEXT_NAME_H

#include "base/bytes.h"

enum {
    TEXT_NAME_MAXIMUM = 512,        /* bytes of input */
    TEXT_NAME_WORDS_MAXIMUM = 32,   /* words */
    TEXT_NAME_LETTERS_MAXIMUM = 640 /* plain letters in all words */
};

/* The words in small plain letters. letters[start[i], start[i + 1]) is word i. */
typedef struct {
    gsize count;
    guint16 start[TEXT_NAME_WORDS_MAXIMUM + 1];
    char letters[TEXT_NAME_LETTERS_MAXIMUM];
} TextName;

static inline Bytes text_name_word(const TextName *name, gsize i) {
    return bytes_of(name->letters + name->start[i], (gsize)(name->start[i + 1] - name->start[i]));
}

typedef enum {
    TEXT_REFUSAL_NONE,
    TEXT_REFUSAL_EMPTY,   /* no letter at all */
    TEXT_REFUSAL_UTF8,    /* not UTF-8 */
    TEXT_REFUSAL_LONG,    /* over one of the maxima above */
    TEXT_REFUSAL_DIGIT,   /* a personal name has no digits */
    TEXT_REFUSAL_SIGN,    /* brackets, commas, dots, a hyphen standing alone … */
    TEXT_REFUSAL_CONTROL, /* control character or what is not a character */
    TEXT_REFUSAL_SCRIPT,  /* another script: the Latin form must be typed */
} TextRefusalKind;

typedef struct {
    TextRefusalKind kind;
    gint32 codepoint; /* the character refused, where the kind is about one */
    gsize position;   /* its place in characters, from 1; for UTF8: in bytes, from 1 */
} TextRefusal;

/* Splits a personal name: letters only. FALSE fills *refusal; *out is then undefined. */
gboolean text_name_split(Bytes utf8, TextName *out, TextRefusal *refusal);

/* Splits a unit's official name: digits are words or parts of them, and commas, hyphens, dots,
 * slashes, ampersands and semicolons separate ("Văn hóa, Thể thao", "kinh tế - xã hội"). */
gboolean text_unit_split(Bytes utf8, TextName *out, TextRefusal *refusal);

/* The reason as part of a sentence for a person, g_free: "ký tự “(” ở vị trí 5 …". */
char *text_refusal_vi(const TextRefusal *refusal);
char *text_refusal_en(const TextRefusal *refusal);

#endif
