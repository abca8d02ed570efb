"""Rows about taking messages in: by Postfix's smtp-source, over SMTP or LMTP."""

import smtplib
import subprocess
import tempfile
import time
from pathlib import Path

import measure
import peers
from report import Row

LOAD = Path(__file__).resolve().parent.parent / "build-bench"
SENDER = "bench@example.org"
CHAIN, LMTP = "Postfix", "LMTP"  # parts of the peers' names
FOUR_KB = {CHAIN: 10, LMTP: 4}


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


class Intake:
    """One system that is filled again and again; remembers how many messages it has."""

    def __init__(self, system):
        self.system = system
        self.count = count_over_imap(system)

    def run(self, sessions, per_recipient, size, keep_open):
        """(messages a second into the mailboxes, ms of processor a message)."""
        system, count = self.system, per_recipient * 100
        cpu, began = measure.cpu_seconds(system.pids()), time.monotonic()
        run_senders(system, sessions, per_recipient, size, keep_open)
        if system.stored() is not None:
            measure.wait_until(lambda: system.stored() >= self.count + count)
        seconds = time.monotonic() - began
        cpu = measure.cpu_seconds(system.pids()) - cpu
        before, self.count = self.count, count_over_imap(system)
        if self.count != before + count:
            raise RuntimeError(f"{system.name}: {self.count - before} of {count} messages in the "
                               "mailboxes")
        return count / seconds, cpu * 1000 / count


def label_of(size, sessions, keep_open):
    big = size >= 1000000
    return (f"{size // (1000000 if big else 1000)} {'MB' if big else 'KB'} into 100 mailboxes, "
            f"{sessions} sessions{', kept open' if keep_open else ''}")


def for_the_time(bench, intake, size, sessions, keep_open):
    """How many messages for each recipient take about bench.seconds; of small ones ten at least, as
    the senders are started anew for each recipient."""
    each = 1 if bench.quick or size > 10000 else 10
    for _ in range(4):
        rate, _ = intake.run(sessions, each, size, keep_open)
        seconds = each * 100 / rate
        if seconds >= 0.6 * bench.seconds:
            break
        each = max(each + 1, round(each * min(8, bench.seconds / seconds)))
    return each


def measure_row(bench, intakes, row, size, sessions, keep_open):
    """Rounds over all systems."""
    cpu = {}
    each = {i: for_the_time(bench, i, size, sessions, keep_open) for i in intakes}
    for _ in range(bench.rounds):
        for intake in intakes:
            rate, ms = intake.run(sessions, each[intake], size, keep_open)
            row.add(intake.system.name, rate)
            cpu.setdefault(intake.system.name, []).append(ms)
    for name, values in cpu.items():
        row.notes[name] = f"{measure.median(values):.2f} ms processor a message"
    return row


def ceiling_of(bench, size, sessions, keep_open):
    """smtp-source into smtp-sink, which stores nothing: what the load generator can do."""
    row = Row(f"ceiling: {label_of(size, sessions, keep_open)}".replace(
        "into 100 mailboxes", "into smtp-sink"), "/s", True)

    class Sink:
        protocol, port = "smtp", peers.free_port()

        @staticmethod
        def address(number):
            return f"u{number}@bench.example"

    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{Sink.port}", "1000"])
    try:
        peers.wait_port(Sink.port)
        for _ in range(bench.rounds):
            each = max(1, int(bench.seconds * (80 if keep_open else 40)))
            began = time.monotonic()
            run_senders(Sink, sessions, each, size, keep_open)
            row.add("smtp-sink", each * 100 / (time.monotonic() - began))
    finally:
        sink.terminate()
        sink.wait()
    return row


