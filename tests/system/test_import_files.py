"""Mail of other systems in, from mbox and Maildir, and out again: nothing twice, nothing lost, flags,
dates and folders as they were."""

import json
import mailbox
import os
import subprocess
import time

import pytest

from harness.boxes import contents, full, look, subscribed
from harness.imap import Session, message, utf7
from harness.server import SLOWNESS, Refused

GROUND = ("--ground", "Số 7/QĐ-TTr ngày 20/11/2026")
MARK = b"From dan@example.com Tue Nov 24 08:05:00 2026\n"


def mbox_of(path, messages):
    with path.open("wb") as file:
        for raw in messages:
            file.write(MARK + raw.replace(b"\r\n", b"\n") + b"\n")
    return path


def moved(server, *words, **how):
    return json.loads(server.run("import", *words, "--json", **how))


def refused(server, *words):
    with pytest.raises(Refused) as caught:
        server.run(*words)
    return caught.value.output


@pytest.fixture(params=["running", "stopped"])
def place(request, make_server, office):
    """An office whose server runs or not; .look() starts it when it must."""
    def seen(user=None):
        if not office.alive():
            office.start()
        found = look(office, user or office.anh)
        if request.param == "stopped":
            office.stop()
        return found
    office.look = seen
    if request.param == "stopped":
        office.stop()
    return office


# ------------------------------------------------------------------------------------------ mbox

def test_an_mbox_of_python_comes_in_once_however_often(place, tmp_path):
    box = mailbox.mbox(tmp_path / "cu.mbox")
    for n in range(30):
        made = mailbox.mboxMessage(message(f"thu {n}", "noi dung\nFrom day\n"
                                           if n % 3 == 0 else f"so {n}"))
        made.set_from("dan@example.com", time.gmtime(1_700_000_000 + n))
        made.set_flags("RF" if n % 2 else "O")
        box.add(made)
    box.add(box[0])  # the same message twice in the source stays two
    box.flush()
    counts = moved(place, "mbox", tmp_path / "cu.mbox", "--account", place.anh)
    assert (counts["taken"], counts["had"], counts["left"]) == (31, 0, 0)
    again = moved(place, "mbox", tmp_path / "cu.mbox", "--account", place.anh)
    assert (again["taken"], again["had"], again["left"]) == (0, 31, 0)
    found = place.look()["INBOX"]
    assert len(found) == 31
    for n, (flags, date, content) in enumerate(found[:30]):
        assert flags == ({"\\Seen", "\\Flagged"} if n % 2 else set())
        assert f"Subject: thu {n}\r\n".encode() in content and b"Status" not in content
        if n % 3 == 0:
            assert content.endswith(b"noi dung\r\nFrom day\r\n\r\n")
    assert found[0][1] == "15-Nov-2023 05:13:20 +0700"
    box.add(mailbox.mboxMessage(message("sau")))
    box.flush()
    assert moved(place, "mbox", tmp_path / "cu.mbox", "--account", place.anh)["taken"] == 1


def test_lines_nul_and_eight_bits_come_in_as_they_can(office, tmp_path):
    path = tmp_path / "la.mbox"
    path.write_bytes(MARK + b"Subject: a\r\n\r\n\xe1\x00\xff\r\n\n" + MARK + b"\n\nb" + b"x" * 200_000)
    counts = moved(office, "mbox", path, "--account", office.anh)
    assert (counts["taken"], counts["with_nul"]) == (2, 1)
    assert contents(look(office, office.anh)) == [b"Subject: a\r\n\r\n\xe1\x80\xff\r\n",
                                                  b"\r\n\r\nb" + b"x" * 200_000]


def test_what_cannot_be_moved_is_told_before_anything_is_done(office, tmp_path):
    path = tmp_path / "thu.txt"
    path.write_text("Kính gửi\n")
    assert "không phải dạng mbox" in refused(office, "import", "mbox", path, "--account", office.anh)
    assert "khong-co" in refused(office, "import", "mbox", tmp_path / "khong-co", "--account", office.anh)
    assert "là thư mục" in refused(office, "import", "mbox", tmp_path, "--account", office.anh)
    assert "không phải Maildir" in refused(office, "import", "maildir", tmp_path, "--account", office.anh)
    mbox_of(path, [message()])
    assert "khongco" in refused(office, "import", "mbox", path, "--account", "khongco")
    office.run("account", "close", office.binh, "--ground", "x")
    assert "đã hủy bỏ" in refused(office, "import", "mbox", path, "--account", office.binh)
    assert full(look(office, office.anh)) == {}


