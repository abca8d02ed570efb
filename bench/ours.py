"""A private congvu for the benchmarks, with as many accounts as a row asks for."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from peers import PASSWORD, process_tree

ROOT = Path(__file__).resolve().parent.parent
PORTS = (25, 80, 110, 143, 389, 443, 465, 587, 636, 993, 995, 4190, 9090)
DOMAIN = "bacninh.gov.vn"


def free_offset():
    while True:
        offset = random.randrange(11000, 22000)
        sockets = []
        try:
            for port in PORTS:
                s = socket.socket()
                sockets.append(s)
                s.bind(("127.0.0.1", offset + port))
            return offset
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()


class Congvu:
    """congvu as built by bench/run. `template` is shared by all rows: accounts are made once."""

    name = "congvu"
    protocol = "smtp"
    pattern = f"tvanh%d.stttt@{DOMAIN}"
    program = ROOT / "build-bench" / "congvu"
    generator = ROOT / "build-bench" / "bench" / "bench_generate"
    templates = {}

    def __init__(self, folder, accounts=100):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.accounts = accounts
        self.process = None
        self.offset = self.port = None

    def address(self, number):
        return f"tvanh{number}.stttt@{DOMAIN}"

    imap_user = address

    def command(self, *words, given=None):
        done = subprocess.run([self.program, "--data", self.data, *map(str, words)], input=given,
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"congvu {' '.join(map(str, words))}: {done.stderr}{done.stdout}")
        return done.stdout

    def found(self):
        """A new installation with the department of all accounts."""
        self.offset = free_offset()
        self.command("init", "--domain", DOMAIN, "--port-offset", self.offset)
        self.command("unit", "add", "--kind", "department", "--name",
                     "Sở Thông tin và Truyền thông", "--abbreviation", "stttt")

    def generate(self, accounts, messages, known):
        """See bench/generate.c."""
        subprocess.run([self.generator, self.data, str(accounts), str(messages), PASSWORD,
                        str(known)], check=True, stdout=subprocess.DEVNULL)

    def fill(self):
        """The same name again and again: the regulation numbers the addresses."""
        self.found()
        self.generate(self.accounts + 1, 0, self.accounts + 1)

    def adopt(self):
        """Uses the installation that lies in its folder already, on ports that are free now."""
        path = self.data / "congvu.conf"
        self.offset = free_offset()
        text = re.sub(r"(?m)^port_offset = \d+;", f"port_offset = {self.offset};",
                      path.read_text(encoding="utf-8"))
        # The messages were not delivered but generated: the index would be built behind them while
        # the rows are measured.
        text = re.sub(r"(?ms)^search = \{.*?\};\n", "", text) + "search = { index = 0; };\n"
        path.write_text(text, encoding="utf-8")

    def back_up(self):
        target = self.folder / "backup"
        self.command("backup", target)
        shutil.rmtree(target)

    def make(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.accounts in self.templates:
            template, self.offset = self.templates[self.accounts]
            shutil.copytree(template, self.data)
        else:
            self.fill()
            template = self.folder.parent / f"template-{self.accounts}"
            shutil.copytree(self.data, template)
            self.templates[self.accounts] = (template, self.offset)

    def start(self, wrapper=()):
        if not self.data.exists():
            self.make()
        self.run_server(wrapper)

    def run_server(self, wrapper):
        """Returns when the server says that it is ready (ready_at: when that was)."""
        self.port, self.imap_port, self.imaps_port = (
            self.offset + p for p in (25, 143, 993))
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [*wrapper, self.program, "--data", self.data, "serve"], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True, text=True)
        if self.process.stdout.readline() != "congvu: ready\n":
            raise RuntimeError(f"congvu does not start: see {self.folder / 'server.log'}")
        self.ready_at = time.monotonic()

    def traced(self):
        return "strace" in Path(f"/proc/{self.process.pid}/comm").read_text()

    def end_server(self):
        own = self.process.pid
        os.kill(process_tree(own)[1] if self.traced() else own, signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()
        self.process = None

    def stop(self):
        if self.process is not None:
            self.end_server()

    def pids(self):
        return process_tree(self.process.pid)

    def stored(self):
        """250 means stored and visible, so the rows may stop their watch when the sender ends;
        the count over IMAP afterwards proves it."""
        return None
