"""Mail for other domains: from the signed-in only, in the durable queue, with what was asked of it."""

import json

import pytest

from harness import mail
from harness.server import Refused
from harness.smtp import begin, data, session


def queue(server):
    return json.loads(server.run("queue", "list", "--json"))


def letter(office):
    return f"From: {office.anh}\r\nSubject: ra ngoai\r\n\r\nx\r\n".encode()


def submit(office, recipients, mail_parameters="", rcpt_parameters=None):
    with session(office, "submissions", user=office.anh) as raw:
        assert raw.reply(f"MAIL FROM:<{office.anh}>{mail_parameters}")[0] == 250
        for recipient in recipients:
            more = (rcpt_parameters or {}).get(recipient, "")
            answer = raw.reply(f"RCPT TO:<{recipient}>{more}")
            assert answer[0] == 250, answer
        return data(raw, letter(office))


def test_a_message_to_three_domains_waits_in_three_entries_and_outlives_a_kill(office):
    code, text = submit(office, ["a@example.org", "b@example.net", "c@EXAMPLE.org", office.binh,
                                 "d@[192.0.2.1]"])
    assert code == 250, text
    office.kill()
    office.doctor()
    office.start()
    entries = queue(office)
    assert {(e["domain"], e["recipients"]) for e in entries} == {
        ("example.org", "a@example.org\nc@EXAMPLE.org"), ("example.net", "b@example.net"),
        ("[192.0.2.1]", "d@[192.0.2.1]")}
    assert {(e["sender"], e["state"], e["attempts"]) for e in entries} == {(office.anh, "waiting", 0)}
    assert len({e["intake"] for e in entries}) == 1
    plain = office.run("queue", "list")
    assert all(address in plain for address in ("a@example.org", "c@EXAMPLE.org", "b@example.net"))
    assert len(mail.inbox(office, office.binh)) == 1
    number = text.split()[-1]
    traced = office.run("trace", number)
    for address in ("a@example.org", "b@example.net", "c@EXAMPLE.org", office.binh):
        assert address in traced, traced


# RFC 3461 4, 5.2.7: what was asked for travels with the message
@pytest.mark.proves("DSN")
def test_dsn_parameters_are_kept_with_the_entry(office):
    asked = {"a@example.org": " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@example.org",
             "b@example.org": " NOTIFY=NEVER", "c@example.org": ""}
    code, text = submit(office, asked, " RET=HDRS ENVID=so-12+2Bx", asked)
    assert code == 250, text
    entry, = queue(office)
    assert entry["dsn"].split("\n") == [
        "RET=HDRS ENVID=so-12+2Bx",
        "a@example.org\tNOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@example.org",
        "b@example.org\tNOTIFY=NEVER"]
    shown = office.run("queue", "show", entry["id"])
    assert "ENVID=so-12+2Bx" in shown and "NOTIFY=NEVER" in shown


@pytest.mark.parametrize("line", [
    "MAIL FROM:<{0}> RET=BODY", "MAIL FROM:<{0}> RET", "MAIL FROM:<{0}> RET=FULL RET=FULL",
    "MAIL FROM:<{0}> ENVID=a+b", "MAIL FROM:<{0}> ENVID=" + "x" * 101, "MAIL FROM:<{0}> ENVID="])
def test_a_malformed_dsn_parameter_of_mail_is_refused(shared_office, line):
    with session(shared_office, "submissions", user=shared_office.anh) as raw:
        code, text = raw.reply(line.format(shared_office.anh))
        assert code == 501 and text.startswith("5.5.4"), (code, text)


@pytest.mark.parametrize("parameters", [
    "NOTIFY=NEVER,SUCCESS", "NOTIFY=", "NOTIFY=SOMETIMES", "NOTIFY=SUCCESS,", "ORCPT=a@b.vn",
    "ORCPT=rfc822;a=b", "ORCPT=rfc822;a+zz", "ORCPT=;x", "ORCPT=rfc822;" + "x" * 500])
