"""fetchmail takes mail over IMAP and hands it on."""

import pytest

from harness import mail


def test_fetchmail_takes_the_mail_once(office, client, password):
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}"))
    got = client.home / "got"
    settings = client.file("fetchmailrc", (
        f"poll 127.0.0.1 service {office.port('imap')} protocol imap\n"
        f"  user \"{office.anh}\" password \"{password}\" sslproto \"tls1.2+\" no sslcertck\n"
        f"  mda \"cat >> {got}\"\n"))
    client.run("fetchmail", "-f", settings, "--pidfile", client.home / "pid")
    text = got.read_text()
    assert [f"Subject: thu {n}" in text for n in range(3)] == [True] * 3
    # The second time there is nothing new: fetchmail says so with status 1.
    client.run("fetchmail", "-f", settings, "--pidfile", client.home / "pid", good=(1,))
    assert got.read_text() == text


@pytest.mark.parametrize("how", [("imaps", "ssl"), ("imap", 'sslproto "tls1.2+"')])
def test_fetchmail_that_keeps_nothing_empties_the_mailbox(office, client, password, how):
    port, tls = how
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}", "Tiếng Việt\n"))
    got = client.home / "got"
    settings = client.file("fetchmailrc", (
        f"poll 127.0.0.1 service {office.port(port)} protocol imap\n"
        f"  user \"{office.anh}\" password \"{password}\" {tls} no sslcertck\n"
        f"  fetchall nokeep mda \"cat >> {got}\"\n"))
    client.run("fetchmail", "-f", settings, "--pidfile", client.home / "pid")
    assert got.read_text().count("Subject: thu") == 3
    assert mail.inbox(office, office.anh) == []
