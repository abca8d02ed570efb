/* What letters and reports share: heading, closing, days in words. Not for other folders. */
#ifndef CV_CASEWORK_LETTER_INTERNAL_H
#define CV_CASEWORK_LETTER_INTERNAL_H

#include "casework/letter.h"
#include "office/paper.h"

/* NULL and "" are the same. */
static inline gboolean letter_given(const char *text) {
    return text != NULL && *text != '\0';
}
static inline const char *letter_or(const char *text, const char *otherwise) {
    return letter_given(text) ? text : otherwise;
}

/* INPUT naming what is missing, when it is. */
gboolean letter_needs(const char *value, const char *vi, const char *en, GError **error);

/* The two columns on top. about: "V/v …" below the number; NULL for what has a name of its own.
 * default_sign: "BC" of a report; NULL: none. */
void letter_head(Paper *paper, const Regulation *regulation, const LetterHead *head,
                 const char *about, const char *default_sign);
void letter_addressee(Paper *paper, const char *to);
/* Receivers on the left, who signs on the right. first: the first receiver ("Như trên;"). note:
 * under the title, "(Ký tên, đóng dấu)" or NULL. */
void letter_close(Paper *paper, const Regulation *regulation, const LetterSigner *signer,
                  const char *first, const char *const *receivers, const char *note);

/* All letters capital; g_free. */
char *letter_capitals(const char *text);
/* "05/01/2023"; g_free. "" for CALENDAR_NONE. */
char *letter_day(CalendarDay day);
/* "Bắc Ninh, ngày 05 tháng 01 năm 2023" with what is not known left open; g_free. */
char *letter_place_day(const char *place, CalendarDay day);
/* "22:00 thứ bảy, ngày 18/06/2022"; g_free. */
char *letter_moment(gint64 microseconds);
/* "(khoản 2 Điều 5 Quy chế)" with a blank before; "" for no article; g_free. */
char *letter_cited(const char *article);
/* Without the full stop and blanks at its end, so that a sentence can be made of it; g_free. */
char *letter_clause(const char *text);

#endif
