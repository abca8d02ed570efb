"""Units' requests as the tests make them: a province, forms as files, short words for commands."""

import json

import pytest

from harness import forms
from harness.server import ROOT, Refused, Server

UNITS = ROOT / "demo" / "bacninh-units-2022.csv"
DEPARTMENTS = ROOT / "demo" / "bacninh-departments-2022.csv"
IDENTITY = "999085000001"
GIVEN = ["--number", "12/SNV-VP", "--date", "15/06/2022", "--signer", "Nguyễn Văn Hùng",
         "--signer-title", "Giám đốc"]


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    """The real units of the province; each test takes names of its own."""
    server = Server(tmp_path_factory.mktemp("province") / "data").init()
    server.run("unit", "import", UNITS)
    server.run("unit", "import", DEPARTMENTS, "--agreement", "Số 12/TT ngày 01/6/2022")
    server.start()
    yield server
    server.close()


def saved(tmp_path, content, name="form"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def csv(rows, header=forms.FIRST):
    return "\n".join(";".join(row) for row in [header, *rows]) + "\n"


def row(number, name, act, unit="snv", birth="", sex="", identity="", title=""):
    return [str(number), name, birth, sex, identity, title, unit, act]


def take(server, path, *words, unit="snv"):
    return json.loads(server.run("request", "import", path, "--unit", unit, *words, "--json"))


def show(server, number):
    return json.loads(server.run("request", "show", number, "--json"))


def refused(server, *words, **how):
    with pytest.raises(Refused) as caught:
        server.run(*words, **how)
    return caught.value.status, caught.value.output


def addresses(server, unit):
    return {a["address"]: a for a in json.loads(server.run("account", "list", "--unit", unit, "--json"))}


def personal(server):
    """Identity numbers stay out of the log, the records, the answers and the bytes on the disk."""
    texts = [server.run("audit", "list", "--json"), server.run("request", "list", "--json"),
             server.output.read_text(), server.error_text()]
    assert all(said not in text for text in texts for said in (IDENTITY, "1985-03-07", "7/3/1985"))
    for file in server.data.glob("admin.db*"):
        assert IDENTITY.encode() not in file.read_bytes()
