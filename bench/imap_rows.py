"""Rows about reading: APPEND, sign-in, idle sessions, FETCH, STORE, latency beside large changes."""

import ctypes
import ctypes.util
import subprocess
import threading
import time
from pathlib import Path

import measure
import peers
from report import Row

LOAD = Path(__file__).resolve().parent.parent / "build-bench"
LISTING = "FETCH 1:* (FLAGS UID RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
DOVECOT = "Dovecot"


def load(system, *words, tls=False):
    port = system.imaps_port if tls else system.imap_port
    done = subprocess.run([LOAD / "imapload", *(["-t"] if tls else []), "127.0.0.1", str(port),
                           *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{system.name}: imapload {words[0]}: {done.stderr}")
    return done.stdout


def timed(system, *commands, tls=False, user=1):
    """[(seconds, bytes)] of each command on a fresh session with INBOX selected."""
    lines = load(system, "time", system.imap_user(user), peers.PASSWORD, 1, *commands, tls=tls)
    return [(float(a), int(b)) for a, b in (line.split() for line in lines.splitlines())]


def both_formats(bench):
    return bench.congvu() + bench.dovecot(role="IMAP") + bench.dovecot(role="IMAP",
                                                                       mail_format="sdbox")


def fill(system, count, size):
    load(system, "append", 1, system.imap_user(1), peers.PASSWORD, 20, count, size)


def append(bench):
    rows = [Row("APPEND 4 KB, 1 client", "/s", True, {"maildir": 1.5}),
            Row("APPEND 4 KB, 20 clients", "/s", True, {DOVECOT: 3})]
    with bench.running(both_formats(bench)) as systems:
        for row, clients, guess in zip(rows, (1, 20), (400, 1500)):
            cpu = {}
            for _ in range(bench.rounds):
                for system in systems:
                    count = max(100, int(guess * bench.seconds))
                    before = measure.cpu_seconds(system.pids())
                    row.add(system.name, float(load(system, "append", 20, system.pattern,
                                                    peers.PASSWORD, clients, count, 4096)))
                    cpu.setdefault(system.name, []).append(
                        (measure.cpu_seconds(system.pids()) - before) * 1000 / count)
            for name, values in cpu.items():
                row.notes[name] = f"{measure.median(values):.2f} ms processor each"
            yield row


def argon2_hash():
    """The same hash on both sides: Argon2id, 19 MiB, 2 passes, as congvu's default."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    sodium.sodium_init()
    out = ctypes.create_string_buffer(128)
    text = peers.PASSWORD.encode()
    if sodium.crypto_pwhash_str(out, text, ctypes.c_ulonglong(len(text)), ctypes.c_ulonglong(2),
                                ctypes.c_size_t(19 * 1024 * 1024)) != 0:
        raise RuntimeError("libsodium could not hash")
    return out.value


def hashes_a_second():
    """What the hash allows on this machine with one thread for each core."""
    text, stored, until = peers.PASSWORD.encode(), argon2_hash(), time.monotonic() + 2
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    counts = []

    def verify():
        count = 0
        while time.monotonic() < until:
            sodium.crypto_pwhash_str_verify(stored, text, ctypes.c_ulonglong(len(text)))
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=verify) for _ in range(measure.CORES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / 2


def sign_in(bench):
    """First sign-in: each user once after a start; remembered: a hundred again and again."""
    users = 50 if bench.quick else 300  # so many that the first and the last count for little
    first = Row("sign-ins with TLS, first of each user", "/s", True, of_ceiling=0.9)
    ceilings = []
    again = Row("sign-ins with TLS, remembered", "/s", True, {DOVECOT: 3})
    # Dovecot's cache keeps the hash, not its success: its best remembered sign-in is the one with
    # plain passwords, so that is measured beside the equal hash.
    makers = (bench.congvu(users)
              + bench.dovecot(role="IMAP", password="{ARGON2ID}" + argon2_hash().decode(),
                              note=", Argon2id")
              + bench.dovecot(role="IMAP", note=", plain passwords"))
    counts = (600, 30, 120)  # a second, about
    for _ in range(bench.rounds):
        ceilings.append(hashes_a_second())
        for make, guess in zip(makers, counts[-len(makers):]):
            with bench.running([make]) as (system,):
                first.add(system.name, float(load(
                    system, "login", users, system.pattern, peers.PASSWORD, 10, users, tls=True)))
                count = max(100, int(guess * bench.seconds))
                again.add(system.name, float(load(
                    system, "login", min(users, 100), system.pattern, peers.PASSWORD, 10, count,
                    tls=True)))
        ceilings.append(hashes_a_second())
    first.ceiling = measure.median(ceilings)
    yield first
    yield again


def idle_memory(count, rounds):
    def rows(bench):
        sessions = count // 10 if bench.quick else count
        row = Row(f"memory of an idle TLS session, {sessions} in IDLE", "KiB", False, at_most=40)
        with bench.running(bench.congvu() + bench.dovecot(role="IMAP")) as systems:
            for system in systems:
                for user in range(1, 21):
                    load(system, "append", 1, system.imap_user(user), peers.PASSWORD, 1, 10, 4096)
            for _ in range(min(rounds, bench.rounds)):
                for system in systems:
                    hold(system, sessions, row)
        yield row
    return rows


def hold(system, sessions, row):
    time.sleep(1)
    before, kernel = measure.pss_kib(system.pids()), measure.kernel_kib()
    with subprocess.Popen(
            [LOAD / "imapload", "-t", "127.0.0.1", str(system.imaps_port), "idle", "20",
             system.pattern, peers.PASSWORD, str(sessions)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True) as holder:
        try:
            if holder.stdout.readline() != f"holding {sessions}\n":
                raise RuntimeError(f"{system.name}: could not hold {sessions} sessions")
            time.sleep(2)
            row.add(system.name, (measure.pss_kib(system.pids()) - before) / sessions,
                    f"kernel, both ends: {(measure.kernel_kib() - kernel) / sessions:.0f} KiB")
        finally:
            holder.stdin.close()


def cold_listing(system, row):
    """The first FETCH after filling and a start, with a page cache that was dropped."""
    system.stop()
    dropped = measure.drop_page_cache()
    system.start()
    row.add(system.name, timed(system, LISTING)[0][0],
            "page cache dropped" if dropped else "page cache could not be dropped")


def listing_rows(messages, cold_ratio):
    return (Row(f"FETCH of {messages} envelopes and structures, first, cold page cache", "s",
                False, cold_ratio),
            Row(f"FETCH of {messages} envelopes and structures, warm", "s", False, {DOVECOT: 2}),
            Row(f"STORE 1:* ±FLAGS (\\Seen), {messages}", "s", False, {"maildir": 2}))


def measure_listing(bench, systems, warm, store):
    for system in systems:
        timed(system, LISTING)
    for _ in range(bench.rounds):
        for system in systems:
            warm.add(system.name, timed(system, LISTING)[0][0])
            for seconds, _ in timed(system, r"STORE 1:* +FLAGS (\Seen)",
                                    r"STORE 1:* -FLAGS (\Seen)"):
                store.add(system.name, seconds)


def ten_thousand(bench):
    """10,000 messages of 10 KB: listing, flags, and all bodies, plain and over TLS."""
    messages = 500 if bench.quick else 10000
    cold, warm, store = listing_rows(messages, {DOVECOT: 10})
    bodies = [Row(f"UID FETCH 1:* BODY.PEEK[], {messages} of 10 KB, plain", "MB/s", True,
                  {DOVECOT: 1.5}),
              Row(f"UID FETCH 1:* BODY.PEEK[], {messages} of 10 KB, TLS", "MB/s", True,
                  {DOVECOT: 2})]
    with bench.running(both_formats(bench)) as systems:
        for system in systems:
            fill(system, messages, 10100)
            cold_listing(system, cold)
        measure_listing(bench, systems, warm, store)
        for _ in range(bench.rounds):
            for system in systems:
                for row, tls in zip(bodies, (False, True)):
                    seconds, size = timed(system, "UID FETCH 1:* (BODY.PEEK[])", tls=tls)[0]
                    row.add(system.name, size / 1e6 / seconds)
    yield from (cold, warm, store, *bodies)


def fifty_thousand(bench):
    """50,000 messages of 2 KB: listing, flags, and what a delivery sees while flags change."""
    messages = 2500 if bench.quick else 50000
    cold, warm, store = listing_rows(messages, None)
    half, full = (Row(f"delivery latency beside STORE 1:{messages}, a backup and checkpoints, {p}",
                      "s", False, at_most=bar) for p, bar in (("p50", None), ("p99", 0.05)))
    with bench.running(both_formats(bench)) as systems:
        for system in systems:
            fill(system, messages, 2000)
            cold_listing(system, cold)
        measure_listing(bench, systems, warm, store)
        for _ in range(bench.rounds):
            for system in systems:
                values = latencies(system, 30 if bench.quick else 150)
                half.add(system.name, values[len(values) // 2])
                full.add(system.name, values[int(len(values) * 0.99)])
        for row in (half, full):
            row.notes = {system.name: "STORE alone" for system in systems[1:]}
    yield from (cold, warm, store, half, full)


def latencies(system, messages):
    """Seconds from the final dot to the reader's EXISTS, sorted, while another client changes all
    flags of its mailbox again and again and, with congvu, backups are made."""
    stop = threading.Event()

    def change_flags():
        while not stop.is_set():
            timed(system, r"STORE 1:* +FLAGS.SILENT (\Seen)", r"STORE 1:* -FLAGS.SILENT (\Seen)")

    def back_up():
        while not stop.is_set():
            system.back_up()

    threads = [threading.Thread(target=change_flags)]
    if hasattr(system, "back_up"):
        threads.append(threading.Thread(target=back_up))
    for thread in threads:
        thread.start()
    try:
        done = subprocess.run(
            [LOAD / "latency", system.protocol, "127.0.0.1", str(system.port), "127.0.0.1",
             str(system.imap_port), system.imap_user(2), system.address(2), peers.PASSWORD,
             str(messages), "20"], capture_output=True, text=True, check=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return sorted(float(line) for line in done.stdout.split())


ROWS = {
    "append": append,
    "sign-in": sign_in,
    "idle-1000": idle_memory(1000, 3),
    "idle-10000": idle_memory(10000, 1),
    "reading-10000": ten_thousand,
    "reading-50000": fifty_thousand,
}
