"""Which address a person gets [Điều 3.2]: recomputed, for every way of writing a name, in a race."""

import csv
import itertools
import json
import re
import subprocess
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.commands import call
from harness.naming import person
from harness.server import DOMAIN, ROOT



@pytest.fixture(scope="module")
def registry(shared_office):
    """The office with the real units of the province beside it."""
    for name in ("bacninh-units-2022.csv", "bacninh-departments-2022.csv"):
        shared_office.run("unit", "import", ROOT / "demo" / name, "--agreement", "Số 1/TT")
    return shared_office


def propose(server, name, *more, unit="stttt"):
    status, out, err = call(server, "address", "propose", "--unit", unit, "--person", name, *more)
    return out.strip() if status == 0 else (status, err)


def create(server, name, unit="stttt"):
    status, out, err = call(server, "account", "create", "--unit", unit, "--person", name,
                            "--no-password")
    assert status == 0, (name, unit, err)
    return out.strip()


# ------------------------------------------------------------------------------------- spellings

SPELLINGS = {
    "composed": "Đặng Thị Ước",
    "decomposed": unicodedata.normalize("NFD", "Đặng Thị Ước"),
    "mixed": "Đặng " + unicodedata.normalize("NFD", "Thị") + " Ước",
    "capitals": "ĐẶNG THỊ ƯỚC",
    "small": "đặng thị ước",
    "spaces": "  Đặng   Thị\tƯớc ",
    "no-break spaces": "\u00a0Đặng\u00a0Thị\u2007Ước",
    "line end": "Đặng Thị Ước\r\n",
    "zero width": "\ufeffĐặ\u200bng Th\u200dị Ước\u200e",
    "soft hyphen": "Đặng Thị Ư\u00adớc",
    "eth for Đ": "\u00d0ặng Thị Ước",
    "African d for Đ": "\u0189ặng Thị Ước",
    "full width": "Đặng Ｔｈị Ước",
    "mark order": "Đa\u0306\u0323ng Thị Ước",
    "other mark order": "Đa\u0323\u0306ng Thị Ước",
}


