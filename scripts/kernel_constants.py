#!/usr/bin/env python3
"""Where the constants of src/kernels come from: derives each (scripts/kernel_functions.py holds
their definitions), and compares it with the sources.

usage: kernel_constants.py [--check | --markdown]
  --check     do the sources, their comments and docs/math.md hold what is derived here?
  --markdown  write the table in docs/math.md
Without an option: every constant, and beside a polynomial's the best coefficients.

Tables and splits are rounded to nearest. Taylor's and Chebyshev's coefficients are those of their
definition, rounded. Minimax coefficients came from exchanges and searches over roundings: in f32
they are the best ones, rounded and moved by a few ulps; in f64 plain rounding does not repeat them
to the last bit, and what is checked is their largest error (to 0.01 bits), which stands beside that
of the best polynomial, before and after rounding."""
import re
import struct
import sys
from fractions import Fraction
from operator import mul

import measured
from kernel_functions import EVERYWHERE, NUMBERS, POLYNOMIALS
from measured import ROOT
from minimax import LN2, exact, last_place, rounded

KERNELS = ROOT / "src" / "kernels"
PAGE = ROOT / "docs" / "math.md"
SLACK = 0.5  # bits that a comment may understate
# Numbers of so many digits are no choice: they must be derived.
LONG = re.compile(r"\b0x[01]\.[0-9a-f]{5,}p[-+]?\d+f?|\b\d*\.\d{8,}f?(?:e-?\d+f?)?"
                  r"|\b\d{8,}\.\d*f?|\b0x[0-9a-f]+'[0-9a-f']+")


def literal(text):
    """A number as the compiler reads it."""
    text = text.strip().replace("'", "").lower()
    if text.lstrip("-").startswith("0x"):
        if "p" not in text:
            return Fraction(int(text, 16))
        return Fraction(float.fromhex(text.rstrip("f")))
    value = float(text.rstrip("f"))
    return Fraction(struct.unpack("f", struct.pack("f", value))[0] if text.endswith("f") else value)


def values(text):
    """Of literals with commas between them; a quotient of two is rounded to f64."""
    found = []
    for item in filter(str.strip, text.split(",")):
        parts = [literal(p) for p in item.split("/")]
        found.append(rounded(parts[0] / parts[1], 53) if len(parts) == 2 else parts[0])
    return found


def shown(value):
    return float(value).hex()


def power(error):
    """An error as a power of two."""
    return f"2^{float(error.ln() / LN2):.2f}"


class Source:
    def __init__(self, path):
        self.text = path.read_text()
        self.left = re.sub(r"//.*", lambda m: " " * len(m[0]), self.text)

    def take(self, pattern, start=0):
        """The constants in the groups of a match, which leave the text."""
        match = re.compile(pattern, re.S).search(self.left, start)
        if match is None:
            return None, 0
        found = [v for group in match.groups() for v in values(group)]
        for a, b in reversed([match.span(i + 1) for i in range(len(match.groups()))]):
            self.left = self.left[:a] + re.sub(r"[^\n]", " ", self.left[a:b]) + self.left[b:]
        return found, match.start()

    def claim(self, position):
        """The error that the comment before a position states, in bits."""
        before = "\n".join(self.text[:position].split("\n")[-14:])
        stated = re.findall(r"//.*\b2\^-([\d]+(?:\.\d+)?)", before)
        return float(stated[-1]) if stated else None


def differences(file, name, expected, found):
    if len(expected) != len(found):
        yield f"{file}: {name} holds {len(found)} constants, expected {len(expected)}"
    for i, (right, value) in enumerate(zip(expected, found)):
        if right != value:
            yield f"{file}: {name}[{i}]: expected {shown(right)}, found {shown(value)}"


