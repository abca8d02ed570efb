"""Clients that change what is in their mailboxes, each with a model of what must be there: the IMAP
side of ledger.py.

An Actor has two mailboxes of its own in which nobody else changes anything, and knows them message by
message: UID, flags, bytes. A Mover moves what arrives in INBOX to another mailbox and expunges what
an earlier check found there. An act that was not answered before the server ended may have been done
for each of its messages or not; anything else is an error.
"""

import hashlib
import random
import re
from collections import namedtuple

from harness import mail

BOXES = ("INBOX", "Chuyen", "Luu", "Nhap")
OWN = ("Luu", "Nhap")
FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "$Gap")
Message = namedtuple("Message", "uid name flags size digest")
Box = namedtuple("Box", "uidvalidity uidnext modseq messages")


class Wrong(Exception):
    """The server broke its promise; a mere refusal is an AssertionError of mail.good."""


def demand(holds, text):
    if not holds:
        raise Wrong(text)


def look(client, box):
    """Everything in a mailbox as the server tells it."""
    state, data = client.status(box, "(UIDVALIDITY UIDNEXT HIGHESTMODSEQ MESSAGES)")
    if state != "OK":
        return Box(0, 1, 0, [])
    told = {key.decode(): int(value) for key, value in re.findall(rb"([A-Z]+) (\d+)", data[0])}
    messages = []
    mail.good(client.select(box, readonly=True))
    if told["MESSAGES"]:
        parts = mail.good(client.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE BODY.PEEK[])"))
        messages = [parse(*part) for part in parts if isinstance(part, tuple)]
    numbers = [m.uid for m in messages]
    demand(len(messages) == told["MESSAGES"], str((box, len(messages), told)))
    demand(numbers == sorted(set(numbers)), f"{box}: UIDs do not rise")
    demand(max(numbers, default=0) < told["UIDNEXT"], f"{box}: {told} with UIDs {numbers[-3:]}")
    return Box(told["UIDVALIDITY"], told["UIDNEXT"], told["HIGHESTMODSEQ"], messages)


def parse(line, raw):
    head, body = raw.split(b"\r\n\r\n", 1)
    name = re.search(rb"^Subject: (\S+)\r?$", head, re.M).group(1).decode()
    flags = re.search(rb"FLAGS \(([^)]*)\)", line).group(1).decode().split()
    size = int(re.search(rb"RFC822\.SIZE (\d+)", line).group(1))
    demand(size == len(raw), str((name, size, len(raw))))
    return Message(int(re.search(rb"UID (\d+)", line).group(1)), name,
                   frozenset(flags) - {"\\Recent"}, size, hashlib.sha256(body).hexdigest())


def numbers(text):
    """3,5:7 → [3, 5, 6, 7]"""
    out = []
    for piece in text.split(","):
        first, _, last = piece.partition(":")
        out += range(int(first), int(last or first) + 1)
    return out


class Imap:
    """What Actor and Mover share."""

    def __init__(self, ledger, user, seed):
        self.ledger, self.user = ledger, user
        self.random = random.Random(f"{type(self).__name__} {seed}")
        self.acts = 0
        self.next = {box: 1 for box in BOXES}   # no UID below may be given again
        self.modseq = {box: 0 for box in BOXES}
        self.validity = {}

    def connect(self, *boxes):
        client = mail.imap(self.ledger.server, self.user)
        for box in boxes:
            client.create(box)  # it may exist
        return client

    def copied(self, client, target):
        """{UID before: UID in the target} as COPYUID told, or nothing."""
        told = client.response("COPYUID")[1]
        if not told or told[-1] is None:
            return {}
        _, before, after = told[-1].decode().split()
        pairs = dict(zip(numbers(before), numbers(after)))
        demand(min(pairs.values()) >= self.next[target], f"{target}: a UID was used again")
        self.next[target] = max(pairs.values()) + 1
        return pairs

    def check_numbers(self, boxes, names):
        for box in names:
            found = boxes[box]
            if found.uidvalidity:  # 0: the mailbox is not made yet
                demand(self.validity.setdefault(box, found.uidvalidity) == found.uidvalidity,
                       f"{self.user} {box}: UIDVALIDITY changed")
            demand(found.uidnext >= self.next[box], f"{self.user} {box}: UIDNEXT went back")
            demand(found.modseq >= self.modseq[box], f"{self.user} {box}: HIGHESTMODSEQ went back")
            self.next[box], self.modseq[box] = found.uidnext, found.modseq


