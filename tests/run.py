#!/usr/bin/python3
"""Runs congvu's tests, part by part, and adds up what they found.

./test starts this after installing packages. Each part is a function of the table PARTS: it gets a
Part to report to and leaves counts in it. Whatever a part prints goes to build-test/logs/PART.log;
on failure its end is shown. A part that finds nothing to run counts as failed, so that an empty
suite is never taken for a passing one. The last line is "N passed, N failed" over all parts.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fuzzing import fuzz  # noqa: E402  (the path is set above)
from reliability import write_reliability  # noqa: E402
from scratch import scratch  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build-test" / "logs"
CORES = str(os.cpu_count() or 2)
WORKERS = str(2 * int(CORES))  # a system test waits about as long as it works

# Sanitizers end a process that erred with a status of its own, so that a test sees it.
SANITIZER_ENV = {
    "G_SLICE": "always-malloc",  # GLib's own reuse of pieces hides errors, and looks like races
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": f"print_suppressions=0:suppressions={ROOT}/tests/lsan.supp",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={ROOT}/tests/tsan.supp",
}


class Part:
    """What one part of the tests found, and where its output goes."""

    def __init__(self, name, options):
        self.name = name
        self.options = options
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.note = ""
        self.counts = {}  # what the tests counted themselves: "kills" -> 200
        self.log = LOGS / f"{name}.log"

    def run(self, *command, env=None, timeout=1800):
        """Runs a command with its output in the log; returns its exit status."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write("$ " + " ".join(str(word) for word in command) + "\n")
            log.flush()
            try:
                return subprocess.run(
                    [str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL,
                    stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})},
                    timeout=timeout, check=False).returncode
            except subprocess.TimeoutExpired:
                log.write(f"\nstopped after {timeout} s\n")
                return 124

    def check(self, *command, env=None, timeout=1800):
        """A command that is one test by itself."""
        good = self.run(*command, env=env, timeout=timeout) == 0
        self.count(good)
        return good

    def count(self, good):
        if good:
            self.passed += 1
        else:
            self.failed += 1


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    return done.stdout.split("\n") if done.returncode == 0 else []


def sources(*suffixes):
    found = []
    for folder in ("src", "tests", "bench"):
        found += [p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes]
    return sorted(found)


# ---------------------------------------------------------------------------------------- builds

# Lines and functions for the reports of the sanitizers; what a debugger needs besides costs time.
LINES = ["-Ddebug=false", "-Dc_args=-g1"]

BUILDS = {
    # name: (compiler, options)
    "release": ("gcc", ["--buildtype=release", "-Db_lto=false"]),
    "asan": ("gcc", ["-Doptimization=2", *LINES, "-Db_sanitize=address,undefined",
                     "-Db_lundef=false"]),
    "tsan": ("gcc", ["-Doptimization=2", *LINES, "-Db_sanitize=thread", "-Db_lundef=false"]),
    "clang": ("clang", ["--buildtype=debugoptimized"]),
    "fuzz": ("clang", ["-Doptimization=1", *LINES, "-Dfuzz=true",
                       "-Db_sanitize=address,undefined", "-Db_lundef=false"]),
}

# A cache of compiled objects is used where there is one; nothing needs it.
CACHE = shutil.which("ccache")
CACHE_ENV = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}


def directory_of(build):
    return ROOT / f"build-{'test' if build == 'release' else build}"


def build(part, name, *targets):
    """Configures (once) and compiles one build, or these targets of it, with -Werror. True when it
    succeeded."""
    where = directory_of(name)
    compiler, options = BUILDS[name]
    if not (where / "build.ninja").is_file():
        if part.run("meson", "setup", where, "-Dwerror=true", *options,
                    env={"CC": f"ccache {compiler}" if CACHE else compiler, **CACHE_ENV}) != 0:
            return False
    return part.run("ninja", "-C", where, "-j", CORES, *targets, env=CACHE_ENV) == 0


def part_build(part):
    part.count(build(part, "release", "congvu"))
    part.count(build(part, "asan"))


# ---------------------------------------------------------------------------------------- suites

CMOCKA = re.compile(r"^\[  (PASSED|FAILED)  \] (?:[^:\n]*: )?(\d+) test\(s\)", re.M)


