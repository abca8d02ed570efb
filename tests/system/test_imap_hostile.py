"""Clients that lie, vanish, drip or do not read: each gets a clear answer or the end, nothing is lost,
and the others go on."""

import re
import socket
import time
from pathlib import Path

import pytest

from harness.imap import Session, message
from harness.server import PASSWORD, SLOWNESS, wait_for

LINES = [
    "x " + "A" * 600000, "x SELECT " + "(" * 10000, "x SEARCH " + "(" * 10000 + "ALL",
    "x FETCH 1 (" + "FLAGS " * 10000 + ")", "x FETCH " + "1," * 100000 + "1 FLAGS",
    "x LIST \"\" (" + "* " * 10000 + ")", 'x SELECT "' + "a" * 100000 + '"',
    "x LIST \"\" " + "%" * 5000, "x LIST \"\" " + "*%" * 500, "x STORE 1 +FLAGS (" + "a " * 1000 + ")",
    "x FETCH 1 BODY[" + "1." * 500 + "1]", "x FETCH 1 BODY[HEADER.FIELDS (" + "A " * 1000 + ")]",
    "x FETCH 1 BODY[]<18446744073709551615.18446744073709551615>",
    "x FETCH 1 BODY[]<9223372036854775807.9223372036854775807>",
    "x UID FETCH 1:4294967295,4294967295:1 (UID)", "x UID SEARCH UID 1:4294967295",
    "x SELECT INBOX\0", "\0", "x\0 NOOP", "x NOOP\0", "x LOGIN a\0b c", "x SELECT \"IN\0BOX\"",
    "x SELECT {5+}\r\nIN\0OX", "\xff\xff\xff", "x \xff", "+ OK", "* BYE", "x", " ", "x  NOOP",
    "x NOOP ", "x UID", "x UID UID FETCH 1 FLAGS", "x STATUS INBOX ()", "x APPEND", "x {3}", "{3}",
    "x ID (" + '"a" "b" ' * 5000 + ")", "x ENABLE " + "X " * 10000,
    "x SORT (" + "REVERSE " * 10000 + "DATE) UTF-8 ALL", "x SORT (" + "SUBJECT " * 20000 + ") UTF-8 ALL",
    "x SORT " + "(" * 10000, "x THREAD " + "A" * 100000 + " UTF-8 ALL",
    "x THREAD REFERENCES UTF-8 " + "(" * 10000 + "ALL", "x SORT (DATE) " + "A" * 100000 + " ALL",
    "x SEARCH RETURN (" + "PARTIAL 1:2 " * 10000 + ") ALL", "x SEARCH EMAILID " + "A" * 100000,
    "x SEARCH RETURN (PARTIAL -18446744073709551616:-1) ALL", "x UID FETCH 1:* UID (PARTIAL 1:99999999999)",
    "x SORT RETURN (" + "MIN " * 10000 + ") (DATE) UTF-8 ALL",
    "x APPEND INBOX CATENATE (" + "URL ;UID=1 " * 10000 + ")", "x APPEND INBOX" + " CATENATE (" * 5000,
    "x APPEND INBOX CATENATE (URL \"" + "/" * 20000 + "\")", "x APPEND INBOX (" + "a " * 1000 + ") {1+}\r\nx",
    "x APPEND INBOX CATENATE (URL \"/" + "%41" * 3000 + "/;UID=1\")", "x APPEND INBOX CATENATE (TEXT {-1+}",
    "x REPLACE 1:* INBOX {1+}\r\nx",
    "x UID REPLACE " + "1," * 50000 + "1 INBOX {1+}\r\nx",
    "x GETMETADATA INBOX (" + "/shared/x " * 5000 + ")", "x GETMETADATA INBOX /shared" + "/a" * 20000,
    "x SETMETADATA INBOX (" + "/shared/x NIL " * 5000 + ")", "x SETMETADATA INBOX (/shared/x ~{99999999999+}",
    "x NOTIFY SET" + " (personal (MailboxName))" * 5000, "x NOTIFY SET (mailboxes (" + "a " * 5000 + ") NONE)",
    "x NOTIFY SET " + "(" * 10000, "x NOTIFY SET (selected (MessageNew (" + "FLAGS " * 5000 + ") MessageExpunge))",
    "x COMPRESS " + "D" * 100000, "x COMPRESS DEFLATE x",
    "x SEARCH BODY {70000}", "x SELECT {99999999999999999999+}", "x SELECT {-3+}",
]


# A line that is answered with an error leaves the session usable, or ends it with BYE.
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("line", LINES, ids=[repr(x[:30]) for x in LINES])
def test_a_strange_line_gets_an_error_or_the_end(shared_office, line, signed_in):
    with Session(shared_office, shared_office.anh if signed_in else None) as session:
        if signed_in:
            session.ok("SELECT INBOX")
        session.send(line.encode("latin-1") + b"\r\nz9 NOOP\r\n")
        try:
            while not (got := session.response()).startswith(b"z9 "):
                assert re.match(rb"(\* (BAD|BYE|ID|FLAGS|OK|LIST|SEARCH|ENABLED|STATUS|\d+ )|\+ |\S+ (OK|NO|BAD))",
                                got), got
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass
    with Session(shared_office, shared_office.anh) as session:
        session.ok("NOOP")


