/* Regulation: the rules of a body's e-mail as data, with their articles and dates of validity.
 *
 * A regulation is read from a file of regulations/ (format: docs in the file itself). It may extend
 * an older one: what the newer file does not say is taken from the older. Everything that this
 * folder decides, figures, lists, naming, words of a refusal, stands in the file; C only knows how
 * to count, compare and compose.
 *
 * A Regulation never changes after regulation_load and is reference-counted: any thread may read it
 * while it holds a reference. SIGHUP loads a new one and swaps the pointer. Strings returned belong
 * to the regulation unless said otherwise. */
#ifndef CV_REGULATION_REGULATION_H
#define CV_REGULATION_REGULATION_H

#include "base/bytes.h"
#include "base/error.h"

/* The regulation in force where nothing else is said. */
#define REGULATION_DEFAULT "bacninh-06-2022"

typedef struct Regulation Regulation;

/* Where a shipped regulation lies, g_free. name: a path to a file, or the name of a shipped one
 * with or without ".conf"; NULL is REGULATION_DEFAULT. Looked for: the path itself;
 * $CONGVU_SHARE/regulations; "regulations" in the executable's folder and every folder above it;
 * the installed data folder. CV_ERROR_NOT_FOUND names the places. */
char *regulation_find(const char *name, GError **error);

/* Reads and checks a file whole. Errors (CV_ERROR_INPUT) say file:line, what and what to do. */
Regulation *regulation_load(const char *path, GError **error);
/* The same from text, without extends or @include: for tests. */
Regulation *regulation_load_text(const char *text, GError **error);
Regulation *regulation_ref(const Regulation *regulation);
void regulation_unref(Regulation *regulation); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Regulation, regulation_unref)

typedef enum {
    REGULATION_ID,    /* "bacninh-06-2022" */
    REGULATION_TITLE, /* Vietnamese, as cited in letters */
    REGULATION_SHORT, /* "QĐ 06/2022/QĐ-UBND": behind its articles where a newer one cites them */
    REGULATION_DOMAIN,     /* "bacninh.gov.vn" */
    REGULATION_OPERATOR,   /* the operating centre */
    REGULATION_SUPERVISOR, /* the supervising department */
    /* Of letters and reports; "" where the file does not say. */
    REGULATION_PLACE,          /* where letters are dated: "Bắc Ninh" */
    REGULATION_BODY,           /* above both: "Ủy ban nhân dân tỉnh Bắc Ninh" */
    REGULATION_OPERATOR_HEAD,  /* title of the operator's head: "Giám đốc" */
    REGULATION_REPORT_SUBJECT, /* what the yearly report is about [Điều 11.2] */
    REGULATION_REGULAR_USE,    /* what "uses regularly" means, printed under the figure */
    /* What it calls the three acts on an account. */
    REGULATION_WORD_LOCK,   /* "tạm khóa" */
    REGULATION_WORD_CLOSE,  /* "hủy bỏ" */
    REGULATION_WORD_UNLOCK, /* "mở khóa" */
    REGULATION_FROM,        /* "2022-05-23": first day in force */
    REGULATION_UNTIL,       /* last day in force, or "" */
    REGULATION_TEXTS
} RegulationText;
const char *regulation_text(const Regulation *regulation, RegulationText text);