# [Điều 3.2.a] [R013]
@pytest.mark.parametrize("name", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_of_a_name_gives_the_same_address(registry, name):
    assert propose(registry, name) == f"dtuoc.stttt@{DOMAIN}"


@pytest.mark.parametrize(("name", "local"), [
    ("Lý", "ly"),
    ("Nguyễn Hoàng Bảo Minh Anh Thư Quỳnh Trang", "nhbmatqtrang"),
    ("H'Hen Niê", "hnie"), ("H’Hen Niê", "hnie"), ("Hʼ Hen Niê", "hhnie"),
    ("Y-Moan Ênuôl", "yenuol"), ("Trần-Lê Văn Đức", "tvduc"),
    ("Nguyễn Thị D'Aria", "ntdaria"),
    ("Ôn Ỷ Ở", "oyo"), ("Vũ Đình Đỗ", "vddo"),
])
def test_short_long_and_joined_names(registry, name, local):
    assert propose(registry, name) == f"{local}.stttt@{DOMAIN}"


def test_the_given_name_may_be_another_word_than_the_last(registry):
    assert propose(registry, "Y Khoa Niê", "--given", "Khoa") == f"ynkhoa.stttt@{DOMAIN}"
    status, said = propose(registry, "Y Khoa Niê", "--given", "Minh")
    assert status == 1 and "không phải một từ trong họ và tên" in said


@pytest.mark.parametrize(("name", "why"), [
    ("", "tên trống"), ("   ", "tên trống"), ("\u200b\u00a0", "tên trống"),
    ("Trần Văn Anh 2", "chữ số"), ("Trần Văn Anh²", "chữ số"),
    ("Trần Văn (Anh)", "dấu, ký hiệu"), ("Trần Văn Anh, Bình", "dấu, ký hiệu"),
    ("tvanh@bacninh.gov.vn", "dấu, ký hiệu"), ("Trần - Văn", "dấu, ký hiệu"),
    ("Трần Văn Anh", "chữ Latinh"), ("陳文英", "chữ Latinh"), ("Trần Văn Аnh", "chữ Latinh"),
    ("Trần\x01Văn", "ký tự điều khiển"),
    ("A" * 600, "quá dài"), ("A " * 40, "quá dài"), ("Nguyễn " + "a" * 70, "dài quá 64"),
])
def test_what_is_no_name_is_refused_in_vietnamese_with_the_article(registry, name, why):
    status, said = propose(registry, name)
    assert status == 1
    assert why in said and re.search(r"Điều 3\b", said), said
    assert "\x01" not in said


def test_bytes_that_are_no_text_are_refused(registry):
    done = subprocess.run([registry.program, "--data", registry.data, "address", "propose", "--unit",
                           "stttt", "--person", b"Tr\xff\xfen Anh"], capture_output=True, timeout=30,
                          check=False)
    assert done.returncode == 1 and "UTF-8" in done.stderr.decode()


# ------------------------------------------------------------------------- against a second opinion

def some_people(count):
    """Names of many families and few given names in a few units, so that many are namesakes."""
    with open(ROOT / "tests" / "data" / "people.csv", encoding="utf-8", newline="") as rows:
        names = [row["full_name"] for row in csv.DictReader(rows)]
    units = ["stttt", "snv", "yp", "tamgiang.yenphong", "tpbacninh", "kinhbac.tpbacninh", "stc"]
    return list(itertools.islice(zip(names, itertools.cycle(units)), count))


def keys(server):
    """Units by their address name, abbreviation or code."""
    units = json.loads(server.run("unit", "list", "--json"))
    found = {u["code"]: u for u in units} | {u["abbreviation"]: u for u in units}
    return found | {u["address"].split("@")[0]: u for u in units}


# [Điều 3.2.b]
def test_thousands_of_people_get_the_addresses_that_a_second_reading_gives(make_server):
    server = make_server()
    for name in ("bacninh-units-2022.csv", "bacninh-departments-2022.csv"):
        server.run("unit", "import", ROOT / "demo" / name, "--agreement", "Số 1/TT")
    people = some_people(3000)
    by_key = keys(server)
    units = json.loads(server.run("unit", "list", "--json"))
    taken = {u["address"].split("@")[0] for u in units} | {"postmaster", "abuse"}
    expected = {}
    for name, key in people:
        local = person(name, by_key[key]["suffix"], taken)
        taken.add(local)
        expected.setdefault((name, key), []).append(f"{local}@{DOMAIN}")

    def give(unit):  # one after the other in a unit, so that the numbers are foreseeable
        return [(name, key, create(server, name, by_key[key]["address"]))
                for name, key in people if by_key[key]["address"] == unit]

    with ThreadPoolExecutor(12) as pool:
        given = [one for some in pool.map(give, {by_key[key]["address"] for _, key in people})
                 for one in some]
    got = {}
    for name, key, address in given:
        got.setdefault((name, key), []).append(address)
    assert got == expected
    listed = json.loads(server.run("account", "list", "--json"))
    assert len({a["address"] for a in listed}) == len(listed) >= len(people) + len(units)


# [Điều 3.2.b] [R014]
def test_fifty_requests_for_one_name_at_the_same_moment_get_fifty_numbers(registry):
    """Some are closed meanwhile: their addresses stay taken."""
    closed = create(registry, "Lê Thị Hoa", "snv")
    registry.run("account", "close", closed, "--ground", "Số 1")

    def one(_):
        return subprocess.run(
            [registry.program, "--data", registry.data, "account", "create", "--unit", "snv",
             "--person", "Lê Thị Hoa", "--no-password"], capture_output=True, text=True, timeout=120,
            check=True).stdout.strip()
    with ThreadPoolExecutor(50) as pool:
        given = sorted(pool.map(one, range(50)))
    assert closed == f"lthoa.snv@{DOMAIN}"
    assert given == sorted(f"lthoa{n}.snv@{DOMAIN}" for n in range(1, 51))
    for address in given[::7]:
        registry.run("account", "close", address, "--ground", "Số 2")
    with ThreadPoolExecutor(10) as pool:
        later = sorted(pool.map(one, range(10)))
    assert later == sorted(f"lthoa{n}.snv@{DOMAIN}" for n in range(51, 61))


def test_processes_without_a_server_also_share_the_numbers(make_server):
    server = make_server(start=False)
    server.unit("Sở Nội vụ", "snv")

    def one(_):
        return server.run("account", "create", "--unit", "snv", "--person", "Lê Thị Hoa",
                          "--no-password", timeout=120).strip()
    with ThreadPoolExecutor(4) as pool:
        given = sorted(pool.map(one, range(6)))
    assert given == sorted([f"lthoa.snv@{DOMAIN}"] + [f"lthoa{n}.snv@{DOMAIN}" for n in range(1, 6)])


# ------------------------------------------------------------------------------ never given twice

# [Điều 3.1.e] [R012]
def test_an_address_is_never_given_twice_in_history(registry):
    first = create(registry, "Bùi Văn Cảnh")
    registry.run("account", "close", first, "--ground", "Số 3")
    second = create(registry, "Bùi Văn Cảnh")
    assert (first, second) == (f"bvcanh.stttt@{DOMAIN}", f"bvcanh1.stttt@{DOMAIN}")
    alias = f"bvcanh2.stttt@{DOMAIN}"
    registry.run("account", "alias", second, "--add", alias)
    registry.run("account", "alias", second, "--remove", alias)
    third = create(registry, "Bùi Văn Cảnh")
    assert third == f"bvcanh3.stttt@{DOMAIN}"
    for words in (["account", "alias", third, "--add", alias],
                  ["account", "alias", third, "--add", first.upper()],
                  ["unit", "add", "--kind", "other", "--name", "Hội", "--address", alias.split("@")[0],
                   "--agreement", "Số 4"]):
        status, _, said = call(registry, *words)
        assert status == 1 and "đã được cấp" in said, (words, said)
    registry.run("account", "alias", second, "--add", alias)  # its own again
    status, _, said = call(registry, "account", "unlock", first, "--ground", "Số 5")
    assert status == 1 and "closed" in said


# [Điều 3.1.e]
def test_a_renamed_unit_keeps_its_address_and_the_name_is_not_given_to_another(registry):
    registry.run("unit", "add", "--kind", "commune", "--name", "xã Hòa Tiến Mới", "--parent",
                 "yenphong")
    address = f"hoatienmoi.yenphong@{DOMAIN}"
    registry.run("unit", "rename", address, "--name", "xã Tân Hòa")
    assert json.loads(registry.run("unit", "show", address, "--json"))["name"] == "xã Tân Hòa"
    status, _, said = call(registry, "unit", "add", "--kind", "commune", "--name", "xã Hòa Tiến Mới",
                           "--parent", "yenphong")
    assert status == 1 and "đã được cấp" in said
