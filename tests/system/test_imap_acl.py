"""ACL (RFC 4314) and the shared namespace: what each right lets another official do, in every command,
and how soon a right that was taken away is gone."""

import time

import pytest

from harness.imap import Session, message
from harness.server import DOMAIN, SLOWNESS

pytestmark = pytest.mark.capability("ACL", "RIGHTS=texk")
UNIT = f"stttt@{DOMAIN}"


@pytest.fixture
def share(connect, box):
    """share(RIGHTS) gives (the owner's session, the other's session, the name the other sees)."""
    owner, other = connect(), connect("binh")

    def give(rights, name=box):
        owner.ok(f'SETACL {name} "ntbinh.stttt" "{rights}"')
        return owner, other, f"Shared/tvanh.stttt/{name}"

    owner.append(box, message("mot"))
    owner.append(box, message("hai"), r"(\Deleted)")
    give.box = box
    give.more = connect
    return give


def letters(answer, pattern):
    return set(answer.one(pattern).split(" ")[-1].strip('"'))


def test_the_rights_are_offered(connect):
    assert {"ACL", "RIGHTS=texk"} <= connect().capabilities()


# RFC 4314 3.1, 3.2, 3.3, 3.5
def test_entries_are_set_changed_shown_and_taken_away(share):
    owner, other, name = share("lrs")
    told = owner.ok(f"GETACL {share.box}").one("ACL")
    assert f'"ntbinh.stttt@{DOMAIN}" "lrs"' in told
    assert "lrswipkxtea" in told  # the owner's own entry
    share("+wi")
    share("-s")
    assert letters(other.ok(f'MYRIGHTS "{name}"'), "MYRIGHTS") == set("lrwi")
    # RFC 4314 2.1.1: "c" and "d" of older clients stand for their parts, both ways.
    share("lrcd")
    assert letters(other.ok(f'MYRIGHTS "{name}"'), "MYRIGHTS") == set("lrkxtecd")
    owner.ok(f"DELETEACL {share.box} ntbinh.stttt")
    assert "ntbinh" not in owner.ok(f"GETACL {share.box}").one("ACL")
    other.no(f'MYRIGHTS "{name}"', "NONEXISTENT")


# RFC 4314 3.4
def test_listrights_tells_what_may_be_given(share):
    owner, _, _ = share("lr")
    told = owner.ok(f"LISTRIGHTS {share.box} ntbinh.stttt").one("LISTRIGHTS")
    assert set(told.split()[3:]) == {'""', *"lrswipkxteacd"}


@pytest.mark.parametrize("command", [
    "SETACL {0} ntbinh.stttt", "SETACL {0} ntbinh.stttt z", "SETACL {0} ntbinh.stttt LR", "GETACL",
    "DELETEACL {0}", "LISTRIGHTS {0}", "MYRIGHTS", "MYRIGHTS {0} x", "SETACL {0} ntbinh.stttt +z"])
def test_malformed_acl_commands_are_bad(share, command):
    owner, _, _ = share("l")
    owner.bad(command.format(share.box))


def test_nobody_unknown_gets_rights_and_the_owner_keeps_his(share):
    owner, _, _ = share("l")
    owner.no(f"SETACL {share.box} khongco.stttt lr")
    owner.no(f"SETACL {share.box} anyone lr")
    owner.no(f"SETACL {share.box} tvanh.stttt l")


# RFC 4314 4, 6: who may not even look is told that there is no such mailbox.
@pytest.mark.parametrize("command", [
    'SELECT "{0}"', 'EXAMINE "{0}"', 'STATUS "{0}" (MESSAGES)', 'GETACL "{0}"', 'MYRIGHTS "{0}"',
    'DELETE "{0}"', 'RENAME "{0}" "{0}x"', 'LISTRIGHTS "{0}" ntbinh.stttt', 'GETQUOTAROOT "{0}"',
    'SETACL "{0}" ntbinh.stttt lr'])
