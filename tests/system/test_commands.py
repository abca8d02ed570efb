"""Every command as its user meets it: help, usage, exit status, --json beside the text, the same with
the server running and stopped."""

import json
import re
import subprocess

import pytest

from harness import mail
from harness.commands import call
from harness.server import DOMAIN, PASSWORD, ROOT, Refused, program

LISTED = re.findall(r'^    \{"(\w+)", (?:NULL|"(\w+)"),',
                    (ROOT / "src/cli/commands.c").read_text(encoding="utf-8"), re.M)
# A letter that only Vietnamese has: what an official did wrong is told in Vietnamese, then in English.
VIETNAMESE = re.compile("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ]", re.I)
COMMANDS = [" ".join(word for word in words if word) for words in LISTED]
NO_ARGUMENTS = {"serve", "check", "doctor", "unit list", "account list", "account delegate",
                "account forward", "forward seen", "account suspects", "account idle", "account warn",
                "upgrade list",
                "password check", "queue list", "audit list", "audit verify", "role list",
                "dns show", "dns check", "dkim create", "dkim list", "dkim use", "index status",
                "index update", "index rebuild", "request list", "notice list",
                "directory except", "takeback list", "secret list", "hold list",
                "access list", "audit search", "report annual", "report list", "report remind",
                "incident list", "incident register", "incident signups",
                "address propose", "trace", "system show", "regulation show", "regulation move"}  # these need one option or another


def alone(*words, given="", env=None):
    """(status, output, error text) without a data directory."""
    done = subprocess.run([program(), *words], input=given, capture_output=True, text=True,
                          timeout=60, check=False, env=env)
    return done.returncode, done.stdout, done.stderr


def refused(server, *words, **how):
    with pytest.raises(Refused) as caught:
        server.run(*words, **how)
    return caught.value.status, caught.value.output


# ----------------------------------------------------------------------------------- help and usage

def test_help_names_every_command():
    assert len(COMMANDS) > 30
    status, text, _ = alone("--help")
    assert status == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\w", text, re.M), command
    assert alone()[0] == 2 and alone("--version")[1].startswith("congvu ")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_without_a_data_directory(command):
    status, text, said = alone(*command.split(), "--help")
    assert (status, said) == (0, "")
    assert text.startswith(f"congvu --data DIR {command} ".rstrip())
    assert "--json" in text
    for option in re.findall(r"--[\w-]+", text.splitlines()[0]):
        assert option == "--data" or re.search(rf"^  {option} ", text, re.M), option


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_words_end_with_2_and_the_usage_before_anything_is_done(command, tmp_path):
    where = ["--data", str(tmp_path / "none")]
    for words in (["--nonsense"], ["--json=1"], ["a", "b", "c", "d"]):
        status, out, said = alone(*where, *command.split(), *words)
        assert status == 2 and out == "" and "usage: congvu --data DIR " + command in said, (words, said)
        assert VIETNAMESE.search(said.splitlines()[0]), said
    if command not in NO_ARGUMENTS:
        status, _, said = alone(*where, *command.split())
        assert status == 2 and re.search("is needed|is missing|; give ", said, re.M), said
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("words", [[], ["nonsense"], ["--nonsense"], ["--data"], ["help", "xyzt"],
                                   ["help", "unit", "add", "more"], [""]])
def test_what_is_no_command_ends_with_2_and_the_list(words):
    status, out, said = alone(*words)
    assert status == 2 and out == ""
    assert "account create" in said or words[:2] == ["help", "unit"] and "unit rename" in said


@pytest.mark.parametrize(("words", "meant"), [
    (["unit"], None), (["unit", "nonsense"], None), (["unit", "ad"], "unit add"),
    (["acount", "crate"], "account create"), (["account", "unlok"], "account unlock"),
    (["servr"], "serve"), (["bakcup"], "backup"), (["help", "acount", "list"], "account list"),
    (["x" * 5000], None), (["tài", "khoản"], None)])
def test_a_slip_of_the_pen_is_told_what_was_perhaps_meant(words, meant):
    status, out, said = alone(*words)
    assert (status, out) == (2, "") and "không có lệnh" in said
    found = re.search("có phải là.*: congvu (.*)", said)
    assert (found[1] if found else None) == meant
    if words[0] in ("unit", "account"):  # the others of that noun are shown, and only these
        assert f"{words[0]} list" in said and "queue list" not in said


