"""Identity, EmailSubmission and VacationResponse over JMAP (RFC 8621 6, 7, 8): who may send as whom,
whom it reaches, and the regulation's word [Điều 5.1, 6.3]."""

import pytest

from harness import jmap, mail
from harness.jmap import CORE, MAIL, Client
from harness.server import DOMAIN, wait_for

UNIT = f"stttt@{DOMAIN}"
SUBMISSION = "urn:ietf:params:jmap:submission"
VACATION = "urn:ietf:params:jmap:vacationresponse"
USING = (CORE, MAIL, SUBMISSION, VACATION)


@pytest.fixture(scope="module")
def client(shared_office):
    made = Client(shared_office, shared_office.anh, using=USING)
    yield made
    made.close()


def draft(client, to, text="Nội dung.", **more):
    """The id of a draft."""
    answer = client.call("Email/set", create={"d": {
        "mailboxIds": {client.role("drafts"): True}, "keywords": {"$draft": True},
        "from": [{"email": client.who}], "to": [{"email": a} for a in to], "subject": "Gửi thử",
        "bodyValues": {"t": {"value": text}}, "textBody": [{"partId": "t", "type": "text/plain"}],
        **more}})
    assert answer["created"], answer
    return answer["created"]["d"]["id"]


def identity(client, **more):
    return client.call("Identity/get", ids=None, **more)["list"][0]["id"]


def submit(client, email, account=None, **more):
    more = {"identityId": identity(client), "emailId": email, **more}
    account = account or client.account
    return client.call("EmailSubmission/set", accountId=account, create={"s": more})


def refused(client, email, **more):
    answer = submit(client, email, **more)
    assert answer["created"] is None, answer
    return answer["notCreated"]["s"]


# RFC 8621 6.1, 6.3
def test_identities_are_the_addresses_of_the_directory(client, shared_office):
    shared_office.run("account", "alias", client.who, "--add",
                      f"anh.khac@{DOMAIN}", "--ground", "Số 1")
    found = client.call("Identity/get", ids=None)
    assert [i["email"] for i in found["list"]] == [client.who, f"anh.khac@{DOMAIN}"]
    mine = found["list"][0]
    assert (mine["name"], mine["mayDelete"], mine["textSignature"]) == ("Trần Văn Anh", False, "")
    answer = client.call("Identity/set", update={mine["id"]: {"textSignature": "Trân trọng",
                                                             "replyTo": [{"email": UNIT}]}})
    assert answer["updated"] == {mine["id"]: None}
    again = client.call("Identity/get", ids=[mine["id"], "Ix"])
    assert again["list"][0]["textSignature"] == "Trân trọng" and again["notFound"] == ["Ix"]
    changes = client.call("Identity/changes", sinceState=found["state"])
    assert changes["newState"] == again["state"] and mine["id"] in (
        changes["created"] + changes["updated"])
    for patch, error in [({"email": "x@y.vn"}, "invalidProperties"), ({"name": 7}, "invalidProperties"),
                         ({"replyTo": [{}]}, "invalidProperties"), ({"a/b": 1}, "invalidPatch")]:
        answer = client.call("Identity/set", update={mine["id"]: patch})
        assert answer["notUpdated"][mine["id"]]["type"] == error
    answer = client.call("Identity/set", create={"i": {"email": "x@y.vn"}}, destroy=[mine["id"]])
    assert answer["notCreated"]["i"]["type"] == "forbiddenFrom"
    assert answer["notDestroyed"][mine["id"]]["type"] == "forbidden"
    assert client.refused("Identity/set", ifInState="x") == "stateMismatch"
    assert client.refused("Identity/changes", sinceState="x") == "cannotCalculateChanges"


