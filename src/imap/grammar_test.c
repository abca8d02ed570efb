/* The grammar of commands, apart from a session: words, sets, dates, names, patterns, and how a
 * command is gathered out of pieces. */
#include "imap/collector.h"
#include "imap/fetch.h"
#include "imap/pattern.h"
#include "text/utf7.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static ImapParser parser_of(const char *text) {
    ImapParser parser;
    imap_parser_init(&parser, bytes_of_string(text));
    return parser;
}

/* RFC 9051 9: quoted, literal and bare strings. */
static void a_string_comes_in_three_forms(void **state) {
    static const struct {
        const char *text, *value; /* NULL: refused */
    } cases[] = {
        {"abc", "abc"},
        {"a]b", "a]b"},
        {"\"a b\"", "a b"},
        {"\"\"", ""},
        {"{3}\r\na b", "a b"},
        {"{0+}\r\n", ""},
        {"\"a\\\"\\\\b\"", "a\"\\b"},
        {"", NULL},
        {"\"a", NULL},
        {"\"\\n\"", NULL},
        {"\"a\nb\"", NULL},
        {"{4}\r\nabc", NULL},
        {"{3}abc", NULL},
        {"{}\r\n", NULL},
        {"(a)", NULL},
        {"{99999999999999999999}\r\n", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ImapParser) parser = parser_of(cases[i].text);
        Bytes out = {0};
        const guint8 *before = parser.in.at;
        assert_int_equal(imap_take_astring(&parser, &out), cases[i].value != NULL);
        if (cases[i].value != NULL)
            assert_true(bytes_is(out, cases[i].value));
        else
            assert_true(parser.problem != NULL && parser.in.at == before);
    }
}

/* RFC 9051 9, sequence-set: ranges either way round, overlaps joined, "*" the largest. */
static void a_set_is_put_in_order(void **state) {
    static const struct {
        const char *text, *ordered;
    } cases[] = {
        {"1", "1:1"},        {"3:1", "1:3"},       {"2,4:7,9,12:*", "2:2,4:7,9:9,12:15"},
        {"*:4,5:7", "4:15"}, {"1,2,3,2", "1:3"},   {"4294967295", "4294967295:4294967295"},
        {"0", NULL},         {"1:0", NULL},        {"1,", NULL},
        {"01", NULL},        {"4294967296", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ImapParser) parser = parser_of(cases[i].text);
        g_auto(ImapSet) set = {0};
        assert_int_equal(imap_take_set(&parser, &set), cases[i].ordered != NULL);
        if (cases[i].ordered == NULL)
            continue;
        imap_set_resolve(&set, 15);
        g_autoptr(GString) told = g_string_new(NULL);
        for (guint k = 0; k < set.ranges->len; k++) {
            ImapRange r = g_array_index(set.ranges, ImapRange, k);
            g_string_append_printf(told, "%s%u:%u", k == 0 ? "" : ",", r.low, r.high);
        }
        assert_string_equal(told->str, cases[i].ordered);
    }
}

static void a_bounded_set_holds_nothing_above(void **state) {
    g_auto(ImapParser) parser = parser_of("2:9,20:*");
    g_auto(ImapSet) set = {0};
    assert_true(imap_take_set(&parser, &set));
    imap_set_bound(&set, 5);
    assert_int_equal(set.ranges->len, 1);
    assert_int_equal(imap_set_highest(&set), 5);
    imap_set_bound(&set, 0);
    assert_int_equal(set.ranges->len, 0);
}

/* RFC 3501 5.1.3: one name, one spelling. */
static void each_name_has_one_utf7(void **state) {
    static const struct {
        const char *coded, *plain;
    } cases[] = {
        {"INBOX", "INBOX"},
        {"a&-b", "a&b"},
        {"&U,BTFw-", "台北"},
        {"H&HtM- s&AaE-", "Hồ sơ"},
        {"&2D3c7A-", "📬"},
        {"", ""},
        {"&", NULL},
        {"&-&", NULL},
        {"&AGE-", NULL},
        {"&AAA-", NULL},
        {"&U,BTFw-&ZeVnLIqe-", NULL},
        {"&2D0-", NULL},
        {"&AOB-", NULL},
        {"ä", NULL},
        {"&A-", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Buffer) plain;
        g_auto(Buffer) coded;
        buffer_init(&plain, 1000);
        buffer_init(&coded, 1000);
        gboolean good = text_utf7_decode(bytes_of_string(cases[i].coded), &plain);
        assert_int_equal(good, cases[i].plain != NULL);
        if (!good)
            continue;
        assert_true(bytes_is(buffer_bytes(&plain), cases[i].plain));
        assert_true(text_utf7_encode(buffer_bytes(&plain), &coded));
        assert_true(bytes_is(buffer_bytes(&coded), cases[i].coded));
    }
}

