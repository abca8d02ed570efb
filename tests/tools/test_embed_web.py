"""The tool that puts the web interface's files into the program: what comes out is what went in."""

import gzip
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = "<!doctype html>" + "x" * 1000
PROGRAM = r"""
#include <stdio.h>
#include <string.h>
#include "serve/web_files.h"
const char *const web_pages[] = {NULL};
static void put(const char *form, Bytes bytes) {
    if (bytes.p != NULL)
        printf(" %s=%zu:%02x%02x", form, bytes.n, bytes.p[0], bytes.p[bytes.n - 1]);
}
int main(void) {
    for (gsize i = 0; i < web_files.count; i++) {
        const HttpFile *f = &web_files.files[i];
        printf("%s %s %d", f->path, f->type, f->forever);
        put("plain", f->plain); put("gzip", f->gzip); put("brotli", f->brotli);
        printf("\n");
    }
    return 0;
}
"""


@pytest.fixture
def embed(tool, tmp_path):
    """Runs the tool on a folder; returns the text that it wrote."""
    def run(dist, returncode=0):
        done = tool("embed-web", dist, tmp_path / "web_files.c", tmp_path / "made")
        assert done.returncode == returncode, done.stderr
        return done.stderr if returncode else (tmp_path / "web_files.c").read_text()
    return run


def listed(tmp_path):
    """What a program that has the files in it prints of them."""
    (tmp_path / "main.c").write_text(PROGRAM)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "glib-2.0"], text=True, check=True,
                           capture_output=True).stdout.split()
    subprocess.run(["gcc", "-Wall", "-Werror", "-fPIE", "-pie", f"-I{ROOT}/src", tmp_path / "main.c",
                    tmp_path / "web_files.c", "-o", tmp_path / "main", *flags], check=True, timeout=60)
    return subprocess.run([tmp_path / "main"], text=True, check=True,
                          capture_output=True).stdout.splitlines()


def test_the_files_are_in_the_program_in_every_form_that_is_smaller(tree, embed, tmp_path):
    root = tree({"dist/index.html": PAGE, "dist/assets/app-1a2b3c4d.js": "a" * 500,
                 "dist/assets/app-1a2b3c4d.js.br": "brotli", "dist/logo-original.svg": "<svg/>"})
    embed(root / "dist")
    zipped = {name: gzip.compress((root / "dist" / name).read_bytes(), 9, mtime=0)
              for name in ("index.html", "assets/app-1a2b3c4d.js")}
    assert listed(tmp_path) == [
        "/assets/app-1a2b3c4d.js text/javascript; charset=utf-8 1 plain=500:6161 "
        f"gzip={len(zipped['assets/app-1a2b3c4d.js'])}:1f{zipped['assets/app-1a2b3c4d.js'][-1]:02x} "
        "brotli=6:6269",
        "/index.html text/html; charset=utf-8 0 plain=1015:3c78 "
        f"gzip={len(zipped['index.html'])}:1f{zipped['index.html'][-1]:02x}",
        "/logo-original.svg image/svg+xml 0 plain=6:3c3e",
    ]


def test_it_writes_only_when_something_is_different(tree, embed, tmp_path):
    root = tree({"dist/index.html": PAGE})
    first = embed(root / "dist")
    before = (tmp_path / "web_files.c").stat().st_mtime_ns
    assert embed(root / "dist") == first
    assert (tmp_path / "web_files.c").stat().st_mtime_ns == before
    (root / "dist" / "index.html").write_text(PAGE.replace("x", "y"))
    assert embed(root / "dist") != first


def test_without_a_built_interface_there_are_no_files(embed, tmp_path):
    embed(tmp_path / "nothing")
    assert listed(tmp_path) == []


def test_a_file_that_it_does_not_know_is_named(tree, embed):
    root = tree({"dist/index.html": PAGE, "dist/a.exe": "x"})
    assert "a.exe" in embed(root / "dist", returncode=1)
