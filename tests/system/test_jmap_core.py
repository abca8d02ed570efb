"""JMAP's core: the session, requests, references, limits and every error of a whole request or of a
method (RFC 8620 2, 3, 6)."""

import json

import pytest

from harness import jmap
from harness.jmap import CORE, MAIL, Client, Problem
from harness.server import DOMAIN


@pytest.fixture(scope="module")
def client(shared_office):
    made = Client(shared_office, shared_office.anh)
    yield made
    made.close()


# RFC 8620 2: the session object
def test_the_session_says_what_the_server_can_do(client):
    session = client.session
    core = session["capabilities"][CORE]
    assert core["maxCallsInRequest"] >= 16 and core["maxObjectsInGet"] >= 500
    assert core["maxSizeUpload"] > 1 << 20 and "i;unicode-casemap" in core["collationAlgorithms"]
    assert session["capabilities"][MAIL] == {}
    account = session["accounts"][client.account]
    assert (account["name"], account["isPersonal"], account["isReadOnly"]) == (
        client.who, True, False)
    mail = account["accountCapabilities"][MAIL]
    assert mail["maxMailboxesPerEmail"] == 1 and mail["mayCreateTopLevelMailbox"] is True
    assert {"receivedAt", "from", "subject"} <= set(mail["emailQuerySortOptions"])
    assert session["username"] == client.who
    for name in ("apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl"):
        assert session[name].startswith(f"https://mail.{DOMAIN}/jmap/")
    answer = client.post({"using": [CORE], "methodCalls": []})
    assert answer == {"methodResponses": [], "sessionState": session["state"]}


def test_nobody_is_let_in_without_the_right_password(shared_office):
    wrong = Client(shared_office, shared_office.anh, "sai")
    for method, path in (("GET", "/.well-known/jmap"), ("POST", "/jmap/api"),
                         ("POST", "/jmap/upload/a1"), ("GET", "/jmap/download/a1/B1/x")):
        status, _, headers = wrong.ask(method, path, b"{}" if method == "POST" else None)
        assert status == 401 and headers["WWW-Authenticate"].startswith("Basic ")
    del wrong.headers["Authorization"]
    assert wrong.ask("GET", "/.well-known/jmap")[0] == 401
    wrong.close()


def test_a_page_of_another_site_reaches_nothing(client):
    status, _, _ = client.ask("POST", "/jmap/api", b'{"using":[],"methodCalls":[]}',
                              {"Origin": "https://evil.example", "Content-Type": "application/json"})
    assert status == 403


# RFC 8620 3.6.1: errors of a request
@pytest.mark.parametrize("content,kind,problem", [
    (b"{", "application/json", "notJSON"),
    (b"", "application/json", "notJSON"),
    (b'{"using":[],"using":[],"methodCalls":[]}', "application/json", "notJSON"),
    (b'{"using":["\xff"],"methodCalls":[]}', "application/json", "notJSON"),
    (b'{"using":[],"methodCalls":[]}', "text/plain", "notJSON"),
    (b"[]", "application/json", "notRequest"),
    (b'{"methodCalls":[]}', "application/json", "notRequest"),
    (b'{"using":[1],"methodCalls":[]}', "application/json", "notRequest"),
    (b'{"using":[],"methodCalls":{}}', "application/json", "notRequest"),
    (b'{"using":[],"methodCalls":[["Core/echo",{}]]}', "application/json", "notRequest"),
    (b'{"using":[],"methodCalls":[["Core/echo",[],"a"]]}', "application/json", "notRequest"),
    (b'{"using":[],"methodCalls":[],"createdIds":{"a b":"x"}}', "application/json", "notRequest"),
    (b'{"using":["urn:x"],"methodCalls":[]}', "application/json", "unknownCapability"),
])
def test_a_request_that_is_none_is_refused_with_its_error(client, content, kind, problem):
    with pytest.raises(Problem) as caught:
        client.post(content, kind)
    assert caught.value.status == 400
    assert caught.value.body["type"] == "urn:ietf:params:jmap:error:" + problem
    assert caught.value.body["status"] == 400


def test_more_than_the_limits_is_refused_by_their_names(client):
    calls = [["Core/echo", {}, str(i)] for i in range(10000)]
    with pytest.raises(Problem) as caught:
        client.calls(*calls)
    assert caught.value.body["type"].endswith(":limit")
    assert caught.value.body["limit"] == "maxCallsInRequest"
    most = client.session["capabilities"][CORE]["maxSizeRequest"]
    status, _, _ = client.ask("POST", "/jmap/api", b" " * (most + 1),
                              {"Content-Type": "application/json"})
    assert status == 413
    client.link.close()
    most = client.session["capabilities"][CORE]["maxObjectsInGet"]
    assert client.refused("Email/get", ids=[f"M{i:016x}" for i in range(most + 1)]) == (
        "requestTooLarge")
    most = client.session["capabilities"][CORE]["maxObjectsInSet"]
    assert client.refused("Email/set", destroy=[f"M{i:016x}" for i in range(most + 1)]) == (
        "requestTooLarge")


