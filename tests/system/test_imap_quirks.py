"""Clients as they are: each test says what one of them says, command by command, and looks for what its
users complained of elsewhere."""

import re
import threading

import pytest

from harness.imap import Session, message, utf7
from harness.server import PASSWORD

APPLE_FIELDS = ("date subject from to cc message-id in-reply-to references content-type "
                "x-priority x-uniform-type-identifier x-universally-unique-identifier")


def pipelined(session, *commands):
    """All of them in one piece; their Answers."""
    tags = []
    whole = b""
    for command in commands:
        session.number += 1
        tags.append(b"a%d" % session.number)
        whole += tags[-1] + b" " + command.encode() + b"\r\n"
    session.send(whole)
    return [session.end(tag) for tag in tags]


# imapsync: sign in to both sides, compare headers, append one after the other with date and flags as
# the other server had them, look whether all is there, and the same once more.
def test_imapsync_fills_a_folder_and_finds_all_of_it_the_second_time(connect, box):
    session = connect()
    name = f'"{utf7(box + "/2019 - Đơn vị")}"'
    for command in ("CAPABILITY", 'LIST "" ""', "NAMESPACE", 'LIST "" "*"', "GETQUOTAROOT INBOX",
                    f"STATUS {box} (MESSAGES)"):
        session.ok(command)
    session.no(f"SELECT {name}", "NONEXISTENT")
    session.ok(f"CREATE {name}")
    session.ok(f"SUBSCRIBE {name}")
    flags = ["()", r"(\Seen)", r"(\Seen $MDNSent $X-ME-Annot-2 domain.com)", r"(\Flagged \Answered)",
             r"(\Seen \$NOTJUNK NonJunk)", r"(\Draft Label_1 [Gmail]/x)", "()"]
    sent = [message(f"thu {n}", "x" * (10 + n * 3000), Message_Id=f"<{n}@example.com>")
            for n in range(len(flags))]
    for n, (given, data) in enumerate(zip(flags, sent)):
        answer = session.continued(
            f'APPEND {name} {given} "{n + 1:2}-Nov-2017 11:35:01 +0100" {{{len(data)}}}', data)
        if "[Gmail]" in given:  # no flag may be spelt so
            assert answer.status == "BAD"
        else:
            assert answer.status == "OK" and answer.code.startswith("APPENDUID"), (given, answer)
    kept = [data for given, data in zip(flags, sent) if "[Gmail]" not in given]
    for _ in range(2):
        session.ok(f"SELECT {name}")
        session.ok("UID SEARCH ALL")
        rows = session.ok("FETCH 1:* (UID RFC822.SIZE INTERNALDATE FLAGS BODY.PEEK[HEADER.FIELDS"
                          " (MESSAGE-ID RECEIVED)])").fetched()
        assert [int(rows[n]["RFC822.SIZE"]) for n in sorted(rows)] == [len(d) for d in kept]
        assert rows[1]["INTERNALDATE"] == b" 1-Nov-2017 17:35:01 +0700"
        assert all(b"Message-Id: <" in row["BODY[HEADER.FIELDS (MESSAGE-ID RECEIVED)]"]
                   for row in rows.values())
        assert {b"$MDNSent", b"$X-ME-Annot-2", b"domain.com"} <= set(rows[3]["FLAGS"])
    session.ok("CLOSE")


