/* Term: text as search sees it, for the matcher that reads text and for the index alike.
 *
 * The form of a text is made character by character: without case and canonically composed
 * (text/fold.h), every run of white space one blank, none at the ends, invisible characters gone,
 * the look-alikes of đ one letter. The plain form has lost its marks too: "ĐẶNG  Thị" has the form
 * "đặng thị" and the plain form "dang thi". A mark with no letter before it stays.
 *
 * A form falls apart into terms without remainder: words (letters, digits, marks) and, where more
 * than one blank stands between two words, signs (everything else, with its blanks: ", "). Terms
 * are numbered: two numbers that follow one another are two words with one blank between, or a word
 * and a sign that touch. So a text contains a string exactly when terms at consecutive numbers end
 * with, are and begin with the string's terms.
 *
 * All input is valid UTF-8 (text/charset.h). Linear time. A stream is used by one thread. */
#ifndef CV_TEXT_TERM_H
#define CV_TEXT_TERM_H

#include "base/buffer.h"

enum { TEXT_TERM_BYTES = 256 }; /* of a term's form; see TextTerm.cut */

typedef struct {
    Bytes form, plain; /* views, valid during the call */
    gboolean word;
    gboolean cut;  /* was longer than TEXT_TERM_BYTES: this is its beginning */
    gboolean mark; /* begins with a mark that has no letter before it */
    guint32 position;
} TextTerm;
typedef void (*TextTermEach)(const TextTerm *term, gpointer data);

typedef struct {
    TextTermEach each; /* NULL: the stream writes a form to `flat` */
    gpointer data;
    Buffer *flat;
    gboolean plain;   /* flat is the plain form */
    guint32 position; /* of the next term */
    /* Inside. */
    guint8 class;
    gboolean blank, any, cut, mark;
    guint16 form_n, plain_n;
    char form[TEXT_TERM_BYTES + 8], plain_form[TEXT_TERM_BYTES + 8];
} TextStream;

/* Terms to `each`, numbered from `position`. */
void text_stream_terms(TextStream *stream, guint32 position, TextTermEach each, gpointer data);
/* The form appended to `flat`. */
void text_stream_flat(TextStream *stream, gboolean plain, Buffer *flat);
/* Takes the next piece; pieces are cut between characters, best between lines. */
void text_stream_feed(TextStream *stream, Bytes utf8);
/* The text is over: the next begins apart, its numbers two further on. */
void text_stream_end(TextStream *stream);

/* The form or plain form of one text; g_free. */
char *text_form(Bytes utf8, gboolean plain, gsize *n);

#endif
