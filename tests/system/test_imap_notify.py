"""NOTIFY: told without asking, between commands and in IDLE, of the selected mailbox and of others."""

import re
import socket

import pytest

from harness.imap import Session, message
from harness.server import SLOWNESS

NEW = "MessageNew MessageExpunge"


class Listener:
    """A Session with a request; told() waits for what comes by itself."""

    def __init__(self, session, request):
        self.session = session
        self.answer = session.ok(f"NOTIFY {request}")

    def told(self, pattern, seconds=5):
        return self.session.told(pattern, seconds)

    def silent(self, seconds=0.3):
        """Nothing came, and nothing comes when it is asked."""
        self.session.socket.settimeout(seconds)
        try:
            got = self.session.response()
            raise AssertionError(got)
        except (TimeoutError, socket.timeout):
            pass
        self.session.socket.settimeout(20 * SLOWNESS)


@pytest.fixture
def listen(connect):
    def make(request, select=None, user="", before=()):
        session = connect(user)
        for command in before:
            session.ok(command)
        if select:
            session.ok(f"SELECT {select}")
        return Listener(session, request)
    return make


# RFC 5465 3.1, 5.2
@pytest.mark.capability("NOTIFY")
def test_new_mail_of_the_selected_mailbox_is_told_between_commands(listen, opened):
    assert "NOTIFY" in opened.capabilities()
    ear = listen(f"SET (selected ({NEW} FlagChange))", opened.box)
    opened.append(opened.box)
    assert ear.told(r"\d+ EXISTS") == "* 1 EXISTS"
    opened.ok("NOOP")
    opened.ok(r"STORE 1 +FLAGS (\Flagged)")
    assert "UID 1" in ear.told(r"1 FETCH \(.*\\Flagged")
    opened.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    ear.told(r"1 FETCH \(.*\\Deleted")
    opened.ok("EXPUNGE")
    assert ear.told(r"\d+ EXPUNGE") == "* 1 EXPUNGE"


# RFC 5465 5.2: what is asked for of a new message comes with it, but not of one's own.
def test_what_is_wanted_of_a_new_message_comes_by_itself(listen, opened):
    ear = listen("SET (selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
                 " MessageExpunge))", opened.box)
    opened.append(opened.box, message("mot"))
    ear.told("1 EXISTS")
    assert "Subject: mot" in ear.told(r"1 FETCH \(UID 1 .*BODY\[HEADER.FIELDS \(SUBJECT\)\]")
    answer = ear.session.continued(f"APPEND {opened.box} {{3}}", b"abc")
    assert answer.of("2 EXISTS") and not answer.of("2 FETCH"), answer
    opened.ok(f"SELECT {opened.box}")
    opened.ok(f"COPY 1 {opened.box}")
    assert "Subject: mot" in ear.told(r"3 FETCH \(UID 3")
    ear.session.ok("NOOP")


# RFC 5465 6.1.2
def test_delayed_expunges_wait_for_a_command(listen, opened):
    for _ in range(2):
        opened.append(opened.box)
    ear = listen(f"SET (selected-delayed ({NEW}))", opened.box)
    opened.ok("NOOP")
    opened.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    opened.append(opened.box)
    ear.told("3 EXISTS")
    assert not ear.session.ok("FETCH 1 FLAGS").of(r"\d+ EXPUNGE")
    assert ear.session.ok("NOOP").of(r"\d+ EXPUNGE") == ["1 EXPUNGE"]


# RFC 5465 5: without FlagChange flags are not told.
def test_without_flagchange_no_flags_are_told(listen, opened):
    opened.append(opened.box)
    ear = listen(f"SET (selected ({NEW}))", opened.box)
    opened.ok("NOOP")
    opened.ok(r"STORE 1 +FLAGS (\Flagged)")
    opened.append(opened.box)
    ear.told("2 EXISTS")
    assert not ear.session.ok("NOOP").of(r"\d+ FETCH")


