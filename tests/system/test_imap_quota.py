"""QUOTA (RFC 9208), full mailboxes and a full disk."""

import re
import shutil

import pytest

from harness.imap import Session, message
from harness.server import wait_for



def used(session, root='""'):
    """(kibibytes used, limit) of a quota root."""
    line = session.ok(f"GETQUOTA {root}").one("QUOTA")
    found = re.search(r"\(STORAGE (\d+) (\d+)\)", line)
    return int(found.group(1)), int(found.group(2))


# RFC 9208 4.2, 5.1; [Điều 5.1]
@pytest.mark.capability("QUOTA", "QUOTA=RES-STORAGE")
def test_quota_tells_what_is_used_and_what_may_be(office):
    with Session(office, office.anh) as session:
        assert {"QUOTA", "QUOTA=RES-STORAGE"} <= session.capabilities()
        before, limit = used(session)
        assert before == 0 and limit == 1024 * 1024  # in units of 1024 octets
        session.append("INBOX", message("x", "y" * 300000))
        assert 293 <= used(session)[0] <= 296
        answer = session.ok("GETQUOTAROOT INBOX")
        assert answer.one("QUOTAROOT") == 'QUOTAROOT "INBOX" ""'
        assert answer.one("QUOTA ").startswith('QUOTA "" (STORAGE ')
        session.ok("SELECT INBOX")
        session.ok("COPY 1 Trash")  # every copy counts, though the bytes are there once
        assert 586 <= used(session)[0] <= 592
        session.ok(r"STORE 1 +FLAGS (\Deleted)")
        session.ok("EXPUNGE")
        assert 293 <= used(session)[0] <= 296


@pytest.mark.capability("QUOTA", "QUOTA=RES-STORAGE")
def test_quota_cannot_be_set_or_spied_on(connect):
    session = connect()
    session.no('SETQUOTA "" (STORAGE 1)', "NOPERM")
    session.no("GETQUOTA Shared/ntbinh.stttt")
    session.no("GETQUOTA khongco")
    session.no("GETQUOTAROOT Khongco", "NONEXISTENT")
    session.bad("GETQUOTA")
    session.bad("GETQUOTAROOT")


# RFC 9208 4.1.4
@pytest.mark.capability("QUOTA=RES-STORAGE")
def test_status_tells_what_expunge_would_free(opened):
    size = len(message("x", "y" * 5000))
    for _ in range(3):
        opened.append(opened.box, message("x", "y" * 5000))
    opened.ok(r"STORE 1:2 +FLAGS.SILENT (\Deleted)")
    told = opened.ok(f"STATUS {opened.box} (DELETED DELETED-STORAGE)").status_of(opened.box)
    assert told == {"DELETED": 2, "DELETED-STORAGE": 2 * size}
    opened.ok("EXPUNGE")
    told = opened.ok(f"STATUS {opened.box} (DELETED DELETED-STORAGE)").status_of(opened.box)
    assert told == {"DELETED": 0, "DELETED-STORAGE": 0}


@pytest.fixture
def narrow(make_server, tmp_path):
    """An office whose regulation lets a mailbox be 100 KB, for quotas that a test can fill."""
    from harness.server import ROOT
    shutil.copytree(ROOT / "regulations", tmp_path / "regulations")
    file = tmp_path / "regulations" / "bacninh-06-2022.conf"
    text = file.read_text("utf-8")
    narrowed, count = re.subn(r'(person_quota = \{ value = )"[^"]*"', r'\1"100 KiB"', text)
    assert count, "the figure of the personal quota"
    file.write_text(narrowed, "utf-8")
    server = make_server("--regulation", file)
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    server.binh = server.person("Nguyễn Thị Bình")
    return server


