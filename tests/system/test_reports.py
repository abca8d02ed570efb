"""The yearly report [Điều 11.2, 10.2.e, Phụ lục 1]: its figures are those of a second counting, its
document has every field of the appendix, and what nobody recorded is never made up."""

import base64
import csv
import email
import email.policy
import io
import json
import re

import pytest

from harness import mail
from harness.office import Document, sheets
from harness.server import DOMAIN, Refused, Server

PEOPLE = """họ và tên,đơn vị,chức vụ,loại,ngày sinh,số CCCD
Trần Văn Anh,stttt,Giám đốc,cán bộ,07/03/1985,027085000001
Lê Thị Bình,stttt,Chuyên viên,công chức,08/03/1985,027085000002
Phạm Văn Cường,stttt,Kế toán,viên chức,09/03/1985,027085000003
Vũ Thị Dung,stttt,Lái xe,người lao động,10/03/1985,027085000004
Đỗ Văn Em,ttcntt.stttt,Viên chức,viên chức,11/03/1985,027085000005
Hoàng Văn Giang,yp,Chuyên viên,công chức,12/03/1985,027085000006
Ngô Thị Hà,tamgiang.yenphong,Công chức,công chức,13/03/1985,027085000007
"""


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    server = Server(folder / "data").init().start()
    server.folder = folder
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.unit("Sở Nội vụ", "snv")
    server.unit("Trung tâm Công nghệ thông tin", "ttcntt", kind="office", parent="stttt")
    server.unit("huyện Yên Phong", "yp", kind="district")
    server.run("unit", "add", "--kind", "commune", "--name", "xã Tam Giang", "--parent", "yenphong")
    table = folder / "people.csv"
    table.write_text(PEOPLE, encoding="utf-8")
    server.run("account", "import", table)
    server.run("account", "lock", "ltbinh.stttt", "--ground", "Số 1")
    server.run("account", "close", "pvcuong.stttt", "--ground", "Số 2")
    yield server
    server.close()


def report(server, *words):
    return json.loads(server.run("report", "annual", "--year", "2099", *words, "--json"))


# [R083] [R115] [Điều 11.2]
def test_the_first_line_counts_people_who_hold_an_account_over_the_staff(body):
    figures = report(body, "--unit", "stttt")["figures"]
    # Five people; the account of one was cancelled: he is no longer of the staff. Locked ones count.
    assert (figures["staff"], figures["holders"], figures["locked"]) == (4, 4, 1)
    # Line 1.2 leaves out người lao động.
    assert (figures["officials"], figures["official_holders"]) == (3, 3)
    assert figures["unit_accounts"] == 2
    everything = report(body)["figures"]
    assert (everything["staff"], everything["officials"]) == (6, 5)


# [R083]
def test_every_figure_can_be_traced_to_its_accounts(body):
    everything = report(body)
    holders = [p["address"] for unit in everything["units"] for p in unit["people"] if p["state"]]
    assert len(holders) == len(set(holders)) == everything["figures"]["holders"]
    assert f"ltbinh.stttt@{DOMAIN}" in holders and f"pvcuong.stttt@{DOMAIN}" not in holders
    text = json.dumps(everything)
    assert "0270850" not in text and "1985" not in text


# [R065] [Điều 11.2]
def test_units_that_send_no_report_are_part_of_the_one_above(body):
    units = {u["address"].split("@")[0]: u for u in report(body)["units"]}
    assert [a for a, u in units.items() if u["reports"]] == ["yenphong", "snv", "stttt"]
    assert units["yenphong"]["figures"]["holders"] == 2
    assert units["stttt"]["figures"]["holders"] == 4
    assert units["ttcntt.stttt"]["figures"]["holders"] == 1


# [R083]
def test_an_account_that_came_after_the_period_does_not_count(body):
    before = json.loads(body.run("report", "annual", "--unit", "stttt", "--from", "2020-01-01",
                                 "--until", "2020-12-31", "--json"))
    assert before["figures"]["holders"] == 0 and before["figures"]["staff"] == 0


