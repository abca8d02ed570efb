/* Which accounts lie unused [Điều 4.2.c]. */
#include "regulation/idle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *older, *newer;

static int load(void **state) {
    g_autofree char *first = regulation_find("bacninh-06-2022", NULL);
    g_autofree char *second = regulation_find("bacninh-79-2025", NULL);
    older = regulation_load(first, NULL);
    newer = regulation_load(second, NULL);
    return older == NULL || newer == NULL ? -1 : 0;
}

static int drop(void **state) {
    regulation_unref(older);
    regulation_unref(newer);
    return 0;
}

static CalendarDay day(const char *text) {
    CalendarDay out = CALENDAR_NONE;
    if (text != NULL)
        assert_true(calendar_parse(bytes_of_string(text), &out));
    return out;
}

static IdleJudgement judge(const Regulation *r, const char *sent, const char *received,
                           const char *exempt, const char *today) {
    IdleFacts facts = {day(sent), day(received), CALENDAR_NONE, day("2022-06-01"), day(exempt)};
    return regulation_idle(r, &facts, day(today));
}

/* [R024] [Điều 4.2.c] Six calendar months, clamped to the end of the month. */
static void six_months_without_sending_or_receiving_make_a_candidate(void **state) {
    assert_int_equal(judge(older, NULL, NULL, NULL, "2022-11-30").state, IDLE_IN_USE);
    IdleJudgement j = judge(older, NULL, NULL, NULL, "2022-12-01");
    assert_int_equal(j.state, IDLE_CANDIDATE);
    assert_string_equal(j.rule, "idle");
    assert_string_equal(j.article, "Điều 4.2.c");
    assert_int_equal(j.last, day("2022-06-01"));
    assert_int_equal(j.from, day("2022-12-01"));
    assert_int_equal(judge(older, "2022-08-31", NULL, NULL, "2023-02-27").state, IDLE_IN_USE);
    assert_int_equal(judge(older, "2022-08-31", NULL, NULL, "2023-02-28").state, IDLE_CANDIDATE);
    /* One of the two keeps it in use. */
    assert_int_equal(judge(older, "2022-07-01", "2023-01-05", NULL, "2023-05-01").state,
                     IDLE_IN_USE);
}

/* [R024] [Điều 4.2.c] */
static void a_recorded_reason_exempts_and_its_time_does_not_count(void **state) {
    IdleJudgement j = judge(older, NULL, NULL, "2023-01-31", "2022-12-15");
    assert_int_equal(j.state, IDLE_EXEMPT);
    assert_int_equal(j.last, day("2022-06-01"));
    assert_int_equal(judge(older, NULL, NULL, "2023-01-31", "2023-01-31").state, IDLE_EXEMPT);
    assert_int_equal(judge(older, NULL, NULL, "2023-01-31", "2023-02-01").state, IDLE_IN_USE);
    assert_int_equal(judge(older, NULL, NULL, "2023-01-31", "2023-07-31").state, IDLE_CANDIDATE);
}

/* 79/2025, khoản 1 Điều 7: three months without signing in, whatever comes in. */
static void a_newer_regulation_asks_for_signing_in_instead(void **state) {
    IdleFacts facts = {day("2026-02-01"), day("2026-06-01"), day("2026-03-10"), day("2026-01-01"),
                       CALENDAR_NONE};
    assert_int_equal(regulation_idle(newer, &facts, day("2026-06-09")).state, IDLE_IN_USE);
    IdleJudgement j = regulation_idle(newer, &facts, day("2026-06-10"));
    assert_int_equal(j.state, IDLE_CANDIDATE);
    assert_string_equal(j.rule, "signin");
    assert_int_equal(regulation_idle(older, &facts, day("2026-06-10")).state, IDLE_IN_USE);
    g_autoptr(Verdict) verdict = regulation_idle_verdict(
        newer, &j, "a@x.vn", regulation_idle_answer(newer, day("2026-06-10")));
    assert_non_null(strstr(verdict->text_vi, "10/03/2026"));
    assert_non_null(strstr(verdict->text_vi, "25/06/2026"));
    assert_non_null(strstr(verdict->text_vi, "khoản 1 Điều 7"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_months_without_sending_or_receiving_make_a_candidate),
        cmocka_unit_test(a_recorded_reason_exempts_and_its_time_does_not_count),
        cmocka_unit_test(a_newer_regulation_asks_for_signing_in_instead),
    };
    return cmocka_run_group_tests(tests, load, drop);
}
