"""Changing congvu.conf as an operator does: the value of a line that is there."""

import re


def change(server, path, value):
    """value is written as it stands in the file: 5, '"text"'."""
    file = server.data / "congvu.conf"
    text = file.read_text(encoding="utf-8")
    group, _, name = path.rpartition(".")
    start = re.search(rf"^{group} = \{{$", text, re.M).end() if group else 0
    head, tail = text[:start], text[start:]
    tail, found = re.subn(rf"^( *{name} = ).*?;$", lambda m: f"{m[1]}{value};", tail, count=1,
                          flags=re.M)
    assert found == 1, f"{path} is not in {file}"
    file.write_text(head + tail, encoding="utf-8")