# RFC 8621 7.5
def test_a_draft_is_sent_and_filed_in_one_request(client, shared_office):
    email = draft(client, [shared_office.binh], bcc=[{"email": UNIT}])
    sent = client.role("sent")
    responses = client.calls(
        ["EmailSubmission/set", {
            "accountId": client.account,
            "create": {"s": {"identityId": identity(client), "emailId": email}},
            "onSuccessUpdateEmail": {"#s": {"keywords/$draft": None, "keywords/$seen": True,
                                            "mailboxIds": {sent: True}}}}, "0"])
    assert [(r[0], r[2]) for r in responses] == [("EmailSubmission/set", "0"), ("Email/set", "0")]
    made = responses[0][1]["created"]["s"]
    assert made["undoStatus"] == "final" and made["sendAt"].endswith("Z")
    assert responses[1][1]["updated"] == {email: None}
    found = client.email(email, "mailboxIds", "keywords")
    assert (found["mailboxIds"], found["keywords"]) == ({sent: True}, {"$seen": True})
    box = mail.imap(shared_office, shared_office.binh)
    box.select()
    content = box.fetch("1", "(RFC822)")[1][0][1].decode()
    box.logout()
    assert "Received: from [" in content and "with HTTPS" in content
    assert "\r\nBcc:" not in content and "\r\nSubject: " in content
    record = client.call("EmailSubmission/get", ids=[made["id"]])["list"][0]
    assert record["emailId"] == email and record["threadId"] == made["threadId"]
    assert [r["email"] for r in record["envelope"]["rcptTo"]] == [shared_office.binh, UNIT]
    assert record["envelope"]["mailFrom"]["email"] == client.who


def test_submissions_are_listed_changed_and_forgotten(client, shared_office):
    before = client.call("EmailSubmission/get", ids=[])["state"]
    ids = [submit(client, draft(client, [shared_office.binh]))["created"]["s"]["id"]
           for _ in range(2)]
    changes = client.call("EmailSubmission/changes", sinceState=before, maxChanges=1)
    assert (changes["created"], changes["hasMoreChanges"]) == ([ids[0]], True)
    changes = client.call("EmailSubmission/changes", sinceState=changes["newState"])
    assert (changes["created"], changes["hasMoreChanges"]) == ([ids[1]], False)
    found = client.call("EmailSubmission/query", filter={"identityIds": [identity(client)],
                                                         "undoStatus": "final"},
                        sort=[{"property": "sentAt", "isAscending": False}], calculateTotal=True)
    assert set(ids) <= set(found["ids"]) and found["total"] == len(found["ids"])
    assert client.refused("EmailSubmission/query", filter={"khac": 1}) == "unsupportedFilter"
    assert client.refused("EmailSubmission/query", sort=[{"property": "x"}]) == "unsupportedSort"
    assert client.refused("EmailSubmission/queryChanges",
                          sinceQueryState=found["queryState"]) == "cannotCalculateChanges"
    answer = client.call("EmailSubmission/set", update={
        ids[0]: {"undoStatus": "canceled"}, ids[1]: {"undoStatus": "final"}, "Sx": {}},
        destroy=[ids[1], "Sy"])
    assert answer["notUpdated"][ids[0]]["type"] == "cannotUnsend"
    assert answer["updated"] == {ids[1]: None} and answer["destroyed"] == [ids[1]]
    assert answer["notUpdated"]["Sx"]["type"] == answer["notDestroyed"]["Sy"]["type"] == "notFound"
    assert client.call("EmailSubmission/get", ids=[ids[1]])["notFound"] == [ids[1]]


