/* The list of an export's mailboxes is read as it was written, and nothing else is. */
#include "moving/listing.h"
#include "moving/maildir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_listing_is_read_as_it_was_written(void **state) {
    g_autoptr(GPtrArray) entries = g_ptr_array_new();
    ListingEntry one = {(char *)"INBOX.mbox", (char *)"INBOX", STORE_USE_NONE, FALSE};
    ListingEntry two = {(char *)".S&AO0-", (char *)"Thư đã gửi/a b", STORE_USE_SENT, TRUE};
    g_ptr_array_add(entries, &one);
    g_ptr_array_add(entries, &two);
    g_auto(Buffer) text;
    buffer_init(&text, LISTING_BYTES);
    assert_true(listing_write(&text, entries));
    g_autoptr(GPtrArray) read = listing_read(buffer_bytes(&text), NULL);
    assert_non_null(read);
    assert_int_equal(read->len, 2);
    const ListingEntry *second = read->pdata[1];
    assert_string_equal(second->file, two.file);
    assert_string_equal(second->name, two.name);
    assert_true(second->use == STORE_USE_SENT && second->subscribed);
    for (gsize n = 0; n < text.n; n++) /* cut anywhere it is refused */
        assert_null(listing_read(bytes_slice(buffer_bytes(&text), 0, n), NULL));
}

static void a_listing_leads_nowhere_else(void **state) {
    static const char *const lines[] = {
        "../x\t-\t-\tA", "..\t-\t-\tA",   ".\t-\t-\tA", "/etc/passwd\t-\t-\tA",
        "a/b\t-\t-\tA",  "\t-\t-\tA",     "a\t-\t-\t",  "a\tother\t-\tA",
        "a\t-\tA",       "a\t-\t-\t\xff",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strdup_printf("congvu-mailboxes 1\n%s\nend 1\n", lines[i]);
        g_autoptr(GError) error = NULL;
        if (listing_read(bytes_of_string(text), &error) != NULL)
            fail_msg("taken: %s", lines[i]);
        assert_true(cv_error_is(error, CV_ERROR_INPUT));
    }
}

static void names_of_folders_are_read_in_both_spellings(void **state) {
    static const struct {
        const char *file, *name;
    } cases[] = {
        {"Sent", "Sent"},
        {"C&APQ-ng v&AQM-n.2025", "Công văn/2025"},
        {"Công văn.2025", "Công văn/2025"},
        {"a & b", "a & b"}, /* no modified UTF-7, but a name */
        {"a&-b", "a&b"},
        {"a/b", "a_b"},
        {"a..b", NULL},
        {"", NULL},
        {"\xff", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = maildir_decode_name(cases[i].file);
        if (g_strcmp0(name, cases[i].name) != 0)
            fail_msg("%s became %s", cases[i].file, name == NULL ? "nothing" : name);
    }
    g_autofree char *coded = maildir_encode_name("Công văn/a.b");
    assert_string_equal(coded, ".C&APQ-ng v&AQM-n.a_b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listing_is_read_as_it_was_written),
        cmocka_unit_test(a_listing_leads_nowhere_else),
        cmocka_unit_test(names_of_folders_are_read_in_both_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
