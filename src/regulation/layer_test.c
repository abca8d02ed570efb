/* Three regulations, one program: each is asked the same questions and has its own answers, figures
 * by its own articles, and what it does not say by those of the text that it extends. The third is
 * an invented ministry's (tests/data/regulations). */
#include "regulation/data.h"
#include "regulation/idle.h"
#include "regulation/naming.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { OLDER, NEWER, INVENTED, TEXTS };
static Regulation *texts[TEXTS];

static int load(void **state) {
    g_autofree char *invented =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "tests/data/regulations/bo-vi-du.conf", NULL);
    const char *const names[TEXTS] = {"bacninh-06-2022", "bacninh-79-2025", invented};
    for (int i = 0; i < TEXTS; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = regulation_find(names[i], &error);
        texts[i] = path == NULL ? NULL : regulation_load(path, &error);
        if (texts[i] == NULL)
            fail_msg("%s: %s", names[i], error->message);
    }
    return 0;
}

static int drop(void **state) {
    for (int i = 0; i < TEXTS; i++)
        regulation_unref(texts[i]);
    return 0;
}

static CalendarDay day(const char *text) {
    CalendarDay out = CALENDAR_NONE;
    assert_true(calendar_parse(bytes_of_string(text), &out));
    return out;
}

static void check_day(CalendarDay found, const char *expected) {
    char shown[11];
    calendar_format(found, shown);
    assert_string_equal(shown, expected);
}

/* ---- Naming [R013] [R014] ---- */

static gboolean in_set(const char *local, gboolean *taken, gpointer set, GError **error) {
    *taken = g_hash_table_contains(set, local);
    return TRUE;
}

typedef struct {
    const char *locals[3], *articles[3]; /* of three namesakes, one after the other */
} NamesakeCase;

static void namesakes_get_the_addresses_that_each_text_makes(void **state) {
    static const NamesakeCase cases[TEXTS] = {
        {{"tvanh.stttt", "tvanh1.stttt", "tvanh2.stttt"},
         {"Điều 3.2.a", "Điều 3.2.b", "Điều 3.2.b"}},
        {{"anhtv234", "anhtv1234", NULL}, {"Điều 5.2.a", "Điều 5.2.b", NULL}},
        {{"anhtv", "anhtv.stttt", "anhtv2.stttt"}, {"Điều 7.1", "Điều 7.2", "Điều 7.3"}},
    };
    for (int i = 0; i < TEXTS; i++) {
        g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);
        for (int k = 0; k < 3; k++) {
            NamingPerson person = {.name = bytes_of_string("Trần Văn Anh"),
                                   .suffix = "stttt",
                                   .identity = "999086001234"};
            g_auto(NamingProposal) p;
            gboolean ok = naming_person(texts[i], &person, in_set, set, &p, NULL);
            if (cases[i].locals[k] == NULL) {
                assert_false(ok); /* both ends of the number are given: the text has no third way */
                assert_string_equal(p.refusal->article, "Điều 5.2.b");
                continue;
            }
            assert_string_equal(p.local, cases[i].locals[k]);
            assert_string_equal(p.article, cases[i].articles[k]);
            g_hash_table_add(set, (gpointer)cases[i].locals[k]);
        }
    }
}

typedef struct {
    int text;
    const char *kind, *name, *local, *article; /* local NULL: the kind is none of this text's */
} UnitCase;