def unit(part, name):
    """The unit suite in one build; every cmocka test counts, a crashed program counts as one."""
    if not build(part, name):
        part.failed += 1
        return
    where = directory_of(name)
    results = where / "meson-logs" / "testlog.json"
    results.unlink(missing_ok=True)
    part.run("meson", "test", "-C", where, "--no-rebuild", "--suite", "unit",
             "--print-errorlogs", "--num-processes", CORES, "--timeout-multiplier", "4",
             env=SANITIZER_ENV)
    if not results.is_file():
        part.failed += 1
        return
    for line in results.read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        output = result.get("stdout", "") + "\n" + result.get("stderr", "")
        counts = {"PASSED": 0, "FAILED": 0}
        for verdict, number in CMOCKA.findall(output):
            counts[verdict] += int(number)
        if result["result"] == "OK":
            part.passed += max(counts["PASSED"], 1)
        else:
            part.passed += counts["PASSED"]
            part.failed += max(counts["FAILED"], 1)


def part_unit(part):
    unit(part, "asan")


def files_of(paths):
    for path in (ROOT / path for path in paths):
        yield from path.rglob("*.py") if path.is_dir() else [path]


def pytest(part, *paths, build_name="asan", env=None, targets=(), marked="", dist="load",
           in_memory=True):
    """Folders or files of pytest against one build of the program. Tests marked `alone` compare
    times: they run after the others, one by one."""
    if build_name and not build(part, build_name, *targets):
        part.failed += 1
        return
    only = ["-k", part.options.only] if part.options.only else []
    env = {**SANITIZER_ENV, "CONGVU_BUILD": str(directory_of(build_name or "release")),
           "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    before = part.passed + part.failed + part.skipped
    ways = [("", "not alone", ["-n", WORKERS, "--dist", dist] if build_name else [])]
    if any("pytest.mark.alone" in file.read_text(encoding="utf-8") for file in files_of(paths)):
        ways.append(("-alone", "alone", []))
    for name, marks, parallel in ways:
        results = LOGS / f"{part.name}{name}.xml"
        results.unlink(missing_ok=True)
        with scratch(ROOT, part, in_memory) as where:
            status = part.run(
                "/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", *parallel, "-ra",
                "--durations", "30", "--durations-min", "1", "--junitxml", results, *where,
                "-m", f"{marks} and {marked}" if marked else marks, *only, *paths,
                env=env, timeout=7200)
            read_results(part, results, status)
    if part.passed + part.failed + part.skipped == before:
        part.failed += 1  # a suite of nothing
    notes = [f"{value:,} {name}" for name, value in part.counts.items()]
    if part.skipped:
        notes.append(f"{part.skipped} skipped, see {part.log.relative_to(ROOT)}")
    part.note = ", ".join(notes)


NONE_COLLECTED = 5


def read_results(part, path, status):
    """Adds up what a run of pytest that ended with this status wrote."""
    if not path.is_file():
        part.failed += 1
        return
    wrong_before = part.failed
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        wrong = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        part.failed += wrong
        part.skipped += skipped
        part.passed += int(suite.get("tests", 0)) - wrong - skipped
        for counted in suite.iter("property"):
            name, value = counted.get("name"), counted.get("value")
            if value.isdigit():
                part.counts[name] = part.counts.get(name, 0) + int(value)
    if status not in (0, 1, NONE_COLLECTED) and part.failed == wrong_before:
        part.failed += 1  # interrupted or broken while collecting


def part_tools(part):
    pytest(part, "tests/tools", build_name=None)


def part_system(part):
    pytest(part, "tests/system", dist="loadfile")  # a file's tests share a server


def part_clients(part):
    pytest(part, "tests/clients")


def part_documents(part):
    pytest(part, "tests/documents", build_name="release")


def part_faults(part):
    pytest(part, "tests/faults", build_name="release", targets=["congvu"])


def part_web(part):
    """The webmail: its own tests, its built files against its sources, a walk in a browser."""
    npm = ("npm", "--prefix", "web", "--no-audit", "--no-fund")
    if part.check(*npm, "ci"):
        part.check(*npm, "run", "check")
        part.check(*npm, "test")
        part.check("tools/check-web")
        part.check("node", "web/test/walk.mjs", "--shots", LOGS / "web")
        pytest(part, "tests/web", build_name="release", targets=["congvu"])


# ---------------------------------------------------------------------------------------- checks

def part_includes(part):
    part.check("tools/check-includes")


def part_sizes(part):
    part.check("tools/check-sizes")


def part_docs(part):
    part.check("tools/check-docs")


def part_format(part):
    files = [str(path.relative_to(ROOT)) for path in sources(".c", ".h")]
    shares = [files[n::int(CORES)] for n in range(int(CORES))]
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(lambda share: part.run("clang-format", "--dry-run", "-Werror", *share),
                      filter(None, shares)))
    log = part.log.read_text(encoding="utf-8", errors="replace")
    wrong = set(re.findall(r"^([^:\n]+):\d+:\d+: error:", log, re.M))
    part.failed, part.passed = len(wrong), len(files) - len(wrong)
    part.note = "one for each C file"


