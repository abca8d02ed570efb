"""Drives the program of disk.c under the shim."""

import subprocess

import shim


class Disk:
    """A folder in which the disk program acts under the shim."""

    def __init__(self, program, make_faults, folder):
        self.program, self.make_faults, self.folder = program, make_faults, folder
        self.faults = None

    def begin(self, picture=False, **files):
        self.folder.mkdir()
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="ascii")
        self.faults = self.make_faults(self.folder, picture)
        return self

    def act(self, *acts):
        """The lines that the program printed; it may have died on the way."""
        done = subprocess.run([self.program, *acts], cwd=self.folder, text=True, timeout=60,
                              capture_output=True, env=shim.clean_env(**self.faults.env),
                              check=False)
        assert done.returncode in (0, -9), done.stderr
        return done.stdout.split("\n")[:-1]

    def after_power_cut(self):
        """Name and text of every file that is left."""
        self.faults.power_cut()
        return self.files()

    def files(self):
        return {p.relative_to(self.folder).as_posix(): p.read_bytes().decode("ascii")
                for p in sorted(self.folder.rglob("*")) if p.is_file()}
