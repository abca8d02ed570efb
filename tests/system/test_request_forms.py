"""The forms of appendix 2 as units send them [Điều 4.2.a]: letters, spreadsheets, our own printed
again, and files that are no form."""

import json
import re
import shutil

import pytest

from harness import forms, office
from harness.requests import GIVEN, addresses, csv, province, refused, row, saved, show, take
from harness.server import DOMAIN
from system.test_api import ask


# ----------------------------------------------------------------------------------------- forms

# [R018] [R091] [R092] [R093] [R102] [R103] [R113] [R114]
def test_a_letter_is_read_whole_and_what_is_said_goes_before(province, tmp_path):
    rows = [[forms.cell("I. Cấp mới", span=8)],
            ["1", "Hà Văn Giấy", "07/03/1985", "Nam", "", "Chuyên viên",
             forms.cell("Sở Nội vụ", merge="restart"), ""],
            ["2", "Hà Thị Mực", "", "", "", "", forms.cell("", merge=""), ""],
            ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"]]
    path = saved(tmp_path, forms.letter(rows, number="15 /SNV-VP"), "to-trinh.docx")
    read = take(province, path, "--check")
    assert (read["id"], read["number"], read["date"], read["place"]) == (0, "15/SNV-VP", "2022-06-15",
                                                                         "Bắc Ninh")
    assert (read["signer"], read["signer_title"]) == ("Nguyễn Văn Hùng", "GIÁM ĐỐC")
    assert read["subject"].startswith("đăng ký cấp mới, tạm khóa")
    assert read["addressee"].startswith("Trung tâm Công nghệ thông tin")
    assert read["basis"].startswith("Căn cứ Quyết định số 06/2022")
    assert read["recipients"].startswith("Nơi nhận: - Như trên;")
    assert [(line["name"], line["act"], line["unit"]) for line in read["lines"]] == [
        ("Hà Văn Giấy", "new", "Sở Nội vụ"), ("Hà Thị Mực", "new", "Sở Nội vụ")]
    said = take(province, path, "--number", "16/SNV", "--date", "2022-06-14", "--signer", "Lê Văn B",
                "--signer-title", "Phó Giám đốc", "--check")
    assert (said["number"], said["date"], said["signer"]) == ("16/SNV", "2022-06-14", "Lê Văn B")
    assert json.loads(province.run("request", "list", "--unit", "snv", "--json")) == \
        [r for r in json.loads(province.run("request", "list", "--json")) if r["unit"] == "snv"]
    assert not [r for r in json.loads(province.run("request", "list", "--json"))
                if r["number"] in ("15/SNV-VP", "16/SNV")]


# [R095] [R096] [R097] [R098] [R099] [R100]
def test_a_spreadsheet_is_read_as_people_fill_it_in(province, tmp_path):
    sheet = forms.xlsx([
        ["SỞ NỘI VỤ"], ["Số: 17/SNV-VP", "", "", "", "", "", "Bắc Ninh, ngày 5 tháng 6 năm 2022"], [],
        ["TT", "HO VA TEN", "Ngày, tháng, năm sinh", "Gioi tinh", "Số CCCD", "Chuc vu", "Don vi",
         "Noi dung de nghi"],
        ["Danh sách cấp mới"],
        [1, "=A|Kiều Văn Tính", forms.Day(31113), "NAM", "999085000011", "Chuyên viên", "SNV", ""],
        [2, "Kiều Văn Sai", "31/02/1990", "Nam", 99908500001, "", "snv", "cấp mới"],
        [3, "Kiều Văn Lạ", "", "", "", "", "Sở Không Có", "cấp mới"],
        [], ["Nơi nhận:", "", "", "", "", "GIÁM ĐỐC"], ["", "", "", "", "", "Trần Văn Ký"],
    ], merged=["A5:H5"])
    read = take(province, saved(tmp_path, sheet, "ds.xlsx"))
    assert (read["number"], read["date"], read["signer"]) == ("17/SNV-VP", "2022-06-05", "Trần Văn Ký")
    first, second, third = read["lines"]
    assert (first["name"], first["sex"], first["identity"], first["finding"]) == (
        "Kiều Văn Tính", "nam", "*********011", None)
    assert 'Dòng 7, cột "Ngày sinh": không có ngày này trong lịch' in second["finding"]
    assert 'Dòng 7, cột "Số CMT/CCCD": thiếu một chữ số' in second["finding"]
    assert third["finding"] == ('Dòng 8, cột "Đơn vị công tác": "Sở Không Có": không có đơn vị này '
                                "trong danh sách")
    province.run("request", "approve", read["id"], "--return-wrong")
    assert show(province, read["id"])["state"] == "decided"


# [R018] [R091] [R092] [R093] [R094] [R095] [R096] [R097] [R098] [R099] [R100] [R101] [R102] [R103] [R104]
# [R105] [R106] [R107] [R108] [R109] [R110] [R111] [R113] [R114]
def test_a_filled_form_comes_out_as_it_went_in_and_is_read_again(make_server, tmp_path):
    server = make_server()
    server.unit("Sở Nội vụ", "snv")
    known = server.person("Kim Văn Cũ", "snv")
    first = ["1", "Kim Thị Vòng", "07/03/1985", "Nữ", "999085000021", "Chuyên viên", "Sở Nội vụ", "Cấp mới"]
    second = ["1", f"{known}: Chức vụ: Chuyên viên", "Phó Trưởng phòng", "từ 01/7"]
    sealed = ["2", f"{known}: số CCCD", "999085000022", ""]
    for header, rows in ((forms.FIRST, [first]), (forms.SECOND, [second, sealed])):
        path = saved(tmp_path, forms.letter(rows, header=header, number=f"{len(rows)}1/SNV-VP"))
        taken = take(server, path)
        printed = tmp_path / "printed.docx"
        server.run("request", "form", taken["id"], "--to", printed)
        assert printed.stat().st_mode & 0o777 == 0o600
        document = office.Document(printed.read_bytes())
        assert [header, *rows] in document.tables
        for expected in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SỞ NỘI VỤ", f"{len(rows)}1/SNV-VP", "V/v đăng ký",
                         "Bắc Ninh, ngày 15 tháng 6 năm 2022", "Kính gửi: Trung tâm Công nghệ thông tin",
                         "Căn cứ Quyết định số 06/2022/QĐ-UBND", "Sở Nội vụ gửi bản danh sách",
                         "Nơi nhận:", "- Như trên", "GIÁM ĐỐC", "(Ký tên, đóng dấu)", "Nguyễn Văn Hùng"):
            assert expected in document.text, expected
        assert ("Ghi chú: Nội dung đề nghị là một trong" in document.text) == (header is forms.FIRST)
        # Read again it is the same document, known by number and date.
        status, said = refused(server, "request", "import", printed, "--unit", "snv")
        assert status == 1 and f"văn bản này đã tiếp nhận: đề nghị số {taken['id']} " in said
        status, said = refused(server, "request", "import", printed, "--unit", "snv", "--number", "99/X")
        assert status == 1 and "danh sách giống hệt" in said
        acts = json.loads(server.run("audit", "list", "--json", "--limit", "1"))
        assert acts[0]["act"] == "request.form"
    blank = tmp_path / "mau.docx"
    server.run("request", "form", "--blank", "2", "--unit", "snv", "--to", blank)
    document = office.Document(blank.read_bytes())
    assert forms.SECOND in [table[0] for table in document.tables] and "Sở Nội vụ gửi" in document.text
    assert refused(server, "request", "form", "--blank", "3", "--to", blank)[0] == 2
    assert refused(server, "request", "form", "--to", blank)[0] == 2
    if shutil.which("soffice"):
        page = "\n".join(office.pages(office.pdf(printed, tmp_path)))
        assert "Phó Trưởng" in page and "Thông tin cần thay đổi" in page


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_what_libreoffice_writes_is_read(province, tmp_path):
    page = ("<html><meta charset=utf-8><table><tr><td>SỞ NỘI VỤ<br>Số: 18/SNV-VP</td><td>Bắc Ninh, ngày "
            "15 tháng 6 năm 2022</td></tr></table><p>Kính gửi: Trung tâm</p><table border=1><tr>"
            + "".join(f"<th>{name}</th>" for name in forms.FIRST) + "</tr><tr>"
            + "".join(f"<td>{text}</td>" for text in row(1, "Lã Văn Phòng", "cấp mới"))
            + "</tr></table><table><tr><td>Nơi nhận:</td><td><p>GIÁM ĐỐC</p><p>(Đã ký)</p>"
            "<p>Nguyễn Văn Hùng</p></td></tr></table></html>")
    document = forms.converted(saved(tmp_path, page, "a.html"), "docx:MS Word 2007 XML", tmp_path)
    read = take(province, document, "--check")
    assert (read["number"], read["date"], read["signer"]) == ("18/SNV-VP", "2022-06-15",
                                                              "Nguyễn Văn Hùng")
    assert [line["address"] for line in read["lines"]] == [f"lvphong.snv@{DOMAIN}"]
    table = ",".join(forms.FIRST) + "\n" + ",".join(row(1, "Lã Văn Phòng", "cấp mới")) + "\n"
    sheet = forms.converted(saved(tmp_path, table, "b.csv"), "xlsx", tmp_path,
                            "--infilter=CSV:44,34,76,1")
    read = take(province, sheet, "--number", "20/SNV", *GIVEN[2:], "--check")
    assert [line["address"] for line in read["lines"]] == [f"lvphong.snv@{DOMAIN}"]


