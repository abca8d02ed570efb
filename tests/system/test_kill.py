"""kill -9 at random moments under load: what was acknowledged is there, once; doctor is clean.

CONGVU_KILLS says how often (the long run asks for 200)."""

import os
import random

import pytest

from harness.ledger import Ledger

KILLS = int(os.environ.get("CONGVU_KILLS", "4"))


@pytest.mark.kills
def test_what_was_acknowledged_outlives_kills_under_load(office):
    users = [office.anh, office.binh, office.person("Lê Thị Cúc")]
    chance = random.Random(20220512)
    ledger = Ledger(office, users, seed=20220512)
    for _ in range(KILLS):
        before = len(ledger.acknowledged)
        ledger.load_for(chance.uniform(0.05, 1.2))
        office.kill()
        ledger.end()
        office.doctor()
        office.start()
        ledger.check()
        print(f"{len(ledger.acknowledged) - before} acknowledged before this kill")
    assert len(ledger.acknowledged) >= KILLS, "the load came to nothing, so nothing was proven"
