"""Limits of Điều 5.1: attachments by their decoded bytes, quota by the mailbox."""

import base64
import binascii
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


# [Điều 5.1] [R030]
@pytest.mark.parametrize("sizes, wrap", [
    ([LIMIT], lambda b: b), ([LIMIT - 1], lambda b: b), ([LIMIT // 2, LIMIT // 2], lambda b: b),
    ([LIMIT], nested)])
def test_attachments_up_to_the_limit_are_taken(shared_office, sizes, wrap):
    code, text = submit(shared_office, letter(shared_office, sizes, wrap))
    assert code == 250, text


# [Điều 5.1] [R030]
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


# [Điều 5.1] [R028]
def test_a_personal_mailbox_is_given_a_gigabyte(shared_office):
    with mail.imap(shared_office, shared_office.anh) as client:
        quota = b" ".join(p for part in mail.good(client.getquotaroot("INBOX")) for p in part if p)
        assert b"STORAGE" in quota and b" 1048576" in quota, quota


# ---- Ways of encoding: what counts is what the reader gets [Điều 5.1]

PART = "--cat\r\nContent-Type: application/octet-stream; name=t.bin\r\n" \
       "Content-Disposition: attachment; filename=t.bin\r\nContent-Transfer-Encoding: {}\r\n\r\n"


def one_part(office, encoding, body):
    return (f"From: {office.anh}\r\nSubject: tep\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=cat\r\n\r\n" + PART.format(encoding)
            ).encode() + body + b"\r\n--cat--\r\n"


def base64_lines(size):
    return base64.encodebytes(b"x" * size).replace(b"\n", b"\r\n")


def base64_with_rubbish(size):
    """RFC 2045 6.8: what is outside the alphabet is skipped."""
    return base64_lines(size).replace(b"\r\n", b" *\t-\r\n")


def quoted_printable(size):
    """Soft line breaks and escapes are no bytes of the file."""
    line = b"=41" * 20 + b"x" * 15
    return (line + b"=\r\n") * (size // 35) + b"=42" * (size % 35)


def eight_bit(size):
    line = b"\xe1" * 98 + b"\r\n"
    return line * (size // 100) + b"y" * (size % 100)


@pytest.mark.parametrize("encoding, encode", [
    ("base64", base64_with_rubbish), ("BASE64", base64_lines),
    ("quoted-printable", quoted_printable), ("8bit", eight_bit)])
def test_decoded_bytes_count_whatever_the_encoding(shared_office, encoding, encode):
    for more, code in ((0, 250), (1, 552)):
        message = one_part(shared_office, encoding, encode(LIMIT + more))
        answer = submit(shared_office, message)
        # 36 MiB on the wire hold 20 MiB in base64; an encoding that needs more meets SIZE first.
        if len(message) > 36 * 1024 * 1024:
            assert answer[0] == 552 and answer[1].startswith(b"5.3.4 Message is larger"), answer
        else:
            assert answer[0] == code, (more, answer)


def uuencoded(size):
    lines, left = [], b"x" * size
    for at in range(0, size, 45):
        lines.append(binascii.b2a_uu(left[at:at + 45]).rstrip(b"\n"))
    return b"begin 644 bao-cao.doc\r\n" + b"\r\n".join(lines) + b"\r\n`\r\nend\r\n"


@pytest.mark.parametrize("head", [
    "", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"])
def test_uuencoded_text_counts_as_the_file_it_is(shared_office, head):
    for more, code in ((0, 250), (1, 552)):
        message = (f"From: {shared_office.anh}\r\nSubject: uu\r\n{head}\r\nKính gửi,\r\n".encode()
                   + uuencoded(LIMIT + more) + b"Tran trong\r\n")
        answer = submit(shared_office, message)
        assert answer[0] == code, (more, answer)


def test_many_small_parts_are_summed(shared_office):
    count = 2000
    small = LIMIT // count
    for more, code in ((LIMIT - small * count, 250), (LIMIT - small * count + 1, 552)):
        parts = "".join(PART.format("8bit") + "x" * (small + (more if n == 0 else 0)) + "\r\n"
                        for n in range(count))
        message = (f"From: {shared_office.anh}\r\nMIME-Version: 1.0\r\n"
                   "Content-Type: multipart/mixed; boundary=cat\r\n\r\n" + parts + "--cat--\r\n")
        answer = submit(shared_office, message.encode())
        assert answer[0] == code, (more, answer)


def test_what_hides_in_messages_within_messages_is_counted(shared_office):
    def wrap(body):
        for _ in range(20):
            body = nested(body)
        return body
    for size, code in ((LIMIT, 250), (LIMIT + 1, 552)):
        assert submit(shared_office, letter(shared_office, [size], wrap))[0] == code


# [Điều 5.1] the same both ways unless the setting says otherwise
def test_mail_from_outside_has_the_same_limit(shared_office):
    for size, code in ((LIMIT, 250), (LIMIT + 1, 552)):
        with mail.smtp(shared_office) as client:
            client.mail("dan@example.com")
            client.rcpt(shared_office.binh)
            assert client.data(letter(shared_office, [size]))[0] == code
