"""`congvu check`: what is wrong in an installation's files is told by file and line, with what to do,
before a server runs with it; and the server refuses the same."""

import re
import shutil
import subprocess

import pytest

from harness import settings
from harness.server import ROOT, Refused, Server

SHIPPED = ROOT / "regulations"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One installation whose regulation is a file of its own; each test puts its files back."""
    server = Server(tmp_path_factory.mktemp("check") / "data").init()
    for file in ("bacninh-06-2022.conf", "holidays-vn.conf", "tet-vn.conf"):
        shutil.copy(SHIPPED / file, server.data / file)
    settings.change(server, "regulation", '"bacninh-06-2022.conf"')
    yield server
    server.close()


@pytest.fixture
def place(made):
    files = {path: path.read_bytes() for path in [*made.data.glob("*.conf"), *made.data.glob("tls/*")]}
    yield made
    for path, content in files.items():
        path.write_bytes(content)
    assert "in order" in made.run("check")


def complaint(server):
    with pytest.raises(Refused) as refused:
        server.run("check")
    assert refused.value.status == 1
    said = refused.value.output
    assert said.startswith("congvu: ") and len(said.splitlines()) == 1, said
    done = subprocess.run([server.program, "--data", server.data, "serve"], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stderr.endswith(said), (done.stderr, said)
    return said


def line_of(file, text):
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(("before", "after", "says"), [
    ("size = 37748736;", "size = 1;", "smtp.size"), ("size = 37748736;", 'size = "x";', "whole number"),
    ("hops = 100;", "hosp = 100;", "smtp.hosp"), ("limits = {", "limit = {", "limit.workers"),
    ('cleartext = "loopback";', "cleartext = true;", "quotation marks"),
    ("idle = 1800;", "idle = 10;", "1800"), ("hops = 100;", "hops = ;", "syntax error"),
    ("version = 1;", "version = 2;", "version")])
def test_a_mistake_in_the_settings_is_told_by_file_and_line(place, before, after, says):
    file = place.data / "congvu.conf"
    line = line_of(file, before) + (after == "limit = {") * 2
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    said = complaint(place)
    assert f"{file}:{line}: " in said and says in said, said


@pytest.mark.parametrize(("path", "value", "says"), [
    ("domain", '""', "domain"), ("auth.cleartext", '"always"', "never or loopback"),
    ("log.level", '"loud"', "debug, info, warning or error"),
    ("regulation", '"khong-co"', "khong-co"), ("user", '"khong-co-ai"', "khong-co-ai"),
    ("log.file", '"/khong/co/congvu.log"', "/khong/co"), ("certificate", '"tls/khong-co.pem"', "tls/"),
    ("key", '"tls/certificate.pem"', "tls/certificate.pem"), ("sending.enabled", '"maybe"', "auto")])
def test_a_value_that_cannot_be_is_told_with_what_may_be(place, path, value, says):
    settings.change(place, path, value)
    if path == "key":  # the server says the same, its log aside
        with pytest.raises(Refused, match="tls/certificate.pem"):
            place.run("check")
        return
    if path in ("user", "log.file"):
        with pytest.raises(Refused) as refused:
            place.run("check")
        assert says in refused.value.output
        return
    assert says in complaint(place)


@pytest.mark.parametrize(("before", "after", "says"), [
    ('"20 MiB"', '"20 MB"', 'like "20 MiB"'),
    ("minimum = { value = 8; article", "minimum = { value = 0; article", "from 1 to 64"),
    ("number_last =", "number_lsat =", "naming.number_lsat"),
    ('parts = ("initials", "given", "=.", "suffix")', 'parts = ("initials", "=@")',
     "small letters, digits and dots"),
    ('from = "2022-05-23"', 'from = "2022-02-30"', "day that exists"),
    ("{given_en} is below the floor of {limit} for a personal", "{price} for a personal", "{price}")])
def test_a_mistake_in_the_regulation_is_told_by_file_and_line(place, before, after, says):
    file = place.data / "bacninh-06-2022.conf"
    line = line_of(file, before)
    file.write_text(file.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    said = complaint(place)
    found = re.search(r"bacninh-06-2022\.conf:(\d+): ", said)
    assert found and abs(int(found[1]) - line) <= 3 and says in said, (line, said)


def test_bytes_that_are_no_text_are_refused(place):
    file = place.data / "bacninh-06-2022.conf"
    file.write_bytes(file.read_bytes().replace("Ủy ban nhân dân tỉnh".encode(), b"\xff\xfe\x00", 1))
    assert "bacninh-06-2022.conf" in complaint(place)
