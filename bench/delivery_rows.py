"""Rows about taking messages in: by Postfix's smtp-source, over SMTP or LMTP."""

import shutil
import smtplib
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import measure
import peers

LOAD = Path(__file__).resolve().parent.parent / "build-bench"
SENDER = "bench@example.org"


def senders(system, sessions, per_recipient, size, keep_open, recipients=100):
    """Starts `sessions` senders that share the recipients; each sends to its own, in turn."""
    flags = ["-l", str(size), "-s", "1", "-m", str(per_recipient), "-f", SENDER]
    if keep_open:
        flags.append("-d")
    if system.protocol == "lmtp":
        flags.append("-L")
    running = []
    for first in range(sessions):
        mine = [system.address(n + 1) for n in range(first, recipients, sessions)]
        script = "; ".join(
            f"smtp-source {' '.join(flags)} -t '{to}' 127.0.0.1:{system.port} || exit 1"
            for to in mine)
        running.append(subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL))
    return running


def run_senders(*arguments, **options):
    for process in senders(*arguments, **options):
        if process.wait() != 0:
            raise RuntimeError("smtp-source failed")


def count_over_imap(system, users=100):
    done = subprocess.run([LOAD / "imapload", "127.0.0.1", str(system.imap_port), "count",
                           str(users), system.pattern, peers.PASSWORD], capture_output=True,
                          text=True, check=True)
    return int(done.stdout)


def timed_delivery(system, sessions, per_recipient, size, keep_open):
    """(messages a second into the mailboxes, ms of processor a message)."""
    count, before = per_recipient * 100, count_over_imap(system)
    cpu = measure.cpu_seconds(system.pids())
    began = time.monotonic()
    run_senders(system, sessions, per_recipient, size, keep_open)
    if system.stored() is not None:
        measure.wait_until(lambda: system.stored() >= before + count)
    seconds = time.monotonic() - began
    cpu = measure.cpu_seconds(system.pids()) - cpu
    there = count_over_imap(system)
    if there != before + count:
        raise RuntimeError(f"{system.name}: {there - before} of {count} messages in the mailboxes")
    return count / seconds, cpu * 1000 / count


def flushes_a_message(bench, make, size):
    """Counted in a run of its own under strace, as strace costs time."""
    with tempfile.TemporaryDirectory() as scratch:
        outputs = []

        class Wrapper(list):
            """A wrapper with an output of its own for each daemon that it is put before."""
            def __iter__(self):
                outputs.append(Path(scratch) / f"strace-{len(outputs)}")
                return iter(measure.flush_wrapper(outputs[-1]))

        system = make()
        system.start()  # what a first start flushes does not count
        run_senders(system, 20, 1, size, False)
        if system.stored() is not None:
            measure.wait_until(lambda: system.stored() >= 100)
        system.stop()
        system.start(Wrapper())
        try:
            run_senders(system, 20, 4, size, False)
            if system.stored() is not None:
                measure.wait_until(lambda: system.stored() >= 500)
            count = count_over_imap(system)
        finally:
            system.stop()
            shutil.rmtree(system.folder, ignore_errors=True)
        return sum(measure.flushes_in(o) for o in outputs) / (count - 100)


def delivery_row(size, sessions, keep_open, bars, with_flushes=False, with_sdbox=False):
    def measure_row(bench, Row):
        big = size >= 1000000
        label = (f"{size // (1000000 if big else 1000)} {'MB' if big else 'KB'} into 100 mailboxes, {sessions} "
                 f"sessions{', kept open' if keep_open else ''}")
        row = Row(label, "/s", True, bars)
        makers = bench.congvu() + bench.chain() + bench.dovecot()
        if with_sdbox:
            makers += bench.dovecot(mail_format="sdbox")
        sizes, cpu = {}, {}
        for _ in range(bench.rounds):
            for number, make in enumerate(makers):
                system = make()
                system.start()
                try:
                    if number not in sizes:  # how many messages take the wanted time
                        rate, _ = timed_delivery(system, sessions, 1, size, keep_open)
                        sizes[number] = max(1, round(rate * bench.seconds / 100))
                    rate, each = timed_delivery(system, sessions, sizes[number], size, keep_open)
                finally:
                    system.stop()
                    shutil.rmtree(system.folder, ignore_errors=True)
                cpu.setdefault(system.name, []).append(each)
                row.add(system.name, rate)
        for name, each in cpu.items():
            row.notes[name] = f"{measure.median(each):.2f} ms processor a message"
        if with_flushes:
            for make in makers:
                row.notes[make().name] += f", {flushes_a_message(bench, make, size):.1f} flushes"
        yield row
        if size < 10000:
            yield ceiling(bench, Row, size, sessions, keep_open)
    return measure_row


def ceiling(bench, Row, size, sessions, keep_open):
    """smtp-source into smtp-sink, which stores nothing: what the load generator can do."""
    row = Row(f"ceiling: the same into smtp-sink, {sessions} sessions"
              f"{', kept open' if keep_open else ''}", "/s", True)

    class Sink:
        protocol, port = "smtp", peers.free_port()

        @staticmethod
        def address(number):
            return f"u{number}@bench.example"

    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{Sink.port}", "1000"])
    try:
        peers.wait_port(Sink.port)
        for _ in range(bench.rounds):
            each = max(1, int(bench.seconds * 40))
            began = time.monotonic()
            run_senders(Sink, sessions, each, size, keep_open)
            row.add("smtp-sink", each * 100 / (time.monotonic() - began))
    finally:
        sink.terminate()
        sink.wait()
    return row


