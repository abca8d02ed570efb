"""The administration over HTTPS: who may do what, what is taken and answered, and that the description
says it [Điều 4.1, 6.2, 10, 11]."""

import base64
import http.client
import json
import ssl
import time
from urllib.parse import quote

import pytest

from harness.server import DOMAIN, PASSWORD, Server
from harness.smtp import deliver

UNIT = f"stttt@{DOMAIN}"
OTHER = f"snv@{DOMAIN}"


def ask(server, method, path, who=None, content=None, password=PASSWORD, headers=None, raw=None):
    """(status, parsed JSON or None, headers) of one request on a connection of its own."""
    context = ssl._create_unverified_context()
    link = http.client.HTTPSConnection("127.0.0.1", server.port("https"), context=context, timeout=60)
    fields = {"Host": f"mail.{DOMAIN}", **(headers or {})}
    if who is not None:
        fields["Authorization"] = "Basic " + base64.b64encode(f"{who}:{password}".encode()).decode()
    if content is not None:
        raw = json.dumps(content).encode()
    if raw is not None:
        fields.setdefault("Content-Type", "application/json")
    link.request(method, "/api/v1" + path, body=raw, headers=fields)
    answer = link.getresponse()
    text = answer.read()
    link.close()
    return answer.status, json.loads(text) if text else None, answer.headers


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """Two departments; in stttt one person for each role, .anh without any."""
    server = Server(tmp_path_factory.mktemp("api") / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.unit("Sở Nội vụ", "snv")
    server.anh = server.person("Trần Văn Anh")
    server.roles = {}
    for role, name in (("department", "Lê Thị Dung"), ("centre", "Lê Thị Cúc"),
                       ("focal", "Lê Thị Phương"), ("head", "Lê Thị Hoa")):
        server.roles[role] = server.person(name)
        unit = [] if role in ("department", "centre") else ["--unit", "stttt"]
        server.run("role", "grant", server.roles[role], role, "--document", "Số 7/QĐ", *unit)
    server.roles["person"] = server.anh
    yield server
    server.close()


# What is asked, and who is let: by role, for the own unit and for another one.
ASKED = [
    ("GET", "/own", None, {"department", "centre", "focal", "head", "person"}, None),
    ("GET", "/units", None, {"department", "centre", "focal", "head", "person"}, None),
    ("GET", "/accounts?unit=stttt", None, {"department", "centre", "focal", "head"},
     "/accounts?unit=snv"),
    ("GET", f"/accounts/{UNIT}", None, {"department", "centre", "focal", "head"},
     f"/accounts/{OTHER}"),
    ("GET", "/accounts", None, {"department", "centre"}, None),
    ("GET", "/acts", None, {"department", "centre"}, None),
    ("GET", "/roles", None, {"department", "centre"}, None),
    ("GET", "/reports/annual?unit=stttt&year=2099", None, {"department", "centre", "focal", "head"},
     "/reports/annual?unit=snv&year=2099"),
    ("GET", "/reports", None, {"department", "centre"}, None),
    ("GET", "/directory?unit=snv", None, {"department", "centre", "focal", "head", "person"}, None),
    ("GET", "/directory/exceptions", None, {"centre"}, None),
    ("GET", "/reports/annual/document?unit=stttt&format=xlsx", None,
     {"department", "centre", "focal", "head"}, "/reports/annual/document?unit=snv"),
    ("PUT", "/reports/stttt/2099", {"number": "15/BC", "date": "2099-11-01"},
     {"department", "centre"}, None),
    ("PUT", f"/accounts/{UNIT}/quota", {"quota": 20 << 30, "ground": "Số 9"}, {"centre"}, None),
    ("GET", f"/accounts/{UNIT}/delegations", None, {"department", "centre", "focal", "head"},
     f"/accounts/{OTHER}/delegations"),
]


# [Điều 10.1] [Điều 10.2.c] [R050] [R058]
@pytest.mark.parametrize("asked", ASKED, ids=[f"{a[0]} {a[1]}" for a in ASKED])
def test_each_role_may_ask_what_it_may_and_no_more(body, asked):
    method, path, content, roles, elsewhere = asked
    for role, address in body.roles.items():
        status, answer, _ = ask(body, method, path, address, content)
        assert status == (200 if role in roles else 403), (role, answer)
        if status == 403:
            assert "(Điều " in answer["detail"]
        if elsewhere is not None:
            expected = 200 if role in ("department", "centre") else 403
            assert ask(body, method, elsewhere, address, content)[0] == expected, role


# [Điều 4.1] [Điều 4.2.c] [R016] [R022] [R054]
def test_the_centre_gives_locks_unlocks_and_closes_on_a_ground(body):
    centre = body.roles["centre"]
    new = {"unit": "snv", "name": "Ngô Văn Cường", "title": "Chuyên viên"}
    status, answer, _ = ask(body, "POST", "/accounts", centre, new)
    assert status == 400 and "khoản 1 Điều 4" in answer["detail"]
    status, made, _ = ask(body, "POST", "/accounts", centre, {**new, "ground": "Số 12/SNV"})
    assert (status, made["address"], made["state"]) == (201, f"nvcuong.snv@{DOMAIN}", "active")
    path = f"/accounts/{made['address']}"
    for act, state in (("lock", "locked"), ("unlock", "active"), ("close", "closed")):
        assert ask(body, "PUT", f"{path}/{act}", centre, {})[0] == 400
        status, answer, _ = ask(body, "PUT", f"{path}/{act}", centre, {"request": "15"})
        assert (status, answer["state"]) == (200, state)
    status, answer, _ = ask(body, "PUT", f"{path}/unlock", centre, {"ground": "x"})
    assert status == 403 and "closed" in answer["detail"]
    acts = ask(body, "GET", f"/acts?subject={made['address']}", centre)[1]
    assert [(a["act"], a["ground"]) for a in acts] == [
        ("account.close", "request 15"), ("account.unlock", "request 15"),
        ("account.lock", "request 15"), ("account.create", "Số 12/SNV")]
    assert all(a["who"] == f"{centre} (api)" for a in acts)
    assert ask(body, "GET", f"/proposals/person?unit=snv&name={quote('Ngô Văn Cường')}", centre)[1][
        "address"] == f"nvcuong1.snv@{DOMAIN}"  # never given again [Điều 3.1.e]


# [Điều 6.2]
def test_the_head_gives_the_units_mailbox_into_named_hands(body):
    head = body.roles["head"]
    path = f"/accounts/{UNIT}/delegations"
    task = {"grantee": body.anh, "may": ["read", "write"], "document": "Số 3/QĐ"}
    status, rows, _ = ask(body, "POST", path, head, task)
    assert status == 201
    assert [(r["grantee"], r["may"], r["in_force"]) for r in rows] == [
        (body.anh, ["read", "write"], True)]
    assert ask(body, "POST", path, head, {**task, "may": ["own"]})[0] == 400
    assert ask(body, "POST", path, head, {**task, "may": []})[0] == 400
    assert ask(body, "POST", path, head, {**task, "may": "read"})[0] == 400
    assert ask(body, "POST", f"/accounts/{OTHER}/delegations", head, task)[0] == 403
    assert ask(body, "POST", path, body.anh, task)[0] == 403
    assert ask(body, "DELETE", f"{path}/{body.anh}", head)[0] == 204
    assert not any(r["in_force"] for r in ask(body, "GET", path, head)[1])


# [Điều 10.2.c]
def test_roles_are_given_and_taken_by_the_centre(body):
    centre = body.roles["centre"]
    role = {"address": body.anh, "role": "focal", "unit": "snv", "document": "Số 4/QĐ"}
    assert ask(body, "GET", "/accounts?unit=snv", body.anh)[0] == 403
    assert ask(body, "POST", "/roles", centre, {**role, "role": "chief"})[0] == 400
    assert ask(body, "POST", "/roles", centre, {**role, "unit": "khongco"})[0] == 404
    assert ask(body, "POST", "/roles", centre, role)[0] == 201
    assert ask(body, "POST", "/roles", centre, role)[0] == 409
    assert ask(body, "GET", "/accounts?unit=snv", body.anh)[0] == 200
    assert ask(body, "POST", "/roles/revocations", centre, role)[0] == 201
    assert ask(body, "GET", "/accounts?unit=snv", body.anh)[0] == 403


def test_pages_follow_one_another_to_the_end(body):
    centre, seen, after = body.roles["centre"], [], ""
    while True:
        rows = ask(body, "GET", f"/accounts?limit=2{after}", centre)[1]
        if not rows:
            break
        assert len(rows) <= 2
        seen += [r["address"] for r in rows]
        after = "&after=" + rows[-1]["address"]
    listed = json.loads(body.run("account", "list", "--json"))
    assert sorted(seen) == sorted(a["address"] for a in listed)
    locals_ = [address.split("@")[0] for address in seen]
    assert locals_ == sorted(set(locals_))


def test_units_are_added_and_renamed(body):
    centre = body.roles["centre"]
    new = {"kind": "office", "name": "Phòng Hành chính", "parent": "stttt", "abbreviation": "phc"}
    status, unit, _ = ask(body, "POST", "/units", centre, new)
    assert (status, unit["address"]) == (201, f"phc.stttt@{DOMAIN}")
    status, answer, _ = ask(body, "POST", "/units", centre, new)
    assert status == 422 and "Điều 3" in answer["detail"]
    status, unit, _ = ask(body, "PUT", "/units/phc.stttt/name", centre, {"name": "Văn phòng"})
    assert (status, unit["name"]) == (200, "Văn phòng")
    assert ask(body, "GET", "/units?parent=stttt", body.anh)[1][0]["name"] == "Văn phòng"
    assert ask(body, "GET", "/units/khongco", body.anh)[0] == 404


# ----------------------------------------------------------------------------------------- signing in

def test_signing_in_is_needed_and_slowed_like_everywhere(body):
    status, answer, headers = ask(body, "GET", "/own")
    assert status == 401 and headers["WWW-Authenticate"].startswith("Basic ")
    assert answer["detail"].startswith("Cần đăng nhập")
    for field in ("Basic", "Basic !!", "Basic YWJj", "Bearer x"):
        assert ask(body, "GET", "/own", headers={"Authorization": field})[0] == 401
    assert ask(body, "GET", "/own", body.anh, password="sai")[0] == 401
    assert ask(body, "GET", "/own", body.anh)[1]["address"] == body.anh


# [Điều 4.2.c]
def test_a_locked_account_is_told_so_and_loses_its_role(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    centre = server.person("Lê Thị Cúc")
    server.run("role", "grant", centre, "centre", "--document", "x")
    assert ask(server, "GET", "/accounts", centre)[0] == 200
    server.run("account", "lock", centre, "--ground", "x")
    status, answer, _ = ask(server, "GET", "/accounts", centre)
    assert status == 403 and "tạm khóa" in answer["detail"]


# --------------------------------------------------------------------------------------- what is sent

WRONG = [
    ("PUT", f"/accounts/{UNIT}/quota", b"{", "JSON sai ở dòng 1"),
    ("PUT", f"/accounts/{UNIT}/quota", b"[]", "đối tượng JSON"),
    ("PUT", f"/accounts/{UNIT}/quota", b'{"quota":1,"quota":2}', "JSON sai"),
    ("PUT", f"/accounts/{UNIT}/quota", b"{}", 'thiếu trường "quota"'),
    ("PUT", f"/accounts/{UNIT}/quota", b'{"quota":"5GB"}', 'trường "quota" không đúng kiểu'),
    ("PUT", f"/accounts/{UNIT}/quota", b'{"quota":5,"more":1}', 'không có trường "more"'),
    ("PUT", f"/accounts/{UNIT}/quota", b"\xff", "JSON sai"),
    ("PUT", f"/accounts/{UNIT}/quota", b"[" * 30000, "JSON sai"),
    ("PUT", f"/accounts/{UNIT}/quota", b'{"quota":99999999999999999999999}', "JSON sai"),
    ("GET", "/accounts?limit=0", None, '"limit"'),
    ("GET", "/accounts?limit=x", None, '"limit"'),
    ("GET", "/accounts?page=2", None, 'không có tham số "page"'),
    ("GET", "/proposals/person?unit=stttt", None, '"name"'),
]


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{w[0]} {w[1]} {(w[2] or b'')[:30]}" for w in WRONG])
def test_what_is_not_described_is_refused_with_the_place(body, wrong):
    method, path, raw, text = wrong
    status, answer, headers = ask(body, method, path, body.roles["centre"], raw=raw)
    assert status == 400 and text in answer["detail"], answer
    assert headers["Content-Type"] == "application/problem+json"


# [Điều 5.1]
def test_the_regulations_verdict_is_answered_with_its_article(body):
    status, answer, _ = ask(body, "PUT", f"/accounts/{UNIT}/quota", body.roles["centre"],
                            {"quota": 1 << 30})
    assert status == 422 and "khoản 1 Điều 5" in answer["detail"]


def test_pages_of_other_sites_change_nothing(body):
    change = ("PUT", f"/accounts/{UNIT}/quota", body.roles["centre"], {"quota": 30 << 30})
    for field in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        status, answer, _ = ask(body, *change, headers=field)
        assert status == 403 and "nơi khác" in answer["detail"]
    assert ask(body, *change, headers={"Origin": f"https://mail.{DOMAIN}"})[0] == 200
    status, _, _ = ask(body, *change, headers={"Content-Type": "text/plain"})
    assert status == 400


def test_another_host_and_a_body_too_large_are_refused(body):
    assert ask(body, "GET", "/own", body.anh, headers={"Host": "evil.example"})[0] == 421
    assert ask(body, "PUT", f"/accounts/{UNIT}/quota", body.roles["centre"],
               raw=b'{"quota":' + b" " * 70000 + b"1}")[0] == 413


# [Điều 2] [R004]
def test_the_cleartext_door_leads_to_https(body):
    link = http.client.HTTPConnection("127.0.0.1", body.port("http"), timeout=20)
    link.request("GET", "/api/v1/own?x=y", headers={"Host": f"mail.{DOMAIN}"})
    answer = link.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://mail.{DOMAIN}:{body.port('https')}/api/v1/own?x=y"
    link.close()


# ---------------------------------------------------------------------------------- the description

def test_the_description_has_every_operation_and_every_answer_keeps_to_it(body):
    description = ask(body, "GET", "/openapi.json")[1]
    assert description["openapi"] == "3.1.0"
    schemas = description["components"]["schemas"]

    def follows(value, schema):
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if value is None:
            return "null" in kinds
        if "array" in kinds:
            return isinstance(value, list) and all(follows(v, schema["items"]) for v in value)
        if "object" in kinds:
            assert set(schema["required"]) <= set(value), (value, schema)
            return all(follows(value[k], s) for k, s in schema["properties"].items())
        return isinstance(value, {"string": str, "integer": int, "boolean": bool}[kinds[0]])

    form = "STT,Họ và tên,Đơn vị công tác,Nội dung đề nghị\n1,Lê Văn Mẫu,stttt,cấp mới\n"
    status, request, _ = ask(body, "POST", "/requests", body.roles["centre"], {
        "unit": "stttt", "file": base64.b64encode(form.encode()).decode(), "number": "1/STTTT",
        "date": "2022-06-15", "signer": "Lê Thị Hoa", "signer_title": "Giám đốc"})
    assert status == 201 and follows(request, {"$ref": "/Request"})
    assert ask(body, "POST", f"/requests/{request['id']}/approvals", body.roles["centre"], {})[0] == 201
    soon = int(time.time() + 3600) * 10**6
    status, notice, _ = ask(body, "POST", "/notices", body.roles["centre"], {
        "from": soon, "until": soon + 3600 * 10**6, "reason": "thay ổ đĩa", "emergency": "ổ đĩa hỏng"})
    assert status == 201 and follows(notice, {"$ref": "/Notice"})
    status, incident, _ = ask(body, "POST", "/incidents", body.roles["centre"], {
        "kind": "virus", "what": "mã độc", "unit": "stttt"})
    assert status == 201 and follows(incident, {"$ref": "/Incident"})
    deliver(body, b"Subject: x\r\nMessage-ID: <tim@x>\r\n\r\nx\r\n", UNIT)
    asked = 0
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"] and operation["description"]
            good = next(iter(operation["responses"]))
            if method != "get":
                continue
            place = path.replace("{key}", "stttt").replace("{address}", UNIT)
            one = {"/notices": notice, "/incidents": incident}.get("/" + path.split("/")[1], request)
            place = place.replace("{id}", str(one["id"])).replace("{form}", "1")
            if path == "/proposals/person":
                place += "?unit=stttt&name=Tran"
            if path in ("/takebacks/preview", "/takebacks/copies"):
                place += "?message=tim%40x"
            status, answer, _ = ask(body, "GET", place, body.roles["centre"])
            assert status == int(good) == 200, place
            schema = operation["responses"][good]["content"]["application/json"]["schema"]
            assert follows(answer, schema), (place, answer)
            asked += 1
    assert asked >= 8


def test_a_page_of_a_large_body_comes_at_once(body):
    centre = body.roles["centre"]
    ask(body, "GET", "/accounts?limit=100", centre)
    begin = time.monotonic()
    for _ in range(20):
        assert ask(body, "GET", "/accounts?limit=100", centre)[0] == 200
    assert time.monotonic() - begin < 20  # a remembered sign-in costs no password hash


def test_an_installation_without_web_has_no_https_door(make_server):
    server = make_server(start=False)
    conf = server.data / "congvu.conf"
    conf.write_text(conf.read_text().replace("enabled = 1;", "enabled = 0;"))
    server.start()
    with pytest.raises(ConnectionRefusedError):
        ask(server, "GET", "/own")
