"""What EHLO lists is exactly what holds, on each door, and each extension does what it says."""

import re
from pathlib import Path

import pytest

from harness import mail
from harness.smtp import HEAD, begin, data, deliver, offered, session, stored

ALWAYS = {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN",
          "LIMITS"}


# RFC 5321 4.1.1.1
@pytest.mark.parametrize("port, tls, more", [
    ("smtp", False, {"STARTTLS"}), ("smtp", True, set()),
    ("submission", False, {"STARTTLS", "AUTH"}), ("submission", True, {"AUTH"}),
    ("submissions", True, {"AUTH"})])
def test_ehlo_lists_exactly_what_the_door_offers(shared_office, port, tls, more):
    with session(shared_office, port, tls=tls) as raw:
        assert set(offered(raw)) == ALWAYS | more
        if "AUTH" in more:
            assert offered(raw)["AUTH"] == ["PLAIN", "LOGIN"]


PROMISED = re.compile(r"^@pytest\.mark\.proves\((.*)\)$", re.MULTILINE)


def test_every_keyword_that_is_offered_has_a_test_that_proves_it(shared_office):
    proven = {word for path in Path(__file__).parent.glob("test_*.py")
              for words in PROMISED.findall(path.read_text(encoding="utf-8"))
              for word in re.findall(r'"([^"]+)"', words)}
    seen = set()
    for port, tls in (("smtp", False), ("smtp", True), ("submission", False), ("submissions", True)):
        with session(shared_office, port, tls=tls) as raw:
            seen |= set(offered(raw))
    assert seen <= proven, f"offered and not proven: {', '.join(sorted(seen - proven))}"
    assert proven <= seen, f"proven and not offered: {', '.join(sorted(proven - seen))}"


@pytest.mark.proves("AUTH")
def test_auth_is_not_offered_a_second_time(shared_office):
    with session(shared_office, "submissions", user=shared_office.anh) as raw:
        raw.ehlo = raw.reply("EHLO may.test")
        assert set(offered(raw)) == ALWAYS
        assert raw.reply("AUTH PLAIN")[0] == 503


def test_helo_lists_nothing(shared_office):
    with session(shared_office) as raw:
        code, text = raw.reply("HELO may.test")
        assert code == 250 and "\n" not in text


@pytest.mark.proves("AUTH", "STARTTLS")
def test_without_the_loopback_setting_no_password_is_taken_before_tls(make_server):
    server = make_server(start=False)
    settings = server.data / "congvu.conf"
    text = settings.read_text()
    assert 'cleartext = "loopback"' in text
    settings.write_text(text.replace('cleartext = "loopback"', 'cleartext = "never"'))
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = server.person("Trần Văn Anh")
    with session(server, "submission") as raw:
        assert set(offered(raw)) == ALWAYS | {"STARTTLS"}
        for mechanism in ("PLAIN", "LOGIN", "PLAIN AGEAYg=="):
            code, text = raw.reply(f"AUTH {mechanism}")
            assert code == 538 and text.startswith("5.7.11"), (code, text)  # RFC 4954 4, 6
        assert raw.reply(f"MAIL FROM:<{anh}>")[0] == 530
    with session(server, "submission", tls=True, user=anh) as raw:
        assert raw.reply(f"MAIL FROM:<{anh}>")[0] == 250


# RFC 2920
@pytest.mark.proves("PIPELINING")
def test_pipelined_commands_are_answered_in_order(shared_office):
    with session(shared_office) as raw:
        raw.send(f"MAIL FROM:<dan@example.com>\r\nRCPT TO:<khongco@bacninh.gov.vn>\r\n"
                 f"RCPT TO:<{shared_office.binh}>\r\nDATA\r\n")
        assert [raw.reply()[0] for _ in range(4)] == [250, 550, 250, 354]
        raw.send("Subject: x\r\n\r\nx\r\n.\r\nRSET\r\nNOOP\r\nBAD\r\nQUIT\r\n")
        assert [raw.reply()[0] for _ in range(5)] == [250, 250, 250, 500, 221]
        assert raw.rest() == ""


# RFC 1870 6.1
@pytest.mark.proves("SIZE")
def test_size_is_kept_to_the_byte(make_server):
    server = make_server(start=False)
    settings = server.data / "congvu.conf"
    text = settings.read_text()
    limit = 64 * 1024
    settings.write_text(text.replace(f"size = {36 * 1024 * 1024}", f"size = {limit}", 1))
    assert settings.read_text() != text
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = server.person("Trần Văn Anh")
    with session(server) as raw:
        assert offered(raw)["SIZE"] == [str(limit)]
        for declared, code in ((limit, 250), (limit + 1, 552)):
            answer = raw.reply(f"MAIL FROM:<dan@example.com> SIZE={declared}")
            assert answer[0] == code, answer
            raw.reply("RSET")
        assert raw.reply("MAIL FROM:<dan@example.com> SIZE=x")[0] == 501
        for more, code in ((0, 250), (1, 552)):
            message = HEAD + b"\r\n.\r\n"  # a stuffed dot is not counted
            message += b"x" * (limit + more - len(message) - 2) + b"\r\n"
            assert len(message) == limit + more
            begin(raw, anh)
            answer = data(raw, message)
            assert answer[0] == code, answer
            if code == 552:
                assert answer[1].startswith("5.3.4")
        assert raw.reply("NOOP")[0] == 250
    assert len(stored(server, anh)) == 1


