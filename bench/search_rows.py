"""Rows about SEARCH: 10,000 messages of 10 KB of Vietnamese text, congvu's index beside Dovecot
reading every message and beside Dovecot with its xapian plugin."""

import imaplib
import random
import re
import socket
import subprocess

import imap_rows
import ours
import peers

ROOT = ours.ROOT
SOURCES = ("README.vi.md", "regulations/bacninh-06-2022.conf", "demo/bacninh-units-2022.csv",
           "demo/bacninh-departments-2022.csv")
COMMON = ["thông tin", "hệ thống"]
RARE = "quỳnh dao"
XAPIAN = """
mail_plugins = fts fts_xapian
plugin {
  fts = xapian
  fts_xapian = partial=3 full=20
  fts_autoindex = yes
  fts_enforced = yes
}
"""


class IndexedDovecot(peers.Dovecot):
    """Dovecot with fts_xapian as Debian packs it."""

    def configuration(self):
        return super().configuration() + XAPIAN

    def index(self):
        subprocess.run(["doveadm", "-c", self.folder / "dovecot.conf", "index", "-u", "u1", "INBOX"],
                       check=True, capture_output=True)


def words():
    """Running text in the language and manner of the offices, and names of people."""
    text = " ".join((ROOT / name).read_text(encoding="utf-8") for name in SOURCES)
    names = (ROOT / "tests/data/names.txt").read_text(encoding="utf-8").split()
    return re.findall(r"[^\s|`#*<>]+", text), names


def message(choose, running, names, number, size):
    head = (f"From: Van thu <vt{number % 50}@stttt.example>\r\nTo: u1@bench.example\r\n"
            f"Subject: =?utf-8?B?VuG7gSB2aeG7h2M=?= {number}\r\nMessage-ID: <{number}.b@x.example>\r\n"
            "Date: Tue, 24 Nov 2026 15:05:00 +0700\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
    parts, length = [], len(head)
    while length < size:
        start = choose.randrange(len(running) - 60)
        run = running[start:start + choose.randrange(10, 60)] + choose.sample(names, 3)
        if choose.random() < 0.3:
            run += choose.choice(COMMON).split()
        line = " ".join(run) + "\r\n"
        parts.append(line)
        length += len(line.encode())
    if number % 1000 == 7:
        parts.append(f"Kính gửi {RARE}.\r\n")
    return (head + "".join(parts)).encode()


def fill(system, count, size=10000):
    """By APPEND, many on their way at once."""
    choose = random.Random(20261124)
    running, names = words()
    with socket.create_connection(("127.0.0.1", system.imap_port)) as s:
        stream = s.makefile("rb")
        s.sendall(f'a LOGIN {system.imap_user(1)} "{peers.PASSWORD}"\r\n'.encode())
        while not (line := stream.readline()).startswith(b"a "):
            pass
        assert line.startswith(b"a OK"), line
        for start in range(0, count, 50):
            lot = range(start, min(start + 50, count))
            out = bytearray()
            for number in lot:
                data = message(choose, running, names, number, size)
                out += f"b{number} APPEND INBOX {{{len(data)}+}}\r\n".encode() + data + b"\r\n"
            s.sendall(out)
            for _ in lot:
                while not (line := stream.readline()).startswith(b"b"):
                    pass
                assert b" OK" in line, line


def hits(system, key, text):
    client = imaplib.IMAP4("127.0.0.1", system.imap_port)
    client.login(system.imap_user(1), peers.PASSWORD)
    client.select("INBOX", readonly=True)
    client.literal = text.encode()
    found = client.search("UTF-8", key)[1][0]
    client.logout()
    return len((found or b"").split())


def command(key, text):
    return f"SEARCH CHARSET UTF-8 {key} {{{len(text.encode())}+}}\r\n{text}"


def prepare(system, count):
    fill(system, count)
    if isinstance(system, ours.Congvu):
        system.command("index", "update")
    elif isinstance(system, IndexedDovecot):
        system.index()


def search(count):
    def measure_row(bench, Row):
        messages = count // 20 if bench.quick else count
        asked = ([("BODY", word, "common") for word in COMMON] + [("BODY", RARE, "rare"),
                 ("BODY", "vắng mặt trong mọi thư", "absent"), ("SUBJECT", "Về việc", "common"),
                 ("TEXT", COMMON[0], "common")])
        rows = {(key, text): Row(f"SEARCH {key} \"{text}\" ({kind}), {messages} messages of 10 KB",
                                 "ms", False, "50 × unindexed, 1 × xapian" if key == "BODY" else "")
                for key, text, kind in asked}

        def one_round(system):
            for (key, text), row in rows.items():
                (seconds, _), = imap_rows.timed(system, command(key, text))
                row.add(system.name, seconds * 1000, f"{hits(system, key, text)} hits")

        makers = bench.congvu() + bench.dovecot(role="IMAP") + bench.peer(
            "dovecot", lambda: IndexedDovecot(bench.new_folder(), role="IMAP, xapian",
                                              certificate=bench.certificate))
        imap_rows.together(bench, makers, lambda system: prepare(system, messages), one_round)
        yield from rows.values()
    return measure_row


ROWS = {"search": search(10000)}