# [Điều 5.1] RFC 9208 4.3, 5: OVERQUOTA, with the article, and nothing was stored.
def test_append_and_copy_over_the_quota_are_refused_with_the_article(narrow):
    with Session(narrow, narrow.anh) as session:
        assert used(session) == (0, 100)
        session.append("INBOX", message("x", "y" * 60000))
        answer = session.continued("APPEND INBOX {50000}", b"z" * 50000)
        assert answer.status == "NO" and answer.code == "OVERQUOTA" and "Điều 5" in answer.text
        # What can never fit is refused before a byte of it comes.
        answer = session.no("APPEND INBOX {200000}", "OVERQUOTA")
        assert "Điều 5" in answer.text
        session.ok("SELECT INBOX")
        answer = session.no("COPY 1 Trash", "OVERQUOTA")
        assert "Điều 5" in answer.text
        assert session.ok("STATUS Trash (MESSAGES)").status_of("Trash") == {"MESSAGES": 0}
        session.ok("MOVE 1 Trash")  # the same bytes in another place
        assert 58 <= used(session)[0] <= 60
        session.ok("SELECT Trash")
        session.ok(r"STORE 1 +FLAGS (\Deleted)")
        session.ok("EXPUNGE")
        session.append("INBOX", message("x", "y" * 60000))


# The quota of a shared mailbox is its owner's, not the one's who puts something in.
def test_what_is_put_into_anothers_mailbox_counts_there(narrow):
    with Session(narrow, narrow.anh) as owner, Session(narrow, narrow.binh) as other:
        owner.ok('SETACL INBOX ntbinh.stttt "lriste"')
        other.append("INBOX", message("x", "y" * 60000))
        other.ok("SELECT INBOX")
        other.ok("COPY 1 Shared/tvanh.stttt/INBOX")
        assert used(owner)[0] >= 58 and used(other)[0] >= 58
        other.no("COPY 1 Shared/tvanh.stttt/INBOX", "OVERQUOTA")
        other.no("MOVE 1 Shared/tvanh.stttt/INBOX", "OVERQUOTA")
        assert other.ok("SEARCH ALL").search() == [1]
        answer = other.ok("GETQUOTAROOT Shared/tvanh.stttt/INBOX")
        assert answer.one("QUOTAROOT").endswith('"Shared/tvanh.stttt"')
        owner.ok("SELECT INBOX")
        owner.ok(r"STORE 1 +FLAGS (\Deleted)")
        owner.ok("EXPUNGE")
        other.ok("MOVE 1 Shared/tvanh.stttt/INBOX")
        assert used(owner)[0] >= 58 and used(other)[0] == 0


# Moving between one's own mailbox and one that was delegated: each owner's quota counts his own side.
def test_a_move_out_of_anothers_mailbox_is_charged_to_who_takes_it(narrow):
    shared = "Shared/tvanh.stttt/INBOX"
    with Session(narrow, narrow.anh) as owner, Session(narrow, narrow.binh) as other:
        owner.ok('SETACL INBOX ntbinh.stttt "lriswte"')
        owner.ok("CREATE Kho")
        owner.ok('SETACL Kho ntbinh.stttt "lriswte"')
        owner.append("INBOX", message("x", "y" * 60000))
        other.append("INBOX", message("x", "y" * 60000))
        other.ok(f'SELECT "{shared}"')
        # There is no room for it: it stays where it was, and nobody's quota has changed.
        answer = other.no("MOVE 1 INBOX", "OVERQUOTA")
        assert "Điều 5" in answer.text
        size = used(owner)[0]
        assert size == used(other)[0] >= 58 and other.ok("SEARCH ALL").search() == [1]
        # Between two mailboxes of one owner it is free, whoever does it.
        other.ok("MOVE 1 Shared/tvanh.stttt/Kho")
        assert used(owner)[0] == size
        other.ok("SELECT INBOX")
        other.ok(r"STORE 1 +FLAGS (\Deleted)")
        other.ok("EXPUNGE")
        other.ok('SELECT "Shared/tvanh.stttt/Kho"')
        other.ok("MOVE 1 INBOX")
        assert used(owner)[0] == 0 and used(other)[0] == size