class Fit:
    """A polynomial of the sources beside the best one."""

    def __init__(self, polynomial, source):
        self.of, task = polynomial, polynomial.task
        body = re.search(rf"\b{polynomial.function}\((?:D d|d, )", source.left)
        found, position = source.take(polynomial.pattern, body.start()) if body else (None, 0)
        fixed = len(polynomial.given)
        self.given, self.found = (found or [])[:fixed], (found or [])[fixed:]
        if polynomial.descending:
            self.found.reverse()
        self.claim = source.claim(position)
        self.best, self.least = task.best()
        self.rounded = task.largest_error([rounded(c, polynomial.bits) for c in self.best])
        self.usable = len(self.found) == task.degree + 1
        self.error = task.largest_error(self.found) if self.usable else None

    def derived(self):
        """The coefficients that the definition gives; none for an unknown search."""
        bits = self.of.bits
        if self.of.kind == "minimax":
            near = [rounded(c, bits) for c in self.best] if self.of.moved else []
            return [c + m * last_place(c, bits) for c, m in zip(near, self.of.moved)]
        return [rounded(c, bits) for c in self.of.derived or self.of.task.interpolated()]

    def problems(self):
        file, name = self.of.file, self.of.function
        if not self.usable:
            yield (f"{file}: {name} has {len(self.found)} coefficients, expected "
                   f"{self.of.task.degree + 1}")
            return
        yield from differences(file, f"{name}'s fixed part", list(self.of.given), self.given)
        if self.derived():
            yield from differences(file, name, self.derived(), self.found)
        if any(c != rounded(c, self.of.bits) for c in self.found):
            yield f"{file}: {name} has coefficients of more than {self.of.bits} bits"
        if self.claim is None:
            yield f"{file}: no comment states the error of {name}, {power(self.error)}"
        elif self.error > 2 ** -exact(Fraction(self.claim)):
            yield (f"{file}: {name}: expected an error of at most 2^-{self.claim:g}, found "
                   f"{power(self.error)}; {self.suspect()}")
        elif self.error < 2 ** -exact(Fraction(self.claim + SLACK)):
            yield f"{file}: {name}: its comment says 2^-{self.claim:g}, found {power(self.error)}"

    def suspect(self):
        """The coefficient whose change alone makes the squared errors smallest, and that change."""
        task, real = self.of.task, [exact(c) for c in self.found]
        errors = [task.error(real, x) for x in task.points]

        def change(k):
            effects = [task.ideal(x)[1] * x**k for x in task.points]
            shift = sum(map(mul, errors, effects)) / sum(e * e for e in effects)
            return sum((a - shift * e) ** 2 for a, e in zip(errors, effects)), shift

        k = min(range(len(real)), key=lambda k: change(k)[0])
        return f"coefficient {k} is {shown(self.found[k])}, {shown(real[k] + change(k)[1])} fits"

    def row(self):
        return (f"| `{self.of.function}` ([{self.of.file}](../src/kernels/{self.of.file})) "
                f"| {self.of.form} | {self.of.interval} | {self.of.task.degree} | {self.of.kind} "
                f"| {power(self.error)} | {power(self.rounded)} | {power(self.least)} |")

    def lines(self):
        yield (f"{self.of.file} {self.of.function}: {self.of.form}, {self.of.interval}, degree "
               f"{self.of.task.degree}, {self.of.kind}: error {power(self.error)}; of the best "
               f"{power(self.least)}, rounded {power(self.rounded)}")
        for k, (c, best) in enumerate(zip(self.found, self.best)):
            near = rounded(best, self.of.bits)
            apart = (c - near) / last_place(near, self.of.bits)
            yield f"    {k:2} {shown(c):>25}  minimax {shown(near):>25}  {float(apart):+.6g} ulp"


def check_numbers(sources):
    for n in NUMBERS:
        found, _ = sources[n.file].take(n.pattern)
        if found is None:
            yield f"{n.file}: {n.name} ({n.means}) is not where it was"
        else:
            yield from differences(n.file, f"{n.name} ({n.means})", n.values, found)


def check_rest(sources):
    """What is left is one of a few numbers, as f64 or f32."""
    known = set(EVERYWHERE.values())
    for name, source in sources.items():
        for match in LONG.finditer(source.left):
            if literal(match[0]) not in known:
                line = source.left.count("\n", 0, match.start()) + 1
                near = min(EVERYWHERE, key=lambda k: abs(EVERYWHERE[k] - literal(match[0])))
                yield (f"{name}:{line}: nothing derives {match[0]} (nearest: {near}, "
                       f"{float(EVERYWHERE[near])!r} = {shown(EVERYWHERE[near])})")


def table(fits):
    yield "| function | form | interval | degree | coefficients | error | best, rounded | best |"
    yield "|---|---|---|---|---|---|---|---|"
    for fit in fits:
        yield fit.row()


def print_all(fits):
    for n in NUMBERS:
        print(f"{n.file} {n.name}: {n.means}")
        print(*(f"    {shown(v)}" for v in n.values), sep="\n")
    for name, value in EVERYWHERE.items():
        print(f"{name}: {shown(value)} = {float(value)!r}")
    for fit in fits:
        print(*fit.lines(), sep="\n")


def main():
    if sys.argv[1:] not in ([], ["--check"], ["--markdown"]):
        sys.exit(__doc__)
    sources = {p.name: Source(p) for p in sorted([*KERNELS.glob("*.h"), *KERNELS.glob("*.cc")])}
    found = list(check_numbers(sources))
    fits = [Fit(p, sources[p.file]) for p in POLYNOMIALS]
    found += [p for fit in fits for p in fit.problems()] + list(check_rest(sources))
    if sys.argv[1:] == []:
        print_all([fit for fit in fits if fit.usable])
    elif not found:
        measured.write_part(PAGE, "kernel_constants", ["", *table(fits), ""],
                            check=sys.argv[1] == "--check")
    print(*(f"src/kernels/{p}" for p in found), sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
