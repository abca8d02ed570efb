"""Debian's Postfix delivers to us as it would from another province: SMTP with STARTTLS."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import mail
from harness.server import wait_for

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
relayhost = [127.0.0.1]:{port}
smtp_tls_security_level = encrypt
smtp_tls_loglevel = 1
alias_maps =
alias_database =
multi_instance_enable = no
"""

MASTER = """
pickup    unix  n - n 60  1 pickup
cleanup   unix  n - n -   0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -   - trivial-rewrite
bounce    unix  - - n -   0 bounce
defer     unix  - - n -   0 bounce
trace     unix  - - n -   0 bounce
smtp      unix  - - n -   - smtp
error     unix  - - n -   - error
retry     unix  - - n -   - error
scache    unix  - - n -   1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@pytest.fixture
def postfix(office):
    """A Postfix with a queue and settings of its own; gives its folder."""
    if os.geteuid() != 0:
        pytest.skip("Postfix changes user, so this test needs root")
    # Not in pytest's folder: that is closed to other users again by whoever starts pytest next.
    folder = Path(tempfile.mkdtemp(prefix="congvu-postfix-"))
    folder.chmod(0o755)
    etc = folder / "etc"
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    user = pwd.getpwnam("postfix")
    os.chown(folder / "data", user.pw_uid, user.pw_gid)
    (etc / "main.cf").write_text(MAIN.format(folder=folder, port=office.port("smtp")))
    (etc / "master.cf").write_text(MASTER)
    for name in ("postfix-files", "dynamicmaps.cf"):
        if Path("/etc/postfix", name).exists():
            shutil.copy(Path("/etc/postfix", name), etc / name)
    subprocess.run(["postfix", "-c", etc, "check"], check=True, capture_output=True)
    with (folder / "out").open("w") as out:
        process = subprocess.Popen(["postfix", "-c", etc, "start-fg"], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=out, start_new_session=True)
    wait_for((folder / "queue/public/pickup").exists, 20, "Postfix")
    yield folder
    subprocess.run(["postfix", "-c", etc, "stop"], check=False, capture_output=True)
    process.wait(30)
    shutil.rmtree(folder)


def log_has(folder, text):
    log = folder / "log"
    return log.exists() and text in log.read_text(errors="replace")


def hand_over(folder, recipient, text, sender="canbo@example.org"):
    subprocess.run(["sendmail", "-C", folder / "etc", "-i", "-f", sender, recipient],
                   input=text, text=True, check=True, timeout=30)


def test_postfix_delivers_over_tls(office, postfix):
    hand_over(postfix, office.anh, "Subject: tu postfix\nFrom: canbo@example.org\n\nchao\n.\nhet\n")
    got = mail.arrived(office, office.anh, "tu postfix", 20)
    assert got.get_payload().replace("\r\n", "\n") == "chao\n.\nhet\n"
    assert log_has(postfix, "TLS connection established to 127.0.0.1")
    wait_for(lambda: log_has(postfix, "status=sent"), 10, "the log line of the delivery")


def test_postfix_waits_and_tries_again_when_it_is_told_to(office, postfix):
    """A disk that is nearly full answers 4xx: Postfix keeps the letter, and delivers it later."""
    office.stop()
    settings = office.data / "congvu.conf"
    text = settings.read_text()
    full = re.sub(r"disk_watermark_mib = \d+", f"disk_watermark_mib = {1 << 30}", text)
    assert full != text
    settings.write_text(full)
    office.start()
    hand_over(postfix, office.anh, "Subject: cho mot lat\nFrom: canbo@example.org\n\nchao\n")
    wait_for(lambda: log_has(postfix, "status=deferred"), 20, "the deferral in Postfix's log")
    assert log_has(postfix, "452 4.3.1")
    office.stop()
    settings.write_text(text)
    office.start()
    subprocess.run(["postqueue", "-c", postfix / "etc", "-f"], check=True, capture_output=True)
    assert mail.arrived(office, office.anh, "cho mot lat", 30)


def test_a_bounce_of_postfix_comes_in_without_a_sender(office, postfix):
    hand_over(postfix, "khongco.stttt@bacninh.gov.vn", "Subject: x\n\nx\n", office.anh)
    bounce = mail.arrived(office, office.anh, "Undelivered Mail Returned to Sender", 30)
    assert bounce["Return-Path"] == "<>" and bounce.get_content_type() == "multipart/report"


def test_postfix_is_told_at_once_that_an_official_does_not_exist(office, postfix):
    hand_over(postfix, "khongco.stttt@bacninh.gov.vn", "Subject: x\n\nx\n")
    wait_for(lambda: log_has(postfix, "status=bounced"), 20, "the refusal in Postfix's log")
    assert log_has(postfix, "5.1.1")
