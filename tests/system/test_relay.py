"""Not an open relay, in whatever spelling a stranger tries."""

import pytest

from harness.raw import smtp_session

SPELLINGS = [
    "a@example.org", "<@bacninh.gov.vn:a@example.org>", "a%example.org@bacninh.gov.vn",
    '"a@example.org"@bacninh.gov.vn', '"a%example.org"@bacninh.gov.vn', "example.org!a",
    "example.org!a@bacninh.gov.vn", "a@[192.0.2.1]", "a@[127.0.0.1]", "a@[IPv6:::1]",
    "a@localhost", "a@example.org@bacninh.gov.vn", "a@bacninh.gov.vn.example.org",
    "a@bacninh.gov.vn@example.org", '"a"@example.org', "a@example.org.", "a+x@example.org",
    "@example.org", '""@example.org', "a@sub.bacninh.gov.vn", "a@BACNINH.GOV.VN.",
    "tvanh.stttt%example.org@bacninh.gov.vn", '"tvanh.stttt@bacninh.gov.vn"@example.org',
    "<@bacninh.gov.vn,@example.net:a@example.org>", "<@bacninh.gov.vn:a%example.org@bacninh.gov.vn>",
    "example.net!example.org!a@bacninh.gov.vn", "a%example.org%example.net@bacninh.gov.vn",
    "a@example.org%bacninh.gov.vn", '"a@example.org"', "a%example.org", "a@example.org:25",
    '"example.org!a"@bacninh.gov.vn', "a@[bacninh.gov.vn]", "a@[::1]", "a@[IPv6:::ffff:127.0.0.1]",
    "a@127.0.0.1", "a@2130706433", "a@0x7f000001", "a@localhost.localdomain", "a@mail.bacninh.gov.vn",
    "a@bacninh", "a@bacninh.gov.vn.", "a@.bacninh.gov.vn", "a@bacninh..gov.vn", "a@bacninh.gov.vn\t",
    "a @example.org", "a@ example.org", "a@example.org,b@bacninh.gov.vn", "a@example.org>,<b@bacninh.gov.vn",
    "a\\@example.org", '"a\\"@example.org"@bacninh.gov.vn', "=?utf-8?q?a=40example.org?=@bacninh.gov.vn",
    "=?utf-8?q?a?=@example.org", "a=example.org@bacninh.gov.vn", "a#example.org@bacninh.gov.vn",
    "SRS0=x=y=example.org=a@bacninh.gov.vn", "owner-a@example.org", "a(x)@example.org", "a@(x)example.org",
    "|a@example.org", "/dev/null@bacninh.gov.vn", ":include:/etc/passwd@bacninh.gov.vn", "../a@bacninh.gov.vn",
    "khongco+tvanh.stttt@bacninh.gov.vn", "+@bacninh.gov.vn", "tvanh.stttt+@example.org",
]
# Characters beyond ASCII, with SMTPUTF8: look-alikes of our domain are other domains.
BEYOND_ASCII = ["a@ví-dụ.vn", "á@bacninh.gov.vn", "a@bắcninh.gov.vn", "a@b\u0430cninh.gov.vn",
                "a@ｂａｃｎｉｎｈ.gov.vn.org", "tvanh。stttt@bacninh.gov.vn", "a＠example.org@bacninh.gov.vn",
                "a@example。org", "a％example.org@bacninh.gov.vn", "ｔｖanh.stttt@bacninh.gov.vn",
                "tvanh.stttt\u200b@bacninh.gov.vn", "a@bacninh.gov.vn\u3002"]



@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_stranger_cannot_send_out(shared_office, spelling):
    path = spelling if spelling.startswith("<") else f"<{spelling}>"
    for sender in ("<dan@example.com>", "<>", f"<{shared_office.anh}>"):
        with smtp_session(shared_office) as raw:
            code, _ = raw.reply(f"MAIL FROM:{sender}")
            if code == 250:
                code, text = raw.reply(f"RCPT TO:{path}")
                assert 500 <= code < 600, (sender, path, code, text)
                assert raw.reply("DATA")[0] in (503, 554)


@pytest.mark.parametrize("spelling", BEYOND_ASCII)
def test_a_stranger_cannot_send_out_with_characters_beyond_ascii(shared_office, spelling):
    with smtp_session(shared_office) as raw:
        assert raw.reply("MAIL FROM:<dan@example.com> SMTPUTF8")[0] == 250
        code, text = raw.reply(f"RCPT TO:<{spelling}>")
        assert code in (501, 550), (spelling, code, text)
        raw.reply("RSET")
        assert raw.reply("MAIL FROM:<dan@example.com>")[0] == 250
        code, text = raw.reply(f"RCPT TO:<{spelling}>")
        assert code in (501, 553), (spelling, code, text)
        assert raw.reply("DATA")[0] == 554


def test_the_submission_door_takes_nothing_before_sign_in(shared_office):
    with smtp_session(shared_office, "submission") as raw:
        code, text = raw.reply("MAIL FROM:<dan@example.com>")
        if code == 250:
            code, text = raw.reply(f"RCPT TO:<{shared_office.anh}>")
        assert code in (530, 550, 554), (code, text)


def test_postmaster_and_abuse_are_always_there(shared_office):
    for name in ("postmaster", "Postmaster", "abuse"):
        for address in (f"{name}@bacninh.gov.vn", name) if name != "abuse" else (
                "abuse@bacninh.gov.vn",):
            with smtp_session(shared_office) as raw:
                assert raw.reply("MAIL FROM:<dan@example.com>")[0] == 250
                assert raw.reply(f"RCPT TO:<{address}>")[0] == 250, address


def test_a_sub_address_reaches_its_owner(shared_office):
    local, domain = shared_office.anh.split("@")
    with smtp_session(shared_office) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        assert raw.reply(f"RCPT TO:<{local}+bao-cao@{domain}>")[0] == 250
        assert raw.reply(f"RCPT TO:<{local.upper()}@{domain.upper()}>")[0] == 250


# [Điều 6.3]
def test_an_official_sends_only_under_addresses_that_are_theirs(shared_office):
    from harness import mail
    with mail.smtp(shared_office, "submission", shared_office.anh) as client:
        code, text = client.mail(shared_office.binh)
        if code == 250:
            code, text = client.rcpt(shared_office.binh)
        assert code == 550 and text.startswith(b"5.7.1"), (code, text)
