"""Polynomials near a function in 50 digits: the best by E. Remez's exchange (1934), one by
interpolation in Chebyshev points, and their rounding. After J.-M. Muller, Elementary Functions,
3rd ed. (2016), chapter 3."""
import functools
import math
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 50
ONE, TWO = Decimal(1), Decimal(2)
LN2 = TWO.ln()


def arctangent_of_inverse(n):
    power = total = ONE / n
    for k in range(3, 160, 2):
        power /= -n * n
        total += power / k
    return total


PI = 16 * arctangent_of_inverse(5) - 4 * arctangent_of_inverse(239)  # J. Machin, 1706


def cosine(x):
    term = total = ONE
    for k in range(1, 100, 2):
        term *= -x * x / (k * (k + 1))
        total += term
    return total


def exact(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def last_place(x, bits):
    """The spacing of floating-point numbers of `bits` bits around x."""
    return Fraction(2) ** (math.frexp(float(x))[1] - bits)


def rounded(x, bits):
    """The nearest number of `bits` bits, ties to even."""
    ulp = last_place(x, bits) if x else Fraction(1)
    return round(Fraction(x) / ulp) * ulp


def horner(coefficients, x):
    value = Decimal(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value


def solved(rows):
    """The solution of linear equations: each row holds its coefficients and its right-hand side."""
    n = len(rows)
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[p] = rows[p], rows[i]
        for r in range(i + 1, n):
            q = rows[r][i] / rows[i][i]
            rows[r] = [a - q * b for a, b in zip(rows[r], rows[i])]
    x = [Decimal(0)] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][j] * x[j] for j in range(i + 1, n))) / rows[i][i]
    return x


class Task:
    """whole(x) is to be near fixed(x) + factor(x) P(x) on [lo, hi], relative to whole(x)."""

    def __init__(self, lo, hi, degree, whole, fixed=lambda x: 0, factor=lambda x: ONE):
        self.lo, self.hi, self.degree = lo, hi, degree
        self.whole, self.fixed, self.factor = whole, fixed, factor
        # An odd number of steps: they miss the 0 of a symmetric interval, where a factor may be 0.
        steps, middle = 24 * (degree + 2) + 1, (lo + hi) / 2
        cosines = (Decimal(math.cos(math.pi * i / steps)) for i in range(steps + 1))
        points = [middle - (hi - middle) * c for c in cosines]
        self.points = [x for x in [lo, *points[1:-1], hi] if x]

    @functools.lru_cache(None)
    def ideal(self, x):
        """The value that P(x) should have, and the error that an error of 1 in it makes."""
        whole, factor = self.whole(x), self.factor(x)
        return (whole - self.fixed(x)) / factor, factor / whole

    def error(self, coefficients, x):
        value, weight = self.ideal(x)
        return weight * (value - horner(coefficients, x))

    def peaks(self, coefficients):
        """The points where |error| is largest between two changes of P's sign against the ideal."""
        def above(x):
            return self.ideal(x)[0] > horner(coefficients, x)

        def size(x):
            return abs(self.error(coefficients, x))

        runs = [[0]]
        for i in range(1, len(self.points)):
            if above(self.points[i]) != above(self.points[i - 1]):
                runs.append([])
            runs[-1].append(i)
        tops = [max(run, key=lambda i: size(self.points[i])) for run in runs]
        return [self.peak(size, i) for i in tops]

    def peak(self, size, i):
        """The maximum near point i, by parabolas through three points."""
        if i in (0, len(self.points) - 1):
            return self.points[i]
        left, x, right = self.points[i - 1:i + 2]
        for _ in range(3):
            a, b, c = size(left), size(x), size(right)
            bend = (b - a) / (x - left) - (c - b) / (right - x)
            if not bend:
                break
            slope = ((b - a) / (x - left) + (c - b) / (right - x)) / 2
            x = min(max(x + slope / bend * (right - left) / 2, left), right)
            reach = min((right - left) / 32, x - self.lo, self.hi - x)
            if not reach:
                break
            left, right = x - reach, x + reach
        return max(x, self.points[i], key=size)

    def largest_error(self, coefficients):
        """Of P with these coefficients (fractions)."""
        coefficients = [exact(c) for c in coefficients]
        return max(abs(self.error(coefficients, x)) for x in self.peaks(coefficients))

    def best(self):
        """The coefficients of the minimax P, and its largest error."""
        n = self.degree + 2
        ends = len(self.points) - 1
        reference = [self.points[round(i * ends / (n - 1))] for i in range(n)]
        for _ in range(30):
            *coefficients, level = solved([self.equation(x, (-1) ** i)
                                           for i, x in enumerate(reference)])
            reference = self.peaks(coefficients)
            sizes = [abs(self.error(coefficients, x)) for x in reference]
            if max(sizes) < abs(level) * Decimal("1.000001"):
                return coefficients, max(sizes)
            while len(reference) > n:
                smaller = 0 if sizes[0] < sizes[-1] else -1
                del reference[smaller], sizes[smaller]
        raise SystemExit("minimax: the exchange did not converge")

    def equation(self, x, sign):
        """P(x) misses its value by as much as an error of `sign` times the level is."""
        value, weight = self.ideal(x)
        return [x**k for k in range(self.degree + 1)] + [sign / abs(weight), value]

    def interpolated(self):
        """The coefficients of the P that is right in degree + 1 Chebyshev points."""
        n, middle = self.degree + 1, (self.lo + self.hi) / 2
        points = [middle + (self.hi - middle) * cosine(PI * (2 * i + 1) / (2 * n))
                  for i in range(n)]
        return solved([[x**k for k in range(n)] + [self.ideal(x)[0]] for x in points])
