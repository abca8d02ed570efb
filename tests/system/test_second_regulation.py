"""The same questions to the running system under the first regulation and under its successor, each
with its own answers and articles; and the way from the one to the other, on which no address dies."""

import json
import signal
import smtplib
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from harness import mail, settings
from harness.commands import call
from harness.office import Document
from harness.requests import GIVEN, csv, row, saved, take
from harness.server import DOMAIN, PASSWORD, Refused, Server, wait_for
from harness.web import api

OLDER = " theo QĐ 06/2022/QĐ-UBND"  # behind an article of the older text that the newer one keeps
IDENTITY = "999085001234"

FIRST = SimpleNamespace(
    name="bacninh-06-2022", person=f"tvanh.skhcn@{DOMAIN}", second=f"tvanh1.skhcn@{DOMAIN}",
    second_article="Điều 3.2.b", commune=("commune", "xã Tam Giang", "--parent", "yp"),
    address=f"tamgiang.yenphong@{DOMAIN}", short="Mk@2022", length="khoản 2 Điều 5 Quy chế",
    quota="(khoản 1 Điều 5 Quy chế)", forward="(khoản 5 Điều 8 Quy chế)",
    stop="(điểm b khoản 2 Điều 10 Quy chế)", reset=None, sender="(điểm a khoản 2 Điều 4 Quy chế)",
    locked="tam khoa; de nghi lien he dau moi cua don vi de co quan gui van ban de nghi mo khoa (diem c "
           "khoan 2 Dieu 4 Quy che)", lock_days=184, free_days=180, idle="không phát sinh giao dịch gửi, nhận thư",
    idle_article="Điều 4.2.c", warning="xem xét tạm khóa",
    operator="TRUNG TÂM CÔNG NGHỆ THÔNG TIN VÀ TRUYỀN THÔNG",
    reply="điểm b khoản 2 Điều 4 Quy chế ban hành kèm theo Quyết định số 06/2022/QĐ-UBND")
SECOND = SimpleNamespace(
    name="bacninh-79-2025", person=f"anhtv234@{DOMAIN}", second=f"anhtv1234@{DOMAIN}",
    second_article="Điều 5.2.b", commune=("commune", "xã Tam Giang"),
    address=f"tamgiang@{DOMAIN}", short="Mk@2022", length="khoản 1 Điều 4 Quy chế",
    quota=f"(khoản 1 Điều 5 Quy chế{OLDER})", forward=f"(khoản 5 Điều 8 Quy chế{OLDER})",
    stop=f"(điểm b khoản 2 Điều 10 Quy chế{OLDER})", reset=2, sender="(khoản 1 Điều 6 Quy chế)",
    locked="tam dung hoat dong; de nghi lien he co quan, don vi de gui van ban de nghi khoi phuc (khoan 3 "
           "Dieu 7 Quy che)", lock_days=93, free_days=88, idle="không đăng nhập", idle_article="Điều 7.1",
    warning="xem xét tạm dừng hoạt động", operator="SỞ KHOA HỌC VÀ CÔNG NGHỆ",
    reply="khoản 3 Điều 6 Quy chế ban hành kèm theo Quyết định số 79/2025/QĐ-UBND")


@pytest.fixture(scope="module", params=[FIRST, SECOND], ids=lambda text: text.name)
def body(request, tmp_path_factory):
    """A department under this text with one person; .text has what this text makes of it."""
    folder = tmp_path_factory.mktemp(request.param.name)
    server = Server(folder / "data", ["--regulation", request.param.name]).init()
    server.text, server.folder = request.param, folder
    server.start()
    server.unit("Sở Khoa học và Công nghệ", "skhcn")
    if request.param is FIRST:
        server.unit("huyện Yên Phong", "yp", kind="district")
    server.anh = server.run("account", "create", "--unit", "skhcn", "--person", "Trần Văn Anh",
                            "--identity", IDENTITY, "--password-stdin", given=PASSWORD + "\n").strip()
    yield server
    server.close()


