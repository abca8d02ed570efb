/* The words of the forms: acts, days, numbers, in the spellings that people use. */
#include "casework/form.h"

#include "regulation/calendar.h"
#include "text/fold.h"

/* [Điều 11.1] "thu hồi" is hủy bỏ; "tạm dừng", "chấm dứt" and "khôi phục" are words of later texts.
 * The forms know the first three; the others are acts of their own with a request too [Điều 12.2].
 */
static const struct {
    const char *key;
    RequestAct act;
} acts[] = {
    {"capmoi", REQUEST_ACT_NEW},
    {"dangkymoi", REQUEST_ACT_NEW},
    {"dangkycapmoi", REQUEST_ACT_NEW},
    {"tamkhoa", REQUEST_ACT_LOCK},
    {"huybo", REQUEST_ACT_CLOSE},
    {"huy", REQUEST_ACT_CLOSE},
    {"thuhoi", REQUEST_ACT_CLOSE},
    {"mokhoa", REQUEST_ACT_UNLOCK},
    {"mokhoalai", REQUEST_ACT_UNLOCK},
    {"caplaimatkhau", REQUEST_ACT_RESET},
    {"datlaimatkhau", REQUEST_ACT_RESET},
    {"tamdung", REQUEST_ACT_LOCK},
    {"tamdunghoatdong", REQUEST_ACT_LOCK},
    {"chamdut", REQUEST_ACT_CLOSE},
    {"chamduthoatdong", REQUEST_ACT_CLOSE},
    {"khoiphuc", REQUEST_ACT_UNLOCK},
    {"khoiphuchoatdong", REQUEST_ACT_UNLOCK},
    {"khoitaomoi", REQUEST_ACT_NEW},
};

/* ---- Memory ---- */

RequestAsked *request_asked_new(void) {
    RequestAsked *asked = g_new0(RequestAsked, 1);
    char **texts[] = {&asked->ordinal, &asked->said,     &asked->name, &asked->sex,
                      &asked->title,   &asked->category, &asked->unit, &asked->address,
                      &asked->what,    &asked->wanted,   &asked->note};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup("");
    return asked;
}

void request_asked_free(RequestAsked *asked) {
    if (asked == NULL)
        return;
    char *texts[] = {asked->ordinal, asked->said,     asked->name, asked->sex,
                     asked->title,   asked->category, asked->unit, asked->address,
                     asked->what,    asked->wanted,   asked->note, asked->fault};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    crypto_wipe(asked, sizeof *asked);
    g_free(asked);
}

void request_form_free(RequestForm *form) {
    if (form == NULL)
        return;
    g_ptr_array_unref(form->lines);
    request_head_clear(&form->head);
    g_free(form);
}

/* ---- Words ---- */

gboolean request_date_read(const char *text, char out[11]) {
    g_auto(GStrv) parts = g_strsplit_set(text, "/-.", 4);
    guint64 n[3];
    if (g_strv_length(parts) != 3)
        return FALSE;
    for (int i = 0; i < 3; i++)
        if (!bytes_parse_u64(bytes_of_string(parts[i]), &n[i]) || n[i] > 9999)
            return FALSE;
    gboolean year_first = strlen(parts[0]) == 4;
    char day[16];
    CalendarDay ignored;
    g_snprintf(day, sizeof day, "%04u-%02u-%02u", (guint)n[year_first ? 0 : 2], (guint)n[1],
               (guint)n[year_first ? 2 : 0]);
    if (!calendar_parse(bytes_of_string(day), &ignored))
        return FALSE;
    g_strlcpy(out, day, 11);
    return TRUE;
}

char *request_form_key(const char *text) {
    g_autofree char *folded = text_fold(bytes_of_string(text));
    GString *key = g_string_new(NULL);
    guint brackets = 0;
    for (const char *p = folded; *p != '\0'; p++) {
        if (*p == '(')
            brackets++;
        else if (*p == ')' && brackets > 0)
            brackets--;
        else if (brackets == 0 && g_ascii_isalnum(*p))
            g_string_append_c(key, *p);
    }
    return g_string_free(key, FALSE);
}

static RequestAct act_of_key(const char *key) {
    for (gsize i = 0; i < G_N_ELEMENTS(acts); i++) {
        gsize n = strlen(acts[i].key);
        if (strncmp(key, acts[i].key, n) == 0 &&
            (key[n] == '\0' || g_str_has_prefix(key + n, "taikhoan") ||
             g_str_has_prefix(key + n, "hopthu")))
            return acts[i].act;
    }
    return REQUEST_ACT_UNKNOWN;
}

RequestAct request_act_read(const char *said) {
    g_autofree char *key = request_form_key(said);
    return act_of_key(key);
}

/* "I. Cấp mới", "2) Danh sách tạm khóa": the act that a heading names. */
RequestAct request_act_in(const char *text) {
    g_autofree char *key = request_form_key(text);
    for (gsize i = 0; i < G_N_ELEMENTS(acts); i++)
        if (strlen(acts[i].key) > 3 && strstr(key, acts[i].key) != NULL)
            return acts[i].act;
    return REQUEST_ACT_UNKNOWN;
}

/* "ngày 7 tháng 3 năm 1985" as "7/3/1985"; any other text as it is. */
char *request_plain_date(const char *text) {
    g_autofree char *folded = text_fold(bytes_of_string(text));
    if (strstr(folded, "thang") == NULL)
        return g_strdup(text);
    GString *numbers = g_string_new(NULL);
    for (const char *p = folded; *p != '\0';) {
        gsize n = strspn(p, "0123456789");
        if (n > 0)
            g_string_append_printf(numbers, "%s%.*s", numbers->len == 0 ? "" : "/", (int)n, p);
        p += MAX(n, 1);
    }
    return g_string_free(numbers, FALSE);
}

/* A run of digits, single blanks and dots between them allowed: its length in bytes, and how many
 * digits. */
static gsize number_length(const char *text, gsize *digits) {
    gsize n = 0;
    *digits = 0;
    for (;;) {
        if (g_ascii_isdigit(text[n])) {
            n++;
            (*digits)++;
        } else if (n > 0 && (text[n] == ' ' || text[n] == '.') && g_ascii_isdigit(text[n + 1])) {
            n++;
        } else {
            return n;
        }
    }
}

/* A date written with dots has eight digits; a number that lost its zero is written together. */
static gboolean may_be_identity(gsize n, gsize digits) {
    return digits >= 9 || (digits == 8 && n == digits);
}

void request_mask_numbers(char *text) {
    gsize digits, n;
    for (char *p = text; *p != '\0'; p += MAX(n, 1)) {
        n = number_length(p, &digits);
        if (!may_be_identity(n, digits))
            continue;
        for (gsize i = 0, seen = 0; i < n && seen + 3 < digits; i++) {
            if (!g_ascii_isdigit(p[i]))
                continue;
            p[i] = '*';
            seen++;
        }
    }
}

void request_number_in(const char *text, char out[PERSON_IDENTITY_BYTES]) {
    gsize digits, n;
    for (const char *p = text; *p != '\0'; p += MAX(n, 1)) {
        n = number_length(p, &digits);
        if (digits != 9 && digits != 12)
            continue;
        gsize to = 0;
        for (gsize i = 0; i < n; i++)
            if (g_ascii_isdigit(p[i]))
                out[to++] = p[i];
        out[to] = '\0';
    }
}
