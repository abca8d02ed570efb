"""Passwords that were given, and how their owner sets another: at each door, on the page and by the
interface; and that a password is given anew only on a document [Điều 5.2, 12.2]."""

import json
import re
from html.parser import HTMLParser

import pytest

from harness.imap import Session
from harness.server import DOMAIN, PASSWORD, Refused, Server
from harness.smtp import plain, session
from harness.web import api, browse
from harness import metrics

NEW = "Matkhaumoi@1"
PAGE = "/doi-mat-khau"
SIGNS = "\u00a0".join(["!", "@", "#", "%", "$", "*", "&amp;"])  # on one line
FREE = 5  # failures of one account from one address before slowing begins


def change(server, name, old, new, again=None, **headers):
    form = {"ten": name, "cu": old, "moi": new, "lai": new if again is None else again,
            "thuc-hien": "1"}
    return browse(server, "POST", PAGE, form, headers)


def login(server, name, password):
    """The Answer of IMAP's LOGIN, and all that came."""
    with Session(server, None) as client:
        return client.command(f'LOGIN "{name}" "{password}"')


def submit(server, name, password):
    with session(server, "submission") as raw:
        return raw.reply("AUTH PLAIN " + plain(name, password))


def one_time(server, address, *more):
    return server.run("account", "passwd", address, "--one-time", *more).strip()


def signs_in(server, name, password):
    code, _ = submit(server, name, password)
    return code == 235


@pytest.fixture
def given(office):
    """An office where .anh was just given a one-time password: office.slip."""
    office.slip = one_time(office, office.anh)
    return office


# ------------------------------------------------------------------------------- one-time passwords

# [R071] [Điều 12.2]
def test_a_one_time_password_is_printed_alone_and_opens_nothing_but_its_change(given):
    assert re.fullmatch(r"[A-Z][a-z]{3}(-[a-z]{4})+-\d{4}[!@#%$*&]", given.slip)
    assert not signs_in(given, given.anh, PASSWORD)
    answer = login(given, given.anh, given.slip)
    assert (answer.status, answer.code) == ("NO", "EXPIRED"), answer
    place = f"https://mail.{DOMAIN}:{given.port('https')}{PAGE}"
    assert place in answer.text and "khoản 2 Điều 12" in answer.text
    code, text = submit(given, given.anh, given.slip)
    assert code == 535 and text.startswith("5.7.0 ") and place in text, text
    status, problem = api(given, "GET", "/own", given.anh, given.slip)
    assert status == 403 and place in problem["detail"]
    assert signs_in(given, given.binh, PASSWORD)


# [R071] [Điều 8.6]
def test_signing_in_with_it_is_never_counted_as_a_guess(given):
    for _ in range(FREE + 3):
        assert submit(given, given.anh, given.slip)[0] == 535
    assert metrics.read(given)["congvu_auth_delayed_total"] == 0
    assert metrics.read(given)['congvu_auth_attempts_total{result="change"}'] == FREE + 3


# [R071]
def test_a_new_account_may_begin_with_one(office):
    told = office.run("account", "create", "--unit", "stttt", "--person", "Lê Thị Cúc",
                      "--one-time").split()
    assert told[0] == f"ltcuc.stttt@{DOMAIN}" and len(told) == 2
    assert login(office, told[0], told[1]).code == "EXPIRED"
    assert change(office, told[0], told[1], NEW)[0] == 303
    assert signs_in(office, told[0], NEW)
    row = json.loads(office.run("account", "create", "--unit", "stttt", "--person", "Lê Thị Dung",
                                "--one-time", "--json"))
    assert login(office, row["address"], row["one_time_password"]).code == "EXPIRED"


