"""Python's imaplib through a day's work: every command that it knows and an office needs."""

import imaplib
import time

import pytest

from harness import mail


@pytest.fixture(params=[("imap", False), ("imap", True), ("imaps", False)],
                ids=["plain", "starttls", "tls"])
def reader(office, request):
    port, starttls = request.param
    with mail.imap(office, office.anh, port=port, starttls=starttls) as client:
        client.office = office
        yield client


def test_imaplib_through_the_life_of_a_message(reader):
    letter = mail.message("dan@example.com", reader.office.anh, "Hỏi thủ tục").as_bytes()
    mail.good(reader.create("HoSo"))
    mail.good(reader.append("HoSo", r"(\Draft)", imaplib.Time2Internaldate(time.time()), letter))
    assert mail.good(reader.select("HoSo")) == [b"1"]
    assert mail.parsed(mail.fetch(reader, "1"))["Subject"] == "Hỏi thủ tục"
    mail.good(reader.store("1", "+FLAGS", r"(\Seen \Flagged)"))
    assert mail.good(reader.search(None, "FLAGGED")) == [b"1"]
    reader.literal = "thủ tục".encode()
    assert mail.good(reader.search("UTF-8", "SUBJECT")) == [b"1"]
    assert mail.good(reader.sort("REVERSE DATE", "UTF-8", "ALL")) == [b"1"]
    assert mail.good(reader.thread("REFERENCES", "UTF-8", "ALL")) == [b"(1)"]
    mail.good(reader.copy("1", "Archive"))
    mail.good(reader.rename("HoSo", "HoSoCu"))
    mail.good(reader.store("1", "+FLAGS", r"(\Deleted)"))
    assert mail.good(reader.expunge()) == [b"1"]
    mail.good(reader.close())
    mail.good(reader.delete("HoSoCu"))
    assert b"MESSAGES 1" in mail.good(reader.status("Archive", "(MESSAGES UNSEEN)"))[0]
    assert any(b"Archive" in line for line in mail.good(reader.list()))
    mail.good(reader.subscribe("Archive"))
    assert any(b"Archive" in line for line in mail.good(reader.lsub()))
    assert b"STORAGE" in mail.good(reader.getquotaroot("INBOX"))[1][0]
    assert b"lrswipkxtea" in mail.good(reader.getacl("INBOX"))[0]
    assert mail.good(reader.namespace())[0].startswith(b'(("" "/"))')
    mail.good(reader.noop())