# RFC 5465 3.1, 5: a snapshot.
@pytest.mark.parametrize("request_", ["NONE", "SET (selected NONE)", f"SET (personal ({NEW}))"])
def test_without_events_of_the_selected_mailbox_it_stands_still(listen, opened, request_):
    opened.append(opened.box, message("mot"))
    ear = listen(request_, opened.box)
    opened.append(opened.box)
    opened.ok("NOOP")
    opened.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    answer = ear.session.ok("NOOP")
    assert not answer.of(r"\d+ (EXISTS|EXPUNGE|FETCH)"), answer
    row = ear.session.ok("FETCH 1 BODY.PEEK[]").fetched()[1]
    assert row["BODY[]"] == message("mot")
    # With the next request everything is told at once (it implies a NOOP).
    answer = ear.session.ok(f"NOTIFY SET (selected ({NEW} FlagChange))")
    assert answer.of(r"\d+ EXPUNGE") == ["1 EXPUNGE"] and answer.of("1 EXISTS"), answer


# What a client's own EXPUNGE takes away it is told of in any case.
def test_an_own_expunge_is_told_even_so(listen, opened):
    opened.append(opened.box)
    ear = listen("NONE", opened.box)
    ear.session.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    assert ear.session.ok("EXPUNGE").of(r"\d+ EXPUNGE") == ["1 EXPUNGE"]


# RFC 5465 5.1, 5.2, 5.3
@pytest.mark.parametrize("where", [
    "personal", "mailboxes {box}", "mailboxes (Khongco {box})", "subtree {box}", "subscribed"])
def test_another_mailbox_is_told_by_status(listen, opened, where):
    box = opened.box
    opened.ok(f"SUBSCRIBE {box}")
    ear = listen(f"SET ({where.format(box=box)} ({NEW} FlagChange))", "INBOX")
    opened.append(box)
    told = ear.told(rf"STATUS \"{box}\" ")
    assert "MESSAGES 1" in told and "UIDNEXT 2" in told
    opened.ok("NOOP")
    opened.ok(r"STORE 1 +FLAGS (\Seen)")
    told = ear.told(rf"STATUS \"{box}\" ")
    assert "UNSEEN 0" in told and "UIDVALIDITY" in told
    opened.ok(r"STORE 1 +FLAGS (\Deleted)")
    opened.ok("EXPUNGE")
    assert "MESSAGES 0" in ear.told(rf"STATUS \"{box}\" ")


def test_with_condstore_the_sequence_is_told_too(listen, opened):
    opened.append(opened.box)
    ear = listen(f"SET (mailboxes {opened.box} ({NEW} FlagChange))", before=["ENABLE CONDSTORE"])
    opened.ok("NOOP")
    opened.ok(r"STORE 1 +FLAGS (\Flagged)")
    assert re.search(r"HIGHESTMODSEQ \d+", ear.told(rf"STATUS \"{opened.box}\" "))


# RFC 5465 3.1
def test_status_tells_how_each_mailbox_is_before_the_answer(listen, opened):
    opened.append(opened.box)
    ear = listen(f"SET STATUS (mailboxes {opened.box} ({NEW} FlagChange)) (inboxes ({NEW}))")
    status = ear.answer.status_of(opened.box)
    assert status["MESSAGES"] == 1 and set(status) >= {"UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"}
    assert set(ear.answer.status_of("INBOX")) >= {"MESSAGES", "UIDNEXT", "UIDVALIDITY"}
    ear.session.ok(f"SELECT {opened.box}")
    answer = ear.session.ok(f"NOTIFY SET STATUS (mailboxes {opened.box} ({NEW}))")
    assert not answer.of("STATUS"), answer


# RFC 5465 4: IDLE tells what NOTIFY asks for.
def test_idle_tells_the_same(listen, opened):
    ear = listen(f"SET (selected ({NEW})) (mailboxes {opened.box} ({NEW}))", "INBOX")
    tag = ear.session.idle()
    opened.append(opened.box)
    ear.told(rf"STATUS \"{opened.box}\" ")
    opened.append("INBOX")
    ear.told(r"\d+ EXISTS")
    ear.session.done(tag)


