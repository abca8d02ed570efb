"""Mail that goes on by itself: only to accounts that state bodies gave, by whoever sets it; nothing is
lost on the way, nothing runs in a ring [Điều 8.5]."""

import json
import shutil
import threading

import pytest

from harness import mail
from harness.outbound import queue
from harness.server import DOMAIN, PASSWORD, ROOT, Refused, wait_for
from harness.settings import change
from harness.web import api

OUTSIDE = "le.van@bacgiang.gov.vn"
FORBIDDEN = [
    "tvanh@gmail.com", "tvanh@GMAIL.COM.", "a@gov.vn.example.com", "a@evilgov.vn", "a@dhbk.edu.vn",
    "a@chinhphu.vn.", "a@xn--gv-vn-0ve.vn", "a@gоv.vn", "a%gmail.com@bacninh.gov.vn",
    "@gov.vn:a@gmail.com", "gmail.com!a@bacninh.gov.vn", '"a@gmail.com"@bacninh.gov.vn',
    "a@[192.0.2.1]", "a@gmail.com, b@bacninh.gov.vn", "a@gov.vn\u200b", " a@gov.vn", "", "a", "@",
    "a@ gmail.com", "a@gmail。com",
]
ALLOWED = {"a@chinhphu.vn."}


def refused(server, *words):
    with pytest.raises(Refused) as caught:
        server.run(*words)
    return caught.value.status, caught.value.output


def acts(server, act):
    return [a for a in json.loads(server.run("audit", "list", "--json", "--limit", "200"))
            if a["act"] == act]


def subjects(server, user):
    return [m["Subject"] for m in mail.inbox(server, user)]


def send(server, to, subject, sender="dan@example.com"):
    mail.send(server, mail.message(sender, to, subject))


# [R045] [Điều 8.5]
@pytest.mark.parametrize("target", [t for t in FORBIDDEN if t not in ALLOWED])
def test_no_spelling_of_a_forbidden_target_passes_any_door(shared_office, target):
    office = shared_office
    before = len(acts(office, "forward.refused"))
    status, said = refused(office, "account", "forward", office.anh, "--to", target)
    assert status == 1 and "Điều 8" in said and "Không đặt được chuyển thư tự động" in said
    status, answer = api(office, "PUT", "/own/forwarding", office.anh, content={"to": target})
    assert status == 422 and "khoản 5 Điều 8" in answer["detail"]
    assert api(office, "GET", "/own/forwarding", office.anh)[1]["to"] is None
    found = acts(office, "forward.refused")
    assert len(found) - before == 2 and found[0]["subject"] == office.anh
    assert found[0]["who"] == f"{office.anh} (api)" and found[0]["after"]["article"] == "Điều 8.5"
    send(office, office.anh, "van o day")
    assert queue(office) == []


# [R045] [Điều 8.5]
def test_the_operator_and_the_centre_are_bound_too(office):
    office.run("role", "grant", office.binh, "centre", "--document", "Số 8")
    status, answer = api(office, "PUT", f"/accounts/{office.anh}/forwarding", office.binh,
                         content={"to": "x@gmail.com"})
    assert status == 422 and "khoản 5 Điều 8" in answer["detail"]
    assert api(office, "PUT", f"/accounts/{office.binh}/forwarding", office.anh,
               content={"to": OUTSIDE})[0] == 403
    status, row = api(office, "PUT", f"/accounts/{office.anh}/forwarding", office.binh,
                      content={"to": OUTSIDE, "keep": True})
    assert status == 200 and (row["to"], row["keep"], row["stopped"]) == (OUTSIDE, True, None)
    assert api(office, "GET", "/forwarding", office.binh)[1] == [row]
    assert api(office, "GET", "/forwarding", office.anh)[0] == 403
    assert api(office, "GET", "/own/forwarding", office.anh)[1] == row
    assert api(office, "DELETE", f"/accounts/{office.anh}/forwarding", office.binh)[0] == 204
    assert json.loads(office.run("account", "forward", "--json")) == []
    set_, = acts(office, "forward.set")
    assert set_["who"] == f"{office.binh} (api)" and set_["after"]["to"] == OUTSIDE
    end, = acts(office, "forward.end")
    assert end["before"]["to"] == OUTSIDE


