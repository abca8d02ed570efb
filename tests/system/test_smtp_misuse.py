"""Commands in the wrong state, floods of them, and sessions that end in the middle: each is answered
clearly, and the next session is served as if nothing had been."""

import socket

import pytest

from harness.raw import Raw
from harness.server import PASSWORD, wait_for
from harness.smtp import HEAD, begin, data, plain, session, stored

MESSAGE = HEAD + b"\r\nx\r\n"


# RFC 5321 4.1.4: the order of commands
@pytest.mark.parametrize("before, line, code, status", [
    ([], "MAIL FROM:<a@example.com>", 503, "5.5.1"), ([], "RCPT TO:<{anh}>", 503, "5.5.1"),
    ([], "DATA", 503, "5.5.1"), ([], "AUTH PLAIN", 503, "5.5.1"),
    (["EHLO a.test"], "RCPT TO:<{anh}>", 503, "5.5.1"), (["EHLO a.test"], "DATA", 503, "5.5.1"),
    (["EHLO a.test", "MAIL FROM:<a@example.com>"], "DATA", 554, "5.5.1"),
    (["EHLO a.test", "MAIL FROM:<a@example.com>"], "MAIL FROM:<b@example.com>", 503, "5.5.1"),
    (["EHLO a.test", "MAIL FROM:<a@example.com>", "RCPT TO:<{anh}>"], "MAIL FROM:<b@example.com>",
     503, "5.5.1"),
    (["EHLO a.test", "MAIL FROM:<a@example.com>", "RCPT TO:<{anh}>", "RSET"], "DATA", 503, "5.5.1"),
    (["EHLO a.test", "MAIL FROM:<a@example.com>", "RCPT TO:<{anh}>", "EHLO b.test"], "DATA", 503,
     "5.5.1"),
    (["EHLO a.test", "MAIL FROM:<a@example.com>"], "STARTTLS now", 501, "5.5.4"),
    (["EHLO a.test"], "DATA now", 501, "5.5.4"), (["EHLO a.test"], "RSET now", 501, "5.5.4"),
    (["EHLO a.test"], "QUIT now", 501, "5.5.4"), ([], "EHLO", 501, "5.5.4"),
    ([], "EHLO a b", 501, "5.5.4"), ([], "HELO", 501, "5.5.4"), ([], "GET / HTTP/1.1", 500, "5.5.1"),
    ([], "MAIL", 503, "5.5.1"), ([], "", 500, "5.5.1"), ([], " EHLO a.test", 500, "5.5.1"),
    (["EHLO a.test"], "MAIL FROM: a@example.com", 501, "5.1.7"),
    (["EHLO a.test"], "MAIL TO:<a@example.com>", 501, "5.1.7"),
    (["EHLO a.test"], "MAILFROM:<a@example.com>", 500, "5.5.1"),
    (["EHLO a.test"], "XCLIENT ADDR=127.0.0.1", 500, "5.5.1"),
    (["EHLO a.test"], "XFORWARD NAME=a", 500, "5.5.1"), (["EHLO a.test"], "TURN", 500, "5.5.1"),
    (["EHLO a.test"], "ETRN example.org", 500, "5.5.1"), (["EHLO a.test"], "EXPN a", 502, "5.5.1")])
def test_a_command_in_the_wrong_place_is_refused_and_changes_nothing(
        shared_office, before, line, code, status):
    with Raw(shared_office) as raw:
        assert raw.reply()[0] == 220
        for given in before:
            assert raw.reply(given.format(anh=shared_office.anh))[0] == 250, given
        answer = raw.reply(line.format(anh=shared_office.anh) + "\r\n")
        assert answer[0] == code and answer[1].startswith(status), (line, answer)
        assert raw.reply("EHLO a.test")[0] == 250
        begin(raw, shared_office.anh)
        assert data(raw, MESSAGE)[0] == 250


@pytest.mark.parametrize("line, most", [("NOOP", 210), ("RSET", 210), ("EHLO a.test", 210),
                                        ("VRFY a", 210), ("HELP", 210), ("NONSENSE", 25),
                                        ("RCPT TO:<a@b.vn>", 25), ("DATA", 25), ("BDAT 0", 25)])
