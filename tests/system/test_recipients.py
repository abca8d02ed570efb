"""Whom an address reaches, verified at RCPT: spellings, tags, aliases, postmaster and abuse."""

import pytest

from harness import mail
from harness.server import DOMAIN, PASSWORD
from harness.smtp import begin, data, session, stored

MESSAGE = b"Subject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize("spelling", [
    "<{0}@{1}>", "<{0}+bao-cao@{1}>", "<{0}+a+b@{1}>", "<{0}+@{1}>", '<"{0}"@{1}>',
    '<"{0}+x y"@{1}>', "<@mx.example.org,@b.example.net:{0}@{1}>", "  <{0}@{1}>", "<{2}@{3}>",
    '<"t\\vanh.stttt"@{1}>'])
def test_an_official_is_reached_in_every_lawful_spelling(office, spelling):
    local, domain = office.anh.split("@")
    with session(office) as raw:
        assert raw.reply("MAIL FROM:<dan@example.com>")[0] == 250
        path = spelling.format(local, domain, local.upper(), domain.upper())
        assert raw.reply(f"RCPT TO:{path}")[0] == 250, path
        assert data(raw, MESSAGE)[0] == 250
    assert stored(office, office.anh) == [MESSAGE]


@pytest.mark.parametrize("spelling, code", [
    ("<khongco.stttt@{1}>", 550), ("<khongco+{0}@{1}>", 550), ("<+x@{1}>", 550), ("<{0}>", 501),
    ("<{0}@>", 501), ("<@{1}>", 501), ("<>", 501), ("{0}@{1}", 501), ("<{0}@{1}", 501),
    ("<{0}..@{1}>", 501), ("<.{0}@{1}>", 501), ("<{0}@{1}.>", 501), ("<{0}@.{1}>", 501),
    ("<{0}@{1}> x", 555), ("<{0} @{1}>", 501), ("<" + "a" * 65 + "@{1}>", 501),
    ('<""@{1}>', 501), ("<abuse>", 501), ("<{0}@{1}>{0}@{1}>", 501), ("<{0}%{1}>", 501),
    ("<tvanh.stttt\0@{1}>", None)])
def test_what_reaches_nobody_is_refused_at_rcpt(shared_office, spelling, code):
    local, domain = shared_office.anh.split("@")
    with session(shared_office) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        answer = raw.reply(f"RCPT TO:{spelling.format(local, domain)}")
        if code is None:  # a NUL is no character of a command: the session ends
            assert answer[0] == 500 and raw.rest() == ""
            return
        assert answer[0] == code, (spelling, answer)
        assert answer[1].startswith(("5.1.", "5.5.4")), answer
        assert raw.reply("DATA")[0] == 554


# RFC 5321 4.5.1, RFC 2142
def test_postmaster_and_abuse_are_reached_always_also_bare(office):
    ways = ["postmaster", "Postmaster", "POSTMASTER", f"postmaster@{DOMAIN}", f"PostMaster@{DOMAIN}",
            f"abuse@{DOMAIN}", f"ABUSE@{DOMAIN.upper()}", f"postmaster+x@{DOMAIN}"]
    for way in ways:
        with session(office) as raw:
            begin(raw, way)
            assert data(raw, MESSAGE)[0] == 250, way
    for verb in ("lock", "close"):
        with pytest.raises(Exception, match="5321"):
            office.run("account", verb, f"postmaster@{DOMAIN}", "--ground", "Số 1")
    office.run("account", "delegate", f"postmaster@{DOMAIN}", office.anh, "--may", "read,write,send",
               "--document", "Số 12/QĐ-STTTT ngày 01/6/2022")
    with mail.imap(office, office.anh) as client:
        mail.good(client.select('"Shared/postmaster/INBOX"'))
        assert len(mail.uids(client)) == len(ways)
    with session(office, "submissions", user=office.anh) as raw:
        begin(raw, office.binh, f"postmaster@{DOMAIN}")
        assert data(raw, f"From: postmaster@{DOMAIN}\r\n\r\nx\r\n".encode())[0] == 250


def test_postmaster_may_be_given_a_password_instead(office):
    with session(office) as raw:
        begin(raw, "postmaster")
        assert data(raw, MESSAGE)[0] == 250
    office.run("account", "passwd", f"postmaster@{DOMAIN}", "--password-stdin", given=PASSWORD + "\n")
    assert stored(office, f"postmaster@{DOMAIN}") == [MESSAGE]


def test_an_account_named_twice_gets_one_copy(office):
    local, domain = office.anh.split("@")
    office.run("account", "alias", office.anh, "--add", f"anhtran.stttt@{domain}")
    with session(office) as raw:
        begin(raw, [office.anh, f"{local}+x@{domain}", f"anhtran.stttt@{domain}", office.binh,
                    office.anh.upper()])
        assert data(raw, MESSAGE)[0] == 250
    assert stored(office, office.anh) == stored(office, office.binh) == [MESSAGE]


def test_one_refused_recipient_does_not_keep_the_others_from_it(office):
    with session(office) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        codes = [raw.reply(f"RCPT TO:<{to}>")[0]
                 for to in (office.anh, f"khongco@{DOMAIN}", "a@example.org", office.binh)]
        assert codes == [250, 550, 550, 250]
        assert data(raw, MESSAGE)[0] == 250
    assert stored(office, office.anh) == stored(office, office.binh) == [MESSAGE]


def test_a_sender_with_many_dead_addresses_is_not_thrown_out_between_good_messages(office):
    """A list's mail server keeps one connection for many messages, a few dead addresses in each."""
    with session(office) as raw:
        for _ in range(12):
            raw.reply("MAIL FROM:<ds@example.com>")
            for n in range(4):
                assert raw.reply(f"RCPT TO:<khongco{n}@{DOMAIN}>")[0] == 550
            assert raw.reply(f"RCPT TO:<{office.anh}>")[0] == 250
            assert data(raw, MESSAGE)[0] == 250
    assert len(stored(office, office.anh)) == 12


def test_who_only_guesses_addresses_is_thrown_out(office):
    with session(office) as raw:
        raw.reply("MAIL FROM:<ds@example.com>")
        codes = []
        while not codes or codes[-1] == 550:
            codes.append(raw.reply(f"RCPT TO:<khongco{len(codes)}@{DOMAIN}>")[0])
        assert codes[-1] == 421 or len(codes) == 21, codes
        assert "421" in raw.rest() or codes[-1] == 421
