"""An account as others' servers hold it before its person moves in: filled, moved over IMAP, compared."""

import hashlib
import json
import ssl
from datetime import datetime

from harness.boxes import full, look
from harness.imap import Session, message, utf7
from harness.server import PASSWORD

NAMES = ["INBOX", "Đã gửi đi", "Công văn đến", "Công văn đến/2025", "Lưu trữ", "a & b"]
COUNT = 20  # messages in each
HERE = {"Đã gửi đi": "Sent", "Lưu trữ": "Archive"}  # the names that two of them get


def spelt(there, name):
    return utf7(name.replace("/", there.separator))


def fill(there, user, uses=None):
    """uses: {mailbox: special use} that CREATE asks for."""
    session = Session(there, user)
    for number, name in enumerate(NAMES):
        box = spelt(there, name)
        if name != "INBOX":
            use = f" (USE ({uses[name]}))" if uses and name in uses else ""
            session.ok(f'CREATE "{box}"{use}')
        if number % 2:
            session.ok(f'SUBSCRIBE "{box}"')
        for n in range(COUNT):
            flags = ["", "\\Seen", "\\Answered \\Flagged gap", "\\Draft $Forwarded viec", "\\Deleted"][n % 5]
            session.append(box, message(f"{number}-{n}", "x" * (300_000 if n == 7 else 100)), f"({flags})",
                           f"{n + 1:02d}-Mar-2024 10:20:30 +0700")
    session.socket.close()


def fingerprint(office):
    text = (office.data / "tls" / "certificate.pem").read_text()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()


def moved(office, there, *words, tls="implicit", password=PASSWORD):
    """What `import imap` counted."""
    port = there.port("imaps" if tls == "implicit" else "imap")
    return json.loads(office.run(
        "import", "imap", "127.0.0.1", "--port", port, "--tls", tls, "--fingerprint", fingerprint(office),
        "--password-stdin", *words, "--json", given=password + "\n", timeout=120))


def expected(there, user="an"):
    """What the other server has, under the names that it has here."""
    found = look(there, user)
    return {utf7(HERE.get(name, name)): found[spelt(there, name)] for name in NAMES}


def as_set(boxes):
    """Moments instead of dates, which each server writes in its own zone."""
    return {name: [(frozenset(flags), datetime.strptime(date.strip(), "%d-%b-%Y %H:%M:%S %z"), content)
                   for flags, date, content in rows] for name, rows in full(boxes).items()}