/* Figures: sizes in bytes, times in the unit of the name, switches 0 or 1. */
typedef enum {
    FIGURE_PERSON_QUOTA, /* floor and default [Điều 5.1] */
    FIGURE_UNIT_QUOTA,
    FIGURE_ATTACHMENTS,          /* decoded attachments of one message, summed [Điều 5.1] */
    FIGURE_ATTACHMENTS_INCOMING, /* switch: the limit also holds for mail from outside */
    FIGURE_MESSAGE,              /* a whole message on the wire (SMTP SIZE) */
    FIGURE_PASSWORD_MINIMUM,     /* characters [Điều 5.2] */
    FIGURE_PASSWORD_MAXIMUM,
    FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM,
    FIGURE_PASSWORD_HISTORY,              /* former passwords that may not come back; 0 off */
    FIGURE_PASSWORD_MONTHS,               /* change after so many months; 0 off */
    FIGURE_PASSWORD_ADMINISTRATOR_MONTHS, /* the same for administrators */
    FIGURE_PASSWORD_NOT_LOGIN,            /* switch: may not be the login name */
    FIGURE_PASSWORD_ONE_TIME_DAYS,        /* a one-time one is good for so many days */
    FIGURE_PASSWORD_ACCEPT_RULES,    /* switch: the first own password needs a word on the rules */
    FIGURE_PASSWORD_SHARED_NETWORKS, /* more of them at once tell of a shared password; 0 off */
    FIGURE_PASSWORD_SHARED_MINUTES,  /* what "at once" means */
    FIGURE_PASSWORD_WARN_DAYS,       /* told so many days before it must be changed */
    FIGURE_REQUEST_DAYS,             /* working days to answer a request [Điều 4.2.b] */
    FIGURE_RESET_HOURS,              /* to give a lost password anew; 0: REQUEST_DAYS holds */
    FIGURE_NOTICE_DAYS,      /* full working days between notice and stop [Điều 10.2.b] */
    FIGURE_IDLE_MONTHS,      /* without sending or receiving [Điều 4.2.c] */
    FIGURE_SIGNIN_MONTHS,    /* without signing in; 0 off */
    FIGURE_IDLE_ANSWER_DAYS, /* after the warning, for the unit to tell a reason */
    FIGURE_REPORT_MONTH,     /* the yearly report comes before this day [Điều 11.2] */
    FIGURE_REPORT_DAY,
    FIGURE_REGULAR_PERCENT, /* of the working weeks, with use: regular [Điều 11.2] */
    FIGURE_PERIOD_MONTH,    /* first day of the period that the yearly report is about */
    FIGURE_PERIOD_DAY,
    FIGURE_REMIND_DAYS,      /* before the last day for the report */
    FIGURE_KEEP_CLOSED_DAYS, /* mail of a closed account is kept */
    FIGURE_KEEP_ALIAS_DAYS,  /* an old address lives on after a move or a change of name */
    FIGURE_KEEP_FORM_DAYS,   /* the file of a request is kept after the reply */
    FIGURE_TET_BEFORE,       /* days off before the first day of Tết, where not announced */
    FIGURE_TET_DAYS,         /* days off for Tết in all */
    FIGURE_NUMBER_FIRST,     /* of the part "number" [Điều 3.2.b] */
    FIGURE_NUMBER_LAST,
    /* What an account and all of a unit may send in a time [Điều 8.3]; 0: no limit. */
    FIGURE_OUTGOING_MINUTES,
    FIGURE_OUTGOING_MESSAGES,
    FIGURE_OUTGOING_RECIPIENTS,
    FIGURE_OUTGOING_OUTSIDE, /* recipients of other domains */
    FIGURE_OUTGOING_UNIT_MESSAGES,
    FIGURE_OUTGOING_UNIT_RECIPIENTS,
    FIGURE_OUTGOING_UNIT_OUTSIDE,
    FIGURE_FILES_REFUSE_UNLISTED, /* switch: a file of no permitted format is not sent [Điều 9.2] */
    FIGURE_FILES_REFUSED_INCOMING, /* switch: what is never sent is not taken from outside either */
    FIGURE_FILES_WARN_SEALED,      /* switch: archives under a password are warned of */
    FIGURE_FORWARD_REFUSE, /* switch: what is forwarded into the system is not taken [Điều 8.5] */
    FIGURE_SECRET_REFUSE,  /* switch: who sends or keeps a state secret is stopped [Điều 6.1] */
    FIGURE_SECRET_FREEZE,  /* switch: one that comes from outside is frozen where it arrives */
    FIGURES
} RegulationFigure;
gint64 regulation_figure(const Regulation *regulation, RegulationFigure figure);
/* "Điều 5.1"; "Điều 5.1 QĐ 06/2022/QĐ-UBND" when the older regulation says it that this one
 * extends: its articles have numbers of their own. */
