"""docs/operating.md says what is: every setting, command, metric, signal and file that it names is
there, and every setting, command and metric that is there is named."""

import configparser
import re
import subprocess

import pytest

from harness import metrics
from harness.server import ROOT, program

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def section(title):
    text = re.split(rf"^##+ {re.escape(title)}\n", PAGE, flags=re.M)
    assert len(text) == 2, f'docs/operating.md has no section "{title}"'
    return re.split(r"^## ", text[1], maxsplit=1, flags=re.M)[0]


def cells(title, column):
    """The words in backquotes of one column of all tables of a section."""
    found = []
    for line in section(title).splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            found += re.findall(r"`([^`]+)`", line.split(" | ")[column].lstrip("| "))
    assert len(found) == len(set(found)), found
    return found


def settings_of(text):
    """{path: value as written} of the file that init leaves."""
    found, group = {}, ""
    for line in text.splitlines():
        if match := re.fullmatch(r"(\w+) = \{", line):
            group = match[1] + "."
        elif line == "};":
            group = ""
        elif match := re.fullmatch(r" *(\w+) = (.*);", line):
            found[group + match[1]] = match[2]
    return found


def test_every_setting_is_explained_with_its_default(tmp_path):
    subprocess.run([program(), "--data", tmp_path / "d", "init", "--domain", "bacninh.gov.vn"],
                   check=True, capture_output=True, timeout=60)
    there = settings_of((tmp_path / "d" / "congvu.conf").read_text(encoding="utf-8"))
    assert cells("Settings: congvu.conf", 0) == list(there), "add the setting to docs/operating.md"
    rows = [line.split(" | ") for line in section("Settings: congvu.conf").splitlines()
            if line.startswith("| `")]
    for row in rows:
        value = there[row[0].strip("| `")].strip('"').removesuffix("L")
        said = row[1].split(":")[0].replace("`", "")
        expected = {"": "empty", "bacninh.gov.vn": "from init"}.get(value, value)
        assert said == expected, (row, value)
        assert len(row) == 4 and row[3].strip(" |").startswith(("reload", "restart", "—")), row


def test_every_command_is_named():
    text = subprocess.run([program(), "help"], check=True, capture_output=True, text=True,
                          timeout=30).stdout
    there = set(re.findall(r"^  (\w+(?: \w+)?)  ", text, re.M))
    named = {name for name in cells("Commands", 0) + cells("Commands", 1) if not name.startswith("--")}
    assert named == there, "docs/operating.md, Commands"
    options = set()
    for command in there:
        explained = subprocess.run([program(), *command.split(), "--help"], check=True, text=True,
                                   capture_output=True, timeout=30).stdout
        options |= set(re.findall(r"^  (--[\w-]+)", explained, re.M))
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", PAGE, re.M | re.S)) + " ".join(
        re.findall(r"`(congvu [^`]+)`", PAGE))
    blocks = blocks.replace("sudo -u congvu ", "")
    for line in re.findall(r"(?<!\S)congvu (?=--data|[a-z])[^\n|;&#]*", blocks):
        line = re.sub(r"^congvu +(--data \S+ +)?", "", line)
        words = line.split()
        if not words or words[0].startswith(("-", "/")) or words[0] in ("help", "congvu"):
            continue
        assert {words[0], " ".join(words[:2])} & there, line
        for option in re.findall(r"(?<!\S)--[\w-]+", line):
            assert option in options, (line, option)


def test_every_metric_is_named(server):
    there = set(re.findall(r"^# HELP (\w+)", metrics.page(server), re.M))
    assert set(cells("Metrics", 0)) == there, "docs/operating.md, Metrics"


def test_every_event_named_is_one_that_the_program_logs():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.c"))
    there = set(re.findall(r'"([a-z]+(?:\.[a-z_-]+)?)"', source))
    named = [name for name in cells("Log", 0) if "." in name] + ["command"]
    assert len(named) > 25
    assert [name for name in named if name not in there] == []
    assert not [name for name in re.findall(r"event=([a-z._-]+)", PAGE) if name not in there]


def test_the_unit_and_the_rotation_fit_the_page_and_the_program():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(ROOT / "dist" / "congvu.service", encoding="utf-8")
    service = unit["Service"]
    assert service["ExecStart"] == "/usr/local/bin/congvu --data /var/lib/congvu serve"
    assert service["ExecReload"].startswith("/bin/kill -HUP")
    assert service["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE" and service["User"] == "congvu"
    assert int(service["TimeoutStopSec"]) > 20
    rotation = (ROOT / "dist" / "congvu.logrotate").read_text(encoding="utf-8")
    assert "SIGUSR1 congvu.service" in rotation and "copytruncate" not in rotation
    packages = (ROOT / "tools" / "packages.sh").read_text(encoding="utf-8")
    needed = set(re.search(r'PACKAGES_build="([^"]*)"', packages)[1].split()) - {"openssl"}
    assert needed <= set(re.search(r"apt-get install (.*)", PAGE)[1].split()), "docs/operating.md, Install"


@pytest.mark.skipif(subprocess.run(["which", "meson"], capture_output=True).returncode != 0,
                    reason="needs meson")
def test_what_is_installed_runs_from_where_it_is_installed(tmp_path):
    """As a package would be made: DESTDIR; the regulations are found beside the program."""
    build = program().parent
    done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", tmp_path],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    installed = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {"usr/local/bin/congvu", "usr/local/share/congvu/regulations/bacninh-06-2022.conf",
            "usr/local/share/doc/congvu/operating.md",
            "usr/local/share/doc/congvu/congvu.service"} <= installed
