/* Form: what a file in the forms of appendix 2 asks for, read as units really fill them in.
 *
 * Form 1 (cấp mới, tạm khóa, hủy bỏ) and form 2 (thay đổi thông tin) are recognised by their header
 * rows, with and without accents, wherever in the file the table stands; one file may have both.
 * What cannot be read in a row is told in words with row and column (fault) and the row is kept:
 * the document has come and must be answered, row by row. Identity numbers and birth dates are
 * never repeated in a fault. Pure; any thread. */
#ifndef CV_CASEWORK_FORM_H
#define CV_CASEWORK_FORM_H

#include "casework/request.h"
#include "directory/person.h"
#include "office/office.h"

/* A row. Texts are never NULL but fault. */
typedef struct {
    guint place;   /* row of the sheet or table, from 1 */
    char *ordinal; /* STT */
    RequestAct act;
    char *said;                                           /* Nội dung đề nghị */
    char *name, *sex, *title, *category, *unit, *address; /* sex, category: the canonical word */
    char birth[PERSON_BIRTH_BYTES], identity[PERSON_IDENTITY_BYTES];
    char *what, *wanted; /* form 2 */
    char *note;
    char *fault; /* NULL: everything can be read */
} RequestAsked;
void request_asked_free(RequestAsked *asked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RequestAsked, request_asked_free)
/* All texts "", to be replaced (g_free the old one). */
RequestAsked *request_asked_new(void);

/* What the paper around the tables says; "" where it says nothing. */
typedef struct {
    char *number;     /* "12/SNV-VP" */
    char dated[11];   /* YYYY-MM-DD */
    char *place;      /* "Bắc Ninh" */
    char *subject;    /* V/v */
    char *addressee;  /* Kính gửi */
    char *basis;      /* Căn cứ */
    char *recipients; /* Nơi nhận */
    char *signer, *signer_title;
} RequestHead;
void request_head_clear(RequestHead *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RequestHead, request_head_clear)

typedef struct {
    GPtrArray *lines; /* RequestAsked, at least one */
    RequestHead head;
} RequestForm;
/* INPUT: no table of either form, a column missing, no row; LIMIT; and as office_read. */
RequestForm *request_form_read(Bytes file, GError **error);
void request_form_free(RequestForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RequestForm, request_form_free)

/* What a line of form 2 changes. */
typedef enum {
    REQUEST_FIELD_NONE,
    REQUEST_FIELD_NAME,
    REQUEST_FIELD_TITLE,
    REQUEST_FIELD_UNIT,
    REQUEST_FIELD_BIRTH,
    REQUEST_FIELD_SEX,
    REQUEST_FIELD_IDENTITY,
    REQUEST_FIELD_SEVERAL, /* more than one: to be asked for line by line */
} RequestField;
/* "tvanh.stttt@bacninh.gov.vn: Chức vụ: Chuyên viên" is the title; check_change.c. */
RequestField request_field_read(const char *what);
/* Any spelling of a day ("5/6/2022", "2022-06-05") as YYYY-MM-DD; FALSE: no such day. */
gboolean request_date_read(const char *text, char out[11]);

/* "Tạm khoá", "HUY BO", "thu hồi" (which Điều 11.1 says for hủy bỏ) …; UNKNOWN. */
RequestAct request_act_read(const char *said);
/* The act that a heading names ("I. Cấp mới", "2) Danh sách tạm khóa"); UNKNOWN. */
RequestAct request_act_in(const char *heading);
/* "ngày 7 tháng 3 năm 1985" as "7/3/1985"; any other text as it is; g_free. */
char *request_plain_date(const char *text);
/* Digits that may be an identity number never stay readable in a text; and the one of 9 or 12
 * digits that stands in it ("" when there is none). */
void request_mask_numbers(char *text);
void request_number_in(const char *text, char out[PERSON_IDENTITY_BYTES]);
/* Small plain letters and digits alone, nothing in brackets: "Số CMT/CCCD (*)" is "socmtcccd";
 * g_free. */
char *request_form_key(const char *text);
/* form_head.c: reads the head from the texts (char *) around the tables, in their order. */
void request_head_read(RequestHead *head, const GPtrArray *texts);

#endif
