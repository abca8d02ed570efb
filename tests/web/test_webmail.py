"""The webmail as people use it: signed in to the running program in Debian's chromium, at the desk
and on the telephone, each page held against axe (web/test/walk.mjs says what is done)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import furnish
from harness.mail import message, send
from harness.server import DOMAIN, PASSWORD, SLOWNESS, Server

WEB = Path(__file__).resolve().parent.parent.parent / "web"
SUBJECTS = ["Mời họp giao ban công tác chuyển đổi số", "V/v góp ý dự thảo Kế hoạch năm 2023",
            "Lịch công tác tuần 24", "Đề nghị cấp mới tài khoản", "Thông báo tạm ngừng dịch vụ"]


PAGE = """<html><head><style>p{color:blue}</style></head><body><p>Kính gửi</p>
<table style="border-collapse:collapse"><tr><td>1</td></tr></table><img src="https://example.com/x.png">
<script>parent.document.title='x'</script><img src=x onerror="parent.document.title='x'">
<a href="javascript:alert(1)">x</a></body></html>"""


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("web") / "data").init().start()
    furnish(server)
    for number in range(15):
        send(server, message(server.binh, [server.anh], SUBJECTS[number % 5], "Kính gửi đồng chí,\n"),
             server.binh, [server.anh])
    server.run("account", "delegate", f"stttt@{DOMAIN}", server.anh, "--document", "Số 05/QĐ-STTTT")
    send(server, message("dan@example.com", [f"stttt@{DOMAIN}"], "Hỏi về giấy phép"), "dan@example.com",
         [f"stttt@{DOMAIN}"])
    page = message("hotro@example.com", [server.anh], "Thư dạng trang")
    page.add_alternative(PAGE, subtype="html")
    send(server, page, "hotro@example.com", [server.anh])
    yield server
    server.close()


def test_an_official_reads_writes_and_tidies_up_at_the_desk_and_on_the_telephone(office, tmp_path):
    done = subprocess.run(
        [shutil.which("node"), "test/walk.mjs", "--url", f"https://localhost:{office.port('https')}",
         "--user", office.anh, "--password", PASSWORD, "--to", office.binh, "--unit", f"stttt@{DOMAIN}",
         "--html", "Thư dạng trang",
         "--shots", tmp_path],
        cwd=WEB, capture_output=True, text=True, timeout=300 * SLOWNESS, check=False)
    assert re.search(r"^[1-9]\d* passed, 0 failed$", done.stdout, re.M), done.stdout + done.stderr
