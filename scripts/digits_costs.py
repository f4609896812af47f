#!/usr/bin/env python3
"""Squared error against cross-entropy on the digits over 20 seeds and a grid of rates; writes
bench/results/digits_costs.json and the table in docs/why-cross-entropy.md (./dev bench --digits).

usage: digits_costs.py [--check]      --check runs nothing: is the table what the results say?
"""
import json
import statistics
import subprocess
import sys

import measured
from measured import ROOT

RESULTS = ROOT / "bench" / "results" / "digits_costs.json"
PAGE = ROOT / "docs" / "why-cross-entropy.md"
SEEDS = 20


def run():
    """[{cost, rate, accuracy: [of every seed]}]"""
    done = subprocess.run([ROOT / "build" / "bench" / "digits_costs", ROOT / "data" / "digits.csv",
                           str(SEEDS)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("digits_costs: the program failed")
    found = {}
    for line in done.stdout.splitlines():
        cost, rate, _seed, accuracy = line.split(", ")
        found.setdefault((cost, float(rate)), []).append(round(float(accuracy), 6))
    return [{"cost": c, "rate": r, "accuracy": a} for (c, r), a in found.items()]


def mean(row):
    return statistics.mean(row["accuracy"])


def table(rows):
    best = {cost: max((r for r in rows if r["cost"] == cost), key=mean)
            for cost in {r["cost"] for r in rows}}
    yield "| cost | rate | right of the 797 test rows | worst seed |"
    yield "|---|---|---|---|"
    for row in rows:
        mark = "**" if row is best[row["cost"]] else ""
        spread = statistics.stdev(row["accuracy"])
        yield (f"| {row['cost']} | {row['rate']:g} | {mark}{mean(row):.3f} +- {spread:.3f}{mark} "
               f"| {min(row['accuracy']):.3f} |")


def page(rows):
    yield ""
    yield from table(rows)
    yield ""
    yield (f"Mean and standard deviation over {len(rows[0]['accuracy'])} seeds of the accuracy after the "
           "last epoch; the best rate of each cost is in bold. Written by `./dev bench --digits` "
           "([the program](../bench/train/digits_costs.cc)); every seed's number is in "
           "`bench/results/digits_costs.json`.")
    yield ""


def main():
    check = sys.argv[1:] == ["--check"]
    if check:
        rows = json.loads(RESULTS.read_text())
    else:
        rows = run()
        RESULTS.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    measured.write_part(PAGE, "digits_costs", list(page(rows)), check)
    if not check:
        print(*table(rows), sep="\n")


if __name__ == "__main__":
    main()
