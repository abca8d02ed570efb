"""What became of a message: found by everything that an operator may have in hand."""

import json
import re
import subprocess
import time

import pytest

from harness import mail
from harness.server import DOMAIN, Refused


@pytest.fixture(scope="module")
def traced(shared_office):
    """An office with four messages: one from outside, one to a colleague and outside, one to both."""
    office = shared_office
    mail.send(office, mail.message("dan@example.com", office.anh, "một", Message_ID="<mot@x.test>"))
    mail.send(office, mail.message(office.anh, [office.binh, "dan@example.com", "xa@example.net"], "hai",
                                   Message_ID="<hai@x.test>"), port="submission", user=office.anh)
    mail.send(office, mail.message("nguoi@example.org", [office.anh, office.binh], "ba",
                                   Message_ID="<ba@x.test>"))
    mail.send(office, mail.message("dan@example.com", office.anh, "bốn"))
    return office


def found(server, *words):
    return json.loads(server.run("trace", *words, "--json"))


def ids(server, *words):
    return [row["id"] for row in found(server, *words)]


def test_a_message_is_found_by_number_message_id_and_address(traced):
    assert ids(traced, "1") == ids(traced, "<mot@x.test>") == ids(traced, "mot@x.test") == [1]
    assert ids(traced, "dan@example.com") == [4, 2, 1]
    assert ids(traced, traced.binh) == ids(traced, traced.binh.upper()) == [3, 2]
    assert ids(traced, "xa@example.net") == [2]
    assert ids(traced, "dan@example.com", "--limit", "2") == [4, 2]


def test_its_way_is_told_from_reception_to_mailbox(traced):
    with mail.imap(traced, traced.binh) as client:
        client.select()
        uid = mail.uids(client, "SUBJECT", "ba")[0].decode()
    row = found(traced, "<ba@x.test>")[0]
    assert (row["sender"], row["door"], row["message_id"]) == ("nguoi@example.org", "smtp", "ba@x.test")
    assert abs(row["received"] / 1e6 - time.time()) < 300
    assert re.search(rf"^{traced.binh} account=\d+ mailbox=INBOX uid={uid}$", row["outcome"], re.M)
    text = traced.run("trace", "<ba@x.test>")
    assert f"-> {traced.anh} account=" in text and f"session {row['session']} " in text
    assert f"session={row['session']} " in traced.error_text()


def test_an_entry_of_the_queue_leads_back_to_its_message_even_when_it_is_gone(traced):
    entries = json.loads(traced.run("queue", "list", "--json"))
    assert {e["domain"] for e in entries} == {"example.com", "example.net"}
    for entry in entries:
        assert ids(traced, "--queue", entry["id"]) == [2] == [entry["intake"]]
    traced.run("queue", "drop", entries[0]["id"])
    assert ids(traced, "--queue", entries[0]["id"]) == [2]
    with pytest.raises(Refused, match="không thấy thư"):
        traced.run("trace", "--queue", "99")


def test_a_session_and_a_time_narrow_what_is_found(traced):
    row = found(traced, "3")[0]
    assert ids(traced, "--session", row["session"]) == [3]

    def vietnam(moment, form="%Y-%m-%d %H:%M:%S"):
        return time.strftime(form, time.gmtime(moment + 7 * 3600))
    received = row["received"] / 1e6
    assert ids(traced, "--since", vietnam(received - 3600)) == [4, 3, 2, 1]
    assert ids(traced, "--since", vietnam(received, "%Y-%m-%d"), traced.binh) == [3, 2]
    assert ids(traced, "--until", vietnam(received, "%Y-%m-%d"), traced.binh) == [3, 2]
    assert ids(traced, "--until", vietnam(received + 60, "%Y-%m-%dT%H:%M"), "<ba@x.test>") == [3]
    for words in (["--since", vietnam(received + 3600)], ["--until", vietnam(received - 86400)],
                  ["--until", vietnam(received - 3600), traced.binh]):
        with pytest.raises(Refused) as refused:
            traced.run("trace", *words)
        assert refused.value.status == 1, words


@pytest.mark.parametrize(("words", "says"), [
    ([], "tìm thư nào"), (["--queue", "x"], "--queue phải là một số"), (["--queue", "0"], "--queue"),
    (["1", "--limit", "0"], "--limit"), (["--since", "24/11/2026"], "--since"),
    (["--since", "2026-11-24 8:05"], "--since"), (["--until", "2026-11-24 24:00"], "--until"),
    (["--until", "2026-11-24 08:05:00 x"], "--until"), (["--since", "2026-02-30"], "--since"),
    (["--since", ""], "--since")])
def test_what_cannot_be_looked_for_is_told(traced, words, says):
    with pytest.raises(Refused) as refused:
        traced.run("trace", *words)
    assert refused.value.status == 2 and says in refused.value.output


def test_a_reader_that_takes_no_more_than_the_first_line_hurts_nobody(traced):
    done = subprocess.run(f"{traced.program} --data {traced.data} trace dan@example.com | head -1",
                          shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout.startswith("4  ") and done.stderr == ""
    assert traced.alive() and DOMAIN in traced.run("account", "list")
