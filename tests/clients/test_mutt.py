"""mutt, on a terminal of its own, sends, reads, answers and files."""

import os
import pty
import select
import subprocess
import time

import pytest

from harness import mail
from harness.server import SLOWNESS, wait_for

SETTINGS = """
set realname="Trần Văn Anh" from="{user}" use_from=yes hostname=may.test
set imap_user="{user}" imap_pass="{password}" smtp_pass="{password}"
set smtp_url="smtp://{name}@127.0.0.1:{submission}/"
set folder="imap://127.0.0.1:{imap}/" spoolfile="+INBOX" record="+Thư đã gửi" postponed="+Thư nháp"
set ssl_starttls=yes ssl_force_tls=yes ssl_verify_host=no ssl_verify_dates=no
set certificate_file="{certificate}" charset=utf-8 send_charset=utf-8
set confirmappend=no confirmcreate=no delete=yes move=no mark_old=no wait_key=no sleep_time=0
set header_cache="" editor="true" autoedit=yes fast_reply=yes include=no abort_unmodified=no
"""


@pytest.fixture
def mutt(office, client, password):
    settings = client.file("muttrc", SETTINGS.format(
        user=office.anh, name=office.anh.replace("@", "%40"), password=password,
        submission=office.port("submission"), imap=office.port("imap"),
        certificate=office.data / "tls" / "certificate.pem"))

    def on_terminal(keys):
        """Lets mutt press these keys after it opened INBOX; it must end by itself."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(HOME=str(client.home), TERM="xterm", LANG="C.UTF-8", LINES="40",
                              COLUMNS="120")
            os.chdir(client.home)
            os.execvp("mutt", ["mutt", "-F", str(settings), "-e", f'push "{keys}"'])
        seen, deadline = b"", time.monotonic() + 30 * SLOWNESS
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:
                    break
        else:
            os.kill(pid, 9)
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        assert status == 0, seen[-3000:].decode(errors="replace")

    on_terminal.settings = settings
    return on_terminal


def test_mutt_sends_and_keeps_a_copy(office, client, mutt):
    client.run("mutt", "-F", mutt.settings, "-s", "Kính gửi đồng chí", "--", office.binh,
               given="Nội dung.\n")
    got = mail.arrived(office, office.binh, "Kính gửi đồng chí").get_content()
    assert got.splitlines() == ["Nội dung."]  # MIME's lines end in CRLF
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select('"Th&AbA- &AREA4w- g&Hu0-i"', readonly=True))
        assert len(mail.uids(reader)) == 1


def test_mutt_reads_a_message(office, client, mutt):
    mail.send(office, mail.message("dan@example.com", office.anh, "doc", "Nội dung để đọc.\n"))
    got = client.home / "got"
    mutt(f"<display-message><pipe-message>cat > {got}<enter><exit><quit>")
    assert "Nội dung để đọc." in got.read_text()
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select("INBOX"))
        assert len(mail.uids(reader, "SEEN")) == 1


def test_mutt_files_and_removes_messages(office, mutt):
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}"))
    mutt("<first-entry><save-message>=HoSo<enter><first-entry><next-entry><delete-message>"
         "<sync-mailbox><quit>")

    def counts():
        with mail.imap(office, office.anh) as reader:
            numbers = []
            for box in ("INBOX", "HoSo"):
                status, data = reader.select(box, readonly=True)
                numbers.append(int(data[0]) if status == "OK" else None)
            return numbers == [1, 1]
    wait_for(counts, 5, "one message in each mailbox")