def changed_sources():
    """C files of the work in hand: uncommitted, and committed since main or the last 10 commits."""
    base = git("merge-base", "HEAD", "origin/main")
    head = git("rev-parse", "HEAD")
    if not base or base == head:
        base = git("rev-list", "--max-count=1", "--skip=10", "HEAD")
    names = set(git("diff", "--name-only", base[0] if base and base[0] else "HEAD"))
    names |= set(git("ls-files", "--others", "--exclude-standard"))
    return sorted(ROOT / n for n in names if n.startswith("src/") and n.endswith(".c")
                  and (ROOT / n).is_file())


def part_tidy(part):
    """clang-tidy on what changed (on all of src/ in the long run), within its share of time."""
    if not build(part, "release"):
        part.failed += 1
        return
    known = {Path(entry["directory"], entry["file"]).resolve() for entry in
             json.loads((directory_of("release") / "compile_commands.json").read_text())}
    files = sources(".c") if part.options.long else changed_sources()
    files = [path for path in files if path in known]
    deadline = time.monotonic() + (400 if part.options.long else 100)
    running, left = [], list(files)
    while left or running:
        while left and len(running) < int(CORES) and time.monotonic() < deadline:
            path = left.pop(0)
            log = LOGS / "tidy" / (path.relative_to(ROOT).as_posix().replace("/", "_") + ".log")
            log.parent.mkdir(exist_ok=True)
            running.append((path, log, subprocess.Popen(
                ["clang-tidy", "--quiet", "-p", directory_of("release"),
                 "--extra-arg=-Wno-unknown-warning-option", path],
                cwd=ROOT, stdout=log.open("w"), stderr=subprocess.STDOUT)))
        if time.monotonic() >= deadline and left:
            part.note = f"time was up: {len(left)} of {len(files)} files not looked at"
            left = []
        for entry in [e for e in running if e[2].poll() is not None]:
            running.remove(entry)
            part.count(entry[2].returncode == 0)
            if entry[2].returncode != 0:
                with part.log.open("a", encoding="utf-8") as out:
                    out.write(entry[1].read_text(errors="replace"))
        time.sleep(0.05)
    if not files:
        part.passed, part.note = 1, "no C file changed"


# --------------------------------------------------------------------------------------- fuzzing

def part_fuzz(part):
    """Each fuzz target for some seconds from its seeds, one on each core; seeds alone count as a
    test too. All together 80 s, in the long run ten minutes. The short run always walks
    the same way from the seeds: what it finds it finds on every machine."""
    if not build(part, "fuzz"):
        part.failed += 1
        return
    targets = sorted(p for p in directory_of("fuzz").glob("fuzz_*")
                     if p.is_file() and os.access(p, os.X_OK))
    share = (600 if part.options.long else 80) * int(CORES) // max(1, len(targets))
    seconds = part.options.fuzz_seconds or (
        share if part.options.long else max(2, min(10, share)))
    folder = LOGS / "fuzz"
    folder.mkdir(exist_ok=True)
    executions = 0
    with ThreadPoolExecutor(int(CORES)) as pool:
        logs = [folder / f"{target.name}.log" for target in targets]
        for target, log, (good, done) in zip(
                targets, logs, pool.map(
                    lambda t, l: fuzz(ROOT, SANITIZER_ENV, t, seconds, l,
                                      0 if part.options.long else 1), targets, logs)):
            part.count(good)
            executions += done
            with part.log.open("a", encoding="utf-8") as out:
                out.write(f"{target.name}: {'ok' if good else 'FAILED'}, {done:,} executions\n")
                if not good:
                    out.write("\n".join(log.read_text(errors="replace").splitlines()[-60:]) + "\n")
    part.note = f"{executions:,} executions, {seconds} s for each of {len(targets)} targets"


# ------------------------------------------------------------------------------------- long parts

def part_clang(part):
    unit(part, "clang")


def part_kills(part):
    pytest(part, "tests/system", build_name="release", env={"CONGVU_KILLS": "200"}, marked="kills",
           in_memory=False)


def part_sweep(part):
    pytest(part, "tests/faults", build_name="release",
           env={"CONGVU_SWEEP": "all", "CONGVU_POWER_CUTS": "100"})


def part_tsan(part):
    unit(part, "tsan")
    pytest(part, "tests/system", build_name="tsan", env={"CONGVU_SLOWNESS": "8"}, dist="loadfile")


