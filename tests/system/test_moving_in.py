"""People who move in from another system: a table of them with the password hashes of the system that
they leave; they sign in with the password that they had."""

import imaplib
import shutil
import ssl

import pytest

from harness.server import DOMAIN, PASSWORD, Refused

HASHES = {  # of PASSWORD, as Dovecot's `doveadm pw` and OpenLDAP make them
    "Trần Văn Anh": "{SSHA}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==",
    "Lê Thị Bình": "{SHA512-CRYPT}$6$kgrfEMLVfa6kD9Ew$eB/lsqkjtDl14mIsL78ijY0jDIW1q6Rs1rPHjkgDUFChh9Xk"
                   "LoTRUp/UeBH8kRumNbMV3AA5yJ/f6QZGGAZvf0",
    "Ngô Văn Cường": "{BLF-CRYPT}$2y$05$9bUfAySLf85ULT1s0FechuNP1EgTBmBF0VB6.H2./pe44XCeIacRK",
    "Đỗ Thị Dung": "{PBKDF2}$1$SBCpxfUvmB9Tw1nk$5000$fe2f29765ece7c0a3d79d4d617aaa68b8d47391d",
}


def table(server, rows, header="Họ và tên,Đơn vị,password_hash"):
    path = server.data.with_name("people.csv")
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def signs_in(server, address, password):
    context = ssl._create_unverified_context()
    with imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=context) as client:
        try:
            client.login(address, password)
        except imaplib.IMAP4.error:
            return False
        return True


def test_people_of_another_system_sign_in_with_the_password_they_had(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    path = table(server, [f"{name},stttt,{value}" for name, value in HASHES.items()])
    listed = server.run("account", "import", path, "--list", "--ground", "Số 5/KH-STTTT")
    addresses = [line.split("\t")[1] for line in listed.splitlines()[:-1]]
    assert addresses == [f"{local}.stttt@{DOMAIN}" for local in ("tvanh", "ltbinh", "nvcuong",
                                                                 "dtdung")]
    for address in addresses:
        assert not signs_in(server, address, "Matkhau@2021")
        assert signs_in(server, address, PASSWORD)
    server.stop()  # nothing is remembered: the renewed hashes themselves must be right
    server.start()
    for address in addresses:
        assert signs_in(server, address, PASSWORD)
    log = server.output.read_text() + server.error_text()
    assert all(value not in log for value in HASHES.values())
    again = server.run("account", "import", path, "--ground", "Số 5/KH-STTTT")
    assert "added 0 accounts, 4 were there already" in again
    assert signs_in(server, addresses[0], PASSWORD)


def test_a_table_with_one_wrong_row_takes_nobody(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    path = table(server, ["Trần Văn Anh,stttt,", "Lê Thị Bình,sngv,"])
    with pytest.raises(Refused) as caught:
        server.run("account", "import", path, "--ground", "x")
    assert caught.value.status == 1
    assert 'Dòng 3, cột "đơn vị": "sngv": không có đơn vị' in caught.value.output
    assert "tvanh.stttt" not in server.run("account", "list")


def test_the_key_of_what_is_sealed_goes_with_the_backup_and_is_missed_without_harm(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    header = "Họ và tên,Đơn vị,Ngày sinh,Số CCCD"
    path = table(server, ["Trần Văn Anh,stttt,07/03/1985,999085000001"], header)
    server.run("account", "import", path, "--ground", "x")
    key = server.data / "seal.key"
    assert key.stat().st_mode & 0o777 == 0o600
    copy = server.data.with_name("copy")
    server.run("backup", copy)
    assert (copy / "seal.key").read_bytes() == key.read_bytes()
    for name in ("admin.db", "admin.db-wal", "mail.db"):
        file = server.data / name
        assert not file.exists() or b"999085000001" not in file.read_bytes()
    server.stop()
    key.rename(key.with_suffix(".away"))
    assert "tvanh.stttt" in server.run("account", "list")  # nothing else needs the key
    with pytest.raises(Refused) as caught:
        server.run("account", "import", path, "--ground", "x")
    assert "seal.key" in caught.value.output and not key.exists()
    shutil.move(key.with_suffix(".away"), key)
    assert "1 were there already" in server.run("account", "import", path, "--ground", "x")
