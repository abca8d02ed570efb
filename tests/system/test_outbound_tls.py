"""TLS to other servers: taken where it is offered, taken up again, and never the reason that mail
does not arrive unless a route demands it; signing in to a relay."""

import base64
import ssl

import pytest

from harness.dns import Dns
from harness.farend import Close, FarEnd
from harness.outbound import certificate, results, settled, submit, tried
from harness.server import wait_for


# RFC 3207, RFC 7435
def test_tls_is_used_with_any_certificate_and_sessions_are_taken_up_again(out, tmp_path):
    with FarEnd(certificate=certificate(tmp_path)) as far:
        office = out(routes=f"*={far.where}", connections=1)
        for n in range(3):
            settled(office, submit(office, f"a{n}@example.org"))
            wait_for(lambda: far.open == 0, 15, "the end of the connection")
        assert [m.tls for m in far.messages] == [True] * 3
        assert far.resumed >= 1, "no session was taken up again"
        assert "TLSv1.3" in office.error_text()
        assert not [line for line in far.lines if line.startswith("MAIL") and "STARTTLS" in line]


@pytest.mark.parametrize("trouble", ["refused", "handshake", "closed"])
def test_tls_that_does_not_work_is_no_reason_to_keep_mail(out, tmp_path, trouble):
    def closing(session, _):
        raise Close

    def no_handshake(session, _):
        session.say("220 2.0.0 go")
        session.say(b"this is no TLS\r\n" * 10)
        raise Close
    script = {"refused": "454 4.7.0 not now", "handshake": no_handshake, "closed": closing}
    with FarEnd(certificate=certificate(tmp_path), STARTTLS=script[trouble]) as far:
        office = out(routes=f"*={far.where}", retry_first=1)
        number = submit(office, "a@example.org")
        if trouble == "closed":
            tried(office, number, "a@example.org")
            return  # the server went away, which says nothing of TLS
        settled(office, number)
        assert [m.tls for m in far.messages] == [False]


@pytest.mark.parametrize("level, offered, taken", [
    ("require", True, True), ("require", False, False), ("verify", True, False),
    ("never", True, True)])
def test_a_route_decides_what_tls_must_be(out, tmp_path, level, offered, taken):
    with FarEnd(certificate=certificate(tmp_path) if offered else None) as far:
        office = out(routes=f"*={far.where} tls={level}")
        number = submit(office, "a@example.org")
        if taken:
            settled(office, number)
            assert far.messages[0].tls == (level != "never")
        else:
            tried(office, number, "a@example.org")
            assert far.messages == []
            assert "TLS" in results(office, number)["a@example.org"]["answer"]


def test_a_verified_relay_is_signed_in_to(out, tmp_path):
    name = "relay.mot.vn"
    cert, key = certificate(tmp_path, name)
    secret = tmp_path / "secret"
    secret.write_text("Bí mật 1\n", encoding="utf-8")
    with FarEnd(certificate=(cert, key), extensions=("PIPELINING", "AUTH PLAIN LOGIN")) as far, \
            Dns({name: {"A": ["127.0.0.1"]}}) as dns:
        office = out(routes=f"*=[{name}]:{far.port} tls=verify user=congvu password={secret}",
                     dns=dns.where, trust=str(cert))
        settled(office, submit(office, "a@example.org"))
        assert far.messages[0].tls
        line, = [x for x in far.lines if x.startswith("AUTH")]
        assert base64.b64decode(line.split()[2]) == "\0congvu\0Bí mật 1".encode()
        assert "mật" not in office.error_text() and line.split()[2] not in office.error_text()


def test_a_wrong_password_for_the_relay_puts_mail_off(out, tmp_path):
    (tmp_path / "secret").write_text("x")
    with FarEnd(certificate=certificate(tmp_path), extensions=("AUTH PLAIN",),
                AUTH="535 5.7.8 no") as far:
        office = out(routes=f"*={far.where} tls=require user=u password={tmp_path}/secret")
        number = submit(office, "a@example.org")
        assert "535 " in tried(office, number, "a@example.org")["answer"]
        assert far.messages == []


def test_what_a_server_says_before_tls_is_forgotten(out, tmp_path):
    """Words that were injected behind the answer to STARTTLS are not taken for the server's."""
    def injected(session, _):
        session.say(b"220 2.0.0 go\r\n250-evil\r\n250 SIZE 1\r\n")
        return None
    cert = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*cert)

    def starttls(session, line):
        injected(session, line)
        session.connection = context.wrap_socket(session.connection, server_side=True)
        session.far.connections.append(session.connection)
        session.tls, session.buffer = True, b""
        return None
    with FarEnd(certificate=cert, STARTTLS=starttls) as far:
        office = out(routes=f"*={far.where}")
        found = settled(office, submit(office, "a@example.org"))["a@example.org"]
        assert found["result"] == "delivered" and far.messages[0].tls
