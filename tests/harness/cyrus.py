"""Debian's Cyrus IMAP as a system that people move out of: IMAP and IMAPS on ports of its own, the
user `an` with PASSWORD, whose mailboxes the test makes."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.dovecot import free_port
from harness.server import PASSWORD, wait_for
from harness.unpacked import unpacked

SETTINGS = """
configdirectory: {folder}/conf
partition-default: {folder}/spool
defaultpartition: default
cyrus_user: mail
admins: chu
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb
servername: may.test
defaultdomain: may.test
virtdomains: off
altnamespace: yes
unixhierarchysep: {unix}
autocreate_quota: 0
autocreate_users: anyone
tls_server_cert: {certificate}
tls_server_key: {key}
syslog_prefix: congvu-test
"""

SERVICES = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {folder}/imapd.conf" listen="127.0.0.1:{imap}" prefork=1
  imaps cmd="{bin}/imapd -C {folder}/imapd.conf -s" listen="127.0.0.1:{imaps}" prefork=0
}}
EVENTS {{
}}
"""


class Cyrus:
    """port() as harness.server.Server has it, so that harness.imap.Session speaks to it."""

    def __init__(self, certificate, separator):
        if os.geteuid() != 0:
            pytest.skip("Cyrus changes user, so this test needs root")
        place = unpacked("cyrus", "usr/sbin/saslpasswd2", "cyrus-common", "cyrus-imapd", "sasl2-bin")
        # Not in pytest's folder: that is closed to other users by whoever starts pytest next.
        self.folder = Path(tempfile.mkdtemp(prefix="congvu-cyrus-"))
        self.folder.chmod(0o755)
        self.ports = {"imap": free_port(), "imaps": free_port()}
        for name in ("conf", "spool"):
            (self.folder / name).mkdir()
        cert, key = (shutil.copy(path, self.folder) for path in certificate)
        libraries = [str(path) for path in (place / "usr/lib").glob("**/libcyrus*.so.0")]
        self.env = {**os.environ, "LD_LIBRARY_PATH": ":".join({os.path.dirname(x) for x in libraries})}
        (self.folder / "imapd.conf").write_text(SETTINGS.format(
            folder=self.folder, certificate=cert, key=key, unix="yes" if separator == "/" else "no"))
        (self.folder / "cyrus.conf").write_text(SERVICES.format(
            folder=self.folder, bin=place / "usr/lib/cyrus/bin", **self.ports))
        subprocess.run([place / "usr/sbin/saslpasswd2", "-p", "-c", "-u", "may.test", "-f",
                        self.folder / "sasldb", "an"], input=PASSWORD, text=True, check=True)
        user = pwd.getpwnam("mail")
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
        self.master = place / "usr/sbin/cyrmaster"
        self.process = None

    def port(self, name):
        return self.ports[name]

    def __enter__(self):
        with (self.folder / "log").open("w") as out:
            self.process = subprocess.Popen(
                [self.master, "-C", self.folder / "imapd.conf", "-M", self.folder / "cyrus.conf", "-p",
                 self.folder / "pid"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env,
                start_new_session=True)
        wait_for(self.answers, 30, "Cyrus")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", self.ports["imap"]), 1) as s:
                s.settimeout(2)
                return s.recv(4) == b"* OK"
        except OSError:
            return False

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
