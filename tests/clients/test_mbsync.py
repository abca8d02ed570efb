"""mbsync keeps a Maildir in step with the server, both ways."""

import subprocess

import pytest

from harness import mail
from harness.imap import Session, message, utf7

SETTINGS = """
IMAPAccount work
Host localhost
Port {port}
User {user}
Pass {password}
SSLType {tls}
CertificateFile {certificate}

IMAPStore there
Account work

MaildirStore here
Path {maildir}/
Inbox {maildir}/INBOX
SubFolders Verbatim

Channel all
Far :there:
Near :here:
Patterns *
Create Both
Expunge Both
SyncState *
"""


def localhost_certificate(office):
    """mbsync insists on the name in the certificate, so the server gets one for localhost."""
    office.stop()
    certificate = office.data / "tls" / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout",
                    office.data / "tls" / "key.pem", "-out", certificate],
                   check=True, capture_output=True)
    office.start()
    return certificate


@pytest.fixture
def sync(office, client, password):
    trust = localhost_certificate(office)

    def make(tls="STARTTLS"):
        maildir = client.home / "mail"
        maildir.mkdir(exist_ok=True)
        port = office.port("imaps" if tls == "IMAPS" else "imap")
        settings = client.file("mbsyncrc", SETTINGS.format(
            port=port, user=office.anh, password=password, tls=tls, maildir=maildir,
            certificate=trust))
        return lambda: client.run("mbsync", "-c", settings, "-a"), maildir / "INBOX"
    return make


def files(box):
    return sorted(p for part in ("new", "cur") for p in (box / part).iterdir())


@pytest.mark.parametrize("tls", ["STARTTLS", "IMAPS"])
def test_mbsync_brings_new_mail(office, sync, tls):
    for n in range(3):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}"))
    run, box = sync(tls)
    run()
    text = [p.read_text() for p in files(box)]
    assert sorted(line for t in text for line in t.split("\n") if line.startswith("Subject:")) == \
        [f"Subject: thu {n}" for n in range(3)]


def test_mbsync_carries_flags_removals_and_new_messages_both_ways(office, sync):
    for n in range(2):
        mail.send(office, mail.message("dan@example.com", office.anh, f"thu {n}"))
    run, box = sync()
    run()
    first, second = files(box)
    # Here: the first is read and flagged, the second thrown away, a third laid in.
    first.rename(box / "cur" / (first.name.split(":")[0] + ":2,FS"))
    second.unlink()
    (box / "cur" / "1234.local:2,S").write_text("Subject: tu may\nFrom: a@b.example\n\nchao\n")
    run()
    with mail.imap(office, office.anh) as client:
        mail.good(client.select("INBOX"))
        assert len(mail.uids(client)) == 2
        assert len(mail.uids(client, "FLAGGED", "SEEN")) == 1
        assert len(mail.uids(client, "SUBJECT", '"tu may"')) == 1
        # There: the flag goes, the third is removed.
        flagged = mail.uids(client, "FLAGGED")[0]
        mail.good(client.uid("STORE", flagged, "-FLAGS", r"(\Flagged)"))
        third = mail.uids(client, "SUBJECT", '"tu may"')[0]
        mail.good(client.uid("STORE", third, "+FLAGS", r"(\Deleted)"))
        mail.good(client.expunge())
    run()
    assert [p.name.split(":2,")[1] for p in files(box)] == ["S"]


def test_mbsync_makes_folders_on_the_other_side(office, sync):
    run, box = sync()
    run()
    new = box.parent / "Ho so"
    for part in ("new", "cur", "tmp"):
        (new / part).mkdir(parents=True)
    run()
    with mail.imap(office, office.anh) as client:
        assert any(b"Ho so" in line for line in mail.good(client.list()))


def test_mbsync_keeps_many_vietnamese_folders_in_step(office, sync):
    names = [f"Công văn {n}/Đến/Hồ sơ số {n}" for n in range(15)]
    with Session(office, office.anh) as session:
        for n, name in enumerate(names):
            session.ok(f'CREATE "{utf7(name)}"')
            session.append(utf7(name), message(f"thu {n}"), r"(\Seen)" if n % 2 else "")
        run, box = sync()
        run()
        found = {p.read_text() for p in box.parent.rglob("cur/*")} | {
            p.read_text() for p in box.parent.rglob("new/*")}
        assert len(found) == 15
        # Both sides change the same folder: here one is laid in, there one is flagged.
        folder = next(p for p in box.parent.rglob("cur") if any(p.iterdir())).parent
        (folder / "cur" / "77.local:2,F").write_text("Subject: tu may\nFrom: a@b.example\n\nx\n")
        before = session.ok('LIST "" *').names()
        for name in names:
            session.ok(f'SELECT "{utf7(name)}"')
            session.ok(r"STORE 1 +FLAGS (\Answered)")
        run()
        assert sum("R" in p.name.split(":2,")[-1] for p in box.parent.rglob("cur/*")) == 15
        total = sum(session.ok(f'STATUS "{utf7(name)}" (MESSAGES)').status_of(
            utf7(name))["MESSAGES"] for name in names)
        assert total == 16
        assert session.ok('LIST "" *').names() == before
        run()  # nothing left to do: nothing is doubled
        assert len(list(box.parent.rglob("cur/*")) + list(box.parent.rglob("new/*"))) == 16


def test_mbsync_takes_over_what_was_removed_on_both_sides(office, sync):
    with Session(office, office.anh) as session:
        for n in range(6):
            session.append("INBOX", message(f"thu {n}"))
        run, box = sync()
        run()
        files(box)[0].unlink()
        session.ok("SELECT INBOX")
        session.ok(r"STORE 6 +FLAGS.SILENT (\Deleted)")
        session.ok("EXPUNGE")
        run()
        session.ok("NOOP")
        assert len(session.ok("UID SEARCH ALL").search()) == 4 == len(files(box))