# [R104] [R105] [R106] [R107] [R108] [R109] [R110] [R111]
def test_a_move_and_a_new_name_keep_the_mailbox_and_the_old_address(province, tmp_path):
    moved, renamed = province.person("Mai Thị Chuyển", "stc"), province.person("Mai Thị Đổi", "stc")
    rows = [["1", f"{moved}: Đơn vị công tác: Sở Tài chính", "Sở Nội vụ", "từ 01/7"],
            ["2", f"{renamed}: Họ và tên: Mai Thị Đổi", "Mai Thị Thay", ""],
            ["3", f"{renamed}: chức vụ và số điện thoại di động, đơn vị", "x", ""]]
    path = saved(tmp_path, forms.letter(rows, header=forms.SECOND, number="19/STC"), "doi.docx")
    read = take(province, path, unit="stc")
    assert [line["address"] for line in read["lines"]] == [f"mtchuyen.snv@{DOMAIN}",
                                                           f"mtthay.stc@{DOMAIN}", None]
    assert "nhiều mục" in read["lines"][2]["finding"]
    province.run("request", "approve", read["id"], "--line", "1,2")
    there = addresses(province, "snv")[f"mtchuyen.snv@{DOMAIN}"]
    assert there["aliases"] == [moved] and there["name"] == "Mai Thị Chuyển"
    assert addresses(province, "stc")[f"mtthay.stc@{DOMAIN}"]["aliases"] == [renamed]
    # Whoever has the old address signs in with it for as long as it lives.
    status, answer, _ = ask(province, "GET", "/own", moved)
    assert status == 200 and answer["address"] == f"mtchuyen.snv@{DOMAIN}"
    province.run("request", "reject", read["id"], "--line=3", "--reason", "mỗi mục một dòng")