# RFC 6152
@pytest.mark.proves("8BITMIME")
def test_eight_bit_text_arrives_bit_by_bit(office):
    message = HEAD + "\r\nChữ Việt có dấu\r\n".encode() + bytes(range(0x80, 0x100)) + b"\r\n"
    with session(office) as raw:
        for parameters in (" BODY=8BITMIME", " body=8bitmime SIZE=1000", " BODY=7BIT", ""):
            begin(raw, office.anh, parameters=parameters)
            assert data(raw, message)[0] == 250
        for wrong in ("BODY=BINARYMIME", "BODY=", "BODY", "BODY=7BIT BODY=7BIT"):
            assert raw.reply(f"MAIL FROM:<dan@example.com> {wrong}")[0] == 501, wrong
    assert stored(office, office.anh) == [message] * 4


# RFC 6531
@pytest.mark.proves("SMTPUTF8")
def test_addresses_beyond_ascii_need_smtputf8_and_are_kept(office):
    with session(office) as raw:
        code, text = raw.reply("MAIL FROM:<đạt@ví-dụ.vn>")
        assert code == 553 and text.startswith("5.6.7"), (code, text)
        assert raw.reply("MAIL FROM:<đạt@ví-dụ.vn> SMTPUTF8=1")[0] == 501
        begin(raw, office.anh, "đạt@ví-dụ.vn", " SMTPUTF8 BODY=8BITMIME")
        message = "From: Đạt <đạt@ví-dụ.vn>\r\nSubject: Chào bạn\r\n\r\nx\r\n".encode()
        assert data(raw, message)[0] == 250
    with mail.imap(office, office.anh) as client:
        mail.good(client.select("INBOX"))
        raw = mail.fetch(client, mail.uids(client)[0])
    assert raw.startswith("Return-Path: <đạt@ví-dụ.vn>\r\n".encode())
    assert b" with UTF8SMTP\r\n" in raw  # RFC 6531 4.3
    assert raw.endswith(message)


def test_answers_are_ascii_unless_the_transaction_is_smtputf8(shared_office):
    with session(shared_office) as raw:
        for parameters, ascii_only in (("", True), (" SMTPUTF8", False)):
            raw.reply(f"MAIL FROM:<dan@example.com>{parameters}")
            code, text = raw.reply("RCPT TO:<khongco@bacninh.gov.vn>")
            assert code == 550 and text.isascii() == ascii_only, text
            raw.reply("RSET")


# RFC 2034, RFC 3463
@pytest.mark.proves("ENHANCEDSTATUSCODES")
def test_every_answer_has_an_enhanced_status_code_of_its_class(shared_office):
    lines = ["NOOP", "VRFY a", "HELP", "RSET", "MAIL FROM:<dan@example.com>",
             f"RCPT TO:<{shared_office.binh}>", "RCPT TO:<a@example.org>", "RCPT TO:<>", "MAIL FROM:<a@b>",
             "RSET", "EXPN a", "NONSENSE", "DATA", "AUTH PLAIN", "MAIL", "BDAT 0", "DATA x", "QUIT"]
    with session(shared_office) as raw:
        for line in lines:
            code, text = raw.reply(line)
            status = text.split()[0].split(".")
            assert len(status) == 3 and status[0] == str(code // 100), (line, code, text)


# RFC 9422 3
@pytest.mark.proves("LIMITS")
def test_as_many_recipients_as_limits_says_are_taken_and_no_more(office):
    with session(office) as raw:
        limit = dict(x.split("=") for x in offered(raw)["LIMITS"])
        assert list(limit) == ["RCPTMAX"]
        most = int(limit["RCPTMAX"])
        local, domain = office.anh.split("@")
        raw.reply("MAIL FROM:<dan@example.com>")
        raw.send("".join(f"RCPT TO:<{local}+{n}@{domain}>\r\n" for n in range(most + 1)))
        answers = [raw.reply() for _ in range(most + 1)]
        assert {code for code, _ in answers[:most]} == {250}
        assert answers[most][0] == 452 and answers[most][1].startswith("4.5.3"), answers[most]
        assert data(raw, HEAD + b"\r\nx\r\n")[0] == 250
    assert len(stored(office, office.anh)) == 1  # one account, one copy


# RFC 3207
@pytest.mark.proves("STARTTLS")
@pytest.mark.parametrize("port", ["smtp", "submission"])
def test_starttls_begins_afresh_and_only_once(shared_office, port):
    with session(shared_office, port) as raw:
        assert raw.reply("STARTTLS now")[0] == 501
        assert raw.reply("STARTTLS")[0] == 220
        raw.start_tls()
        code, text = raw.reply("MAIL FROM:<dan@example.com>")
        assert code == 503 and text.startswith("5.5.1"), (code, text)  # the EHLO is forgotten
        assert raw.reply("EHLO may.test")[0] == 250
        assert raw.reply("STARTTLS")[0] == 503


def test_trace_lines_tell_how_a_message_came(office):
    ways = [({}, "ESMTP"), ({"tls": True}, "ESMTPS"),
            ({"port": "submission", "user": office.anh}, "ESMTPA"),
            ({"port": "submissions", "user": office.anh}, "ESMTPSA")]
    message = f"From: {office.anh}\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 08:05:00 +0700\r\n" \
              "Message-ID: <x@may.test>\r\n\r\nx\r\n".encode()
    for how, _ in ways:
        code, text = deliver(office, message, office.binh, **how)
        assert code == 250, text
    with mail.imap(office, office.binh) as client:
        mail.good(client.select("INBOX"))
        for uid, (_, protocol) in zip(mail.uids(client), ways):
            raw = mail.fetch(client, uid)
            received = mail.parsed(raw)["Received"]
            assert received.startswith("from may.test ([127.0.0.1])"), received
            assert f" with {protocol} " in received.replace("\r\n", "").replace("\t", " ")
            assert f"for <{office.binh}>" in received and received.endswith("+0700")
            assert raw.endswith(message)
