/* What other servers say, rightly and wrongly. */
#include "imap/client/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static gboolean parse(const char *line, const char *literal, ImapResponse *out) {
    Bytes literals[] = {bytes_of_string(literal)};
    return imap_response_parse(bytes_of_string(line), literals, literal == NULL ? 0 : 1, NULL, out);
}

static void assert_bytes(Bytes got, const char *text) {
    g_autofree char *string = bytes_dup_string(got);
    assert_string_equal(string, text);
}

static void responses_are_told_apart(void **state) {
    ImapResponse r;
    assert_true(parse("a1 OK [CAPABILITY X] done", NULL, &r));
    assert_true(r.kind == IMAP_RESPONSE_TAGGED && r.status == IMAP_STATUS_OK);
    assert_bytes(r.tag, "a1");
    assert_bytes(r.code, "CAPABILITY X");
    assert_bytes(r.text, "done");
    assert_true(parse("* ok [UIDVALIDITY 7] x", NULL, &r) && r.kind == IMAP_RESPONSE_STATUS);
    assert_bytes(r.code, "UIDVALIDITY 7");
    assert_true(parse("* BYE", NULL, &r) && r.status == IMAP_STATUS_BYE);
    assert_true(parse("+ go", NULL, &r) && r.kind == IMAP_RESPONSE_CONTINUE);
    assert_true(parse("* CAPABILITY IMAP4rev1 SASL-IR", NULL, &r));
    assert_bytes(r.text, "IMAP4rev1 SASL-IR");
    assert_true(parse("* 23 EXISTS", NULL, &r) && r.number == 23);
    assert_true(parse("* 3 EXPUNGE", NULL, &r) && r.kind == IMAP_RESPONSE_OTHER);
    assert_true(parse("* SEARCH 1 2", NULL, &r) && r.kind == IMAP_RESPONSE_OTHER);
    static const char *const wrong[] = {
        "",
        "*",
        "a1",
        "a1 MAYBE x",
        "* ",
        "* 5",
        "* 99999999999 EXISTS",
        "* LIST",
        "* LIST () NIL",
        "* LIST (\\Sent \"/\" x",
        "* 1 FETCH",
        "* 1 FETCH (UID 5",
        "* 1 FETCH (UID x)",
        "* 1 FETCH (BODY[] {5})",
        "* 1 FETCH (FLAGS (a)",
        "* 1 FETCH (UID 1) x",
        "a1 BYE x",
        "* 1 FETCH (X ((((((((((((((((((((((((((((((((((((((((",
        "HTTP/1.1 200 OK",
        "* 1 FETCH (BODY[] \"abc)",
        "* 1 FETCH (UID 4294967296)",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        if (parse(wrong[i], NULL, &r))
            fail_msg("taken: %s", wrong[i]);
}

static void folders_are_read_as_they_are_sent(void **state) {
    static const struct {
        const char *line, *literal, *name;
        int delimiter;
        guint list;
    } cases[] = {
        {"* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent \\\"Items\\\"\"", NULL, "Sent \"Items\"",
         '/', IMAP_LIST_SENT},
        {"* LIST (\\Noselect) \".\" INBOX.[Gmail]", NULL, "INBOX.[Gmail]", '.', IMAP_LIST_NOSELECT},
        {"* LIST () NIL {3}", "a b", "a b", -1, 0},
        {"* LSUB (\\All) \"\\\\\" &AOo-", NULL, "&AOo-", '\\', IMAP_LIST_ALL},
        {"* LIST (\\Trash \\Marked) \"/\" \"\"", NULL, "", '/', IMAP_LIST_TRASH},
        {"* LIST () \"/\" Th\xc6\xb0", NULL, "Thư", '/', 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ImapResponse) r = {0};
        assert_true(parse(cases[i].line, cases[i].literal, &r));
        assert_int_equal(r.kind, IMAP_RESPONSE_LIST);
        assert_string_equal(r.name, cases[i].name);
        assert_int_equal(r.delimiter, cases[i].delimiter);
        assert_int_equal(r.list, cases[i].list);
    }
}

static void messages_are_read_whatever_stands_beside_them(void **state) {
    ImapResponse r;
    assert_true(
        parse("* 1 FETCH (MODSEQ (5) UID 7 X-GM-LABELS (\"\\\\Inbox\" (a \"b)\")) FLAGS (\\Seen "
              "gap) BODY[] {4} INTERNALDATE \"24-Nov-2026 08:05:00 +0000\" RFC822.SIZE 4)",
              "abcd", &r));
    assert_int_equal(r.uid, 7);
    assert_true(r.has_flags && r.has_size && r.has_body && r.size == 4);
    assert_bytes(r.body, "abcd");
    assert_bytes(r.flags, "\\Seen gap");
    assert_bytes(r.date, "24-Nov-2026 08:05:00 +0000");
    assert_true(parse("* 1 FETCH (BODY[] NIL UID 7)", NULL, &r) && !r.has_body && r.uid == 7);
    assert_true(parse("* 1 FETCH (BODY[HEADER.FIELDS (A)] {1} BODY[]<0> NIL UID 8)", "x", &r));
    assert_false(parse("* 1 FETCH (BODY[] {5} UID 7)", "abcd", &r)); /* another literal than said */
    g_auto(Buffer) quoted;
    buffer_init(&quoted, 100);
    assert_true(imap_response_parse(BYTES_LITERAL("* 1 FETCH (BODY[] \"a\\\"b\" UID 9)"), NULL, 0,
                                    &quoted, &r));
    assert_bytes(r.body, "a\"b");
}

static void literals_are_announced_at_the_end_of_a_line(void **state) {
    guint64 size = 0;
    assert_true(imap_response_literal(BYTES_LITERAL("x {12}"), &size) && size == 12);
    assert_true(imap_response_literal(BYTES_LITERAL("~{0+}"), &size) && size == 0);
    static const char *const none[] = {
        "", "}", "{}", "x{a}", "{12} ", "{-1}", "{1 2}", "12}", "{99999999999999999999999}"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
        assert_false(imap_response_literal(bytes_of_string(none[i]), &size));
}

static void namespaces_tell_whose_a_folder_is(void **state) {
    ImapNamespace space;
    assert_true(imap_namespace_parse(
        BYTES_LITERAL("((\"INBOX.\" \".\" \"X\" (\"y\"))(\"b\" \".\")) ((\"user.\" \".\")) "
                      "((\"\" NIL)(\"#shared/\" \"/\"))"),
        NULL, 0, &space));
    assert_string_equal(space.prefix, "INBOX.");
    assert_int_equal(space.foreign->len, 2);
    assert_string_equal(space.foreign->pdata[1], "#shared/");
    imap_namespace_clear(&space);
    assert_false(imap_namespace_parse(BYTES_LITERAL("((\"\" \"/\""), NULL, 0, &space));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_told_apart),
        cmocka_unit_test(folders_are_read_as_they_are_sent),
        cmocka_unit_test(messages_are_read_whatever_stands_beside_them),
        cmocka_unit_test(literals_are_announced_at_the_end_of_a_line),
        cmocka_unit_test(namespaces_tell_whose_a_folder_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