# ----------------------------------------------------------------------------------- bad input

def bomb():
    return forms.package({"_rels/.rels": forms.relationships(("officeDocument", "xl/workbook.xml")),
                          "xl/workbook.xml": " " * (300 << 20)})


HOSTILE = {
    "not a table": (b"\x00\x01\x02", "không phải văn bản UTF-8"),
    "another table": (b"a,b\n1,2\n", "không thấy bảng theo Biểu mẫu 1"),
    "old kind": (b"\xd0\xcf\x11\xe0" + bytes(600), ".xls, .doc kiểu cũ"),
    "pdf": (b"%PDF-1.7\n", "tệp PDF không đọc được"),
    "entity": (forms.package({
        "_rels/.rels": forms.relationships(("officeDocument", "word/document.xml")),
        "word/document.xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'}), ""),
    "macros": (forms.package({
        "_rels/.rels": forms.relationships(("officeDocument", "word/document.xml")),
        "word/vbaProject.bin": "x", "word/document.xml": "<x/>"}), "macro"),
    "cut": (forms.docx(forms.table([forms.FIRST]))[:-40], ""),
    "no column": (csv([["1", "A B", "snv"]], ["STT", "Họ và tên", "Đơn vị công tác"]).encode(),
                  'thiếu cột "Nội dung đề nghị"'),
    "no line": (csv([]).encode(), "không có dòng nào"),
    "too many": (csv([row(i, "A B", "cấp mới") for i in range(10001)]).encode(), "tối đa 10000 dòng"),
    "too large": (b"x" * (9 << 20), "tệp lớn hơn 8 MB"),
}


@pytest.mark.parametrize("kind", [*HOSTILE, "bomb"])
def test_what_is_no_form_is_refused_with_the_reason_and_leaves_nothing(province, tmp_path, kind):
    content, reason = HOSTILE.get(kind) or (bomb(), "")
    before = province.run("request", "list", "--json")
    status, said = refused(province, "request", "import", saved(tmp_path, content), "--unit", "snv", *GIVEN)
    assert status == 1 and reason in said and "congvu: " in said
    assert re.search("[ạảấầậắặẹếệịọộợụứựđ]", said)
    assert province.run("request", "list", "--json") == before
