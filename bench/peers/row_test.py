#!/usr/bin/env python3
"""What row_peers.py makes of measurements, on made-up ones."""
import unittest

import row_compare
import row_figure
import row_judge
import row_page
import row_work
from row_work import AVX2, COMPILED, EAGER, OURS

WORK = "[2048, 32000] f32"


def row(program, operation, ms, **more):
    return {"work": WORK, "data": "random", "threads": 2, "program": program,
            "operation": operation, "ms": ms, "spread": 0.01, "repetitions": 5, **more}


FLOORS = [row(OURS, "read", 10), row(OURS, "update", 20), row(OURS, "copy", 20)]


class Judging(unittest.TestCase):
    def verdicts(self, rows, judged):
        return list(row_judge.Results([*FLOORS, *rows]).verdicts(judged))

    def test_a_ratio_is_taken_to_the_floor_of_the_same_bytes(self):
        ours = row(OURS, "in_place", 30)
        self.assertEqual(row_judge.Results([*FLOORS, ours]).floor(ours), 1.5)

    def test_the_best_peer_is_the_fastest_of_all_its_ways_to_a_gradient(self):
        ours = row(OURS, "given", 20)
        rows = [ours, row(EAGER, "fresh", 400), row(EAGER, "reused", 100), row(EAGER, "loss", 1)]
        peers = row_judge.Results([*FLOORS, *rows]).peers(ours)
        self.assertEqual([p["ms"] for p in peers], [100, 400])

    def test_a_fresh_buffer_is_compared_with_fresh_ones_alone(self):
        ours = row(OURS, "fresh", 20)
        rows = [ours, row(EAGER, "fresh", 400), row(EAGER, "reused", 100)]
        peers = row_judge.Results([*FLOORS, *rows]).peers(ours)
        self.assertEqual([p["ms"] for p in peers], [400])

    def test_a_peer_that_more_threads_slow_is_taken_with_fewer(self):
        ours, alone = row(OURS, "loss", 20), row(OURS, "loss", 30, threads=1)
        rows = [ours, alone, row(EAGER, "loss", 400), row(EAGER, "loss", 100, threads=1)]
        results = row_judge.Results([*FLOORS, *rows])
        self.assertEqual([p["ms"] for p in results.peers(ours)], [100, 400])
        self.assertEqual([p["ms"] for p in results.peers(alone)], [100])

    def test_a_goal_is_missed_by_less_than_it_asks_and_met_by_as_much(self):
        ours = row(OURS, "loss", 11)
        met = self.verdicts([ours, row(COMPILED, "loss", 33)], ours)
        self.assertEqual([v[2] for v in met], [True, True])
        missed = self.verdicts([ours, row(COMPILED, "loss", 32.9)], ours)
        self.assertEqual([v[2] for v in missed], [True, False])

    def test_a_missing_peer_has_no_verdict(self):
        ours = row(OURS, "loss", 11)
        missing = {**row(COMPILED, "loss", 0), "without": "missing: No module named 'torch'"}
        del missing["ms"]
        self.assertEqual(len(self.verdicts([ours, missing], ours)), 1)

    def test_every_goal_names_a_work_and_an_operation_of_it(self):
        works = {w["name"]: w for w in row_work.works()}
        for names, operations, *_ in row_work.GOALS:
            for name in names:
                done = row_work.operations(OURS, works[name])
                self.assertEqual([o for o in operations if o not in done], [], name)


class Comparing(unittest.TestCase):
    def verdict(self, now, then, floor=10):
        results = row_judge.Results([row(OURS, "read", floor), now])
        stored = row_judge.Results([row(OURS, "read", 10), then])
        return row_compare.verdict(now, then, results, stored)[2]

    def test_slower_by_more_than_the_noise_is_said(self):
        self.assertEqual(self.verdict(row(OURS, "loss", 12), row(OURS, "loss", 11)), "slower")
        self.assertEqual(self.verdict(row(OURS, "loss", 11), row(OURS, "loss", 12)), "faster")

    def test_within_the_spread_of_both_nothing_is_said(self):
        noisy = row(OURS, "loss", 11, spread=0.06)
        self.assertEqual(self.verdict(row(OURS, "loss", 12), noisy), "")

    def test_a_machine_that_slows_memory_as_well_is_no_slower_kernel(self):
        self.assertEqual(self.verdict(row(OURS, "loss", 22), row(OURS, "loss", 11), floor=20), "")


class Writing(unittest.TestCase):
    FOUND = {
        "machine": {"cpu": "c", "cores": 2, "memory_gib": 1, "crossent": "0", "compiler": "g++",
                    "build": "Release", "python": "3", "date": "2026-01-01", "load_at_start": 0.0,
                    "load_at_end": 2.0, "minutes": 1},
        "versions": {OURS: "AVX3"},
        "cold": [],
        "rows": [*FLOORS, row(OURS, "loss", 10, loss_error=1e-9), row(OURS, "in_place", 40),
                 row(AVX2, "loss", 15), row(COMPILED, "loss", 40),
                 {"work": WORK, "data": "random", "threads": 2, "program": EAGER,
                  "operation": "loss", "without": "missing: No module named 'torch'"}],
    }

    def test_a_peer_that_is_missing_is_a_row_that_says_so(self):
        lines = "\n".join(row_page.page(self.FOUND))
        self.assertIn(f"| {WORK} | PyTorch | loss | missing: No module named 'torch' |", lines)

    def test_a_busy_machine_is_named(self):
        self.assertNotIn("busy", "\n".join(row_page.page(self.FOUND)))
        busy = {**self.FOUND, "machine": {**self.FOUND["machine"], "load_at_start": 3.0}}
        self.assertIn("busy", "\n".join(row_page.page(busy)))

    def test_the_figure_has_a_bar_for_each_share(self):
        drawn = row_figure.figure(self.FOUND)
        self.assertIn(f"<title>{OURS}: 100 %</title>", drawn)
        self.assertIn(f"<title>{OURS}: 50 %</title>", drawn)
        self.assertIn(f"<title>{COMPILED}: 25 %</title>", drawn)


if __name__ == "__main__":
    unittest.main()
