#!/usr/bin/env python3
"""Runs the benchmarks and writes bench/results/rows.json and its part of docs/performance.md
(./dev bench). --check runs nothing: is the page what the results say?

Every kernel is timed in turns with what memory alone takes for the same buffers (bench/stream.h), in
one process; the number that counts is the ratio of the medians.
"""
import json
import statistics
import subprocess
import sys

import measured
from measured import ROOT

RESULTS = ROOT / "bench" / "results" / "rows.json"
PAGE = ROOT / "docs" / "performance.md"
FLOOR = {"loss": "read", "gradient_in_place": "update", "gradient": "copy"}
REPETITIONS = 9
LEAST_BYTES = 1 << 16  # below, what memory takes is less than what a call or a clock does


def machine(context, load):
    return {
        **measured.machine(),
        "cores": context["num_cpus"],
        "highway": measured.first_line("pkg-config", "--modversion", "libhwy"),
        "simd": context["simd"],
        "date": context["date"][:10],
        "load_at_start": load,
    }


def run():
    done = subprocess.run(
        [ROOT / "build" / "bench" / "bench_rows", "--benchmark_format=json",
         "--benchmark_min_time=0.03", f"--benchmark_repetitions={REPETITIONS}",
         "--benchmark_enable_random_interleaving=true"],
        stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("bench: bench_rows failed")
    return json.loads(done.stdout)


def medians(report):
    """{(type, rows, classes, threads): {operation: (median ms, spread)}}; spread: half the
    interquartile range over the median."""
    times = {}
    for b in report["benchmarks"]:
        if b["run_type"] != "iteration":
            continue
        if b.get("error_occurred"):
            sys.exit(f"bench: {b['name']}: {b['error_message']}")
        operation, kind, *numbers = b["run_name"].split("/")[:5]
        key = (kind, *map(int, numbers))
        scale = {"ns": 1e-6, "us": 1e-3, "ms": 1.0}[b["time_unit"]]
        times.setdefault(key, {}).setdefault(operation, []).append(b["real_time"] * scale)
    found = {}
    for key, operations in times.items():
        found[key] = {}
        for operation, values in operations.items():
            q1, q2, q3 = statistics.quantiles(values, n=4)
            found[key][operation] = (q2, (q3 - q1) / 2 / q2)
    return found


def rows_of(found):
    for (kind, rows, classes, threads), operations in found.items():
        size = {"f32": 4, "bf16": 2}[kind] * rows * classes
        row = {"type": kind, "rows": rows, "classes": classes, "threads": threads, "bytes": size}
        for operation, (time, spread) in operations.items():
            row[operation] = {"ms": round(time, 7), "spread": round(spread, 3)}
            if operation in FLOOR:
                row[operation]["ratio"] = round(time / operations[FLOOR[operation]][0], 3)
        yield row


def page(info, rows):
    yield ""
    yield "Written by `./dev bench`; the numbers are also in `bench/results/rows.json`."
    yield ""
    yield (f"{measured.in_words(info)}; Highway {info['highway']}, SIMD target {info['simd']}; "
           f"{info['date']}, load {info['load_at_start']:.2f} at the start.")
    yield ""
    yield ("Each kernel is timed in turns with what memory alone takes for the same buffers: reading "
           "them (for the loss), reading and writing them (gradient in place), copying them "
           "(gradient into another buffer that was touched before). The floors prefetch 2 KB ahead "
           f"and use the widest vectors. Medians of {REPETITIONS} interleaved repetitions, in ms; "
           f"x is the ratio to the floor, from {LEAST_BYTES >> 10} KiB on. A buffer that fits into a cache has a floor far below "
           "memory's: there the ratio measures arithmetic.")
    if info["load_at_start"] > 0.5:
        yield ""
        yield ("**The machine was busy when this ran**: the times, and the ratios on several threads, "
               "are worse than they are on an idle one. Run `./dev bench` again.")
    for threads in sorted({r["threads"] for r in rows}):
        yield ""
        yield f"### {threads} thread{'s' if threads > 1 else ''}"
        yield ""
        yield ("| logits | MB | read | loss | x | read + write | gradient in place | x | copy "
               "| gradient | x |")
        yield "|---|---|---|---|---|---|---|---|---|---|---|"
        for r in rows:
            if r["threads"] != threads:
                continue
            cells = [f"[{r['rows']}, {r['classes']}] {r['type']}", f"{r['bytes'] / 1e6:.1f}"]
            for operation, floor in FLOOR.items():
                cells += [f"{r[floor]['ms']:.3g}", f"{r[operation]['ms']:.3g}",
                          f"{r[operation]['ratio']:.2f}" if r["bytes"] >= LEAST_BYTES else ""]
            yield "| " + " | ".join(cells) + " |"
    worst = max(r[o]["spread"] for r in rows for o in [*FLOOR, *FLOOR.values()])
    yield ""
    yield (f"Half the interquartile range was at most {100 * worst:.0f} % of the median. "
           "`build/bench/bench_stream` shows the bandwidth by buffer size.")


def main():
    check = sys.argv[1:] == ["--check"]
    if check:
        found = json.loads(RESULTS.read_text())
    else:
        load, report = measured.load(), run()
        rows = sorted(rows_of(medians(report)),
                      key=lambda r: (r["threads"], r["type"] != "f32", r["bytes"]))
        found = {"machine": machine(report["context"], load), "rows": rows}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    lines = list(page(found["machine"], found["rows"]))
    measured.write_part(PAGE, "rows", lines, check)
    if not check:
        print(*lines, sep="\n")


if __name__ == "__main__":
    main()
