"""SORT: every criterion, alone and composed, the order of Vietnamese text, and the forms of the
answer."""

import random
import time

import pytest

from harness.imap import Session, message
from harness.server import SLOWNESS


def fill(session, mails):
    """Each mail: (message, INTERNALDATE or ""); selects the mailbox."""
    for data, date in mails:
        session.append(session.box, data, date=date)
    session.ok(f"SELECT {session.box}")
    return session


def order(session, program, keys="ALL", charset="UTF-8"):
    return [int(n) for n in session.ok(f"SORT ({program}) {charset} {keys}").one("SORT").split()[1:]]


# RFC 5256 3, SORT
@pytest.mark.capability("SORT")
def test_dates_and_sizes_are_ordered_by_time_and_octets(opened):
    assert "SORT" in opened.capabilities()
    fill(opened, [
        (message("a", "x" * 300, Date="Fri, 22 Feb 2008 10:00:00 +0700"), "22-Feb-2008 23:00:00 +0200"),
        (message("b", "x" * 100, Date="Fri, 22 Feb 2008 02:00:00 +0000"), "22-Feb-2008 22:00:00 +0200"),
        (message("c", "x" * 200), "22-Feb-2008 02:30:00 +0000"),
        (message("d", "x" * 100, Date="khong phai ngay"), "22-Feb-2008 01:30:00 +0000")])
    assert order(opened, "ARRIVAL") == [4, 3, 2, 1]
    assert order(opened, "REVERSE ARRIVAL") == [1, 2, 3, 4]
    assert order(opened, "DATE") == [4, 2, 3, 1]  # 3 and 4 by their arrival: 2.2
    assert order(opened, "SIZE")[-1] == 1
    assert order(opened, "REVERSE SIZE")[0] == 1
    assert order(opened, "DATE", "2:3") == [2, 3]
    assert order(opened, "DATE", "SUBJECT khongco") == []


# RFC 5256 2.1, 3: what is equal stays in the order of the mailbox, whatever was reversed.
@pytest.mark.capability("SORT")
def test_subjects_are_ordered_by_their_base(opened):
    subjects = ["a", "C", "b", "_", "[foo] Fwd: [bar] Re: fw: b (fWd)  (fwd)", "b (a)", "Re: [FWD: c]",
                "[xyz]", "", "=?iso-8859-1?q?_?=", "Re: =?utf-8?q?b?=", "=?iso-8859-1?q?RE:_C?=",
                "=?us-ascii?b?UmU6IGM=?=", "Ad: Re: Ad: Re: Ad: x", "re: [fwd: [fwd: babylon]]"]
    fill(opened, [(message(subject), "") for subject in subjects])
    assert order(opened, "SUBJECT") == [9, 10, 1, 14, 3, 5, 11, 6, 15, 2, 7, 12, 13, 8, 4]
    assert order(opened, "REVERSE SUBJECT") == [4, 8, 2, 7, 12, 13, 15, 6, 3, 5, 11, 14, 1, 9, 10]
    assert order(opened, "SUBJECT REVERSE SIZE")[:2] == [10, 9]


# RFC 5256 3: the local part of the first address.
@pytest.mark.capability("SORT")
def test_addresses_are_ordered_by_the_first_local_part(opened):
    fill(opened, [
        (message("1", From="user2@b.vn", To="foo <user2@b.vn>, aaa@b.vn", Cc="user2@b.vn (foo)"), ""),
        (message("2", From="USER2@a.vn", To="user2@a.vn", Cc="user2: blah@a.vn;"), ""),
        (message("3", From="user1@a.vn", To="user1@a.vn", Cc="user1@a.vn"), ""),
        (message("4"), "")])
    for criterion in ("TO", "CC"):
        assert order(opened, criterion) == [4, 3, 1, 2]
        assert order(opened, f"REVERSE {criterion}") == [1, 2, 3, 4]
    assert order(opened, "FROM") == [4, 3, 1, 2]


