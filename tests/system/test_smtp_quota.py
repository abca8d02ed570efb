"""A full mailbox: RCPT decides, with SIZE; the commit lets an admitted recipient pass by one message."""

import json
import shutil

import pytest

from harness import mail
from harness.server import ROOT
from harness.smtp import begin, data, session

QUOTA = 1024 * 1024
HEAD = b"From: dan@example.com\r\nSubject: day\r\n\r\n"


def message(size):
    """One of exactly this many bytes on the wire."""
    line = b"x" * 78 + b"\r\n"
    left = size - len(HEAD)
    return HEAD + line * (left // 80) + (b"y" * (left % 80 - 2) + b"\r\n" if left % 80 else b"")


@pytest.fixture
def narrow(make_server, tmp_path):
    """An office whose regulation gives persons one MiB."""
    rules = (ROOT / "regulations/bacninh-06-2022.conf").read_text(encoding="utf-8")
    small = rules.replace('person_quota = { value = "1 GiB"', 'person_quota = { value = "1 MiB"', 1)
    assert small != rules
    for included in ("holidays-vn.conf", "tet-vn.conf"):
        shutil.copy(ROOT / "regulations" / included, tmp_path)
    path = tmp_path / "nho.conf"
    path.write_text(small, encoding="utf-8")
    server = make_server("--regulation", path)
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh, server.binh = server.person("Trần Văn Anh"), server.person("Nguyễn Thị Bình")
    return server


def fill(server, address, leave):
    """Leaves this many bytes of the quota. Appended mail gets no lines of ours, so it is exact."""
    with mail.imap(server, address) as client:
        mail.good(client.append("INBOX", None, None, message(QUOTA - used(server, address) - leave)))
    assert QUOTA - used(server, address) == leave


def used(server, address):
    return next(a["used"] for a in json.loads(server.run("account", "list", "--json"))
                if a["address"] == address)


# [Điều 5.1]
def test_a_full_mailbox_is_refused_for_now_at_rcpt_and_nobody_else_with_it(narrow):
    fill(narrow, narrow.anh, 0)
    for port, user in (("smtp", None), ("submission", narrow.binh)):
        with session(narrow, port, user=user) as raw:
            raw.reply(f"MAIL FROM:<{user or 'dan@example.com'}>")
            code, text = raw.reply(f"RCPT TO:<{narrow.anh}>")
            assert code == 452 and text.startswith("4.2.2 Hop thu da day"), (code, text)
            assert raw.reply(f"RCPT TO:<{narrow.binh}>")[0] == 250
            assert data(raw, f"From: {user or 'dan@example.com'}\r\n\r\nx\r\n".encode())[0] == 250


# RFC 1870 6.1
def test_what_size_announces_is_held_against_the_room(narrow):
    fill(narrow, narrow.anh, 5000)
    with session(narrow) as raw:
        for declared, wanted in ((5000, 250), (5001, 452), (1, 250)):
            raw.reply(f"MAIL FROM:<dan@example.com> SIZE={declared}")
            answer = raw.reply(f"RCPT TO:<{narrow.anh}>")
            assert answer[0] == wanted, (declared, answer)
            assert raw.reply(f"RCPT TO:<{narrow.binh}>")[0] == 250
            raw.reply("RSET")


def test_who_was_admitted_passes_the_limit_by_one_message_and_no_more(narrow):
    fill(narrow, narrow.anh, 1)
    with session(narrow) as first, session(narrow) as second:
        begin(first, narrow.anh)  # no SIZE: there is room for something
        begin(second, narrow.anh)
        assert data(first, message(200000))[0] == 250
        code, text = data(second, message(200000))  # admitted, but another was quicker
        assert code == 452 and text.startswith("4.2.2"), (code, text)
        assert second.reply("MAIL FROM:<dan@example.com>")[0] == 250
        assert second.reply(f"RCPT TO:<{narrow.anh}>")[0] == 452
    assert used(narrow, narrow.anh) > QUOTA


def test_making_room_opens_the_mailbox_again(narrow):
    fill(narrow, narrow.anh, 0)
    with session(narrow) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        assert raw.reply(f"RCPT TO:<{narrow.anh}>")[0] == 452
        with mail.imap(narrow, narrow.anh) as client:
            mail.good(client.select("INBOX"))
            mail.good(client.uid("STORE", mail.uids(client)[0].decode(), "+FLAGS", r"(\Deleted)"))
            mail.good(client.expunge())
        assert raw.reply(f"RCPT TO:<{narrow.anh}>")[0] == 250
        assert data(raw, message(1000))[0] == 250
