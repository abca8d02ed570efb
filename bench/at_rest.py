#!/usr/bin/python3
"""A body of 30,000 people: how long their accounts take, whether the last one costs what the first
did, how quickly the server starts, and what it costs while nothing happens.

    bench/run at-rest [--accounts N] [--seconds N] [--folder DIR]

The accounts come in by `account import` from a table of invented names in the real units of Bắc Ninh
(tests/data/people.csv, again from its first row where it ends). No peer is measured: the bars
of the goals are absolute.
"""

import argparse
import csv
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure
from ours import DOMAIN, ROOT, free_offset

sys.path.insert(0, str(ROOT / "tests"))
from harness.commands import call  # noqa: E402

PROGRAM = ROOT / "build-bench" / "congvu"


class Body:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.process = None
        self.command("init", "--domain", DOMAIN, "--port-offset", free_offset())
        self.command("unit", "import", ROOT / "demo" / "bacninh-units-2022.csv")
        self.command("unit", "import", ROOT / "demo" / "bacninh-departments-2022.csv",
                     "--agreement", "Số 1/TT")
        self.command("unit", "add", "--kind", "department", "--name", "Sở Ngoại vụ",
                     "--abbreviation", "sngv")

    def command(self, *words):
        """(seconds, output) of a command with a process of its own."""
        began = time.monotonic()
        done = subprocess.run([PROGRAM, "--data", self.data, *map(str, words)], text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.stderr}")
        return time.monotonic() - began, done.stdout

    def start(self):
        """Seconds until the line `congvu: ready`."""
        began = time.monotonic()
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen([PROGRAM, "--data", self.data, "serve"], stderr=log,
                                            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        assert line == b"congvu: ready\n", line
        return time.monotonic() - began

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0

    def create(self, unit, count):
        """(median milliseconds, milliseconds of processor) of one creation through the socket, of
        people without namesakes. The processor tells more where others use the machine too."""
        times, pid = [], self.process.pid
        cpu = measure.cpu_seconds([pid])
        for number in range(count):
            letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
            began = time.monotonic()
            status, _, said = call(self, "account", "create", "--unit", unit, "--person",
                                   f"Người Thử {letters}x", "--no-password")
            assert status == 0, said
            times.append((time.monotonic() - began) * 1000)
        cpu = measure.cpu_seconds([pid]) - cpu
        return statistics.median(times), cpu / count * 1000


def write_table(file, count):
    with (ROOT / "tests" / "data" / "people.csv").open(encoding="utf-8", newline="") as rows:
        people = [(row["full_name"], row["unit"]) for row in csv.DictReader(rows)]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["full_name", "unit"])
        writer.writerows((people * (count // len(people) + 1))[:count])


def wakeups(pid):
    """Voluntary context switches of all threads so far."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text.read_text(), re.M).group(1))
               for text in Path(f"/proc/{pid}/task").glob("*/status"))


def at_rest(body, seconds):
    pid = body.process.pid
    time.sleep(5)  # what the start left to do
    cpu, woken, began = measure.cpu_seconds([pid]), wakeups(pid), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return ((measure.cpu_seconds([pid]) - cpu) / took * 100, (wakeups(pid) - woken) / took,
            measure.pss_kib([pid]) / 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=30000)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="congvu-at-rest-", dir=options.folder))

    def row(what, value, bar=""):
        print(f"{what:58} {value:>26}  {bar}", flush=True)

    print(measure.machine())
    try:
        body = Body(folder)
        table = folder / "people.csv"
        write_table(table, options.accounts)
        body.start()
        first = body.create("snv", 500)
        seconds, out = body.command("account", "import", table)
        row(f"account import, {options.accounts} people, server running", f"{seconds:.2f} s", "30 s")
        last = body.create("stc", 500)
        shown = "{:.2f} ms, {:.2f} of processor"
        row("one creation among 200 accounts, median of 500", shown.format(*first))
        row(f"one creation among {options.accounts}, median of 500", shown.format(*last), "the first's")
        seconds, out = body.command("account", "import", table)
        row("the same import again", f"{seconds:.2f} s")
        seconds, out = body.command("account", "list", "--json")
        row(f"account list --json, {len(json.loads(out))} accounts", f"{seconds:.2f} s")
        seconds, out = body.command("account", "list", "--unit", "stc")
        row(f"account list of one unit, {out.count(chr(10))} accounts", f"{seconds * 1000:.0f} ms")
        shows = [body.command("account", "show", "ntax.stc")[0] for _ in range(20)]
        row("account show, with its process, median of 20", f"{statistics.median(shows) * 1000:.1f} ms")
        body.stop()
        starts = []
        for _ in range(5):
            starts.append(body.start())
            body.stop()
        row("start to `congvu: ready`, median of 5", f"{statistics.median(starts) * 1000:.0f} ms", "1 s")
        body.start()
        cpu, woken, pss = at_rest(body, options.seconds)
        row(f"processor at rest, over {options.seconds} s", f"{cpu:.3f} % of a core", "< 1 %")
        row("wake-ups a second at rest", f"{woken:.2f}")
        row("memory at rest (PSS)", f"{pss:.1f} MiB", "< 64 MiB")
        body.stop()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
