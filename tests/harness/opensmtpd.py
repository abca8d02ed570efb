"""Debian's OpenSMTPD as it would run on another machine. Its package cannot stand beside Postfix's,
so it is unpacked, not installed, and runs in a mount namespace of its own with a small /etc."""

import os
import shutil
import subprocess
from pathlib import Path

from harness.server import wait_for
from harness.unpacked import unpacked

CONFIGURATION = """
pki far cert "{cert}"
pki far key "{key}"
listen on 127.0.0.1 port {port} hostname {host} tls pki far
table people {{ "@{domain}" = nobody }}
action "in" maildir "{folder}/Maildir" virtual <people>
action "out" relay host "smtp://127.0.0.1:{next_hop}"
match from any for domain "{domain}" action "in"
match from any for any action "out"
"""

SCRIPT = """
set -e
mount --make-rprivate /
mkdir -p {folder}/etc {folder}/home
cp -a /etc/passwd /etc/group /etc/shadow /etc/nsswitch.conf /etc/hosts /etc/ssl /etc/pam.d \
    /etc/security /etc/resolv.conf /etc/ld.so.cache {folder}/etc/ 2>/dev/null || true
grep -q ^opensmtpd: /etc/passwd || printf '%s\\n' \
    'opensmtpd:x:961:961::/var/lib/opensmtpd/empty:/bin/false' \
    'opensmtpq:x:962:962::/var/lib/opensmtpd/empty:/bin/false' >> {folder}/etc/passwd
grep -q ^opensmtpd: /etc/group || printf '%s\\n' 'opensmtpd:x:961:' 'opensmtpq:x:962:' \
    >> {folder}/etc/group
echo {host} > {folder}/etc/mailname
chown -R nobody {folder}/Maildir
mount --bind {folder}/etc /etc
for place in /usr/libexec /var/spool /var/lib /run; do mount -t tmpfs -o mode=755 tmpfs $place; done
mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
chmod 711 /var/spool/smtpd
cp -a {unpacked}/usr/libexec/opensmtpd /usr/libexec/
exec {unpacked}/usr/sbin/smtpd -d -f {folder}/smtpd.conf
"""


class OpenSmtpd:
    def __init__(self, folder, port, next_hop, certificate, domain="osm.vn"):
        self.folder, self.domain = Path(folder), domain
        place = unpacked("opensmtpd", "usr/sbin/smtpd", "opensmtpd")
        for name in ("cur", "new", "tmp"):
            (self.folder / "Maildir" / name).mkdir(parents=True)
        cert, key = (shutil.copy(path, self.folder) for path in certificate)
        os.chmod(key, 0o600)
        values = {"folder": self.folder, "port": port, "next_hop": next_hop, "cert": cert,
                  "key": key, "domain": domain, "host": f"mx.{domain}", "unpacked": place}
        (self.folder / "smtpd.conf").write_text(CONFIGURATION.format(**values))
        (self.folder / "script").write_text(SCRIPT.format(**values))
        self.log = self.folder / "log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(["unshare", "-m", "sh", self.folder / "script"],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            start_new_session=True)
        wait_for(self.is_up, 20, "OpenSMTPD")

    def is_up(self):
        assert self.process.poll() is None, self.log.read_text()
        return "smtpd: ready" in self.log.read_text() or "info: OpenSMTPD" in self.log.read_text()

    def received(self):
        return [path.read_bytes() for path in sorted((self.folder / "Maildir/new").iterdir())]

    def close(self):
        self.process.terminate()
        self.process.wait(20)
