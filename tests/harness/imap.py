"""IMAP said byte by byte, and its answers taken apart.

A Session sends a command and gives back an Answer: how the command ended, its response code, and
every untagged response with its literals inside. `parse` turns the parentheses of a response into
Python lists."""

import base64
import re
import time

from harness.raw import Raw
from harness.server import PASSWORD, SLOWNESS

LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")
MESSAGE = b"From: dan@example.com\r\nSubject: thu\r\n\r\nnoi dung\r\n"


def message(subject="thu", body="noi dung", **headers):
    """A small message as bytes; headers: Date="…", In_Reply_To="…"."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = "" if "From" in headers else "From: dan@example.com\r\n"
    return f"{head}Subject: {subject}\r\n{more}\r\n{body}\r\n".encode()


class Answer:
    """Of one command: status (OK, NO, BAD), code (inside the brackets, or None), text, untagged
    (bytes without "* " and the line's end, in the order they came)."""

    def __init__(self, tagged, untagged):
        self.line = tagged.decode("utf-8", "replace")
        found = re.match(r"\S+ (OK|NO|BAD)(?: \[([^\]]*)\])? ?(.*)", self.line, re.S)
        assert found, tagged
        self.status, self.code, self.text = found.groups()
        self.untagged = untagged

    def __repr__(self):
        return "\n".join([*(f"* {u!r}" for u in self.untagged), self.line])

    @property
    def lines(self):
        return [u.decode("utf-8", "replace") for u in self.untagged]

    def of(self, pattern):
        """The untagged responses that begin with this pattern."""
        return [line for line in self.lines if re.match(pattern, line, re.S)]

    def one(self, pattern):
        found = self.of(pattern)
        assert len(found) == 1, (pattern, self)
        return found[0]

    def has_code(self, code):
        """Is there "* OK [code …]"? Gives what stands behind the name, else None."""
        for line in self.lines:
            found = re.match(rf"OK \[{code}(?: ([^\]]*))?\]", line)
            if found:
                return found.group(1) or ""
        return None

    def fetched(self):
        """{sequence number: {item: value}} of the FETCH responses."""
        found = {}
        for raw in self.untagged:
            head = re.match(rb"(\d+) FETCH ", raw)
            if head:
                items = parse(raw[head.end():])[0]
                assert len(items) % 2 == 0, raw
                row = found.setdefault(int(head.group(1)), {})
                row.update({text(items[i]).upper(): items[i + 1]
                            for i in range(0, len(items), 2)})
        return found

    def search(self):
        """The numbers of the one SEARCH response."""
        line = self.one("SEARCH")
        return [int(n) for n in re.sub(r"\(MODSEQ \d+\)", "", line).split()[1:]]

    def esearch(self):
        """{"ALL": "1:3", …} of the one ESEARCH response."""
        words = re.sub(r"^ESEARCH( \(TAG \"[^\"]*\"\))?", "", self.one("ESEARCH")).split()
        found = {"UID": True} if words[:1] == ["UID"] else {}
        words = words[len(found):]
        return {**found, **dict(zip(words[::2], words[1::2]))}

    def names(self):
        """{mailbox name: set of its attributes in small letters} of the LIST responses."""
        found = {}
        for raw in self.untagged:
            if raw.startswith(b"LIST "):
                attributes, _, name, *_ = parse(raw[5:])
                assert text(name) not in found, self
                found[text(name)] = {text(a).lower() for a in attributes}
        return found

    def status_of(self, name):
        """{"MESSAGES": 3, …} of the STATUS response of this mailbox."""
        for raw in self.untagged:
            if raw.startswith(b"STATUS "):
                mailbox, items = parse(raw[7:])
                if text(mailbox) == name:
                    return {text(items[i]): int(items[i + 1]) for i in range(0, len(items), 2)}
        raise AssertionError(f"no STATUS of {name} in {self}")


def utf7(name):
    """The modified UTF-7 of RFC 3501 5.1.3."""
    def shift(found):
        coded = base64.b64encode(found.group(0).encode("utf-16-be")).decode().rstrip("=")
        return f"&{coded.replace('/', ',')}-"
    return re.sub("[^ -~]+", shift, name.replace("&", "&-"))


def text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else value


def parse(data):
    """Atoms, strings and literals as bytes, NIL as None, parentheses as lists."""
    stack, at = [[]], 0
    while at < len(data):
        byte = data[at:at + 1]
        literal = re.match(rb"~?\{(\d+)\}\r\n", data[at:])
        if byte == b" ":
            at += 1
        elif byte == b"(":
            stack.append([])
            at += 1
        elif byte == b")":
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif byte == b'"':
            found = re.match(rb'"((?:[^"\\]|\\["\\])*)"', data[at:])
            assert found, data[at:]
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found.group(1)))
            at += found.end()
        elif literal:
            end = at + literal.end() + int(literal.group(1))
            stack[-1].append(data[at + literal.end():end])
            at = end
        else:
            # BODY[HEADER.FIELDS (A B)]<0> is one word.
            found = re.match(rb"[A-Za-z0-9.]+\[[^\]]*\](?:<\d+>)?|[^ ()]+", data[at:])
            stack[-1].append(None if found.group(0).upper() == b"NIL" else found.group(0))
            at += found.end()
    assert len(stack) == 1, data
    return stack[0]