# [R071] [Điều 12.2]
def test_its_days_end_and_then_only_the_unit_can_ask_for_another(given):
    given.stop()
    given.env["CONGVU_CLOCK_OFFSET"] = str(9 * 86400)
    given.start()
    answer = login(given, given.anh, given.slip)
    assert (answer.status, answer.code) == ("NO", "CONTACTADMIN"), answer
    assert "đã hết hạn" in answer.text
    code, text = submit(given, given.anh, given.slip)
    assert code == 535 and text.startswith("5.7.13 "), text
    status, text, _ = change(given, given.anh, given.slip, NEW)
    assert status == 403 and "đã hết hạn" in text
    assert not signs_in(given, given.anh, NEW)


# [R071] [Điều 12.2]
def test_a_password_is_given_anew_only_on_a_document(tmp_path):
    real = Server(tmp_path / "real")
    real.offset = 0  # as a body runs it; it is never started here
    real.init()
    real.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = real.run("account", "create", "--unit", "stttt", "--person", "Trần Văn Anh", "--ground",
                   "Số 1", "--password-stdin", given=PASSWORD + "\n").strip()
    for words in (["--one-time"], ["--password-stdin"]):
        with pytest.raises(Refused) as refused:
            real.run("account", "passwd", anh, *words, given=NEW + "\n")
        assert refused.value.status == 1 and "khoản 2 Điều 12" in refused.value.output
    slip = one_time(real, anh, "--request", "15")
    said = real.run("account", "passwd", anh, "--password-stdin", "--ground", "Số 9/STTTT",
                    given=NEW + "\n")
    assert "to be changed at the first sign-in" in said  # the operator knows it
    acts = json.loads(real.run("audit", "list", "--subject", anh, "--json"))
    assert [(a["act"], a["ground"]) for a in acts[:2]] == [
        ("account.password", "Số 9/STTTT"), ("account.password", "15")]
    assert slip not in json.dumps(acts)
    real.close()


# [R071] [Điều 12.2]
def test_the_centre_gives_it_through_the_interface_on_a_document(office):
    office.run("role", "grant", office.binh, "centre", "--document", "Số 1")
    path = f"/accounts/{office.anh}/one-time-password"
    status, problem = api(office, "POST", path, office.binh, PASSWORD, {})
    assert status == 422 and "khoản 2 Điều 12" in problem["detail"]
    assert api(office, "POST", path, office.anh, PASSWORD, {"ground": "x"})[0] == 403
    status, made = api(office, "POST", path, office.binh, PASSWORD, {"request": "21"})
    assert status == 201 and made["address"] == office.anh
    assert login(office, office.anh, made["password"]).code == "EXPIRED"
    status, problem = api(office, "POST", "/accounts/khongco.stttt/one-time-password", office.binh,
                          PASSWORD, {"request": "21"})
    assert status == 404
    acts = json.loads(office.run("audit", "list", "--subject", office.anh, "--json"))
    assert acts[0]["act"] == "account.password" and acts[0]["ground"] == "request 21"
    assert made["password"] not in office.error_text()


# ----------------------------------------------------------------------------- changing one's own

# [R032] [R033] [Điều 5.2]
def test_the_owner_sets_another_through_the_interface(given):
    wrong = {"old": given.slip, "new": "ngan", "accept": True}
    status, problem = api(given, "POST", "/password", given.anh, given.slip, wrong)
    assert status == 422 and "khoản 2 Điều 5" in problem["detail"]
    status, problem = api(given, "POST", "/password", given.anh, given.slip,
                          {"old": given.slip, "new": given.slip, "accept": True})
    assert status == 422 and "phải khác" in problem["detail"]
    status, problem = api(given, "POST", "/password", given.anh, given.slip,
                          {"old": "Sai@12345", "new": NEW})
    assert status == 403
    assert api(given, "POST", "/password", given.anh, "Sai@12345",
               {"old": given.slip, "new": NEW})[0] == 401
    status, problem = api(given, "POST", "/password", given.anh, given.slip,
                          {"old": given.slip, "new": NEW})
    assert status == 422 and "khoản 1 Điều 12" in problem["detail"]
    assert api(given, "POST", "/password", given.anh, given.slip,
               {"old": given.slip, "new": NEW, "accept": True}) == (204, None)
    assert signs_in(given, given.anh, NEW) and not signs_in(given, given.anh, given.slip)
    assert api(given, "GET", "/own", given.anh, NEW)[1]["address"] == given.anh
    acts = json.loads(given.run("audit", "list", "--subject", given.anh, "--json"))
    assert acts[0]["act"] == "account.password" and acts[0]["who"] == f"{given.anh} (api)"
    assert NEW not in given.error_text() and given.slip not in given.error_text()


