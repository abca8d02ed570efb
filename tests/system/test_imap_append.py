"""APPEND, COPY, MOVE, UID EXPUNGE: messages on their way between mailboxes."""

import re

import pytest

from harness.imap import MESSAGE, message


@pytest.fixture
def two(opened):
    """Five messages selected, and an empty mailbox opened.other."""
    opened.other = opened.box + "dich"
    opened.ok(f"CREATE {opened.other}")
    for n in range(5):
        opened.append(opened.box, message(f"thu {n}"), rf"(\Flagged nhan{n})" if n % 2 else "",
                      f"0{n + 1}-Jan-2026 00:00:00 +0700")
    opened.ok("NOOP")
    return opened


def subjects(session, box):
    session.ok(f"EXAMINE {box}")
    rows = session.command("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])").fetched()
    return [next(iter(row.values())).split()[-1].decode() for row in rows.values()]


# RFC 9051 6.3.12
def test_append_keeps_bytes_flags_and_date(opened):
    opened.append(opened.box, MESSAGE, r"(\Seen \Answered $Gap)", "01-Feb-2026 12:00:00 +0700")
    row = opened.ok("FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])").fetched()[1]
    assert set(row["FLAGS"]) - {rb"\Recent"} == {rb"\Seen", rb"\Answered", b"$Gap"}
    assert row["BODY[]"] == MESSAGE


def test_append_to_no_mailbox_is_trycreate_before_the_bytes_come(opened):
    answer = opened.no("APPEND Khongco {10}", "TRYCREATE")
    assert not answer.untagged
    opened.send(b"q APPEND Khongco {10+}\r\n0123456789\r\n")
    assert opened.response().startswith(b"q NO [TRYCREATE]")
    opened.ok("NOOP")


@pytest.mark.parametrize("arguments", [
    "{0} (\\Seen {{3}}", "{0}", "{0} {{3", "{0} {{x}}", "{0} \"quoted\"", "{0} (\"a\") {{3}}",
    "{0} () \"24-Nov-2026\" {{3}}", "{{3}}"])
def test_a_malformed_append_is_bad(opened, arguments):
    answer = opened.continued("APPEND " + arguments.format(opened.box), b"abc")
    assert answer.status == "BAD"
    opened.ok("NOOP")


# RFC 9051 4.3.1, RFC 3516 4.4
@pytest.mark.capability("BINARY")
def test_a_literal8_is_taken_and_nul_is_refused(opened):
    opened.send(b"b1 APPEND %s ~{%d+}\r\n%s\r\n" % (opened.box.encode(), len(MESSAGE), MESSAGE))
    while not (got := opened.response()).startswith(b"b1 "):
        pass
    assert got.startswith(b"b1 OK [APPENDUID")
    data = message("x", "a\0b")
    assert opened.continued(f"APPEND {opened.box} {{{len(data)}}}", data).code == "CANNOT"
    assert opened.continued(f"APPEND {opened.box} ~{{{len(data)}}}", data).code == "UNKNOWN-CTE"
    assert opened.ok("STATUS %s (MESSAGES)" % opened.box).status_of(opened.box)["MESSAGES"] == 1


# RFC 4315 3, 4
@pytest.mark.capability("UIDPLUS")
def test_append_and_copy_tell_the_new_uids(two):
    assert "UIDPLUS" in two.capabilities()
    validity = two.ok(f"STATUS {two.other} (UIDVALIDITY)").status_of(two.other)["UIDVALIDITY"]
    data = message("moi")
    answer = two.continued(f"APPEND {two.other} {{{len(data)}}}", data)
    assert answer.code == f"APPENDUID {validity} 1"
    assert two.ok(f"COPY 2,4:5 {two.other}").code == f"COPYUID {validity} 2,4:5 2:4"
    assert two.ok(f"UID COPY 1 {two.other}").code == f"COPYUID {validity} 1 5"
    assert subjects(two, two.other) == ["moi", "1", "3", "4", "0"]


# RFC 4315 2.1
@pytest.mark.capability("UIDPLUS")
def test_uid_expunge_removes_only_what_is_named_and_deleted(two):
    two.ok(r"STORE 1:3 +FLAGS.SILENT (\Deleted)")
    assert two.ok("UID EXPUNGE 2:5").of(r"\d+ EXPUNGE") in (
        ["3 EXPUNGE", "2 EXPUNGE"], ["2 EXPUNGE", "2 EXPUNGE"])
    assert two.ok("UID SEARCH ALL").search() == [1, 4, 5]
    two.bad("UID EXPUNGE")


