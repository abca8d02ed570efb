"""A day on a server whose n-th call to the disk fails, for n = 1, 2, 3 …, and what must hold after it:
what was acknowledged is there, once; whoever waited was refused; after a write or flush that failed
otherwise than for lack of space the process has ended and touched the disk no more; the next start
needs no help and `doctor` finds nothing.

In ./test some calls of each kind fail; CONGVU_SWEEP=all lets every one fail."""

import errno
import os
import shutil
import time

import shim
from harness.server import Server

SWEEP = os.environ.get("CONGVU_SWEEP") == "all"
FATAL, STOPPED, NOT_STARTED = 70, 0, 1
KINDS = {"write": shim.WRITE, "flush": shim.FLUSH, "rename": shim.RENAME,
         "truncate": shim.TRUNCATE, "create": shim.CREATE, "unlink": shim.UNLINK}
CASES = [("flush", errno.EIO), ("write", errno.EIO), ("write", errno.ENOSPC),
         ("rename", errno.EIO), ("truncate", errno.EIO), ("create", errno.ENOSPC),
         ("create", errno.EIO), ("unlink", errno.EIO)]


def shards(cases, many):
    """(kind, error, shard, of how many): writes are by far the most calls, and shared out in a whole
    sweep, so that the work is even between processes."""
    return [(kind, error, shard, count) for kind, error in cases
            for count in [many if SWEEP and kind == "write" else 1] for shard in range(count)]


def name(case):
    kind, error, shard, _ = case
    return f"{kind}-{errno.errorcode[error]}-{shard}"


class Template:
    """An installation that was killed with changes in its logs, so that starting recovers them;
    fresh() puts the server back to it."""

    def __init__(self, folder, furnish):
        self.server = Server(folder / "data").init().start()
        furnish(self.server)
        self.server.kill()
        self.kept = self.server.data.with_name("kept")
        shutil.copytree(self.server.data, self.kept, ignore=shutil.ignore_patterns("*.sock"))

    def fresh(self):
        server = self.server
        assert server.process is None
        shutil.rmtree(server.data, ignore_errors=True)
        shutil.copytree(self.kept, server.data)
        server.errors.unlink(missing_ok=True)
        server.env = {}
        return server

    def put_down(self):
        if self.server.process is not None:
            self.server.kill()


def one_day(server, faults, script):
    """Start, script, orderly end under the armed shim; the exit status."""
    server.env = faults.env
    server.start(ready=False)
    while server.alive() and "congvu: ready" not in server.output.read_text():
        time.sleep(0.005)
    if server.alive():
        script.run()
    if server.alive():
        server.process.terminate()
    return server.ended(40)


def after(server, script):
    """A start without faults, the ledger, and doctor."""
    server.env = {}
    server.start()
    script.check()
    server.stop()
    server.doctor()


def numbers(shard, count, growth):
    """Which calls fail: every one, shared out between shards; or some, ever further apart."""
    n, step = 1 + shard, count
    while True:
        yield n
        if not SWEEP:
            step = max(1, int(n * (growth - 1)))
        n += step


def sweep(template, make_faults, make_script, case, growth, record_property):
    """make_script(server): what has run(), check() and failures, new for each day."""
    kind, error, shard, count = case
    tried = 0
    for n in numbers(shard, count, growth):
        server = template.fresh()
        faults = make_faults(server.data)
        faults.arm(n, error, KINDS[kind])
        script = make_script(server)
        status = one_day(server, faults, script)
        if not faults.control.failed:
            assert (script.failures, status) == ([], STOPPED)
            break
        tried += 1
        path = faults.control.path.decode()
        what = f"{kind} {n} of {path}: status {status}, {script.failures}\n{server.error_text()[-3000:]}"
        assert status in (FATAL, STOPPED, NOT_STARTED), what
        # The engine flushes the folder of a new log too and does not look at the answer; db_open
        # has flushed it before. The search index promises nothing: it is made again. Elsewhere a
        # failed flush is the end.
        promised = path != str(server.data) and "/search.db" not in path
        if kind == "flush" and promised:
            assert status in (FATAL, NOT_STARTED), "went on after a failed flush: " + what
            # Not started: another file's flush failed before anybody was served.
            assert status == NOT_STARTED or faults.control.calls == n, \
                "flushed again after a failed flush: " + what
        if kind == "write" and error == errno.EIO and promised:
            assert status in (FATAL, NOT_STARTED), "went on after a failed write: " + what
        try:
            after(server, script)
        except Exception as problem:
            raise AssertionError(what) from problem
    record_property(f"failed calls ({kind}, {errno.errorcode[error]})", tried)
    assert tried or shard
