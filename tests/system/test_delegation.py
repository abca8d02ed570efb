"""A unit's mailbox, looked after by a named person of the unit [Điều 6.2]."""

import re

import pytest

from harness import mail
from harness.server import DOMAIN, PASSWORD, Refused

UNIT = f"stttt@{DOMAIN}"


@pytest.fixture
def delegated(office):
    """The department's mailbox, delegated to .anh."""
    office.run("account", "delegate", UNIT, office.anh, "--may", "read,write,send", "--document",
               "Số 12/QĐ-STTTT ngày 01/6/2022")
    return office


def shared_box(client):
    """The name under which the unit's INBOX shows, as LIST gives it."""
    for line in mail.good(client.list('""', '"*"')):
        name = re.search(rb'"?([^" ]*stttt/INBOX)"?$', line)
        if name:
            return name.group(1).decode()
    raise AssertionError(f"no shared mailbox in {client.list()}")


# [Điều 6.2] [R036]
def test_the_delegate_reads_the_units_mail_under_their_own_name(delegated):
    mail.send(delegated, mail.message("dan@example.com", UNIT, "Gửi cơ quan"))
    with mail.imap(delegated, delegated.anh) as client:
        mail.good(client.select(f'"{shared_box(client)}"'))
        assert len(mail.uids(client)) == 1


# [Điều 6.2]
def test_the_delegates_client_shows_the_units_mailbox_without_being_told(delegated):
    name = b'"Shared/stttt/INBOX"'
    with mail.imap(delegated, delegated.anh) as client:
        assert any(line.endswith(name) for line in mail.good(client.lsub('""', '"*"')))
        mail.good(client.unsubscribe('"Shared/stttt/INBOX"'))
    delegated.run("account", "delegate", UNIT, delegated.anh, "--may", "read", "--document", "Số 2")
    with mail.imap(delegated, delegated.anh) as client:  # what the official took away stays away
        assert not any(line.endswith(name) for line in mail.good(client.lsub('""', '"*"')))


# [Điều 6.2]
def test_another_official_does_not_see_it(delegated):
    with mail.imap(delegated, delegated.binh) as client:
        with pytest.raises(AssertionError, match="no shared mailbox"):
            shared_box(client)


# [Điều 6.3] [R036] [R038]
def test_the_delegate_may_send_as_the_unit(delegated):
    mail.send(delegated, mail.message(UNIT, delegated.binh, "Từ cơ quan"), port="submission",
              user=delegated.anh)
    assert mail.arrived(delegated, delegated.binh, "Từ cơ quan")["From"] == UNIT


# [Điều 6.2] [R037]
def test_an_outsider_cannot_be_made_delegate(delegated):
    delegated.unit("Sở Nội vụ", "snv")
    outsider = delegated.person("Phạm Thị Dung", unit="snv")
    with pytest.raises(Refused) as refused:
        delegated.run("account", "delegate", UNIT, outsider, "--document", "Số 1")
    assert refused.value.status == 1 and "Điều 6" in refused.value.output


def test_a_unit_mailbox_has_no_password_of_its_own(delegated):
    with pytest.raises(Exception, match="AUTHENTICATIONFAILED"):
        mail.imap(delegated, UNIT, PASSWORD)
