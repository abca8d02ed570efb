"""Debian's packages that cannot be installed here (they exclude the ones that other tests need):
fetched by apt-get and unpacked below var/, once."""

import fcntl
import subprocess

import pytest

from harness.server import ROOT


def unpacked(name, probe, *packages):
    """var/NAME with these packages in it; probe: a file of theirs that is there when they all are."""
    folder = ROOT / "var" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:  # other processes of the same run want it too
        fcntl.flock(lock, fcntl.LOCK_EX)
        for package in packages if not (folder / probe).exists() else ():
            done = subprocess.run(["apt-get", "download", "-qq", package], cwd=folder,
                                  capture_output=True, text=True, check=False)
            found = list(folder.glob(f"{package}_*.deb"))
            if not found:
                pytest.skip(f"the package {package} cannot be fetched: {done.stderr[-200:]}")
            subprocess.run(["dpkg-deb", "-x", found[0], folder], check=True)
    return folder
