"""The log: one line for each event, what belongs together has one session id, and a rotation loses
nothing however busy the system is."""

import collections
import itertools
import os
import signal
import smtplib
import threading

import pytest

from harness import log, mail, settings
from harness.server import DOMAIN, wait_for


@pytest.fixture
def logged(make_server):
    """An office that writes its log into a file; .log is that file."""
    server = make_server(start=False)
    server.log = server.data / "congvu.log"
    settings.change(server, "log.file", '"congvu.log"')
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    server.binh = server.person("Nguyễn Thị Bình")
    return server


def of_session(events, session):
    return [e["event"] for e in events if e.get("session") == session]


def test_each_event_has_a_line_and_its_session(logged):
    mail.send(logged, mail.message("dan@example.com", logged.anh, "một"))
    with mail.smtp(logged) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("dan@example.com", [f"khongco@{DOMAIN}"], "x")
    with mail.smtp(logged, "submission", logged.anh) as client:
        client.send_message(mail.message(logged.anh, logged.binh, "hai"))
    with mail.smtp(logged, "submission") as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(logged.anh, "Sai@12345")
    with mail.imap(logged, logged.binh):
        pass
    with pytest.raises(Exception, match="AUTHENTICATIONFAILED"):
        mail.imap(logged, logged.binh, "Sai@12345")
    logged.run("account", "lock", logged.binh, "--ground", "Số 9")
    wait_for(lambda: [e["event"] for e in log.read(logged.log)].count("imap.closed") == 2)
    events = log.read(logged.log)
    accepted = [e for e in events if e["event"] == "smtp.accepted"]
    assert [(e["sender"], e["recipients"], e["code"]) for e in accepted] == [
        ("dan@example.com", "1", "250"), (logged.anh, "1", "250")]
    assert "smtp.connect" in of_session(events, accepted[0]["session"])
    assert {"smtp.auth", "delivery.done"} <= set(of_session(events, accepted[1]["session"]))
    refused = next(e for e in events if e["event"] == "smtp.rcpt-refused")
    assert (refused["recipient"], refused["code"]) == (f"khongco@{DOMAIN}", "550")
    assert [e["result"] for e in events if e["event"] == "auth.attempt"].count("ok") == 2
    assert {e["event"] for e in events} >= {"smtp.auth-failed", "imap.signin", "imap.signin_failed"}
    signed_in = next(e for e in events if e["event"] == "imap.signin")
    assert of_session(events, signed_in["session"]) == ["auth.attempt", "imap.signin", "imap.closed"]
    command = [e for e in events if e["event"] == "command"][-1]
    assert (command["noun"], command["verb"], command["status"]) == ("account", "lock", "0")
    for e in events:
        own = e["event"].split(".")[0] in ("serve", "disk", "db", "sending", "search", "seal", "blob")
        assert "session" in e or own, e
        assert "Sai@12345" not in e.values() and "Matkhau@2022" not in str(e)


def test_bytes_from_outside_forge_no_line(logged):
    with mail.smtp(logged) as client:
        client.docmd("MAIL", 'FROM:<"a\\" event=forged level=error x=\\"b"@example.com>')
        client.docmd("RCPT", 'TO:<"x level=info event=forged"@' + DOMAIN + ">")
        client.docmd("MAIL", "FROM:<a=b@example.com> event=forged")
    wait_for(lambda: any(e["event"] == "smtp.closed" for e in log.read(logged.log)))
    assert "forged" not in {e["event"] for e in log.read(logged.log)}


def test_a_log_rotated_under_load_loses_no_line(logged):
    """Renamed and opened anew again and again, by either signal, while mail comes in."""
    ended = threading.Event()
    sent = collections.Counter()

    def load(number):
        with mail.smtp(logged) as client:
            while not ended.is_set():
                client.sendmail(f"nguoi{number}@example.com", logged.anh,
                                f"Subject: {sent[number]}\r\n\r\nx\r\n")
                sent[number] += 1

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    rotated = []
    for number, how in zip(range(40), itertools.cycle((signal.SIGHUP, signal.SIGUSR1))):
        rotated.append(logged.log.with_name(f"congvu.log.{number}"))
        before = sum(sent.values())
        os.rename(logged.log, rotated[-1])
        logged.process.send_signal(how)
        wait_for(logged.log.exists, what="the new log file")
        wait_for(lambda: sum(sent.values()) > before, what="mail between two rotations")
    ended.set()
    for thread in threads:
        thread.join()
    logged.stop()
    events = log.read(*rotated, logged.log)
    accepted = collections.Counter(e["sender"] for e in events if e["event"] == "smtp.accepted")
    assert accepted == {f"nguoi{number}@example.com": n for number, n in sent.items()}
    assert sum(sent.values()) >= 40
    delivered = [e["intake"] for e in events if e["event"] == "delivery.done"]
    assert sorted(map(int, delivered)) == list(range(1, sum(sent.values()) + 1))
    assert events[-1]["event"] in ("serve.stopping", "smtp.closed")  # a session may end after it
    assert "serve.stopping" in [e["event"] for e in log.read(logged.log)]


def test_sighup_changes_what_is_logged(logged):
    logged.run("unit", "list")
    assert "command" in {e["event"] for e in log.read(logged.log)}
    settings.change(logged, "log.level", '"warning"')
    logged.process.send_signal(signal.SIGHUP)
    os.rename(logged.log, logged.log.with_name("congvu.log.1"))
    logged.process.send_signal(signal.SIGHUP)
    wait_for(logged.log.exists)
    logged.run("unit", "list")
    assert log.read(logged.log) == []


def test_a_log_that_cannot_be_opened_again_goes_on_in_the_old_file(logged):
    moved = logged.log.with_name("congvu.log.1")
    os.rename(logged.log, moved)
    logged.log.mkdir()
    logged.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: any(e["event"] == "serve.reload" and e["level"] == "error"
                         for e in log.read(moved)))
    logged.run("unit", "list")
    assert log.read(moved)[-1]["event"] == "command"
