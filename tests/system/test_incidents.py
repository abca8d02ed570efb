"""Cases of incidents and forbidden acts: reported by mail, through the interface, by the operator, or
seen by the system; handled, written about, counted, handed over [Điều 8, 11.5, 12.3, 13.2]."""

import base64
import hashlib
import io
import json
import sqlite3
import zipfile
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage

import pytest

from harness import mail, metrics
from harness.office import Document, sheets
from harness.server import DOMAIN, Refused, wait_for
from harness.web import api

REPORT = f"baosuco@{DOMAIN}"


@pytest.fixture(scope="module")
def centre(shared_office):
    """The shared office with a person of the Centre, .cuc, the department's, .dung, and the head of
    the unit, .hung."""
    server = shared_office
    server.cuc, server.dung = server.person("Lê Thị Cúc"), server.person("Lê Văn Dũng")
    server.hung = server.person("Nguyễn Văn Hùng")
    server.run("role", "grant", server.cuc, "centre", "--document", "Số 1")
    server.run("role", "grant", server.dung, "department", "--document", "Số 2")
    server.run("role", "grant", server.hung, "head", "--unit", "stttt", "--document", "Số 3")
    return server


def bad_mail(number):
    bad = mail.message("ke.xau@example.com", "x@example.com", f"Trúng thưởng {number}",
                       "Bấm vào đây.\n", Message_ID=f"<bad{number}@example.com>")
    return bad


def forward(server, who, bad, to=REPORT, subject="Fwd: thư này lạ", **how):
    """Who reports this message by forwarding it as an attachment; its Message-ID."""
    report = EmailMessage()
    report["From"], report["To"], report["Subject"] = who, to, subject
    report["Message-ID"] = f"<{hashlib.sha256(f'{who}{subject}{to}{bad}'.encode()).hexdigest()}@may.test>"
    report.set_content("Đề nghị xem giúp.\n")
    if bad is not None:
        report.add_attachment(bad)
    mail.send(server, report, port="submissions", user=who, **how)
    return report["Message-ID"]


def incident(server, name):
    return json.loads(server.run("incident", "show", name, "--json"))


def cases(server, *words):
    return json.loads(server.run("incident", "list", *words, "--json"))


def answer_to(server, who, report):
    return wait_for(lambda: [m for m in mail.inbox(server, who) if m["In-Reply-To"] == report])[0]


def refused(server, *words):
    with pytest.raises(Refused) as caught:
        server.run(*words)
    return caught.value.status, caught.value.output


