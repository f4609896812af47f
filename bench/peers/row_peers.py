#!/usr/bin/env python3
"""Times the row operations beside memory and their peers; writes bench/results/peers.json, its part
of docs/performance.md and docs/figures/share_of_floor.svg (./dev bench --peers).

usage: row_peers.py [--check | --quick [--strict]] [--only TEXT] [--rounds N]

Every program is a process of its own, once with one thread and once with all; they take turns, so
a busy machine slows all. --quick: crossent and memory alone, compared with the results of the same
machine, what is slower once more; nothing is written, and --strict makes a slower kernel exit
status 1. --only: the works
whose name contains TEXT, nothing is written. --check runs nothing: is the page what results say?
"""
import argparse
import datetime
import json
import os
import random
import statistics
import sys
import tempfile
import time

import row_compare
import row_figure
import row_page
import row_work
from row_work import COLD, COMPILED, FLOOR
from shared import measured
from train_worker import ROOT

RESULTS = ROOT / "bench" / "results" / "peers.json"
PAGE = ROOT / "docs" / "performance.md"
FIGURE = ROOT / "docs" / "figures" / "share_of_floor.svg"
REST_SECONDS = 0.02  # thread pools of the program that ran last spin on for a while
TURN_SECONDS, MOST_CALLS, LONG_SECONDS = 0.02, 1000, 0.1
# Seconds a work, least and most turns: a slow work has fewer, so that all stays within its time.
FULL, QUICK = (25, 5, 15), (3, 3, 7)
COLD_STARTS = 3


class Task:
    """One operation of one program, and the times of its turns."""

    def __init__(self, program, operation):
        self.program, self.operation = program, operation
        self.seconds, self.turns, self.failed, self.errors = 0.0, [], None, {}

    def command(self, calls):
        return f"run operation={self.operation} calls={calls}"

    def take(self, reply):
        """The median of the calls of a turn; the first of several wakes caches and threads."""
        if "nanoseconds" not in reply:
            self.failed = reply
            return
        times = reply["nanoseconds"]
        self.seconds = 1e-9 * statistics.median(times[1:] or times)

    def calls(self):
        if self.seconds > LONG_SECONDS:
            return 1
        return 1 + max(1, min(MOST_CALLS, int(TURN_SECONDS / max(self.seconds, 1e-9))))

    def turn(self):
        time.sleep(REST_SECONDS)
        self.take(self.program.ask(self.command(self.calls())))
        if not self.failed:
            self.turns.append(self.seconds)


def warm_up(tasks):
    """Compilers run beside each other, everything else alone."""
    compiling = [t for t in tasks if t.program.name == COMPILED]
    for operation in dict.fromkeys(t.operation for t in compiling):
        now = [t for t in compiling if t.operation == operation]
        for task in now:
            task.program.send(task.command(1))
        for task in now:
            task.take(task.program.receive())
    for task in tasks:
        if not task.failed:
            task.take(task.program.ask(task.command(2)))


def take_turns(tasks, seconds, least, most):
    tasks = [t for t in tasks if not t.failed]
    cost = sum(t.seconds * t.calls() + REST_SECONDS for t in tasks)
    rounds = min(most, max(least, int(seconds / max(cost, 1e-9))))
    order = random.Random(1)
    for _ in range(rounds):
        order.shuffle(tasks)
        for task in tasks:
            if not task.failed:
                task.turn()


def check_answer(task, work, answer):
    """How far the answer of a timed operation is from the exact one."""
    import row_data

    path = row_data.FOLDER / f"gradient-{os.getpid()}.bin"
    path.write_bytes(b"")
    reply = task.program.ask(f"answer operation={task.operation} every={answer['every']} "
                             f"path={path.relative_to(ROOT)}")
    if "mean" not in reply:
        task.failed = reply
    else:
        task.errors["loss_error"] = abs(reply["mean"] - answer["mean"]) / abs(answer["mean"])
        if task.operation not in ("loss", "eval"):
            task.errors["gradient_error"] = row_data.gradient_error(work, answer, path)
    path.unlink()


def spread(values):
    """Half the interquartile range over the median."""
    if len(values) < 2:
        return 0.0
    q1, q2, q3 = statistics.quantiles(values, n=4)
    return (q3 - q1) / 2 / q2


def digits(value, n):
    return float(f"{value:.{n}g}")


def summary(task, work):
    row = {"work": work["name"], "data": work["data"], "threads": task.program.threads,
           "program": task.program.name, "operation": task.operation}
    if task.failed:
        word, why = next(iter(task.failed.items()))
        return {**row, "without": f"{'failed' if word == 'error' else word}: {why}"}
    return {**row, "ms": digits(1e3 * statistics.median(task.turns), 6),
            "spread": round(spread(task.turns), 4), "repetitions": len(task.turns),
            **{name: digits(error, 3) for name, error in task.errors.items()}}


