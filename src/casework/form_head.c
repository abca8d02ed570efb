/* What the paper around the tables says: number, date, addressee, basis, who signed. Letterheads
 * and signatures are tables without lines in most documents, so the texts come cell by cell; a
 * cell's paragraphs are one text. All of it is only offered to the person who registers the
 * document. */
#include "casework/form.h"

enum { TEXT_MAXIMUM = 2000, NAME_WORDS_MAXIMUM = 7, PLACE_WORDS_MAXIMUM = 4 };

void request_head_clear(RequestHead *head) {
    char **texts[] = {&head->number, &head->place,      &head->subject, &head->addressee,
                      &head->basis,  &head->recipients, &head->signer,  &head->signer_title};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
}

/* ---- Patterns ---- */

typedef enum { PATTERN_NUMBER, PATTERN_DATE, PATTERN_SUBJECT, PATTERN_ADDRESSEE, PATTERNS } Pattern;

static gpointer compile(gpointer data) {
    /* "Quyết định số 06/2022" has neither the capital nor the colon. */
    static const char *const texts[PATTERNS] = {
        "(?:^|\\s)Số\\s*:\\s*(\\d+\\s*/\\s*[^\\s,;]+|\\d+)",
        "(?:([\\p{L}. ]+),\\s*)?[Nn]gày\\s+(\\d{1,2})\\s+tháng\\s+(\\d{1,2})\\s+năm\\s+(\\d{4})",
        "V/v\\s*:?\\s*(.+)$",
        "Kính gửi\\s*:\\s*(.+)$",
    };
    GRegex **compiled = g_new0(GRegex *, PATTERNS);
    for (int i = 0; i < PATTERNS; i++) {
        compiled[i] = g_regex_new(texts[i], G_REGEX_OPTIMIZE, 0, NULL);
        g_assert(compiled[i] != NULL);
    }
    return compiled;
}

static gboolean match(Pattern pattern, const char *text, GMatchInfo **info) {
    static GOnce once = G_ONCE_INIT;
    GRegex *const *compiled = g_once(&once, compile, NULL);
    return g_regex_match(compiled[pattern], text, 0, info);
}

/* Keeps the first. */
static void take_group(Pattern pattern, const char *text, char **to) {
    g_autoptr(GMatchInfo) info = NULL;
    if (*to == NULL && match(pattern, text, &info))
        *to = g_strstrip(g_match_info_fetch(info, 1));
}

/* Digits and sign are written together, whatever the paper does. */
static void take_number(RequestHead *head, const char *text) {
    gboolean had = head->number != NULL;
    take_group(PATTERN_NUMBER, text, &head->number);
    if (had || head->number == NULL)
        return;
    char *to = head->number;
    for (const char *p = head->number; *p != '\0'; p++)
        if (!g_ascii_isspace(*p))
            *to++ = *p;
    *to = '\0';
}

/* The place's own words before the date: in one cell the motto stands before them. */
static char *place_of(const char *before) {
    g_auto(GStrv) words = g_strsplit(before, " ", -1);
    guint n = g_strv_length(words), first = n;
    while (first > 0 && n - first < PLACE_WORDS_MAXIMUM &&
           g_unichar_isupper(g_utf8_get_char(words[first - 1])) &&
           g_strcmp0(words[first - 1], "Phúc") != 0)
        first--;
    return g_strjoinv(" ", words + first);
}

/* The date line, not the dates of what the document is based on. */
static void take_date(RequestHead *head, const char *text) {
    g_autoptr(GMatchInfo) info = NULL;
    if (head->dated[0] != '\0' || strstr(text, "ăn cứ") != NULL ||
        strstr(text, "uyết định") != NULL || !match(PATTERN_DATE, text, &info))
        return;
    g_autofree char *place = g_match_info_fetch(info, 1);
    g_autofree char *day = g_match_info_fetch(info, 2);
    g_autofree char *month = g_match_info_fetch(info, 3);
    g_autofree char *year = g_match_info_fetch(info, 4);
    g_autofree char *written = g_strdup_printf("%s/%s/%s", day, month, year);
    if (!request_date_read(written, head->dated))
        return;
    g_free(head->place);
    head->place = place_of(place == NULL ? "" : g_strstrip(place));
}

