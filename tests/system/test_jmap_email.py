"""Email/get, set, copy, import, parse and Thread/get over JMAP (RFC 8621 3, 4)."""

import pytest

from harness import jmap, mail
from harness.imap import Session
from harness.jmap import Client
from harness.server import DOMAIN

UNIT = f"stttt@{DOMAIN}"
MIXED = b"""\
From: =?utf-8?B?xJBhbg==?= <dan@example.com>
To: Anh <anh.stttt@bacninh.gov.vn>, nhom: b@x.vn, "C, D" <c@x.vn>;
Sender: thuky@example.com
Subject: =?utf-8?Q?H=E1=BB=8Dp?=
Date: Tue, 24 Nov 2026 08:05:00 +0700
Message-ID: <m1@x.vn>
References: <m0@x.vn> <m-1@x.vn>
List-Post: <mailto:l@x.vn>, <https://x.vn/>
X-Hai: mot
X-Hai: hai
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

H=E1=BB=8Dp l=C3=BAc 8 gi=E1=BB=9D.
--c
Content-Type: text/html; charset=utf-8

<p>Hop <b>luc</b> 8 gio</p>
--c--
--b
Content-Type: application/pdf; name="=?utf-8?Q?c=C3=B4ng_v=C4=83n.pdf?="
Content-Disposition: attachment
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--b
Content-Type: message/rfc822

Subject: ben trong
Content-Type: text/plain

noi dung ben trong
--b--
""".replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def client(shared_office):
    made = Client(shared_office, shared_office.anh)
    yield made
    made.close()


@pytest.fixture(scope="module")
def box(client):
    return client.new_mailbox("Thư thử")


@pytest.fixture(scope="module")
def mixed(client, box):
    return client.put(box, MIXED, ["$flagged", "ViecGap"], "2026-11-24T01:05:10Z")["id"]


# ----------------------------------------------------------------------------------------- Email/get


# RFC 8621 4.1.1, 4.1.2, 4.1.3
def test_the_header_is_shown_in_its_forms(client, box, mixed):
    found = client.email(mixed)
    assert found["mailboxIds"] == {box: True} and found["size"] == len(MIXED)
    assert found["keywords"] == {"$flagged": True, "viecgap": True}
    assert found["receivedAt"] == "2026-11-24T01:05:10Z"
    assert found["sentAt"] == "2026-11-24T08:05:00+07:00"
    assert found["from"] == [{"name": "Đan", "email": "dan@example.com"}]
    assert [a["email"] for a in found["to"]] == ["anh.stttt@bacninh.gov.vn", "b@x.vn", "c@x.vn"]
    assert found["sender"] == [{"name": None, "email": "thuky@example.com"}]
    assert found["replyTo"] is None and found["cc"] is None and found["bcc"] is None
    assert found["subject"] == "Họp" and found["messageId"] == ["m1@x.vn"]
    assert found["references"] == ["m0@x.vn", "m-1@x.vn"] and found["inReplyTo"] is None
    assert found["hasAttachment"] is True and found["preview"].startswith("Họp lúc 8 giờ.")
    forms = client.email(
        mixed, "header:X-Hai", "header:X-Hai:all", "header:Subject:asText", "header:subject:asRaw",
        "header:To:asGroupedAddresses", "header:To:asAddresses", "header:References:asMessageIds",
        "header:Date:asDate", "header:List-Post:asURLs", "header:Khong-Co",
        "header:Khong-Co:asText:all", "headers")
    assert forms["header:X-Hai"] == " hai" and forms["header:X-Hai:all"] == [" mot", " hai"]
    assert forms["header:Subject:asText"] == "Họp"
    assert forms["header:subject:asRaw"] == " =?utf-8?Q?H=E1=BB=8Dp?="
    assert forms["header:To:asGroupedAddresses"] == [
        {"name": None, "addresses": [{"name": "Anh", "email": "anh.stttt@bacninh.gov.vn"}]},
        {"name": "nhom", "addresses": [{"name": None, "email": "b@x.vn"},
                                       {"name": "C, D", "email": "c@x.vn"}]}]
    assert len(forms["header:To:asAddresses"]) == 3
    assert forms["header:References:asMessageIds"] == ["m0@x.vn", "m-1@x.vn"]
    assert forms["header:Date:asDate"] == "2026-11-24T08:05:00+07:00"
    assert forms["header:List-Post:asURLs"] == ["mailto:l@x.vn", "https://x.vn/"]
    assert forms["header:Khong-Co"] is None and forms["header:Khong-Co:asText:all"] == []
    assert {"name": "X-Hai", "value": " mot"} in forms["headers"]
    for wrong in ("header:From:asDate", "header:Subject:asKhac", "header:", "header:A B",
                  "header:Subject:all:asText", "Header:Subject"):
        assert client.refused("Email/get", ids=[], properties=[wrong]) == "invalidArguments", wrong


