"""Dovecot as the system that people move out of, over IMAP and by its Maildirs, and into again."""

import json

import pytest

from harness.boxes import look, subscribed
from harness.dovecot import MASTER, Dovecot
from harness.imap import Session, message, utf7
from harness.moving import as_set, expected, fill, moved


@pytest.fixture(params=["/", "."])
def dovecot(request, office):
    tls = office.data / "tls"
    with Dovecot((tls / "certificate.pem", tls / "key.pem"), request.param) as there:
        there.separator = request.param
        fill(there, "an")
        yield there


def test_an_account_of_dovecot_comes_over_imap(office, dovecot):
    counts = moved(office, dovecot, "--account", office.anh, "--user", "an")
    assert (counts["taken"], counts["left"], counts["folders"]) == (120, 0, 6), counts
    assert as_set(look(office, office.anh)) == as_set(expected(dovecot))
    assert {"Sent", utf7("Công văn đến/2025"), utf7("a & b")} <= subscribed(office, office.anh)
    assert utf7("Công văn đến") not in subscribed(office, office.anh)
    session = Session(dovecot, "an")
    assert session.ok('STATUS INBOX (UNSEEN)').status_of("INBOX")["UNSEEN"] == 16  # nothing was seen
    session.append("INBOX", message("moi"))
    again = moved(office, dovecot, "--account", office.anh, "--user", "an", tls="starttls")
    assert (again["taken"], again["had"]) == (1, 120)


def test_a_master_user_moves_the_accounts_of_others(office, dovecot):
    counts = moved(office, dovecot, "--account", office.anh, "--user", "chu", "--authzid", "an",
                   password=MASTER)
    assert counts["taken"] == 120
    assert as_set(look(office, office.anh)) == as_set(expected(dovecot))


def test_the_maildir_of_dovecot_comes_and_goes(office, dovecot, tmp_path):
    source = dovecot.folder / "mail" / "an" / "Maildir"
    wanted = expected(dovecot)
    wanted["Sent"], wanted[utf7("Đã gửi đi")] = [], wanted["Sent"]  # a Maildir tells no special use
    counts = json.loads(office.run("import", "maildir", source, "--account", office.anh, "--json"))
    assert (counts["taken"], counts["left"]) == (120, 0)
    assert as_set(look(office, office.anh)) == as_set(wanted)
    office.run("export", "maildir", "--account", office.anh, "--to", tmp_path / "ra", "--ground", "Số 1")
    dovecot.give("binh", tmp_path / "ra")
    back = as_set(look(dovecot, "binh"))
    assert {name.replace("/", dovecot.separator) for name in subscribed(office, office.anh)} <= subscribed(
        dovecot, "binh")
    assert back == {name.replace("/", dovecot.separator): rows for name, rows in as_set(wanted).items()}
