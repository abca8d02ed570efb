"""FETCH: what of a message is told, and in which form."""

import re

import pytest

from harness.imap import message

MIXED = b"""From: =?utf-8?Q?Tr=E1=BA=A7n_V=C4=83n?= Anh <anh@example.com>
To: binh@example.com, "Chi, Lan" <lan@example.com>
Cc: nhom: a@example.com, b@example.com;
Subject: =?utf-8?B?Q8O0bmcgdsSDbg==?=
Date: Tue, 24 Nov 2026 08:05:00 +0700
Message-ID: <1@example.com>
In-Reply-To: <0@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=ngoai

mo dau
--ngoai
Content-Type: multipart/alternative; boundary=trong

--trong
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Ch=C3=A0o
--trong
Content-Type: text/html; charset=utf-8
Content-Language: vi

<p>hai</p>
dong
--trong--
--ngoai
Content-Type: message/rfc822
Content-Disposition: attachment; filename="thu.eml"

From: dan@example.com
Subject: ben trong
Content-Type: multipart/mixed; boundary=sau

--sau

phan mot
--sau
Content-Type: application/pdf; name=a.pdf
Content-ID: <x@y>
Content-Description: to khai
Content-Transfer-Encoding: base64

aGVsbG8=
--sau--
--ngoai--
ket
""".replace(b"\n", b"\r\n")


@pytest.fixture
def mixed(opened):
    opened.append(opened.box, MIXED, date="24-Nov-2026 08:05:00 +0700")
    return opened


def part(session, section):
    """The bytes of BODY.PEEK[section] of message 1 (None for NIL)."""
    row = session.ok(f"FETCH 1 BODY.PEEK[{section}]").fetched()[1]
    return next(value for name, value in row.items() if name.startswith("BODY["))


# RFC 9051 6.4.5
def test_the_whole_and_its_two_halves_are_the_bytes_that_were_given(mixed):
    head, text = MIXED.split(b"\r\n\r\n", 1)
    assert part(mixed, "") == MIXED
    assert part(mixed, "HEADER") == head + b"\r\n\r\n"
    assert part(mixed, "TEXT") == text
    row = mixed.ok("FETCH 1 (RFC822.SIZE RFC822.HEADER)").fetched()[1]
    assert int(row["RFC822.SIZE"]) == len(MIXED)
    assert row["RFC822.HEADER"] == head + b"\r\n\r\n"


SECTIONS = {
    "1": b"--trong\r\nContent-Type: text/plain", "1.1": b"Ch=C3=A0o", "1.2": b"<p>hai</p>\r\ndong",
    "1.1.MIME": b"Content-Type: text/plain; charset=utf-8\r\n"
                b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
    "2": b"From: dan@example.com\r\nSubject: ben trong\r\n",
    "2.MIME": b'Content-Type: message/rfc822\r\n',
    "2.HEADER": b"From: dan@example.com\r\nSubject: ben trong\r\n"
                b"Content-Type: multipart/mixed; boundary=sau\r\n\r\n",
    "2.TEXT": b"--sau\r\n\r\nphan mot\r\n--sau\r\n", "2.1": b"phan mot", "2.1.MIME": b"\r\n",
    "2.2": b"aGVsbG8=", "2.2.MIME": b"Content-Type: application/pdf; name=a.pdf\r\n",
}
EXACT = {"1.1", "1.2", "1.1.MIME", "2.HEADER", "2.1", "2.1.MIME", "2.2"}


# RFC 9051 6.4.5.1
@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_is_found_by_its_number(mixed, section):
    got, wanted = part(mixed, section), SECTIONS[section]
    assert got == wanted if section in EXACT else got.startswith(wanted)


@pytest.mark.parametrize("section", ["3", "1.3", "2.3", "1.1.1.1", "2.2.1", "1.HEADER", "1.1.TEXT"])
def test_a_section_that_is_not_there_is_nil_or_empty(mixed, section):
    assert part(mixed, section) in (None, b"")


@pytest.mark.parametrize("section", ["MIME", "0", "1.0", "1.", ".1", "HEADER.FIELDS",
                                     "HEADER.FIELDS ()", "NONSENSE", "1..2", "a"])
def test_a_malformed_section_is_bad(mixed, section):
    mixed.bad(f"FETCH 1 BODY.PEEK[{section}]")


