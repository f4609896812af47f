"""What the results of row_peers.py say: ratios to the floor and to peers, and the goals."""
import row_work
from row_work import AVX2, FLOOR, OURS

WITH_GRADIENT = {"in_place", "given", "fresh", "reused"}


class Results:
    def __init__(self, rows):
        self.rows = rows
        self.index = {self.key(r): r for r in rows if "ms" in r}

    @staticmethod
    def key(row):
        return row["work"], row["data"], row["threads"], row["program"], row["operation"]

    def of(self, row, **other):
        """The row that differs from this one in `other` alone; None: not there."""
        return self.index.get(self.key({**row, **other}))

    def floor(self, row):
        """How many times the time of memory alone, in the same run; None: it has no floor."""
        name = FLOOR.get(row["operation"])
        floor = name and self.of(row, program=OURS, operation=name)
        return row["ms"] / floor["ms"] if floor else None

    def peers(self, row):
        """The peers' rows that do the same work with no more threads (more slow some), fastest
        first: a gradient into a fresh buffer beside theirs into one, any other beside all of their
        gradients."""
        same = ("work", "data")
        operation = row["operation"]
        alike = WITH_GRADIENT if operation in WITH_GRADIENT - {"fresh"} else {operation}
        found = [r for r in self.rows
                 if "ms" in r and all(r[k] == row[k] for k in same)
                 and r["threads"] <= row["threads"]
                 and r["program"] not in (OURS, AVX2) and r["operation"] in alike]
        return sorted(found, key=lambda r: r["ms"])

    def ours(self, program):
        return [r for r in self.rows if r["program"] == program and "ms" in r
                and r["operation"] not in FLOOR.values()]

    def verdicts(self, row):
        """(what is asked, the value, met): of memory for all data, of peers where all ran."""
        if row["program"] == AVX2:
            yield from self.avx2_verdicts(row)
            return
        for most, least, whom in row_work.goals(row["work"], row["operation"]):
            ratio = self.floor(row)
            if most and ratio:
                yield f"<= {most} x floor", ratio, ratio <= most
            peers = [p for p in self.peers(row) if whom in (None, p["program"])]
            if peers and row["data"] == "random":
                faster = peers[0]["ms"] / row["ms"]
                yield f">= {least} x {whom or 'best peer'}", faster, faster >= least

    def avx2_verdicts(self, row):
        best = self.of(row, program=OURS)
        if best:
            ratio = row["ms"] / best["ms"]
            yield f"<= {row_work.AVX2_GOAL} x best target", ratio, ratio <= row_work.AVX2_GOAL
        peers = self.peers(row)
        if peers:
            faster = peers[0]["ms"] / row["ms"]
            yield ">= 1 x best peer", faster, faster >= 1


def number(value):
    if value is None:
        return ""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