# [R045] [Điều 8.5]
def test_inside_the_domain_mail_goes_on_in_one_commit_with_or_without_a_copy(office):
    office.run("account", "forward", office.anh, "--to", office.binh.upper())
    send(office, office.anh, "mot")
    found = mail.arrived(office, office.binh, "mot")
    assert found["Delivered-To"].lower() == office.binh and found["X-Original-To"] == office.anh
    assert found["Return-Path"] == "<dan@example.com>" and subjects(office, office.anh) == []
    office.run("account", "forward", office.anh, "--to", office.binh, "--keep")
    send(office, office.anh, "hai")
    send(office, f"{office.anh}, {office.binh}", "ba")
    assert subjects(office, office.anh) == ["hai", "ba"]
    assert subjects(office, office.binh) == ["mot", "hai", "ba"]  # one copy, whichever way it came
    office.run("account", "forward", office.anh, "--off")
    send(office, office.anh, "bon")
    assert subjects(office, office.anh) == ["hai", "ba", "bon"]
    assert subjects(office, office.binh) == ["mot", "hai", "ba"]
    assert refused(office, "account", "forward", office.anh, "--off")[0] == 1
    assert "forwarded" in office.run("trace", "1")


# [R045] [Điều 8.5]
def test_to_another_state_body_mail_leaves_in_the_accounts_own_name(office):
    office.run("account", "forward", office.anh, "--to", "Le.Van@BacGiang.GOV.vn.")
    send(office, office.anh, "di xa")
    entry, = queue(office)
    assert (entry["sender"], entry["domain"], entry["recipients"]) == (
        office.anh, "bacgiang.gov.vn", "Le.Van@bacgiang.gov.vn")
    assert subjects(office, office.anh) == []
    # what comes back has no sender: it stays, and so does a copy in the account's own name
    with mail.smtp(office) as client:
        client.sendmail("", [office.anh], "From: <>\r\nSubject: thu tra lai\r\n\r\n.\r\n")
        client.sendmail(office.anh, [office.anh], "Subject: quay lai\r\n\r\n.\r\n")
        passed = "".join(f"Received: from a\r\n\tby mail.{DOMAIN} with ESMTP\r\n" for _ in range(5))
        client.sendmail("dan@example.com", [office.anh], passed + "Subject: vong\r\n\r\n.\r\n")
    assert subjects(office, office.anh) == ["thu tra lai", "quay lai", "vong"]
    assert len(queue(office)) == 1


# [R045] [Điều 8.5]
def test_rings_are_refused_and_chains_end(office):
    chau = office.person("Lê Minh Châu")
    office.run("account", "forward", office.anh, "--to", office.binh)
    office.run("account", "forward", office.binh, "--to", chau)
    for account, target in ((chau, office.anh), (office.anh, office.anh), (chau, chau),
                            (chau, f"{office.anh.split('@')[0]}+the@{DOMAIN}")):
        status, said = refused(office, "account", "forward", account, "--to", target)
        assert status == 1 and "vòng" in said
    send(office, office.anh, "mat xich")
    assert subjects(office, chau) == ["mat xich"]
    assert subjects(office, office.anh) == subjects(office, office.binh) == []
    # an alias that moves closes a ring behind the back of the check: one copy stays, nothing turns
    office.run("account", "alias", office.binh, "--add", f"chuyen.stttt@{DOMAIN}")
    office.run("account", "forward", office.anh, "--off")
    office.run("account", "forward", office.binh, "--off")
    office.run("account", "forward", office.anh, "--to", f"chuyen.stttt@{DOMAIN}")
    office.run("account", "alias", office.binh, "--remove", f"chuyen.stttt@{DOMAIN}")
    office.run("account", "forward", office.binh, "--to", office.anh)
    office.run("account", "alias", office.binh, "--add", f"chuyen.stttt@{DOMAIN}")
    for n, to in enumerate((office.anh, office.binh, f"{office.anh}, {office.binh}")):
        send(office, to, f"vong {n}")
    found = subjects(office, office.anh) + subjects(office, office.binh)
    assert sorted(found) == ["vong 0", "vong 1", "vong 2"]


