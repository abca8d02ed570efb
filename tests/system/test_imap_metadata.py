"""METADATA: annotations on mailboxes and on the server, private and shared, with their limits."""

import pytest

from harness.imap import Session, parse, text

NOTE = "/private/comment"


def entries(answer, mailbox):
    """{name: value} of the METADATA responses of a mailbox."""
    found = {}
    for raw in answer.untagged:
        if raw.startswith(b"METADATA "):
            name, values = parse(raw[9:])
            assert text(name) == mailbox, raw
            found.update(zip(map(text, values[::2]), values[1::2]))
    return found


def get(session, mailbox, wanted, options=""):
    return entries(session.ok(f'GETMETADATA {options}"{mailbox}" {wanted}'), mailbox)


@pytest.fixture
def shared(opened, connect):
    """.anh with the mailbox open, .binh with "lrw" on it; .name is what .binh calls it."""
    opened.ok(f'SETACL {opened.box} ntbinh.stttt "lrw"')
    opened.other = connect("binh")
    opened.name = f"Shared/tvanh.stttt/{opened.box}"
    return opened


# RFC 5464 4.2, 4.3
@pytest.mark.capability("METADATA")
def test_what_is_set_is_told_until_it_is_removed(opened):
    assert "METADATA" in opened.capabilities()
    opened.ok(f'SETMETADATA {opened.box} ({NOTE} "của tôi" /shared/Comment "hai")')
    assert get(opened, opened.box, f"({NOTE} /SHARED/comment)") == {
        NOTE: "của tôi".encode(), "/shared/comment": b"hai"}
    opened.ok(f"SETMETADATA {opened.box} ({NOTE} NIL)")
    assert get(opened, opened.box, f"({NOTE} /shared/comment)") == {
        NOTE: None, "/shared/comment": b"hai"}
    opened.ok(f'SETMETADATA {opened.box} (/shared/comment "")')
    assert get(opened, opened.box, "/shared/comment") == {"/shared/comment": b""}


def test_values_of_every_byte_come_back_as_they_were(opened):
    value = bytes(range(256)) + b"\r\n" * 3
    opened.ok(b"SETMETADATA %s (/private/vendor/thu/x ~{%d+}\r\n%s)" % (
        opened.box.encode(), len(value), value))
    assert get(opened, opened.box, "/private/vendor/thu/x")["/private/vendor/thu/x"] == value
    answer = opened.continued(f"SETMETADATA {opened.box} ({NOTE} {{7}}", b"a\r\nb\"\\c)")
    assert answer.status == "OK"
    assert get(opened, opened.box, NOTE)[NOTE] == b"a\r\nb\"\\c"
    # A plain literal holds no NUL, and literal8 is for values only.
    opened.bad(b"SETMETADATA %s (%s {3+}\r\na\0b)" % (opened.box.encode(), NOTE.encode()))
    opened.send(b"n1 SELECT ~{5+}\r\nINBOX\r\n")
    assert opened.response().startswith(b"n1 BAD")


# RFC 5464 4.2.1, 4.2.2
def test_maxsize_and_depth_choose(opened):
    names = {f"/private/vendor/a/{n}": n.encode() * 10 for n in ("x", "x/y", "x/y/z", "xy")}
    for name, value in names.items():
        opened.ok(f'SETMETADATA {opened.box} ({name} "{value.decode()}")')
    base = "/private/vendor/a/x"
    assert set(get(opened, opened.box, base, "(DEPTH 0) ")) == {base}
    assert set(get(opened, opened.box, base, "(DEPTH 1) ")) == {base, base + "/y"}
    assert set(get(opened, opened.box, base, "(DEPTH infinity) ")) == {
        base, base + "/y", base + "/y/z"}
    assert get(opened, opened.box, "/private", "(DEPTH infinity) ") == names
    answer = opened.ok(f"GETMETADATA (MAXSIZE 30 DEPTH infinity) {opened.box} /private")
    assert answer.code == "METADATA LONGENTRIES 50"
    assert set(entries(answer, opened.box)) == set(names) - {base + "/y/z"}
    # The examples of the RFC have the options behind the name.
    answer = opened.ok(f"GETMETADATA {opened.box} (DEPTH 1) ({base})")
    assert set(entries(answer, opened.box)) == {base, base + "/y"}


