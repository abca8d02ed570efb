/* Latin: what a code point is worth as unaccented small Latin letters, and what kind of sign it is.
 *
 * The base of name splitting, folding and sorting. Tables for the Latin blocks are built once from
 * utf8proc's data on first use and are then only read: any thread, no lock after that. */
#ifndef CV_TEXT_LATIN_H
#define CV_TEXT_LATIN_H

#include <glib.h>

typedef enum {
    LATIN_LETTER,     /* has letters: a to z */
    LATIN_MARK,       /* a combining mark: falls away in Latin text */
    LATIN_SPACE,      /* every white space, tab and line end included */
    LATIN_APOSTROPHE, /* every shape of it, accents standing alone included */
    LATIN_HYPHEN,     /* hyphens, dashes, minus */
    LATIN_INVISIBLE,  /* zero-width and formatting characters, but not ZERO WIDTH SPACE */
    LATIN_ZERO_SPACE, /* U+200B: invisible, yet written between words by some programs */
    LATIN_DIGIT,      /* numbers of any script */
    LATIN_FOREIGN,    /* a letter of another script, or a Latin one without a known base */
    LATIN_SIGN,       /* everything else */
    LATIN_CONTROL,    /* control characters and what is not a character */
} LatinKind;

typedef struct {
    guint8 kind;     /* LatinKind */
    guint8 n;        /* letters used */
    guint8 capital;  /* TRUE for a capital letter */
    char letters[5]; /* a to z (for a decimal digit: 0 to 9), not terminated */
} Latin;

/* Đ, đ and the look-alikes Ð, ð, Ɖ, ɖ are d [Điều 3.2]; other letters lose their marks. */
Latin latin_of(gint32 codepoint);

#endif
