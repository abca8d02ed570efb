"""The regulation is data: another body's file names, sizes and judges otherwise with the same
program, and a figure that is changed in the file changes what the running system does."""

import imaplib
import json
import os
import shutil
import signal
import smtplib
import subprocess

import pytest

from harness import mail, settings
from harness.commands import call
from harness.naming import words
from harness.server import ROOT, Refused, program, wait_for

MINISTRY = ROOT / "tests" / "data" / "regulations" / "bo-vi-du.conf"
SHIPPED = ROOT / "regulations"
SUCCESSOR = ["--regulation", "bacninh-79-2025"]


def refused(server, *what, given=None):
    with pytest.raises(Refused) as caught:
        server.run(*what, given=given)
    assert caught.value.status == 1
    return caught.value.output


# ------------------------------------------------------------------------------- another ministry

@pytest.fixture
def ministry(make_server):
    server = make_server("--regulation", MINISTRY)
    for kind, name, *more in (
            ("cuc", "Cục Công nghệ thông tin"), ("cuc", "Cục Quản lý đất đai"),
            ("vu", "Vụ Tổ chức và Cán bộ"), ("vu", "Vụ Pháp chế"),
            ("chi_cuc", "Chi cục Phía Nam", "--parent", "cntt")):
        server.run("unit", "add", "--kind", kind, "--name", name, *more)
    return server


def test_the_units_of_another_regulation_are_named_by_its_file_alone(ministry):
    found = {u["name"]: (u["address"].split("@")[0], u["abbreviation"], u["suffix"])
             for u in json.loads(ministry.run("unit", "list", "--json"))}
    assert found == {
        "Cục Công nghệ thông tin": ("cntt", "cntt", "cntt"),  # an exception of the text
        "Cục Quản lý đất đai": ("c.quanlydatdai", "qldd", "qldd"),
        "Vụ Tổ chức và Cán bộ": ("vutccb", "tccb", "vutccb"),
        "Vụ Pháp chế": ("vupc", "pc", "vupc"),
        "Chi cục Phía Nam": ("pn.cc.cntt", "pn", "pn.cntt")}
    said = refused(ministry, "unit", "add", "--kind", "district", "--name", "huyện Yên Phong")
    assert "vu, cuc, chi_cuc" in said


def ministry_address(name, suffix, taken):
    """Articles 7.1 to 7.3 of the invented text, a second time."""
    *before, given = words(name)
    stem = given + "".join(w[0] for w in before)
    for local in [stem, f"{stem}.{suffix}"] + [f"{stem}{n}.{suffix}" for n in range(2, 100)]:
        if local not in taken:
            return local
    raise AssertionError(name)


def test_the_people_of_another_regulation_are_named_by_its_ladder(ministry):
    taken = {"postmaster", "abuse"}
    for name in ("Trần Văn Anh", "Trần Văn Anh", "Trần Văn Anh", "Trần Vân Anh", "Lý", "Lý",
                 "Đỗ Thị Ước", "Trịnh Viết Ánh", "Bế"):
        for unit, suffix in (("pc", "vupc"), ("pn.cc.cntt", "pn.cntt")):
            expected = ministry_address(name, suffix, taken)
            proposal = json.loads(ministry.run("address", "propose", "--unit", unit, "--person", name,
                                               "--json"))
            given = ministry.run("account", "create", "--unit", unit, "--person", name,
                                 "--no-password").strip()
            assert given == proposal["address"] == f"{expected}@bacninh.gov.vn"
            number = any(c.isdigit() for c in expected)
            rule = "person_number" if number else "person_unit" if "." in expected else "person"
            assert proposal["rule"] == rule, proposal
            assert proposal["article"] == {"person": "Điều 7.1", "person_unit": "Điều 7.2",
                                           "person_number": "Điều 7.3"}[rule]
            taken.add(expected)


