#include "message/standard.h"

#include "message/charset.h"
#include "message/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NFD_THU "Thu\xCC\x9B" /* Thư, in pieces */
#define NFC_THU "Th\xC6\xB0"
#define HEAD    "From: a@x.vn\r\nTo: b@x.vn\r\nMIME-Version: 1.0\r\n"

/* What it becomes; NULL: it stays. g_free. */
static char *standard(const char *message) {
    Bytes bytes = bytes_of_string(message);
    g_autoptr(MessageParsed) parsed = message_parse(bytes);
    g_auto(Buffer) out;
    if (!message_standardise(bytes, parsed->structure, &out))
        return NULL;
    g_autofree char *made = g_strndup((const char *)buffer_bytes(&out).p, out.n);
    /* Once is enough. */
    g_autoptr(MessageParsed) again = message_parse(bytes_of_string(made));
    g_auto(Buffer) twice;
    assert_false(message_standardise(bytes_of_string(made), again->structure, &twice));
    assert_int_equal(again->part_count, parsed->part_count);
    return g_steal_pointer(&made);
}

static void check(const char *message, const char *expected) {
    g_autofree char *made = standard(message);
    if (expected == NULL) {
        if (made != NULL)
            fail_msg("changed to: %s", made);
        return;
    }
    if (made == NULL)
        fail_msg("not changed: %s", message);
    assert_string_equal(made, expected);
}

/* [R048] [Điều 9.1] */
static void text_in_pieces_is_composed_in_the_encoding_that_it_had(void **state) {
    check(HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
               "8bit\r\n\r\n" NFD_THU " a\r\n",
          HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
               "8bit\r\n\r\n" NFC_THU " a\r\n");
    check(HEAD "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: "
               "quoted-printable\r\n\r\n<b>Thu=CC=9B</b> =3D \r\n",
          HEAD "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: "
               "quoted-printable\r\n\r\n<b>Th=C6=B0</b> =3D\r\n");
    check(HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
               "base64\r\n\r\nVGh1zJs=\r\n",
          HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
               "base64\r\n\r\nVGjGsA==\r\n");
    /* Without a name it is UTF-8 when it reads so, and keeps having none. */
    check(HEAD "\r\n" NFD_THU "\r\n", HEAD "\r\n" NFC_THU "\r\n");
}

/* [R048] [Điều 9.1] */
static void text_in_an_old_code_page_becomes_utf8_and_says_so(void **state) {
    /* windows-1258: "Việt" with ê and a dot below of its own */
    check(HEAD "Content-Type: text/plain; charset=\"windows-1258\"; "
               "format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\nVi\xEA\xF2t\r\n",
          HEAD "Content-Type: text/plain; charset=\"utf-8\"; "
               "format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\nVi\xE1\xBB\x87t\r\n");
    check(HEAD "Content-Type: text/html; charset=viscii\r\nContent-Transfer-Encoding: "
               "quoted-printable\r\n\r\n<meta charset=\"viscii\">Vi=AEt\r\n",
          HEAD "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
               "quoted-printable\r\n\r\n<meta charset=3D\"utf-8\">Vi=E1=BB=87t\r\n");
    /* Seven bits cannot hold it. */
    check(HEAD "Content-Type: text/plain; charset=utf-7\r\n\r\nVi+Hsc-t\r\n",
          HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
               "quoted-printable\r\n\r\nVi=E1=BB=87t\r\n");
    /* ASCII is UTF-8 already; a charset that nobody knows, and bytes that do not fit, are left. */
    check(HEAD "Content-Type: text/plain; charset=windows-1258\r\n\r\nabc\r\n", NULL);
    check(HEAD "Content-Type: text/plain; charset=x-none\r\n\r\nVi\xEA\xF2t\r\n", NULL);
    check(HEAD "Content-Type: text/plain; charset=utf-8\r\n\r\n" NFD_THU "\xFF\r\n", NULL);
    /* Never by guess: TCVN3 under Latin-1's name is Latin-1 here, and says the same in UTF-8. */
    check(HEAD "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
               "8bit\r\n\r\nTh\xABng tin\r\n",
          HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
               "8bit\r\n\r\nTh\xC2\xABng tin\r\n");
}

