"""The table of docs/reliability.md, which `./test --long` writes."""

import os
import time

HEAD = ["| part | what | passed | failed | skipped | minutes | counted | day, commit |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |"]


def write_reliability(document, parts, known, commit):
    """Puts the rows of these parts into the table of docs/reliability.md; other rows stay, so that
    a part can be run again alone. known: run.PARTS."""
    head, rest = document.read_text(encoding="utf-8").split("<!-- long run -->", 1)
    before, tail = rest.split("<!-- end of long run -->", 1)
    rows = {row.split("|")[1].strip(): row for row in before.splitlines()
            if row.startswith("| ") and row not in HEAD}
    for part in parts:
        rows[part.name] = (
            f"| {part.name} | {known[part.name][2]} | {part.passed} | {part.failed} | "
            f"{part.skipped} | {part.seconds / 60:.1f} | {part.note} | "
            f"{time.strftime('%d/%m/%Y')}, {commit} |")
    table = HEAD + [rows[name] for name in known if name in rows]
    kernel = ".".join(os.uname().release.split(".")[:2])
    where = f"On {os.cpu_count() or 2} cores, {os.uname().sysname} {kernel}."
    document.write_text(head + "<!-- long run -->\n\n" + "\n".join([where, ""] + table) +
                        "\n\n<!-- end of long run -->" + tail, encoding="utf-8")