def test_without_data_a_regulation_is_asked_by_its_file(tmp_path):
    done = subprocess.run([program(), "address", "propose", "--regulation", MINISTRY, "--unit", "vupc",
                           "--person", "Trần Văn Anh"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=30, check=True)
    assert done.stdout == "anhtv@bovidu.gov.vn\n"


def test_its_passwords_quotas_and_forwarding_are_judged_by_its_figures(ministry):
    _, out, _ = call(ministry, "password", "check", "--json",
                     given="matkhau2023\nmatkhaudai2023\nMATKHAUDAI2023\n")
    verdicts = [json.loads(line) for line in out.splitlines()]
    assert [v["allowed"] for v in verdicts] == [False, True, False]
    assert verdicts[0]["vi"] == ("Mật khẩu của Bộ cần ít nhất 12 ký tự, mật khẩu này có 11 (Điều 10 Quy "
                                 "chế).")
    said = refused(ministry, "account", "create", "--unit", "pc", "--person", "A", "--quota", "1GB",
                   "--no-password")
    assert "2 GB" in said and "khoản 1 Điều 9" in said
    anh = ministry.person("Trần Văn Anh", "pc", "matkhaudai2023")
    assert json.loads(ministry.run("account", "show", anh, "--json"))["quota"] == 2 << 30
    assert call(ministry, "forward", "check", anh, "a@dangbo.vn")[0] == 0
    status, out, _ = call(ministry, "forward", "check", anh, "a@quochoi.vn")
    assert status == 1 and "Điều 11" in out


# ------------------------------------------------------------------------------- the successor, 79/2025

def test_the_successor_makes_addresses_from_the_identity_number(make_server):
    server = make_server(*SUCCESSOR)
    server.run("unit", "add", "--kind", "commune", "--name", "phường Kinh Bắc")
    server.run("unit", "add", "--kind", "peoples_council", "--name", "phường Kinh Bắc")
    listed = {u["address"].split("@")[0] for u in json.loads(server.run("unit", "list", "--json"))}
    assert listed == {"kinhbac", "hdnd.kinhbac"}
    create = ["account", "create", "--unit", "kinhbac", "--person", "Trần Văn Anh", "--no-password"]
    assert "số định danh cá nhân" in refused(server, *create)
    assert "số định danh chỉ gồm chữ số" in refused(server, *create, "--identity", "12ab")
    assert "bỏ số 0 ở đầu" in refused(server, *create, "--identity", "27090001234")
    for identity, local in (("027090001234", "anhtv234"), ("027091005234", "anhtv5234")):
        proposed = server.run("address", "propose", "--unit", "kinhbac", "--person", "Trần Văn Anh",
                              "--identity", identity).strip()
        assert server.run(*create, "--identity", identity).strip() == proposed == (
            f"{local}@bacninh.gov.vn")
    said = refused(server, *create, "--identity", "001090005234")  # both ends are taken
    assert "điểm b khoản 2 Điều 5" in said
    said = refused(server, *create, "--identity", "027090001234")
    assert "đã thuộc về Trần Văn Anh" in said and "027090001234" not in said
    # The number is sealed: nobody who has a copy of the files reads it.
    for file in server.data.glob("*.db*"):
        assert b"027090001234" not in file.read_bytes(), file
    assert "027090001234" not in server.run("audit", "list") + server.error_text()


# ------------------------------------------------------------------------- a figure in the file

@pytest.fixture
def own(make_server):
    """An office whose regulation is a file of its own, in the data directory."""
    server = make_server(start=False)
    for file in ("bacninh-06-2022.conf", "holidays-vn.conf", "tet-vn.conf"):
        shutil.copy(SHIPPED / file, server.data / file)
    settings.change(server, "regulation", '"bacninh-06-2022.conf"')
    server.start()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.anh = server.person("Trần Văn Anh")
    return server


def edit(server, before, after):
    file = server.data / "bacninh-06-2022.conf"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def reloads(server, result):
    """SIGHUP, and the line of the log that says how it went."""
    done = server.error_text().count("event=serve.reload")
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.error_text().count("event=serve.reload") > done)
    line = [line for line in server.error_text().splitlines() if "event=serve.reload" in line][-1]
    assert result in line, line


def with_attachment(server, size):
    message = mail.message("dan@example.com", server.anh, "tệp")
    message.add_attachment(os.urandom(size), maintype="application", subtype="pdf", filename="a.pdf")
    return message


# [Điều 5.1]
def test_the_limit_of_attachments_follows_the_file(own):
    mail.send(own, with_attachment(own, 3 << 20))
    edit(own, 'attachments = { value = "20 MiB"', 'attachments = { value = "2 MiB"')
    mail.send(own, with_attachment(own, 3 << 20))  # not before the reload
    reloads(own, "result=done")
    with pytest.raises(smtplib.SMTPDataError, match="552, b'5.3.4") as caught:
        mail.send(own, with_attachment(own, 3 << 20))
    assert "2 MB/thu (khoan 1 Dieu 5 Quy che)" in caught.value.smtp_error.decode()
    mail.send(own, with_attachment(own, 2 << 20))