# [R041] [R068] [R072] [R075] [Điều 8] [Điều 12.3] [Điều 13.2]
def test_a_report_by_mail_goes_from_case_to_measure_letter_report_and_hand_over(centre, tmp_path):
    bad = bad_mail(1)
    report = forward(centre, centre.anh, bad, f"baosuco+phishing@{DOMAIN}")
    told = answer_to(centre, centre.anh, report)
    assert told["Subject"].startswith("Đã tiếp nhận báo cáo, hồ sơ SC-")
    name = told["Subject"].split()[-1]
    assert "thư lừa đảo, giả mạo (khoản 6 Điều 8 Quy chế)" in told.get_content()
    head, = [m for m in mail.inbox(centre, centre.hung) if m["Subject"].endswith(name)]
    assert centre.anh in head.get_content() and "Bấm vào đây" not in head.get_content()
    assert f"{REPORT.replace('@', '+phishing@')} evidence=" in centre.run("trace", report)

    case = incident(centre, name)
    assert (case["state"], case["kind"], case["source"]) == ("new", "phishing", "mail")
    assert (case["reporter"], case["unit"], case["address"]) == (centre.anh, "stttt", None)
    assert case["message_id"] == "bad1@example.com" and "Trúng thưởng 1" in case["what"]
    evidence, = case["evidence_list"]
    assert evidence["sender"] == "ke.xau@example.com" and evidence["added_by"] == centre.anh

    # somebody else has the account from which more of it came
    centre.run("incident", "take", name, "--kind", "takeover", "--account", centre.binh)
    assert refused(centre, "incident", "close", name, "--result", "violation", "--why", "x")[0] == 1
    shown = centre.run("incident", "measure", name, "--measure", "lock", "--by",
                       "Nguyễn Văn Bảy, Giám đốc", "--document", "Số 9/TB")
    assert "tạm khóa tài khoản" in shown and "người quyết định: Nguyễn Văn Bảy, Giám đốc" in shown
    account = json.loads(centre.run("account", "show", centre.binh, "--json"))
    assert account["state"] == "locked"
    lock = next(a for a in json.loads(centre.run("audit", "list", "--subject", centre.binh, "--json"))
                if a["act"] == "account.lock")
    assert lock["after"]["cause"] == "takeover" and name in lock["after"]["evidence"]

    where = tmp_path / "thong-bao.docx"
    centre.run("incident", "letter", name, "--to", where, "--number", "7", "--sign", "TTCNTTTT-KT",
               "--date", "2026-11-25", "--answer", "2026-12-02", "--signer", "Nguyễn Văn Bảy")
    text = Document(where.read_bytes()).text
    for said in ("Số: 07/TTCNTTTT-KT", f"hồ sơ {name}", centre.binh, "Nguyễn Thị Bình",
                 "khoản 6 Điều 8 Quy chế", "tạm khóa tài khoản (Số 9/TB)", "hết ngày 02/12/2026",
                 "Sở Thông tin và Truyền thông"):
        assert said in text, said
    centre.run("incident", "close", name, "--result", "violation", "--why", "đã xử lý")
    case = incident(centre, name)
    assert (case["state"], case["result"]) == ("closed", "violation")
    assert (case["letter_number"], case["letter_date"]) == ("7/TTCNTTTT-KT", "2026-11-25")
    row, = [m for m in json.loads(centre.run("incident", "register", "--json"))
            if m["incident"] == name]
    assert (row["address"], row["person"], row["decided_by"]) == (
        centre.binh, "Nguyễn Thị Bình", "Nguyễn Văn Bảy, Giám đốc")
    acts = [a["act"] for a in json.loads(centre.run("audit", "list", "--subject", name, "--json"))]
    assert acts == ["incident.close", "incident.letter", "incident.measure", "incident.take",
                    "incident.evidence", "incident.open"]

    # [R068] another authority gets all of it, and can check it without us
    archive = tmp_path / "ho-so.zip"
    centre.run("incident", "export", name, "--to", archive, "--document", "Số 5/PA05", "--receiver",
               "Công an tỉnh")
    assert archive.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(archive) as package:
        files = {n: package.read(n) for n in package.namelist()}
    for line in files.pop("SHA256SUMS").decode().splitlines():
        digest, _, file = line.partition("  ")
        assert hashlib.sha256(files[file]).hexdigest() == digest
    assert set(files) == {"muc-luc.txt", "ho-so.json", "nhat-ky.json", "chung-cu-01.eml",
                          "chung-cu-01-thu-goc.eml"}
    assert hashlib.sha256(files["chung-cu-01.eml"]).hexdigest() == evidence["sha256"]
    assert mail.parsed(files["chung-cu-01-thu-goc.eml"])["Message-ID"] == "<bad1@example.com>"
    assert mail.parsed(files["chung-cu-01.eml"])["From"] == centre.anh
    index = files["muc-luc.txt"].decode()
    for said in (f"HỒ SƠ {name}", "Bàn giao cho: Công an tỉnh", "Theo văn bản: Số 5/PA05",
                 evidence["sha256"], "tạm khóa tài khoản", "Nguyễn Văn Bảy"):
        assert said in index, said
    assert len(json.loads(files["nhat-ky.json"])) == 6
    assert json.loads(files["ho-so.json"])["measure_list"][0]["decided_by"] == row["decided_by"]
    export = json.loads(centre.run("audit", "list", "--subject", name, "--json"))[0]
    assert export["act"] == "incident.export" and export["ground"] == "Số 5/PA05"
    assert export["after"]["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    centre.run("account", "unlock", centre.binh, "--ground", "Số 10")
    centre.run("account", "passwd", centre.binh, "--ground", "Số 10", "--password-stdin",
               given="Matkhau@2022\n")


# [R072]
def test_reports_of_one_message_are_one_case_and_no_mailbox_has_them(centre):
    bad = bad_mail(2)
    first = answer_to(centre, centre.anh, forward(centre, centre.anh, bad, subject="thư rác"))
    second = answer_to(centre, centre.hung, forward(centre, centre.hung, bad, subject="có virus"))
    name = first["Subject"].split()[-1]
    assert second["Subject"].split()[-1] == name
    assert "vào hồ sơ đã có" in second.get_content() and "vào hồ sơ" not in first.get_content()
    case = incident(centre, name)
    assert (case["kind"], case["evidence"], case["events"]) == ("spam", 2, 1)
    # who has no message but something to say opens a case of its own, and is not told twice
    report = forward(centre, centre.anh, None, subject="không đăng nhập được")
    other = answer_to(centre, centre.anh, report)
    assert other["Subject"].split()[-1] != name
    centre.run("incident", "list")
    assert len([m for m in mail.inbox(centre, centre.anh) if m["In-Reply-To"] == report]) == 1
    accounts = json.loads(centre.run("account", "list", "--json"))
    assert {a["messages"] for a in accounts if a["kind"] == "service"} == {0}
    assert "congvu_incidents{state=\"new\"} 0\n" not in metrics.page(centre)


# [R072]
def test_a_stranger_opens_no_case(centre):
    before = len(cases(centre))
    mail.send(centre, mail.message("la@example.com", REPORT, "thư rác"))
    assert len(cases(centre)) == before
    service, = [a for a in json.loads(centre.run("account", "list", "--json"))
                if a["kind"] == "service"]
    assert service["messages"] == 1  # it is mail to postmaster


# [R072] [Điều 12.3]
def test_a_person_reports_a_message_of_the_own_mailbox_through_the_interface(centre):
    mail.send(centre, mail.message("rac@example.com", centre.dung, "Mua ngay", "Rẻ lắm.\n",
                                   Message_ID="<mua@example.com>"))
    with mail.imap(centre, centre.dung) as client:
        mail.good(client.select("INBOX", readonly=True))
        uid = int(mail.uids(client, "SUBJECT", "Mua")[0])
        source = mail.fetch(client, str(uid).encode())
    asked = {"kind": "spam", "what": "quảng cáo", "mailbox": "INBOX", "uid": uid}
    status, made = api(centre, "POST", "/own/incidents", centre.dung, content=asked)
    assert status == 201 and (made["kind"], made["state"]) == ("spam", "new")
    assert "what" not in made and "reporter" not in made
    status, row = api(centre, "GET", f"/incidents/{made['id']}", centre.cuc)
    assert status == 200 and row["what"] == "quảng cáo" and row["message_id"] == "mua@example.com"
    status, (evidence,) = api(centre, "GET", f"/incidents/{made['name']}/evidence", centre.cuc)
    assert status == 200 and evidence["sha256"] == hashlib.sha256(source).hexdigest()
    assert made["id"] in [i["id"] for i in api(centre, "GET", "/own/incidents", centre.dung)[1]]
    assert made["id"] not in [i["id"] for i in api(centre, "GET", "/own/incidents", centre.anh)[1]]
    with mail.imap(centre, centre.dung) as client:  # it outlives the message
        mail.good(client.select("INBOX"))
        mail.good(client.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)"))
        mail.good(client.expunge())
    status, file = api(centre, "POST", f"/incidents/{made['id']}/exports", centre.cuc,
                       content={"document": "Số 6", "receiver": "Công an tỉnh"})
    assert status == 201
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(file["content"]))) as package:
        assert package.read("chung-cu-01.eml") == source
    for wrong, expected in (({**asked, "uid": 99999}, 404), ({**asked, "mailbox": "Khác"}, 404),
                            ({**asked, "uid": 0}, 400), ({**asked, "uid": -1}, 400),
                            ({**asked, "kind": "khac"}, 400), ({**asked, "what": "a\nb"}, 400),
                            ({**asked, "what": " "}, 400), ({"kind": "spam"}, 400)):
        assert api(centre, "POST", "/own/incidents", centre.dung, content=wrong)[0] == expected, wrong