# [R083] a unit without people divides by nothing
def test_a_unit_without_people_has_no_share(body):
    body.run("report", "annual", "--unit", "snv", "--to", body.folder / "snv.docx")
    text = Document((body.folder / "snv.docx").read_bytes()).text
    assert "0/0. Đạt tỷ lệ: chưa có số liệu" in text


# [R083] the unit told its numbers
def test_numbers_that_a_unit_told_stand_for_those_of_the_registry(body):
    with pytest.raises(Refused, match="document"):
        body.run("report", "staff", "snv", "--staff", "10", "--officials", "8", "--year", "2099")
    with pytest.raises(Refused, match="cán bộ, công chức, viên chức"):
        body.run("report", "staff", "snv", "--staff", "10", "--officials", "18", "--document", "Số 3",
                 "--year", "2099")
    before = report(body)["figures"]
    body.run("report", "staff", "snv", "--staff", "10", "--officials", "8", "--document", "Số 3",
             "--year", "2099")
    figures = report(body, "--unit", "snv")["figures"]
    assert (figures["staff"], figures["officials"], figures["holders"]) == (10, 8, 0)
    after = report(body)["figures"]
    assert (after["staff"], after["officials"]) == (before["staff"] + 10, before["officials"] + 8)
    assert "report.staff" in body.run("audit", "list")
    body.run("report", "staff", "snv", "--undo", "--year", "2099")
    assert report(body)["figures"] == before
    with pytest.raises(Refused, match="chưa ghi nhận"):
        body.run("report", "staff", "snv", "--undo", "--year", "2099")


# [R079] [R080] [R081] [R082] [R083] [R084] [R085] [R086] [R087] [R088] [R089] [R090]
def test_the_document_has_every_field_of_appendix_1(body):
    where = body.folder / "stttt.docx"
    body.run("report", "annual", "--year", "2099", "--unit", "stttt", "--sign", "BC-STTTT", "--date",
             "2099-11-05", "--docx", "--to", where)
    text = Document(where.read_bytes()).text
    for field in (
            "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "ỦY BAN NHÂN DÂN TỈNH BẮC NINH",  # R079
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
            "/BC-STTTT",  # R080
            "Bắc Ninh, ngày 05 tháng 11 năm 2099",  # R081
            "BÁO CÁO\nTình hình Quản lý và sử dụng hệ thống thư điện tử công vụ tỉnh Bắc Ninh",  # R082
            "1. Tình hình quản lý và sử dụng thư điện tử công vụ",
            "- Tỷ lệ cán bộ, công chức, viên chức và người lao động đã được cấp phát tài khoản thư "
            "điện tử công vụ: 4/4. Đạt tỷ lệ: 100,00%",  # R083
            "- Tỷ lệ CBCCVC thường xuyên sử dụng hệ thống thư điện tử trong công việc: ",  # R084
            "trong ít nhất 75% số tuần làm việc",
            "- Đã thực hiện công khai danh bạ thư điện tử công vụ lên Cổng thông tin điện tử:",  # R085
            "☐ Đã thực hiện\n☒ Chưa thực hiện",
            "2. Tồn tại, vướng mắc",  # R086
            "3. Đề xuất, kiến nghị",
            "- Cấp mới, thay đổi thông tin, tạm khóa và hủy bỏ tài khoản thư điện tử công vụ.",  # R087
            "- Các đề xuất, kiến nghị khác.",  # R088
            "THỦ TRƯỞNG ĐƠN VỊ (Ký tên, đóng dấu)"):  # R090
        assert field in text, field
    receivers = [line for line in text.splitlines() if "Nơi nhận:" in line]
    assert receivers[0].split("|")[0].count("- ") == 3  # R089


# [R084] what nobody recorded is not made up
def test_what_is_not_recorded_is_told_as_such(body):
    figures = report(body, "--unit", "snv")["figures"]
    assert figures["regular"] is None
    text = body.run("report", "annual", "--year", "2099", "--unit", "snv")
    assert "thường xuyên sử dụng: chưa có số liệu" in text


