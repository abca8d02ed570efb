"""Messages and clients that nobody well-meaning would send: a clear answer, nothing lost, and the
server goes on serving."""

import socket
import time

import pytest

from harness import mail
from harness.raw import Raw, imap_session, smtp_session
from harness.server import PASSWORD

HEAD = "From: dan@example.com\r\nSubject: thu\r\n"


def deliver(office, data):
    """The code that the end of data got."""
    with mail.smtp(office) as client:
        client.mail("dan@example.com")
        client.rcpt(office.anh)
        return client.data(data if isinstance(data, bytes) else data.encode())[0]


def nest(depth):
    return HEAD + "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth)) + \
        "Content-Type: text/plain\r\n\r\nsâu\r\n"


MESSAGES = {
    "nested 1,000 deep": lambda: nest(1000),
    "100,000 headers": lambda: HEAD + "".join(f"X-{n}: y\r\n" for n in range(100000)) + "\r\nbody",
    "no header at all": lambda: "\r\nchỉ có thân thư\r\n",
    "no blank line": lambda: "đây không phải đầu thư\r\n",
    "empty": lambda: "",
    "50,000 parts": lambda: HEAD + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
        "--b\r\n\r\nx\r\n" * 50000 + "--b--\r\n",
    "a boundary that never comes": lambda: HEAD +
        "Content-Type: multipart/mixed; boundary=never\r\n\r\ntext\r\n",
    "base64 rubbish": lambda: HEAD + "Content-Transfer-Encoding: base64\r\n\r\n" + "%$#*\r\n" * 1000,
    "a parameter flood": lambda: HEAD + "Content-Type: text/plain" + "".join(
        f";\r\n name*{n}=x" for n in range(5000)) + "\r\n\r\nbody\r\n",
    "8-bit in headers": lambda: b"Subject: \xff\xfe\x80 Vi\xe1\xbb\x87t\r\n\r\nbody\r\n",
    "NUL bytes": lambda: b"Subject: a\0b\r\n\r\nbo\0dy\r\n",
    "one line of 5 MB": lambda: HEAD + "\r\n" + "x" * 5000000 + "\r\n",
    "a header of 5 MB": lambda: HEAD + "X-Long: " + "x" * 5000000 + "\r\n\r\nbody\r\n",
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_strange_message_is_refused_clearly_or_served_whole(office, kind):
    data = MESSAGES[kind]()
    data = data if isinstance(data, bytes) else data.encode()
    code = deliver(office, data)
    assert code == 250 or 500 <= code < 600, (kind, code)
    with mail.imap(office, office.anh) as client:
        mail.good(client.select("INBOX"))
        if code == 250:
            uid = mail.uids(client)[0]
            assert mail.fetch(client, uid).endswith(data.rstrip(b"\r\n")[-1000:] + b"\r\n" * (
                data != b"") if data.strip() else b"")
            mail.good(client.uid("FETCH", uid, "(ENVELOPE BODYSTRUCTURE RFC822.SIZE)"))
            mail.good(client.uid("SEARCH", "TEXT", "x"))
    assert deliver(office, HEAD + "\r\nsau\r\n") == 250


@pytest.mark.parametrize("line", [
    "EHLO " + "x" * 100000, "x" * 5000, "MAIL FROM:<" + "a" * 70000 + "@b>", "\0\0\0", "\xff" * 50,
    "MAIL FROM:<a@b> " + "X=Y " * 5000, "BDAT 99999999999999999999", "BDAT -1", "RCPT TO:<a@b>",
    "DATA", "MAIL", "MAIL FROM:", "AUTH PLAIN " + "A" * 50000])
def test_a_strange_smtp_line_gets_an_error_and_the_session_goes_on_or_ends(shared_office, line):
    with smtp_session(shared_office) as raw:
        raw.send(line.encode("latin-1") + b"\r\n")
        try:
            code, text = raw.reply()
            assert 400 <= code < 600, (code, text)
        except (EOFError, ConnectionResetError):
            pass
    with smtp_session(shared_office) as raw:
        assert raw.reply("NOOP")[0] == 250


@pytest.mark.parametrize("line", [
    "x LOGIN " + "(" * 10000, "x LOGIN {99999999999999999999}", "x LOGIN {4294967296}",
    "x LOGIN {-1}", "x " + "A" * 100000, "", "x", "x LOGIN {5000000}", "x FETCH 1 BODY[]",
    "x SELECT INBOX", "* x", "x APPEND INBOX {10}", "\0\0", "x LOGIN \"a", "x ID (" + "\"a\" " * 9999,
    "x LOGIN {100000+}"])
def test_a_strange_imap_line_before_sign_in_gets_an_error_or_the_end(shared_office, line):
    with imap_session(shared_office) as raw:
        raw.send(line.encode() + b"\r\n")
        try:
            answer = raw.line()
            if answer.startswith("+"):  # a short literal may be asked for, before it is judged
                assert line == "x APPEND INBOX {10}", answer
                raw.send(b"0123456789\r\n")
                answer = raw.line()
            assert " OK" not in answer, answer
        except (EOFError, ConnectionResetError):
            pass
    with imap_session(shared_office) as raw:
        assert raw.tagged("NOOP")[0] == "OK"


def test_clients_that_vanish_in_the_middle_leave_no_message(office):
    for sent in (b"", b"Subject: nua\r\n\r\nchua xong"):
        with smtp_session(office) as raw:
            raw.reply("MAIL FROM:<dan@example.com>")
            raw.reply(f"RCPT TO:<{office.anh}>")
            raw.reply("DATA")
            raw.send(sent)
    with imap_session(office, office.anh, PASSWORD) as raw:
        raw.send(b"x APPEND INBOX {1000}\r\n")
        assert raw.line().startswith("+")
        raw.send(b"Subject: nua\r\n")
    assert mail.inbox(office, office.anh) == []


def test_idle_strangers_do_not_keep_officials_out(office):
    strangers = []
    try:
        for _ in range(500):
            s = socket.create_connection(("127.0.0.1", office.port("smtp")), 10)
            strangers.append(s)
        began = time.monotonic()
        with mail.imap(office, office.anh) as client:
            mail.good(client.select("INBOX"))
        assert time.monotonic() - began < 5
        assert deliver(office, HEAD + "\r\nvan toi\r\n") == 250
    finally:
        for s in strangers:
            s.close()


def test_a_client_that_reads_nothing_does_not_stop_others(office):
    for _ in range(3):
        deliver(office, HEAD + "\r\n" + ("x" * 70 + "\r\n") * 60000)
    with Raw(office, "imap") as deaf:
        deaf.line()
        deaf.tagged(f'LOGIN "{office.anh}" "{PASSWORD}"')
        deaf.tagged("SELECT INBOX")
        deaf.send("".join(f"f{n} FETCH 1:* BODY.PEEK[]\r\n" for n in range(20)))
        with mail.imap(office, office.anh) as client:
            mail.good(client.select("INBOX"))
            assert len(mail.uids(client)) == 3
        assert deliver(office, HEAD + "\r\nvan toi\r\n") == 250
