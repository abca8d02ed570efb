/* Whole sessions at the doors of submission: signing in, under which address one may send, what is
 * added. */
#include "base/crypto.h"
#include "base/log.h"
#include "smtp/server/talk.h"

static void nobody_submits_without_signing_in(void **state) {
    Talk t;
    begin(&t, SMTP_DOOR_SUBMISSION, &(NetMemoryOptions){.loopback = TRUE});
    g_autofree char *hello = ask(&t, "EHLO a\r\n");
    assert_null(strstr(hello, "AUTH"));
    expect(&t, "MAIL FROM:<anh@bn.vn>\r\nRCPT TO:<anh@bn.vn>\r\nDATA\r\n",
           "530 5.7.0\n530 5.7.0\n530 5.7.0");
    expect(&t, "BDAT 2 LAST\r\nx\n", "503");
    expect(&t, "AUTH PLAIN AGFuaEBibi52bgBtYXQta2hhdQ==\r\n", "538 5.7.11");
    t.fake->service.options.cleartext_loopback = TRUE;
    expect(&t, "AUTH PLAIN AGFuaEBibi52bgBtYXQta2hhdQ==\r\n", "235 2.7.0");
    end(&t);
}

static void signing_in_works_in_each_form(void **state) {
    static const struct {
        const char *say, *answer;
    } cases[] = {
        {"AUTH PLAIN AGFuaEBibi52bgBtYXQta2hhdQ==\r\n", "235"},
        {"auth plain\r\nAGFuaEBibi52bgBtYXQta2hhdQ==\r\n", "334 \n235"},
        {"AUTH LOGIN\r\nYW5oQGJuLnZu\r\nbWF0LWtoYXU=\r\n",
         "334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n235"},
        {"AUTH LOGIN YW5oQGJuLnZu\r\nbWF0LWtoYXU=\r\n", "334 UGFzc3dvcmQ6\n235"},
        {"AUTH LOGIN\r\nYW5oQGJuLnZu\r\nc2Fp\r\nNOOP\r\n", "334\n334\n535 5.7.8 Sai ten\n250"},
        {"AUTH PLAIN AGtob2FAYm4udm4AbWF0LWtoYXU=\r\n", "535 5.7.13"},
        {"AUTH PLAIN\r\n*\r\n", "334\n501 5.7.0"},
        {"AUTH PLAIN !\r\n", "501 5.5.2"},
        {"AUTH PLAIN =\r\n", "501 5.5.2"},
        {"AUTH PLAIN AAAA\r\n", "501 5.5.2"},
        {"AUTH PLAINX\r\nAUTH CRAM-MD5\r\nAUTH\r\n", "504\n504\n504"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Talk t;
        begin(&t, SMTP_DOOR_SUBMISSIONS, &(NetMemoryOptions){.secure = TRUE});
        g_free(ask(&t, "EHLO a\r\n"));
        expect(&t, cases[i].say, cases[i].answer);
        end(&t);
    }
}

static void guesses_in_one_session_are_few(void **state) {
    Talk t;
    begin(&t, SMTP_DOOR_SUBMISSIONS, &(NetMemoryOptions){.secure = TRUE});
    g_free(ask(&t, "EHLO a\r\n"));
    t.fake->auth = FAKE_LATER;
    for (int i = 0; i < 5; i++) {
        expect(&t, "AUTH PLAIN AGFuaEBibi52bgBzYWk=\r\n", "");
        fake_authenticate(t.fake);
        net_memory_run(t.session);
        expect(&t, "", i < 4 ? "535" : "535\n421 4.7.0");
    }
    assert_true(net_memory_closed(t.session));
    end(&t);
}

/* [Điều 6.3] */
static void an_official_sends_under_the_own_address_only(void **state) {
    Talk t;
    begin_submission(&t);
    expect(&t, "MAIL FROM:<binh@bn.vn>\r\n", "550 5.7.1 Dia chi gui khong thuoc");
#define SUBMIT(from)                                                                               \
    "MAIL FROM:<alias@bn.vn>\r\nRCPT TO:<c@other.vn>\r\nDATA\r\n" from "\r\nx\r\n.\r\n"
    expect(&t, SUBMIT("From: Anh <ANH@bn.vn>\r\n"), OPENED "250");
    FakeMessage *m = fake_last(t.fake);
    assert_int_equal(m->submitter, 1);
    assert_string_equal(m->recipients, "c@other.vn=0;");
    assert_string_equal(m->door, "submissions");
    assert_non_null(strstr(m->content, " with ESMTPSA\r\n"));
    expect(&t, SUBMIT("From: Binh <binh@bn.vn>\r\n"), OPENED "550 5.7.1");
    expect(&t, SUBMIT("From: anh@bn.vn, binh@bn.vn\r\n"), OPENED "550 5.7.1");
    expect(&t, SUBMIT("From: \"anh@bn.vn\" <binh@bn.vn>\r\n"), OPENED "550 5.7.1");
    expect(&t, SUBMIT("From: anh@bn.vn\r\nFROM : binh@bn.vn\r\n"), OPENED "550 5.7.1");
    expect(&t, SUBMIT("From: anh@bn.vn\r\nFrom: anh@bn.vn\r\n"), OPENED "554 5.6.0");
    expect(&t, SUBMIT("Subject: no From\r\n"), OPENED "554 5.6.0");
    expect(&t, SUBMIT("From: \r\n"), OPENED "554 5.6.0");
    end(&t);
}

/* RFC 8098 3: a receipt has no envelope sender; nothing else may be without one. */
static void only_a_receipt_goes_without_a_sender(void **state) {
#define RECEIPT(type, from)                                                                        \
    "MAIL FROM:<>\r\nRCPT TO:<binh@bn.vn>\r\nDATA\r\nFrom: " from "\r\nContent-Type: " type        \
    "\r\n\r\nx\r\n.\r\n"
    Talk t;
    begin_submission(&t);
    expect(&t,
           RECEIPT("Multipart/Report;\r\n boundary=b; report-type=\"Disposition-Notification\"",
                   "anh@bn.vn"),
           OPENED "250");
    assert_string_equal(fake_last(t.fake)->sender, "");
    assert_int_equal(fake_last(t.fake)->submitter, 1);
    expect(
        &t,
        RECEIPT("multipart/report; report-type=disposition-notification; boundary=b", "binh@bn.vn"),
        OPENED "550 5.7.1");
    expect(&t, RECEIPT("multipart/report; report-type=delivery-status; boundary=b", "anh@bn.vn"),
           OPENED "550 5.7.1 Thu khong ghi dia chi gui");
    expect(&t, RECEIPT("text/plain; report-type=disposition-notification", "anh@bn.vn"),
           OPENED "550 5.7.1");
    expect(&t, RECEIPT("multipart/report", "anh@bn.vn"), OPENED "550 5.7.1");
    expect(&t, "MAIL FROM:<>\r\nRCPT TO:<binh@bn.vn>\r\nDATA\r\n\r\n.\r\n", OPENED "550 5.7.1");
    end(&t);
}

static void what_a_submission_lacks_is_added_once(void **state) {
    static const struct {
        const char *header;
        gboolean date, id;
    } cases[] = {
        {"From: anh@bn.vn\r\n\r\nDate: in the body\r\n", TRUE, TRUE},
        {"From: anh@bn.vn\r\nDate: x\r\n\r\nbody\r\n", FALSE, TRUE},
        {"Message-Id: <a@b>\r\nFrom: anh@bn.vn\r\nDATE: x\r\n\r\nbody\r\n", FALSE, FALSE},
        {"From: anh@bn.vn\r\n", TRUE, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Talk t;
        begin_submission(&t);
        g_autofree char *text =
            g_strconcat("MAIL FROM:<anh@bn.vn>\r\nRCPT TO:<binh@bn.vn>\r\nDATA\r\n",
                        cases[i].header, ".\r\n", NULL);
        for (const char *at = text; *at != '\0'; at++) /* byte by byte */
            net_memory_feed(t.session, bytes_of(at, 1));
        const char *content = fake_last(t.fake)->content;
        const char *end_of_header = strstr(content, "\r\n\r\n");
        g_autofree char *header = end_of_header == NULL
                                      ? g_strdup(content)
                                      : g_strndup(content, (gsize)(end_of_header - content) + 2);
        assert_int_equal(strstr(header, "\r\nDate: ") != NULL &&
                             strstr(header, "\r\nDate: x\r\n") == NULL,
                         cases[i].date);
        assert_int_equal(strstr(header, "\r\nMessage-ID: <") != NULL, cases[i].id);
        const char *body = strstr(cases[i].header, "\r\n\r\n");
        if (body != NULL)
            assert_true(g_str_has_suffix(content, body));
        end(&t);
    }
}

static void an_account_that_is_locked_meanwhile_is_out(void **state) {
    Talk t;
    begin(&t, SMTP_DOOR_SUBMISSIONS, &(NetMemoryOptions){.secure = TRUE});
    g_free(ask(&t, "EHLO a\r\n"));
    /* huy@bn.vn signs in and is closed: the played directory says so from the start. */
    expect(&t, "AUTH PLAIN AGh1eUBibi52bgBtYXQta2hhdQ==\r\n", "235");
    expect(&t, "MAIL FROM:<huy@bn.vn>\r\n", "550 5.7.1 Tai khoan dang bi khoa");
    end(&t);
}

int main(void) {
    crypto_init();
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_submits_without_signing_in),
        cmocka_unit_test(signing_in_works_in_each_form),
        cmocka_unit_test(guesses_in_one_session_are_few),
        cmocka_unit_test(an_official_sends_under_the_own_address_only),
        cmocka_unit_test(only_a_receipt_goes_without_a_sender),
        cmocka_unit_test(what_a_submission_lacks_is_added_once),
        cmocka_unit_test(an_account_that_is_locked_meanwhile_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
