"""Who sends more than the regulation's figures allow: the account's mail for other domains is held and
an operator is told; nobody else notices [Điều 8.3, 4.2.c]."""

import json

import pytest

from harness import mail
from harness.outbound import limit, queue
from harness.server import DOMAIN, Refused
from harness.smtp import begin, data, session
from harness.web import api

FIGURES = {"messages": 300, "recipients": 2000, "outside": 500,
           "unit_messages": 1500, "unit_recipients": 10000, "unit_outside": 2500}


def office_with(make_server, **figures):
    """An office under a regulation with these figures."""
    server = make_server(start=False)
    limit(server, **figures)
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    server.binh = server.person("Nguyễn Thị Bình")
    return server


def submit(server, sender, count, recipients=("dan@example.com",)):
    """The answers to so many messages in one session."""
    answers = []
    with session(server, "submissions", user=sender) as raw:
        for n in range(count):
            begin(raw, list(recipients), sender)
            answers.append(data(raw, f"From: {sender}\r\nSubject: t{n}\r\n\r\nx\r\n".encode()))
    assert {code for code, _ in answers} <= {250}
    return [text for _, text in answers]


def suspects(server):
    return json.loads(server.run("account", "suspects", "--json"))


def states(server, account):
    return [e["state"] for e in queue(server) if e["sender"] == account]


def later(server, minutes):
    server.stop()
    server.env["CONGVU_CLOCK_OFFSET"] = str(minutes * 60)
    server.start()


def acts(server, act):
    return [a for a in json.loads(server.run("audit", "list", "--json", "--limit", "50"))
            if a["act"] == act]


# [R043] [R025] [Điều 8.3] [Điều 4.2.c]
def test_three_hundred_messages_in_ten_minutes_stop(office):
    answers = submit(office, office.anh, 340)  # two seconds give one back
    assert not any("held" in a for a in answers[:300]) and "held" in answers[-1]
    assert states(office, office.anh) == ["held"] * 340
    row, = suspects(office)
    evidence = row["evidence"]
    assert (row["address"], row["held"], row["state"]) == (office.anh, 340, "active")
    assert (evidence["scope"], evidence["measure"], evidence["limit"], evidence["messages"],
            evidence["window_minutes"]) == ("account", "messages", 300, 301, 10)
    event, = acts(office, "outgoing.suspect")
    assert event["subject"] == office.anh and event["after"] == evidence
    # nobody else is slowed, and what stays in the house arrives
    assert submit(office, office.binh, 1)[0].startswith("2.0.0 Accepted")
    assert states(office, office.binh) == ["waiting"]
    assert "held" not in submit(office, office.anh, 1, [office.binh])[0]
    assert len(mail.inbox(office, office.binh)) == 1
    # one command locks it, with the figures as evidence; what is held stays held
    office.run("account", "lock", office.anh, "--takeover")
    lock, = acts(office, "account.lock")
    assert lock["after"]["cause"] == "takeover" and '"messages":301' in lock["after"]["evidence"]
    office.run("account", "unlock", office.anh, "--ground", "Số 1")
    assert set(states(office, office.anh)) == {"held"}
    assert "340" in office.run("account", "release", office.anh, "--drop", "--ground", "Thư rác")
    assert states(office, office.anh) == [] and suspects(office) == []
    release, = acts(office, "outgoing.release")
    assert release["after"] == {"dropped": 340} and release["ground"] == "Thư rác"


# [R043] [Điều 8.3]
@pytest.mark.parametrize("measure,recipients", [
    ("messages", ["a@example.com"]), ("recipients", ["a@example.com", f"b@{DOMAIN}"]),
    ("outside", ["a@example.com", "c@example.net", "postmaster"])])
