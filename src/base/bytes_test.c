#include "base/buffer.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_failed_take_moves_nothing(void **state) {
    Reader r = reader_of(BYTES_LITERAL("ab"));
    Bytes out = BYTES_LITERAL("kept");
    assert_false(reader_take(&r, 3, &out));
    assert_true(bytes_is(out, "kept"));
    assert_int_equal(reader_left(&r), 2);
    assert_true(reader_take(&r, 2, &out));
    assert_int_equal(reader_byte(&r), -1);
    assert_int_equal(reader_peek(&r), -1);
}

static void a_number_that_overflows_is_refused(void **state) {
    guint64 n = 7;
    assert_true(bytes_parse_u64(BYTES_LITERAL("18446744073709551615"), &n));
    assert_true(n == G_MAXUINT64);
    n = 7;
    assert_false(bytes_parse_u64(BYTES_LITERAL("18446744073709551616"), &n));
    assert_false(bytes_parse_u64(BYTES_LITERAL("-1"), &n));
    assert_false(bytes_parse_u64(BYTES_LITERAL(""), &n));
    assert_false(bytes_parse_u64(BYTES_LITERAL("12 "), &n));
    assert_true(n == 7);
}

static void varints_round_trip_and_overlong_ones_are_refused(void **state) {
    static const guint64 values[] = {0, 127, 128, 300, G_MAXUINT32, G_MAXUINT64};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_auto(Buffer) b;
        buffer_init(&b, 16);
        buffer_append_varint(&b, values[i]);
        Reader r = reader_of(buffer_bytes(&b));
        guint64 back = 1;
        assert_true(reader_varint(&r, &back));
        assert_true(back == values[i] && reader_done(&r));
    }
    guint64 n = 5;
    Reader cut = reader_of(BYTES_LITERAL("\x80\x80"));
    assert_false(reader_varint(&cut, &n));
    Reader large = reader_of(BYTES_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
    assert_false(reader_varint(&large, &n));
    assert_true(n == 5);
}

static void case_is_folded_for_ascii_only(void **state) {
    assert_true(bytes_is_nocase(BYTES_LITERAL("FeTcH"), "fetch"));
    assert_false(bytes_is_nocase(BYTES_LITERAL("\xc3\x90"), "\xc3\xb0"));
    assert_true(bytes_starts_nocase(BYTES_LITERAL("MAIL FROM:<>"), "mail from:"));
    assert_int_equal(bytes_find(BYTES_LITERAL("a\0b\0c"), BYTES_LITERAL("b\0c")), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_take_moves_nothing),
        cmocka_unit_test(a_number_that_overflows_is_refused),
        cmocka_unit_test(varints_round_trip_and_overlong_ones_are_refused),
        cmocka_unit_test(case_is_folded_for_ascii_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
