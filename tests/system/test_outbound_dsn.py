"""What a sender is told: mail that failed, that waits, that was handed over; and when nothing is."""

import email.policy

import pytest

from harness import mail
from harness.farend import FarEnd
from harness.outbound import queue, results, settled, submit, tried
from harness.server import wait_for

REFUSE = "550 5.1.1 no such mailbox"
DAY = 86400


def notices(office, user=None):
    return [m for m in mail.inbox(office, user or office.anh)
            if m.get_content_type() == "multipart/report"]


def notice(office, seconds=15):
    found = wait_for(lambda: notices(office), seconds, "a notice")
    assert len(found) == 1
    return found[0]


def fields(report):
    """The groups of the delivery-status part."""
    part = next(p for p in report.walk() if p.get_content_subtype().endswith("delivery-status")
                and p.get_content_maintype() == "message")
    payload = part.get_payload()
    return payload if isinstance(payload, list) else [payload]


# RFC 3464
def test_a_refusal_comes_back_in_vietnamese_and_english_with_the_servers_words(out):
    with FarEnd(RCPT=REFUSE) as far:
        office = out(routes=f"*={far.where}")
        number = submit(office, "khongco@example.org", subject="=?UTF-8?B?R2nhuqV5IG3hu51p?=",
                        parameters=" ENVID=so+2B12",
                        rcpt_parameters={"khongco@example.org": " ORCPT=rfc822;kh+2Bong@x.vn"})
        settled(office, number)
        report = notice(office)
        text = report.get_body(("plain",))
        words = text.get_content()
        assert "không có ở nơi nhận" in words and "no such address" in words
        assert "khongco@example.org" in words and "no such mailbox" in words
        assert "Giấy mời" in words
        whole, one = fields(report)
        assert whole["Reporting-MTA"] == "dns; mail.bacninh.gov.vn"
        assert whole["Original-Envelope-Id"] == "so+12"
        assert one["Original-Recipient"] == "rfc822; kh+ong@x.vn"
        assert one["Final-Recipient"] == "rfc822; khongco@example.org"
        assert one["Action"] == "failed" and one["Status"] == "5.1.1"
        assert one["Diagnostic-Code"] == "smtp; 550 5.1.1 no such mailbox"
        assert one["Remote-MTA"].startswith("dns; ")
        assert report["Auto-Submitted"] == "auto-replied"
        assert report["Return-Path"] == "<>"
        headers = [p for p in report.walk() if p.get_content_type() == "text/rfc822-headers"]
        assert "Subject:" in headers[0].get_content()
        assert queue(office) == []


# RFC 3461 4.1, 4.3
def test_ret_full_brings_the_message_back_and_never_brings_nothing(out):
    with FarEnd(RCPT=REFUSE) as far:
        office = out(routes=f"*={far.where}")
        settled(office, submit(office, "im@example.org",
                               rcpt_parameters={"im@example.org": " NOTIFY=NEVER"}))
        settled(office, submit(office, "a@example.org", parameters=" RET=FULL"))
        report = notice(office)
        returned = [p for p in report.walk() if p.get_content_type() == "message/rfc822"]
        assert "xin chao" in returned[0].as_string()
        assert "a@example.org" in report.as_string()


@pytest.mark.parametrize("dsn", [True, False])
def test_success_is_told_by_us_only_when_the_far_end_will_not(out, dsn):
    extensions = ["PIPELINING", "8BITMIME"] + (["DSN"] if dsn else [])
    with FarEnd(extensions=extensions) as far:
        office = out(routes=f"*={far.where}")
        number = submit(office, ["a@example.org", "b@example.org"], parameters=" RET=HDRS ENVID=x1",
                        rcpt_parameters={"a@example.org": " NOTIFY=SUCCESS,FAILURE"})
        found = settled(office, number)
        if dsn:
            assert far.messages[0].mail_parameters.endswith("RET=HDRS ENVID=x1")
            assert far.messages[0].rcpt_parameters == ["NOTIFY=SUCCESS,FAILURE", ""]
            assert notices(office) == [] and found["a@example.org"]["result"] == "delivered"
        else:
            assert far.messages[0].rcpt_parameters == ["", ""]
            _, one = fields(notice(office))
            assert one["Action"] == "relayed" and "a@example.org" in one["Final-Recipient"]