# RFC 5957 3, 4
@pytest.mark.capability("SORT=DISPLAY")
def test_display_names_are_decoded_and_stand_before_addresses(opened):
    assert "SORT=DISPLAY" in opened.capabilities()
    fill(opened, [
        (message("1", From="foo bar <a@b.c>", To="z: aa@aa.org;"), ""),
        (message("2", From="b@c.d", To="foo bar <a@b.c>"), ""),
        (message("3", From="d", To='"" <b@c.d>'), ""),
        (message("4", From="=?iso-8859-1?q?foo_aar?= <e@f.g>", To="d"), ""),
        (message("5", From="=?iso-8859-1?q?foo_car?= <f@g.h>"), "")])
    assert order(opened, "DISPLAYFROM") == [2, 3, 4, 1, 5]
    assert order(opened, "REVERSE DISPLAYFROM") == [5, 1, 4, 3, 2]
    assert order(opened, "DISPLAYTO") == [5, 3, 4, 2, 1]


NAMES = ["Nguyễn Văn An", "Bùi Thị Ân", "Đặng Văn Bình", "Dương Thị Yến", "Đỗ An", "Ân Văn Bá",
         "An Văn Bá", "Ăn Văn Bá", "Ông Thị Hoa", "Phạm Hoa", "Oanh Thị Hoa", "Ưng Thị Hoa",
         "Uông Thị Hoa", "Trần Hòa", "Trần Hoa", "Trần Hoá", "Lê Văn Bá"]
IN_ORDER = ["An Văn Bá", "Ăn Văn Bá", "Ân Văn Bá", "Bùi Thị Ân", "Dương Thị Yến", "Đặng Văn Bình",
            "Đỗ An", "Lê Văn Bá", "Nguyễn Văn An", "Oanh Thị Hoa", "Ông Thị Hoa", "Phạm Hoa",
            "Trần Hoa", "Trần Hòa", "Trần Hoá", "Uông Thị Hoa", "Ưng Thị Hoa"]


# Names and subjects as a Vietnamese reader looks them up.
@pytest.mark.capability("SORT", "SORT=DISPLAY")
def test_vietnamese_text_is_in_the_order_of_its_alphabet(opened):
    fill(opened, [(message(f"Re: {name}", From=f'"{name}" <x@example.com>'), "") for name in NAMES])
    assert [NAMES[n - 1] for n in order(opened, "DISPLAYFROM")] == IN_ORDER
    assert [NAMES[n - 1] for n in order(opened, "SUBJECT")] == IN_ORDER


# RFC 5256 3: UID SORT tells UIDs.
@pytest.mark.capability("SORT")
def test_uid_sort_answers_in_uids(opened):
    fill(opened, [(message(s), "") for s in ("c", "b", "a")])
    opened.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    assert opened.ok("UID SORT (SUBJECT) UTF-8 ALL").one("SORT") == "SORT 3 2"
    assert opened.ok("SORT (SUBJECT) UTF-8 ALL").one("SORT") == "SORT 2 1"
    assert opened.ok("UID SORT (SUBJECT) UTF-8 UID 3").one("SORT") == "SORT 3"
    assert opened.ok("SORT (SUBJECT) UTF-8 7").one("SORT") == "SORT"


# RFC 5267 3.1 to 3.3
@pytest.mark.capability("ESORT")
def test_esort_tells_only_what_was_asked_for(opened):
    assert "ESORT" in opened.capabilities()
    fill(opened, [(message(s), "") for s in ("e", "a", "b", "c", "d")])
    for options, wanted in [("MIN", {"MIN": "2"}), ("MAX", {"MAX": "1"}), ("COUNT", {"COUNT": "5"}),
                            ("ALL", {"ALL": "2:5,1"}), ("", {"ALL": "2:5,1"}),
                            ("MAX COUNT", {"MAX": "1", "COUNT": "5"})]:
        assert opened.ok(f"SORT RETURN ({options}) (SUBJECT) UTF-8 ALL").esearch() == wanted
    answer = opened.ok("UID SORT RETURN () (REVERSE SUBJECT) UTF-8 ALL")
    assert answer.esearch() == {"UID": True, "ALL": "1,5,4,3,2"}
    assert opened.ok("SORT RETURN (MIN COUNT) (SUBJECT) UTF-8 DELETED").esearch() == {"COUNT": "0"}
    opened.bad("SORT RETURN (SAVE) (SUBJECT) UTF-8 ALL")


