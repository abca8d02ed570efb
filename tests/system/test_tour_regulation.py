"""The tour of the regulation works as it stands in docs/tour-regulation.md, word for word; only the
ports are others. Its documents say what the tour says they do."""

import shutil
import subprocess

import pytest

from harness.office import Document
from harness.server import ROOT, SANITIZERS, SLOWNESS, program
from system.test_tour import House, printed, tour

TOUR = "docs/tour-regulation.md"


class Centre(House):
    """A folder with what the tour touches."""

    def __init__(self, folder):
        super().__init__(folder)
        (folder / "build").unlink()
        (folder / "build").mkdir()
        shutil.copy(program(), folder / "build" / "congvu")
        (folder / "var").mkdir()
        self.env["CONGVU_SHARE"] = str(ROOT)

    def close(self):
        pid = self.folder / "var" / "tour.pid"
        if pid.exists():
            subprocess.run(["bash", "-c", f"kill {pid.read_text()} 2>/dev/null; true"], check=True,
                           timeout=60 * SLOWNESS)
        self.ports.close()


@pytest.fixture
def centre(tmp_path):
    made = Centre(tmp_path)
    yield made
    made.close()


def test_the_tour_of_the_regulation_works_word_for_word(centre):
    output = ""
    for kind, body in tour(TOUR):
        if kind == "text":
            printed(output, body)
        else:
            output = "".join(centre.run(line) for line in body.splitlines())
    out = centre.folder / "var" / "tour.out"
    reply = Document((out / "tra-loi-snv.docx").read_bytes()).text
    for words in ("Số: 30/TTCNTTTT", "Đỗ Thị Thanh Mai", "dttmai.snv@bacninh.gov.vn", "Phạm Văn Thiếu",
                  "Trả lại để bổ sung", "đã thực hiện 3, trả lại để bổ sung 1"):
        assert words in reply, words
    assert (out / "mai").read_text().strip() not in reply
    notice = Document((out / "thong-bao.docx").read_bytes()).text
    assert "20:00 thứ bảy ngày 06/03/2027" in notice
    warning, = [f for f in out.iterdir() if "snv" in f.name and "canh-bao" in f.name]
    assert "Lê Thế Sơn" in Document(warning.read_bytes()).text
    report = Document((out / "bao-cao-snv.docx").read_bytes()).text
    assert "Tỷ lệ cán bộ, công chức, viên chức và người lao động đã được cấp phát" in report
    assert not SANITIZERS.search((centre.folder / "var" / "tour.log").read_text(encoding="utf-8"))