def small(bench):
    """4 KB: 20 and 100 sessions, one message a connection and kept open."""
    with bench.running(bench.congvu() + bench.chain() + bench.dovecot()
                       + bench.dovecot(mail_format="sdbox")) as systems:
        intakes = [Intake(system) for system in systems]
        for sessions in (20, 100):
            for keep_open in (False, True):
                row = Row(label_of(4096, sessions, keep_open), "/s", True, FOUR_KB, of_ceiling=0.6)
                ceiling = ceiling_of(bench, 4096, sessions, keep_open)
                row.ceiling = ceiling.median("smtp-sink")
                chosen = intakes if sessions == 20 else intakes[:3]
                yield measure_row(bench, chosen, row, 4096, sessions, keep_open)
                yield ceiling


def large(size, ratios, of_disk=None):
    def rows(bench):
        row = Row(label_of(size, 20, False), "/s", True, ratios, of_ceiling=of_disk)
        if of_disk is not None:
            row.ceiling = measure.durable_megabytes(bench.scratch) * 1e6 / size
        with bench.running(bench.congvu() + bench.chain() + bench.dovecot()) as systems:
            yield measure_row(bench, [Intake(s) for s in systems], row, size, 20, False)
    return rows


def flushes(bench):
    """Counted in a run of its own under strace, as strace costs time."""
    row = Row("flushes a message, 4 KB, 20 sessions", "", False)
    for make in (bench.congvu() + bench.chain() + bench.dovecot()
                 + bench.dovecot(mail_format="sdbox")):
        with tempfile.TemporaryDirectory() as scratch:
            outputs = []

            class Wrapper(list):
                """A wrapper with an output of its own for each daemon that it is put before."""
                def __iter__(self):
                    outputs.append(Path(scratch) / f"strace-{len(outputs)}")
                    return iter(measure.flush_wrapper(outputs[-1]))

            with bench.running([make]) as (system,):  # a first start's flushes do not count
                Intake(system).run(20, 1, 4096, False)
                system.stop()
                system.start(Wrapper())
                intake = Intake(system)
                before = intake.count
                intake.run(20, 2 if bench.quick else 10, 4096, False)
                count = intake.count - before
                system.stop()
                row.add(system.name, sum(measure.flushes_in(o) for o in outputs) / count)
    yield row


def many_recipients(bench):
    """One message of 100 KB to 500 recipients, until it is in all the mailboxes."""
    row = Row("one message of 100 KB to 500 recipients", "s", False, {CHAIN: 10, LMTP: 10})
    body = (b"Subject: to all\r\n\r\n" + (b"x" * 76 + b"\r\n") * 1280)
    with bench.running(bench.congvu(500) + bench.chain() + bench.dovecot()) as systems:
        for system in systems:
            to_all(system, body)  # mailboxes are made by the first delivery
            if system.stored() is not None:
                measure.wait_until(lambda: system.stored() >= 500)
        counts = {system: count_over_imap(system, 500) for system in systems}
        used = {system: disk_used(system.folder) for system in systems}
        for _ in range(bench.rounds):
            for system in systems:
                began = time.monotonic()
                to_all(system, body)
                if system.stored() is not None:
                    measure.wait_until(lambda: system.stored() >= counts[system] + 500)
                row.add(system.name, time.monotonic() - began)
                before, counts[system] = counts[system], count_over_imap(system, 500)
                if counts[system] != before + 500:
                    raise RuntimeError(f"{system.name}: not in all 500 mailboxes")
        for system in systems:
            grown = (disk_used(system.folder) - used[system]) / bench.rounds
            row.notes[system.name] = f"{grown / 1024:.0f} KiB of disk a message"
    yield row


def disk_used(folder):
    """When the system has come to rest; without SQLite's log, which is bounded and used again."""
    time.sleep(4)
    done = subprocess.run(["du", "-s", "--block-size=1", "--exclude=*.db-wal", folder],
                          capture_output=True, text=True, check=False)
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


ROWS = {
    "delivery-4k": small,
    "delivery-100k": large(100000, {CHAIN: 5, LMTP: 2.5}),
    "delivery-5m": large(5000000, {CHAIN: 2}, of_disk=0.7),
    "flushes": flushes,
    "recipients-500": many_recipients,
}
