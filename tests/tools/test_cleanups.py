"""What is cleaned up by itself at the end of a function is made before the function can end: a Buffer or
a parser that a `return` leaves before it was made would free what happens to lie on the stack."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DECLARED = re.compile(r"\bg_auto\((\w+)\) (\w+);")


def left_unmade(text):
    """(line, name) of each g_auto without a value that a return may leave before it is touched."""
    found = []
    for match in DECLARED.finditer(text):
        body = text[match.end():]
        end = body.find("\n}\n")
        body = body[:end if end >= 0 else len(body)]
        made = re.search(rf"&{match[2]}\b", body)
        left = re.search(r"\breturn\b", body)
        if left and (made is None or left.start() < made.start()):
            found.append((text.count("\n", 0, match.start()) + 1, match[2]))
    return found


def test_no_return_comes_before_what_is_cleaned_up_is_made():
    found = [f"{path.relative_to(ROOT)}:{line}: {name}" for path in sorted(ROOT.glob("src/**/*.c"))
             for line, name in left_unmade(path.read_text("utf-8"))]
    assert not found, found


def test_the_pattern_finds_what_it_is_for():
    bad = "f() {\n    g_auto(Buffer) b;\n    if (x)\n        return;\n    buffer_init(&b, 1);\n}\n"
    assert left_unmade(bad) == [(2, "b")]
    assert not left_unmade(bad.replace(" b;", " b = {0};"))
    assert not left_unmade(bad.replace("    if (x)\n        return;\n", ""))