# RFC 8620 4
def test_echo_gives_back_what_it_got(client):
    said = {"a": [1, None, {"ờ": "ự"}], "b": True}
    assert client.calls(["Core/echo", said, "x"]) == [("Core/echo", said, "x")]


# RFC 8620 3.6.2: errors of a method
def test_a_method_that_cannot_be_called_says_why(client):
    account = client.account
    for call, error in [
        (["Khong/co", {}, "0"], "unknownMethod"),
        (["Email/get", {"accountId": account, "ids": 7}, "0"], "invalidArguments"),
        (["Email/get", {"accountId": account, "ids": ["a b"]}, "0"], "invalidArguments"),
        (["Email/get", {"accountId": account, "ids": [], "khac": 1}, "0"], "invalidArguments"),
        (["Email/get", {"accountId": account, "ids": [], "properties": ["khac"]}, "0"],
         "invalidArguments"),
        (["Email/get", {"ids": []}, "0"], "invalidArguments"),
        (["Email/get", {"accountId": "a999999", "ids": []}, "0"], "accountNotFound"),
        (["Email/get", {"accountId": "khong-co", "ids": []}, "0"], "accountNotFound"),
        (["Email/changes", {"accountId": account, "sinceState": "x"}, "0"],
         "cannotCalculateChanges"),
        (["Email/set", {"accountId": account, "ifInState": "x"}, "0"], "stateMismatch"),
        (["Email/query", {"accountId": account, "filter": {"khac": 1}}, "0"], "unsupportedFilter"),
        (["Email/query", {"accountId": account, "filter": {"before": "hôm qua"}}, "0"],
         "invalidArguments"),
        (["Email/query", {"accountId": account, "sort": [{"property": "khac"}]}, "0"],
         "unsupportedSort"),
        (["Email/query", {"accountId": account, "anchor": "M0000000000000000"}, "0"],
         "anchorNotFound"),
    ]:
        name, answer, _ = client.calls(call)[0]
        assert (name, answer["type"]) == ("error", error), call
    # A method is only there when its capability is used.
    answer = client.post({"using": [CORE], "methodCalls": [["Mailbox/get", {}, "0"]]})
    assert answer["methodResponses"][0][1]["type"] == "unknownMethod"


def test_another_accounts_data_do_not_exist(client, shared_office):
    with_binh = Client(shared_office, shared_office.binh)
    assert with_binh.refused("Mailbox/get", accountId=client.account) == "accountNotFound"
    status, _, _ = with_binh.ask("POST", f"/jmap/upload/{client.account}", b"x")
    assert status == 404
    inbox = client.role("inbox")
    mail = client.put(inbox, jmap.text("Riêng"))
    assert with_binh.call("Email/get", ids=[mail["id"]])["notFound"] == [mail["id"]]
    for account in (client.account, with_binh.account):
        status, _, _ = with_binh.ask("GET", f"/jmap/download/{account}/{mail['blobId']}/x")
        assert status == 404
    with_binh.close()


# RFC 8620 3.7
def test_results_of_a_call_are_arguments_of_the_next(client):
    inbox = client.role("inbox")
    made = [client.put(inbox, jmap.text(f"Tham chiếu {i}"))["id"] for i in range(2)]
    answer = client.calls(
        ["Email/query", {"accountId": client.account, "filter": {"inMailbox": inbox}, "limit": 2},
         "q"],
        ["Email/get", {"accountId": client.account, "properties": ["threadId"],
                       "#ids": {"resultOf": "q", "name": "Email/query", "path": "/ids"}}, "g"],
        ["Thread/get", {"accountId": client.account,
                        "#ids": {"resultOf": "g", "name": "Email/get",
                                 "path": "/list/*/threadId"}}, "t"])
    assert [one[0] for one in answer] == ["Email/query", "Email/get", "Thread/get"]
    assert sorted(i for thread in answer[2][1]["list"] for i in thread["emailIds"]) == sorted(made)
    for reference in ({"resultOf": "x", "name": "Email/query", "path": "/ids"},
                      {"resultOf": "q", "name": "Email/get", "path": "/ids"},
                      {"resultOf": "q", "name": "Email/query", "path": "/khong"}, "q"):
        answer = client.calls(
            ["Email/query", {"accountId": client.account}, "q"],
            ["Email/get", {"accountId": client.account, "#ids": reference}, "g"])
        assert answer[1][1]["type"] == "invalidResultReference"
    answer = client.calls(["Core/echo", {"a": 1, "#a": {}}, "0"])
    assert answer[0][1]["type"] == "invalidArguments"