const char *regulation_figure_article(const Regulation *regulation, RegulationFigure figure);

/* A judgement. rule and article ("Điều 5.2") are what the audit trail keeps; the texts are complete
 * sentences for the person; text_en without the article, so that a command can print
 * `refuse: text (article)`. The texts of an allowed verdict are "". */
typedef struct {
    gboolean allowed;
    char *rule;
    char *article;
    char *text_vi;
    char *text_en;
} Verdict;
void verdict_free(Verdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Verdict, verdict_free)
/* CV_ERROR_REFUSED with "text_en (article)" for a refusal; always FALSE. */
gboolean verdict_fail(const Verdict *verdict, GError **error);

/* Each answers with a new Verdict, never NULL. */

/* The password's characters are counted after NFC [Điều 5.2]. login: the account's local part, or
 * NULL when there is none to compare. */
Verdict *regulation_check_password(const Regulation *regulation, Bytes password, const char *login,
                                   gboolean administrator);
/* A sign of the list that the regulation wants in a password, by number (any); "" when it has none.
 */
const char *regulation_password_special(const Regulation *regulation, guint number);
/* The refusal of a new password that was used before: the present one, or a former one. */
Verdict *regulation_refuse_former(const Regulation *regulation, gboolean present);

/* What is asked of a password, one point after the other, in Vietnamese ("ít nhất 8 ký tự"); met:
 * does this password (NULL: none) have it? For a person who chooses one. */
typedef void (*PasswordPoint)(const char *text_vi, gboolean met, gpointer data);
void regulation_password_points(const Regulation *regulation, const Bytes *password,
                                gboolean administrator, PasswordPoint each, gpointer data);

/* How long a password that was right is still good. */
typedef struct {
    gboolean must_change;   /* was given only for setting an own one */
    gint64 expires;         /* Unix microseconds; of a one-time one; 0: never */
    gint64 changed;         /* when it was set */
    gboolean administrator; /* other months hold */
    const char *place;      /* where it is changed: "https://…", or an office */
} PasswordFacts;
typedef enum {
    PASSWORD_GOOD,
    PASSWORD_SOON,   /* good, but must be changed soon */
    PASSWORD_CHANGE, /* good for setting another one and nothing else */
    PASSWORD_OVER,   /* good for nothing: a one-time one whose days are over */
} PasswordState;
/* *verdict: what the person is told; NULL when it is GOOD. */
PasswordState regulation_password_state(const Regulation *regulation, const PasswordFacts *facts,
                                        gint64 now, Verdict **verdict);
/* The refusal of a first own password without a word on keeping the rules [Điều 12.1]. */
Verdict *regulation_refuse_unaccepted(const Regulation *regulation);
/* What whoever signs in to a locked account is told, and what to do [Điều 4.2.c]. */
Verdict *regulation_account_locked(const Regulation *regulation);
/* What is said of an account that is used from many networks at once [Điều 12.2]. */
Verdict *regulation_shared_use(const Regulation *regulation, const char *address, guint networks);
/* The refusal of a reset without the unit's document [Điều 12.2]. */
Verdict *regulation_refuse_reset(const Regulation *regulation);
/* The ground of a lock that no request asked for [Điều 4.2.c], allowed with its words as text_vi
 * and text_en; or a refusal: no evidence, no khoản of the list and no law. evidence, clause, law:
 * NULL or "" when not given. */
Verdict *regulation_lock_takeover(const Regulation *regulation, const char *evidence);
Verdict *regulation_lock_forbidden(const Regulation *regulation, const char *clause,
                                   const char *law, const char *evidence);
/* A quota in bytes for a person or a unit: not below the floor [Điều 5.1]. */
Verdict *regulation_check_quota(const Regulation *regulation, gboolean unit, guint64 bytes);
/* The sum of a message's decoded attachments; incoming: the message comes from outside. */
Verdict *regulation_check_attachments(const Regulation *regulation, guint64 bytes,
                                      gboolean incoming);
