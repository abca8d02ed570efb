"""Several sessions on one mailbox: each is told what the others did, when it may be told."""

import socket

import pytest

from harness.imap import message


@pytest.fixture
def pair(connect, box):
    """Two sessions with five messages selected: (this one, the other one)."""
    one, other = connect(), connect()
    for n in range(5):
        one.append(box, message(f"thu {n}", "x" * n))
    for session in (one, other):
        session.box = box
        session.ok(f"SELECT {box}")
    return one, other


def remove(session, numbers):
    session.ok(rf"STORE {numbers} +FLAGS.SILENT (\Deleted)")
    return session.ok("EXPUNGE")


# RFC 9051 7.5.1: an EXPUNGE in FETCH, STORE or SEARCH would shift the numbers under the client.
@pytest.mark.parametrize("command", ["FETCH 1:5 (UID)", r"STORE 5 +FLAGS (\Seen)", "SEARCH ALL"])
def test_no_expunge_is_told_while_numbers_are_in_use(pair, command):
    one, other = pair
    remove(other, "2")
    assert not one.ok(command).of(r"\d+ EXPUNGE")
    assert one.ok("NOOP").of(r"\d+ EXPUNGE") == ["2 EXPUNGE"]


# RFC 9051 7.5.1: commands that count by UID may be told.
@pytest.mark.parametrize("command", ["UID FETCH 5 (FLAGS)", r"UID STORE 5 +FLAGS (\Seen)",
                                     "UID SEARCH ALL", "NOOP", "CHECK", "STATUS INBOX (MESSAGES)"])
def test_expunge_is_told_with_the_next_command_that_may(pair, command):
    one, other = pair
    remove(other, "2,4")
    answer = one.ok(command)
    assert answer.of(r"\d+ EXPUNGE") == ["4 EXPUNGE", "2 EXPUNGE"] or \
        answer.of(r"\d+ EXPUNGE") == ["2 EXPUNGE", "3 EXPUNGE"]
    assert one.ok("UID SEARCH ALL").search() == [1, 3, 5]


# RFC 9051 7.5.1 with RFC 2180 4.1: what the client still counts stays readable.
def test_a_message_that_another_removed_stays_readable_until_told(pair):
    one, other = pair
    remove(other, "1:5")
    rows = one.ok("FETCH 1:5 (UID BODY.PEEK[TEXT] ENVELOPE)").fetched()
    assert [int(rows[n]["UID"]) for n in range(1, 6)] == [1, 2, 3, 4, 5]
    assert rows[4]["BODY[TEXT]"] == b"xxx\r\n"
    assert len(one.ok("NOOP").of(r"\d+ EXPUNGE")) == 5
    assert one.ok("UID SEARCH ALL").search() == []


def test_numbers_stay_right_when_mail_comes_before_an_expunge_was_told(pair, connect):
    one, other = pair
    remove(other, "1,2")
    connect().append(one.box, message("moi"))
    answer = one.ok("FETCH 3 (UID)")
    assert answer.one(r"\d+ EXISTS") == "6 EXISTS"
    assert one.ok("FETCH 6 (UID)").fetched()[6]["UID"] == b"6"
    assert len(one.ok("NOOP").of(r"\d+ EXPUNGE")) == 2
    assert one.ok("FETCH 4 (UID)").fetched()[4]["UID"] == b"6"


# RFC 9051 7.5.2, 5.2
def test_changed_flags_are_told_to_the_others_once(pair):
    one, other = pair
    answer = other.ok(r"STORE 2 +FLAGS (\Flagged $ViecGap)")
    assert rb"\Flagged" in answer.fetched()[2]["FLAGS"]
    assert not other.ok("NOOP").fetched()
    told = one.ok("NOOP")
    assert set(told.fetched()[2]["FLAGS"]) >= {rb"\Flagged", b"$ViecGap"}
    assert "$ViecGap" in told.one("FLAGS")  # a new keyword is announced first
    assert told.lines.index(told.one("FLAGS")) < told.lines.index(told.one(r"\d+ FETCH"))
    assert not one.ok("NOOP").fetched()


# RFC 9051 6.4.6: .SILENT keeps what the command did from the client itself only.
def test_silent_is_silent_to_oneself_only(pair):
    one, other = pair
    assert not other.ok(r"STORE 1 +FLAGS.SILENT (\Answered)").fetched()
    assert rb"\Answered" in one.ok("NOOP").fetched()[1]["FLAGS"]


def test_a_fetch_that_sets_seen_tells_the_others(pair):
    one, other = pair
    assert rb"\Seen" in other.ok("FETCH 3 BODY[]").fetched()[3]["FLAGS"]
    assert rb"\Seen" in one.ok("NOOP").fetched()[3]["FLAGS"]


