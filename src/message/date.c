/* The value is cut into tokens (numbers, words, signs) with comments left out, and the tokens are
 * read in the order of RFC 5322 or, when a month's name comes before the day, of asctime. */
#include "message/date.h"

typedef struct {
    Reader in;
    Bytes word; /* of the token read last: letters, digits, or one other byte */
    enum { TOKEN_END, TOKEN_NUMBER, TOKEN_WORD, TOKEN_SIGN } kind;
    guint64 number;
} Scanner;

static void skip_comment(Reader *r) {
    guint depth = 0;
    for (int c; (c = reader_byte(r)) >= 0;) {
        if (c == '\\')
            reader_byte(r);
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return;
    }
}

static void advance(Scanner *s) {
    int c;
    while ((c = reader_peek(&s->in)) >= 0 && (c <= ' ' || c == '(')) {
        if (c == '(')
            skip_comment(&s->in);
        else
            reader_byte(&s->in);
    }
    const guint8 *start = s->in.at;
    if (c < 0) {
        s->kind = TOKEN_END;
    } else if (g_ascii_isdigit(c)) {
        while (reader_peek(&s->in) >= 0 && g_ascii_isdigit(reader_peek(&s->in)))
            reader_byte(&s->in);
        s->kind = TOKEN_NUMBER;
    } else if (g_ascii_isalpha(c)) {
        while (reader_peek(&s->in) >= 0 && g_ascii_isalpha(reader_peek(&s->in)))
            reader_byte(&s->in);
        s->kind = TOKEN_WORD;
    } else {
        reader_byte(&s->in);
        s->kind = TOKEN_SIGN;
    }
    s->word = bytes_of(start, (gsize)(s->in.at - start));
    if (s->kind == TOKEN_NUMBER && (s->word.n > 9 || !bytes_parse_u64(s->word, &s->number)))
        s->kind = TOKEN_END; /* no part of a date is that long */
}

static gboolean at_sign(const Scanner *s, char c) {
    return s->kind == TOKEN_SIGN && s->word.p[0] == (guint8)c;
}

static gboolean take_number(Scanner *s, gint64 most, gint64 *out) {
    if (s->kind != TOKEN_NUMBER || s->number > (guint64)most)
        return FALSE;
    *out = (gint64)s->number;
    advance(s);
    return TRUE;
}

static gboolean take_month(Scanner *s, gint64 *month) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (s->kind != TOKEN_WORD || s->word.n < 3)
        return FALSE;
    for (int i = 0; i < 12; i++) {
        if (bytes_equal_nocase(bytes_slice(s->word, 0, 3), bytes_of(names + 3 * i, 3))) {
            *month = i + 1;
            advance(s);
            return TRUE;
        }
    }
    return FALSE;
}

/* Obsolete years (RFC 5322 4.3): 00 to 49 count from 2000, 50 to 999 from 1900. */
static gboolean take_year(Scanner *s, gint64 *year) {
    gsize digits = s->word.n;
    if (!take_number(s, 9999, year) || digits < 2)
        return FALSE;
    if (digits == 2)
        *year += *year < 50 ? 2000 : 1900;
    else if (digits == 3)
        *year += 1900;
    return *year >= 1900 && *year <= 9999;
}

static gboolean take_time(Scanner *s, gint64 *seconds) {
    gint64 hour, minute, second = 0;
    if (!take_number(s, 23, &hour) || (!at_sign(s, ':') && !at_sign(s, '.')))
        return FALSE;
    advance(s);
    if (!take_number(s, 59, &minute))
        return FALSE;
    if (at_sign(s, ':') || at_sign(s, '.')) {
        advance(s);
        if (!take_number(s, 60, &second))
            return FALSE;
    }
    if (at_sign(s, '.')) { /* a fraction, in no standard; read over */
        advance(s);
        if (s->kind == TOKEN_NUMBER)
            advance(s);
    }
    *seconds = hour * 3600 + minute * 60 + second;
    return TRUE;
}

/* Minutes east. RFC 5322 4.3: a single letter or an unknown name tells nothing: as -0000. */
static gint take_zone(Scanner *s) {
    static const struct {
        const char *name;
        gint minutes;
    } zones[] = {{"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
                 {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}};
    if (s->kind == TOKEN_WORD) {
        for (gsize i = 0; i < G_N_ELEMENTS(zones); i++)
            if (bytes_is_nocase(s->word, zones[i].name))
                return zones[i].minutes;
        advance(s); /* "GMT+7" says more after the name */
    }
    if (!at_sign(s, '+') && !at_sign(s, '-'))
        return 0;
    gint east = at_sign(s, '+') ? 1 : -1;
    advance(s);
    if (s->kind != TOKEN_NUMBER)
        return 0;
    gint hours = (gint)s->number, minutes = 0;
    if (s->word.n >= 3) {
        hours = (gint)(s->number / 100);
        minutes = (gint)(s->number % 100);
    } else {
        advance(s);
        if (at_sign(s, ':')) {
            advance(s);
            minutes = s->kind == TOKEN_NUMBER ? (gint)MIN(s->number, 99) : 0;
        }
    }
    return hours > 99 || minutes > 59 ? 0 : east * (hours * 60 + minutes);
}

/* Days from 1970-01-01 in the Gregorian calendar; years from March on, so that the leap day is the
 * last of its year. */
static gint64 days_of(gint64 year, gint64 month, gint64 day) {
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = y / 400, of_era = y % 400;
    gint64 of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static gboolean day_exists(gint64 year, gint64 month, gint64 day) {
    static const guint8 lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    gboolean leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= lengths[month - 1] && (month != 2 || day < 29 || leap);
}

static gboolean take_day_and_time(Scanner *s, gint64 *days, gint64 *seconds, gint *zone) {
    gint64 day, month, year;
    if (take_month(s, &month)) { /* asctime: "Nov 24 08:05:00 2026" */
        if (!take_number(s, 31, &day) || !take_time(s, seconds))
            return FALSE;
        *zone = s->kind == TOKEN_NUMBER ? 0 : take_zone(s);
        if (s->kind == TOKEN_WORD)
            advance(s);
        if (!take_year(s, &year))
            return FALSE;
    } else {
        if (!take_number(s, 31, &day))
            return FALSE;
        if (at_sign(s, '-'))
            advance(s);
        if (!take_month(s, &month))
            return FALSE;
        if (at_sign(s, '-'))
            advance(s);
        if (!take_year(s, &year) || !take_time(s, seconds))
            return FALSE;
        *zone = take_zone(s);
    }
    *days = days_of(year, month, day);
    return day_exists(year, month, day);
}

gboolean message_date_parse(Bytes value, gint64 *us, gint *zone) {
    enum { LONGEST_DATE = 1000 };
    if (value.n == 0)
        return FALSE;
    Scanner s = {.in = reader_of(bytes_slice(value, 0, LONGEST_DATE))};
    advance(&s);
    gint64 month;
    Scanner ahead = s;
    if (s.kind == TOKEN_WORD && !take_month(&ahead, &month))
        advance(&s); /* the weekday, which says nothing new */
    if (at_sign(&s, ','))
        advance(&s);
    gint64 days, seconds;
    gint minutes;
    if (!take_day_and_time(&s, &days, &seconds, &minutes))
        return FALSE;
    *us = (days * 86400 + seconds - minutes * G_GINT64_CONSTANT(60)) * G_USEC_PER_SEC;
    *zone = minutes;
    return TRUE;
}
