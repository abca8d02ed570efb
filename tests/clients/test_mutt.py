"""mutt, on a terminal of its own, sends, reads, answers and files."""

import mailbox

import pytest

from harness import mail
from harness.boxes import look
from harness.imap import message, utf7
from harness.server import wait_for

MARK = "From day Tue Nov 24 08:05:00 2026"

SETTINGS = """
set realname="Trần Văn Anh" from="{user}" use_from=yes hostname=may.test
set imap_user="{user}" imap_pass="{password}" smtp_pass="{password}"
set smtp_url="smtp://{name}@127.0.0.1:{submission}/"
set folder="imap://127.0.0.1:{imap}/" spoolfile="+INBOX" record="+Thư đã gửi" postponed="+Thư nháp"
set ssl_starttls=yes ssl_force_tls=yes ssl_verify_host=no ssl_verify_dates=no
set certificate_file="{certificate}" charset=utf-8 send_charset=utf-8
set confirmappend=no confirmcreate=no delete=yes move=no mark_old=no wait_key=no sleep_time=0
set header_cache="" editor="true" autoedit=yes fast_reply=yes include=no abort_unmodified=no
"""


@pytest.fixture
def mutt(office, client, password, terminal):
    settings = client.file("muttrc", SETTINGS.format(
        user=office.anh, name=office.anh.replace("@", "%40"), password=password,
        submission=office.port("submission"), imap=office.port("imap"),
        certificate=office.data / "tls" / "certificate.pem"))

    def on_terminal(keys):
        """Lets mutt press these keys after it opened INBOX."""
        terminal("mutt", "-F", settings, "-e", f'push "{keys}"')

    on_terminal.settings = settings
    return on_terminal


def test_mutt_sends_and_keeps_a_copy(office, client, mutt):
    client.run("mutt", "-F", mutt.settings, "-s", "Kính gửi đồng chí", "--", office.binh,
               given="Nội dung.\n")
    got = mail.arrived(office, office.binh, "Kính gửi đồng chí").get_content()
    assert got.splitlines() == ["Nội dung."]  # MIME's lines end in CRLF
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select('"Th&AbA- &AREA4w- g&Hu0-i"', readonly=True))
        assert len(mail.uids(reader)) == 1


def test_mutt_reads_a_message(office, client, mutt):
    mail.send(office, mail.message("dan@example.com", office.anh, "doc", "Nội dung để đọc.\n"))
    got = client.home / "got"
    mutt(f"<display-message><pipe-message>cat > {got}<enter><exit><quit>")
    assert "Nội dung để đọc." in got.read_text()
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select("INBOX"))
        assert len(mail.uids(reader, "SEEN")) == 1


def test_mutt_files_and_removes_messages(office, mutt):
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}"))
    mutt("<first-entry><save-message>=HoSo<enter><first-entry><next-entry><delete-message>"
         "<sync-mailbox><quit>")

    def counts():
        with mail.imap(office, office.anh) as reader:
            numbers = []
            for box in ("INBOX", "HoSo"):
                status, data = reader.select(box, readonly=True)
                numbers.append(int(data[0]) if status == "OK" else None)
            return numbers == [1, 1]
    wait_for(counts, 5, "one message in each mailbox")


def test_mutt_answers_and_the_original_is_marked(office, mutt):
    mail.send(office, mail.message(office.binh, office.anh, "Hỏi ý kiến", "Đề nghị trả lời.\n"),
              port="submission", user=office.binh)
    mutt("<first-entry><reply><send-message><sync-mailbox><quit>")
    assert mail.arrived(office, office.binh, "Re: Hỏi ý kiến")["In-Reply-To"]
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select("INBOX"))
        assert len(mail.uids(reader, "ANSWERED")) == 1


def test_mutt_flags_and_undeletes(office, mutt):
    for n in range(2):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}"))
    mutt("<first-entry><flag-message><first-entry><delete-message><first-entry><undelete-message>"
         "<last-entry><delete-message><sync-mailbox><quit>")
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select("INBOX"))
        assert mail.uids(reader) == [b"1"] and mail.uids(reader, "FLAGGED") == [b"1"]


def test_an_mbox_that_mutt_wrote_comes_in(office, client, terminal):
    source, out = client.home / "goc", client.home / "ra.mbox"
    box = mailbox.Maildir(source, create=True)
    for n in range(5):
        made = mailbox.MaildirMessage(message(f"thu {n}", f"a\n\n{MARK}\nb"))
        made.set_subdir("cur")
        made.set_flags("S" if n % 2 else "F")
        box.add(made)
    settings = client.file("plainrc", "set mbox_type=mbox confirmappend=no confirmcreate=no delete=no\n"
                                      "set quit=yes wait_key=no sleep_time=0 copy=no mark_old=no "
                                      "sort=subject\n")  # else equal dates come in any order
    for n in range(5):
        terminal("mutt", "-n", "-F", settings, "-f", source, "-e",
                 f'push "<jump>{n + 1}<enter><copy-message>{out}<enter><exit>"')
    office.run("import", "mbox", out, "--account", office.anh, "--mailbox", "Cũ/Mutt")
    found = look(office, office.anh)[utf7("Cũ/Mutt")]
    assert sorted(sorted(flags) for flags, _, _ in found) == [["\\Flagged"]] * 3 + [["\\Seen"]] * 2
    assert all(f"{MARK}\r\nb".encode() in content for _, _, content in found)


# RFC 4978 3: spoken by a client that nobody here wrote, over TLS.
def test_mutt_reads_and_files_compressed(office, client, mutt, terminal):
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}", "đọc\n" * 20000))
    got = client.home / "got"
    with mutt.settings.open("a") as settings:
        settings.write("set imap_deflate=yes\n")
    terminal("mutt", "-d", "2", "-F", mutt.settings, "-e", (
        f'push "<first-entry><display-message><pipe-message>cat > {got}<enter><exit>'
        '<last-entry><save-message>=HoSo<enter><sync-mailbox><quit>"'))
    assert got.read_text().count("đọc") == 20000
    assert "COMPRESS DEFLATE" in (client.home / ".muttdebug0").read_text(errors="replace")
    with mail.imap(office, office.anh) as reader:
        mail.good(reader.select("HoSo"))
        assert len(mail.uids(reader)) == 1
