"""The metrics page: its form, and that each figure an operator watches follows what happened."""

import smtplib
import subprocess
import time

import pytest

from harness import mail, metrics
from harness.server import wait_for

ALWAYS = [
    "congvu_build_info", "congvu_accounts", "congvu_queue_entries", "congvu_net_sessions",
    "congvu_net_sessions_total", "congvu_smtp_messages_total", "congvu_smtp_recipients_refused_total",
    "congvu_delivered_copies_total", "congvu_delivery_seconds_count", "congvu_auth_attempts_total",
    "congvu_imap_signins_total", "congvu_imap_commands_total", "congvu_db_commits_total",
    "congvu_db_requests_total", "congvu_db_commit_seconds_count", "congvu_db_wal_bytes",
    "congvu_disk_available_bytes", "congvu_tls_certificate_expires_seconds",
    "congvu_net_tls_failures_total", "congvu_net_refused_total", "process_cpu_seconds_total",
    "process_resident_memory_bytes", "process_start_time_seconds"]


def test_every_figure_is_there_before_anything_happened(server):
    found = {key.split("{")[0] for key in metrics.read(server)}
    assert set(ALWAYS) - found == set()


def change(before, after):
    return {key: after[key] - before[key] for key in after if after[key] != before[key]}


def test_messages_are_counted_by_door_and_result(office):
    before = metrics.read(office)
    mail.send(office, mail.message("dan@example.com", office.anh, "một"))
    mail.send(office, mail.message(office.anh, [office.binh, "dan@example.com"], "hai"),
              port="submissions", user=office.anh)
    with mail.smtp(office, "submission", office.anh) as client, pytest.raises(smtplib.SMTPException):
        client.sendmail(office.anh, office.binh, f"From: {office.binh}\r\n\r\ngia\r\n")
    after = change(before, metrics.read(office))
    assert after['congvu_smtp_messages_total{door="smtp",result="accepted"}'] == 1
    assert after['congvu_smtp_messages_total{door="submissions",result="accepted"}'] == 1
    assert after['congvu_smtp_messages_total{door="submission",result="refused"}'] == 1
    assert after["congvu_delivered_copies_total"] == 2
    assert after["congvu_delivery_seconds_count"] == 2
    assert after['congvu_queue_entries{state="waiting"}'] == 1
    assert after['congvu_auth_attempts_total{result="ok"}'] == 2
    assert after["congvu_db_commits_total"] >= 2
    assert 'congvu_smtp_messages_total{door="smtp",result="refused"}' not in after


def test_sessions_sign_ins_and_accounts_are_counted(office):
    before = metrics.read(office)
    with mail.imap(office, office.anh), mail.smtp(office), mail.imap(office, office.binh, port="imaps"):
        inside = change(before, metrics.read(office))
        assert inside['congvu_net_sessions{protocol="imap"}'] == 2
        assert inside['congvu_net_sessions{protocol="smtp"}'] == 1
        assert inside['congvu_imap_signins_total{result="ok"}'] == 2
        assert inside["congvu_net_tls_handshakes_total"] == 1
    wait_for(lambda: metrics.read(office)['congvu_net_sessions{protocol="imap"}'] == 0)
    with pytest.raises(Exception, match="AUTHENTICATIONFAILED"):
        mail.imap(office, office.anh, "Sai@12345")
    office.run("account", "lock", office.binh, "--ground", "Số 9")
    after = change(before, metrics.read(office))
    assert after['congvu_auth_attempts_total{result="failed"}'] == 1
    assert after['congvu_net_sessions_total{protocol="imap"}'] == 3
    assert (after['congvu_accounts{state="active"}'], after['congvu_accounts{state="locked"}']) == (-1, 1)


def test_the_certificate_the_disk_and_the_process_are_told(server):
    found = metrics.read(server)
    end = subprocess.run(["openssl", "x509", "-enddate", "-noout", "-in",
                          server.data / "tls" / "certificate.pem"], check=True, capture_output=True,
                         text=True).stdout.split("=")[1].strip()
    expires = found["congvu_tls_certificate_expires_seconds"]
    assert time.strftime("%b %e %H:%M:%S %Y GMT", time.gmtime(expires)) == end
    assert found["congvu_disk_available_bytes"] > 1 << 20
    assert abs(found["process_start_time_seconds"] - time.time()) < 300
    status = open(f"/proc/{server.process.pid}/status", encoding="ascii").read()
    resident = int(status.split("VmRSS:")[1].split()[0]) * 1024
    assert 0.5 < found["process_resident_memory_bytes"] / resident < 2
    assert 0 < found["process_cpu_seconds_total"] < 300
