"""Private Postfix and Dovecot instances for the benchmarks: own directories, own ports, nothing of
the machine's configuration touched. Durable as Debian ships them (Postfix flushes its queue files,
Dovecot's mail_fsync is "optimized": each delivery and each APPEND is flushed), limits raised so that
no process or connection limit starves them, sign-in in Dovecot's performance mode. Root is needed,
as both change user."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

DOMAIN = "bench.example"
PASSWORD = "Matkhau@2022"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def process_tree(root):
    """Every live process id at and below root."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


class Dovecot:
    """Dovecot with LMTP, IMAP and IMAPS on ports of its own."""

    def __init__(self, folder, mail_format="maildir", password="{PLAIN}" + PASSWORD,
                 certificate=None, role="LMTP alone", note=""):
        self.name = f"Dovecot, {role}, {mail_format}{note}"
        self.folder = Path(folder)
        self.mail_format = mail_format
        self.password = password
        self.protocol = "lmtp"
        self.certificate = certificate
        self.port, self.imap_port, self.imaps_port = free_port(), free_port(), free_port()
        self.pattern = "u%d"
        self.process = None

    def address(self, number):
        return f"u{number}@{DOMAIN}"

    def configuration(self):
        where = {"maildir": "maildir:~/Maildir", "sdbox": "sdbox:~/sdbox"}[self.mail_format]
        certificate, key = self.certificate
        return f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_process_limit = 1000
default_client_limit = 15000
default_vsz_limit = 1G
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 10M
auth_username_format = %Ln
mail_location = {where}
mail_max_userip_connections = 0
first_valid_uid = 1
mail_uid = mail
mail_gid = mail
passdb {{
  driver = static
  args = password={self.password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={self.folder}/mail/%Ln
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.port}
  }}
  process_min_avail = 4
  process_limit = 500
  service_count = 0
}}
service imap-login {{
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 2
}}
service imap {{
  process_limit = 12000
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
"""

    def start(self, wrapper=()):
        (self.folder / "mail").mkdir(parents=True, exist_ok=True)
        user = pwd.getpwnam("mail")
        os.chown(self.folder / "mail", user.pw_uid, user.pw_gid)
        os.chmod(self.folder, 0o755)
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(self.configuration())
        self.process = subprocess.Popen([*wrapper, "/usr/sbin/dovecot", "-F", "-c", configuration],
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        wait_port(self.port)
        wait_port(self.imap_port)

    def stop(self):
        if self.process is not None:
            own = self.process.pid
            for pid in process_tree(own)[1:2] if self.traced() else [own]:
                os.kill(pid, signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def traced(self):
        return "strace" in Path(f"/proc/{self.process.pid}/comm").read_text()

    def pids(self):
        return process_tree(self.process.pid)

    def stored(self):
        """Messages in all mailboxes, by their files: cheap enough to poll."""
        count = 0
        for user in os.scandir(self.folder / "mail"):
            box = Path(user.path)
            if self.mail_format == "maildir":
                for part in ("new", "cur"):
                    try:
                        count += len(os.listdir(box / "Maildir" / part))
                    except FileNotFoundError:
                        pass
            else:
                try:
                    count += sum(name.startswith("u.") for name in
                                 os.listdir(box / "sdbox/mailboxes/INBOX/dbox-Mails"))
                except FileNotFoundError:
                    pass
        return count

    def imap_user(self, number):
        return f"u{number}"


class PostfixDovecot:
    """Postfix that takes SMTP and hands each message to a private Dovecot by LMTP."""

    def __init__(self, folder, **dovecot):
        self.folder = Path(folder)
        self.dovecot = Dovecot(self.folder / "dovecot", **dovecot)
        self.name = f"Postfix → Dovecot, {self.dovecot.mail_format}"
        self.protocol = "smtp"
        self.port = free_port()
        self.imap_port, self.imaps_port = self.dovecot.imap_port, self.dovecot.imaps_port
        self.pattern = "u%d"
        self.process = None

    address = Dovecot.address
    imap_user = Dovecot.imap_user

    def configuration(self):
        return f"""
compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{DOMAIN}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file_prefixes = {self.folder.parent}
maillog_file = {self.folder}/log
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:127.0.0.1:{self.dovecot.port}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_event_limit_exceptions = static:all
default_process_limit = 300
lmtp_destination_concurrency_limit = 100
initial_destination_concurrency = 50
lmtp_destination_recipient_limit = 500
lmtp_connection_cache_on_demand = yes
lmtp_connection_cache_destinations = inet:127.0.0.1:{self.dovecot.port}
lmtp_connection_reuse_count_limit = 0
in_flow_delay = 0
qmgr_message_active_limit = 50000
qmgr_message_recipient_limit = 100000
message_size_limit = 52428800
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"""

    MASTER = """
{port}    inet  n  -  n  -  -  smtpd
pickup    unix  n  -  n  60 1  pickup
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300 1 qmgr
tlsmgr    unix  -  -  n  1000? 1 tlsmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
verify    unix  -  -  n  -  1  verify
flush     unix  n  -  n  1000? 0 flush
proxymap  unix  -  -  n  -  -  proxymap
smtp      unix  -  -  n  -  -  smtp
relay     unix  -  -  n  -  -  smtp
lmtp      unix  -  -  n  -  -  lmtp
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
discard   unix  -  -  n  -  -  discard
local     unix  -  n  n  -  -  local
virtual   unix  -  n  n  -  -  virtual
anvil     unix  -  -  n  -  1  anvil
scache    unix  -  -  n  -  1  scache
postlog   unix-dgram n - n  -  1  postlogd
"""

    def start(self, wrapper=()):
        self.dovecot.start(wrapper)
        etc = self.folder / "etc"
        etc.mkdir(parents=True, exist_ok=True)
        for name in ("queue", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        user = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", user.pw_uid, user.pw_gid)
        os.chmod(self.folder, 0o755)
        (etc / "main.cf").write_text(self.configuration())
        (etc / "master.cf").write_text(self.MASTER.format(port=self.port))
        for name in ("postfix-files", "dynamicmaps.cf"):
            if Path("/etc/postfix", name).exists():
                shutil.copy(Path("/etc/postfix", name), etc / name)
        subprocess.run(["postfix", "-c", etc, "check"], check=True, capture_output=True)
        with (self.folder / "start.log").open("w") as log:
            self.process = subprocess.Popen(
                [*wrapper, "postfix", "-c", etc, "start-fg"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        wait_port(self.port)

    def stop(self):
        if self.process is not None:
            subprocess.run(["postfix", "-c", self.folder / "etc", "stop"], check=False,
                           capture_output=True)
            self.process.wait(60)
            self.process = None
        self.dovecot.stop()

    def pids(self):
        return process_tree(self.process.pid) + self.dovecot.pids()

    def stored(self):
        return self.dovecot.stored()
