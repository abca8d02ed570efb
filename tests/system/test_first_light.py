"""Two officials exchange mail: submission on one side, IMAP on the other."""

import smtplib

import pytest

from harness import mail


@pytest.mark.parametrize("how", [
    {"port": "submission", "starttls": True}, {"port": "submission"}, {"port": "submissions"}])
def test_an_official_sends_to_another_who_reads_it(office, how):
    letter = mail.message(office.anh, office.binh, "Giấy mời họp", "Kính mời đồng chí.\n")
    assert mail.send(office, letter, user=office.anh, **how) == {}
    got = mail.arrived(office, office.binh, "Giấy mời họp")
    assert got.get_content().splitlines() == ["Kính mời đồng chí."]  # MIME's lines end in CRLF
    assert got["From"] == office.anh
    assert got["Message-ID"] or got["Received"]
    assert mail.inbox(office, office.anh) == []


@pytest.mark.parametrize("how", [
    {"port": "imap", "starttls": True}, {"port": "imap"}, {"port": "imaps"}])
def test_a_reader_may_come_in_by_each_imap_door(office, how):
    mail.send(office, mail.message(office.anh, office.binh, "thu"), port="submission",
              user=office.anh)
    assert [m["Subject"] for m in mail.inbox(office, office.binh, **how)] == ["thu"]


def test_a_stranger_reaches_an_official_through_port_25(office):
    mail.send(office, mail.message("dan@example.com", office.anh, "Hỏi thủ tục"))
    assert mail.arrived(office, office.anh, "Hỏi thủ tục")["From"] == "dan@example.com"


def test_a_message_to_two_officials_reaches_both(office):
    letter = mail.message("dan@example.com", [office.anh, office.binh], "Gửi cả hai")
    assert mail.send(office, letter) == {}
    for user in (office.anh, office.binh):
        assert len(mail.inbox(office, user)) == 1


def test_an_unknown_recipient_is_refused_at_rcpt(office):
    with mail.smtp(office) as client:
        client.mail("dan@example.com")
        code, text = client.rcpt("khongco.stttt@bacninh.gov.vn")
        assert code == 550 and text.startswith(b"5.1.1"), (code, text)


def test_a_stranger_cannot_relay(office):
    with mail.smtp(office) as client:
        client.mail("dan@example.com")
        code, text = client.rcpt("someone@example.org")
        assert code in (550, 554) and text.startswith(b"5.7.1"), (code, text)


def test_a_wrong_password_is_refused_at_every_door(office):
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mail.smtp(office, "submission", office.anh, "Sai@12345")
    with pytest.raises(Exception, match="AUTHENTICATIONFAILED"):
        mail.imap(office, office.anh, "Sai@12345")


def test_mail_is_there_after_a_restart(office):
    mail.send(office, mail.message("dan@example.com", office.anh, "giữ lại"))
    office.stop()
    office.doctor()
    office.start()
    assert [m["Subject"] for m in mail.inbox(office, office.anh)] == ["giữ lại"]
