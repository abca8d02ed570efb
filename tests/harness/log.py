"""The log, read strictly: every line is time, level, event and further key=value pairs."""

import re

PAIR = re.compile(r'([a-z][a-z0-9_-]*)=("(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*"|[^\s"=\\]+)(?: |$)')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def parse(line):
    """{key: value} of one line; fails on whatever is no pair, and on a key that comes twice."""
    pairs, at = {}, 0
    while at < len(line):
        match = PAIR.match(line, at)
        assert match, f"no pair at {line[at:at + 40]!r} of {line!r}"
        key, value = match.groups()
        assert key not in pairs, f"{key} is there twice: {line}"
        if value.startswith('"'):
            value = re.sub(r"\\x([0-9a-f]{2})|\\(.)",
                           lambda m: m[2] or chr(int(m[1], 16)), value[1:-1])
        pairs[key] = value
        at = match.end()
    assert list(pairs)[:3] == ["time", "level", "event"], line
    assert TIME.fullmatch(pairs["time"]), line
    assert pairs["level"] in ("debug", "info", "warning", "error"), line
    return pairs


def read(*files):
    """The events of these files, in this order; the last line of each is whole."""
    events = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text == "" or text.endswith("\n"), f"{file} ends within a line"
        events += [parse(line) for line in text.splitlines()]
    return events