# RFC 9051 6.4.5: part 1 of a message without parts is its text.
def test_a_plain_message_has_part_one(opened):
    opened.append(opened.box, message("x", "than"))
    assert part(opened, "1") == b"than\r\n" == part(opened, "TEXT")
    assert part(opened, "1.MIME").startswith(b"From: ")
    assert part(opened, "2") in (None, b"")


# RFC 9051 6.4.5
@pytest.mark.parametrize("begin, count", [(0, 5), (3, 1000000), (2, 3), (100000, 5), (0, 1)])
def test_a_partial_is_a_window_on_the_section(mixed, begin, count):
    text = MIXED.split(b"\r\n\r\n", 1)[1]
    row = mixed.ok(f"FETCH 1 BODY.PEEK[TEXT]<{begin}.{count}>").fetched()[1]
    assert row == {f"BODY[TEXT]<{begin}>": text[begin:begin + count]}


@pytest.mark.parametrize("partial", ["<0.0>", "<1>", "<.5>", "<-1.5>", "<a.b>", "<0.5", "<0.5>x"])
def test_a_malformed_partial_is_bad(mixed, partial):
    mixed.bad(f"FETCH 1 BODY.PEEK[]{partial}")


def test_header_fields_are_chosen_without_case_and_end_in_an_empty_line(mixed):
    assert part(mixed, "HEADER.FIELDS (subject X-None MESSAGE-ID)") == (
        b"Subject: =?utf-8?B?Q8O0bmcgdsSDbg==?=\r\nMessage-ID: <1@example.com>\r\n\r\n")
    rest = part(mixed, "HEADER.FIELDS.NOT (Subject)")
    assert b"Subject:" not in rest and rest.endswith(b"\r\n\r\n") and b"Message-ID" in rest
    assert part(mixed, "2.HEADER.FIELDS (From)") == b"From: dan@example.com\r\n\r\n"
    assert part(mixed, "HEADER.FIELDS (X-None)") == b"\r\n"
    assert part(mixed, 'HEADER.FIELDS ("Subject")').startswith(b"Subject:")
    for section in ("9.HEADER.FIELDS (A)", "1.HEADER.FIELDS.NOT (A)"):  # no such part
        assert part(mixed, section) is None


def test_the_label_repeats_what_was_asked(mixed):
    assert list(mixed.ok("FETCH 1 body.peek[header.fields (from TO)]").fetched()[1]) == [
        "BODY[HEADER.FIELDS (FROM TO)]"]


# RFC 9051 7.5.2, ENVELOPE
def test_the_envelope_holds_ten_fields(mixed):
    assert mixed.ok("FETCH 1 ENVELOPE").fetched()[1]["ENVELOPE"] == [
        b"Tue, 24 Nov 2026 08:05:00 +0700", b"=?utf-8?B?Q8O0bmcgdsSDbg==?=",
        anh := [[b"=?utf-8?Q?Tr=E1=BA=A7n_V=C4=83n?= Anh", None, b"anh", b"example.com"]], anh, anh,
        [[None, None, b"binh", b"example.com"], [b"Chi, Lan", None, b"lan", b"example.com"]],
        [[None, None, b"nhom", None], [None, None, b"a", b"example.com"],
         [None, None, b"b", b"example.com"], [None, None, None, None]],
        None, b"<0@example.com>", b"<1@example.com>"]


def test_the_envelope_of_an_empty_header_is_nil(opened):
    opened.append(opened.box, b"\r\nchi co than\r\n")
    assert opened.ok("FETCH 1 ENVELOPE").fetched()[1]["ENVELOPE"] == [None] * 10


