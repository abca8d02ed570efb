"""Mail from another server over IMAP: folders, flags and dates as they were; once each, over servers
that disconnect, lie, stall and send garbage, and runs that are killed."""

import hashlib
import json
import ssl
import subprocess
import threading
import time

import pytest

from harness.boxes import contents, full, look, subscribed
from harness.imap import message, utf7
from harness.server import SLOWNESS, Refused
from harness.source import Close, Source

PLAIN = ("--tls", "none", "--user", "cu", "--password-stdin")


def run(server, source, *words, password="mat khau", timeout=120):
    """(counts, None) or (counts, what was said of the refusal)."""
    words = words or (*PLAIN, "--account", server.anh)
    try:
        said = server.run("import", "imap", "127.0.0.1", "--port", source.port, *words, "--json",
                          given=password + "\n", timeout=timeout)
        return json.loads(said), None
    except Refused as refused:
        first, _, rest = refused.output.partition("congvu: ")
        return (json.loads(first) if first else None), rest


def some(n, size=500):
    return [message(f"thu {i}", f"noi dung {i} " + "x" * size) for i in range(n)]


def certificate(server):
    folder = server.data / "tls"
    return folder / "certificate.pem", folder / "key.pem"


def fingerprint(server):
    der = ssl.PEM_cert_to_DER_cert(certificate(server)[0].read_text())
    return hashlib.sha256(der).hexdigest()


def test_all_folders_come_with_flags_dates_and_subscriptions(office):
    boxes = {"INBOX": [("\\Seen gap $Forwarded", "01-Jan-2024 10:20:30 +0700", message("mot"))],
             "Sent Items": [("\\Answered \\Flagged", "02-Jan-2024 10:20:30 +0000", message("hai"))],
             utf7("Công văn") + ".2025": [("\\Draft", "03-Jan-2024 00:00:00 -0500", message("ba"))],
             "T\u1ea1p/a".encode().decode("latin-1"): [], "Empty": [], "Parent": [],
             "Everything": some(1), "~shared/x": some(1)}
    with Source(boxes, delimiter=".", subscribed=["Sent Items", utf7("Công văn") + ".2025"],
                attributes={"Parent": "\\Noselect", "Everything": "\\All"}) as source:
        counts, said = run(office, source)
    assert said is None and (counts["taken"], counts["left"]) == (3, 0)
    assert [r["what"] for r in counts["reasons"]] == ["Everything"]
    found = look(office, office.anh)
    assert full(found) == {
        "INBOX": [({"\\Seen", "gap", "$Forwarded"}, " 1-Jan-2024 10:20:30 +0700", message("mot"))],
        "Sent": [({"\\Answered", "\\Flagged"}, " 2-Jan-2024 17:20:30 +0700", message("hai"))],
        utf7("Công văn/2025"): [({"\\Draft"}, " 3-Jan-2024 12:00:00 +0700", message("ba"))]}
    assert "Empty" in found and "Parent" not in found
    assert {"Sent", utf7("Công văn/2025")} <= subscribed(office, office.anh)
    assert "Empty" not in subscribed(office, office.anh)


def test_nothing_comes_twice_and_what_is_new_comes(office):
    with Source({"INBOX": some(120)}) as source:
        assert run(office, source)[0]["taken"] == 120
        source.fetched.clear()
        counts, _ = run(office, source)
        assert (counts["taken"], counts["had"], source.fetched) == (0, 120, [])
        source.boxes["INBOX"] += [("", "24-Nov-2026 08:05:00 +0000", raw) for raw in (some(1) * 2)]
        assert run(office, source)[0]["taken"] == 2  # twins of the first, and of each other
        source.uidvalidity = 8  # everything must be looked at again, and is known by its content
        counts, _ = run(office, source)
        assert (counts["taken"], counts["had"]) == (0, 122)
        source.fetched.clear()
        assert run(office, source)[0]["had"] == 122 and source.fetched == []
    assert len(contents(look(office, office.anh))) == 122


