"""doctor finds each kind of planted damage, says which, and --repair mends what may be mended."""

import os
import shutil
import sqlite3
import subprocess
import time

import pytest

from harness import mail
from harness.server import Server

LARGE = 400_000


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A stopped installation with some mail of both kinds of blob."""
    server = Server(tmp_path_factory.mktemp("damage") / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    users = [server.person("Trần Văn Anh"), server.person("Nguyễn Thị Bình")]
    for size in (200, 3000, LARGE):
        text = ("x" * 70 + "\n") * (size // 71)
        mail.send(server, mail.message("dan@example.com", users, f"thu {size}", text))
    with mail.imap(server, users[0]) as client:
        client.select("INBOX")
        mail.good(client.store("1", "+FLAGS", "(\\Seen)"))
    server.stop()
    yield server
    server.close()


class Patient:
    """A copy of the installation, to spoil."""

    def __init__(self, server, data):
        self.program, self.data = server.program, data
        shutil.copytree(server.data, data)

    def sql(self, file, *statements):
        with sqlite3.connect(self.data / file) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                db.execute(statement)
        db.close()

    def files(self):
        return [p for p in (self.data / "blob").rglob("*") if p.is_file()]

    def doctor(self, *words):
        done = subprocess.run([self.program, "--data", self.data, "doctor", *words], text=True,
                              capture_output=True, timeout=120, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def patient(installation, tmp_path):
    return Patient(installation, tmp_path / "data")


def flip(path, at):
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


FIRST = "(SELECT min(id) FROM blob WHERE name IS NULL)"
MENDED = {
    "a mailbox's count": ("mail.db", "UPDATE mailbox SET total = total + 1 WHERE name = 'INBOX'",
                          "number of messages"),
    "a mailbox's unseen": ("mail.db", "UPDATE mailbox SET unseen = 0 WHERE name = 'INBOX'",
                           "number of unseen messages"),
    "a mailbox's size": ("mail.db", "UPDATE mailbox SET size = 7 WHERE name = 'INBOX'", "size"),
    "an account's count": ("mail.db", "UPDATE account SET messages = 9", "counts 9 messages"),
    "an account's bytes": ("mail.db", "UPDATE account SET quota_used = 1", "counts 1 bytes"),
    "too many references": ("mail.db", f"UPDATE blob SET refs = refs + 1 WHERE id = {FIRST}",
                            "references, there are 2"),
    "too few references": ("mail.db", f"UPDATE blob SET refs = 1 WHERE id = {FIRST}",
                           "counts 1 references, there are 2"),
    "mailboxes without their account": ("mail.db", "DELETE FROM account WHERE messages = 3",
                                        "belongs to account 3, which does not exist"),
    "a quota not told": ("mail.db", "UPDATE account SET quota_limit = 5 WHERE quota_limit > 5",
                         "the store has one of 5"),
}


@pytest.mark.parametrize("what", MENDED)
def test_what_is_counted_twice_is_found_and_mended(patient, what):
    file, statement, says = MENDED[what]
    patient.sql(file, statement)
    status, text = patient.doctor()
    assert status == 1 and says in text, text
    status, text = patient.doctor("--repair")
    assert status == 1 and "set right" in text, text  # what was found is told, so not "in order"
    assert patient.doctor()[0] == 0


def test_an_account_that_the_store_lost_is_found_and_made_again(patient):
    patient.sql("admin.db", "INSERT INTO account(id, local, name, kind, state, unit, person, quota,"
                " created, state_since, state_why) SELECT 99, 'moi', name, 2, 1, NULL, NULL, quota,"
                " created, state_since, state_why FROM account LIMIT 1",
                "INSERT INTO address(local, account, live, given) VALUES('moi', 99, 1, 0)")
    status, text = patient.doctor()
    assert status == 1 and "account 99 (moi) has no mailboxes in the store" in text, text
    assert "set right" in patient.doctor("--repair")[1]
    assert patient.doctor()[0] == 0


def test_an_account_marked_as_pending_is_no_contradiction(patient):
    patient.sql("admin.db", "INSERT INTO account(id, local, name, kind, state, unit, person, quota,"
                " created, state_since, state_why) SELECT 99, 'moi', name, 2, 1, NULL, NULL, quota,"
                " created, state_since, state_why FROM account LIMIT 1",
                "INSERT INTO address(local, account, live, given) VALUES('moi', 99, 1, 0)",
                "INSERT INTO pending(account, change) VALUES(99, 1)")
    assert patient.doctor()[0] == 0


def test_an_old_file_without_a_message_is_found_and_removed_and_a_young_one_left(patient):
    old, young = (patient.data / "blob" / "ab" / ("ab" + digit * 30) for digit in "01")
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    status, text = patient.doctor()
    assert status == 1 and str(old) in text and str(young) not in text, text
    assert f"{old} belonged to no message; it is removed" in patient.doctor("--repair")[1]
    assert not old.exists() and young.exists()
    assert patient.doctor()[0] == 0


NOT_MENDED = {
    "a flipped bit in a small message": (
        "mail.db", ["UPDATE blob_data SET data = CAST(replace(data, 'xxxx', 'xxyx') AS BLOB)"
                    f" WHERE id = {FIRST}"], "its bytes are not those that came in (hash)"),
    "a small message cut": (
        "mail.db", [f"UPDATE blob_data SET data = x'41' WHERE id = {FIRST}"], "1 bytes instead"),
    "a small message's bytes gone": (
        "mail.db", [f"DELETE FROM blob_data WHERE id = {FIRST}"], "its bytes are missing"),
    "a reference that leads nowhere": (
        "mail.db", ["UPDATE message SET blob = 4711 WHERE key = (SELECT min(key) FROM message)"],
        "blob 4711 does not exist but 1 messages need it"),
    "an envelope gone": (
        "mail.db", ["DELETE FROM message_meta WHERE key = (SELECT min(key) FROM message)"],
        "UID 1 has no envelope"),
    "a UID not below UIDNEXT": (
        "mail.db", ["UPDATE mailbox SET uidnext = 2 WHERE name = 'INBOX' AND total = 3"],
        "is not below UIDNEXT 2"),
    "an account that the directory lost": (
        "admin.db", ["DELETE FROM account WHERE local LIKE 'tvanh%'"],
        "which the directory does not know"),
    "an address that leads to another account": (
        "admin.db", ["UPDATE address SET account = (SELECT max(account) FROM address)"
                     " WHERE local LIKE 'tvanh%'"], "leads to account"),
    "an address that is gone": (
        "admin.db", ["DELETE FROM address WHERE local LIKE 'tvanh%'"], "reaches nobody"),
    "an address of nobody": (
        "admin.db", ["UPDATE address SET account = 4711 WHERE local LIKE 'tvanh%'"],
        "account 4711 does not exist, but the address tvanh"),
    "a delegation to nobody": (
        "admin.db", ["INSERT INTO delegation(account, grantee, may, since, until, document, phase)"
                     " SELECT id, 4711, 1, 0, 1, '', 2 FROM account LIMIT 1"], "holder 4711"),
    "a person gone": ("admin.db", ["DELETE FROM person WHERE id = (SELECT min(id) FROM person)"],
                      "who does not exist"),
    "a changed audit record": (
        "admin.db", ["DROP TRIGGER audit_keeps", "UPDATE audit SET who = 'nobody' WHERE seq = 2"],
        "record 2 does not fit"),
    "an audit record taken out": (
        "admin.db", ["DROP TRIGGER audit_stays", "DELETE FROM audit WHERE seq = 2"],
        "record 2 does not fit"),
}


@pytest.mark.parametrize("what", NOT_MENDED)
def test_what_cannot_be_known_again_is_found_and_never_hidden(patient, what):
    file, statements, says = NOT_MENDED[what]
    patient.sql(file, *statements)
    status, text = patient.doctor()
    assert status == 1 and says in text, text
    patient.doctor("--repair")
    status, text = patient.doctor()
    assert status == 1 and says in text, text


@pytest.mark.parametrize("spoil, says", [
    (lambda path: flip(path, LARGE // 2), "its bytes are not those that came in (hash)"),
    (lambda path: os.truncate(path, LARGE // 2), f"{LARGE // 2} bytes instead of"),
    (lambda path: path.unlink(), "No such file or directory")],
    ids=["a flipped bit", "a cut file", "a missing file"])
def test_a_damaged_file_of_a_large_message_is_found(patient, spoil, says):
    path, = patient.files()
    spoil(path)
    for words in ((), ("--repair",), ()):
        status, text = patient.doctor(*words)
        assert status == 1 and says in text, text


def test_quick_leaves_out_only_the_hashes(patient):
    path, = patient.files()
    flip(path, LARGE // 2)
    assert patient.doctor("--quick")[0] == 0
    path.unlink()
    assert patient.doctor("--quick")[0] == 1


@pytest.mark.parametrize("file", ["mail.db", "admin.db"])
def test_a_damaged_page_is_found_and_repair_sends_to_the_backup(patient, file):
    with sqlite3.connect(patient.data / file) as db:
        index = "blob_by_name" if file == "mail.db" else "account_unit"
        page, = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [index]).fetchone()
    db.close()
    path = patient.data / file
    with path.open("r+b") as data:
        data.seek((page - 1) * 4096)
        data.write(b"\xff" * 4096)
    status, text = patient.doctor()
    assert status == 1 and file in text, text
    status, text = patient.doctor("--repair")
    assert status == 1 and "restore a backup" in text, text