def measure(work, programs, threads, pool, settings):
    import row_data

    pool.drop()
    work["files"], answer = row_data.write(work)
    tasks = []
    for name in work["programs"]:
        for count in threads if name in programs else []:
            program = pool.get(name, count, work)
            reply = program.load(work)
            new = [Task(program, o) for o in row_work.operations(name, work)]
            for task in new:
                task.failed = reply if {"missing", "error"} & reply.keys() else None
            tasks += new
    row_data.remove(work)
    warm_up([t for t in tasks if not t.failed])
    take_turns(tasks, *settings)
    for task in tasks:
        if not task.failed and task.operation not in FLOOR.values():
            check_answer(task, work, answer)
    return [summary(task, work) for task in tasks]


def measure_cold(programs, threads):
    """The first call of a fresh process, its data in memory already."""
    import row_data
    from row_program import Program

    work = next(w for w in row_work.works() if w["name"] == COLD["work"])
    work["files"], _ = row_data.write(work)
    for name in (p for p in COLD["programs"] if p in programs):
        for operation in row_work.operations(name, work):
            if operation not in COLD["operations"]:
                continue
            for count in threads:
                task = None
                for _ in range(COLD_STARTS):
                    with tempfile.TemporaryDirectory() as cache:
                        program = Program(name, count, cache)
                        reply = program.load(work)
                        task = task or Task(program, operation)
                        task.program = program
                        task.take(reply if "about" not in reply else program.ask(task.command(1)))
                        program.end()
                    if task.failed:
                        break
                    task.turns.append(task.seconds)
                yield summary(task, work)
    row_data.remove(work)


def machine():
    cores = len(os.sched_getaffinity(0))
    return {**measured.machine(), "cores": cores, "python": sys.version.split()[0],
            "date": datetime.date.today().isoformat(),
            "load_at_start": measured.load()}


def run(works, programs, settings, cold):
    from row_program import Pool

    info, rows, versions, begin = machine(), [], {}, time.monotonic()
    threads, pool = sorted({1, info["cores"]}), Pool()
    for work in works:
        print(f"{work['name']}, {work['data']} .. ({time.monotonic() - begin:.0f} s)", flush=True)
        rows += measure(work, programs, threads, pool, settings)
    for program in pool.programs.values():
        if program.about:
            versions[program.name] = program.about
    pool.end()
    found = {"machine": info, "versions": versions, "rows": rows, "cold": []}
    if cold:
        print(f"first calls .. ({time.monotonic() - begin:.0f} s)", flush=True)
        found["cold"] = list(measure_cold(programs, threads[-1:]))
    info["load_at_end"] = round(os.getloadavg()[0], 2)
    info["minutes"] = round((time.monotonic() - begin) / 60, 1)
    return found


def as_text(found):
    """JSON with a line for each measurement."""
    parts = []
    for name, value in found.items():
        if isinstance(value, list):
            lines = ",\n  ".join(json.dumps(row) for row in value)
            parts.append(f' "{name}": [\n  {lines}\n ]')
        else:
            parts.append(f' "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def selected(arguments):
    """(works, programs, (seconds a work, least and most rounds))"""
    works = row_work.named(arguments.only or "")
    *limits, most = QUICK if arguments.quick else FULL
    settings = (*limits, arguments.rounds or most)
    if arguments.quick:
        return [w for w in works if w["data"] == "random"], row_work.QUICK, settings
    everybody = list(dict.fromkeys(p for w in works for p in w["programs"]))
    return works, everybody, settings


def write_page(found, check=False):
    measured.write_part(PAGE, "summary", list(row_page.summary(found)), check)
    measured.write_part(PAGE, "peers", list(row_page.page(found)), check)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--only", metavar="TEXT")
    parser.add_argument("--rounds", type=int, metavar="N", help="at most so many turns")
    arguments = parser.parse_args()
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else None
    if arguments.check:
        write_page(stored, check=True)
        if FIGURE.read_text() != row_figure.figure(stored):
            sys.exit(f"{FIGURE.name} is not what its results say")
        return
    works, programs, settings = selected(arguments)
    found = run(works, programs, settings, not (arguments.quick or arguments.only))
    if arguments.quick:
        slower = row_compare.report(found, stored)
        if slower:  # a machine has its moods: what is slower is slower again
            print("\nOnce more:")
            names = {work for work, *_ in slower}
            again = run([w for w in works if w["name"] in names], programs, settings, False)
            slower = row_compare.report(again, stored, slower)
        sys.exit(1 if slower and arguments.strict else 0)
    if not arguments.only:
        RESULTS.write_text(as_text(found))
        write_page(found)
        FIGURE.write_text(row_figure.figure(found))
    print(*row_page.page(found), sep="\n")


if __name__ == "__main__":
    main()
