"""CATENATE: a message made of parts that are on the server already, and of new ones."""

import pytest

from harness.imap import Session, message, utf7

MIXED = (b"From: dan@example.com\r\nSubject: hai phan\r\nContent-Type: multipart/mixed;"
         b" boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nmot\r\n--b\r\n"
         b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         b"aGVsbG8=\r\n--b--\r\n")


@pytest.fixture
def mixed(opened):
    """A mailbox with MIXED as UID 1, selected; .validity is its UIDVALIDITY."""
    opened.append(opened.box, MIXED)
    opened.ok("NOOP")
    opened.validity = opened.ok(
        f"STATUS {opened.box} (UIDVALIDITY)").status_of(opened.box)["UIDVALIDITY"]
    return opened


def catenate(session, box, *parts, options=""):
    """One APPEND of a message of parts: bytes are TEXT, strings are URLs; the Answer."""
    given = [b'URL "' + p.encode() + b'"' if isinstance(p, str) else
             b"TEXT {%d+}\r\n%s" % (len(p), p) for p in parts]
    return session.command(b"APPEND %s %sCATENATE (" % (box.encode(), options.encode()) +
                           b" ".join(given) + b")")


def newest(session):
    session.ok("NOOP")
    return list(session.ok("FETCH * (BODY.PEEK[])").fetched().values())[0]["BODY[]"]


# RFC 4469 3
@pytest.mark.capability("CATENATE")
@pytest.mark.parametrize("url, found", [
    ("", MIXED), ("/;SECTION=HEADER", MIXED[:MIXED.index(b"\r\n\r\n") + 4]),
    ("/;section=1", b"mot"), ("/;SECTION=1.MIME", b"Content-Type: text/plain\r\n\r\n"),
    ("/;SECTION=2", b"aGVsbG8="), ("/;SECTION=TEXT", MIXED[MIXED.index(b"\r\n\r\n") + 4:]),
    ("/;PARTIAL=0.10", MIXED[:10]), ("/;PARTIAL=20", MIXED[20:]),
    ("/;SECTION=2/;PARTIAL=1.3", b"GVs"),
    ("/;SECTION=HEADER.FIELDS%20(Subject)", b"Subject: hai phan\r\n\r\n")])
def test_a_part_is_copied_as_fetch_gives_it(mixed, url, found):
    assert "CATENATE" in mixed.capabilities()
    base = f"/{mixed.box};UIDVALIDITY={mixed.validity}/;UID=1"
    answer = catenate(mixed, mixed.box, b"X: 1\r\n", base + url, b"\r\nhet\r\n")
    assert answer.status == "OK" and answer.code == f"APPENDUID {mixed.validity} 2", answer
    assert newest(mixed) == b"X: 1\r\n" + found + b"\r\nhet\r\n"


def test_a_message_may_be_made_of_urls_alone_and_relative_to_the_selected_mailbox(mixed):
    for url in (f"/{mixed.box}/;UID=1", ";UID=1", ";UID=1/;SECTION=TEXT"):
        answer = mixed.ok(f'APPEND {mixed.box} (\\Seen) CATENATE (URL "{url}" URL {url})')
        assert answer.code.startswith("APPENDUID")
    mixed.ok("NOOP")
    rows = mixed.ok("FETCH 2:4 (FLAGS BODY.PEEK[])").fetched()
    assert rows[2]["BODY[]"] == rows[3]["BODY[]"] == MIXED * 2
    assert rb"\Seen" in rows[2]["FLAGS"]
    # RFC 4469 3: what is copied is not read by that.
    assert rb"\Seen" not in mixed.ok("FETCH 1 FLAGS").fetched()[1]["FLAGS"]


@pytest.mark.capability("CATENATE", "MULTIAPPEND")
def test_messages_of_parts_and_plain_ones_come_in_one_command(mixed):
    data = message("giua")
    mixed.ok(b"APPEND %s CATENATE (URL ;UID=1) (\\Flagged) {%d+}\r\n%s CATENATE (TEXT {3+}\r\nabc"
             b" TEXT {0+}\r\n URL ;UID=1/;SECTION=1)" % (mixed.box.encode(), len(data), data))
    mixed.ok("NOOP")
    rows = mixed.ok("FETCH 2:4 (BODY.PEEK[])").fetched()
    assert [rows[n]["BODY[]"] for n in (2, 3, 4)] == [MIXED, data, b"abcmot"]


def test_urls_and_text_may_come_as_literals_that_are_asked_for(mixed):
    url = b";UID=1/;SECTION=1"
    answer = mixed.continued(f"APPEND {mixed.box} CATENATE (TEXT {{4}}",
                             b"dau\n URL {%d}" % len(url), url + b" TEXT {3}", b"duoi"[:3] + b")")
    assert answer.status == "OK", answer
    assert newest(mixed) == b"dau\nmotduo"


