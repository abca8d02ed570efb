"""Signatures on mail that leaves, checked by verifiers that nobody here wrote; keys and what the
zone must say."""

import json
import subprocess

import dkim
import pytest

from harness.dns import Dns
from harness.farend import FarEnd
from harness.outbound import settled, submit
from harness.server import DOMAIN, Refused


def keys(server):
    return json.loads(server.run("dkim", "list", "--json"))


def published(server):
    """A resolver's answers for python3-dkim."""
    records = {r["name"]: r["value"].encode()
               for r in json.loads(server.run("dns", "show", "--json")) if r["type"] == "TXT"}

    def look(name, timeout=5):
        return records.get(name.decode().rstrip("."))
    return look


def verdicts(message, look):
    """One for each signature, in order."""
    count = message.lower().count(b"dkim-signature:")
    found = []
    for number in range(count):
        try:
            found.append(dkim.DKIM(message).verify(idx=number, dnsfunc=look))
        except dkim.DKIMException:
            found.append(False)
    return found


@pytest.fixture
def signing(out):
    """signing(far) gives an office whose mail is signed."""
    def make(far):
        office = out(routes=f"*={far.where}")
        office.run("dkim", "create")
        office.run("dkim", "use", "--unpublished")
        return office
    return make


LETTERS = {
    "plain": b"Subject: thu\r\nTo: a@example.org\r\n\r\nxin chao\r\n",
    "blanks": b"Subject:   hai  dong\r\n\t va  mot\r\nTo: a@example.org\r\n\r\n"
              b" a \t b  \r\n   \r\n\r\nc\r\n\r\n \r\n\r\n",
    "no body": b"Subject: rong\r\nTo: a@example.org\r\n\r\n",
    "dots": b"Subject: cham\r\n\r\n.\r\n..a\r\n.b\r\n",
    "8bit": "Subject: thu\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
            "8bit\r\nMIME-Version: 1.0\r\n\r\nKính gửi các đơn vị\r\n".encode(),
    "twice": b"Subject: mot\r\nSubject: hai\r\nReferences: <a@b>\r\n\r\nx\r\n",
}


# RFC 6376, RFC 8463
@pytest.mark.parametrize("letter", LETTERS)
def test_both_signatures_verify(signing, letter):
    with FarEnd(extensions=("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 99999999")) as far:
        office = signing(far)
        text = f"From: Trần Văn Anh <{office.anh}>\r\n".encode() + LETTERS[letter]
        if letter != "8bit":
            text = f"From: <{office.anh}>\r\n".encode() + LETTERS[letter]
        settled(office, submit(office, "a@example.org", text,
                               parameters=" SMTPUTF8 BODY=8BITMIME" if letter == "8bit" else ""))
        message = far.messages[0].data
        assert verdicts(message, published(office)) == [True, True]
        assert message.lower().count(b"dkim-signature:") == 2
        assert b"a=rsa-sha256" in message and b"a=ed25519-sha256" in message


def test_nothing_can_be_changed_or_added(signing):
    with FarEnd() as far:
        office = signing(far)
        settled(office, submit(office, "a@example.org"))
        message, look = far.messages[0].data, published(office)
        assert verdicts(message, look) == [True, True]
        for changed in (message.replace(b"xin chao", b"xin chac"),
                        message.replace(b"Subject: ra ngoai", b"Subject: ra ngoaj"),
                        b"Subject: them\r\n" + message, b"From: ai@khac.vn\r\n" + message,
                        b"Reply-To: ai@khac.vn\r\n" + message, message + b"them\r\n"):
            assert changed != message
            assert True not in verdicts(changed, look), changed[:200]


def test_keys_are_rotated_without_a_restart(signing):
    with FarEnd() as far:
        office = signing(far)
        first = {k["selector"] for k in keys(office)}
        settled(office, submit(office, "a@example.org"))
        office.run("dkim", "create")
        states = {k["selector"]: k["state"] for k in keys(office)}
        new = set(states) - first
        assert len(new) == 2 and {states[s] for s in new} == {"new"}
        settled(office, submit(office, "a@example.org"))
        office.run("dkim", "use", "--unpublished")
        settled(office, submit(office, "a@example.org"))
        used = [[s for s in states if f"s={s};".encode() in m.data] for m in far.messages]
        assert set(used[0]) == set(used[1]) == first and set(used[2]) == new
        look = published(office)
        assert all(verdicts(m.data, look) == [True, True] for m in far.messages)
        for selector in first:
            office.run("dkim", "remove", selector)
        with pytest.raises(Refused):
            office.run("dkim", "remove", sorted(new)[0])
        acts = office.run("audit", "list")
        assert "dkim.create" in acts and "dkim.use" in acts and "dkim.remove" in acts


def test_keys_are_used_only_when_their_records_are_there(out):
    with FarEnd() as far, Dns({}) as dns:
        office = out(routes=f"*={far.where}", dns=dns.where)
        office.run("dkim", "create")
        with pytest.raises(Refused) as refused:
            office.run("dkim", "use")
        assert "is not published" in str(refused.value)
        with pytest.raises(Refused):
            office.run("dns", "check")
        for record in json.loads(office.run("dns", "show", "--json")):
            value = record["value"]
            if record["type"] == "MX":
                value = (10, value.split()[1])
            dns.zone.setdefault(record["name"], {}).setdefault(record["type"], []).append(value)
        dns.zone[DOMAIN]["TXT"].append("another-word=1")
        office.stop()
        office.start()  # a resolver without memory of what was not there
        office.run("dkim", "use")
        assert {k["state"] for k in keys(office)} == {"in-use"}
        checked = json.loads(office.run("dns", "check", "--json"))
        assert {c["verdict"] for c in checked} == {"published"}
        assert {c["type"] for c in checked} == {"MX", "TXT"} and len(checked) == 5


def test_the_keys_are_for_the_owner_alone(signing):
    with FarEnd() as far:
        office = signing(far)
        folder = office.data / "dkim"
        assert folder.stat().st_mode & 0o077 == 0
        assert [f for f in folder.iterdir() if f.stat().st_mode & 0o077] == []


def test_opendkim_verifies_the_rsa_signature(signing, tmp_path):
    with FarEnd() as far:
        office = signing(far)
        settled(office, submit(office, "a@example.org"))
        rsa, = [k for k in keys(office) if k["kind"] == "rsa"]
        (tmp_path / "keys").write_text(f"{rsa['name']} {rsa['record']}\n")
        (tmp_path / "message").write_bytes(far.messages[0].data)
    (tmp_path / "conf").write_text(f"Mode v\nSyslog no\nTestDNSData {tmp_path}/keys\n")
    done = subprocess.run(["/usr/sbin/opendkim", "-x", tmp_path / "conf", "-t",
                           tmp_path / "message", "-v"], capture_output=True, text=True, check=False)
    verdict = f"verification (s={rsa['selector']}, d={DOMAIN}, 2048-bit key) succeeded"
    assert verdict in done.stdout, done