@pytest.mark.parametrize("command", [
    "GETMETADATA", "GETMETADATA INBOX", "GETMETADATA INBOX /comment", "GETMETADATA INBOX /other/x",
    "GETMETADATA INBOX /shared/", "GETMETADATA INBOX /shared//x", "GETMETADATA INBOX (/shared/x",
    'GETMETADATA INBOX "/shared/a*"', 'GETMETADATA INBOX "/shared/a%"', "GETMETADATA INBOX ()",
    "GETMETADATA (DEPTH 2) INBOX /shared/x", "GETMETADATA (X 2) INBOX /shared/x",
    "GETMETADATA (MAXSIZE) INBOX /shared/x", "GETMETADATA () INBOX /shared/x",
    "GETMETADATA INBOX /sharedx", "SETMETADATA", "SETMETADATA INBOX", "SETMETADATA INBOX ()",
    "SETMETADATA INBOX (/shared/x)", "SETMETADATA INBOX (/shared/x y)",
    "SETMETADATA INBOX (/shared NIL)", "SETMETADATA INBOX (/private/vendor/x NIL)",
    "SETMETADATA INBOX (/private/vendor NIL)", "SETMETADATA INBOX /shared/x NIL",
    "SETMETADATA INBOX (/shared/x NIL) x", 'SETMETADATA INBOX ("/shared/\xe1" NIL)'])
def test_malformed_commands_are_bad(opened, command):
    opened.bad(command)


# RFC 5464 3.2.1.1
def test_the_server_tells_whom_to_write_to_and_keeps_private_notes(connect):
    session, other = connect(), connect("binh")
    assert get(session, "", "/shared/admin") == {
        "/shared/admin": b"mailto:postmaster@bacninh.gov.vn"}
    session.ok('SETMETADATA "" (/private/vendor/thu/x "mot")')
    assert get(session, "", "/private/vendor/thu/x")["/private/vendor/thu/x"] == b"mot"
    assert get(other, "", "/private/vendor/thu/x")["/private/vendor/thu/x"] is None
    session.no('SETMETADATA "" (/shared/admin "mailto:x@y")', "NOPERM")
    session.no('SETMETADATA "" (/private/comment "hai" /shared/comment "x")', "NOPERM")
    assert get(session, "", NOTE) == {NOTE: None}
    assert get(session, "", "/shared/comment") == {"/shared/comment": None}


# RFC 5464 3.3
def test_what_is_private_is_seen_by_one_and_what_is_shared_by_all_who_may(shared):
    shared.ok(f'SETMETADATA {shared.box} ({NOTE} "anh" /shared/comment "chung")')
    shared.other.ok(f'SETMETADATA {shared.name} ({NOTE} "binh")')
    wanted = f"({NOTE} /shared/comment)"
    assert get(shared, shared.box, wanted) == {NOTE: b"anh", "/shared/comment": b"chung"}
    assert get(shared.other, shared.name, wanted) == {NOTE: b"binh", "/shared/comment": b"chung"}
    shared.other.ok(f'SETMETADATA {shared.name} (/shared/comment "moi")')
    assert get(shared, shared.box, "/shared/comment") == {"/shared/comment": b"moi"}


@pytest.mark.parametrize("rights, get_code, set_code", [
    ("lr", None, "NOPERM"), ("l", "NOPERM", "NOPERM"), ("rw", "NONEXISTENT", "NONEXISTENT"),
    ("lp", None, "NOPERM"), ("lw", None, None)])