def test_a_malformed_dsn_parameter_of_rcpt_is_refused(shared_office, parameters):
    with session(shared_office) as raw:
        raw.reply("MAIL FROM:<dan@example.com>")
        code, text = raw.reply(f"RCPT TO:<{shared_office.binh}> {parameters}")
        assert code == 501 and text.startswith("5.5.4"), (code, text)


def test_an_unknown_parameter_is_refused_with_555(shared_office):
    """RFC 5321 4.1.1.11"""
    with session(shared_office) as raw:
        assert raw.reply("MAIL FROM:<dan@example.com> XYZ=1")[0] == 555
        assert raw.reply("MAIL FROM:<dan@example.com>")[0] == 250
        assert raw.reply(f"RCPT TO:<{shared_office.binh}> XYZ=1")[0] == 555


# RFC 6531
def test_smtputf8_mail_is_queued_as_such(office):
    with session(office, "submissions", user=office.anh) as raw:
        begin(raw, "đạt@ví-dụ.vn", office.anh, " SMTPUTF8 BODY=8BITMIME")
        assert data(raw, letter(office))[0] == 250
    entry, = queue(office)
    assert entry["recipients"] == "đạt@ví-dụ.vn" and entry["smtputf8"] is True
    assert entry["body"] == "8BITMIME"


# RFC 5321 4.1.2
def test_a_quoted_local_part_of_another_domain_stays_one_recipient(office):
    odd = ['"hai tu"@example.org', '"a>b"@example.org', '"a\\"b"@example.org', "thuong@example.org"]
    code, text = submit(office, odd, rcpt_parameters={odd[1]: " NOTIFY=NEVER"})
    assert code == 250, text
    entry, = queue(office)
    assert entry["recipients"].split("\n") == odd
    assert entry["dsn"] == '"a>b"@example.org\tNOTIFY=NEVER'


def test_the_same_outside_address_twice_is_one_recipient(office):
    assert submit(office, ["a@example.org", "a@EXAMPLE.ORG", "A@example.org"])[0] == 250
    entry, = queue(office)
    assert entry["recipients"].split("\n") == ["a@example.org", "A@example.org"]


def test_a_thousand_long_outside_addresses_are_all_queued_and_traced(office):
    many = [f"{'x' * 50}{n:04}@{'y' * 60}.example.org" for n in range(500)] + [
        f"{'z' * 50}@d{n:04}.{'y' * 60}.example.org" for n in range(500)]
    with session(office, "submissions", user=office.anh) as raw:
        raw.send(f"MAIL FROM:<{office.anh}>\r\n" + "".join(f"RCPT TO:<{m}>\r\n" for m in many))
        assert {raw.reply()[0] for _ in range(1001)} == {250}
        code, text = data(raw, letter(office))
        assert code == 250, text
    entries = queue(office)
    assert len(entries) == 501
    assert sorted(r for e in entries for r in e["recipients"].split("\n")) == sorted(many)
    traced = office.run("trace", text.split()[-1])
    missing = [m for m in many if m not in traced]
    assert not missing, (len(missing), missing[:3])


def test_entries_are_held_released_and_dropped_by_number(office):
    submit(office, ["a@example.org"])
    number = queue(office)[0]["id"]
    office.run("queue", "hold", number)
    assert queue(office)[0]["state"] == "held"
    office.run("queue", "retry", number)
    assert queue(office)[0]["next"] == 0
    office.run("queue", "drop", number)
    assert queue(office) == []
    with pytest.raises(Refused) as refused:
        office.run("queue", "drop", number)
    assert refused.value.status == 1


# [Điều 4.2.c]
def test_what_a_locked_account_left_in_the_queue_is_held(office):
    submit(office, ["a@example.org"])
    office.run("account", "lock", office.anh, "--ground", "Số 3/QĐ")
    assert {e["state"] for e in queue(office)} == {"held"}
    office.run("account", "unlock", office.anh, "--ground", "Số 4/QĐ")
    assert {e["state"] for e in queue(office)} == {"waiting"}
