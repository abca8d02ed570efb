#include "directory/person.h"

#include "text/fold.h"

/* ---- Birth date ---- */

/* Three numbers with one sign between; FALSE: something else. */
static gboolean three_numbers(const char *text, guint64 numbers[3], gsize *digits_first) {
    Reader in = reader_of(bytes_of_string(text));
    for (int i = 0; i < 3; i++) {
        int sign = reader_peek(&in);
        if (i > 0 && (sign < 0 || strchr("/-.", sign) == NULL || reader_byte(&in) < 0))
            return FALSE;
        gsize before = reader_left(&in);
        if (!reader_u64(&in, &numbers[i]))
            return FALSE;
        if (i == 0)
            *digits_first = before - reader_left(&in);
    }
    return reader_done(&in);
}

const char *person_birth_read(const char *text, char out[PERSON_BIRTH_BYTES]) {
    guint64 n[3];
    gsize first;
    if (!three_numbers(text, n, &first))
        return "không phải ngày dạng ngày/tháng/năm";
    guint64 year = first == 4 ? n[0] : n[2], day = first == 4 ? n[2] : n[0], month = n[1];
    if (year < 1900 || year > 9999)
        return "năm sinh phải đủ bốn chữ số, từ 1900";
    if (month < 1 || month > 12 || day < 1 || day > 31 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return "không có ngày này trong lịch";
    GDate born, today;
    g_date_clear(&today, 1);
    g_date_set_time_t(&today, time(NULL));
    g_date_clear(&born, 1);
    g_date_set_dmy(&born, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    if (g_date_compare(&born, &today) > 0)
        return "ngày sinh ở tương lai";
    g_snprintf(out, PERSON_BIRTH_BYTES, "%04u-%02u-%02u", (guint)year, (guint)month, (guint)day);
    return NULL;
}

/* ---- Identity number ---- */

const char *person_identity_read(const char *text, char out[PERSON_IDENTITY_BYTES]) {
    gsize n = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == ' ' || *p == '.')
            continue;
        if (!g_ascii_isdigit(*p))
            return "số định danh chỉ gồm chữ số";
        if (n == PERSON_IDENTITY_BYTES - 1)
            return "số định danh dài quá 12 chữ số";
        out[n++] = *p;
    }
    out[n] = '\0';
    if (n == 12 || n == 9)
        return NULL;
    return n == 11 || n == 8
               ? "thiếu một chữ số: bảng tính có thể đã bỏ số 0 ở đầu; định dạng cột là văn bản"
               : "số định danh phải có 12 chữ số (CCCD) hoặc 9 chữ số (CMT)";
}

/* ---- Words ---- */

static const char *one_of(const char *text, const char *const *words) {
    g_autofree char *said = text_fold(bytes_of_string(text));
    for (; *words != NULL; words++) {
        g_autofree char *known = text_fold(bytes_of_string(*words));
        if (g_str_equal(said, known))
            return *words;
    }
    return NULL;
}

const char *person_sex_read(const char *text) {
    static const char *const words[] = {"nam", "nữ", NULL};
    return one_of(text, words);
}

const char *person_category_read(const char *text) {
    static const char *const words[] = {"cán bộ", "công chức", "viên chức", "người lao động", NULL};
    return one_of(text, words);
}
