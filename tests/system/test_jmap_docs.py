"""The examples of docs/jmap.md, run as they stand there."""

import json
import os
import re
import subprocess
from pathlib import Path

from harness import jmap
from harness.jmap import CORE, MAIL, Client
from harness.mail import TIMEOUT
from harness.server import PASSWORD

SUBMISSION = "urn:ietf:params:jmap:submission"
DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "jmap.md"


def test_the_examples_of_the_documentation_work(shared_office):
    client = Client(shared_office, shared_office.anh, using=(CORE, MAIL, SUBMISSION))
    client.put(client.role("inbox"), jmap.text("Họp giao ban", "Kính mời."))
    email = client.call("Email/set", create={"d": {
        "mailboxIds": {client.role("drafts"): True}, "from": [{"email": client.who}],
        "to": [{"email": shared_office.binh}], "subject": "Gửi"}})["created"]["d"]["id"]
    environment = {**os.environ, "AUTH": f"{client.who}:{PASSWORD}", "ACCOUNT": client.account,
                   "HOST": f"localhost:{shared_office.port('https')}", "EMAIL": email,
                   "DRAFTS": client.role("drafts"),
                   "IDENTITY": client.call("Identity/get", ids=None)["list"][0]["id"]}
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    answers = []
    for block in blocks:
        done = subprocess.run(["bash", "-euc", block], env=environment, capture_output=True,
                              timeout=TIMEOUT, check=False)
        assert done.returncode == 0, (block, done.stderr)
        answers.append(json.loads(done.stdout))
    session, boxes, found, draft, upload, event, sent = answers
    assert client.account in session["accounts"]
    assert any(b["role"] == "inbox" for b in boxes["methodResponses"][0][1]["list"])
    assert [e["subject"] for e in found["methodResponses"][1][1]["list"]] == ["Họp giao ban"]
    made = draft["methodResponses"][1][1]["created"]["nhap"]["id"]
    assert client.email(made, "subject")["subject"] == "Họp giao ban"
    assert upload["size"] == len("một,hai".encode())
    assert set(event["changed"][client.account]) == {"Email", "Mailbox"}
    assert sent["methodResponses"][0][1]["created"]["gui"]["undoStatus"] == "final"
    assert sent["methodResponses"][1][1]["updated"] == {email: None}
    client.close()
