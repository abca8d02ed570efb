#include "message/references.h"

#include "base/crypto.h"
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static MessageReferences of_message(const char *text) {
    MessageReferences refs;
    g_auto(Buffer) scanned;
    buffer_init(&scanned, 2000);
    g_autoptr(MessageParsed) parsed = message_parse(bytes_of_string(text));
    assert_true(message_references_read(parsed->ancestry, &refs));
    /* What is stored at delivery and what is read from an older message's header agree. */
    assert_true(message_references_scan(bytes_slice(bytes_of_string(text), 0, parsed->header_bytes),
                                        &scanned));
    assert_true(bytes_equal(buffer_bytes(&scanned), parsed->ancestry));
    return refs;
}

/* RFC 5256 3: References, else the first of In-Reply-To, else none. */
static void references_come_from_the_field_that_has_them(void **state) {
    MessageReferences refs = of_message("Message-ID: <me@x>\r\nReferences: <a@x>\r\n <b@x> junk\r\n"
                                        "In-Reply-To: <c@x>\r\n\r\n");
    assert_true(refs.own == message_id_hash("me@x"));
    assert_int_equal(refs.count, 2);
    assert_true(refs.ids[0] == message_id_hash("a@x") && refs.ids[1] == message_id_hash("b@x"));
    refs = of_message("References: nothing valid\r\nIn-Reply-To: <c@x> <d@x>\r\n\r\n");
    assert_true(refs.own == 0 && refs.count == 1 && refs.ids[0] == message_id_hash("c@x"));
    refs = of_message("Subject: x\r\n\r\n");
    assert_true(refs.own == 0 && refs.count == 0);
}

/* RFC 5256 3: quoting makes no other id; case does. */
static void quoting_makes_no_other_id(void **state) {
    assert_true(message_id_hash("\"01KF8JCEOCBS0045PS\"@xxx.yyy.com") ==
                message_id_hash("01KF8JCEOCBS0045PS@xxx.yyy.com"));
    assert_true(message_id_hash("\"a\\\\b\"@x") == message_id_hash("\"a\\\\b\"@x"));
    assert_true(message_id_hash("a@x") != message_id_hash("A@x"));
}

static void of_too_many_the_first_and_the_last_are_kept(void **state) {
    g_autoptr(GString) text = g_string_new("References:");
    for (guint i = 0; i < 500; i++)
        g_string_append_printf(text, "\r\n <%u@x>", i);
    g_string_append(text, "\r\n\r\n");
    MessageReferences refs = of_message(text->str);
    assert_int_equal(refs.count, MESSAGE_REFERENCES_KEPT);
    assert_true(refs.ids[0] == message_id_hash("0@x"));
    assert_true(refs.ids[1] == message_id_hash("401@x"));
    assert_true(refs.ids[99] == message_id_hash("499@x"));
}

static void damaged_bytes_are_no_references(void **state) {
    static const guint8 bytes[3000] = {1};
    MessageReferences refs;
    for (gsize n = 0; n < sizeof bytes; n++) {
        gboolean fits = n >= 9 && n % 8 == 1 && n <= 9 + 8 * MESSAGE_REFERENCES_KEPT;
        assert_int_equal(message_references_read(bytes_of(bytes, n), &refs), fits);
    }
    assert_false(message_references_read(BYTES_LITERAL("\002123456789012345"), &refs));
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_come_from_the_field_that_has_them),
        cmocka_unit_test(quoting_makes_no_other_id),
        cmocka_unit_test(of_too_many_the_first_and_the_last_are_kept),
        cmocka_unit_test(damaged_bytes_are_no_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
