"""Email/query, queryChanges, changes, Thread/changes and SearchSnippet/get over JMAP (RFC 8621 4.3 to
4.5, 5)."""

import pytest

from harness import jmap
from harness.imap import Session
from harness.jmap import Client


@pytest.fixture(scope="module")
def client(shared_office):
    made = Client(shared_office, shared_office.anh)
    yield made
    made.close()


MAILS = {
    "hop": (jmap.text("Họp giao ban", "Chương trình họp tuần này.", "Bình <binh@x.vn>",
                      Message_ID="<hop@x>", Date="Tue, 03 Mar 2026 08:00:00 +0700"),
            ["$seen"], "2026-03-01T00:00:00Z"),
    "tra": (jmap.text("Re: Họp giao ban", "Vâng, tôi sẽ dự.", "Cúc <cuc@x.vn>",
                      Message_ID="<tra@x>", References="<hop@x>",
                      Date="Mon, 02 Mar 2026 08:00:00 +0700"),
            ["$flagged"], "2026-03-02T00:00:00Z"),
    "bao": (jmap.text("Báo cáo quý", "Số liệu trong tệp đính kèm." + "x" * 3000, "An <an@y.vn>",
                      Cc="giam.doc@x.vn", X_So="15/BC", Message_ID="<bao@x>",
                      Date="Sun, 01 Mar 2026 08:00:00 +0700"),
            ["viec"], "2026-03-03T00:00:00Z"),
}


@pytest.fixture(scope="module")
def place(client):
    """(mailbox, {name: id}, {id: name})"""
    box = client.new_mailbox("Tìm")
    ids = {name: client.put(box, *how)["id"] for name, how in MAILS.items()}
    return box, ids, {identity: name for name, identity in ids.items()}


def ask(client, place, condition, **more):
    box, _, names = place
    filters = {"operator": "AND", "conditions": [{"inMailbox": box}, condition]}
    return [names[i] for i in client.query(filter=filters, **more)]


# RFC 8621 4.4.1
@pytest.mark.parametrize("condition,found", [
    ({}, "bao tra hop"),
    ({"after": "2026-03-02T00:00:00Z"}, "bao tra"),
    ({"before": "2026-03-02T00:00:00Z"}, "hop"),
    ({"after": "2026-03-02T00:00:00Z", "before": "2026-03-02T00:00:01Z"}, "tra"),
    ({"minSize": 3000}, "bao"),
    ({"maxSize": 3000}, "tra hop"),
    ({"hasKeyword": "$seen"}, "hop"),
    ({"notKeyword": "$seen"}, "bao tra"),
    ({"hasKeyword": "VIEC"}, "bao"),
    ({"hasKeyword": "khong-co"}, ""),
    ({"allInThreadHaveKeyword": "$seen"}, ""),
    ({"someInThreadHaveKeyword": "$seen"}, "tra hop"),
    ({"noneInThreadHaveKeyword": "$seen"}, "bao"),
    ({"hasAttachment": True}, ""),
    ({"hasAttachment": False}, "bao tra hop"),
    ({"from": "binh@x.vn"}, "hop"),
    ({"from": "cuc"}, "tra"),
    ({"cc": "giam.doc"}, "bao"),
    ({"to": "anh.stttt"}, "bao tra hop"),
    ({"subject": "giao ban"}, "tra hop"),
    ({"subject": "bao cao"}, "bao"),
    ({"body": "chương trình"}, "hop"),
    ({"text": "hop"}, "tra hop"),
    ({"text": "họp tuần"}, "hop"),
    ({"text": '"tuần họp"'}, ""),
    ({"text": "giao dự"}, "tra"),
    ({"text": "15/BC"}, ""),  # another field is no place of "text"
    ({"header": ["X-So"]}, "bao"),
    ({"header": ["x-so", "15"]}, "bao"),
    ({"header": ["X-So", "16"]}, ""),
    ({"bcc": "x"}, ""),
    ({"operator": "NOT", "conditions": [{"text": "hop"}, {"hasKeyword": "viec"}]}, ""),
    ({"operator": "OR", "conditions": [{"from": "an@y.vn"}, {"hasKeyword": "$seen"}]}, "bao hop"),
    ({"operator": "AND", "conditions": []}, "bao tra hop"),
    ({"operator": "OR", "conditions": []}, ""),
])
def test_a_filter_finds_what_it_says(client, place, condition, found):
    assert " ".join(ask(client, place, condition)) == found


def test_what_is_not_in_these_mailboxes_is_found_by_their_names(client, place):
    box, ids, _ = place
    others = client.query(filter={"inMailboxOtherThan": [box]})
    assert not set(ids.values()) & set(others)
    assert set(ids.values()) <= set(client.query(filter={"inMailboxOtherThan": ["Fffffffff"]}))
    assert client.query(filter={"inMailbox": "Fffffffff"}) == []


