/* Paper: a document being written, A4 as Nghị định 30/2020/NĐ-CP (appendix I) lays out letters and
 * reports, that becomes a .docx (ECMA-376 part 1, 17).
 *
 * What is on the paper is said in its order: paragraphs of a style, made of runs; tables of rows of
 * cells of paragraphs. How a style looks stands in one table (paper_style.c) and in the file's own
 * styles, so a person can change it in the word processor at once.
 *
 *   Paper *paper = paper_new("Văn bản trả lời", TRUE);
 *   paper_text(paper, PAPER_NAME, "BÁO CÁO");
 *   paper_begin(paper, PAPER_BODY);
 *   paper_run(paper, PAPER_BOLD, "Kính gửi: ");
 *   paper_run(paper, 0, to);
 *   paper_end(paper);
 *   GBytes *file = paper_finish(paper, &error);
 *
 * Text comes from outside: what XML does not allow, control and bidirectional override characters
 * are left out, bytes that are no UTF-8 become U+FFFD, all of it is composed (NFC); a line end is a
 * new line of the same paragraph. The same calls give the same bytes: no clock, no random number.
 * Memory is wiped when it is given back, because a slip holds a password. Not for two threads at
 * once. */
#ifndef CV_OFFICE_PAPER_H
#define CV_OFFICE_PAPER_H

#include "base/error.h"

/* Lengths are in twentieths of a point, as the format counts. */
#define PAPER_MM(mm) ((guint)((mm)*1440.0 / 25.4 + 0.5))
/* Between the margins: left 30 mm, right 15 mm, top and bottom 20 mm. */
#define PAPER_WIDTH PAPER_MM(165)

enum {
    PAPER_BYTES = 64 * 1024 * 1024, /* of a document before it is packed */
    PAPER_COLUMNS = 16,
};

typedef enum {
    PAPER_BODY,    /* justified, 14 pt, first line 1 cm, 6 pt between */
    PAPER_ITEM,    /* the same, for what is listed under a heading */
    PAPER_HEADING, /* numbered part of a report: bold, stays with what follows */
    PAPER_NOTE,    /* under a figure: 12 pt italic */
    PAPER_ADDRESSEE,
    PAPER_NAME,      /* BÁO CÁO: bold, centred */
    PAPER_TITLE,     /* under it: bold, centred */
    PAPER_NATION,    /* Quốc hiệu */
    PAPER_MOTTO,     /* Tiêu ngữ */
    PAPER_SUPERIOR,  /* body above the one that issues */
    PAPER_ISSUER,    /* body that issues */
    PAPER_NUMBER,    /* number and sign */
    PAPER_PLACE_DAY, /* place and date: italic */
    PAPER_SUBJECT,   /* V/v */
    PAPER_SIGNER,    /* title and name of who signs: bold, centred */
    PAPER_SIGNER_NOTE,
    PAPER_RECEIVERS, /* "Nơi nhận:" */
    PAPER_RECEIVER,
    PAPER_CELL, /* of a table with lines: 12 pt */
    PAPER_CELL_CENTRED,
    PAPER_CELL_HEAD,
    PAPER_RULE, /* a drawn line, see paper_line */
    PAPER_STYLES,
} PaperStyle;

enum {
    PAPER_BOLD = 1 << 0,
    PAPER_ITALIC = 1 << 1,
    PAPER_MONO = 1 << 2,  /* signs that must not be taken for one another: passwords */
    PAPER_LARGE = 1 << 3, /* 16 pt */
};

typedef struct Paper Paper;

/* numbered: the page's number stands on top, from the second page on. */
Paper *paper_new(const char *title, gboolean numbered);
void paper_free(Paper *paper); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Paper, paper_free)

/* A whole paragraph. */
void paper_text(Paper *paper, PaperStyle style, const char *text);
void paper_printf(Paper *paper, PaperStyle style, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* A paragraph of runs. look: PAPER_BOLD and so on, over what the style says. */
void paper_begin(Paper *paper, PaperStyle style);
void paper_run(Paper *paper, guint look, const char *text);
void paper_end(Paper *paper);

/* Said before a paragraph: it stays on one page with what follows; it begins a new page; so much
 * room before it instead of the style's. */
void paper_keep(Paper *paper);
void paper_new_page(Paper *paper);
void paper_room(Paper *paper, guint twentieths);
/* A line of this length in the middle of this width (of the column that it stands in), with some
 * points of room above it. */
void paper_line(Paper *paper, guint width, guint length);
/* A dotted line to write on, from the style's first line to the right margin. */
void paper_blank(Paper *paper, PaperStyle style);
/* How wide this text is in bold letters of this style, as far as the font's common metrics tell. */
guint paper_width_of(PaperStyle style, const char *text);
/* The text with line ends where it takes no more lines of this width than it must, each about as
 * long as the others; *longest (may be NULL) is how wide that is. g_free. */
char *paper_balanced(PaperStyle style, const char *text, guint width, guint *longest);

typedef struct {
    guint columns;
    guint widths[PAPER_COLUMNS]; /* PAPER_WIDTH together at most, but for: */
    guint outdent;               /* so far into the left margin */
    gboolean lines;              /* drawn between and around the cells */
    guint headings;              /* so many rows are repeated on each page */
    gboolean keep;               /* its rows stay on one page */
} PaperTable;

/* Rows and cells end where the next begins. A row is never split between pages. A cell that gets no
 * paragraph is empty. No table within a table. */
void paper_table_begin(Paper *paper, const PaperTable *table);
void paper_row(Paper *paper);
void paper_cell(Paper *paper, guint columns); /* it reaches over so many */
/* A cell of one column with one paragraph. */
void paper_cell_text(Paper *paper, PaperStyle style, const char *text);
void paper_table_end(Paper *paper);

/* The file. Everything that was begun must have ended. LIMIT: over PAPER_BYTES. */
GBytes *paper_finish(Paper *paper, GError **error);

#endif