static void take_basis(char **basis, const char *text) {
    if (!g_str_has_prefix(text, "Căn cứ"))
        return;
    char *more = *basis == NULL ? g_strdup(text) : g_strconcat(*basis, "\n", text, NULL);
    g_free(*basis);
    *basis = more;
}

/* ---- Who signed ---- */

/* The words of a text without what stands in brackets ("(Ký tên, đóng dấu)"); g_strfreev. */
static char **words_of(const char *text) {
    g_autoptr(GString) plain = g_string_new(NULL);
    guint brackets = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '(')
            brackets++;
        if (brackets == 0)
            g_string_append_c(plain, *p);
        if (*p == ')' && brackets > 0)
            brackets--;
    }
    g_auto(GStrv) all = g_strsplit(plain->str, " ", -1);
    GStrvBuilder *words = g_strv_builder_new();
    for (gsize i = 0; all[i] != NULL; i++)
        if (*all[i] != '\0')
            g_strv_builder_add(words, all[i]);
    char **out = g_strv_builder_end(words);
    g_strv_builder_unref(words);
    return out;
}

static gboolean is_capitals(const char *word) {
    gboolean letter = FALSE;
    for (const char *p = word; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_islower(c))
            return FALSE;
        letter = letter || g_unichar_isupper(c);
    }
    return letter;
}

static gboolean is_name(char **words) {
    guint n = g_strv_length(words);
    if (n < 2 || n > NAME_WORDS_MAXIMUM)
        return FALSE;
    for (guint i = 0; i < n; i++)
        if (!g_unichar_isupper(g_utf8_get_char(words[i])) || is_capitals(words[i]) ||
            strpbrk(words[i], "0123456789:;,/.") != NULL)
            return FALSE;
    return TRUE;
}

static gboolean is_signing_title(const char *title) {
    static const char *const words[] = {"THỦ TRƯỞNG", "GIÁM ĐỐC",   "CHỦ TỊCH",    "CHÁNH",
                                        "TRƯỞNG",     "CỤC TRƯỞNG", "HIỆU TRƯỞNG", "BÍ THƯ"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(title, words[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC (Đã ký) Nguyễn Văn Hùng", or the title here and the name in a later
 * text. The last one in the paper counts: signatures stand at its end. */
static void take_signer(RequestHead *head, const char *text, gboolean *waiting) {
    g_auto(GStrv) words = words_of(text);
    guint capitals = 0;
    while (words[capitals] != NULL && is_capitals(words[capitals]))
        capitals++;
    g_autoptr(GString) title = g_string_new(NULL);
    for (guint i = 0; i < capitals; i++)
        g_string_append_printf(title, "%s%s", i == 0 ? "" : " ", words[i]);
    gboolean titled = is_signing_title(title->str);
    if (titled) {
        g_free(head->signer_title);
        head->signer_title = g_strdup(title->str);
        g_clear_pointer(&head->signer, g_free);
        *waiting = TRUE;
    }
    if (*waiting && (titled || capitals == 0) && is_name(words + capitals)) {
        head->signer = g_strjoinv(" ", words + capitals);
        *waiting = FALSE;
    }
}

/* ---- All of it ---- */

static void take_text(RequestHead *head, const char *text, gboolean *waiting) {
    take_number(head, text);
    take_date(head, text);
    take_group(PATTERN_SUBJECT, text, &head->subject);
    take_group(PATTERN_ADDRESSEE, text, &head->addressee);
    take_basis(&head->basis, text);
    take_signer(head, text, waiting);
    if (head->recipients == NULL && g_str_has_prefix(text, "Nơi nhận"))
        head->recipients = g_strdup(text);
}

/* "" for what is not there; nothing longer than a head can be. */
static void settle(char **text) {
    if (*text == NULL)
        *text = g_strdup("");
    else if (strlen(*text) > TEXT_MAXIMUM)
        *g_utf8_find_prev_char(*text, *text + TEXT_MAXIMUM) = '\0';
}

void request_head_read(RequestHead *head, const GPtrArray *texts) {
    gboolean waiting = FALSE;
    for (guint i = 0; i < texts->len; i++)
        take_text(head, texts->pdata[i], &waiting);
    char **all[] = {&head->number, &head->place,      &head->subject, &head->addressee,
                    &head->basis,  &head->recipients, &head->signer,  &head->signer_title};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        settle(all[i]);
}
