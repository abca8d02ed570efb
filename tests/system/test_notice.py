"""Stops of the service: announced in time, on days of rest, told to everybody once, by mail and in
clients, and followed by word of the end [Điều 10.2.b]."""

import json
import os
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest

from harness import mail, metrics, office as papers
from harness.imap import Session
from harness.server import DOMAIN, PASSWORD, Refused, wait_for
from harness.web import api

ZONE = timezone(timedelta(hours=7))
UNIT = f"stttt@{DOMAIN}"
SUBJECT = "Thông báo tạm ngừng hệ thống thư điện tử công vụ từ 20:00 thứ bảy ngày "


@pytest.fixture
def monday(office):
    """The office on a Monday morning before a Saturday on which the service may stop; .day(n) is a
    date of that week or the next, .at(n, "20:00") a moment."""
    now = datetime.now(ZONE)
    day = now.date()
    for _ in range(60):
        day += timedelta(days=1)
        if day.weekday() == 0 and office.run(
                "calendar", "notice", day + timedelta(days=5)) >= str(day) and office.run(
                "calendar", "stop", day + timedelta(days=5), "--today", day) == "accept\n":
            break
    office.monday = datetime(day.year, day.month, day.day, 8, tzinfo=ZONE)
    office.day = lambda n: (day + timedelta(days=n)).isoformat()
    office.at = lambda n, clock: f"{office.day(n)} {clock}"
    return move(office, office.monday)


def move(server, moment):
    server.stop()
    offset = int(moment.timestamp() - time.time()) + 1
    server.env["CONGVU_CLOCK_OFFSET"] = str(offset)
    server.start()
    return server


def schedule(server, first, last, reason="nâng cấp máy chủ", *more):
    return json.loads(server.run("notice", "schedule", "--from", first, "--to", last, "--reason",
                                 reason, *more, "--json"))


def refused(server, *words):
    with pytest.raises(Refused) as caught:
        server.run(*words)
    return caught.value.status, caught.value.output


def subjects(server, user):
    return [m["Subject"] for m in mail.inbox(server, user)]


# [R056] [R057] [Điều 10.2.b]
def test_a_stop_is_refused_unless_the_whole_of_it_keeps_the_regulation(monday):
    def no(first, last, *expected):
        status, said = refused(monday, "notice", "schedule", "--from", first, "--to", last,
                               "--reason", "nâng cấp")
        assert status == 1, said
        for words in expected:
            assert words in said, said

    saturday, after = monday.day(5), monday.day(12)
    no(monday.at(4, "20:00"), monday.at(5, "02:00"), "thứ bảy, chủ nhật (điểm b khoản 2 Điều 10",
       f"Sớm nhất: {saturday}")
    no(monday.at(5, "20:00"), monday.at(7, "00:01"), f"Sớm nhất: {saturday}", "một kỳ thứ bảy")
    no(monday.at(6, "20:00"), monday.at(12, "06:00"), "một kỳ thứ bảy, chủ nhật", f"Sớm nhất: {monday.day(6)}")
    no(monday.at(5, "20:00"), monday.at(5, "20:00"), "kết thúc không sau")
    no(monday.at(-2, "20:00"), monday.at(-2, "21:00"), f"Sớm nhất: {saturday}")
    assert monday.run("notice", "list", "--json").strip() == "[]"
    # Wednesday morning leaves Thursday and Friday; on Thursday there is only one working day left.
    move(monday, monday.monday + timedelta(days=3))
    no(monday.at(5, "20:00"), monday.at(5, "23:00"), "ít nhất 02 ngày làm việc", f"Sớm nhất: {after}")
    move(monday, monday.monday + timedelta(days=2))
    made = schedule(monday, monday.at(5, "20:00"), monday.day(6))
    assert made["state"] == "announced" and made["emergency"] is None
    assert (made["until"] - made["from"]) / 3.6e9 == 28  # until Sunday 24:00
    status, said = refused(monday, "notice", "schedule", "--from", monday.at(6, "01:00"), "--to",
                           monday.at(6, "02:00"), "--reason", "x")
    assert status == 1 and "trùng thời gian với thông báo 1" in said
    for words in (["--from", "mai", "--to", monday.day(6), "--reason", "x"],
                  ["--from", monday.day(5), "--reason", "x"], ["--from", monday.day(5), "--to", "24:00",
                                                               "--reason", "x"]):
        assert refused(monday, "notice", "schedule", *words)[0] == 2


