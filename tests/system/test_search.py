"""SEARCH over Vietnamese mail: what people type finds what others wrote, however it was encoded."""

import base64
import quopri

import pytest

from harness import mail

TEXT = "Kính gửi Sở Thông tin,\r\nđề nghị báo cáo quý III.\r\n"


def letter(body, charset="utf-8", encoding="8bit", subtype="plain", subject="x"):
    head = (f"From: Anh <anh@example.vn>\r\nTo: binh@example.vn\r\nSubject: {subject}\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: text/{subtype}; charset={charset}\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n").encode()
    if encoding == "base64":
        return head + base64.encodebytes(body).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return head + quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return head + body


@pytest.fixture(scope="module")
def box(shared_office):
    """An IMAP client with messages whose place in the mailbox the tests know."""
    client = mail.imap(shared_office, shared_office.anh)
    letters = [
        letter(TEXT.encode()),
        letter(TEXT.encode(), encoding="base64"),
        letter(TEXT.encode(), encoding="quoted-printable"),
        letter(TEXT.encode("utf-16"), "utf-16", "base64"),
        letter(b"K\xednh g\xfe\xd2i S\xf5\xd2 Th\xf4ng tin, \xf0\xea\xcc nghi\xf2\r\n",
               "windows-1258", "quoted-printable"),
        letter(b"<p>S&#7903; Th&ocirc;ng <b>t</b>in</p>", subtype="html"),
        letter(b"plain and dull", subject="=?utf-8?B?" + base64.b64encode(
            "Giấy mời họp".encode()).decode() + "?="),
        letter("Thống tín. tin thông".encode()),
    ]
    for one in letters:
        status, told = client.append("INBOX", None, None, one)
        assert status == "OK", told
    client.select()
    yield client
    client.logout()


def search(client, *keys):
    """Keys as they are; strings with other than ASCII go as literals in UTF-8."""
    words = ["CHARSET", "UTF-8"]
    for key in keys[:-1]:
        words.append(key)
    client.literal = keys[-1].encode()
    status, told = client.search(None, *words)
    assert status == "OK", told
    return [int(number) for number in told[0].split()]


@pytest.mark.parametrize("typed, found", [
    ("thong tin", [1, 2, 3, 4, 5, 6, 8]),
    ("THÔNG TIN", [1, 2, 3, 4, 5, 6]),
    ("thống tín", [8]),
    ("ng ti", [1, 2, 3, 4, 5, 6, 8]),
    ("thong tin, de nghi", [1, 2, 3, 4, 5]),
    ("bao cao quy iii.", [1, 2, 3, 4]),
    ("so thong", [1, 2, 3, 4, 5, 6]),
    ("tin thông", [8]),
    ("thongtin", []),
    ("giay moi", []),
])
def test_body_finds_by_substring_with_or_without_marks(box, typed, found):
    assert search(box, "BODY", typed) == found


def test_subject_and_text_find_decoded_fields(box):
    assert search(box, "SUBJECT", "giay moi") == [7]
    assert search(box, "SUBJECT", "mời họp") == [7]
    assert search(box, "SUBJECT", "mới hop") == []
    assert search(box, "TEXT", "giấy mời") == [7]
    assert search(box, "HEADER", "From", "anh@example") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_not_and_or_go_with_text(box):
    assert search(box, "NOT", "BODY", "thong tin") == [7]
    assert search(box, "OR", "SUBJECT", "hop", "BODY", "thống") == [7, 8]


@pytest.mark.parametrize("typed", [
    "\u0301\u0300", "…", "* ( ) \\ % \"", "NOT OR AND NEAR", "a" * 10000, "thông " * 1600])
def test_odd_strings_find_nothing_and_harm_nobody(box, typed):
    assert search(box, "BODY", typed) == []
    assert search(box, "TEXT", typed) == []
    assert search(box, "BODY", "thong tin") == [1, 2, 3, 4, 5, 6, 8]


def test_an_empty_string_is_in_every_text(box):
    assert search(box, "BODY", "") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert search(box, "HEADER", "Bcc", "") == []