# RFC 7162 3.1.5
@pytest.mark.capability("SORT", "CONDSTORE")
def test_a_sort_for_modseq_tells_the_highest(opened):
    fill(opened, [(message(s), "") for s in ("b", "a")])
    highest = opened.ok("FETCH 2 (MODSEQ)").fetched()[2]["MODSEQ"][0].decode()
    assert opened.ok("SORT (SUBJECT) UTF-8 MODSEQ 1").one("SORT") == f"SORT 2 1 (MODSEQ {highest})"
    assert opened.ok("SORT RETURN () (SUBJECT) UTF-8 MODSEQ 1").esearch() == {
        "ALL": "2,1", "MODSEQ": highest}


@pytest.mark.parametrize("words", [
    "", "()", "() UTF-8 ALL", "(SUBJECT)", "(SUBJECT) UTF-8", "(SUBJECT) ALL", "SUBJECT UTF-8 ALL",
    "(REVERSE) UTF-8 ALL", "(REVERSE REVERSE DATE) UTF-8 ALL", "(BODY) UTF-8 ALL",
    "(SUBJECT UTF-8 ALL", "(SUBJECT  DATE) UTF-8 ALL", "(SUBJECT ) UTF-8 ALL",
    "(SUBJECT) UTF-8 NONSENSE", "RETURN ALL (DATE) UTF-8 ALL", "RETURN (PARTIAL) (DATE) UTF-8 ALL",
    "RETURN (ALL (DATE) UTF-8 ALL"])
def test_malformed_sorts_are_bad(opened, words):
    opened.bad(f"SORT {words}")


# RFC 5256 3: a charset that is not known is a NO.
def test_an_unknown_charset_is_refused(opened):
    opened.append(opened.box)
    opened.no("SORT (DATE) X-NONE ALL", "BADCHARSET")
    opened.no("THREAD REFERENCES X-NONE ALL", "BADCHARSET")
    data = "mơ\u0300i".encode("windows-1258")
    answer = opened.continued(f"SORT (DATE) windows-1258 SUBJECT {{{len(data)}}}", data)
    assert answer.status == "OK"
    assert order(opened, "DATE", charset="US-ASCII") == [1]
    assert order(opened, "DATE", charset='"utf-8"') == [1]


# A criterion that comes again decides nothing, however often.
def test_repeated_criteria_cost_nothing(opened):
    fill(opened, [(message(s), "") for s in ("b", "a")])
    assert order(opened, "SUBJECT " * 1000 + "REVERSE SUBJECT " * 1000 + "DATE") == [2, 1]


def test_no_expunge_is_told_inside_sort_and_thread(opened, connect):
    fill(opened, [(message(s), "") for s in ("b", "a", "c")])
    other = connect()
    other.ok(f"SELECT {opened.box}")
    other.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    other.ok("EXPUNGE")
    for command in ("SORT (SUBJECT) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL"):
        assert not opened.ok(command).of(r"\d+ EXPUNGE")
    assert opened.ok("UID SORT (SUBJECT) UTF-8 ALL").of(r"1 EXPUNGE")


# Many messages, long and hostile subjects: whole answers, in order, and others are served meanwhile.
def test_thousands_of_messages_are_sorted_while_others_work(opened, connect):
    count, chance = 3000, random.Random(5256)
    subjects = ["".join(chance.choice("abđâ [") for _ in range(chance.randint(0, 30)))
                for _ in range(count)]
    data = b"".join(b"m%d APPEND %s {%d+}\r\n%s\r\n" % (n, opened.box.encode(), len(mail), mail)
                    for n, mail in enumerate(message(s) for s in subjects))
    opened.send(data)
    for n in range(count):
        while not (got := opened.response()).startswith(b"m%d " % n):
            assert got.startswith(b"* "), got
        assert b" OK " in got, got
    opened.ok("NOOP")
    other = connect()
    tag = opened.begin("SORT (SUBJECT REVERSE SIZE DATE) UTF-8 ALL")
    began = time.monotonic()
    other.ok("NOOP")
    assert time.monotonic() - began < 5 * SLOWNESS
    got = [int(n) for n in opened.end(tag).one("SORT").split()[1:]]
    assert sorted(got) == list(range(1, count + 1))
    again = opened.ok("SORT RETURN () (SUBJECT REVERSE SIZE DATE) UTF-8 ALL").esearch()["ALL"]
    spread = []
    for part in again.split(","):
        first, _, last = part.partition(":")
        spread += range(int(first), int(last or first) + 1)
    assert spread == got