def test_a_server_that_disconnects_again_and_again_is_read_to_its_end(office):
    raws, count = some(200), [0]

    def break_off(uid, raw):
        count[0] += 1
        if count[0] % 17 == 0:
            raise Close
        return (len(raw), raw) if count[0] % 23 else (len(raw), raw[:100])

    def before(session, line):
        if count[0] % 5 == 4 and "EXAMINE" in line:
            count[0] += 1
            raise Close

    with Source({"INBOX": raws}, content=break_off, before=before) as source:
        counts, said = run(office, source, timeout=240)
    assert said is None and (counts["taken"], counts["left"]) == (200, 0), (counts, said)
    assert sorted(contents(look(office, office.anh))) == sorted(raws) and source.sessions > 10


def test_what_lies_about_its_length_is_left_and_named_and_the_rest_comes(office):
    def lie(uid, raw):
        return {3: (len(raw) + 7, raw), 5: (len(raw) - 7, raw), 7: (10 ** 30, raw), 9: (10 ** 9, raw),
                11: (0, raw)}.get(uid, (len(raw), raw))

    raws = some(12)
    with Source({"INBOX": raws}, content=lie) as source:
        counts, said = run(office, source, *PLAIN, "--account", office.anh, "--silence", "2", timeout=240)
    assert said and (counts["taken"], counts["left"]) == (7, 5), counts
    assert sorted(r["what"] for r in counts["reasons"]) == sorted(
        f"INBOX, UID {uid}" for uid in (3, 5, 7, 9, 11))
    assert contents(look(office, office.anh)) == [raw for i, raw in enumerate(raws, 1) if i % 2 == 0 or i == 1]


def test_what_is_not_given_is_left_and_named(office):
    with Source({"INBOX": [*some(2), ("", "24-Nov-2026 08:05:00 +0000", None)]}) as source:
        def before(session, line):
            if line.endswith("UID FETCH 1:* (UID)"):
                for uid in (1, 2, 3):
                    session.say(f"* {uid} FETCH (UID {uid})")
                session.ok()
                return True
            return False
        source.before = before
        counts, said = run(office, source)
    assert (counts["taken"], counts["left"]) == (2, 1) and "UID 3" in counts["reasons"][0]["what"]
    assert "chưa chuyển được" in said


@pytest.mark.parametrize("garbage", [
    b"HTTP/1.1 400 Bad Request", b"\0" * 5000, b"* 1 FETCH (UID 1 BODY[] {5}", b"a999 OK hello",
    b"* LIST () \"/\" " + b"x" * 3_000_000, b"+ more", b"* BYE gone", b"* 1 FETCH " + b"(" * 5000,
    b"* LIST () \"/\" {5000000000}", b"\xff\xfe* OK"], ids=range(10))
def test_garbage_ends_the_run_with_words_and_no_harm(office, garbage):
    def before(session, line):
        if "LIST" in line:
            session.say(garbage)
            session.connection.shutdown(2)
            raise Close
    with Source({"INBOX": some(1)}, before=before) as source:
        threading.Timer(3 * SLOWNESS, lambda: setattr(source, "before", None)).start()
        counts, said = run(office, source)
    assert said is None and counts["taken"] == 1  # it was tried until the server came to its senses


@pytest.mark.parametrize(("how", "word"), [
    ({"greeting": "* BYE busy"}, "không nhận kết nối"), ({"greeting": "220 smtp"}, "IMAP"),
    ({"users": {"cu": "khac"}}, "không đăng nhập được"),
    ({"capabilities": "IMAP4rev1 LOGINDISABLED"}, "khi chưa mã hóa")])
def test_a_server_that_does_not_let_us_in_is_told(office, how, word):
    with Source({"INBOX": some(1)}, **how) as source:
        counts, said = run(office, source)
    assert counts["taken"] == 0 and word in said


def test_a_silent_server_is_given_up(office):
    def before(session, line):
        time.sleep(60)
    with Source({"INBOX": some(1)}, before=before) as source:
        began = time.monotonic()
        counts, said = run(office, source, *PLAIN, "--account", office.anh, "--silence", "1")
    assert "không trả lời" in said and time.monotonic() - began < 20 * SLOWNESS


def test_a_server_that_answers_slowly_is_waited_for(office):
    def slow(uid, raw):
        time.sleep(0.3)
        return len(raw), raw
    with Source({"INBOX": some(5)}, content=slow) as source:
        assert run(office, source)[0]["taken"] == 5


