"""What is in an account, as a client sees it: to compare before and after moving."""

from harness.imap import Session, parse, text

ITEMS = "(UID FLAGS INTERNALDATE BODY.PEEK[])"


def listed(session, command):
    return [text(parse(line.split(b" ", 1)[1])[2]) for line in
            session.ok(f'{command} "" "*"').untagged]


def look(server, user):
    """{mailbox, as IMAP spells it: [(flags, date, content), …] in the order of UIDs}."""
    session = Session(server, user)
    found = {}
    for name in listed(session, "LIST"):
        exists = session.ok(f'EXAMINE "{name}"').one(r"\d+ EXISTS")
        found[name] = []
        if exists != "0 EXISTS":
            rows = session.ok(f"UID FETCH 1:* {ITEMS}").fetched()
            found[name] = [(frozenset(map(text, row["FLAGS"])) - {"\\Recent"},
                            text(row["INTERNALDATE"]), row["BODY[]"])
                           for _, row in sorted(rows.items())]
    session.socket.close()
    return found


def full(boxes):
    """Without the empty ones."""
    return {name: messages for name, messages in boxes.items() if messages}


def contents(boxes, name="INBOX"):
    return [content for _, _, content in boxes[name]]


def subscribed(server, user):
    session = Session(server, user)
    names = set(listed(session, "LSUB"))
    session.socket.close()
    return names
