"""A wall clock that jumps, with housekeeping that never rests: nothing is lost, nobody is thrown
out, nothing that somebody still needs is tidied away."""

import time

import pytest

from harness import mail
from harness.ledger import Ledger
from harness.server import Server, wait_for

DAY = 24 * 3600
JUMPS = [2 * 3600, -2 * 3600, 400 * DAY, 0, -400 * DAY, 20 * 365 * DAY, 0]


@pytest.fixture
def timed(tmp_path, make_faults):
    server = Server(tmp_path / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    users = [server.person(name) for name in ("Trần Văn Anh", "Nguyễn Thị Bình")]
    server.stop()
    faults = make_faults(server.data)
    server.env = faults.env
    server.start()
    yield server, faults, users
    server.env = {}
    server.close()


def test_the_shim_moves_the_clock_of_the_server(timed):
    server, faults, users = timed
    faults.control.clock = 400 * DAY
    mail.send(server, mail.message("dan@example.com", users[0], "mai sau"))
    with mail.imap(server, users[0]) as client:
        mail.good(client.select("INBOX"))
        answer = mail.good(client.uid("FETCH", "1", "INTERNALDATE"))[0].decode()
    assert time.strftime("%b-%Y", time.gmtime(time.time() + 400 * DAY)) in answer, answer


def test_nothing_is_lost_when_the_clock_jumps_under_load(timed, record_property):
    server, faults, users = timed
    ledger = Ledger(server, users, outside=users[0])
    faults.control.hurry = 1
    with mail.imap(server, users[0]) as idle:
        mail.good(idle.select("INBOX"))
        for jump in JUMPS:
            ledger.begin()
            faults.control.clock = jump
            before = ledger.acts()
            wait_for(lambda: ledger.acts() > before + 20, 20, "acts after a jump of the clock")
            ledger.end()
            ledger.check()
            server.doctor()
        mail.good(idle.noop())  # a session that waited outlives every jump
    assert ledger.refused == 0, "somebody was refused or thrown out"
    assert "db.fatal" not in server.error_text()
    record_property("jumps of the clock", len(JUMPS))
    record_property("acts acknowledged", ledger.acts())
    # A start with a clock far behind what is stored.
    server.kill()
    faults.control.clock = -1000 * DAY
    server.start()
    ledger.check()
    server.doctor()
    faults.control.clock = 0
    faults.control.hurry = 0


def test_a_large_message_on_its_way_in_outlives_a_jump_and_the_tidying_after_it(timed):
    """Its file is old by the clock before a row names it."""
    server, faults, users = timed
    faults.control.hurry = 1
    with mail.smtp(server) as client:
        client.mail("dan@example.com")
        client.rcpt(users[0])
        client.putcmd("data")
        assert client.getreply()[0] == 354
        half = b"x" * 70 + b"\r\n"
        client.send(b"Subject: lon\r\n\r\n" + half * 5000)
        faults.control.clock = 3 * 3600
        time.sleep(0.3)  # several rounds of housekeeping, each 50 ms
        client.send(half * 5000 + b".\r\n")
        assert client.getreply()[0] == 250
    time.sleep(0.2)
    message, = mail.inbox(server, users[0])
    assert len(message.get_content()) > 700_000
    server.doctor()
