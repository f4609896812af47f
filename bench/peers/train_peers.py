#!/usr/bin/env python3
"""Times training beside PyTorch and scikit-learn; writes bench/results/training.json and its part of
docs/performance.md (./dev bench --peers).

usage: train_peers.py [--check] [--quick]

Every program of a workload is a process of its own; they take turns, one training at a time, so a busy
machine slows all. --quick: two repetitions, nothing is written. --check runs nothing: is the page what
the results say?
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import train_worker
from train_page import page
from shared import measured
from train_worker import ROOT, SYNTHETIC

RESULTS = ROOT / "bench" / "results" / "training.json"
PAGE = ROOT / "docs" / "performance.md"
OURS = "crossent"
# On a busy machine a workload ends early, so that all of it stays within ten minutes.
MOST_SECONDS, LEAST_REPETITIONS = 90, 3
# Thread pools of the program that ran last spin on for a while; then a training wakes the caches
# again, and the one after it is timed.
REST_SECONDS = 0.15

# `peers`: how many times crossent's time theirs is to be, at least; None: shown beside.
MLP = {"data": "digits", "scale": 1 / 16, "type": "f32", "optimizer": "adam", "hidden": 128,
       "rate": 0.001, "epochs": 1, "repetitions": 25, "warm_ups": 3, "burst": 2}
REGRESSION = {"warm_ups": 1, "scale": 1, "type": "f64", "optimizer": "lbfgs", "tolerance": 1e-6,
              "peers": {"LogisticRegression": 3}}
WORKLOADS = [
    {**MLP, "name": "digits 64-128-10, batch 32", "batch": 32,
     "peers": {"PyTorch": 3, "PyTorch, fused Adam": None, "MLPClassifier": 3}},
    {**MLP, "name": "digits 64-128-10, batch 1024", "batch": 1024,
     "peers": {"PyTorch": 1.2, "PyTorch, fused Adam": None, "MLPClassifier": None}},
    {**REGRESSION, "name": "softmax regression, digits", "data": "digits", "scale": 1 / 16,
     "l2": 1 / 1797, "repetitions": 15, "burst": 2},
    {**REGRESSION, "name": "softmax regression, 200 000 x 100", "data": "synthetic", "l2": 5e-6,
     "repetitions": 5},
]
SCALING = {**REGRESSION, "data": "synthetic", "l2": 5e-6, "tolerance": 0, "epochs": 20,
           "repetitions": 7}
SCALING_ROWS = (20000, 200000)


def environment(threads):
    """The threads of every library; nothing else that steers BLAS."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    return env


class Program:
    """A process that trains once for every line it is given."""

    def __init__(self, name, workload, threads):
        self.name, self.workload, self.threads, self.runs = name, workload, threads, []
        self.weights = ROOT / "build" / "bench" / f"weights-{threads}.f64"
        self.process = subprocess.Popen(
            self.ours() if name == OURS else
            [sys.executable, train_worker.__file__, name, json.dumps(workload), str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads))

    def ours(self):
        w = self.workload
        files = {"data": ROOT / "data" / "digits.csv", "target": "label"}
        if w["data"] == "synthetic":
            files = {"data": str(SYNTHETIC).format("x"), "target": str(SYNTHETIC).format("y")}
        names = ("scale", "type", "rows", "hidden", "optimizer", "batch", "epochs", "rate", "l2",
                 "tolerance")
        words = {**files, **{n: w[n] for n in names if n in w}, "threads": self.threads,
                 "weights": self.weights}
        return [ROOT / "build" / "bench" / "train_workload",
                *(f"{name}={value}" for name, value in words.items())]

    def turn(self):
        time.sleep(REST_SECONDS)
        for _ in range(self.workload.get("burst", 1)):
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            if not line:
                sys.exit(f"train_peers: {self.name} failed in {self.workload['name']}")
        self.runs.append(json.loads(line))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def judged(program, x, y):
    """What crossent's last network scores, by the same code that judges its peers."""
    import numpy

    flat = numpy.fromfile(program.weights)
    sizes = [x.shape[1], *([program.workload["hidden"]] if "hidden" in program.workload else []),
             int(y.max()) + 1]
    weights, biases, at = [], [], 0
    for rows, cols in zip(sizes, sizes[1:]):
        weights.append(flat[at:at + rows * cols].reshape(rows, cols))
        at += rows * cols
    for cols in sizes[1:]:
        biases.append(flat[at:at + cols])
        at += cols
    return train_worker.judge(program.workload, x, y, weights, biases)


