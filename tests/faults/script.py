"""One client's day on a server that may fail at any call: a fixed list of acts, each entered into
the ledger only when it was acknowledged. See test_server.py."""

import imaplib

from harness import mail
from harness.actors import Actor
from harness.ledger import ABORTED, Ledger
from harness.server import PASSWORD, Refused

LARGE = 300_000   # stored as a file
MIDDLE = 100_000  # goes through a temporary file into a row


class Script(Ledger):
    """A ledger whose acts come one after another. `failures` holds what each refused act got."""

    def __init__(self, server, users):
        super().__init__(server, users, outside=users[0])
        self.actors = [Actor(self, users[0], 0)]
        self.failures = []
        self.accounts = []  # addresses that `account create` printed

    def run(self):
        """Goes through all acts as long as the server lives."""
        for act in (self.deliver_small, self.append_all, self.change_all, self.deliver_large,
                    self.submit_one, self.make_account, self.deliver_small):
            if not self.server.alive():
                return
            try:
                act()
            except (*ABORTED, Refused) as error:
                self.failures.append(f"{act.__name__}: {error}")

    def deliver(self, size, to):
        name, text = self.new(to, size)
        with mail.smtp(self.server) as client:
            client.sendmail("bench@example.org", to, text)
        self.acknowledge(name)

    def deliver_small(self):
        self.deliver(500, self.users)

    def deliver_large(self):
        self.deliver(LARGE, self.users)
        self.deliver(MIDDLE, self.users[:1])

    def submit_one(self):
        client = mail.smtp(self.server, "submission", self.outside)
        self.submit(client)
        client.close()

    def append_all(self):
        user = self.users[1]
        with mail.imap(self.server, user) as client:
            for size in (200, LARGE):
                name, text = self.new([user], size)
                mail.good(client.append("INBOX", None, None, text.encode()))
                self.acknowledge(name)

    def change_all(self):
        actor = self.actors[0]
        client = actor.open()
        for _ in range(4):
            actor.append(client, "Luu")
        mail.good(client.select("Luu"))
        a, b, c, d = sorted(actor.known["Luu"])[-4:]
        actor.store(client, "Luu", [a, b])
        actor.copy(client, "Luu", [a, c])
        actor.move(client, "Luu", [b, c])
        actor.expunge(client, "Luu", [a, d])
        try:
            client.logout()
        except imaplib.IMAP4.error:
            pass

    def make_account(self):
        self.accounts.append(self.server.person("Phạm Thị Dung"))

    def check(self):
        acts = super().check()
        for address in self.accounts:
            mail.imap(self.server, address, PASSWORD).logout()
        assert len(set(self.accounts)) == len(self.accounts)
        return acts
