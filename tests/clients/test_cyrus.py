"""Cyrus as the system that people move out of, over IMAP, with both of its separators."""

import pytest

from harness.boxes import look, subscribed
from harness.cyrus import Cyrus
from harness.imap import Session, message, utf7
from harness.moving import as_set, expected, fill, moved


@pytest.fixture(params=["/", "."])
def cyrus(request, office):
    tls = office.data / "tls"
    with Cyrus((tls / "certificate.pem", tls / "key.pem"), request.param) as there:
        there.separator = request.param
        fill(there, "an", {"Đã gửi đi": "\\Sent"})
        yield there


def test_an_account_of_cyrus_comes_over_imap(office, cyrus):
    counts = moved(office, cyrus, "--account", office.anh, "--user", "an")
    assert (counts["taken"], counts["left"], counts["folders"]) == (120, 0, 6), counts
    assert as_set(look(office, office.anh)) == as_set(expected(cyrus))
    assert {"Sent", utf7("Công văn đến/2025"), utf7("a & b")} <= subscribed(office, office.anh)
    assert utf7("Công văn đến") not in subscribed(office, office.anh)
    session = Session(cyrus, "an")
    assert session.ok('STATUS INBOX (UNSEEN)').status_of("INBOX")["UNSEEN"] == 16  # nothing was seen
    session.append("INBOX", message("moi"))
    again = moved(office, cyrus, "--account", office.anh, "--user", "an", tls="starttls")
    assert (again["taken"], again["had"]) == (1, 120)
