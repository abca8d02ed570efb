"""OBJECTID: ids of mailboxes, messages and conversations that outlive renaming, copying, moving and a
restart."""

import re

import pytest

from harness.imap import Session, message, parse
from harness.mail import smtp

ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def mailbox_id(session, name):
    found = [parse(raw[7:]) for raw in session.ok(f"STATUS {name} (MAILBOXID)").untagged]
    (_, (word, (value,))), = found
    assert word == b"MAILBOXID" and ID.fullmatch(value.decode())
    return value.decode()


def ids(session, numbers="1:*"):
    """{sequence number: (EMAILID, THREADID)}"""
    rows = session.ok(f"FETCH {numbers} (EMAILID THREADID)").fetched()
    return {n: (row["EMAILID"][0].decode(), row["THREADID"][0].decode()) for n, row in rows.items()}


# RFC 8474 4, 4.1, 4.2, 4.3
@pytest.mark.capability("OBJECTID")
def test_a_mailbox_keeps_its_id_under_another_name(opened):
    assert "OBJECTID" in opened.capabilities()
    made = opened.ok(f"CREATE {opened.box}/con").code
    first = re.fullmatch(r"MAILBOXID \(([A-Za-z0-9_-]+)\)", made).group(1)
    name = f"{opened.box}/con"
    assert mailbox_id(opened, name) == first
    assert opened.ok(f"SELECT {name}").has_code("MAILBOXID") == f"({first})"
    assert opened.ok(f"EXAMINE {name}").has_code("MAILBOXID") == f"({first})"
    opened.ok(f"RENAME {name} {name}moi")
    assert mailbox_id(opened, f"{name}moi") == first
    opened.ok(f"CREATE {name}")
    assert mailbox_id(opened, name) != first
    opened.ok(f"DELETE {name}moi")
    again = opened.ok(f"CREATE {name}moi").code
    assert first not in again
    opened.no(f"CREATE {name}")


@pytest.mark.capability("OBJECTID", "LIST-STATUS")
def test_no_two_mailboxes_have_one_id_and_list_tells_them(connect):
    told = connect().ok('LIST "" "*" RETURN (STATUS (MAILBOXID MESSAGES))').of("STATUS")
    found = re.findall(r"MAILBOXID \(([^)]*)\)", "".join(told))
    assert len(found) >= 6 and len(set(found)) == len(found)


# RFC 4314, RFC 8474 4: others see the mailbox under the same id.
@pytest.mark.capability("OBJECTID")
def test_renaming_inbox_leaves_it_its_id(office):
    with Session(office, office.binh) as session:
        session.append("INBOX")
        before = mailbox_id(session, "INBOX")
        session.ok("RENAME INBOX Cu")
        assert mailbox_id(session, "INBOX") == before
        assert mailbox_id(session, "Cu") != before


# RFC 8474 5.1, 5.2, 5.3
@pytest.mark.capability("OBJECTID")
def test_copies_and_moved_messages_keep_their_ids(opened):
    opened.append(opened.box, message("Một", Message_ID="<1@x>"))
    opened.append(opened.box, message("Re: Một", Message_ID="<2@x>", References="<1@x>"))
    opened.append(opened.box, message("khác"))
    opened.append(opened.box, message("khác"), date="01-Jan-2001 00:00:00 +0000")
    before = ids(opened)
    emails = [email for email, _ in before.values()]
    assert len(set(emails)) == 4
    assert before[1][1] == before[2][1]
    assert len({before[n][1] for n in (1, 3, 4)}) == 3
    assert not set(emails) & {thread for _, thread in before.values()}
    assert all(ID.fullmatch(word) for pair in before.values() for word in pair)
    opened.ok("CREATE Kho" + opened.box)
    opened.ok(f"COPY 1:4 Kho{opened.box}")
    opened.ok(f"MOVE 2 Kho{opened.box}")
    opened.ok(f"SELECT Kho{opened.box}")
    assert ids(opened) == {1: before[1], 2: before[2], 3: before[3], 4: before[4], 5: before[2]}
    assert opened.ok(f"FETCH 5 THREADID").fetched()[5]["THREADID"][0].decode() == before[2][1]


# RFC 8474 6
@pytest.mark.capability("OBJECTID")
def test_search_finds_exactly_the_id(opened):
    opened.append(opened.box, message("a", Message_ID="<1@y>"))
    opened.append(opened.box, message("b", Message_ID="<2@y>", In_Reply_To="<1@y>"))
    opened.append(opened.box, message("c", Message_ID="<3@y>"))
    told = ids(opened)
    assert opened.ok(f"SEARCH EMAILID {told[2][0]}").search() == [2]
    assert opened.ok(f"SEARCH THREADID {told[1][1]}").search() == [1, 2]
    assert opened.ok(f"SEARCH OR EMAILID {told[1][0]} EMAILID {told[3][0]}").search() == [1, 3]
    assert opened.ok(f"SEARCH NOT THREADID {told[1][1]}").search() == [3]
    assert opened.ok(f"SEARCH THREADID {told[1][1].upper()}").search() == []
    assert opened.ok(f"SEARCH EMAILID {told[1][1]}").search() == []
    assert opened.ok("SEARCH EMAILID " + "x" * 255).search() == []
    for bad in ("EMAILID", "THREADID", "EMAILID (a)", "EMAILID a.b", "EMAILID " + "x" * 256,
                'EMAILID ""', "THREADID é"):
        opened.bad(f"SEARCH {bad}")


# RFC 8474 5.2: one conversation, one id, whichever mailbox a message lies in.
@pytest.mark.capability("OBJECTID")
def test_a_conversation_has_one_id_across_mailboxes_and_restarts(office):
    with Session(office, office.anh) as session:
        session.append("Sent", message("Kế hoạch", Message_ID="<goc@x>"))
        session.append("INBOX", message("Re: Kế hoạch", Message_ID="<dap@y>", In_Reply_To="<goc@x>",
                                        References="<goc@x>"))
        session.append("Sent", message("Re: Kế hoạch", Message_ID="<ba@x>",
                                       References="<goc@x> <dap@y>"))
        session.ok("SELECT Sent")
        sent = ids(session)
        session.ok("SELECT INBOX")
        inbox = ids(session)
        assert {pair[1] for pair in [*sent.values(), *inbox.values()]} == {sent[1][1]}
    office.stop()
    office.start()
    with Session(office, office.anh) as session:
        session.ok("SELECT Sent")
        assert ids(session) == sent


# What two accounts got of one message differs in its header, so it is not the same message.
@pytest.mark.capability("OBJECTID")
def test_deliveries_to_two_accounts_are_two_messages_of_one_conversation(office):
    with smtp(office) as client:
        client.sendmail("dan@example.com", [office.anh, office.binh],
                        message("chung", Message_ID="<chung@example.com>"))
    told = []
    for user in (office.anh, office.binh):
        with Session(office, user) as session:
            session.ok("SELECT INBOX")
            told.append(ids(session)[1])
    assert told[0][0] != told[1][0] and told[0][1] == told[1][1]
