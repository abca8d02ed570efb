"""kill -9 at random moments under load: what was acknowledged is there, once; doctor is clean.

CONGVU_KILLS says how often (the long run asks for 200), in rounds of 25, each on an installation of
its own."""

import os
import random
import shutil

import pytest

from harness.actors import Wrong
from harness.ledger import Ledger

KILLS = int(os.environ.get("CONGVU_KILLS", "10"))
ROUND = 25


# [R055]
@pytest.mark.kills
@pytest.mark.parametrize("number", range((KILLS + ROUND - 1) // ROUND))
def test_what_was_acknowledged_outlives_kills_under_load(office, number, record_property):
    kills = min(ROUND, KILLS - number * ROUND)
    users = [office.anh, office.binh, office.person("Lê Thị Cúc")]
    chance = random.Random(20220512 + number)
    ledger = Ledger(office, users, seed=number, outside=office.anh)
    for _ in range(kills):
        before = ledger.acts()
        ledger.load_for(chance.uniform(0.05, 1.2))
        office.kill()
        ledger.end()
        office.doctor()
        office.start()
        ledger.check()
        print(f"{ledger.acts() - before} acknowledged before this kill")
    record_property("kills", kills)
    record_property("acts acknowledged", ledger.acts())
    assert ledger.acts() >= 20 * kills, "the load came to nothing, so nothing was proven"


def test_the_ledger_notices_when_acknowledged_acts_are_missing(office, tmp_path):
    ledger = Ledger(office, [office.anh, office.binh], outside=office.anh)
    for _ in range(2):
        ledger.load_for(0.4)
        ledger.end()
        ledger.check()
        office.stop()
        older = tmp_path / "older"
        if not older.exists():
            shutil.copytree(office.data, older, ignore=shutil.ignore_patterns("*.sock"))
            office.start()
    shutil.rmtree(office.data)
    shutil.copytree(older, office.data)
    office.start()
    with pytest.raises(Wrong):
        ledger.check()
