"""Limits of Điều 5.1: attachments by their decoded bytes, quota by the mailbox."""

import base64
import os

import pytest

from harness import mail
from harness.raw import smtp_session

LIMIT = 20 * 1024 * 1024


def letter(office, sizes, wrap=lambda part: part):
    parts = "".join(
        f"--cat\r\nContent-Type: application/pdf; name=\"t{n}.pdf\"\r\n"
        f"Content-Disposition: attachment; filename=\"t{n}.pdf\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(os.urandom(1) * size).decode().replace("\n", "\r\n")
        for n, size in enumerate(sizes))
    body = ("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cat\r\n\r\n"
            "--cat\r\nContent-Type: text/plain\r\n\r\nKính gửi\r\n" + parts + "--cat--\r\n")
    return (f"From: {office.anh}\r\nTo: {office.binh}\r\nSubject: tep\r\n" + wrap(body)).encode()


def submit(office, data, options=()):
    with mail.smtp(office, "submission", office.anh) as client:
        client.mail(office.anh, options)
        client.rcpt(office.binh)
        return client.data(data)


def nested(body):
    return ("MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nSubject: trong\r\n" + body)


# [Điều 5.1]
@pytest.mark.parametrize("sizes, wrap", [
    ([LIMIT], lambda b: b), ([LIMIT - 1], lambda b: b), ([LIMIT // 2, LIMIT // 2], lambda b: b),
    ([LIMIT], nested)])
def test_attachments_up_to_the_limit_are_taken(shared_office, sizes, wrap):
    code, text = submit(shared_office, letter(shared_office, sizes, wrap))
    assert code == 250, text


# [Điều 5.1]
@pytest.mark.parametrize("sizes, wrap", [
    ([LIMIT + 1], lambda b: b), ([LIMIT // 2, LIMIT // 2 + 1], lambda b: b), ([LIMIT + 1], nested)])
def test_one_byte_more_is_refused_with_the_article(shared_office, sizes, wrap):
    message = letter(shared_office, sizes, wrap)
    for options, article in (((), "khoan 1 Dieu 5"), (("SMTPUTF8",), "khoản 1 Điều 5")):
        code, text = submit(shared_office, message, options)
        text = text.decode("utf-8")
        assert code == 552 and text.startswith("5.3.4"), (code, text)
        assert article in text and "5.1)" in text and "20,01 MB" in text, text


def test_a_size_that_cannot_be_taken_is_refused_before_the_data(shared_office):
    with smtp_session(shared_office) as raw:
        assert raw.reply("MAIL FROM:<dan@example.com> SIZE=999999999")[0] == 552


# [Điều 5.1]
def test_a_personal_mailbox_is_given_a_gigabyte(shared_office):
    with mail.imap(shared_office, shared_office.anh) as client:
        quota = b" ".join(p for part in mail.good(client.getquotaroot("INBOX")) for p in part if p)
        assert b"STORAGE" in quota and b" 1048576" in quota, quota
