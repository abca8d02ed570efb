"""PARTIAL: stretches of results of SEARCH and UID FETCH."""

import pytest

from harness.imap import message


@pytest.fixture
def ten(opened):
    """Ten messages, UIDs 2 to 11; the even sequence numbers are flagged."""
    for n in range(11):
        opened.append(opened.box, message(f"thu {n}"), r"(\Flagged)" if n and n % 2 == 0 else "")
    opened.ok(f"SELECT {opened.box}")
    opened.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    return opened


def partial(session, stretch, keys="ALL", uid=""):
    line = session.ok(f"{uid}SEARCH RETURN (PARTIAL {stretch}) {keys}").one("ESEARCH")
    return line[line.index("PARTIAL"):]


# RFC 9394 3.1
@pytest.mark.capability("PARTIAL")
def test_a_stretch_counts_from_the_first_or_the_last_result(ten):
    assert "PARTIAL" in ten.capabilities()
    assert partial(ten, "1:3") == "PARTIAL (1:3 1:3)"
    assert partial(ten, "9:12") == "PARTIAL (9:12 9:10)"
    assert partial(ten, "-1:-3") == "PARTIAL (-1:-3 8:10)"
    assert partial(ten, "-3:-1") == "PARTIAL (-3:-1 8:10)"
    assert partial(ten, "-9:-20") == "PARTIAL (-9:-20 1:2)"
    assert partial(ten, "3:1") == "PARTIAL (3:1 1:3)"
    assert partial(ten, "11:20") == "PARTIAL (11:20 NIL)"
    assert partial(ten, "-11:-20") == "PARTIAL (-11:-20 NIL)"
    assert partial(ten, "1:4294967295") == "PARTIAL (1:4294967295 1:10)"
    assert partial(ten, "-4294967295:-1") == "PARTIAL (-4294967295:-1 1:10)"
    assert partial(ten, "2:2", "FLAGGED") == "PARTIAL (2:2 4)"
    assert partial(ten, "-1:-2", "FLAGGED") == "PARTIAL (-1:-2 8,10)"
    assert partial(ten, "1:2", "DELETED") == "PARTIAL (1:2 NIL)"
    assert partial(ten, "1:3", uid="UID ") == "PARTIAL (1:3 2:4)"


# RFC 9394 3.1, 3.2
@pytest.mark.capability("PARTIAL")
def test_it_stands_beside_the_other_options(ten):
    line = ten.ok("SEARCH RETURN (MIN MAX COUNT PARTIAL 1:2) FLAGGED").one("ESEARCH")
    assert line.endswith(" MIN 2 MAX 10 COUNT 5 PARTIAL (1:2 2,4)")
    for bad in ("PARTIAL 1:2 ALL", "ALL PARTIAL 1:2", "PARTIAL 1:2 PARTIAL 3:4", "PARTIAL", "PARTIAL 1",
                "PARTIAL 1:*", "PARTIAL *:1", "PARTIAL 0:1", "PARTIAL 1:0", "PARTIAL -1:2",
                "PARTIAL 1:-2", "PARTIAL -1", "PARTIAL --1:-2", "PARTIAL 1:4294967296",
                "PARTIAL (1:2)", "PARTIAL 01:2"):
        ten.bad(f"SEARCH RETURN ({bad}) ALL")


# RFC 9394 3.2
@pytest.mark.capability("PARTIAL", "SEARCHRES")
@pytest.mark.parametrize("options, saved", [
    ("SAVE PARTIAL 2:3", [4, 6]), ("SAVE PARTIAL 2:3 MIN", [2, 4, 6]), ("SAVE PARTIAL 2:3 MAX", [4, 6, 10]),
    ("SAVE PARTIAL 2:3 MIN MAX", [2, 4, 6, 10]), ("SAVE PARTIAL 2:3 COUNT", [2, 4, 6, 8, 10]),
    ("SAVE PARTIAL 2:3 COUNT MIN", [2, 4, 6, 8, 10]), ("SAVE PARTIAL 7:8", [])])
def test_what_is_saved_is_what_was_told(ten, options, saved):
    assert ten.ok(f"SEARCH RETURN ({options}) FLAGGED").one("ESEARCH")
    assert ten.ok("SEARCH $").search() == saved


# RFC 9394 3.3, 3.4
@pytest.mark.capability("PARTIAL")
def test_uid_fetch_tells_a_stretch_of_its_set(ten):
    def numbers(command):
        return sorted(ten.ok(command).fetched())
    assert numbers("UID FETCH 2:11 (UID FLAGS) (PARTIAL -1:-3)") == [8, 9, 10]
    assert numbers("UID FETCH 1:* UID (PARTIAL 1:2)") == [1, 2]
    assert numbers("UID FETCH 5:* UID (PARTIAL 2:2)") == [5]
    assert numbers("UID FETCH 1:* UID (PARTIAL 11:12)") == []
    ten.ok("ENABLE CONDSTORE")
    modseq = int(ten.ok("FETCH 10 (MODSEQ)").fetched()[10]["MODSEQ"][0])
    ten.ok(r"STORE 3,9 +FLAGS.SILENT (\Seen)")
    assert numbers(f"UID FETCH 1:* UID (PARTIAL -1:-3 CHANGEDSINCE {modseq})") == [9]
    assert numbers(f"UID FETCH 1:* UID (CHANGEDSINCE {modseq} PARTIAL 1:3)") == [3]
    for bad in ("FETCH 1:* UID (PARTIAL 1:2)", "UID FETCH 1:* UID (PARTIAL)",
                "UID FETCH 1:* UID (PARTIAL 1:2 PARTIAL 1:2)", "UID FETCH 1:* UID (PARTIAL 1:*)"):
        ten.bad(bad)
