"""SEARCH: every key, alone and composed, and the forms of its answer."""

import datetime

import pytest

from harness.imap import Session, message

MESSAGES = [
    # (bytes, flags, date of reception)
    (message("Giấy mời", "mot hai", From="Trần Văn Anh <anh@example.com>", To="binh@example.com",
             Date="Mon, 05 Jan 2026 23:30:00 +0700", Message_ID="<1@example.com>"),
     r"(\Seen \Answered $Gap)", "06-Jan-2026 10:00:00 +0700"),
    (message("Bao cao thang", "ba bon", From="lan@example.org", To="anh@example.com",
             Cc="chi@example.com", Bcc="an@example.com", Date="Tue, 06 Jan 2026 00:30:00 +0700"),
     r"(\Flagged \Deleted)", "06-Jan-2026 23:59:59 +0700"),
    (message("=?utf-8?B?Q8O0bmcgdsSDbg==?=", "nam sau" + "x" * 3000, X_Khac="gia tri",
             Date="Wed, 07 Jan 2026 08:00:00 +0700"),
     r"(\Draft)", "07-Jan-2026 00:00:00 +0700"),
    (b"\r\nkhong co dau\r\n", "", "08-Jan-2026 09:00:00 +0700"),
]


@pytest.fixture(scope="module")
def search(shared_office):
    """search("KEYS") gives the numbers found among MESSAGES."""
    session = Session(shared_office, shared_office.anh)
    session.ok("CREATE Tim")
    for data, flags, date in MESSAGES:
        session.append("Tim", data, flags, date)
    session.ok("SELECT Tim")

    def run(keys):
        return session.ok(f"SEARCH {keys}").search()

    run.session = session
    yield run
    session.socket.close()


KEYS = [
    ("ALL", [1, 2, 3, 4]), ("ANSWERED", [1]), ("UNANSWERED", [2, 3, 4]), ("DELETED", [2]),
    ("UNDELETED", [1, 3, 4]), ("DRAFT", [3]), ("UNDRAFT", [1, 2, 4]), ("FLAGGED", [2]),
    ("UNFLAGGED", [1, 3, 4]), ("SEEN", [1]), ("UNSEEN", [2, 3, 4]), ("KEYWORD $Gap", [1]),
    ("KEYWORD $gap", [1]), ("KEYWORD khongco", []), ("UNKEYWORD $Gap", [2, 3, 4]),
    ("UNKEYWORD khongco", [1, 2, 3, 4]), ("RECENT", [1, 2, 3, 4]), ("NEW", [2, 3, 4]), ("OLD", []),
    ("FROM anh@example.com", [1]), ("FROM EXAMPLE.ORG", [2]), ('FROM "Trần Văn"', [1]),
    ("TO anh", [2]), ("CC chi", [2]), ("BCC an@", [2]), ('SUBJECT "mời"', [1]), ("SUBJECT BAO", [2]),
    ('SUBJECT "công văn"', [3]), ("BODY hai", [1]), ('BODY "Giấy"', []), ('TEXT "Giấy"', [1]),
    ("TEXT sau", [3]), ('HEADER X-Khac "GIA TRI"', [3]), ('HEADER X-Khac ""', [3]),
    ('HEADER X-Khac "khac"', []), ('HEADER Cc ""', [2]), ("HEADER Message-ID <1@example.com>", [1]),
    ("LARGER 2000", [3]), ("SMALLER 50", [4]), ("LARGER 0", [1, 2, 3, 4]),
    ("BEFORE 07-Jan-2026", [1, 2]), ("ON 6-Jan-2026", [1, 2]), ("SINCE 7-Jan-2026", [3, 4]),
    ('ON "07-Jan-2026"', [3]), ("SENTBEFORE 6-Jan-2026", [1]), ("SENTON 6-Jan-2026", [2]),
    ("SENTSINCE 6-Jan-2026", [2, 3]), ("UID 2:3", [2, 3]), ("UID *", [4]), ("2,4", [2, 4]),
    ("*", [4]), ("3:*", [3, 4]), ("9", []), ("2:9", [2, 3, 4]), ("UID 77", []),
    ("NOT SEEN", [2, 3, 4]), ("NOT NOT SEEN", [1]), ("NOT 1:2", [3, 4]),
    ("OR SEEN DRAFT", [1, 3]), ("OR OR 1 2 3", [1, 2, 3]), ("OR NOT 1 1", [1, 2, 3, 4]),
    ("UNSEEN FLAGGED", [2]), ("(UNSEEN FLAGGED)", [2]), ("((1:3) (NOT 2))", [1, 3]),
    ("OR (SEEN ANSWERED) (DRAFT 3)", [1, 3]), ("NOT (OR 1 2)", [3, 4]),
    ('CHARSET UTF-8 SUBJECT "mời"', [1]), ("CHARSET US-ASCII SUBJECT BAO", [2]),
    ("seen", [1]), ("not seen larger 2000", [3]),
]


