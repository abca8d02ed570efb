"""CHUNKING (RFC 3030): a message in counted chunks, and everything that can be wrong with them."""

import pytest

from harness import mail
from harness.smtp import HEAD, begin, data, session, stored

MESSAGE = HEAD + b"\r\n.\r\n..\r\nmot hai ba\r\n.\r\nbon\r\n"  # dots mean nothing here


def bdat(raw, chunk, last=False):
    raw.send(b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if last else b"") + chunk)
    return raw.reply()


@pytest.mark.parametrize("cut", [[], [1], [3, 10, 11], list(range(1, len(MESSAGE)))])
def test_the_chunks_arrive_as_one_message(office, cut):
    edges = [0, *cut, len(MESSAGE)]
    chunks = [MESSAGE[a:b] for a, b in zip(edges, edges[1:])]
    with session(office) as raw:
        begin(raw, office.anh)
        for chunk in chunks[:-1]:
            assert bdat(raw, chunk)[0] == 250
        assert bdat(raw, chunks[-1], last=True)[0] == 250
    assert stored(office, office.anh) == [MESSAGE]


def test_the_last_chunk_may_be_empty_and_so_may_any(office):
    with session(office) as raw:
        begin(raw, office.anh)
        for chunk in (b"", MESSAGE, b""):
            assert bdat(raw, chunk)[0] == 250
        assert bdat(raw, b"", last=True)[0] == 250
        begin(raw, office.anh)
        assert bdat(raw, b"", last=True)[0] == 250  # an empty message is one too
    assert stored(office, office.anh) == [MESSAGE, b""]


@pytest.mark.proves("CHUNKING")
def test_everything_may_be_pipelined(office):
    with session(office) as raw:
        raw.send(f"MAIL FROM:<dan@example.com>\r\nRCPT TO:<{office.anh}>\r\n".encode()
                 + b"BDAT %d\r\n" % len(MESSAGE) + MESSAGE + b"bdat 0 last\r\nNOOP\r\nQUIT\r\n")
        assert [raw.reply()[0] for _ in range(6)] == [250] * 5 + [221]
    assert stored(office, office.anh) == [MESSAGE]


# RFC 3030 2: DATA and BDAT cannot be used in the same transaction
def test_data_behind_bdat_is_refused_and_the_transaction_goes_on(office):
    with session(office) as raw:
        begin(raw, office.anh)
        assert bdat(raw, MESSAGE)[0] == 250
        assert raw.reply("DATA")[0] == 503
        assert raw.reply(f"RCPT TO:<{office.binh}>")[0] == 503
        assert raw.reply("MAIL FROM:<a@example.com>")[0] == 503
        assert bdat(raw, b"", last=True)[0] == 250
        begin(raw, office.anh)
        assert data(raw, HEAD + b"\r\nx\r\n")[0] == 250
        assert bdat(raw, MESSAGE, last=True)[0] == 503  # DATA ended the transaction
    assert stored(office, office.anh) == [MESSAGE, HEAD + b"\r\nx\r\n"]


# RFC 3030 2: the chunk of a refused BDAT is read and thrown away
def test_the_bytes_of_a_refused_chunk_are_never_commands(office):
    evil = f"MAIL FROM:<gia@example.com>\r\nRCPT TO:<{office.anh}>\r\nDATA\r\nx\r\n.\r\n".encode()
    with session(office) as raw:
        assert bdat(raw, evil)[0] == 503
        assert raw.reply("MAIL FROM:<dan@example.com>")[0] == 250
        assert bdat(raw, evil)[0] == 503  # no recipient
        assert raw.reply("RCPT TO:<khongco@bacninh.gov.vn>")[0] == 550
        assert bdat(raw, evil, last=True)[0] == 503
        assert raw.reply("NOOP")[0] == 250
    with session(office, "submission") as raw:
        assert bdat(raw, evil)[0] in (503, 530)  # not signed in
        assert raw.reply("NOOP")[0] == 250
    assert stored(office, office.anh) == []


@pytest.mark.parametrize("line", [
    "BDAT", "BDAT x", "BDAT -1", "BDAT 99999999999999999999", "BDAT 5 FIRST", "BDAT 5 LAST x",
    "BDAT 0x5", "BDAT 5.0", "BDAT  LAST"])
def test_a_size_that_cannot_be_read_ends_the_session(office, line):
    """How many bytes follow is unknown, so nothing behind it may be taken for a command."""
    with session(office) as raw:
        begin(raw, office.anh)
        raw.send(line + f"\r\nMAIL FROM:<gia@example.com>\r\nRCPT TO:<{office.anh}>\r\nDATA\r\n")
        code, text = raw.reply()
        assert code == 501 and text.startswith("5.5.4"), (code, text)
        assert raw.rest() == ""


def test_a_message_over_the_size_is_refused_once_and_the_session_goes_on(office):
    with session(office) as raw:
        begin(raw, office.anh)
        chunk = b"x" * 998 + b"\r\n"
        answers = []
        for _ in range(40):
            answers.append(bdat(raw, chunk * 1000))
            if answers[-1][0] != 250:
                break
        assert answers[-1][0] == 552 and answers[-1][1].startswith("5.3.4"), answers[-1]
        assert len(answers) == 36 * 1024 * 1024 // len(chunk * 1000) + 1
        assert bdat(raw, b"", last=True)[0] == 503  # the transaction is over
        begin(raw, office.anh)
        assert bdat(raw, MESSAGE, last=True)[0] == 250
    assert stored(office, office.anh) == [MESSAGE]


@pytest.mark.parametrize("wrong, why", [
    (b"a\nb\r\n", "CR or LF"), (b"a\rb\r\n", "CR or LF"), (b"a\r", "CR or LF"), (b"a\0b\r\n", "NUL")])
def test_chunks_are_held_to_the_same_line_ends_as_data(office, wrong, why):
    """8BITMIME text, not BINARYMIME: RFC 3030 3 offers binary apart, and we do not."""
    with session(office) as raw:
        begin(raw, office.anh)
        code, text = bdat(raw, HEAD + b"\r\n" + wrong, last=True)
        assert code == 554 and text.startswith("5.6.0") and why in text, (code, text)
        assert raw.reply("NOOP")[0] == 250
    assert stored(office, office.anh) == []


def test_a_message_without_a_line_end_at_its_end_is_kept_as_it_is(office):
    with session(office) as raw:
        begin(raw, office.anh)
        assert bdat(raw, MESSAGE + b"khong xuong dong", last=True)[0] == 250
    assert stored(office, office.anh) == [MESSAGE + b"khong xuong dong"]


def test_who_vanishes_inside_a_chunk_leaves_nothing(office):
    for sent in (b"BDAT 100\r\n", b"BDAT 100 LAST\r\nabc", b"BDAT 3\r\nabcBDAT 5 LAST\r\nab"):
        with session(office) as raw:
            begin(raw, office.anh)
            raw.send(sent)
    with session(office) as raw:
        begin(raw, office.anh)
        assert bdat(raw, MESSAGE)[0] == 250
        assert raw.reply("RSET")[0] == 250
        assert bdat(raw, b"", last=True)[0] == 503
    assert mail.inbox(office, office.anh) == []
