"""Mail that outside accounts forward into official mailboxes by themselves: marked, counted, refused by a
switch; what people pass on by hand and what state bodies forward is left alone [Điều 8.5]."""

import json
import shutil

import pytest

from harness import mail, metrics
from harness.imap import Session
from harness.server import DOMAIN, ROOT
from harness.settings import change

ME = "tvanh@gmail.com"
SIGNS = {
    "+caf_=": (f"tvanh+caf_=tvanh.stttt={DOMAIN}@gmail.com", ""),
    "X-Forwarded-For": ("a@example.com", f"X-Forwarded-For: {ME} tvanh.stttt@{DOMAIN}\r\n"),
    "X-Forwarded-To": (ME, f"X-Forwarded-To: tvanh.stttt@{DOMAIN}\r\n"),
    "X-MS-Exchange-Inbox-Rules-Loop": ("a@example.com", "X-MS-Exchange-Inbox-Rules-Loop:\r\n"
                                       " tvanh@outlook.com\r\n"),
    "Auto-Submitted": (ME, "auto-submitted : Auto-Forwarded; x=y\r\n"),
    "Resent-From": ("a@example.com", f"Resent-From: Anh <{ME}>\r\nResent-Date: x\r\n"),
}
INNOCENT = {
    "by hand": (ME, f"Resent-From: Anh <{ME}>\r\n"),
    "an answering machine": (ME, "Auto-Submitted: auto-replied\r\n"),
    "another state body": ("x@example.com", "X-Forwarded-For: le.van@bacgiang.gov.vn a\r\n"),
    "a state body's sender": ("le.van@bacgiang.gov.vn", "Auto-Submitted: auto-forwarded\r\n"),
    "in the body": (ME, f"Subject: x\r\n\r\nX-Forwarded-For: {ME}\r\n"),
    "a longer name": (ME, f"X-Forwarded-For-What: {ME}\r\n"),
}


def send(server, sender, header, subject="chuyen"):
    with mail.smtp(server) as client:
        return client.sendmail(sender, [server.anh], f"Subject: {subject}\r\n{header}\r\n.\r\n")


def seen(server):
    return json.loads(server.run("forward", "seen", "--json"))


# [R046] [Điều 8.5]
@pytest.mark.parametrize("sign", SIGNS)
def test_each_sign_marks_and_counts(office, sign):
    sender, header = SIGNS[sign]
    before = metrics.read(office)["congvu_forwarded_into_total"]
    for _ in range(2):
        send(office, sender, header)
    for message in mail.inbox(office, office.anh):
        assert f'sign="{sign}"' in message["X-Congvu-Auto-Forwarded"]
        assert message["X-Congvu-Auto-Forwarded"].startswith("<")
    with Session(office, office.anh) as client:
        client.ok("SELECT INBOX")
        assert "2" in client.ok("SEARCH KEYWORD $AutoForwarded").lines[0]
    row, = seen(office)
    assert (row["address"], row["messages"], row["sign"]) == (office.anh, 2, sign)
    assert "@" in row["forwarder"] and row["last"] >= row["first"]
    assert metrics.read(office)["congvu_forwarded_into_total"] == before + 2
    assert office.run("forward", "seen").startswith(f"{office.anh}\t2\t")


# [R046] [Điều 8.5]
def test_what_is_passed_on_by_hand_or_by_a_state_body_is_not_marked(office):
    for sender, header in INNOCENT.values():
        send(office, sender, header)
    mail.send(office, mail.message(office.binh, office.anh, Auto_Submitted="auto-forwarded"),
              port="submission", user=office.binh)
    found = mail.inbox(office, office.anh)
    assert len(found) == len(INNOCENT) + 1
    assert [m["X-Congvu-Auto-Forwarded"] for m in found] == [None] * len(found)
    assert seen(office) == []


# [R046] [Điều 8.5]
def test_a_switch_of_the_regulation_refuses_it_with_the_article(make_server):
    server = make_server(start=False)
    for name in (ROOT / "regulations").glob("*.conf"):
        shutil.copy(name, server.data / name.name)
    file = server.data / "bacninh-06-2022.conf"
    text = file.read_text(encoding="utf-8")
    switch = "refuse_incoming = { value = false;"
    assert switch in text
    file.write_text(text.replace(switch, switch.replace("false", "true")), encoding="utf-8")
    change(server, "regulation", json.dumps(str(file)))
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    for sender, header in SIGNS.values():
        with pytest.raises(Exception) as caught:
            send(server, sender, header)
        assert caught.value.smtp_code == 550
        assert b"5.7.1" in caught.value.smtp_error and b"8.5" in caught.value.smtp_error
    for sender, header in INNOCENT.values():
        send(server, sender, header)
    assert len(mail.inbox(server, server.anh)) == len(INNOCENT) and seen(server) == []
