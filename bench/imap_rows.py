"""Rows about reading: APPEND, sign-in, idle sessions, FETCH, STORE, start-up."""

import ctypes
import ctypes.util
import shutil
import subprocess
import time
from pathlib import Path

import measure
import peers

LOAD = Path(__file__).resolve().parent.parent / "build-bench" / "imapload"
LISTING = "FETCH 1:* (FLAGS UID RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


def load(system, *words, tls=False):
    port = system.imaps_port if tls else system.imap_port
    done = subprocess.run([LOAD, *(["-t"] if tls else []), "127.0.0.1", str(port),
                           *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{system.name}: imapload {words[0]}: {done.stderr}")
    return done.stdout


def timed(system, *commands, tls=False, user=1):
    """[(seconds, bytes)] of each command on a fresh session with INBOX selected."""
    lines = load(system, "time", system.imap_user(user), peers.PASSWORD, 1, *commands, tls=tls)
    return [(float(a), int(b)) for a, b in (line.split() for line in lines.splitlines())]


def together(bench, makers, prepare, rounds):
    """Starts all systems, prepares each, then calls rounds(system) in turn, A B A B."""
    systems = []
    try:
        for make in makers:
            system = make()
            systems.append(system)
            system.start()
            prepare(system)
        for _ in range(bench.rounds):
            for system in systems:
                rounds(system)
    finally:
        for system in systems:
            system.stop()
            shutil.rmtree(system.folder, ignore_errors=True)


def imap_systems(bench):
    return bench.congvu() + bench.dovecot(role="IMAP") + bench.dovecot(role="IMAP", mail_format="sdbox")


def fill(system, count, size):
    load(system, "append", 1, system.imap_user(1), peers.PASSWORD, 20, count, size)


def append(bench, Row):
    rows = [Row("APPEND 4 KB, 1 client", "/s", True, "1.5 × maildir"),
            Row("APPEND 4 KB, 20 clients", "/s", True, "3 × the better")]

    def one_round(system):
        for row, clients, guess in zip(rows, (1, 20), (600, 2000)):
            count = int(guess * bench.seconds)
            row.add(system.name, float(load(system, "append", 20, system.pattern, peers.PASSWORD,
                                            clients, count, 4096)))

    together(bench, imap_systems(bench), lambda system: None, one_round)
    yield from rows


def argon2_hash():
    """The same hash on both sides: Argon2id, 19 MiB, 2 passes, as congvu's default."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    sodium.sodium_init()
    out = ctypes.create_string_buffer(128)
    text = peers.PASSWORD.encode()
    if sodium.crypto_pwhash_str(out, text, ctypes.c_ulonglong(len(text)), ctypes.c_ulonglong(2),
                                ctypes.c_size_t(19 * 1024 * 1024)) != 0:
        raise RuntimeError("libsodium could not hash")
    return "{ARGON2ID}" + out.value.decode()


def sign_in(bench, Row):
    """First sign-in: each of 100 users once after a start; remembered: the same again and again."""
    rows = [Row("sign-ins with TLS, first of each user", "/s", True, "0.9 of what the hash allows"),
            Row("sign-ins with TLS, remembered", "/s", True, "3 × the best peer")]
    # Dovecot's cache keeps the hash, not its success: its best remembered sign-in is the one with
    # plain passwords, so that is measured beside the equal hash.
    makers = (bench.congvu()
              + bench.dovecot(role="IMAP", password=argon2_hash(), note=", Argon2id")
              + bench.dovecot(role="IMAP", note=", plain passwords"))
    for _ in range(bench.rounds):
        for make in makers:
            system = make()
            system.start()
            try:
                rows[0].add(system.name, float(load(
                    system, "login", 100, system.pattern, peers.PASSWORD, 10, 100, tls=True)))
                count = int(300 * bench.seconds)
                rows[1].add(system.name, float(load(
                    system, "login", 100, system.pattern, peers.PASSWORD, 10, count, tls=True)))
            finally:
                system.stop()
                shutil.rmtree(system.folder, ignore_errors=True)
    yield from rows


def idle_memory(count):
    def measure_row(bench, Row):
        sessions = 100 if bench.quick else count
        row = Row(f"memory of an idle TLS session, {sessions} in IDLE", "KiB", False, "40 KiB")

        def prepare(system):
            for user in range(1, 21):
                load(system, "append", 1, system.imap_user(user), peers.PASSWORD, 1, 10, 4096)

        def one_round(system):
            time.sleep(1)
            before, slab = measure.pss_kib(system.pids()), measure.slab_kib()
            holder = subprocess.Popen(
                [LOAD, "-t", "127.0.0.1", str(system.imaps_port), "idle", "20", system.pattern,
                 peers.PASSWORD, str(sessions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True)
            try:
                if holder.stdout.readline() != f"holding {sessions}\n":
                    raise RuntimeError(f"{system.name}: could not hold {sessions} sessions")
                time.sleep(2)
                row.add(system.name, (measure.pss_kib(system.pids()) - before) / sessions,
                        f"kernel, both ends: {(measure.slab_kib() - slab) / sessions:.0f} KiB")
            finally:
                holder.stdin.close()
                holder.wait()

        together(bench, bench.congvu() + bench.dovecot(role="IMAP"), prepare, one_round)
        yield row
    return measure_row


def listing(count):
    def measure_row(bench, Row):
        messages = count // 20 if bench.quick else count
        bars = {10000: ("10 × cold", "2 × Dovecot", "2 × maildir"), 50000: ("", "2 ×", "2 ×")}[count]
        cold = Row(f"FETCH of {messages} envelopes and structures, first, cold page cache", "s",
                   False, bars[0])
        warm = Row(f"FETCH of {messages} envelopes and structures, warm", "s", False, bars[1])
        store = Row(f"STORE 1:* ±FLAGS (\\Seen), {messages}", "s", False, bars[2])

        def prepare(system):
            fill(system, messages, 4096)
            system.stop()
            dropped = measure.drop_page_cache()
            system.start()
            cold.add(system.name, timed(system, LISTING)[0][0],
                     "" if dropped else "page cache could not be dropped")
            timed(system, LISTING)

        def one_round(system):
            warm.add(system.name, timed(system, LISTING)[0][0])
            for seconds, _ in timed(system, r"STORE 1:* +FLAGS (\Seen)", r"STORE 1:* -FLAGS (\Seen)"):
                store.add(system.name, seconds)

        together(bench, imap_systems(bench), prepare, one_round)
        yield from (cold, warm, store)
    return measure_row


def bodies(bench, Row):
    """All bodies of 10,000 messages of 10 KB, plain and over TLS."""
    messages = 500 if bench.quick else 10000
    rows = [Row("UID FETCH 1:* BODY.PEEK[], 10 KB each, plain", "MB/s", True, "1.5 ×"),
            Row("UID FETCH 1:* BODY.PEEK[], 10 KB each, TLS", "MB/s", True, "2 ×")]

    def one_round(system):
        for row, tls in zip(rows, (False, True)):
            seconds, size = timed(system, "UID FETCH 1:* (BODY.PEEK[])", tls=tls)[0]
            row.add(system.name, size / 1e6 / seconds)

    together(bench, imap_systems(bench), lambda system: fill(system, messages, 10100), one_round)
    yield from rows


ROWS = {
    "append": append,
    "sign-in": sign_in,
    "idle-1000": idle_memory(1000),
    "idle-10000": idle_memory(10000),
    "listing-10000": listing(10000),
    "listing-50000": listing(50000),
    "bodies": bodies,
}
