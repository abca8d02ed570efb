"""Dovecot as the system that people move out of, over IMAP and by its Maildirs, and into again."""

import hashlib
import json
import ssl
from datetime import datetime

import pytest

from harness.boxes import full, look, subscribed
from harness.dovecot import MASTER, Dovecot
from harness.imap import Session, message, utf7
from harness.server import PASSWORD

NAMES = ["INBOX", "Đã gửi đi", "Công văn đến", "Công văn đến/2025", "Lưu trữ", "a & b"]


@pytest.fixture(params=["/", "."])
def dovecot(request, office):
    tls = office.data / "tls"
    with Dovecot((tls / "certificate.pem", tls / "key.pem"), request.param) as there:
        there.separator = request.param
        fill(there, "an")
        yield there


def spelt(there, name):
    return utf7(name.replace("/", there.separator))


def fill(there, user):
    session = Session(there, user)
    for number, name in enumerate(NAMES):
        box = spelt(there, name)
        if name != "INBOX":
            session.ok(f'CREATE "{box}"')
        if number % 2:
            session.ok(f'SUBSCRIBE "{box}"')
        for n in range(20):
            flags = ["", "\\Seen", "\\Answered \\Flagged gap", "\\Draft $Forwarded viec", "\\Deleted"][n % 5]
            session.append(box, message(f"{number}-{n}", "x" * (300_000 if n == 7 else 100)), f"({flags})",
                           f"{n + 1:02d}-Mar-2024 10:20:30 +0700")
    session.socket.close()


def fingerprint(office):
    text = (office.data / "tls" / "certificate.pem").read_text()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()


def moved(office, there, *words, tls="implicit", password=PASSWORD):
    port = there.port("imaps" if tls == "implicit" else "imap")
    return json.loads(office.run(
        "import", "imap", "127.0.0.1", "--port", port, "--tls", tls, "--fingerprint", fingerprint(office),
        "--password-stdin", *words, "--json", given=password + "\n", timeout=120))


def expected(there):
    """What Dovecot has, under the names that it has here."""
    here = {"Đã gửi đi": "Sent", "Lưu trữ": "Archive"}
    found = look(there, "an")
    return {utf7(here.get(name, name)): found[spelt(there, name)] for name in NAMES}


def as_set(boxes):
    """Moments instead of dates, which each server writes in its own zone."""
    return {name: [(frozenset(flags), datetime.strptime(date.strip(), "%d-%b-%Y %H:%M:%S %z"), content)
                   for flags, date, content in rows] for name, rows in full(boxes).items()}


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
