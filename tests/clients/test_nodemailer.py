"""nodemailer, with which web applications send: in the clear turned to TLS, TLS from the first byte,
a pool of connections, and what is refused."""

import json

from harness import mail


def test_nodemailer_sends_at_both_doors(office, node, password):
    said = json.loads(node("nodemailer", office.port("submission"), office.port("submissions"), office.anh,
                           password, office.binh))
    assert said["verified"] is True and said["answer"].startswith("250 2.0.0")
    assert said["pooled"] == 12
    assert said["refused"] == ["khongco.stttt@bacninh.gov.vn"]
    assert (said["forged"], said["wrong"]) == (550, "EAUTH")
    got = {m["Subject"]: m for m in mail.inbox(office, office.binh)}
    assert len(got) == 14, sorted(got)
    report = got["Báo cáo quý III của Sở Thông tin và Truyền thông tỉnh Bắc Ninh"]
    assert report.get_body(("plain",)).get_content().splitlines() == [
        "Kính gửi đồng chí.", ".", "..hết"]
    attached, = report.iter_attachments()
    assert attached.get_filename() == "Kế hoạch số 12.pdf" and attached.get_content() == b"x" * 3_000_000
