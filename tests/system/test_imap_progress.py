"""INPROGRESS: a client that waits for a long search or sort hears how far it is."""

import re

import pytest

from harness.imap import Session, message
from harness.server import Server
from harness.settings import change

CODE = re.compile(r'OK \[INPROGRESS \((NIL|"[^"\]]*") (?:(\d+) (\d+)|NIL NIL)\)\] \S')
COUNT = 4000
LONG = 'SEARCH TEXT "khong co trong thu nao"'


@pytest.fixture(scope="module")
def restless(tmp_path_factory):
    """A server that tells after every slice, with a mailbox that takes several."""
    server = Server(tmp_path_factory.mktemp("progress") / "data").init()
    change(server, "imap.progress", 0)
    change(server, "search.index", 0)  # a search reads every message
    server.start()
    server.unit("Sở Nội vụ", "snv")
    server.anh = server.person("Trần Văn Anh", unit="snv")
    with Session(server, server.anh) as session:
        mail = message("báo cáo", "x" * 200)
        session.send(b"".join(b"m%d APPEND INBOX {%d+}\r\n%s\r\n" % (n, len(mail), mail)
                              for n in range(COUNT)))
        while not session.response().startswith(b"m%d OK" % (COUNT - 1)):
            pass
    yield server
    server.close()


# RFC 9585 3, 4, 5
@pytest.mark.capability("INPROGRESS")
@pytest.mark.parametrize("command", [
    LONG, "SORT (SUBJECT DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL"])
def test_long_commands_tell_how_far_they_are(restless, command):
    with Session(restless, restless.anh) as session:
        assert "INPROGRESS" in session.capabilities()
        session.ok("SELECT INBOX")
        tag = session.begin(command)
        told = [CODE.match(line) for line in session.end(tag).of(r"OK \[INPROGRESS")]
        assert told and all(told)
        for found in told:
            assert found.group(1) == f'"{tag.decode()}"'
            assert found.group(3) is None or 0 <= int(found.group(2)) < int(found.group(3)) <= COUNT


# RFC 9585 5: a tag that would end the code is left out.
@pytest.mark.capability("INPROGRESS")
def test_a_tag_with_a_bracket_is_not_repeated(restless):
    with Session(restless, restless.anh) as session:
        session.ok("SELECT INBOX")
        session.send("a]b SORT (SUBJECT) UTF-8 ALL\r\n")
        told = []
        while not (got := session.response()).startswith(b"a]b "):
            told.append(got[2:].decode())
        assert got.startswith(b"a]b OK")
        told = [CODE.match(line) for line in told if "INPROGRESS" in line]
        assert told and all(found and found.group(1) == "NIL" for found in told)


def test_a_short_command_tells_nothing(connect):
    session = connect()
    session.ok("SELECT INBOX")
    assert not session.ok("SORT (SUBJECT) UTF-8 ALL").of(r"OK \[INPROGRESS")
