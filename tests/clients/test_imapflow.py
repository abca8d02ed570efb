"""imapflow, with which web applications read mail: folders, messages, parts, flags, IDLE."""

import json

import pytest

from harness import mail


@pytest.mark.usefixtures("npm")
def test_imapflow_does_all_it_can_and_nothing_is_refused(office, node, password):
    said = json.loads(node("imapflow", office.port("imaps"), office.anh, password))
    assert said["refused"] == []
    assert {"CONDSTORE", "UTF8=ACCEPT"} <= set(said["capabilities"])
    with mail.imap(office, office.anh) as client:
        mail.good(client.select("Archive", readonly=True))
        assert len(mail.uids(client)) == 5