# RFC 2177, RFC 9051 6.3.13
@pytest.mark.capability("IDLE")
def test_idle_tells_arrivals_flags_and_removals_at_once(pair):
    one, other = pair
    assert "IDLE" in one.capabilities()
    tag = one.idle()
    other.append(other.box)
    assert one.told(r"\d+ EXISTS") == "* 6 EXISTS"
    other.ok(r"STORE 2 +FLAGS (\Flagged)")
    assert r"\Flagged" in one.told(r"2 FETCH")
    remove(other, "1")
    assert one.told(r"\d+ EXPUNGE") == "* 1 EXPUNGE"
    one.done(tag)
    assert one.ok("UID SEARCH ALL").search() == [2, 3, 4, 5, 6]


def test_idle_tells_what_came_before_it_began(pair):
    one, other = pair
    other.append(other.box)
    tag = one.idle()
    assert one.told(r"\d+ EXISTS") == "* 6 EXISTS"
    one.done(tag)


def test_idle_without_a_mailbox_waits_and_ends(connect):
    session = connect()
    assert session.done(session.idle()).status == "OK"


def test_anything_but_done_ends_idle_with_bad(opened):
    tag = opened.idle()
    opened.send("NOOP\r\n")
    assert opened.end(tag).status == "BAD"
    opened.ok("NOOP")


# RFC 9051 7.1.5: who has the mailbox open is told that it is gone.
def test_deleting_a_mailbox_ends_the_sessions_that_have_it_open(pair):
    one, other = pair
    tag = one.idle()
    other.ok("UNSELECT")
    other.ok(f"DELETE {other.box}")
    assert one.told("BYE")
    assert tag


def test_deleting_the_selected_mailbox_unselects_it(opened):
    opened.ok(f"DELETE {opened.box}")
    opened.bad("FETCH 1 FLAGS")
    opened.no(f"SELECT {opened.box}", "NONEXISTENT")


def test_a_renamed_mailbox_stays_open_for_the_others(pair):
    one, other = pair
    other.ok(f"RENAME {other.box} {other.box}moi")
    other.append(f"{other.box}moi")
    assert one.ok("NOOP").one(r"\d+ EXISTS") == "6 EXISTS"


# RFC 9051 6.4.7: COPY into the selected mailbox is seen at once.
def test_copy_into_the_selected_mailbox_is_told(opened):
    opened.append(opened.box)
    answer = opened.ok(f"COPY 1 {opened.box}")
    assert answer.one(r"\d+ EXISTS") == "2 EXISTS"


def test_append_to_the_selected_mailbox_is_told_before_its_ok(opened):
    data = message("moi")
    answer = opened.continued(f"APPEND {opened.box} {{{len(data)}}}", data)
    assert answer.status == "OK" and answer.one(r"\d+ EXISTS") == "1 EXISTS"


def test_many_changes_are_told_completely(pair):
    one, other = pair
    for n in range(120):
        other.append(other.box, message(f"nua {n}"))
    other.ok(r"STORE 1:* +FLAGS.SILENT (\Flagged)")
    other.ok(r"STORE 10:60 +FLAGS.SILENT (\Deleted)")
    other.ok("EXPUNGE")
    answer = one.ok("NOOP")
    count = 5
    for line in answer.lines:
        if line.endswith("EXPUNGE"):
            count -= 1
        elif line.endswith("EXISTS"):
            count = int(line.split()[0])
    assert count == 125 - 51
    rows = one.ok("FETCH 1:* (UID FLAGS)").fetched()
    assert [int(r["UID"]) for r in rows.values()] == [*range(1, 10), *range(61, 126)]
    assert all(rb"\Flagged" in r["FLAGS"] for r in rows.values())


# RFC 9051 7: a response is one piece, also when its reader lets it wait half way.
def test_a_keyword_made_while_a_long_body_waits_does_not_break_the_answer(connect, box):
    one, other = connect(), connect()
    one.append(box, message("lon", "x" * 30000000))
    for session in (one, other):
        session.ok(f"SELECT {box}")
    tag = one.begin("FETCH 1 (UID BODY.PEEK[] FLAGS)")
    assert one.socket.recv(1, socket.MSG_PEEK)  # it has begun, and waits for us to read
    other.ok("STORE 1 +FLAGS ($MoiTinh)")
    answer = one.end(tag)
    rows = answer.fetched()
    assert len(rows[1]["BODY[]"]) > 30000000 and rows[1]["UID"] == b"1"
    assert b"$MoiTinh" in one.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"]
