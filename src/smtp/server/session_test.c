/* Whole SMTP sessions, driven by bytes: receiving, the order of commands, limits. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "smtp/server/talk.h"

static void a_message_is_taken_in_with_its_trace_line(void **state) {
    Talk t;
    begin_mx(&t);
    g_autofree char *hello = ask(&t, "EHLO mx.example.vn\r\n");
    static const char *const offered[] = {"PIPELINING", "SIZE 37748736", "8BITMIME",
                                          "SMTPUTF8",   "CHUNKING",      "ENHANCEDSTATUSCODES",
                                          "DSN",        "STARTTLS",      "LIMITS RCPTMAX=1000"};
    for (gsize i = 0; i < G_N_ELEMENTS(offered); i++)
        assert_non_null(strstr(hello, offered[i]));
    assert_null(strstr(hello, "AUTH"));
    assert_null(strstr(hello, "BINARYMIME"));
    expect(&t, OPENING "Subject: a\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
           OPENED "250 2.0.0 Accepted as 77\n221 2.0.0");
    assert_true(net_memory_closed(t.session));
    FakeMessage *m = fake_last(t.fake);
    assert_true(g_str_has_prefix(m->content, "Received: from mx.example.vn ([192.0.2.1])\r\n"
                                             "\tby mail.bn.vn with ESMTP\r\n\tid "));
    assert_non_null(strstr(m->content, m->session));
    assert_non_null(strstr(m->content, "\tfor <anh@bn.vn>;\r\n\t"));
    assert_true(g_str_has_suffix(m->content, " +0700\r\nSubject: a\r\n\r\n.dot\r\n"));
    assert_string_equal(m->sender, "x@y.vn");
    assert_string_equal(m->recipients, "anh@bn.vn=1;");
    assert_string_equal(m->door, "smtp");
    assert_int_equal(m->submitter, 0);
    end(&t);
}

/* RFC 5321 2.3.8, 4.1.1.4: only CRLF.CRLF ends; what a smuggler hides behind another end is part
 * of the first message, which is refused. */
static void smuggled_messages_do_not_come_out(void **state) {
    static const char *const ends[] = {"\n.\n",   "\n.\r\n", "\r.\r",      "\r\n.\n",
                                       "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        Talk t;
        begin_mx(&t);
        g_autofree char *text = g_strconcat(
            OPENING "Subject: a\r\n\r\nbody", ends[i],
            "MAIL FROM:<boss@bn.vn>\r\nRCPT TO:<binh@bn.vn>\r\nDATA\r\nfalse\r\n.\r\n", NULL);
        if (i + 1 < G_N_ELEMENTS(ends))
            expect(&t, text, OPENED "554 5.6.0 Message has a CR or LF");
        else { /* strlen stops at the NUL; sent by hand */
            expect(&t, OPENING, "250 2.1.0\n250 2.1.5\n354");
            net_memory_feed(t.session, BYTES_LITERAL("a\0b\r\n.\r\n"));
            expect(&t, "", "554 5.6.0 Message has a NUL");
        }
        assert_null(fake_last(t.fake));
        expect(&t, "NOOP\r\n", "250 2.0.0"); /* the session is in step */
        end(&t);
    }
}

static void a_command_with_a_bare_line_end_ends_the_session(void **state) {
    static const char *const lines[] = {"NOOP\n", "NO\rOP\r\n", "NOOP\n\r\n", "NOOP\r\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        Talk t;
        begin_mx(&t);
        g_autofree char *text = g_strconcat(lines[i], "NOOP\r\n", NULL);
        expect(&t, text, "500 5.5.2");
        assert_true(net_memory_closed(t.session));
        end(&t);
    }
}