def many_recipients(bench, Row):
    """One message of 100 KB to 500 recipients, until it is in all the mailboxes."""
    row = Row("one message of 100 KB to 500 recipients", "s", False, "10 × faster")
    body = (b"Subject: to all\r\n\r\n" + (b"x" * 76 + b"\r\n") * 1280)
    for _ in range(bench.rounds):
        for make in bench.congvu(500) + bench.chain() + bench.dovecot():
            system = make()
            system.start()
            try:
                to_all(system, body)  # mailboxes are made by the first delivery
                if system.stored() is not None:
                    measure.wait_until(lambda: system.stored() >= 500)
                before, used = count_over_imap(system, 500), disk_used(system.folder)
                began = time.monotonic()
                to_all(system, body)
                if system.stored() is not None:
                    measure.wait_until(lambda: system.stored() >= 1000)
                row.add(system.name, time.monotonic() - began)
                if count_over_imap(system, 500) != before + 500:
                    raise RuntimeError(f"{system.name}: not in all 500 mailboxes")
                row.notes[system.name] = (
                    f"{(disk_used(system.folder) - used) / 1024:.0f} KiB of disk")
            finally:
                system.stop()
                shutil.rmtree(system.folder, ignore_errors=True)
    yield row


def disk_used(folder):
    done = subprocess.run(["du", "-s", "--block-size=1", folder], capture_output=True, text=True,
                          check=True)
    return int(done.stdout.split()[0])


def to_all(system, body):
    """One transaction with 500 recipients, sent in one go where the protocol allows."""
    kind = smtplib.LMTP if system.protocol == "lmtp" else smtplib.SMTP
    with kind("127.0.0.1", system.port, local_hostname="bench.example.org") as client:
        client.ehlo_or_helo_if_needed()
        commands = [f"MAIL FROM:<{SENDER}>"]
        commands += [f"RCPT TO:<{system.address(n)}>" for n in range(1, 501)]
        client.send("".join(c + "\r\n" for c in commands + ["DATA"]))
        for command in commands:
            code, text = client.getreply()
            if code != 250:
                raise RuntimeError(f"{command}: {code} {text}")
        if client.getreply()[0] != 354:
            raise RuntimeError("DATA refused")
        client.send(body + b".\r\n")
        for _ in range(500 if system.protocol == "lmtp" else 1):
            code, text = client.getreply()
            if code != 250:
                raise RuntimeError(f"end of data: {code} {text}")


def latency(bench, Row):
    """From the final dot to the reader's EXISTS, while another client changes 50,000 flags."""
    count = 2000 if bench.quick else 50000
    half, full = (Row(f"delivery latency beside STORE 1:{count}, {p}", "s", False, bar)
                  for p, bar in (("p50", ""), ("p99", "50 ms")))
    for make in bench.congvu() + bench.chain() + bench.dovecot():
        system = make()
        system.start()
        try:
            subprocess.run([LOAD / "imapload", "127.0.0.1", str(system.imap_port), "append", "1",
                            system.imap_user(1), peers.PASSWORD, "20", str(count), "2000"],
                           check=True, capture_output=True)
            for _ in range(bench.rounds):
                values = one_latency_run(system, 30 if bench.quick else 100)
                half.add(system.name, values[len(values) // 2])
                full.add(system.name, values[int(len(values) * 0.99)])
        finally:
            system.stop()
            shutil.rmtree(system.folder, ignore_errors=True)
    yield half
    yield full


def one_latency_run(system, messages):
    stop = threading.Event()

    def change_flags():
        while not stop.is_set():
            subprocess.run(
                [LOAD / "imapload", "127.0.0.1", str(system.imap_port), "time",
                 system.imap_user(1), peers.PASSWORD, "1", "STORE 1:* +FLAGS.SILENT (\\Seen)",
                 "STORE 1:* -FLAGS.SILENT (\\Seen)"], check=True, capture_output=True)

    thread = threading.Thread(target=change_flags)
    thread.start()
    try:
        done = subprocess.run(
            [LOAD / "latency", system.protocol, "127.0.0.1", str(system.port), "127.0.0.1",
             str(system.imap_port), system.imap_user(2), system.address(2), peers.PASSWORD,
             str(messages), "20"], capture_output=True, text=True, check=True)
    finally:
        stop.set()
        thread.join()
    return sorted(float(line) for line in done.stdout.split())


FOUR_KB = "10 × Postfix → Dovecot and 4 × LMTP, or 0.6 of the ceiling"
ROWS = {
    "delivery-4k-20": delivery_row(4096, 20, False, FOUR_KB, with_flushes=True, with_sdbox=True),
    "delivery-4k-20-open": delivery_row(4096, 20, True, FOUR_KB),
    "delivery-4k-100": delivery_row(4096, 100, False, FOUR_KB),
    "delivery-4k-100-open": delivery_row(4096, 100, True, FOUR_KB),
    "delivery-100k": delivery_row(100000, 20, False, "5 × and 2.5 ×"),
    "delivery-5m": delivery_row(5000000, 20, False, "2 × Postfix → Dovecot or 0.7 of the disk"),
    "recipients-500": many_recipients,
    "latency": latency,
}