def refused(server, *words, **how):
    with pytest.raises(Refused) as caught:
        server.run(*words, **how)
    assert caught.value.status == 1, caught.value
    return caught.value.output


# [R001] [R013] [R014]
def test_people_and_units_are_named_and_the_article_is_told(body):
    assert body.anh == body.text.person
    proposal = json.loads(body.run("address", "propose", "--unit", "skhcn", "--person", "Trần Vân Ánh",
                                   "--identity", "999086001234", "--json"))
    assert (proposal["address"], proposal["article"]) == (body.text.second, body.text.second_article)
    body.run("unit", "add", "--kind", *body.text.commune[:1], "--name", *body.text.commune[1:])
    assert body.text.address in body.run("account", "list")


# [R028] [R032] [R045] [R057]
def test_a_refusal_names_the_article_of_the_text_that_says_so(body):
    text = body.text
    status, out, _ = call(body, "password", "check", "--json", given=text.short + "\n")
    assert status == 1 and f"({text.length}): cần ít nhất 8 ký tự" in json.loads(out)["vi"]
    assert text.quota in refused(body, "account", "quota", body.anh, "500MB")
    assert text.forward in refused(body, "account", "forward", body.anh, "--to", "a@gmail.com")
    day = datetime.now(timezone(timedelta(hours=7))).date() + timedelta(days=14)
    monday = day - timedelta(days=day.weekday())
    said = refused(body, "notice", "schedule", "--from", f"{monday} 08:00", "--to", f"{monday} 09:00",
                   "--reason", "nâng cấp")
    assert text.stop in said


# [R017] the district above files for its communes; in the newer text they file themselves
def test_who_may_file_a_request_the_text_says(body):
    parent = ["--parent", "skhcn"]
    body.run("unit", "add", "--kind", "office", "--name", "Phòng Bưu chính", *parent)
    form = saved(body.folder, csv([row(1, "Lê Văn Mới", "cấp mới", unit="pbc.skhcn")]), "phong")
    said = refused(body, "request", "import", form, "--unit", "pbc.skhcn", *GIVEN)
    assert body.text.sender in said


# [R019] [R021] [R071] the newer text gives a lost password two hours
def test_requests_are_answered_in_the_terms_of_the_text(body):
    lost = take(body, saved(body.folder, csv([
        row(1, "Trần Văn Anh", "cấp lại mật khẩu", unit="skhcn", identity=IDENTITY)]), "quen"),
        "--number", "5/SKHCN", *GIVEN[2:], "--received", "2026-06-04 08:00", unit="skhcn")
    assert lost["due"] == "2026-06-08" and lost["wrong"] == 0, lost
    hours = lost["reset_due"] and (lost["reset_due"] - lost["received"]) / 3.6e9
    assert hours == body.text.reset
    shown = body.run("request", "list", "--open")
    assert ("cấp lại mật khẩu trước 2026-06-04 10:00, đã quá hạn" in shown) == (body.text.reset is not None)
    body.run("request", "approve", lost["id"])
    assert json.loads(body.run("request", "show", lost["id"], "--json"))["reset_due"] is None
    letter = body.folder / "tra-loi.docx"
    body.run("request", "letter", lost["id"], "--to", letter)
    words = Document(letter.read_bytes()).text
    assert body.text.operator in words and body.text.reply in words


