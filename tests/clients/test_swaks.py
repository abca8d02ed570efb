"""swaks, the mail administrator's test tool, sends through every door."""

import pytest

from harness import mail


@pytest.mark.parametrize("how", [
    ["submission", "--tls", "--auth", "PLAIN"], ["submission", "--tls", "--auth", "LOGIN"],
    ["submissions", "--tls-on-connect", "--auth", "PLAIN"], ["submission", "--auth", "LOGIN"]])
def test_swaks_submits_with_each_mechanism(office, client, password, how):
    port, *more = how
    client.run("swaks", "--server", "127.0.0.1", "--port", office.port(port), *more,
               "--auth-user", office.anh, "--auth-password", password, "--from", office.anh,
               "--to", office.binh, "--header", "Subject: bang swaks", "--body", "noi dung")
    assert "noi dung" in mail.arrived(office, office.binh, "bang swaks").get_content()


def test_swaks_delivers_from_outside_with_starttls(office, client):
    client.run("swaks", "--server", "127.0.0.1", "--port", office.port("smtp"), "--tls", "--from",
               "dan@example.com", "--to", office.anh, "--header", "Subject: tu ngoai")
    assert mail.arrived(office, office.anh, "tu ngoai")


def test_swaks_sees_a_wrong_password_refused(office, client):
    output = client.run("swaks", "--server", "127.0.0.1", "--port", office.port("submission"),
                        "--tls", "--auth", "PLAIN", "--auth-user", office.anh, "--auth-password",
                        "Sai@12345", "--from", office.anh, "--to", office.binh, good=(28,))
    assert "535" in output


def test_swaks_pipelines_and_asks_for_what_is_not_offered(office, client):
    """--pipeline sends MAIL, RCPT and DATA in one go; PRDR and XCLIENT are not offered here."""
    server = ["swaks", "--server", "127.0.0.1", "--port", office.port("smtp"), "--from",
              "dan@example.com", "--to", f"{office.anh},{office.binh}"]
    client.run(*server, "--pipeline", "--tls", "--header", "Subject: mot lan")
    for who in (office.anh, office.binh):
        assert mail.arrived(office, who, "mot lan")
    output = client.run(*server, "--prdr", "--header", "Subject: prdr", good=range(256))
    assert "PRDR" not in output.split("-> EHLO")[1].split("->")[0]
    client.run(*server, "--header", "Subject: sau do")
    assert mail.arrived(office, office.anh, "sau do")


def test_swaks_sends_an_attachment_that_arrives_byte_by_byte(office, client, password):
    content = bytes(range(256)) * 1000
    (client.home / "so lieu.bin").write_bytes(content)
    client.run("swaks", "--server", "127.0.0.1", "--port", office.port("submission"), "--tls",
               "--auth-user", office.anh, "--auth-password", password, "--from", office.anh, "--to",
               office.binh, "--header", "Subject: tep", "--attach", "@so lieu.bin")
    got = mail.arrived(office, office.binh, "tep")
    assert next(got.iter_attachments()).get_payload(decode=True) == content


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "DIGEST-MD5", "NTLM"])
def test_swaks_cannot_sign_in_by_a_mechanism_that_is_not_offered(office, client, password, mechanism):
    output = client.run("swaks", "--server", "127.0.0.1", "--port", office.port("submission"), "--tls",
                        "--auth", mechanism, "--auth-user", office.anh, "--auth-password", password,
                        "--from", office.anh, "--to", office.binh, good=(28, 10))
    assert "235" not in output