class Actor(Imap):
    def __init__(self, ledger, user, seed):
        super().__init__(ledger, user, seed)
        self.known = {box: {} for box in OWN}  # uid -> Message, as acknowledged
        self.pending_flags = {}                # (box, uid) -> flags that it may have instead
        self.pending_gone = set()              # (box, uid)
        self.pending_new = []                  # (box, name, flags, digest, moved from or None)

    def open(self):
        """A connected client; what a refused act left open has been looked at."""
        client = self.connect(*OWN)
        self.settle({box: look(client, box) for box in OWN})
        return client

    def work(self):
        client = self.open()
        while not self.ledger.stopped.is_set():
            box = self.random.choice(OWN)
            mail.good(client.select(box))
            for _ in range(self.random.randint(1, 4)):
                self.act(client, box)

    def act(self, client, box):
        known = self.known[box]
        if len(known) < 10 or self.random.random() < 0.2:
            self.append(client, box)
            return
        some = self.random.sample(sorted(known), min(self.random.choice([1, 1, 3, 20]), len(known)))
        if len(known) > 60:
            self.expunge(client, box, sorted(known)[:30])
            return
        self.random.choice([self.store, self.store, self.copy, self.move, self.expunge])(
            client, box, some)

    def done(self):
        self.pending_flags, self.pending_gone, self.pending_new = {}, set(), []
        self.acts += 1

    def append(self, client, box):
        name, text = self.ledger.new([])
        raw = text.encode()
        flags = frozenset(self.random.sample(FLAGS, 2))
        self.pending_new = [(box, name, flags, self.ledger.sent[name][1], None)]
        mail.good(client.append(box, f"({' '.join(flags)})", None, raw))
        uid = int(client.response("APPENDUID")[1][-1].split()[1])
        demand(uid >= self.next[box], f"{box}: a UID was used again")
        self.next[box] = uid + 1
        self.known[box][uid] = Message(uid, name, flags, len(raw), self.ledger.sent[name][1])
        self.done()

    def store(self, client, box, some):
        sign, flag = self.random.choice("+-"), self.random.choice(FLAGS)
        for uid in some:
            before = self.known[box][uid].flags
            self.pending_flags[box, uid] = before | {flag} if sign == "+" else before - {flag}
        mail.good(client.uid("STORE", joined(some), f"{sign}FLAGS.SILENT", f"({flag})"))
        for uid in some:
            self.known[box][uid] = self.known[box][uid]._replace(
                flags=self.pending_flags[box, uid])
        self.done()

    def to(self, client, box, some, verb):
        target = OWN[1 - OWN.index(box)]
        for uid in some:
            m = self.known[box][uid]
            self.pending_new.append((target, m.name, m.flags, m.digest,
                                     (box, uid) if verb == "MOVE" else None))
            if verb == "MOVE":
                self.pending_gone.add((box, uid))
        client.response("COPYUID")
        mail.good(client.uid(verb, joined(some), target))
        pairs = self.copied(client, target)
        demand(sorted(pairs) == sorted(some), str((verb, pairs, some)))
        for before, after in pairs.items():
            self.known[target][after] = self.known[box][before]._replace(uid=after)
            if verb == "MOVE":
                del self.known[box][before]
        self.done()

    def copy(self, client, box, some):
        self.to(client, box, some, "COPY")

    def move(self, client, box, some):
        self.to(client, box, some, "MOVE")

    def expunge(self, client, box, some):
        for uid in some:
            self.pending_flags[box, uid] = self.known[box][uid].flags | {"\\Deleted"}
        mail.good(client.uid("STORE", joined(some), "+FLAGS.SILENT", "(\\Deleted)"))
        for uid in some:
            self.known[box][uid] = self.known[box][uid]._replace(
                flags=self.pending_flags[box, uid])
        self.done()
        self.pending_gone = {(box, uid) for uid in some}
        mail.good(client.uid("EXPUNGE", joined(some)))
        for uid in some:
            del self.known[box][uid]
        self.done()

    # --------------------------------------------------------------------------------- check

    def check(self, boxes):
        self.settle(boxes)
        self.check_numbers(boxes, OWN)

    def settle(self, boxes):
        """Compares with the model; what was open is what is there from now on."""
        open_new = list(self.pending_new)
        for box in OWN:
            found = {m.uid: m for m in boxes[box].messages}
            where = f"{self.user} {box}"
            for uid, m in self.known[box].items():
                if uid not in found:
                    demand((box, uid) in self.pending_gone, f"{where}: UID {uid} is lost")
                    continue
                flags = {m.flags, self.pending_flags.get((box, uid), m.flags)}
                demand(found[uid].flags in flags,
                       f"{where}: UID {uid} has {set(found[uid].flags)} instead of {flags}")
                demand((found[uid].name, found[uid].digest) == (m.name, m.digest),
                       f"{where}: UID {uid} is another message")
            for uid in sorted(set(found) - set(self.known[box])):
                self.accept_new(boxes, box, found[uid], open_new)
        for box, name, _, _, origin in open_new:  # not done, so a move must have left it
            demand(origin is None or origin[1] in {m.uid for m in boxes[origin[0]].messages},
                   f"{self.user}: {name} was lost on its way to {box}")
        self.known = {box: {m.uid: m for m in boxes[box].messages} for box in OWN}
        self.done()

    def accept_new(self, boxes, box, m, open_new):
        where = f"{self.user} {box}: UID {m.uid} ({m.name})"
        demand(m.uid >= self.next[box], f"{where} uses a number again, or came back")
        fits = [new for new in open_new if new[:4] == (box, m.name, m.flags, m.digest)]
        demand(fits, f"{where} is there, which nobody put there")
        open_new.remove(fits[0])
        origin = fits[0][4]
        if origin is not None:
            demand(origin[1] not in {o.uid for o in boxes[origin[0]].messages},
                   f"{where} was moved and is still in {origin[0]}")


