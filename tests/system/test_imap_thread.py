"""THREAD: both algorithms, beside one written from the RFC's steps as they stand there."""

import random
import re
import sqlite3

import pytest

from harness.imap import Session, message


def mail(subject="", id=None, refs=None, reply_to=None, minute=0):
    more = {"Date": f"Fri, 22 Feb 2008 {minute // 60 % 24:02}:{minute % 60:02}:00 +0000"}
    for name, value in (("Message_ID", id and f"<{id}>"), ("In_Reply_To", reply_to),
                        ("References", refs and " ".join(f"<{r}>" for r in refs.split()))):
        if value:
            more[name] = value
    return message(subject, **more)


def fill(session, mails):
    session.send(b"".join(b"m%d APPEND %s {%d+}\r\n%s\r\n" % (n, session.box.encode(), len(data), data)
                          for n, data in enumerate(mails)))
    for n in range(len(mails)):
        while not (got := session.response()).startswith(b"m%d " % n):
            pass
        assert b" OK " in got, got
    session.ok(f"SELECT {session.box}")


def threads(session, algorithm="REFERENCES", keys="ALL", uid=""):
    return session.ok(f"{uid}THREAD {algorithm} UTF-8 {keys}").one("THREAD")[7:]


# RFC 5256 3, THREAD, REFERENCES
@pytest.mark.capability("THREAD=REFERENCES")
def test_replies_stand_below_what_they_answer(opened):
    assert "THREAD=REFERENCES" in opened.capabilities()
    fill(opened, [mail("Báo cáo", "a@x", minute=1), mail("Re: Báo cáo", "b@x", "a@x", minute=2),
                  mail("Khác", "c@x", minute=3), mail("Re: Báo cáo", "d@x", "a@x b@x", minute=4),
                  mail("Re: Báo cáo", "e@x", None, "<a@x> (thư của Lan)", minute=5),
                  mail("RE: báo CÁO", "f@x", minute=6)])
    assert threads(opened) == "(1 (2 4)(5)(6))(3)"
    assert threads(opened, keys="2,4:5") == "((2 4)(5))"
    assert threads(opened, keys="SUBJECT khongco") == ""
    opened.ok(r"STORE 3 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    assert threads(opened) == "(1 (2 3)(4)(5))"
    assert threads(opened, uid="UID ") == "(1 (2 4)(5)(6))"


# RFC 5256 3: <"a"@b> is <a@b>.
@pytest.mark.capability("THREAD=REFERENCES")
def test_ids_are_compared_without_their_quoting(opened):
    fill(opened, [mail("a", '"01KF8JCEOCBS0045PS"@x', minute=1),
                  mail("b", "b@x", "01KF8JCEOCBS0045PS@x", minute=2),
                  mail("c", "c@x", "01kf8jceocbs0045ps@x", minute=3)])
    assert threads(opened) == "(1 2)(3)"


# RFC 5256 3, THREAD, ORDEREDSUBJECT
@pytest.mark.capability("THREAD=ORDEREDSUBJECT")
def test_ordered_subject_groups_by_subject_alone(opened):
    assert "THREAD=ORDEREDSUBJECT" in opened.capabilities()
    fill(opened, [mail("a", minute=10), mail("b", minute=9), mail("Re: A", minute=8),
                  mail("B", minute=7), mail("a", minute=30), mail("fwd: b", minute=29),
                  mail("[x] a", minute=28), mail("b (fwd)", minute=27)])
    assert threads(opened, "ORDEREDSUBJECT") == "(4 (2)(8)(6))(3 (1)(7)(5))"


@pytest.mark.parametrize("words", [
    "", "REFERENCES", "REFERENCES UTF-8", "REFERENCES ALL", "NONSENSE UTF-8 ALL", "REFERENCES  UTF-8 ALL",
    "(REFERENCES) UTF-8 ALL", "REFERENCES UTF-8 NONSENSE"])
def test_malformed_threads_are_bad(opened, words):
    opened.bad(f"THREAD {words}")


# ---- The RFC's steps, one by one, slowly ----

class Node:
    def __init__(self, number=None, date=0, subject="", reply=False):
        self.number, self.date, self.subject, self.reply = number, date, subject, reply
        self.parent, self.children = None, []

    def take(self, child):
        child.leave()
        child.parent = self
        self.children.append(child)

    def leave(self):
        if self.parent:
            self.parent.children.remove(self)
        self.parent = None

    def above(self, other):
        while other:
            if other is self:
                return True
            other = other.parent
        return False

    def key(self):
        return (self.date, self.number) if self.number else min(c.key() for c in self.children)

    def sort(self):
        for child in self.children:
            child.sort()
        self.children.sort(key=Node.key)

    def text(self):
        if self.number is None:
            return "(" + "".join(c.text() for c in self.children) + ")"
        words, at = [str(self.number)], self
        while len(at.children) == 1:
            at = at.children[0]
            words.append(str(at.number))
        if at.children:
            words.append("".join(c.text() for c in at.children))
        return "(" + " ".join(words) + ")"


def references(mails):
    """mails: (subject, id, references, minute)."""
    ids, root = {}, Node()
    for number, (subject, id, refs, minute) in enumerate(mails, 1):
        node = ids.get(id) if id else None
        if node is None or node.number is not None:
            taken = node is not None
            node = Node()
            if id and not taken:
                ids[id] = node
        base = re.sub(r"^(re: )*", "", subject)
        node.number, node.date, node.subject, node.reply = number, minute, base, base != subject
        before = None
        for ref in (refs or "").split():
            this = ids.setdefault(ref, Node())
            if before and not this.parent and not this.above(before):
                before.take(this)
            before = this
        node.leave()
        if before and not node.above(before):
            before.take(node)
        if not id or ids[id] is not node:
            ids[object()] = node
    for node in list(ids.values()):
        if not node.parent:
            root.children.append(node)

    def prune(node, top):
        kept = []
        for child in node.children:
            prune(child, False)
            if child.number is not None:
                kept.append(child)
            elif child.children and (not top or len(child.children) == 1):
                kept += child.children
            elif child.children:
                kept.append(child)
        for child in kept:
            child.parent = node
        node.children = kept

    prune(root, True)
    for child in root.children:
        child.parent = None
    root.sort()
    table = {}
    subject = lambda n: n.subject if n.number else n.children[0].subject
    for node in root.children:
        name = subject(node)
        old = table.get(name)
        if name and (old is None or (old.number and (not node.number or (old.reply and not node.reply)))):
            table[name] = node
    for node in list(root.children):
        name = subject(node)
        other = table.get(name)
        if not name or other is node:
            continue
        if not node.number and not other.number:
            for child in list(node.children):
                other.take(child)
            root.children.remove(node)
        elif not other.number or (node.reply and not other.reply):
            root.children.remove(node)
            other.take(node)
        else:
            both = Node()
            for one in (node, other):
                root.children.remove(one)
                both.take(one)
            root.children.append(both)
            table[name] = both
    root.sort()
    return "".join(c.text() for c in root.children)


@pytest.mark.capability("THREAD=REFERENCES")
@pytest.mark.parametrize("seed", range(12))
def test_random_mailboxes_are_threaded_as_the_steps_say(opened, seed):
    chance = random.Random(seed)
    ids = [f"{n}@x" for n in range(chance.choice((4, 12, 60)))]
    mails = [(chance.choice(("", "", "a", "re: a", "b", "re: re: b", f"s{n}")),
              chance.choice(ids + [None]),
              " ".join(chance.sample(ids, min(len(ids), chance.randint(0, 4)))),
              chance.randint(0, 50)) for n in range(chance.choice((5, 30, 120)))]
    fill(opened, [mail(s, i, r, minute=m) for s, i, r, m in mails])
    assert threads(opened) == references(mails)


# What was delivered before references were stored is threaded by its header.
@pytest.mark.capability("THREAD=REFERENCES")
def test_messages_older_than_the_stored_references_are_threaded_too(office):
    mails = [mail("a", "a@x", minute=1), mail("b", "b@x", "a@x", minute=2),
             mail("c", "c@x", "a@x b@x", minute=3), mail("d", "d@x", "b@x", minute=4)]
    with Session(office, office.anh) as session:
        session.box = "INBOX"
        fill(session, mails)
        wanted = threads(session)
    assert wanted == "(1 2 (3)(4))"
    office.stop()
    with sqlite3.connect(office.data / "mail.db") as db:
        db.execute("UPDATE message_meta SET ancestry = NULL")
        db.execute("UPDATE blob_meta SET ancestry = NULL")
    office.start()
    with Session(office, office.anh) as session:
        session.ok("SELECT INBOX")
        assert threads(session) == wanted
