/* Letters: what the operating centre writes to units and people, as documents ready to be numbered
 * and signed [Điều 4.2.b, 4.2.c, 5.2, 10.2.b, 12.3].
 *
 * Pure functions: facts in, the bytes of a .docx out (office/paper.h), in the layout of Nghị định
 * 30/2020/NĐ-CP. The same facts and day give the same bytes. Names of bodies, articles, figures and
 * the place come from the regulation. All strings are UTF-8 of any origin, borrowed for the call;
 * NULL and "" are "not given", and what is not given is left open to be written by hand. Any
 * thread.
 *
 * Errors: INPUT (a fact is missing that the letter cannot do without: which one), LIMIT (too
 * large), INTERNAL. Messages in Vietnamese and English. */
#ifndef CV_CASEWORK_LETTER_H
#define CV_CASEWORK_LETTER_H

#include "regulation/calendar.h"

/* ---- What every letter has ---- */

typedef struct {
    const char *superior; /* body above the one that writes; NULL: by the regulation */
    const char *issuer;   /* who writes; NULL: the operator of the regulation */
    const char *number;   /* "05": left open while it has none */
    const char *sign;     /* "TTCNTTTT-KT", behind the number; may be open too */
    const char *place;    /* NULL: by the regulation */
    CalendarDay day; /* CALENDAR_NONE: "ngày … tháng … năm …", to be written by hand */
} LetterHead;

/* By what right somebody signs (Nghị định 30/2020/NĐ-CP, article 13). */
typedef enum {
    LETTER_SIGN_SELF, /* the head himself: GIÁM ĐỐC */
    LETTER_SIGN_TM,   /* on behalf of a collective: TM. ỦY BAN NHÂN DÂN, then the title */
    LETTER_SIGN_Q,    /* acting: Q. GIÁM ĐỐC */
    LETTER_SIGN_KT,   /* a deputy for the head: KT. GIÁM ĐỐC, then PHÓ GIÁM ĐỐC */
    LETTER_SIGN_TL,   /* head of a part by order: TL. GIÁM ĐỐC, then TRƯỞNG PHÒNG … */
    LETTER_SIGN_TUQ,  /* by written authorisation: TUQ. GIÁM ĐỐC, then the title */
    LETTER_SIGNS,
} LetterSign;
/* "self", "tm", "q", "kt", "tl", "tuq" in any case; FALSE: none of them. */
gboolean letter_sign_find(const char *name, LetterSign *sign);

typedef struct {
    LetterSign form;
    const char *authority; /* for whom: "Giám đốc", "Ủy ban nhân dân"; NULL: the operator's head */
    const char *title; /* own title, of all forms but SELF and Q */
    const char *name;
} LetterSigner;

/* ---- The reply to a request [Điều 4.2.b], row R021 ---- */

typedef struct {
    const char *name;    /* of the person, or of the unit whose account it is */
    const char *title;   /* post */
    const char *unit;    /* place of work */
    const char *content; /* what was asked for: "cấp mới", "tạm khóa" … */
    gboolean done;       /* else returned with a reason */
    const char *address; /* of the account; returned lines may have none */
    const char *reason;  /* why it was returned (needed then); of a done line: a remark */
    const char *article; /* "Điều 3.2.a": what the reason rests on */
} LetterLine;

typedef struct {
    LetterHead head;
    LetterSigner signer;
    const char *to;             /* the unit that asked (needed) */
    const char *request_number; /* "12/STC-VP" (needed) */
    CalendarDay request_day;    /* of the document; CALENDAR_NONE: left out */
    CalendarDay received;       /* CALENDAR_NONE: left out */
    const char *subject;        /* of the request: "đề nghị cấp mới …" */
    const LetterLine *lines;    /* at least one */
    guint count;
    gboolean slips; /* slips with one-time passwords go out apart from this letter */
    const char *const
        *receivers; /* after "Như trên;", before "Lưu: VT."; NULL-terminated or NULL */
} LetterReply;
GBytes *letter_reply(const Regulation *regulation, const LetterReply *reply, GError **error);

/* ---- The slip for a person's first sign-in [Điều 5.2] ---- */

typedef struct {
    const char *name, *title, *unit;
    const char *address;  /* (needed) */
    const char *password; /* one-time (needed) */
    gint64 expires;       /* Unix microseconds */
    const char *where;    /* where to sign in: "https://mail.bacninh.gov.vn" */
    gboolean reset;       /* a lost password was replaced [Điều 12.2], no new account */
} LetterSlip;
/* Each slip on a sheet of its own. Holds passwords: print, hand to each person alone, then destroy;
 * never with the reply. day: of the paper. */
GBytes *letter_slips(const Regulation *regulation, const LetterHead *head, const LetterSlip *slips,
                     guint count, GError **error);

/* ---- Notice that the service stops [Điều 10.2.b], row R056 ---- */

typedef struct {
    LetterHead head;
    LetterSigner signer;
    gint64 from, until; /* Unix microseconds (needed) */
    const char *why;    /* "nâng cấp máy chủ" (needed) */
    gboolean emergency; /* outside of the announced times: reported as an incident */
    const char *effect; /* what does not work meanwhile; NULL: nothing works, no mail is lost */
    const char *contact;
    const char *const *receivers;
} LetterStop;
#define LETTER_EVERYBODY "Các cơ quan, đơn vị, cá nhân sử dụng thư điện tử công vụ"
/* Its paragraphs (char *, free with the array), for the mail too. */
GPtrArray *letter_stop_text(const Regulation *regulation, const LetterStop *stop);
GBytes *letter_stop(const Regulation *regulation, const LetterStop *stop, GError **error);

/* ---- Warning before accounts are locked for want of use [Điều 4.2.c], row R024 ---- */

typedef struct {
    const char *name, *title, *address;
    CalendarDay last; /* with mail sent or received; CALENDAR_NONE: never */
} LetterIdle;

typedef struct {
    LetterHead head;
    LetterSigner signer;
    const char *to;   /* the unit (needed) */
    CalendarDay lock; /* they are locked after this day when no reason comes (needed) */
    const LetterIdle *accounts;
    guint count;
    const char *const *receivers;
} LetterWarning;
GBytes *letter_warning(const Regulation *regulation, const LetterWarning *warning, GError **error);

/* ---- Letter to a unit about an incident [Điều 8, 12.3], row R068 ---- */

typedef struct {
    LetterHead head;
    LetterSigner signer;
    const char *to;          /* (needed) */
    const char *number;      /* of the case: "SC-12" */
    const char *address;     /* of the account concerned; NULL: none in particular */
    const char *name;        /* of the person */
    const char *what;        /* what was seen (needed) */
    gint64 when;             /* Unix microseconds; 0: not told */
    const char *article;     /* "Điều 8.3": what it is against */
    const char *measure;     /* what the operator has done */
    const char *const *asks; /* what the unit is asked to do; NULL-terminated or NULL */
    CalendarDay answer;      /* by which day; CALENDAR_NONE: left out */
    const char *const *receivers;
} LetterIncident;
GBytes *letter_incident(const Regulation *regulation, const LetterIncident *incident,
                        GError **error);

#endif
