"""One day of the administration on a server that may fail at any call: a request from a unit to the
reply, passwords, roles, notices to everybody, what is held and released, mail moved in.

An act counts as done when its command ended well. Afterwards each act must be there whole or not at
all: what it changed can be seen if and only if the trail has it, at most once; and it must be there
when it was acknowledged. See test_office.py."""

import json
from datetime import datetime, timedelta, timezone

from harness import mail
from harness.actors import demand
from harness.imap import message
from harness.ledger import ABORTED
from harness.outbound import limit, queue
from harness.requests import csv, row
from harness.server import DOMAIN, PASSWORD, Refused, wait_for
from harness.smtp import begin, data, plain, session

NEW = "Matkhaumoi@1"
MOVED = 30
UNIT = f"stttt@{DOMAIN}"
GIVEN = ["--number", "12/STTTT-VP", "--date", "15/06/2022", "--signer", "Nguyễn Văn Hùng",
         "--signer-title", "Giám đốc"]
ZONE = timezone(timedelta(hours=7))


def furnish(server):
    server.stop()
    limit(server, messages=2)
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    for name, person in (("anh", "Trần Văn Anh"), ("binh", "Nguyễn Thị Bình"), ("cuc", "Lê Thị Cúc"),
                         ("dung", "Phạm Văn Dũng")):
        setattr(server, name, server.person(person))


