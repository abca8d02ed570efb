"""The public directory [Điều 11.1]: who is on it, in which order, in which forms, and what never is."""

import csv
import io
import json
import os
import re
from html.parser import HTMLParser

import pytest

from harness.server import DOMAIN, Refused, Server

PEOPLE = """họ và tên,đơn vị,chức vụ,loại,ngày sinh,số CCCD
Trần Văn Bình,stttt,Giám đốc,cán bộ,07/03/1985,027085000001
Lê Thị Ánh,stttt,"<b>""Phó"" & =1+1</b>",công chức,08/03/1985,027085000002
Phạm Văn Ánh,stttt,=HYPERLINK("x"),viên chức,09/03/1985,027085000003
Vũ Đăng,stttt,Lái xe,người lao động,10/03/1985,027085000004
Vũ Dung,stttt,Kế toán,viên chức,11/03/1985,027085000005
Đỗ Văn Em,ttcntt.stttt,Viên chức,viên chức,12/03/1985,027085000006
Hoàng Văn Giang,snv,Chuyên viên,công chức,13/03/1985,027085000007
"""


@pytest.fixture
def body(tmp_path):
    server = Server(tmp_path / "data").init().start()
    server.folder = tmp_path
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.unit("Sở Nội vụ", "snv")
    server.unit("Trung tâm Công nghệ thông tin", "ttcntt", kind="office", parent="stttt")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    server.run("account", "import", tmp_path / "people.csv")
    yield server
    server.close()


