"""UTF8=ACCEPT: names and strings in UTF-8, both ways, for a client that has asked for it."""

import pytest

from harness.imap import Session, message, utf7

NAME = "Công văn đến"


@pytest.fixture
def utf8(connect):
    session = connect()
    assert "UTF8=ACCEPT" in session.capabilities()
    assert session.ok("ENABLE UTF8=ACCEPT").one("ENABLED") == "ENABLED UTF8=ACCEPT"
    return session


# RFC 9755 3
@pytest.mark.capability("UTF8=ACCEPT")
def test_names_of_mailboxes_go_in_utf8_both_ways(utf8, connect):
    plain = connect()
    utf8.ok(f'CREATE "{NAME}/Số 1"')
    assert f"{NAME}/Số 1" in utf8.ok('LIST "" "*"').names()
    assert f'"{NAME}/Số 1"' in utf8.ok(f'LIST "" "{NAME}/%"').one("LIST")
    assert utf8.ok(f'STATUS "{NAME}" (MESSAGES)').status_of(NAME) == {"MESSAGES": 0}
    assert f'"{NAME}"' in utf8.ok(f'MYRIGHTS "{NAME}"').one("MYRIGHTS")
    assert f'"{NAME}"' in utf8.ok(f'GETQUOTAROOT "{NAME}"').one("QUOTAROOT")
    utf8.ok(f'SUBSCRIBE "{NAME}"')
    assert f'"{NAME}"' in utf8.ok(f'LSUB "" "{NAME}"').one("LSUB")
    # Who did not ask sees modified UTF-7 and nothing of 8 bits.
    assert all(line.isascii() for line in plain.ok('LIST "" "*"').lines)
    assert utf7(NAME) in plain.ok('LIST "" "*"').names()
    plain.ok(f'SELECT "{utf7(NAME)}"')
    utf8.ok(f'SELECT "{NAME}"')
    utf8.ok(f'RENAME "{NAME}" "Hủy"')
    utf8.ok('DELETE "Hủy/Số 1"')


# RFC 9755 3: an ampersand is no shift any more.
@pytest.mark.capability("UTF8=ACCEPT")
def test_an_ampersand_stands_for_itself(utf8, connect):
    utf8.ok('CREATE "Thu&Chi"')
    assert "Thu&Chi" in utf8.ok('LIST "" "Thu*"').names()
    assert "Thu&-Chi" in connect().ok('LIST "" "Thu*"').names()


# RFC 9755 3: octets that are no UTF-8, and charsets, are BAD.
@pytest.mark.capability("UTF8=ACCEPT")
def test_what_is_not_utf8_and_charsets_are_bad(utf8):
    utf8.append("INBOX", message("Giấy mời"))
    utf8.ok("SELECT INBOX")
    assert utf8.ok('SEARCH SUBJECT "giấy mời"').search() == [1]
    for octets in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"):
        utf8.bad(b'SEARCH SUBJECT "' + octets + b'"')
        utf8.bad(b'SELECT "' + octets + b'"')
    utf8.ok("NOOP")
    for charset in ("UTF-8", "US-ASCII", "X-NONE"):
        utf8.bad(f"SEARCH CHARSET {charset} ALL")
    assert utf8.ok("SORT (SUBJECT) UTF-8 ALL").one("SORT") == "SORT 1"
    assert utf8.ok('SORT (SUBJECT) "utf-8" ALL').one("SORT") == "SORT 1"
    utf8.bad("SORT (SUBJECT) US-ASCII ALL")
    utf8.bad("THREAD REFERENCES ISO-8859-1 ALL")
    assert utf8.ok("THREAD REFERENCES UTF-8 ALL").one("THREAD") == "THREAD (1)"


# RFC 9755 4: a message with UTF-8 in its header is taken and given as it is.
@pytest.mark.capability("UTF8=ACCEPT")
def test_headers_in_utf8_are_kept_byte_by_byte(utf8):
    data = message("Giấy mời họp", From="Trần Văn Ánh <ánh@ví.dụ>")
    utf8.ok("CREATE Utf8")
    utf8.append("Utf8", data)
    utf8.ok("SELECT Utf8")
    row = utf8.ok("FETCH 1 (BODY.PEEK[] ENVELOPE)").fetched()[1]
    assert row["BODY[]"] == data
    assert row["ENVELOPE"][1] == "Giấy mời họp".encode()
    assert row["ENVELOPE"][2][0][2:] == ["ánh".encode(), "ví.dụ".encode()]


# RFC 6855 4: the older form, alone and as a part of CATENATE.
@pytest.mark.capability("UTF8=ACCEPT")
def test_append_takes_the_older_data_item_too(utf8, connect):
    utf8.ok("CREATE Cu6855")
    data = message("Giấy mời", From="Ánh <ánh@ví.dụ>")
    tag = utf8.begin(b"APPEND Cu6855 (\\Seen) UTF8 (~{%d+}\r\n%s)" % (len(data), data))
    assert utf8.end(tag).status == "OK"
    head, tail = data[:20], data[20:]
    tag = utf8.begin(b"APPEND Cu6855 CATENATE (UTF8 (~{%d+}\r\n%s) TEXT {%d+}\r\n%s)"
                     % (len(head), head, len(tail), tail))
    assert utf8.end(tag).status == "OK"
    tag = utf8.begin(b"APPEND Cu6855 UTF8 (~{%d+}\r\n%s) UTF8 (~{%d+}\r\n%s)"
                     % (len(data), data, len(data), data))
    assert utf8.end(tag).status == "OK"
    utf8.ok("SELECT Cu6855")
    rows = utf8.ok("FETCH 1:* BODY.PEEK[]").fetched()
    assert [rows[n]["BODY[]"] for n in sorted(rows)] == [data] * 4
    for bad in (b"UTF8 {3+}\r\nabc", b"UTF8 ({3+}\r\nabc)", b"UTF8 (~{3+}\r\nabc", b"UTF8 (~{3+}\r\nabc}",
                b"UTF8 ()", b"UTF8", b"UTF8 (~{3+}\r\nabc ~{3+}\r\nabc)", b"CATENATE (UTF8 (~{3+}\r\nabc)",
                b"UTF8 (UTF8 (~{3+}\r\nabc))"):
        session = connect()  # what cannot be followed any more ends with BYE
        session.send(b"x APPEND Cu6855 " + bad + b"\r\n")
        while not (got := session.response()).startswith(b"x "):
            pass
        assert got.startswith(b"x BAD"), (bad, got)
    assert utf8.ok("STATUS Cu6855 (MESSAGES)").status_of("Cu6855") == {"MESSAGES": 4}


# RFC 9755 3: without ENABLE nothing of 8 bits stands in quotes.
@pytest.mark.capability("UTF8=ACCEPT")
def test_without_enable_utf8_goes_in_literals_only(connect):
    session = connect()
    session.ok("CREATE Cu8")
    session.append("Cu8", message("Giấy mời"))
    session.ok("SELECT Cu8")
    raw = session.ok("FETCH 1 ENVELOPE").untagged
    assert any(b"{" in line and "Giấy mời".encode() in line for line in raw)


def test_a_stranger_cannot_enable_it(shared_office):
    with Session(shared_office) as stranger:
        stranger.bad("ENABLE UTF8=ACCEPT")
