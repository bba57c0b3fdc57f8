"""Makes office files by common tools: office_files.py SOURCES OUT. SOURCES has texts (*.txt), tables (*.csv) and pictures
(*.png, *.jpg); of each kind of file there are several, as far as the packages of this Python reach: docx (python-docx),
xlsx (openpyxl), odt (odfpy), pdf (reportlab), and epub, which needs none."""
import csv
import html
import pathlib
import sys
import zipfile

SOURCES, OUT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
EACH = 3  # files of a kind
XHTML = ('<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head>'
         "<body>\n{body}\n</body></html>\n")
TABLE_ROWS = 2000


def paragraphs(path):
    return [" ".join(part.split()) for part in path.read_text(errors="replace").split("\n\n") if part.strip()]


def written_by(package):
    try:
        __import__(package)
        return True
    except ImportError:
        print(f"office: no {package}", file=sys.stderr)
        return False


def docx(text, pictures, path):
    import docx as library
    document = library.Document()
    document.add_heading(path.stem, 0)
    for i, paragraph in enumerate(paragraphs(text)):
        document.add_paragraph(paragraph)
        if i % 20 == 10 and pictures:
            document.add_picture(str(pictures.pop()), width=library.shared.Inches(4))
    document.save(path)


def xlsx(table, path):
    import openpyxl
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("data")

    def value(cell):
        try:
            return float(cell) if "." in cell else int(cell)
        except ValueError:
            return "".join(c for c in cell if c.isprintable())
    with open(table, newline="", errors="replace") as rows:
        for i, row in enumerate(csv.reader(rows)):
            if i == TABLE_ROWS:
                break
            sheet.append([value(cell) for cell in row])
    book.save(path)


def odt(text, path):
    from odf.opendocument import OpenDocumentText
    from odf.text import P
    document = OpenDocumentText()
    for paragraph in paragraphs(text):
        document.text.addElement(P(text="".join(c for c in paragraph if c.isprintable())))
    document.save(path)


def pdf(text, pictures, path):
    from reportlab import rl_config
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate
    rl_config.useA85 = 0  # as nearly all other writers: bytes, not text
    style = getSampleStyleSheet()["Normal"]
    story = []
    for i, paragraph in enumerate(paragraphs(text)):
        story.append(Paragraph(html.escape(paragraph), style))
        if i % 20 == 10 and pictures:
            story.append(Image(str(pictures.pop()), width=300, height=200))
    SimpleDocTemplate(str(path), pageCompression=1).build(story)


def epub(texts, pictures, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for i, text in enumerate(texts):
            body = "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs(text))
            book.writestr(f"OEBPS/chapter{i}.xhtml", XHTML.format(title=f"Chapter {i}", body=body))
        for picture in pictures:
            book.write(picture, f"OEBPS/{picture.name}")


def main():
    texts, tables = sorted(SOURCES.glob("*.txt")), sorted(SOURCES.glob("*.csv"))
    pictures = sorted([*SOURCES.glob("*.png"), *SOURCES.glob("*.jpg")])
    take = lambda: texts.pop(0)
    OUT.mkdir(exist_ok=True)
    for i in range(EACH):
        if written_by("docx"):
            docx(take(), pictures[i::EACH], OUT / f"report{i}.docx")
        if written_by("odf"):
            odt(take(), OUT / f"letter{i}.odt")
        if written_by("reportlab"):
            pdf(take(), pictures[i::EACH], OUT / f"paper{i}.pdf")
    if written_by("openpyxl"):
        for i, table in enumerate(tables[:EACH]):
            xlsx(table, OUT / f"table{i}.xlsx")
    epub([take(), take()], pictures[:2], OUT / "book.epub")


main()
