"""Load on a server with a ledger of what it acknowledged, for kills and lost power.

Several clients send over SMTP and append over IMAP as fast as they are answered. A message goes into
the ledger only after 250 or OK. Afterwards `check` demands of the mailboxes: what was acknowledged is
there exactly once, whole; what was not may be there, at most once; nothing else is there.
"""

import hashlib
import imaplib
import random
import smtplib
import threading
import time
from collections import Counter

from harness import mail


class Ledger:
    def __init__(self, server, users, seed=0):
        self.server, self.users = server, users
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        self.sent = {}      # id -> (recipients, digest), from before it was offered
        self.acknowledged = set()
        self.threads = []
        self.stopped = threading.Event()

    def _new(self, recipients):
        with self.lock:
            number = len(self.sent)
            size = self.random.choice([200, 200, 3000, 30000, 300000])
            body = f"{number}\r\n" + ("x" * 70 + "\r\n") * (size // 72)
            name = f"ledger.{number}"
            self.sent[name] = (tuple(recipients), hashlib.sha256(body.encode()).hexdigest())
        return name, f"Subject: {name}\r\nFrom: bench@example.org\r\n\r\n{body}"

    def _acknowledge(self, name):
        with self.lock:
            self.acknowledged.add(name)

    def _send(self):
        client = mail.smtp(self.server)
        while not self.stopped.is_set():
            to = self.random.sample(self.users, self.random.randint(1, len(self.users)))
            name, text = self._new(to)
            client.sendmail("bench@example.org", to, text)
            self._acknowledge(name)

    def _append(self):
        user = self.random.choice(self.users)
        client = mail.imap(self.server, user)
        while not self.stopped.is_set():
            name, text = self._new([user])
            mail.good(client.append("INBOX", None, None, text.encode()))
            self._acknowledge(name)

    def _guard(self, work):
        try:
            work()
        except (OSError, EOFError, smtplib.SMTPException, imaplib.IMAP4.error, AssertionError):
            pass  # the server died or refused: what was not acknowledged is not in the ledger

    def begin(self, senders=4, appenders=2):
        self.stopped.clear()
        work = [self._send] * senders + [self._append] * appenders
        self.threads = [threading.Thread(target=self._guard, args=(w,), daemon=True) for w in work]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(mail.TIMEOUT)
            assert not thread.is_alive(), "a client still waits for an answer"

    def load_for(self, seconds):
        self.begin()
        time.sleep(seconds)

    def check(self):
        """Compares the mailboxes with the ledger; returns how many were acknowledged."""
        for user in self.users:
            found = Counter()
            for message in self._read(user):
                name = message["Subject"]
                found[name] += 1
                assert name in self.sent, f"{user} has {name}, which nobody sent"
                body = message.get_payload(decode=True)
                assert hashlib.sha256(body).hexdigest() == self.sent[name][1], f"{name} is damaged"
            for name, copies in found.items():
                assert copies == 1, f"{user} has {copies} copies of {name}"
                assert user in self.sent[name][0], f"{name} was not for {user}"
            missing = [n for n in self.acknowledged if user in self.sent[n][0] and not found[n]]
            assert not missing, f"{user} lacks {len(missing)} acknowledged: {missing[:5]}"
        return len(self.acknowledged)

    def _read(self, user):
        with mail.imap(self.server, user) as client:
            mail.good(client.select("INBOX", readonly=True))
            if not mail.uids(client):
                return
            for part in mail.good(client.uid("FETCH", "1:*", "(BODY.PEEK[])")):
                if isinstance(part, tuple):
                    yield mail.parsed(part[1])
