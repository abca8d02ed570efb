"""STORE: flags and keywords, and CONDSTORE's conditions on them (RFC 7162 3.1)."""

import pytest

from harness.imap import message


@pytest.fixture
def three(opened):
    for n in range(3):
        opened.append(opened.box, message(f"thu {n}"))
    opened.ok("NOOP")
    return opened


def flags(session, number):
    got = session.ok(f"FETCH {number} FLAGS").fetched()[number]["FLAGS"]
    return {f.decode() for f in got} - {r"\Recent"}


# RFC 9051 6.4.6
def test_flags_are_set_added_and_taken_away(three):
    assert three.ok(r"STORE 1 FLAGS (\Seen \Flagged ViecGap)").fetched()[1]
    assert flags(three, 1) == {r"\Seen", r"\Flagged", "ViecGap"}
    three.ok(r"STORE 1 +FLAGS \Answered")
    three.ok(r"STORE 1 -FLAGS (\Seen ViecGap $Khac)")
    assert flags(three, 1) == {r"\Flagged", r"\Answered"}
    three.ok("STORE 1 FLAGS ()")
    assert flags(three, 1) == set()


def test_one_command_changes_many(three):
    rows = three.ok(r"STORE 1:* +FLAGS (\Draft)").fetched()
    assert sorted(rows) == [1, 2, 3] and all(rb"\Draft" in r["FLAGS"] for r in rows.values())


def test_keywords_have_no_case_and_keep_their_first_spelling(three):
    three.ok("STORE 1 +FLAGS ($Forwarded)")
    three.ok("STORE 2 +FLAGS ($forwarded)")
    assert flags(three, 2) == {"$Forwarded"}
    three.ok("STORE 1 -FLAGS ($FORWARDED)")
    assert flags(three, 1) == set()


@pytest.mark.parametrize("arguments", [
    "FLAGS", "FLAGS (", "FLAGS (\\Seen", r"FLAGS (\Khong)", "NONSENSE (a)", r"*FLAGS (\Seen)",
    "FLAGS.LOUD ()", r"FLAGS (\Seen))", 'FLAGS ("a")', r"FLAGS (\\Seen)"])
def test_malformed_flags_are_bad(three, arguments):
    three.bad(f"STORE 1 {arguments}")


# RFC 3501 2.3.2: the client cannot change \Recent.
def test_recent_cannot_be_set(three):
    before = three.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"]
    three.ok(r"STORE 1 -FLAGS (\Recent)")
    assert three.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"] == before


# RFC 7162 3.1.3
@pytest.mark.capability("CONDSTORE")
def test_unchangedsince_spares_what_others_changed(three, connect):
    assert "CONDSTORE" in three.capabilities()
    since = int(three.ok(f"SELECT {three.box} (CONDSTORE)").has_code("HIGHESTMODSEQ"))
    other = connect()
    other.ok(f"SELECT {three.box}")
    other.ok(r"STORE 2 +FLAGS (\Flagged)")
    answer = three.ok(rf"STORE 1:3 (UNCHANGEDSINCE {since}) +FLAGS.SILENT (\Deleted)")
    assert answer.code == "MODIFIED 2"
    rows = answer.fetched()
    assert int(rows[1]["MODSEQ"][0]) > since and int(rows[3]["MODSEQ"][0]) > since
    assert flags(three, 2) == {r"\Flagged"}
    answer = three.ok(rf"UID STORE 1:3 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\Draft)")
    assert answer.code == "MODIFIED 1:3"


# RFC 7162 3.1.3: 0 is met by no message that exists.
@pytest.mark.capability("CONDSTORE")
def test_unchangedsince_zero_never_holds(three):
    answer = three.ok(r"STORE 1:3 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\Deleted)")
    assert answer.code == "MODIFIED 1:3"
    assert flags(three, 1) == set()


# RFC 7162 3.1: whatever enables CONDSTORE makes every later FETCH response tell MODSEQ.
@pytest.mark.capability("CONDSTORE")
@pytest.mark.parametrize("enabling", [
    "ENABLE CONDSTORE", "STATUS {0} (HIGHESTMODSEQ)", "FETCH 1 (MODSEQ)", "SEARCH MODSEQ 1",
    "FETCH 1 FLAGS (CHANGEDSINCE 1)", r"STORE 3 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\Seen)",
    "ENABLE QRESYNC"])
