"""Accounts that lie unused: who is a candidate, who is exempt and why, the letters before a lock, and
what a lock of each cause leaves on record [Điều 4.2.c]."""

import json
import time
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import default

import pytest

from harness import mail
from harness.web import api
from harness.imap import Session
from harness.server import DOMAIN, PASSWORD, Refused, wait_for
from harness.smtp import plain, session

UNIT = f"stttt@{DOMAIN}"


def in_days(n):
    """The date in Vietnam."""
    now = datetime.now(timezone(timedelta(hours=7)))
    return (now + timedelta(days=n)).date().isoformat()


def idle(server, days, *more):
    rows = json.loads(server.run("account", "idle", "--json", "--today", in_days(days), *more))
    return {row["address"]: row for row in rows}


def later(server, days):
    server.stop()
    server.env["CONGVU_CLOCK_OFFSET"] = str(days * 86400)
    server.start()


def of(server, address, days=400):
    return idle(server, days)[address]


def refused(server, *words):
    """What a command said that was refused, with status 1."""
    with pytest.raises(Refused) as caught:
        server.run(*words)
    assert caught.value.status == 1, caught.value
    return caught.value.output


def inbox(server, user):
    """The messages of an INBOX, read as a client reads them."""
    with mail.imap(server, user) as client:
        mail.good(client.select("INBOX"))
        numbers = mail.good(client.search(None, "ALL"))[0].split()
        return [message_from_bytes(mail.good(client.fetch(n, "(RFC822)"))[0][1], policy=default)
                for n in numbers]


# [R024] [Điều 4.2.c]
def test_six_months_without_sending_or_receiving_make_a_candidate(office):
    assert idle(office, 170) == {}
    found = idle(office, 190)
    assert set(found) == {UNIT, office.anh, office.binh}
    row = found[office.anh]
    assert (row["state"], row["rule"], row["article"], row["last"]) == (
        "candidate", "idle", "Điều 4.2.c", in_days(0))
    assert row["unit"] == UNIT and row["warned"] is None
    later(office, 100)
    mail.send(office, mail.message(office.anh, office.binh), port="submission", user=office.anh)
    assert set(idle(office, 190)) == {UNIT}  # one sent, the other received
    text = office.run("account", "idle", "--today", in_days(190))
    assert text.split("\t")[:3] == [UNIT, "candidate", in_days(0)]
    for word in ("31/12/2026", "2026-13-01"):
        with pytest.raises(Refused):
            office.run("account", "idle", "--today", word)


# [R024] [Điều 4.2.c]
def test_the_times_of_sending_receiving_and_signing_in_are_kept_apart(office):
    began = time.time() * 1e6
    with Session(office, office.binh):
        pass
    row = of(office, office.binh)
    assert row["signed_in"] >= began and row["sent"] is None and row["received"] is None
    mail.send(office, mail.message("dan@example.com", office.binh))
    assert of(office, office.binh)["received"] >= began
    mail.send(office, mail.message(office.anh, "dan@example.com"), port="submission", user=office.anh)
    row = of(office, office.anh)
    assert row["sent"] >= began and row["signed_in"] >= began and row["received"] is None


# [R024] [Điều 4.2.c]
def test_notices_and_spam_are_no_received_mail(office):
    mail.send(office, mail.message("dan@example.com", office.anh, X_Spam_Flag="YES"))
    with mail.smtp(office) as client:
        client.sendmail("", [office.anh], "From: <>\r\nSubject: thu tra lai\r\n\r\n.\r\n")
    assert len(inbox(office, office.anh)) == 2
    assert of(office, office.anh)["received"] is None
    mail.send(office, mail.message("dan@example.com", office.anh, X_Spam_Flag="NO"))
    assert of(office, office.anh)["received"] is not None


# [R024]
def test_who_sends_for_a_unit_keeps_the_units_account_in_use_too(office):
    office.run("account", "delegate", UNIT, office.anh, "--document", "Số 1")
    mail.send(office, mail.message(UNIT, "dan@example.com"), port="submission", user=office.anh)
    assert of(office, UNIT)["sent"] is not None and of(office, office.anh)["sent"] is not None


# [R024]
def test_what_was_seen_outlives_a_stop_and_within_a_minute_a_kill(office):
    mail.send(office, mail.message("dan@example.com", office.anh))
    office.stop()
    office.start()
    assert of(office, office.anh)["received"] is not None
    mail.send(office, mail.message("dan@example.com", office.binh))
    assert of(office, office.binh)["received"] is not None  # asking writes it
    office.kill()
    office.start()
    assert of(office, office.binh)["received"] is not None


