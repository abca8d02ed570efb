"""A unit's request from the file that it sends to the reply [Điều 4]: read, checked, done line by
line, returned, answered; the same again, interrupted."""

import base64
import datetime
import json
import re
import shutil
import subprocess
import threading

import pytest

from harness import metrics, office
from harness.commands import call
from harness.requests import (GIVEN, IDENTITY, addresses, csv, personal, province, refused, row,
                              saved, show, take)
from harness.server import DOMAIN, PASSWORD, program
from system.test_api import ask


# ------------------------------------------------------------------------------- the whole path

# [R016] [R018] [R020] [R021] [R022] [R023] [R054] [R101] [Điều 4.2.b]
def test_a_mixed_form_is_done_line_by_line_and_closed_by_the_reply(province, tmp_path):
    server = province
    person = server.person("Đỗ Văn Khóa", "snv"), server.person("Đỗ Văn Hủy", "snv")
    form = saved(tmp_path, csv([row(1, "Đỗ Thị Mới", "Cấp mới", birth="7/3/1985", sex="Nữ",
                                    identity=IDENTITY, title="Chuyên viên"),
                                row(2, "Đỗ Văn Khóa", "Tạm khoá"), row(3, "Đỗ Văn Hủy", "huỷ bỏ"),
                                row(4, "Đỗ Văn Không", "Tạm khóa")]))
    taken = take(server, form, *GIVEN)
    assert (taken["number"], taken["date"], taken["signer"], taken["signer_title"]) == (
        "12/SNV-VP", "2022-06-15", "Nguyễn Văn Hùng", "Giám đốc")
    assert [(line["act"], line["address"]) for line in taken["lines"]] == [
        ("new", f"dtmoi.snv@{DOMAIN}"), ("lock", person[0]), ("close", person[1]), ("lock", None)]
    assert taken["state"] == "received" and taken["wrong"] == 1
    number = taken["id"]
    status, said = refused(server, "request", "approve", number)
    assert status == 1 and "mục 4: Dòng 5, cột \"Họ và tên\": \"Đỗ Văn Không\"" in said
    assert f"dtmoi.snv@{DOMAIN}" not in addresses(server, "snv")
    assert refused(server, "request", "reply", number, "--number", "1", "--date", "16/6/2022")[0] == 1
    assert refused(server, "request", "reject", number, "--line", "4", "--reason", " ")[0] == 1
    server.run("request", "reject", number, "--line", "4", "--reason", "không có trong danh sách")
    server.run("request", "approve", number)
    server.run("request", "approve", number)
    there = addresses(server, "snv")
    assert there[f"dtmoi.snv@{DOMAIN}"]["title"] == "Chuyên viên"
    assert there[person[0]]["state"] == "locked" and there[person[1]]["state"] == "closed"
    assert there[person[0]]["state_why"].startswith(f"request {number}, line 2: văn bản số 12/SNV-VP")
    done = show(server, number)
    assert done["state"] == "decided" and (done["done"], done["returned"]) == (3, 1)
    assert done["lines"][3]["reason"] == "không có trong danh sách"
    server.run("request", "reply", number, "--number", "30/TTCNTTTT", "--date", "16/06/2022")
    closed = show(server, number)
    assert (closed["state"], closed["reply_number"], closed["reply_date"]) == (
        "closed", "30/TTCNTTTT", "2022-06-16")
    acts = json.loads(server.run("audit", "list", "--subject", f"snv@{DOMAIN}", "--json"))
    assert [a["act"] for a in acts[:4]] == ["request.reply", "request.accept", "request.return",
                                            "request.receive"]
    personal(server)




