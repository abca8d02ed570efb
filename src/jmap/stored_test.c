/* What is read back of envelopes and extensions, header forms, dates and ids: RFC 8621 4.1.2. */
#include "jmap/arguments.h"
#include "jmap/header_form.h"
#include "jmap/stored.h"

#include "jmap/account.h"
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void is(json_t *value, const char *expected) {
    g_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text, expected);
    json_decref(value);
}

/* RFC 8621 4.1.2.3, 4.1.2.4 */
static void addresses_come_out_as_they_went_in(void **state) {
    static const char mail[] =
        "From: =?utf-8?B?xJBhbg==?= <dan@x.vn>\r\n"
        "To: \"A \\\"B\\\"\" <a@x.vn>, g: b@x.vn, c@x.vn;, d@x.vn, trong:;\r\n"
        "Subject: {3}\r\n x\r\n\r\n";
    g_autoptr(MessageParsed) parsed = message_parse(bytes_of_string(mail));
    is(jmap_stored_addresses(parsed->envelope, JMAP_ENVELOPE_FROM, FALSE),
       "[{\"name\":\"Đan\",\"email\":\"dan@x.vn\"}]");
    is(jmap_stored_addresses(parsed->envelope, JMAP_ENVELOPE_TO, FALSE),
       "[{\"name\":\"A \\\"B\\\"\",\"email\":\"a@x.vn\"},{\"name\":null,\"email\":\"b@x.vn\"},"
       "{\"name\":null,\"email\":\"c@x.vn\"},{\"name\":null,\"email\":\"d@x.vn\"}]");
    is(jmap_stored_addresses(parsed->envelope, JMAP_ENVELOPE_TO, TRUE),
       "[{\"name\":null,\"addresses\":[{\"name\":\"A \\\"B\\\"\",\"email\":\"a@x.vn\"}]},"
       "{\"name\":\"g\",\"addresses\":[{\"name\":null,\"email\":\"b@x.vn\"},"
       "{\"name\":null,\"email\":\"c@x.vn\"}]},"
       "{\"name\":null,\"addresses\":[{\"name\":null,\"email\":\"d@x.vn\"}]},"
       "{\"name\":\"trong\",\"addresses\":[]}]");
    is(jmap_stored_addresses(parsed->envelope, JMAP_ENVELOPE_CC, FALSE), "null");
    Bytes items[JMAP_ENVELOPE_ITEMS];
    jmap_stored_split(parsed->envelope, items);
    g_autofree char *subject = jmap_stored_text(items[JMAP_ENVELOPE_SUBJECT], NULL);
    assert_string_equal(subject, "{3} x");
    assert_null(jmap_stored_text(items[JMAP_ENVELOPE_DATE], NULL));
}

static void damage_reads_as_absent(void **state) {
    static const char whole[] = "(\"d\" {3}\r\na\"b ((\"n\" NIL \"m\" \"h\")) NIL NIL NIL NIL NIL "
                                "NIL \"<i>\")";
    for (gsize n = 0; n < sizeof whole; n++) {
        g_autofree char *cut = g_memdup2(whole, n + 1);
        Bytes items[JMAP_ENVELOPE_ITEMS];
        jmap_stored_split(bytes_of(cut, n), items);
        for (guint i = 0; i < JMAP_ENVELOPE_ITEMS; i++) {
            g_free(jmap_stored_text(items[i], NULL));
            json_decref(jmap_stored_list(items[i], TRUE));
        }
        JmapExtension extension;
        jmap_stored_extension(bytes_of(cut, n), &extension);
        jmap_extension_clear(&extension);
    }
}

static void an_extension_has_disposition_languages_and_location(void **state) {
    JmapExtension extension;
    jmap_stored_extension(
        bytes_of_string("NIL (\"attachment\" (\"filename\" \"a b\")) (\"vi\" \"en\") \"x\""),
        &extension);
    assert_string_equal(extension.disposition, "attachment");
    assert_string_equal(extension.languages[0], "vi");
    assert_string_equal(extension.languages[1], "en");
    assert_string_equal(extension.location, "x");
    jmap_extension_clear(&extension);
    jmap_stored_extension(bytes_of_string("(\"boundary\" \"b\") NIL \"vi\" NIL"), &extension);
    assert_null(extension.disposition);
    assert_string_equal(extension.languages[0], "vi");
    jmap_extension_clear(&extension);
}

