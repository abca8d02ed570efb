"""The tour of the README works as it stands there: the commands, the keys and what they print are
taken from the file. Only the ports are others, so that the test can run beside a demonstration.

In the tour, a block `sh` is run line by line; a line that ends in "# refused" must fail, every other
must succeed. A block `text` is what its commands print: each of its lines must come, in this order,
and "…" stands for anything. The table after mutt's command has the keys to press.
"""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from harness.ports import PortOffset
from harness.server import ROOT, SANITIZERS, SLOWNESS, program

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$|^(\| (?:press|bấm) .*?)\n\n", re.M | re.S)
KEY = re.compile(r"`([^`]+)`")
FUNCTIONS = {"Enter": "<enter>"}


def tour(name):
    """[(kind, text)] of the tour's blocks in their order; kind: sh, text or keys."""
    text = (ROOT / name).read_text(encoding="utf-8")
    part = text.split("<!-- tour -->")[1].split("<!-- end of tour -->")[0]
    blocks = []
    for kind, body, table in BLOCK.findall(part):
        if table:
            rows = [row.split("|")[1] for row in table.splitlines()[2:]]
            body = "".join(FUNCTIONS.get(key, key) for row in rows for key in KEY.findall(row))
        blocks.append((kind or "keys", body))
    return blocks


class House:
    """A copy of what the tour touches, in a folder and on ports of its own."""

    def __init__(self, folder):
        self.folder, self.ports = folder, PortOffset()
        for name in ("run", "README.md"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "build").symlink_to(program().parent)
        (folder / "tools").symlink_to(ROOT / "tools")
        shutil.copytree(ROOT / "demo", folder / "demo")
        muttrc = folder / "demo" / "muttrc"
        muttrc.write_text(self.here(muttrc.read_text(encoding="utf-8")), encoding="utf-8")
        editor = folder / "editor"
        editor.write_text("#!/bin/sh\nprintf 'Tôi sẽ dự họp.\\n' >>\"$1\"\n", encoding="utf-8")
        editor.chmod(0o755)
        # As on a terminal of a newcomer: nothing but the variables that the tour sets.
        self.env = {**os.environ, "CONGVU_PORT_OFFSET": str(self.ports.offset), "TERM": "xterm",
                    "HOME": str(folder), "LANG": "C.UTF-8", "LINES": "40", "COLUMNS": "120",
                    "EDITOR": str(editor), "VISUAL": str(editor)}
        self.env.pop("CONGVU_DATA", None)

    def here(self, text):
        """The text with this house's ports for the demonstration's."""
        return re.sub(r"\b10(\d{3})\b", lambda m: str(self.ports.offset + int(m[1])), text)

    def run(self, line):
        """One line of the tour, in a shell; gives everything that it printed."""
        exported = re.fullmatch(r"export (\w+)=(\S+)", line)
        if exported:
            self.env[exported[1]] = exported[2]
            return ""
        done = subprocess.run(
            ["bash", "-c", self.here(line)], cwd=self.folder, env=self.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=300 * SLOWNESS, check=False)
        refused = line.endswith("# refused")
        assert (done.returncode != 0) == refused, f"{line}\nstatus {done.returncode}\n{done.stdout}"
        assert not SANITIZERS.search(done.stdout), done.stdout
        return done.stdout

    def press(self, line, keys):
        """The line on a terminal of its own, with these keys pressed; it must end by itself."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe("bash", ["bash", "-c", f"exec {self.here(line)} -e 'push \"{keys}\"'"],
                       self.env)
        seen, deadline = b"", time.monotonic() + 60 * SLOWNESS
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:
                    break
        else:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        assert status == 0, seen[-3000:].decode(errors="replace")

    def close(self):
        subprocess.run(["./run", "--stop"], cwd=self.folder, env=self.env, check=True,
                       timeout=60 * SLOWNESS)
        self.ports.close()


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


def printed(output, expected):
    """Each line of expected is found, in this order."""
    lines = iter(output.splitlines())
    for wanted in expected.splitlines():
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        assert any(pattern.fullmatch(line.strip()) for line in lines), f"{wanted!r} in\n{output}"


def test_the_tour_works_word_for_word(house):
    output, mutt = "", None
    for kind, body in tour("README.md"):
        if kind == "text":
            printed(output, body)
        elif kind == "keys":
            house.press(mutt, body)
        elif body.startswith("mutt "):
            mutt = body.strip()
        else:
            output = "".join(house.run(line) for line in body.splitlines())
    log = (house.folder / "var" / "demo.log").read_text(encoding="utf-8")
    assert not SANITIZERS.search(log), log[-4000:]


def test_the_tour_is_the_same_in_both_languages():
    english = tour("README.md")
    assert [kind for kind, _ in english].count("keys") == 1
    assert len([body for kind, body in english if kind == "sh"]) >= 8
    assert tour("README.vi.md") == english
