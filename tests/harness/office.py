"""What stands in the documents that the program makes, read with nothing of the program's: the
archive by zipfile, the XML by ElementTree; and as a page by LibreOffice and Poppler."""

import io
import re
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def parts(content):
    """{name: parsed XML} of a package; every part must be well-formed and bear the fixed date."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}


def text_of(element):
    """A paragraph's text, line breaks as blanks."""
    found = []
    for piece in element.iter():
        if piece.tag == WORD + "t":
            found.append(piece.text or "")
        elif piece.tag == WORD + "br":
            found.append(" ")
    return "".join(found)


class Document:
    """A .docx: .paragraphs outside tables, .tables as rows of cells' texts."""

    def __init__(self, content):
        self.parts = parts(content)
        self.body = self.parts["word/document.xml"].find(WORD + "body")
        self.paragraphs = [text_of(p) for p in self.body.findall(WORD + "p")]
        self.tables = [[[" ".join(filter(None, map(text_of, cell.iter(WORD + "p"))))
                         for cell in row.findall(WORD + "tc")]
                        for row in table.findall(WORD + "tr")]
                       for table in self.body.findall(WORD + "tbl")]

    @property
    def text(self):
        return "\n".join(self.paragraphs + [" | ".join(row) for table in self.tables for row in table])


def sheets(content):
    """{name of the sheet: rows of cells} of an .xlsx; numbers as they stand, text as text."""
    there = parts(content)
    names = [s.get("name") for s in there["xl/workbook.xml"].iter(SHEET + "sheet")]
    found = {}
    for number, name in enumerate(names, 1):
        rows = []
        for row in there[f"xl/worksheets/sheet{number}.xml"].iter(SHEET + "row"):
            cells = {}
            for cell in row.findall(SHEET + "c"):
                assert cell.find(SHEET + "f") is None, "a formula"
                letters = re.match(r"[A-Z]+", cell.get("r"))[0]
                column = sum((ord(c) - 64) * 26 ** i for i, c in enumerate(reversed(letters))) - 1
                cells[column] = "".join(t.text or "" for t in cell.iter(SHEET + "t")) \
                    if cell.get("t") == "inlineStr" else float(cell.find(SHEET + "v").text)
            rows.append([cells.get(i, "") for i in range(max(cells, default=-1) + 1)])
        found[name] = rows
    return found


def pdf(document, folder):
    """The .docx (a path) as LibreOffice prints it; the path of the PDF."""
    subprocess.run(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/lo",
                    "--convert-to", "pdf", "--outdir", folder, document],
                   check=True, capture_output=True, timeout=180)
    made = folder / (document.stem + ".pdf")
    assert made.is_file(), "LibreOffice did not open the document"
    return made


def pages(made):
    """The text of each page of a PDF, as it stands on the page."""
    text = subprocess.run(["pdftotext", "-layout", made, "-"], check=True, capture_output=True,
                          text=True, timeout=60).stdout
    return text.split("\f")[:-1]
