/* The styles of a paper. Not for other folders. */
#ifndef CV_OFFICE_PAPER_INTERNAL_H
#define CV_OFFICE_PAPER_INTERNAL_H

#include "office/paper.h"

typedef struct {
    const char *id, *name; /* name: what the word processor lists */
    const char *align;     /* of w:jc */
    guint half_points;     /* size of letters */
    gboolean bold, italic;
    guint before, after, first; /* twentieths of a point */
    gboolean keep;              /* with what follows */
} PaperLook;

extern const PaperLook paper_looks[PAPER_STYLES];
/* word/styles.xml; g_string_free. */
GString *paper_styles(void);

#endif