# [R024] what counts as unused, in the words of each text
def test_who_lies_unused_is_told_in_the_words_of_the_text(body):
    def on(days):
        day = datetime.now(timezone(timedelta(hours=7))).date() + timedelta(days=days)
        return json.loads(body.run("account", "idle", "--json", "--today", day, "--unit", "skhcn"))
    assert body.anh not in {a["address"] for a in on(body.text.free_days)}
    row_of = {a["address"]: a for a in on(body.text.lock_days)}[body.anh]
    assert (row_of["state"], row_of["article"]) == ("candidate", body.text.idle_article)
    day = datetime.now(timezone(timedelta(hours=7))).date() + timedelta(days=body.text.lock_days)
    folder = body.folder / "thu"
    folder.mkdir()
    body.run("letter", "warning", "--to", folder, "--unit", "skhcn", "--today", day)
    letter, = folder.iterdir()
    words = Document(letter.read_bytes()).text
    assert body.text.warning in words and body.text.idle in words


# [R022] in the words of each text
def test_a_locked_account_is_told_what_to_do_by_its_article(body):
    other = body.run("account", "create", "--unit", "skhcn", "--person", "Lê Văn Khóa", "--identity",
                     "999085007777", "--password-stdin", given=PASSWORD + "\n").strip()
    body.run("account", "lock", other, "--request", "7")
    with mail.smtp(body, "submission") as client:
        code, said = client.docmd("AUTH", "PLAIN " + b64encode(f"\0{other}\0{PASSWORD}".encode()).decode())
    assert code == 535 and body.text.locked in said.decode()


# [R001]
def test_every_figure_is_shown_with_its_article(body):
    shown = json.loads(body.run("regulation", "show", "--json"))
    assert shown["id"] == body.text.name
    assert [layer["id"] for layer in shown["over"]] == (
        [] if body.text is FIRST else ["bacninh-06-2022"])
    figures = shown["figures"]
    assert figures["sizes.attachments"] == {
        "value": "20 MiB", "article": "Điều 5.1" if body.text is FIRST else "Điều 5.1 QĐ 06/2022/QĐ-UBND"}
    assert figures["calendar.request_days"]["article"] == (
        "Điều 4.2.b" if body.text is FIRST else "Điều 6.3")
    other = body.run("regulation", "show", "bacninh-79-2025")
    assert "requests.reset_hours\t2\tĐiều 6.4" in other
    assert "no-such" in refused(body, "regulation", "show", "no-such")


# ------------------------------------------------------------------------------- from one to the next

@pytest.fixture
def moved(make_server):
    """A province under the first text, with people of whom one has no identity number on record;
    then the next text is put into the settings."""
    server = make_server()
    server.unit("Sở Khoa học và Công nghệ", "skhcn")
    server.unit("thành phố Bắc Ninh", "bn", kind="district")
    server.run("unit", "add", "--kind", "commune", "--name", "phường Kinh Bắc", "--parent", "bn")
    server.run("unit", "add", "--kind", "office", "--name", "Phòng Bưu chính", "--parent", "skhcn")
    server.old = [server.run("account", "create", "--unit", unit, "--person", name, "--password-stdin",
                             *more, given=PASSWORD + "\n").strip()
                  for unit, name, *more in (
                      ("skhcn", "Trần Văn Anh", "--identity", IDENTITY),
                      ("kinhbac.tpbacninh", "Trần Văn Anh", "--identity", "999086001234"),
                      ("skhcn", "Nguyễn Thị Bình"))]
    settings.change(server, "regulation", '"bacninh-79-2025"')
    done = server.error_text().count("event=serve.reload")
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.error_text().count("event=serve.reload") > done)
    return server


