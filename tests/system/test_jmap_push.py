"""JMAP's push by EventSource (RFC 8620 7.1, 7.3)."""

import json

import pytest

from harness import jmap, mail
from harness.jmap import Client


class Events:
    """An open event stream; next() gives (name, id, data) of the next event."""

    def __init__(self, server, who, query, headers=None):
        self.client = Client(server, who)
        link = self.client.link
        link.request("GET", "/jmap/eventsource?" + query,
                     headers={**self.client.headers, **(headers or {})})
        self.answer = link.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")

    def next(self):
        event = {"data": ""}
        while True:
            line = self.answer.readline().decode()
            if line == "":
                return None
            if line.strip() == "" and event["data"]:
                return event.get("event"), event.get("id"), json.loads(event["data"])
            name, _, value = line.rstrip("\r\n").partition(":")
            if name == "data":
                event["data"] += value.strip()
            elif name in ("event", "id"):
                event[name] = value.strip()

    def close(self):
        self.client.close()


@pytest.fixture(scope="module")
def client(shared_office):
    made = Client(shared_office, shared_office.anh)
    yield made
    made.close()


# RFC 8620 7.3
def test_a_delivered_mail_is_told_with_the_new_states(client, shared_office):
    events = Events(shared_office, client.who, "types=*&closeafter=no&ping=0")
    mail.send(shared_office, mail.message("dan@example.com", client.who, "Tin mới"))
    name, identity, data = events.next()
    assert name == "state" and data["@type"] == "StateChange" and identity
    changed = data["changed"][client.account]
    assert set(changed) == {"Mailbox", "Thread", "Email"}
    assert changed["Email"] == client.state()
    client.call("Mailbox/set", create={"m": {"name": "Đẩy"}})
    assert events.next()[2]["changed"][client.account]["Mailbox"] == client.state()
    events.close()
    # Who comes again with the id of an older event is told what was missed, who has the last is not.
    again = Events(shared_office, client.who, "types=Email&closeafter=state&ping=0",
                   {"Last-Event-ID": identity})
    assert again.next()[2]["changed"] == {client.account: {"Email": client.state()}}
    assert again.next() is None  # closeafter=state
    again.close()


def test_only_the_types_that_are_wanted_are_told(client, shared_office):
    events = Events(shared_office, client.who, "types=Mailbox,Khac&closeafter=state&ping=60")
    client.put(client.role("inbox"), jmap.text("Nhập"))
    assert events.next()[2]["changed"] == {client.account: {"Mailbox": client.state()}}
    assert events.next() is None
    events.close()


def test_nobody_listens_without_signing_in_and_wrong_questions_are_refused(client):
    for query in ("types=*&closeafter=khac&ping=0", "types=*&closeafter=no&ping=x",
                  "types=*&closeafter=no&ping=-1"):
        assert client.ask("GET", "/jmap/eventsource?" + query)[0] == 400
    wrong = Client(client.server, client.who, "sai")
    assert wrong.ask("GET", "/jmap/eventsource?types=*&closeafter=no&ping=0")[0] == 401
    wrong.close()


def test_a_stream_ends_with_its_account(client, shared_office):
    events = Events(shared_office, shared_office.binh, "types=*&closeafter=no&ping=0")
    shared_office.run("account", "lock", shared_office.binh, "--ground", "Số 9")
    assert events.next() is None
    shared_office.run("account", "unlock", shared_office.binh, "--ground", "Số 10")
    events.close()