# [R061] [R066] [Điều 10.2.e]
def test_the_report_of_everything_has_a_table_of_the_units(body):
    where = body.folder / "tinh.docx"
    body.run("report", "annual", "--year", "2099", "--to", where)
    document = Document(where.read_bytes())
    rows = document.tables[-1]
    assert [row[1] for row in rows[1:]] == ["huyện Yên Phong", "Sở Nội vụ",
                                            "Sở Thông tin và Truyền thông"]
    assert rows[3][2:4] == ["4/4", "100,00%"]
    body.run("report", "annual", "--year", "2099", "--to", body.folder / "tinh.xlsx")
    book = sheets((body.folder / "tinh.xlsx").read_bytes())
    assert [row[1:4] for row in book["Tổng hợp"][1:]] == [
        ["huyện Yên Phong", 2, 2], ["Sở Nội vụ", 0, 0], ["Sở Thông tin và Truyền thông", 4, 4],
        ["Toàn hệ thống", 6, 6]]
    assert len(book["Người và tài khoản"]) == 7
    lines = body.run("report", "annual", "--year", "2099", "--csv", "--to", "-")
    table = list(csv.DictReader(io.StringIO(lines.removeprefix("\ufeff"))))
    assert [row["Đã có tài khoản"] for row in table] == ["2", "0", "4"]
    assert table[0]["Thường xuyên sử dụng"] in ("", "0", "1", "2")


# [R065] [Điều 11.2]
def test_the_list_says_who_has_sent_and_until_when(body):
    listed = json.loads(body.run("report", "list", "--year", "2099", "--json"))
    assert (listed["deadline"], listed["remind"]) == ("2099-11-14", "2099-10-31")
    assert [u["sent"] for u in listed["units"]] == [False, False, False]
    with pytest.raises(Refused, match="--date"):
        body.run("report", "sent", "snv", "--number", "15/BC-SNV", "--year", "2099")
    body.run("report", "sent", "snv", "--number", "15/BC-SNV", "--date", "2099-11-10", "--year", "2099")
    listed = json.loads(body.run("report", "list", "--year", "2099", "--json"))
    assert [u["name"] for u in listed["units"] if u["sent"]] == ["Sở Nội vụ"]
    text = body.run("report", "list", "--year", "2099")
    assert "đã gửi\tsnv@" in text and "1/3 đã gửi; hạn hết ngày 2099-11-14" in text
    # A year whose last day is over.
    assert "quá hạn\tsnv@" in body.run("report", "list", "--year", "2020")
    body.run("report", "sent", "snv", "--undo", "--year", "2099")


# [Điều 11.2]
def test_the_same_report_gives_the_same_bytes_with_and_without_the_server(body):
    words = ("report", "annual", "--year", "2099", "--unit", "stttt", "--to")
    body.run(*words, body.folder / "one.docx")
    body.stop()
    body.run(*words, body.folder / "two.docx")
    body.start()
    assert (body.folder / "one.docx").read_bytes() == (body.folder / "two.docx").read_bytes()


def test_a_file_that_cannot_be_written_is_told(body):
    with pytest.raises(Refused, match="không ghi được"):
        body.run("report", "annual", "--to", body.folder / "none" / "a.docx")
    with pytest.raises(Refused, match="--docx"):
        body.run("report", "annual", "--to", body.folder / "a.pdf")
    with pytest.raises(Refused, match="--from"):
        body.run("report", "annual", "--from", "2020-01-01")
    with pytest.raises(Refused, match="kết thúc trước"):
        body.run("report", "annual", "--from", "2020-01-02", "--until", "2020-01-01")
    with pytest.raises(Refused, match="khongco"):
        body.run("report", "annual", "--unit", "khongco")