/* A file in a message [Điều 9.2]: its name (any bytes) and its first bytes, decoded (as many as
 * there are, up to REGULATION_FILE_HEAD). The verdict is a refusal, or allowed; then text_vi and
 * text_en say what is warned of, or are "". */
#define REGULATION_FILE_HEAD 64
Verdict *regulation_check_file(const Regulation *regulation, Bytes name, Bytes head,
                               gboolean incoming);

/* May mail for `from` go on to `to` by itself? [Điều 8.5] Both are addresses without brackets.
 * own_domain: the system's domain, a state body's in any case; NULL is the regulation's. */
Verdict *regulation_check_forward(const Regulation *regulation, Bytes from, Bytes to,
                                  const char *own_domain);

/* Mail that `from` has forwarded into the system by itself [Điều 8.5]: allowed when a state body
 * gave that account; refused is to be marked, and not taken where FIGURE_FORWARD_REFUSE says so. */
Verdict *regulation_check_forwarded(const Regulation *regulation, Bytes from,
                                    const char *own_domain);
/* The address as it is kept and compared: its domain as ASCII after IDNA, in small letters, without
 * a trailing dot; g_free. NULL: it is no plain address, which regulation_check_forward refuses. */
char *regulation_plain_address(Bytes address);

/* How a state secret is known by its stamp [Điều 6.1]. Each is a NULL-terminated array of the
 * regulation's. */
typedef struct {
    const char *const *stamps; /* whole stamps in capitals: "TUYỆT MẬT" */
    const char *const *labels; /* a line "label: stamp" counts too, in any letters */
    const char *const *before; /* words that make another word of a stamp behind them: "bảo" */
    const char *const *after;  /* … before them: "khẩu" */
} RegulationSecrets;
void regulation_secrets(const Regulation *regulation, RegulationSecrets *out);
/* The refusal of a message with such a stamp; place: where it stands, in both languages. */
Verdict *regulation_refuse_secret(const Regulation *regulation, const char *stamp,
                                  const char *place, const char *place_en);
/* What stands in the place of a message that was frozen; number: of the record. */
Verdict *regulation_secret_frozen(const Regulation *regulation, gint64 number);

/* May a unit of this kind file a request itself, or does the body above it? [Điều 4.2.a] name: the
 * unit's, for the refusal. */
Verdict *regulation_check_sender(const Regulation *regulation, const char *kind, const char *name);

/* Do units of this kind send the yearly report themselves [Điều 11.2]? Others are part of the one
 * above them. */
gboolean regulation_reports(const Regulation *regulation, const char *kind);

/* What a password needs, as part of a sentence: "ít nhất 8 ký tự, có chữ in hoa, …"; g_free. */
char *regulation_password_needs(const Regulation *regulation);

/* "5.2" → "khoản 2 Điều 5 Quy chế", "3.2.a" → "điểm a khoản 2 Điều 3 Quy chế"; of an older layer
 * "… Quy chế theo QĐ 06/2022/QĐ-UBND"; g_free. */
char *regulation_cite(const char *article);
/* As a letter cites it: "khoản 2 Điều 5 Quy chế ban hành kèm theo Quyết định số …", by the title of
 * the layer that says it; "Quy chế ban hành kèm theo …" without an article; g_free. */
char *regulation_cite_whole(const Regulation *regulation, const char *article);

/* Everything that the regulation says in figures and lists, in the order of the program's tables:
 * path in the file ("calendar.request_days"), value as it is written there, article or "". */
typedef void (*RegulationEach)(const char *path, const char *value, const char *article,
                               gpointer data);
void regulation_each(const Regulation *regulation, RegulationEach each, gpointer data);
/* The regulation that this one extends, or NULL; lives as long as it does. */
const Regulation *regulation_base(const Regulation *regulation);

#endif
