"""Roles from the command line: given by a decision, taken away, on the record [Điều 10, 11]."""

import json

import pytest

from harness.server import Refused


def refused(server, *words):
    with pytest.raises(Refused) as caught:
        server.run(*words)
    return caught.value.status, caught.value.output


def test_a_role_is_given_by_a_decision_and_taken_away(office):
    assert "now focal of stttt" in office.run("role", "grant", office.anh, "focal", "--unit", "stttt",
                                              "--document", "Số 7/QĐ-STTTT")
    office.run("role", "grant", office.binh, "centre", "--document", "Số 8/QĐ-STTTT")
    rows = json.loads(office.run("role", "list", "--json"))
    assert [(r["role"], r["address"], r["unit"], r["document"]) for r in rows] == [
        ("centre", office.binh, None, "Số 8/QĐ-STTTT"), ("focal", office.anh, "stttt", "Số 7/QĐ-STTTT")]
    assert office.run("role", "list").count("\n") == 2
    assert "no longer centre" in office.run("role", "revoke", office.binh, "centre")
    acts = json.loads(office.run("audit", "list", "--json", "--limit", "3"))
    assert [(a["act"], a["subject"]) for a in acts] == [
        ("role.revoke", office.binh), ("role.grant", office.binh), ("role.grant", office.anh)]
    assert acts[0]["before"]["role"] == "centre" and acts[2]["after"]["unit"] == "stttt"


def test_what_is_no_role_is_refused_with_the_reason(office):
    assert refused(office, "role", "grant", office.anh, "chief", "--document", "x")[0] == 2
    assert refused(office, "role", "grant", office.anh, "centre")[0] == 2
    status, said = refused(office, "role", "grant", office.anh, "head", "--document", "x")
    assert status == 1 and "cần một đơn vị" in said
    status, said = refused(office, "role", "revoke", office.anh, "centre")
    assert status == 1 and "không có vai trò này" in said
    assert json.loads(office.run("role", "list", "--json")) == []