# What valgrind sees that the sanitizers do not is the use of what was never written, also inside of
# the libraries; some files for each protocol are enough for that, and slow: the program starts
# anew for most tests.
VALGRIND = ["test_first_light", "test_imap_append", "test_imap_fetch", "test_imap_search",
            "test_imap_store", "test_relay", "test_sizes"]


def part_valgrind(part):
    pytest(part, *(f"tests/system/{name}.py" for name in VALGRIND), build_name="release",
           env={"CONGVU_WRAPPER": "valgrind --error-exitcode=99 --leak-check=full "
                                  "--errors-for-leak-kinds=definite --quiet",
                "CONGVU_SLOWNESS": "30"})


# name: (function, in the short run, what it does)
PARTS = {
    "build": (part_build, True, "release build and ASan + UBSan build, with -Werror"),
    "includes": (part_includes, True, "layering of src/"),
    "sizes": (part_sizes, True, "no source over 500 lines without a reason"),
    "format": (part_format, True, "clang-format"),
    "docs": (part_docs, True, "links in the documents"),
    "tools": (part_tools, True, "tests of the project's own tools"),
    "unit": (part_unit, True, "unit tests under ASan + UBSan"),
    "system": (part_system, True, "the whole program under ASan + UBSan"),
    "clients": (part_clients, True, "others' clients and servers against it, under ASan + UBSan"),
    "web": (part_web, True, "the webmail: unit tests, fresh build, a walk in chromium with axe"),
    "faults": (part_faults, True, "failing writes, lost power, full disk"),
    "documents": (part_documents, False, "letters and reports as pages, printed by LibreOffice"),
    "kills": (part_kills, False, "kill -9 under load, 200 times"),
    "sweep": (part_sweep, False, "every write, flush, … failing in turn; lost power; full disk"),
    "tsan": (part_tsan, False, "unit and system tests under ThreadSanitizer"),
    "valgrind": (part_valgrind, False, "a part of the system tests under valgrind"),
    "fuzz": (part_fuzz, True, "brief fuzzing from the seeds"),
    "tidy": (part_tidy, True, "clang-tidy on what changed"),
    "clang": (part_clang, False, "unit tests built by Clang"),
}


def show_end(part, lines=60):
    if not part.log.is_file():
        return
    text = part.log.read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"--- the end of {part.log.relative_to(ROOT)}")
    print("\n".join(text[-lines:]))
    print("---")


def run_part(name, options):
    part = Part(name, options)
    part.log.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        PARTS[name][0](part)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        with part.log.open("a", encoding="utf-8") as log:
            log.write(f"{type(error).__name__}: {error}\n")
        part.failed += 1
    if part.passed + part.failed == 0:
        part.failed, part.note = 1, "nothing was there to run"
    part.seconds = time.monotonic() - began
    print(f"{'FAIL' if part.failed else 'ok  '} {name:<10}{part.passed:>6} passed"
          f"{part.failed:>5} failed {part.seconds:>7.1f} s  {part.note}", flush=True)
    if part.failed:
        show_end(part)
    return part


def main():
    parser = argparse.ArgumentParser(prog="./test", description="Builds congvu and runs its tests.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="only these (default: all)")
    parser.add_argument("--long", action="store_true", help="the long parts too")
    parser.add_argument("--list", action="store_true", help="name the parts and end")
    parser.add_argument("--only", metavar="EXPRESSION", help="pytest's -k, for the pytest parts")
    parser.add_argument("--fuzz-seconds", type=int, metavar="N", help="for each fuzz target")
    options = parser.parse_args()
    if options.list:
        for name, (_, short, what) in PARTS.items():
            print(f"{name:<10}{'      ' if short else '(long)'} {what}")
        return 0
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part named {', '.join(unknown)}; ./test --list names them")
    LOGS.mkdir(parents=True, exist_ok=True)
    names = options.parts or [n for n, (_, short, _) in PARTS.items() if short or options.long]
    if options.long and not options.parts:
        names.remove("faults")  # sweep is all of it
    parts = []
    for name in names:
        parts.append(run_part(name, options))
        if options.long:  # after each, so that a run which is stopped leaves what it found
            commit = git("rev-parse", "--short", "HEAD")[:1] or ["unknown"]
            write_reliability(ROOT / "docs" / "reliability.md", parts, PARTS, commit[0])
    if options.long:
        print("The table of this run is in docs/reliability.md.")
    passed = sum(part.passed for part in parts)
    failed = sum(part.failed for part in parts)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
