"""aerc lets the server sort and thread; what it says goes through a relay that writes it down."""

import os
import pty
import re
import socket
import threading
import time
from urllib.parse import quote

import pytest

from harness.imap import Session, message
from harness.server import SLOWNESS, wait_for

MAILS = [("Yến bàn giao", "a@x", ""), ("Đặng báo cáo", "b@x", ""), ("Dũng xin phép", "c@x", "a@x"),
         ("Ân cần", "d@x", "a@x c@x"), ("Re: An toàn", "e@x", "")]


class Relay:
    """One port before the server's; `said` is all that both sides said."""

    def __init__(self, port):
        self.said, self.target = b"", port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.copy, args=(one, other), daemon=True).start()

    def copy(self, one, other):
        try:
            while data := one.recv(65536):
                self.said += data
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def says(self, pattern):
        wait_for(lambda: re.search(pattern, self.said), 20, f"{pattern!r} in {self.said!r}")


def screen(home):
    """aerc on a terminal that is read and thrown away; (its number, where to type)."""
    pid, keys = pty.fork()
    if pid == 0:
        os.environ.update(HOME=str(home), TERM="xterm", LANG="C.UTF-8", XDG_CONFIG_HOME=f"{home}/.config")
        os.execvp("aerc", ["aerc"])

    def drain():
        try:
            while os.read(keys, 65536):
                pass
        except OSError:
            pass

    threading.Thread(target=drain, daemon=True).start()
    return pid, keys


# RFC 5256 3
@pytest.mark.parametrize("threads", ["false", "true"])
def test_aerc_sorts_and_threads_on_the_server(office, client, password, threads):
    with Session(office, office.anh) as session:
        for hour, (subject, own, refs) in enumerate(MAILS):
            more = {"References": " ".join(f"<{ref}>" for ref in refs.split())} if refs else {}
            session.append("INBOX", message(subject, Message_ID=f"<{own}>", **more,
                                            Date=f"Mon, 05 Jan 2026 1{hour}:00:00 +0700"))
    relay = Relay(office.port("imap"))
    folder = client.home / ".config" / "aerc"
    folder.mkdir(parents=True)
    (folder / "accounts.conf").write_text(
        f"[thu]\nsource = imap+insecure://{quote(office.anh, safe='')}:{quote(password, safe='')}"
        f"@127.0.0.1:{relay.port}\ndefault = INBOX\nfrom = {office.anh}\n", encoding="utf-8")
    (folder / "accounts.conf").chmod(0o600)
    (folder / "aerc.conf").write_text(f"[ui]\nthreading-enabled = {threads}\n", encoding="utf-8")
    pid, keys = screen(client.home)
    try:
        relay.says(rb"FETCH .*BODYSTRUCTURE|FETCH .*ENVELOPE")
        if threads == "true":
            relay.says(rb"\* THREAD \(1 3 4\)\(2\)\(5\)\r\n\S+ OK ")
        else:
            os.write(keys, b":sort subject\r")
            relay.says(rb"\* SORT 5 4 3 2 1\r\n\S+ OK ")
            os.write(keys, b":sort -r date\r")
            relay.says(rb"\* SORT 5 4 3 2 1\r\n[\s\S]*\* SORT 5 4 3 2 1\r\n\S+ OK ")
        assert b" BAD " not in relay.said and b" NO " not in relay.said
        os.write(keys, b":quit\r")
        deadline = time.monotonic() + 20 * SLOWNESS
        while (done := os.waitpid(pid, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert done == (pid, 0)
        pid = 0
    finally:
        if pid:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        relay.listener.close()
        os.close(keys)
