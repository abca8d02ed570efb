"""A backup made under load is one state of the installation, between its beginning and its end."""

import shutil

import pytest

from harness import mail
from harness.actors import BOXES, look
from harness.ledger import Ledger
from harness.server import Server


@pytest.fixture
def busy(tmp_path):
    server = Server(tmp_path / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    users = [server.person(name) for name in ("Trần Văn Anh", "Nguyễn Thị Bình", "Lê Thị Cúc")]
    yield server, Ledger(server, users, outside=users[0])
    if server.process is not None:
        server.kill()
    server.ports.close()


def test_a_backup_under_load_restored_is_the_ledger_of_its_time(busy, tmp_path, record_property):
    server, ledger = busy
    ledger.load_for(1.0)
    states = []
    for number in range(3):
        with ledger.lock:
            known = set(ledger.acknowledged)
        server.run("backup", tmp_path / f"backup{number}")
        with ledger.lock:
            states.append((known, set(ledger.sent), ledger.deleted | ledger.doubtful))
    acts = ledger.acts()
    ledger.end()
    assert acts < ledger.acts() and len(states[0][0]) < len(states[2][0]), "there was no load"
    ledger.check()
    server.stop()
    for number, (known, offered, gone) in enumerate(states):
        server.run("backup", "--verify", tmp_path / f"backup{number}")
        shutil.rmtree(server.data)
        server.run("restore", tmp_path / f"backup{number}")
        server.doctor()
        server.start()
        for user in ledger.users:
            compare(server, ledger, user, known, offered, gone)
        server.stop()
    record_property("backups under load", len(states))


def compare(server, ledger, user, known, offered, gone):
    """known: acknowledged before the backup began. offered: asked for before it ended."""
    with mail.imap(server, user) as client:
        boxes = {box: look(client, box) for box in BOXES}
    for box in boxes.values():
        for m in box.messages:
            assert m.name in offered, f"{m.name} is younger than the backup"
            assert m.digest == ledger.sent[m.name][1], f"{m.name} is damaged"
    arrived = [m.name for box in ("INBOX", "Chuyen") for m in boxes[box].messages]
    assert len(arrived) == len(set(arrived)), "a message is there twice"
    missing = [name for name in known - set(arrived)
               if user in ledger.sent[name][0] and (user, name) not in gone]
    assert not missing, f"{user} lacks {len(missing)} that the backup must have: {missing[:3]}"
