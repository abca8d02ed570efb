"""State secrets have no place in the system [Điều 6.1]: what officials send or keep is refused and leaves
nothing behind, what comes from outside is frozen where it arrives, and the record has no word of it."""

import json
import shutil
import smtplib

import pytest

from harness import mail, metrics
from harness.imap import Session
from harness.server import ROOT, Refused
from harness.settings import change
from harness.smtp import deliver

WORD = "Kechhoachtacchien"  # must be found nowhere afterwards
SECRET = (f"From: a@example.com\r\nSubject: {WORD}\r\nMIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=utf-8\r\n\r\n"
          f"UBND TỈNH\r\n\r\nMẬT\r\n\r\n{WORD}\r\n").encode()


def acts(server, act):
    rows = json.loads(server.run("audit", "list", "--json", "--limit", "1000"))
    return [row for row in rows if row["act"] == act]


def left_behind(server):
    """The files of the data directory that hold the word."""
    return [str(path) for path in server.data.rglob("*")
            if path.is_file() and WORD.encode() in path.read_bytes()]


def submit(server, text, sender=None):
    sender = sender or server.anh
    with mail.smtp(server, port="submissions", user=sender) as client:
        client.sendmail(sender, [server.binh], text.replace(b"a@example.com", sender.encode()))


# [R035] [Điều 6.1]
def test_a_submission_with_a_stamp_is_refused_and_nothing_of_it_stays(office):
    for size in (0, 100_000, 600_000):  # in memory, in a scratch file, in a file of its own
        with pytest.raises(smtplib.SMTPDataError) as refused:
            submit(office, SECRET + (b"x" * 70 + b"\r\n") * (size // 72))
        assert refused.value.smtp_code == 550
        text = refused.value.smtp_error.decode()
        assert text.startswith("5.7.1 Thu co dau do mat") and "Dieu 6.1" in text
        assert WORD not in text
    assert mail.inbox(office, office.binh) == []
    assert json.loads(office.run("queue", "list", "--json")) == []
    rows = acts(office, "secret.refused")
    assert len(rows) == 3
    for row in rows:
        assert row["subject"] == office.anh and row["ground"] == "Điều 6.1"
        assert row["after"]["door"] == "submissions" and row["after"]["place"] == "text"
        assert len(row["after"]["hash"]) == 64
    assert metrics.read(office)['congvu_secrets_total{result="refused"}'] == 3
    assert office.run("secret", "list").count("secret.refused") == 3
    assert left_behind(office) == []
    office.stop()
    assert left_behind(office) == []
    assert office.doctor()


# [R035] [Điều 6.1]
def test_append_and_import_refuse_it_too(office, tmp_path):
    with Session(office, office.anh) as client:
        answer = client.continued(f'APPEND "Drafts" {{{len(SECRET)}}}', SECRET)
        assert answer.status == "NO" and "độ mật" in answer.text, answer
        # all or none: an innocent one beside it is not kept either
        innocent = b"Subject: Doi mat khau\r\n\r\nMat khau moi\r\n"
        answer = client.continued(f'APPEND "Drafts" {{{len(innocent)}}}',
                                  innocent + f" {{{len(SECRET)}}}".encode(), SECRET)
        assert answer.status == "NO"
        assert client.ok("STATUS Drafts (MESSAGES)").status_of("Drafts")["MESSAGES"] == 0
        client.append("Drafts", innocent)
    box = tmp_path / "cu.mbox"
    box.write_bytes(b"From a@b Mon Jan  3 00:00:00 2022\n" + SECRET.replace(b"\r\n", b"\n") +
                    b"\nFrom a@b Mon Jan  3 00:00:01 2022\nSubject: mot\n\nhai\n")
    with pytest.raises(Refused) as refused:  # not everything came over
        office.run("import", "mbox", str(box), "--account", office.anh, "--mailbox", "Cu",
                   "--ground", "Số 3")
    assert "độ mật" in str(refused.value)
    with Session(office, office.anh) as client:
        assert client.ok("STATUS Cu (MESSAGES)").status_of("Cu")["MESSAGES"] == 1
    doors = [row["after"]["door"] for row in acts(office, "secret.refused")]
    assert sorted(doors) == ["imap", "imap", "import"]
    assert left_behind(office) == []


# [R035] [Điều 6.1]
def test_what_comes_from_outside_is_frozen_where_it_arrives(office):
    with mail.smtp(office) as client:
        client.sendmail("a@example.com", [office.anh, office.binh], SECRET)
    for who in (office.anh, office.binh):
        notice, = mail.inbox(office, who)
        assert "dấu độ mật" in notice["Subject"] and WORD not in notice.as_string()
        assert "SM-" not in notice["Subject"] and "khoản 1 Điều 6" in notice.get_content()
    with Session(office, office.anh) as client:
        client.ok("SELECT INBOX")
        assert client.ok(f"SEARCH TEXT {WORD}").search() == []
        assert client.ok("UID FETCH 1 BODY.PEEK[]").fetched() == {}
        client.command("UID COPY 1 Archive")
        assert client.ok("STATUS Archive (MESSAGES)").status_of("Archive")["MESSAGES"] == 0
    row, = json.loads(office.run("secret", "list", "--json"))
    assert (row["id"], row["copies"], row["state"]) == ("SM-1", 2, "withdrawn")
    act, = acts(office, "secret.frozen")
    assert act["subject"] == "SM-1" and act["after"]["evidence"]["place"] == "text"
    assert WORD not in json.dumps(act)
    assert metrics.read(office)['congvu_secrets_total{result="frozen"}'] == 1
    assert office.doctor()
    # by a recorded decision it comes back
    office.run("secret", "release", "SM-1", "--ground", "Số 4: không phải bí mật nhà nước")
    assert [m["Subject"] for m in mail.inbox(office, office.anh)][-1] == WORD
    released, = acts(office, "secret.released")
    assert released["ground"].startswith("Số 4")
    assert office.doctor()


# [R035] [Điều 6.1]
def test_a_message_that_is_reported_is_frozen_in_every_mailbox(office):
    text = (f"From: {office.anh}\r\nMessage-ID: <bm1@x>\r\nSubject: {WORD}\r\n\r\nkhong co dau\r\n")
    with mail.smtp(office, port="submissions", user=office.anh) as client:
        client.sendmail(office.anh, [office.anh, office.binh], text)
    with Session(office, office.binh) as client:
        client.ok("SELECT INBOX")
        client.ok("COPY 1 Archive")
        office.run("secret", "freeze", "<bm1@x>", "--ground", "Báo cáo số 5")
        assert client.ok("UID FETCH 1 BODY.PEEK[]").fetched() == {}  # though it is in view
        client.ok("SELECT Archive")
        assert client.ok("STATUS Archive (MESSAGES)").status_of("Archive")["MESSAGES"] == 1
    notice, = mail.inbox(office, office.binh)
    assert WORD not in notice.as_string()
    assert office.doctor()


# [R035] [Điều 6.1]
def test_switches_of_the_regulation_only_count(make_server):
    server = make_server(start=False)
    for name in (ROOT / "regulations").glob("*.conf"):
        shutil.copy(name, server.data)
    rules = server.data / "bacninh-06-2022.conf"
    rules.write_text(rules.read_text()
                     .replace("refuse = { value = true; article = \"6.1\"; }",
                              "refuse = { value = false; article = \"6.1\"; }")
                     .replace("freeze_incoming = { value = true;",
                              "freeze_incoming = { value = false;"))
    change(server, "regulation", json.dumps(str(rules)))
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh, server.binh = server.person("Trần Văn Anh"), server.person("Nguyễn Thị Bình")
    submit(server, SECRET)
    deliver(server, SECRET, server.anh)
    assert len(mail.inbox(server, server.binh)) == len(mail.inbox(server, server.anh)) == 1
    assert len(acts(server, "secret.seen")) == 1
    assert acts(server, "secret.frozen") == []


# [R035]
def test_harmless_mail_passes(office):
    for subject, text in (("Đổi mật khẩu", "Mật khẩu mới của anh: …\r\nBẢO\r\nMẬT\r\n"),
                          ("Bảo mật", "Có ba độ mật:\r\n- TUYỆT MẬT\r\n- TỐI MẬT\r\n- MẬT\r\n"),
                          ("Mật ong", "MẬT ONG\r\n")):
        mail.send(office, mail.message(office.anh, office.binh, subject, text), port="submissions",
                  user=office.anh)
    assert len(mail.inbox(office, office.binh)) == 3
    assert acts(office, "secret.refused") == []