def test_a_sender_is_told_once_of_a_delay_and_after_five_days_of_the_end(out):
    with FarEnd(RCPT="451 4.3.0 later") as far:
        office = out(routes=f"*={far.where}", retry_first=3600)
        number = submit(office, "a@example.org")
        tried(office, number, "a@example.org")
        assert notices(office) == []
        for offset, count in ((5 * 3600, 1), (9 * 3600, 1)):
            office.stop()
            office.env["CONGVU_CLOCK_OFFSET"] = str(offset)
            before = results(office, number)["a@example.org"]["attempts"]
            office.start()
            tried(office, number, "a@example.org", before + 1)
            assert len(notices(office)) == count
        _, one = fields(notices(office)[0])
        assert one["Action"] == "delayed" and one["Will-Retry-Until"]
        assert "vẫn đang thử" in notices(office)[0]["Subject"]
        office.stop()
        office.env["CONGVU_CLOCK_OFFSET"] = str(5 * DAY + 3600)
        office.start()
        found = settled(office, number)["a@example.org"]
        assert found["result"] == "expired"
        wait_for(lambda: len(notices(office)) == 2, 10, "the last notice")
        _, one = fields(notices(office)[1])
        assert (one["Action"], one["Status"]) == ("failed", "4.4.7")


def test_a_destination_that_is_never_reached_gives_the_same_notices(out):
    with FarEnd() as far:
        closed = far.where
    office = out(routes=f"*={closed}", retry_first=3600)
    number = submit(office, "a@example.org")
    waiting = tried(office, number, "a@example.org")
    assert "refused" in waiting["answer"].lower()
    office.stop()
    office.env["CONGVU_CLOCK_OFFSET"] = str(5 * DAY + 3600)
    office.start()
    assert settled(office, number)["a@example.org"]["result"] == "expired"
    _, one = fields(notice(office))
    assert one["Action"] == "failed" and "Diagnostic-Code" not in one


# RFC 5321 4.5.5, RFC 3461 6.1
def test_a_notice_that_cannot_be_delivered_is_answered_by_nobody(out):
    """The sender's account is closed before the refusal comes: there is nobody to be told."""
    with FarEnd(RCPT=REFUSE) as far:
        office = out(routes=f"*=[127.0.0.1]:1; example.net={far.where}", retry_first=3600)
        number = submit(office, "a@example.org")
        tried(office, number, "a@example.org")
        office.run("account", "close", office.anh, "--ground", "Số 5/QĐ")
        office.stop()
        office.env["CONGVU_CLOCK_OFFSET"] = str(6 * DAY)
        office.start()
        entries = queue(office)
        assert [e["state"] for e in entries] == ["held"]
        office.run("queue", "hold", entries[0]["id"], "--release")
        assert settled(office, number)["a@example.org"]["result"] == "expired"
        assert queue(office) == []
        assert "nobody is there to be told" in office.error_text()


def test_recipients_beyond_ascii_are_named_as_they_are(out):
    with FarEnd(extensions=("PIPELINING", "8BITMIME", "SMTPUTF8"), RCPT=REFUSE) as far:
        office = out(routes=f"*={far.where}")
        settled(office, submit(office, "đạt@example.org", parameters=" SMTPUTF8 BODY=8BITMIME"))
        report = notice(office)
        raw = report.as_bytes(policy=email.policy.SMTPUTF8)
        assert b"message/global-delivery-status" in raw
        assert "Final-Recipient: utf-8; đạt@example.org".encode() in raw or b"utf-8;" in raw
