"""The documents as pages: LibreOffice opens and prints each, Poppler reads what stands where on the
page. In ./test --long (part "documents"): the word processor is 300 MB of packages."""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import openpyxl
import pytest

from harness.office import pages, pdf
from harness.server import ROOT, Server, program

MM = 72 / 25.4
WIDTH, HEIGHT = 210 * MM, 297 * MM


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """{number of the letter: its PDF} of the letters that the unit test makes."""
    folder = tmp_path_factory.mktemp("letters")
    subprocess.run([program().parent / "test_casework_letter"], check=True, capture_output=True,
                   timeout=120, env={**os.environ, "CV_DOCUMENTS": str(folder),
                                     "CV_SOURCE_ROOT": str(ROOT)})
    return {int(made.stem[-2:]): pdf(made, folder) for made in sorted(folder.glob("*.docx"))}


def words_of(made, page=1):
    """(left, top, right, bottom, word) in points, of one page."""
    xml = subprocess.run(["pdftotext", "-bbox", "-f", str(page), "-l", str(page), made, "-"],
                         check=True, capture_output=True, text=True, timeout=60).stdout
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", xml))
    return [(*(float(w.get(k)) for k in ("xMin", "yMin", "xMax", "yMax")), w.text)
            for w in root.iter("{http://www.w3.org/1999/xhtml}word")]


def find(words, phrase):
    """Where a phrase stands: (left, top, right, bottom)."""
    wanted = phrase.split()
    for i in range(len(words) - len(wanted) + 1):
        run = words[i:i + len(wanted)]
        if [w[4] for w in run] == wanted:
            return min(w[0] for w in run), run[0][1], max(w[2] for w in run), run[-1][3]
    raise AssertionError(f"{phrase!r} is not on the page: {' '.join(w[4] for w in words)}")


REPLY, OPEN, LONG, SLIPS, STOP, WARNING, INCIDENT = range(1, 8)