# [R041] [R075] [Điều 10.2.c]
def test_the_interface_lets_each_role_do_its_part(centre):
    wanted = {"kind": "virus", "what": "máy trạm có mã độc", "unit": "stttt"}
    for who in (centre.anh, centre.hung, centre.dung):
        assert api(centre, "POST", "/incidents", who, content=wanted)[0] == 403
    status, case = api(centre, "POST", "/incidents", centre.cuc, content=wanted)
    assert status == 201 and case["unit_name"] == "Sở Thông tin và Truyền thông"
    path = f"/incidents/{case['id']}"
    assert [api(centre, "GET", path, who)[0] for who in (
        centre.cuc, centre.dung, centre.hung, centre.anh)] == [200, 200, 200, 403]
    assert api(centre, "GET", "/incidents", centre.hung)[0] == 403  # of all units
    assert case["id"] in [i["id"] for i in api(centre, "GET", "/incidents?unit=stttt", centre.hung)[1]]
    acts = (("PUT", "/handler", {}), ("POST", "/measures", {"measure": "warning", "text": "nhắc"}),
            ("PUT", "/letter", {"number": "8/TT", "date": "2026-11-25"}),
            ("PUT", "/result", {"result": "no-blame", "why": "đã quét sạch"}))
    for method, act, content in acts:
        assert api(centre, method, path + act, centre.dung, content=content)[0] == 403
    assert api(centre, "PUT", path + "/result", centre.cuc, content=acts[3][2])[0] == 422
    for method, act, content in acts:
        status, row = api(centre, method, path + act, centre.cuc, content=content)
        assert status in (200, 201), row
    assert (row["state"], row["letter_number"], row["handler"]) == ("closed", "8/TT",
                                                                    f"{centre.cuc} (api)")
    status, file = api(centre, "GET", path + "/letter?answer=2026-12-01", centre.cuc)
    assert status == 200 and "máy trạm có mã độc" in Document(base64.b64decode(file["content"])).text
    assert api(centre, "PUT", path + "/handler", centre.cuc, content={})[0] == 422
    status, row = api(centre, "PUT", path + "/handler", centre.cuc, content={"reason": "lại có"})
    assert status == 200 and (row["state"], row["result"]) == ("taken", None)
    for method, act, content, expected in (
            ("POST", "/measures", {"measure": "khác"}, 400), ("PUT", "/result", {"result": "x", "why": "y"}, 400),
            ("PUT", "/letter", {"number": "8", "date": "31/02/2026"}, 400),
            ("POST", "/exports", {"document": "", "receiver": "x"}, 400),
            ("PUT", "/handler", {"account": "khong.co"}, 404), ("POST", "/measures", {"measure": 1}, 400)):
        assert api(centre, method, path + act, centre.cuc, content=content)[0] == expected, content
    assert api(centre, "GET", "/incidents/9999", centre.cuc)[0] == 404
    assert api(centre, "GET", "/incidents/SC-x", centre.cuc)[0] == 404
    assert api(centre, "GET", "/incidents?state=x", centre.cuc)[0] == 400
    assert [k["id"] for k in api(centre, "GET", "/incident-kinds", centre.anh)[1]][-1] == "other"
    assert api(centre, "GET", "/violations", centre.hung)[0] == 403
    assert api(centre, "GET", "/violations", centre.dung)[0] == 200


