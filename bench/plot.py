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
