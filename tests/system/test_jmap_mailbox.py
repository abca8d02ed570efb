"""Mailbox/get, changes, query, queryChanges and set over JMAP (RFC 8621 2), also in a mailbox that
somebody else let the caller into."""

import pytest

from harness import jmap
from harness.imap import Session
from harness.jmap import Client
from harness.server import DOMAIN

UNIT = f"stttt@{DOMAIN}"


@pytest.fixture(scope="module")
def client(shared_office):
    made = Client(shared_office, shared_office.anh)
    yield made
    made.close()


# RFC 8621 2.1
def test_a_new_account_has_the_mailboxes_with_their_roles(client):
    boxes = client.call("Mailbox/get", ids=None)["list"]
    assert {"inbox", "drafts", "sent", "junk", "trash", "archive"} <= {b["role"] for b in boxes}
    inbox = next(b for b in boxes if b["role"] == "inbox")
    assert inbox["parentId"] is None and inbox["sortOrder"] == 1
    assert inbox["myRights"] == {
        "mayReadItems": True, "mayAddItems": True, "mayRemoveItems": True, "maySetSeen": True,
        "maySetKeywords": True, "mayCreateChild": True, "mayRename": False, "mayDelete": False,
        "maySubmit": True}
    some = client.call("Mailbox/get", ids=[inbox["id"], "Fffffffff"], properties=["name"])
    assert some["list"] == [{"id": inbox["id"], "name": "INBOX"}]
    assert some["notFound"] == ["Fffffffff"]


def test_the_counts_are_of_mails_and_of_conversations(client):
    box = client.new_mailbox("Đếm")
    client.put(box, jmap.text("Một", Message_ID="<1@x>"))
    client.put(box, jmap.text("Trả lời", Message_ID="<2@x>", In_Reply_To="<1@x>"), ["$seen"])
    client.put(box, jmap.text("Hai", Message_ID="<3@x>"), ["$seen"])
    client.put(box, jmap.text("Nháp", Message_ID="<4@x>"), ["$draft"])
    found = client.call("Mailbox/get", ids=[box])["list"][0]
    assert [found[name] for name in ("totalEmails", "unreadEmails", "totalThreads",
                                     "unreadThreads")] == [4, 1, 3, 1]


# RFC 8621 2.5
def test_mailboxes_are_made_moved_renamed_and_destroyed(client):
    made = client.call("Mailbox/set", create={
        "trong": {"name": "Trong", "parentId": "#ngoai"},  # before its parent
        "ngoai": {"name": "Ngoài", "isSubscribed": True}})
    assert set(made["created"]) == {"ngoai", "trong"} and made["notCreated"] is None
    outer, inner = (made["created"][k]["id"] for k in ("ngoai", "trong"))
    found = {b["id"]: b for b in client.call("Mailbox/get", ids=[outer, inner])["list"]}
    assert found[inner]["parentId"] == outer and found[outer]["isSubscribed"] is True
    answer = client.call("Mailbox/set", update={inner: {"name": "Trong cùng", "parentId": None,
                                                       "isSubscribed": True}})
    assert answer["updated"] == {inner: None}
    found = client.call("Mailbox/get", ids=[inner])["list"][0]
    assert (found["name"], found["parentId"], found["isSubscribed"]) == ("Trong cùng", None, True)
    client.call("Mailbox/set", update={inner: {"parentId": outer}})
    answer = client.call("Mailbox/set", destroy=[outer])
    assert answer["notDestroyed"][outer]["type"] == "mailboxHasChild"
    client.put(inner, jmap.text("Giữ"))
    answer = client.call("Mailbox/set", destroy=[outer, inner])
    assert answer["notDestroyed"][inner]["type"] == "mailboxHasEmail"
    answer = client.call("Mailbox/set", destroy=[outer, inner], onDestroyRemoveEmails=True)
    assert sorted(answer["destroyed"]) == sorted([outer, inner])


@pytest.mark.parametrize("properties,error,wrong", [
    ({"name": ""}, "invalidProperties", "name"),
    ({"name": "a/b"}, "invalidProperties", "name"),
    ({"name": 7}, "invalidProperties", "name"),
    ({"name": "INBOX"}, "invalidProperties", "name"),
    ({}, "invalidProperties", "name"),
    ({"name": "x", "parentId": "Fffffffff"}, "invalidProperties", "parentId"),
    ({"name": "x", "parentId": "#khong"}, "invalidProperties", "parentId"),
    ({"name": "x", "role": "trash"}, "invalidProperties", "role"),
    ({"name": "x", "role": "khac"}, "invalidProperties", "role"),
    ({"name": "x", "totalEmails": 1}, "invalidProperties", "totalEmails"),
    ({"name": "x", "khac": 1}, "invalidProperties", "khac"),
    ({"name": "x", "isSubscribed": 1}, "invalidProperties", "isSubscribed"),
])
def test_a_mailbox_that_cannot_be_is_refused_with_its_property(client, properties, error, wrong):
    answer = client.call("Mailbox/set", create={"m": properties})
    assert answer["created"] is None
    problem = answer["notCreated"]["m"]
    assert (problem["type"], problem["properties"]) == (error, [wrong])


def test_the_inbox_stays_and_unknown_mailboxes_are_not_found(client):
    inbox = client.role("inbox")
    answer = client.call("Mailbox/set", update={inbox: {"name": "Khác"}, "Fffffffff": {}},
                         destroy=[inbox, "Fffffffe0"])
    assert answer["notUpdated"][inbox]["type"] == "forbidden"
    assert answer["notUpdated"]["Fffffffff"]["type"] == "notFound"
    assert answer["notDestroyed"][inbox]["type"] == "forbidden"
    assert answer["notDestroyed"]["Fffffffe0"]["type"] == "notFound"


