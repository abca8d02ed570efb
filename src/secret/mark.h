/* Mark: does a text bear the stamp of a state secret [Điều 6.1]?
 *
 * A stamp stands alone. In a text it is a whole line (brackets, stars and other signs around it do
 * not matter, nor do blanks between its letters), the beginning of a line in square brackets, or
 * behind a label ("Độ mật: Tối mật"). In a title (a subject, a file name) it is the first or the
 * last piece, or one in brackets. "Mật khẩu", "bảo mật" and sentences about secrets are none; nor
 * is a text that names several different ones, which is one about stamps. Pure; any thread. */
#ifndef CV_SECRET_MARK_H
#define CV_SECRET_MARK_H

#include "base/bytes.h"
#include "regulation/regulation.h"

typedef struct {
    const RegulationSecrets *words; /* borrowed */
    GPtrArray *compact;             /* the stamps without blanks */
    guint8 ends[256];               /* bytes with which a stamp ends, in either case */
    char tail[64];                  /* the end of the last line that was not empty */
    int found;                      /* which stamp; -1: none */
    int waiting;                    /* the last line was one, and the next may undo it; -1 */
    gboolean several;
} SecretText;

void secret_text_init(SecretText *text, const RegulationSecrets *words);
/* The next line, UTF-8. */
void secret_text_line(SecretText *text, Bytes line);
/* Every line of a piece of text. */
void secret_text_lines(SecretText *text, Bytes lines);
/* The stamp that the text bears, or NULL. Ready for the next text. */
const char *secret_text_end(SecretText *text);
void secret_text_clear(SecretText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SecretText, secret_text_clear)

/* The stamp in a title, or NULL. file: it is a file's name. */
const char *secret_title(const SecretText *text, Bytes title, gboolean file);

#endif