def test_without_rights_the_mailbox_does_not_exist(share, command):
    owner, other, name = share("")
    other.no(command.format(name), "NONEXISTENT")
    assert name not in other.ok('LIST "" *').names()


# RFC 4314 4: the table. Each row: the right, a command that needs it and no other besides "l".
COMMANDS = {
    "r": ['SELECT "{0}"', 'EXAMINE "{0}"', 'STATUS "{0}" (MESSAGES)', 'GETQUOTAROOT "{0}"'],
    "i": ['APPEND "{0}" {{3+}}\r\nabc', 'COPY 1 "{0}"', 'UID COPY 1 "{0}"', 'MOVE 1 "{0}"'],
    "k": ['CREATE "{0}/con"'],
    "x": ['DELETE "{0}"'],
    "a": ['GETACL "{0}"', 'SETACL "{0}" tvanh1.stttt l', 'DELETEACL "{0}" x',
          'LISTRIGHTS "{0}" ntbinh.stttt'],
}


@pytest.mark.parametrize("right, command", [(r, c) for r, cs in COMMANDS.items() for c in cs])
def test_each_command_needs_its_right(share, right, command):
    _, other, name = share("".join(set("lrswipkxtea") - {right}))
    other.append("INBOX")
    other.ok("SELECT INBOX")
    other.no(command.format(name), "NOPERM")
    share("l" + right)
    answer = other.command(command.format(name))
    assert answer.status == "OK" or "There is no such account" in answer.text, answer


# "p" is asked by submission, not by IMAP; it is kept and shown.
def test_the_right_to_post_is_kept(share):
    _, other, name = share("lp")
    assert letters(other.ok(f'MYRIGHTS "{name}"'), "MYRIGHTS") == set("lp")


@pytest.mark.parametrize("right, flag, others", [
    ("s", r"\Seen", r"\Deleted \Flagged nhan"), ("t", r"\Deleted", r"\Seen \Answered nhan"),
    ("w", r"\Flagged", r"\Seen \Deleted"), ("w", "nhan", r"\Seen \Deleted")])
def test_store_changes_only_the_flags_that_the_rights_allow(share, right, flag, others):
    _, other, name = share("lr" + right)
    assert other.ok(f'SELECT "{name}"').code == "READ-WRITE"
    row = other.ok(f"STORE 1 +FLAGS ({flag} {others})").fetched()[1]
    assert [f for f in row["FLAGS"] if f != rb"\Recent"] == [flag.encode()]
    other.no(f"STORE 1 +FLAGS ({others})", "NOPERM")
    allowed = other.ok(f'SELECT "{name}"').has_code("PERMANENTFLAGS")
    assert (flag in allowed or r"\*" in allowed) and not any(f in allowed for f in others.split())


def test_with_read_alone_the_mailbox_is_read_only_and_reading_leaves_no_trace(share):
    owner, other, name = share("lr")
    assert other.ok(f'SELECT "{name}"').code == "READ-ONLY"
    assert "FLAGS" not in other.ok("FETCH 1 BODY[]").fetched()[1]
    other.no(r"STORE 1 +FLAGS (\Seen)", "READ-ONLY")
    other.no("EXPUNGE", "READ-ONLY")
    owner.ok(f"SELECT {share.box}")
    assert owner.ok("SEARCH SEEN").search() == []


# RFC 4314 4: EXPUNGE says NO, CLOSE just closes.
def test_without_expunge_nothing_goes(share):
    owner, other, name = share("lrstwi")
    other.ok(f'SELECT "{name}"')
    other.no("EXPUNGE", "NOPERM")
    other.no("UID EXPUNGE 1:*", "NOPERM")
    other.no('MOVE 1 INBOX', "NOPERM")
    other.ok("CLOSE")
    assert owner.ok(f"STATUS {share.box} (MESSAGES)").status_of(share.box) == {"MESSAGES": 2}
    share("lre")
    other.ok(f'SELECT "{name}"')
    assert other.ok("EXPUNGE").of(r"\d+ EXPUNGE") == ["2 EXPUNGE"]


