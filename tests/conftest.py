"""Fixtures for every suite that drives the real program."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.outbound import limit, sending  # noqa: E402  (the path is set above)
from harness.server import Server  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def templates(tmp_path_factory):
    """A process makes each kind of new installation once; see harness/server.py."""
    Server.templates = tmp_path_factory.mktemp("templates")


@pytest.fixture
def make_server(tmp_path):
    """make_server() gives a new installation; all are closed after the test. furnish: see Server.init."""
    servers = []

    def make(*options, start=True, furnish=None):
        server = Server(tmp_path / f"data{len(servers)}", options).init(furnish)
        servers.append(server)
        return server.start() if start else server

    yield make
    for server in servers:
        server.close()
    for server in servers:  # all went well: the folder may be in memory
        shutil.rmtree(server.data, ignore_errors=True)


@pytest.fixture
def server(make_server):
    """A running installation without units."""
    return make_server()


@pytest.fixture
def office(make_server):
    """A running installation with one department and two officials: .anh and .binh."""
    return make_server(furnish=furnish)


def furnish(server):
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    server.binh = server.person("Nguyễn Thị Bình")
    return server


@pytest.fixture
def out(make_server):
    """out(routes=…) gives an office that sends, with these settings of the group `sending`; as much
    as it likes when limits are off."""
    def make(start=True, env=None, limits=True, **settings):
        server = sending(make_server(start=False, furnish=furnish), **settings)
        if not limits:
            limit(server, messages=0, recipients=0, outside=0, unit_messages=0, unit_recipients=0,
                  unit_outside=0)
        server.env.update(env or {})
        return server.start() if start else server
    return make


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory):
    """An office that all tests of a file share, for tests that leave others' mail alone."""
    server = Server(tmp_path_factory.mktemp("shared") / "data").init(furnish).start()
    yield server
    server.close()