def summary(program):
    def middle(key):
        return statistics.median(r[key] for r in program.runs)

    seconds = sorted(r["seconds"] for r in program.runs)
    q1, q2, q3 = statistics.quantiles(seconds, n=4)
    row = {"workload": program.workload["name"], "program": program.name,
           "threads": program.threads, "ms": 1e3 * q2, "spread": (q3 - q1) / 2 / q2,
           "least_ms": 1e3 * seconds[0], "cpu_ms": 1e3 * middle("cpu_seconds"),
           "epochs": middle("epochs"), "cross_entropy": middle("cross_entropy"),
           "repetitions": len(seconds)}
    for key in ("objective", "largest_gradient", "gradient_norm"):
        if key in program.runs[-1]:
            row[key] = program.runs[-1][key]
    if "memory_beyond" in program.runs[-1]:
        row["simd"] = program.runs[-1]["simd"]
        row["data_bytes"] = program.runs[-1]["data_bytes"]
        row["memory_beyond"] = max(r["memory_beyond"] for r in program.warm_ups + program.runs)
    return row


def take_turns(programs, repetitions):
    for _ in range(programs[0].workload["warm_ups"]):
        for program in programs:
            program.turn()
    for program in programs:
        program.warm_ups, program.runs = program.runs, []
    start = time.monotonic()
    for done in range(repetitions):
        if done >= LEAST_REPETITIONS and time.monotonic() - start > MOST_SECONDS:
            break
        for program in programs:
            program.turn()


def measure(workload, threads, quick):
    repetitions = 2 if quick else workload["repetitions"]
    x, y = train_worker.load(workload)
    programs = [Program(name, workload, t) for t in threads for name in (OURS, *workload["peers"])]
    take_turns(programs, repetitions)
    rows = []
    for program in programs:
        program.end()
        if program.name == OURS:
            program.runs[-1].update(judged(program, x, y))
        rows.append(summary(program))
    for row in rows:
        goal = workload["peers"].get(row["program"])
        ours = next(r for r in rows if r["program"] == OURS and r["threads"] == row["threads"])
        row["ratio"] = row["ms"] / ours["ms"]
        if goal:
            row["goal"] = goal
    return rows


def measure_scaling(quick):
    """The same number of iterations for ten times the rows."""
    programs = [Program(OURS, {**SCALING, "name": f"{rows} rows", "rows": rows}, 1)
                for rows in SCALING_ROWS]
    take_turns(programs, 2 if quick else SCALING["repetitions"])
    for program in programs:
        program.end()
    return [summary(p) for p in programs]


def make_synthetic():
    """Features of unlike size and labels drawn from a softmax of them; the same for every program."""
    import numpy

    random = numpy.random.default_rng(1)
    rows, features, classes = 200000, 100, 10
    x = random.standard_normal((rows, features)) * numpy.logspace(0, -1, features)
    p = numpy.exp(x @ random.standard_normal((features, classes)))
    y = (p.cumsum(axis=1) < random.random((rows, 1)) * p.sum(axis=1, keepdims=True)).sum(axis=1)
    numpy.save(str(SYNTHETIC).format("x"), x)
    numpy.save(str(SYNTHETIC).format("y"), y.astype(numpy.int64))


def run(quick):
    make_synthetic()
    worker = [sys.executable, train_worker.__file__]
    versions = json.loads(subprocess.run([*worker, "versions"], env=environment(1), check=True,
                                         stdout=subprocess.PIPE, text=True).stdout)
    cores = len(os.sched_getaffinity(0))
    info = {**measured.machine(), "cores": cores, "python": sys.version.split()[0], **versions,
            "date": datetime.date.today().isoformat(), "load_at_start": measured.load()}
    rows = []
    for workload in WORKLOADS:
        print(f"{workload['name']} ..", flush=True)
        rows += measure(workload, [1, 2] if cores > 1 else [1], quick)
    info["load_at_end"] = round(os.getloadavg()[0], 2)
    return {"machine": info, "rows": rows, "scaling": measure_scaling(quick)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        found = json.loads(RESULTS.read_text())
    else:
        found = run(arguments.quick)
        if not arguments.quick:
            RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    lines = list(page(found))
    if not arguments.quick:
        measured.write_part(PAGE, "training", lines, arguments.check)
    if not arguments.check:
        print(*lines, sep="\n")


if __name__ == "__main__":
    main()
