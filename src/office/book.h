/* Book: a workbook being written, that becomes a .xlsx (ECMA-376 part 1, 18): sheets of rows under
 * one row of headings, which stays in sight and is printed on each page.
 *
 * Text is never a formula, whatever it begins with. It is cleaned as in paper.h; a cell takes
 * 32,767 characters, which is the format's own limit: what is longer ends with "…". The same calls
 * give the same bytes. Not for two threads at once. */
#ifndef CV_OFFICE_BOOK_H
#define CV_OFFICE_BOOK_H

#include "base/error.h"

enum { BOOK_BYTES = 128 * 1024 * 1024, BOOK_COLUMNS = 64 };

typedef struct {
    const char *heading;
    guint width; /* in characters */
} BookColumn;

typedef struct Book Book;

Book *book_new(void);
void book_free(Book *book); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Book, book_free)

/* name: unique in the book; cut to 31 characters without those that the format forbids. */
void book_sheet(Book *book, const char *name, const BookColumn *columns, guint count);
/* Rows end where the next begins; cells follow one another. */
void book_row(Book *book);
void book_text(Book *book, const char *text); /* NULL or "": an empty cell */
void book_integer(Book *book, gint64 value);
/* A share from 0 to 1, shown as a percentage with two decimals. */
void book_share(Book *book, double share);
/* LIMIT: over BOOK_BYTES. The book has at least one sheet. */
GBytes *book_finish(Book *book, GError **error);

#endif
