"""Files as units send them: .docx and .xlsx put together part by part, so that every oddity of a real
one can be made, and the two forms of appendix 2 in them."""

import io
import subprocess
import zipfile
from xml.sax.saxutils import escape

FIRST = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CMT/CCCD", "Chức vụ", "Đơn vị công tác",
         "Nội dung đề nghị"]
SECOND = ["STT", "Thông tin cần thay đổi", "Thông tin mới", "Ghi chú"]
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def package(parts, compress=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compress) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def relationships(*targets):
    return ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            + "".join(f'<Relationship Id="r{i}" Type="{TYPES}/{kind}" Target="{target}"/>'
                      for i, (kind, target) in enumerate(targets, 1)) + "</Relationships>")


# ---------------------------------------------------------------------------------------- .docx

def paragraph(text):
    """Words in runs of their own, as Word leaves them."""
    runs = "".join(f'<w:r><w:t xml:space="preserve">{escape(word)}</w:t></w:r>'
                   for word in text.replace(" ", " \0").split("\0"))
    return f"<w:p>{runs}</w:p>"


def cell(content, span=1, merge=None):
    """content: a text, or a list of paragraphs. merge: "restart" or "" (goes on from above)."""
    texts = [content] if isinstance(content, str) else content
    how = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    if merge is not None:
        how += f'<w:vMerge w:val="{merge}"/>' if merge else "<w:vMerge/>"
    return f"<w:tc><w:tcPr>{how}</w:tcPr>{''.join(map(paragraph, texts))}</w:tc>"


def table(rows):
    """rows: lists of texts, or of ready cells."""
    def one(content):
        return content if content.startswith("<w:tc>") else cell(content)
    return "<w:tbl>" + "".join(f"<w:tr>{''.join(map(one, row))}</w:tr>" for row in rows) + "</w:tbl>"


def docx(*blocks):
    return package({
        "_rels/.rels": relationships(("officeDocument", "word/document.xml")),
        "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body>'
                             + "".join(blocks) + "</w:body></w:document>"})


def letter(rows, header=None, number="12/SNV-VP", place="Bắc Ninh, ngày 15 tháng 6 năm 2022",
           body="SỞ NỘI VỤ", signer=("GIÁM ĐỐC", "Nguyễn Văn Hùng")):
    """A whole letter with form 1 (or the given header) as offices write them: letterhead and
    signature are tables without lines."""
    head = [[cell([body, f"Số: {number}", "V/v đăng ký cấp mới, tạm khóa, hủy bỏ tài khoản"]),
             cell(["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", place])]]
    foot = [[cell(["Nơi nhận:", "- Như trên;", "- Lưu: VT."]),
             cell([signer[0], "(Ký tên, đóng dấu)", "", signer[1]])]]
    return docx(
        table(head),
        paragraph("Kính gửi: Trung tâm Công nghệ thông tin và Truyền thông."),
        paragraph("Căn cứ Quyết định số 06/2022/QĐ-UBND ngày 12 tháng 5 năm 2022 của UBND tỉnh;"),
        paragraph("Sở Nội vụ gửi bản danh sách đăng ký như sau:"),
        table([header or FIRST, *rows]),
        table(foot),
        paragraph("Ghi chú: Nội dung đề nghị là một trong các hình thức: cấp mới, tạm khóa hoặc hủy bỏ."))


# ---------------------------------------------------------------------------------------- .xlsx

def column(number):
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters


class Day(int):
    """A day as a spreadsheet keeps it."""


def value(content, where):
    if isinstance(content, Day):
        return f'<c r="{where}" s="1"><v>{int(content)}</v></c>'
    if isinstance(content, (int, float)):
        return f'<c r="{where}"><v>{content}</v></c>'
    if content.startswith("="):  # a formula with its stored result
        formula, result = content[1:].split("|")
        return f'<c r="{where}" t="str"><f>{escape(formula)}</f><v>{escape(result)}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(content)}</t></is></c>'


def xlsx(rows, merged=()):
    """rows: lists of texts, numbers, Days, "=FORMULA|result"; merged: ranges such as "A3:H3"."""
    lines = []
    for y, row in enumerate(rows, 1):
        cells = "".join(value(content, f"{column(x)}{y}") for x, content in enumerate(row)
                        if content != "")
        lines.append(f'<row r="{y}">{cells}</row>')
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return package({
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{TYPES}"><sheets>'
                           '<sheet name="Danh sách" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(("worksheet", "worksheets/sheet1.xml"),
                                                    ("styles", "styles.xml")),
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
                         '</cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData>'
                                    + (f"<mergeCells>{ranges}</mergeCells>" if ranges else "")
                                    + "</worksheet>"})


# ---------------------------------------------------------------------------------- LibreOffice

def converted(source, kind, folder, *options):
    """The file (a path) as LibreOffice writes it in another format; the new path."""
    subprocess.run(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/lo",
                    *options, "--convert-to", kind, "--outdir", folder, source],
                   check=True, capture_output=True, timeout=180)
    made = folder / f"{source.stem}.{kind.split(':')[0]}"
    assert made.is_file(), "LibreOffice did not write the file"
    return made
