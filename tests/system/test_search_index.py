"""The search index: the same answers as reading gives, before and behind it; thrown away and
damaged while the server runs."""

import json
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from harness import mail
from harness.server import Refused, wait_for
from test_search import TEXT, letter, search


def index(office, verb):
    if verb == "status":
        return json.loads(office.run("index", "status", "--json"))
    return office.run("index", verb)


WORDS = ["thong tin", "thông tin", "thống tín", "ng ti", "bao cao quy iii.", "thongtin", "o",
         "thong tin, de nghi", "kinh gui so thong tin, de nghi bao cao", "anh@example", "", "tin",
         "subject: thu", "ubject", ": ", "t/plain", "\u0301", "* ( ) NOT", "a" * 300]
KEYS = [("BODY",), ("TEXT",), ("SUBJECT",), ("FROM",), ("TO",), ("HEADER", "X-Loai"),
        ("NOT", "BODY"), ("UNSEEN", "TEXT"), ("OR", "SUBJECT", "thu 7", "BODY")]


@pytest.fixture(scope="module")
def box(shared_office):
    client = mail.imap(shared_office, shared_office.binh)
    for number in range(60):
        body = TEXT if number % 3 else f"Thống tín số {number}, từ chối.\r\n"
        message = letter(body.encode(), subject=f"Thu {number}",
                         encoding="base64" if number % 2 else "8bit")
        if number % 5 == 0:
            message = b"X-Loai: Th\xc3\xb4ng tin chung\r\n" + message
        assert client.append("INBOX", None, None, message)[0] == "OK"
    client.select()
    yield client
    client.logout()


def answers(client):
    return {(key, word): search(client, *key, word) for key in KEYS for word in WORDS}


def test_the_index_answers_as_reading_does(shared_office, box):
    # As soon as they are there, whether the lane was here or not.
    before = answers(box)
    assert len(before[("BODY",), "thong tin"]) == 60
    assert len(before[("BODY",), "thống tín"]) == 20
    assert len(before[("FROM",), "anh@example"]) == 60
    index(shared_office, "update")
    status = index(shared_office, "status")
    assert status["waiting"] == 0 and status["messages"] >= 60
    assert answers(box) == before
    # A message behind the index.
    assert box.append("INBOX", None, None, letter("một thông tin nữa".encode()))[0] == "OK"
    box.noop()
    assert search(box, "BODY", "thong tin nua") == [61]
    assert search(box, "BODY", "thong tin") == list(range(1, 62))
    index(shared_office, "rebuild")
    after = answers(box)
    assert {k: [n for n in v if n < 61] for k, v in after.items()} == before


def test_an_expunged_message_is_not_found(shared_office, box):
    index(shared_office, "update")
    count = len(search(box, "BODY", "thong tin"))
    box.store("1", "+FLAGS.SILENT", r"(\Deleted)")
    box.expunge()
    assert len(search(box, "BODY", "thong tin")) == count - 1
    index(shared_office, "update")
    assert len(search(box, "BODY", "thong tin")) == count - 1


def test_a_damaged_file_costs_a_rebuild_and_no_mail(office):
    client = mail.imap(office, office.anh)
    for _ in range(40):
        assert client.append("INBOX", None, None, letter(TEXT.encode()))[0] == "OK"
    client.select()
    index(office, "update")
    path = office.data / "search.db"
    for damage in ("noise", "empty", "missing"):
        office.stop()
        if damage == "noise":
            content = bytearray(path.read_bytes())
            for at in range(4096, len(content), 97):
                content[at] ^= 0x5a
            path.write_bytes(content)
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            path.unlink()
        office.start()
        client = mail.imap(office, office.anh)
        client.select()
        assert len(search(client, "BODY", "thong tin")) == 40
        wait_for(lambda: index(office, "status")["messages"] == 40, 30, f"the index after {damage}")
        assert len(search(client, "BODY", "thong tin")) == 40


def test_a_kill_while_indexing_costs_nothing(office):
    client = mail.imap(office, office.anh)
    for _ in range(60):
        assert client.append("INBOX", None, None, letter(TEXT.encode()))[0] == "OK"
    for wait in (0, 0.01, 0.03, 0.1):
        rebuild = subprocess.Popen([office.program, "--data", office.data, "index", "rebuild"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)  # the moment of the kill, not a wait for something
        office.kill()
        rebuild.wait(30)
        office.start()
        client = mail.imap(office, office.anh)
        client.select()
        assert len(search(client, "BODY", "thong tin")) == 60
    index(office, "update")
    assert index(office, "status")["messages"] == 60
    assert len(search(client, "BODY", "thong tin")) == 60


def test_doctor_knows_the_index(office):
    client = mail.imap(office, office.anh)
    for _ in range(3):
        assert client.append("INBOX", None, None, letter(TEXT.encode()))[0] == "OK"
    index(office, "update")
    office.stop()
    with sqlite3.connect(office.data / "search.db") as db:
        db.execute("UPDATE chunk SET bytes = zeroblob(length(bytes))")
    with pytest.raises(Refused, match="search.db: mailbox"):
        office.run("doctor")
    assert "built anew" in office.run("doctor", "--repair")
    office.doctor()
    assert index(office, "update").startswith("3 messages")
    office.start()


def test_a_backup_leaves_the_index_out(office, tmp_path):
    client = mail.imap(office, office.anh)
    assert client.append("INBOX", None, None, letter(TEXT.encode()))[0] == "OK"
    index(office, "update")
    office.run("backup", tmp_path / "backup")
    assert not list((tmp_path / "backup").glob("search*"))


def test_another_mailbox_of_the_same_name_is_not_taken_for_the_old_one(shared_office):
    client = mail.imap(shared_office, shared_office.anh)
    for word in ("cũ", "mới"):
        client.create("Tam")
        client.append("Tam", None, None, letter(f"bản {word}".encode()))
        index(shared_office, "update")
        client.select("Tam")
        assert search(client, "BODY", f"bản {word}") == [1]
        assert search(client, "BODY", "cu") == ([1] if word == "cũ" else [])
        client.close()
        client.delete("Tam")



def lanes(server):
    tasks = f"/proc/{server.process.pid}/task"
    return [Path(tasks, task, "comm").read_text().strip() for task in os.listdir(tasks)]


def test_the_index_rests_when_the_settings_say_so(make_server):
    server = make_server()
    wait_for(lambda: "indexer" in lanes(server), what="the lane, which names itself when it runs")
    server.stop()
    conf = server.data / "congvu.conf"
    text = conf.read_text(encoding="utf-8")
    assert text.count("index = 1;") == 1
    conf.write_text(text.replace("index = 1;", "index = 0;"), encoding="utf-8")
    server.start()
    assert "indexer" not in lanes(server)


def indexer_ticks(server):
    """What the thread that indexes has computed so far, in the kernel's hundredths of a second."""
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "indexer":
            return sum(map(int, (task / "stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    return 0


def test_the_end_of_the_program_does_not_wait_for_a_large_message(office):
    """It is as low in priority as can be: where others compute, one message could take a minute."""
    client = mail.imap(office, office.anh)
    words = b"".join(b"van ban so %d thong tin\r\n" % n for n in range(1_000_000))
    before = indexer_ticks(office)
    assert client.append("INBOX", None, None, letter(words))[0] == "OK"
    client.shutdown()
    wait_for(lambda: indexer_ticks(office) > before + 5, 20, "the indexer")
    office.stop()
    assert index(office, "status")["waiting"] == 1
    index(office, "update")
    assert index(office, "status")["waiting"] == 0
