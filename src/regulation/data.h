/* What a regulation consists of once it is read. Private to this folder. Every string lives in
 * `strings` of this regulation or of one it extends (held by `base`). */
#ifndef CV_REGULATION_DATA_H
#define CV_REGULATION_DATA_H

#include "regulation/calendar.h"
#include "regulation/incident.h"
#include "regulation/regulation.h"

typedef struct {
    gint64 value;
    const char *article; /* "Điều 5.1", or "" */
} Figure;

typedef struct {
    const char *const *items; /* NULL-terminated */
    gsize n;
    const char *article;
} List;

typedef enum {
    LIST_PASSWORD_CLASSES,
    LIST_PASSWORD_SPECIALS,
    LIST_PASSWORD_BLOCKED,
    LIST_FORWARD_DOMAINS,
    LIST_LOCK_FORBIDDEN,
    LIST_SECRET_STAMPS,
    LIST_SECRET_LABELS,
    LIST_SECRET_BEFORE,
    LIST_SECRET_AFTER,
    LIST_FILES_PERMITTED,
    LIST_FILES_REFUSED,
    LIST_STOP_WEEKDAYS,
    LIST_REST_WEEKDAYS,
    LIST_FIXED_HOLIDAYS,
    LIST_REQUEST_SENDERS,
    LIST_REPORTERS,
    LIST_BODY_WORDS,
    LIST_TYPE_WORDS,
    LIST_SILENT_WORDS,
    LISTS
} ListId;

typedef enum {
    RULE_PERSON_QUOTA,
    RULE_UNIT_QUOTA,
    RULE_ATTACHMENTS,
    RULE_PASSWORD_TEXT,
    RULE_PASSWORD_SPACE,
    RULE_PASSWORD_BLOCKED,
    RULE_PASSWORD_LENGTH,
    RULE_PASSWORD_CLASSES,
    RULE_PASSWORD_LONG,
    RULE_PASSWORD_LOGIN,
    RULE_PASSWORD_SAME,
    RULE_PASSWORD_FORMER,
    RULE_PASSWORD_CHANGE,
    RULE_PASSWORD_OLD,
    RULE_PASSWORD_SOON,
    RULE_PASSWORD_OVER,
    RULE_PASSWORD_RESET,
    RULE_ACCEPT_RULES,
    RULE_ACCOUNT_LOCKED,
    RULE_SHARED_USE,
    RULE_FILE_REFUSED,
    RULE_FILE_UNLISTED,
    RULE_FILE_DISGUISED,
    RULE_FILE_SEALED,
    RULE_FORWARD_ADDRESS,
    RULE_FORWARD_SCRIPT,
    RULE_FORWARD_OUT,
    RULE_FORWARD_IN,
    RULE_SECRET,
    RULE_SECRET_FROZEN,
    RULE_NAME,
    RULE_NAME_GIVEN,
    RULE_NAME_LONG,
    RULE_NAME_PART,
    RULE_NAME_MISSING,
    RULE_NAME_TAKEN,
    RULE_NAME_EXHAUSTED,
    RULE_UNIT_KIND,
    RULE_UNIT_AGREEMENT,
    RULE_UNIT_APPROVAL,
    RULE_LOCK_TAKEOVER,
    RULE_LOCK_FORBIDDEN,
    RULE_LOCK_IDLE,
    RULE_LOCK_IN_USE,
    RULE_LOCK_EXEMPT,
    RULE_LOCK_UNWARNED,
    RULE_LOCK_EARLY,
    RULE_LOCK_EVIDENCE,
    RULE_LOCK_CLAUSE,
    RULE_IDLE,
    RULE_SIGNIN,
    RULE_STOP_WEEKDAY,
    RULE_STOP_WINDOW,
    RULE_STOP_NOTICE,
    RULE_NOT_IN_FORCE,
    RULE_REQUEST_SENDER,
    RULES
} RuleId;

typedef struct {
    const char *name; /* NULL until read */
    const char *article;
    const char *vi, *en; /* with {placeholders} */
} Rule;

