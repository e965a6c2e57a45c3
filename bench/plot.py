# SPDX-License-Identifier: Apache-2.0
"""The CPU-per-request rows of a result as a bar chart (SVG, no library)."""

BAR, GAP, LEFT, WIDTH = 22, 8, 260, 420


def write_svg(result, path):
    rows = [r for r in result["rows"] if r["unit"] == "µs CPU/request"]
    if not rows:
        return
    top = max(r["value"] for r in rows)
    height = len(rows) * (BAR + GAP) + 50
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{height}" '
             'font-family="sans-serif" font-size="13">',
             f'<text x="10" y="20">CPU per request, µs (less is better); {result["date"]}, '
             f'{result["commit"]}</text>']
    for i, r in enumerate(rows):
        y = 35 + i * (BAR + GAP)
        width = r["value"] / top * WIDTH
        colour = "#2a6f4e" if r["subject"].startswith("Zerq") else "#9aa4ad"
        parts.append(f'<text x="10" y="{y + 16}">{r["scenario"]} {r["subject"]}</text>'
                     f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
                     f'<text x="{LEFT + width + 6:.1f}" y="{y + 16}">{r["value"]:.1f}</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n", encoding="utf-8")