def test_a_name_in_vietnamese_is_utf8_in_the_url(connect):
    session = connect()
    name = "Công văn đến"
    session.ok(f'CREATE "{utf7(name)}"')
    session.append(utf7(name), MIXED)
    url = "/C%c3%b4ng%20v%C4%83n%20%C4%91%E1%BA%BFn/;UID=1/;SECTION=1"
    assert catenate(session, "INBOX", url).status == "OK"


# RFC 4469 4.1
@pytest.mark.parametrize("url", [
    "/{box}/;UID=2", "/{box};UIDVALIDITY=1/;UID=1", "/Khongco/;UID=1", "/{box}/;UID=1/;SECTION=9",
    "/{box}/;UID=0", "/{box}", "/", ";UID=", "imap://x/{box}/;UID=1", "/{box}/;UID=1/;SECTION=",
    "/{box}/;UID=1;URLAUTH=x", "/{box}/;UID=1/;SECTION=1]%20BODY%5b2", "/%00/;UID=1", "/%zz/;UID=1",
    "/{box}/;UID=1/;PARTIAL=1.0", "/{box}/;UID=99999999999", "/{box}%2F;UID=1", "//x/{box}/;UID=1",
    "/Shared/tvanh.stttt/{box}/;UID=1", "/{box}/;UID=1/;SECTION=BINARY", "/{box}/;UID=1?x"])
def test_what_names_nothing_is_badurl_and_stores_nothing(mixed, url):
    url = url.format(box=mixed.box)
    before = mixed.ok(f"STATUS {mixed.box} (MESSAGES)").status_of(mixed.box)
    answer = catenate(mixed, mixed.box, b"a", ";UID=1", url, "/Khongco/;UID=7")
    assert answer.status == "NO" and answer.code.startswith("BADURL "), answer
    assert mixed.ok(f"STATUS {mixed.box} (MESSAGES)").status_of(mixed.box) == before


# Only the user's own mailboxes: whoever lets him read may have more to lose than he sees.
def test_a_shared_mailbox_and_one_that_is_hidden_are_badurl(mixed, connect):
    mixed.ok(f'SETACL {mixed.box} ntbinh.stttt "lri"')
    other = connect("binh")
    for name in (f"Shared/tvanh.stttt/{mixed.box}", "Shared/tvanh.stttt/INBOX"):
        assert catenate(other, "INBOX", f"/{name}/;UID=1").code.startswith("BADURL ")
    other.ok(f"SELECT Shared/tvanh.stttt/{mixed.box}")
    assert catenate(other, "INBOX", ";UID=1").code.startswith("BADURL ")


def test_a_strange_url_cannot_break_the_answer(mixed):
    answer = mixed.continued(f"APPEND {mixed.box} CATENATE (URL {{10}}", b"]\r\n* BYE \r)")
    assert answer.status == "NO" and answer.code.startswith("BADURL "), answer
    mixed.ok("NOOP")


# RFC 4469 4.2: a small command may not grow into a large message.
def test_what_becomes_too_large_is_toobig(connect, box):
    session = connect()
    session.append(box, message("lon", "x" * 30000000))
    session.ok(f"SELECT {box}")
    answer = catenate(session, box, *[";UID=1"] * 3)
    assert answer.status == "NO" and answer.code == "TOOBIG", answer
    answer = catenate(session, box, b"x", *[";UID=1/;SECTION=HEADER"] * 1001)
    assert answer.status == "NO" and answer.code == "LIMIT", answer
    parts = " ".join(["CATENATE (URL ;UID=1 URL ;UID=1)"] * 10)
    assert session.no(f"APPEND {box} {parts}").code in ("LIMIT", "TOOBIG")


@pytest.mark.parametrize("rest", [
    "CATENATE", "CATENATE ()", "CATENATE (URL)", "CATENATE (TEXT)", "CATENATE (URL ;UID=1",
    "CATENATE (URL ;UID=1) x", "CATENATE (FILE x)", "CATENATE URL ;UID=1", "CATENATE (URL ;UID=1 )",
    "CATENATE (URL ;UID=1))", "CATENATE (TEXT \"x\")", "(\\Seen CATENATE (URL ;UID=1)"])
def test_a_malformed_catenate_is_bad(mixed, rest):
    mixed.bad(f"APPEND {mixed.box} {rest}")


def test_the_literal_after_a_refused_url_is_read_and_thrown_away(mixed):
    mixed.send(b"r1 APPEND %s CATENATE (URL ;UID=9 TEXT {21+}\r\nr2 DELETE x\r\nr3 NOO\r\n)\r\n"
               b"r4 NOOP\r\n" % mixed.box.encode())
    while not (got := mixed.response()).startswith(b"r1 "):
        pass
    assert got.startswith(b"r1 NO [BADURL ;UID=9]")
    assert mixed.response().startswith(b"r4 OK")


def test_a_length_that_is_wrong_by_one_ends_the_connection(mixed):
    mixed.send(b"w1 APPEND %s CATENATE (TEXT {4+}\r\nabc\r\n)\r\nw2 NOOP\r\n" % mixed.box.encode())
    told = mixed.rest()
    assert "w1 BAD" in told and "BYE" in told and "w2" not in told
