"""SMTP said byte by byte, and the stored bytes compared with what was sent."""

import base64
import re

from harness import mail
from harness.raw import Raw
from harness.server import PASSWORD

SENDER = "dan@example.com"
HEAD = b"From: dan@example.com\r\nSubject: thu\r\n"


def session(server, port="smtp", tls=None, user=None, password=PASSWORD, name="may.test", **how):
    """A Raw after greeting, EHLO, STARTTLS when tls is wanted, and AUTH when a user is given."""
    raw = Raw(server, port, tls=port == "submissions", **how)
    assert raw.reply()[0] == 220
    raw.ehlo = raw.reply(f"EHLO {name}")
    assert raw.ehlo[0] == 250
    if tls and port != "submissions":
        assert raw.reply("STARTTLS")[0] == 220
        raw.start_tls()
        raw.ehlo = raw.reply(f"EHLO {name}")
    if user:
        code, text = raw.reply("AUTH PLAIN " + plain(user, password))
        assert code == 235, (code, text)
    return raw


def plain(user, password, authzid=""):
    return base64.b64encode(f"{authzid}\0{user}\0{password}".encode()).decode()


def b64(text):
    return base64.b64encode(text.encode()).decode()


def offered(raw):
    """What the last EHLO listed: keyword -> its parameters."""
    lines = raw.ehlo[1].split("\n")[1:]
    assert len({line.split()[0] for line in lines}) == len(lines), lines
    return {line.split()[0]: line.split()[1:] for line in lines}


def begin(raw, recipients, sender=SENDER, parameters=""):
    """MAIL and RCPT, which must be taken."""
    answer = raw.reply(f"MAIL FROM:<{sender}>{parameters}")
    assert answer[0] == 250, answer
    for recipient in [recipients] if isinstance(recipients, str) else recipients:
        answer = raw.reply(f"RCPT TO:<{recipient}>")
        assert answer[0] == 250, (recipient, answer)


def stuffed(data):
    """RFC 5321 4.5.2: a dot that begins a line is doubled; and the end of the data."""
    assert data == b"" or data.endswith(b"\r\n")
    return (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def data(raw, message):
    """DATA with these bytes; (code, text) of its end."""
    answer = raw.reply("DATA")
    assert answer[0] == 354, answer
    raw.send(stuffed(message))
    return raw.reply()


def deliver(server, message, recipient, sender=SENDER, **how):
    """One message from a stranger, or from a user; (code, text) of the end of its data."""
    with session(server, **how) as raw:
        begin(raw, recipient, how.get("user") or sender)
        return data(raw, message)


OWN_LINES = re.compile(rb"\AReturn-Path: <[^\r\n]*>\r\nDelivered-To: [^\r\n]*\r\n"
                       rb"Received: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


def without_own_lines(raw):
    """A stored message as its sender handed it over: our lines in front of it taken away."""
    found = OWN_LINES.match(raw)
    assert found, raw[:500]
    return raw[found.end():]


def stored(server, user, **how):
    """The messages of INBOX, as their senders handed them over."""
    with mail.imap(server, user, **how) as client:
        mail.good(client.select("INBOX", readonly=True))
        return [without_own_lines(mail.fetch(client, uid)) for uid in mail.uids(client)]