@pytest.mark.parametrize("wrong,error", [
    ({"khac": 1}, "unsupportedFilter"),
    ({"after": 7}, "invalidArguments"),
    ({"minSize": -1}, "invalidArguments"),
    ({"hasKeyword": ""}, "invalidArguments"),
    ({"hasAttachment": 1}, "invalidArguments"),
    ({"header": []}, "invalidArguments"),
    ({"text": 7}, "invalidArguments"),
    ({"inMailbox": None, "inMailboxOtherThan": 7}, "invalidArguments"),
    ({"operator": "XOR", "conditions": []}, "invalidArguments"),
    ({"operator": "AND"}, "invalidArguments"),
    ({"operator": "AND", "conditions": [7]}, "invalidArguments"),
    ({"operator": "AND", "conditions": [{}] * 1000}, "unsupportedFilter"),
    (7, "invalidArguments"),
])
def test_a_filter_that_is_none_is_refused(client, wrong, error):
    assert client.refused("Email/query", filter=wrong) == error


def test_a_filter_that_is_nested_too_deep_is_refused(client):
    deep = {}
    for _ in range(300):
        deep = {"operator": "NOT", "conditions": [deep]}
    assert client.refused("Email/query", filter=deep) == "unsupportedFilter"


# RFC 8621 4.4.2
@pytest.mark.parametrize("sort,found", [
    ([{"property": "receivedAt"}], "hop tra bao"),
    ([{"property": "receivedAt", "isAscending": False}], "bao tra hop"),
    ([{"property": "sentAt"}], "bao tra hop"),
    ([{"property": "size", "isAscending": False}], "bao tra hop"),
    ([{"property": "from"}], "bao hop tra"),
    ([{"property": "subject"}, {"property": "sentAt"}], "bao tra hop"),
    ([{"property": "to"}, {"property": "from", "isAscending": False}], "tra hop bao"),
    ([{"property": "hasKeyword", "keyword": "$seen", "isAscending": False}], "hop bao tra"),
    ([{"property": "someInThreadHaveKeyword", "keyword": "$seen", "isAscending": False},
      {"property": "receivedAt"}], "hop tra bao"),
    ([{"property": "allInThreadHaveKeyword", "keyword": "viec", "isAscending": False}],
     "bao tra hop"),
])
def test_results_come_in_the_order_that_is_asked_for(client, place, sort, found):
    assert " ".join(ask(client, place, {}, sort=sort)) == found


def test_an_order_that_is_none_is_refused(client):
    for wrong, error in [([{"property": "khac"}], "unsupportedSort"),
                         ([{"property": "from", "collation": "khac"}], "unsupportedSort"),
                         ([{"property": "hasKeyword"}], "invalidArguments"),
                         ([{"isAscending": True}], "invalidArguments"),
                         ([7], "invalidArguments"), (7, "invalidArguments")]:
        assert client.refused("Email/query", sort=wrong) == error


# RFC 8621 4.4.3, RFC 8620 5.5
def test_conversations_are_collapsed_and_a_window_is_cut(client, place):
    box, ids, _ = place
    assert ask(client, place, {}, collapseThreads=True) == ["bao", "tra"]

    def window(**more):
        answer = client.call("Email/query", filter={"inMailbox": box}, calculateTotal=True, **more)
        assert answer["total"] == 3 and answer["canCalculateChanges"] is True
        return answer["position"], [place[2][i] for i in answer["ids"]]

    assert window(position=1, limit=1) == (1, ["tra"])
    assert window(position=-1) == (2, ["hop"])
    assert window(position=-9, limit=1) == (0, ["bao"])
    assert window(position=9) == (3, [])
    assert window(anchor=ids["tra"]) == (1, ["tra", "hop"])
    assert window(anchor=ids["tra"], anchorOffset=-1, limit=2) == (0, ["bao", "tra"])
    assert window(anchor=ids["tra"], anchorOffset=1) == (2, ["hop"])
    assert window(limit=0) == (0, [])
    assert client.refused("Email/query", limit=-1) == "invalidArguments"
    assert client.refused("Email/query", position=1 << 60) == "invalidArguments"


# ------------------------------------------------------------------------------------------- changes


# RFC 8621 4.3
def test_changes_tell_each_mail_once_by_the_name_that_it_keeps(client, shared_office):
    box, other = client.new_mailbox("Biến"), client.new_mailbox("Biến khác")
    old = [client.put(box, jmap.text(f"Cũ {i}"))["id"] for i in range(4)]
    before = client.state()
    assert client.call("Email/changes", sinceState=before)["newState"] == before
    new = client.put(box, jmap.text("Mới"))["id"]
    gone = client.put(box, jmap.text("Đến rồi đi"))["id"]
    client.call("Email/set", update={old[0]: {"keywords/$seen": True},
                                     old[1]: {"mailboxIds": {other: True}},
                                     new: {"mailboxIds": {other: True}}},
                destroy=[old[2], gone])
    answer = client.call("Email/changes", sinceState=before)
    assert answer["created"] == [new]
    assert sorted(answer["updated"]) == sorted(old[:2])
    assert answer["destroyed"] == [old[2]]
    assert (answer["oldState"], answer["newState"]) == (before, client.state())
    # Piece by piece it comes to the same.
    seen = {"created": [], "updated": [], "destroyed": []}
    state, steps = before, 0
    while True:
        step = client.call("Email/changes", sinceState=state, maxChanges=1)
        assert sum(len(step[kind]) for kind in seen) <= 1
        for kind, ids in seen.items():
            ids += step[kind]
        state, steps = step["newState"], steps + 1
        if not step["hasMoreChanges"]:
            break
    assert state == client.state() and steps > 3
    assert new in seen["created"] and old[2] in seen["destroyed"]
    assert set(seen["updated"]) >= set(old[:2])
    # A deleted mailbox takes its mail with it.
    imap = Session(shared_office, shared_office.anh)
    state = client.state()
    imap.ok('DELETE "Bi&Hr8-n"')
    imap.socket.close()
    assert sorted(client.call("Email/changes", sinceState=state)["destroyed"]) == sorted(
        [old[0], old[3]])
    epoch, mark, _ = state.split("-")
    for wrong in ("", "x", "0-0-0", state + "-0-0", "ffffffff-0-1", f"{epoch}-{mark}-ffffff"):
        assert client.refused("Email/changes", sinceState=wrong) == "cannotCalculateChanges", wrong
    assert client.refused("Email/changes") == "invalidArguments"


