"""Mail through Python's own clients: smtplib and imaplib."""

import email
import email.policy
import imaplib
import smtplib
import ssl
from email.message import EmailMessage

from harness.server import PASSWORD, SLOWNESS, wait_for

TIMEOUT = 20 * SLOWNESS


def unverified():
    """The certificate of a new installation is its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reads no list of authorities: quick
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def message(sender, recipients, subject="Chào", text="Nội dung thư.\n", **headers):
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipients if isinstance(recipients, str) else ", ".join(recipients)
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def smtp(server, port="smtp", user=None, password=PASSWORD, starttls=False):
    """A connected client after EHLO, signed in when a user is given."""
    if port == "submissions":
        client = smtplib.SMTP_SSL("127.0.0.1", server.port(port), timeout=TIMEOUT,
                                  local_hostname="may.test", context=unverified())
    else:
        client = smtplib.SMTP("127.0.0.1", server.port(port), timeout=TIMEOUT,
                              local_hostname="may.test")
    client.ehlo()
    if starttls:
        client.starttls(context=unverified())
        client.ehlo()
    if user:
        client.login(user, password)
    return client


def send(server, mail, sender=None, recipients=None, **how):
    """Sends one message; how: port, user, starttls. Returns the refused recipients."""
    with smtp(server, **how) as client:
        return client.send_message(mail, sender or mail["From"], recipients or
                                   mail["To"].split(", "))


def imap(server, user, password=PASSWORD, port="imap", starttls=False):
    """A signed-in client; use it in a `with`."""
    if port == "imaps":
        client = imaplib.IMAP4_SSL("127.0.0.1", server.port(port), ssl_context=unverified(),
                                   timeout=TIMEOUT)
    else:
        client = imaplib.IMAP4("127.0.0.1", server.port(port), timeout=TIMEOUT)
    if starttls:
        client.starttls(unverified())
    client.login(user, password)
    return client


def good(answer):
    """The data of an imaplib answer that must be OK."""
    status, data = answer
    assert status == "OK", (status, data)
    return data


def uids(client, *criteria):
    data = good(client.uid("SEARCH", *(criteria or ("ALL",))))
    return data[0].split() if data and data[0] else []


def fetch(client, uid, what="(BODY.PEEK[])"):
    """The literal of a FETCH of one message."""
    data = good(client.uid("FETCH", uid, what))
    literals = [part[1] for part in data if isinstance(part, tuple)]
    assert literals, data
    return literals[0]


def parsed(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def inbox(server, user, **how):
    """Every message of INBOX, parsed, oldest first."""
    with imap(server, user, **how) as client:
        good(client.select("INBOX", readonly=True))
        return [parsed(fetch(client, uid)) for uid in uids(client)]


def arrived(server, user, subject, seconds=10):
    """The message with this subject, as soon as it is in INBOX."""
    def look():
        found = [m for m in inbox(server, user) if m["Subject"] == subject]
        assert len(found) < 2, f"{len(found)} copies of {subject}"
        return found
    return wait_for(look, seconds, f"a message “{subject}”")[0]
