"""A name server on loopback with the zone that a test gives it, over UDP and TCP.

    with Dns({"mot.vn": {"MX": [(10, "mx.mot.vn")]}, "mx.mot.vn": {"A": ["127.0.0.1"]}}) as dns:
        … sending_dns=dns.where …

(Not under .test: resolvers answer that themselves.) A name may be a string instead: "SERVFAIL", "TIMEOUT" (no answer). What is not named is NXDOMAIN.
"""

import ipaddress
import socket
import socketserver
import struct
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28}


def wire_name(name):
    labels = [label.encode() for label in name.strip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def wire(kind, value):
    if kind == "A":
        return ipaddress.IPv4Address(value).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(value).packed
    if kind == "MX":
        return struct.pack(">H", value[0]) + wire_name(value[1])
    if kind == "TXT":
        pieces = [value[i:i + 255].encode() for i in range(0, len(value), 255)]
        return b"".join(bytes([len(piece)]) + piece for piece in pieces)
    return wire_name(value)


class Dns:
    def __init__(self, zone):
        self.zone = {name.lower(): records for name, records in zone.items()}
        self.asked = []
        self.lock = threading.Lock()
        dns = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                answer = dns.answer(self.request[0], 1200)
                if answer:
                    self.request[1].sendto(answer, self.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            def handle(self):
                head = self.rfile.read(2)
                if len(head) == 2:
                    answer = dns.answer(self.rfile.read(struct.unpack(">H", head)[0]), 65000)
                    if answer:
                        self.wfile.write(struct.pack(">H", len(answer)) + answer)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        for _ in range(50):
            self.udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Udp)
            self.port = self.udp.server_address[1]
            try:
                self.tcp = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Tcp)
                break
            except OSError:
                self.udp.server_close()
        for server in (self.udp, self.tcp):
            server.daemon_threads = True
        self.where = f"127.0.0.1@{self.port}"

    def __enter__(self):
        for server in (self.udp, self.tcp):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        for server in (self.udp, self.tcp):
            server.shutdown()
            server.server_close()

    def answer(self, query, most):
        number, = struct.unpack(">H", query[:2])
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
            at += 1 + query[at]
        question = query[12:at + 5]
        kind, = struct.unpack(">H", query[at + 1:at + 3])
        name = ".".join(labels).lower()
        with self.lock:
            self.asked.append((name, kind))
        records = self.zone.get(name)
        if records == "TIMEOUT":
            return None
        code, answers = 0, []
        if records == "SERVFAIL":
            code = 2
        elif records is None:
            below = any(known.endswith("." + name) for known in self.zone)
            code = 0 if below else 3
        else:
            by_number = {v: k for k, v in TYPES.items()}
            wanted = by_number.get(kind)
            kinds = [wanted] if wanted in records else ["CNAME"] if "CNAME" in records else []
            for found in kinds:
                values = records[found] if isinstance(records[found], list) else [records[found]]
                for value in values:
                    data = wire(found, value)
                    answers.append(wire_name(name) + struct.pack(">HHIH", TYPES[found], 1, 60,
                                                                 len(data)) + data)
        body = b"".join(answers)
        flags = 0x8580 | code
        if 12 + len(question) + len(body) > most:
            flags, answers, body = flags | 0x0200, [], b""
        return struct.pack(">HHHHHH", number, flags, 1, len(answers), 0, 0) + question + body
