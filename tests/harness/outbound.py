"""An office that sends: its settings, its mail for others, and what became of it."""

import json
import re
import shutil
import subprocess

from harness.server import ROOT, wait_for
from harness.settings import change
from harness.smtp import begin, data, session


def configure(server, **settings):
    """Settings of congvu.conf: sending_routes="…" is `routes` in the group `sending`."""
    for name, value in settings.items():
        change(server, name.replace("_", ".", 1), json.dumps(value, ensure_ascii=False))


def sending(server, **settings):
    """Settings of a server that is not running yet: it sends, quickly."""
    configure(server, sending_enabled="yes", **{"sending_" + k: v for k, v in settings.items()})
    return server


def limit(server, **figures):
    """The regulation's figures of `outgoing`, for a server that is not running yet; 0: no limit."""
    for name in (ROOT / "regulations").glob("*.conf"):
        shutil.copy(name, server.data / name.name)
    file = server.data / "bacninh-06-2022.conf"
    text = file.read_text(encoding="utf-8")
    for name, most in figures.items():
        text, n = re.subn(rf"(?m)^(  {name} = {{ value = )\d+", rf"\g<1>{most}", text)
        assert n == 1, name
    file.write_text(text, encoding="utf-8")
    change(server, "regulation", json.dumps(str(file)))


def submit(server, recipients, text=None, sender=None, parameters="", rcpt_parameters=None,
           subject="ra ngoai"):
    """One message by server.anh over submissions; the number of its reception."""
    sender = sender or server.anh
    recipients = [recipients] if isinstance(recipients, str) else recipients
    if text is None:
        text = f"From: {sender}\r\nTo: {recipients[0]}\r\nSubject: {subject}\r\n\r\nxin chao\r\n"
    text = text.encode() if isinstance(text, str) else text
    with session(server, "submissions", user=sender) as raw:
        begin(raw, [], sender, parameters)
        for recipient in recipients:
            answer = raw.reply(f"RCPT TO:<{recipient}>{(rcpt_parameters or {}).get(recipient, '')}")
            assert answer[0] == 250, answer
        code, said = data(raw, text)
        assert code == 250, said
    return said.split()[-1]


def queue(server):
    return json.loads(server.run("queue", "list", "--json"))


def results(server, number):
    """recipient -> what became of it, as `trace` tells."""
    traced, = json.loads(server.run("trace", number, "--json"))
    return {entry["recipient"]: entry for entry in traced["sending"]}


def settled(server, number, seconds=20):
    """results, when nothing of this reception waits any more."""
    def look():
        found = results(server, number)
        waits = [r for r in found.values() if r["result"] in ("waiting", "held")]
        return found if found and not waits else None
    return wait_for(look, seconds, f"the end of reception {number}")


def tried(server, number, recipient, attempts=1, seconds=20):
    """The entry of a recipient that waits, after so many attempts."""
    def look():
        found = results(server, number).get(recipient)
        return found if found and found.get("attempts", 0) >= attempts else None
    return wait_for(look, seconds, f"attempt {attempts} for {recipient}")


def certificate(folder, name="far.test"):
    """(certificate, key) files, self-signed."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-keyout", key, "-out",
                    cert], check=True, capture_output=True)
    return cert, key
