"""A socket that says exactly the bytes it is given: for clients that misbehave."""

import re
import socket

from harness.mail import TIMEOUT, unverified


class Raw:
    def __init__(self, server, port="smtp", tls=False, timeout=TIMEOUT, source=None, options=()):
        """source: an address of the loopback network that the connection comes from; options: what
        setsockopt takes, set before connecting."""
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        for option in options:
            self.socket.setsockopt(*option)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", server.port(port)))
        if tls:
            self.start_tls()
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def start_tls(self):
        self.socket = unverified().wrap_socket(self.socket)

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def line(self):
        """The next line without its end; EOFError when the server closed."""
        while b"\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(f"closed after {self.buffer!r}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def rest(self):
        """Everything until the server closes."""
        try:
            while piece := self.socket.recv(65536):
                self.buffer += piece
        except ConnectionResetError:
            pass
        rest, self.buffer = self.buffer, b""
        return rest.decode("utf-8", "replace")

    def reply(self, given=None):
        """(code, text) of an SMTP answer, after sending a line when one is given."""
        if given is not None:
            self.send(given if given.endswith("\r\n") else given + "\r\n")
        lines = [self.line()]
        while re.match(r"\d{3}-", lines[-1]):
            lines.append(self.line())
        return int(lines[-1][:3]), "\n".join(line[4:] for line in lines)

    def tagged(self, command, tag="x1"):
        """(status, lines) of an IMAP command: OK, NO, BAD, and everything that came."""
        self.send(f"{tag} {command}\r\n")
        lines = []
        while True:
            lines.append(self.line())
            if lines[-1].startswith(tag + " "):
                return lines[-1].split()[1], lines


def smtp_session(server, port="smtp"):
    """A Raw after greeting and EHLO."""
    raw = Raw(server, port)
    assert raw.reply()[0] == 220
    assert raw.reply("EHLO may.test")[0] == 250
    return raw


def imap_session(server, user=None, password=None):
    raw = Raw(server, "imap")
    assert raw.line().startswith("* OK")
    if user:
        assert raw.tagged(f'LOGIN "{user}" "{password}"')[0] == "OK"
    return raw