/* One part of a local part. */
typedef enum {
    PART_LITERAL,
    PART_INITIALS,
    PART_GIVEN,
    PART_WORDS,
    PART_PLACE,
    PART_PLACE_INITIALS,
    PART_ABBREVIATION,
    PART_ADDRESS,
    PART_AGREED,
    PART_SUFFIX,
    PART_PARENT_ADDRESS,
    PART_PARENT_ABBREVIATION,
    PART_PARENT_SUFFIX,
    PART_NUMBER,
    PART_IDENTITY,
} PartKind;

typedef struct {
    PartKind kind;
    guint count;      /* IDENTITY: how many digits */
    const char *text; /* LITERAL */
} Part;

enum { FORM_PARTS_MAXIMUM = 12, FORMS_MAXIMUM = 8, UNIT_KINDS_MAXIMUM = 32 };

typedef struct {
    gsize n;
    Part parts[FORM_PARTS_MAXIMUM];
    gboolean numbered; /* one of them is PART_NUMBER */
} Form;

typedef struct {
    const char *rule, *article;
    Form form;
} PersonForm;

typedef struct {
    const char *kind, *rule, *article;
    Form address, abbreviation, suffix;
    gboolean parent;
    RuleId agreement; /* the rule that refuses when there is none; RULES: not needed */
} UnitForm;

typedef struct {
    const char *kind, *place; /* place: plain letters without type words */
    const char *address, *abbreviation, *rule, *article;
} NamingException;

typedef struct {
    CalendarDay day;
    gboolean working; /* a make-up day; else a day off */
} SpecialDay;

struct Regulation {
    gint references;
    struct Regulation *base; /* extended, or NULL */
    GStringChunk *strings;
    GPtrArray *owned; /* arrays of the lists */
    const char *texts[REGULATION_TEXTS];
    CalendarDay from, until; /* until: CALENDAR_NONE when open */
    Figure figures[FIGURES];
    List lists[LISTS];
    Rule rules[RULES];
    const char *const *decided; /* domains listed by decision, NULL-terminated */
    const RegulationIncident *incidents;
    gsize incidents_n;
    const char *report_address; /* local part; NULL: none */
    const char *const *signup_services, *const *signup_words;

    PersonForm person[FORMS_MAXIMUM];
    gsize person_n;
    UnitForm units[UNIT_KINDS_MAXIMUM];
    gsize units_n;
    const char *kinds[UNIT_KINDS_MAXIMUM + 1];
    const NamingException *exceptions; /* owned by the regulation that read them */
    gsize exceptions_n;
    GArray *exceptions_own;

    guint8 stop_weekdays, rest_weekdays; /* bit 1 << weekday (1 Monday to 7 Sunday) */
    GArray *days;                        /* SpecialDay, ascending; shared with base by reference */
};

/* layer.c: the articles that were copied from the base are cited with its short name from now on.
 */
void layer_restate(Regulation *r);
/* The short name of the layer below with this id; NULL: there is none. */
const char *layer_short(const Regulation *r, const char *id);
/* What stands behind the number of an article of an older layer, with its blank; "". */
const char *layer_of_article(const char *article);

/* A refusal by a rule: pairs of placeholder and value, then NULL. */
Verdict *verdict_refuse(const Regulation *regulation, RuleId rule, ...) G_GNUC_NULL_TERMINATED;
/* Allowed, by the article that was looked at. */
Verdict *verdict_allow(const char *rule, const char *article);

/* "20 MB", "1,5 GB": 2^20 and 2^30 bytes under their usual names; decimal comma. */
char *regulation_show_size(guint64 bytes, gboolean vietnamese);

/* files.c: every item of the two lists is written as it must be. origin names the file. */
gboolean files_check(const Regulation *r, const char *origin, GError **error);

/* naming_unit.c: a unit's name as plain words without body and type words, joined; g_free. */
char *naming_place(const Regulation *regulation, Bytes name);

#endif
