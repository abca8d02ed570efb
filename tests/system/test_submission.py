"""Who may send as whom: the envelope's sender and the From field of a submission [Điều 6.3]."""

import smtplib

import pytest

from harness import mail
from harness.server import DOMAIN, PASSWORD, Server
from harness.smtp import b64, begin, data, plain, session, stored

UNIT = f"stttt@{DOMAIN}"


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """.anh has an alias and sends for the unit, .binh only reads its mail."""
    server = Server(tmp_path_factory.mktemp("body") / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    server.binh = server.person("Nguyễn Thị Bình")
    server.cuc = server.person("Lê Thị Cúc")
    server.alias = f"anhtran.stttt@{DOMAIN}"
    server.run("account", "alias", server.anh, "--add", server.alias)
    for person, may in ((server.anh, "read,write,send"), (server.binh, "read,write")):
        server.run("account", "delegate", UNIT, person, "--may", may, "--document", "Số 12/QĐ")
    yield server
    server.close()


def letter(sender, more=""):
    return f"{more}From: {sender}\r\nSubject: x\r\n\r\nx\r\n".encode()


# [Điều 6.3]
def test_own_address_alias_and_delegated_address_may_be_the_sender(body):
    local, domain = body.anh.split("@")
    with session(body, "submissions", user=body.anh) as raw:
        for sender in (body.anh, body.alias, UNIT, f"{local}+viec@{domain}", body.anh.upper(),
                       f'"{local}"@{domain}'):
            begin(raw, body.cuc, sender)
            code, text = data(raw, letter(sender))
            assert code == 250, (sender, text)


# [Điều 6.3] [R038]
@pytest.mark.parametrize("who, sender", [
    ("anh", "binh"), ("binh", "unit"), ("cuc", "unit"), ("cuc", "alias"), ("anh", "ai@example.org"),
    ("anh", "khongco.stttt@bacninh.gov.vn"), ("anh", "postmaster@bacninh.gov.vn"),
    ("anh", "tvanh.stttt"), ("anh", "tvanh.stttt@bacninh.gov.vn.example.org"),
    ("anh", "tvanh.stttt%bacninh.gov.vn@example.org")])
def test_another_address_may_not(body, who, sender):
    sender = {"unit": UNIT, "alias": body.alias, "binh": body.binh}.get(sender, sender)
    with session(body, "submissions", user=getattr(body, who)) as raw:
        code, text = raw.reply(f"MAIL FROM:<{sender}>")
        assert (code, text[:5]) in ((550, "5.7.1"), (501, "5.1.7")), (code, text)
        assert raw.reply(f"RCPT TO:<{body.cuc}>")[0] == 503


RECEIPT = ("MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b;"
           " report-type=disposition-notification\r\n")


# [Điều 6.3] RFC 8098 3
def test_a_receipt_goes_without_a_sender_and_nothing_else_does(body):
    """Outlook's and Thunderbird's "read" receipts have the empty sender that they must have."""
    with session(body, "submissions", user=body.anh) as raw:
        for more, sender, expected in ((RECEIPT, body.anh, 250), ("", body.anh, 550),
                                       (RECEIPT, body.binh, 550)):
            begin(raw, body.cuc, "")
            code, text = data(raw, letter(sender, more))
            assert code == expected, (more, sender, text)
            assert code == 250 or "6.3" in text


# [Điều 6.3]
@pytest.mark.parametrize("fields", [
    "From: {anh}", "From: Trần Văn Anh <{anh}>", "from : <{anh}>", "From: {alias}", "From: {unit}",
    "From: {anh}, {unit}", "From: =?utf-8?q?Tr=E1=BA=A7n?= <{anh}>", "From:\r\n {anh}",
    "From: (chú thích) {anh} (nữa)", "FROM: {ANH}", 'From: "binh@example.org" <{anh}>',
    "From: {anh}\r\nReply-To: ai@example.org", "From: {anh}\r\nSender: {anh}", "From: {anh} <{anh}>",
    "From: {anh}\r\nResent-From: {unit}\r\nResent-Sender: {anh}\r\nResent-To: ai@example.org",
    "From: {anh}\r\nX-From: {binh}", "From: {anh}\r\nFrom-Someone: {binh}"])
def test_a_from_field_of_ones_own_is_taken(body, fields):
    filled = fields.format(anh=body.anh, alias=body.alias, unit=UNIT, ANH=body.anh.upper(), binh=body.binh)
    with session(body, "submissions", user=body.anh) as raw:
        begin(raw, body.cuc, body.anh)
        code, text = data(raw, f"{filled}\r\nSubject: x\r\n\r\nx\r\n".encode())
        assert code == 250, text


# [Điều 6.3] [R038]
@pytest.mark.parametrize("fields, code", [
    ("From: {binh}", 550), ("From: {anh}, {binh}", 550), ("From: {binh}, {anh}", 550),
    ("From: ai@example.org", 550), ("From: {anh} <{binh}>", 550), ("From: nhom: {binh};", 550),
    ("From: {anh}\r\nFrom: {binh}", 550), ("From: {binh}\r\nFrom: {anh}", 550),
    ("From: {anh}\r\nFrom: {anh}", 554), ("To: {binh}", 554), ("From:", 554), ("From: nhom:;", 554),
    ("From: khong phai dia chi", 550), ("From: {anh}\r\nfrom : {binh}", 550),
    ("From: {anh}\r\nFROM:{binh}", 550), ("From: <@example.org:{binh}>", 550), ("From: {binh} <{anh}>", 550),
    ("From: {anh} ai@example.org", 554),
    ("X: y\r\nFrom:\r\n\t{binh}", 550), ("From: {anh}@example.org", 554),
    ("From: {anh}\r\nSender: {binh}", 550), ("From: {anh}\r\nResent-From: {binh}", 550),
    ("From: {anh}\r\nResent-Sender: {binh}", 550), ("From: {anh}\r\nresent-from :\r\n {binh}", 550),
    ("From: {anh}\r\nResent-From: {anh}, {binh}", 550), ("From: {anh}\r\nSENDER:{binh}", 550),
    ("From: {anh}\r\nSender: ai@example.org", 550), ('From: "{anh}" <{binh}>', 550),
    ("From: {anh} (\r\n ) , {binh}", 550), ("From: =?utf-8?q?{binh}?=", 550),
    ("From: {anh}\r\n\t, {binh}", 550), ("From: <{binh}>, {anh}", 550)])
def test_a_from_field_of_anothers_is_refused(body, fields, code):
    with session(body, "submissions", user=body.anh) as raw:
        begin(raw, body.cuc, body.anh)
        answer = data(raw, f"{fields}\r\nSubject: gia\r\n\r\nx\r\n".format(
            anh=body.anh, binh=body.binh).encode())
        assert answer[0] == code, answer
        assert answer[1].startswith("5.7.1" if code == 550 else "5.6.0"), answer
        assert raw.reply("NOOP")[0] == 250
    assert not [m for m in stored(body, body.cuc) if b"Subject: gia" in m]


# RFC 6409 8
def test_what_a_submission_lacks_is_added_and_what_it_has_is_left_alone(body):
    full = letter(body.anh, "Date: Tue, 24 Nov 2026 08:05:00 +0700\r\nMessage-ID: <a@b>\r\n")
    for message in (letter(body.anh), full, f"From: {body.anh}\r\n".encode()):
        with session(body, "submissions", user=body.anh) as raw:
            begin(raw, body.binh, body.anh)
            assert data(raw, message)[0] == 250
    bare, kept, header_only = [mail.parsed(m) for m in stored(body, body.binh)]
    assert stored(body, body.binh)[1] == full
    for message in (bare, header_only):
        assert message["Date"] and message["Message-ID"].endswith(f"@mail.{DOMAIN}>")
        assert message["From"] == body.anh
    assert kept["Message-ID"] == "<a@b>"


@pytest.fixture
def leaving(office):
    office.cuc = office.person("Lê Thị Cúc")
    return office


GROUND = ("--ground", "Số 3/STTTT-VP ngày 01/6/2022")


# [Điều 4.2.c] [R022] [R027]
def test_a_locked_account_neither_signs_in_nor_goes_on_but_still_receives(leaving):
    with session(leaving, "submissions", user=leaving.anh) as before, \
            session(leaving, "submissions", user=leaving.anh) as inside:
        begin(inside, leaving.binh, leaving.anh)
        assert inside.reply("DATA")[0] == 354
        leaving.run("account", "lock", leaving.anh, *GROUND)
        code, text = before.reply(f"MAIL FROM:<{leaving.anh}>")
        assert code in (421, 550), (code, text)
        inside.send(letter(leaving.anh) + b".\r\n")
        code, text = inside.reply()
        assert code in (421, 550) and "4.2.c" in text or code == 421, (code, text)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        mail.smtp(leaving, "submission", leaving.anh)
    assert refused.value.smtp_code == 535 and b"4" in refused.value.smtp_error
    with session(leaving) as raw:
        begin(raw, leaving.anh)
        assert data(raw, b"Subject: x\r\n\r\nx\r\n")[0] == 250
    leaving.run("account", "unlock", leaving.anh, *GROUND)
    assert stored(leaving, leaving.anh) == [b"Subject: x\r\n\r\nx\r\n"]
    assert stored(leaving, leaving.binh) == []


# [Điều 4.2.c]
def test_nobody_sends_for_an_account_that_is_locked(leaving):
    leaving.run("account", "delegate", UNIT, leaving.anh, "--may", "send", "--document", "Số 1/QĐ")
    leaving.run("account", "lock", UNIT, *GROUND)
    with session(leaving, "submissions", user=leaving.anh) as raw:
        assert raw.reply(f"MAIL FROM:<{UNIT}>")[0] == 550
        begin(raw, leaving.binh, leaving.anh)
        assert data(raw, letter(UNIT))[0] == 550


# [Điều 4.1]
def test_a_closed_account_is_gone_at_every_door(leaving):
    with session(leaving, "submissions", user=leaving.anh) as open_one:
        leaving.run("account", "close", leaving.anh, *GROUND)
        assert open_one.reply(f"MAIL FROM:<{leaving.anh}>")[0] in (421, 550)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mail.smtp(leaving, "submission", leaving.anh)
    with session(leaving) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        code, text = raw.reply(f"RCPT TO:<{leaving.anh}>")
        assert code == 550 and text.startswith("5.1.1"), (code, text)
    with session(leaving, "submissions", user=leaving.binh) as raw:
        assert raw.reply(f"MAIL FROM:<{leaving.anh}>")[0] == 550


# RFC 4954 4
def test_signing_in_works_in_each_form_and_fails_clearly_in_each_other(body):
    secret = plain(body.anh, PASSWORD)
    for lines, codes in (
            ([f"AUTH PLAIN {secret}"], [235]), (["AUTH PLAIN", secret], [334, 235]),
            (["AUTH LOGIN", b64(body.anh), b64(PASSWORD)], [334, 334, 235]),
            ([f"AUTH LOGIN {b64(body.anh)}", b64(PASSWORD)], [334, 235]),
            ([f"auth plain {secret}"], [235]),
            ([f"AUTH PLAIN {plain('tvanh.stttt', PASSWORD)}"], [235]),
            ([f"AUTH PLAIN {plain(body.alias, PASSWORD)}"], [235]),
            ([f"AUTH PLAIN {plain(body.anh, PASSWORD, body.anh)}"], [235]),
            ([f"AUTH PLAIN {plain(body.anh, PASSWORD, body.binh)}"], [501]),
            ([f"AUTH PLAIN {plain(body.anh, 'Sai@12345')}"], [535]),
            ([f"AUTH PLAIN {plain('khongco', PASSWORD)}"], [535]),
            (["AUTH PLAIN =", ], [501]), (["AUTH PLAIN", "*"], [334, 501]),
            (["AUTH PLAIN !!!"], [501]), (["AUTH LOGIN", "*"], [334, 501]),
            (["AUTH CRAM-MD5"], [504]), (["AUTH"], [504]), (["AUTH PLAIN " + "A" * 12000], [501]),
            ([f"AUTH PLAIN {secret} x"], [501])):
        with session(body, "submission", tls=True) as raw:
            assert [raw.reply(line)[0] for line in lines] == codes, lines
            assert raw.reply("NOOP")[0] == 250


def test_port_25_takes_no_password_at_all(body):
    with session(body, "smtp", tls=True) as raw:
        assert raw.reply(f"AUTH PLAIN {plain(body.anh, PASSWORD)}")[0] == 503
