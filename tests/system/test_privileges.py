"""Started as root: low ports are bound, then the server is the user of congvu.conf for good, and
everything in the data directory is that user's, whoever ran the commands."""

import os
import pwd
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import log, mail, settings
from harness.ports import PORTS
from harness.server import Server, wait_for

USER = "nobody"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def low_offset():
    """An offset under which most doors are below 1024, and free."""
    for offset in random.sample(range(2, 30), 28):
        try:
            for port in PORTS.values():
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", offset + port))
            return offset
        except OSError:
            continue
    pytest.fail("no free ports below 1024")


@pytest.fixture
def lowered():
    """An installation that belongs to USER and is served on low ports, not started."""
    folder = Path(tempfile.mkdtemp(prefix="congvu-user-"))
    folder.chmod(0o755)
    server = Server(folder / "data")
    server.ports.close()
    server.offset = low_offset()
    server.init()
    settings.change(server, "user", f'"{USER}"')
    settings.change(server, "log.file", '"congvu.log"')
    # A process that may not be traced cannot look for its own leaks.
    server.env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    give(server.data)
    yield server
    try:
        server.close()
    finally:
        shutil.rmtree(folder)


def give(folder):
    subprocess.run(["chown", "-R", USER, folder], check=True)


def status(server):
    lines = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii").splitlines()
    return {line.split(":")[0]: line.split(":")[1].split() for line in lines}


def strangers(server):
    """What in the data directory is not USER's, or is open to others; a certificate is public."""
    uid = pwd.getpwnam(USER).pw_uid
    return [str(path.relative_to(server.data)) for path in [server.data, *server.data.rglob("*")]
            if path.lstat().st_uid != uid
            or path.lstat().st_mode & 0o007 and path.name != "certificate.pem"]


def test_the_server_binds_low_ports_and_is_another_user_from_then_on(lowered):
    lowered.start()
    user = pwd.getpwnam(USER)
    found = status(lowered)
    assert found["Uid"] == [str(user.pw_uid)] * 4 and found["Gid"] == [str(user.pw_gid)] * 4
    assert "0" not in found["Groups"]
    assert int(found["CapEff"][0], 16) == int(found["CapPrm"][0], 16) == 0
    assert lowered.port("imaps") < 1024
    lowered.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = lowered.person("Trần Văn Anh")
    big = mail.message("dan@example.com", anh, "lớn", text="x" * 70 + "\n")
    big.add_attachment(os.urandom(2_000_000), maintype="application", subtype="pdf", filename="a.pdf")
    mail.send(lowered, big)
    with mail.imap(lowered, anh, port="imaps") as client:
        client.select()
        assert len(mail.uids(client)) == 1
    assert strangers(lowered) == []


def test_what_root_does_on_a_stopped_system_leaves_the_files_to_the_user(lowered, tmp_path):
    lowered.start()
    lowered.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = lowered.person("Trần Văn Anh")
    lowered.kill()  # its WAL is left behind
    lowered.person("Trần Văn Anh")
    lowered.run("doctor", "--repair")
    lowered.run("backup", tmp_path / "backup")
    assert strangers(lowered) == []
    lowered.start()
    mail.send(lowered, mail.message("dan@example.com", anh, "một"))
    lowered.stop()
    assert strangers(lowered) == []


def test_certificate_and_log_are_opened_anew_as_the_user(lowered):
    lowered.start()
    where = ("127.0.0.1", lowered.port("imaps"))
    before = ssl.get_server_certificate(where)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", "/CN=moi.test", "-keyout",
                    lowered.data / "tls/key.pem", "-out", lowered.data / "tls/certificate.pem"],
                   check=True, capture_output=True)
    give(lowered.data / "tls")
    file = lowered.data / "congvu.log"
    os.rename(file, file.with_name("congvu.log.1"))
    lowered.process.send_signal(signal.SIGHUP)
    wait_for(lambda: ssl.get_server_certificate(where) != before)
    assert strangers(lowered) == []
    assert ("serve.reload", "done") in [(e["event"], e.get("result")) for e in log.read(file)]


@pytest.mark.parametrize(("user", "why"), [("khong-co-ai", "khong-co-ai"), (USER, "chown")])
def test_what_keeps_it_from_becoming_the_user_is_told(lowered, user, why):
    settings.change(lowered, "user", f'"{user}"')
    subprocess.run(["chown", "-R", "root", lowered.data], check=True)
    done = subprocess.run([lowered.program, "--data", lowered.data, "serve"], capture_output=True,
                          text=True, timeout=30, check=False)
    assert done.returncode == 1 and why in done.stderr, done.stderr
    give(lowered.data)