class OfficeDay:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.box = folder / "in.mbox"
        self.done = {}      # act -> what it gave
        self.failures = []  # what each refused act got

    # ------------------------------------------------------------------------------- the acts

    def json(self, *words, **how):
        return json.loads(self.server.run(*words, "--json", **how))

    def role(self):
        self.server.run("role", "grant", self.server.binh, "centre", "--document", "Số 1")

    def receive(self):
        form = self.folder / "form.csv"
        form.write_text(csv([row(1, "Đỗ Thị Mới", "cấp mới", unit="stttt", birth="7/3/1985",
                                 identity="999085000001"),
                             row(2, "Phạm Văn Dũng", "tạm khóa", unit="stttt")]), encoding="utf-8")
        return self.json("request", "import", form, "--unit", "stttt", *GIVEN)["id"]

    def approve(self):
        self.server.run("request", "approve", self.done["receive"])

    def slips(self):
        self.server.run("request", "slips", self.done["receive"], "--to", self.folder / "phieu.docx")

    def reply(self):
        self.server.run("request", "reply", self.done["receive"], "--number", "30", "--date",
                        "16/06/2022")

    def one_time(self):
        return self.server.run("account", "passwd", self.server.cuc, "--one-time").strip()

    def password(self):
        self.server.run("account", "passwd", self.server.binh, "--password-stdin", given=NEW + "\n")

    def alias(self):
        self.server.run("account", "alias", self.server.anh, "--add", f"vananh@{DOMAIN}")

    def delegate(self):
        self.server.run("account", "delegate", UNIT, self.server.anh, "--document", "Số 2")

    def forward(self):
        self.server.run("account", "forward", self.server.cuc, "--to", self.server.anh, "--keep")

    def exempt(self):
        self.server.run("account", "exempt", self.server.cuc, "--reason", "study", "--until",
                        (datetime.now(ZONE) + timedelta(days=99)).strftime("%Y-%m-%d"))

    def hold(self):
        """The third message is more than anh may send."""
        with session(self.server, "submission", user=self.server.anh) as raw:
            for n in range(3):
                begin(raw, f"a{n}@example.org", self.server.anh)
                code, text = data(raw, f"From: {self.server.anh}\r\n\r\nx\r\n".encode())
                demand(code in (250, 421, 451, 452), text)
                if code != 250:
                    raise OSError(text)
        return "held" in text

    def release(self):
        self.server.run("account", "release", self.server.anh, "--ground", "Số 3")

    def move_in(self):
        self.box.write_bytes(b"".join(b"From a Tue Nov 24 08:05:00 2026\n"
                                      + message(f"cu {n}").replace(b"\r\n", b"\n") + b"\n"
                                      for n in range(MOVED)))
        return self.json("import", "mbox", self.box, "--account", self.server.binh, "--mailbox", "Cu")["taken"]

    def announce(self):
        now = datetime.now(ZONE)
        first, last = (now + timedelta(hours=n) for n in (1, 2))
        return self.json("notice", "schedule", "--from", first.strftime("%Y-%m-%d %H:%M"), "--to",
                         last.strftime("%Y-%m-%d %H:%M"), "--reason", "thay đĩa", "--emergency",
                         "đĩa sắp hỏng")["name"]

    def cancel(self):
        self.server.run("notice", "cancel", "1", "--reason", "không cần nữa")

    def staff(self):
        self.server.run("report", "staff", "stttt", "--staff", "40", "--officials", "30", "--document",
                        "Số 5")

    def hide(self):
        self.server.run("directory", "except", self.server.anh, "--document", "Số 6")

    NEEDS = {"approve": "receive", "slips": "approve", "reply": "approve", "release": "hold",
             "cancel": "announce"}

    def run(self):
        for act in (self.role, self.receive, self.approve, self.slips, self.reply, self.one_time,
                    self.password, self.alias, self.delegate, self.forward, self.exempt, self.hold,
                    self.release, self.move_in, self.announce, self.cancel, self.staff, self.hide):
            name = act.__name__
            if not self.server.alive():
                return
            if self.NEEDS.get(name, name) in self.done or name not in self.NEEDS:
                try:
                    self.done[name] = act()
                except (*ABORTED, Refused) as error:
                    self.failures.append(f"{name}: {error}")

    # -------------------------------------------------------------------------- what is there

    def check(self):
        self.server.run("audit", "verify")
        self.trail = self.json("audit", "list", "--limit", "500")
        self.accounts = {a["address"]: a for a in self.json("account", "list")}
        requests = self.json("request", "list")
        self.state = requests[0]["state"] if requests else None
        demand(len(requests) <= 1, "a request is there twice")
        self.whole("role", "role.grant", self.json("role", "list"))
        self.whole("receive", "request.receive", requests)
        new, dung = self.accounts.get(f"dtmoi.stttt@{DOMAIN}"), self.accounts[self.server.dung]
        self.each_line(new, dung)
        self.whole("reply", "request.reply", self.state == "closed")
        self.whole("alias", "account.alias.add", self.accounts[self.server.anh]["aliases"],
                   self.server.anh)
        self.whole("delegate", "account.delegate", self.json("account", "delegate"))
        self.whole("forward", "forward.set", self.json("account", "forward"))
        self.whole("hide", "directory.except", self.json("directory", "except"))
        self.check_passwords()
        self.check_held()
        self.check_moved()
        self.check_notices()

    def entries(self, act, subject=None):
        return [e for e in self.trail if e["act"] == act and subject in (None, e["subject"])]

    def whole(self, name, act, seen, subject=None):
        """Of an act that is one row of the trail."""
        rows = len(self.entries(act, subject))
        demand(rows <= 1, f"{name} is on record {rows} times")
        demand(bool(seen) == (rows == 1), f"{name}: there {bool(seen)}, on record {rows} times")
        demand(seen or name not in self.done, f"{name} was acknowledged and is not there")

    def each_line(self, new, dung):
        """The two lines of the request: each done whole or not; both when it was acknowledged."""
        made = self.entries("account.create", f"dtmoi.stttt@{DOMAIN}")
        locked = self.entries("account.lock", self.server.dung)
        demand(len(made) == (new is not None), "a line's account and its record part")
        demand(len(locked) == (dung["state"] == "locked"), "a line's lock and its record part")
        if self.state is None:
            return
        lines = self.json("request", "show", "1")["lines"]
        demand([line["state"] == "done" for line in lines] == [bool(made), bool(locked)],
               f"the request says {lines}")
        demand("approve" not in self.done or (made and locked), "approve was acknowledged")

    def signs_in(self, user, password):
        with session(self.server, "submission") as raw:
            return raw.reply("AUTH PLAIN " + plain(user, password))[0] == 235

    def check_passwords(self):
        for name, user in (("one_time", self.server.cuc), ("password", self.server.binh)):
            self.whole(name, "account.password", not self.signs_in(user, PASSWORD), user)
        demand(self.signs_in(self.server.binh, PASSWORD) != self.signs_in(self.server.binh, NEW),
               "both passwords or none")

    def check_held(self):
        held = [e["state"] == "held" for e in queue(self.server)]
        released = self.entries("outgoing.release")
        demand(len(released) <= 1 and not (released and any(held)), f"{held} after a release")
        demand("release" not in self.done or released, "release was acknowledged")
        if "hold" in self.done:
            demand(len(held) == 3, f"{len(held)} of 3 messages are in the queue")
            demand(released or all(held), f"{held}, and nobody released")

    def check_moved(self):
        """What was not finished is finished by a second run, and nothing is there twice."""
        if not self.box.exists():
            return
        again = self.json("import", "mbox", self.box, "--account", self.server.binh, "--mailbox", "Cu")
        demand(again["taken"] + again["had"] == MOVED, str(again))
        demand("move_in" not in self.done or again["taken"] == 0, f"{again} after all were taken")
        password = NEW if self.signs_in(self.server.binh, NEW) else PASSWORD
        with mail.imap(self.server, self.server.binh, password) as client:
            mail.good(client.select("Cu", readonly=True))
            found = [mail.fetch(client, uid) for uid in mail.uids(client)]
        demand(len(found) == MOVED == len(set(found)), f"{len(found)} messages were moved in")

    def check_notices(self):
        """Everybody has each notice of the trail once: the server ends what it began."""
        told = len(self.entries("notice.emergency")) + len(self.entries("notice.cancel"))
        demand("announce" not in self.done or told >= 1, "announce was acknowledged")
        demand("cancel" not in self.done or told == 2, "cancel was acknowledged")
        wait_for(lambda: all(n["told"] for n in self.json("notice", "list")), 20, "the sending")
        for user in (self.server.anh, self.server.dung):
            if self.accounts[user]["state"] == "active":
                with mail.imap(self.server, user) as client:
                    mail.good(client.select("INBOX", readonly=True))
                    found = mail.uids(client, "SUBJECT", '"tam ngung"')
                demand(len(found) == told, f"{user} has {len(found)} letters of {told}")
