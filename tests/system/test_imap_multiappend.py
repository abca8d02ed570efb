"""MULTIAPPEND: several messages in one APPEND, all of them or none."""

import threading
import time

import pytest

from harness.imap import Session, message


def literal(options, data, wait):
    """What stands before a message's bytes."""
    return b" " + (options.encode() + b" " if options else b"") + (
        b"{%d}" if wait else b"{%d+}") % len(data)


def together(session, box, parts, wait=False):
    """One APPEND of (options, bytes); in one piece, or with literals that are asked for."""
    heads = [literal(options, data, wait) for options, data in parts]
    start = b"APPEND " + box.encode()
    if not wait:
        return session.command(start + b"".join(head + b"\r\n" + data
                                                for head, (_, data) in zip(heads, parts)))
    pieces = [data + after for (_, data), after in zip(parts, [*heads[1:], b""])]
    return session.continued(start + heads[0], *pieces)


def count(session, box):
    return session.ok(f"STATUS {box} (MESSAGES)").status_of(box)["MESSAGES"]


THREE = [(r"(\Seen)", message("mot")), ('(\\Flagged tag) "01-Feb-2026 12:00:00 +0700"', message("hai")),
         ("", message("ba", "x" * 300000))]


# RFC 3502 6.3.11; RFC 4315 3
@pytest.mark.capability("MULTIAPPEND")
@pytest.mark.parametrize("wait", [False, True])
def test_several_messages_arrive_in_order_with_their_own_flags_and_dates(opened, wait):
    assert "MULTIAPPEND" in opened.capabilities()
    answer = together(opened, opened.box, THREE, wait)
    validity = opened.ok(f"STATUS {opened.box} (UIDVALIDITY)").status_of(opened.box)["UIDVALIDITY"]
    assert answer.status == "OK" and answer.code == f"APPENDUID {validity} 1:3", answer
    rows = opened.ok("FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])").fetched()
    assert [rows[n]["BODY[]"] for n in (1, 2, 3)] == [data for _, data in THREE]
    assert set(rows[1]["FLAGS"]) - {rb"\Recent"} == {rb"\Seen"}
    assert set(rows[2]["FLAGS"]) - {rb"\Recent"} == {rb"\Flagged", b"tag"}
    assert rows[2]["INTERNALDATE"] == b" 1-Feb-2026 12:00:00 +0700"


# RFC 3502 6.3.11: nothing of it is there unless all of it is.
@pytest.mark.parametrize("last, code", [
    (("", b""), "CANNOT"), (("", message("x", "a\0b")), "CANNOT")])
def test_one_bad_message_takes_all_back(opened, last, code):
    answer = together(opened, opened.box, [*THREE, last])
    assert answer.status == "NO" and answer.code == code, answer
    assert count(opened, opened.box) == 0
    opened.ok("NOOP")


def test_an_empty_message_calls_the_whole_off_where_the_client_waits(opened):
    answer = together(opened, opened.box, [*THREE[:2], ("", b"")], wait=True)
    assert answer.status == "NO" and count(opened, opened.box) == 0
    assert together(opened, opened.box, THREE[:2], wait=True).status == "OK"


def test_what_is_no_message_between_them_is_bad_and_stores_nothing(opened, shared_office):
    data = message("mot")
    for tail in (b" x", b"  {3+}\r\nabc", b" (\\Seen) ", b" (\\Seen {3+}\r\nabc", b" NIL",
                 b" \"24-Nov-2026\" {3+}\r\nabc", b" {3+", b"x {3+}\r\nabc"):
        with Session(shared_office, shared_office.anh) as session:
            session.send(b"m1 APPEND %s {%d+}\r\n%s%s\r\n" % (opened.box.encode(), len(data), data,
                                                              tail))
            assert session.response().startswith(b"m1 BAD"), tail
    assert count(opened, opened.box) == 0


def test_the_right_to_insert_and_the_mailbox_are_asked_for_before_any_byte(opened):
    opened.no("APPEND Khongco (\\Seen) {10}", "TRYCREATE")
    opened.send(b"q APPEND Khongco {3+}\r\nabc {4+}\r\nabcd (\\Seen) {2}\r\n")
    assert opened.response().startswith(b"q NO [TRYCREATE]")
    opened.ok("NOOP")


def test_a_thousand_messages_are_the_most(opened):
    data = message("nho")
    answer = together(opened, opened.box, [("", data)] * 1000)
    assert answer.status == "OK" and answer.code.endswith(" 1:1000"), answer
    answer = together(opened, opened.box, [("", data)] * 1001)
    assert answer.status == "NO" and answer.code == "LIMIT"
    assert count(opened, opened.box) == 1000


# Others see all of them at once.
def test_others_see_all_of_them_in_one_step(opened, connect):
    other = connect()
    other.ok(f"SELECT {opened.box}")
    tag = other.idle()
    together(opened, opened.box, [("", message(f"thu {n}")) for n in range(50)])
    assert other.told(r"\d+ EXISTS") == "* 50 EXISTS"
    other.done(tag)


# A connection that breaks inside the third message: nothing is there.
def test_a_client_that_vanishes_leaves_nothing(opened, shared_office):
    with Session(shared_office, shared_office.anh) as session:
        session.send(b"v1 APPEND %s {10+}\r\n0123456789 {10+}\r\n0123456789 {100+}\r\nabc"
                     % opened.box.encode())
    opened.ok("NOOP")
    assert count(opened, opened.box) == 0


# Whenever the process is lost: an APPEND of ten is there as ten or not at all, and what was acknowledged
# is there.
@pytest.mark.parametrize("when", [0.05, 0.15, 0.3])
def test_a_lost_process_leaves_whole_appends_only(office, when):
    acknowledged, stop = [0], threading.Event()

    def fill():
        try:
            with Session(office, office.anh) as session:
                while not stop.is_set():
                    answer = together(session, "INBOX", [
                        ("", message(f"thu {n}", "x" * (n * n * 1500))) for n in range(10)])
                    assert answer.status == "OK"
                    acknowledged[0] += 10
        except (OSError, EOFError):
            pass

    fillers = [threading.Thread(target=fill) for _ in range(3)]
    for filler in fillers:
        filler.start()
    time.sleep(when)  # the moment is the test's, not a wait for anything
    office.kill()
    stop.set()
    for filler in fillers:
        filler.join()
    office.start()
    with Session(office, office.anh) as session:
        there = count(session, "INBOX")
        assert there % 10 == 0 and there >= acknowledged[0], (there, acknowledged)


# What one command may make the server hold until it is whole: so much in memory, so many files.
def test_what_a_command_may_hold_is_bounded(opened):
    large = [("", message(f"thu {n}", "x" * 70000)) for n in range(101)]
    answer = together(opened, opened.box, large)
    assert answer.status == "NO" and answer.code == "LIMIT", answer
    assert together(opened, opened.box, large[:100]).status == "OK"
    # More than stays in memory: the rest waits in files, and all of it arrives.
    many = [("", message(f"thu {n}", "x" * 60000)) for n in range(120)]
    assert together(opened, opened.box, many).status == "OK"
    assert count(opened, opened.box) == 220
    opened.ok("NOOP")
    rows = opened.ok("FETCH 101:220 (BODY.PEEK[])").fetched()
    assert [rows[n]["BODY[]"] for n in range(101, 221)] == [data for _, data in many]