# [R024] [Điều 4.2.c]
def test_a_recorded_reason_exempts_and_stands_in_the_list(office):
    office.run("account", "exempt", office.anh, "--reason", "thai sản", "--until", in_days(200),
               "--ground", "Số 21/STTTT")
    row = of(office, office.anh, 195)
    assert (row["state"], row["reason"], row["exempt_until"]) == (
        "exempt", "nghỉ thai sản", in_days(200))
    assert office.anh not in idle(office, 300)
    assert "nghỉ thai sản, đến hết " + in_days(200) in office.run(
        "account", "idle", "--today", in_days(195))
    acts = json.loads(office.run("audit", "list", "--subject", office.anh, "--json"))
    assert acts[0]["act"] == "account.exempt" and acts[0]["ground"] == "Số 21/STTTT"
    office.run("account", "exempt", office.anh, "--end")
    assert of(office, office.anh, 195)["state"] == "candidate"
    for words, status in ((["--reason", "đi chơi", "--until", in_days(9)], 2),
                          (["--reason", "other", "--until", in_days(9)], 1),
                          (["--reason", "study", "--until", in_days(-1)], 1),
                          (["--reason", "study"], 2), (["--until", in_days(9)], 2), (["--end"], 1)):
        with pytest.raises(Refused) as refused:
            office.run("account", "exempt", office.anh, *words)
        assert refused.value.status == status, words


# [R024] [Điều 4.2.c]
def test_the_letter_goes_to_the_person_and_to_the_unit_once_and_is_no_received_mail(office):
    later(office, 190)
    office.run("account", "delegate", UNIT, office.binh, "--document", "Số 1")
    mail.send(office, mail.message("dan@example.com", office.binh))
    assert office.run("account", "warn") == (
        "2 accounts were warned, 2 letters delivered; 0 had been warned before\n")
    letter = inbox(office, office.anh)[0]
    assert letter["Subject"] == "Tài khoản thư điện tử công vụ lâu không sử dụng"
    assert letter["Auto-Submitted"] == "auto-generated" and letter["To"].endswith(f"<{office.anh}>")
    body = letter.get_content()
    assert "Kính gửi: Trần Văn Anh" in body and "(điểm c khoản 2 Điều 4 Quy chế)" in body
    assert office.anh in body and "Trung tâm Công nghệ thông tin và Truyền thông" in body
    with Session(office, office.binh) as client:
        client.ok("SELECT Shared/stttt/INBOX")
        answer = client.ok("FETCH 1 BODY.PEEK[]")
    text = b"".join(answer.untagged).decode()
    assert f"1. Sở Thông tin và Truyền thông: Tài khoản {UNIT}" in text
    assert f"2. Trần Văn Anh: Tài khoản {office.anh}" in text
    rows = idle(office, 190)
    assert set(rows) == {UNIT, office.anh}  # the letter does not count as received
    assert all(row["warned"] for row in rows.values())
    assert office.run("account", "warn").startswith("0 accounts were warned, 0 letters")
    acts = json.loads(office.run("audit", "list", "--subject", office.anh, "--json"))
    assert acts[0]["act"] == "account.warn"
    said = refused(office, "account", "lock", office.anh, "--idle")
    assert "còn được nêu lý do đến hết ngày" in said and "điểm c khoản 2 Điều 4" in said
    later(office, 207)
    office.run("account", "lock", office.anh, "--idle", "--ground", "Quyết định số 5")
    assert set(idle(office, 207)) == {UNIT}
    assert "Tài khoản không phát sinh gửi, nhận thư quá thời hạn" in office.run(
        "account", "show", office.anh)


# [R024] [Điều 4.2.c]
def test_idleness_is_no_ground_for_an_account_in_use_exempt_or_not_warned(office):
    assert "còn được sử dụng" in refused(office, "account", "lock", office.anh, "--idle")
    later(office, 190)
    assert "Chưa gửi thư báo trước" in refused(office, "account", "lock", office.anh, "--idle")
    office.run("account", "exempt", office.anh, "--reason", "study", "--until", in_days(400))
    assert "đi học" in refused(office, "account", "lock", office.anh, "--idle")
    mail.send(office, mail.message("dan@example.com", office.binh))
    assert "còn được sử dụng" in refused(office, "account", "lock", office.binh, "--idle")


# [R024]
def test_a_list_of_those_who_do_not_sign_in_stands_beside_it(office):
    later(office, 100)
    with Session(office, office.anh):
        pass
    mail.send(office, mail.message("dan@example.com", office.binh))
    found = idle(office, 100, "--no-sign-in", "90")
    assert set(found) == {UNIT, office.binh}
    with pytest.raises(Refused):
        office.run("account", "idle", "--no-sign-in", "0")


