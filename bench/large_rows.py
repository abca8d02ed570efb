"""Rows about a province: 30,000 accounts, 10 million messages. They are congvu's alone; its own
small store stands beside the large one. Both are made by bench/generate.c and kept for the next
run (--keep), as making them takes minutes."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import measure
import ours
from report import Row

ROOT = Path(__file__).resolve().parent.parent
FEW = 10000


def installation(bench, accounts, messages):
    """A stopped congvu with so many accounts and messages, made when it is not there."""
    folder = bench.keep / f"{accounts}-{messages}"
    system = ours.Congvu(folder, accounts)
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if messages > FEW:
            base = installation(bench, accounts, FEW)
            shutil.copytree(base.data, system.data)
            system.generate(0, messages - FEW, 0)
        else:
            folder.mkdir(parents=True)
            system.found()
            system.generate(accounts + 1, messages, 101)
        (folder / "made").touch()
    system.adopt()
    return system


def size_of(folder):
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e9


def large(bench):
    accounts, many = (300, 100000) if bench.quick else (30000, 10000000)
    small, big = (installation(bench, accounts, n) for n in (FEW, many))
    yield from starting(bench, big, f"{accounts} accounts, {many} messages")
    yield from at_rest(bench, big, f"{accounts} accounts, {many} messages")
    yield from cost(bench, small, big)


def starting(bench, system, what):
    row = Row(f"start-up to ready, {what}", "s", False, at_most=1)
    cold = Row(f"start-up to ready, {what}, cold page cache", "s", False)
    for _ in range(bench.rounds):
        for chosen in (row, cold):
            if chosen is cold and not measure.drop_page_cache():
                continue
            began = time.monotonic()
            system.start()
            chosen.add("congvu", system.ready_at - began, f"{size_of(system.data):.1f} GB")
            system.stop()
    yield row
    if cold.values:
        yield cold


def at_rest(bench, system, what):
    """A minute and more, so that the housekeeping of a minute is within it."""
    cpu = Row(f"processor at rest, {what}", "% of a core", False, at_most=1)
    memory = Row(f"memory at rest, {what}", "MiB", False, at_most=64)
    seconds = 5 if bench.quick else 65
    system.start()
    try:
        before, began = measure.cpu_seconds(system.pids()), time.monotonic()
        time.sleep(seconds)
        cpu.add("congvu", (measure.cpu_seconds(system.pids()) - before) * 100
                / (time.monotonic() - began))
        memory.add("congvu", measure.pss_kib(system.pids()) / 1024, "PSS")
    finally:
        system.stop()
    yield cpu
    yield memory


def cost(bench, small, big):
    """Messages of 1 KB to random accounts, over SMTP on 20 connections that stay open."""
    row = Row("processor for a message to a random account", "ms", False)
    ratio = Row("the same, large store to small", "×", False, at_most=1.3)
    count = 500 if bench.quick else 20000
    addresses = bench.scratch / "addresses"
    small.start()
    listed = json.loads(small.command("account", "list", "--json"))
    addresses.write_text("".join(a["address"] + "\n" for a in listed if a["kind"] == "person"))
    small.stop()
    for turn in range(bench.rounds):
        values = []
        for system, name in ((small, "congvu, small store"), (big, "congvu, large store")):
            system.start()
            try:
                deliver(system, addresses, count // 4, 2 * turn)
                before = measure.cpu_seconds(system.pids())
                rate = deliver(system, addresses, count, 2 * turn + 1)
                values.append((measure.cpu_seconds(system.pids()) - before) * 1000 / count)
                row.add(name, values[-1], f"{rate:.0f}/s; writer's cache 8 MiB")
            finally:
                system.stop()
        ratio.add("congvu", values[1] / values[0])
    yield row
    yield ratio


def deliver(system, addresses, count, seed):
    done = subprocess.run(
        [ROOT / "build-bench" / "smtpload", "127.0.0.1", str(system.port), addresses, "20",
         str(count), "1000", str(seed + int(time.time()))],
        check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"smtpload: {done.stderr}")
    return float(done.stdout)


ROWS = {"large": large}
