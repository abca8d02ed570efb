"""One message that many have (phishing, a mistake) is taken back from all of them, with a look before, a
record, and an undo [Điều 8.1, 10.1.c]."""

import json

import pytest

from harness import mail
from harness.imap import Session
from harness.outbound import queue
from harness.server import Refused
from harness.web import api

GROUND = ["--ground", "Báo cáo sự cố số 7"]


def phish(server, recipients, number="p1", sender="ke@example.com"):
    with mail.smtp(server) as client:
        client.sendmail(sender, recipients, f"From: {sender}\r\nMessage-ID: <{number}@x>\r\n"
                        f"Subject: trung thuong {number}\r\n\r\nbam vao day\r\n")


def find(server, what):
    return json.loads(server.run("takeback", "find", what, "--json"))


def subjects(server, who):
    return [m["Subject"] for m in mail.inbox(server, who)]


def acts(server, act):
    rows = json.loads(server.run("audit", "list", "--json", "--limit", "100"))
    return [row for row in rows if row["act"] == act]


# [R041] [Điều 8.1]
def test_a_message_is_taken_from_everybody_and_given_back(office):
    phish(office, [office.anh, office.binh])
    phish(office, [office.binh], "other")
    with Session(office, office.binh) as client:
        client.ok("SELECT INBOX")
        client.ok("FETCH 1 BODY[]")
        client.ok("STORE 1 +FLAGS (\\Flagged)")
        client.ok("MOVE 1 Archive")
    found = find(office, "<p1@x>")
    assert {"copies": 2, "read": 1, "receptions": 1, "sender": "ke@example.com"}.items() <= \
        found["message"].items()
    where = {row["address"]: (row["mailbox"], row["read"]) for row in found["mailboxes"]}
    assert where == {office.anh: ("INBOX", False), office.binh: ("Archive", True)}
    with Session(office, office.anh) as client:
        client.ok("SELECT INBOX")
        said = office.run("takeback", "start", "p1@x", *GROUND)
        assert said.startswith("TH-1: taken back in 2 mailboxes, 1 of them read")
        # who has it open is told that it went, and cannot read it even before
        assert client.ok("UID FETCH 1 BODY.PEEK[]").fetched() == {}
        client.ok("NOOP")
        assert client.ok("SEARCH ALL").search() == []
    assert subjects(office, office.anh) == [] and subjects(office, office.binh) == \
        ["trung thuong other"]
    assert find(office, "p1@x")["message"]["copies"] == 0
    act, = acts(office, "message.takeback")
    assert act["ground"] == GROUND[1] and act["subject"] == "TH-1"
    assert act["after"] == {"message_id": "p1@x", "copies": 2, "read": 1}
    assert office.doctor()
    office.run("takeback", "undo", "TH-1", "--ground", "Thư thật")
    assert subjects(office, office.anh) == ["trung thuong p1"]
    with Session(office, office.binh) as client:
        client.ok("SELECT Archive")
        flags = client.ok("FETCH 1 FLAGS").lines[0]
        assert "\\Seen" in flags and "\\Flagged" in flags
    assert acts(office, "message.giveback")[0]["after"]["returned"] == 2
    assert office.doctor()
    with pytest.raises(Refused):
        office.run("takeback", "undo", "TH-1", "--ground", "lần nữa")


# [R041]
def test_what_is_on_its_way_out_is_held_and_goes_on_after_an_undo(office):
    text = f"From: {office.anh}\r\nMessage-ID: <nham@x>\r\nSubject: nham\r\n\r\nx\r\n"
    with mail.smtp(office, port="submissions", user=office.anh) as client:
        client.sendmail(office.anh, [office.binh, "dan@example.com"], text)
    assert find(office, "nham@x")["message"]["waiting"] == 1
    office.run("takeback", "start", "nham@x", *GROUND)
    entry, = queue(office)
    assert entry["state"] == "held"
    office.run("takeback", "undo", "TH-1", *GROUND)
    entry, = queue(office)
    assert entry["state"] == "waiting"


# [R041] [R052]
def test_it_survives_the_housekeeping_and_a_restart(office):
    phish(office, [office.anh])
    office.run("takeback", "start", "p1@x", *GROUND)
    office.stop()
    office.env["CONGVU_CLOCK_OFFSET"] = str(200 * 86400)
    office.start()
    assert office.doctor()
    office.run("takeback", "undo", "TH-1", *GROUND)
    assert subjects(office, office.anh) == ["trung thuong p1"]


def test_a_message_that_is_not_there_is_said_so(office):
    for what in ("khong-co@x", office.anh, "99"):
        with pytest.raises(Refused):
            office.run("takeback", "find", what)


# [R041] [Điều 8.1]
def test_the_interface_does_the_same_by_role(office):
    office.centre = office.person("Lê Thị Cúc")
    office.run("role", "grant", office.centre, "centre", "--document", "Số 1")
    phish(office, [office.anh, office.binh])
    status, found = api(office, "GET", "/takebacks/preview?message=p1%40x", office.centre)
    assert status == 200 and found["copies"] == 2
    status, copies = api(office, "GET", "/takebacks/copies?message=p1%40x", office.centre)
    assert {c["address"] for c in copies} == {office.anh, office.binh}
    assert api(office, "POST", "/takebacks", office.anh, content={"message": "p1@x",
                                                                  "ground": "x"})[0] == 403
    assert api(office, "POST", "/takebacks", office.centre, content={"message": "p1@x"})[0] == 400
    status, made = api(office, "POST", "/takebacks", office.centre,
                       content={"message": "p1@x", "ground": "Số 8"})
    assert status == 201 and (made["id"], made["state"], made["who"]) == \
        ("TH-1", "withdrawn", f"{office.centre} (api)")
    assert subjects(office, office.anh) == []
    status, back = api(office, "PUT", "/takebacks/TH-1/return", office.centre,
                       content={"ground": "Số 9"})
    assert status == 200 and back["returned"] == 2
    assert api(office, "PUT", "/secrets/SM-1/release", office.centre,
               content={"ground": "x"})[0] == 404
    assert [row["id"] for row in api(office, "GET", "/takebacks", office.centre)[1]] == ["TH-1"]
