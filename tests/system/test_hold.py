"""A legal hold stops every deletion; somebody else's mailbox is read by two people on a ground, and its
owner hears of it; the audit trail is searched, taken out and proven [Điều 10.1.c, 12.4]."""

import json

import pytest

from harness import mail
from harness.imap import Session
from harness.server import Refused
from harness.smtp import deliver
from harness.web import api

DAY = 86400


def later(server, days):
    """The clock moved on, and the housekeeping come by."""
    server.stop()
    server.env["CONGVU_CLOCK_OFFSET"] = str(days * DAY)
    server.start()


def acts(server, act):
    rows = json.loads(server.run("audit", "search", "--act", act, "--json"))
    return [row for row in rows if row["act"] == act]


@pytest.fixture
def staffed(office):
    """Besides .anh and .binh: .centre, .department, .head (of stttt)."""
    for role, name in (("centre", "Lê Thị Cúc"), ("department", "Lê Thị Dung"),
                       ("head", "Lê Thị Hoa")):
        address = office.person(name)
        unit = ["--unit", "stttt"] if role == "head" else []
        office.run("role", "grant", address, role, "--document", "Số 1", *unit)
        setattr(office, role, address)
    return office


def listed(server):
    return json.loads(server.run("hold", "list", "--json"))


# [R052]
def test_what_a_held_user_deletes_is_kept(office):
    with Session(office, office.anh) as client:
        client.append("INBOX", b"Subject: chung cu\r\n\r\nx\r\n")
        office.run("hold", "begin", office.anh, "--reason", "Phục vụ điều tra", "--ground",
                   "CV 88", "--until", "2031-01-31")
        client.ok("SELECT INBOX")
        client.ok("STORE 1 +FLAGS (\\Deleted)")
        client.ok("EXPUNGE")
        assert client.ok("STATUS INBOX (MESSAGES SIZE)").status_of("INBOX") == \
            {"MESSAGES": 0, "SIZE": 0}
        client.ok("CREATE Viec")
        client.append("Viec", b"Subject: hai\r\n\r\nx\r\n")
        client.ok("DELETE Viec")
    row, = listed(office)
    assert (row["subject"], row["in_force"], row["kept_messages"]) == (office.anh, True, 2)
    assert row["reason"] == "Phục vụ điều tra" and row["ground"] == "CV 88" and row["until"]
    assert office.doctor()
    with pytest.raises(Refused):
        office.run("hold", "end", "7", "--ground", "x")
    office.run("hold", "end", "1", "--ground", "CV 120")
    row, = listed(office)
    assert not row["in_force"] and row["ended_why"] == "CV 120"
    assert [acts(office, a)[0]["subject"] for a in ("hold.begin", "hold.end")] == [office.anh] * 2


# [R052]
def test_holds_over_the_interface_by_role(staffed):
    office = staffed
    order = {"address": office.anh, "reason": "thanh tra", "ground": "Số 5"}
    assert api(office, "POST", "/holds", office.department, content=order)[0] == 403
    assert api(office, "POST", "/holds", office.centre,
               content={"address": office.anh, "reason": "x"})[0] == 400
    status, hold = api(office, "POST", "/holds", office.centre, content=order)
    assert status == 201 and hold["in_force"] and hold["who"] == f"{office.centre} (api)"
    assert len(api(office, "GET", "/holds", office.department)[1]) == 1
    assert api(office, "GET", "/holds", office.anh)[0] == 403
    status, hold = api(office, "PUT", f"/holds/{hold['id']}/end", office.centre,
                       content={"ground": "Số 6"})
    assert status == 200 and not hold["in_force"]


