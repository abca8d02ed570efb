"""Builds the faults shim and speaks to it: the Python side of shim.h."""

import ctypes
import mmap
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
WRITE, FLUSH, RENAME, TRUNCATE, CREATE, UNLINK = 1, 2, 4, 8, 16, 32
ALL = 63


class Control(ctypes.Structure):
    """The page that the shim counts in and is armed through; see shim.h for the fields."""
    _fields_ = [("calls", ctypes.c_uint64), ("fail_at", ctypes.c_uint64),
                ("power_at", ctypes.c_uint64), ("failed", ctypes.c_uint64),
                ("kinds", ctypes.c_uint32), ("error", ctypes.c_uint32),
                ("sticky", ctypes.c_uint32), ("shorten", ctypes.c_uint32),
                ("survive", ctypes.c_uint32), ("seed", ctypes.c_uint32),
                ("lie", ctypes.c_uint32), ("hurry", ctypes.c_uint32),
                ("clock", ctypes.c_int64), ("path", ctypes.c_char * 512)]


def compile_c(source, target, *options):
    subprocess.run(["gcc", "-O1", "-g", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
                    "-D_GNU_SOURCE", "-o", target, source, *options], check=True, timeout=120)
    return target


class Faults:
    """A disk that misbehaves below one directory, for programs started with `env`.

    With picture=True what would be left after the power went is kept in `shadow/tree`; take it
    with power_cut().
    """

    def __init__(self, library, directory, scratch, picture=False):
        self.directory = Path(directory).resolve()
        self.shadow = Path(scratch) / "shadow"
        page = Path(scratch) / "faults"
        page.write_bytes(bytes(mmap.PAGESIZE))
        with page.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.control = Control.from_buffer(self._map)
        self.control.kinds = ALL
        self.env = {"LD_PRELOAD": str(library), "CONGVU_FAULTS": str(page),
                    "CONGVU_FAULTS_DIR": str(self.directory)}
        if picture:
            self.env["CONGVU_FAULTS_SHADOW"] = str(self.shadow)
            self.start_picture()

    def start_picture(self):
        """From here on, what is in the directory now counts as safely on the disk."""
        shutil.rmtree(self.shadow, ignore_errors=True)
        self.shadow.mkdir()
        shutil.copytree(self.directory, self.shadow / "tree", symlinks=True)

    def arm(self, after, error=0, kinds=ALL, sticky=False, shorten=False):
        """The after-th call from now (1: the next) of these kinds fails with this errno."""
        control = self.control
        control.kinds, control.error = kinds, error
        control.sticky, control.shorten = int(sticky), int(shorten)
        control.calls = control.failed = 0
        control.fail_at = after

    def cut_power_at(self, after, kinds=ALL, survive=0, seed=1):
        control = self.control
        control.kinds, control.survive, control.seed = kinds, survive, seed
        control.calls = 0
        control.power_at = after

    def disarm(self):
        self.control.fail_at = self.control.power_at = 0

    def power_cut(self):
        """The dead program's directory becomes what was on the disk."""
        self.disarm()
        shutil.rmtree(self.directory)
        shutil.copytree(self.shadow / "tree", self.directory, symlinks=True)
        # A copy, so that the twins are not written by the next program; and a new picture.
        self.start_picture()


def clean_env(**more):
    return {**os.environ, **more}