# RFC 4314 4: a copy or an appended message carries the flags that the rights in the target allow.
@pytest.mark.parametrize("rights, kept", [
    ("lri", set()), ("lris", {rb"\Seen"}), ("lrit", {rb"\Deleted"}),
    ("lriw", {rb"\Flagged", rb"\Draft", b"nhan"}),
    ("lriwst", {rb"\Seen", rb"\Deleted", rb"\Flagged", rb"\Draft", b"nhan"})])
def test_copy_and_append_drop_the_flags_that_may_not_be_set(share, rights, kept):
    owner, other, name = share(rights)
    all_flags = r"(\Seen \Deleted \Flagged \Draft nhan)"
    other.ok("CREATE Nguon" + share.box)
    other.append("Nguon" + share.box, flags=all_flags)
    other.append(name, flags=all_flags)
    other.ok("SELECT Nguon" + share.box)
    other.ok(f'COPY 1 "{name}"')
    owner.ok(f"SELECT {share.box}")
    for number in (3, 4):
        row = owner.ok(f"FETCH {number} FLAGS").fetched()[number]
        assert set(row["FLAGS"]) - {rb"\Recent"} == kept


# RFC 4314 4: RENAME needs "x" on the mailbox and "k" above its new place.
def test_rename_needs_both_rights(share):
    owner, other, name = share("lx")
    owner.ok(f"CREATE {share.box}/con")
    owner.ok(f"CREATE Noi{share.box}")
    owner.ok(f'SETACL {share.box}/con ntbinh.stttt "l"')
    to = f"Shared/tvanh.stttt/Noi{share.box}"
    other.no(f'RENAME "{name}/con" "{to}/con"')
    owner.ok(f'SETACL Noi{share.box} ntbinh.stttt "lk"')
    other.no(f'RENAME "{name}/con" "{to}/con"', "NOPERM")
    owner.ok(f'SETACL {share.box}/con ntbinh.stttt "lx"')
    other.ok(f'RENAME "{name}/con" "{to}/con"')
    other.no(f'RENAME "{to}/con" Rieng', "CANNOT")


# RFC 4314 4: LIST shows what may be looked up, the level above as no mailbox.
def test_list_shows_shared_names_by_the_lookup_right(share):
    _, other, name = share("l")
    names = other.ok('LIST "" *').names()
    assert name in names and r"\noselect" in names["Shared"] | names["Shared/tvanh.stttt"]
    assert "Shared/tvanh.stttt/INBOX" not in names
    assert set(other.ok('LIST "" Shared/%').names()) == {"Shared/tvanh.stttt"}
    share("r")
    assert name not in other.ok('LIST "" *').names()
    other.ok(f'SELECT "{name}"')


@pytest.mark.parametrize("idle", [False, True])
def test_taking_the_read_right_away_ends_the_view_within_five_seconds(share, idle):
    owner, other, name = share("lr")
    other.ok(f'SELECT "{name}"')
    if idle:
        other.idle()
    began = time.monotonic()
    owner.ok(f'SETACL {share.box} ntbinh.stttt "l"')
    got = ""
    while "BYE" not in got:
        got = other.response().decode()
    assert "NOPERM" in got and time.monotonic() - began < 5 * SLOWNESS


def test_taking_a_lesser_right_away_holds_from_the_next_command_on(share):
    owner, other, name = share("lrswte")
    other.ok(f'SELECT "{name}"')
    other.ok(r"STORE 1 +FLAGS (\Flagged)")
    owner.ok(f'SETACL {share.box} ntbinh.stttt "lrs"')
    other.no(r"STORE 1 -FLAGS (\Flagged)", "NOPERM")
    other.no("EXPUNGE", "NOPERM")
    other.ok(r"STORE 1 +FLAGS (\Seen)")