# RFC 9051 7.5.2, BODYSTRUCTURE
def test_bodystructure_describes_every_part(mixed):
    row = mixed.ok("FETCH 1 BODYSTRUCTURE").fetched()[1]["BODYSTRUCTURE"]
    alternative, attached, kind, parameters, disposition, language, location = row
    assert (kind, parameters, disposition, language, location) == (
        b"mixed", [b"boundary", b"ngoai"], None, None, None)
    plain, html, kind, *_ = alternative
    assert kind == b"alternative"
    assert plain == [b"text", b"plain", [b"charset", b"utf-8"], None, None, b"quoted-printable",
                     b"9", b"1", None, None, None, None] or plain[7] == b"0"
    assert html[:8] == [b"text", b"html", [b"charset", b"utf-8"], None, None, b"7bit", b"16", b"1"]
    assert html[8:] == [None, None, b"vi", None] or html[8:] == [None, None, [b"vi"], None]
    assert attached[:7] == [b"message", b"rfc822", None, None, None, b"7bit", attached[6]]
    assert int(attached[6]) == len(part(mixed, "2"))
    assert attached[7][1] == b"ben trong"
    one, pdf, kind, *_ = attached[8]
    assert kind == b"mixed" and one[:3] == [b"text", b"plain", one[2]]
    assert pdf[:7] == [b"application", b"pdf", [b"name", b"a.pdf"], b"<x@y>", b"to khai", b"base64",
                       b"8"]
    assert int(attached[9]) == part(mixed, "2").count(b"\r\n")
    assert attached[10:12] == [None, [b"attachment", [b"filename", b"thu.eml"]]]


# BODY is BODYSTRUCTURE without its extension data.
def test_body_leaves_the_extension_data_away(mixed):
    row = mixed.ok("FETCH 1 BODY").fetched()[1]["BODY"]
    assert len(row) == 3 and row[2] == b"mixed" and len(row[0][0]) == 8