def test_each_enabling_command_brings_modseq(three, connect, enabling):
    other = connect()
    other.ok(f"SELECT {three.box}")
    assert "MODSEQ" not in three.ok(r"STORE 1 +FLAGS (\Seen)").fetched()[1]
    answer = three.ok(enabling.format(three.box))
    # RFC 7162 3.1: the first one tells HIGHESTMODSEQ of the selected mailbox.
    assert int(answer.has_code("HIGHESTMODSEQ")) > 0
    assert three.ok(enabling.format(three.box)).has_code("HIGHESTMODSEQ") is None
    assert "MODSEQ" in three.ok(r"STORE 1 +FLAGS (\Flagged)").fetched()[1]
    other.ok(r"STORE 2 +FLAGS (\Flagged)")
    row = three.ok("NOOP").fetched()[2]
    assert "MODSEQ" in row and "UID" in row
    # RFC 7162 3.2.4: an implicit \Seen is such a change too.
    row = three.ok("FETCH 3 (FLAGS BODY[])").fetched()[3]
    assert "MODSEQ" in row and "UID" in row or rb"\Seen" not in row["FLAGS"]


@pytest.mark.capability("CONDSTORE")
def test_changedsince_tells_only_what_changed(three):
    since = int(three.ok("FETCH 3 MODSEQ").fetched()[3]["MODSEQ"][0])
    three.ok(r"STORE 2 +FLAGS (\Seen)")
    rows = three.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {since})").fetched()
    assert list(rows) == [2] and int(rows[2]["MODSEQ"][0]) > since
    three.bad("FETCH 1:* (FLAGS) (CHANGEDSINCE)")
    three.bad("FETCH 1:* (FLAGS) (NONSENSE 1)")


@pytest.mark.capability("CONDSTORE")
def test_search_modseq_finds_from_that_sequence_on(three):
    three.ok(r"STORE 2 +FLAGS (\Seen)")
    now = int(three.ok("FETCH 2 MODSEQ").fetched()[2]["MODSEQ"][0])
    line = three.ok(f"SEARCH MODSEQ {now}").one("SEARCH")
    assert line == f"SEARCH 2 (MODSEQ {now})"
    line = three.ok(rf'SEARCH MODSEQ "/flags/\\Seen" all {now}').one("SEARCH")
    assert line == f"SEARCH 2 (MODSEQ {now})"
    assert three.ok(f"SEARCH MODSEQ {now + 1}").one("SEARCH") == "SEARCH"
    assert three.ok(f"SEARCH RETURN (MIN MAX) MODSEQ 1").esearch()["MODSEQ"]


# RFC 7162 3.1.2, 3.1.7: never lower than what any message has; it rises with every change.
@pytest.mark.capability("CONDSTORE")
def test_highestmodseq_rises_with_every_change_and_never_falls(three):
    def highest():
        return three.ok(f"STATUS {three.box} (HIGHESTMODSEQ)").status_of(three.box)["HIGHESTMODSEQ"]
    seen = [highest()]
    for command in (r"STORE 1 +FLAGS (\Seen)", r"STORE 1 +FLAGS (\Deleted)", "EXPUNGE"):
        three.ok(command)
        seen.append(highest())
    three.append(three.box)
    seen.append(highest())
    assert seen == sorted(set(seen))
    rows = three.ok("FETCH 1:* MODSEQ").fetched()
    assert max(int(r["MODSEQ"][0]) for r in rows.values()) <= seen[-1]


def test_a_store_that_changes_nothing_leaves_the_sequence(three):
    three.ok(r"STORE 1 +FLAGS (\Seen)")
    before = three.ok("FETCH 1 MODSEQ").fetched()[1]["MODSEQ"]
    three.ok(r"STORE 1 +FLAGS (\Seen)")
    assert three.ok("FETCH 1 MODSEQ").fetched()[1]["MODSEQ"] == before