/* [R048] [Điều 9.1] */
static void headers_are_composed_and_addresses_stay(void **state) {
    check("From: =?utf-8?Q?Thu=CC=9B?= <a@x.vn>\r\nSubject: Re: =?windows-1258?Q?Vi=EA=F2t?=\r\n "
          "=?windows-1258?Q?_Nam?= (1)\r\n\r\nx\r\n",
          "From: =?UTF-8?B?VGjGsA==?= <a@x.vn>\r\nSubject: Re: =?UTF-8?B?Vmnhu4d0IE5hbQ==?= "
          "(1)\r\n\r\nx\r\n");
    /* A letter that was cut in two, between two words. */
    check("Subject: =?utf-8?Q?Thu?=\r\n =?utf-8?Q?=CC=9B?=\r\n\r\nx\r\n",
          "Subject: =?UTF-8?B?VGjGsA==?=\r\n\r\nx\r\n");
    check("Subject: " NFD_THU "\r\nX-Own: " NFD_THU "\r\n\r\nx\r\n",
          "Subject: " NFC_THU "\r\nX-Own: " NFD_THU "\r\n\r\nx\r\n");
    check("Subject: =?utf-8?Q?Th=C6=B0?= =?x-none?Q?=FF?= =?broken\r\n\r\nx\r\n", NULL);
    /* … in pieces, a letter cut between two of them */
    check("Content-Disposition: attachment;\r\n filename*0*=utf-8''Thu;\r\n "
          "filename*1*=%CC%9B%20a.pdf; size=3\r\n\r\nx\r\n",
          "Content-Disposition: attachment;\r\n filename*0*=utf-8''Th%C6%B0%20a.pdf; "
          "size=3\r\n\r\nx\r\n");
    /* A file's name from a system that takes letters apart. */
    check(HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
               "application/pdf\r\nContent-Disposition: attachment; "
               "filename*=utf-8''Thu%CC%9B%20a.pdf; size=3\r\n\r\nabc\r\n--b--\r\n",
          HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
               "application/pdf\r\nContent-Disposition: attachment; "
               "filename*=utf-8''Th%C6%B0%20a.pdf; size=3\r\n\r\nabc\r\n--b--\r\n");
}

#define PART(type) "--b\r\nContent-Type: " type "; charset=utf-8\r\n\r\n" NFD_THU "\r\n"

/* [R048] What is signed keeps every byte. */
static void what_is_signed_sealed_or_somebody_elses_is_never_touched(void **state) {
    check("Subject: " NFD_THU "\r\nContent-Type: multipart/signed; boundary=b; "
          "micalg=sha-256; protocol=\"application/pkcs7-signature\"\r\n\r\n" PART(
              "text/plain") "--b\r\nContent-Type: "
                            "application/pkcs7-signature\r\n\r\nabc\r\n--b--\r\n",
          NULL);
    check("Subject: " NFD_THU "\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n" PART(
              "text/plain") "--b--\r\n",
          NULL);
    check("Subject: " NFD_THU "\r\nContent-Type: application/pkcs7-mime\r\n\r\n" NFD_THU "\r\n",
          NULL);
    check("DKIM-Signature: v=1\r\nSubject: " NFD_THU "\r\n\r\n" NFD_THU "\r\n", NULL);
    check(HEAD "\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n" NFD_THU "\r\n", NULL);
    /* Below a list's footer the signed part stays, the footer does not. */
    check(HEAD
          "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: "
          "multipart/signed; boundary=b\r\n\r\n" PART("text/plain") "--b--\r\n--c\r\n\r\n" NFD_THU
                                                                    "\r\n--c--\r\n",
          HEAD
          "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: "
          "multipart/signed; boundary=b\r\n\r\n" PART("text/plain") "--b--\r\n--c\r\n\r\n" NFC_THU
                                                                    "\r\n--c--\r\n");
    check(HEAD "Content-Type: message/rfc822\r\n\r\nSubject: " NFD_THU "\r\n\r\n" NFD_THU "\r\n",
          NULL);
    check(HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: "
               "attachment\r\n\r\n" NFD_THU "\r\n",
          NULL);
    check(HEAD "Content-Type: text/plain; charset=utf-8; name=a.txt\r\n\r\n" NFD_THU "\r\n", NULL);
    check(HEAD "Content-Type: application/octet-stream\r\n\r\n" NFD_THU "\r\n", NULL);
}

