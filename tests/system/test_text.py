"""Text and files of a message: what is submitted leaves in Unicode and composed, what is signed keeps
every byte, old Vietnamese text is shown as it was meant, and formats of files are judged by the list
of the regulation [Điều 9.1, 9.2]."""

import base64
import smtplib
import unicodedata
from email.message import EmailMessage

import pytest

from harness import mail
from harness.server import PASSWORD

NFC = "Thông tin về việc đề nghị"
NFD = unicodedata.normalize("NFD", NFC)


def submit(server, raw, user=None, to=None):
    """The bytes as they are; the code and text of the answer to them."""
    user, to = user or server.anh, to or server.binh
    with mail.smtp(server, "submission", user=user) as client:
        client.mail(user, ["BODY=8BITMIME", "SMTPUTF8"])
        client.rcpt(to)
        code, text = client.data(raw)
        return code, text.decode()


def arrived_raw(server, user, number=-1):
    with mail.imap(server, user) as client:
        mail.good(client.select("INBOX", readonly=True))
        return mail.fetch(client, mail.uids(client)[number])


def head(server, subject, *more):
    lines = [f"From: {server.anh}", f"To: {server.binh}", f"Subject: {subject}",
             "Message-ID: <1@may.test>", "Date: Wed, 25 Nov 2026 08:00:00 +0700", "MIME-Version: 1.0",
             *more]
    return ("\r\n".join(lines) + "\r\n").encode()


# [R048] [Điều 9.1]
def test_what_is_submitted_arrives_composed_with_the_names_of_its_files(shared_office):
    server = shared_office
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.anh, server.binh, NFD
    message.set_content(NFD + "\n", cte="quoted-printable")
    message.add_alternative(f"<p>{NFD}</p>", subtype="html", cte="base64")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=NFD + ".pdf")
    message.add_attachment(NFD.encode(), maintype="text", subtype="plain", filename="ghi chu.txt")
    mail.send(server, message, port="submission", user=server.anh)
    got = mail.inbox(server, server.binh)[-1]
    assert got["Subject"] == NFC
    plain, page = got.get_body(("plain",)), got.get_body(("html",))
    assert plain.get_content() == NFC + "\r\n" and page.get_content().strip() == f"<p>{NFC}</p>"
    pdf, attached = got.iter_attachments()
    assert pdf.get_filename() == NFC + ".pdf"
    assert attached.get_payload(decode=True) == NFD.encode()  # a file is sent as it is
    raw = head(server, NFD) + b"Content-Type: text/plain; charset=windows-1258\r\n" \
        b"Content-Transfer-Encoding: 8bit\r\n\r\nVi\xea\xf2t\r\n"
    assert submit(server, raw)[0] == 250
    got = mail.inbox(server, server.binh)[-1]
    assert got.get_content_charset() == "utf-8" and got.get_content() == "Việt\r\n"


# [R048] [Điều 9.1] nothing of what is signed may change
@pytest.mark.parametrize("type_", [
    'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b',
    'multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary=b',
    'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b'])
def test_a_signed_or_sealed_message_keeps_every_byte(shared_office, type_):
    body = (f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{NFD}\r\n--b\r\n"
            "Content-Type: application/pkcs7-signature\r\n\r\nabc\r\n--b--\r\n").encode()
    raw = head(shared_office, NFD, f"Content-Type: {type_}") + b"\r\n" + body
    assert submit(shared_office, raw)[0] == 250
    got = arrived_raw(shared_office, shared_office.binh)
    assert got.endswith(raw), got


# [R048] [Điều 9.1]
@pytest.mark.parametrize(("charset", "content"), [
    ("windows-1258", b"Th\xf4ng tin v\xea\xcc vi\xea\xf2c"),
    ("iso-8859-1", b"Th\xabng tin v\xd2 vi\xd6c"),  # TCVN3
    ("us-ascii", b"Tho\xe2ng tin ve\xe0 vie\xe4c"),  # VNI
])
def test_old_vietnamese_text_is_shown_as_it_was_meant(shared_office, charset, content):
    server = shared_office
    raw = (f"From: a@example.com\r\nTo: {server.binh}\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
           f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
           ).encode() + content + b"\r\n"
    with mail.smtp(server) as client:
        client.mail("a@example.com", ["BODY=8BITMIME"])
        client.rcpt(server.binh)
        assert client.data(raw)[0] == 250
    with mail.imap(server, server.binh) as client:
        mail.good(client.select("INBOX", readonly=True))
        uid = mail.uids(client)[-1]
        assert mail.fetch(client, uid).endswith(raw)  # its bytes are its sender's
        preview = b"".join(part if isinstance(part, bytes) else b"".join(part)
                           for part in mail.good(client.uid("FETCH", uid, "(PREVIEW)")))
        assert "Thông tin về việc" in preview.decode()


def with_file(server, name, content):
    message = mail.message(server.anh, server.binh, "tệp")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return submit(server, message.as_bytes(policy=message.policy.clone(linesep="\r\n")))


# [R049] [Điều 9.2]
def test_a_file_of_no_permitted_format_is_sent_with_a_warning(shared_office):
    code, said = with_file(shared_office, "bản vẽ.dwg", b"AC1032")
    assert code == 250 and "Lưu ý: Tệp \"bản vẽ.dwg\" không thuộc định dạng nào" in said
    assert "(khoản 2 Điều 9 Quy chế)" in said and len(said) < 512
    code, said = with_file(shared_office, "bao cao.pdf", b"PK\3\4")
    assert code == 250 and "không đúng định dạng pdf" in said
    code, said = with_file(shared_office, "bao cao.pdf", b"%PDF-1.7")
    assert code == 250 and "Lưu ý" not in said
    assert "event=delivery.format" in shared_office.error_text()


# [R049] [Điều 9.2]; 79/2025, khoản 6 Điều 4
def test_executables_are_refused_both_ways_where_the_text_forbids_them(make_server):
    server = make_server("--regulation", "bacninh-79-2025")
    server.unit("Sở Khoa học và Công nghệ", "skhcn")
    server.anh, server.binh = (server.run(
        "account", "create", "--unit", "skhcn", "--person", name, "--identity", identity,
        "--password-stdin", given=PASSWORD + "\n").strip()
        for name, identity in (("Trần Văn Anh", "999085001234"), ("Nguyễn Thị Bình", "999085005678")))
    for name, content in (("cai dat.exe", b"x"), ("bao cao.pdf", b"MZ\x90"), ("A.DLL ", b"x")):
        code, said = with_file(server, name, content)
        assert code == 550 and "là tệp tin thực thi" in said and "(khoản 6 Điều 4 Quy chế)" in said
    message = mail.message("dan@example.com", server.binh, "tệp")
    message.add_attachment(b"MZ", maintype="application", subtype="pdf", filename="a.pdf")
    with pytest.raises(smtplib.SMTPDataError, match="khoan 6 Dieu 4 Quy che"):
        mail.send(server, message)
    sealed = base64.b64decode("UEsDBBQAAQAIAA==")  # a ZIP whose first file is under a password
    code, said = with_file(server, "kin.zip", sealed)
    assert code == 250 and "có mã hóa" in said and "(khoản 6 Điều 4 Quy chế)" in said
    assert len(mail.inbox(server, server.binh)) == 1