def test_a_full_mailbox_says_so_and_goes_on_when_there_is_room(office, tmp_path):
    office.run("account", "quota", office.anh, "1GB")  # the regulation's least
    big = [message(f"thu {n}", "x" * 9_000_000) for n in range(12)]
    path = mbox_of(tmp_path / "to.mbox", big * 10)
    said = refused(office, "import", "mbox", path, "--account", office.anh, "--json")
    counts = json.loads(said.split("congvu: ")[0])
    assert "đã đầy" in said and "account quota" in said
    assert 110 <= counts["taken"] < 120 and counts["left"] + counts["taken"] <= 120
    office.run("account", "quota", office.anh, "2GB")
    again = moved(office, "mbox", path, "--account", office.anh)
    assert (again["taken"] + counts["taken"], again["left"]) == (120, 0)


def test_forgotten_mail_is_taken_again(office, tmp_path):
    path = mbox_of(tmp_path / "a.mbox", [message()])
    for expected in (1, 0):
        assert moved(office, "mbox", path, "--account", office.anh)["taken"] == expected
    assert "1 messages" in office.run("import", "forget", office.anh)
    assert moved(office, "mbox", path, "--account", office.anh)["taken"] == 1
    session = Session(office, office.anh)
    session.ok("SELECT INBOX")
    session.ok("STORE 1:* +FLAGS (\\Deleted)")
    session.ok("EXPUNGE")
    assert moved(office, "mbox", path, "--account", office.anh)["had"] == 1  # deleted stays deleted
    acts = {a["act"] for a in json.loads(office.run("audit", "list", "--json"))}
    assert {"mail.import", "mail.import.forget"} <= acts


# --------------------------------------------------------------------------------------- Maildir

def make_maildir(path):
    box = mailbox.Maildir(path, create=True)
    below = [box.add_folder(name) for name in ("Sent", utf7("Công văn") + ".2025", "Lưu")]
    for number, folder in enumerate([box, *below]):
        for n in range(4):
            made = mailbox.MaildirMessage(message(f"{number}-{n}"))
            made.set_date(1_700_000_000 + n)
            if n:
                made.set_subdir("cur")
                made.set_flags(["", "S", "FRS", "Pb"][n])
            folder.add(made)
    for name in ("", ".Lưu"):
        (path / name / "dovecot-keywords").write_text("0 gap\n1 viec\n")
    (path / "subscriptions").write_text(f"Sent\n{utf7('Công văn')}.2025\n")
    os.symlink("/etc/passwd", path / "cur" / "1700000009.M1.x:2,S")
    return path


def test_a_maildir_comes_in_with_folders_flags_dates_and_subscriptions(place, tmp_path):
    path = make_maildir(tmp_path / "Maildir")
    said = refused(place, "import", "maildir", path, "--account", place.anh, "--json")
    counts = json.loads(said.split("congvu: ")[0])
    assert (counts["taken"], counts["left"], counts["folders"]) == (16, 1, 4)
    assert "1700000009.M1.x" in counts["reasons"][0]["what"]
    found = place.look()
    assert set(full(found)) == {"INBOX", "Sent", utf7("Công văn/2025"), utf7("Lưu")}
    for name in ("INBOX", utf7("Lưu")):
        assert [sorted(flags) for flags, _, _ in found[name]] == [
            [], ["\\Seen"], ["\\Answered", "\\Flagged", "\\Seen"], ["$Forwarded", "viec"]]
        assert [date for _, date, _ in found[name]] == [
            f"15-Nov-2023 05:13:{20 + n} +0700" for n in range(4)]
    again = json.loads(refused(place, "import", "maildir", path, "--account", place.anh,
                               "--json").split("congvu: ")[0])
    assert (again["taken"], again["had"]) == (0, 16)
    if not place.alive():
        place.start()
    names = subscribed(place, place.anh)
    assert utf7("Công văn/2025") in names and utf7("Lưu") not in names


def test_moving_in_is_on_record_with_its_source(office, tmp_path):
    path = mbox_of(tmp_path / "a.mbox", [message()])
    assert moved(office, "mbox", path, "--account", office.anh, *GROUND)["taken"] == 1
    trail = json.loads(office.run("audit", "list", "--json"))[0]
    assert (trail["act"], trail["subject"], trail["ground"]) == ("mail.import", office.anh, GROUND[1])
    assert str(path) in json.dumps(trail)


# ---------------------------------------------------------------------------------------- export

