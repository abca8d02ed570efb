#include "regulation/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *older, *newer;

static Regulation *load(const char *name) {
    g_autofree char *path = regulation_find(name, NULL);
    g_autoptr(GError) error = NULL;
    Regulation *r = path == NULL ? NULL : regulation_load(path, &error);
    if (r == NULL)
        fail_msg("%s: %s", name, error == NULL ? "not found" : error->message);
    return r;
}

static int load_both(void **state) {
    older = load("bacninh-06-2022");
    newer = load("bacninh-79-2025");
    return 0;
}

static int drop_both(void **state) {
    regulation_unref(older);
    regulation_unref(newer);
    return 0;
}

typedef struct {
    const char *name, *head;
    gsize n;
    const char *rule[2]; /* NULL: fine; "!rule": refused, "rule": warned of */
} Case;

/* [R049] [Điều 9.2] */
static void formats_are_known_by_name_and_by_their_first_bytes(void **state) {
    static const Case cases[] = {
        {"bao cao.pdf", "%PDF-1.7", 8, {NULL, NULL}},
        {"BÁO CÁO.PDF", "%PDF-1.4", 8, {NULL, NULL}},
        {"bang.xlsx", "PK\3\4\24\0\0\0", 8, {NULL, NULL}},
        {"van ban.doc", "\xD0\xCF\x11\xE0", 4, {NULL, NULL}},
        {"ghi chu.txt", "bat ky", 6, {NULL, NULL}},
        {"anh.jpeg", "\xFF\xD8\xFF\xE0", 4, {NULL, NULL}},
        {"rong.pdf", "", 0, {NULL, NULL}},
        {"ban ve.dwg", "AC1032", 6, {"file_unlisted", "file_unlisted"}},
        {"khong duoi", "abc", 3, {"file_unlisted", "file_unlisted"}},
        {"bao cao.pdf", "PK\3\4", 4, {"file_disguised", "file_disguised"}},
        {"cai dat.exe", "MZ\x90", 3, {"file_unlisted", "!file_refused"}},
        {"CAI DAT.EXE", "", 0, {"file_unlisted", "!file_refused"}},
        {"cai dat.exe. .", "x", 1, {"file_unlisted", "!file_refused"}},
        {"bao cao.pdf.exe", "x", 1, {"file_unlisted", "!file_refused"}},
        {"bao cao.pdf", "MZ\x90", 3, {"file_disguised", "!file_refused"}},
        {"thu vien.dll", "MZ", 2, {"file_unlisted", "!file_refused"}},
        {"", "MZ\x90", 3, {NULL, "!file_refused"}},
        {"kin.zip", "PK\3\4\24\0\1\0", 8, {NULL, "file_sealed"}},
        {"mo.zip", "PK\3\4\24\0\0\0", 8, {NULL, NULL}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int k = 0; k < 2; k++) {
            const Case *c = &cases[i];
            g_autoptr(Verdict) verdict = regulation_check_file(
                k == 0 ? older : newer, bytes_of_string(c->name), bytes_of(c->head, c->n), FALSE);
            const char *rule = c->rule[k];
            gboolean refused = rule != NULL && rule[0] == '!';
            if (verdict->allowed == refused || (rule == NULL) != (verdict->text_vi[0] == 0) ||
                (rule != NULL && strcmp(verdict->rule, rule + refused) != 0))
                fail_msg("%s by %d: %s, %s", c->name, k, verdict->rule, verdict->text_vi);
        }
}

/* [R049] [Điều 9.2] */
static void what_is_said_of_a_file_names_it_and_the_article(void **state) {
    g_autoptr(Verdict) unlisted =
        regulation_check_file(older, bytes_of_string("bản vẽ.dwg"), bytes_of_string("AC"), FALSE);
    assert_non_null(strstr(unlisted->text_vi, "\"bản vẽ.dwg\""));
    assert_non_null(strstr(unlisted->text_vi, "(khoản 2 Điều 9 Quy chế)"));
    assert_non_null(strstr(unlisted->text_vi, "39/2017/TT-BTTTT"));
    g_autoptr(Verdict) inherited =
        regulation_check_file(newer, bytes_of_string("bản vẽ.dwg"), bytes_of_string("AC"), FALSE);
    assert_non_null(strstr(inherited->text_vi, "Điều 9 Quy chế theo QĐ 06/2022/QĐ-UBND)"));
    g_autoptr(Verdict) refused = regulation_check_file(newer, bytes_of_string("a\r\nb\x01.exe"),
                                                       bytes_of_string("MZ"), FALSE);
    assert_non_null(strstr(refused->text_vi, "(khoản 6 Điều 4 Quy chế)"));
    assert_null(strpbrk(refused->text_vi, "\r\n\x01"));
}

/* 79/2025, khoản 6 Điều 4: "không gửi, nhận tệp tin thực thi" */
static void executables_are_not_taken_from_outside_where_the_text_says_so(void **state) {
    g_autoptr(Verdict) taken =
        regulation_check_file(older, bytes_of_string("a.exe"), bytes_of_string("MZ"), TRUE);
    g_autoptr(Verdict) refused =
        regulation_check_file(newer, bytes_of_string("a.exe"), bytes_of_string("MZ"), TRUE);
    g_autoptr(Verdict) unlisted =
        regulation_check_file(newer, bytes_of_string("a.dwg"), bytes_of_string("AC"), TRUE);
    assert_true(taken->allowed && taken->text_vi[0] == 0);
    assert_false(refused->allowed);
    assert_true(unlisted->allowed && unlisted->text_vi[0] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_known_by_name_and_by_their_first_bytes),
        cmocka_unit_test(what_is_said_of_a_file_names_it_and_the_article),
        cmocka_unit_test(executables_are_not_taken_from_outside_where_the_text_says_so),
    };
    return cmocka_run_group_tests(tests, load_both, drop_both);
}