# RFC 9051 6.4.4, RFC 3501 6.4.4
@pytest.mark.capability("IMAP4rev1", "IMAP4rev2")
@pytest.mark.parametrize("keys, wanted", KEYS, ids=[k for k, _ in KEYS])
def test_each_key_finds_what_it_says(search, keys, wanted):
    assert search(keys) == wanted


def test_text_may_come_as_a_literal_in_its_charset(search):
    for charset in ("UTF-8", "windows-1258"):
        word = "mời" if charset == "UTF-8" else "mơ\u0300i"
        data = word.encode(charset)
        answer = search.session.continued(
            f"SEARCH CHARSET {charset} SUBJECT {{{len(data)}}}", data)
        assert answer.search() == [1], charset


def test_an_unknown_charset_is_refused_with_those_that_are_known(search):
    answer = search.session.no("SEARCH CHARSET X-NONE SUBJECT a", "BADCHARSET")
    assert "UTF-8" in answer.code


@pytest.mark.parametrize("keys", [
    "", "NONSENSE", "SUBJECT", "BEFORE", "BEFORE 32-Jan-2026", "BEFORE 1-1-2026", "LARGER x",
    "LARGER -1", "OR SEEN", "NOT", "(SEEN", "SEEN)", "()", "KEYWORD", "UID", "UID a", "HEADER X",
    "SEEN  DRAFT", "CHARSET", "CHARSET UTF-8", "RETURN ALL", "RETURN (NONSENSE) ALL", "1:a",
    "LARGER 99999999999999999999", "RETURN (MIN) "])
def test_malformed_keys_are_bad(search, keys):
    search.session.bad(f"SEARCH {keys}")


def test_nesting_and_number_of_keys_are_bounded(search):
    session = search.session
    assert search("NOT " * 40 + "SEEN") == [1]
    session.bad("SEARCH " + "NOT " * 5000 + "SEEN")
    session.bad("SEARCH " + "(" * 5000 + "SEEN" + ")" * 5000)
    session.bad("SEARCH " + "OR SEEN " * 5000 + "SEEN")
    session.bad("SEARCH " + "SEEN " * 5000 + "SEEN")
    assert search("SEEN") == [1]


# RFC 9051 6.4.9
def test_uid_search_answers_in_uids(search):
    session = search.session
    session.ok(r"STORE 4 +FLAGS.SILENT (\Seen)")
    assert session.ok("UID SEARCH 2:*").search() == [2, 3, 4]
    session.ok(r"STORE 4 -FLAGS.SILENT (\Seen)")


# RFC 4731 3.1
@pytest.mark.capability("ESEARCH")
@pytest.mark.parametrize("options, keys, wanted", [
    ("MIN", "UNSEEN", {"MIN": "2"}), ("MAX", "UNSEEN", {"MAX": "4"}), ("COUNT", "ALL", {"COUNT": "4"}),
    ("ALL", "NOT 2", {"ALL": "1,3:4"}), ("", "SEEN", {"ALL": "1"}), ("MIN MAX COUNT ALL", "2:3",
     {"MIN": "2", "MAX": "3", "COUNT": "2", "ALL": "2:3"}), ("MIN", "LARGER 99999", {}),
    ("ALL", "LARGER 99999", {}), ("COUNT", "LARGER 99999", {"COUNT": "0"}),
    ("MIN COUNT", "9", {"COUNT": "0"})])
def test_esearch_tells_only_what_was_asked_for(search, options, keys, wanted):
    session = search.session
    assert "ESEARCH" in session.capabilities()
    assert session.ok(f"SEARCH RETURN ({options}) {keys}").esearch() == wanted
    by_uid = session.ok(f"UID SEARCH RETURN ({options}) {keys}").esearch()
    assert by_uid == {"UID": True, **wanted}


# RFC 4731 3.1: the answer carries the tag of its command.
@pytest.mark.capability("ESEARCH")
def test_esearch_carries_the_tag(search):
    session = search.session
    tag = session.begin("SEARCH RETURN (COUNT) ALL")
    assert session.end(tag).one("ESEARCH").startswith(f'ESEARCH (TAG "{tag.decode()}")')


# RFC 9051 6.4.4: IMAP4rev2 answers with ESEARCH always.
@pytest.mark.capability("IMAP4rev2")
def test_rev2_answers_every_search_with_esearch(connect, search):
    session = connect()
    session.ok("ENABLE IMAP4rev2")
    session.ok("EXAMINE Tim")
    answer = session.ok("SEARCH 1:3")
    assert answer.esearch() == {"ALL": "1:3"} and not answer.of("SEARCH")
    assert session.ok("UID SEARCH LARGER 99999").esearch() == {"UID": True}