# RFC 9051 6.4.5: macros
@pytest.mark.parametrize("macro, items", [
    ("FAST", {"FLAGS", "INTERNALDATE", "RFC822.SIZE"}),
    ("ALL", {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"}),
    ("FULL", {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"})])
def test_macros_stand_for_their_items(mixed, macro, items):
    assert set(mixed.ok(f"FETCH 1 {macro}").fetched()[1]) == items
    mixed.bad(f"FETCH 1 ({macro} UID)")


# RFC 9051 2.3.3, 6.3.12
@pytest.mark.parametrize("given", ["24-Nov-2026 08:05:00 +0700", " 1-Jan-2000 00:00:00 +0000",
                                   "31-Dec-1999 23:59:59 -1130", "01-Feb-2026 12:00:00 +0545"])
def test_internaldate_is_the_moment_that_append_gave(opened, given):
    import datetime
    opened.append(opened.box, date=given)
    told = opened.ok("FETCH 1 INTERNALDATE").fetched()[1]["INTERNALDATE"].decode()
    assert re.fullmatch(r"[ \d]\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}", told)
    form = "%d-%b-%Y %H:%M:%S %z"
    assert datetime.datetime.strptime(told.strip(), form) == \
        datetime.datetime.strptime(given.strip(), form)


@pytest.mark.parametrize("date", ["32-Jan-2026 00:00:00 +0000", "24-Nov-2026", "24-Nov-2026 08:05",
                                  "29-Feb-2026 00:00:00 +0000", "24-Xyz-2026 08:05:00 +0700",
                                  "24-Nov-2026 25:05:00 +0700", "24-Nov-2026 08:05:00 0700"])
def test_a_malformed_date_of_append_is_bad(opened, date):
    opened.bad(f'APPEND {opened.box} "{date}" {{3+}}\r\nabc')


# RFC 9051 6.4.5: BODY sets \Seen and tells it; BODY.PEEK does not.
@pytest.mark.parametrize("item, sets", [
    ("BODY[]", True), ("BODY[TEXT]", True), ("BODY[]<0.1>", True), ("RFC822", True),
    ("RFC822.TEXT", True), ("BODY.PEEK[]", False), ("RFC822.HEADER", False), ("ENVELOPE", False),
    ("BODY", False), ("BINARY[1]", True), ("BINARY.PEEK[1]", False), ("BINARY.SIZE[1]", False)])
def test_reading_sets_seen_and_peeking_does_not(opened, item, sets):
    opened.append(opened.box)
    row = opened.ok(f"FETCH 1 {item}").fetched()[1]
    assert ("FLAGS" in row and rb"\Seen" in row["FLAGS"]) is sets
    assert bool(opened.ok("SEARCH SEEN").search()) is sets
    assert opened.ok(f"FETCH 1 {item}").fetched()[1].get("FLAGS") is None  # told once


def test_items_come_in_one_response_for_each_message(opened):
    for n in range(3):
        opened.append(opened.box, message(f"thu {n}"))
    answer = opened.ok("FETCH 1:3 (FLAGS UID BODY.PEEK[] RFC822.SIZE INTERNALDATE ENVELOPE)")
    assert len(answer.of(r"\d+ FETCH")) == 3


# RFC 9051 6.4.9
def test_uid_fetch_always_tells_the_uid(opened):
    opened.append(opened.box)
    assert opened.ok("UID FETCH 1 FLAGS").fetched()[1]["UID"] == b"1"
    assert opened.ok("UID FETCH 1 (UID FLAGS)").of("1 FETCH")[0].count("UID") == 1


@pytest.mark.parametrize("items", ["", "()", "(FLAGS", "FLAGS UID", "NONSENSE", "(FLAGS  UID)",
                                   "(FLAGS UID) x", "BODY[", "BODY[]]", "RFC822.NONE"])
def test_malformed_items_are_bad(opened, items):
    opened.append(opened.box)
    opened.bad(f"FETCH 1 {items}")


# RFC 9051 6.4.5, RFC 3516 4.1, 4.2, 4.3
@pytest.mark.capability("BINARY")
def test_binary_undoes_the_transfer_encoding(mixed):
    assert "BINARY" in mixed.capabilities()
    row = mixed.ok("FETCH 1 (BINARY.PEEK[1.1] BINARY.SIZE[1.1] BINARY.PEEK[2.2]<1.3> "
                   "BINARY.SIZE[2.2])").fetched()[1]
    assert row["BINARY[1.1]"].decode() == "Chào" and int(row["BINARY.SIZE[1.1]"]) == 5
    assert row["BINARY[2.2]<1>"] == b"ell" and int(row["BINARY.SIZE[2.2]"]) == 5


# RFC 2045 6.7 (3): blanks before the end of a line are not part of what was encoded.
@pytest.mark.capability("BINARY")
def test_binary_drops_blanks_that_transport_added_to_quoted_printable(opened):
    body = b"mot  \r\nhai=20\t\r\nba \t=\r\nbon\t\r\n"
    opened.append(opened.box, b"Content-Type: text/plain\r\n"
                              b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + body)
    row = opened.ok("FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1])").fetched()[1]
    assert row["BINARY[1]"] == b"mot\r\nhai \r\nba \tbon\r\n"
    assert int(row["BINARY.SIZE[1]"]) == len(row["BINARY[1]"])


# RFC 3516 4.3
@pytest.mark.capability("BINARY")
def test_an_encoding_that_nobody_knows_is_unknown_cte(opened):
    opened.append(opened.box, b"Content-Transfer-Encoding: x-la\r\n\r\nabc\r\n")
    opened.no("FETCH 1 BINARY.PEEK[1]", "UNKNOWN-CTE")


def test_a_large_body_comes_whole_and_in_windows(opened):
    data = message("lon", "".join(f"{n:07}\r\n" for n in range(200000)))
    opened.append(opened.box, data)
    assert part(opened, "") == data
    got, at = b"", 0
    while at < len(data):
        row = opened.ok(f"UID FETCH 1 (BODY.PEEK[]<{at}.524288>)").fetched()[1]
        got += row[f"BODY[]<{at}>"]
        at += 524288
    assert got == data


# RFC 8970 3.1, 4.1: the first words, without markup, at once; reading them is not reading.
@pytest.mark.capability("PREVIEW")
def test_preview_tells_the_first_words(mixed):
    assert "PREVIEW" in mixed.capabilities()
    for item in ("PREVIEW", "PREVIEW (LAZY)", "(UID PREVIEW (LAZY) FLAGS)", "(PREVIEW)"):
        row = mixed.ok(f"FETCH 1 {item}").fetched()[1]
        assert row["PREVIEW"].decode().startswith("Chào")
    assert mixed.ok("SEARCH SEEN").search() == []
    mixed.ok("FETCH 1 PREVIEW (CHANGEDSINCE 1)")
    mixed.bad("FETCH 1 PREVIEW (LAZY NONE)")
    mixed.append(mixed.box, message("dai", "Chữ " * 500))
    assert 20 < len(mixed.ok("FETCH 2 PREVIEW").fetched()[2]["PREVIEW"].decode()) <= 256
    mixed.append(mixed.box, b"Subject: khong\r\n\r\n")
    assert mixed.ok("FETCH 3 PREVIEW").fetched()[3]["PREVIEW"] == b""
