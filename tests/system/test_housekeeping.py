"""Starting, stopping, locking, looking after: what an operator relies on."""

import json
import re
import signal
import socket
import ssl
import subprocess
import urllib.request

import pytest

from harness import mail
from harness.server import DOMAIN, Refused, wait_for


def test_a_second_server_on_the_same_data_is_refused(server):
    done = subprocess.run([server.program, "--data", server.data, "serve"], text=True,
                          capture_output=True, timeout=30, check=False)
    assert done.returncode == 1
    assert str(server.process.pid) in done.stderr, done.stderr
    assert server.alive()


def test_init_refuses_a_directory_that_has_an_installation(server):
    with pytest.raises(Refused) as refused:
        server.run("init", "--domain", DOMAIN)
    assert refused.value.status == 1


@pytest.mark.parametrize("words", [["nonsense"], ["unit", "nonsense"], ["unit", "add", "--nonsense"]])
def test_wrong_usage_ends_with_status_2(server, words):
    with pytest.raises(Refused) as refused:
        server.run(*words)
    assert refused.value.status == 2


def test_commands_do_the_same_with_the_server_running_and_stopped(server):
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    running = server.person("Trần Văn Anh")
    server.stop()
    stopped = server.person("Trần Văn Anh")
    listed = json.loads(server.run("account", "list", "--json"))
    server.start()
    assert json.loads(server.run("account", "list", "--json")) == listed
    assert running == "tvanh.stttt@bacninh.gov.vn" and stopped == "tvanh1.stttt@bacninh.gov.vn"
    text = json.dumps(listed, ensure_ascii=False)
    assert running in text and stopped in text


def test_a_real_body_is_imported_and_importing_again_changes_nothing(server):
    from harness.server import ROOT
    districts = ROOT / "demo" / "bacninh-units-2022.csv"
    departments = ROOT / "demo" / "bacninh-departments-2022.csv"
    server.run("unit", "import", districts)
    with pytest.raises(Refused, match="Điều 3"):  # [Điều 3.1.e] names agreed upon need their paper
        server.run("unit", "import", departments)
    server.run("unit", "import", departments, "--agreement", "Số 12/TT ngày 01/6/2022")
    units = json.loads(server.run("unit", "list", "--json"))
    server.run("unit", "import", districts)
    server.run("unit", "import", departments, "--agreement", "Số 12/TT ngày 01/6/2022")
    assert json.loads(server.run("unit", "list", "--json")) == units
    text = json.dumps(units, ensure_ascii=False)
    for address in ("tpbacninh", "yenphong", "tamgiang.yenphong", "stttt"):
        assert address in text


def test_sighup_takes_a_new_certificate_while_sessions_go_on(office):
    with mail.imap(office, office.anh) as client:
        before = (office.data / "tls" / "certificate.pem").read_text()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=moi.test",
                        "-keyout", office.data / "tls" / "key.pem", "-out",
                        office.data / "tls" / "certificate.pem"], check=True, capture_output=True)
        office.process.send_signal(signal.SIGHUP)

        def seen():
            return ssl.get_server_certificate(("127.0.0.1", office.port("imaps"))) != before
        wait_for(lambda: seen() and office.alive(), 10, "the new certificate")
        mail.good(client.noop())


def test_metrics_count_what_was_delivered(office):
    mail.send(office, mail.message("dan@example.com", office.anh, "dem"))
    with urllib.request.urlopen(f"http://127.0.0.1:{office.port('metrics')}/metrics",
                                timeout=10) as answer:
        text = answer.read().decode()
    assert re.search(r"^congvu_\w+(\{[^}]*\})? [1-9]", text, re.M), text[:2000]


def test_a_backup_made_beside_the_server_can_be_restored(office, make_server, tmp_path):
    mail.send(office, mail.message("dan@example.com", office.anh, "giu lai"))
    office.run("backup", tmp_path / "backup")
    mail.send(office, mail.message("dan@example.com", office.anh, "den sau"))
    office.stop()
    import shutil
    shutil.rmtree(office.data)
    office.run("restore", tmp_path / "backup")
    office.doctor()
    office.start()
    assert [m["Subject"] for m in mail.inbox(office, office.anh)] == ["giu lai"]


def test_trace_tells_what_happened_to_a_message(office):
    mail.send(office, mail.message("dan@example.com", office.anh, "tim", Message_ID="<tim@x.test>"))
    assert office.anh in office.run("trace", "<tim@x.test>")


def test_sigterm_finishes_what_is_in_hand(office):
    """A message whose data are under way is still taken; who only waits is told good-bye; who comes
    is refused at once."""
    sender, reader = mail.smtp(office), mail.imap(office, office.anh)
    mail.good(reader.select())
    sender.mail("dan@example.com")
    sender.rcpt(office.anh)
    assert sender.docmd("DATA")[0] == 354
    sender.send(b"Subject: do dang\r\n\r\nmot\r\n")
    office.process.send_signal(signal.SIGTERM)
    wait_for(lambda: refused(office.port("smtp")), 10, "the closing of the doors")
    assert b"BYE" in reader.readline()
    sender.send(b"hai\r\n.\r\n")
    assert sender.getreply()[0] == 250
    assert office.ended(30) == 0
    sender.close()
    reader.shutdown()
    assert "event=serve.stopping" in office.error_text()
    office.start()
    assert [m["Subject"] for m in mail.inbox(office, office.anh)] == ["do dang"]


def refused(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return False
    except ConnectionRefusedError:
        return True


def test_a_key_that_does_not_fit_leaves_the_old_pair_in_force(office):
    where = ("127.0.0.1", office.port("imaps"))
    before = ssl.get_server_certificate(where)
    key = office.data / "tls" / "key.pem"
    good = key.read_bytes()
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", key], check=True, capture_output=True)
    with mail.imap(office, office.anh) as client:
        office.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "event=serve.reload error=" in office.error_text())
        assert ssl.get_server_certificate(where) == before
        mail.good(client.noop())
    with pytest.raises(Refused) as said:
        office.run("check")
    assert said.value.status == 1 and "tls/" in said.value.output
    key.write_bytes(good)
    office.run("check")
