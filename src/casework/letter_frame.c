/* The frame around every letter and report: who writes, number, place and day on top; receivers and
 * signature below (Nghị định 30/2020/NĐ-CP, appendix I, part II). */
#include "casework/letter_internal.h"

/* The two columns of the heading, and those of the closing. */
#define OUTDENT     PAPER_MM(8)
#define LEFT_WIDTH  PAPER_MM(80)
#define RIGHT_WIDTH PAPER_MM(92)
#define NATION      "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
#define MOTTO       "Độc lập - Tự do - Hạnh phúc"

#define BODIES_WIDTH PAPER_MM(77) /* some room to the words on the right */

enum { SIGNATURE_ROOM = 64 * 20 }; /* twentieths of a point; a digital signature needs as much */

gboolean letter_needs(const char *value, const char *vi, const char *en, GError **error) {
    return letter_given(value) ||
           cv_fail(error, CV_ERROR_INPUT, "văn bản thiếu %s; the document lacks %s", vi, en);
}

/* ---- Words ---- */

char *letter_capitals(const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return g_utf8_strup(valid, -1);
}

typedef struct {
    guint year, month, day;
} Date;

static Date date_of(CalendarDay day) {
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(day + 719163)); /* 1970-01-01 in GLib's count */
    return (Date){g_date_get_year(&date), g_date_get_month(&date), g_date_get_day(&date)};
}

char *letter_day(CalendarDay day) {
    if (day == CALENDAR_NONE)
        return g_strdup("");
    Date date = date_of(day);
    return g_strdup_printf("%02u/%02u/%u", date.day, date.month, date.year);
}

/* Days below 10 and months 1 and 2 get a 0 in front. */
char *letter_place_day(const char *place, CalendarDay day) {
    const char *where = letter_or(place, "…………");
    if (day == CALENDAR_NONE)
        return g_strdup_printf("%s, ngày …… tháng …… năm ……", where);
    Date date = date_of(day);
    return g_strdup_printf("%s, ngày %02u tháng %s%u năm %u", where, date.day,
                           date.month < 3 ? "0" : "", date.month, date.year);
}

char *letter_moment(gint64 microseconds) {
    static const char *const names[] = {"thứ hai", "thứ ba",  "thứ tư",  "thứ năm",
                                        "thứ sáu", "thứ bảy", "chủ nhật"};
    CalendarDay day = calendar_day_of(microseconds);
    gint64 minutes =
        microseconds / (60 * G_USEC_PER_SEC) + 7 * 60 - (gint64)day * 24 * 60; /* of that day */
    g_autofree char *shown = letter_day(day);
    return g_strdup_printf("%02u:%02u %s ngày %s", (guint)(minutes / 60), (guint)(minutes % 60),
                           names[calendar_weekday(day) - 1], shown);
}

char *letter_cited(const char *article) {
    if (!letter_given(article))
        return g_strdup("");
    g_autofree char *cite = regulation_cite(article);
    return g_strdup_printf(" (%s)", cite);
}

char *letter_clause(const char *text) {
    gsize n = strlen(text);
    while (n > 0 && strchr(".; \n", text[n - 1]) != NULL)
        n--;
    return g_strndup(text, n);
}

/* ---- Heading ---- */

static const char *superior_of(const Regulation *regulation, const LetterHead *head) {
    if (head->superior != NULL)
        return head->superior;
    const char *supervisor = regulation_text(regulation, REGULATION_SUPERVISOR);
    const char *operator= regulation_text(regulation, REGULATION_OPERATOR);
    if (letter_given(head->issuer) && !g_str_equal(head->issuer, operator))
        return "";
    return g_str_equal(supervisor, operator) ? regulation_text(regulation, REGULATION_BODY)
                                             : supervisor;
}

static void write_bodies(Paper *paper, const Regulation *regulation, const LetterHead *head) {
    const char *above = superior_of(regulation, head);
    if (letter_given(above)) {
        g_autofree char *capitals = letter_capitals(above);
        g_autofree char *superior = paper_balanced(PAPER_SUPERIOR, capitals, BODIES_WIDTH, NULL);
        paper_text(paper, PAPER_SUPERIOR, superior);
    }
    guint longest;
    g_autofree char *capitals =
        letter_capitals(letter_or(head->issuer, regulation_text(regulation, REGULATION_OPERATOR)));
    g_autofree char *issuer = paper_balanced(PAPER_ISSUER, capitals, BODIES_WIDTH, &longest);
    paper_text(paper, PAPER_ISSUER, issuer);
    /* A third to a half of the words' length. */
    paper_line(paper, LEFT_WIDTH, MIN(longest, LEFT_WIDTH) * 2 / 5);
}

