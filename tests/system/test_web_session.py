"""Browsers signing in and out: what each state of an account is told, what the cookie is like, and
how soon a session ends [Điều 4.2.c, 5.2, 12.2]."""

import re
import time

import pytest

from harness import metrics
from harness.server import DOMAIN, PASSWORD, Server
from harness.web import Browser, api, ask

NEW = "Matkhaumoi@1"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """One department with people enough for every test of this file; house.people gives the next."""
    server = Server(tmp_path_factory.mktemp("web") / "data").init().start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.names = iter(["Trần Văn Anh", "Lê Thị Cúc", "Lê Thị Dung", "Phạm Văn Em", "Đỗ Thị Giang",
                         "Ngô Văn Hải", "Vũ Thị Lan", "Bùi Văn Minh", "Hồ Văn Nam"])
    yield server
    server.close()


@pytest.fixture
def official(house):
    return house.person(next(house.names))


def state(browser):
    return browser.ask("GET", "/phien")[1]["state"]


def own(browser):
    status, answer, _ = browser.ask("GET", "/api/v1/own")
    return status, answer


def test_a_browser_signs_in_asks_and_signs_out(house, official):
    browser = Browser(house)
    assert state(browser) == "signed_out"
    before = metrics.read(house)["congvu_web_sign_ins_total"]
    status, answer, headers = browser.sign_in(official)
    assert (status, answer["state"], answer["address"]) == (200, "signed_in", official)
    assert re.fullmatch(r"__Host-congvu=[0-9a-f]{64}; Path=/; Secure; HttpOnly; SameSite=Strict",
                        headers["Set-Cookie"])
    assert headers["Cache-Control"] == "no-store"
    assert metrics.read(house)["congvu_web_sign_ins_total"] == before + 1
    assert state(browser) == "signed_in"
    assert own(browser)[1]["address"] == official
    cookie = browser.cookie
    status, _, headers = browser.ask("POST", "/dang-xuat")
    assert status == 204 and "Max-Age=0" in headers["Set-Cookie"]
    browser.cookie = cookie
    assert own(browser)[0] == 401 and state(browser) == "signed_out"
    assert browser.ask("POST", "/dang-xuat")[0] == 204  # and once more does no harm
    status, _, headers = browser.sign_in(official, keep=True)
    age = int(re.search(r"; Max-Age=(\d+)$", headers["Set-Cookie"]).group(1))
    assert status == 200 and 604700 <= age <= 604800


def test_what_is_wrong_is_told_to_the_page_and_to_the_person(house, official):
    browser = Browser(house)
    status, answer, _ = browser.sign_in(official, "Sai@12345")
    assert (status, answer["state"]) == (401, "failed")
    assert "không đúng" in answer["detail"] and ";" not in answer["detail"]
    assert browser.sign_in(f"khongco@{DOMAIN}")[1] == answer
    for content in ({}, {"address": official}, {"address": official, "password": 7}, [], "x"):
        status, answer, _ = browser.ask("POST", "/dang-nhap", content)
        assert (status, answer["state"]) == (400, "input"), content
    house.run("account", "lock", official, "--ground", "Số 5")
    status, answer, headers = browser.sign_in(official)
    assert (status, answer["state"]) == (403, "locked") and "khoản 2 Điều 4" in answer["detail"]
    assert "Set-Cookie" not in headers


def test_jmap_takes_the_session_too(house, official):
    browser = Browser(house)
    status, _, headers = browser.ask("GET", "/.well-known/jmap")
    if status in (301, 302, 307, 308):
        status, _, headers = browser.ask("GET", headers["Location"])
    assert status == 401 and "WWW-Authenticate" not in headers
    assert browser.sign_in(official)[0] == 200
    status, answer, headers = browser.ask("GET", "/.well-known/jmap")
    if status in (301, 302, 307, 308):
        status, answer, headers = browser.ask("GET", headers["Location"])
    assert status == 200 and answer["username"] == official
    content = {"using": ["urn:ietf:params:jmap:core"], "methodCalls": [["Core/echo", {"a": 1}, "0"]]}
    api_url = "/" + answer["apiUrl"].split("://")[-1].split("/", 1)[1]
    status, echoed, _ = browser.ask("POST", api_url, content)
    assert status == 200 and echoed["methodResponses"] == [["Core/echo", {"a": 1}, "0"]]
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.ask("POST", api_url, content, foreign)[0] == 403


