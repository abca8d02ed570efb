#!/usr/bin/python3
"""The queue emptied into a local smtp-sink, signed: congvu beside Postfix with OpenDKIM.

    bench/run outbound [--messages 3000] [--rounds 3] [--scratch /var/tmp] [--write]

Each system first takes N messages of 4 KB, each with one recipient, and keeps them; then it is let
go, and the time until the sink has them all is measured. congvu signs while it sends (RSA-2048 and
Ed25519, two signatures a message). Postfix has a message signed while it takes it (OpenDKIM as
milter, RSA-2048 only: this OpenDKIM knows no Ed25519), so its emptying is measured without any
signing, and, as a second figure, its whole way from smtp-source to the sink.
"""

import argparse
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import measure
import ours
import peers

BEGIN, END = "<!-- outbound -->", "<!-- end of outbound -->"
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
SIZE = 4096
CONNECTIONS = 20


class Sink:
    """smtp-sink, which stores nothing, and how many messages it has taken (its -c counters)."""

    def __init__(self, folder):
        self.port = peers.free_port()
        self.output = Path(folder) / f"sink-{self.port}"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                ["smtp-sink", *user, "-c", f"127.0.0.1:{self.port}", "1000"], stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        peers.wait_port(self.port)

    def taken(self):
        """The last line of counters: sessions, quits, messages."""
        with self.output.open("rb") as file:
            file.seek(max(0, self.output.stat().st_size - 200))
            found = re.findall(rb"mesg=(\d+)", file.read())
        return int(found[-1]) if found else 0

    def wait(self, count, seconds=300):
        measure.wait_until(lambda: self.taken() >= count, seconds)

    def close(self):
        self.process.terminate()
        self.process.wait()


