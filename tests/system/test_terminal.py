"""What an operator sees at a terminal, and only there: progress, and questions for a password that
show nothing of it."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

from harness import mail
from harness.server import PASSWORD, ROOT, SLOWNESS

TABLE = ROOT / "demo" / "bacninh-units-2022.csv"
BAR = re.compile(r"\r\[(#*)(\.*)\] +(\d+) %")


def at_a_terminal(server, *words, answers=()):
    """(status, what the screen got, what standard output got). Each answer is (question, text)."""
    leader, follower = pty.openpty()
    answers = list(answers)
    process = subprocess.Popen([server.program, "--data", server.data, *map(str, words)],
                               stdin=follower, stderr=follower, stdout=subprocess.PIPE,
                               start_new_session=True)
    os.close(follower)
    screen, deadline = b"", time.monotonic() + 60 * SLOWNESS
    try:
        while time.monotonic() < deadline:
            ready, _, _ = select.select([leader], [], [], 0.1)
            if ready:
                try:
                    piece = os.read(leader, 4096)
                except OSError:  # the other end is closed
                    break
                screen += piece
            if answers and answers[0][0].encode() in screen:
                os.write(leader, answers.pop(0)[1].encode() + b"\n")
            if not ready and process.poll() is not None:
                break
        assert not answers, (answers, screen)
        output = process.stdout.read()
        return process.wait(10 * SLOWNESS), screen.decode(), output.decode()
    finally:
        process.kill()
        process.wait()
        os.close(leader)


@pytest.fixture(params=["running", "stopped"])
def place(request, make_server):
    return make_server(start=request.param == "running")


def test_a_long_command_shows_a_bar_that_rises_to_the_end(place):
    status, screen, output = at_a_terminal(place, "unit", "import", TABLE)
    assert status == 0 and "added 135 units" in output
    shown = BAR.findall(screen)
    assert shown and BAR.sub("", screen) == "\r\n", screen
    per_cent = [int(p) for _, _, p in shown]
    assert per_cent == sorted(set(per_cent)) and per_cent[-1] == 100
    assert all(len(done) + len(left) == 40 and len(done) == int(p) * 40 // 100
               for done, left, p in shown)


def test_moving_in_and_out_shows_its_way(office, tmp_path):
    mark = "From dan@example.com Tue Nov 24 08:05:00 2026\n"
    box = tmp_path / "cu.mbox"
    box.write_text("".join(f"{mark}Subject: thu {n}\n\n{'x' * 900}\n\n" for n in range(300)))
    for words in (["import", "mbox", box, "--account", office.anh],
                  ["export", "maildir", "--account", office.anh, "--to", tmp_path / "ra", "--ground", "Số 1"],
                  ["import", "maildir", tmp_path / "ra", "--account", office.binh]):
        status, screen, output = at_a_terminal(office, *words)
        assert status == 0 and "300 thư" in output, (words, screen, output)
        assert BAR.findall(screen)[-1][2] == "100" and not BAR.sub("", screen).strip(), (words, screen)


def test_a_pipe_gets_no_bar(place):
    done = subprocess.run([place.program, "--data", place.data, "unit", "import", TABLE],
                          capture_output=True, text=True, timeout=60 * SLOWNESS, check=True)
    assert done.stderr == "" and "\r" not in done.stdout


def test_doctor_and_backup_show_their_way_too(office, tmp_path):
    for number in range(20):
        mail.send(office, mail.message("dan@example.com", office.anh, str(number), "x" * 900 + "\n"))
    for words in (["doctor"], ["backup", tmp_path / "luu"], ["backup", "--verify", tmp_path / "luu"]):
        status, screen, _ = at_a_terminal(office, *words)
        assert status == 0 and BAR.search(screen) and not BAR.sub("", screen).strip(), (words, screen)


def test_an_error_stands_on_a_line_of_its_own_below_the_bar(place, tmp_path):
    table = tmp_path / "units.csv"
    table.write_text(TABLE.read_text(encoding="utf-8") + "99999,Sai,lạ,,\n", encoding="utf-8")
    status, screen, output = at_a_terminal(place, "unit", "import", table)
    assert (status, output) == (1, "")
    assert re.search(r"\r\nDòng 137, cột \"type\"", screen), screen


def test_a_password_is_asked_for_twice_and_never_shown(place):
    place.unit("Sở Thông tin và Truyền thông", "stttt")
    create = ["account", "create", "--unit", "stttt", "--person", "Trần Văn Anh"]
    status, screen, output = at_a_terminal(place, *create, answers=[
        ("Mật khẩu: ", PASSWORD), ("Nhập lại mật khẩu: ", PASSWORD)])
    assert (status, output) == (0, "tvanh.stttt@bacninh.gov.vn\n") and PASSWORD not in screen
    status, screen, output = at_a_terminal(place, *create, answers=[
        ("Mật khẩu: ", PASSWORD), ("Nhập lại mật khẩu: ", PASSWORD + "x")])
    assert (status, output) == (1, "") and "không giống nhau" in screen and PASSWORD not in screen
    assert place.run("account", "list", "--unit", "stttt").count("\n") == 2


def test_wrong_usage_is_told_before_a_password_is_asked_for(place):
    status, screen, _ = at_a_terminal(place, "account", "create", "--unti", "stttt")
    assert status == 2 and "Mật khẩu" not in screen
