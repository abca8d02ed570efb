"""Where the tests of a part write."""

import os
import shutil
import zlib
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes


@contextmanager
def scratch(root, part, in_memory):
    """A folder for what the tests write: in memory, where there is room, because a flush is awaited
    for most of a test's time and proves nothing that faults/ does not prove with its own disk. It
    stays when something failed, until the next run."""
    if not in_memory or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        yield []
        return
    place = MEMORY / f"congvu-{os.getuid()}-{zlib.crc32(str(root).encode()):08x}" / part.name
    place.parent.mkdir(mode=0o700, exist_ok=True)
    yield ["--basetemp", place]
    if not part.failed:
        shutil.rmtree(place, ignore_errors=True)