def body():
    return ("x" * 78 + "\r\n") * (SIZE // 80)


UNLIMITED = """version = 1;
id = "bench";
extends = "bacninh-06-2022";
from = "2022-05-23";
outgoing = { messages = { value = 0; }; recipients = { value = 0; }; outside = { value = 0; };
  unit_messages = { value = 0; }; unit_recipients = { value = 0; }; unit_outside = { value = 0; }; };
"""


class Congvu(ours.Congvu):
    def make(self):
        """One account sends everything, which the regulation's outgoing limits are there to stop."""
        super().make()
        (self.data / "bench.conf").write_text(UNLIMITED, encoding="utf-8")
        path = self.data / "congvu.conf"
        text, count = re.subn(r"(?m)^regulation = .*;$",
                              f'regulation = "{self.data / "bench.conf"}";',
                              path.read_text(encoding="utf-8"))
        assert count == 1
        path.write_text(text, encoding="utf-8")

    def settings(self, **values):
        path = self.data / "congvu.conf"
        text = path.read_text(encoding="utf-8")
        for name, value in values.items():
            start = text.index("\nsending = {")
            head, tail = text[:start], text[start:]
            tail, count = re.subn(rf"(?m)^( *{name} = ).*?;$", lambda m, v=value: f"{m[1]}{v};",
                                  tail, count=1)
            assert count == 1, name
            text = head + tail
        path.write_text(text, encoding="utf-8")

    def submit(self, count):
        """Over one signed-in session, recipients of one other domain."""
        import base64
        user = self.address("")
        with socket.create_connection(("127.0.0.1", self.offset + 587)) as s:
            stream = s.makefile("rwb")

            def reply(words=None):
                if words:
                    stream.write(words)
                    stream.flush()
                line = stream.readline()
                while line[3:4] == b"-":
                    line = stream.readline()
                assert line[:1] in b"23", line
            reply()
            reply(b"EHLO bench\r\n")
            reply(b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{peers.PASSWORD}".encode())
                  + b"\r\n")
            text = f"From: {user}\r\nTo: a@sink.example\r\nSubject: thu\r\n\r\n{body()}.\r\n".encode()
            for n in range(count):
                stream.write(f"MAIL FROM:<{user}>\r\nRCPT TO:<a{n}@sink.example>\r\nDATA\r\n"
                             .encode())
                stream.flush()
                for _ in range(3):
                    reply()
                reply(text)

    def measure(self, messages, sink):
        self.start()
        self.command("dkim", "create")
        self.command("dkim", "use", "--unpublished")
        threads = [threading.Thread(target=self.submit, args=(messages // 10,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.stop()
        self.settings(enabled='"yes"', routes=f'"*=[127.0.0.1]:{sink.port}"',
                      connections=CONNECTIONS)
        began = time.monotonic()
        self.run_server(())
        sink.wait(messages)
        took = time.monotonic() - began
        cpu = measure.cpu_seconds(self.pids())
        wait_empty = time.monotonic() + 30
        while self.command("queue", "list").strip() and time.monotonic() < wait_empty:
            time.sleep(0.05)
        assert not self.command("queue", "list").strip(), "the queue is not empty"
        self.stop()
        return took, cpu


class Postfix(peers.PostfixDovecot):
    """Without Dovecot: smtpd, OpenDKIM as milter, smtp to the sink."""

    def __init__(self, folder, sink):
        super().__init__(folder)
        self.sink = sink
        self.milter = peers.free_port()
        self.signer = None

    def configuration(self):
        text = super().configuration()
        text = re.sub(r"(?m)^virtual_mailbox_domains = .*$", "virtual_mailbox_domains =", text)
        return text + f"""
relayhost = [127.0.0.1]:{self.sink.port}
default_transport = smtp
smtp_destination_concurrency_limit = {CONNECTIONS}
default_destination_concurrency_limit = {CONNECTIONS}
smtp_connection_cache_destinations = [127.0.0.1]:{self.sink.port}
smtp_connection_reuse_count_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_milters = inet:127.0.0.1:{self.milter}
milter_default_action = tempfail
"""

    def start_signer(self):
        folder = self.folder / "opendkim"
        folder.mkdir(parents=True)
        subprocess.run(["openssl", "genrsa", "-out", folder / "key.pem", "2048"], check=True,
                       capture_output=True)
        user = pwd.getpwnam("opendkim")
        for path in (folder, folder / "key.pem"):
            os.chown(path, user.pw_uid, user.pw_gid)
        os.chmod(folder / "key.pem", 0o600)
        (folder / "conf").write_text(
            f"Mode s\nSyslog no\nDomain bench.example\nSelector s\nKeyFile {folder}/key.pem\n"
            f"Canonicalization relaxed/relaxed\nSocket inet:{self.milter}@127.0.0.1\n"
            f"UserID opendkim\nInternalHosts 127.0.0.0/8\nPidFile {folder}/pid\n"
            "RequireSafeKeys no\nOversignHeaders From\n")
        self.signer = subprocess.Popen(["opendkim", "-f", "-x", folder / "conf"],
                                       stdin=subprocess.DEVNULL, start_new_session=True)
        peers.wait_port(self.milter)

    def start(self, wrapper=()):
        self.dovecot.start = lambda wrapper: None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start_signer()
        super().start(wrapper)

    def stop(self):
        self.dovecot.stop = lambda: None
        super().stop()
        if self.signer is not None:
            self.signer.send_signal(signal.SIGTERM)
            self.signer.wait(30)

    def source(self, messages):
        subprocess.run(["smtp-source", "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(SIZE),
                        "-f", "a@bench.example", "-t", "b@sink.example", "-d",
                        f"127.0.0.1:{self.port}"], check=True, capture_output=True)

    def set(self, *settings):
        """As `postfix reload`, which waits for the log daemon of a whole system."""
        subprocess.run(["postconf", "-c", self.folder / "etc", "-e", *settings], check=True)
        os.kill(int((self.folder / "queue/pid/master.pid").read_text()), signal.SIGHUP)

    def measure(self, messages, sink):
        self.start()
        try:
            self.set("defer_transports = smtp")
            time.sleep(1)
            self.source(messages)
            self.set("defer_transports =")
            time.sleep(1)
            before = sink.taken()
            began = time.monotonic()
            subprocess.run(["postqueue", "-c", self.folder / "etc", "-f"], check=True)
            sink.wait(before + messages)
            emptied = time.monotonic() - began
            before = sink.taken()
            began = time.monotonic()
            self.source(messages)
            sink.wait(before + messages)
            return emptied, time.monotonic() - began
        finally:
            self.stop()


def main():
    parser = argparse.ArgumentParser(prog="bench/run outbound")
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", default="/var/tmp")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    scratch = Path(tempfile.mkdtemp(prefix="congvu-bench-", dir=options.scratch))
    os.chmod(scratch, 0o755)
    n = options.messages // 10 * 10
    own, emptied, whole, cpu = [], [], [], []
    try:
        for number in range(options.rounds):
            sink = Sink(scratch)
            seconds, used = Congvu(scratch / f"congvu{number}", accounts=1).measure(n, sink)
            own.append(n / seconds)
            cpu.append(1000 * used / n)
            sink.close()
            sink = Sink(scratch)
            first, second = Postfix(scratch / f"postfix{number}", sink).measure(n, sink)
            emptied.append(n / first)
            whole.append(n / second)
            sink.close()
            print(f"round {number + 1}: congvu {own[-1]:.0f}/s, Postfix {emptied[-1]:.0f}/s and "
                  f"{whole[-1]:.0f}/s", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    better = measure.median(own)
    lines = [
        BEGIN, "",
        f"{time.strftime('%d/%m/%Y')}, {measure.machine()}; Postfix "
        f"{measure.version_of('postfix')}, OpenDKIM {measure.version_of('opendkim')}; {n} messages "
        f"of 4 KB, {options.rounds} rounds, alternating; at most {CONNECTIONS} connections to the "
        f"sink. Command: `bench/run outbound --messages {n} --rounds {options.rounds}`.", "",
        "| what | median | spread | congvu is better by |", "| --- | ---: | ---: | ---: |",
        f"| congvu: queue to sink, signed twice while sending, {measure.median(cpu):.2f} ms of "
        f"processor a message | {better:.0f}/s | {measure.spread(own)} | bar: 3 × |",
        f"| Postfix: queue to sink, signed before | {measure.median(emptied):.0f}/s | "
        f"{measure.spread(emptied)} | {better / measure.median(emptied):.2f} × |",
        f"| Postfix with OpenDKIM: smtp-source to sink, signed once | "
        f"{measure.median(whole):.0f}/s | {measure.spread(whole)} | "
        f"{better / measure.median(whole):.2f} × |", "", END]
    print("\n".join(lines))
    if options.write:
        old = DOCUMENT.read_text(encoding="utf-8")
        head, rest = old.split(BEGIN, 1)
        DOCUMENT.write_text(head + "\n".join(lines) + rest.split(END, 1)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
