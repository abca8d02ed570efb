/* Collate: keys for the order of any text that people read (subjects, names, addresses).
 *
 * Text of ASCII characters is ordered as i;unicode-casemap orders it (RFC 5051): without case,
 * letters as capitals, so that '[' and '_' come after Z. Vietnamese letters stand at their place in
 * the alphabet (A Ă Â B C D Đ E Ê … O Ô Ơ … U Ư), not behind Z where their numbers would put them;
 * tones (level, huyền, hỏi, ngã, sắc, nặng) decide between words of the same letters, word by word,
 * wherever in the word they are written. Everything else comes behind ASCII by its number.
 *
 * A key holds no byte 0; memcmp, and behind it the length, order keys. Pure; any thread. */
#ifndef CV_TEXT_COLLATE_H
#define CV_TEXT_COLLATE_H

#include "base/buffer.h"

/* Appends the key of `utf8` to out, at most `maximum` bytes of it: texts that agree so far are then
 * equal. What is no UTF-8 is taken byte by byte. FALSE when out is full. */
gboolean text_collation_key(Bytes utf8, gsize maximum, Buffer *out);

#endif
