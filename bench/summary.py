"""README's table and picture: one row for each kind of data, lmc beside the best other program, out of docs/results.md."""
import re

import plot
import tools
from report import put_between_marks, table

OURS = "lmc -5"
NOT_PROGRAMS = {"files", "images", "number", "bytes", "raw bytes", "their PNGs", "its search", "beyond, %"}
# What README calls it, the section of results.md, the row there. Rows "ROW, PROGRAM" stand for columns in some sections.
ROWS = [
    ("English prose", "text", "prose"), ("medical texts", "text", "medicine"), ("law", "text", "law"), ("source code", "text", "code"),
    ("logs and tables", "text", "logs and tables"), ("markup and data", "text", "markup and data"), ("seven languages", "text", "languages"),
    ("photographs", "image", "photo"), ("drawings", "image", "graphics"), ("screenshots", "image", "screenshot"),
    ("science, 8 bits", "image", "sci8"), ("PNG files by libdeflate", "deflate", "libdeflate -6"), ("JPEG files", "jpeg", "quality 90"),
    ("docx, xlsx, odt, pdf, epub", "office", "each of them alone"), ("speech", "audio", "speech"), ("music", "audio", "music"),
    ("video", "video", "all"),
]


def tables(text, mark):
    """The rows of every table of a section, each a dict by the names in the table's head; its first column is 'row'."""
    found = re.search(f"<!-- bench {mark} -->\n(.*?)<!-- end of bench {mark} -->", text, re.S)
    head, rows = None, []
    for line in found[1].splitlines() if found else []:
        cells = [cell.strip() for cell in line.strip("| ").split("|")] if line.startswith("|") else None
        if cells is None:
            head = None
        elif head is None:
            head = ["row", *cells[1:]]
        elif not set(line) <= set("|-: "):
            rows.append(dict(zip(head, cells)))
    return rows


def sizes(text, mark, row):
    """(bytes of the data, {program: bytes}); None if results.md has no such row."""
    rows = tables(text, mark)
    for cells in rows:
        if cells["row"] == row and OURS in cells:
            raw = cells.get("raw bytes") or cells["bytes"]
            programs = {name: int(size) for name, size in cells.items() if name not in NOT_PROGRAMS and re.fullmatch(r"\d+", size)}
            return int(raw), programs
    raw = next((cells["bytes"] for cells in rows if cells["row"].startswith(row + ": ")), None)
    programs = {cells["row"].removeprefix(row + ", "): int(cells["bytes"]) for cells in rows
                if cells["row"].startswith(row + ", ") and cells["row"].count(", ") == 1}
    return (int(raw), programs) if raw and OURS in programs else None


def run(arguments):
    text = (tools.ROOT / "docs/results.md").read_text()
    rows, bars = [], {}
    for name, mark, row in ROWS:
        found = sizes(text, mark, row)
        if found is None:
            print(f"bench: docs/results.md has no row '{row}' in the section '{mark}' yet")
            continue
        raw, programs = found
        other = min((p for p in programs if not p.startswith("lmc")), key=programs.get)
        ours = programs[OURS]
        rows.append([name, f"{raw:,}", other, f"{programs[other]:,}", f"{ours:,}", f"**{ours / programs[other]:.2f}**"])
        bars[name] = (programs[other] / raw, ours / raw, other)
    out = table(["data", "bytes", "best other program", "its bytes", OURS, "of it"], rows) + "\n"
    print(out)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "README.md", "measured", out, "Measured")
        plot.write_shares(tools.ROOT / "docs/summary.svg", bars)