# [R021] Nghị định 30/2020/NĐ-CP, appendix I
def test_letters_keep_the_margins_and_stand_where_they_should(letters):
    for number in (REPLY, STOP, WARNING, INCIDENT):
        words = words_of(letters[number])
        assert min(w[0] for w in words) >= 20 * MM, number
        assert max(w[2] for w in words) <= WIDTH - 14 * MM, number
        assert min(w[1] for w in words) >= 19 * MM and max(w[3] for w in words) <= HEIGHT - 19 * MM
        nation = find(words, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
        motto = find(words, "Độc lập - Tự do - Hạnh phúc")
        issuer = find(words, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG")
        # Two columns side by side, the motto centred under the name of the country.
        assert abs(nation[1] - issuer[1]) < 1 and issuer[2] < nation[0]
        assert abs((nation[0] + nation[2]) - (motto[0] + motto[2])) < 2
        assert 0 < motto[1] - nation[1] < 20
        place = find(words, "Bắc Ninh, ngày")
        number_line = find(words, "Số:")
        assert abs(place[1] - number_line[1]) < 2
        receivers, title = find(words, "Nơi nhận:"), find(words, "GIÁM ĐỐC")
        assert receivers[0] < WIDTH / 2 < title[0] and abs(receivers[1] - title[1]) < 3


def test_the_font_is_the_one_that_the_decree_names(letters):
    said = subprocess.run(["pdffonts", letters[REPLY]], check=True, capture_output=True, text=True,
                          timeout=60).stdout
    names = {line.split()[0].split("+")[-1] for line in said.splitlines()[2:]}
    assert names and all(name.startswith(("LiberationSerif", "TimesNewRoman")) for name in names)


# [R021]
def test_a_long_reply_repeats_its_heading_and_numbers_its_pages(letters):
    sides = pages(letters[LONG])
    assert len(sides) > 10
    assert "Họ và tên" in sides[0]
    for number, side in enumerate(sides[1:], 2):
        assert side.split()[0] == str(number)
        if re.search(r"^ *\d+ +Trần Văn Anh", side, re.M):
            assert "Họ và tên" in side and "Kết quả" in side
    assert sides[0].split()[0] != "1"
    rows = [int(n) for side in sides for n in re.findall(r"^ *(\d+) +(?:Trần Văn Anh|Người Cuối)", side, re.M)]
    assert rows == list(range(1, 1001))


def test_a_signature_never_stands_alone_on_its_page(letters):
    for number in (REPLY, LONG, STOP, WARNING, INCIDENT):
        last = pages(letters[number])[-1]
        assert "./." in last and "Nơi nhận:" in last, (number, last)


# [Điều 5.2]
def test_each_slip_is_one_sheet_with_one_person_and_no_number(letters):
    sides = pages(letters[SLIPS])
    assert len(sides) == 2
    assert "Trần Văn Anh" in sides[0] and "Kx7#mPq2" in sides[0] and "Bình" not in sides[0]
    assert "Lê Thị Bình" in sides[1] and "Kx7#mPq2" not in sides[1]
    assert sides[1].split()[0] != "2"


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    folder = tmp_path_factory.mktemp("body")
    server = Server(folder / "data").init()
    server.folder = folder
    server.run("unit", "import", ROOT / "demo" / "bacninh-departments-2022.csv", "--agreement", "Số 1/TT")
    server.person("Trần Văn Anh")
    yield server
    server.close()


# [R079] [R080] [R081] [R082] [R083] [R084] [R085] [R086] [R087] [R088] [R089] [R090]
def test_the_report_has_every_field_of_appendix_1_on_its_page(body):
    where = body.folder / "bao-cao.docx"
    body.run("report", "annual", "--year", "2099", "--unit", "stttt", "--date", "2099-11-05", "--number",
             "7", "--sign", "BC-STTTT", "--to", where)
    sides = pages(pdf(where, body.folder))
    text = re.sub(r"\s+", " ", " ".join(sides))
    for field in ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                  "Độc lập - Tự do - Hạnh phúc", "Số: 07/BC-STTTT",
                  "Bắc Ninh, ngày 05 tháng 11 năm 2099", "BÁO CÁO",
                  "Tình hình Quản lý và sử dụng hệ thống thư điện tử công vụ tỉnh Bắc Ninh",
                  "đã được cấp phát tài khoản thư điện tử công vụ: 1/1. Đạt tỷ lệ: 100,00%",
                  "Tỷ lệ CBCCVC thường xuyên sử dụng hệ thống thư điện tử trong công việc:",
                  "☐ Đã thực hiện", "☒ Chưa thực hiện", "2. Tồn tại, vướng mắc",
                  "3. Đề xuất, kiến nghị",
                  "- Cấp mới, thay đổi thông tin, tạm khóa và hủy bỏ tài khoản thư điện tử công vụ.",
                  "- Các đề xuất, kiến nghị khác.", "Nơi nhận:", "THỦ TRƯỞNG ĐƠN VỊ",
                  "(Ký tên, đóng dấu)"):
        assert field in text, field
    assert "Các đề xuất, kiến nghị khác" in [s for s in sides if "Nơi nhận" in s][0]


# [R061] [Điều 10.2.e]
def test_the_report_of_everything_repeats_the_heading_of_its_table(body):
    where = body.folder / "tinh.docx"
    body.run("report", "annual", "--year", "2099", "--to", where)
    sides = pages(pdf(where, body.folder))
    tables = [side for side in sides if re.search(r"^ *\d+ .*\d+/\d+", side, re.M)]
    assert len(tables) > 1 and all("STT" in side for side in tables)


# [R066]
def test_the_workbook_opens_in_a_reader_that_nobody_here_wrote(body):
    where = body.folder / "tinh.xlsx"
    body.run("report", "annual", "--year", "2099", "--to", where)
    book = openpyxl.load_workbook(where)
    assert book.sheetnames == ["Tổng hợp", "Người và tài khoản", "Sự cố"]
    sheet = book["Tổng hợp"]
    assert sheet.freeze_panes == "A2" and sheet.print_title_rows == "$1:$1"
    assert sheet.cell(1, 2).value == "Cơ quan, đơn vị"
    incidents = book["Sự cố"]
    assert incidents.freeze_panes == "A2" and incidents.cell(1, 2).value.startswith("phát tán")
    last = [cell.value for cell in sheet[sheet.max_row]]
    assert last[1:5] == ["Toàn hệ thống", 1, 1, 1] and sheet.cell(sheet.max_row, 5).number_format == "0.00%"
