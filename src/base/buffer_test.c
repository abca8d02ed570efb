#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void appending_past_the_maximum_keeps_what_was_there(void **state) {
    g_auto(Buffer) b;
    buffer_init(&b, 5);
    assert_true(buffer_append_string(&b, "abc"));
    assert_false(buffer_append_string(&b, "def"));
    assert_true(b.overflow);
    assert_true(bytes_is(buffer_bytes(&b), "abc"));
    buffer_clear(&b);
    assert_false(b.overflow);
    assert_true(buffer_append_string(&b, "12345"));
}

static void consumed_bytes_make_room(void **state) {
    g_auto(Buffer) b;
    buffer_init(&b, 1000);
    for (int round = 0; round < 5000; round++) {
        assert_true(buffer_append_string(&b, "0123456789"));
        if (round >= 50)
            buffer_consume(&b, 10);
    }
    assert_int_equal(b.n, 500);
    assert_true(b.capacity <= 4096);
    assert_true(bytes_is(bytes_slice(buffer_bytes(&b), 0, 10), "0123456789"));
}

static void numbers_are_written_in_full(void **state) {
    g_auto(Buffer) b;
    buffer_init(&b, 100);
    buffer_append_u64(&b, 0);
    buffer_append_byte(&b, ' ');
    buffer_append_u64(&b, G_MAXUINT64);
    buffer_printf(&b, " %s", "x");
    assert_true(bytes_is(buffer_bytes(&b), "0 18446744073709551615 x"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appending_past_the_maximum_keeps_what_was_there),
        cmocka_unit_test(consumed_bytes_make_room),
        cmocka_unit_test(numbers_are_written_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
