"""Trace lines, loops, and what a submission has added or taken away."""

import re

import pytest

from harness import mail
from harness.server import DOMAIN
from harness.smtp import begin, data, deliver, session, stored

DATE = r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0700"


def raw_message(server, user):
    with mail.imap(server, user) as client:
        mail.good(client.select("INBOX"))
        return mail.fetch(client, mail.uids(client)[-1]).decode()


# RFC 5321 4.4
def test_the_trace_lines_stand_on_top_in_order(office):
    message = b"Received: from a by b; Tue, 24 Nov 2026 08:05:00 +0700\r\nSubject: x\r\n\r\nx\r\n"
    local, domain = office.anh.split("@")
    assert deliver(office, message, f"{local}+bao-cao@{domain}", "dan@example.com")[0] == 250
    pattern = (r"Return-Path: <dan@example\.com>\r\n"
               rf"Delivered-To: {re.escape(local)}\+bao-cao@{re.escape(domain)}\r\n"
               r"Received: from may\.test \(\[127\.0\.0\.1\]\)\r\n"
               rf"\tby mail\.{re.escape(DOMAIN)} with ESMTP\r\n\tid \S+\r\n"
               rf"\tfor <{re.escape(local)}\+bao-cao@{re.escape(domain)}>;\r\n\t{DATE}\r\n")
    raw = raw_message(office, office.anh)
    assert re.match(pattern, raw), raw
    assert raw.endswith(message.decode())


# RFC 5321 4.5.5: a bounce has no sender, and says so in Return-Path
def test_a_message_without_a_sender_has_an_empty_return_path(office):
    assert deliver(office, b"Subject: tra lai\r\n\r\nx\r\n", office.anh, "")[0] == 250
    assert raw_message(office, office.anh).startswith("Return-Path: <>\r\n")


# RFC 5321 4.4: there is one Return-Path, and it is that of the last delivery
def test_a_return_path_that_came_along_is_not_kept(office):
    message = (b"Return-Path: <gia@example.org>\r\nReturn-path:\r\n <gia@example.org>\r\n"
               b"Subject: x\r\n\r\nReturn-Path: noi dung\r\n")
    assert deliver(office, message, office.anh)[0] == 250
    raw = raw_message(office, office.anh)
    assert re.findall(r"(?im)^return-path:[^\r]*(?:\r\n[ \t][^\r]*)*", raw.split("\r\n\r\n")[0]) == [
        "Return-Path: <dan@example.com>"]
    assert raw.endswith("Subject: x\r\n\r\nReturn-Path: noi dung\r\n")


def test_several_recipients_are_not_told_of_each_other(office):
    with session(office) as raw:
        begin(raw, [office.anh, office.binh])
        assert data(raw, b"Subject: x\r\n\r\nx\r\n")[0] == 250
    for one, other in ((office.anh, office.binh), (office.binh, office.anh)):
        raw = raw_message(office, one)
        assert f"Delivered-To: {one}\r\n" in raw
        assert other not in raw


# RFC 5321 6.3
def test_a_message_that_went_round_too_often_is_refused(office):
    for hops, code in ((100, 250), (101, 554)):
        head = b"".join(b"Received: from a by b; Tue, 24 Nov 2026 08:05:00 +0700\r\n"
                        for _ in range(hops))
        answer = deliver(office, head + b"Subject: vong\r\n\r\nReceived: x\r\n", office.anh)
        assert answer[0] == code, answer
        if code == 554:
            assert answer[1].startswith("5.4.6"), answer


# RFC 5322 3.6.3: who was in Bcc is not shown to the others
@pytest.mark.parametrize("fields", [
    "Bcc: {binh}\r\n", "BCC: {binh},\r\n\t{cuc}\r\n", "bcc :{binh}\r\n", "Bcc:\r\n {binh}\r\n",
    "Resent-Bcc: {binh}\r\nbcc: {cuc}\r\nBcc: {binh}\r\n"])
def test_bcc_fields_of_a_submission_reach_nobody(office, fields):
    names = {"binh": office.binh, "cuc": "cuc@example.org"}
    kept = f"From: {office.anh}\r\nTo: {office.anh}\r\nX-Bcc: giu\r\n"
    rest = "Subject: mat\r\nDate: Tue, 24 Nov 2026 08:05:00 +0700\r\nMessage-ID: <m@may.test>\r\n" \
           "\r\nBcc: trong than thu\r\n"
    with session(office, "submissions", user=office.anh) as raw:
        begin(raw, [office.anh, office.binh], office.anh)
        assert data(raw, (kept + fields.format(**names) + rest).encode())[0] == 250
    assert stored(office, office.anh) == stored(office, office.binh) == [(kept + rest).encode()]


def test_bcc_fields_from_outside_are_left_as_they_came(office):
    """Another system's mail is not ours to change."""
    message = b"From: dan@example.com\r\nBcc: ai@example.org\r\nSubject: x\r\n\r\nx\r\n"
    assert deliver(office, message, office.anh)[0] == 250
    assert stored(office, office.anh) == [message]


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_fields_are_taken_out_however_the_bytes_are_cut(office, piece):
    kept = f"From: {office.anh}\r\nDate: Tue, 24 Nov 2026 08:05:00 +0700\r\nMessage-ID: <m@a>\r\n"
    message = (kept + f"Bcc: {office.binh}\r\n\t(x)\r\nBc: y\r\n\r\nx\r\n").encode()
    with session(office, "submissions", user=office.anh) as raw:
        begin(raw, office.anh, office.anh)
        for at in range(0, len(message), piece):
            raw.send(b"BDAT %d\r\n" % len(message[at:at + piece]) + message[at:at + piece])
        for at in range(0, len(message), piece):
            assert raw.reply()[0] == 250
        assert raw.reply("BDAT 0 LAST")[0] == 250
    assert stored(office, office.anh) == [(kept + "Bc: y\r\n\r\nx\r\n").encode()]
