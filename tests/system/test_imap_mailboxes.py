"""CREATE, DELETE, RENAME, and names in modified UTF-7 and UTF-8."""

import pytest

from harness.imap import message, utf7

NAMES = [("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")]  # RFC 3501's own
NAMES += [(name, utf7(name)) for name in (
    "Công văn đến", "Trần & Sơn", "Hồ sơ", "emoji 📬", "a~b", "&", "Đ", "&-", "ế&ế", "Thư đã gửi")]


def names(session, pattern="*"):
    return session.ok(f'LIST "" "{pattern}"').names()


# RFC 9051 6.3.4: the levels above are made too; a separator at the end is only an intent.
def test_create_makes_the_levels_above(connect, box):
    session = connect()
    session.ok(f"CREATE {box}/x/y/")
    assert {f"{box}/x", f"{box}/x/y"} <= set(names(session))
    session.no(f"CREATE {box}/x", "ALREADYEXISTS")
    session.no("CREATE inbox", "ALREADYEXISTS")


@pytest.mark.parametrize("name", ['""', '"/"', '"/dau"', '"hai//cap"', '"a\tb"', '"Shared"',
                                  '"Shared/x"', '"Shared/khongco/y"', "x" * 1200,
                                  '"' + "/".join("abcdefghijklmnopqrstuvwxyz") + '"'])
def test_a_name_that_cannot_be_is_refused(connect, name):
    session = connect()
    before = names(session)
    assert session.command(f"CREATE {name}").status in ("NO", "BAD")
    assert names(session) == before


# RFC 9051 6.3.5
def test_delete_refuses_inbox_parents_and_the_unknown(connect, box):
    session = connect()
    session.ok(f"CREATE {box}/con")
    session.no("DELETE INBOX")
    session.no(f"DELETE {box}", "HASCHILDREN")
    session.no("DELETE Khongco", "NONEXISTENT")
    session.ok(f"DELETE {box}/con")
    session.ok(f"DELETE {box}")
    assert box not in names(session)


# RFC 9051 6.3.6
def test_rename_takes_the_children_along(connect, box):
    session = connect()
    session.ok(f"CREATE {box}/mot/hai")
    session.append(f"{box}/mot/hai")
    session.ok(f"RENAME {box} {box}moi/sau")
    found = set(names(session, f"{box}*"))
    assert found == {f"{box}moi", f"{box}moi/sau", f"{box}moi/sau/mot", f"{box}moi/sau/mot/hai"}
    assert session.ok(f"SELECT {box}moi/sau/mot/hai").one(r"\d+ EXISTS") == "1 EXISTS"


@pytest.mark.parametrize("to, code", [("INBOX", "ALREADYEXISTS"), ("{0}/trong", None),
                                      ('""', None), ("{0}", None)])
def test_a_rename_that_cannot_be_is_refused(connect, box, to, code):
    session = connect()
    session.no(f"RENAME {box} {to.format(box)}", code)
    session.no(f"RENAME Khongco {box}x", "NONEXISTENT")
    assert box in names(session)


# RFC 9051 6.3.6: INBOX itself stays, its messages move, its children do not.
def test_renaming_inbox_moves_its_messages_only(connect, box):
    session = connect("binh")
    session.append("INBOX", message("cu"), r"(\Flagged)")
    session.ok("CREATE INBOX/con")
    session.ok(f"RENAME INBOX Cu{box}")
    assert session.ok("SELECT INBOX").one(r"\d+ EXISTS") == "0 EXISTS"
    session.ok(f"SELECT Cu{box}")
    assert rb"\Flagged" in session.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"]
    assert "INBOX/con" in names(session) and f"Cu{box}/con" not in names(session)


# RFC 3501 5.1.3
@pytest.mark.parametrize("plain, coded", NAMES)
def test_names_travel_as_utf7_to_rev1_and_as_utf8_to_rev2(connect, box, plain, coded):
    old, new = connect(), connect()
    new.ok("ENABLE IMAP4rev2")
    old.ok(f'CREATE "{box}/{coded}"')
    assert f"{box}/{coded}" in names(old) and f"{box}/{plain}" in names(new)
    new.ok(f'SELECT "{box}/{plain}"')
    old.ok(f'SELECT "{box}/{coded}"')
    new.ok(f'RENAME "{box}/{plain}" "{box}/{plain} 2"')
    assert any(n.startswith(f"{box}/") and n.endswith(" 2") for n in names(old))


# RFC 3501 5.1.3: one name, one spelling.
@pytest.mark.parametrize("name", ["&", "&AP", "&APQ", "a&b", "&AGE-", "&Jjo!", "&U,BTFw-&ZeVnLIqe-",
                                  "&2D0-", "&3Kw-", "&AP-=-", "ä",
                                  "&AAA-", "INBOX&AAA-x", "&AAkAAA-"])
def test_malformed_utf7_is_refused(connect, name):
    assert connect().command(f'CREATE "{name}"').status in ("NO", "BAD")


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"a\0b"])
def test_malformed_utf8_is_refused(connect, name):
    session = connect()
    session.ok("ENABLE IMAP4rev2")
    assert session.command(b'CREATE "' + name + b'"').status in ("NO", "BAD")


# RFC 9051 5.1, 6.3.9.7: a name has one form (NFC); a client that wrote another is told.
@pytest.mark.capability("IMAP4rev2")
def test_a_decomposed_name_is_the_same_mailbox_and_rev2_is_told(connect, box):
    session = connect()
    session.ok("ENABLE IMAP4rev2")
    apart, whole = f"{box}/Ho\u0302\u0300 so\u031b", f"{box}/Hồ sơ"
    told = session.ok(f'CREATE "{apart}"').one("LIST")
    assert f'"{whole}"' in told and f'("OLDNAME" ("{apart}"))' in told
    assert whole in names(session)
    told = session.ok(f'SELECT "{apart}"').one("LIST")
    assert f'"{whole}"' in told and "OLDNAME" in told
    session.no(f'CREATE "{whole}"', "ALREADYEXISTS")


# RFC 9051 6.3.6, 6.3.9.7
@pytest.mark.capability("IMAP4rev2")
def test_rev2_is_told_the_old_name_of_a_renamed_mailbox(connect, box):
    session = connect()
    session.ok("ENABLE IMAP4rev2")
    assert f'("OLDNAME" ("{box}"))' in session.ok(f"RENAME {box} {box}x").one("LIST")
    assert not connect().ok(f"RENAME {box}x {box}").of("LIST")