# [R065] [Điều 11.2] what the console shows is what the command line says
def test_the_administration_gives_the_same_figures_and_documents(body):
    from test_api import ask
    who = body.person("Lê Thị Cúc", "snv")
    body.run("role", "grant", who, "centre", "--document", "Số 7/QĐ")
    status, figures, _ = ask(body, "GET", "/reports/annual?unit=stttt&year=2099", who)
    said = report(body, "--unit", "stttt")["figures"]
    assert status == 200
    assert {k: figures[k] for k in ("staff", "holders", "officials", "regular", "locked")} == {
        k: said[k] for k in ("staff", "holders", "officials", "regular", "locked")}
    status, listed, _ = ask(body, "GET", "/reports?year=2099", who)
    assert [u["name"] for u in listed] == ["huyện Yên Phong", "Sở Nội vụ", "Sở Thông tin và Truyền thông"]
    status, file, _ = ask(body, "GET", "/reports/annual/document?unit=stttt&year=2099", who)
    body.run("report", "annual", "--year", "2099", "--unit", "stttt", "--to", body.folder / "same.docx")
    assert base64.b64decode(file["content"]) == (body.folder / "same.docx").read_bytes()
    assert file["name"] == "bao-cao-2099-stttt.docx"
    for path in ("/reports/annual/document?format=pdf", "/reports?year=1", "/reports/annual?unit=khong"):
        assert ask(body, "GET", path, who)[0] in (400, 404, 422), path
    status, answer, _ = ask(body, "PUT", "/reports/snv/2098", who, {"number": "1/BC", "date": "2098-02-30"})
    assert status != 200 and "2098-02-30" in answer["detail"]


# [R087] requests of the period by kind
def test_requests_that_were_received_are_counted_by_kind(body, tmp_path):
    table = tmp_path / "de-nghi.csv"
    table.write_text("STT,Họ và tên,Ngày sinh,Giới tính,Số CMT/CCCD,Chức vụ,Đơn vị công tác,"
                     "Nội dung đề nghị\n1,Đinh Thị Mai,01/02/1990,Nữ,027090000011,Chuyên viên,"
                     "Sở Nội vụ,cấp mới\n2,Đinh Thị Nga,01/02/1991,Nữ,027090000012,Chuyên viên,"
                     "Sở Nội vụ,cấp mới\n", encoding="utf-8")
    body.run("request", "import", table, "--unit", "snv", "--number", "12/SNV", "--date", "2026-01-05",
             "--signer", "Nguyễn Văn Hùng", "--signer-title", "Giám đốc", "--received",
             "2026-01-05 09:00")
    requests = json.loads(body.run("report", "annual", "--from", "2026-01-01", "--until", "2026-01-31",
                                   "--unit", "snv", "--json"))["figures"]["requests"]
    assert requests == {"new": 2, "change": 0, "lock": 0, "cancel": 0, "other": 0}
    before = json.loads(body.run("report", "annual", "--from", "2025-12-01", "--until", "2026-01-04",
                                 "--json"))["figures"]["requests"]
    assert before["new"] == 0


# [R065] [Điều 11.2]
def test_a_unit_that_has_not_sent_its_report_is_reminded_with_the_report_filled_in(body):
    who = body.person("Đinh Văn Nam", "snv")
    body.run("account", "delegate", "snv", who, "--document", "Số 9/QĐ")
    body.run("report", "sent", "stttt", "--number", "1/BC", "--date", "2098-11-10", "--year", "2098")
    assert "đã nhắc 2 đơn vị; 1 đơn vị đã gửi báo cáo năm 2098" in body.run("report", "remind", "--year",
                                                                          "2098")
    with mail.imap(body, who) as client:
        names = [name.decode() for name in client.list()[1]]
        shared = next(re.search(r'"?([^" ]*snv[^"]*INBOX)"?$', n)[1] for n in names if "snv" in n and "INBOX" in n)
        mail.good(client.select(f'"{shared}"'))
        raw = mail.good(client.fetch("1", "(RFC822)"))[0][1]
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert letter["Subject"] == "Nhắc gửi báo cáo thư điện tử công vụ hằng năm"
    assert "đến hết ngày 14/11/2098" in letter.get_body().get_content()
    attached = next(letter.iter_attachments())
    assert attached.get_filename() == "bao-cao-2098-snv.docx"
    text = Document(attached.get_content()).text
    assert "SỞ NỘI VỤ" in text and "2. Tồn tại, vướng mắc" in text
    assert "report.remind" in body.run("audit", "list")