# RFC 8621 4.1.4
def test_the_body_is_shown_as_a_tree_and_as_lists(client, mixed):
    found = client.email(mixed, "bodyStructure", "textBody", "htmlBody", "attachments",
                         "bodyValues", fetchAllBodyValues=True)
    root = found["bodyStructure"]
    assert (root["type"], root["partId"], root["blobId"]) == ("multipart/mixed", None, None)
    assert [p["type"] for p in root["subParts"]] == ["multipart/alternative", "application/pdf",
                                                    "message/rfc822"]
    assert [p["partId"] for p in found["textBody"]] == ["1.1"]
    assert [p["partId"] for p in found["htmlBody"]] == ["1.2"]
    assert [(p["partId"], p["name"], p["disposition"]) for p in found["attachments"]] == [
        ("2", "công văn.pdf", "attachment"), ("3", None, None)]
    assert found["bodyValues"]["1.1"] == {
        "value": "Họp lúc 8 giờ.", "isEncodingProblem": False, "isTruncated": False}
    cut = client.email(mixed, "bodyValues", fetchTextBodyValues=True, maxBodyValueBytes=3)
    assert cut["bodyValues"] == {"1.1": {"value": "H", "isEncodingProblem": False,
                                         "isTruncated": True}}
    cut = client.email(mixed, "bodyValues", fetchHTMLBodyValues=True, maxBodyValueBytes=9)
    assert cut["bodyValues"]["1.2"]["value"] == "<p>Hop "
    some = client.email(mixed, "attachments",
                        bodyProperties=["size", "header:Content-Type", "headers"])["attachments"][0]
    assert some["size"] == 9 and some["header:Content-Type"].startswith(" application/pdf")
    assert [h["name"] for h in some["headers"]] == ["Content-Type", "Content-Disposition",
                                                    "Content-Transfer-Encoding"]
    blob = found["attachments"][0]["blobId"]
    path = f"/jmap/download/{client.account}/{blob}/x.pdf"
    status, content, headers = client.ask("GET", path)
    assert (status, content, headers["Content-Type"]) == (200, b"%PDF-1.4\n", "application/pdf")
    whole = client.email(mixed, "blobId")["blobId"]
    assert client.ask("GET", f"/jmap/download/{client.account}/{whole}/x")[1] == MIXED


# RFC 8621 4.9
def test_an_attached_message_is_parsed_and_its_parts_have_blobs(client, mixed):
    blob = client.email(mixed, "attachments")["attachments"][1]["blobId"]
    junk = client.upload(b"\x00\x01 khong phai thu")["blobId"]
    found = client.call("Email/parse", blobIds=[blob, junk, "B0000000000000001"],
                        properties=["id", "subject", "textBody", "bodyValues", "size", "preview"],
                        fetchTextBodyValues=True)
    assert (found["notParsable"], found["notFound"]) == ([junk], ["B0000000000000001"])
    inner = found["parsed"][blob]
    assert (inner["id"], inner["subject"]) == (None, "ben trong")
    assert inner["bodyValues"]["1"]["value"].rstrip() == "noi dung ben trong"
    path = f"/jmap/download/{client.account}/{inner['textBody'][0]['blobId']}/x.txt"
    assert client.ask("GET", path)[1].rstrip() == b"noi dung ben trong"
    assert client.refused("Email/parse") == "invalidArguments"


def test_all_mails_at_once_are_too_many_and_unknown_ones_not_found(client):
    assert client.refused("Email/get", ids=None) == "requestTooLarge"
    answer = client.call("Email/get", ids=["M0000000000000001", "x"], properties=["subject"])
    assert (answer["list"], answer["notFound"]) == ([], ["M0000000000000001", "x"])


