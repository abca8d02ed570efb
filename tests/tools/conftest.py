"""Helpers for the tests of the project's own tools."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def tree(tmp_path):
    """Writes a small project: tree({"src/base/a.h": "…"}) gives its root."""
    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path
    return write


@pytest.fixture
def tool():
    """Runs a tool of tools/ and gives its finished process."""
    def run(name, *arguments):
        return subprocess.run([ROOT / "tools" / name, *map(str, arguments)], text=True,
                              capture_output=True, timeout=60, check=False)
    return run
