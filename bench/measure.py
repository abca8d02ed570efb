"""What the rows measure with: processor time, memory, flushes, medians."""

import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


def cpu_seconds(pids):
    """Processor time of these processes and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(n) for n in fields[11:15])
    return total / TICK


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
    return total


def kernel_kib():
    """Kernel memory that sessions can grow: slabs, socket buffers, page tables, stacks."""
    text = Path("/proc/meminfo").read_text()
    pages = sum(int(n) for n in re.findall(r"^TCP: .* mem (\d+)",
                                           Path("/proc/net/sockstat").read_text(), re.M))
    return pages * 4 + sum(int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1))
                           for name in ("Slab", "PageTables", "KernelStack"))


def drop_page_cache():
    """True when the kernel let us."""
    subprocess.run(["sync"], check=True)
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
        return True
    except OSError:
        return False


def flush_wrapper(output):
    return ["strace", "--seccomp-bpf", "-f", "-c", "-S", "calls", "-o", str(output), "-e",
            "trace=fsync,fdatasync,sync_file_range,syncfs,msync"]


def flushes_in(output):
    """Calls counted by strace -c."""
    total = 0
    for line in Path(output).read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[-1] in ("fsync", "fdatasync", "syncfs", "msync",
                                               "sync_file_range"):
            total += int(fields[3])
    return total


def wait_until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("what was sent did not arrive in time")
        time.sleep(0.01)


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{min(values):.4g}–{max(values):.4g}"


def durable_writes(folder):
    """This machine's own limit: 4 KB append + fdatasync from one thread, each second."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        block, count, began = b"x" * 4096, 0, time.monotonic()
        while time.monotonic() - began < 1:
            os.write(file.fileno(), block)
            os.fdatasync(file.fileno())
            count += 1
        return count


def durable_megabytes(folder):
    """And the other: MB a second written in a row with one flush at the end; the best of three."""
    block, best = os.urandom(1 << 20), 0
    for _ in range(3):
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            began = time.monotonic()
            for _ in range(256):
                os.write(file.fileno(), block)
            os.fdatasync(file.fileno())
            best = max(best, 256 * 1.048576 / (time.monotonic() - began))
    return best


def machine():
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1))
    return (f"{CORES} cores of {cpu.group(1) if cpu else 'an unnamed processor'}, "
            f"{memory // (1 << 20)} GiB, Linux {os.uname().release.split('-')[0]}")


def version_of(package):
    done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True,
                          text=True, check=False)
    return done.stdout or "not installed"