static void long_lines_of_what_grew_are_folded(void **state) {
    g_autofree char *line = g_strnfill(700, '\xEA'); /* ê: two bytes in UTF-8 */
    g_autofree char *message = g_strconcat(
        HEAD "Content-Type: text/plain; charset=windows-1258\r\nContent-Transfer-Encoding: "
             "8bit\r\n\r\n",
        line, "\r\n", NULL);
    g_autofree char *made = standard(message);
    assert_non_null(strstr(made, "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=AA"));
    g_auto(GStrv) lines = g_strsplit(made, "\r\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        assert_true(strlen(lines[i]) <= 76);
}

static void nothing_of_a_broken_message_is_lost(void **state) {
    static const char *const broken[] = {"",
                                         "\r\n",
                                         "Subject",
                                         NFD_THU,
                                         "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
                                         "Content-Type: text/plain; charset=\r\n\r\n",
                                         "Subject: =?utf-8?Q?",
                                         "Subject: =?",
                                         "Content-Disposition: attachment; filename*=utf-8''%"};
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++)
        g_free(standard(broken[i]));
}

/* [R048] [Điều 9.1] Old text reads as it was meant wherever text is shown. */
static void old_text_is_shown_as_it_was_meant(void **state) {
    static const struct {
        const char *charset, *bytes, *shown;
    } cases[] = {
        {"windows-1258", "Vi\xEA\xF2t Nam", "Vi\xE1\xBB\x87t Nam"},
        {"viscii", "Vi\xAEt Nam", "Vi\xE1\xBB\x87t Nam"},
        /* TCVN3 (ABC) and VNI, under a wrong name or none */
        {"iso-8859-1", "Th\xABng tin v\xB5 truy\xD2n th\xABng", "Thông tin và truyền thông"},
        {NULL, "Th\xABng tin v\xB5 truy\xD2n th\xABng", "Thông tin và truyền thông"},
        {"windows-1252", "Tho\xE2ng tin va\xF8 truye\xE0n tho\xE2ng", "Thông tin và truyền thông"},
        {"utf-8", "Th\xC2\xABng tin v\xC2\xB5 truy\xC3\x92n th\xC2\xABng",
         "Thông tin và truyền thông"},
        /* Real Latin-1 stays. */
        {"iso-8859-1", "Le r\xE9sum\xE9 est pr\xEAt, d\xE9j\xE0 sign\xE9",
         "Le résumé est prêt, déjà signé"},
        {"iso-8859-1", "Preis: 5 \xA3", "Preis: 5 £"},
        {"utf-8", "Thông tin", "Thông tin"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize n;
        g_autofree char *shown =
            message_charset_text(cases[i].charset, bytes_of_string(cases[i].bytes), 4096, &n);
        assert_string_equal(shown, cases[i].shown);
        assert_int_equal(n, strlen(shown));
    }
    g_autoptr(MessageParsed) page = message_parse(bytes_of_string(
        "Content-Type: text/html; charset=iso-8859-1\r\n\r\n<font face=\".VnTime\">Th&laquo;ng "
        "tin v&micro; truy&Ograve;n th&laquo;ng</font>\r\n"));
    assert_string_equal(page->preview, "Thông tin và truyền thông");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_in_pieces_is_composed_in_the_encoding_that_it_had),
        cmocka_unit_test(text_in_an_old_code_page_becomes_utf8_and_says_so),
        cmocka_unit_test(headers_are_composed_and_addresses_stay),
        cmocka_unit_test(what_is_signed_sealed_or_somebody_elses_is_never_touched),
        cmocka_unit_test(long_lines_of_what_grew_are_folded),
        cmocka_unit_test(nothing_of_a_broken_message_is_lost),
        cmocka_unit_test(old_text_is_shown_as_it_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
