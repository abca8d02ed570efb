/* Sort: keys that put Vietnamese names in the order a Vietnamese reader expects.
 *
 * Names sort by given name, then family name, then middle names. Words compare letter by letter in
 * the order a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x y (f, j, w, z at their Latin
 * places), and only when all letters are equal by tone: level, huyền, hỏi, ngã, sắc, nặng. Where a
 * tone is written inside the word (hòa, hoà) does not matter. A key is plain ASCII without NUL:
 * strcmp, memcmp and a binary collation of a database all order it. Pure; any thread. */
#ifndef CV_TEXT_SORT_H
#define CV_TEXT_SORT_H

#include "base/bytes.h"

/* Key of a personal name whose given name is the last word; g_free. NULL when not UTF-8. */
char *text_sort_key_name(Bytes utf8);
/* Key of any text, words in their written order; g_free. NULL when not UTF-8. */
char *text_sort_key(Bytes utf8);

#endif