def test_help_explains_all_one_noun_and_one_command():
    assert alone("help") == alone("--help")
    status, text, said = alone("help", "account")
    assert (status, said) == (0, "")
    assert re.findall(r"^  (\w+ \w+)", text, re.M) == [c for c in COMMANDS if c.startswith("account ")]
    for command in COMMANDS:
        assert alone("help", *command.split()) == alone(*command.split(), "--help"), command


def test_a_command_on_data_says_when_no_directory_is_named(tmp_path):
    status, _, said = alone("unit", "list", env={})
    assert status == 2 and "--data" in said
    status, _, said = alone("--data", str(tmp_path / "none"), "unit", "list")
    assert status == 1 and "init" in said and str(tmp_path / "none") in said
    status, _, said = alone("unit", "list", env={"CONGVU_DATA": str(tmp_path / "none")})
    assert status == 1 and str(tmp_path / "none") in said


# ------------------------------------------------------------------------ which word is the argument

def test_the_value_of_an_option_is_not_taken_for_the_file(server):
    table = ROOT / "demo" / "bacninh-departments-2022.csv"
    for words in (["--agreement", "Số 12", table], ["--agreement=Số 12", table],
                  [table, "--agreement", "Số 12"], ["--agreement", "Số 12", "--", table]):
        assert "units" in server.run("unit", "import", *words)
    given = table.read_text(encoding="utf-8")
    assert json.loads(server.run("unit", "import", "--json", "-", "--agreement", "x", given=given)) \
        == {"added": 0, "present": 61}
    status, said = refused(server, "unit", "import", "--agreement", "Số 12", "khong-co.csv")
    assert status == 1 and "khong-co.csv" in said