# RFC 4314 4: a new mailbox has the rights of the one above it, a deleted one leaves none behind.
def test_rights_are_inherited_and_do_not_outlive_the_mailbox(share):
    owner, other, name = share("lrik")
    other.ok(f'CREATE "{name}/con"')
    assert letters(other.ok(f'MYRIGHTS "{name}/con"'), "MYRIGHTS") >= set("lrik")
    owner.ok(f"DELETE {share.box}/con")
    owner.ok(f"DELETE {share.box}")
    owner.ok(f"CREATE {share.box}")
    other.no(f'SELECT "{name}"', "NONEXISTENT")


# Flags of a shared mailbox are everybody's, \Seen included.
def test_flags_are_shared_between_all_who_use_the_mailbox(share):
    owner, other, name = share("lrs")
    other.ok(f'SELECT "{name}"')
    other.ok("FETCH 1 BODY[]")
    owner.ok(f"SELECT {share.box}")
    assert owner.ok("SEARCH SEEN").search() == [1]


# [Điều 6.2] A unit's mailbox that was delegated.
@pytest.mark.parametrize("may, rights", [
    ("read", "lrs"), ("read,write", "lrswikte"), ("read,write,send", "lrswikpte"), ("send", "p")])
def test_a_delegation_shows_the_units_mailboxes_with_its_rights(office, may, rights):
    office.run("account", "delegate", UNIT, office.anh, "--may", may, "--document", "Số 1")
    with Session(office, office.anh) as session:
        names = session.ok('LIST "" Shared/*').names()
        if "l" not in rights:
            assert not names
            session.no("SELECT Shared/stttt/INBOX")
            return
        assert {"Shared/stttt", "Shared/stttt/INBOX", "Shared/stttt/Drafts"} <= set(names)
        told = letters(session.ok("MYRIGHTS Shared/stttt/INBOX"), "MYRIGHTS")
        assert told - set("cd") == set(rights)
        session.ok("SELECT Shared/stttt/INBOX")


# [Điều 6.2]
def test_the_end_of_a_delegation_ends_the_open_session_within_five_seconds(office):
    office.run("account", "delegate", UNIT, office.anh, "--document", "Số 1")
    with Session(office, office.anh) as session, Session(office, office.anh) as idle:
        session.ok("SELECT Shared/stttt/INBOX")
        idle.ok("SELECT Shared/stttt/INBOX")
        idle.idle()
        began = time.monotonic()
        office.run("account", "delegate", UNIT, office.anh, "--end")
        for each in (session, idle):
            while b"BYE" not in (got := each.response()):
                assert got
        assert time.monotonic() - began < 5 * SLOWNESS
        with Session(office, office.anh) as again:
            assert not again.ok('LIST "" Shared/*').names()
            again.no("SELECT Shared/stttt/INBOX", "NONEXISTENT")


# RFC 8440 3
@pytest.mark.capability("LIST-MYRIGHTS")
def test_list_brings_the_rights_on_each_mailbox(share):
    owner, other, name = share("lrs")
    assert "LIST-MYRIGHTS" in other.capabilities()
    answer = other.ok(f'LIST "" (INBOX "{name}") RETURN (MYRIGHTS)')
    assert [line.split(" ")[0] for line in answer.lines] == ["LIST", "MYRIGHTS"] * 2
    assert f'MYRIGHTS "{name}" "lrs"' in answer.lines
    assert 'MYRIGHTS "INBOX" "lrswipkxteacd"' in answer.lines
    assert not other.ok('LIST "" Shared RETURN (MYRIGHTS)').of("MYRIGHTS")  # a level, no mailbox
    assert owner.ok(f'LIST "" {share.box} RETURN (MYRIGHTS)').of("MYRIGHTS")
