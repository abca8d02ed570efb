"""Mail for other domains leaves: over a route, to each far end's last word in `trace`."""

from harness.farend import FarEnd
from harness.outbound import queue, settled, submit, tried


def test_a_message_leaves_over_a_route_and_trace_tells_the_far_ends_word(out):
    with FarEnd() as far:
        office = out(routes=f"*={far.where}")
        number = submit(office, ["a@example.org", "b@example.org"])
        found = settled(office, number)
        assert {r["result"] for r in found.values()} <= {"delivered", "relayed"}
        assert "taken as 42" in found["a@example.org"]["answer"]
        assert found["a@example.org"]["status"] == "2.0.0"
        assert "127.0.0.1" in found["b@example.org"]["remote"]
        message, = far.messages
    assert queue(office) == []
    assert message.sender == office.anh
    assert message.recipients == ["a@example.org", "b@example.org"]
    assert b"\r\n\r\nxin chao\r\n" in message.data
    assert "taken as 42" in office.run("trace", number)


def test_each_recipient_has_a_fate_of_its_own(out):
    def rcpt(_, line):
        if "<no@" in line:
            return "550 5.1.1 unknown here"
        return "451 4.2.0 later" if "<later@" in line else "250 2.1.5 ok"
    with FarEnd(RCPT=rcpt) as far:
        office = out(routes=f"*={far.where}")
        number = submit(office, ["yes@example.org", "no@example.org", "later@example.org"])
        waiting = tried(office, number, "later@example.org")
        assert "451 4.2.0 later" in waiting["answer"]
        assert far.messages[0].recipients == ["yes@example.org"]
        entry, = queue(office)
        assert entry["recipients"] == "later@example.org" and entry["attempts"] == 1
        found = settled_but(office, number, "later@example.org")
        assert found["no@example.org"]["result"] == "failed"
        assert found["no@example.org"]["status"] == "5.1.1"


def settled_but(office, number, waiting):
    from harness.outbound import results
    found = results(office, number)
    assert found[waiting]["result"] == "waiting"
    return found


def test_what_fails_is_tried_again(out):
    answers = ["451 4.3.0 not now", "451 4.3.0 not now", "250 2.0.0 at last"]
    with FarEnd(END=lambda session, line: answers.pop(0)) as far:
        office = out(routes=f"*={far.where}", retry_first=1, retry_most=1)
        number = submit(office, "a@example.org")
        assert settled(office, number)["a@example.org"]["answer"].endswith("at last")
        assert answers == [] and len(far.messages) == 1


def test_a_trial_system_sends_nothing_unless_told_to(office):
    submit(office, "a@example.org")
    entry, = queue(office)
    assert entry["attempts"] == 0 and entry["state"] == "waiting"
    assert "event=sending.off" in office.error_text()


def test_lines_that_begin_with_a_dot_arrive_as_they_were(out):
    body = b"." + b"x" * 70000 + b"\r\n..\r\n.\r\nend\r\n.." + b"y" * 40000 + b"\r\n"
    body = b"\r\n".join(line[i:i + 900] for line in body.split(b"\r\n")
                        for i in range(0, max(len(line), 1), 900))
    with FarEnd() as far:
        office = out(routes=f"*={far.where}")
        number = submit(office, "a@example.org", f"From: {office.anh}\r\nSubject: x\r\n\r\n".encode()
                        + body)
        settled(office, number)
        assert far.messages[0].data.endswith(b"\r\n\r\n" + body)


def test_one_connection_carries_many_messages(out):
    with FarEnd() as far:
        office = out(routes=f"*={far.where}", connections=1)
        numbers = [submit(office, f"a{i}@example.org") for i in range(20)]
        for number in numbers:
            settled(office, number)
        assert len(far.messages) == 20 and far.sessions < 5
