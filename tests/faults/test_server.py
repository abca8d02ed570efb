"""The whole server on a disk that fails: every single write, flush, rename … of a client's day in turn,
from the start of the program to its orderly end. What must hold after each is in sweep.py."""

import pytest

import sweep
from script import Script

CASES = sweep.shards(sweep.CASES, 16)


def furnish(server):
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.users = [server.person("Trần Văn Anh"), server.person("Nguyễn Thị Bình")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    template = sweep.Template(tmp_path_factory.mktemp("template"), furnish)
    yield template
    template.server.ports.close()


@pytest.fixture
def template(made):
    yield made
    made.put_down()


def client(server):
    return Script(server, server.users)


def test_the_script_itself_is_acknowledged_to_its_end(template, make_faults):
    server = template.fresh()
    script = client(server)
    status = sweep.one_day(server, make_faults(server.data), script)
    assert (script.failures, status) == ([], sweep.STOPPED), server.error_text()
    assert script.acts() >= 15
    sweep.after(server, script)


@pytest.mark.parametrize("case", CASES, ids=sweep.name)
def test_each_call_fails_in_turn_and_nothing_acknowledged_is_lost(template, make_faults, case,
                                                                  record_property):
    sweep.sweep(template, make_faults, client, case, 1.5, record_property)
