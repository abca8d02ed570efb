"""What CAPABILITY offers in each state, and that every word of it is proven by a test that carries
the mark capability("WORD")."""

import base64
import re
import time
from pathlib import Path

import pytest

from harness.imap import Session
from harness.server import PASSWORD, SLOWNESS

HERE = Path(__file__).resolve().parent


def proven():
    words = set()
    for file in HERE.glob("test_imap_*.py"):
        for arguments in re.findall(r"mark\.capability\(([^)]*)\)", file.read_text("utf-8")):
            words |= set(re.findall(r'"([^"]+)"', arguments))
    return words


def offered(server):
    """Every word that any state of any connection offers."""
    with Session(server) as plain, Session(server, port="imaps") as tls:
        words = plain.capabilities() | tls.capabilities()
        tls.ok(f'LOGIN "{server.anh}" "{PASSWORD}"')
        words |= tls.capabilities()
    with Session(server, source="127.0.0.2") as far:
        return words | far.capabilities()


def test_every_capability_has_a_test_of_its_own(shared_office):
    # What stands behind APPENDLIMIT= is a setting.
    words = {re.sub(r"APPENDLIMIT=\d+", "APPENDLIMIT", word) for word in offered(shared_office)}
    assert words - proven() == set()


def test_the_wanted_capabilities_are_offered(connect):
    assert connect().capabilities() >= {
        "IMAP4rev1", "IMAP4rev2", "IDLE", "UIDPLUS", "MOVE", "NAMESPACE", "SPECIAL-USE",
        "LIST-EXTENDED", "LIST-STATUS", "STATUS=SIZE", "ENABLE", "CONDSTORE", "QRESYNC", "ESEARCH",
        "LITERAL+", "UNSELECT", "ID", "CHILDREN", "QUOTA", "QUOTA=RES-STORAGE", "ACL"}


def test_greeting_and_sign_in_carry_the_capabilities(shared_office):
    with Session(shared_office) as raw:
        told = re.search(r"\[CAPABILITY ([^\]]*)\]", raw.greeting).group(1)
        assert set(told.split()) == raw.capabilities()
        answer = raw.ok(f'LOGIN "{shared_office.anh}" "{PASSWORD}"')
        assert answer.code.startswith("CAPABILITY ")
        assert set(answer.code.split()[1:]) == raw.capabilities()


def test_no_word_is_offered_twice(connect):
    words = connect().ok("CAPABILITY").one("CAPABILITY").split()[1:]
    assert len(words) == len(set(words))


# RFC 7888 5: the two literal extensions exclude one another.
def test_literal_minus_is_not_offered_beside_literal_plus(connect):
    assert not {"LITERAL-", "LITERAL+"} <= connect().capabilities()


# RFC 9051 6.2.1, 11.1
@pytest.mark.capability("STARTTLS")
def test_starttls_secures_the_connection_and_offers_it_no_more(shared_office):
    with Session(shared_office) as raw:
        assert "STARTTLS" in raw.capabilities()
        raw.ok("STARTTLS")
        raw.start_tls()
        assert "STARTTLS" not in raw.capabilities()
        raw.bad("STARTTLS")
        raw.ok(f'LOGIN "{shared_office.anh}" "{PASSWORD}"')


# RFC 9051 11.1: nothing that came in clear may count as said under TLS.
def test_what_was_pipelined_behind_starttls_is_never_run(shared_office):
    with Session(shared_office) as raw:
        raw.send('s STARTTLS\r\nx CREATE Chen\r\nz LOGIN "a" "b"\r\n')
        assert raw.response().startswith(b"s OK")
        raw.start_tls()
        raw.ok("NOOP")
        raw.bad("SELECT INBOX")


@pytest.mark.capability("AUTH=PLAIN")
@pytest.mark.parametrize("answer", ["{}\0{}\0{}", "\0{1}\0{2}"])
def test_plain_signs_in_by_its_own_exchange(shared_office, answer):
    token = base64.b64encode(answer.format(shared_office.anh, shared_office.anh, PASSWORD).encode())
    with Session(shared_office, port="imaps") as raw:
        assert "AUTH=PLAIN" in raw.capabilities()
        done = raw.continued("AUTHENTICATE PLAIN", token)
        assert done.status == "OK"
        raw.ok("SELECT INBOX")


