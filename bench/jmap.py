#!/usr/bin/python3
"""How long a screen of a large mailbox takes over JMAP.

    bench/jmap.py [BUILD] [MESSAGES] [REQUESTS]

Makes an installation in a temporary folder, fills the INBOX of one official with MESSAGES (100,000)
by bench_generate, and asks REQUESTS times (500) over one HTTPS connection for what a web page asks
for: the first 50 rows, conversations collapsed, with what a list shows of each. Prints milliseconds
at the client: median, 99th percentile, most; and the processor's time of the server for each. The
requests are made by one client: what they cost each is seen, not how many fit in a second."""

import base64
import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build-bench").resolve()
MESSAGES = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
REQUESTS = int(sys.argv[3]) if len(sys.argv) > 3 else 500
PASSWORD, OFFSET, COPIES = "Matkhau@2022", 21000, 4
USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
ROWS = ["threadId", "mailboxIds", "keywords", "receivedAt", "from", "to", "subject",
        "hasAttachment", "preview", "size"]


class Client:
    def __init__(self):
        context = ssl._create_unverified_context()
        self.link = http.client.HTTPSConnection("127.0.0.1", 443 + OFFSET, context=context)
        token = base64.b64encode(f"tvanh.stttt:{PASSWORD}".encode()).decode()
        self.headers = {"Host": "localhost", "Authorization": "Basic " + token,
                        "Content-Type": "application/json"}
        self.account = self.get("/.well-known/jmap")["primaryAccounts"][USING[1]]

    def get(self, path):
        self.link.request("GET", path, headers=self.headers)
        return json.loads(self.link.getresponse().read())

    def calls(self, *calls):
        content = json.dumps({"using": USING, "methodCalls": calls}).encode()
        self.link.request("POST", "/jmap/api", content, self.headers)
        answer = self.link.getresponse()
        return json.loads(answer.read())["methodResponses"]


def processor(pid):
    """Seconds that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def row(name, client, server, calls, before=None):
    """Asks, and prints what it took."""
    times, used, rows = [], 0.0, 0
    for _ in range(REQUESTS):
        if before is not None:
            before()
        began, had = time.perf_counter(), processor(server.pid)
        answer = client.calls(*calls)
        times.append((time.perf_counter() - began) * 1000)
        used += processor(server.pid) - had
        assert answer[-1][0] != "error", answer
        rows = len(answer[-1][1].get("list", []))
    times.sort()
    print(f"{name:52} {rows:4} {statistics.median(times):8.2f} {times[int(len(times) * .99)]:8.2f} "
          f"{times[-1]:8.2f} {used / REQUESTS * 1000:8.2f}", flush=True)


def screen(client, inbox, **more):
    query = {"accountId": client.account, "filter": {"inMailbox": inbox}, "limit": 50,
             "sort": [{"property": "receivedAt", "isAscending": False}], "calculateTotal": True}
    return [["Email/query", {**query, **more}, "0"],
            ["Email/get", {"accountId": client.account, "properties": ROWS,
                           "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}}, "1"]]


def measure(server):
    client = Client()
    began = time.perf_counter()
    boxes = client.calls(["Mailbox/get", {"accountId": client.account, "ids": None}, "0"])[0][1]
    inbox = next(b for b in boxes["list"] if b["role"] == "inbox")
    print(f"first request, nothing in memory: {(time.perf_counter() - began) * 1000:.1f} ms; "
          f"{inbox['totalEmails']} e-mails, {inbox['totalThreads']} conversations")
    print(f"{'milliseconds':52} rows   median      p99     most processor")
    box = inbox["id"]
    row("50 rows", client, server, screen(client, box))
    row("50 rows, conversations collapsed", client, server, screen(client, box,
                                                                   collapseThreads=True))
    row("50 rows in the middle", client, server, screen(client, box, position=MESSAGES // 2))
    row("50 unread rows", client, server,
        screen(client, box, filter={"operator": "AND", "conditions": [
            {"inMailbox": box}, {"notKeyword": "$seen"}]}))
    row("50 rows that have a word", client, server,
        screen(client, box, filter={"operator": "AND", "conditions": [
            {"inMailbox": box}, {"text": "báo cáo"}]}))
    first = client.calls(["Email/query", {"accountId": client.account, "limit": 1}, "0"])[0][1]
    flags = [True]

    def touch():
        flags[0] = not flags[0]
        client.calls(["Email/set", {"accountId": client.account, "update": {
            first["ids"][0]: {"keywords/$flagged": flags[0] or None}}}, "0"])

    row("50 rows after each change of a flag", client, server, screen(client, box), touch)
    row("the counts of all mailboxes after each change", client, server,
        [["Mailbox/get", {"accountId": client.account, "ids": None}, "0"]], touch)
    client.link.close()


def main():
    with tempfile.TemporaryDirectory(prefix="congvu-bench-") as folder:
        data = Path(folder) / "data"

        def run(*words):
            subprocess.run([BUILD / "congvu", "--data", data, *words], check=True,
                           stdout=subprocess.DEVNULL)

        run("init", "--domain", "bacninh.gov.vn", "--port-offset", str(OFFSET))
        run("unit", "add", "--kind", "department", "--name", "Sở Thông tin và Truyền thông",
            "--abbreviation", "stttt")
        subprocess.run([BUILD / "bench" / "bench_generate", data, str(COPIES),
                        str(MESSAGES * COPIES), PASSWORD, str(COPIES)], check=True)
        run("index", "update")
        server = subprocess.Popen([BUILD / "congvu", "--data", data, "serve"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert server.stdout.readline() == b"congvu: ready\n"
            measure(server)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
