"""REPLACE: a draft in place of the one before it, in one step that cannot stop half way."""

import re

import pytest

from harness.imap import message


@pytest.fixture
def drafts(opened):
    """Three drafts in the selected mailbox, UIDs 1 to 3; an empty mailbox opened.sent."""
    opened.sent = opened.box + "gui"
    opened.ok(f"CREATE {opened.sent}")
    for n in range(3):
        opened.append(opened.box, message(f"ban {n}"), r"(\Draft)")
    opened.ok("NOOP")
    return opened


def replace(session, which, box, data, options="", uid=False):
    return session.command(f"{'UID ' if uid else ''}REPLACE {which} {box} {options}".encode() +
                           b"{%d+}\r\n%s" % (len(data), data))


# RFC 8508 3.2, 3.4, 4.3
@pytest.mark.capability("REPLACE")
@pytest.mark.parametrize("uid", [False, True])
def test_the_new_uid_is_told_before_the_old_one_goes(drafts, uid):
    assert "REPLACE" in drafts.capabilities()
    data = message("ban moi")
    answer = replace(drafts, 2, drafts.box, data, r'(\Seen) "01-Feb-2026 12:00:00 +0700" ', uid)
    assert answer.status == "OK" and answer.code is None, answer
    kinds = [re.sub(r"APPENDUID \d+", "APPENDUID", line.split("]")[0]) for line in answer.lines]
    assert kinds[0] == "OK [APPENDUID 4"
    assert sorted(answer.of(r"\d+ E")) == sorted(["2 EXPUNGE", answer.one(r"\d+ EXISTS")])
    assert drafts.ok("UID SEARCH ALL").search() == [1, 3, 4]
    row = drafts.ok("FETCH 3 (FLAGS INTERNALDATE BODY.PEEK[])").fetched()[3]
    assert row["BODY[]"] == data and row["INTERNALDATE"] == b" 1-Feb-2026 12:00:00 +0700"
    # RFC 8508 1: nothing is inherited.
    assert set(row["FLAGS"]) - {rb"\Recent"} == {rb"\Seen"}


def test_a_draft_becomes_a_sent_message_in_another_mailbox(drafts):
    answer = replace(drafts, "*", drafts.sent, message("da gui"))
    assert answer.status == "OK", answer
    assert drafts.ok("UID SEARCH ALL").search() == [1, 2]
    drafts.ok(f"EXAMINE {drafts.sent}")
    assert drafts.ok("UID SEARCH ALL").search() == [1]


# RFC 8508 4.2
@pytest.mark.capability("REPLACE", "CATENATE")
def test_a_header_is_put_before_a_draft_without_sending_it_again(drafts):
    old = drafts.ok("UID FETCH 3 BODY.PEEK[]").fetched()[3]["BODY[]"]
    drafts.ok(b'UID REPLACE 3 %s CATENATE (TEXT {15+}\r\nTo: x@y.example URL ";UID=3")'
              % drafts.box.encode())
    assert drafts.ok("UID FETCH 4 BODY.PEEK[]").fetched()[3]["BODY[]"] == b"To: x@y.example" + old
    drafts.ok(f'UID REPLACE 4 {drafts.box} CATENATE (URL "/{drafts.box}/;UID=4")')
    assert drafts.ok("UID SEARCH ALL").search() == [1, 2, 5]


# RFC 8508 4.5, RFC 7162 3.2.10
@pytest.mark.capability("REPLACE", "QRESYNC")
def test_with_qresync_the_old_one_vanishes(connect, drafts):
    session = connect()
    session.ok("ENABLE QRESYNC")
    session.ok(f"SELECT {drafts.box}")
    answer = replace(session, 1, drafts.box, message("x"))
    assert answer.one("VANISHED") == "VANISHED 1" and not answer.of(r"\d+ EXPUNGE")


@pytest.mark.parametrize("command", [
    "REPLACE", "REPLACE 1", "REPLACE 1:2 {box} {{3+}}\r\nabc", "REPLACE 1,2 {box} {{3+}}\r\nabc",
    "REPLACE 9 {box} {{3+}}\r\nabc", "REPLACE 0 {box} {{3+}}\r\nabc", "REPLACE $ {box} {{3+}}\r\nabc",
    "REPLACE 1 {box}", "REPLACE x {box} {{3+}}\r\nabc"])
