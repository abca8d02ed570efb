#!/usr/bin/python3
"""The "First core" benchmarks: congvu beside Postfix and Dovecot, in one run.

Every row is measured in rounds that alternate the systems (A B A B); the figures are medians, the
ratios are ratios of medians. What counts is what is in the mailboxes, counted over IMAP, not what
was answered with 250. Rows stand in the files *_rows.py."""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import delivery_rows
import imap_rows
import large_rows
import measure
import ours
import peers
import report
import search_rows

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- first-core: made by bench/run -->", "<!-- end of first-core -->"


class Bench:
    """What the rows need: makers of systems, scratch space, how many rounds, how long."""

    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        self.rounds = 1 if options.quick else options.rounds
        self.seconds = 1.0 if options.quick else options.seconds
        self.quick = options.quick
        self.keep = Path(options.keep)
        # A copy, so that whoever builds meanwhile does not pull it away.
        self.program = scratch / "congvu"
        shutil.copy2(ROOT / "build-bench" / "congvu", self.program)
        self.certificate = (scratch / "cert.pem", scratch / "key.pem")
        self.made = 0
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                        "/CN=bench.example", "-keyout", self.certificate[1], "-out",
                        self.certificate[0]], check=True, capture_output=True)
        os.chmod(scratch, 0o755)
        ours.Congvu.program = self.program
        os.environ["CONGVU_SHARE"] = str(ROOT)

    def folder(self):
        self.made += 1
        return self.scratch / f"system-{self.made}"

    def congvu(self, accounts=100):
        """Ours, as a list that is empty when it is not to be measured."""
        if "congvu" in self.options.without:
            return []
        return [lambda: ours.Congvu(self.folder(), accounts)]

    def chain(self, **options):
        return self.peer("postfix", lambda: peers.PostfixDovecot(
            self.new_folder(), certificate=self.certificate, **options))

    def dovecot(self, **options):
        return self.peer("dovecot", lambda: peers.Dovecot(
            self.new_folder(), certificate=self.certificate, **options))

    def peer(self, name, make):
        return [] if name in self.options.without else [make]

    def new_folder(self):
        folder = self.folder()
        folder.mkdir()
        return folder

    @contextlib.contextmanager
    def running(self, makers):
        """All of them started, to be measured in turn; stopped and removed at the end."""
        systems = []
        try:
            for make in makers:
                systems.append(make())
                systems[-1].start()
            yield systems
        finally:
            for system in systems:
                system.stop()
                shutil.rmtree(system.folder, ignore_errors=True)


def text_of(rows, bench, began):
    lines = [
        BEGIN, "",
        f"{time.strftime('%d/%m/%Y')}, {measure.machine()}, load {os.getloadavg()[0]:.1f} at the "
        f"end; Postfix {measure.version_of('postfix')}, Dovecot "
        f"{measure.version_of('dovecot-core')}; {bench.rounds} rounds of {bench.seconds:g} s, "
        f"alternating. The disk: 4 KB append + fdatasync from one thread "
        f"{measure.durable_writes(bench.scratch)}/s, in a row with one flush "
        f"{measure.durable_megabytes(bench.scratch):.0f} MB/s. Command: `bench/run "
        f"{' '.join(['first-core', *sys.argv[1:]])}`, {(time.monotonic() - began) / 60:.0f} "
        f"minutes. {report.summary(rows)}", "", *report.HEAD]
    lines += [row.markdown() for row in rows]
    return "\n".join(lines + ["", END])


def write_document(text):
    old = DOCUMENT.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN, 1)
    DOCUMENT.write_text(head + text + rest.split(END, 1)[1], encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="bench/run first-core")
    parser.add_argument("--only", metavar="NAME", action="append", help="rows whose name holds NAME")
    parser.add_argument("--without", metavar="SYSTEM", action="append", default=[],
                        choices=["congvu", "postfix", "dovecot"], help="leave a system out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="about how long a timed run takes")
    parser.add_argument("--quick", action="store_true", help="one short round, small stores")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--scratch", default="/var/tmp", help="where the stores lie (a real disk)")
    parser.add_argument("--keep", default="/var/tmp/congvu-bench",
                        help="where the large stores stay for the next run")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    options = parser.parse_args()
    groups = {**delivery_rows.ROWS, **imap_rows.ROWS, **large_rows.ROWS,
              **search_rows.ROWS}
    if options.list:
        print("\n".join(groups))
        return
    chosen = [n for n in groups if not options.only or any(o in n for o in options.only)]
    scratch = Path(tempfile.mkdtemp(prefix="congvu-bench-", dir=options.scratch))
    began = time.monotonic()
    try:
        bench = Bench(options, scratch)
        rows, failed = [], []
        print("\n".join(report.HEAD))
        for name in chosen:
            print(f"… {name}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            try:
                for row in groups[name](bench):
                    print(row.markdown(), flush=True)
                    rows.append(row)
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed.append(name)  # the others are still worth having
                print(f"{name}: {error}", file=sys.stderr, flush=True)
        print(report.summary(rows))
        if options.write:
            write_document(text_of(rows, bench, began))
        if failed:
            sys.exit(f"without a result: {', '.join(failed)}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
