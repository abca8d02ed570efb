"""SELECT, EXAMINE, CLOSE, UNSELECT, STATUS, EXPUNGE: the selected state and its edges."""

import re

import pytest

from harness.imap import message


# RFC 9051 6.3.2, RFC 3501 6.3.1
@pytest.mark.capability("IMAP4rev1")
def test_select_tells_all_that_rev1_demands(connect, box):
    session = connect()
    for n in range(3):
        session.append(box, message(f"thu {n}"), r"(\Seen)" if n == 0 else "")
    answer = session.ok(f"SELECT {box}")
    assert answer.code == "READ-WRITE"
    assert answer.one(r"\d+ EXISTS") == "3 EXISTS"
    assert answer.one(r"\d+ RECENT") == "3 RECENT"
    assert answer.one("FLAGS")
    assert answer.has_code("UNSEEN") == "2"
    assert answer.has_code("UIDNEXT") == "4"
    assert int(answer.has_code("UIDVALIDITY")) > 0
    assert r"\*" in answer.has_code("PERMANENTFLAGS")
    assert not answer.of("LIST")


# RFC 9051 6.3.2: RECENT and UNSEEN are gone, LIST is new.
@pytest.mark.capability("IMAP4rev2")
def test_select_tells_all_that_rev2_demands(connect, box):
    session = connect()
    session.ok("ENABLE IMAP4rev2")
    session.append(box)
    answer = session.ok(f"SELECT {box}")
    assert answer.one(r"\d+ EXISTS") == "1 EXISTS"
    assert not answer.of(r"\d+ RECENT") and answer.has_code("UNSEEN") is None
    assert box in answer.names()
    assert answer.has_code("UIDNEXT") == "2" and answer.has_code("UIDVALIDITY")


# RFC 9051 7.1: CLOSED parts the answers of the old mailbox from those of the new.
@pytest.mark.capability("IMAP4rev2")
def test_rev2_tells_where_the_old_mailbox_ends(connect, box):
    session = connect()
    session.ok(f"SELECT {box}")
    assert session.ok("SELECT INBOX").has_code("CLOSED") is None  # unknown to rev1
    session.ok("ENABLE IMAP4rev2")
    assert session.ok(f"SELECT {box}").lines[0].startswith("OK [CLOSED]")
    assert session.ok("UNSELECT").has_code("CLOSED") is None


# RFC 9051 6.3.2: the old mailbox is left even when the new one cannot be opened.
def test_a_failed_select_leaves_no_mailbox_selected(opened):
    opened.no("SELECT Khongco", "NONEXISTENT")
    opened.bad("FETCH 1 FLAGS")


# RFC 9051 6.3.3
@pytest.mark.parametrize("command, status", [
    (r"STORE 1 +FLAGS (\Seen)", "NO"), ("EXPUNGE", "NO"), ("MOVE 1 INBOX", "NO"),
    ("FETCH 1 BODY[]", "OK"), ("UID COPY 1 INBOX", "OK"), ("SEARCH ALL", "OK")])
def test_examine_changes_nothing(connect, box, command, status):
    session = connect()
    session.append(box, flags=r"(\Deleted)")
    answer = session.ok(f"EXAMINE {box}")
    assert answer.code == "READ-ONLY" and answer.has_code("PERMANENTFLAGS") == "()"
    assert session.command(command).status == status
    session.ok("CLOSE")
    session.ok(f"SELECT {box}")
    assert session.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"] in (
        [rb"\Deleted"], [rb"\Deleted", rb"\Recent"])


# RFC 3501 2.3.2: \Recent goes to one session; EXAMINE takes it from nobody.
def test_recent_is_told_to_the_first_session_only(connect, box):
    session, other = connect(), connect()
    session.append(box)
    assert session.ok(f"EXAMINE {box}").one(r"\d+ RECENT") == "1 RECENT"
    assert session.ok(f"SELECT {box}").one(r"\d+ RECENT") == "1 RECENT"
    assert rb"\Recent" in session.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"]
    assert session.ok("SEARCH RECENT").search() == [1]
    assert session.ok("SEARCH NEW").search() == [1]
    assert other.ok(f"SELECT {box}").one(r"\d+ RECENT") == "0 RECENT"
    assert other.ok("SEARCH OLD").search() == [1]