# RFC 9051 6.4.7
def test_copy_keeps_flags_keywords_and_date(two):
    two.ok(f"COPY 2 {two.other}")
    before = two.ok("FETCH 2 (INTERNALDATE BODY.PEEK[])").fetched()[2]
    two.ok(f"SELECT {two.other}")
    row = two.ok("FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])").fetched()[1]
    assert set(row.pop("FLAGS")) >= {rb"\Flagged", b"nhan1"}
    assert row == before


def test_copy_to_no_mailbox_is_trycreate_and_copies_nothing(two):
    two.no("COPY 1:5 Khongco", "TRYCREATE")
    two.no("MOVE 1:5 Khongco", "TRYCREATE")
    assert two.ok("UID SEARCH ALL").search() == [1, 2, 3, 4, 5]


# RFC 6851 3.1, 3.3, 4.3
@pytest.mark.capability("MOVE")
@pytest.mark.parametrize("command", ["MOVE 2:3", "UID MOVE 2:3"])
def test_move_tells_the_new_uids_before_the_old_ones_go(two, command):
    assert "MOVE" in two.capabilities()
    answer = two.ok(f"{command} {two.other}")
    kinds = [re.sub(r"\d+", "n", line.split("]")[0]) for line in answer.lines]
    assert kinds.index("OK [COPYUID n n:n n:n") < kinds.index("n EXPUNGE")
    assert kinds.count("n EXPUNGE") == 2
    assert two.ok("UID SEARCH ALL").search() == [1, 4, 5]
    assert subjects(two, two.other) == ["1", "2"]


# RFC 6851 3.3: \Deleted does not decide what is moved.
@pytest.mark.capability("MOVE")
def test_move_neither_needs_nor_spreads_the_deleted_flag(two):
    two.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    two.ok(f"MOVE 2 {two.other}")
    assert two.ok("UID SEARCH ALL").search() == [1, 3, 4, 5]
    two.ok(f"SELECT {two.other}")
    assert two.ok("SEARCH DELETED").search() == []


@pytest.mark.capability("MOVE")
def test_move_within_one_mailbox_gives_new_uids(two):
    two.ok(f"MOVE 1 {two.box}")
    assert two.ok("UID SEARCH ALL").search() == [2, 3, 4, 5, 6]


@pytest.mark.capability("MOVE")
def test_others_see_a_move_as_arrival_and_removal(two, connect):
    there, here = connect(), connect()
    there.ok(f"SELECT {two.other}")
    here.ok(f"SELECT {two.box}")
    two.ok(f"MOVE 5 {two.other}")
    assert there.ok("NOOP").one(r"\d+ EXISTS") == "1 EXISTS"
    assert here.ok("NOOP").of(r"\d+ EXPUNGE") == ["5 EXPUNGE"]


# RFC 9051 4.3: bulk APPEND as imapsync does it, pipelined.
def test_many_appends_in_one_breath_get_rising_uids(opened):
    data = message("hang loat")
    opened.send(b"".join(b"n%d APPEND %s {%d+}\r\n%s\r\n" % (n, opened.box.encode(), len(data), data)
                         for n in range(200)))
    uids = []
    while len(uids) < 200:
        got = opened.response()
        if not got.startswith(b"* "):
            uids.append(int(re.search(rb"OK \[APPENDUID \d+ (\d+)\]", got).group(1)))
    assert uids == list(range(1, 201))


# What another client took away meanwhile is neither copied nor moved, and nobody is hurt by it.
@pytest.mark.parametrize("command", ["COPY 1", "MOVE 1", "UID COPY 1", "UID MOVE 1:2"])
def test_what_is_gone_already_is_not_copied(two, connect, command):
    other = connect()
    other.ok(f"SELECT {two.box}")
    other.ok(r"STORE 1:2 +FLAGS.SILENT (\Deleted)")
    other.ok("EXPUNGE")
    for _ in range(20):
        answer = two.command(f"{command} {two.other}")
        if answer.status != "OK" or answer.of(r"\d+ EXPUNGE"):
            break
        assert answer.code is None and not answer.of("OK")
    two.ok("NOOP")
    assert two.ok("STATUS %s (MESSAGES)" % two.other).status_of(two.other)["MESSAGES"] == 0