# [R045] [Điều 8.5]
def test_at_each_delivery_the_regulation_is_asked_again_and_the_owner_told_once(make_server):
    server = make_server(start=False)
    file = server.data / "quy-che.conf"
    shutil.copy(ROOT / "regulations" / "bacninh-06-2022.conf", file)
    for name in (ROOT / "regulations").glob("*.conf"):
        if name.name != "bacninh-06-2022.conf":
            shutil.copy(name, server.data / name.name)
    text = file.read_text(encoding="utf-8")
    decided = 'decided = ( { domain = "tinhuy.vn"; decision = "Số 1/QĐ-STTTT"; } );'
    file.write_text(text.replace("decided = ( );", decided), encoding="utf-8")
    change(server, "regulation", json.dumps(str(file)))
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = server.person("Trần Văn Anh")
    server.run("account", "forward", anh, "--to", "a@tinhuy.vn")
    send(server, anh, "con duoc")
    assert [e["domain"] for e in queue(server)] == ["tinhuy.vn"] and subjects(server, anh) == []
    file.write_text(text, encoding="utf-8")
    server.stop()
    server.start()
    send(server, anh, "het duoc")
    wait_for(lambda: len(subjects(server, anh)) == 2, what="the letter")
    send(server, anh, "lan nua")
    assert sorted(subjects(server, anh)) == ["het duoc", "lan nua", "Đã ngừng chuyển thư tự động"]
    letter = mail.arrived(server, anh, "Đã ngừng chuyển thư tự động")
    assert "khoản 5 Điều 8" in letter.get_content() and "a@tinhuy.vn" in letter.get_content()
    row, = json.loads(server.run("account", "forward", "--json"))
    assert row["stopped"] is not None and len(queue(server)) == 1
    file.write_text(text.replace("decided = ( );", decided), encoding="utf-8")
    server.stop()
    server.start()
    send(server, anh, "lai duoc")
    assert len(queue(server)) == 2
    assert json.loads(server.run("account", "forward", "--json"))[0]["stopped"] is None


# [R045] [Điều 8.5] [Điều 4.2.c]
def test_who_is_locked_closed_or_full_passes_nothing_on_and_loses_nothing(office):
    chau = office.person("Lê Minh Châu")
    office.run("account", "forward", office.anh, "--to", office.binh)
    office.run("account", "lock", office.anh, "--ground", "Số 1")
    send(office, office.anh, "khoa")
    office.run("account", "unlock", office.anh, "--ground", "Số 2")
    assert subjects(office, office.anh) == ["khoa"] and subjects(office, office.binh) == []
    office.run("account", "forward", chau, "--to", office.anh)
    office.run("account", "close", office.binh, "--ground", "Số 3")
    send(office, chau, "nguoi nhan da di")
    wait_for(lambda: len(subjects(office, office.anh)) == 3, what="the letter")
    assert sorted(subjects(office, office.anh)) == ["khoa", "nguoi nhan da di",
                                                    "Đã ngừng chuyển thư tự động"]
    status, said = refused(office, "account", "forward", chau, "--to", office.binh)
    assert status == 1 and "không có tài khoản" in said


# [R045]
def test_set_and_ended_while_mail_comes_every_message_arrives_once(office):
    stop, sent = threading.Event(), []

    def load():
        with mail.smtp(office) as client:
            while not stop.is_set():
                name = f"t{len(sent)}"
                client.send_message(mail.message("dan@example.com", office.anh, name))
                sent.append(name)
    thread = threading.Thread(target=load)
    thread.start()
    try:
        for turn in range(10):
            office.run("account", "forward", office.anh, "--to", office.binh)
            office.run("account", "forward", office.anh, "--off")
    finally:
        stop.set()
        thread.join()
    there = subjects(office, office.anh) + subjects(office, office.binh)
    assert sorted(there) == sorted(sent)


# [R045]
def test_a_kill_leaves_what_was_acknowledged_at_one_place(office):
    office.run("account", "forward", office.anh, "--to", office.binh, "--keep")
    for n in range(5):
        send(office, office.anh, f"k{n}")
    office.kill()
    office.doctor()
    office.start()
    assert subjects(office, office.anh) == subjects(office, office.binh) == [f"k{n}" for n in range(5)]
    assert json.loads(office.run("account", "forward", "--json"))[0]["to"] == office.binh


def test_what_is_no_command_is_told(office):
    for words in (("--to", "a@gov.vn"), (office.anh, "--to", OUTSIDE, "--off"), (office.anh, "--keep"),
                  (office.anh, "--off", "--keep")):
        assert refused(office, "account", "forward", *words)[0] == 2
    assert refused(office, "account", "forward", "ai.do")[0] == 1
    office.run("account", "forward", office.anh, "--to", OUTSIDE)
    assert office.run("account", "forward", office.anh).split("\t")[:4] == [
        office.anh, OUTSIDE, "no copy", "active"]
    assert office.run("account", "forward", office.binh) == ""
    assert PASSWORD not in office.run("audit", "list")
