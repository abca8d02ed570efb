"""Helpers for driving the server with clients that nobody here wrote."""

import os
import pty
import select
import subprocess
import time

import pytest

from harness.server import PASSWORD, SLOWNESS


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