# ------------------------------------------------------------------------------------------- locks

def acts_on(server, address):
    return json.loads(server.run("audit", "list", "--subject", address, "--json"))


# [R025] [Điều 4.2.c]
def test_a_taken_over_account_is_locked_in_one_act_with_its_evidence(office):
    mail.send(office, mail.message(office.anh, "dan@far.test"), port="submission", user=office.anh)
    with Session(office, office.anh) as client, session(office, "submission",
                                                        user=office.anh) as raw:
        with pytest.raises(Refused) as refused:
            office.run("account", "lock", office.anh, "--takeover")
        assert refused.value.status == 1 and "điểm c khoản 2 Điều 4" in refused.value.output
        office.run("account", "lock", office.anh, "--takeover", "--evidence", "nhật ký 25/11, IP lạ")
        assert client.response().startswith(b"* BYE")
        with pytest.raises((EOFError, AssertionError, ConnectionError)):
            for _ in range(500):
                code, _ = raw.reply("NOOP")
                assert code == 250
                time.sleep(0.01)
    rows = json.loads(office.run("queue", "list", "--json"))
    assert rows and all(row["state"] == "held" for row in rows)
    with session(office, "submission") as raw:
        assert raw.reply("AUTH PLAIN " + plain(office.anh, PASSWORD))[0] == 535
    record = acts_on(office, office.anh)[0]
    assert record["act"] == "account.lock" and "bị chiếm dụng" in record["ground"]
    after = record["after"] if isinstance(record["after"], dict) else json.loads(record["after"])
    assert after == {"state": "locked", "cause": "takeover", "rule": "lock_takeover",
                     "article": "Điều 4.2.c", "evidence": "nhật ký 25/11, IP lạ"}
    office.run("account", "unlock", office.anh, "--request", "4")
    with session(office, "submission") as raw:  # the hijacker's password opens nothing any more
        assert raw.reply("AUTH PLAIN " + plain(office.anh, PASSWORD))[0] == 535


# [R026] [Điều 4.2.c]
def test_a_forbidden_act_needs_its_clause_or_another_law_and_evidence(office):
    for words in (["--forbidden", "8.3"], ["--forbidden", "8.9", "--evidence", "x"],
                  ["--forbidden", "9.1", "--evidence", "x"], ["--law", "Luật ANM, Điều 8"]):
        with pytest.raises(Refused) as refused:
            office.run("account", "lock", office.anh, *words)
        assert refused.value.status == 1, words
        if "--evidence" in words:
            assert "8.1, 8.2, 8.3, 8.4, 8.5, 8.6" in refused.value.output
    office.run("account", "lock", office.anh, "--forbidden", "8.3", "--evidence", "vụ việc 7")
    assert "khoản 3 Điều 8 Quy chế" in acts_on(office, office.anh)[0]["ground"]
    office.run("account", "lock", office.binh, "--law", "Luật An ninh mạng, Điều 8", "--evidence", "x")
    assert "Luật An ninh mạng, Điều 8" in acts_on(office, office.binh)[0]["ground"]
    with pytest.raises(Refused) as refused:
        office.run("account", "lock", office.binh, "--takeover", "--idle")
    assert refused.value.status == 2


# [R022] [R023] [R027] [Điều 4.2.c]
def test_a_lock_is_undone_and_mail_comes_in_meanwhile(office):
    office.run("account", "lock", office.anh, "--request", "15")
    mail.send(office, mail.message("dan@example.com", office.anh))
    with session(office, "submission") as raw:
        code, text = raw.reply("AUTH PLAIN " + plain(office.anh, PASSWORD))
        assert code == 535 and text.startswith("5.7.13 ")
    office.run("account", "unlock", office.anh, "--request", "16")
    assert len(inbox(office, office.anh)) == 1
    assert [(a["act"], a["ground"]) for a in acts_on(office, office.anh)[:2]] == [
        ("account.unlock", "16"), ("account.lock", "15")]