# RFC 8620 3.3, 3.4, 5.3
def test_creation_ids_hold_for_the_rest_of_the_request(client):
    document = {
        "using": client.using, "createdIds": {},
        "methodCalls": [
            ["Mailbox/set", {"accountId": client.account, "create": {"m": {"name": "Tạo theo tên"}}},
             "0"],
            ["Email/set", {"accountId": client.account, "create": {"e": {
                "mailboxIds": {"#m": True}, "subject": "Nháp"}}}, "1"],
            ["Email/get", {"accountId": client.account, "ids": ["#e"],
                           "properties": ["mailboxIds", "subject"]}, "2"]]}
    answer = client.post(document)
    made = answer["createdIds"]
    assert set(made) == {"m", "e"}
    assert answer["methodResponses"][2][1]["list"] == [
        {"id": made["e"], "mailboxIds": {made["m"]: True}, "subject": "Nháp"}]


def test_a_creation_id_that_is_given_again_does_not_lose_what_it_named(client):
    made = client.put(client.role("inbox"), jmap.text("Cũ"))["id"]
    document = {"using": client.using, "createdIds": {"e": made}, "methodCalls": [
        ["Email/set", {"accountId": client.account, "destroy": ["#e"], "create": {
            "e": {"mailboxIds": {client.role("drafts"): True}, "subject": "Mới"}}}, "0"]]}
    answer = client.post(document)
    assert answer["methodResponses"][0][1]["destroyed"] == [made]
    assert answer["createdIds"]["e"] == answer["methodResponses"][0][1]["created"]["e"]["id"] != made


# RFC 8620 6.1, 6.2
def test_what_is_uploaded_is_downloaded_by_its_owner(client):
    content = bytes(range(256)) * 1000
    blob = client.upload(content, "image/png")
    assert (blob["size"], blob["type"]) == (256000, "image/png")
    path = f"/jmap/download/{client.account}/{blob['blobId']}/"
    status, got, headers = client.ask("GET", path + "%E1%BA%A3nh.png?accept=image/png")
    assert (status, got, headers["Content-Type"]) == (200, content, "image/png")
    assert headers["Content-Disposition"] == "inline; filename*=UTF-8''%E1%BA%A3nh.png"
    status, got, headers = client.ask("GET", path + "a.html?accept=text/html")
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    for wrong in ("Uffffffffffffffffffffffffffffffff", "x", "B0000000000000001", "M1",
                  blob["blobId"] + "-1-1-1-1-1-1-1-1-1-1-1-1-1"):
        assert client.ask("GET", f"/jmap/download/{client.account}/{wrong}/x")[0] == 404
    chunked = (content[at:at + 7000] for at in range(0, len(content), 7000))
    status, text, _ = client.ask("POST", f"/jmap/upload/{client.account}", chunked)
    assert status == 201 and json.loads(text)["size"] == len(content)


def test_an_upload_over_the_limit_is_refused_before_it_is_read(client):
    most = client.session["capabilities"][CORE]["maxSizeUpload"]
    client.link.putrequest("POST", f"/jmap/upload/{client.account}", skip_host=True)
    for name, value in {**client.headers, "Content-Length": str(most + 1)}.items():
        client.link.putheader(name, value)
    client.link.endheaders()
    assert client.link.getresponse().status == 413
    client.link.close()


# RFC 8620 6.3 [Điều 6.2]
def test_blobs_are_copied_into_accounts_that_one_may_write_to(client, shared_office):
    unit = f"stttt@{DOMAIN}"
    shared_office.run("account", "delegate", unit, client.who, "--may", "read,write", "--document",
                      "Số 1/QĐ")
    again = Client(shared_office, client.who)
    other = next(i for i, a in again.session["accounts"].items() if a["name"] == unit)
    blob = again.upload(b"noi dung", "text/plain")["blobId"]
    answer = again.call("Blob/copy", fromAccountId=again.account, accountId=other,
                        blobIds=[blob, "Ukhong"])
    assert answer["notCopied"]["Ukhong"]["type"] == "notFound"
    path = f"/jmap/download/{other}/{answer['copied'][blob]}/x"
    assert again.ask("GET", path)[1] == b"noi dung"
    assert again.refused("Blob/copy", fromAccountId="a9999", blobIds=[]) == "fromAccountNotFound"
    assert again.refused("Blob/copy", fromAccountId=other) == "invalidArguments"
    shared_office.run("account", "delegate", unit, client.who, "--may", "read", "--document",
                      "Số 2/QĐ")
    assert again.refused("Blob/copy", fromAccountId=again.account, accountId=other,
                         blobIds=[blob]) == "accountReadOnly"
    again.close()


# RFC 8620 7.2
def test_nothing_is_pushed_through_services_of_others(client):
    answer = client.calls(["PushSubscription/get", {"ids": None}, "0"],
                          ["PushSubscription/set", {"create": {"p": {"url": "https://x.example"}},
                                                    "destroy": ["P1"]}, "1"])
    assert answer[0][1] == {"list": [], "notFound": []}
    assert answer[1][1]["notCreated"]["p"]["type"] == "forbidden"
    assert answer[1][1]["notDestroyed"]["P1"]["type"] == "notFound"