static void recipients_are_verified_at_rcpt(void **state) {
    Talk t;
    begin_mx(&t);
    expect(&t, "RCPT TO:<anh@bn.vn>\r\n", "503 5.5.1");
    expect(&t, "MAIL FROM:<>\r\n", "250");
    expect(&t, "RCPT TO:<ANH@BN.VN>\r\n", "250");
    expect(&t, "RCPT TO:<khoa@bn.vn>\r\n", "250"); /* locked: still receives [Điều 4.2.c] */
    expect(&t, "RCPT TO:<huy@bn.vn>\r\n", "550 5.1.1 Dia chi khong ton tai");
    expect(&t, "RCPT TO:<nobody@bn.vn>\r\n", "550 5.1.1");
    expect(&t, "RCPT TO:<Postmaster>\r\n", "250");
    expect(&t, "RCPT TO:<someone>\r\n", "501 5.1.3");
    expect(&t, "RCPT TO:<>\r\n", "501 5.1.3");
    expect(&t, "RCPT TO:<a@bn.vn> FOO=1\r\n", "555 5.5.4");
    t.fake->directory_fails = TRUE;
    expect(&t, "RCPT TO:<anh@bn.vn>\r\n", "451 4.3.0");
    end(&t);
}

static void port_25_relays_in_no_spelling(void **state) {
    static const char *const addresses[] = {
        "a@other.vn",       "@bn.vn:a@other.vn",    "@other.vn,@bn.vn:a@other.vn",
        "a@[192.0.2.9]",    "a@[IPv6:2001:db8::1]", "\"a@bn.vn\"@other.vn",
        "a%bn.vn@other.vn", "a@bn.vn.other.vn",
    };
    Talk t;
    begin_mx(&t);
    expect(&t, "MAIL FROM:<x@y.vn>\r\n", "250");
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_autofree char *line = g_strdup_printf("RCPT TO:<%s>\r\n", addresses[i]);
        expect(&t, line, "550 5.7.1 Relaying denied");
    }
    /* The hacks below name our domain; they find nobody and are not followed. */
    expect(&t, "RCPT TO:<a%other.vn@bn.vn>\r\n", "550 5.1.1");
    expect(&t, "RCPT TO:<other.vn!a@bn.vn>\r\n", "550 5.1.1");
    expect(&t, "RCPT TO:<\"a@other.vn\"@bn.vn>\r\n", "550 5.1.1");
    expect(&t, "RCPT TO:<@other.vn:anh@bn.vn>\r\n", "250");
    expect(&t, "DATA\r\nx\r\n.\r\n", "354\n250");
    assert_string_equal(fake_last(t.fake)->recipients, "anh@bn.vn=1;");
    end(&t);
}

static void a_full_mailbox_is_refused_for_now_and_after_the_grace_time_for_good(void **state) {
    Talk t;
    begin_mx(&t);
    expect(&t, "MAIL FROM:<x@y.vn> SIZE=100\r\nRCPT TO:<day@bn.vn>\r\nRSET\r\n", "250\n250\n250");
    expect(&t, "MAIL FROM:<x@y.vn> SIZE=101\r\n", "250");
    expect(&t, "RCPT TO:<day@bn.vn>\r\n", "452 4.2.2");
    clock_set_offset(23 * 3600 * CLOCK_SECOND);
    expect(&t, "RCPT TO:<day@bn.vn>\r\n", "452 4.2.2");
    clock_set_offset(25 * 3600 * CLOCK_SECOND);
    expect(&t, "RCPT TO:<day@bn.vn>\r\n", "552 5.2.2");
    /* Room again: the grace time begins anew. */
    expect(&t, "RSET\r\nMAIL FROM:<x@y.vn>\r\nRCPT TO:<day@bn.vn>\r\nRSET\r\n",
           "250\n250\n250\n250");
    expect(&t, "MAIL FROM:<x@y.vn> SIZE=101\r\nRCPT TO:<day@bn.vn>\r\n", "250\n452 4.2.2");
    clock_set_offset(0);
    end(&t);
}