# [R052] [Điều 10.1.c]
def test_another_mailbox_is_read_by_two_people_and_its_owner_is_told(staffed):
    office = staffed
    deliver(office, b"Subject: rieng\r\n\r\nx\r\n", office.anh)
    wish = {"address": office.anh, "reader": office.binh, "days": 5, "ground": "QĐ thanh tra 3"}
    assert api(office, "POST", "/accesses", office.binh, content=wish)[0] == 403
    status, made = api(office, "POST", "/accesses", office.centre, content=wish)
    assert status == 201 and made["state"] == "asked"
    path, local = f"/accesses/{made['id']}", office.anh.split("@")[0]
    with Session(office, office.binh) as client:
        assert not [n for n in client.ok('LIST "" *').names() if local in n]
    # not by who asked, not by who would read
    assert api(office, "PUT", path + "/approval", office.centre, content={"ground": "x"})[0] == 403
    assert api(office, "PUT", path + "/approval", office.binh, content={"ground": "x"})[0] == 403
    status, made = api(office, "PUT", path + "/approval", office.head, content={"ground": "Số 4"})
    assert status == 200 and made["state"] == "approved" and made["decided_by"] == f"{office.head} (api)"
    with Session(office, office.binh) as client:
        name, = [n for n in client.ok('LIST "" *').names() if n.endswith(f"/{local}/INBOX")]
        client.ok(f'SELECT "{name}"')
        assert b"rieng" in b"".join(client.ok("FETCH 1 BODY[]").untagged)
        client.no("STORE 1 +FLAGS (\\Flagged)")
        client.no('COPY 1 "' + name + '"')
        assert "\\Seen" not in client.ok("FETCH 1 FLAGS").lines[0]
    assert api(office, "GET", "/own/accesses", office.anh)[1] == []  # only afterwards
    later(office, 6)
    with Session(office, office.binh) as client:
        client.no(f'SELECT "{name}"')
    letter = mail.arrived(office, office.anh, "Hộp thư đã được đọc theo yêu cầu kiểm tra")
    text = letter.get_content()
    for word in (office.binh, "QĐ thanh tra 3", office.centre, office.head, "TC-1"):
        assert word in text
    own, = api(office, "GET", "/own/accesses", office.anh)[1]
    assert own["reader"] == office.binh and own["state"] == "over" and own["told"]
    assert [len(acts(office, a)) for a in ("access.ask", "access.approve", "access.told")] == \
        [1, 1, 1]
    later(office, 7)  # once
    assert len([m for m in mail.inbox(office, office.anh) if "được đọc" in m["Subject"]]) == 1
    assert office.doctor()


# [R052]
def test_on_the_command_line_too_a_second_person_is_needed(office):
    office.run("access", "ask", office.anh, "--reader", office.binh, "--days", "3", "--ground", "a")
    with pytest.raises(Refused) as refused:
        office.run("access", "approve", "TC-1", "--ground", "b")
    assert "người thứ hai" in str(refused.value)
    office.run("access", "refuse", "TC-1", "--ground", "b")
    assert "refused" in office.run("access", "list")


# [R052]
def test_an_access_that_does_not_hold_lets_nothing_out(office, tmp_path):
    office.run("access", "ask", office.anh, "--reader", office.binh, "--days", "3", "--ground", "a")
    for access in ("TC-1", "TC-9", "x"):
        with pytest.raises(Refused) as refused:
            office.run("export", "mbox", "--account", office.anh, "--to", tmp_path / "ra",
                       "--ground", "b", "--access", access)
        assert "hiệu lực" in str(refused.value)
    assert not (tmp_path / "ra").exists()


# [R052] [R073] [Điều 12.4]
def test_the_trail_is_searched_taken_out_and_proven(staffed, tmp_path):
    office = staffed
    office.run("account", "lock", office.binh, "--ground", "Số 77/TB")
    found = json.loads(office.run("audit", "search", "--text", "77/TB", "--json"))
    assert [row["act"] for row in found] == ["account.lock"]
    assert json.loads(office.run("audit", "search", "--act", "role.", "--subject", office.centre,
                                 "--json"))
    assert json.loads(office.run("audit", "search", "--until", "2020-01-01", "--json")) == []
    file = tmp_path / "nhat-ky.jsonl"
    office.run("audit", "export", "--to", str(file), "--ground", "Thanh tra 3")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert acts(office, "audit.export")[0]["after"]["records"] == len(rows)
    status, state = api(office, "GET", "/acts/verification", office.department)
    assert status == 200 and state["broken"] is None and state["records"] == len(rows) + 1
    assert api(office, "GET", "/acts/verification", office.anh)[0] == 403
    assert api(office, "POST", "/acts/exports", office.head, content={"ground": "x"})[0] == 403
    assert api(office, "POST", "/acts/exports", office.department, content={})[0] == 400
    status, out = api(office, "POST", "/acts/exports", office.department,
                      content={"ground": "Thanh tra 4", "act": "account."})
    assert status == 201 and out["content"]
    status, some = api(office, "GET", "/acts?act=account.&who=khong", office.department)
    assert status == 200 and some == []


# [R052]
def test_a_shorter_record_of_receptions_is_refused(make_server):
    server = make_server(start=False)
    file = server.data / "congvu.conf"
    text = file.read_text()
    assert "receptions = 180" in text
    file.write_text(text.replace("receptions = 180", "receptions = 90"))
    with pytest.raises(Refused) as refused:
        server.run("check")
    assert "180" in str(refused.value)
    file.write_text(text)