/* RFC 8621 4.1.3 */
static void a_form_fits_its_field_or_is_none(void **state) {
    static const char *const good[] = {
        "header:X",          "header:From:asAddresses:all", "header:from:all",
        "header:X-Y:asDate", "header:List-Post:asURLs",     "header:Received"};
    static const char *const bad[] = {"header:",
                                      "header:From:asText",
                                      "header:A B",
                                      "header:Received:asText",
                                      "header:X:all:asText",
                                      "header:X:khac",
                                      "header:X:all:all",
                                      "x",
                                      "header:\xc3\xa1"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(JmapHeaderForm) form = jmap_header_form_new(good[i]);
        assert_non_null(form);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_null(jmap_header_form_new(bad[i]));
}

/* RFC 8620 1.4 */
static void dates_are_read_and_written(void **state) {
    static const struct {
        const char *text;
        gint64 us;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"1970-01-01T07:00:00.250+07:00", 250000},
                {"2026-11-24T01:05:10Z", G_GINT64_CONSTANT(1795482310000000)},
                {"1969-12-31T23:59:59Z", -1000000}};
    static const char *const bad[] = {"",
                                      "2026-11-24",
                                      "2026-11-24T01:05:10",
                                      "2026-13-24T01:05:10Z",
                                      "2026-02-30T01:05:10Z",
                                      "2026-11-24T24:05:10Z",
                                      "2026-11-24T01:05:10Zx",
                                      "2026-11-24T01:05:10.Z",
                                      "2026-11-24T01:05:10+7",
                                      "0000-01-01T00:00:00Z"};
    gint64 us;
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        assert_true(jmap_date_parse(good[i].text, &us));
        assert_true(us == good[i].us);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        if (jmap_date_parse(bad[i], &us))
            fail_msg("%s was taken", bad[i]);
    is(jmap_date(0, 0, TRUE), "\"1970-01-01T00:00:00Z\"");
    is(jmap_date(-1, 0, TRUE), "\"1969-12-31T23:59:59Z\"");
    is(jmap_date(0, 420, FALSE), "\"1970-01-01T07:00:00+07:00\"");
    is(jmap_date(0, -90, FALSE), "\"1969-12-31T22:30:00-01:30\"");
    is(jmap_date(0, 0, FALSE), "\"1970-01-01T00:00:00+00:00\"");
}

static void an_id_is_read_as_it_is_written_and_in_no_other_way(void **state) {
    char id[JMAP_ID_BYTES];
    guint64 thread;
    StoreBirth birth;
    guint32 uidvalidity;
    gint64 account;
    jmap_email_id(0xabc, id);
    assert_string_equal(id, "M0000000000000abc");
    assert_true(jmap_email_of(id, &birth) && birth == 0xabc);
    assert_false(jmap_email_of("M0000000000000ABC", &birth));
    assert_false(jmap_email_of("M000000000000abc", &birth));
    assert_false(jmap_email_of("T0000000000000abc", &birth));
    jmap_thread_id(0, 5, id);
    assert_true(jmap_thread_of(id, &thread, &birth) && thread == 0 && birth == 5);
    jmap_thread_id(7, 5, id);
    assert_true(jmap_thread_of(id, &thread, &birth) && thread == 7 && birth == 0);
    jmap_mailbox_id(0xffffffff, id);
    assert_true(jmap_mailbox_of(id, &uidvalidity) && uidvalidity == 0xffffffff);
    assert_true(jmap_account_of("a12", &account) && account == 12);
    assert_false(jmap_account_of("a012", &account));
    assert_false(jmap_account_of("a", &account));
    assert_false(jmap_account_of("a99999999999999999999", &account));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_out_as_they_went_in),
        cmocka_unit_test(damage_reads_as_absent),
        cmocka_unit_test(an_extension_has_disposition_languages_and_location),
        cmocka_unit_test(a_form_fits_its_field_or_is_none),
        cmocka_unit_test(dates_are_read_and_written),
        cmocka_unit_test(an_id_is_read_as_it_is_written_and_in_no_other_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
