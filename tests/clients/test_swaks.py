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