# [R014] [R015] [Điều 3.2.b]
def test_two_requests_at_once_get_two_numbers_each_tied_to_its_request(province, tmp_path):
    server = province
    server.person("Bùi Văn Trùng", "stc")
    numbers = [take(server, saved(tmp_path, csv([row(1, name, "cấp mới", unit="stc",
                                                     birth=f"0{i}/01/1990")]), f"f{i}"),
                    "--number", f"{i}/STC", *GIVEN[2:], unit="stc")["id"]
               for i, name in enumerate(["Bùi Văn Trùng", "Bùi Vân Trung"], 1)]
    assert [show(server, n)["lines"][0]["address"] for n in numbers] == [None, f"bvtrung1.stc@{DOMAIN}"]
    # A namesake whose birth date the registry does not know is not taken for another person.
    assert "đơn vị đã có người cùng tên" in show(server, numbers[0])["lines"][0]["finding"]
    numbers[0] = take(server, saved(tmp_path, csv([row(1, "Bùi Vũ Trúng", "cấp mới", unit="stc")])),
                      "--number", "9/STC", *GIVEN[2:], unit="stc")["id"]
    workers = [threading.Thread(target=server.run, args=("request", "approve", n)) for n in numbers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    given = {show(server, n)["lines"][0]["address"] for n in numbers}
    assert given == {f"bvtrung1.stc@{DOMAIN}", f"bvtrung2.stc@{DOMAIN}"}
    for n in numbers:
        address = show(server, n)["lines"][0]["address"]
        acts = json.loads(server.run("audit", "list", "--subject", address, "--json"))
        assert acts[-1]["act"] == "account.create" and acts[-1]["ground"].startswith(f"request {n}, ")


# [R021] [R071] [Điều 4.2.b] [Điều 5.2] [Điều 12.2]
def test_the_reply_has_every_line_and_the_slips_open_the_accounts(make_server, tmp_path):
    server = make_server()
    server.unit("Sở Nội vụ", "snv")
    lost = server.person("Trịnh Văn Quên", "snv")
    form = saved(tmp_path, csv([row(1, "Trịnh Thị Mới", "cấp mới", title="Chuyên viên"),
                                row(2, "Trịnh Văn Quên", "cấp lại mật khẩu"),
                                row(3, "Trịnh Văn Không", "tạm khóa")]))
    number = take(server, form, *GIVEN)["id"]
    letter, slips = tmp_path / "tra-loi.docx", tmp_path / "phieu.docx"
    status, said = refused(server, "request", "letter", number, "--to", letter)
    assert status == 1 and "chưa có văn bản trả lời" in said and not letter.exists()
    assert refused(server, "request", "slips", number, "--to", slips)[0] == 1
    server.run("request", "reject", number, "--line", "3", "--reason", "không có người này")
    server.run("request", "approve", number)
    server.run("request", "letter", number, "--to", letter, "--signer", "Lê Văn Minh")
    text = office.Document(letter.read_bytes()).text
    for expected in ("Sở Nội vụ", "12/SNV-VP", "15/06/2022", "Trịnh Thị Mới", "Chuyên viên", "cấp mới",
                     f"ttmoi.snv@{DOMAIN}", "cấp lại mật khẩu", lost, "Trả lại để bổ sung",
                     "không có người này", "Lê Văn Minh", "phiếu riêng"):
        assert expected in text, expected
    server.run("request", "slips", number, "--to", slips)
    assert slips.stat().st_mode & 0o777 == 0o600
    rows = [r for table in office.Document(slips.read_bytes()).tables for r in table]
    given = dict(zip([r[1] for r in rows if r[0].startswith("Tên đăng nhập")],
                     [r[1] for r in rows if r[0].startswith("Mật khẩu cấp lần đầu")]))
    assert set(given) == {f"ttmoi.snv@{DOMAIN}", lost}
    assert all(password not in text for password in given.values())
    assert ask(server, "GET", "/own", lost, password=PASSWORD)[0] == 401
    for address, password in given.items():
        status, problem, _ = ask(server, "GET", "/own", address, password=password)
        assert status == 403 and "mật khẩu" in problem["detail"]  # good for setting an own one only
        status, _, _ = ask(server, "POST", "/password", address, {"old": password, "new": "Matkhau@2031",
                                                                      "accept": True}, password=password)
        assert status == 204
        assert ask(server, "GET", "/own", address, password="Matkhau@2031")[0] == 200
    status, said = refused(server, "request", "slips", number, "--to", slips)
    assert status == 1 and "không có phiếu nào cần cấp" in said
    server.run("request", "reply", number, "--number", "30/TTCNTTTT", "--date", "2022-06-16")
    server.run("request", "letter", number, "--to", letter)
    text = office.Document(letter.read_bytes()).text
    assert "30/TTCNTTTT" in text and "ngày 16 tháng 6 năm 2022" in text
    log = server.output.read_text() + server.error_text() + server.run("audit", "list", "--json")
    assert all(password not in log for password in given.values())
    if shutil.which("soffice"):
        page = "\n".join(office.pages(office.pdf(letter, tmp_path)))
        assert "Trịnh Thị Mới" in page and "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in page


# ----------------------------------------------------------------------------------------- rules

# [R017] [Điều 4.2.a]
def test_a_commune_goes_through_its_district(province, tmp_path):
    form = saved(tmp_path, csv([row(1, "Tạ Văn Xã", "cấp mới", unit="UBND xã Tam Giang"),
                                row(2, "Tạ Văn Sở", "cấp mới", unit="Sở Nội vụ")]))
    status, said = refused(province, "request", "import", form, "--unit", "tamgiang.yenphong", *GIVEN)
    assert status == 1 and "không phải đầu mối tổng hợp" in said and "(Điều 4.2.a)" in said
    assert refused(province, "request", "import", form, "--unit", "yenphong", *GIVEN, "--check")[0] == 1
    read = take(province, form, *GIVEN, unit="yenphong")
    assert read["lines"][0]["address"] == f"tvxa.tamgiang.yenphong@{DOMAIN}"
    assert "không thuộc phạm vi tổng hợp của huyện Yên Phong" in read["lines"][1]["finding"]


# [R062] [Điều 11.1]
def test_nothing_is_received_without_number_date_and_signer(province, tmp_path):
    form = saved(tmp_path, csv([row(1, "Tạ Văn Thiếu", "cấp mới")]))
    for left_out in range(0, len(GIVEN), 2):
        words = GIVEN[:left_out] + GIVEN[left_out + 2:]
        status, said = refused(province, "request", "import", form, "--unit", "snv", *words)
        assert status == 1 and "khoản 1 Điều 11 Quy chế" in said
    status, said = refused(province, "request", "import", form, "--unit", "snv", "--date", "31/06/2022",
                           *GIVEN[:2], *GIVEN[4:])
    assert status == 1 and "không phải một ngày có thật" in said


def test_a_document_that_comes_twice_is_told_its_first_number(province, tmp_path):
    form = saved(tmp_path, csv([row(1, "Tạ Văn Lặp", "cấp mới")]))
    first = take(province, form, "--number", "21/SNV", *GIVEN[2:])["id"]
    for words in (["--number", "21 / snv", *GIVEN[2:]], ["--number", "22/SNV", *GIVEN[2:]]):
        status, said = refused(province, "request", "import", form, "--unit", "snv", *words)
        assert status == 1 and f"đã tiếp nhận: đề nghị số {first} " in said
    status, said = refused(province, "request", "show", "99999")
    assert status == 1 and "không có đề nghị số 99999" in said
    assert refused(province, "request", "show", "x")[0] == 2
    assert refused(province, "request", "approve", first, "--line", "2-1")[0] == 2
    assert "không có mục 7" in refused(province, "request", "approve", first, "--line", "7")[1]


# [R019] [Điều 4.2.b]
def test_what_is_overdue_is_listed_warned_of_and_measured(make_server, tmp_path):
    server = make_server()
    server.unit("Sở Nội vụ", "snv")
    form = saved(tmp_path, csv([row(1, "Tạ Văn Muộn", "cấp mới")]))
    today = datetime.date.today()
    before = today - datetime.timedelta(days=30)
    late = take(server, form, *GIVEN, "--received", f"{before} 09:30")
    due = server.run("calendar", "due", before).strip()
    assert late["due"] == due and late["overdue"] > 10
    new = take(server, saved(tmp_path, csv([row(1, "Tạ Văn Kịp", "cấp mới")])), "--number", "2/X",
               *GIVEN[2:])
    assert [r["id"] for r in json.loads(server.run("request", "list", "--json"))] == [late["id"],
                                                                                      new["id"]]
    listed = server.run("request", "list", "--overdue")
    assert f"quá hạn {late['overdue']} ngày làm việc" in listed and listed.count("\n") == 1
    page = metrics.page(server)
    assert re.search(r"^congvu_requests_overdue 1$", page, re.M)
    assert re.search(r'^congvu_requests\{state="checked"\} 2$', page, re.M)
    status, _, said = call(server, "request", "list", "--overdue")
    assert status == 0 and said == ""
    done = subprocess.run([program(), "--data", server.data, "check"], capture_output=True, text=True,
                          timeout=60, check=True)
    assert "1 đề nghị quá hạn xử lý" in done.stderr
    status, said = refused(server, "request", "import", form, "--unit", "snv", "--number", "3/X",
                           *GIVEN[2:], "--received", f"{today + datetime.timedelta(days=2)}")
    assert status == 1 and "ở tương lai" in said


# ---------------------------------------------------------------------------------- interrupted

def test_an_approval_cut_off_by_the_loss_of_the_process_goes_on_and_doubles_nothing(make_server,
                                                                                     tmp_path):
    server = make_server()
    server.unit("Sở Nội vụ", "snv")
    count = 900
    rows = [row(i, f"Vũ Văn {''.join(chr(97 + int(d)) for d in f'{i:03}')}".title(), "cấp mới")
            for i in range(count)]
    number = take(server, saved(tmp_path, csv(rows)), *GIVEN)["id"]
    worker = threading.Thread(target=lambda: pytest.raises(Exception, call, server, "request", "approve",
                                                           number))
    worker.start()
    while show(server, number)["done"] < 20:
        assert worker.is_alive()
    server.kill()
    worker.join()
    server.start()
    left = show(server, number)
    assert 20 <= left["done"] < count and left["state"] == "checked"
    server.run("request", "approve", number)
    done = show(server, number)
    assert (done["state"], done["done"]) == ("decided", count)
    accounts = addresses(server, "snv")
    assert len(accounts) == count + 1
    assert {line["address"] for line in done["lines"]} == set(accounts) - {f"snv@{DOMAIN}"}
    server.run("audit", "verify")


# ------------------------------------------------------------------------------------------- API

# [R058] [Điều 4.2.a] [Điều 4.1]
def test_a_focal_point_files_over_https_and_the_centre_decides(make_server, tmp_path):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.unit("Sở Nội vụ", "snv")
    focal, centre = server.person("Lê Thị Phương", "snv"), server.person("Lê Thị Cúc")
    plain = server.person("Lê Thị Thường", "snv")
    server.run("role", "grant", focal, "focal", "--unit", "snv", "--document", "Số 7/QĐ")
    server.run("role", "grant", centre, "centre", "--document", "Số 8/QĐ")
    form = {"unit": "snv", "file": base64.b64encode(csv([row(1, "Hồ Văn Mạng", "cấp mới"),
                                                         row(2, "Hồ Văn Sai", "x")]).encode()).decode(),
            "number": "31/SNV", "date": "2022-06-15", "signer": "A B", "signer_title": "Giám đốc"}
    assert ask(server, "POST", "/requests", plain, form)[0] == 403
    assert ask(server, "POST", "/requests", focal, {**form, "unit": "stttt"})[0] == 403
    assert ask(server, "POST", "/requests", focal, {**form, "file": "@@"})[0] == 400
    status, answer, _ = ask(server, "POST", "/requests", focal, {**form, "check": True})
    assert (status, answer["id"], answer["wrong"]) == (201, 0, 1)
    status, answer, _ = ask(server, "POST", "/requests", focal, form)
    assert (status, answer["state"], answer["entered_by"]) == (201, "received", f"{focal} (api)")
    where = f"/requests/{answer['id']}"
    assert ask(server, "POST", "/requests", focal, form)[0] == 409
    status, lines, _ = ask(server, "GET", where + "/lines", focal)
    assert status == 200 and lines[0]["address"] == f"hvmang.snv@{DOMAIN}"
    assert ask(server, "POST", where + "/approvals", focal, {})[0] == 403
    assert ask(server, "GET", where, plain)[0] == 403
    assert ask(server, "GET", "/requests", focal)[0] == 403
    assert [r["id"] for r in ask(server, "GET", "/requests?unit=snv&open=true", focal)[1]] == [
        answer["id"]]
    status, problem, _ = ask(server, "POST", where + "/approvals", centre, {})
    assert status == 400 and "mục 2: Dòng 3" in problem["detail"]
    status, lines, _ = ask(server, "POST", where + "/approvals", centre, {"lines": [1]})
    assert status == 201 and [line["state"] for line in lines] == ["done", "open"]
    status, lines, _ = ask(server, "POST", where + "/returns", centre,
                           {"lines": [2], "reason": "không rõ"})
    assert status == 201 and lines[1]["reason"] == "không rõ"
    status, answer, _ = ask(server, "PUT", where + "/reply", centre,
                            {"number": "5/TT", "date": "16/06/2022"})
    assert (status, answer["state"], answer["reply_date"]) == (200, "closed", "2022-06-16")
    assert ask(server, "GET", "/requests/77", centre)[0] == 404
    assert "hvmang.snv" in server.run("account", "list", "--unit", "snv")
    description = ask(server, "GET", "/openapi.json", centre)[1]
    assert "/requests/{id}/approvals" in description["paths"]
    assert PASSWORD not in server.error_text()


def test_what_is_entered_before_its_document_waits_for_it(make_server):
    server = make_server()
    server.unit("Sở Nội vụ", "snv")
    focal, centre = server.person("Lê Thị Phương", "snv"), server.person("Lê Thị Cúc", "snv")
    server.run("role", "grant", focal, "focal", "--unit", "snv", "--document", "Số 7/QĐ")
    server.run("role", "grant", centre, "centre", "--document", "Số 8/QĐ")
    form = base64.b64encode(csv([row(1, "Hồ Văn Trước", "cấp mới")]).encode()).decode()
    status, draft, _ = ask(server, "POST", "/requests", focal, {"unit": "snv", "file": form,
                                                                "draft": True})
    assert (status, draft["state_text"], draft["due"]) == (201, "Chưa có văn bản", "")
    where = f"/requests/{draft['id']}"
    status, problem, _ = ask(server, "POST", where + "/approvals", centre, {})
    assert status == 403 and "chưa có văn bản" in problem["detail"]
    assert refused(server, "request", "approve", draft["id"])[0] == 1
    document = {"number": "41/SNV", "date": "2022-06-15", "signer": "A B", "signer_title": "Giám đốc"}
    assert ask(server, "PUT", where + "/document", focal, {**document, "signer": " "})[0] == 400
    status, now, _ = ask(server, "PUT", where + "/document", focal, {
        **document, "file": base64.b64encode(b"%PDF-1.7 signed").decode()})
    assert (status, now["state"], now["number"]) == (200, "checked", "41/SNV") and now["due"]
    assert ask(server, "PUT", where + "/document", focal, document)[0] == 409
    server.run("request", "approve", draft["id"])
    assert f"hvtruoc.snv@{DOMAIN}" in addresses(server, "snv")
    again = json.loads(server.run("request", "import", "-", "--unit", "snv", "--draft", "--json",
                                  given=csv([row(1, "Hồ Văn Sau", "cấp mới")])))
    assert again["state"] == "draft"
    said = server.run("request", "document", again["id"], "--number", "42/SNV", "--date", "15/6/2022",
                      "--signer", "A B", "--signer-title", "Giám đốc")
    assert "Đã kiểm tra" in said
