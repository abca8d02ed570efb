"""curl sends by SMTP, reads, searches and appends by IMAP."""

import pytest

from harness import mail

LETTER = "From: {0}\r\nTo: {1}\r\nSubject: bang curl\r\n\r\nDòng thứ nhất.\r\n.dấu chấm\r\n"


@pytest.mark.parametrize("door", [
    ["smtp", "submission", "--ssl-reqd"], ["smtps", "submissions"], ["smtp", "submission"]])
def test_curl_sends_through_each_submission_door(office, client, password, door):
    scheme, port, *more = door
    letter = client.file("letter", LETTER.format(office.anh, office.binh))
    client.run("curl", "-sSk", f"{scheme}://127.0.0.1:{office.port(port)}/may.test", *more,
               "--user", f"{office.anh}:{password}", "--mail-from", office.anh,
               "--mail-rcpt", office.binh, "--upload-file", letter)
    got = mail.arrived(office, office.binh, "bang curl")
    assert got.get_payload() == "Dòng thứ nhất.\r\n.dấu chấm\r\n" or \
        got.get_payload(decode=True).decode() == "Dòng thứ nhất.\r\n.dấu chấm\r\n"


@pytest.mark.parametrize("door", [
    ["imap", "imap", "--ssl-reqd"], ["imaps", "imaps"], ["imap", "imap"]])
def test_curl_reads_through_each_imap_door(office, client, password, door):
    scheme, port, *more = door
    mail.send(office, mail.message("dan@example.com", office.anh, "doc thu"))
    box = f"{scheme}://127.0.0.1:{office.port(port)}/INBOX"
    who = ["curl", "-sSk", *more, "--user", f"{office.anh}:{password}"]
    assert "* SEARCH 1" in client.run(*who, box, "-X", "SEARCH SUBJECT doc")
    assert "Subject: doc thu" in client.run(*who, box + ";MAILINDEX=1")
    assert "doc thu" in client.run(*who, box + ";MAILINDEX=1;SECTION=HEADER.FIELDS%20(SUBJECT)")


def test_curl_appends_a_message(office, client, password):
    letter = client.file("letter", LETTER.format(office.anh, office.anh))
    client.run("curl", "-sSk", f"imap://127.0.0.1:{office.port('imap')}/INBOX", "--user",
               f"{office.anh}:{password}", "--upload-file", letter)
    assert mail.arrived(office, office.anh, "bang curl")


@pytest.mark.parametrize("door", [["imap", "imap", "--ssl-reqd"], ["imaps", "imaps"]])
def test_curl_lists_searches_marks_and_moves(office, client, password, door):
    scheme, port, *more = door
    mail.send(office, mail.message("dan@example.com", office.anh, "mot"))
    root = f"{scheme}://127.0.0.1:{office.port(port)}"
    who = ["curl", "-sSk", *more, "--user", f"{office.anh}:{password}"]
    assert "INBOX" in client.run(*who, root)
    client.run(*who, f"{root}/INBOX", "-X", r"STORE 1 +FLAGS (\Seen)")
    assert "* SEARCH 1" in client.run(*who, f"{root}/INBOX?SEEN")
    assert "UNSEEN 0" in client.run(*who, root, "-X", "STATUS INBOX (UNSEEN)")
    client.run(*who, f"{root}/INBOX", "-X", "MOVE 1 Archive")
    assert "Subject: mot" in client.run(*who, f"{root}/Archive;UID=1")
    assert "noi" not in client.run(*who, f"{root}/Archive;MAILINDEX=1;SECTION=HEADER")


def test_curl_appends_ten_megabytes(office, client, password):
    letter = client.file("letter", "Subject: lon\r\n\r\n" + ("x" * 76 + "\r\n") * 130000)
    url = f"imaps://127.0.0.1:{office.port('imaps')}/INBOX"
    who = ["curl", "-sSk", "--user", f"{office.anh}:{password}"]
    client.run(*who, url, "--upload-file", letter)
    got = client.home / "got"
    client.run(*who, f"{url};MAILINDEX=1", "-o", got)
    assert got.read_bytes() == letter.read_bytes()