def test_each_measure_counts_and_empties_with_time(make_server, measure, recipients):
    office = office_with(make_server, **{measure: 6})
    office.run("account", "alias", office.binh, "--add", f"b@{DOMAIN}")
    each = {"messages": 1, "recipients": 2, "outside": 2}[measure]
    assert not any("held" in a for a in submit(office, office.anh, 6 // each, recipients))
    later(office, 5)  # half of it is given back, over a restart
    assert not any("held" in a for a in submit(office, office.anh, 3 // each, recipients))
    assert suspects(office) == []
    assert "held" in submit(office, office.anh, 2, recipients)[1]
    row, = suspects(office)
    assert row["evidence"]["measure"] == measure and row["evidence"]["limit"] == 6


# [R043] [R025]
def test_a_release_lets_it_go_on_and_begin_anew(make_server):
    office = office_with(make_server, messages=3)
    submit(office, office.anh, 5)
    assert states(office, office.anh) == ["held"] * 5
    office.kill()
    office.start()  # held over a kill
    assert len(suspects(office)) == 1 and states(office, office.anh) == ["held"] * 5
    office.run("account", "release", office.anh, "--ground", "Giấy mời họp")
    assert states(office, office.anh) == ["waiting"] * 5
    assert not any("held" in a for a in submit(office, office.anh, 3))
    assert "held" in submit(office, office.anh, 1)[0]
    office.run("account", "lock", office.anh, "--forbidden", "8.3")
    assert "stay held" in office.run("account", "release", office.anh, "--ground", "Số 2")
    assert states(office, office.anh) == ["held"] * 9
    office.run("account", "unlock", office.anh, "--ground", "Số 3")
    assert states(office, office.anh) == ["waiting"] * 9
    with pytest.raises(Refused) as caught:
        office.run("account", "release", office.anh, "--ground", "Số 4")
    assert caught.value.status == 1 and "không bị giữ thư" in caught.value.output


# [R043] [R025]
def test_when_a_unit_crosses_the_one_who_sends_most_is_held_and_no_colleague(make_server):
    office = office_with(make_server, unit_messages=6)
    submit(office, office.binh, 1)
    submit(office, office.anh, 5)
    assert suspects(office) == []
    assert "held" not in submit(office, office.binh, 1)[0]  # the unit is full, but not by her
    assert "held" in submit(office, office.anh, 1)[0]
    row, = suspects(office)
    assert row["address"] == office.anh and row["evidence"]["scope"] == "unit"
    assert states(office, office.binh) == ["waiting"] * 2
    assert set(states(office, office.anh)) == {"held"}


# [R043] [R025] [Điều 8.3]
def test_the_centre_sees_and_releases_through_the_interface(make_server):
    office = office_with(make_server, messages=2)
    submit(office, office.anh, 4)
    assert api(office, "GET", "/suspects", office.binh)[0] == 403
    office.run("role", "grant", office.binh, "centre", "--document", "Số 8")
    status, (row,) = api(office, "GET", "/suspects", office.binh)
    assert status == 200 and (row["address"], row["held"]) == (office.anh, 4)
    assert json.loads(row["evidence"])["measure"] == "messages"
    place = f"/suspects/{office.anh}/release"
    assert api(office, "PUT", place, office.binh, content={})[0] == 400
    assert api(office, "PUT", place, office.anh, content={"ground": "x"})[0] == 403
    assert api(office, "PUT", place, office.binh, content={"ground": "Giấy mời"})[0] == 204
    assert api(office, "PUT", place, office.binh, content={"ground": "Giấy mời"})[0] == 404
    assert states(office, office.anh) == ["waiting"] * 4
    act, = acts(office, "outgoing.release")
    assert act["who"] == f"{office.binh} (api)" and act["after"] == {"released": 4}
    event, = acts(office, "outgoing.suspect")  # on record before it is gone, whoever lets it go
    assert event["subject"] == office.anh and event["after"]["measure"] == "messages"


# [R043]
def test_no_limit_is_no_limit(make_server):
    office = office_with(make_server, **{name: 0 for name in FIGURES})
    assert not any("held" in a for a in submit(office, office.anh, 20))
    assert suspects(office) == []
    text = office.run("account", "suspects")
    assert text == ""
