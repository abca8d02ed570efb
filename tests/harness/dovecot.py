"""Debian's Dovecot with Maildirs, as the system that people move out of: IMAP and IMAPS on ports of its
own, any user with PASSWORD, and the master user `chu` with MASTER."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.server import PASSWORD, wait_for

MASTER = "Mat-khau-chu"

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_vsz_limit = 1G
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:~/Maildir
maildir_copy_with_hardlinks = no
mail_max_userip_connections = 0
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {folder}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = static
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox "Đã gửi đi" {{
    special_use = \\Sent
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Dovecot:
    """port() as harness.server.Server has it, so that harness.imap.Session speaks to it."""

    def __init__(self, certificate, separator="/"):
        if os.geteuid() != 0:
            pytest.skip("Dovecot changes user, so this test needs root")
        # Not in pytest's folder: that is closed to other users by whoever starts pytest next.
        self.folder = Path(tempfile.mkdtemp(prefix="congvu-dovecot-"))
        self.folder.chmod(0o755)
        self.ports = {"imap": free_port(), "imaps": free_port()}
        (self.folder / "masters").write_text(f"chu:{{PLAIN}}{MASTER}::::::\n")
        user = pwd.getpwnam("mail")
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", user.pw_uid, user.pw_gid)
        settings = CONFIGURATION.format(folder=self.folder, certificate=certificate[0], key=certificate[1],
                                        password=PASSWORD, separator=separator, **self.ports)
        (self.folder / "dovecot.conf").write_text(settings, encoding="utf-8")
        self.process = None

    def port(self, name):
        return self.ports[name]

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.folder / "dovecot.conf"],
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        wait_for(self.answers, 30, "Dovecot")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "dovecot.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.ports["imap"]), 1).close()
        except OSError:
            return False
        return True

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def give(self, user, path):
        """Puts a Maildir there as this user's."""
        home = self.folder / "mail" / user
        home.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", path, home / "Maildir"], check=True)
        subprocess.run(["chown", "-R", "mail:mail", home], check=True)
        return home / "Maildir"
