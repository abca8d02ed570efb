"""Port offsets that no other test run on this machine is using."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Every standard port that `congvu init --port-offset N` shifts.
PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "imap": 143, "imaps": 993, "pop3": 110,
         "pop3s": 995, "https": 443, "http": 80, "managesieve": 4190, "ldap": 389, "ldaps": 636,
         "metrics": 9090}
FOLDER = Path(tempfile.gettempdir()) / f"congvu-ports-{os.getuid()}"


class PortOffset:
    """An offset whose ports were free and are locked against other test runs until close().

    They stay below 32768, where the kernel takes the ports of outgoing connections from.
    """

    def __init__(self):
        FOLDER.mkdir(exist_ok=True)
        for _ in range(1000):
            self.locks = []
            self.offset = random.randrange(11000, 23000)
            if self._take():
                return
            self.close()
        raise RuntimeError("no free ports between 11000 and 32767")

    def _take(self):
        for port in PORTS.values():
            lock = (FOLDER / str(self.offset + port)).open("w")
            self.locks.append(lock)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", self.offset + port))
            except OSError:
                return False
        return True

    def close(self):
        for lock in self.locks:
            lock.close()
        self.locks = []