# RFC 4959 3
@pytest.mark.capability("SASL-IR")
def test_an_initial_response_saves_the_round_trip(shared_office):
    token = base64.b64encode(f"\0{shared_office.anh}\0{PASSWORD}".encode()).decode()
    with Session(shared_office, port="imaps") as raw:
        assert "SASL-IR" in raw.capabilities()
        raw.ok(f"AUTHENTICATE PLAIN {token}")
        raw.ok("SELECT INBOX")


# RFC 9051 6.2.2
@pytest.mark.parametrize("said", [b"*", b"%%%", b"=", base64.b64encode(b"no separators"),
                                  base64.b64encode(b"\0a"), b"A" * 3000])
def test_a_broken_or_cancelled_exchange_is_bad_and_may_begin_again(shared_office, said):
    with Session(shared_office) as raw:
        assert raw.continued("AUTHENTICATE PLAIN", said).status == "BAD"
        raw.ok(f'LOGIN "{shared_office.anh}" "{PASSWORD}"')


def test_an_unknown_mechanism_is_refused(shared_office):
    with Session(shared_office) as raw:
        raw.no("AUTHENTICATE X-NONE")


# RFC 4616 2: nobody may act for another here.
def test_plain_for_another_is_refused(shared_office):
    token = base64.b64encode(f"{shared_office.binh}\0{shared_office.anh}\0{PASSWORD}".encode())
    with Session(shared_office, port="imaps") as raw:
        answer = raw.continued("AUTHENTICATE PLAIN", token)
        assert answer.status in ("NO", "BAD")
        raw.bad("SELECT INBOX")


# RFC 9051 6.2.3, 11.5: without TLS no password is asked for, unless from this machine.
@pytest.mark.capability("LOGINDISABLED")
def test_without_tls_a_password_is_refused_before_it_is_looked_at(make_server):
    server = make_server(start=False)
    text = (server.data / "congvu.conf").read_text()
    assert "loopback" in text
    (server.data / "congvu.conf").write_text(re.sub(r'"loopback"', '"never"', text))
    server.start()
    server.unit("Sở Nội vụ", "snv")
    user = server.person("Trần Văn Anh", unit="snv")
    with Session(server) as raw:
        words = raw.capabilities()
        assert "LOGINDISABLED" in words and "AUTH=PLAIN" not in words
        raw.no(f'LOGIN "{user}" "{PASSWORD}"', "PRIVACYREQUIRED")
        raw.no("AUTHENTICATE PLAIN", "PRIVACYREQUIRED")
        raw.ok("STARTTLS")
        raw.start_tls()
        words = raw.capabilities()
        assert "LOGINDISABLED" not in words and "AUTH=PLAIN" in words
        raw.ok(f'LOGIN "{user}" "{PASSWORD}"')


# RFC 2971 3.2, 3.3
@pytest.mark.capability("ID")
def test_id_is_answered_in_every_state(shared_office, opened):
    pairs = " ".join(f'"{"k" * 28}{n:02}" "{"v" * 1024}"' for n in range(30))
    with Session(shared_office) as stranger:
        assert "ID" in stranger.capabilities()
        for session in (stranger, opened):
            assert '"name" "congvu"' in session.ok("ID NIL").one("ID")
            session.ok('ID ("name" "may" "version" NIL)')
            session.ok("ID ()")
            session.ok(f"ID ({pairs})")
            session.bad(f'ID ({pairs} "one" "more")')
            session.bad("ID")
        # A stranger is not told which version may be attacked.
        assert "version" not in stranger.ok("ID NIL").one("ID")


# RFC 5161 3.1, 3.2
@pytest.mark.capability("ENABLE")
def test_enable_names_what_it_turned_on_and_passes_over_the_unknown(connect):
    session = connect()
    assert "ENABLE" in session.capabilities()
    assert session.ok("ENABLE X-NONE CONDSTORE").one("ENABLED") == "ENABLED CONDSTORE"
    assert session.ok("ENABLE condstore").one("ENABLED") == "ENABLED"
    assert session.ok("ENABLE QRESYNC IMAP4rev2").one("ENABLED") == "ENABLED QRESYNC IMAP4rev2"
    session.bad("ENABLE")


