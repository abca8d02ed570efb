"""Điều 3 of the regulation, written a second time and from the text alone, to hold the program's
addresses against."""

import unicodedata

# Letters that Unicode does not take apart and that look like Đ.
LOOK_ALIKES = {"đ": "d", "ð": "d", "ɖ": "d"}
APOSTROPHES = "'’‘ʼ`´-‐‑"


def plain(word):
    """Small letters without marks; apostrophes and hyphens fall away [Điều 3.1.a]."""
    out = ""
    for c in unicodedata.normalize("NFD", word.lower()):
        if unicodedata.combining(c) or c in APOSTROPHES or unicodedata.category(c) == "Cf":
            continue
        c = LOOK_ALIKES.get(c, c)
        assert "a" <= c <= "z", f"{c!r} in {word!r}"
        out += c
    return out


def words(name):
    return [w for w in (plain(part) for part in name.split()) if w]


def person(name, suffix, taken):
    """[Điều 3.2.a], and where it is taken [Điều 3.2.b] the lowest free number behind the name."""
    *before, given = words(name)
    stem = "".join(w[0] for w in before) + given
    local, number = f"{stem}.{suffix}", 0
    while local in taken:
        number += 1
        local = f"{stem}{number}.{suffix}"
    return local
