/* Legacy: Vietnamese as old office fonts left it, found by how it reads.
 *
 * Before Unicode, offices wrote in fonts that drew Vietnamese letters in the places of Latin-1's:
 * TCVN3 (".VnTime", also called ABC) has a byte for each letter (TCVN 5712:1993, its third set,
 * VN3: small letters with their tones, capitals without), VNI ("VNI-Times") a letter and a byte for
 * its marks. Mail in them says that it is Latin-1, or nothing, and reads "Th«ng tin" or
 * "Thoâng tin". What belongs to no script is told from real Latin-1 by asking whether its words
 * become Vietnamese syllables, and were none before. Pure; any thread. */
#ifndef CV_TEXT_LEGACY_H
#define CV_TEXT_LEGACY_H

#include "base/buffer.h"

typedef enum { TEXT_LEGACY_NONE, TEXT_LEGACY_TCVN3, TEXT_LEGACY_VNI } TextLegacy;

/* utf8: valid UTF-8 in which Latin-1's characters stand for the bytes. A text with a single letter
 * that only Vietnamese in Unicode has is in Unicode. Linear time. */
TextLegacy text_legacy_guess(Bytes utf8);
/* The text in Unicode, composed; g_free. */
char *text_legacy_convert(Bytes utf8, TextLegacy legacy, gsize *n);

#endif