# [Điều 5.1]
def test_the_quota_of_new_accounts_follows_the_file(own):
    assert json.loads(own.run("account", "show", own.anh, "--json"))["quota"] == 1 << 30
    edit(own, 'person_quota = { value = "1 GiB"', 'person_quota = { value = "4 GiB"')
    reloads(own, "result=done")
    two = own.person("Trần Văn Hai")
    assert json.loads(own.run("account", "show", two, "--json"))["quota"] == 4 << 30
    assert "4 GB" in refused(own, "account", "quota", two, "3GB")


# [Điều 5.2]
def test_the_length_and_classes_of_passwords_follow_the_file(own):
    edit(own, "minimum = { value = 8; article = \"5.2\"; };\n  maximum",
         "minimum = { value = 14; article = \"5.2\"; };\n  maximum")
    assert own.run("account", "passwd", own.anh, "--password-stdin", given="Matkhau@2022\n")
    reloads(own, "result=done")
    said = refused(own, "account", "passwd", own.anh, "--password-stdin", given="Matkhau@2022\n")
    assert "cần ít nhất 14 ký tự, mật khẩu này có 12" in said


def test_a_mistake_in_the_file_leaves_in_force_what_was(own):
    edit(own, '"20 MiB"', '"20 mebibytes"')
    reloads(own, "bacninh-06-2022.conf:")
    mail.send(own, with_attachment(own, 1 << 20))
    said = refused(own, "check")
    assert "bacninh-06-2022.conf:" in said and "20 MiB" in said
    edit(own, '"20 mebibytes"', '"20 MiB"')
    reloads(own, "result=done")


# ------------------------------------------------------------------------------- passwords, one by one

# [Điều 5.2] [R032] [R033]
@pytest.mark.parametrize(("password", "rule", "says"), [
    ("Mk@2022", "password_length", "cần ít nhất 8 ký tự, mật khẩu này có 7"),
    ("", "password_length", "mật khẩu này có 0"),
    ("MATKHAU@2022", "password_classes", "Còn thiếu: chữ in thường"),
    ("matkhau@2022", "password_classes", "Còn thiếu: chữ in hoa"),
    ("Matkhau@abcd", "password_classes", "Còn thiếu: chữ số"),
    ("Matkhau2022", "password_classes", "Còn thiếu: ký tự đặc biệt"),
    ("Matkhau^2022", "password_classes", "ký tự đặc biệt (! @ # % $ * &)"),
    ("matkhauabc", "password_classes", "Còn thiếu: chữ in hoa, chữ số, ký tự đặc biệt"),
    ("Ｍatkhau@２", "password_classes", "Còn thiếu: chữ in hoa, chữ số"),
    ("NguyenvanA@123", "password_blocked", "được in làm ví dụ trong Quy chế"),
    ("Mat\tkhau@2022", "password_text", "có ký tự không dùng được"),
    (" Matkhau@2022", "password_space", "bắt đầu hoặc kết thúc bằng dấu cách"),
    ("Aa1@" + "x" * 125, "password_long", "nhiều nhất 128 ký tự"),
])
def test_each_rule_of_passwords_is_told_in_vietnamese(shared_office, password, rule, says):
    status, out, _ = call(shared_office, "password", "check", "--json", given=password + "\n")
    verdict = json.loads(out)
    assert status == 1 and (verdict["allowed"], verdict["rule"]) == (False, rule), verdict
    assert says in verdict["vi"] and verdict["article"] == "Điều 5.2", verdict
    status, out, said = call(shared_office, "account", "passwd", shared_office.anh, "--password-stdin",
                             given=password + "\n")
    assert status == 1 and says in said, said


# [Điều 5.2] [R032] [R033]
@pytest.mark.parametrize("password", [
    "Matkhau@2022", "Mật khẩu #1 của tôi", "Ấ1!xxxxx", "Aa1@" + "x" * 124, "Aa1%$*&!", "^Matkhau@2022",
    "Mat khau@ 2022"])
def test_what_the_article_allows_is_accepted_and_signs_in(shared_office, password):
    office = shared_office
    office.run("account", "passwd", office.anh, "--password-stdin", given=password + "\n")
    with imaplib.IMAP4("127.0.0.1", office.port("imap"), timeout=mail.TIMEOUT) as client:
        mail.good(client.authenticate("PLAIN", lambda _: f"\0{office.anh}\0{password}".encode()))
