#include "message/base_subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    const char *subject, *base;
    gboolean reply;
} Case;

/* RFC 5256 2.1, 5 */
static void what_others_put_around_a_subject_is_taken_away(void **state) {
    static const Case cases[] = {
        {"", "", FALSE},
        {"  ", "", FALSE},
        {"Báo cáo", "Báo cáo", FALSE},
        {"  Báo \t cáo  ", "Báo cáo", FALSE},
        {"Re: Báo cáo", "Báo cáo", TRUE},
        {"RE:FW: fwd : x", "x", TRUE},
        {"re[2]: x", "x", TRUE},
        {"Re [a] [b]: x", "Re [a] [b]: x", FALSE},
        {"[foo] Fwd: [bar] Re: fw: b (fWd)  (fwd)", "b", TRUE},
        {"[list] x", "x", FALSE},
        {"[list]", "[list]", FALSE},
        {"[a][b]", "[b]", FALSE},
        {"[a] [b] x", "x", FALSE},
        {"re: [list]", "[list]", TRUE},
        {"re:", "", TRUE},
        {"report: x", "report: x", FALSE},
        {"fwdx: y", "fwdx: y", FALSE},
        {"Re: [FWD: c]", "c", TRUE},
        {"re: [fwd: [fwd: re: [fwd: babylon]]]", "babylon", TRUE},
        {"[fwd: x", "[fwd: x", FALSE},
        {"[fwd:]", "", TRUE},
        {"x (fwd)", "x", TRUE},
        {"(fwd)", "", TRUE},
        {"b (a)", "b (a)", FALSE},
        {"Ad: Re: Ad: Re: Ad: x", "Ad: Re: Ad: Re: Ad: x", FALSE},
        {"[a[b] x", "[a[b] x", FALSE},
        {"[] re: [] fw[]: x", "x", TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean reply = FALSE;
        g_autofree char *base = message_base_subject(cases[i].subject, &reply);
        if (!g_str_equal(base, cases[i].base) || reply != cases[i].reply)
            fail_msg("\"%s\" gave \"%s\" (%d)", cases[i].subject, base, reply);
    }
}

static char *repeated(const char *piece, gsize times) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < times; i++)
        g_string_append(text, piece);
    return g_strdup(text->str);
}

/* Each of these made a careless reader of the rules look at the text once for each piece. */
static void a_subject_of_many_pieces_takes_no_longer_than_its_length(void **state) {
    static const char *const pieces[] = {"[a]", "[", "re:", "[fwd:", "(fwd)", "re[", "[a]re", " ["};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autofree char *text = repeated(pieces[i], 1000000);
        gboolean reply;
        gint64 began = g_get_monotonic_time();
        g_autofree char *base = message_base_subject(text, &reply);
        assert_true(strlen(base) <= strlen(text));
        if (g_get_monotonic_time() - began > 10 * G_USEC_PER_SEC)
            fail_msg("%s took too long", pieces[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_put_around_a_subject_is_taken_away),
        cmocka_unit_test(a_subject_of_many_pieces_takes_no_longer_than_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
