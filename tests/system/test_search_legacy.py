"""SEARCH in mail as old office programs left it: charsets that say what they are, and fonts that
say nothing."""

import base64
import itertools

import pytest

from harness import mail
from test_search import letter, search

ABC = "KÝnh göi Së Th«ng tin, ®Ò nghÞ b¸o c¸o quý III.\r\n".encode("latin-1")
VNI = "Kính göûi Sôû Thoâng tin, ñeà nghò baùo caùo quyù III.\r\n".encode("latin-1")
VISCII = b"K\xednh g\xd8i S\xb7 Th\xf4ng tin, \xf0\xab ngh\xb8 b\xe1o c\xe1o qu\xfd III.\r\n"
TCVN = b"K\xddnh g\xf6i S\xeb Th\xabng tin, \xae\xd2 ngh\xde b\xb8o c\xb8o qu\xfd III.\r\n"
CP1258 = (b"K\xednh g\xfd\xd2i S\xf5\xd2 Th\xf4ng tin, \xf0\xea\xcc nghi\xf2 "
          b"b\xe1o c\xe1o quy\xec III.\r\n")
FORMS = [("iso-8859-1", ABC), ("windows-1252", ABC), ("us-ascii", ABC), ("x-unknown", ABC),
         ("iso-8859-1", VNI), ("windows-1252", VNI), ("us-ascii", VNI), ("x-viet-vni", VNI),
         ("viscii", VISCII), ("tcvn", TCVN), ("x-viet-tcvn5712", TCVN), ("windows-1258", CP1258),
         ("utf-8", ABC.decode("latin-1").encode()), ("utf-8", VNI.decode("latin-1").encode())]
ENCODINGS = ["8bit", "quoted-printable", "base64"]


@pytest.fixture(scope="module")
def box(shared_office):
    client = mail.imap(shared_office, shared_office.anh)
    client.create("Cu")
    for (charset, body), encoding in itertools.product(FORMS, ENCODINGS):
        for subtype in ("plain", "html"):
            text = body if subtype == "plain" else (
                b'<p><font face=".VnTime">' + body.replace(b" tin", b" <b>tin</b>") + b"</font></p>")
            told = client.append("Cu", None, None, letter(text, charset, encoding, subtype))
            assert told[0] == "OK", told
    client.select("Cu")
    yield client
    client.logout()


@pytest.mark.parametrize("typed", ["thong tin", "thông tin", "kinh gui so thong tin, de nghi",
                                   "đề nghị báo cáo quý iii."])
def test_every_form_in_every_encoding_is_found(shared_office, box, typed):
    everyone = list(range(1, 2 * len(FORMS) * len(ENCODINGS) + 1))
    assert search(box, "BODY", typed) == everyone
    shared_office.run("index", "update")
    assert search(box, "BODY", typed) == everyone


def test_subjects_names_and_files_of_old_fonts_are_found(shared_office, box):
    word = base64.b64encode("Th«ng b¸o vÒ cuéc häp".encode("latin-1")).decode()
    box.create("Chude")
    heads = [f"Subject: =?iso-8859-1?B?{word}?=\r\n".encode(),
             "Subject: Th«ng b¸o vÒ cuéc häp\r\n".encode("latin-1"),
             "Subject: Thoâng baùo veà cuoäc hoïp\r\n".encode("latin-1"),
             "From: NguyÔn §øc ThÞnh <ndthinh@x.example>\r\nSubject: x\r\n".encode("latin-1"),
             f"Content-Type: application/pdf; name=\"=?iso-8859-1?B?{word}?=\"\r\n"
             "Content-Disposition: attachment\r\n".encode()]
    for head in heads:
        assert box.append("Chude", None, None, head + b"\r\nx\r\n")[0] == "OK"
    box.select("Chude")
    for _ in range(2):
        assert search(box, "SUBJECT", "thong bao ve cuoc hop") == [1, 2, 3]
        assert search(box, "SUBJECT", "thông báo về cuộc họp") == [1, 2, 3]
        assert search(box, "FROM", "nguyễn đức thịnh") == [4]
        assert search(box, "BODY", "thông báo") == [5]
        shared_office.run("index", "update")
    box.select("Cu")
