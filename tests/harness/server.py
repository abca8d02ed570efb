"""A real congvu in a data directory of its own: started, driven, ended and looked over.

Which build is driven says CONGVU_BUILD (a build directory; ./test sets it). CONGVU_WRAPPER is put
before the program (valgrind), CONGVU_SLOWNESS multiplies every deadline. At the end of each server's
life the exit status, what the sanitizers printed and `congvu doctor` are checked.

Installations as they are made without options are made once in a process and copied: what `init`
and the commands after it left on the disk, byte for byte, with another port offset.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

from harness.ports import PORTS, PortOffset

ROOT = Path(__file__).resolve().parent.parent.parent
SLOWNESS = float(os.environ.get("CONGVU_SLOWNESS", "1"))
DOMAIN = "bacninh.gov.vn"
PASSWORD = "Matkhau@2022"
SANITIZERS = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:"
                        r"|definitely lost: [1-9]|g_(critical|warning)|-CRITICAL \*\*|-ERROR \*\*")


def program():
    build = os.environ.get("CONGVU_BUILD")
    candidates = [Path(build)] if build else [ROOT / "build-asan", ROOT / "build"]
    for folder in candidates:
        if (folder / "congvu").is_file():
            return folder / "congvu"
    raise FileNotFoundError(f"no congvu in {', '.join(map(str, candidates))}: build it first")


def wait_for(condition, seconds=10, what="the condition"):
    """Polls until the condition gives something true, and returns it."""
    deadline = time.monotonic() + seconds * SLOWNESS
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not come in {seconds * SLOWNESS:g} s"
        time.sleep(0.01)


class Refused(Exception):
    """A command that ended with another status than 0: .status, .output (both streams)."""

    def __init__(self, words, status, output):
        super().__init__(f"congvu {' '.join(words)}: status {status}\n{output}")
        self.status, self.output = status, output


class Server:
    """One installation; `start` and `stop` (or `kill`) may follow one another."""

    templates = None  # a folder for installations to copy; without one each is made

    def __init__(self, data, options=()):
        self.data = Path(data)
        self.options = options
        self.program = program()
        self.ports = PortOffset()
        self.offset = self.ports.offset
        self.process = None
        self.env = {}  # added to the server's environment
        self.output = self.data.with_name(self.data.name + ".out")
        self.errors = self.data.with_name(self.data.name + ".err")

    def port(self, name):
        return self.offset + PORTS[name]

    # ------------------------------------------------------------------------------ commands

    def run(self, *words, given=None, timeout=60, data=True, env=None):
        """Runs a command; returns its standard output or raises Refused."""
        words = [str(word) for word in words]
        where = ["--data", str(self.data)] if data else []
        done = subprocess.run([self.program, *where, *words], input=given, text=True,
                              capture_output=True, timeout=timeout * SLOWNESS, check=False,
                              env={**os.environ, **(env or {})})
        output = done.stdout + done.stderr
        assert not SANITIZERS.search(output), output
        if done.returncode != 0:
            raise Refused(words, done.returncode, output)
        return done.stdout

    def init(self, furnish=None):
        """A new installation; furnish(server), when given, runs its first commands."""
        if self.options or not self.offset or not self.templates:
            self.make()
            return furnish(self) if furnish else self
        plain, template = template_of(furnish)
        shutil.copytree(template, self.data)
        settings = self.data / "congvu.conf"
        text, found = re.subn(r"^port_offset = \d+;$", f"port_offset = {self.offset};",
                              settings.read_text(encoding="utf-8"), flags=re.M)
        assert found == 1
        settings.write_text(text, encoding="utf-8")
        vars(self).update(plain)
        return self

    def make(self):
        self.run("init", "--domain", DOMAIN, "--port-offset", self.offset, *self.options)

    def doctor(self):
        return self.run("doctor", timeout=300)

    # ---------------------------------------------------------------------------------- life

    def start(self, wrapper=None, ready=True):
        """Starts the server and waits for its line; ready=False returns at once."""
        assert self.process is None
        wrapper = shlex.split(os.environ.get("CONGVU_WRAPPER", "")) if wrapper is None else wrapper
        with self.output.open("w") as output, self.errors.open("a") as errors:
            self.process = subprocess.Popen(
                [*wrapper, self.program, "--data", self.data, "serve"], stdin=subprocess.DEVNULL,
                stdout=output, stderr=errors, env={**os.environ, **self.env})
        if ready:
            wait_for(self.is_ready, 20, "the line congvu: ready")
        return self

    def is_ready(self):
        assert self.process.poll() is None, (
            f"the server ended with status {self.process.returncode} before it was ready:\n"
            + self.error_text()[-4000:])
        return "congvu: ready\n" in self.output.read_text()

    def error_text(self):
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""

    def alive(self):
        process = self.process  # another thread may end it
        return process is not None and process.poll() is None

    def kill(self):
        """As the loss of the process: nothing is finished."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def ended(self, seconds=20):
        """Waits for a server that ends by itself; returns its status."""
        status = self.process.wait(seconds * SLOWNESS)
        self.process = None
        return status

    def stop(self, expected=0):
        """SIGTERM, then everything that must hold at the end of a server's life."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.ended(30)
        text = self.error_text()
        assert not SANITIZERS.search(text), text[-8000:]
        assert status == expected, f"the server ended with status {status}:\n{text[-4000:]}"

    def close(self):
        """The end of a test: an orderly stop and a clean doctor."""
        try:
            self.stop()
            if (self.data / "congvu.conf").exists():
                self.doctor()
        finally:
            if self.process is not None:
                self.kill()
            self.ports.close()

    # ------------------------------------------------------------------------------- accounts

    def unit(self, name, abbreviation, kind="department", parent=None):
        """Adds a unit; what the command printed comes back."""
        more = ["--parent", parent] if parent else []
        return self.run("unit", "add", "--kind", kind, "--name", name, "--abbreviation",
                        abbreviation, *more)

    def person(self, name, unit="stttt", password=PASSWORD):
        """Creates a person's account and returns its address as the command printed it."""
        output = self.run("account", "create", "--unit", unit, "--person", name,
                          "--password-stdin", given=password + "\n")
        found = re.search(rf"[\w.+-]+@{re.escape(DOMAIN)}", output)
        assert found, output
        return found.group(0)


TEMPLATES = {}  # furnish -> (what it gave the server, the data directory)


def template_of(furnish):
    """The installation that furnish(server) leaves, made when it is asked for first."""
    if furnish not in TEMPLATES:
        server = Server(Server.templates / f"data{len(TEMPLATES)}")
        try:
            server.make()
            own = set(vars(server))
            if furnish:
                furnish(server)
            (server.data / "lock").unlink(missing_ok=True)
            TEMPLATES[furnish] = ({k: v for k, v in vars(server).items() if k not in own}, server.data)
        finally:
            server.ports.close()
    return TEMPLATES[furnish]