# RFC 5182 2.1 and 2.2, RFC 9051 6.4.4.1
@pytest.mark.capability("SEARCHRES")
def test_the_saved_result_stands_for_its_messages(opened):
    assert "SEARCHRES" in opened.capabilities()
    for n in range(5):
        opened.append(opened.box, message(f"thu {n}"), r"(\Flagged)" if n % 2 else "")
    assert not opened.ok("SEARCH RETURN (SAVE) FLAGGED").of("E?SEARCH")
    assert sorted(opened.ok("FETCH $ (UID)").fetched()) == [2, 4]
    assert opened.ok("UID SEARCH UID $").search() == [2, 4]
    assert opened.ok("SEARCH $ NOT 2").search() == [4]
    assert opened.ok("SEARCH RETURN (SAVE COUNT) 1:3").esearch() == {"COUNT": "3"}
    opened.ok(r"UID STORE $ +FLAGS.SILENT (\Deleted)")
    opened.ok("EXPUNGE")  # what goes leaves the result
    assert opened.ok("SEARCH $").search() == []
    assert opened.ok("FETCH $ (UID)").fetched() == {}
    assert opened.ok("SEARCH RETURN (SAVE MIN) ALL").esearch() == {"MIN": "1"}
    assert opened.ok("SEARCH $").search() == [1]
    opened.ok(f"SELECT {opened.box}")
    assert opened.ok("SEARCH $").search() == []


# RFC 5182 2.1: after NO the result is empty; after BAD it is what it was.
@pytest.mark.capability("SEARCHRES")
def test_a_failed_search_empties_or_keeps_the_saved_result(opened):
    opened.append(opened.box)
    opened.ok("SEARCH RETURN (SAVE) ALL")
    opened.bad("SEARCH RETURN (SAVE) NONSENSE")
    assert opened.ok("SEARCH $").search() == [1]
    opened.no("SEARCH RETURN (SAVE) CHARSET X-NONE SUBJECT a", "BADCHARSET")
    assert opened.ok("SEARCH $").search() == []


# RFC 9051 6.4.4: FROM and its like look into the envelope, where comments are gone.
def test_address_keys_see_addresses_without_comments_and_folding(opened):
    opened.append(opened.box, b"From: <user (chu thich)@ (nua) example.org>\r\n"
                              b"To: \"Lan\r\n Chi\" <chi@example.org>\r\n\r\nx\r\n")
    assert opened.ok("SEARCH FROM user@example.org").search() == [1]
    assert opened.ok('SEARCH TO "lan chi"').search() == [1]
    assert opened.ok("SEARCH FROM nguoi@example.org").search() == []


# RFC 5032 3: measured by INTERNALDATE, in seconds from now.
@pytest.mark.capability("WITHIN")
def test_older_and_younger_measure_from_now(opened):
    assert "WITHIN" in opened.capabilities()
    now = datetime.datetime.now(datetime.timezone.utc)
    for days in (0, 1, 10):
        opened.append(opened.box, date=(now - datetime.timedelta(days=days)).strftime(
            "%d-%b-%Y %H:%M:%S +0000"))
    assert opened.ok("SEARCH YOUNGER 3600").search() == [1]
    assert opened.ok("SEARCH YOUNGER 172800").search() == [1, 2]
    assert opened.ok("SEARCH OLDER 172800").search() == [3]
    assert opened.ok("SEARCH OLDER 3600 YOUNGER 172800").search() == [2]
    for bad in ("OLDER", "OLDER 0", "YOUNGER -1", "YOUNGER x", "OLDER 4294967296"):
        opened.bad(f"SEARCH {bad}")


# RFC 8514 4.2, 4.3: when it came into this mailbox, whatever INTERNALDATE says.
@pytest.mark.capability("SAVEDATE")
def test_savedate_is_the_day_of_arrival_in_the_mailbox(opened):
    assert "SAVEDATE" in opened.capabilities()
    opened.append(opened.box, date="01-Jan-2001 00:00:00 +0000")
    told = opened.ok("FETCH 1 SAVEDATE").fetched()[1]["SAVEDATE"].decode()
    saved = datetime.datetime.strptime(told.strip(), "%d-%b-%Y %H:%M:%S %z")
    assert abs((datetime.datetime.now(datetime.timezone.utc) - saved).total_seconds()) < 600
    day = saved.strftime("%d-%b-%Y")
    assert opened.ok(f"SEARCH SAVEDON {day}").search() == [1]
    assert opened.ok(f"SEARCH SAVEDSINCE {day}").search() == [1]
    assert opened.ok(f"SEARCH SAVEDBEFORE {day}").search() == []
    assert opened.ok("SEARCH SAVEDATESUPPORTED").search() == [1]
