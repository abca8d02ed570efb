"""The administration on a disk that fails: office_day.py's acts, every call to the disk failing in
turn. What must hold after each is in sweep.py."""

import errno

import pytest

import office_day
import sweep

# In ./test the kinds that a commit consists of; the rest is the same code as in test_server.py.
CASES = sweep.shards(sweep.CASES if sweep.SWEEP else [("flush", errno.EIO), ("write", errno.ENOSPC)], 16)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    template = sweep.Template(tmp_path_factory.mktemp("template"), office_day.furnish)
    yield template
    template.server.ports.close()


@pytest.fixture
def template(made):
    yield made
    made.put_down()


@pytest.fixture
def day(tmp_path_factory):
    """day(server) with a folder of its own."""
    return lambda server: office_day.OfficeDay(server, tmp_path_factory.mktemp("day"))


def test_every_act_of_the_day_is_acknowledged(template, make_faults, day):
    server = template.fresh()
    script = day(server)
    status = sweep.one_day(server, make_faults(server.data), script)
    assert (script.failures, status) == ([], sweep.STOPPED), server.error_text()
    assert len(script.done) == 18 and script.done["hold"], script.done
    sweep.after(server, script)


@pytest.mark.parametrize("case", CASES, ids=sweep.name)
def test_each_call_fails_in_turn_and_every_act_is_there_whole_or_not(template, make_faults, day, case,
                                                                     record_property):
    sweep.sweep(template, make_faults, day, case, 3, record_property)