# RFC 3502 6.3.11: all of it counts in the transaction, and nothing stays.
@pytest.mark.capability("MULTIAPPEND")
def test_several_messages_that_do_not_fit_together_are_refused_together(narrow):
    with Session(narrow, narrow.anh) as session:
        data = message("x", "y" * 40000)
        one = b"{%d+}\r\n%s" % (len(data), data)
        answer = session.no(b"APPEND INBOX " + b" ".join([one] * 3), "OVERQUOTA")
        assert "Điều 5" in answer.text
        assert used(session)[0] == 0
        session.ok(b"APPEND INBOX " + b" ".join([one] * 2))
        # What does not fit with what is there is refused by the transaction.
        session.no(b"APPEND INBOX " + one, "OVERQUOTA")
        assert session.ok("STATUS INBOX (MESSAGES)").status_of("INBOX") == {"MESSAGES": 2}


# RFC 8508 3.4: only what the account grows by counts.
@pytest.mark.capability("REPLACE")
def test_a_full_mailbox_lets_a_message_be_replaced(narrow):
    with Session(narrow, narrow.anh) as session:
        session.append("INBOX", message("x", "y" * 90000))
        session.ok("SELECT INBOX")
        data = message("z", "z" * 95000)
        session.ok(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(data), data))
        assert 92 <= used(session)[0] <= 95
        assert session.ok("UID SEARCH ALL").search() == [2]
        more = message("z", "z" * 110000)
        session.no(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(more), more), "OVERQUOTA")
        assert session.ok("UID SEARCH ALL").search() == [2]


# The quota of the owner of each mailbox counts its own side of it.
@pytest.mark.capability("REPLACE")
def test_replacing_into_anothers_mailbox_counts_there_in_full(narrow):
    with Session(narrow, narrow.anh) as owner, Session(narrow, narrow.binh) as other:
        owner.ok('SETACL INBOX ntbinh.stttt "lriste"')
        owner.append("INBOX", message("x", "y" * 60000))
        other.append("INBOX", message("x", "y" * 60000))
        other.ok("SELECT INBOX")
        data = message("z", "z" * 60000)
        wanted = b"REPLACE 1 Shared/tvanh.stttt/INBOX {%d+}\r\n%s" % (len(data), data)
        other.no(wanted, "OVERQUOTA")
        assert other.ok("SEARCH ALL").search() == [1]
        owner.ok("SELECT INBOX")
        owner.ok(r"STORE 1 +FLAGS (\Deleted)")
        owner.ok("EXPUNGE")
        other.ok(wanted)
        assert 58 <= used(owner)[0] <= 60 and used(other)[0] == 0


def test_below_the_watermark_of_the_disk_nothing_large_is_taken_in(office):
    with Session(office, office.anh) as session:
        session.append("INBOX")
    office.stop()
    conf = office.data / "congvu.conf"
    conf.write_text(re.sub(r"(disk_watermark_mib = )\d+", r"\g<1>1000000000", conf.read_text()))
    office.start()
    with Session(office, office.anh) as session:
        answer = session.no("APPEND INBOX {10}", "UNAVAILABLE")
        assert "hết chỗ" in answer.text
        session.send(b"n APPEND INBOX {10+}\r\n0123456789\r\n")
        assert session.response().startswith(b"n NO [UNAVAILABLE]")
        session.ok("SELECT INBOX")
        session.no("COPY 1 Trash", "UNAVAILABLE")
        # Reading, marking, throwing away go on: that is how there is room again.
        assert session.ok("FETCH 1 BODY[]").fetched()[1]
        session.ok("MOVE 1 Trash")
        session.ok("SELECT Trash")
        session.ok(r"STORE 1 +FLAGS (\Deleted)")
        session.ok("EXPUNGE")
    assert wait_for(office.alive)
