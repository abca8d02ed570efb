"""Two servers on one data directory: one serves, the other is told which process is there."""

import subprocess

from harness.ledger import Ledger
from harness.server import wait_for


def serve(server):
    return subprocess.Popen([server.program, "--data", server.data, "serve"], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_of_servers_started_at_once_exactly_one_serves(make_server):
    server = make_server(start=False)
    for _ in range(3):
        running = [serve(server) for _ in range(6)]
        wait_for(lambda: sum(p.poll() is None for p in running) == 1, 20, "all but one to end")
        winner, = (p for p in running if p.poll() is None)
        for process in running:
            if process is not winner:
                out, errors = process.communicate()
                assert process.returncode == 1 and "ready" not in out
                assert str(winner.pid) in errors, errors
        assert winner.stdout.readline() == "congvu: ready\n"
        winner.terminate()
        winner.communicate()
        assert winner.returncode == 0


def test_a_second_server_under_load_changes_nothing_and_one_after_a_kill_takes_over(office):
    ledger = Ledger(office, [office.anh, office.binh], outside=office.anh)
    ledger.load_for(0.3)
    for _ in range(3):
        second = serve(office)
        second.communicate(timeout=30)
        assert second.returncode == 1
    assert office.alive()
    office.kill()
    office.start()  # at once: the lock died with the process
    ledger.end()
    ledger.check()
