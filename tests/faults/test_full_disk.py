"""A disk that is full: mail is deferred, nothing is lost, reading goes on, and service resumes when
there is space again. A real small file system where the tests run as root, else the shim."""

import errno
import os
import re
import shutil
import smtplib
import subprocess

import pytest

import shim
from harness import mail
from harness.ledger import Ledger
from harness.server import Server, wait_for

SIZE = 256  # MiB


@pytest.fixture
def small_disk(tmp_path):
    """A file system of SIZE MiB of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "none", folder],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this root may not mount: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def make_office():
    servers = []

    def make(data, watermark):
        server = Server(data).init()
        servers.append(server)
        settings = data / "congvu.conf"
        text, count = re.subn(r"(disk_watermark_mib = )\d+", rf"\g<1>{watermark}",
                              settings.read_text())
        assert count == 1
        settings.write_text(text)
        server.start()
        server.unit("Sở Thông tin và Truyền thông", "stttt")
        server.anh, server.binh = (server.person(n) for n in ("Trần Văn Anh", "Nguyễn Thị Bình"))
        return server

    yield make
    for server in servers:
        server.close()


def fill(folder, leave=0, name="filler"):
    """Takes all space but `leave` bytes; returns the file to remove."""
    file, block = folder / name, bytes(65536 if leave else 4096)
    with file.open("wb", buffering=0) as out:
        try:
            while shutil.disk_usage(folder).free > leave:
                out.write(block)
        except OSError as full:  # somebody else writes too
            assert full.errno == errno.ENOSPC
    return file


def send_until_refused(server, ledger, user):
    """The code that ends it. The log has room of its own that is used again, so that some messages
    are still taken in, and kept, on a full disk; it is less than 64 MB."""
    for _ in range(400):
        name, text = ledger.new([user], 200_000)
        try:
            with mail.smtp(server) as client:
                client.sendmail("dan@example.com", [user], text)
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code
        ledger.acknowledge(name)
    return 250


def append_until_refused(server, ledger, user):
    with mail.imap(server, user) as client:
        for _ in range(400):
            name, text = ledger.new([user], 200_000)
            status, answer = client.append("INBOX", None, None, text.encode())
            if status != "OK":
                return status, answer[0].decode()
            ledger.acknowledge(name)
    return "OK", ""


def refusals(server, ledger, user):
    """What a stranger and an owner are told now; (SMTP code, IMAP answer)."""
    return send_until_refused(server, ledger, user), *append_until_refused(server, ledger, user)


def test_a_disk_that_fills_up_under_load_loses_nothing_and_service_resumes(
        small_disk, make_office, record_property):
    server = make_office(small_disk / "data", watermark=0)
    ledger = Ledger(server, [server.anh, server.binh], outside=server.anh)
    for round_number in range(3):
        ledger.load_for(0.5)
        file = fill(small_disk, leave=[0, 300_000, 2_000_000][round_number])
        ledger.stopped.wait(1.0)
        ledger.end()
        assert server.alive(), server.error_text()[-3000:]
        rest = fill(small_disk, name="rest")  # what a slow load left
        code, status, answer = refusals(server, ledger, server.binh)
        assert code == 452 and status == "NO" and "UNAVAILABLE" in answer, (code, status, answer)
        assert mail.inbox(server, server.anh) is not None  # reading goes on
        file.unlink()
        rest.unlink()
        name, text = ledger.new([server.binh])
        mail.smtp(server).sendmail("bench@example.org", [server.binh], text)
        ledger.acknowledge(name)
        ledger.check()
        server.doctor()
    record_property("times full", 3)
    record_property("acts acknowledged", ledger.acts())
    server.kill()
    server.start()
    ledger.check()


def test_a_server_starts_on_a_full_disk_or_says_what_to_do(small_disk, make_office):
    server = make_office(small_disk / "data", watermark=0)
    mail.send(server, mail.message("dan@example.com", server.anh, "truoc"))
    server.kill()
    file = fill(small_disk)
    server.start(ready=False)
    wait_for(lambda: not server.alive() or server.is_ready(), 20, "a start or a refusal")
    if server.alive():
        assert len(mail.inbox(server, server.anh)) == 1
        server.kill()
    else:
        assert server.ended() in (1, 70)
        assert "free some" in server.error_text(), server.error_text()
    file.unlink()
    server.start()
    assert len(mail.inbox(server, server.anh)) == 1


def test_below_the_watermark_mail_is_deferred_and_reading_and_deleting_go_on(
        small_disk, make_office):
    server = make_office(small_disk / "data", watermark=SIZE // 2)
    mail.send(server, mail.message("dan@example.com", server.anh, "truoc"))
    file = fill(small_disk, leave=SIZE // 3 * 1024 * 1024)

    def deferred():
        try:
            mail.send(server, mail.message("dan@example.com", server.binh, "trong"))
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code == 452
        return False
    wait_for(deferred, 5, "452 below the watermark")
    with mail.imap(server, server.anh) as client:
        status, answer = client.append("INBOX", None, None, b"Subject: day\r\n\r\n")
        assert status == "NO" and b"UNAVAILABLE" in answer[0], answer
        mail.good(client.select("INBOX"))
        assert mail.fetch(client, "1")
        mail.good(client.uid("STORE", "1", "+FLAGS", "(\\Deleted)"))
        mail.good(client.expunge())
    file.unlink()
    wait_for(lambda: not deferred(), 5, "service after there is space again")
    assert "trong" in [m["Subject"] for m in mail.inbox(server, server.binh)]


def test_writes_that_find_no_space_refuse_each_act_until_there_is_some(
        make_office, tmp_path, make_faults):
    """As above, by the shim: every write finds no space, the first after doing half."""
    server = make_office(tmp_path / "data", watermark=0)
    server.stop()
    faults = make_faults(server.data)
    server.env = faults.env
    server.start()
    ledger = Ledger(server, [server.anh, server.binh], outside=server.anh)
    for after in (1, 40, 333):
        ledger.begin()
        faults.arm(after, errno.ENOSPC, shim.WRITE, sticky=True, shorten=True)
        wait_for(lambda: faults.control.failed > 20, 20, "writes without space")
        ledger.end()
        assert server.alive(), server.error_text()[-3000:]
        code, status, answer = refusals(server, ledger, server.binh)
        assert code == 452 and status == "NO" and "UNAVAILABLE" in answer, (code, status, answer)
        faults.disarm()
        ledger.check()
        server.doctor()
