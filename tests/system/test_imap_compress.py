"""COMPRESS=DEFLATE: when it begins, what it saves, what it costs, and who must not begin it."""

import random
import re
import zlib
from pathlib import Path

import pytest

from harness.deflate import compress
from harness.imap import Session, message
from harness.server import PASSWORD, SLOWNESS

WORDS = "công văn về việc triển khai hệ thống thư điện tử của tỉnh Bắc Ninh năm nay".split()


def prose(n, seed=1):
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) for _ in range(n))


# RFC 4978 3
@pytest.mark.capability("COMPRESS=DEFLATE")
@pytest.mark.parametrize("port", ["imap", "imaps"])
def test_commands_and_answers_travel_compressed(connect, box, port):
    session = connect(port=port)
    assert "COMPRESS=DEFLATE" in session.capabilities()
    wire = compress(session)
    data = [message(f"thu {n}", prose(300, n)) for n in range(50)]
    for one in data:
        session.append(box, one)
    session.ok(f"SELECT {box}")
    rows = session.ok("FETCH 1:* (FLAGS BODY.PEEK[])").fetched()
    assert [rows[n + 1]["BODY[]"] for n in range(50)] == data
    assert "COMPRESS=DEFLATE" not in session.capabilities()
    assert wire.came < sum(map(len, data)) / 2
    session.ok("LOGOUT")


def test_a_client_that_compresses_badly_is_understood(connect, box):
    for level, window in ((0, 15), (9, 9), (1, 12)):
        session = connect()
        compress(session, level=level, window=window)
        session.append(box, message("thu", prose(20000)))
        session.ok(f"STATUS {box} (MESSAGES)")


def test_long_and_short_answers_follow_one_another_with_rests(connect, box):
    session = connect()
    wire = compress(session)
    big = message("lon", prose(400000))
    session.append(box, big)
    session.append(box, message("nho"))
    session.ok(f"SELECT {box}")
    for _ in range(3):
        assert session.ok("FETCH 1 BODY.PEEK[]").fetched()[1]["BODY[]"] == big
        session.ok("NOOP")
        assert session.ok("UID SEARCH ALL").search() == [1, 2]
    assert wire.came > 0


def test_idle_tells_through_compression(connect, box):
    session, other = connect(), connect()
    compress(session)
    session.ok(f"SELECT {box}")
    tag = session.idle()
    for n in range(3):
        other.append(box)
        session.told(rf"{n + 1} EXISTS")
    session.done(tag)


def test_what_is_asked_wrongly_compresses_nothing(connect, shared_office):
    session = connect()
    for command in ("COMPRESS", "COMPRESS GZIP", "COMPRESS DEFLATE x", 'COMPRESS "DEFLATE"'):
        session.bad(command)
    compress(session)
    session.bad("COMPRESS DEFLATE")
    session.ok("NOOP")
    with Session(shared_office) as stranger:
        assert "COMPRESS=DEFLATE" not in stranger.capabilities()
        stranger.bad("COMPRESS DEFLATE")


# Neither is taken for the other: RFC 4978 3, and as RFC 9051 11.1 for STARTTLS.
@pytest.mark.parametrize("port", ["imap", "imaps"])
def test_what_is_pipelined_behind_compress_is_never_run(connect, box, port):
    session = connect(port=port)
    session.send(f"c1 COMPRESS DEFLATE\r\nc2 DELETE {box}\r\nc3 NOOP\r\n")
    told = session.rest()
    assert told.startswith("c1 BAD") and "BYE" in told and "c2" not in told
    assert box in connect().ok('LIST "" *').names()


def test_plain_text_under_compression_is_the_end(connect, box):
    session = connect()
    compress(session)
    session.socket.socket.sendall(b"x1 DELETE %s\r\nx2 NOOP\r\nx3 LOGOUT\r\n" % box.encode() * 20)
    assert session.socket.socket.recv(1000) == b""
    assert box in connect().ok('LIST "" *').names()


def test_a_stream_that_ends_is_the_end(connect):
    session = connect()
    wire = compress(session)
    wire.socket.sendall(wire.out.compress(b"x1 NOOP\r\n") + wire.out.flush(zlib.Z_FINISH))
    assert session.rest() in ("", "x1 OK NOOP completed\r\n")


def resident(server):
    text = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return sum(int(n) for n in re.findall(r"^Private_Dirty: +(\d+) kB", text, re.M))


# A line of 500 MB that arrives as 500 KB: of a thousand bytes that one becomes, none is kept that a
# line may not have.
def test_a_bomb_costs_no_memory_and_is_answered(office):
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(bomb.compress(b"x" * (1 << 20)) for _ in range(500))
    packed += bomb.compress(b"\r\nb2 NOOP\r\n") + bomb.flush(zlib.Z_SYNC_FLUSH)
    assert len(packed) < 1 << 20
    with Session(office, office.anh) as session, Session(office, office.binh) as other:
        wire = compress(session)
        other.ok("SELECT INBOX")
        before = resident(office)
        session.socket.settimeout(60 * SLOWNESS)
        wire.socket.sendall(b"".join([packed]))
        grown = 0
        for _ in range(20):
            other.ok("NOOP")
            grown = max(grown, resident(office) - before)
        assert b"BAD" in session.response()
        assert session.response().startswith(b"b2 OK")
    assert grown < 8 * 1024 * (8 if SLOWNESS > 1 else 1), grown


def test_a_bomb_in_append_is_bounded_by_its_limit(connect, box):
    session = connect()
    compress(session)
    session.send(b"x APPEND %s {3000000000+}\r\n" % box.encode())
    told = session.rest()
    assert "NO [TOOBIG]" in told and "BYE" in told


# 1,000 clients that compress and idle: what one costs more than one that does not.
def test_an_idle_session_gives_its_compressor_back(office):
    def cost(start, count=60):
        before, sessions = resident(office), []
        for _ in range(count):
            session = Session(office, office.anh)
            start(session)
            session.ok("SELECT INBOX")
            session.ok("UID SEARCH ALL")
            session.idle()
            sessions.append(session)
        grown = resident(office) - before
        for session in sessions:
            session.socket.close()
        return grown / count
    with Session(office, office.anh) as session:
        for _ in range(30):
            session.append("INBOX")
    cost(lambda session: None)
    plain, packed = cost(lambda session: None), cost(compress)
    if SLOWNESS == 1 and "asan" not in str(office.program):
        assert packed - plain < 16, (plain, packed)


def test_starttls_is_over_before_compression_can_begin(shared_office):
    with Session(shared_office) as session:
        session.ok("STARTTLS")
        session.start_tls()
        session.ok(f'LOGIN "{shared_office.anh}" "{PASSWORD}"')
        compress(session)
        session.bad("STARTTLS")
        session.ok("NOOP")