# [R056] [Điều 10.2.b]
def test_everybody_gets_the_notice_once_and_hears_of_the_end(monday):
    monday.run("account", "lock", monday.binh, "--request", "7")
    monday.run("account", "delegate", UNIT, monday.anh, "--document", "Số 1")
    made = schedule(monday, monday.at(5, "20:00"), monday.at(5, "23:00"))
    assert (made["delivered"], made["refused"]) == (2, 0) and made["told"]
    notice, = mail.inbox(monday, monday.anh)
    day = "/".join(reversed(monday.day(5).split("-")))
    assert notice["Subject"] == SUBJECT + day
    assert notice["Auto-Submitted"] == "auto-generated" and notice["Return-Path"] == "<>"
    body = notice.get_content()
    for words in ("Kính gửi: Các cơ quan, đơn vị, cá nhân sử dụng thư điện tử công vụ",
                  f"tạm ngừng hệ thống thư điện tử công vụ từ 20:00 thứ bảy ngày {day} đến 23:00 thứ "
                  f"bảy ngày {day} (điểm b khoản 2 Điều 10 Quy chế).", "Lý do: nâng cấp máy chủ."):
        assert words in body, body
    with Session(monday, monday.anh) as client:
        client.ok("SELECT Shared/stttt/INBOX")
        assert len(client.ok("UID SEARCH ALL").search()) == 1
    assert monday.run("trace", notice["Message-ID"]).count("-> ") == 2
    acts = json.loads(monday.run("audit", "list", "--subject", "TB-1", "--json"))
    assert [a["act"] for a in acts] == ["notice.told", "notice.schedule"]
    assert refused(monday, "notice", "done", "1")[0] == 1  # it has not begun
    move(monday, monday.monday + timedelta(days=5, hours=13))
    assert refused(monday, "notice", "cancel", "1", "--reason", "x")[0] == 1
    assert len(mail.inbox(monday, monday.anh)) == 1  # starting again sends nothing twice
    text = monday.run("notice", "done", "TB-1")
    assert "đã hoạt động trở lại" in text and "thư kết thúc: đã gửi" in text
    first, last = mail.inbox(monday, monday.anh)
    assert last["Subject"] == "Hệ thống thư điện tử công vụ đã hoạt động trở lại"
    assert "trở lại bình thường từ 21:0" in last.get_content()
    assert refused(monday, "notice", "done", "1")[0] == 1
    assert "đã hoạt động trở lại" in monday.run("notice", "list")
    assert monday.run("notice", "list", "--open") == ""


# [R056]
def test_what_is_not_needed_is_taken_back_with_a_reason(monday):
    schedule(monday, monday.at(5, "20:00"), monday.at(5, "23:00"))
    assert refused(monday, "notice", "cancel", "1")[0] == 2
    assert refused(monday, "notice", "cancel", "1", "--reason", "  ")[0] == 1
    assert refused(monday, "notice", "cancel", "9", "--reason", "x")[0] == 1
    assert refused(monday, "notice", "cancel", "một", "--reason", "x")[0] == 2
    monday.run("notice", "cancel", "1", "--reason", "thiết bị chưa về")
    assert subjects(monday, monday.anh)[1].startswith("Không tạm ngừng hệ thống thư điện tử công vụ từ")
    assert "Lý do: thiết bị chưa về." in mail.inbox(monday, monday.anh)[1].get_content()
    assert refused(monday, "notice", "cancel", "1", "--reason", "x")[0] == 1
    schedule(monday, monday.at(5, "20:00"), monday.at(5, "23:00"))  # its time is free again