# [R001] [R012] [Điều 3.1.e]
def test_moving_to_the_next_regulation_keeps_every_address_alive(moved):
    server = moved
    anh, second, binh = server.old
    for user in server.old:  # the new text alone changes no address
        mail.send(server, mail.message("dan@example.com", user, "trước"))
    plan = {r["before"]: r for r in json.loads(server.run("regulation", "move", "--preview", "--all",
                                                           "--json"))}
    expected = {anh: f"anhtv234@{DOMAIN}", second: f"anhtv1234@{DOMAIN}",
                f"kinhbac.tpbacninh@{DOMAIN}": f"kinhbac@{DOMAIN}"}
    assert {b: r["after"] for b, r in plan.items() if r["result"] == "moves"} == expected
    assert plan[f"skhcn@{DOMAIN}"]["result"] == plan[f"pbc.skhcn@{DOMAIN}"]["result"] == "same"
    assert "số định danh cá nhân" in plan[binh]["why"] and plan[binh]["result"] == "stays"
    assert "Không có loại cơ quan, đơn vị district" in plan[f"tpbacninh@{DOMAIN}"]["why"]
    assert anh in server.run("account", "list")  # a preview writes nothing
    assert "account.readdress" not in server.run("audit", "list")

    # The same by the interface, for the Centre alone.
    assert api(server, "GET", "/regulation/addresses", binh)[0] == 403
    server.run("role", "grant", binh, "centre", "--document", "Số 1")
    status, rows = api(server, "GET", "/regulation/addresses", binh)
    assert status == 200 and {r["before"]: r["after"] for r in rows if r["result"] == "moves"} == expected
    assert api(server, "POST", "/regulation/addresses", binh, content={})[0] == 400
    status, figures = api(server, "GET", "/regulation/figures", anh)
    assert status == 200 and {"path": "requests.reset_hours", "value": "2", "article": "Điều 6.4"} in figures

    said = server.run("regulation", "move", "--ground", "Quyết định số 12/QĐ-SKHCN ngày 05/12/2025")
    assert "3 đổi địa chỉ" in said and "2 chưa đổi được" in said
    there = {a["address"]: a for a in json.loads(server.run("account", "list", "--json"))}
    assert set(expected.values()) <= set(there) and not set(expected) & set(there)
    assert binh in there
    for before, after in expected.items():
        aliases = json.loads(server.run("account", "alias", after, "--json"))
        assert aliases == [before]
        mail.send(server, mail.message("dan@example.com", before, "đến địa chỉ cũ"))
    new = f"anhtv234@{DOMAIN}"
    for user in (anh, new):  # signs in by both, has what came before, may send from both
        assert [m["Subject"] for m in mail.inbox(server, user)][:2] == ["trước", "đến địa chỉ cũ"]
        mail.send(server, mail.message(user, binh, f"từ {user}"), port="submission", user=new)
    assert len(mail.inbox(server, binh)) == 3
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        mail.send(server, mail.message("dan@example.com", f"khong.co@{DOMAIN}"))
    # The unit is found by the name that scripts know.
    assert json.loads(server.run("unit", "show", "kinhbac.tpbacninh", "--json"))["address"] == (
        f"kinhbac@{DOMAIN}")
    acts = json.loads(server.run("audit", "list", "--json"))
    decision = next(a for a in acts if a["act"] == "regulation.move")
    assert decision["ground"].startswith("Quyết định số 12/QĐ-SKHCN")
    assert decision["after"]["over"] == ["bacninh-06-2022"] and decision["after"]["moved"] == 3
    assert sum(a["act"] == "account.readdress" for a in acts) == 3
    # Again: nothing is left to do, and an address that was someone's stays his.
    assert "0 đổi địa chỉ" in server.run("regulation", "move", "--ground", "Số 1")
    with pytest.raises(Refused, match="đã được cấp"):
        server.run("account", "alias", binh, "--add", anh)


def test_who_gets_an_identity_number_later_moves_then(moved):
    binh = moved.old[2]
    moved.run("regulation", "move", "--ground", "Số 1")
    number = take(moved, saved(moved.data.parent, "STT;Thông tin cần thay đổi;Thông tin mới;Ghi chú\n"
                               f"1;{binh}: Số CCCD;999085005678;\n"), *GIVEN, unit="skhcn")["id"]
    moved.run("request", "approve", number)
    moved.run("regulation", "move", "--ground", "Số 2")
    new = f"binhnt678@{DOMAIN}"
    assert json.loads(moved.run("account", "alias", new, "--json")) == [binh]