# RFC 5465 5.4
def test_names_that_come_go_and_change_are_told(listen, opened):
    a, b = opened.box + "a", opened.box + "b"
    ear = listen("SET (personal (MailboxName))")
    opened.ok(f"CREATE {a}/con")
    seen = {ear.told("LIST ") for _ in range(3)}
    assert f'* LIST (\\HasNoChildren) "/" "{a}/con"' in seen
    assert f'* LIST (\\HasChildren) "/" "{a}"' in seen
    opened.ok(f"RENAME {a} {b}")
    assert ear.told("LIST ") == f'* LIST (\\HasChildren) "/" "{b}" ("OLDNAME" ("{a}"))'
    opened.ok(f"DELETE {b}/con")
    assert ear.told("LIST ") == f'* LIST (\\NonExistent) "/" "{b}/con"'
    assert ear.told("LIST ") == f'* LIST (\\HasNoChildren) "/" "{b}"'
    ear.silent()


def test_own_changes_of_names_are_not_told(listen, opened):
    ear = listen("SET (personal (MailboxName SubscriptionChange))")
    for command in (f"CREATE {opened.box}x/y", f"RENAME {opened.box}x {opened.box}z",
                    f"SUBSCRIBE {opened.box}z", f"DELETE {opened.box}z/y"):
        assert not ear.session.ok(command).of("LIST")
    ear.silent()
    opened.ok(f"DELETE {opened.box}z")
    assert "NonExistent" in ear.told("LIST ")


# RFC 5465 5.5
def test_subscriptions_are_told(listen, opened):
    ear = listen("SET (personal (SubscriptionChange))")
    opened.ok(f"SUBSCRIBE {opened.box}")
    assert "\\Subscribed" in ear.told(rf"LIST .*\"{opened.box}\"")
    opened.ok(f"UNSUBSCRIBE {opened.box}")
    assert "\\Subscribed" not in ear.told(rf"LIST .*\"{opened.box}\"")


# RFC 5465 6.4: what is subscribed later is followed from then on.
def test_a_new_subscription_and_a_new_mailbox_are_followed(listen, opened):
    ear = listen(f"SET (subscribed ({NEW}))")
    opened.ok(f"SUBSCRIBE {opened.box}")
    ear.session.ok("NOOP")
    opened.append(opened.box)
    ear.told(rf"STATUS \"{opened.box}\" ")
    ear.session.ok(f"NOTIFY SET (subtree {opened.box} ({NEW}))")
    opened.ok(f"CREATE {opened.box}/moi")
    ear.session.ok("NOOP")
    opened.append(f"{opened.box}/moi")
    assert "MESSAGES 1" in ear.told(rf"STATUS \"{opened.box}/moi\" ")


# RFC 5465 5.6, 5.7
@pytest.mark.capability("NOTIFY", "METADATA")
def test_annotations_are_told_by_name(listen, opened, connect):
    ear = listen(f"SET (mailboxes {opened.box} (MailboxMetadataChange))"
                 " (inboxes (ServerMetadataChange))")
    opened.ok(f'SETMETADATA {opened.box} (/shared/comment "x" /private/comment "y")')
    assert ear.told("METADATA") == f'* METADATA "{opened.box}" "/shared/comment"'
    assert ear.told("METADATA") == f'* METADATA "{opened.box}" "/private/comment"'
    opened.ok(f"SETMETADATA {opened.box} (/shared/comment NIL)")
    assert ear.told("METADATA") == f'* METADATA "{opened.box}" "/shared/comment"'
    opened.ok('SETMETADATA "" (/private/vendor/a/b "x")')
    assert ear.told("METADATA") == '* METADATA "" "/private/vendor/a/b"'
    other = connect("binh")
    opened.ok(f'SETACL {opened.box} ntbinh.stttt "lrw"')
    other.ok(f'SETMETADATA Shared/tvanh.stttt/{opened.box} (/private/comment "cua binh")')
    assert not ear.session.ok(f'SETMETADATA {opened.box} (/shared/comment "z")').of("METADATA")
    ear.silent()


