"""Who uses the mail regularly [Điều 11.2, Phụ lục 1]: in three of four working weeks something was read
or sent; looking whether mail came counts for nobody."""

import json
from datetime import date, datetime, timedelta, timezone

from harness import mail


def this_week():
    """Its Monday, in Vietnam."""
    now = datetime.now(timezone(timedelta(hours=7))).date()
    return now - timedelta(days=now.weekday())


def monday(weeks):
    """The Monday that many weeks after the first one of next year's June, which has no holiday."""
    first = date(this_week().year + 1, 6, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * weeks)


def move(server, day):
    """The clock to nine o'clock of that day."""
    server.stop()
    then = datetime(day.year, day.month, day.day, 9, tzinfo=timezone(timedelta(hours=7)))
    server.env["CONGVU_CLOCK_OFFSET"] = str(int(then.timestamp() - datetime.now().timestamp()))
    server.start()


def receive(server, user):
    mail.send(server, mail.message("ai@example.org", user))


def read(server, user):
    with mail.imap(server, user) as client:
        mail.good(client.select("INBOX"))
        mail.good(client.fetch("*", "(RFC822)"))


def poll(server, user):
    with mail.imap(server, user) as client:
        mail.good(client.status("INBOX", "(UNSEEN)"))
        mail.good(client.select("INBOX"))
        mail.good(client.fetch("1:*", "(FLAGS BODY.PEEK[])"))


def send(server, user, to):
    mail.send(server, mail.message(user, to), port="submission", user=user)


def report(server, first, last):
    found = json.loads(server.run("report", "annual", "--unit", "stttt", "--from", first.isoformat(),
                                  "--until", last.isoformat(), "--json"))
    uses = {p["address"].split(".")[0]: p["use"] for u in found["units"] for p in u["people"]}
    return found["figures"], uses


# [R084] [Điều 11.2]
def test_reading_or_sending_in_three_of_four_working_weeks_is_regular_use(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    anh, binh = server.person("Trần Văn Anh"), server.person("Lê Thị Bình")
    cuong = server.person("Phạm Văn Cường")
    for week in range(4):
        move(server, monday(week) + timedelta(days=1))
        for user in (anh, binh, cuong):
            receive(server, user)
        if week != 2:  # three weeks of four: reads
            read(server, anh)
        if week == 1:  # one of four: sends
            send(server, binh, anh)
        poll(server, cuong)  # never but by its program
    move(server, monday(4))
    first, last = monday(0), monday(4) - timedelta(days=1)
    figures, uses = report(server, first, last)
    assert uses["tvanh"] == "regular" and uses["ltbinh"] == "irregular"
    assert uses["pvcuong"] == "irregular"
    assert (figures["judged"], figures["regular"], figures["officials"]) == (3, 1, 3)
    where = server.data.parent / "a.docx"
    server.run("report", "annual", "--unit", "stttt", "--from", first.isoformat(), "--until",
               last.isoformat(), "--to", where)
    from harness.office import Document
    text = Document(where.read_bytes()).text
    assert "hệ thống thư điện tử trong công việc: 33,33%" in text
    # Recorded leave takes weeks out: of what is left, one in one.
    server.run("account", "exempt", binh, "--reason", "maternity", "--until",
               (monday(8)).isoformat(), "--from", monday(2).isoformat(), "--ground", "Số 2")
    assert report(server, first, monday(2) - timedelta(days=1))[1]["ltbinh"] == "irregular"
    assert report(server, monday(1), last)[1]["ltbinh"] == "regular"


# [R084]
def test_weeks_before_the_record_or_still_running_judge_nobody(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    server.person("Trần Văn Anh")
    today = this_week()
    figures, uses = report(server, today - timedelta(days=300), today + timedelta(days=6))
    assert figures["regular"] is None and figures["judged"] == 0 and uses == {"tvanh": "unknown"}


# [R084] what was seen is written before a report, and outlives a kill once it was written
def test_use_outlives_a_kill_after_it_was_written(make_server):
    server = make_server()
    server.unit("Sở Thông tin và Truyền thông", "stttt")
    anh = server.person("Trần Văn Anh")
    move(server, monday(0) + timedelta(days=1))
    receive(server, anh)
    read(server, anh)
    report(server, monday(0), monday(1))  # writes
    server.kill()
    server.start()
    move(server, monday(1))
    assert report(server, monday(0), monday(1) - timedelta(days=1))[1] == {"tvanh": "regular"}
