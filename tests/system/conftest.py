"""Fixtures of the IMAP tests: one server for a file, a mailbox of its own for each test."""

import itertools

import pytest

from harness.imap import Session

numbers = itertools.count(1)


@pytest.fixture
def connect(shared_office):
    """connect(user) gives a signed-in Session; all end after the test."""
    opened = []

    def make(user="", **how):
        server = how.pop("server", shared_office)
        who = {"": server.anh, "binh": server.binh}.get(user, user)
        opened.append(Session(server, who, **how))
        return opened[-1]

    yield make
    for session in opened:
        session.socket.close()


@pytest.fixture
def box(connect):
    """The name of an empty mailbox of .anh that no other test uses."""
    name = f"Hop{next(numbers)}"
    with_it = connect()
    with_it.ok(f"CREATE {name}")
    return name


@pytest.fixture
def opened(connect, box):
    """A Session of .anh with an empty mailbox selected; its name is opened.box."""
    session = connect()
    session.box = box
    session.ok(f"SELECT {box}")
    return session
