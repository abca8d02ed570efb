"""QRESYNC: a client that was away learns in one answer what happened (RFC 7162 3.2)."""

import pytest

from harness.imap import message

pytestmark = pytest.mark.capability("QRESYNC")


@pytest.fixture
def away(connect, box):
    """A session that has QRESYNC; .validity and .modseq are what a client remembers that went away
    before message 2 was flagged, 3 and 4 removed, and one arrived."""
    worker = connect()
    for n in range(6):
        worker.append(box, message(f"thu {n}"))
    answer = worker.ok(f"SELECT {box} (CONDSTORE)")
    session = connect()
    session.box = box
    session.validity = int(answer.has_code("UIDVALIDITY"))
    session.modseq = int(answer.has_code("HIGHESTMODSEQ"))
    worker.ok(r"STORE 2 +FLAGS.SILENT (\Flagged)")
    worker.ok(r"STORE 3:4 +FLAGS.SILENT (\Deleted)")
    worker.ok("EXPUNGE")
    worker.append(box, message("moi"))
    session.worker = worker
    session.ok("ENABLE QRESYNC")
    return session


def resync(session, more=""):
    return session.ok(f"SELECT {session.box} (QRESYNC ({session.validity} {session.modseq}{more}))")


# RFC 7162 3.2.5.1
def test_select_tells_what_vanished_and_what_changed(away):
    assert "QRESYNC" in away.capabilities()
    answer = resync(away)
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 3:4"
    rows = answer.fetched()
    assert sorted(rows) == [2, 5]
    assert rows[2]["UID"] == b"2" and rb"\Flagged" in rows[2]["FLAGS"]
    assert rows[5]["UID"] == b"7"
    assert all(int(r["MODSEQ"][0]) > away.modseq for r in rows.values())
    assert answer.lines.index(answer.one("VANISHED")) < answer.lines.index(
        answer.of(r"\d+ FETCH")[0])


# RFC 7162 3.2.5.1: only what the client knows is told.
def test_known_uids_narrow_the_answer(away):
    answer = resync(away, " 1:3")
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 3"
    assert sorted(answer.fetched()) == [2]


def test_known_sequences_may_be_given(away):
    answer = resync(away, " 1:6 (1:2 1:2)")
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 3:4"
    answer = resync(away, " (1:2 1:2)")
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 3:4"


# RFC 7162 3.2.5.1: with another UIDVALIDITY what the client knows is worthless.
def test_with_another_uidvalidity_nothing_is_told(away):
    away.validity += 1
    answer = resync(away)
    assert not answer.of("VANISHED") and not answer.fetched()


# RFC 7162 3.2.6
def test_uid_fetch_vanished_tells_what_went(away):
    away.ok(f"SELECT {away.box}")
    answer = away.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {away.modseq} VANISHED)")
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 3:4"
    assert sorted(answer.fetched()) == [2, 5]
    answer = away.ok(f"UID FETCH 4:100 (FLAGS) (CHANGEDSINCE {away.modseq} VANISHED)")
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 4"
    away.bad(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {away.modseq} VANISHED)")
    away.bad("UID FETCH 1:* (FLAGS) (VANISHED)")


# RFC 7162 3.2.10: VANISHED without EARLIER takes EXPUNGE's place.
def test_vanished_replaces_expunge_in_every_answer(away):
    away.ok(f"SELECT {away.box}")
    away.worker.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    away.worker.ok("EXPUNGE")
    answer = away.ok("NOOP")
    assert answer.of("VANISHED") == ["VANISHED 1"] and not answer.of(r"\d+ EXPUNGE")
    away.ok(r"UID STORE 2,5 +FLAGS.SILENT (\Deleted)")
    answer = away.ok("EXPUNGE")
    assert answer.of("VANISHED") == ["VANISHED 2,5"] and answer.code.startswith("HIGHESTMODSEQ ")
    answer = away.ok(f"UID MOVE 6 {away.box}")
    assert answer.of("VANISHED") == ["VANISHED 6"]
    tag = away.idle()
    away.worker.ok(r"UID STORE 7 +FLAGS.SILENT (\Deleted)")
    away.worker.ok("UID EXPUNGE 7")
    assert away.told("VANISHED") == "* VANISHED 7"
    away.done(tag)


# RFC 7162 3.2.7, 3.2.11
def test_close_tells_the_sequence_and_select_where_the_old_one_ends(away):
    away.ok(f"SELECT {away.box}")
    assert away.ok("SELECT INBOX").lines[0].startswith("OK [CLOSED]")
    away.ok(f"SELECT {away.box}")
    away.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    assert away.ok("CLOSE").code.startswith("HIGHESTMODSEQ ")


# RFC 7162 3.2.3, 3.2.5
def test_without_enable_the_parameter_is_bad(connect, box):
    session = connect()
    session.bad(f"SELECT {box} (QRESYNC (1 1))")
    session.ok(f"SELECT {box}")
    session.bad("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)")
    assert session.ok("ENABLE QRESYNC").one("ENABLED") == "ENABLED QRESYNC"


@pytest.mark.parametrize("parameters", [
    "QRESYNC", "QRESYNC ()", "QRESYNC (1)", "QRESYNC (0 1)", "QRESYNC (1 x)", "QRESYNC (1 1 *)",
    "QRESYNC (1 1 1:*)", "QRESYNC (1 1 1 (1))", "QRESYNC (1 1", "NONSENSE", "QRESYNC (1 1 $)"])
def test_malformed_parameters_are_bad(away, parameters):
    away.bad(f"SELECT {away.box} ({parameters})")


# A client that was away so long that nobody remembers: everything that is not there is gone.
def test_from_the_beginning_of_time_the_answer_is_whole(away):
    away.modseq = 1
    answer = resync(away)
    assert answer.one("VANISHED") == "VANISHED (EARLIER) 3:4"
    assert [int(r["UID"]) for _, r in sorted(answer.fetched().items())] == [1, 2, 5, 6, 7]


def test_after_a_restart_the_changes_are_still_known(make_server):
    from harness.imap import Session
    server = make_server()
    server.unit("Sở Nội vụ", "snv")
    user = server.person("Trần Văn Anh", unit="snv")
    with Session(server, user) as session:
        session.ok("CREATE a")
        for _ in range(3):
            session.append("a")
        answer = session.ok("SELECT a (CONDSTORE)")
        validity, modseq = answer.has_code("UIDVALIDITY"), answer.has_code("HIGHESTMODSEQ")
        session.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
        session.ok("EXPUNGE")
    server.stop()
    server.start()
    with Session(server, user) as session:
        session.ok("ENABLE QRESYNC")
        answer = session.ok(f"SELECT a (QRESYNC ({validity} {modseq}))")
        assert answer.one("VANISHED") == "VANISHED (EARLIER) 1"
        assert session.append("a") == 4