def test_enable_is_not_for_strangers(shared_office):
    with Session(shared_office) as raw:
        raw.bad("ENABLE CONDSTORE")


# RFC 9051 6: each command has its states.
@pytest.mark.parametrize("command", [
    "SELECT INBOX", "LIST \"\" *", "FETCH 1 FLAGS", "IDLE", "APPEND INBOX {3+}\r\nabc",
    "UID FETCH 1 FLAGS", "NAMESPACE", "GETQUOTAROOT INBOX", "UNSELECT", "MYRIGHTS INBOX"])
def test_a_stranger_may_not(shared_office, command):
    with Session(shared_office) as raw:
        raw.bad(command)


@pytest.mark.parametrize("command", [
    "FETCH 1 FLAGS", "UID FETCH 1 FLAGS", "STORE 1 FLAGS ()", "SEARCH ALL", "CLOSE", "UNSELECT",
    "EXPUNGE", "COPY 1 INBOX", "MOVE 1 INBOX", "CHECK", "LOGIN a b", "AUTHENTICATE PLAIN",
    "STARTTLS", "UID NOOP", "UID", "X-NONE", "UID EXPUNGE 1"])
def test_a_command_outside_its_state_is_bad(connect, command):
    connect().bad(command)


# RFC 9051 6.1.3
def test_logout_says_bye_then_ok_then_closes(opened):
    answer = opened.ok("LOGOUT")
    assert answer.one("BYE")
    assert opened.rest() == ""


# RFC 7888 3
@pytest.mark.capability("LITERAL+")
def test_non_synchronizing_literals_go_without_waiting(opened):
    assert "LITERAL+" in opened.capabilities()
    opened.send('l1 STATUS {5+}\r\nINBOX (MESSAGES)\r\nl2 NOOP\r\n')
    assert opened.response().startswith(b"* STATUS")
    assert opened.response().startswith(b"l1 OK")
    assert opened.response().startswith(b"l2 OK")
    data = b"Subject: x\r\n\r\n" + b"y" * 5000 + b"\r\n"
    opened.send(b"l3 APPEND %s {%d+}\r\n%s\r\n" % (opened.box.encode(), len(data), data))
    while not (got := opened.response()).startswith(b"l3 "):
        assert got.startswith(b"* "), got
    assert got.startswith(b"l3 OK [APPENDUID ")


def test_synchronizing_literals_are_asked_for(opened):
    answer = opened.continued("STATUS {5}", b"INBOX (MESSAGES)")
    assert answer.status == "OK" and answer.status_of("INBOX")


# Clients pipeline: answers come in order, each with its own tag.
def test_pipelined_commands_are_answered_in_order(opened):
    opened.append(opened.box)
    opened.send("".join(f"p{n} UID SEARCH ALL\r\n" for n in range(200)))
    for n in range(200):
        while (got := opened.response()).startswith(b"* "):
            pass
        assert got.startswith(b"p%d OK" % n), got


# RFC 9051 11.4: the answer does not say whether the name or the password was wrong.
def test_wrong_name_and_wrong_password_are_told_alike(shared_office):
    with Session(shared_office) as raw:
        one = raw.no(f'LOGIN "{shared_office.anh}" "Sai@12345"', "AUTHENTICATIONFAILED")
        two = raw.no('LOGIN "khongco.stttt@bacninh.gov.vn" "Sai@12345"', "AUTHENTICATIONFAILED")
        assert one.text == two.text


def test_password_and_name_may_come_as_literals(shared_office):
    user, word = shared_office.anh.encode(), PASSWORD.encode()
    with Session(shared_office) as raw:
        done = raw.continued(f"LOGIN {{{len(user)}}}", user + b" {%d}" % len(word), word)
        assert done.status == "OK"


# A client that opens all its connections at once is no guesser: what waits with the right password
# goes on as soon as it is known to be right.
def test_twenty_sign_ins_at_one_instant_do_not_wait_for_one_another(office):
    sessions = [Session(office) for _ in range(20)]
    began = time.monotonic()
    tags = [s.begin(f'LOGIN "{office.binh}" "{PASSWORD}"') for s in sessions]
    assert all(s.end(tag).status == "OK" for s, tag in zip(sessions, tags))
    assert time.monotonic() - began < 8 * SLOWNESS
    for session in sessions:
        session.socket.close()