# [Điều 6.3] [Điều 5.1]
def test_what_may_not_be_sent_is_refused_with_its_error(client, shared_office):
    binh = shared_office.binh
    good = draft(client, [binh])
    assert refused(client, "Mffffffffffffffff")["properties"] == ["emailId"]
    assert refused(client, good, identityId="Ix")["properties"] == ["identityId"]
    assert refused(client, good, sendAt="2030-01-01T00:00:00Z")["properties"] == ["sendAt"]
    assert refused(client, good, khac=1)["properties"] == ["khac"]
    assert refused(client, good, envelope={"mailFrom": {}})["properties"] == ["envelope"]
    envelope = {"mailFrom": {"email": binh}, "rcptTo": [{"email": binh}]}
    problem = refused(client, good, envelope=envelope)
    assert problem["type"] == "forbiddenMailFrom" and "Điều 6" in problem["description"]
    forged = draft(client, [binh], **{"from": [{"email": binh}]})
    problem = refused(client, forged)
    assert problem["type"] == "forbiddenFrom" and "Điều 6" in problem["description"]
    nobody = draft(client, [binh], **{"from": []})
    assert refused(client, nobody)["type"] == "invalidEmail"
    assert refused(client, draft(client, []))["type"] == "noRecipients"
    problem = refused(client, draft(client, [binh, f"khongco@{DOMAIN}"]))
    assert (problem["type"], problem["invalidRecipients"]) == (
        "invalidRecipients", [f"khongco@{DOMAIN}"])
    many = draft(client, [f"a{i}@example.com" for i in range(2000)])
    problem = refused(client, many)
    assert problem["type"] == "tooManyRecipients" and problem["maxRecipients"] > 0
    file = client.upload(bytes(21 << 20))["blobId"]
    heavy = draft(client, [binh], attachments=[{"blobId": file, "type": "application/zip",
                                                "name": "a.zip"}])
    problem = refused(client, heavy)
    assert problem["type"] == "tooLarge" and "Điều 5" in problem["description"]


# [Điều 6.2]
def test_the_holder_of_a_unit_mailbox_sends_as_the_unit(client, shared_office):
    shared_office.run("account", "delegate", UNIT, client.who, "--may", "read,write,send",
                      "--document", "Số 5/QĐ")
    again = Client(shared_office, client.who, using=USING)
    unit = next(i for i, a in again.session["accounts"].items() if a["name"] == UNIT)
    as_unit = identity(again, accountId=unit)
    drafts = next(b["id"] for b in again.call("Mailbox/get", accountId=unit, ids=None)["list"]
                  if b["role"] == "drafts")
    made = again.call("Email/set", accountId=unit, create={"d": {
        "mailboxIds": {drafts: True}, "from": [{"email": UNIT}],
        "to": [{"email": shared_office.binh}], "subject": "Thông báo của Sở"}})["created"]["d"]["id"]
    answer = again.call("EmailSubmission/set", accountId=unit, create={
        "s": {"identityId": as_unit, "emailId": made}})
    assert answer["created"]["s"]["undoStatus"] == "final"
    binh = Client(shared_office, shared_office.binh)
    wait_for(lambda: binh.query(filter={"from": UNIT}), what="the unit's mail")
    binh.close()
    again.close()


# RFC 8621 8
def test_a_vacation_notice_is_kept(client, shared_office):
    first = client.call("VacationResponse/get", ids=None)
    assert first["list"] == [{"id": "singleton", "isEnabled": False, "fromDate": None,
                              "toDate": None, "subject": None, "textBody": None, "htmlBody": None}]
    answer = client.call("VacationResponse/set", update={"singleton": {
        "isEnabled": True, "fromDate": "2026-12-01T00:00:00Z", "textBody": "Tôi đi công tác."}})
    assert answer["updated"] == {"singleton": None} and answer["oldState"] == first["state"]
    found = client.call("VacationResponse/get", ids=["singleton", "x"])
    assert found["list"][0]["textBody"] == "Tôi đi công tác." and found["notFound"] == ["x"]
    assert found["state"] == answer["newState"] != first["state"]
    answer = client.call("VacationResponse/set", create={"v": {}}, destroy=["singleton"],
                         update={"singleton": {"fromDate": "mai"}, "x": {}})
    assert answer["notCreated"]["v"]["type"] == "singleton"
    assert answer["notDestroyed"]["singleton"]["type"] == "singleton"
    assert answer["notUpdated"]["singleton"]["type"] == "invalidProperties"
    assert answer["notUpdated"]["x"]["type"] == "notFound"
    answer = client.call("VacationResponse/set", update={"singleton": {"isEnabled": False}},
                         ifInState=found["state"])
    assert answer["updated"] == {"singleton": None}
    assert client.refused("VacationResponse/set", ifInState="x") == "stateMismatch"
    unit = [i for i, a in Client(shared_office, client.who, using=USING).session["accounts"].items()
            if a["name"] == UNIT]
    if unit:
        assert client.refused("VacationResponse/get", accountId=unit[0],
                              ids=None) == "accountNotSupportedByMethod"