def furnish(server):
    """Something of everything that a mailbox can hold."""
    session = Session(server, server.anh)
    names = ["Dự án", "Dự án/2025", "a.b", "a", "a/b", "x" * 300, "&", "Có dấu"]
    for name in names:
        session.ok(f'CREATE "{utf7(name)}"')
    session.ok(f'SUBSCRIBE "{utf7("a.b")}"')
    raws = [message("thường"), message("From", "From day\r\n>From do\r\n\r\nFrom a Tue Nov 24 08:05:00 "
                                       "2026\r\n"),
            b"Subject: khong co dong trong\r\n", b"Subject: x\r\n\r\nkhong het dong", b"\r\n",
            b"Status: 5.1.1\r\nX-Status: F\r\n\r\nx\r\n", b"Subject: le\n\nbare\rcr\nlf\r\n",
            b"Content-Length: 3\r\n\r\nabcdef\r\n", message("to", "y" * 300_000)]
    flags = ["", "(\\Seen)", "(\\Answered \\Flagged gap)", "(\\Draft viec $Forwarded)", "(\\Deleted)"]
    for number, name in enumerate(["INBOX", "Sent", *map(utf7, names[:4])]):
        for n, raw in enumerate(raws):
            session.append(name, raw, flags[(n + number) % len(flags)],
                           f"{n + 1:02d}-Jan-2026 10:20:{number:02d} +0700")
    for n in range(40):  # more keywords than a Maildir has letters for
        session.append(utf7("Có dấu"), message(str(n)), f"(tu-khoa-{n})")
    session.socket.close()


@pytest.mark.parametrize("form", ["mbox", "maildir"])
def test_what_is_exported_comes_in_again_as_it_was(place, tmp_path, form):
    if not place.alive():
        place.start()
        furnish(place)
        place.stop()
    else:
        furnish(place)
    before = place.look()
    to = tmp_path / "ra"
    said = place.run("export", form, "--account", place.anh, "--to", to, *GROUND)
    assert "đã xuất 94 thư" in said
    assert (to / "congvu-mailboxes").read_text().endswith(f"end {len(before)}\n")
    counts = moved(place, form, to, "--account", place.binh)
    assert (counts["taken"], counts["left"], counts["without_keywords"]) == (94, 0, 0)
    assert place.look(place.binh) == before
    assert moved(place, form, to, "--account", place.binh)["had"] == 94
    if not place.alive():
        place.start()
    assert subscribed(place, place.binh) == subscribed(place, place.anh)


def test_exporting_needs_a_ground_and_a_new_folder_and_is_on_record(office, tmp_path):
    """[R052] [Điều 10.1.c]"""
    where = ("--account", office.anh, "--to", tmp_path / "ra")
    assert "căn cứ" in refused(office, "export", "mbox", *where)
    assert "căn cứ" in refused(office, "export", "mbox", *where, "--ground", "  ")
    assert not (tmp_path / "ra").exists()
    assert "khongco" in refused(office, "export", "mbox", "--account", "khongco", "--to", tmp_path / "ra",
                                *GROUND)
    assert not (tmp_path / "ra").exists()
    before = len(json.loads(office.run("audit", "list", "--json")))
    office.run("export", "mbox", *where, *GROUND)
    trail = json.loads(office.run("audit", "list", "--json"))
    assert len(trail) == before + 1
    assert (trail[0]["act"], trail[0]["subject"], trail[0]["ground"]) == ("mail.export", office.anh,
                                                                        GROUND[1])
    assert "đã có" in refused(office, "export", "mbox", *where, *GROUND)
    assert "căn cứ" in refused(office, "export", "stream", office.anh, "--kind", "mbox", "--to", "x")


def test_other_programs_read_what_is_exported(office, tmp_path):
    furnish(office)
    office.run("export", "mbox", "--account", office.anh, "--to", tmp_path / "m", *GROUND)
    box = mailbox.mbox(tmp_path / "m" / "INBOX.mbox")
    assert len(box) == 9 and box[1].get_flags() == "RO" and "thường".encode() in box.get_bytes(0)
    office.run("export", "maildir", "--account", office.anh, "--to", tmp_path / "d", *GROUND)
    box = mailbox.Maildir(tmp_path / "d", create=False)
    assert len(box) == 9 and len(box.get_folder(utf7("Có dấu"))) == 40
    flags = sorted(m.get_flags() for m in box)
    assert flags.count("S") == 2


# ------------------------------------------------------------------------------------ interrupted

def test_a_run_that_is_killed_goes_on_where_it_was(office, tmp_path):
    raws = [message(f"thu {n}", "noi dung " * 200) for n in range(4000)]
    path = mbox_of(tmp_path / "nhieu.mbox", raws)
    for turn in range(6):  # the command, or the server too, in the middle of it
        process = subprocess.Popen([office.program, "--data", office.data, "import", "mbox", path,
                                    "--account", office.anh], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.15 * SLOWNESS)
        if turn % 2:
            office.kill()
        process.kill()
        process.wait()
        if turn % 2:  # only now: without a server the command would have the folder's lock
            office.start()
    last = moved(office, "mbox", path, "--account", office.anh, timeout=120)
    assert last["taken"] + last["had"] == 4000 and last["left"] == 0
    found = contents(look(office, office.anh))
    assert sorted(found) == sorted(raws)
