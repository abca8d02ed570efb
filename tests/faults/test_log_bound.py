"""The write-ahead log stays under 64 MB whoever reads, and a start with a large one is quick."""

import subprocess
import sys
import threading
import time

import pytest

from harness import mail
from harness.ledger import Ledger
from harness.raw import imap_session
from harness.server import PASSWORD, SLOWNESS, Server

LIMIT = 64 * 1024 * 1024


@pytest.fixture
def filled(tmp_path):
    """An office with 60 MB of mail in rows."""
    server = Server(tmp_path / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.users = [server.person(name) for name in ("Trần Văn Anh", "Nguyễn Thị Bình")]
    text = ("x" * 70 + "\r\n") * 2700
    with mail.smtp(server) as client:
        for number in range(300):
            client.sendmail("dan@example.com", [server.users[1]],
                            f"Subject: ledger.x{number}\r\n\r\n{text}")
    yield server
    server.close()


def log_size(server):
    return (server.data / "mail.db-wal").stat().st_size


def test_the_log_stays_bounded_under_load_with_readers_that_overlap_and_readers_that_stop(
        filled, record_property):
    server = filled
    ledger = Ledger(server, server.users[:1], seed=1)
    largest, stopped = [0], threading.Event()

    def watch():
        while not stopped.wait(0.01):
            largest[0] = max(largest[0], log_size(server))

    def read():
        while not stopped.is_set():
            with mail.imap(server, server.users[1]) as client:
                mail.good(client.select("INBOX", readonly=True))
                mail.good(client.uid("FETCH", "1:40", "(BODY.PEEK[])"))

    def append():
        text = (b"Subject: ledger.y\r\n\r\n" + (b"x" * 70 + b"\r\n") * 2700)
        with mail.imap(server, server.users[1]) as client:
            client.create("Luu")
            while not stopped.is_set():
                mail.good(client.append("Luu", None, None, text))

    threads = [threading.Thread(target=work) for work in [watch] + [read] * 3 + [append] * 3]
    idle = [imap_session(server, server.users[1], PASSWORD) for _ in range(4)]
    for raw in idle:  # they ask for 60 MB and read nothing of it
        assert raw.tagged("SELECT INBOX")[0] == "OK"
        raw.send("x2 UID FETCH 1:* (BODY.PEEK[])\r\n")
    for thread in threads:
        thread.start()
    ledger.load_for(6 * min(SLOWNESS, 2))
    ledger.end()
    stopped.set()
    for thread in threads:
        thread.join()
    for raw in idle:
        raw.socket.close()
    ledger.check()
    assert ledger.acts() > 20
    assert 1024 * 1024 < largest[0] < LIMIT, f"the log grew to {largest[0]} bytes"
    record_property("MB of the log at most", largest[0] // 1_000_000)


WRITE_LOG = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA wal_autocheckpoint = 0")
db.execute("PRAGMA synchronous = OFF")
ids = [row[0] for row in db.execute("SELECT id FROM blob_data WHERE length(data) > 100000")]
for number in ids:
    if os.stat(sys.argv[1] + "-wal").st_size > 62_000_000: break
    data, = db.execute("SELECT data FROM blob_data WHERE id = ?", [number]).fetchone()
    for content in (bytes(len(data)), data):
        db.execute("UPDATE blob_data SET data = ? WHERE id = ?", [content, number])
os._exit(0)  # as a killed process: nothing is copied into the file
"""


def test_a_start_with_the_largest_log_takes_less_than_a_second(filled, record_property):
    server = filled
    server.stop()
    subprocess.run([sys.executable, "-c", WRITE_LOG, server.data / "mail.db"], check=True)
    size = log_size(server)
    assert 40_000_000 < size < LIMIT, size
    server.start(ready=False)
    before = time.monotonic()
    while not server.is_ready():
        time.sleep(0.002)
    took = time.monotonic() - before
    assert took < 1 * SLOWNESS, f"{took:.2f} s with a log of {size} bytes"
    assert len(mail.inbox(server, server.users[0])) == 0
    record_property("ms to start with the largest log", int(took * 1000))
