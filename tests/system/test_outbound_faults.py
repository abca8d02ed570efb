"""Servers that refuse, lie, tarpit, reset or vanish at any step: mail is put off or comes back with
their words, is never lost, and waits for nobody else."""

import socket
import struct
import time

import pytest

from harness.farend import Close, FarEnd
from harness.outbound import queue, results, settled, submit, tried
from harness.server import wait_for

STEPS = ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END"]


def close(session, line):
    raise Close


def reset(session, line):
    session.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Close


def silence(session, line):
    time.sleep(60)


def one_byte_a_second(session, line):
    for byte in b"250 2.0.0 this takes its time, all the time that there is\r\n":
        session.say(bytes([byte]))
        time.sleep(1)


def megabyte(session, line):
    session.say(b"220 " + b"x" * (1 << 20) + b"\r\n")


def many_lines(session, line):
    session.say(b"250-x\r\n" * 100000 + b"250 x\r\n")


def not_smtp(session, line):
    session.say(b"HTTP/1.1 400 Bad Request\r\n\r\n\0\xff\xfe")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("trouble", [close, reset, silence, one_byte_a_second, megabyte, many_lines,
                                     not_smtp], ids=lambda f: f.__name__)
def test_a_broken_server_puts_mail_off_and_no_thread_waits(out, step, trouble):
    with FarEnd(**{step: trouble}) as far, FarEnd() as good:
        office = out(routes=f"hong.vn={far.where}; *={good.where}", reply=2, retry_first=3600)
        number = submit(office, "a@hong.vn")
        settled(office, submit(office, "b@tot.vn"), 5)
        waiting = tried(office, number, "a@hong.vn", seconds=15)
        assert waiting["result"] == "waiting" and waiting["answer"]
        entry, = queue(office)
        assert entry["domain"] == "hong.vn" and len(entry["last_answer"]) < 2000


@pytest.mark.parametrize("step", STEPS)
def test_a_refusal_for_now_puts_mail_off(out, step):
    with FarEnd(**{step: "451 4.3.0 không phải bây giờ"}) as far:
        office = out(routes=f"*={far.where}", retry_first=3600)
        number = submit(office, "a@example.org")
        waiting = tried(office, number, "a@example.org")
        assert "451 4.3.0 không phải bây giờ" in waiting["answer"]
        assert far.messages == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refusal_for_good_ends_it_with_the_servers_words(out, step, pipelining):
    extensions = ("8BITMIME", "PIPELINING") if pipelining else ("8BITMIME",)
    with FarEnd(extensions=extensions, **{step: "554 5.7.1 no"}) as far:
        office = out(routes=f"*={far.where}", connections=1)
        numbers = [submit(office, f"a{n}@example.org") for n in range(3)]
        for n, number in enumerate(numbers):
            found = settled(office, number)[f"a{n}@example.org"]
            assert (found["result"], found["status"]) == ("failed", "5.7.1")
        assert far.messages == [] and queue(office) == []


@pytest.mark.parametrize("step", ["GREETING", "EHLO"])
def test_a_server_that_refuses_all_mail_puts_it_off(out, step):
    """Another day, or another server of the domain, may not; the sender hears of it in time."""
    with FarEnd(**{step: "554 5.3.2 no mail here"}, HELO="554 5.3.2 no mail here") as far:
        office = out(routes=f"*={far.where}", retry_first=3600)
        number = submit(office, "a@example.org")
        assert "554 5.3.2" in tried(office, number, "a@example.org")["answer"]


def test_an_old_server_is_spoken_to_with_helo(out):
    with FarEnd(EHLO="502 5.5.1 what?") as far:
        office = out(routes=f"*={far.where}")
        settled(office, submit(office, ["a@example.org", "b@example.org"]))
        assert far.messages[0].recipients == ["a@example.org", "b@example.org"]
        assert far.messages[0].mail_parameters == ""


def test_a_server_that_goes_with_421_gets_the_rest_later(out):
    def mail(session, line):
        count = session.count = getattr(session, "count", 0) + 1
        return "421 4.3.2 enough" if count > 2 else "250 ok"
    with FarEnd(MAIL=mail) as far:
        office = out(routes=f"*={far.where}", connections=1, retry_first=1, retry_most=1)
        numbers = [submit(office, f"a{n}@example.org") for n in range(6)]
        for number in numbers:
            settled(office, number, 30)
        assert len(far.messages) == 6


