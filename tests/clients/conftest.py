"""Helpers for driving the server with clients that nobody here wrote."""

import fcntl
import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from harness.server import PASSWORD, ROOT, SLOWNESS


class Client:
    """Runs a program with a home of its own, so that nobody's settings take part."""

    def __init__(self, home):
        self.home = home

    def file(self, name, text, mode=0o600):
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def run(self, *words, given=None, good=(0,), timeout=60):
        env = {"HOME": str(self.home), "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
               "LANG": "C.UTF-8", "TERM": "xterm"}
        done = subprocess.run([str(w) for w in words], input=given, text=True, cwd=self.home,
                              capture_output=True, env=env, timeout=timeout * SLOWNESS, check=False)
        output = done.stdout + done.stderr
        assert done.returncode in good, f"{words[0]} ended with {done.returncode}:\n{output}"
        return output


@pytest.fixture
def client(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Client(home)


@pytest.fixture
def password():
    return PASSWORD


@pytest.fixture
def terminal(client):
    """terminal("mutt", …) runs a program on a terminal of its own; it must end by itself."""
    def run(*words):
        pid, terminal_fd = pty.fork()
        if pid == 0:
            os.environ.update(HOME=str(client.home), TERM="xterm", LANG="C.UTF-8", LINES="40",
                              COLUMNS="120")
            os.chdir(client.home)
            os.execvp(words[0], [str(w) for w in words])
        seen, deadline = b"", time.monotonic() + 30 * SLOWNESS
        while time.monotonic() < deadline:
            if select.select([terminal_fd], [], [], 0.1)[0]:
                try:
                    seen += os.read(terminal_fd, 65536)
                except OSError:
                    break
        else:
            os.kill(pid, 9)
        _, status = os.waitpid(pid, 0)
        os.close(terminal_fd)
        assert status == 0, seen[-3000:].decode(errors="replace")

    return run


SCRIPTS = Path(__file__).resolve().parent / "node"
MODULES = ROOT / "var" / "node"


@pytest.fixture
def node(client):
    """node("name", …) runs node/name.js and gives what it printed; Debian's modules are found, and
    those that the fixture npm installed."""
    def run(name, *words):
        done = subprocess.run(
            ["node", SCRIPTS / f"{name}.js", *map(str, words)], capture_output=True, text=True,
            timeout=120 * SLOWNESS, cwd=client.home, check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(client.home),
                 "NODE_PATH": f"{MODULES}/node_modules:/usr/share/nodejs"})
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout
    return run


@pytest.fixture(scope="session")
def npm():
    """The modules of node/package-lock.json, exactly those, below var/."""
    MODULES.mkdir(parents=True, exist_ok=True)
    with (MODULES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (SCRIPTS / "package-lock.json").read_bytes()
        done = MODULES / "installed"
        if not done.exists() or done.read_bytes() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SCRIPTS / name, MODULES / name)
            install = subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=MODULES, text=True,
                capture_output=True, timeout=300, check=False)
            assert install.returncode == 0, install.stderr[-2000:]
            done.write_bytes(wanted)