# RFC 8621 3.2
def test_a_conversation_changes_with_its_mails(client):
    box = client.new_mailbox("Luồng")
    first = client.put(box, jmap.text("Đầu", Message_ID="<l1@x>"))
    before = client.state()
    client.put(box, jmap.text("Đáp", Message_ID="<l2@x>", References="<l1@x>"))
    other = client.put(box, jmap.text("Khác", Message_ID="<l3@x>"))
    answer = client.call("Thread/changes", sinceState=before)
    assert (answer["created"], answer["updated"]) == ([other["threadId"]], [first["threadId"]])
    assert client.refused("Thread/changes", sinceState=before,
                          maxChanges=1) == "cannotCalculateChanges"


# RFC 8621 4.5, RFC 8620 5.6
@pytest.mark.parametrize("collapse", [False, True])
def test_changes_of_a_query_lead_to_its_new_results(client, collapse):
    box = client.new_mailbox(f"Danh sách {collapse}")
    mark = f"{collapse}".lower()
    ids = [client.put(box, jmap.text(f"Thư {i}", Message_ID=f"<{mark}{i}@x>"), (),
                      f"2026-01-0{i + 1}T00:00:00Z")["id"] for i in range(4)]
    how = {"filter": {"inMailbox": box, "notKeyword": "$seen"}, "collapseThreads": collapse}
    first = client.call("Email/query", **how)
    client.put(box, jmap.text("Mới", Message_ID=f"<{mark}m@x>"), (), "2026-01-03T12:00:00Z")
    client.put(box, jmap.text("Đáp", References=f"<{mark}1@x>"), (), "2026-02-01T00:00:00Z")
    client.call("Email/set", update={ids[0]: {"keywords/$seen": True},
                                     ids[3]: {"keywords/$flagged": True}})
    if not collapse:
        client.call("Email/set", destroy=[ids[2]])
    delta = client.call("Email/queryChanges", sinceQueryState=first["queryState"],
                        calculateTotal=True, **how)
    cached = [i for i in first["ids"] if i not in delta["removed"]]
    for added in delta["added"]:
        cached.insert(added["index"], added["id"])
    now = client.call("Email/query", **how)
    assert cached == now["ids"] and delta["total"] == len(cached)
    assert delta["newQueryState"] == now["queryState"]
    assert client.refused("Email/queryChanges", sinceQueryState=first["queryState"], maxChanges=1,
                          **how) == "tooManyChanges"
    assert client.refused("Email/queryChanges", sinceQueryState="x",
                          **how) == "cannotCalculateChanges"
    assert client.refused("Email/queryChanges", **how) == "invalidArguments"
    wide = {"filter": {"someInThreadHaveKeyword": "$seen"}}
    assert client.refused("Email/queryChanges", sinceQueryState=first["queryState"],
                          **wide) == "cannotCalculateChanges"


# ------------------------------------------------------------------------------------------ snippets


# RFC 8621 5.1
def test_snippets_mark_what_was_looked_for(client, place):
    _, ids, _ = place
    found = client.call("SearchSnippet/get", emailIds=[ids["hop"], ids["bao"], "Mx"],
                        filter={"text": "hop"})
    assert found["notFound"] == ["Mx"]
    first, second = found["list"]
    assert first["subject"] == "<mark>Họp</mark> giao ban"
    assert first["preview"] == "Chương trình <mark>họp</mark> tuần này."
    assert (second["subject"], second["preview"]) == (None, None)
    box = client.new_mailbox("Đoạn")
    tags = client.put(box, jmap.text("<b>1 & 2</b> họp"))["id"]
    found = client.call("SearchSnippet/get", emailIds=[tags], filter={"subject": "họp"})
    assert found["list"][0]["subject"] == "&lt;b&gt;1 &amp; 2&lt;/b&gt; <mark>họp</mark>"
    assert client.refused("SearchSnippet/get", filter={"text": "x"}) == "invalidArguments"
    assert client.refused("SearchSnippet/get", emailIds=[],
                          filter={"khac": 1}) == "unsupportedFilter"
