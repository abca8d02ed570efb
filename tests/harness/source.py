"""Another IMAP server, played by the test: it has mailboxes, and may disconnect, lie and stall.

    with Source({"INBOX": [message, …]}) as source:            # messages: bytes, or (flags, date, bytes)
        server.run("import", "imap", "127.0.0.1", "--port", source.port, …)

hooks: `before(session, line)` is called with every command and may raise Close, or answer itself and
give True; `content(uid, raw)` may give other bytes for the wire, as (announced size, bytes).
"""

import base64
import re
import socket
import ssl
import threading

DATE = "24-Nov-2026 08:05:00 +0000"


class Close(Exception):
    """The connection is closed at once."""


class Source:
    def __init__(self, boxes, certificate=None, implicit=False, before=None, content=None, users=None,
                 greeting="* OK here", capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE", subscribed=(),
                 attributes=None, uidvalidity=7, delimiter="/"):
        self.boxes = {name: [m if isinstance(m, tuple) else ("", DATE, m) for m in messages]
                      for name, messages in boxes.items()}
        self.certificate, self.implicit, self.before, self.content = certificate, implicit, before, content
        self.users = users or {"cu": "mat khau"}
        self.greeting, self.capabilities, self.subscribed = greeting, capabilities, subscribed
        self.attributes, self.uidvalidity, self.delimiter = attributes or {}, uidvalidity, delimiter
        self.sessions, self.fetched, self.lines, self.identities = 0, [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.sessions += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.implicit:
                connection = self.context.wrap_socket(connection, server_side=True)
            Session(self, connection).run()
        except (OSError, EOFError, Close):
            pass
        finally:
            connection.close()


class Session:
    def __init__(self, source, connection):
        self.source, self.connection = source, connection
        self.file, self.box, self.tls = connection.makefile("rb"), None, source.implicit

    def say(self, text):
        self.connection.sendall((text if isinstance(text, bytes) else text.encode()) + b"\r\n")

    def run(self):
        self.say(self.source.greeting)
        while True:
            line = self.file.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
            if not line:
                raise EOFError
            self.source.lines.append(line)
            self.tag, self.rest = line.split(" ", 1)
            if self.source.before and self.source.before(self, line):
                continue
            words = self.rest.upper().split(" ")
            name = "uid_" + words[1] if words[0] == "UID" else words[0]
            method = getattr(self, "on_" + name.lower(), None)
            if method is None:
                self.say(f"{self.tag} BAD what?")
            else:
                method()

    def ok(self, text="done"):
        self.say(f"{self.tag} OK {text}")

    def on_capability(self):
        more = " STARTTLS" if self.source.certificate and not self.tls else ""
        self.say(f"* CAPABILITY {self.source.capabilities}{more}")
        self.ok()

    def on_starttls(self):
        self.ok()
        self.connection = self.source.context.wrap_socket(self.connection, server_side=True)
        self.file, self.tls = self.connection.makefile("rb"), True

    def judge(self, user, password, authzid=""):
        if self.source.users.get(user) != password:
            self.say(f"{self.tag} NO [AUTHENTICATIONFAILED] wrong")
            return
        self.source.identities.append(authzid or user)
        self.ok()

    def on_login(self):
        self.judge(*re.match(r'LOGIN "(.*)" "(.*)"', self.rest).groups())

    def on_authenticate(self):
        words = self.rest.split(" ")
        if len(words) == 2:
            self.say("+ ")
            words.append(self.file.readline().decode().strip())
        authzid, user, password = base64.b64decode(words[2]).decode().split("\0")
        self.judge(user, password, authzid)

    def on_namespace(self):
        self.say(f'* NAMESPACE (("" "{self.source.delimiter}")) (("~" "/")) NIL')
        self.ok()

    def on_list(self):
        for name in self.source.boxes:
            self.say(f'* LIST ({self.source.attributes.get(name, "")}) "{self.source.delimiter}" "{name}"')
        self.ok()

    def on_lsub(self):
        for name in self.source.subscribed:
            self.say(f'* LSUB () "{self.source.delimiter}" "{name}"')
        self.ok()

    def on_examine(self):
        name = re.match(r'EXAMINE "(.*)"', self.rest).group(1)
        if name not in self.source.boxes:
            self.say(f"{self.tag} NO none")
            return
        self.box = self.source.boxes[name]
        self.say(f"* {len(self.box)} EXISTS")
        self.say("* FLAGS (\\Seen)")
        self.say(f"* OK [UIDVALIDITY {self.source.uidvalidity}] x")
        self.ok("[READ-ONLY] done")

    def on_uid_fetch(self):
        uids, items = re.match(r"UID FETCH (\S+) \((.*)\)", self.rest).groups()
        wanted = range(1, len(self.box) + 1) if uids == "1:*" else map(int, uids.split(","))
        for uid in wanted:
            if uid <= len(self.box):
                self.fetch(uid, items)
        self.ok()

    def fetch(self, uid, items):
        flags, date, raw = self.box[uid - 1]
        if raw is None:  # it is there, but not to be had
            return
        if "BODY" not in items:
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
            return
        self.source.fetched.append(uid)
        size = len(raw)
        if self.source.content:
            size, raw = self.source.content(uid, raw)
        self.connection.sendall(f'* {uid} FETCH (UID {uid} FLAGS (\\Recent {flags}) INTERNALDATE "{date}" '
                                f'BODY[] {{{size}}}\r\n'.encode() + raw + b")\r\n")