# RFC 8621 3.1
def test_a_conversation_has_its_mails_oldest_first(client, box):
    first = client.put(box, jmap.text("Một", Message_ID="<t1@x>"), (), "2026-01-02T00:00:00Z")
    reply = client.put(box, jmap.text("Hai", Message_ID="<t2@x>", References="<t1@x>"), (),
                       "2026-01-01T00:00:00Z")
    alone = client.put(box, jmap.text("Ba"))
    assert first["threadId"] == reply["threadId"] != alone["threadId"]
    found = client.call("Thread/get", ids=[first["threadId"], alone["threadId"], "Tx"])
    assert found["list"] == [{"id": first["threadId"], "emailIds": [reply["id"], first["id"]]},
                             {"id": alone["threadId"], "emailIds": [alone["id"]]}]
    assert found["notFound"] == ["Tx"]


# ----------------------------------------------------------------------------------------- Email/set


# RFC 8621 4.6
def test_keywords_are_patched_and_replaced(client, box):
    made = client.put(box, jmap.text("Nhãn"), ["cu"])["id"]

    def keywords():
        return set(client.email(made, "keywords")["keywords"])

    def update(patch):
        return client.call("Email/set", update={made: patch})

    assert update({"keywords/$seen": True, "keywords/Moi": True})["updated"] == {made: None}
    assert keywords() == {"cu", "$seen", "moi"}
    update({"keywords/cu": None, "keywords/$flagged": True})
    assert keywords() == {"$seen", "moi", "$flagged"}
    update({"keywords": {"$answered": True}})
    assert keywords() == {"$answered"}
    for patch, error in [
        ({"keywords": {"a b": True}}, "invalidProperties"),
        ({"keywords": {"x": False}}, "invalidProperties"),
        ({"keywords": 7}, "invalidProperties"),
        ({"subject": "khác"}, "invalidProperties"),
        ({"keywords/x/y": True}, "invalidPatch"),
        ({"keywords": {}, "keywords/x": True}, "invalidPatch"),
        ({"mailboxIds": {}}, "invalidProperties"),
        ({"mailboxIds": {"Fffffffff": True}}, "invalidProperties"),
        ({f"mailboxIds/{client.role('trash')}": True}, "tooManyMailboxes"),
        ({f"mailboxIds/{box}": None}, "invalidProperties"),
    ]:
        assert update(patch)["notUpdated"][made]["type"] == error, patch
    assert client.call("Email/set", update={"Mffffffffffffffff": {}})["notUpdated"][
        "Mffffffffffffffff"]["type"] == "notFound"


def test_a_mail_keeps_its_id_wherever_it_is_moved(client, box, shared_office):
    made = client.put(box, jmap.text("Chuyển", Message_ID="<move@x>"), ["$flagged"])
    trash = client.role("trash")
    before = client.email(made["id"], "blobId", "threadId", "keywords", "receivedAt")
    client.call("Email/set", update={made["id"]: {f"mailboxIds/{box}": None,
                                                 f"mailboxIds/{trash}": True}})
    assert client.email(made["id"], "mailboxIds")["mailboxIds"] == {trash: True}
    client.call("Email/set", update={made["id"]: {"mailboxIds": {box: True}}})
    imap = Session(shared_office, shared_office.anh)
    imap.ok('SELECT "Th&AbA- th&Hu0-"')
    uid = imap.ok("UID SEARCH SUBJECT Chuy").search()[-1]
    imap.ok(f"UID MOVE {uid} Archive")
    imap.socket.close()
    after = client.email(made["id"], "blobId", "threadId", "keywords", "receivedAt", "mailboxIds")
    assert after.pop("mailboxIds") == {client.role("archive"): True}
    assert after == before
    path = f"/jmap/download/{client.account}/{made['blobId']}/x"
    assert client.ask("GET", path)[0] == 200


def test_fifty_mails_are_read_moved_and_destroyed_at_once(client):
    source, target = client.new_mailbox("Nguồn"), client.new_mailbox("Đích")
    ids = [client.put(source, jmap.text(f"Thư {i}"))["id"] for i in range(50)]
    answer = client.call("Email/set", update={
        i: {"keywords/$seen": True, f"mailboxIds/{source}": None, f"mailboxIds/{target}": True}
        for i in ids})
    assert set(answer["updated"]) == set(ids)
    counts = {b["id"]: (b["totalEmails"], b["unreadEmails"])
              for b in client.call("Mailbox/get", ids=[source, target])["list"]}
    assert counts == {source: (0, 0), target: (50, 0)}
    answer = client.call("Email/set", destroy=[*ids, "M0000000000000001"])
    assert sorted(answer["destroyed"]) == sorted(ids)
    assert answer["notDestroyed"]["M0000000000000001"]["type"] == "notFound"
    assert client.call("Email/get", ids=ids[:1])["notFound"] == ids[:1]