class Session(Raw):
    """A connection; signed in when a user is given."""

    def __init__(self, server, user=None, port="imap", password=PASSWORD, **how):
        super().__init__(server, port, tls=port == "imaps", **how)
        self.number = 0
        self.greeting = self.response().decode()
        assert self.greeting.startswith("* OK"), self.greeting
        if user:
            self.ok(f'LOGIN "{user}" "{password}"')

    def exactly(self, n):
        while len(self.buffer) < n:
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise EOFError(f"closed after {self.buffer[-200:]!r}")
            self.buffer += piece
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def response(self):
        """The next response with its literals, without the last line end."""
        whole = b""
        while True:
            while b"\r\n" not in self.buffer:
                piece = self.socket.recv(1 << 20)
                if not piece:
                    raise EOFError(f"closed after {self.buffer[-200:]!r}")
                self.buffer += piece
            whole += self.exactly(self.buffer.index(b"\r\n") + 2)
            literal = LITERAL.search(whole)
            if not literal:
                return whole[:-2]
            whole += self.exactly(int(literal.group(1)))

    def begin(self, command):
        """Sends a command without waiting; its tag. Synchronizing literals are waited for."""
        self.number += 1
        tag = b"a%d" % self.number
        data = command.encode() if isinstance(command, str) else command
        self.send(tag + b" " + data + b"\r\n")
        return tag

    def end(self, tag):
        untagged = []
        while True:
            got = self.response()
            if got.startswith(tag + b" "):
                return Answer(got, untagged)
            assert got.startswith(b"* "), (got, untagged)
            untagged.append(got[2:])

    def command(self, command):
        return self.end(self.begin(command))

    def ok(self, command):
        answer = self.command(command)
        assert answer.status == "OK", (command[:200], answer)
        return answer

    def no(self, command, code=None):
        """The command must be refused, with this response code when one is given."""
        answer = self.command(command)
        assert answer.status == "NO", (command[:200], answer)
        assert code is None or (answer.code or "").split(" ")[0] == code, answer
        return answer

    def bad(self, command):
        answer = self.command(command)
        assert answer.status == "BAD", (command[:200], answer)
        return answer

    def continued(self, command, *pieces):
        """Sends the command's parts, each but the first behind "+"; the Answer."""
        tag, untagged = self.begin(command), []
        for piece in pieces:
            while not (got := self.response()).startswith(b"+"):
                if got.startswith(tag + b" "):
                    return Answer(got, untagged)
                untagged.append(got[2:])
            self.send(piece + b"\r\n")
        answer = self.end(tag)
        answer.untagged = untagged + answer.untagged
        return answer

    def append(self, mailbox, data=MESSAGE, flags="", date=""):
        """APPEND, which must be taken; the UID."""
        head = f'APPEND "{mailbox}" {flags + " " if flags else ""}'
        head += f'"{date}" ' if date else ""
        answer = self.continued(head + f"{{{len(data)}}}", data)
        assert answer.status == "OK", answer
        return int(re.fullmatch(r"APPENDUID \d+ (\d+)", answer.code).group(1))

    def idle(self):
        """Begins IDLE; use `told` and then `done`. What came before the "+" is told by `told`."""
        tag, early = self.begin("IDLE"), b""
        while not (got := self.response()).startswith(b"+"):
            assert got.startswith(b"* "), got
            early += got + b"\r\n"
        self.buffer = early + self.buffer
        return tag

    def told(self, pattern, seconds=5):
        """Waits in IDLE for an untagged response that begins with this pattern."""
        deadline = time.monotonic() + seconds * SLOWNESS
        while True:
            self.socket.settimeout(max(0.05, deadline - time.monotonic()))
            got = self.response().decode("utf-8", "replace")
            self.socket.settimeout(20 * SLOWNESS)
            if re.match(pattern, got.removeprefix("* ")):
                return got

    def done(self, tag):
        self.send("DONE\r\n")
        answer = self.end(tag)
        assert answer.status == "OK", answer
        return answer

    def capabilities(self):
        return set(self.ok("CAPABILITY").one("CAPABILITY").split()[1:])