def test_a_path_is_meant_from_where_the_operator_stands(office, tmp_path):
    subprocess.run([office.program, "--data", office.data, "backup", "luu"], cwd=tmp_path, check=True,
                   capture_output=True, timeout=60)
    assert (tmp_path / "luu").is_dir()
    done = subprocess.run([office.program, "--data", office.data, "backup", "--verify", "luu"],
                          cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    assert "whole" in done.stdout


# ------------------------------------------------------------- the same running and stopped, and JSON

STEPS = [
    # what is done, and the status that is expected
    (["unit", "add", "--kind", "district", "--name", "huyện Yên Phong", "--abbreviation", "yp"], 0),
    (["unit", "add", "--kind", "commune", "--name", "xã Tam Giang", "--parent", "yenphong"], 0),
    (["unit", "add", "--kind", "department", "--name", "Sở Thông tin và Truyền thông",
      "--abbreviation", "stttt"], 0),
    (["unit", "add", "--kind", "office", "--name", "Phòng Nội vụ", "--parent", "yp", "--abbreviation",
      "pnv"], 0),
    (["unit", "add", "--kind", "other", "--name", "Tỉnh đoàn", "--address", "tinhdoan"], 1),
    (["unit", "add", "--kind", "other", "--name", "Tỉnh đoàn", "--address", "tinhdoan", "--agreement",
      "Số 12/TT ngày 01/6/2022"], 0),
    (["unit", "add", "--kind", "department", "--name", "Sở khác", "--abbreviation", "stttt"], 1),
    (["unit", "add", "--kind", "nothing", "--name", "Sở khác"], 1),
    (["unit", "rename", "pnv.yp", "--name", "Phòng Nội vụ và Lao động"], 0),
    (["unit", "rename", "khongco", "--name", "Phòng"], 1),
    (["unit", "list"], 0), (["unit", "list", "--kind", "commune"], 0),
    (["unit", "list", "--parent", "yp"], 0), (["unit", "list", "--parent", "khongco"], 1),
    (["unit", "show", "stttt"], 0), (["unit", "show", "#1"], 0), (["unit", "show", "khongco"], 1),
    (["account", "create", "--unit", "stttt", "--person", "Trần Văn Anh", "--password-stdin"], 0),
    (["account", "create", "--unit", "stttt", "--person", "Trần Văn Anh", "--title", "Phó Giám đốc",
      "--quota", "5GB", "--password-stdin"], 0),
    (["account", "create", "--unit", "pnv.yp", "--person", "Lê Văn Tám", "--no-password"], 0),
    (["account", "create", "--unit", "stttt", "--password-stdin"], 0),
    (["account", "create", "--unit", "stttt", "--password-stdin"], 1),
    (["account", "create", "--unit", "khongco", "--person", "Trần Văn Anh", "--password-stdin"], 1),
    (["account", "create", "--unit", "stttt", "--person", "Trần 2", "--password-stdin"], 1),
    (["account", "create", "--unit", "stttt", "--person", "A", "--quota", "500MB", "--no-password"], 1),
    (["account", "create", "--unit", "stttt", "--person", "A", "--quota", "nhiều", "--no-password"], 2),
    (["account", "create", "--unit", "stttt", "--person", "A", "--no-password", "--password-stdin"], 2),
    (["account", "create", "--unit", "stttt", "--no-password"], 2),
    (["account", "create", "--unit", "stttt", "--person", "A", "--no-password", "--request", "1",
      "--ground", "Số 2"], 2),
    (["account", "quota", "tvanh.stttt", "500MB"], 1), (["account", "quota", "tvanh.stttt", "2 GB"], 0),
    (["account", "quota", "stttt", "9GB"], 1), (["account", "quota", "tvanh.stttt", "nhiều"], 2),
    (["account", "quota", "khongco", "2GB"], 1),
    (["account", "passwd", "tvanh.stttt", "--password-stdin"], 0),
    (["account", "passwd", "khongco.stttt", "--password-stdin"], 1),
    (["account", "alias", "tvanh.stttt", "--add", "vananh"], 0),
    (["account", "alias", "tvanh.stttt", "--add", "Vân Anh"], 1),
    (["account", "alias", "tvanh1.stttt", "--add", "vananh"], 1),
    (["account", "alias", "tvanh.stttt", "--add", "a", "--remove", "b"], 2),
    (["account", "alias", "tvanh.stttt"], 0),
    (["account", "alias", "tvanh.stttt", "--remove", "khongco"], 1),
    (["account", "delegate", "stttt", "tvanh.stttt"], 1),
    (["account", "delegate", "stttt", "tvanh.stttt", "--document", "Số 12/QĐ", "--may", "read,send"], 0),
    (["account", "delegate", "stttt", "tvanh.stttt", "--document", "x", "--may", "fly"], 2),
    (["account", "delegate", "stttt", "tvanh.stttt", "--document", "x", "--from", "31/12/2022"], 2),
    (["account", "delegate", "stttt", "tvanh.stttt", "--document", "x", "--until", "2001-01-01"], 1),
    (["account", "delegate", "stttt", "lvtam.yp", "--document", "x"], 1),
    (["account", "delegate", "tvanh.stttt", "tvanh1.stttt", "--document", "x"], 1),
    (["account", "delegate", "pnv.yp", "lvtam.yp", "--document", "Số 3", "--from", "2190-01-01",
      "--until", "2190-12-31"], 0),
    (["account", "delegate"], 0), (["account", "delegate", "stttt"], 0),
    (["account", "delegate", "khongco"], 1),
    (["account", "lock", "tvanh1.stttt", "--ground", "Số 9"], 0),
    (["account", "lock", "tvanh1.stttt", "--ground", "Số 9"], 1),
    (["account", "unlock", "tvanh1.stttt", "--request", "41"], 0),
    (["account", "lock", "postmaster", "--ground", "Số 9"], 1),
    (["account", "close", "lvtam.yp", "--ground", "Số 10"], 0),
    (["account", "unlock", "lvtam.yp", "--ground", "Số 10"], 1),
    (["account", "delegate", "stttt", "tvanh.stttt", "--end"], 0),
    (["account", "delegate", "stttt", "tvanh.stttt", "--end"], 1),
    (["account", "list"], 0), (["account", "list", "--unit", "stttt"], 0),
    (["account", "list", "--unit", "khongco"], 1),
    (["account", "show", "tvanh.stttt"], 0), (["account", "show", "vananh@" + DOMAIN], 0),
    (["account", "show", "khongco"], 1), (["account", "show", "a b"], 1),
    (["address", "propose", "--unit", "stttt", "--person", "Trần Văn Anh"], 0),
    (["address", "propose", "--kind", "commune", "--name", "xã Hòa Tiến", "--parent", "yp"], 0),
    (["address", "propose", "--kind", "commune", "--name", "xã Hòa Tiến"], 1),
    (["address", "propose", "--kind", "commune"], 2),
    (["forward", "check", "tvanh.stttt@" + DOMAIN, "a@vnpt.vn"], 1),
    (["forward", "check", "tvanh.stttt@" + DOMAIN, "a@hanoi.gov.vn"], 0),
    (["calendar", "due", "2022-06-10"], 0), (["calendar", "notice", "2022-06-18"], 0),
    (["calendar", "stop", "2022-06-18", "--today", "2022-06-10"], 0),
    (["calendar", "stop", "2022-06-15", "--today", "2022-06-10"], 1),
    (["calendar", "inactive", "2022-01-10", "--today", "2022-07-11"], 0),
    (["calendar", "due", "10/06/2022"], 1),
    (["queue", "list"], 0), (["queue", "show", "1"], 1), (["queue", "retry", "1"], 1),
    (["queue", "hold", "1"], 1), (["queue", "drop", "1"], 1), (["queue", "drop", "một"], 2),
    (["trace", "khongco@example.com"], 1), (["trace", "1", "--limit", "0"], 2),
    (["hold", "begin", "tvanh.stttt", "--reason", "điều tra", "--ground", "Số 1"], 0),
    (["hold", "begin", "khongco", "--reason", "x", "--ground", "Số 1"], 1), (["hold", "list"], 0),
    (["hold", "end", "1", "--ground", "Số 2"], 0), (["hold", "end", "1", "--ground", "Số 2"], 1),
    (["hold", "end", "9", "--ground", "Số 2"], 1), (["hold", "end", "một", "--ground", "Số 2"], 2),
    (["access", "ask", "stttt", "--reader", "tvanh.stttt", "--days", "3", "--ground", "Số 3"], 0),
    (["access", "ask", "stttt", "--reader", "tvanh.stttt", "--days", "0", "--ground", "Số 3"], 2),
    (["access", "approve", "TC-1", "--ground", "Số 4"], 1), (["access", "list"], 0),
    (["access", "end", "TC-9"], 1), (["takeback", "list"], 0), (["takeback", "find", "a@x"], 1),
    (["takeback", "undo", "TH-1", "--ground", "Số 5"], 1), (["takeback", "undo", "x"], 2),
    (["secret", "list"], 0), (["secret", "release", "SM-1", "--ground", "Số 6"], 1),
    (["audit", "search", "--act", "hold."], 0), (["audit", "search", "--since", "mai"], 2),
    (["audit", "list", "--limit", "5"], 0), (["audit", "list", "--subject", "tvanh.stttt"], 0),
    (["audit", "list", "--limit", "0"], 2),
    (["audit", "verify"], 0), (["audit", "verify", "--known", "x"], 2),
    (["audit", "verify", "--known", "1:" + "0" * 64], 1),
    (["doctor"], 0), (["doctor", "--quick"], 0),
]


def given_to(words):
    return PASSWORD + "\n" if "--password-stdin" in words else ""


def normal(text):
    """Without what differs between two runs: moments, hashes, paths."""
    text = re.sub(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b", "WHEN", text)
    text = re.sub(r"\b20\d\d-\d\d-\d\dT[\d:.]+Z", "WHEN", text)
    text = re.sub(r"\b1[78]\d{14}\b", "0", text)
    return re.sub(r"\b[0-9a-f]{64}\b", "HASH", text)


def test_commands_do_and_say_the_same_with_the_server_running_and_stopped(make_server):
    running, stopped = make_server(), make_server(start=False)
    for words, expected in STEPS:
        def run(server, *more):
            done = subprocess.run([server.program, "--data", server.data, *words, *more],
                                  input=given_to(words), capture_output=True, text=True, timeout=60,
                                  check=False)
            return done.returncode, normal(done.stdout), normal(done.stderr)
        one, other = run(running), run(stopped)
        assert one == other, words
        status, out, said = one
        assert status == expected, (words, one)
        judged = words[0] in ("calendar", "forward")  # a verdict is an answer, not an error
        assert (said == "") == (status == 0 or (judged and out != "")), (words, one)
        if said:
            assert VIETNAMESE.search(said), said
        if status == 1 and not judged:
            assert said.startswith("congvu: ") and len(said.splitlines()) <= 2, said
        if judged or words[0] in ("doctor", "audit") or words[1] in ("list", "show", "propose"):
            one, other = run(running, "--json"), run(stopped, "--json")
            assert one == other and one[0] == status, (words, one)
            if one[1]:
                json.loads(one[1])


# --------------------------------------------------------------------------------- JSON against text

@pytest.fixture(scope="module")
def furnished(shared_office):
    """An office with something in every listing."""
    office = shared_office
    office.run("account", "alias", office.anh, "--add", "vananh")
    office.run("account", "delegate", "stttt", office.anh, "--document", 'Số "1", ngày 2\\3')
    mail.send(office, mail.message(office.anh, [office.binh, "dan@example.com"], "Ra ngoài",
                                   Message_ID="<ra@x.test>"), port="submission", user=office.anh)
    return office


def columns(text):
    return [line.split("\t") for line in text.splitlines() if not line.startswith("\t")]


def test_lists_say_in_json_what_they_say_in_text(furnished):
    run = furnished.run
    units = json.loads(run("unit", "list", "--json"))
    assert columns(run("unit", "list")) == [
        [f"#{u['id']}", u["kind"], u["address"], u["suffix"], u["name"]] for u in units]
    assert json.loads(run("unit", "show", "stttt", "--json")) == units[0]
    accounts = json.loads(run("account", "list", "--json"))
    assert [c[:3] + c[4:] for c in columns(run("account", "list"))] == [
        [a["address"], a["kind"], a["state"], a["name"]] for a in accounts]
    anh = json.loads(run("account", "show", furnished.anh, "--json"))
    assert anh in accounts and anh["aliases"] == [f"vananh@{DOMAIN}"]
    assert f"also: vananh@{DOMAIN}\n" in run("account", "show", furnished.anh)
    assert json.loads(run("account", "alias", furnished.anh, "--json")) == anh["aliases"]
    binh = next(a for a in accounts if a["address"] == furnished.binh)
    assert binh["messages"] == 1 and binh["used"] > 0 and binh["has_password"] is True
    delegations = json.loads(run("account", "delegate", "--json"))
    assert [(d["account"], d["grantee"], d["may"], d["until"], d["document"], d["in_force"])
            for d in delegations] == [(f"stttt@{DOMAIN}", furnished.anh, ["read", "write", "send"],
                                       None, 'Số "1", ngày 2\\3', True)]
    queue = json.loads(run("queue", "list", "--json"))
    assert [(q["state"], q["domain"], q["recipients"], q["sender"]) for q in queue] == [
        ("waiting", "example.com", "dan@example.com", furnished.anh)]
    assert columns(run("queue", "list"))[0][0] == str(queue[0]["id"])
    assert json.loads(run("queue", "show", queue[0]["id"], "--json")) == queue[0]
    audit = json.loads(run("audit", "list", "--json"))
    assert [c[0] for c in columns(run("audit", "list"))] == [str(a["seq"]) for a in audit]
    assert {"unit.add", "account.create", "account.alias.add"} <= {a["act"] for a in audit}


def test_judgements_say_in_json_what_they_say_in_text(furnished):
    status, out, _ = call(furnished, "password", "check", given="Matkhau@2022\nyeu\n")
    assert status == 1 and [line.split(":")[0] for line in out.splitlines()] == ["accept", "refuse"]
    status, out, _ = call(furnished, "password", "check", "--json", given="Matkhau@2022\nyeu\n")
    verdicts = [json.loads(line) for line in out.splitlines()]
    assert status == 1 and [v["allowed"] for v in verdicts] == [True, False]
    assert verdicts[1]["article"] == "Điều 5.2" and "ký tự" in verdicts[1]["vi"]
    proposal = json.loads(furnished.run("address", "propose", "--unit", "stttt", "--person",
                                        "Trần Văn Anh", "--json"))
    assert proposal == {"address": f"tvanh1.stttt@{DOMAIN}", "rule": "person_number",
                        "article": "Điều 3.2.b", "taken": furnished.anh}


def test_the_queue_is_held_released_and_dropped_by_number(office):
    mail.send(office, mail.message(office.anh, "dan@example.com", "Ra ngoài"), port="submission",
              user=office.anh)
    number = json.loads(office.run("queue", "list", "--json"))[0]["id"]

    def state():
        return json.loads(office.run("queue", "show", number, "--json"))
    office.run("queue", "hold", number, "--why", "chờ kiểm tra")
    assert (state()["state"], state()["last_answer"]) == ("held", "chờ kiểm tra")
    office.run("queue", "hold", number, "--release")
    assert state()["state"] == "waiting"
    office.run("queue", "retry", number)
    office.run("queue", "drop", number)
    assert json.loads(office.run("queue", "list", "--json")) == []
    assert refused(office, "queue", "drop", number)[0] == 1
