"""The power goes under load, at an exact call to the disk: what was not flushed is gone, names whose
folder was not flushed too, or a random part of it survives. What was acknowledged is there, once.

CONGVU_POWER_CUTS says how often (the long run asks for 100), in rounds of 10, each on an installation
of its own."""

import os
import random

import pytest

import shim
from harness.actors import Wrong
from harness.ledger import Ledger
from harness.server import Server, wait_for

CUTS = int(os.environ.get("CONGVU_POWER_CUTS", "6"))
ROUND = 10 if CUTS > 10 else 3


class Machine:
    """An installation on a disk of which a picture is kept, with three users and a ledger."""

    def __init__(self, folder, make_faults, seed):
        self.server = Server(folder / "data").init()
        self.server.start()
        self.server.unit("Sở Thông tin và Truyền thông", "stttt")
        users = [self.server.person(name) for name in
                 ("Trần Văn Anh", "Nguyễn Thị Bình", "Lê Thị Cúc")]
        self.server.stop()
        self.faults = make_faults(self.server.data, picture=True)
        self.ledger = Ledger(self.server, users, seed, outside=users[0])

    def start(self):
        self.server.env = self.faults.env
        self.server.start()

    def cut(self, after, survive, seed):
        """Load until the after-th call from now, and then the dark."""
        self.faults.cut_power_at(after, survive=survive, seed=seed)
        self.ledger.begin()
        wait_for(lambda: not self.server.alive(), 60, "the loss of power")
        self.server.ended()
        self.ledger.end()
        self.faults.power_cut()

    def look_over(self):
        self.server.env = {}
        self.server.start()
        self.ledger.check()
        self.server.stop()
        self.server.doctor()
        self.faults.start_picture()

    def close(self):
        if self.server.process is not None:
            self.server.kill()
        self.server.ports.close()


@pytest.fixture
def machine(tmp_path, make_faults, request):
    made = Machine(tmp_path, make_faults, getattr(request, "param", 0))
    yield made
    made.close()


@pytest.mark.parametrize("machine", range((CUTS + ROUND - 1) // ROUND), indirect=True,
                         ids=lambda n: f"round{n}")
def test_what_was_acknowledged_outlives_the_loss_of_power_under_load(machine, record_property):
    chance = random.Random(machine.ledger.random.random())
    for _ in range(ROUND):
        machine.start()
        machine.cut(int(2 ** chance.uniform(4, 12)), chance.choice([0, 0, 100, 500, 900]),
                    chance.randrange(1 << 30))
        machine.look_over()
    record_property("power cuts", ROUND)
    record_property("acts acknowledged", machine.ledger.acts())
    assert machine.ledger.acts() >= 5 * ROUND, "the load came to nothing, so nothing was proven"


def test_an_installation_just_made_outlives_the_loss_of_power(tmp_path, make_faults):
    folder = tmp_path / "disk"
    folder.mkdir()
    server = Server(folder / "data")
    faults = make_faults(folder, picture=True)
    server.run("init", "--domain", "bacninh.gov.vn", "--port-offset", server.offset,
               env=faults.env)
    faults.power_cut()
    server.start()
    server.close()


def test_a_disk_that_lies_about_flushes_is_found_out(machine):
    """So the ledger and the picture do find a missing flush."""
    machine.start()
    machine.faults.control.lie = 1
    machine.cut(2000, 0, 1)
    with pytest.raises((Wrong, AssertionError)):
        machine.look_over()


def test_a_failing_flush_under_load_tells_nobody_success(machine):
    """The n-th flush of a load fails and the power goes with it: whoever was told 250 has it."""
    chance = random.Random(1)
    for _ in range(3):
        machine.start()
        machine.faults.arm(chance.randint(1, 60), 5, shim.FLUSH)
        machine.ledger.begin()
        wait_for(lambda: not machine.server.alive(), 60, "the end after a failed flush")
        assert machine.server.ended() == 70
        machine.ledger.end()
        machine.faults.power_cut()
        machine.look_over()
