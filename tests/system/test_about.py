"""What is told of the installation itself, and what its people are told of the mail."""

import json
import re
import socket
import struct
from html.parser import HTMLParser
from pathlib import Path

from harness import mail
from harness.server import DOMAIN


# [R053] [Điều 10.1.d]
def test_an_upgrade_is_on_record_and_told(make_server):
    server = make_server()
    told = json.loads(server.run("system", "show", "--json"))
    assert told["upgrades"] == [] and told["regulation"] == "bacninh-06-2022"
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"]) and "SQLite 3." in told["libraries"]
    assert str(server.data) in told["data"] and "admin.db" in told["tables"]
    server.stop()
    assert (server.data / "version").read_text() == told["version"] + "\n"
    (server.data / "version").write_text("0.0.9\n")
    server.start()
    server.stop()
    server.start()
    upgrade, = json.loads(server.run("system", "show", "--json"))["upgrades"]
    assert json.loads(upgrade["before"]) == {"version": "0.0.9"}
    after = json.loads(upgrade["after"])
    assert after["version"] == told["version"] and after["admin"] > 0 < after["mail"]
    assert '0.0.9"} → {"version"' in server.run("system", "show")
    server.run("audit", "verify")


def peers(pid):
    """Addresses of the other ends of a process's TCP and UDP sockets."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.update(re.findall(r"socket:\[(\d+)\]", str(fd.readlink())))
        except FileNotFoundError:
            continue
    found = set()
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] not in inodes:
                continue
            where = fields[2].split(":")[0]
            words = [struct.pack("=I", int(where[i:i + 8], 16)) for i in range(0, len(where), 8)]
            found.add(socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6,
                                       b"".join(words)))
    return found


# [R112] [Điều 2] nothing is asked of anybody outside, whatever the mail says
def test_the_system_speaks_to_nobody_but_its_own_machine(office):
    told = office.run("system", "show")
    assert "gửi thư ra ngoài: không" in told and "hỏi DNS: không" in told
    assert "nghe tại: 127.0.0.1" in told
    page = mail.message("dan@example.com", office.anh, "trang")
    page.add_alternative('<img src="http://192.0.2.1/x.png"><link href="https://192.0.2.2/">',
                         subtype="html")
    mail.send(office, page)
    mail.send(office, mail.message(office.anh, office.binh, "nội bộ"), port="submission", user=office.anh)
    with mail.imap(office, office.binh) as client:
        mail.good(client.select("INBOX"))
        others = peers(office.process.pid)
        assert "127.0.0.1" in others  # this client
        assert others <= {"127.0.0.1", "0.0.0.0", "::", "::1"}, others


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.sources = "", []

    def handle_starttag(self, tag, attrs):
        self.sources += [v for k, v in attrs if k in ("src", "href")]
        assert tag not in ("script", "link", "img")

    def handle_data(self, data):
        self.text += data


def guide(server, *more):
    words = Words()
    words.feed(server.run("guide", "--to", "-", *more))
    assert words.sources == []
    return words.text


# [R051] [R060] [R076] [Điều 10.1.b] [Điều 10.2.d] [Điều 14.1]
def test_the_guide_says_what_is_in_force_and_whom_to_ask(make_server):
    first = guide(make_server(), "--telephone", "0222 <1>")
    for words in ("ít nhất 8 ký tự, có chữ in hoa", "(khoản 2 Điều 5 Quy chế)", "nhiều nhất 20 MB",
                  "6 tháng không gửi, không nhận thư mà không có lý do thì được xem xét tạm khóa",
                  "được trả lời trong 2 ngày làm việc", "Trung tâm Công nghệ thông tin và Truyền thông",
                  f"postmaster@{DOMAIN}", f"abuse@{DOMAIN}", "0222 <1>", "tệp loại khác sẽ có lời nhắc",
                  "/doi-mat-khau"):
        assert words in first, words
    assert "3 mật khẩu gần nhất" not in first and "thực thi" not in first
    second = guide(make_server("--regulation", "bacninh-79-2025"))
    for words in ("(khoản 1 Điều 4 Quy chế)", "Mật khẩu được đổi 6 tháng một lần",
                  "Không dùng lại 3 mật khẩu gần nhất", "Không gửi, nhận được tệp tin thực thi",
                  "3 tháng không đăng nhập thì được xem xét tạm dừng hoạt động",
                  "cấp lại trong 2 giờ kể từ khi tiếp nhận (khoản 4 Điều 6 Quy chế)",
                  "nhiều nhất 20 MB (khoản 1 Điều 5 Quy chế theo QĐ 06/2022/QĐ-UBND)",
                  "Sở Khoa học và Công nghệ"):
        assert words in second, words