def test_a_draft_is_made_of_its_properties(client):
    drafts = client.role("drafts")
    picture = client.upload(b"\x89PNG" + bytes(100), "image/png")["blobId"]
    file = client.upload("một,hai\n".encode(), "text/csv")["blobId"]
    made = client.call("Email/set", create={"d": {
        "mailboxIds": {drafts: True}, "keywords": {"$draft": True, "$seen": True},
        "from": [{"name": "Trần Văn Anh", "email": client.who}],
        "to": [{"name": "Nguyễn, Bình", "email": "binh@x.vn"}, {"email": "c@x.vn"}],
        "subject": ("Báo cáo quý " * 12).strip(), "inReplyTo": ["goc@x.vn"], "references": ["goc@x.vn"],
        "sentAt": "2026-11-24T08:05:00+07:00", "header:X-So": " 15/BC",
        "header:X-Trich-Yeu:asText": "V/v họp",
        "bodyValues": {"t": {"value": "Kính gửi:\nnội dung\n"}, "h": {"value": "<p>Nội dung</p>"}},
        "textBody": [{"partId": "t", "type": "text/plain"}],
        "htmlBody": [{"partId": "h", "type": "text/html"}],
        "attachments": [{"blobId": picture, "type": "image/png", "cid": "anh1",
                         "disposition": "inline"},
                        {"blobId": file, "type": "text/csv", "name": "số liệu.csv"}]}})
    assert made["created"], made
    found = client.email(made["created"]["d"]["id"], "from", "to", "subject", "inReplyTo",
                         "references", "sentAt", "header:X-So", "header:X-Trich-Yeu:asText",
                         "bodyStructure", "attachments", "bodyValues", "keywords", "messageId",
                         fetchAllBodyValues=True)
    assert found["from"] == [{"name": "Trần Văn Anh", "email": client.who}]
    assert found["to"] == [{"name": "Nguyễn, Bình", "email": "binh@x.vn"},
                           {"name": None, "email": "c@x.vn"}]
    assert found["subject"] == ("Báo cáo quý " * 12).strip()
    assert found["inReplyTo"] == found["references"] == ["goc@x.vn"]
    assert found["sentAt"] == "2026-11-24T08:05:00+07:00" and found["messageId"]
    assert found["header:X-So"] == " 15/BC" and found["header:X-Trich-Yeu:asText"] == "V/v họp"
    root = found["bodyStructure"]
    assert root["type"] == "multipart/mixed"
    assert root["subParts"][0]["type"] == "multipart/related"
    assert root["subParts"][0]["subParts"][0]["type"] == "multipart/alternative"
    assert {v["value"] for v in found["bodyValues"].values()} == {
        "Kính gửi:\nnội dung\n", "<p>Nội dung</p>", "một,hai\n"}
    names = {a["type"]: (a["name"], a["cid"], a["disposition"]) for a in found["attachments"]}
    assert names == {"image/png": (None, "anh1", "inline"),
                     "text/csv": ("số liệu.csv", None, "attachment")}
    csv = next(a for a in found["attachments"] if a["type"] == "text/csv")
    path = f"/jmap/download/{client.account}/{csv['blobId']}/x"
    assert client.ask("GET", path)[1] == "một,hai\n".encode()


def test_a_draft_that_is_saved_again_and_again_stays_as_it_was(client):
    drafts, value = client.role("drafts"), "dòng một\n\ndòng hai  \nhết\n"
    for _ in range(3):
        made = client.call("Email/set", create={"d": {
            "mailboxIds": {drafts: True}, "bodyValues": {"t": {"value": value}},
            "textBody": [{"partId": "t", "type": "text/plain"}]}})["created"]["d"]["id"]
        value = client.email(made, "bodyValues",
                             fetchTextBodyValues=True)["bodyValues"]["1"]["value"]
    assert value == "dòng một\n\ndòng hai  \nhết\n"


