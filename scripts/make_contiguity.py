#!/usr/bin/env python3
"""Writes the contiguity problem as CSV to stdout: how many clumps of ones has a string of 10 bits?

All strings with exactly 2 clumps (label 0, 330 rows) or 3 (label 1, 462), in the order of the bits
as a number. A synthetic task for comparing how fast costs learn: S. A. Solla, E. Levin,
M. Fleisher, "Accelerated learning in layered neural networks", Complex Systems 2 (1988).
"""
import itertools
import math

BITS = 10
CLUMPS = (2, 3)


def clumps(bits):
    return sum(bit > before for before, bit in zip((0, *bits), bits))


def main():
    rows = [(*bits, CLUMPS.index(clumps(bits)))
            for bits in itertools.product((0, 1), repeat=BITS) if clumps(bits) in CLUMPS]
    for label, number in enumerate(CLUMPS):
        # A clump is a pair among the 11 places between and around the bits: where it begins and ends.
        assert sum(row[-1] == label for row in rows) == math.comb(BITS + 1, 2 * number)
    print(*(f"bit_{k}" for k in range(1, BITS + 1)), "label", sep=",")
    for row in rows:
        print(*row, sep=",")


if __name__ == "__main__":
    main()
