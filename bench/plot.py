"""A picture of size against speed, as SVG written by hand: no library needed."""
import math

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 60, 40, 90, 50


def write(path, points):
    """points: {program: (KB/s, size relative to a base program)}; speed on a logarithmic axis."""
    speeds, sizes = [p[0] for p in points.values()], [p[1] for p in points.values()]
    low, high = math.floor(math.log10(min(speeds))), math.ceil(math.log10(max(speeds)))
    bottom, top = math.floor(min(sizes) * 10) / 10, math.ceil(max(sizes) * 10) / 10

    def x(speed):
        return LEFT + (math.log10(speed) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(size):
        return TOP + (top - size) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="13"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
           f'<text x="{LEFT}" y="20">size relative to zpaq -m5, mean of the groups: lower is better</text>']
    for power in range(low, high + 1):
        out.append(f'<path d="M{x(10 ** power):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
                   f'<text x="{x(10 ** power):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10 ** power:g}</text>')
    for tenth in range(round(bottom * 10), round(top * 10) + 1):
        out.append(f'<path d="M{LEFT} {y(tenth / 10):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{y(tenth / 10) + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>')
    for name, (speed, size) in points.items():
        colour = "#c22" if name.startswith("lmc") else "#36c"
        out.append(f'<circle cx="{x(speed):.1f}" cy="{y(size):.1f}" r="5" fill="{colour}"/>'
                   f'<text x="{x(speed) + 9:.1f}" y="{y(size) + 4:.1f}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">KB/s, compressing and restoring</text></svg>')
    path.write_text("\n".join(out) + "\n")


BLUES, REDS = ("#acd", "#79c", "#57b", "#36c", "#248", "#124"), ("#e99", "#d55", "#c22", "#811")


def bar_colours(names):
    """lmc in reds, the others in blues, in their order from light to dark."""
    ours = [name for name in names if name.startswith("lmc")]
    others = [name for name in names if name not in ours]
    return {**{name: BLUES[min(i, len(BLUES) - 1)] for i, name in enumerate(others)},
            **{name: REDS[min(i, len(REDS) - 1)] for i, name in enumerate(ours)}}


def write_bars(path, groups, base, highest=2.0):
    """groups: {group: {program: bytes relative to those of the base program}}; what is above the highest is cut and says so."""
    colours = bar_colours(list(dict.fromkeys(name for ratios in groups.values() for name in ratios)))
    top, right = TOP + 40, 20
    top_value = min(highest, max(max(ratios.values()) for ratios in groups.values()))
    top_value = math.ceil(top_value * 4) / 4
    group_width = (WIDTH - LEFT - right) / len(groups)

    def y(size):
        return top + (top_value - min(size, top_value)) / top_value * (HEIGHT - top - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="13"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
           f'<text x="{LEFT}" y="20">size relative to {base}, by kind of image: lower is better</text>']
    for quarter in range(round(top_value * 4) + 1):
        out.append(f'<path d="M{LEFT} {y(quarter / 4):.1f}H{WIDTH - right}" stroke="{"#999" if quarter == 4 else "#ddd"}"/>'
                   f'<text x="{LEFT - 8}" y="{y(quarter / 4) + 4:.1f}" text-anchor="end">{quarter / 4:.2f}</text>')
    for place, (name, colour) in enumerate(colours.items()):
        x = LEFT + place * (WIDTH - LEFT - right) / len(colours)
        out.append(f'<rect x="{x:.1f}" y="32" width="10" height="10" fill="{colour}"/>'
                   f'<text x="{x + 14:.1f}" y="42" font-size="12">{name}</text>')
    for place, (group, ratios) in enumerate(groups.items()):
        left, width = LEFT + place * group_width, group_width * 0.84 / len(ratios)
        out.append(f'<text x="{left + group_width / 2:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{group}</text>')
        for i, (name, size) in enumerate(ratios.items()):
            x = left + group_width * 0.08 + i * width
            out.append(f'<rect x="{x:.1f}" y="{y(size):.1f}" width="{width - 1:.1f}" height="{y(0) - y(size):.1f}" '
                       f'fill="{colours[name]}"/>')
            if size > top_value:
                out.append(f'<text x="{x + width / 2:.1f}" y="{top - 4}" text-anchor="middle" font-size="9">{size:.1f}</text>')
    path.write_text("\n".join([*out, "</svg>"]) + "\n")


def write_shares(path, rows):
    """rows: {kind of data: (the best other program's bytes, ours, both of the raw bytes, that program's name)}, as two bars each."""
    left, step, right = 190, 34, 110
    height = TOP + step * len(rows) + 10
    scale = (WIDTH - left - right) / max(max(other, ours) for other, ours, _ in rows.values())
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
           f'font-size="13"><rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="{left}" y="24" fill="{REDS[2]}">lmc -5</text><text x="{left + 60}" y="24" fill="{BLUES[3]}">the best other program</text>'
           f'<text x="{left + 220}" y="24">compressed size of the raw size: shorter is better</text>']
    for place, (name, (other, ours, program)) in enumerate(rows.items()):
        y = TOP + place * step
        out.append(f'<text x="{left - 10}" y="{y + 17}" text-anchor="end">{name}</text>')
        for offset, share, colour, label in ((0, ours, REDS[2], f"{ours:.3f}"), (13, other, BLUES[1], f"{other:.3f} {program}")):
            out.append(f'<rect x="{left}" y="{y + offset}" width="{share * scale:.1f}" height="12" fill="{colour}"/>'
                       f'<text x="{left + share * scale + 6:.1f}" y="{y + offset + 10}" font-size="11">{label}</text>')
    path.write_text("\n".join([*out, "</svg>"]) + "\n")
