#!/usr/bin/env python3
"""Draws docs/figures/*.svg from what the example programs print.

usage: make_figures.py [--check] LEARNING_SLOWDOWN_PROGRAM

The same numbers give the same bytes. --check writes nothing and fails where a figure is not what
the program gives.
"""
import argparse
import pathlib
import subprocess
import sys

FIGURES = pathlib.Path(__file__).resolve().parent.parent / "docs" / "figures"
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 620, 24, 304

# Both themes bring their own background: a viewer that knows neither shows the light one.
STYLE = """
    .back { fill: #ffffff } text { fill: #24292f; font: 14px sans-serif }
    .axis { stroke: #24292f; fill: none } .grid { stroke: #d8dee4; fill: none }
    .squared { stroke: #b34700 } .entropy { stroke: #0060a8 }
    .squared_text { fill: #b34700 } .entropy_text { fill: #0060a8 }
    .curve { fill: none; stroke-width: 2.5 } .dashed { stroke-dasharray: 8 4 }
    @media (prefers-color-scheme: dark) {
      .back { fill: #0d1117 } text { fill: #e6edf3 }
      .axis { stroke: #e6edf3 } .grid { stroke: #30363d }
      .squared { stroke: #ffa657 } .entropy { stroke: #79c0ff }
      .squared_text { fill: #ffa657 } .entropy_text { fill: #79c0ff }
    }
"""


def x_of(step, steps):
    return LEFT + (RIGHT - LEFT) * step / steps


def y_of(output):
    return BOTTOM - (BOTTOM - TOP) * output


def text(x, y, content, anchor="middle", more=""):
    return f'  <text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{content}</text>'


def axes(steps):
    for tick in range(0, 6):
        y = y_of(tick / 5)
        yield f'  <path class="grid" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
        yield text(LEFT - 10, y + 5, f"{tick / 5:.1f}", "end")
    for step in range(0, steps + 1, 50):
        x = x_of(step, steps)
        yield f'  <path class="axis" d="M{x:.1f} {BOTTOM}v6"/>'
        yield text(x, BOTTOM + 22, step)
    yield f'  <path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
    yield text((LEFT + RIGHT) / 2, HEIGHT - 12, "step")
    middle = (TOP + BOTTOM) / 2
    yield text(18, middle, "output (target 0)", more=f' transform="rotate(-90 18 {middle:.1f})"')


def curve(values, name):
    steps = len(values) - 1
    points = " ".join(f"{x_of(i, steps):.1f},{y_of(v):.1f}" for i, v in enumerate(values))
    return f'  <polyline class="curve {name}" points="{points}"/>'


def learning_slowdown(program):
    printed = subprocess.run([program, "--points"], check=True, capture_output=True, text=True)
    rows = [line.split("\t") for line in printed.stdout.splitlines()]
    squared, entropy = ([float(row[k]) for row in rows] for k in (1, 2))
    label = "Output of a neuron that should become 0, by step: with squared error it stays near 1"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{label}">',
        f"  <style>{STYLE}  </style>",
        f'  <rect class="back" width="{WIDTH}" height="{HEIGHT}"/>',
        *axes(len(rows) - 1),
        curve(squared, "squared dashed"),
        curve(entropy, "entropy"),
        text(x_of(120, 300), y_of(0.87), "squared error", more=' class="squared_text"'),
        text(x_of(52, 300), y_of(0.155), "cross-entropy", "start", ' class="entropy_text"'),
        "</svg>", ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("program", type=pathlib.Path)
    args = parser.parse_args()
    drawn, path = learning_slowdown(args.program.resolve()), FIGURES / "learning_slowdown.svg"
    if not args.check:
        path.write_text(drawn, encoding="ascii")
        return 0
    if path.exists() and path.read_text() == drawn:
        return 0
    print(f"{path.name} is not what {args.program.name} gives: draw it again without --check")
    return 1


if __name__ == "__main__":
    sys.exit(main())