# Apple Mail showed an inbox as empty that was not: whatever way it counts, it must come to the same.
@pytest.mark.parametrize("count", [0, 7])
def test_apple_mail_counts_the_inbox_by_every_way_alike(office, count):
    with Session(office, office.binh) as other:
        for n in range(count):
            other.append("INBOX", message(f"thu {n}"))
    with Session(office, port="imaps") as mail:
        mail.ok("CAPABILITY")
        mail.ok('ID ("name" "Mac OS X Mail" "version" "16.0" "os" "Mac OS X" "os-version" "14.0"'
                ' "vendor" "Apple Inc.")')
        mail.ok(f'LOGIN "{office.binh}" "{PASSWORD}"')
        names = pipelined(mail, "NAMESPACE", 'LIST "" "*" RETURN (SPECIAL-USE)')[1].names()
        assert names["INBOX"] and "\\drafts" in names["Drafts"]
        status = mail.ok("STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)"
                         ).status_of("INBOX")
        assert status["MESSAGES"] == status["UNSEEN"] == count
        assert status["UIDNEXT"] == count + 1
        mail.ok("ENABLE CONDSTORE")
        answer = mail.ok("SELECT INBOX (CONDSTORE)")
        assert answer.one(r"\d+ EXISTS") == f"{count} EXISTS"
        assert answer.has_code("UIDNEXT") == str(count + 1)
        assert answer.has_code("UIDVALIDITY") == str(status["UIDVALIDITY"])
        assert answer.has_code("HIGHESTMODSEQ") == str(status["HIGHESTMODSEQ"])
        found = mail.ok("UID SEARCH RETURN (COUNT ALL) 1:* NOT DELETED").esearch()
        assert found["COUNT"] == str(count)
        rows = mail.ok("UID FETCH 1:* (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS"
                       f" ({APPLE_FIELDS})])").fetched()
        assert len(rows) == count
        with Session(office, office.binh) as other:
            tag = mail.idle()
            other.append("INBOX", message("moi"))
            assert mail.told(r"\d+ EXISTS") == f"* {count + 1} EXISTS"
            mail.done(tag)
        # An empty line before a command, as Apple's clients send it after IDLE.
        mail.send("\r\nb1 UID FETCH %d:* (FLAGS)\r\n" % (count + 1))
        assert mail.response().startswith(b"* %d FETCH" % (count + 1))
        assert mail.response().startswith(b"b1 OK")


# A message that another client moved away is moved by the phone again: it gets no error, and is told
# that the message is gone, so that it does not stay on the screen.
def test_a_phone_that_moves_what_is_gone_is_told_so(connect, opened):
    for n in range(3):
        opened.append(opened.box, message(f"thu {n}"))
    phone = connect()
    phone.ok(f"SELECT {opened.box} (CONDSTORE)")
    opened.ok("NOOP")
    opened.ok("UID MOVE 2 Trash")
    answer = phone.ok('UID MOVE 2 "Trash"')
    assert answer.of(r"\d+ EXPUNGE") == ["2 EXPUNGE"] or phone.ok("NOOP").of("2 EXPUNGE")
    assert phone.ok("UID SEARCH ALL").search() == [1, 3]