/* RFC 9051 6.3.9: "%" stops at a separator; a thousand wildcards cost no more than their number. */
static void patterns_match_by_level(void **state) {
    static const struct {
        const char *pattern, *name;
        gboolean matches;
    } cases[] = {
        {"*", "a/b/c", TRUE},     {"%", "a", TRUE},
        {"%", "a/b", FALSE},      {"a/%", "a/b", TRUE},
        {"a/%", "a/b/c", FALSE},  {"a*c", "a/b/c", TRUE},
        {"inbox", "INBOX", TRUE}, {"inbox/x", "INBOX/x", TRUE},
        {"A", "a", FALSE},        {"a", "ab", FALSE},
        {"%/%", "a/b", TRUE},     {"", "a", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(
            imap_pattern_match(bytes_of_string(cases[i].pattern), bytes_of_string(cases[i].name)),
            cases[i].matches);
    g_autofree char *stars = g_strnfill(900, '*');
    g_autofree char *name = g_strnfill(900, 'a');
    assert_true(imap_pattern_match(bytes_of_string(stars), bytes_of_string(name)));
}

static void a_date_time_is_a_moment(void **state) {
    static const struct {
        const char *text;
        gint64 seconds; /* -1: refused */
    } cases[] = {
        {"\"01-Jan-1970 07:00:00 +0700\"", 0},
        {"\" 1-Jan-1970 00:00:01 +0000\"", 1},
        {"\"29-Feb-2024 00:00:00 +0000\"", 1709164800},
        {"\"29-Feb-2026 00:00:00 +0000\"", -1},
        {"\"1-Jan-1970 00:00:00 +0000\"", -1},
        {"\"01-Jan-1970 24:00:00 +0000\"", -1},
        {"01-Jan-1970 00:00:00 +0000", -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ImapParser) parser = parser_of(cases[i].text);
        gint64 us = -1;
        assert_int_equal(imap_take_date_time(&parser, &us), cases[i].seconds >= 0);
        if (cases[i].seconds >= 0)
            assert_true(us == cases[i].seconds * G_USEC_PER_SEC);
    }
}

/* RFC 9051 7.5.2: the answer repeats the section in one spelling, with the octet it begins at. */
static void the_label_of_a_section_is_in_one_spelling(void **state) {
    static const char *const cases[][2] = {
        {"body.peek[]", "BODY[]"},
        {"BODY[1.2.mime]", "BODY[1.2.MIME]"},
        {"BODY[header.fields (From \"x y\")]<5.10>", "BODY[HEADER.FIELDS (From \"x y\")]<5>"},
        {"BINARY.SIZE[2]", "BINARY.SIZE[2]"},
        {"RFC822.TEXT", "RFC822.TEXT"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ImapParser) parser = parser_of(cases[i][0]);
        g_auto(ImapItems) items = {0};
        assert_true(imap_take_items(&parser, &items));
        assert_string_equal(((ImapItem *)items.items->pdata[0])->label, cases[i][1]);
    }
}

static void a_command_is_the_same_in_whatever_pieces_it_comes(void **state) {
    static const char text[] = "a LOGIN {3}\r\nabc {2+}\r\nde\r\nb NOOP\r\n";
    for (gsize piece = 1; piece <= sizeof text; piece++) {
        ImapCollector collector;
        g_auto(Buffer) input;
        g_autoptr(GString) told = g_string_new(NULL);
        buffer_init(&input, 1000);
        imap_collector_init(&collector);
        Bytes in = bytes_of_string(text);
        while (in.n > 0) {
            buffer_append_bytes(&input, bytes_slice(in, 0, piece));
            in = bytes_slice(in, piece, in.n);
            ImapCollect got;
            while ((got = imap_collect(&collector, &input, 100)) != IMAP_COLLECT_MORE) {
                if (got == IMAP_COLLECT_LITERAL) {
                    imap_collector_accept(&collector);
                    continue;
                }
                Bytes all = buffer_bytes(&collector.text);
                g_string_append_printf(told, "%d:%.*s|", got, (int)all.n, (const char *)all.p);
                imap_collector_reset(&collector);
            }
        }
        g_autofree char *wanted = g_strdup_printf("%d:a LOGIN {3}\r\nabc {2+}\r\nde|%d:b NOOP|",
                                                  IMAP_COLLECT_COMMAND, IMAP_COLLECT_COMMAND);
        assert_string_equal(told->str, wanted);
        imap_collector_clear(&collector);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_comes_in_three_forms),
        cmocka_unit_test(a_set_is_put_in_order),
        cmocka_unit_test(a_bounded_set_holds_nothing_above),
        cmocka_unit_test(each_name_has_one_utf7),
        cmocka_unit_test(patterns_match_by_level),
        cmocka_unit_test(a_date_time_is_a_moment),
        cmocka_unit_test(the_label_of_a_section_is_in_one_spelling),
        cmocka_unit_test(a_command_is_the_same_in_whatever_pieces_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
