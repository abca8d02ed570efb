"""Python's smtplib, with what it can do beyond the plain: SMTPUTF8, DSN options, a sign-in by itself."""

import smtplib

from harness import mail
from harness.server import DOMAIN, PASSWORD


def test_a_letter_with_addresses_in_vietnamese_arrives_as_written(office):
    letter = mail.message("Đặng Văn Ánh <ánh@ví-dụ.vn>", office.anh, "Báo cáo quý")
    letter["Cc"] = "Hà <hà@hộp-thư.vn>"
    with mail.smtp(office) as client:
        refused = client.send_message(letter, "ánh@ví-dụ.vn", [office.anh])
        assert refused == {}
    got = mail.arrived(office, office.anh, "Báo cáo quý")
    assert got["Return-Path"] == "<ánh@ví-dụ.vn>" and "ánh@ví-dụ.vn" in got["From"]
    assert "hà@hộp-thư.vn" in got["Cc"]


def test_a_submission_may_name_recipients_in_vietnamese_elsewhere(office):
    letter = mail.message(office.anh, ["hà@hộp-thư.vn", office.binh], "Gửi ra ngoài")
    with mail.smtp(office, "submissions", office.anh) as client:
        assert client.send_message(letter) == {}
    assert mail.arrived(office, office.binh, "Gửi ra ngoài")
    assert "hà@hộp-thư.vn" in office.run("queue", "list")


def test_refused_recipients_are_told_one_by_one(office):
    with mail.smtp(office) as client:
        refused = client.send_message(
            mail.message("dan@example.com", office.anh, "mot phan"), "dan@example.com",
            [office.anh, f"khongco@{DOMAIN}", "a@example.org"])
        assert {who: answer[0] for who, answer in refused.items()} == {
            f"khongco@{DOMAIN}": 550, "a@example.org": 550}
    assert mail.arrived(office, office.anh, "mot phan")


def test_login_picks_a_mechanism_by_itself(office):
    for port in ("submission", "submissions"):
        with mail.smtp(office, port, office.anh, PASSWORD, starttls=port == "submission") as client:
            assert client.noop()[0] == 250
    with mail.smtp(office, "submission", starttls=True) as client:
        try:
            client.login(office.anh, "Sai@12345")
            raise AssertionError("signed in with a wrong password")
        except smtplib.SMTPAuthenticationError as refused:
            assert refused.smtp_code == 535
