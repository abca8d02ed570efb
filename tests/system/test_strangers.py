"""Strangers by the thousand cost little and keep nobody waiting: memory held before sign-in,
connections that say nothing or a byte now and then, an address that takes all it can get."""

import resource
import socket
import statistics
import threading
import time

import pytest

from harness import commands, mail
from harness.raw import Raw
from harness.server import SLOWNESS, Server, wait_for
from harness.smtp import HEAD, begin, data, session

LINE = b"x" * 78 + b"\r\n"
MOST = 64 * 1024  # bytes for each connection, TLS and the allocator's own included


# ------------------------------------------------------------------------------------- memory

def held_bytes(server):
    """What the process made itself. Not the program's own pages: of them each process that runs it
    has its share, which grows when another one ends."""
    with open(f"/proc/{server.process.pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss_Anon:"))


def under_sanitizer(server):
    return b"__asan_init" in server.program.read_bytes()


@pytest.fixture
def crowd(tmp_path):
    """An office of fifty, for transactions with many recipients. New for each test: what one gave
    back to the allocator would hide what the next one holds."""
    server = Server(tmp_path / "data").init()
    server.env["ASAN_OPTIONS"] = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.people = []
    for _ in range(50):
        status, output, errors = commands.call(
            server, "account", "create", "--unit", "stttt", "--person", "Trần Văn Anh",
            "--no-password")
        assert status == 0, errors
        server.people += [word for word in output.split() if word.endswith("@bacninh.gov.vn")][:1]
    assert len(set(server.people)) == 50
    yield server
    server.close()


def half_a_line(raw, server):
    raw.send(b"MAIL FROM:<" + b"a" * 2000)


def a_sign_in_without_its_end(raw, server):
    raw.send(b"AUTH PLAIN " + b"A" * 12000)


def a_message_without_its_end(raw, server):
    begin(raw, server.people[0])
    assert raw.reply("DATA")[0] == 354
    raw.send(HEAD + b"\r\n" + LINE * 700)


def one_endless_line(raw, server):
    begin(raw, server.people[0])
    assert raw.reply("DATA")[0] == 354
    raw.send(b"x" * 60000)


def a_chunk_without_its_end(raw, server):
    begin(raw, server.people[0])
    raw.send(b"BDAT 1000000\r\n" + LINE * 700)


def recipients(raw, server):
    raw.reply("MAIL FROM:<dan@example.com>")
    raw.send("".join(f"RCPT TO:<{person}> ORCPT=rfc822;{'o' * 480}\r\n" for person in server.people))
    answers = [raw.reply()[0] for _ in server.people]
    assert answers[0] == 250 and answers[-1] == 452, answers


def recipients_and_a_message(raw, server):
    recipients(raw, server)
    assert raw.reply("DATA")[0] == 354
    raw.send(HEAD + b"\r\n" + LINE * 700)


def recipients_and_answers_that_nobody_reads(raw, server):
    recipients(raw, server)
    raw.socket.settimeout(0.1 * SLOWNESS)
    with pytest.raises((TimeoutError, OSError)):
        while True:
            raw.send(f"RCPT TO:<{server.people[0]}>\r\n" * 50)


# So that the kernel takes little in for a peer that reads nothing: what is left is the server's.
NARROW = [(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536), (socket.SOL_SOCKET, socket.SO_RCVBUF, 1)]


@pytest.mark.parametrize("port, tls, what, count", [
    ("smtp", False, half_a_line, 100), ("smtp", True, half_a_line, 100),
    ("submission", True, a_sign_in_without_its_end, 100),
    ("smtp", True, a_message_without_its_end, 100), ("smtp", True, one_endless_line, 100),
    ("smtp", True, a_chunk_without_its_end, 100), ("smtp", True, recipients, 60),
    ("smtp", True, recipients_and_a_message, 60),
    ("smtp", True, recipients_and_answers_that_nobody_reads, 100)])
def test_a_stranger_makes_the_server_hold_little(crowd, port, tls, what, count):
    """The slope, not the sum: what the first connections make the process set up is not theirs."""
    if b"__tsan_init" in crowd.program.read_bytes():
        pytest.skip("ThreadSanitizer keeps many times as much of each byte")
    held = []
    options = NARROW if what is recipients_and_answers_that_nobody_reads else ()

    def connect(times):
        for _ in range(times):
            raw = session(crowd, port, tls=tls, options=options)
            what(raw, crowd)
            held.append(raw)
        time.sleep(0.2)  # the last bytes are taken in
        return held_bytes(crowd)
    try:
        before = connect(min(count, 30))
        each = (connect(count) - before) / count
    finally:
        for raw in held:
            raw.socket.close()
    print(f"{what.__name__}: {each / 1024:.1f} KiB each")
    assert each <= MOST * (3 if under_sanitizer(crowd) else 1), f"{each / 1024:.1f} KiB each"


