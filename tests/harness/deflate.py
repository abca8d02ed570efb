"""A socket whose both ways are DEFLATE, as IMAP's COMPRESS makes them (RFC 4978)."""

import zlib


class Deflated:
    def __init__(self, socket, level=6, window=15):
        self.socket = socket
        self.out = zlib.compressobj(level, zlib.DEFLATED, -window)
        self.into = zlib.decompressobj(-15)
        self.came = self.went = 0  # bytes on the wire

    def sendall(self, data):
        packed = self.out.compress(data) + self.out.flush(zlib.Z_SYNC_FLUSH)
        self.went += len(packed)
        self.socket.sendall(packed)

    def recv(self, most):
        while True:
            piece = self.socket.recv(most)
            self.came += len(piece)
            data = self.into.decompress(piece)
            if data or not piece:
                return data

    def settimeout(self, seconds):
        self.socket.settimeout(seconds)

    def close(self):
        self.socket.close()


def compress(session, **how):
    """COMPRESS DEFLATE on a Session, which goes on compressed; its socket."""
    session.ok("COMPRESS DEFLATE")
    assert not session.buffer, session.buffer
    session.socket = Deflated(session.socket, **how)
    return session.socket