def test_a_change_ends_what_the_old_password_has_open(office):
    with Session(office, office.anh) as client:
        client.ok("SELECT INBOX")
        assert change(office, office.anh, PASSWORD, NEW)[0] == 303
        assert client.response().startswith(b"* BYE [EXPIRED] ")
    assert not signs_in(office, office.anh, PASSWORD) and signs_in(office, office.anh, NEW)


# --------------------------------------------------------------------------------------- the page

class Reader(HTMLParser):
    """What a reader of the page meets: its elements, and its text by the id of the element."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_needs_no_script_and_nothing_from_elsewhere(office):
    status, text, headers = browse(office, "GET", PAGE)
    page = Reader(text)
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.all("html")[0]["lang"] == "vi" and not page.all("script") and not page.all("img")
    policy = headers["Content-Security-Policy"]
    assert policy == ("default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
                      "frame-ancestors 'none'")
    assert headers["Referrer-Policy"] == "same-origin" and headers["Cache-Control"] == "no-store"
    assert not re.search(r"https?:", text) and "style=" not in text
    for link in page.all("link"):
        status, style, headers = browse(office, "GET", link["href"])
        assert status == 200 and headers["Content-Type"].startswith("text/css")
        assert "url(" not in style and "@import" not in style
    labelled = {label["for"] for label in page.all("label")}
    for field in page.all("input"):
        assert field["id"] in labelled and ("required" in field or field["type"] == "checkbox")
    kinds = [(f["name"], f["type"], f["autocomplete"]) for f in page.all("input")
             if f["type"] != "checkbox"]
    assert kinds == [("ten", "text", "username"), ("cu", "password", "current-password"),
                     ("moi", "password", "new-password"), ("lai", "password", "new-password")]
    assert len(page.all("h1")) == 1 and page.all("main") and page.all("form")[0]["method"] == "post"
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    described = [f["aria-describedby"] for f in page.all("input") if "aria-describedby" in f]
    assert all(word in ids for words in described for word in words.split())


# [R032] [R033] [Điều 5.2]
def test_the_page_shows_the_rule_and_says_what_is_missing(office):
    text = browse(office, "GET", PAGE)[1]
    for point in ("khoản 2 Điều 5 Quy chế", "ít nhất 8 ký tự", "chữ in hoa", "chữ in thường",
                  "chữ số", SIGNS, "Trung tâm Công nghệ thông tin và Truyền thông"):
        assert point in text, point
    assert "Còn thiếu" not in text
    status, text, _ = change(office, office.anh, PASSWORD, "matkhaumoi")
    assert status == 422 and 'role="alert"' in text and f'value="{office.anh}"' in text
    missing = re.findall(r'class="missing"><b>✗ Còn thiếu</b> ([^<]*)', text)
    assert missing == ["chữ in hoa", "chữ số", f"ký tự đặc biệt: {SIGNS}"]
    assert re.findall(r'class="met"><b>✓ Đạt</b> ([^<]*)', text) == ["ít nhất 8 ký tự",
                                                                     "chữ in thường"]
    assert "matkhaumoi" not in text and PASSWORD not in text
    assert 'aria-invalid="true"' in text
    assert signs_in(office, office.anh, PASSWORD)


def test_the_page_changes_the_password_and_leads_on(given):
    status, text, headers = change(given, given.anh, given.slip, NEW, Origin=(
        f"https://mail.{DOMAIN}"))
    assert (status, text, headers["Location"]) == (303, "", f"{PAGE}/xong")
    status, text, _ = browse(given, "GET", f"{PAGE}/xong")
    assert status == 200 and "Đã đổi mật khẩu" in text
    assert signs_in(given, given.anh, NEW)
    acts = json.loads(given.run("audit", "list", "--subject", given.anh, "--json"))
    assert acts[0]["who"] == f"{given.anh} (web)"


# [R069] [Điều 12.1]
def test_nobody_reads_mail_before_a_word_on_keeping_the_rules(given):
    form = {"ten": given.anh, "cu": given.slip, "moi": NEW, "lai": NEW}
    status, text, _ = browse(given, "POST", PAGE, form)
    assert status == 422 and "(khoản 1 Điều 12 Quy chế)" in text
    assert "Quyết định số 06/2022/QĐ-UBND" in text
    assert login(given, given.anh, given.slip).code == "EXPIRED"
    assert json.loads(given.run("account", "show", given.anh, "--json"))["rules_accepted"] is None
    assert browse(given, "POST", PAGE, {**form, "thuc-hien": "1"})[0] == 303
    row = json.loads(given.run("account", "show", given.anh, "--json"))
    assert row["rules_accepted"] > 0 and signs_in(given, given.anh, NEW)
    acts = json.loads(given.run("audit", "list", "--subject", given.anh, "--json"))
    assert "bacninh-06-2022" in json.dumps(acts[0])
    slip = one_time(given, given.anh)  # once said, it is not asked for again
    assert browse(given, "POST", PAGE, {**form, "cu": slip, "moi": PASSWORD, "lai": PASSWORD})[0] == 303


def test_the_page_says_what_is_wrong_with_what_was_sent(office):
    for form, status, words in (
            ((office.anh, PASSWORD, NEW, "khac"), 422, "không giống nhau"),
            ((office.anh, "Sai@12345", NEW), 403, "không đúng"),
            (("khongco", PASSWORD, NEW), 403, "không đúng"),
            (("", PASSWORD, NEW), 400, "điền đủ bốn ô"),
            ((office.anh, "", NEW), 400, "điền đủ bốn ô"),
            ((office.anh, PASSWORD, "Mật khẩu 1@\n"), 422, "ký tự không dùng được")):
        answer = change(office, *form)
        assert answer[0] == status and words in answer[1], (form, answer)
    office.run("account", "lock", office.anh, "--ground", "x")
    status, text, _ = change(office, office.anh, PASSWORD, NEW)
    assert status == 403 and "tạm khóa" in text
    assert browse(office, "POST", PAGE, {"ten": office.anh})[0] == 400
    assert browse(office, "POST", PAGE, {"ten": "a" * 20000})[0] == 413


def test_what_is_typed_comes_back_as_text_and_never_as_markup(office):
    status, text, _ = change(office, '"><script>alert(1)</script>&amp;', PASSWORD, NEW)
    assert status == 403 and "<script" not in text
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"' in text


def test_pages_of_other_sites_cannot_send_the_form(office):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Sec-Fetch-Site": "cross-site"}):
        status, text, _ = change(office, office.anh, PASSWORD, NEW, **headers)
        assert status == 403 and "nơi khác" in text
    assert signs_in(office, office.anh, PASSWORD)


# [Điều 8.6]
def test_guesses_at_the_old_password_are_slowed_like_everywhere(office):
    for _ in range(FREE + 2):
        assert change(office, office.anh, "Sai@12345", NEW)[0] == 403
    assert metrics.read(office)["congvu_auth_delayed_total"] >= 1


# [R070] [Điều 12.2]
def test_a_password_that_many_use_is_told_once_and_nobody_is_stopped(office):
    def from_networks(who, numbers):
        for n in numbers:
            with session(office, "submission", source=f"127.0.1.{n}") as raw:
                assert raw.reply("AUTH PLAIN " + plain(who, PASSWORD))[0] == 235
    from_networks(office.anh, [1, 2, 3, 4, 5, 5, 4, 3])
    assert metrics.read(office)["congvu_auth_shared_total"] == 0
    from_networks(office.anh, [6, 7, 8])
    from_networks(office.binh, [1, 2])
    assert metrics.read(office)["congvu_auth_shared_total"] == 1
    told = [a for a in json.loads(office.run("audit", "list", "--json"))
            if a["act"] == "account.shared"]
    assert [(a["subject"], a["who"]) for a in told] == [(office.anh, "congvu")]
    assert "từ 6 mạng trong 60 phút" in told[0]["ground"]
    assert "khoản 2 Điều 12" in told[0]["ground"]
    assert "event=auth.shared" in office.error_text()


# ------------------------------------------------------------------- what newer regulations ask

@pytest.fixture
def newer(make_server):
    """An office under 79/2025: .anh, who operates the system, and .binh."""
    server = make_server("--regulation", "bacninh-79-2025")
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.people = []
    for name, identity in (("Trần Văn Anh", "027085001234"), ("Nguyễn Thị Bình", "027085005678")):
        server.people.append(server.run(
            "account", "create", "--unit", "stttt", "--person", name, "--identity", identity,
            "--password-stdin", given=PASSWORD + "\n").strip())
    server.anh, server.binh = server.people
    server.run("role", "grant", server.anh, "centre", "--document", "Số 1")
    return server


def later(server, days):
    server.stop()
    server.env["CONGVU_CLOCK_OFFSET"] = str(days * 86400)
    server.start()


# 79/2025, khoản 2 Điều 4
def test_a_former_password_is_refused_where_the_regulation_says_so(newer):
    assert change(newer, newer.binh, PASSWORD, NEW)[0] == 303
    status, text, _ = change(newer, newer.binh, NEW, PASSWORD)
    assert status == 422 and "03 mật khẩu gần nhất (khoản 2 Điều 4 Quy chế)" in text
    login_name = newer.binh.split("@")[0]
    status, text, _ = change(newer, newer.binh, NEW, login_name)
    assert status == 422  # no capitals, no sign: refused before it is held against the name


# 79/2025, khoản 1 Điều 4
def test_who_operates_the_system_needs_a_longer_one(newer):
    status, text, _ = change(newer, newer.anh, PASSWORD, "Matkh@01")
    assert status == 422 and "ít nhất 10 ký tự" in text
    assert change(newer, newer.binh, PASSWORD, "Matkh@01")[0] == 303
    newer.run("role", "grant", newer.binh, "centre", "--document", "Số 2")
    assert login(newer, newer.binh, "Matkh@01").code == "EXPIRED"


# 79/2025, khoản 2 Điều 4
def test_an_old_password_is_warned_of_and_then_must_be_changed(newer):
    later(newer, 80)  # three months for who operates the system
    answer = login(newer, newer.anh, PASSWORD)
    assert answer.status == "OK"
    assert "Mật khẩu phải được đổi trước ngày" in answer.one(r"OK \[ALERT\]")
    answer = login(newer, newer.binh, PASSWORD)
    assert answer.status == "OK" and not answer.of(r"OK \[ALERT\]")
    later(newer, 95)
    answer = login(newer, newer.anh, PASSWORD)
    assert (answer.status, answer.code) == ("NO", "EXPIRED") and "03 tháng" in answer.text
    assert signs_in(newer, newer.binh, PASSWORD)
    later(newer, 190)
    code, text = submit(newer, newer.binh, PASSWORD)
    assert code == 535 and "06" in text
    assert change(newer, newer.binh, PASSWORD, NEW)[0] == 303
    assert signs_in(newer, newer.binh, NEW)