# Outlook shows what is subscribed and nothing else.
def test_outlook_sees_its_folders_by_their_subscriptions(office):
    with Session(office, office.anh) as outlook:
        outlook.ok("CAPABILITY")
        outlook.ok('LIST "" ""')
        def subscribed():
            return {re.search(r'"?([^" ]*)"?$', line).group(1)
                    for line in outlook.ok('LSUB "" "*"').of("LSUB")}
        first = subscribed()
        assert {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"} <= first | {"INBOX"}
        outlook.ok('CREATE "Sent Items"')
        assert outlook.ok('LIST "" "Sent Items"').names()
        outlook.ok('SUBSCRIBE "Sent Items"')
        assert outlook.ok('LSUB "" "Sent Items"').of("LSUB")
        # A folder that is deleted elsewhere stays subscribed until Outlook takes it away.
        with Session(office, office.anh) as other:
            other.ok('DELETE "Sent Items"')
        assert outlook.ok('LSUB "" "Sent Items"').of("LSUB")
        assert not outlook.ok('LIST "" "Sent Items"').names()
        outlook.ok('UNSUBSCRIBE "Sent Items"')
        assert subscribed() == first
        outlook.ok('UNSUBSCRIBE "Sent Items"')  # twice is no error
        # RFC 3501 6.3.9: a level whose own name is not subscribed, but one below it.
        outlook.ok("CREATE Cha/con")
        outlook.ok("SUBSCRIBE Cha/con")
        line = outlook.ok('LSUB "" "%"').one(r'LSUB .*"?Cha"?$')
        assert "\\Noselect" in line


# iOS asked for what changed since the last time, again and again, when the answer never came to an
# end: with nothing changed there is nothing to tell, and each change is told once.
def test_a_phone_comes_to_the_end_of_its_sync(connect, opened):
    for n in range(20):
        opened.append(opened.box, message(f"thu {n}"))
    phone = connect()
    answers = pipelined(phone, "ENABLE CONDSTORE QRESYNC", f"SELECT {opened.box} (CONDSTORE)",
                        "UID FETCH 1:* (UID FLAGS)", "STATUS INBOX (MESSAGES HIGHESTMODSEQ)")
    assert [a.status for a in answers] == ["OK"] * 4
    assert len(answers[2].fetched()) == 20
    highest = int(answers[1].has_code("HIGHESTMODSEQ"))
    for _ in range(3):
        changed = phone.ok(f"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {highest})")
        assert not changed.fetched()
        assert phone.ok(f"STATUS {opened.box} (HIGHESTMODSEQ)").status_of(
            opened.box)["HIGHESTMODSEQ"] == highest
    opened.ok("NOOP")
    opened.ok(r"STORE 5 +FLAGS.SILENT (\Flagged)")
    opened.ok(r"STORE 7 +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")
    answer = phone.ok(f"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {highest} VANISHED)")
    assert 5 in [int(row["UID"]) for row in answer.fetched().values()]
    assert answer.one("VANISHED") == "VANISHED 7"
    highest = max(int(row["MODSEQ"][0]) for row in answer.fetched().values())
    phone.ok("NOOP")
    again = phone.ok(f"SELECT {opened.box} (CONDSTORE)")
    highest = int(again.has_code("HIGHESTMODSEQ"))
    assert not phone.ok(f"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {highest} VANISHED)").untagged


# A client that makes its folders anew in one breath, and another that does the same beside it.
def test_folders_made_in_a_flash_are_all_there_once(connect, box):
    names = [f"{box}/{n // 10}/{n}" for n in range(100)]
    commands = [word for name in names for word in (f"CREATE {name}", f"SUBSCRIBE {name}",
                                                    f"STATUS {name} (MESSAGES)")]
    sessions, told = [connect(), connect()], [[], []]

    def make(which):
        told[which] = pipelined(sessions[which], *commands)

    threads = [threading.Thread(target=make, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, _ in enumerate(names):
        created = sorted(one[3 * n].status for one in told)
        # The level above may have been made for another's name before its own CREATE.
        assert created == ["NO", "OK"], (names[n], created)
        refused = next(one[3 * n] for one in told if one[3 * n].status == "NO")
        assert refused.code == "ALREADYEXISTS"
        for one in told:
            assert one[3 * n + 1].status == one[3 * n + 2].status == "OK"
    found = sessions[0].ok(f'LIST "" "{box}/*"').names()
    assert set(names) <= set(found) and len(found) == 110
    assert len(sessions[0].ok(f'LSUB "" "{box}/*"').of("LSUB")) == 100


# Thunderbird makes a folder, selects it and fills it without waiting.
def test_a_folder_is_filled_in_the_breath_that_makes_it(connect, box):
    session = connect()
    data = message("moi")
    literal = f"{{{len(data)}+}}\r\n{data.decode()}"
    answers = pipelined(session, f"CREATE {box}/a", f"SUBSCRIBE {box}/a", f"APPEND {box}/a {literal}",
                        f"SELECT {box}/a", "UID FETCH 1:* (FLAGS)", f"RENAME {box}/a {box}/b",
                        f"APPEND {box}/b {literal}", "UID SEARCH ALL")
    assert [a.status for a in answers] == ["OK"] * 8
    assert len(answers[4].fetched()) == 1 and answers[7].search() == [1, 2]
