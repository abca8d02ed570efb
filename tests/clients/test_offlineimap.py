"""offlineimap keeps a Maildir in step with the server, both ways, by its own algorithm."""

import pytest

from harness.imap import Session, message, utf7

SETTINGS = """
[general]
accounts = work
metadata = {home}/metadata
ui = basic
[Account work]
localrepository = here
remoterepository = there
[Repository here]
type = Maildir
localfolders = {home}/mail
[Repository there]
type = IMAP
remotehost = 127.0.0.1
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = no
starttls = no
"""


@pytest.fixture
def sync(office, client, password):
    settings = client.file("offlineimaprc", SETTINGS.format(
        home=client.home, port=office.port("imap"), user=office.anh, password=password))
    return lambda: client.run("offlineimap", "-c", settings, "-o", timeout=120)


def files(box):
    return sorted(p for part in ("new", "cur") for p in (box / part).iterdir())


def test_offlineimap_carries_changes_both_ways(office, client, sync):
    name = utf7("Công văn đến")
    with Session(office, office.anh) as session:
        session.ok(f'CREATE "{name}"')
        for n in range(4):
            session.append(name, message(f"thu {n}"))
        sync()
        box = client.home / "mail" / name
        assert len(files(box)) == 4
        # Here one is read and flagged, one is thrown away; there one is answered, one comes.
        first, second, *_ = files(box)
        first.rename(box / "cur" / (first.name.split(":")[0] + ":2,FS"))
        second.unlink()
        session.ok(f'SELECT "{name}"')
        session.ok(r"UID STORE 4 +FLAGS (\Answered)")
        session.append(name, message("moi"))
        sync()
        session.ok("NOOP")
        assert len(session.ok("UID SEARCH ALL").search()) == 4
        assert len(session.ok("SEARCH SEEN FLAGGED").search()) == 1
        assert len(files(box)) == 4
        assert sum(p.name.endswith("R") for p in files(box)) == 1
        before = [p.name for p in files(box)]
        sync()
        assert [p.name for p in files(box)] == before
