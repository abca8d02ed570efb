#include "maintain/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_disk_below_its_watermark_is_low_and_above_it_is_not(void **state) {
    gint64 available = maintain_disk_available("/tmp");
    assert_true(available > 0);
    g_autoptr(MaintainDisk) disk = maintain_disk_new("/tmp", G_MAXINT64);
    assert_true(maintain_disk_low(disk));
    maintain_disk_set_watermark(disk, 1);
    assert_false(maintain_disk_low(disk));
    maintain_disk_set_watermark(disk, 0);
    assert_false(maintain_disk_low(disk));
}

static void a_disk_that_cannot_be_asked_is_low(void **state) {
    assert_int_equal(maintain_disk_available("/does/not/exist"), -1);
    g_autoptr(MaintainDisk) disk = maintain_disk_new("/does/not/exist", 1);
    assert_true(maintain_disk_low(disk));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_below_its_watermark_is_low_and_above_it_is_not),
        cmocka_unit_test(a_disk_that_cannot_be_asked_is_low),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
