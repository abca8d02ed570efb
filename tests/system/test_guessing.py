"""Guessing passwords is slow, and only for those who guess [Điều 8.6]."""

import time

import pytest

from harness import mail, metrics
from harness.raw import Raw
from harness.server import DOMAIN, PASSWORD, SLOWNESS, Server
from harness.smtp import plain, session

# Who waits is told from who does not by a second; a program under ThreadSanitizer takes that anyhow.
in_time = pytest.mark.skipif(SLOWNESS > 1, reason="measures seconds, which a slowed program needs")
FREE = 5  # failures of one account from one address before slowing begins


@pytest.fixture
def guarded(tmp_path):
    """Two officials; a remembered success must not hide what is tested."""
    server = Server(tmp_path / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh, server.binh = server.person("Trần Văn Anh"), server.person("Nguyễn Thị Bình")
    yield server
    server.close()


def attempt(server, name, password, source, port="submission"):
    """(code, seconds) of one sign-in from an address of the loopback network."""
    with session(server, port, source=source) as raw:
        began = time.monotonic()
        code, _ = raw.reply("AUTH PLAIN " + plain(name, password))
        return code, time.monotonic() - began


def begin(server, name, password, source):
    """A sign-in whose answer is not waited for."""
    raw = session(server, "submission", source=source)
    raw.send("AUTH PLAIN " + plain(name, password) + "\r\n")
    return raw


def delayed(server):
    return metrics.read(server)["congvu_auth_delayed_total"]


def fail(server, names, source, times):
    for n in range(times):
        name = names[n % len(names)] if isinstance(names, list) else names
        assert attempt(server, name, f"Sai@{n:05}", source)[0] == 535


# [R047]
def test_a_guesser_at_one_account_waits_and_the_owner_elsewhere_does_not(guarded):
    fail(guarded, guarded.anh, "127.0.0.66", FREE)
    assert delayed(guarded) == 0
    code, seconds = attempt(guarded, guarded.anh, "Sai@12345", "127.0.0.66")
    code, seconds = attempt(guarded, guarded.anh, "Sai@12345", "127.0.0.66")
    assert code == 535 and seconds >= 0.9, seconds
    assert delayed(guarded) >= 1
    before = delayed(guarded)
    assert attempt(guarded, guarded.anh, PASSWORD, "127.0.0.2")[0] == 235
    assert attempt(guarded, guarded.binh, PASSWORD, "127.0.0.66")[0] == 235  # the same address
    with mail.imap(guarded, guarded.anh) as client:
        mail.good(client.select("INBOX"))
    assert delayed(guarded) == before


@pytest.mark.parametrize("spelling", [
    "{local}", "{local}@{DOMAIN}", "{LOCAL}@{domain}", '"{local}"@{domain}', '"\\{local}"@{domain}',
    "{alias}"])
def test_another_spelling_of_the_account_is_the_same_account(guarded, spelling):
    local, domain = guarded.anh.split("@")
    guarded.run("account", "alias", guarded.anh, "--add", f"anhtran.stttt@{DOMAIN}")
    name = spelling.format(local=local, LOCAL=local.upper(), domain=domain, DOMAIN=domain.upper(),
                           alias=f"anhtran.stttt@{DOMAIN}")
    assert attempt(guarded, name, PASSWORD, "127.0.0.5")[0] == 235  # it is one
    fail(guarded, guarded.anh, "127.0.0.66", FREE + 1)
    before = delayed(guarded)
    assert attempt(guarded, name, "Sai@12345", "127.0.0.66")[0] == 535
    assert delayed(guarded) == before + 1


@in_time
@pytest.mark.alone
def test_a_guesser_at_many_accounts_waits_and_a_colleague_behind_the_same_address_does_not(guarded):
    """A commune sits behind one address: whoever signed in from there before goes on as ever."""
    nat = "127.0.0.77"
    assert attempt(guarded, guarded.anh, PASSWORD, nat)[0] == 235
    names = [f"khongco{n}.stttt" for n in range(60)]
    fail(guarded, names, nat, FREE * 20 + 1)
    before = delayed(guarded)
    assert attempt(guarded, "lai.stttt", "Sai@12345", nat)[0] == 535
    assert delayed(guarded) == before + 1
    guarded.run("account", "passwd", guarded.anh, "--password-stdin", given="Doimoi@2022\n")
    began = time.monotonic()
    assert attempt(guarded, guarded.anh, "Doimoi@2022", nat)[0] == 235
    assert time.monotonic() - began < 0.9
    assert delayed(guarded) == before + 1
    # Somebody new from there is slowed, not shut out.
    assert attempt(guarded, guarded.binh, PASSWORD, nat)[0] == 235
    # And elsewhere nobody notices.
    assert attempt(guarded, guarded.binh, PASSWORD, "127.0.0.3")[1] < 0.9


@in_time
def test_many_guesses_at_once_are_no_quicker_than_many_in_a_row(guarded):
    """Sessions are cheap: a hundred at once must not mean a hundred guesses in one delay."""
    fail(guarded, guarded.anh, "127.0.0.66", FREE + 1)
    waiting = [begin(guarded, guarded.anh, f"Sai@{n:05}", "127.0.0.66") for n in range(100)]
    try:
        codes = []
        for raw in waiting:
            raw.socket.settimeout(0.01)
            try:
                codes.append(raw.reply()[0])
            except TimeoutError:
                pass
        assert codes.count(535) <= 3, codes  # verified
        assert codes.count(454) >= 70, codes  # sent away without a look at the password
        assert attempt(guarded, guarded.anh, PASSWORD, "127.0.0.2")[0] == 235
        assert attempt(guarded, guarded.binh, PASSWORD, "127.0.0.66")[0] == 235
    finally:
        for raw in waiting:
            raw.socket.close()


def test_smtp_and_imap_count_together(guarded):
    fail(guarded, guarded.anh, "127.0.0.66", FREE + 1)
    before = delayed(guarded)
    with Raw(guarded, "imap", source="127.0.0.66") as raw:
        raw.line()
        assert raw.tagged(f'LOGIN "{guarded.anh}" "Sai@12345"')[0] == "NO"
    assert delayed(guarded) == before + 1


def verifications(server):
    """Passwords are hashed in memory of 19 MiB, so processor time tells hashing from remembering."""
    fields = open(f"/proc/{server.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1]
    return sum(int(x) for x in fields.split()[11:13])


def test_a_success_is_remembered_and_forgotten_on_lock_and_change(guarded):
    assert attempt(guarded, guarded.anh, PASSWORD, "127.0.0.1")[0] == 235
    before = verifications(guarded)
    for _ in range(50):
        assert attempt(guarded, guarded.anh, PASSWORD, "127.0.0.1")[0] == 235
    remembered = verifications(guarded) - before
    assert remembered < 50, f"{remembered} ticks of 10 ms for 50 remembered sign-ins"
    guarded.run("account", "lock", guarded.anh, "--ground", "Số 3/STTTT")
    code, _ = attempt(guarded, guarded.anh, PASSWORD, "127.0.0.1")
    assert code == 535
    guarded.run("account", "unlock", guarded.anh, "--ground", "Số 4/STTTT")
    assert attempt(guarded, guarded.anh, PASSWORD, "127.0.0.1")[0] == 235
    guarded.run("account", "passwd", guarded.anh, "--password-stdin", given="Doimoi@2022\n")
    assert attempt(guarded, guarded.anh, PASSWORD, "127.0.0.1")[0] == 535
    assert attempt(guarded, guarded.anh, "Doimoi@2022", "127.0.0.1")[0] == 235