/* [R005] [R008] Communes are flat in the newer text, and have two bodies beside the office. */
static void units_are_named_as_each_text_says(void **state) {
    static const UnitCase cases[] = {
        {OLDER, "department", "Sở Khoa học và Công nghệ", "skhcn", "Điều 3.1.a"},
        {NEWER, "department", "Sở Khoa học và Công nghệ", "skhcn", "Điều 5.1.a"},
        {OLDER, "commune", "xã Tam Giang", "tamgiang.yenphong", "Điều 3.1.c"},
        {NEWER, "commune", "xã Tam Giang", "tamgiang", "Điều 5.1.b"},
        {NEWER, "party_committee", "xã Tam Giang", "du.tamgiang", "Điều 5.1.c"},
        {NEWER, "peoples_council", "phường Kinh Bắc", "hdnd.kinhbac", "Điều 5.1.d"},
        {NEWER, "office", "Phòng Văn hóa Xã hội", "pvhxh.yp", "Điều 5.1.e"},
        {NEWER, "other", "Hội Nông dân", "hnd", "Điều 5.1.g"},
        {OLDER, "peoples_council", "phường Kinh Bắc", NULL, "Điều 3.1"},
        {NEWER, "district", "huyện Yên Phong", NULL, "Điều 5.1"},
        {INVENTED, "cuc", "Cục Quản lý đất đai", "c.quanlydatdai", "Điều 6.2"},
        {INVENTED, "commune", "xã Tam Giang", NULL, "Điều 3.1 QĐ 06/2022/QĐ-UBND"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const UnitCase *c = &cases[i];
        g_auto(NamingProposal) p;
        NamingUnit unit = {.kind = c->kind,
                           .name = bytes_of_string(c->name),
                           .parent_address = "yenphong",
                           .parent_abbreviation = "yp"};
        gboolean ok = naming_unit(texts[c->text], &unit, NULL, NULL, &p, NULL);
        if (ok != (c->local != NULL))
            fail_msg("%s: %s", c->name, ok ? p.local : p.refusal->text_en);
        if (ok)
            assert_string_equal(p.local, c->local);
        assert_string_equal(ok ? p.article : p.refusal->article, c->article);
    }
}

/* ---- Figures, each with its article ---- */

typedef struct {
    RegulationFigure figure;
    gint64 values[TEXTS];
    const char *articles[TEXTS];
} FigureCase;

#define OF_OLDER " QĐ 06/2022/QĐ-UBND"

/* [R019] [R024] [R028] [R029] [R030] [R032] [R056] [R065] [R071] */
static void every_figure_has_its_article_in_the_text_that_says_it(void **state) {
    static const FigureCase cases[] = {
        {FIGURE_REQUEST_DAYS, {2, 2, 3}, {"Điều 4.2.b", "Điều 6.3", "Điều 12.1"}},
        {FIGURE_RESET_HOURS, {0, 2, 4}, {"", "Điều 6.4", "Điều 12.2"}},
        {FIGURE_IDLE_MONTHS, {6, 0, 0}, {"Điều 4.2.c", "Điều 7.1", "Điều 14"}},
        {FIGURE_SIGNIN_MONTHS, {0, 3, 1}, {"", "Điều 7.1", "Điều 14"}},
        {FIGURE_PASSWORD_MINIMUM, {8, 8, 12}, {"Điều 5.2", "Điều 4.1", "Điều 10"}},
        {FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM, {8, 10, 14}, {"Điều 5.2", "Điều 4.1", "Điều 10"}},
        {FIGURE_PASSWORD_SHARED_NETWORKS,
         {5, 5, 5},
         {"Điều 12.2", "Điều 14.2", "Điều 12.2" OF_OLDER}},
        {FIGURE_PASSWORD_HISTORY, {0, 3, 0}, {"", "Điều 4.2", ""}},
        {FIGURE_PASSWORD_MONTHS, {0, 6, 0}, {"", "Điều 4.2", ""}},
        {FIGURE_PASSWORD_ADMINISTRATOR_MONTHS, {0, 3, 0}, {"", "Điều 4.2", ""}},
        {FIGURE_PASSWORD_ACCEPT_RULES, {1, 1, 1}, {"Điều 12.1", "Điều 14.1", "Điều 12.1" OF_OLDER}},
        {FIGURE_PERSON_QUOTA,
         {1 << 30, 1 << 30, G_GINT64_CONSTANT(2) << 30},
         {"Điều 5.1", "Điều 5.1" OF_OLDER, "Điều 9.1"}},
        {FIGURE_ATTACHMENTS,
         {20 << 20, 20 << 20, 5 << 20},
         {"Điều 5.1", "Điều 5.1" OF_OLDER, "Điều 9.2"}},
        {FIGURE_NOTICE_DAYS, {2, 2, 5}, {"Điều 10.2.b", "Điều 10.2.b" OF_OLDER, "Điều 13.2"}},
        {FIGURE_REPORT_MONTH, {11, 11, 12}, {"Điều 11.2", "Điều 11.2" OF_OLDER, "Điều 15"}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int k = 0; k < TEXTS; k++) {
            assert_int_equal(regulation_figure(texts[k], cases[i].figure), cases[i].values[k]);
            assert_string_equal(regulation_figure_article(texts[k], cases[i].figure),
                                cases[i].articles[k]);
        }
}

/* How many khoản each Điều has, from Điều 1 on; and the points of those that have some. */
typedef struct {
    const char *from;
    guint clauses[16];
    const char *points[16]; /* "3.2:ab" */
} Shape;

static const Shape shapes[] = {
    {"2022-05-23",
     {2, 0, 2, 2, 2, 3, 2, 6, 2, 2, 5, 4, 2, 3},
     {"3.1:abcde", "3.2:ab", "4.2:abc", "10.1:abcd", "10.2:abcde", NULL}},
    {"2025-12-05", {2, 8, 3, 8, 2, 5, 3, 2, 2, 0, 9, 0, 5, 4, 2}, {"5.1:abcdeg", "5.2:ab", NULL}},
};

static void check_article(const Shape *shape, const char *article, const char *where) {
    g_auto(GStrv) parts = g_strsplit(article + strlen("Điều "), ".", 3);
    guint n = g_strv_length(parts);
    guint64 number = 0, clause = 0;
    if (!bytes_parse_u64(bytes_of_string(parts[0]), &number) || number < 1 || number > 15 ||
        (n > 1 && (!bytes_parse_u64(bytes_of_string(parts[1]), &clause) || clause < 1 ||
                   clause > shape->clauses[number - 1])))
        fail_msg("%s: there is no %s", where, article);
    if (n < 3)
        return;
    g_autofree char *key = g_strdup_printf("%s.%s:", parts[0], parts[1]);
    for (guint i = 0; shape->points[i] != NULL; i++)
        if (g_str_has_prefix(shape->points[i], key) &&
            strstr(shape->points[i] + strlen(key), parts[2]) != NULL)
            return;
    fail_msg("%s: there is no %s", where, article);
}

static void check_cited(int text, const char *article, const char *where) {
    if (article == NULL || article[0] == 0)
        return;
    const char *layer = layer_of_article(article);
    g_autofree char *number = g_strndup(article, (gsize)(layer - article));
    gboolean older = text == OLDER || *layer == ' ';
    if (*layer == ' ')
        assert_string_equal(layer, OF_OLDER);
    check_article(&shapes[older ? 0 : 1], number, where);
}

static void every_article_that_is_cited_stands_in_its_text(void **state) {
    for (int i = OLDER; i <= NEWER; i++) {
        const Regulation *r = texts[i];
        assert_string_equal(r->texts[REGULATION_FROM], shapes[i].from);
        for (gsize k = 0; k < FIGURES; k++)
            check_cited(i, r->figures[k].article, "a figure");
        for (gsize k = 0; k < LISTS; k++)
            check_cited(i, r->lists[k].article, "a list");
        for (gsize k = 0; k < RULES; k++)
            check_cited(i, r->rules[k].article, r->rules[k].name);
        for (gsize k = 0; k < r->person_n; k++)
            check_cited(i, r->person[k].article, r->person[k].rule);
        for (gsize k = 0; k < r->incidents_n; k++)
            check_cited(i, r->incidents[k].article, r->incidents[k].id);
        for (gsize k = 0; k < r->units_n; k++)
            check_cited(i, r->units[k].article, r->units[k].rule);
    }
}

static void count_one(const char *path, const char *value, const char *article, gpointer data) {
    guint *seen = data;
    (*seen)++;
    if (strcmp(path, "sizes.person_quota") == 0) {
        assert_string_equal(value, "1 GiB");
        assert_string_equal(article, "Điều 5.1" OF_OLDER);
    }
    if (strcmp(path, "requests.reset_hours") == 0)
        assert_string_equal(value, "2");
}

static void all_that_a_text_says_can_be_listed(void **state) {
    guint seen = 0;
    regulation_each(texts[NEWER], count_one, &seen);
    assert_int_equal(seen, FIGURES + LISTS);
    assert_ptr_equal(regulation_base(regulation_base(texts[NEWER])), NULL);
}

/* ---- Terms [R019] [R056] [R057] [R065] ---- */

static void days_are_counted_by_each_texts_terms(void **state) {
    static const char *const due[TEXTS] = {"2026-06-08", "2026-06-08", "2026-06-09"};
    static const char *const report[TEXTS] = {"2026-11-14", "2026-11-14", "2026-12-19"};
    for (int i = 0; i < TEXTS; i++) {
        check_day(calendar_due(texts[i], day("2026-06-04")), due[i]); /* a Thursday */
        check_day(calendar_report_deadline(texts[i], 2026), report[i]);
    }
}

/* [R056] [R057] */
static void stops_are_refused_in_the_words_of_the_text_that_has_the_rule(void **state) {
    CalendarDay saturday = day("2026-06-13");
    for (int i = 0; i < TEXTS; i++) {
        g_autoptr(Verdict) verdict =
            calendar_check_stop(texts[i], saturday, saturday, day("2026-06-01"));
        assert_int_equal(verdict->allowed, i != INVENTED);
        g_autoptr(Verdict) late =
            calendar_check_stop(texts[i], saturday + 1, saturday + 1, saturday - 1);
        assert_false(late->allowed);
        assert_non_null(strstr(late->text_vi, i == OLDER ? "(điểm b khoản 2 Điều 10 Quy chế)"
                                              : i == NEWER ? "(điểm b khoản 2 Điều 10 Quy chế theo "
                                                             "QĐ 06/2022/QĐ-UBND)"
                                                           : "Phải báo trước 05 ngày làm việc "
                                                             "(khoản 2 Điều 13 Quy chế)"));
    }
}

/* ---- Passwords [R032] [R033] ---- */

static void passwords_are_judged_by_each_texts_classes_and_lengths(void **state) {
    static const struct {
        const char *password;
        gboolean administrator, allowed[TEXTS];
    } cases[] = {
        {"Matkh@01", FALSE, {TRUE, TRUE, FALSE}},
        {"Matkh@01", TRUE, {TRUE, FALSE, FALSE}},
        {"Matkhau@2022", TRUE, {TRUE, TRUE, FALSE}},
        {"matkhaudai2023", FALSE, {FALSE, FALSE, TRUE}},
        {"NguyenvanA@123", FALSE, {FALSE, FALSE, FALSE}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int k = 0; k < TEXTS; k++) {
            g_autoptr(Verdict) verdict = regulation_check_password(
                texts[k], bytes_of_string(cases[i].password), "tvanh", cases[i].administrator);
            if (verdict->allowed != cases[i].allowed[k])
                fail_msg("%s by %d: %s", cases[i].password, k, verdict->text_vi);
        }
}

/* ---- Locks [R024] [R025] [R026] ---- */

static void accounts_lie_idle_by_what_each_text_counts(void **state) {
    /* Mail comes in; nobody has signed in since March. */
    IdleFacts facts = {CALENDAR_NONE, day("2026-06-01"), day("2026-03-10"), day("2026-01-01"),
                       CALENDAR_NONE};
    static const IdleState states[TEXTS] = {IDLE_IN_USE, IDLE_CANDIDATE, IDLE_CANDIDATE};
    static const char *const from[TEXTS] = {NULL, "2026-06-10", "2026-04-10"};
    for (int i = 0; i < TEXTS; i++) {
        IdleJudgement j = regulation_idle(texts[i], &facts, day("2026-06-10"));
        assert_int_equal(j.state, states[i]);
        if (from[i] != NULL)
            check_day(j.from, from[i]);
    }
    IdleJudgement j = regulation_idle(texts[NEWER], &facts, day("2026-06-10"));
    g_autoptr(Verdict) unwarned =
        regulation_lock_idle(texts[NEWER], &j, "", CALENDAR_NONE, day("2026-06-10"));
    assert_string_equal(unwarned->article, "Điều 7.1");
    g_autoptr(Verdict) locked =
        regulation_lock_idle(texts[NEWER], &j, "", day("2026-06-10"), day("2026-06-26"));
    assert_true(locked->allowed);
    assert_string_equal(locked->text_vi, "Hộp thư không được đăng nhập quá thời hạn mà không có lý "
                                         "do (khoản 1 Điều 7 Quy chế)");
}

/* A khoản is one of the text that lists the acts, whatever text gives the ground. */
static void forbidden_acts_are_cited_from_the_text_that_lists_them(void **state) {
    static const char *const clauses[TEXTS] = {"8.3", "8.3", "20.1"};
    static const char *const cited[TEXTS] = {
        "khoản 3 Điều 8 Quy chế (điểm c",
        "khoản 3 Điều 8 Quy chế theo QĐ 06/2022/QĐ-UBND (khoản 1 "
        "Điều 7 Quy chế)",
        "khoản 1 Điều 20 Quy chế (điểm c khoản 2 Điều 4 Quy chế theo QĐ 06/2022/QĐ-UBND)"};
    for (int i = 0; i < TEXTS; i++) {
        g_autoptr(Verdict) verdict =
            regulation_lock_forbidden(texts[i], clauses[i], NULL, "Biên bản số 1");
        assert_true(verdict->allowed);
        if (strstr(verdict->text_vi, cited[i]) == NULL)
            fail_msg("%s", verdict->text_vi);
    }
    g_autoptr(Verdict) law = regulation_lock_forbidden(
        texts[NEWER], NULL, "Điều 6 Luật Giao dịch điện tử số 20/2023/QH15", "Biên bản số 1");
    assert_true(law->allowed);
    assert_non_null(strstr(law->text_vi, "Luật Giao dịch điện tử số 20/2023/QH15 (khoản 1 Điều 7"));
}

/* ---- Who asks, who reports [R017] [R065] ---- */

static void each_text_says_which_units_ask_and_report(void **state) {
    static const struct {
        const char *kind;
        gboolean asks[TEXTS], reports[TEXTS];
    } cases[] = {
        {"department", {TRUE, TRUE, FALSE}, {TRUE, TRUE, FALSE}},
        {"district", {TRUE, FALSE, FALSE}, {TRUE, FALSE, FALSE}},
        {"commune", {FALSE, TRUE, FALSE}, {FALSE, TRUE, FALSE}},
        {"office", {FALSE, FALSE, FALSE}, {FALSE, FALSE, FALSE}},
        {"cuc", {FALSE, FALSE, TRUE}, {FALSE, FALSE, TRUE}},
        {"vu", {FALSE, FALSE, TRUE}, {FALSE, FALSE, FALSE}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int k = 0; k < TEXTS; k++) {
            g_autoptr(Verdict) verdict = regulation_check_sender(texts[k], cases[i].kind, "X");
            assert_int_equal(verdict->allowed, cases[i].asks[k]);
            assert_int_equal(regulation_reports(texts[k], cases[i].kind), cases[i].reports[k]);
        }
}

/* ---- Citing ---- */

static void letters_cite_the_text_that_says_it(void **state) {
    g_autofree char *own = regulation_cite_whole(
        texts[NEWER], regulation_figure_article(texts[NEWER], FIGURE_REQUEST_DAYS));
    assert_string_equal(own,
                        "khoản 3 Điều 6 Quy chế ban hành kèm theo Quyết định số 79/2025/QĐ-UBND "
                        "ngày 21/11/2025 của Ủy ban nhân dân tỉnh Bắc Ninh");
    g_autofree char *older = regulation_cite_whole(
        texts[NEWER], regulation_figure_article(texts[NEWER], FIGURE_REPORT_MONTH));
    assert_string_equal(older, "khoản 2 Điều 11 Quy chế ban hành kèm theo Quyết định số "
                               "06/2022/QĐ-UBND ngày 12/5/2022 của Ủy ban nhân dân tỉnh Bắc Ninh");
    g_autofree char *none = regulation_cite_whole(texts[OLDER], "");
    assert_true(g_str_has_prefix(none, "Quy chế ban hành kèm theo Quyết định số 06/2022"));
    assert_string_equal(regulation_text(texts[NEWER], REGULATION_WORD_LOCK), "tạm dừng hoạt động");
    assert_string_equal(regulation_text(texts[INVENTED], REGULATION_WORD_LOCK), "đình chỉ");
    /* Forwarding: the newer text is silent, so the older one's khoản is named as its own. */
    g_autoptr(Verdict) forward = regulation_check_forward(
        texts[NEWER], bytes_of_string("a@bacninh.gov.vn"), bytes_of_string("a@gmail.com"), NULL);
    assert_non_null(strstr(forward->text_vi, "(khoản 5 Điều 8 Quy chế theo QĐ 06/2022/QĐ-UBND)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(namesakes_get_the_addresses_that_each_text_makes),
        cmocka_unit_test(units_are_named_as_each_text_says),
        cmocka_unit_test(every_figure_has_its_article_in_the_text_that_says_it),
        cmocka_unit_test(every_article_that_is_cited_stands_in_its_text),
        cmocka_unit_test(all_that_a_text_says_can_be_listed),
        cmocka_unit_test(days_are_counted_by_each_texts_terms),
        cmocka_unit_test(stops_are_refused_in_the_words_of_the_text_that_has_the_rule),
        cmocka_unit_test(passwords_are_judged_by_each_texts_classes_and_lengths),
        cmocka_unit_test(accounts_lie_idle_by_what_each_text_counts),
        cmocka_unit_test(forbidden_acts_are_cited_from_the_text_that_lists_them),
        cmocka_unit_test(each_text_says_which_units_ask_and_report),
        cmocka_unit_test(letters_cite_the_text_that_says_it),
    };
    return cmocka_run_group_tests(tests, load, drop);
}
