"""Another domain's mail server, played by the test: what it says to each command is a script.

    with FarEnd() as far:                      # takes everything
    with FarEnd(RCPT="550 5.1.1 no") as far:   # an answer for a command
    with FarEnd(DATA=lambda session, line: None) as far:   # or a function; None: says nothing

far.messages are what it took: sender, recipients, parameters, data. far.lines are all lines it read.
"""

import re
import socket
import ssl
import threading
import time

GREETING = "220 far.test ESMTP"


class Message:
    def __init__(self):
        self.sender, self.recipients, self.data = "", [], b""
        self.mail_parameters, self.rcpt_parameters, self.tls = "", [], False


class Close(Exception):
    """Raised by a script: the connection is closed at once."""


class FarEnd:
    def __init__(self, extensions=("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"),
                 certificate=None, address="127.0.0.1", port=0, **script):
        self.extensions, self.script, self.certificate = list(extensions), script, certificate
        if certificate:
            self.extensions.append("STARTTLS")
        self.messages, self.lines, self.sessions, self.resumed = [], [], 0, 0
        self.open, self.most_open, self.times = 0, 0, []
        self.lock = threading.Lock()
        self.listener = socket.create_server((address, port), family=socket.AF_INET6 if ":" in
                                             address else socket.AF_INET, backlog=512)
        self.port = self.listener.getsockname()[1]
        self.where = f"[{address}]:{self.port}"
        self.connections = []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self.lock:
            self.sessions += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            Session(self, connection).run()
        except (OSError, EOFError, Close):
            pass
        finally:
            with self.lock:
                self.open -= 1
            connection.close()


class Session:
    def __init__(self, far, connection):
        self.far, self.connection, self.buffer = far, connection, b""
        self.message, self.tls, self.mail = Message(), False, False

    def say(self, text):
        if isinstance(text, str):
            text = (text + "\r\n").encode()
        self.connection.sendall(text)

    def line(self):
        while b"\n" not in self.buffer:
            piece = self.connection.recv(65536)
            if not piece:
                raise EOFError
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def answer(self, verb, line, usual):
        """What the script says; False when it said (or did) everything itself."""
        said = self.far.script.get(verb, usual)
        if callable(said):
            said = said(self, line)
        if said is None:
            return False
        self.say(said)
        return said[:1] in "23"

    def run(self):
        if not self.answer("GREETING", "", GREETING) and "GREETING" not in self.far.script:
            return
        while True:
            line = self.line()
            with self.far.lock:
                self.far.lines.append(line)
            verb = line.split(" ", 1)[0].split(":")[0].upper()
            method = getattr(self, "on_" + verb.lower(), None)
            if method is None:
                self.say("500 5.5.1 what?")
            elif method(line) == "end":
                return

    def on_ehlo(self, line):
        offered = [e for e in self.far.extensions if not (self.tls and e == "STARTTLS")]
        lines = ["far.test"] + offered
        usual = "\r\n".join(f"250{' ' if i == len(lines) - 1 else '-'}{text}"
                            for i, text in enumerate(lines))
        self.answer("EHLO", line, usual)

    def on_helo(self, line):
        self.answer("HELO", line, "250 far.test")

    def on_starttls(self, line):
        if self.answer("STARTTLS", line, "220 2.0.0 go"):
            self.connection = self.far.context.wrap_socket(self.connection, server_side=True)
            self.far.connections.append(self.connection)
            self.tls, self.buffer = True, b""
            self.far.resumed += self.connection.session_reused

    def on_auth(self, line):
        self.answer("AUTH", line, "235 2.7.0 ok")

    def on_mail(self, line):
        self.message = Message()
        found = re.match(r"MAIL FROM:<(.*)>(.*)", line)
        self.message.sender, self.message.mail_parameters = found.group(1), found.group(2).strip()
        self.message.tls = self.tls
        self.mail = self.answer("MAIL", line, "250 2.1.0 ok")

    def on_rcpt(self, line):
        found = re.match(r"RCPT TO:<(.*)>(.*)", line)
        if not self.mail:
            self.say("503 5.5.1 MAIL first")
        elif self.answer("RCPT", line, "250 2.1.5 ok"):
            self.message.recipients.append(found.group(1))
            self.message.rcpt_parameters.append(found.group(2).strip())

    def on_data(self, line):
        if not self.answer("DATA", line, "354 go" if self.message.recipients else "554 5.5.1 none"):
            return
        data = b""
        while True:
            text = self.raw_line()
            if text == b".\r\n":
                break
            data += text[1:] if text.startswith(b".") else text
        self.message.data = data
        if self.answer("END", line, "250 2.0.0 taken as 42") and self.message.recipients:
            with self.far.lock:
                self.far.messages.append(self.message)
                self.far.times.append(time.monotonic())

    def raw_line(self):
        while b"\n" not in self.buffer:
            piece = self.connection.recv(65536)
            if not piece:
                raise EOFError
            self.buffer += piece
        at = self.buffer.index(b"\n") + 1
        line, self.buffer = self.buffer[:at], self.buffer[at:]
        return line

    def on_rset(self, line):
        self.answer("RSET", line, "250 2.0.0 ok")

    def on_noop(self, line):
        self.answer("NOOP", line, "250 2.0.0 ok")

    def on_quit(self, line):
        self.answer("QUIT", line, "221 2.0.0 bye")
        return "end"