def test_a_flood_of_one_command_ends_the_session(shared_office, line, most):
    with session(shared_office) as raw:
        codes = []
        while len(codes) < 1000:
            try:
                codes.append(raw.reply(line)[0])
            except (EOFError, ConnectionError):
                break
            if codes[-1] == 421:
                break
        assert codes[-1] == 421 and len(codes) <= most, (len(codes), codes[-3:])
    with session(shared_office) as raw:
        assert raw.reply("NOOP")[0] == 250


def test_a_pipelined_flood_ends_the_session_too(shared_office):
    with session(shared_office) as raw:
        try:
            raw.send("NOOP\r\n" * 200000)
        except ConnectionError:
            pass
        answers = raw.rest()
        assert answers.count("250 ") <= 210 and "421 4.7.0" in answers[-2000:], answers[-200:]
    with session(shared_office) as raw:
        assert raw.reply("NOOP")[0] == 250


def test_thousands_of_recipients_are_answered_each_and_the_message_still_arrives(office):
    local, domain = office.anh.split("@")
    with session(office) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        raw.send("".join(f"RCPT TO:<{local}+{n}@{domain}>\r\n" for n in range(5000)))
        codes = [raw.reply()[0] for _ in range(5000)]
        assert codes == [250] * 1000 + [452] * 4000
        assert data(raw, MESSAGE)[0] == 250
    assert stored(office, office.anh) == [MESSAGE]


@pytest.mark.parametrize("port", ["smtp", "submission", "submissions"])
def test_who_vanishes_at_any_moment_leaves_nothing(office, port):
    user = None if port == "smtp" else office.anh
    sender = user or "dan@example.com"
    head = f"From: {sender}\r\nSubject: nua\r\n".encode()
    for sent in (f"MAIL FROM:<{sender}>\r\n".encode(), b"DATA\r\n", b"DATA\r\n" + head,
                 b"DATA\r\n" + head + b"\r\nx\r\n.", b"DATA\r\n" + head + b"\r\nx\r\n.\r",
                 b"BDAT 10", b"BDAT 100 LAST\r\n" + head, b"DATA\r\n" + head + b"\r\n" + b"x" * 300000):
        for end in (socket.SHUT_WR, None):
            with session(office, port, user=user) as raw:
                if not sent.startswith(b"MAIL"):
                    begin(raw, office.binh, sender)
                raw.send(sent)
                if end is not None and port != "submissions":
                    raw.socket.shutdown(end)
                    raw.rest()
                else:
                    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          b"\1\0\0\0\0\0\0\0")  # a reset instead of a farewell
    with session(office, port, user=user) as raw:
        begin(raw, office.binh, sender)
        whole = head + b"Date: Tue, 24 Nov 2026 08:05:00 +0700\r\nMessage-ID: <a@b>\r\n\r\nx\r\n"
        assert data(raw, whole)[0] == 250
    assert stored(office, office.binh) == [whole]


def test_who_is_gone_before_the_answer_may_have_been_served_but_once(office):
    """The end of the data was there, its answer was not heard: one copy or none, never two."""
    for n in range(20):
        with session(office) as raw:
            begin(raw, office.anh)
            assert raw.reply("DATA")[0] == 354
            raw.send(HEAD + b"\r\n%d\r\n.\r\n" % n)
    with session(office) as raw:
        begin(raw, office.anh)
        assert data(raw, MESSAGE)[0] == 250
    wait_for(lambda: MESSAGE in stored(office, office.anh))
    found = stored(office, office.anh)
    assert len(found) == len(set(found)) and len(found) <= 21


def test_five_wrong_passwords_end_a_session(shared_office):
    with session(shared_office, "submission", source="127.0.3.3") as raw:
        codes = [raw.reply("AUTH PLAIN " + plain(f"khongco{n}", "Sai@12345"))[0] for n in range(5)]
        assert codes == [535] * 5
        assert raw.rest().startswith("421 4.7.0")
    with session(shared_office, "submission", user=shared_office.anh, password=PASSWORD) as raw:
        assert raw.reply("NOOP")[0] == 250