# [R022] [R025] [Điều 4.2.c]
def test_what_is_open_ends_within_five_seconds_at_every_door(office):
    office.run("account", "delegate", UNIT, office.anh, "--document", "Số 1")
    with Session(office, office.anh) as idling, Session(office, office.anh) as reading, session(
            office, "submission", user=office.anh) as raw:
        reading.ok("SELECT Shared/stttt/INBOX")
        idling.ok("SELECT INBOX")
        idling.send(b"x1 IDLE\r\n")
        assert idling.response().startswith(b"+")
        assert api(office, "GET", "/own", office.anh)[0] == 200
        began = time.monotonic()
        office.run("account", "lock", office.anh, "--request", "15")
        assert idling.response().startswith(b"* BYE")
        assert reading.response().startswith(b"* BYE")
        status, problem = api(office, "GET", "/own", office.anh)
        assert status == 403 and "tạm khóa" in problem["detail"]
        code = 250
        while code == 250 and time.monotonic() - began < 5:
            try:
                code = raw.reply(f"MAIL FROM:<{office.anh}>")[0]
                if code == 250:
                    raw.reply("RSET")
            except (EOFError, ConnectionError):
                code = 421
        assert code in (421, 550), code
        assert time.monotonic() - began < 5


# [R024] [R025] [R026] [Điều 4.2.c]
def test_the_interface_does_all_of_it_by_role(office):
    cuc, phuong = office.person("Lê Thị Cúc"), office.person("Lê Thị Phương")
    office.run("role", "grant", cuc, "centre", "--document", "Số 1")
    office.run("role", "grant", phuong, "focal", "--unit", "stttt", "--document", "Số 2")
    path = f"/idle-accounts?today={in_days(190)}"
    status, rows = api(office, "GET", path, cuc)
    assert status == 200 and {r["address"] for r in rows} >= {UNIT, office.anh, office.binh}
    assert api(office, "GET", path, office.anh)[0] == 403
    assert api(office, "GET", path, phuong)[0] == 403
    assert api(office, "GET", path + "&unit=stttt", phuong)[0] == 200
    assert api(office, "GET", "/idle-accounts?today=hom-nay", cuc)[0] == 400
    assert api(office, "GET", "/idle-accounts?no_sign_in=0", cuc)[0] == 400
    leave = {"reason": "maternity", "until": in_days(200)}
    account = f"/accounts/{office.anh}"
    assert api(office, "PUT", f"{account}/exemption", phuong, content={**leave, "ground": "x"})[0] == 403
    assert api(office, "PUT", f"{account}/exemption", cuc, content=leave)[0] == 400  # no ground
    assert api(office, "PUT", f"{account}/exemption", cuc,
               content={**leave, "reason": "x", "ground": "y"})[0] == 400
    status, row = api(office, "PUT", f"{account}/exemption", cuc, content={**leave, "ground": "Số 3"})
    assert status == 200 and row["address"] == office.anh and row["state"] == "in_use"
    rows = {r["address"]: r for r in api(office, "GET", path, cuc)[1]}
    assert rows[office.anh]["state"] == "exempt" and rows[office.anh]["reason"] == "nghỉ thai sản"
    assert api(office, "DELETE", f"{account}/exemption", cuc)[0] == 204
    assert api(office, "DELETE", f"{account}/exemption", cuc)[0] == 404
    assert api(office, "POST", "/idle-accounts/warnings", phuong, content={})[0] == 403
    assert api(office, "POST", "/idle-accounts/warnings", cuc, content={}) == (
        201, {"accounts": 0, "before": 0, "letters": 0, "failed": 0})
    assert api(office, "PUT", f"{account}/lock", cuc, content={"cause": "takeover"})[0] == 422
    assert api(office, "PUT", f"{account}/lock", cuc, content={"cause": "spite"})[0] == 400
    status, row = api(office, "PUT", f"{account}/lock", cuc, content={
        "cause": "forbidden", "clause": "8.3", "evidence": "vụ việc 7"})
    assert status == 200 and row["state"] == "locked" and "khoản 3 Điều 8" in row["state_why"]
    status, row = api(office, "PUT", f"/accounts/{office.binh}/lock", cuc, content={
        "cause": "takeover", "evidence": "nhật ký"})
    assert status == 200 and not row["has_password"]


# [R024] [Điều 4.2.c]
def test_letters_to_hundreds_go_out_through_the_interface_in_seconds(office):
    rows = "".join(f"Nguyễn Văn Người {chr(97 + n // 26)}{chr(97 + n % 26)},stttt\n"
                   for n in range(300))
    table = office.data.parent / "people.csv"
    table.write_text("họ và tên,đơn vị\n" + rows, encoding="utf-8")
    office.run("account", "import", table, "--ground", "x")
    later(office, 190)
    office.run("role", "grant", office.binh, "centre", "--document", "Số 1")
    began = time.monotonic()
    status, told = api(office, "POST", "/idle-accounts/warnings", office.binh, content={})
    assert status == 201 and told["failed"] == 0
    assert told["accounts"] == 303 and told["letters"] == 303  # the unit's own letter among them
    assert time.monotonic() - began < 15
