"""No false end of data makes two messages of one, and nothing crosses STARTTLS."""

import socket

import pytest

from harness import mail
from harness.raw import Raw, imap_session, smtp_session
from harness.server import PASSWORD, wait_for

FALSE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\n", b"\r\r\n.\r\r\n",
              b"\n.\r", b"\r\n.\r\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n. \r\n",
              b"\r\n.\t\r\n", b"\r\n .\r\n", b"\r\n..\r\n", b"\r\n.\x0b\r\n", b"\r\n.\x0c\r\n",
              b"\r\n.\x1a\r\n", b"\r\n.\x85\r\n", b"\xc2\x85.\xc2\x85", b"\xe2\x80\xa8.\xe2\x80\xa8",
              b"\xe2\x80\xa9.\xe2\x80\xa9", b"\r\n\xef\xbb\xbf.\r\n", b"\x0b.\x0b", b"\x0c.\x0c",
              b"\r\n\xef\xbc\x8e\r\n", b"\n\r.\n\r", b"\n\n.\n\n", b"\r\n.\n\r\n", b"\n.\r\r\n",
              b"\r\r.\r\n", b"\r\n=2E\r\n", b"=0D=0A.=0D=0A", b"\r\n.\r\x00\n", b"\r\x00\n.\r\x00\n"]


# RFC 5321 2.3.8: lines end in CRLF and nothing else
@pytest.mark.parametrize("end", FALSE_ENDS)
@pytest.mark.parametrize("piece", [0, 1])
def test_a_false_end_of_data_does_not_begin_a_second_message(shared_office, end, piece):
    office = shared_office
    before = len(mail.inbox(office, office.anh))
    with smtp_session(office) as raw:
        assert raw.reply("MAIL FROM:<dan@example.com>")[0] == 250
        assert raw.reply(f"RCPT TO:<{office.anh}>")[0] == 250
        assert raw.reply("DATA")[0] == 354
        raw.send(b"Subject: mot\r\n\r\nhello")
        for at in range(0, len(end), piece or len(end)):  # also in packets of one byte
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.send(end[at:at + (piece or len(end))])
        raw.send(b"MAIL FROM:<gia@example.com>\r\nRCPT TO:<"
                 + office.anh.encode() + b">\r\nDATA\r\nSubject: hai\r\n\r\nsmuggled\r\n.\r\n")
        raw.send(b"QUIT\r\n")
        answers = raw.rest()
    assert answers.count("354") == 0, answers
    assert [m["Subject"] for m in mail.inbox(office, office.anh)[before:]] in (["mot"], [])
    bare = b"\r" in end.replace(b"\r\n", b"") or b"\n" in end.replace(b"\r\n", b"") or b"\0" in end
    assert answers.startswith("554 5.6.0" if bare else "250 2.0.0"), answers


def test_a_message_with_doubled_dots_arrives_as_it_was(office):
    with smtp_session(office) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        raw.reply(f"RCPT TO:<{office.anh}>")
        raw.reply("DATA")
        assert raw.reply("Subject: cham\r\n\r\n..\r\n...a\r\n.b\r\n.\r\n")[0] == 250
    with mail.imap(office, office.anh) as client:
        mail.good(client.select("INBOX"))
        raw_message = mail.fetch(client, mail.uids(client)[0])
    assert raw_message.endswith(b"\r\n\r\n.\r\n..a\r\nb\r\n")


# RFC 3207 4.2: what was known before TLS is forgotten
@pytest.mark.parametrize("port", ["smtp", "submission"])
def test_what_was_pipelined_behind_starttls_is_not_done(office, port):
    with smtp_session(office, port) as raw:
        raw.send(b"STARTTLS\r\nMAIL FROM:<dan@example.com>\r\nNOOP\r\n")
        assert raw.reply()[0] in (220, 501, 503, 554)
        try:
            raw.start_tls()
            code, text = raw.reply("NOOP")
            assert code == 250 and raw.buffer == b"", (code, text, raw.buffer)
            assert raw.reply(f"RCPT TO:<{office.anh}>")[0] in (503, 530)
        except (OSError, EOFError):
            pass  # refused altogether: as good


def test_what_was_pipelined_behind_imap_starttls_is_not_done(office):
    with imap_session(office) as raw:
        raw.send(b"a STARTTLS\r\nb NOOP\r\nc CAPABILITY\r\n")
        assert raw.line().startswith(("a OK", "a BAD"))
        try:
            raw.start_tls()
            status, lines = raw.tagged("NOOP")
            assert status == "OK" and not any(x.startswith(("b ", "c ")) for x in lines), lines
        except (OSError, EOFError):
            pass


def test_a_command_behind_the_end_of_data_is_still_done(office):
    """Pipelining is allowed where it is honest."""
    with smtp_session(office) as raw:
        raw.send(f"MAIL FROM:<dan@example.com>\r\nRCPT TO:<{office.anh}>\r\nDATA\r\n")
        assert [raw.reply()[0] for _ in range(3)] == [250, 250, 354]
        raw.send("Subject: a\r\n\r\nb\r\n.\r\nNOOP\r\nQUIT\r\n")
        assert [raw.reply()[0] for _ in range(3)] == [250, 250, 221]
    wait_for(lambda: len(mail.inbox(office, office.anh)) == 1)


def test_the_password_is_not_asked_for_before_tls_where_it_would_be_seen(office):
    """On loopback with a port offset it is allowed; so AUTH is offered there, and it works."""
    with Raw(office, "submission") as raw:
        raw.reply()
        assert "AUTH" in raw.reply("EHLO may.test")[1]
    with imap_session(office, office.anh, PASSWORD) as raw:
        assert raw.tagged("NOOP")[0] == "OK"