class Page(HTMLParser):
    """The rows of all tables, and a check that elements close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.cell, self.lang = [], [], False, None
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        if tag == "html":
            self.lang = dict(attributes).get("lang")
        if tag in ("th", "td"):
            assert tag == "td" or dict(attributes).get("scope") in ("row", "col")
            self.rows[-1].append("")
            self.cell = True
        if tag == "tr":
            self.rows.append([])
        assert tag not in ("script", "iframe", "img", "b")
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] == "p":
            self.open.pop()
        assert self.open.pop() == tag
        self.cell = self.cell and tag not in ("th", "td")

    def handle_data(self, data):
        if self.cell:
            self.rows[-1][-1] += data


def publish(server, *words):
    where = server.folder / "out"
    server.run("directory", "publish", "--to", where, *words)
    return {path.name: path.read_text(encoding="utf-8") for path in where.iterdir()}


# [R064] [Điều 11.1]
def test_names_posts_and_addresses_are_published_in_vietnamese_order(body):
    files = publish(body)
    assert set(files) == {"index.html", "dv-stttt.html", "dv-snv.html", "danh-ba.json", "danh-ba.csv",
                          "danh-ba.vcf"}
    page = Page(files["dv-stttt.html"])
    assert page.lang == "vi"
    names = [row[0] for row in page.rows if row[0] != "Họ và tên"]
    # Given name, then family name; Ă before B, D before Đ, the unit itself first.
    assert names == ["Sở Thông tin và Truyền thông", "Lê Thị Ánh", "Phạm Văn Ánh", "Trần Văn Bình",
                     "Vũ Dung", "Vũ Đăng", "Trung tâm Công nghệ thông tin", "Đỗ Văn Em"]
    assert ["Lê Thị Ánh", '<b>"Phó" & =1+1</b>', f"ltanh.stttt@{DOMAIN}"] in page.rows
    index = files["index.html"]
    assert re.findall(r'href="(dv-[^"]+)"', index) == ["dv-snv.html", "dv-stttt.html"]
    Page(index)


# [R064]
def test_identity_numbers_and_birth_dates_are_in_no_form(body):
    for name, text in publish(body).items():
        assert "0270850" not in text and "1985" not in text, name


# [R064]
def test_json_csv_and_vcards_say_the_same(body):
    files = publish(body)
    entries = [e for unit in json.loads(files["danh-ba.json"])["units"] for e in unit["entries"]]
    people = {(e["name"], e["address"]) for e in entries}
    assert len(entries) == 10
    assert files["danh-ba.csv"].startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(files["danh-ba.csv"].removeprefix("\ufeff"))))
    assert {(row[0], row[3]) for row in rows[1:]} == people
    # A spreadsheet must not take it for a formula.
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    raw = (body.folder / "out" / "danh-ba.vcf").read_bytes()
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    for line in lines:
        line.decode()  # folded between characters
    cards = raw.replace(b"\r\n ", b"").decode().split("END:VCARD\r\n")[:-1]
    assert {(re.search("FN:(.*)\r", c)[1], re.search("EMAIL;TYPE=work:(.*)\r", c)[1])
            for c in cards} == people
    assert any("N:Trần;Bình;Văn;;\r\n" in c and "TITLE:Giám đốc\r\n" in c for c in cards)


# [R064] exceptions by the head's recorded decision; locked and cancelled accounts are not in use
def test_exceptions_locked_and_cancelled_accounts_are_left_out(body):
    with pytest.raises(Refused, match="--document"):
        body.run("directory", "except", "vdung.stttt")
    body.run("directory", "except", "vdung.stttt", "--document", "Số 8/QĐ")
    with pytest.raises(Refused, match="đã được loại"):
        body.run("directory", "except", "vdung.stttt", "--document", "Số 8/QĐ")
    body.run("account", "lock", "tvbinh.stttt", "--ground", "Số 1")
    body.run("account", "close", "pvanh.stttt", "--ground", "Số 2")
    text = publish(body)["danh-ba.csv"]
    assert "Vũ Dung" not in text and "tvbinh" not in text and "pvanh" not in text
    listed = json.loads(body.run("directory", "except", "--json"))
    assert [(e["address"], e["document"]) for e in listed] == [(f"vdung.stttt@{DOMAIN}", "Số 8/QĐ")]
    body.run("directory", "except", "vdung.stttt", "--end")
    assert "Vũ Dung" in publish(body)["danh-ba.csv"]
    acts = body.run("audit", "list")
    assert "directory.except" in acts and "directory.publish" in acts


# [R064] [R085]
def test_a_publication_fills_the_box_of_the_report(body):
    def published(unit):
        report = json.loads(body.run("report", "annual", "--year", "2099", "--unit", unit, "--json"))
        return {u["address"].split("@")[0]: u["directory_published"] for u in report["units"]}
    assert published("stttt") == {"stttt": False, "ttcntt.stttt": False}
    files = publish(body, "--unit", "stttt")
    assert set(files) == {"index.html", "danh-ba.json", "danh-ba.csv", "danh-ba.vcf"}
    assert "Sở Nội vụ" not in "".join(files.values())
    assert re.search(r'<time datetime="20\d\d-', files["index.html"])
    assert published("stttt") == {"stttt": True, "ttcntt.stttt": True}
    assert published("snv") == {"snv": False}


# [R064]
def test_it_works_without_the_server_and_never_leaves_half_a_file(body):
    body.stop()
    publish(body)
    where = body.folder / "out"
    assert not [path for path in where.iterdir() if path.suffix not in (".html", ".json", ".csv", ".vcf")]
    body.start()
    if os.geteuid() != 0:
        where.chmod(0o500)
        with pytest.raises(Refused, match="không ghi được"):
            publish(body)
        where.chmod(0o700)
    (body.folder / "file").write_text("x")
    with pytest.raises(Refused, match="không"):
        body.run("directory", "publish", "--to", body.folder / "file")


# [R064] a page of its own for each unit that sends its own report
def test_units_below_the_province_have_pages_of_their_own(body):
    body.run("unit", "add", "--kind", "province", "--name", "tỉnh Bắc Ninh", "--abbreviation", "bacninh")
    body.run("unit", "add", "--kind", "district", "--name", "huyện Yên Phong", "--parent", "bacninh",
             "--abbreviation", "yp")
    body.run("unit", "add", "--kind", "commune", "--name", "xã Tam Giang", "--parent", "yenphong")
    files = publish(body)
    assert "tamgiang.yenphong@" in files["dv-yenphong.html"]
    assert "yenphong" not in files["dv-bacninh.html"]
    assert len(re.findall("yenphong@", files["danh-ba.csv"])) == 1 + 1
    one = publish(body, "--unit", "bacninh")["index.html"]
    assert "tamgiang.yenphong@" in one and "<h2" in one


# [R064] [Điều 11.1] what a head decides on line is what the next publication leaves out
def test_the_head_decides_over_the_own_unit_in_the_administration(body):
    from test_api import ask
    head = body.person("Lê Thị Hoa")
    body.run("role", "grant", head, "head", "--unit", "stttt", "--document", "Số 7/QĐ")
    status, entries, _ = ask(body, "GET", "/directory?unit=stttt", head)
    assert status == 200 and [e["name"] for e in entries][:2] == ["Sở Thông tin và Truyền thông",
                                                                  "Lê Thị Ánh"]
    assert set(entries[1]) == {"name", "title", "unit", "address", "kind"}
    own, other = f"vdung.stttt@{DOMAIN}", f"hvgiang.snv@{DOMAIN}"
    for address, expected in ((own, 204), (other, 403)):
        status, answer, _ = ask(body, "POST", "/directory/exceptions", head,
                                {"address": address, "document": "Số 8/QĐ"})
        assert status == expected, answer
    assert own not in publish(body)["danh-ba.csv"]
    assert ask(body, "POST", "/directory/exceptions/ends", head, {"address": own})[0] == 204
    assert own in publish(body)["danh-ba.csv"]