# RFC 9051 4.3: a length that is not kept.
@pytest.mark.parametrize("length, sent", [(100, 10), (10, 100), (0, 10)])
def test_a_lying_length_of_append_stores_nothing_wrong(shared_office, box, length, sent):
    with Session(shared_office, shared_office.anh) as session:
        session.send(b"x APPEND %s {%d+}\r\n%s\r\n" % (box.encode(), length, b"y" * sent))
        if sent > length:
            assert b"BAD" in session.response()
    with Session(shared_office, shared_office.anh) as session:
        counts = session.ok(f"STATUS {box} (MESSAGES)").status_of(box)
        assert counts == {"MESSAGES": 0}


def test_a_client_that_vanishes_inside_append_leaves_nothing(shared_office, box):
    for tls in ("imap", "imaps"):
        with Session(shared_office, shared_office.anh, port=tls) as session:
            session.send(b"x APPEND %s {1000000+}\r\n%s" % (box.encode(), b"y" * 500000))
    with Session(shared_office, shared_office.anh) as session:
        assert session.ok(f"STATUS {box} (MESSAGES)").status_of(box) == {"MESSAGES": 0}


def test_clients_that_vanish_inside_fetch_harm_nobody(shared_office, box):
    with Session(shared_office, shared_office.anh) as session:
        session.append(box, message("lon", "x" * 5000000))
    for tls in ("imap", "imaps"):
        for _ in range(5):
            with Session(shared_office, shared_office.anh, port=tls) as session:
                session.ok(f"SELECT {box}")
                session.send("x FETCH 1 BODY.PEEK[]\r\n" * 3)
                session.socket.recv(1000)
    with Session(shared_office, shared_office.anh) as session:
        session.ok(f"SELECT {box}")
        assert len(session.ok("FETCH 1 BODY.PEEK[]").fetched()[1]["BODY[]"]) > 5000000


def resident(server):
    """Kibibytes of memory that the server's process holds of its own."""
    text = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return sum(int(n) for n in re.findall(r"^Private_Dirty: +(\d+) kB", text, re.M))


def test_a_peer_that_reads_nothing_of_100_megabytes_costs_a_buffer(office):
    with Session(office, office.anh) as session:
        for n in range(20):
            session.append("INBOX", message(f"lon {n}", "x" * 5000000))
    deaf = []
    with Session(office, office.binh) as other:
        other.append("INBOX")
        other.ok("SELECT INBOX")
        before = resident(office)
        for _ in range(10):
            session = Session(office, office.anh)
            session.ok("SELECT INBOX")
            session.send("x FETCH 1:* BODY.PEEK[]\r\n")
            deaf.append(session)
        longest = 0.0
        for _ in range(100):
            began = time.monotonic()
            other.ok("FETCH 1 BODY.PEEK[]")
            longest = max(longest, time.monotonic() - began)
        grown = resident(office) - before
    assert grown < 10 * 3 * 1024 * (8 if SLOWNESS > 1 else 1) + 60000, grown  # of 1,000,000 asked
    assert longest < 1.0 * SLOWNESS
    for session in deaf:
        session.socket.close()
    assert wait_for(office.alive)


def test_a_command_that_drips_in_byte_by_byte_is_understood(shared_office, box):
    with Session(shared_office, shared_office.anh) as session, \
            Session(shared_office, shared_office.anh) as other:
        session.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"d1 STATUS {box} (MESSAGES)\r\n".encode():
            session.send(bytes([byte]))
            other.ok("NOOP")
        assert session.response().startswith(b"* STATUS")
        assert session.response().startswith(b"d1 OK")


# What a stranger may make the server hold is bounded: RFC 9051 11 and goals.
def test_a_stranger_with_too_many_errors_is_shown_the_door(shared_office):
    with Session(shared_office) as session:
        try:
            for n in range(50):
                session.send(f"e{n} NONSENSE\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # the door is shut already
        text = session.rest()
        assert "BYE" in text and text.count("BAD") <= 10


def test_a_stranger_who_guesses_is_shown_the_door(shared_office):
    with Session(shared_office) as session:
        said = 0
        try:
            for _ in range(30):
                session.send(f'g LOGIN "khongco.stttt@bacninh.gov.vn" "{PASSWORD}x"\r\n')
                while b"g " not in (got := session.response()):
                    assert got.startswith(b"*")
                said += 1
        except (EOFError, ConnectionError):
            pass
        assert 1 <= said <= 6


def test_the_tag_of_a_line_that_is_too_long_is_told_back(connect):
    session = connect()
    session.bad("NOOP " + "x" * 600000)
    session.ok("NOOP")
