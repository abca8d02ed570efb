"""DSN for our own mailboxes (RFC 3461): who asks to be told of success is told, and nobody else."""

import json

import pytest

from harness import mail
from harness.server import DOMAIN, wait_for
from harness.smtp import HEAD, data, session

SUBJECT = "Thư đã vào hộp thư người nhận / Mail delivered"


def ask(server, sender, recipients, mail_parameters="", **how):
    """One message; recipients: address -> its parameters of RCPT."""
    with session(server, **how) as raw:
        assert raw.reply(f"MAIL FROM:<{sender}>{mail_parameters}")[0] == 250
        for who, parameters in recipients.items():
            assert raw.reply(f"RCPT TO:<{who}>{parameters}")[0] == 250
        head = HEAD if not how.get("user") else f"From: {sender}\r\nSubject: thu\r\n".encode()
        assert data(raw, head + b"\r\nnoi dung\r\n")[0] == 250


# RFC 3461 4, 5.2.3, 6.3; RFC 3464 2
@pytest.mark.proves("DSN")
def test_an_official_who_asks_is_told_when_it_is_in_the_mailbox(office):
    ask(office, office.anh, {office.binh: " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Binh+40Cu.vn",
                             f"stttt@{DOMAIN}": " NOTIFY=FAILURE"},
        " RET=FULL ENVID=so-12+2Bx", port="submission", user=office.anh)
    told = mail.arrived(office, office.anh, SUBJECT)
    assert told["Return-Path"] == "<>" and told["To"] == office.anh
    assert told["Auto-Submitted"] == "auto-replied"
    people, program, returned = told.iter_parts()
    assert told.get_param("report-type") == "delivery-status"
    assert office.binh in people.get_content() and " stttt@" not in people.get_content()
    message, recipient = program.get_payload()
    assert message["Original-Envelope-Id"] == "so-12+x"
    assert message["Reporting-MTA"] == f"dns; mail.{DOMAIN}"
    assert recipient["Action"] == "delivered" and recipient["Status"].startswith("2.")
    assert recipient["Original-Recipient"].replace(" ", "") == "rfc822;Binh@Cu.vn"
    assert recipient["Final-Recipient"].endswith(office.binh)
    assert "noi dung" not in returned.as_string()  # RFC 3461 4.3: success brings the header only
    assert "Subject: thu" in returned.as_string()
    assert len(mail.inbox(office, office.binh)) == 1


@pytest.mark.parametrize("sender, parameters", [
    ("anh", ""), ("anh", " NOTIFY=NEVER"), ("anh", " NOTIFY=FAILURE,DELAY"), ("", " NOTIFY=SUCCESS")])
def test_who_did_not_ask_and_who_has_no_address_is_not_told(office, sender, parameters):
    ask(office, getattr(office, sender) if sender else "", {office.binh: parameters})
    ask(office, office.anh, {office.binh: " NOTIFY=SUCCESS"})  # after it: all before is done
    mail.arrived(office, office.anh, SUBJECT)
    assert len(mail.inbox(office, office.anh)) == 1
    assert json.loads(office.run("queue", "list", "--json")) == []


def test_a_sender_elsewhere_is_told_through_the_queue(office):
    ask(office, "dan@example.com", {office.binh: " NOTIFY=SUCCESS", office.anh: " NOTIFY=SUCCESS"})
    entries = wait_for(lambda: json.loads(office.run("queue", "list", "--json")))
    assert [(e["sender"], e["recipients"]) for e in entries] == [("", "dan@example.com")]


def test_a_sender_of_ours_who_does_not_exist_keeps_no_message_from_its_recipients(office):
    ask(office, f"khongco@{DOMAIN}", {office.binh: " NOTIFY=SUCCESS"})
    assert len(mail.inbox(office, office.binh)) == 1
