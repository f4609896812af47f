"""Draws how near the programs come to memory's pace, from the results of row_peers.py (SVG)."""
from row_judge import Results
from row_work import COMPILED, EAGER, FLOOR, JAX, ONEDNN, OURS

PROGRAMS = [(OURS, "ours"), (COMPILED, "compiled"), (ONEDNN, "dnn"), (JAX, "jax"), (EAGER, "eager")]
PANELS = [("loss", "loss"), ("in_place", "loss + gradient")]
LEFT, PANEL, GAP, TOP, BAR, ROW = 280, 250, 60, 84, 8, 53

# Both themes bring their own background: a viewer that knows neither shows the light one.
STYLE = """
    .back { fill: #ffffff } text { fill: #24292f; font: 13px sans-serif }
    .grid { stroke: #d8dee4; fill: none }
    .ours { fill: #0060a8 } .compiled { fill: #b34700 } .dnn { fill: #8250df }
    .jax { fill: #6a8f2f } .eager { fill: #8a8f98 }
    @media (prefers-color-scheme: dark) {
      .back { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d }
      .ours { fill: #79c0ff } .compiled { fill: #ffa657 } .dnn { fill: #d2a8ff }
      .jax { fill: #a5d36b } .eager { fill: #8b949e }
    }
"""


def text(x, y, content, anchor="start"):
    return f'  <text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{content}</text>'


def share(results, row, program, operation):
    """Percent of memory's pace; a peer's gradient is the fastest that it offers."""
    floor = results.of(row, operation=FLOOR[operation])
    if program == OURS:
        done = results.of(row, operation=operation)
    else:
        done = next((p for p in results.peers({**row, "operation": operation})
                     if p["program"] == program), None)
    return 100 * floor["ms"] / done["ms"] if floor and done else None


def works(results, threads):
    """One row of each work with a floor and both operations, in the order of the results."""
    found = {}
    for row in results.ours(OURS):
        wanted = row["data"] == "random" and row["threads"] == threads
        if wanted and row["operation"] == "in_place" and results.floor(row):
            found.setdefault(row["work"], row)
    return list(found.values())


def panel(results, rows, k):
    operation, title = PANELS[k]
    begin = LEFT + k * (PANEL + GAP)
    bottom = TOP + ROW * len(rows)
    yield text(begin, TOP - 26, title)
    for percent in range(0, 101, 25):
        x = begin + PANEL * percent / 100
        yield f'  <path class="grid" d="M{x:.1f} {TOP - 6}V{bottom}"/>'
        yield text(x, TOP - 10, f"{percent} %", "middle")
    for i, row in enumerate(rows):
        for j, (program, style) in enumerate(PROGRAMS):
            percent = share(results, row, program, operation)
            if percent is None:
                continue
            y = TOP + ROW * i + 4 + j * (BAR + 1)
            width = PANEL * min(percent, 100) / 100
            yield (f'  <rect class="{style}" x="{begin}" y="{y}" width="{width:.1f}" height="{BAR}">'
                   f"<title>{program}: {percent:.0f} %</title></rect>")


def figure(found):
    results = Results(found["rows"])
    threads = max(r["threads"] for r in found["rows"])
    rows = works(results, threads)
    width, height = LEFT + 2 * PANEL + 2 * GAP, TOP + ROW * len(rows) + 40
    label = f"Share of memory's pace per work, {threads} threads: crossent and its peers"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             f'width="{width}" height="{height}" role="img" aria-label="{label}">',
             f"  <style>{STYLE}  </style>",
             f'  <rect class="back" width="{width}" height="{height}"/>',
             text(12, 24, f"Share of memory's pace: what memory takes over what the program takes, "
                          f"{threads} threads, random data")]
    for i, row in enumerate(rows):
        lines.append(text(12, TOP + ROW * i + 30, row["work"]))
    for k in range(len(PANELS)):
        lines += panel(results, rows, k)
    x = LEFT
    for program, style in PROGRAMS:
        lines.append(f'  <rect class="{style}" x="{x}" y="{height - 24}" width="12" height="12"/>')
        lines.append(text(x + 18, height - 13, program))
        x += 120
    return "\n".join([*lines, "</svg>", ""])