static void write_number(Paper *paper, const LetterHead *head, const char *default_sign) {
    const char *sign = letter_or(head->sign, letter_or(default_sign, ""));
    if (!letter_given(head->number)) {
        paper_printf(paper, PAPER_NUMBER, "Số:          /%s", letter_given(sign) ? sign : "……");
        return;
    }
    gboolean one_digit = head->number[1] == '\0' && g_ascii_isdigit(head->number[0]);
    paper_printf(paper, PAPER_NUMBER, "Số: %s%s/%s", one_digit ? "0" : "", head->number, sign);
}

void letter_head(Paper *paper, const Regulation *regulation, const LetterHead *head,
                 const char *about, const char *default_sign) {
    const PaperTable table = {
        .columns = 2, .widths = {LEFT_WIDTH, RIGHT_WIDTH}, .outdent = OUTDENT, .keep = TRUE};
    paper_table_begin(paper, &table);
    paper_row(paper);
    paper_cell(paper, 1);
    write_bodies(paper, regulation, head);
    paper_cell(paper, 1);
    paper_text(paper, PAPER_NATION, NATION);
    paper_text(paper, PAPER_MOTTO, MOTTO);
    paper_line(paper, RIGHT_WIDTH, paper_width_of(PAPER_MOTTO, MOTTO));
    paper_row(paper);
    paper_cell(paper, 1);
    write_number(paper, head, default_sign);
    if (about != NULL) {
        g_autofree char *words = g_strdup_printf("V/v %s", about);
        g_autofree char *lines = paper_balanced(PAPER_SUBJECT, words, BODIES_WIDTH, NULL);
        paper_text(paper, PAPER_SUBJECT, lines);
    }
    paper_cell(paper, 1);
    g_autofree char *place_day = letter_place_day(
        letter_or(head->place, regulation_text(regulation, REGULATION_PLACE)), head->day);
    paper_text(paper, PAPER_PLACE_DAY, place_day);
    paper_table_end(paper);
}

void letter_addressee(Paper *paper, const char *to) {
    paper_printf(paper, PAPER_ADDRESSEE, "Kính gửi: %s", to);
}

/* ---- Closing ---- */

static const char *const sign_names[LETTER_SIGNS] = {"self", "tm", "q", "kt", "tl", "tuq"};
static const char *const sign_marks[LETTER_SIGNS] = {"", "TM. ", "Q. ", "KT. ", "TL. ", "TUQ. "};

gboolean letter_sign_find(const char *name, LetterSign *sign) {
    for (guint i = 0; i < LETTER_SIGNS; i++)
        if (g_ascii_strcasecmp(name, sign_names[i]) == 0) {
            *sign = (LetterSign)i;
            return TRUE;
        }
    return FALSE;
}

static void write_signer(Paper *paper, const Regulation *regulation, const LetterSigner *signer,
                         const char *note) {
    const char *head = regulation_text(regulation, REGULATION_OPERATOR_HEAD);
    g_autofree char *authority =
        letter_capitals(letter_or(signer->authority, letter_or(head, "Thủ trưởng đơn vị")));
    gboolean own_title = signer->form != LETTER_SIGN_SELF && signer->form != LETTER_SIGN_Q;
    paper_printf(paper, PAPER_SIGNER, "%s%s", sign_marks[signer->form], authority);
    if (own_title) {
        g_autofree char *title = letter_capitals(letter_or(signer->title, "……………………"));
        paper_text(paper, PAPER_SIGNER, title);
    }
    if (note != NULL)
        paper_text(paper, PAPER_SIGNER_NOTE, note);
    paper_room(paper, SIGNATURE_ROOM);
    paper_text(paper, PAPER_SIGNER, letter_or(signer->name, ""));
}

/* One receiver a line, ended with a semicolon whatever it ended with. */
static void write_receiver(Paper *paper, const char *text) {
    g_autofree char *clause = letter_clause(text);
    paper_printf(paper, PAPER_RECEIVER, "- %s;", clause);
}

void letter_close(Paper *paper, const Regulation *regulation, const LetterSigner *signer,
                  const char *first, const char *const *receivers, const char *note) {
    const PaperTable table = {.columns = 2, .widths = {PAPER_MM(75), PAPER_MM(90)}, .keep = TRUE};
    paper_table_begin(paper, &table);
    paper_row(paper);
    paper_cell(paper, 1);
    paper_room(paper, 12 * 20);
    paper_text(paper, PAPER_RECEIVERS, "Nơi nhận:");
    write_receiver(paper, first);
    for (guint i = 0; receivers != NULL && receivers[i] != NULL; i++)
        write_receiver(paper, receivers[i]);
    paper_text(paper, PAPER_RECEIVER, "- Lưu: VT.");
    paper_cell(paper, 1);
    paper_room(paper, 12 * 20);
    write_signer(paper, regulation, signer, note);
    paper_table_end(paper);
}