# RFC 5465 5.9, 3.1: no more, and no less, than the rights allow.
def test_rights_decide_what_is_told(listen, opened):
    name = f"Shared/tvanh.stttt/{opened.box}"
    opened.ok(f'SETACL {opened.box} ntbinh.stttt "l"')
    ear = listen(f"SET STATUS (mailboxes {name} ({NEW} MailboxName))", user="binh")
    assert "\\NoAccess" in ear.answer.one(rf"LIST .*\"{name}\"") and not ear.answer.of("STATUS")
    opened.append(opened.box)
    ear.silent()
    opened.ok(f'SETACL {opened.box} ntbinh.stttt "lr"')
    assert "\\NoAccess" not in ear.told(rf"LIST .*\"{name}\"")
    ear.session.ok("NOOP")
    opened.append(opened.box)
    assert "MESSAGES 2" in ear.told(rf"STATUS \"{name}\"")
    opened.ok(f"DELETEACL {opened.box} ntbinh.stttt")
    assert "\\NonExistent" in ear.told(rf"LIST .*\"{name}\"")
    opened.append(opened.box)
    ear.silent()
    opened.ok(f'SETACL {opened.box} ntbinh.stttt "lr"')
    ear.told(rf"LIST .*\"{name}\"")


@pytest.mark.parametrize("request_", [
    "", "SET", "SET STATUS", "SET (selected)", "SET (selected MessageNew)", "NONE x", "SET NONE",
    "SET (selected (MessageNew))", "SET (selected (MessageExpunge))", "SET (x (MailboxName))",
    "SET (selected (MessageNew MessageExpunge MailboxName))", "SET (personal (FlagChange))",
    "SET (personal (MessageNew (UID) MessageExpunge))", "SET (mailboxes (MailboxName))",
    f"SET (selected ({NEW})) (selected-delayed ({NEW}))", "SET (personal ())",
    "SET (selected (MessageNew (NONSENSE) MessageExpunge))", "SET (mailboxes () (MailboxName))",
    f"SET (selected ({NEW}) x)", f"SET (selected ({NEW})", "SET  (personal (MailboxName))"])
def test_malformed_requests_are_bad(opened, request_):
    opened.bad(f"NOTIFY {request_}" if request_ else "NOTIFY")


# RFC 5465 3.1
@pytest.mark.parametrize("event", ["AnnotationChange", "X-Something"])
def test_an_unknown_event_is_refused_with_what_there_is(opened, event):
    answer = opened.no(f"NOTIFY SET (personal ({NEW} {event}))", "BADEVENT")
    assert answer.code == ("BADEVENT (MessageNew MessageExpunge FlagChange MailboxName"
                           " SubscriptionChange MailboxMetadataChange ServerMetadataChange)")
    # A refused request leaves the one before it.
    opened.append(opened.box)
    assert opened.ok("NOOP").status == "OK"


def test_a_stranger_may_not(shared_office):
    with Session(shared_office) as session:
        session.bad("NOTIFY NONE")


# However much happens while nobody reads, each mailbox is told once.
def test_a_deaf_client_costs_a_line_for_each_mailbox(listen, opened):
    ear = listen(f"SET (personal ({NEW} FlagChange))")
    opened.ok("NOOP")
    for _ in range(300):
        opened.append(opened.box)
    told = ear.told(rf"STATUS \"{opened.box}\" .*MESSAGES 300")
    assert told
    ear.session.ok("NOOP")
    ear.silent()


# Who follows holds nothing back: what was expunged is swept.
def test_a_request_and_a_command_at_once_do_not_confuse_each_other(listen, opened):
    ear = listen(f"SET (selected ({NEW} FlagChange)) (personal ({NEW}))", opened.box)
    for n in range(30):
        opened.append(opened.box, message(f"thu {n}"))
        answer = ear.session.ok("UID SEARCH ALL")
        assert len(answer.search()) <= n + 1
    ear.session.ok("NOOP")
    assert len(ear.session.ok("UID SEARCH ALL").search()) == 30