static void limits_have_their_answers(void **state) {
    Talk t;
    begin(&t, SMTP_DOOR_MX, &(NetMemoryOptions){0});
    SmtpOptions *options = &t.fake->service.options;
    options->size_maximum = 50;
    options->recipients_maximum = 2;
    options->hops_maximum = 3;
    options->text_line_maximum = 20;
    expect(&t, "EHLO a\r\n",
           "220\n250-\n250-PIPE\n250-SIZE 50\n250-\n250-\n250-\n250-\n250-\n250-LIMITS RCPTMAX=2\n"
           "250 ");
    expect(&t, "MAIL FROM:<x@y.vn> SIZE=51\r\n", "552 5.3.4");
    expect(&t, "MAIL FROM:<x@y.vn> SIZE=x\r\n", "501 5.5.4");
    expect(&t, "MAIL FROM:<x@y.vn>\r\nRCPT TO:<anh@bn.vn>\r\nRCPT TO:<binh@bn.vn>\r\n",
           "250\n250\n250");
    expect(&t, "RCPT TO:<khoa@bn.vn>\r\n", "452 4.5.3");
    expect(&t, "DATA\r\n123456789\r\n123456789\r\n123456789\r\n123456789\r\n12345678\r\n.\r\n",
           "354\n552 5.3.4");
    expect(&t, OPENING "123456789012345678901\r\n.\r\n", OPENED "554 5.6.0");
    expect(&t, OPENING "Received:a\r\nReceived:b\r\nReceived:c\r\n.\r\n", OPENED "250");
    expect(&t, OPENING "Received:a\r\nReceived:\r\nRECEIVED:\r\nreceived:\r\n.\r\n",
           OPENED "554 5.4.6");
    t.fake->disk_low = TRUE;
    expect(&t, "MAIL FROM:<x@y.vn>\r\n", "452 4.3.1");
    t.fake->disk_low = FALSE;
    t.fake->blob_fails = TRUE;
    expect(&t, OPENING "x\r\n.\r\n", OPENED "451 4.3.0");
    end(&t);
}

static void too_many_errors_end_the_session(void **state) {
    Talk t;
    begin_mx(&t);
    t.fake->service.options.errors_maximum = 3;
    expect(&t, "FOO\r\nMAIL FROM:x\r\nRCPT\r\n", "500 5.5.1\n501 5.1.7\n503 5.5.1");
    expect(&t, "DATA\r\nNOOP\r\n", "503 5.5.1\n421 4.7.0");
    assert_true(net_memory_closed(t.session));
    end(&t);
    begin_mx(&t);
    t.fake->service.options.idle_maximum = 4; /* HELO was the first */
    expect(&t, "NOOP\r\nNOOP\r\nRSET\r\nNOOP\r\nNOOP\r\n", "250\n250\n250\n250\n421 4.7.0");
    end(&t);
}

static void a_line_over_the_limit_is_answered_once_and_the_session_goes_on(void **state) {
    Talk t;
    begin_mx(&t);
    g_autofree char *filler = g_strnfill(100000, 'a');
    g_autofree char *text = g_strconcat("NOOP ", filler, "\r\nNOOP\r\n", NULL);
    expect(&t, text, "500 5.5.6\n250");
    filler[1900] = '\0';
    g_autofree char *fits = g_strconcat("NOOP ", filler, "\r\n", NULL);
    expect(&t, fits, "250");
    end(&t);
}

static void the_order_of_commands_is_kept(void **state) {
    Talk t;
    begin(&t, SMTP_DOOR_MX, &(NetMemoryOptions){0});
    expect(&t, "MAIL FROM:<x@y.vn>\r\n", "220\n503 5.5.1");
    expect(&t, "EHLO a(b\r\n", "501 5.5.4");
    expect(&t, "HELO a\r\n", "250");
    expect(&t, "DATA\r\n", "503 5.5.1");
    expect(&t, "MAIL FROM:<x@y.vn>\r\nMAIL FROM:<x@y.vn>\r\n", "250\n503 5.5.1");
    expect(&t, "DATA\r\n", "554 5.5.1");
    expect(&t, "HELO b\r\nRCPT TO:<anh@bn.vn>\r\n", "250\n503"); /* HELO resets */
    expect(&t, "VRFY anh\r\nEXPN x\r\nHELP\r\nQUIT now\r\n", "252\n502\n214\n501");
    expect(&t, "AUTH PLAIN AA==\r\n", "503 5.5.1");
    end(&t);
}

