"""A long queue of which most destinations are dead delays nobody else: neither the living ones, nor
another sender, nor mail inside the house.

CONGVU_QUEUE_MESSAGES says how many messages to 1,000 domains wait (the goal's 100,000 entries: 100).
"""

import os
import shutil
import socket
import statistics
import subprocess
import threading
import time

import pytest

from harness import mail
from harness.dns import Dns
from harness.farend import FarEnd
from harness.outbound import queue, submit
from harness.settings import change
from harness.smtp import begin, data, session
from harness.server import SLOWNESS, wait_for

MESSAGES = int(os.environ.get("CONGVU_QUEUE_MESSAGES", "10"))
REFUSING, SILENT, LIVING = 450, 450, 100


def zone():
    names = {"mx.song.vn": {"A": ["127.0.0.1"]}, "mx.hoi.vn": {"A": ["127.0.0.3"]},
             "hoi.vn": {"MX": [(10, "mx.hoi.vn")]}}
    for n in range(LIVING):
        names[f"d{n}.song.vn"] = {"MX": [(10, "mx.song.vn")]}
    for n in range(REFUSING):
        names[f"d{n}.chet.vn"] = {"MX": [(10, f"mx{n}.chet.vn")]}
        names[f"mx{n}.chet.vn"] = {"A": [f"127.9.{n // 200}.{n % 200 + 1}"]}
    for n in range(SILENT):
        names[f"d{n}.cam.vn"] = {"MX": [(10, "mx.cam.vn")]}
    names["mx.cam.vn"] = {"A": ["127.0.0.2"]}
    return names


def silent(port, opened):
    """Takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.2", port), backlog=2000)

    def accept():
        while True:
            try:
                opened.append(listener.accept()[0])
            except OSError:
                return
    threading.Thread(target=accept, daemon=True).start()
    return listener


def fill(office):
    domains = ([f"d{n}.song.vn" for n in range(LIVING)] + [f"d{n}.chet.vn" for n in range(REFUSING)]
               + [f"d{n}.cam.vn" for n in range(SILENT)])
    with session(office, "submissions", user=office.anh) as raw:
        for n in range(MESSAGES):
            raw.send(f"MAIL FROM:<{office.anh}>\r\n" +
                     "".join(f"RCPT TO:<a{n}@{domain}>\r\n" for domain in domains))
            assert {raw.reply()[0] for _ in range(1 + len(domains))} == {250}
            code, text = data(raw, f"From: {office.anh}\r\nSubject: {n}\r\n\r\nx\r\n".encode())
            assert code == 250, text
    return domains


@pytest.mark.alone
@pytest.mark.skipif(not shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"),
                    reason="smtp-sink comes with Debian's postfix")
def test_dead_destinations_delay_neither_the_living_nor_the_house(out):
    with FarEnd(address="127.0.0.3") as far, Dns(zone()) as dns:
        opened = []
        listener = silent(far.port, opened)
        office = out(start=False, dns=dns.where, port=far.port, reply=10, limits=False)
        change(office, "sending.enabled", '"no"')
        office.start()
        domains = fill(office)
        office.stop()
        change(office, "sending.enabled", '"yes"')
        sink = subprocess.Popen(["/usr/sbin/smtp-sink", "-c", f"127.0.0.1:{far.port}", "1000"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                **({"user": "nobody"} if os.geteuid() == 0 else {}))
        try:
            office.start()
            began = time.monotonic()
            outside, inside = [], []
            while len(outside) < 100:
                at = time.monotonic()
                count = len(far.messages)
                submit(office, "hoi@hoi.vn", sender=office.binh)
                wait_for(lambda c=count: len(far.messages) > c, 10, "mail to a living domain")
                outside.append(far.times[-1] - at)
                at = time.monotonic()
                mail.send(office, mail.message(office.binh, office.anh), port="submissions",
                          user=office.binh)
                inside.append(time.monotonic() - at)
            took = time.monotonic() - began
            assert len(opened) > SILENT / 3, "the silent ones were not even tried"
            wait_for(lambda: not [e for e in queue(office) if e["domain"].endswith("song.vn")],
                     120, "the end of the living ones' mail")
            left = queue(office)
            assert len(left) == MESSAGES * (REFUSING + SILENT)
            for name, times in (("out", outside), ("in", inside)):
                print(f"{name}: p50 {statistics.median(times):.3f} s, p99 {sorted(times)[98]:.3f} s"
                      f" over {took:.0f} s, {MESSAGES * len(domains)} entries")
                assert sorted(times)[98] < 2 * SLOWNESS
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for connection in opened:
                connection.close()
            sink.terminate()
            sink.wait()


def test_a_burst_of_one_sender_does_not_delay_another(out):
    with FarEnd(END=lambda s, line: time.sleep(0.05) or "250 2.0.0 ok") as far:
        office = out(routes=f"*={far.where}", connections=2)
        with session(office, "submissions", user=office.anh) as raw:
            for n in range(200):
                begin(raw, f"a{n}@example.org", office.anh)
                assert data(raw, f"From: {office.anh}\r\n\r\nx\r\n".encode())[0] == 250
        submit(office, "kia@example.org", sender=office.binh)
        wait_for(lambda: [m for m in far.messages if m.sender == office.binh], 5, "the other's mail")
        assert len(far.messages) < 180, "the burst was over anyway"
