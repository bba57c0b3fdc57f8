"""Markdown tables, and where they go."""


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def put_between_marks(path, mark, text, heading):
    """Replaces what stands between <!-- mark --> and <!-- end of mark -->; makes the section if there is none."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    old = path.read_text() if path.exists() else "# Results\n"
    if begin not in old:
        old += f"\n## {heading}\n\n{begin}{end}"
    before, rest = old.split(begin, 1)
    path.write_text(before + begin + text + end + rest.split(end, 1)[1])


def cost_table(measured):
    """measured: {program: [(raw bytes, its measurement)]}; programs without any are left out."""
    rows = []
    for name, every in measured.items():
        if not every:
            continue
        raw = sum(size for size, _ in every)
        rows.append([name, f"{raw / 1000 / sum(m.compress_seconds for _, m in every):.0f}",
                     f"{raw / 1000 / sum(m.decompress_seconds for _, m in every):.0f}",
                     f"{max(m.compress_memory_bytes for _, m in every) / 2**20:.0f}",
                     f"{max(m.decompress_memory_bytes for _, m in every) / 2**20:.0f}"])
    return table(["program", "compress KB/s", "decompress KB/s", "compress MiB", "decompress MiB"], rows)
