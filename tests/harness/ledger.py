"""Load on a server with a ledger of what it acknowledged, for kills, failing disks and lost power.

Strangers send over SMTP to several recipients, a user submits to outside addresses and to
colleagues, users append over IMAP, and each user's own clients (actors.py) set flags, copy, move and
expunge, all as fast as they are answered. An act goes into the ledger only after 250 or OK.

Afterwards `check` demands of the whole installation: what was acknowledged is there exactly once,
whole, with its flags, under its UID; what was not may be there, at most once; what was expunged is
gone; UIDs rise and are never used again; the quota counts what is there; the queue holds each
acknowledged outside recipient once.
"""

import hashlib
import imaplib
import json
import random
import smtplib
import threading
import time
import traceback

from harness import mail
from harness.actors import BOXES, Actor, Mover, demand, look

ABORTED = (OSError, EOFError, smtplib.SMTPException, imaplib.IMAP4.error, AssertionError)


class Ledger:
    def __init__(self, server, users, seed=0, outside=None):
        """users: addresses of accounts that nothing else uses. outside: the one of them who also
        writes to other domains."""
        self.server, self.users, self.outside = server, users, outside
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        self.sent = {}      # name -> (recipients, digest), from before it was offered
        self.acknowledged = set()
        self.deleted = set()  # (user, name): an expunge of it was acknowledged
        self.doubtful = set()  # (user, name): an expunge of it was asked for
        self.seen = {user: set() for user in users}  # names that an earlier check found
        self.refused = 0
        self.trouble = []     # what no fault excuses
        self.threads = []
        self.stopped = threading.Event()
        self.actors = [kind(self, user, seed + i) for i, user in enumerate(users)
                       for kind in (Actor, Mover)]

    # ----------------------------------------------------------------------------------- acts

    def new(self, recipients, size=None):
        """A message that was never sent before: its name and its text, of about `size` bytes."""
        with self.lock:
            number = len(self.sent)
            if size is None:
                size = self.random.choice([200, 200, 200, 3000, 3000, 30000])
                if self.random.random() < 0.03:
                    size = 300000  # stored as a file
            body = f"{number}\r\n" + ("x" * 70 + "\r\n") * (size // 72)
            name = f"ledger.{number}"
            self.sent[name] = (tuple(recipients), digest(body.encode()))
        return name, f"Subject: {name}\r\nFrom: bench@example.org\r\n\r\n{body}"

    def acknowledge(self, name):
        with self.lock:
            self.acknowledged.add(name)

    def _send(self):
        client = mail.smtp(self.server)
        while not self.stopped.is_set():
            to = self.random.sample(self.users, self.random.randint(1, len(self.users)))
            name, text = self.new(to)
            client.sendmail("bench@example.org", to, text)
            self.acknowledge(name)

    def _submit(self):
        client = mail.smtp(self.server, "submission", self.outside)
        while not self.stopped.is_set():
            self.submit(client)

    def submit(self, client):
        name, text = self.new([])
        to = [f"{name}@example.org", f"{name}@example.net", self.users[0]]
        self.sent[name] = (tuple(to), self.sent[name][1])
        client.sendmail(self.outside, to, text.replace("bench@example.org", self.outside))
        self.acknowledge(name)

    def _append(self):
        user = self.random.choice(self.users)
        client = mail.imap(self.server, user)
        while not self.stopped.is_set():
            name, text = self.new([user])
            mail.good(client.append("INBOX", None, None, text.encode()))
            self.acknowledge(name)

    def _guard(self, work):
        """A client goes on after a refusal with a new connection, and ends with the server."""
        while not self.stopped.is_set():
            try:
                work()
            except ABORTED as error:
                self.refused += 1
                if not self.server.alive():
                    return
                if not isinstance(error, (OSError, EOFError, imaplib.IMAP4.abort)):
                    self.stopped.wait(0.01)
            except Exception as error:  # pylint: disable=broad-except
                self.trouble.append(traceback.format_exc())
                return

    # ---------------------------------------------------------------------------------- load

    def begin(self, senders=4, appenders=2):
        self.stopped.clear()
        work = [self._send] * senders + [self._append] * appenders
        work += [actor.work for actor in self.actors]
        work += [self._submit] if self.outside else []
        self.threads = [threading.Thread(target=self._guard, args=(w,), daemon=True) for w in work]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(mail.TIMEOUT * 2)
            assert not thread.is_alive(), "a client still waits for an answer"
        assert not self.trouble, "\n".join(self.trouble[:3])

    def load_for(self, seconds):
        self.begin()
        time.sleep(seconds)

    def acts(self):
        """How many acts were acknowledged so far."""
        return len(self.acknowledged) + sum(actor.acts for actor in self.actors)

    # --------------------------------------------------------------------------------- check

    def check(self):
        """Compares the installation with the ledger; returns how many acts were acknowledged."""
        for user in self.users:
            with mail.imap(self.server, user) as client:
                boxes = {box: look(client, box) for box in BOXES}
                self._check_quota(client, user, boxes)
            for actor in self.actors:
                if actor.user == user:
                    actor.check(boxes)
            self._check_arrivals(user, boxes)
        if self.outside:
            self._check_queue()
        return self.acts()

    def _check_quota(self, client, user, boxes):
        _, (quota,) = mail.good(client.getquotaroot("INBOX"))
        used = int(quota.split(b"STORAGE ")[1].split()[0])
        size = sum(m.size for box in boxes.values() for m in box.messages)
        demand(used == (size + 1023) // 1024, f"{user}: quota says {used} KiB, there are {size} B")

    def _check_arrivals(self, user, boxes):
        """What was sent or appended to INBOX; the Mover may have moved it, the Actor copied it."""
        found = set()
        for box in ("INBOX", "Chuyen"):
            for m in boxes[box].messages:
                demand(m.name in self.sent, f"{user} has {m.name}, which nobody sent")
                recipients, expected = self.sent[m.name]
                demand(m.name not in found, f"{user} has {m.name} more than once")
                demand(user in recipients, f"{m.name} was not for {user}")
                demand(m.digest == expected, f"{m.name} is damaged")
                demand((user, m.name) not in self.deleted, f"{user}: {m.name} was expunged")
                found.add(m.name)
        missing = [n for n in self.acknowledged - found
                   if user in self.sent[n][0] and (user, n) not in self.deleted
                   and (user, n) not in self.doubtful]
        demand(not missing, f"{user} lacks {len(missing)} acknowledged: {missing[:5]}")
        # What an unanswered expunge took away is gone for good.
        for name in [n for u, n in self.doubtful if u == user and n not in found]:
            self.deleted.add((user, name))
        self.doubtful = {pair for pair in self.doubtful if pair[0] != user}
        self.seen[user] = found

    def _check_queue(self):
        queued = [line for entry in json.loads(self.server.run("queue", "list", "--json"))
                  for line in entry["recipients"].split("\n")]
        demand(len(queued) == len(set(queued)), "a recipient is queued twice")
        asked = {to for to_all, _ in self.sent.values() for to in to_all if "@example." in to}
        demand(set(queued) <= asked, "the queue holds what nobody submitted")
        missing = {to for name in self.acknowledged for to in self.sent[name][0]
                   if "@example." in to} - set(queued)
        demand(not missing, f"the queue lacks {len(missing)} acknowledged: {sorted(missing)[:3]}")


def digest(body):
    return hashlib.sha256(body).hexdigest()