/* Answers come in the order of the commands (RFC 2920 3.2). */
static void everything_pipelined_is_answered_in_order_however_it_is_cut(void **state) {
    static const char text[] =
        "EHLO a\r\n" OPENING "Subject: x\r\n\r\ny\r\n.\r\n" OPENING ".\r\nRSET\r\nNOOP\r\nQUIT\r\n";
    g_autofree char *whole = NULL;
    for (gsize n = sizeof text - 1; n > 0; n--) {
        Talk t;
        begin(&t, SMTP_DOOR_MX, &(NetMemoryOptions){0});
        for (gsize at = 0; at < sizeof text - 1; at += n)
            net_memory_feed(t.session, bytes_slice(BYTES_LITERAL(text), at, n));
        char *answer = buffer_steal_string(net_memory_output(t.session));
        if (whole == NULL)
            whole = answer;
        else {
            assert_string_equal(answer, whole);
            g_free(answer);
        }
        assert_int_equal(t.fake->messages->len, 2);
        end(&t);
    }
}

static void bdat_takes_chunks_by_count(void **state) {
    Talk t;
    begin_mx(&t);
    expect(&t, "EHLO a\r\n", "250-\n250-\n250-\n250-\n250-\n250-\n250-\n250-\n250-\n250 ");
    expect(&t, "MAIL FROM:<x@y.vn> BODY=8BITMIME\r\nRCPT TO:<anh@bn.vn>\r\n", "250\n250");
    expect(&t, "BDAT 12\r\nSubject: a\r\nBDAT 5\r\n\r\n.\r\n", "250\n250");
    expect(&t, "DATA\r\n", "503 5.5.1");
    expect(&t, "BDAT 3 LAST\r\nx\r\nNOOP\r\n", "250 2.0.0 Accepted\n250");
    assert_true(g_str_has_suffix(fake_last(t.fake)->content, "\r\nSubject: a\r\n\r\n.\r\nx\r\n"));
    assert_string_equal(fake_last(t.fake)->body, "8BITMIME");
    /* Refused chunks are read to their end: their bytes are no commands. */
    expect(&t, "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", "503 5.5.1\n250");
    expect(&t, "MAIL FROM:<x@y.vn>\r\nBDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\n", "250\n503\n503");
    expect(&t, "RCPT TO:<anh@bn.vn>\r\nBDAT 2\r\na\nBDAT 0 LAST\r\n", "250\n250\n554 5.6.0");
    expect(&t, "MAIL FROM:<x@y.vn> BODY=BINARYMIME\r\n", "501");
    expect(&t, "BDAT x\r\nNOOP\r\n", "501 5.5.4");
    assert_true(net_memory_closed(t.session));
    end(&t);
}

static void starttls_forgets_what_was_said_before(void **state) {
    Talk t;
    begin_mx(&t);
    expect(&t, "MAIL FROM:<x@y.vn>\r\nSTARTTLS\r\nRCPT TO:<anh@bn.vn>\r\nNOOP\r\n", "250\n220");
    assert_true(net_session_is_secure(t.session));
    expect(&t, "MAIL FROM:<x@y.vn>\r\n", "503 5.5.1 EHLO");
    g_autofree char *hello = ask(&t, "EHLO a\r\n");
    assert_null(strstr(hello, "STARTTLS"));
    expect(&t, "STARTTLS\r\n", "503");
    expect(&t, OPENING "x\r\n.\r\n", OPENED "250");
    assert_non_null(strstr(fake_last(t.fake)->content, " with ESMTPS\r\n"));
    end(&t);
}

static void dsn_and_utf8_parameters_travel_with_the_message(void **state) {
    Talk t;
    begin_mx(&t);
    expect(&t, "MAIL FROM:<x@y.vn> RET=HDRS ENVID=q+20r SMTPUTF8\r\n", "250");
    expect(&t, "RCPT TO:<anh@bn.vn> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b\r\n", "250");
    expect(&t, "RCPT TO:<binh@bn.vn> NOTIFY=NEVER,DELAY\r\n", "501 5.5.4");
    expect(&t, "RCPT TO:<binh@bn.vn> NOTIFY=\r\n", "501 5.5.4");
    expect(&t, "RCPT TO:<binh@bn.vn> ORCPT=x\r\n", "501 5.5.4");
    expect(&t, "DATA\r\nx\r\n.\r\n", "354\n250");
    FakeMessage *m = fake_last(t.fake);
    assert_string_equal(m->dsn, "RET=HDRS ENVID=q+20r");
    assert_string_equal(m->recipients, "anh@bn.vn=1 NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b;");
    assert_true(m->smtputf8);
    assert_non_null(strstr(m->content, " with UTF8SMTP\r\n"));
    expect(&t, "MAIL FROM:<thư@y.vn>\r\n", "553 5.6.7");
    expect(&t, "MAIL FROM:<thư@y.vn> SMTPUTF8\r\nRCPT TO:<vắng@bn.vn>\r\n",
           "250\n550 5.1.1 Địa chỉ không tồn tại"); /* RFC 6531 3.7.4: now it may */
    expect(&t, "RSET\r\nMAIL FROM:<x@y.vn> RET=ALL\r\nMAIL FROM:<x@y.vn> SIZE=1 SIZE=1\r\n",
           "250\n501\n501");
    end(&t);
}