def test_tls_is_verified_by_authority_or_fingerprint(office):
    where = ("--user", "cu", "--password-stdin", "--account", office.anh)
    with Source({"INBOX": some(1)}, certificate=certificate(office), implicit=True) as source:
        counts, said = run(office, source, *where)
        assert "không đáng tin" in said and fingerprint(office) in said.replace(":", "").lower()
        assert "không phải chứng thư" in run(office, source, *where, "--fingerprint", "ab" * 32)[1]
        assert "SHA-256" in run(office, source, *where, "--fingerprint", "abcd")[1]
        assert run(office, source, *where, "--fingerprint", fingerprint(office))[0]["taken"] == 1
    assert source.identities == ["cu"]
    with Source({"INBOX": some(2)}, certificate=certificate(office)) as source:
        counts, said = run(office, source, *where, "--tls", "starttls", "--fingerprint", fingerprint(office))
        assert (counts["taken"], counts["had"], said) == (1, 1, None)
        # The name on it is not 127.0.0.1, so the authority alone is not enough.
        assert "không đáng tin" in run(office, source, *where, "--tls", "starttls", "--ca",
                                       certificate(office)[0])[1]
        source.certificate = None
        assert "STARTTLS" in run(office, source, *where, "--tls", "starttls")[1]


def test_what_comes_before_the_handshake_is_an_attack(office):
    def before(session, line):
        if line.endswith("STARTTLS"):
            session.connection.sendall(f"{session.tag} OK go\r\n* CAPABILITY X\r\n".encode())
            return True
        return False
    with Source({"INBOX": some(1)}, certificate=certificate(office), before=before) as source:
        counts, said = run(office, source, "--user", "cu", "--password-stdin", "--account", office.anh,
                           "--tls", "starttls", "--fingerprint", fingerprint(office))
    assert "trước khi bắt tay" in said and source.identities == []


def test_many_accounts_come_by_a_table_and_a_master_user(office):
    users = {"cu": "mat khau", "anh@cu.vn": "a,b", "binh@cu.vn": "c\"d"}
    with Source({"INBOX": some(3)}, users=users) as source:
        words = ("import", "imap", "127.0.0.1", "--port", source.port, "--tls", "none", "--accounts-stdin")
        table = f'address,user,password\n{office.anh},anh@cu.vn,"a,b"\n{office.binh},binh@cu.vn,"c""d"\n'
        said = office.run(*words, given=table)
        assert said.count("đã chuyển 3 thư") == 2
        rows = f"{office.anh},anh@cu.vn\nkhongco,x\n{office.binh},binh@cu.vn\n"
        with pytest.raises(Refused) as caught:
            office.run(*words, "--user", "cu", "--password-stdin", given="mat khau\n" + rows)
        assert "khongco" in caught.value.output
        assert caught.value.output.count("3 thư đã có từ trước") == 2  # the same mailboxes there
    assert source.identities == ["anh@cu.vn", "binh@cu.vn"] * 2
    log = office.output.read_text() + office.error_text()
    trail = office.run("audit", "list", "--json")
    assert "mat khau" not in log + trail and "a,b" not in log + trail
    assert sum(a["act"] == "mail.import" for a in json.loads(trail)) == 4


def test_a_run_that_is_killed_goes_on_and_each_message_is_there_once(office):
    raws = some(1500, 2000)
    with Source({"INBOX": raws[:1000], "Cũ": raws[1000:]}) as source:
        for turn in range(6):
            process = subprocess.Popen(
                [office.program, "--data", office.data, "import", "imap", "127.0.0.1", "--port",
                 str(source.port), *PLAIN, "--account", office.anh], stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            process.stdin.write(b"mat khau\n")
            process.stdin.close()
            time.sleep(0.12 * SLOWNESS)
            if turn % 2:
                office.kill()
            process.kill()
            process.wait()
            if turn % 2:  # only now: without a server the command would have the folder's lock
                office.start()
        counts, said = run(office, source)
    assert said is None and counts["taken"] + counts["had"] == 1500
    found = look(office, office.anh)
    assert sorted(sum((contents(found, name) for name in full(found)), [])) == sorted(raws)