# RFC 8621 2.2
def test_changes_of_mailboxes_are_told_whatever_door_made_them(client, shared_office):
    before = client.call("Mailbox/get", ids=[])["state"]
    imap = Session(shared_office, shared_office.anh)
    imap.ok("CREATE Qua-IMAP")
    imap.ok("CREATE Roi-Mat")
    imap.ok("DELETE Roi-Mat")
    made = client.mailboxes()["Qua-IMAP"]["id"]
    answer = client.call("Mailbox/changes", sinceState=before)
    assert (answer["created"], answer["destroyed"]) == ([made], [])
    assert answer["hasMoreChanges"] is False
    before = answer["newState"]
    imap.ok("RENAME Qua-IMAP Ten-Moi")
    answer = client.call("Mailbox/changes", sinceState=before)
    assert answer["updated"] == [made] and answer["updatedProperties"] is None
    before = answer["newState"]
    client.put(made, jmap.text())
    answer = client.call("Mailbox/changes", sinceState=before)
    assert answer["updated"] == [made]
    assert set(answer["updatedProperties"]) == {"totalEmails", "unreadEmails", "totalThreads",
                                                "unreadThreads"}
    before = answer["newState"]
    imap.ok("SUBSCRIBE Ten-Moi")
    assert client.call("Mailbox/changes", sinceState=before)["updated"] == [made]
    imap.ok("DELETE Ten-Moi")
    answer = client.call("Mailbox/changes", sinceState=before)
    assert (answer["updated"], answer["destroyed"]) == ([], [made])
    imap.ok("CREATE A1")
    imap.ok("CREATE A2")
    assert client.refused("Mailbox/changes", sinceState=before,
                          maxChanges=1) == "cannotCalculateChanges"
    assert client.refused("Mailbox/changes", sinceState="0-0-0") == "cannotCalculateChanges"
    assert client.refused("Mailbox/changes") == "invalidArguments"
    imap.socket.close()


# RFC 8621 2.3, 2.4
def test_mailboxes_are_queried_by_name_role_parent_and_as_a_tree(client):
    top = client.new_mailbox("Cây")
    low = client.new_mailbox("Ấp", parentId=top)
    high = client.new_mailbox("Ba", parentId=top)

    def query(**arguments):
        return client.call("Mailbox/query", **arguments)["ids"]

    assert query(filter={"role": "inbox"}) == [client.role("inbox")]
    assert query(filter={"parentId": top}, sort=[{"property": "name"}]) == [low, high]
    assert query(filter={"parentId": top},
                 sort=[{"property": "name", "isAscending": False}]) == [high, low]
    assert query(filter={"name": "cây"}) == [top]
    assert query(filter={"operator": "AND", "conditions": [
        {"parentId": top}, {"operator": "NOT", "conditions": [{"name": "ba"}]}]}) == [low]
    assert query(filter={"hasAnyRole": True, "isSubscribed": True}, limit=1) == [
        client.role("inbox")]
    tree = query(sort=[{"property": "sortOrder"}, {"property": "name"}], sortAsTree=True)
    assert tree[tree.index(top):tree.index(top) + 3] == [top, low, high]
    assert query(filter={"parentId": top}, filterAsTree=True) == []
    assert client.refused("Mailbox/query", filter={"khac": 1}) == "unsupportedFilter"
    assert client.refused("Mailbox/query", sort=[{"property": "khac"}]) == "unsupportedSort"
    first = client.call("Mailbox/query", filter={"parentId": top}, sort=[{"property": "name"}],
                        calculateTotal=True)
    assert first["total"] == 2 and first["canCalculateChanges"] is True
    client.call("Mailbox/set", update={low: {"name": "Cuối"}})
    delta = client.call("Mailbox/queryChanges", filter={"parentId": top},
                        sort=[{"property": "name"}], sinceQueryState=first["queryState"])
    assert low in delta["removed"] and {"id": low, "index": 1} in delta["added"]


# [Điều 6.2]
def test_a_unit_mailbox_in_ones_hands_is_an_account_beside_the_own(client, shared_office):
    shared_office.run("account", "delegate", UNIT, shared_office.binh, "--may", "read",
                      "--document", "Số 1/QĐ")
    binh = Client(shared_office, shared_office.binh)
    shared = {a["name"]: (i, a) for i, a in binh.session["accounts"].items()}
    assert set(shared) == {shared_office.binh, UNIT}
    unit, account = shared[UNIT]
    assert account["isPersonal"] is False and account["isReadOnly"] is True
    boxes = binh.call("Mailbox/get", accountId=unit, ids=None)["list"]
    inbox = next(b for b in boxes if b["role"] == "inbox")
    assert inbox["myRights"]["mayReadItems"] and not inbox["myRights"]["mayAddItems"]
    answer = binh.call("Mailbox/set", accountId=unit, create={"m": {"name": "Mới"}},
                       destroy=[boxes[-1]["id"]])
    assert answer["notCreated"]["m"]["type"] == "forbidden"
    state = answer["newState"]
    shared_office.run("account", "delegate", UNIT, shared_office.binh, "--may", "read,write",
                      "--document", "Số 2/QĐ")
    # What may be seen is another now: what was known before is void.
    assert binh.refused("Mailbox/changes", accountId=unit,
                        sinceState=state) == "cannotCalculateChanges"
    binh.close()
    again = Client(shared_office, shared_office.binh)
    assert again.session["state"] != binh.session["state"]
    assert again.session["accounts"][unit]["isReadOnly"] is False
    again.close()