static void the_session_waits_for_delivery_and_not_a_moment_longer(void **state) {
    Talk t;
    begin_mx(&t);
    t.fake->delivery = FAKE_LATER;
    expect(&t, OPENING "x\r\n.\r\nNOOP\r\n", "250 2.1.0\n250 2.1.5\n354");
    expect(&t, "NOOP\r\n", "");
    fake_deliver(t.fake);
    net_memory_run(t.session);
    expect(&t, "", "250 2.0.0 Accepted as 77\n250\n250");
    t.fake->delivery_code = 552;
    t.fake->delivery = FAKE_AT_ONCE;
    expect(&t, OPENING "x\r\n.\r\n", OPENED "552 5.3.4 Tep gui kem qua 20 MB [Dieu 5.1]");
    end(&t);
}

static void a_client_that_vanishes_leaves_nothing_behind(void **state) {
    Talk t;
    static const char *const parts[] = {"MAIL FROM:<x@y.vn>\r\n", OPENING "half",
                                        OPENING "x\r\n.\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        begin_mx(&t);
        t.fake->delivery = FAKE_LATER;
        g_free(ask(&t, parts[i]));
        net_memory_eof(t.session);
        gboolean waits = t.fake->waiting != NULL;
        assert_int_equal(net_memory_closed(t.session), !waits);
        Fake *fake = t.fake;
        net_memory_free(t.session);
        if (waits)
            fake_deliver(fake); /* after the session is gone */
        assert_int_equal(fake->open, 0);
        fake_free(fake);
    }
}

static void shutdown_and_time_are_said(void **state) {
    Talk t;
    begin_mx(&t);
    net_memory_event(t.session, NET_EVENT_DEADLINE);
    expect(&t, "", "421 4.4.2");
    assert_true(net_memory_closed(t.session));
    end(&t);
    begin_mx(&t);
    g_free(ask(&t, OPENING "x\r\n"));
    net_memory_event(t.session, NET_EVENT_SHUTDOWN);
    expect(&t, ".\r\nNOOP\r\n", "250 2.0.0 Accepted\n421 4.3.2"); /* the message is finished */
    end(&t);
}

int main(void) {
    crypto_init();
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_taken_in_with_its_trace_line),
        cmocka_unit_test(smuggled_messages_do_not_come_out),
        cmocka_unit_test(a_command_with_a_bare_line_end_ends_the_session),
        cmocka_unit_test(recipients_are_verified_at_rcpt),
        cmocka_unit_test(port_25_relays_in_no_spelling),
        cmocka_unit_test(a_full_mailbox_is_refused_for_now_and_after_the_grace_time_for_good),
        cmocka_unit_test(limits_have_their_answers),
        cmocka_unit_test(too_many_errors_end_the_session),
        cmocka_unit_test(a_line_over_the_limit_is_answered_once_and_the_session_goes_on),
        cmocka_unit_test(the_order_of_commands_is_kept),
        cmocka_unit_test(everything_pipelined_is_answered_in_order_however_it_is_cut),
        cmocka_unit_test(bdat_takes_chunks_by_count),
        cmocka_unit_test(starttls_forgets_what_was_said_before),
        cmocka_unit_test(dsn_and_utf8_parameters_travel_with_the_message),
        cmocka_unit_test(the_session_waits_for_delivery_and_not_a_moment_longer),
        cmocka_unit_test(a_client_that_vanishes_leaves_nothing_behind),
        cmocka_unit_test(shutdown_and_time_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