# RFC 5321 4.5.3.1.10
def test_a_server_that_takes_few_recipients_at_once_gets_them_all(out):
    def rcpt(session, line):
        return "452 4.5.3 too many" if len(session.message.recipients) >= 3 else "250 ok"
    with FarEnd(RCPT=rcpt) as far:
        office = out(routes=f"*={far.where}", retry_first=3600)
        recipients = [f"a{n}@example.org" for n in range(10)]
        settled(office, submit(office, recipients))
        assert sorted(r for m in far.messages for r in m.recipients) == sorted(recipients)
        assert max(len(m.recipients) for m in far.messages) == 3


def test_a_thousand_recipients_go_in_several_transactions(out):
    with FarEnd() as far:
        office = out(routes=f"*={far.where}", limits=False)
        recipients = [f"a{n}@example.org" for n in range(1000)]
        settled(office, submit(office, recipients), 30)
        assert sorted(r for m in far.messages for r in m.recipients) == sorted(recipients)
        assert max(len(m.recipients) for m in far.messages) == 100


# RFC 1870, RFC 6152, RFC 6531
def test_what_a_server_cannot_take_comes_back_without_being_sent(out):
    with FarEnd(extensions=("PIPELINING", "SIZE 1000")) as far:
        office = out(routes=f"*={far.where}")
        letters = {
            "5.3.4": (b"Subject: x\r\n\r\n" + b"y" * 2000 + b"\r\n", ""),
            "5.6.3": ("Subject: x\r\n\r\nKính gửi\r\n".encode(), " BODY=8BITMIME"),
            "5.6.7": ("Subject: Kính gửi\r\n\r\nx\r\n".encode(), " SMTPUTF8 BODY=8BITMIME"),
        }
        for status, (text, parameters) in letters.items():
            text = f"From: {office.anh}\r\n".encode() + text
            number = submit(office, "a@example.org", text, parameters=parameters)
            found = settled(office, number)["a@example.org"]
            assert (found["result"], found["status"]) == ("failed", status)
        assert not [x for x in far.lines if x.startswith("MAIL")]


def test_the_connection_that_breaks_after_the_last_dot_is_tried_again(out):
    """Whether it arrived nobody knows: it is sent again rather than lost."""
    broken = []

    def end(session, line):
        if not broken:
            broken.append(session)
            raise Close
        return "250 2.0.0 ok"
    with FarEnd(END=end) as far:
        office = out(routes=f"*={far.where}", retry_first=1)
        settled(office, submit(office, "a@example.org"))
        assert len(far.messages) == 1 and len(broken) == 1
        assert sum(1 for x in far.lines if x.startswith("MAIL")) == 2


def test_a_kill_while_sending_loses_nothing(out):
    taken = []

    def end(session, line):
        taken.append(line)
        return "250 2.0.0 ok"
    with FarEnd(END=end) as far:
        office = out(routes=f"*={far.where}", retry_first=1)
        sent = []
        for _ in range(3):
            for _ in range(15):
                name = f"n{len(sent)}"
                submit(office, f"{name}@example.org", subject=name)
                sent.append(name)
            office.kill()
            office.start()
        wait_for(lambda: queue(office) == [], 30, "an empty queue")
        got = [m.recipients[0].split("@")[0] for m in far.messages]
        assert set(got) == set(sent)
        print(f"{len(got) - len(set(got))} of {len(sent)} were sent twice in 3 kills")


def test_entries_are_held_released_retried_and_dropped_while_the_server_runs(out):
    with FarEnd(RCPT="451 4.3.0 later") as far:
        office = out(routes=f"*={far.where}", retry_first=3600)
        number = submit(office, "a@example.org")
        tried(office, number, "a@example.org")
        entry, = queue(office)
        office.run("queue", "retry", entry["id"])
        tried(office, number, "a@example.org", 2)
        office.run("queue", "hold", entry["id"], "--why", "xem lại")
        assert results(office, number)["a@example.org"]["result"] == "held"
        office.run("queue", "retry", entry["id"])
        far.script["RCPT"] = "250 2.1.5 ok"
        assert queue(office)[0]["state"] == "held" and far.messages == []
        office.run("queue", "hold", entry["id"], "--release")
        settled(office, number)
        assert len(far.messages) == 1
        far.script["RCPT"] = "451 4.3.0 later"
        number = submit(office, "b@example.org")
        tried(office, number, "b@example.org")
        office.run("queue", "drop", queue(office)[0]["id"])
        assert settled(office, number)["b@example.org"]["result"] == "dropped"


# RFC 5321 6.3
def test_a_server_that_is_ourselves_is_not_sent_to_for_ever(out):
    with FarEnd(GREETING="220 mail.bacninh.gov.vn ESMTP") as far:
        office = out(routes=f"*={far.where}", retry_first=3600)
        number = submit(office, "a@example.org")
        found = settled(office, number)["a@example.org"]
        assert (found["result"], found["status"]) == ("failed", "5.4.6")
        assert far.messages == []
