"""Commands over the socket of a running server, without a process for each: for tests that give
thousands. The frames are those of src/cli/remote.c."""

import socket
import struct


def call(server, *words, given=""):
    """(status, output, error text) of one command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(120)
        s.connect(str(server.data / "congvu.sock"))
        frames = [(b"a", str(word).encode()) for word in words]
        frames += [(b"i", given.encode()), (b"g", b"")]
        s.sendall(b"".join(kind + struct.pack(">I", len(content)) + content
                           for kind, content in frames))
        texts = {b"o": b"", b"e": b""}
        with s.makefile("rb") as answer:
            while head := answer.read(5):
                kind, content = head[:1], answer.read(struct.unpack(">I", head[1:])[0])
                if kind == b"x":
                    return int(content), texts[b"o"].decode(), texts[b"e"].decode()
                if kind in texts:
                    texts[kind] += content
    raise EOFError(f"no answer to {' '.join(map(str, words))}")
