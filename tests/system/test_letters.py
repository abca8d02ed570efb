"""What the Centre writes to units, as documents [Điều 4.2.c, 8, 10.2.b, 12.3]."""

from datetime import datetime, timedelta, timezone

import pytest

from harness.office import Document
from harness.server import DOMAIN, Refused


def text_of(path):
    return Document(path.read_bytes()).text


def saturday():
    """One that is three weeks away at least, and no make-up day: in June."""
    now = datetime.now(timezone(timedelta(hours=7))).date()
    day = now.replace(year=now.year + 1, month=6, day=10)
    return day + timedelta(days=(5 - day.weekday()) % 7)


# [Điều 10.2.b]
def test_the_notice_of_a_stop_keeps_to_the_times_of_the_regulation(office, tmp_path):
    day = saturday()
    where = tmp_path / "thong-bao.docx"
    words = ("letter", "stop", "--from", f"{day} 22:00", "--until", f"{day + timedelta(days=1)} 05:00",
             "--why", "nâng cấp máy chủ", "--to", where)
    office.run(*words, "--contact", "02223.000.000", "--form", "kt", "--title", "Phó Giám đốc",
               "--signer", "Nguyễn Văn Bảy", "--number", "7", "--sign", "TB-TTCNTTTT")
    text = text_of(where)
    assert f"từ 22:00 thứ bảy ngày {day:%d/%m/%Y}" in text and "Số: 07/TB-TTCNTTTT" in text
    assert "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC Nguyễn Văn Bảy" in text
    monday = day + timedelta(days=2)
    late = ("letter", "stop", "--from", f"{monday} 08:00", "--until", f"{monday} 09:00", "--why", "hỏng",
            "--to", tmp_path / "khan.docx")
    with pytest.raises(Refused, match="thứ bảy, chủ nhật"):
        office.run(*late)
    assert not (tmp_path / "khan.docx").exists()
    office.run(*late, "--emergency")
    assert "phải tạm ngừng ngay" in text_of(tmp_path / "khan.docx")
    with pytest.raises(Refused, match="kết thúc"):
        office.run("letter", "stop", "--from", f"{day} 09:00", "--until", f"{day} 08:00", "--why", "x",
                   "--to", where)
    with pytest.raises(Refused, match="--form"):
        office.run(*words, "--form", "xyz")


# [R024] [Điều 4.2.c]
def test_each_unit_gets_a_letter_with_its_accounts_that_lie_unused(office, tmp_path):
    office.unit("Sở Nội vụ", "snv")
    office.person("Hoàng Thị Mai", "snv")
    day = datetime.now(timezone(timedelta(hours=7))).date() + timedelta(days=250)
    out = tmp_path / "out"
    office.run("letter", "warning", "--today", str(day), "--to", out)
    assert {p.name for p in out.iterdir()} == {"canh-bao-stttt.docx", "canh-bao-snv.docx"}
    text = text_of(out / "canh-bao-snv.docx")
    assert "Kính gửi: Sở Nội vụ" in text and f"htmai.snv@{DOMAIN}" in text and office.anh not in text
    assert office.anh in text_of(out / "canh-bao-stttt.docx")
    assert "0 văn bản" in office.run("letter", "warning", "--to", tmp_path / "none")
    only = tmp_path / "only"
    office.run("letter", "warning", "--today", str(day), "--unit", "snv", "--to", only)
    assert [p.name for p in only.iterdir()] == ["canh-bao-snv.docx"]


# [Điều 12.3]
def test_a_unit_is_written_to_about_an_incident(office, tmp_path):
    where = tmp_path / "su-co.docx"
    office.run("letter", "incident", "stttt", "--what", "gửi 300 thư trong 10 phút <b>", "--account",
               office.anh, "--when", "2026-06-05 09:00", "--article", "8.3", "--measure",
               "tạm khóa tài khoản", "--ask", "Đổi mật khẩu", "--ask", "Báo cáo kết quả", "--answer",
               "2026-06-12", "--case", "SC-3", "--to", where)
    text = text_of(where)
    for said in ("gửi 300 thư trong 10 phút <b>, có dấu hiệu vi phạm khoản 3 Điều 8 Quy chế",
                 f"{office.anh}, người sử dụng: Trần Văn Anh", "09:00 thứ sáu ngày 05/06/2026",
                 "1. Đổi mật khẩu.", "2. Báo cáo kết quả.", "hồ sơ SC-3", "12/06/2026"):
        assert said in text, said
    with pytest.raises(Refused, match="khongco"):
        office.run("letter", "incident", "khongco", "--what", "x", "--to", where)
    with pytest.raises(Refused, match="khong.co"):
        office.run("letter", "incident", "stttt", "--what", "x", "--account", "khong.co", "--to", where)


def test_letters_are_made_without_the_server_too(office, tmp_path):
    office.stop()
    office.run("letter", "incident", "stttt", "--what", "x", "--to", tmp_path / "a.docx")
    office.start()
    office.run("letter", "incident", "stttt", "--what", "x", "--to", tmp_path / "b.docx")
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
