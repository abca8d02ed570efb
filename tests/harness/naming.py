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


# --------------------------------------------------------------------------------------- units

PLACES = ("thành phố", "thị xã", "huyện", "quận", "xã", "phường", "thị trấn", "tỉnh")


def unit_words(name):
    """Signs separate as blanks do: "Văn hóa, Thể thao", "Lao động - Thương binh"."""
    return words("".join(" " if c in ",.;/&-" else c for c in name))


def place(name):
    """A place's words without its kind, nor the body that governs it [Điều 3.1.b, 3.1.c]."""
    name = unicodedata.normalize("NFC", name).lower().removeprefix("ubnd").strip()
    kind = next((kind for kind in PLACES if name.startswith(kind + " ")), "")
    return unit_words(name.removeprefix(kind))


def initials(name):
    """[Điều 3.1.a] as mission section 2 reads it: the letters of all words but "và"."""
    kept = [part for part in unicodedata.normalize("NFC", name).lower().split() if part != "và"]
    return "".join(w[0] for w in unit_words(" ".join(kept)))


def unit(kind, name, parent=None, abbreviation=""):
    """(address, abbreviation, suffix of its people); parent is such a triple [Điều 3.1]."""
    if kind == "department":
        short = abbreviation or initials(name)
        return short, short, short
    if kind == "office":  # [Điều 3.1.d]: abbreviations of both levels
        short = abbreviation or initials(name)
        return f"{short}.{parent[1]}", short, parent[2]
    joined, letters = "".join(place(name)), "".join(w[0] for w in place(name))
    if kind == "district":
        short = abbreviation or letters
        return ("tpbacninh" if joined == "bacninh" else joined), short, short
    if kind == "commune":  # [Điều 3.1.c]
        address = f"{joined}.{parent[0]}"
        return address, abbreviation or letters, address
    assert kind == "other", kind  # [Điều 3.1.e]: as agreed
    return abbreviation, abbreviation or initials(name), abbreviation
