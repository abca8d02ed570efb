"""neomutt has an IMAP library of its own by now: it lists, reads and files."""

import pytest

from harness import mail
from harness.imap import Session

SETTINGS = """
set from="{user}" imap_user="{user}" imap_pass="{password}"
set folder="imap://127.0.0.1:{imap}/" spoolfile="+INBOX" header_cache=""
set ssl_starttls=no ssl_force_tls=no charset=utf-8 imap_qresync={qresync} imap_condstore=yes
set confirmappend=no confirmcreate=no delete=yes move=no mark_old=no wait_key=no sleep_time=0
set imap_check_subscribed=yes imap_list_subscribed=no
"""


@pytest.mark.parametrize("qresync", ["yes", "no"])
def test_neomutt_reads_flags_and_files(office, client, password, terminal, qresync):
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}", f"than {n}\n"))
    settings = client.file("neomuttrc", SETTINGS.format(
        user=office.anh, password=password, imap=office.port("imap"), qresync=qresync))
    got = client.home / "got"
    terminal("neomutt", "-F", settings, "-e", (
        f'push "<first-entry><display-message><pipe-message>cat > {got}<enter><exit>'
        '<flag-message><last-entry><save-message>=HoSo<enter><sync-mailbox><quit>"'))
    assert "than 0" in got.read_text()
    with Session(office, office.anh) as session:
        session.ok("SELECT INBOX")
        assert session.ok("UID SEARCH ALL").search() == [1, 2]
        assert session.ok("UID SEARCH SEEN FLAGGED").search() == [1]
        session.ok("SELECT HoSo")
        assert len(session.ok("UID SEARCH ALL").search()) == 1
