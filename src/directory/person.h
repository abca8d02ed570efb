/* Person: what the forms of appendix 2 say of a person besides name and post, read as units write
 * it. Pure. */
#ifndef CV_DIRECTORY_PERSON_H
#define CV_DIRECTORY_PERSON_H

#include "directory/directory.h"

enum { PERSON_BIRTH_BYTES = 11, PERSON_IDENTITY_BYTES = 13 }; /* with the NUL */

/* "7/3/1985", "07-03-1985", "07.03.1985" or "1985-03-07" as "1985-03-07". NULL: done; otherwise
 * why not, in Vietnamese, static: no such day, in the future, or before 1900. */
const char *person_birth_read(const char *text, char out[PERSON_BIRTH_BYTES]);
/* Identity number: 12 digits (CCCD) or 9 (CMT), with or without blanks and dots between. NULL or
 * why not; 11 and 8 digits hint at a zero that a spreadsheet dropped. */
const char *person_identity_read(const char *text, char out[PERSON_IDENTITY_BYTES]);
/* "nam", "nữ"; NULL: neither. */
const char *person_sex_read(const char *text);
/* "cán bộ", "công chức", "viên chức", "người lao động" [appendix 1]; NULL: none of them. */
const char *person_category_read(const char *text);

#endif
