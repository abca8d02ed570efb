"""The examples of docs/jmap.md, run as they stand there."""

import json
import os
import re
import subprocess
from pathlib import Path

from harness import jmap
from harness.jmap import Client
from harness.mail import TIMEOUT
from harness.server import PASSWORD

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "jmap.md"


def test_the_examples_of_the_documentation_work(shared_office):
    client = Client(shared_office, shared_office.anh)
    client.put(client.role("inbox"), jmap.text("Họp giao ban", "Kính mời."))
    environment = {**os.environ, "AUTH": f"{client.who}:{PASSWORD}", "ACCOUNT": client.account,
                   "HOST": f"localhost:{shared_office.port('https')}",
                   "DRAFTS": client.role("drafts")}
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    answers = []
    for block in blocks:
        done = subprocess.run(["bash", "-euc", block], env=environment, capture_output=True,
                              timeout=TIMEOUT, check=False)
        assert done.returncode == 0, (block, done.stderr)
        answers.append(json.loads(done.stdout))
    session, boxes, found, draft, upload = answers
    assert client.account in session["accounts"]
    assert any(b["role"] == "inbox" for b in boxes["methodResponses"][0][1]["list"])
    assert [e["subject"] for e in found["methodResponses"][1][1]["list"]] == ["Họp giao ban"]
    made = draft["methodResponses"][1][1]["created"]["nhap"]["id"]
    assert client.email(made, "subject")["subject"] == "Họp giao ban"
    assert upload["size"] == len("một,hai".encode())
    client.close()
