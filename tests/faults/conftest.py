"""Fixtures for failing disks and lost power."""

import pytest

import shim
from disk import Disk


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    return shim.compile_c(shim.HERE / "shim.c", folder / "faults.so", "-shared", "-fPIC", "-ldl",
                          "-lpthread")


@pytest.fixture(scope="session")
def disk_program(tmp_path_factory):
    return shim.compile_c(shim.HERE / "disk.c", tmp_path_factory.mktemp("disk") / "disk")


@pytest.fixture
def make_faults(library, tmp_path):
    """make_faults(directory, picture=…) gives a Faults for that directory."""
    def make(directory, picture=False):
        return shim.Faults(library, directory, tmp_path, picture)
    return make


@pytest.fixture
def disk(disk_program, make_faults, tmp_path):
    return Disk(disk_program, make_faults, tmp_path / "disk")