@pytest.mark.parametrize("properties,error", [
    ({"mailboxIds": None}, "invalidProperties"),
    ({"id": "M1"}, "invalidProperties"),
    ({"preview": "x"}, "invalidProperties"),
    ({"headers": []}, "invalidProperties"),
    ({"khac": 1}, "invalidProperties"),
    ({"subject": "a\r\nBcc: x@y"}, "invalidProperties"),
    ({"header:X": "a\r\nBcc: x@y"}, "invalidProperties"),
    ({"header:Content-Type": " text/html"}, "invalidProperties"),
    ({"header:From:asText": "x"}, "invalidProperties"),
    ({"from": [{"email": "a> b"}]}, "invalidProperties"),
    ({"from": [{"name": "a\nb", "email": "a@b"}]}, "invalidProperties"),
    ({"messageId": ["a b"]}, "invalidProperties"),
    ({"sentAt": "mai"}, "invalidProperties"),
    ({"receivedAt": "mai"}, "invalidProperties"),
    ({"subject": "a", "header:Subject:asText": "b"}, "invalidProperties"),
    ({"textBody": [{"partId": "khong", "type": "text/plain"}]}, "invalidProperties"),
    ({"textBody": [{"partId": "t", "type": "text/html"}], "bodyValues": {"t": {"value": ""}}},
     "invalidProperties"),
    ({"bodyStructure": {"partId": "t"}, "textBody": [{"partId": "t"}]}, "invalidProperties"),
    ({"bodyStructure": {"type": "multipart/mixed", "subParts": []}}, "invalidProperties"),
    ({"bodyStructure": {"type": "text/plain\r\nX: y", "partId": "t"}}, "invalidProperties"),
    ({"attachments": [{"blobId": "Ukhong", "type": "image/png"}]}, "blobNotFound"),
    ({"keywords": {"": True}}, "invalidProperties"),
])
def test_a_draft_that_cannot_be_is_refused(client, properties, error):
    whole = {"mailboxIds": {client.role("drafts"): True}, **properties}
    answer = client.call("Email/set", create={"d": whole})
    assert answer["created"] is None
    assert answer["notCreated"]["d"]["type"] == error


# RFC 8621 4.8
def test_import_refuses_what_is_no_message(client, box):
    good = client.upload(jmap.text("Nhập"))["blobId"]
    answer = client.call("Email/import", emails={
        "a": {"blobId": good, "mailboxIds": {box: True}},
        "b": {"blobId": client.upload(b"\0\0")["blobId"], "mailboxIds": {box: True}},
        "c": {"blobId": "Ukhong", "mailboxIds": {box: True}},
        "d": {"blobId": good, "mailboxIds": {box: True, client.role("trash"): True}},
        "e": {"blobId": good, "mailboxIds": {box: True}, "khac": 1}})
    assert set(answer["created"]) == {"a"} and answer["oldState"] != answer["newState"]
    assert {k: v["type"] for k, v in answer["notCreated"].items()} == {
        "b": "invalidEmail", "c": "invalidProperties", "d": "tooManyMailboxes",
        "e": "invalidProperties"}
    assert client.refused("Email/import") == "invalidArguments"


# RFC 8621 4.7 [Điều 6.2]
def test_mails_are_copied_between_accounts_and_the_original_goes_on_demand(client, shared_office):
    shared_office.run("account", "delegate", UNIT, shared_office.anh, "--may", "read,write",
                      "--document", "Số 3/QĐ")
    unit = next(i for i, a in Client(shared_office, shared_office.anh).session["accounts"].items()
                if a["name"] == UNIT)
    mail.send(shared_office, mail.message("dan@example.com", UNIT, "Gửi cơ quan"))
    found = client.call("Email/query", accountId=unit)["ids"]
    inbox = client.role("inbox")
    responses = client.calls(
        ["Email/copy", {"fromAccountId": unit, "accountId": client.account,
                        "onSuccessDestroyOriginal": True,
                        "create": {"c": {"id": found[0], "mailboxIds": {inbox: True},
                                         "keywords": {"$flagged": True}},
                                   "n": {"id": "M0000000000000001", "mailboxIds": {inbox: True}}}},
         "0"])
    assert [(r[0], r[2]) for r in responses] == [("Email/copy", "0"), ("Email/set", "0")]
    copied = responses[0][1]
    assert copied["notCreated"]["n"]["type"] == "notFound"
    assert responses[1][1]["destroyed"] == [found[0]]
    made = client.email(copied["created"]["c"]["id"], "subject", "keywords", "mailboxIds")
    assert (made["subject"], made["keywords"], made["mailboxIds"]) == (
        "Gửi cơ quan", {"$flagged": True}, {inbox: True})
    assert client.call("Email/query", accountId=unit)["ids"] == []
    assert client.refused("Email/copy", fromAccountId=client.account,
                          create={}) == "invalidArguments"
    assert client.refused("Email/copy", fromAccountId="a99999", create={}) == "fromAccountNotFound"
    assert client.refused("Email/copy", fromAccountId=unit, ifFromInState="x",
                          create={}) == "stateMismatch"
