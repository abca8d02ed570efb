"""Helpers for driving the server with clients that nobody here wrote."""

import os
import subprocess

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