def test_rights_decide(shared, rights, get_code, set_code):
    shared.ok(f'SETACL {shared.box} ntbinh.stttt "{rights}"')
    for command, code in ((f"GETMETADATA {shared.name} /shared/comment", get_code),
                          (f"GETMETADATA {shared.name} {NOTE}", get_code),
                          (f'SETMETADATA {shared.name} ({NOTE} "x")', get_code),
                          (f'SETMETADATA {shared.name} (/shared/comment "x")', set_code)):
        if code is None:
            shared.other.ok(command)
        else:
            shared.other.no(command, code)
    shared.other.no("GETMETADATA Khongco /shared/comment", "NONEXISTENT")


# RFC 5464 4.1
def test_annotations_follow_a_rename_and_go_with_the_mailbox(opened):
    opened.ok(f'SETMETADATA {opened.box} (/shared/comment "x")')
    opened.ok(f"RENAME {opened.box} {opened.box}moi")
    assert get(opened, opened.box + "moi", "/shared/comment") == {"/shared/comment": b"x"}
    opened.ok("UNSELECT")
    opened.ok(f"DELETE {opened.box}moi")
    opened.ok(f"CREATE {opened.box}moi")
    assert get(opened, opened.box + "moi", "/shared/comment") == {"/shared/comment": None}


def test_renaming_inbox_leaves_its_annotations_on_both(opened):
    opened.ok(f'SETMETADATA INBOX ({NOTE} "x")')
    opened.ok(f"RENAME INBOX {opened.box}cu")
    for name in ("INBOX", opened.box + "cu"):
        assert get(opened, name, NOTE) == {NOTE: b"x"}


# RFC 5464 4.1, 4.3: the least that a server must take, and what is too much.
def test_limits_are_told_and_nothing_of_the_command_stays(opened):
    box = opened.box
    value = "x" * 16384
    opened.ok(b"SETMETADATA %s (%s {16384+}\r\n%s)" % (box.encode(), NOTE.encode(), value.encode()))
    answer = opened.command(b"SETMETADATA %s (/private/vendor/a/b \"y\" %s {16385+}\r\n%sz)" % (
        box.encode(), NOTE.encode(), value.encode()))
    assert answer.status == "NO" and answer.code == "METADATA MAXSIZE 16384", answer
    assert get(opened, box, "/private/vendor/a/b") == {"/private/vendor/a/b": None}
    for n in range(99):
        opened.ok(f'SETMETADATA {box} (/private/vendor/a/{n} "x")')
    opened.no(f'SETMETADATA {box} (/private/vendor/a/0 "moi" /private/vendor/a/99 "x")',
              "METADATA")
    assert get(opened, box, "/private/vendor/a/0")["/private/vendor/a/0"] == b"x"
    opened.ok(f'SETMETADATA {box} (/private/vendor/a/0 "moi")')
    opened.ok(f'SETMETADATA {box} (/private/vendor/a/1 NIL /private/vendor/a/99 "x")')


def test_all_annotations_of_an_account_have_a_bound(connect, box):
    session, value = connect("binh"), b"x" * 16000
    for n in range(67):
        command = b"SETMETADATA INBOX (/shared/vendor/a/%d {16000+}\r\n%s)" % (n, value)
        answer = session.command(command)
        assert answer.status == "OK" or (n > 60 and answer.code == "METADATA TOOMANY"), (n, answer)
    assert answer.status == "NO"
    session.ok("SETMETADATA INBOX (/shared/vendor/a/1 NIL)")
    session.ok(b"SETMETADATA INBOX (/shared/vendor/a/70 {16000+}\r\n%s)" % value)


def test_annotations_outlive_the_server(office):
    with Session(office, office.anh) as session:
        session.ok(f'SETMETADATA INBOX ({NOTE} "x" /shared/comment "y")')
    office.kill()
    office.start()
    with Session(office, office.anh) as session:
        assert get(session, "INBOX", f"({NOTE} /shared/comment)") == {
            NOTE: b"x", "/shared/comment": b"y"}