# RFC 9051 6.4.1: CLOSE removes without telling.
def test_close_removes_the_deleted_silently(opened):
    for _ in range(3):
        opened.append(opened.box)
    opened.ok(r"STORE 2 +FLAGS.SILENT (\Deleted)")
    answer = opened.ok("CLOSE")
    assert not answer.of(r"\d+ EXPUNGE")
    assert opened.ok(f"SELECT {opened.box}").one(r"\d+ EXISTS") == "2 EXISTS"


# RFC 3691
@pytest.mark.capability("UNSELECT")
def test_unselect_removes_nothing(opened):
    assert "UNSELECT" in opened.capabilities()
    opened.append(opened.box, flags=r"(\Deleted)")
    opened.ok("UNSELECT")
    opened.bad("UNSELECT")
    assert opened.ok(f"SELECT {opened.box}").one(r"\d+ EXISTS") == "1 EXISTS"


# RFC 9051 6.4.3, 7.5.1: each number is true at the moment when it is told.
def test_expunge_numbers_count_down_as_messages_go(opened):
    for n in range(6):
        opened.append(opened.box, message(f"thu {n}"))
    opened.ok(r"STORE 2,3,5 +FLAGS.SILENT (\Deleted)")
    left = [1, 2, 3, 4, 5, 6]
    for line in opened.ok("EXPUNGE").of(r"\d+ EXPUNGE"):
        left.pop(int(line.split()[0]) - 1)
    assert left == [1, 4, 6]
    assert opened.ok("UID SEARCH ALL").search() == [1, 4, 6]


# RFC 9051 6.3.11
def test_status_counts_without_selecting(connect, box):
    session = connect()
    session.append(box, message("mot"))
    session.append(box, message("hai"), r"(\Seen \Deleted)")
    told = session.ok(f"STATUS {box} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED RECENT)")
    counts = told.status_of(box)
    assert counts.pop("UIDVALIDITY") > 0
    assert counts == {"MESSAGES": 2, "UIDNEXT": 3, "UNSEEN": 1, "DELETED": 1, "RECENT": 2}
    session.bad("FETCH 1 FLAGS")
    session.no("STATUS Khongco (MESSAGES)", "NONEXISTENT")
    session.bad(f"STATUS {box} (NONSENSE)")
    session.bad(f"STATUS {box}")


# RFC 8438 2: at least the sum of RFC822.SIZE.
@pytest.mark.capability("STATUS=SIZE")
def test_status_size_is_the_sum_of_the_sizes(opened):
    assert "STATUS=SIZE" in opened.capabilities()
    for n in (10, 1000, 20000):
        opened.append(opened.box, message("x", "y" * n))
    rows = opened.ok("FETCH 1:* RFC822.SIZE").fetched()
    total = sum(int(row["RFC822.SIZE"]) for row in rows.values())
    assert opened.ok(f"STATUS {opened.box} (SIZE)").status_of(opened.box) == {"SIZE": total}
    opened.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    told = opened.ok(f'LIST "" {opened.box} RETURN (STATUS (SIZE DELETED))').status_of(opened.box)
    assert told == {"SIZE": total - int(rows[1]["RFC822.SIZE"]), "DELETED": 0}


# RFC 9051 6.3.11: DELETED is exact after everything that changes it.
@pytest.mark.capability("STATUS=SIZE")
def test_the_count_of_deleted_follows_every_change(opened):
    def deleted(name=opened.box):
        return opened.ok(f"STATUS {name} (MESSAGES DELETED)").status_of(name)
    opened.ok(f"CREATE Kho{opened.box}")
    for n in range(4):
        opened.append(opened.box, flags=r"(\Deleted)" if n == 0 else "")
    assert deleted() == {"MESSAGES": 4, "DELETED": 1}
    opened.ok(r"STORE 1:3 +FLAGS.SILENT (\Deleted)")
    assert deleted() == {"MESSAGES": 4, "DELETED": 3}
    opened.ok(r"STORE 3 -FLAGS.SILENT (\Deleted)")
    opened.ok(r"STORE 2 FLAGS.SILENT (\Deleted \Seen)")
    opened.ok(f"COPY 1:4 Kho{opened.box}")
    assert deleted() == deleted(f"Kho{opened.box}") == {"MESSAGES": 4, "DELETED": 2}
    opened.ok(f"MOVE 1 Kho{opened.box}")
    assert deleted() == {"MESSAGES": 3, "DELETED": 1}
    assert deleted(f"Kho{opened.box}") == {"MESSAGES": 5, "DELETED": 3}
    opened.ok("EXPUNGE")
    assert deleted() == {"MESSAGES": 2, "DELETED": 0}


