"""The real units and 20,000 people: every address that the program gives is the one that a second
reading of Điều 3 gives (tests/harness/naming.py), whatever came before it."""

import csv
import json
import unicodedata

import pytest

from harness import naming
from harness.server import DOMAIN, ROOT

UNITS = ROOT / "demo" / "bacninh-units-2022.csv"
DEPARTMENTS = ROOT / "demo" / "bacninh-departments-2022.csv"
PEOPLE = ROOT / "tests" / "data" / "people.csv"
KINDS = {"thành phố": "district", "thị xã": "district", "huyện": "district", "xã": "commune",
         "phường": "commune", "thị trấn": "commune"}


def rows_of(file):
    with open(file, encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def second_reading():
    """{key of the table: (address, abbreviation, suffix)}; keys are codes and abbreviations. Two bodies
    are "td": the district's stands under its address too."""
    units = {}
    for row in rows_of(UNITS):
        if row["type"] == "tỉnh":
            continue
        units[row["code"]] = naming.unit(KINDS[row["type"]], f"{row['type']} {row['name']}",
                                         units.get(row["parent_code"]))
    for row in rows_of(DEPARTMENTS):
        kind = {"3.1.a": "department", "3.1.b": "district"}.get(row["address_rule"].split()[0], "other")
        unit = naming.unit(kind, row["name"], abbreviation=row["abbrev"])
        units[unit[0]] = unit
        units.setdefault(row["abbrev"], unit)
    return units


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """The whole body, imported into a system that is not running."""
    from harness.server import Server
    server = Server(tmp_path_factory.mktemp("body") / "data").init()
    server.run("unit", "import", UNITS)
    server.run("unit", "import", DEPARTMENTS, "--agreement", "Số 1/TT")
    server.unit("Sở Ngoại vụ", "sngv")
    yield server
    server.close()


# [Điều 3.1] [R005] [R006] [R007] [R008] [R009]
def test_every_unit_has_the_address_and_abbreviation_of_a_second_reading(body):
    listed = json.loads(body.run("unit", "list", "--json"))
    given = {u["address"].split("@")[0]: (u["abbreviation"], u["suffix"]) for u in listed
             if u["kind"] != "province"}
    expected = {address: (short, suffix) for address, short, suffix in second_reading().values()}
    expected["sngv"] = ("sngv", "sngv")
    assert given == expected and len(given) == 188
    assert given["tpbacninh"] == ("bn", "bn") and given["tamgiang.yenphong"][1] == "tamgiang.yenphong"


def people_expected(people, by_key, taken):
    expected = []
    for name, key in people:
        local = naming.person(name, by_key[key][2], taken)
        taken.add(local)
        expected.append(f"{local}@{DOMAIN}")
    return expected


# [Điều 3.2] [R013]
def test_20500_people_get_the_addresses_of_a_second_reading(body):
    people = [(row["full_name"], row["unit"]) for row in rows_of(PEOPLE)]
    assert len(people) > 20000
    by_key = second_reading() | {"sngv": ("sngv", "sngv", "sngv")}
    taken = {address for address, _, _ in by_key.values()} | {"postmaster", "abuse", "bn"}
    expected = people_expected(people, by_key, taken)
    result = json.loads(body.run("account", "import", PEOPLE, "--json", timeout=300))
    assert (result["added"], result["present"]) == (len(people), 0)
    assert [row["address"] for row in result["rows"]] == expected
    assert len(set(expected)) == len(expected)

    again = json.loads(body.run("account", "import", PEOPLE, "--json", timeout=300))
    assert (again["added"], again["present"]) == (0, len(people))
    assert [row["address"] for row in again["rows"]] == expected
    listed = json.loads(body.run("account", "list", "--json"))
    assert set(expected) <= {a["address"] for a in listed}
    assert len(listed) == len(people) + 189 + 1  # the units, postmaster


# [Điều 3.1.a]
@pytest.mark.parametrize(("name", "abbreviation"), [
    ("Sở Thông tin và Truyền thông", "stttt"), ("Sở Văn hóa, Thể thao và Du lịch", "svhttdl"),
    ("Sở Lao động - Thương binh và Xã hội", "sldtbxh"), ("Ban Quản lý các khu công nghiệp", "bqlckcn"),
    ("SỞ  KẾ HOẠCH VÀ ĐẦU TƯ", "skhdt"), (unicodedata.normalize("NFD", "Sở Ðịa chính"), "sdc"),
    ("Văn phòng UBND tỉnh", "vput"), ("Sở Y tế\u200b", "syt"), ("Sở Vạn Và", "sv")])
def test_a_new_department_is_proposed_the_letters_of_its_words(body, name, abbreviation):
    proposal = json.loads(body.run("address", "propose", "--kind", "department", "--name", name,
                                   "--json", data=False))
    assert proposal["address"] == f"{abbreviation}@{DOMAIN}" and proposal["article"] == "Điều 3.1.a"
    assert naming.initials(name.replace("Ð", "Đ")) == abbreviation


# [Điều 3.1.d] [R010]
def test_an_office_is_named_by_the_abbreviations_of_both_levels(body):
    for name, parent, short, address in (
            ("Phòng Nội vụ", "tpbacninh", [], "pnv.bn"), ("Phòng Nội vụ", "yenphong", [], "pnv.yp"),
            ("Trung tâm Công nghệ thông tin và Truyền thông", "stttt", ["--abbreviation", "ttcnttt"],
             "ttcnttt.stttt"),
            ("Phòng Giáo dục và Đào tạo", "quevo", [], "pgddt.qv")):
        said = body.run("unit", "add", "--kind", "office", "--name", name, "--parent", parent, *short)
        assert f" {address}@{DOMAIN} " in said, said
        person = body.run("account", "create", "--unit", address, "--person", "Vũ Thị Xuyến Chi",
                          "--no-password").strip()
        assert person == f"vtxchi.{address.split('.')[1]}@{DOMAIN}"