def test_a_malformed_replace_is_bad(drafts, command):
    drafts.bad(command.format(box=drafts.box))
    assert drafts.ok("UID SEARCH ALL").search() == [1, 2, 3]


# RFC 8508 4.7: one message for one.
def test_two_messages_for_one_are_bad(drafts, connect):
    answer = drafts.continued(f"REPLACE 1 {drafts.box} {{3}}", b"abc {3}")
    assert answer.status == "BAD"
    assert drafts.ok("UID SEARCH ALL").search() == [1, 2, 3]
    # What follows a message that nobody waits with is not looked at.
    drafts.send(f"t1 REPLACE 1 {drafts.box} {{3+}}\r\nabc {{3+}}\r\nabc\r\nt2 NOOP\r\n")
    told = drafts.rest()
    assert told.startswith("t1 BAD") and "BYE" in told and "t2" not in told
    session = connect()
    session.ok(f"SELECT {drafts.box}")
    assert session.ok("UID SEARCH ALL").search() == [1, 2, 3]


def test_replace_needs_a_selected_mailbox(connect, box):
    session = connect()
    session.bad(f"REPLACE 1 {box} {{3+}}\r\nabc")
    session.bad(f"UID REPLACE 1 {box} {{3+}}\r\nabc")


def test_what_is_refused_leaves_both_as_they_were(drafts, connect):
    assert replace(drafts, 1, "Khongco", message("x")).code == "TRYCREATE"
    assert replace(drafts, 1, drafts.box, b"").code == "CANNOT"
    assert replace(drafts, 1, drafts.box, message("x", "a\0b")).code == "CANNOT"
    assert replace(drafts, 77, drafts.box, message("x"), uid=True).code == "NONEXISTENT"
    drafts.no(f"REPLACE 1 Khongco {{10}}", "TRYCREATE")
    drafts.no(f"UID REPLACE 77 {drafts.box} {{10}}", "NONEXISTENT")
    assert drafts.ok("UID SEARCH ALL").search() == [1, 2, 3]
    session = connect()
    session.ok(f"EXAMINE {drafts.box}")
    assert replace(session, 1, drafts.box, message("x")).code == "READ-ONLY"


def test_a_draft_that_another_client_took_away_is_not_made_again(drafts, connect):
    other = connect()
    other.ok(f"SELECT {drafts.box}")
    other.ok(r"STORE 1 +FLAGS (\Deleted)")
    other.ok("EXPUNGE")
    assert replace(drafts, 1, drafts.box, message("x"), uid=True).code in (
        "EXPUNGEISSUED", "NONEXISTENT")
    assert drafts.ok("UID SEARCH ALL").search() == [2, 3]


# RFC 8508 4.1
@pytest.mark.capability("REPLACE", "ACL")
@pytest.mark.parametrize("rights, code", [
    ("lrite", None), ("lrie", "NOPERM"), ("lrit", "NOPERM"), ("lrte", "NOPERM")])
def test_it_takes_the_rights_of_append_store_and_expunge(drafts, connect, rights, code):
    drafts.ok(f'SETACL {drafts.box} ntbinh.stttt "{rights}"')
    other = connect("binh")
    name = f"Shared/tvanh.stttt/{drafts.box}"
    other.ok(f"SELECT {name}")
    answer = replace(other, 1, name, message("x"))
    assert answer.status == ("OK" if code is None else "NO") and answer.code == code, answer


def test_others_see_the_change_as_arrival_and_removal(drafts, connect):
    other = connect()
    other.ok(f"SELECT {drafts.box}")
    tag = other.idle()
    replace(drafts, 1, drafts.box, message("x"))
    seen = {other.told(r"\d+ E") for _ in range(2)}
    assert "* 1 EXPUNGE" in seen
    other.done(tag)
    assert other.ok("UID SEARCH ALL").search() == [2, 3, 4]