# RFC 7889 3, 4, 5
@pytest.mark.capability("APPENDLIMIT")
def test_the_limit_of_append_is_told_and_kept(opened):
    word = next(w for w in opened.capabilities() if w.startswith("APPENDLIMIT="))
    limit = int(word.split("=")[1])
    assert opened.ok(f"STATUS {opened.box} (APPENDLIMIT)").status_of(opened.box) == {
        "APPENDLIMIT": limit}
    opened.no(f"APPEND {opened.box} {{{limit + 1}}}", "TOOBIG")
    opened.no(f"APPEND {opened.box} {{9223372036854775807}}", "TOOBIG")
    opened.bad(f"APPEND {opened.box} {{99999999999999999999}}")  # beyond number64
    opened.ok("NOOP")


# RFC 9051 2.3.1.1: a UID is never given twice, not even when the last message went.
def test_uids_rise_strictly_and_are_never_given_again(opened):
    first = opened.append(opened.box)
    second = opened.append(opened.box)
    assert second > first
    opened.ok(r"STORE 1:* +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    assert opened.append(opened.box) > second


# RFC 9051 2.3.1.1: a mailbox made anew under the old name must not be taken for the old one.
@pytest.mark.parametrize("how", ["DELETE {0}", "RENAME {0} {0}x"])
def test_a_mailbox_made_anew_has_another_uidvalidity(connect, box, how):
    session = connect()
    session.append(box)
    before = session.ok(f"STATUS {box} (UIDVALIDITY UIDNEXT)").status_of(box)
    session.ok(how.format(box))
    session.ok(f"CREATE {box}")
    after = session.ok(f"STATUS {box} (UIDVALIDITY UIDNEXT)").status_of(box)
    assert after["UIDVALIDITY"] > before["UIDVALIDITY"] or after["UIDNEXT"] >= before["UIDNEXT"]
    assert after["UIDVALIDITY"] != before["UIDVALIDITY"]


# RFC 9051 9, seq-number
@pytest.mark.parametrize("command", [
    "FETCH 1 FLAGS", "FETCH * FLAGS", "FETCH 1:* FLAGS", r"STORE 1 FLAGS (\Seen)", "COPY 1 INBOX",
    "MOVE 1 INBOX"])
def test_a_number_that_no_message_has_is_bad(opened, command):
    opened.bad(command)
    opened.append(opened.box)
    opened.bad(command.replace("*", "2").replace(" 1 ", " 2 "))


@pytest.mark.parametrize("command", [
    "UID FETCH 1 FLAGS", "UID FETCH * FLAGS", "UID FETCH 1:* FLAGS", r"UID STORE 7 FLAGS (\Seen)",
    "UID COPY 7 INBOX", "UID MOVE 7 INBOX", "UID EXPUNGE 7"])
def test_a_uid_that_no_message_has_is_passed_over(opened, command):
    assert not opened.ok(command).fetched()


# RFC 9051 9, seq-range: "3291:*" holds the last message even when its UID is lower.
def test_a_uid_range_to_the_end_always_holds_the_last_message(opened):
    opened.append(opened.box)
    opened.append(opened.box)
    assert list(opened.ok("UID FETCH 100:* (UID)").fetched()) == [2]
    assert list(opened.ok("UID FETCH *:100 (UID)").fetched()) == [2]
    assert sorted(opened.ok("FETCH 2:1,1,*:2 (UID)").fetched()) == [1, 2]


@pytest.mark.parametrize("numbers", ["0", "1:0", "a", "1,", "1::2", ":", "-1", "4294967296", "1 2"])
def test_a_malformed_set_is_bad(opened, numbers):
    opened.append(opened.box)
    opened.bad(f"FETCH {numbers} FLAGS")
    opened.bad(f"UID FETCH {numbers} FLAGS")


# RFC 9051 6.3.2: INBOX in any case.
@pytest.mark.parametrize("name", ["inbox", "Inbox", '"INBOX"', "iNbOx"])
def test_inbox_has_no_case(connect, name):
    assert connect().ok(f"SELECT {name}").code == "READ-WRITE"


# RFC 9051 5.2, 7.4.1: a delivery is told at the next command.
def test_new_mail_is_told_at_the_next_command(connect, opened):
    connect().append(opened.box)
    answer = opened.ok("NOOP")
    assert answer.one(r"\d+ EXISTS") == "1 EXISTS" and answer.one(r"\d+ RECENT")
    assert re.search("Completed|completed", answer.text)