# [R071] [Điều 5.2] [Điều 12.1] [Điều 12.2]
def test_the_first_sign_in_sets_an_own_password_by_the_rule_shown(house):
    name = next(house.names)
    given = house.run("account", "create", "--unit", "stttt", "--person", name, "--one-time").split()
    official, slip = given
    browser = Browser(house)
    status, answer, _ = browser.sign_in(official, slip)
    assert (status, answer["state"]) == (403, "change") and "Điều 12" in answer["detail"]
    assert [p["text"] for p in answer["rule"]["points"]] == [
        p["text"] for p in browser.ask("GET", "/dang-nhap/quy-tac")[1]["points"]]
    assert answer["rule"]["accept"] and "Điều 5" in answer["rule"]["cite"]
    _, judged, _ = browser.ask("POST", "/dang-nhap/xet", {"password": "matkhau"})
    assert not judged["good"] and judged["detail"].startswith("Mật khẩu chưa đạt")
    assert {p["met"] for p in judged["points"]} == {True, False}
    assert browser.ask("POST", "/dang-nhap/xet", {"password": NEW})[1]["good"]
    change = {"address": official, "old": slip, "new": NEW, "accept": True}
    status, answer, _ = browser.ask("POST", "/dang-nhap/mat-khau", {**change, "new": "matkhau"})
    assert (status, answer["state"]) == (422, "refused") and "Điều 5" in answer["detail"]
    status, answer, _ = browser.ask("POST", "/dang-nhap/mat-khau", {**change, "accept": False})
    assert (status, answer["state"]) == (422, "refused") and "Điều 12" in answer["detail"]
    assert browser.ask("POST", "/dang-nhap/mat-khau", change)[0] == 204
    assert browser.sign_in(official, NEW)[0] == 200
    assert own(browser)[0] == 200


# [R071] [Điều 12.2]
def test_every_browser_is_signed_out_within_five_seconds_of_a_change(house, official):
    browsers = [Browser(house), Browser(house)]
    for browser in browsers:
        assert browser.sign_in(official)[0] == 200
    status, _ = api(house, "POST", "/password", official, content={"old": PASSWORD, "new": NEW})
    begin = time.monotonic()
    assert status == 204
    assert [own(browser)[0] for browser in browsers] == [401, 401]
    assert time.monotonic() - begin < 5
    assert browsers[0].sign_in(official, NEW)[0] == 200
    house.run("account", "lock", official, "--ground", "Số 5")
    assert own(browsers[0])[0] == 401
    house.run("account", "unlock", official, "--ground", "Số 6")
    assert own(browsers[0])[0] == 401


def test_pages_of_other_sites_sign_nobody_in_or_out(house, official):
    browser = Browser(house)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    form = {"address": official, "password": PASSWORD}
    status, answer, headers = browser.ask("POST", "/dang-nhap", form, foreign)
    assert (status, answer["state"]) == (403, "foreign") and "Set-Cookie" not in headers
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        status, answer, _ = browser.ask("POST", "/dang-nhap", form, {"Content-Type": kind})
        assert (status, answer["state"]) == (415, "input")
    assert browser.sign_in(official)[0] == 200
    assert browser.ask("POST", "/dang-xuat", headers=foreign)[0] == 403
    assert browser.ask("POST", "/api/v1/password", {"old": PASSWORD, "new": NEW}, foreign)[0] == 403
    assert own(browser)[0] == 200


# [Điều 8.6]
def test_guessing_is_slowed_here_too(house, official):
    browser = Browser(house)
    for _ in range(6):
        assert browser.sign_in(official, "Sai@12345")[0] == 401
    begin = time.monotonic()
    assert browser.sign_in(official, "Sai@12345")[0] == 401
    assert time.monotonic() - begin >= 0.9


def test_a_session_outlives_a_restart_and_ends_by_its_time(house, official):
    browser = Browser(house)
    assert browser.sign_in(official)[0] == 200
    house.stop()
    house.start()
    assert own(browser)[0] == 200
    house.stop()
    house.env["CONGVU_CLOCK_OFFSET"] = str(9 * 3600)
    house.start()
    assert own(browser)[0] == 401
    house.stop()
    del house.env["CONGVU_CLOCK_OFFSET"]
    house.start()


def test_a_page_may_not_be_framed_and_tells_no_referrer(house):
    _, _, headers = ask(house, "GET", "/phien")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