# [R056] [Điều 10.2.b]
def test_an_emergency_needs_its_reason_and_is_recorded_apart(monday):
    began = (monday.monday + timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M")
    ends = (monday.monday + timedelta(hours=3)).strftime("%Y-%m-%d %H:%M")
    words = ["notice", "schedule", "--from", began, "--to", ends, "--reason", "thay ổ đĩa"]
    assert refused(monday, *words)[0] == 1
    assert refused(monday, *words, "--emergency", " ")[0] == 1
    assert refused(monday, "notice", "schedule", "--from", monday.at(-8, "08:00"), "--to", ends,
                   "--reason", "x", "--emergency", "x")[0] == 1
    made = json.loads(monday.run(*words, "--emergency", "ổ đĩa sắp hỏng", "--json"))
    assert made["emergency"] == "ổ đĩa sắp hỏng"
    notice, = mail.inbox(monday, monday.anh)
    assert "tạm ngừng khẩn cấp" in notice["Subject"] and "phải tạm ngừng ngay" in notice.get_content()
    assert "khẩn cấp" in monday.run("notice", "list")
    acts = json.loads(monday.run("audit", "list", "--subject", "TB-1", "--json"))
    assert acts[-1]["act"] == "notice.emergency" and acts[-1]["after"]["emergency"] == "ổ đĩa sắp hỏng"


# [R056]
@pytest.mark.parametrize("reason", ["", " ", "a\r\nBcc: x@y", "x\0y", "\x1b[2J", "é" * 501, b"\xff"])
def test_a_reason_that_is_no_line_of_text_is_refused(monday, reason):
    words = ["notice", "schedule", "--from", monday.at(5, "20:00"), "--to", monday.at(5, "23:00")]
    if "\0" in str(reason):  # no argument can hold it; the interface can be sent it
        monday.run("role", "grant", monday.binh, "centre", "--document", "Số 1")
        assert api(monday, "POST", "/notices", monday.binh, content={
            "from": 1, "until": 2, "reason": reason})[0] == 400
        return
    if isinstance(reason, bytes):
        reason = os.fsdecode(reason)
    assert refused(monday, *words, "--reason", reason)[0] == 1
    assert monday.run("notice", "list") == ""


# [R056] RFC 9051 7.1
def test_open_and_new_sessions_are_shown_the_stop_once(monday):
    alert = r"OK \[ALERT\] "
    with Session(monday, monday.anh) as early, Session(monday, monday.anh) as idling:
        early.ok("ENABLE UTF8=ACCEPT")
        idling.ok("SELECT INBOX")
        tag = idling.idle()
        schedule(monday, monday.at(5, "20:00"), monday.at(5, "23:00"))
        assert early.ok("NOOP").of(alert) == []  # it is five days away
        began = (monday.monday + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M")
        schedule(monday, began, monday.at(0, "18:00"), "thay ổ đĩa «ß» 电", "--emergency", "hỏng đĩa")
        told = idling.told(alert)
        assert "He thong thu dien tu cong vu tam ngung khan cap tu" in told
        assert told.endswith("Ly do: thay o dia ?ss? ?.")
        idling.done(tag)
        assert "Hệ thống thư điện tử công vụ tạm ngừng khẩn cấp từ" in early.ok("NOOP").one(alert)
        assert early.ok("NOOP").of(alert) == [] and idling.ok("NOOP").of(alert) == []
    with Session(monday) as client:
        assert client.ok("NOOP").of(alert) == []  # nothing is told to strangers
        assert client.ok(f"LOGIN {monday.anh} {PASSWORD}").one(alert)
        assert client.ok("NOOP").of(alert) == []
    move(monday, monday.monday + timedelta(hours=2))
    monday.run("notice", "done", "2")
    with Session(monday) as client:
        assert client.ok(f"LOGIN {monday.anh} {PASSWORD}").of(alert) == []
        move(monday, monday.monday + timedelta(days=4, hours=13))
    with Session(monday) as client:  # the other one is 23 hours away now
        assert "tu 20:00 thu bay" in client.ok(f"LOGIN {monday.anh} {PASSWORD}").one(alert)


# [R056]
def test_a_kill_in_the_middle_of_the_sending_costs_nobody_a_notice_and_nobody_two(monday):
    people = 12000
    letters = "abcdefghijklmnopqrstuvwxyz"
    rows = "".join(f"Nguyễn Văn {letters[n // 676 % 26]}{letters[n // 26 % 26]}{letters[n % 26]}o,stttt\n"
                   for n in range(people))
    table = monday.data.parent / "people.csv"
    table.write_text("họ và tên,đơn vị\n" + rows, encoding="utf-8")
    monday.run("account", "import", table, "--ground", "x", timeout=300)
    monday.stop()
    command = [monday.program, "--data", monday.data, "notice", "schedule", "--from",
               monday.at(5, "20:00"), "--to", monday.at(5, "23:00"), "--reason", "nâng cấp"]

    def sent():
        """Copies that are durable, and whether all are."""
        with sqlite3.connect(f"file:{monday.data}/mail.db?mode=ro", uri=True) as db:
            row = db.execute("SELECT delivered, ended FROM mailing").fetchone()
        db.close()
        return row or (0, 0)

    seen = []
    for copies in (1, 3000, 7000):
        monday.start(ready=False)
        if not seen:
            wait_for(monday.is_ready, 20)
            scheduling = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
        wait_for(lambda enough=copies: sent()[0] >= enough)
        monday.kill()
        if not seen:
            scheduling.wait()
        seen.append(sent())
    assert any(0 < copies < people and not ended for copies, ended in seen), seen
    monday.start()
    wait_for(lambda: json.loads(monday.run("notice", "show", "1", "--json"))["told"], 60)
    made = json.loads(monday.run("notice", "show", "1", "--json"))
    assert (made["delivered"], made["refused"]) == (people + 3, 0)
    accounts = json.loads(monday.run("account", "list", "--json", timeout=120))
    counts = {a["address"]: a["messages"] for a in accounts if a["kind"] != "service"}
    assert len(counts) == people + 3 and set(counts.values()) == {1}
    monday.doctor()


# [R056]
def test_a_full_mailbox_is_counted_and_the_others_get_it(monday):
    mail.send(monday, mail.message("dan@example.com", monday.binh))
    monday.stop()

    with sqlite3.connect(monday.data / "mail.db") as db:
        (account, quota), = db.execute("SELECT id, quota_limit FROM account WHERE quota_used > 0")

        def limit(quota):
            db.execute("UPDATE account SET quota_limit = ? WHERE id = ?", (quota, account))
            db.commit()

        limit(1)
    monday.start()
    made = schedule(monday, monday.at(5, "20:00"), monday.at(5, "23:00"))
    assert (made["delivered"], made["refused"]) == (2, 1)
    assert "1 hộp thư không nhận được" in monday.run("notice", "show", "1")
    monday.stop()
    limit(quota)
    db.close()


# [R056] [Điều 10.2.b]
def test_the_interface_lets_the_centre_schedule_and_everybody_look(monday):
    cuc, dung = monday.person("Lê Thị Cúc"), monday.person("Lê Văn Dũng")
    monday.run("role", "grant", cuc, "centre", "--document", "Số 1")
    monday.run("role", "grant", dung, "department", "--document", "Số 2")
    saturday = int((monday.monday + timedelta(days=5, hours=12)).timestamp() * 1e6)
    wanted = {"from": saturday, "until": saturday + 3 * 3600 * 10**6, "reason": "nâng cấp"}
    for who in (dung, monday.anh):
        assert api(monday, "POST", "/notices", who, content=wanted)[0] == 403
    status, problem = api(monday, "POST", "/notices", cuc,
                          content={**wanted, "until": saturday + 200 * 3600 * 10**6})
    assert status == 422 and "Sớm nhất: " + monday.day(5) in problem["detail"]
    assert api(monday, "POST", "/notices", cuc, content={**wanted, "until": "mai"})[0] == 400
    for extreme in (-2**63, 2**63 - 1):
        assert api(monday, "POST", "/notices", cuc, content={**wanted, "from": extreme})[0] in (400, 422)
        assert api(monday, "POST", "/notices", cuc, content={**wanted, "until": extreme})[0] in (400, 422)
    status, made = api(monday, "POST", "/notices", cuc, content=wanted)
    assert status == 201 and made["name"] == "TB-1" and made["made_by"].startswith(cuc)
    told = wait_for(lambda: (row := api(monday, "GET", "/notices/1", monday.anh)[1])["told"] and row)
    assert told["delivered"] == 5 and "tạm ngừng từ 20:00 thứ bảy" in told["line"]
    assert [n["id"] for n in api(monday, "GET", "/notices?open=1", dung)[1]] == [1]
    assert api(monday, "GET", "/notices/2", dung)[0] == 404
    assert api(monday, "GET", "/notices/x", dung)[0] == 404
    assert api(monday, "PUT", "/notices/1/end", cuc)[0] == 422
    assert api(monday, "PUT", "/notices/1/cancellation", dung, content={"reason": "x"})[0] == 403
    status, row = api(monday, "PUT", "/notices/1/cancellation", cuc, content={"reason": "hoãn"})
    assert status == 200 and row["state"] == "cancelled" and row["ended_why"] == "hoãn"
    wait_for(lambda: api(monday, "GET", "/notices/1", dung)[1]["told_end"])
    assert len(subjects(monday, monday.anh)) == 2


# [R056]
def test_the_metrics_tell_of_the_next_stop(monday):
    assert "congvu_stops_announced 0\n" in metrics.page(monday)
    made = schedule(monday, monday.at(5, "20:00"), monday.at(5, "23:00"))
    page = metrics.page(monday)
    assert "congvu_delivered_copies_total 3\n" in page
    assert "congvu_stops_announced 1\n" in page
    assert f"congvu_stop_begins_seconds {made['from'] // 10**6}\n" in page


# [R056]
def test_without_a_running_server_it_works_the_same(monday):
    monday.stop()
    offset = {"CONGVU_CLOCK_OFFSET": monday.env["CONGVU_CLOCK_OFFSET"]}
    text = monday.run("notice", "schedule", "--from", monday.at(5, "20:00"), "--to",
                      monday.at(5, "23:00"), "--reason", "nâng cấp", env=offset)
    assert "đã gửi đến 3 hộp thư" in text
    monday.start()
    assert len(mail.inbox(monday, monday.anh)) == 1
    monday.stop()
    monday.start()
    assert len(mail.inbox(monday, monday.anh)) == 1


# [R056] [Điều 10.2.b]
def test_the_notice_is_a_document_that_says_what_was_mailed(monday, tmp_path):
    notice = schedule(monday, monday.at(5, "20:00"), monday.at(6, "06:00"), "thay ổ đĩa")
    where = tmp_path / "thong-bao.docx"
    assert monday.run("notice", "document", f"TB-{notice['id']}", "--to", where, "--number", "7",
                      "--sign", "TB-TTCNTTTT") == f"{where}\n"
    text = " ".join(papers.Document(where.read_bytes()).text.split())
    day = datetime.fromisoformat(monday.day(5))
    assert "Số: 07/TB-TTCNTTTT" in text and "thay ổ đĩa" in text
    assert f"từ 20:00 thứ bảy ngày {day:%d/%m/%Y}" in text
    assert refused(monday, "notice", "document", 99, "--to", tmp_path / "x.docx")[0] == 1
    assert not (tmp_path / "x.docx").exists()