class Mover(Imap):
    """Keeps INBOX and Chuyen short. The ledger itself checks what is in them."""

    def work(self):
        client = self.connect("Chuyen")
        while not self.ledger.stopped.is_set():
            mail.good(client.select("INBOX"))
            uids = mail.uids(client)[:self.random.choice([1, 10, 50])]
            if uids:
                client.response("COPYUID")
                mail.good(client.uid("MOVE", b",".join(uids).decode(), "Chuyen"))
                self.copied(client, "Chuyen")
                self.acts += 1
            self.expunge(client)
            self.ledger.stopped.wait(0.05)

    def expunge(self, client):
        mail.good(client.select("Chuyen"))
        found = []
        for line in mail.good(client.uid("FETCH", "1:*", "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")):
            if isinstance(line, tuple):
                found.append((int(re.search(rb"UID (\d+)", line[0]).group(1)),
                              line[1].split()[1].decode()))
        old = [(uid, name) for uid, name in found if name in self.ledger.seen[self.user]]
        if len(old) < 40:
            return
        old = old[:20]
        pairs = {(self.user, name) for _, name in old}
        some = joined(uid for uid, _ in old)
        mail.good(client.uid("STORE", some, "+FLAGS.SILENT", "(\\Deleted)"))
        with self.ledger.lock:
            self.ledger.doubtful |= pairs
        mail.good(client.uid("EXPUNGE", some))
        with self.ledger.lock:
            self.ledger.deleted |= pairs
            self.ledger.doubtful -= pairs
        self.acts += 1

    def check(self, boxes):
        self.check_numbers(boxes, ("Chuyen",))


def joined(uids):
    return ",".join(str(uid) for uid in uids)