# [R041] [R075]
def test_the_system_opens_cases_for_what_is_on_record(centre):
    with pytest.raises(Refused, match="Điều 8.5"):
        centre.run("account", "forward", centre.anh, "--to", "anh@gmail.com", "--ground", "x")
    begins = datetime.now(timezone(timedelta(hours=7))) + timedelta(minutes=5)
    centre.run("notice", "schedule", "--from", begins.strftime("%Y-%m-%d %H:%M"), "--to",
               (begins + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M"), "--reason", "thay ổ đĩa",
               "--emergency", "ổ đĩa sắp hỏng")
    found = {c["kind"]: c for c in cases(centre, "--open") if c["source"] == "system"}
    assert found["forwarding"]["address"] == centre.anh
    assert "anh@gmail.com" in found["forwarding"]["what"]
    assert found["stop"]["address"] is None and "ổ đĩa sắp hỏng" in found["stop"]["what"]
    assert refused(centre, "incident", "letter", found["stop"]["name"], "--to", "x.docx")[0] == 1
    centre.run("notice", "cancel", "1", "--reason", "không cần nữa")


# [R044] [Điều 8.4]
def test_mail_of_services_is_counted_and_arrives(centre):
    for sender, subject in (("security@facebookmail.com", "Mã xác nhận của bạn là 12345"),
                            ("no-reply@mail.shopee.vn", "Đơn hàng mới"),
                            ("security@facebookmail.com", "Bạn có lời mời kết bạn"),
                            ("ban@notfacebookmail.com", "Xác nhận đăng ký")):
        mail.send(centre, mail.message(sender, centre.hung, subject))
    assert mail.arrived(centre, centre.hung, "Xác nhận đăng ký")
    rows = json.loads(centre.run("incident", "signups", "--json"))
    assert [(r["address"], r["service"], r["messages"], r["confirmations"]) for r in rows] == [
        (centre.hung, "facebookmail.com", 2, 1), (centre.hung, "shopee.vn", 1, 0)]
    month = str(rows[0]["month"])
    assert centre.run("incident", "signups", "--month", f"{month[:4]}-{month[4:]}").count("\n") == 2
    assert centre.run("incident", "signups", "--month", "2020-01") == ""
    assert refused(centre, "incident", "signups", "--month", "tháng này")[0] == 2
    assert api(centre, "GET", "/signups", centre.dung)[1] == rows
    assert api(centre, "GET", "/signups", centre.hung)[0] == 403
    assert "congvu_signup_messages_total 3\n" in metrics.page(centre)


# [R075] [Điều 11.2]
def test_the_yearly_report_has_the_cases_by_kind(centre, tmp_path):
    all_cases = [c for c in cases(centre) if c["result"] != "unfounded"]
    assert all_cases
    today = datetime.now(timezone(timedelta(hours=7))).date().isoformat()
    period = ("--from", "2026-01-01", "--until", max(today, "2026-12-31"))
    figures = json.loads(centre.run("report", "annual", *period, "--json"))["figures"]
    assert figures["incidents"] == len(all_cases)
    for kind, count in figures["incident_kinds"].items():
        assert count == len([c for c in all_cases if c["kind"] == kind]), kind
    own = json.loads(centre.run("report", "annual", "--unit", "stttt", *period, "--json"))["figures"]
    assert own["incidents"] == len([c for c in all_cases if c["unit"] == "stttt"])
    assert own["signups"] == len({r["address"] for r in json.loads(centre.run(
        "incident", "signups", "--json")) if r["confirmations"]})
    document, book = tmp_path / "bao-cao.docx", tmp_path / "bao-cao.xlsx"
    centre.run("report", "annual", *period, "--to", document)
    centre.run("report", "annual", *period, "--xlsx", "--to", book)
    text = Document(document.read_bytes()).text
    assert f"Sự cố, vụ việc trong kỳ: {len(all_cases)} (" in text and "chưa có số liệu" not in text.split(
        "Sự cố, vụ việc")[1].split("\n")[0]
    rows = sheets(book.read_bytes())["Sự cố"]
    assert rows[-1][0] == "Toàn hệ thống" and float(len(all_cases)) in rows[-1]
    assert "Sự cố được ghi nhận từ ngày" in text


# [R041]
def test_wrong_words_are_refused_and_change_nothing(centre, tmp_path):
    before = cases(centre)
    for words, status in (
            (["report", "--kind", "khac", "--what", "x"], 1), (["report", "--kind", "spam", "--what", " "], 1),
            (["report", "--kind", "spam"], 2), (["report", "--kind", "spam", "--what", "x\x1b[2J"], 1),
            (["report", "--kind", "spam", "--what", "x", "--when", "2199-01-01"], 1),
            (["report", "--kind", "spam", "--what", "x", "--unit", "khongco"], 1), (["show", "x"], 2),
            (["show", "9999"], 1), (["take", "9999"], 1), (["list", "--state", "x"], 2),
            (["measure", "1", "--measure", "x"], 2), (["close", "1", "--result", "open", "--why", "x"], 2),
            (["evidence", tmp_path / "khong-co", "--case", "1"], 1),
            (["export", "1", "--to", tmp_path / "x.zip", "--document", " ", "--receiver", "x"], 1)):
        assert refused(centre, "incident", *words)[0] == status, words
    assert cases(centre) == before and not (tmp_path / "x.zip").exists()


# [R072]
def test_a_file_is_evidence_under_its_own_name(centre, tmp_path):
    file = tmp_path / "nhật ký; proxy.log"
    file.write_bytes(bytes(range(256)) * 2000)
    made = json.loads(centre.run("incident", "report", "--kind", "virus", "--what", "mã độc", "--json"))
    shown = centre.run("incident", "evidence", file, "--case", made["name"])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest in shown and file.name in shown
    archive = tmp_path / "ho-so.zip"
    centre.run("incident", "export", made["name"], "--to", archive, "--document", "Số 7", "--receiver",
               "Sở Thông tin và Truyền thông")
    with zipfile.ZipFile(archive) as package:
        kept, = [n for n in package.namelist() if n.startswith("chung-cu-")]
        assert package.read(kept) == file.read_bytes() and kept.endswith("proxy.log")
    empty = tmp_path / "rong"
    empty.write_bytes(b"")
    assert refused(centre, "incident", "evidence", empty, "--case", made["name"])[0] == 1


# [R072]
def test_a_report_of_somebody_whose_mailbox_is_full_is_a_case_too(office):
    mail.send(office, mail.message("dan@example.com", office.anh))
    office.stop()
    with sqlite3.connect(office.data / "mail.db") as db:
        (account, quota), = db.execute("SELECT id, quota_limit FROM account WHERE quota_used > 0")
        db.execute("UPDATE account SET quota_limit = 1 WHERE id = ?", (account,))
    db.close()
    office.start()
    forward(office, office.anh, bad_mail(1))
    case, = wait_for(lambda: cases(office))
    assert case["reporter"] == office.anh and case["evidence"] == 1
    assert len(mail.inbox(office, office.anh)) == 1  # there is no room for the answer
    assert "incident.answer" in office.error_text()
    office.stop()
    with sqlite3.connect(office.data / "mail.db") as db:
        assert db.execute("SELECT count(*) FROM evidence WHERE incident = 0").fetchone() == (0,)
        db.execute("UPDATE account SET quota_limit = ? WHERE id = ?", (quota, account))
    db.close()


# [R072]
def test_a_kill_between_a_report_and_its_case_costs_neither(office):
    names = [forward(office, office.anh, bad_mail(n), subject=f"thư rác {n}") for n in range(20)]
    office.kill()  # some are cases by now, some wait
    office.start()
    wait_for(lambda: len(cases(office)) == 20)
    found = mail.inbox(office, office.anh)
    assert sorted(m["In-Reply-To"] for m in found) == sorted(names)  # each answered once
    office.stop()
    office.doctor()
    assert len(cases(office)) == 20  # without a server the same
    office.start()
    assert len(mail.inbox(office, office.anh)) == 20