# ---------------------------------------------------------------------------------- thousands

class Thousands:
    """Connections to all doors, most of them in the middle of a line."""

    def __init__(self, server, count):
        ports = [server.port(name) for name in ("smtp", "submission", "imap", "imaps")]
        self.sockets = []
        for n in range(count):
            s = socket.create_connection(("127.0.0.1", ports[n % 4]), 20 * SLOWNESS,
                                         (f"127.0.1.{n % 200 + 1}", 0))
            s.setblocking(False)
            self.sockets.append(s)
        self.stopped = threading.Event()
        self.thread = None

    def trickle(self):
        """A byte a second on each, until close."""
        def work():
            while not self.stopped.is_set():
                began = time.monotonic()
                for n, s in enumerate(self.sockets):
                    try:
                        s.send(b"N")
                    except OSError:
                        pass
                    if n % 500 == 499 and self.stopped.is_set():
                        return
                self.stopped.wait(max(0, 1 - (time.monotonic() - began)))
        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def close(self):
        self.stopped.set()
        if self.thread:
            self.thread.join()
        for s in self.sockets:
            s.close()


def possible(server):
    """As many as this process and the server may have open, ten thousand at most."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, _ = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(10000, hard - 500, soft - 500)


def an_officials_times(server, rounds=15):
    """Seconds for: a new sign-in over IMAP with a look at INBOX; a message handed in."""
    looked, sent = [], []
    for _ in range(rounds):
        began = time.monotonic()
        with mail.imap(server, server.anh) as client:
            mail.good(client.select("INBOX", readonly=True))
        looked.append(time.monotonic() - began)
        began = time.monotonic()
        with session(server, "submission", user=server.anh) as raw:
            begin(raw, server.binh, server.anh)
            assert data(raw, f"From: {server.anh}\r\n\r\nx\r\n".encode())[0] == 250
        sent.append(time.monotonic() - began)
    return statistics.median(looked), statistics.median(sent)


@pytest.mark.alone
def test_ten_thousand_idle_or_trickling_connections_delay_no_official(office):
    before = an_officials_times(office)
    crowd = Thousands(office, possible(office))
    try:
        idle = an_officials_times(office)
        crowd.trickle()
        trickling = an_officials_times(office)
    finally:
        crowd.close()
    print(f"{len(crowd.sockets)} connections; median of a look and of a sending in ms: "
          + "; ".join(f"{name} {look * 1000:.1f} and {send * 1000:.1f}" for name, (look, send) in (
              ("none", before), ("idle", idle), ("trickling", trickling))))
    for after in (idle, trickling):
        for calm, busy in zip(before, after):
            assert busy - calm < 0.05 * SLOWNESS
    assert len(crowd.sockets) >= 1000


def test_one_address_cannot_take_all_connections(make_server):
    """When few descriptors are left for sessions, no address gets more than half of them."""
    server = make_server(start=False).start(wrapper=["prlimit", "--nofile=300:300"])
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    greedy = []
    try:
        for _ in range(320):
            greedy.append(socket.create_connection(("127.0.0.1", server.port("smtp")), 20,
                                                   ("127.0.0.9", 0)))
        with Raw(server, "smtp", source="127.0.0.9") as raw:
            code, text = raw.reply()
            assert code == 421 and text.startswith("4.3.2"), (code, text)
        with Raw(server, "imap", source="127.0.0.9") as raw:
            assert raw.line().startswith("* BYE")
        with mail.imap(server, server.anh) as client:  # from 127.0.0.1
            mail.good(client.select("INBOX"))
        with session(server, "submission", user=server.anh) as raw:
            begin(raw, server.anh, server.anh)
            assert data(raw, f"From: {server.anh}\r\n\r\nx\r\n".encode())[0] == 250
    finally:
        for s in greedy:
            s.close()

    def welcome():
        with Raw(server, "smtp", source="127.0.0.9") as raw:
            return raw.reply()[0] == 220
    wait_for(welcome, 10, "the address to be served again")
