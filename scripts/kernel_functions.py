"""What the constants of src/kernels are: tables, splits and single numbers by their definition,
polynomials by the function, interval and form that they were made for."""
import dataclasses
import math
from decimal import Decimal
from fractions import Fraction

from minimax import LN2, ONE, PI, TWO, Task, rounded

F32, F64 = 24, 53  # bits of the formats
LOG2_E = ONE / LN2


@dataclasses.dataclass
class Numbers:
    """Constants with a definition, rounded to nearest."""
    file: str
    pattern: str  # each group of the match holds one, or several with commas
    name: str
    means: str
    values: list  # of Fraction


def nearest(bits, *values):
    return [rounded(v, bits) for v in values]


def two_parts(high, bits):
    """ln 2 = high + the rest, rounded."""
    return [high, rounded(Fraction(LN2) - high, bits)]


def cut(x, bits):
    """The first bits of a number in [1/2, 1)."""
    return Fraction(math.floor(Fraction(x) * 2**bits), 2**bits)


def eighths():
    return nearest(F32, *(2 * TWO ** (Decimal(i % 8) / 8) for i in range(16)))


def inverses():
    steps = [Fraction(i - 10, 32 if i < 10 else 16) for i in range(16)]
    return [rounded(1 / (1 + s), F64) for s in steps]


def logarithm(x):
    return (Decimal(x.numerator) / Decimal(x.denominator)).ln()


TABLE = r"\b%s\[16\] = \{([^}]*)\}"
PARTS = r"kHigh = ([^,]+), kLow = ([^;]+);"
FUSED, PLAIN = PARTS, r"#else\n.*?" + PARTS
NUMBERS = [
    Numbers("row_exp-inl.h", TABLE % "kEighths", "kEighths", "2 * 2^(i/8), twice", eighths()),
    Numbers("minus_log-inl.h", TABLE % "kInverse", "kInverse",
            "1 / (1 + (i - 10) / 32), from 10 on 1 / (1 + (i - 10) / 16)", inverses()),
    Numbers("minus_log-inl.h", TABLE % "kLogInverse", "kLogInverse",
            "log of the rounded kInverse", nearest(F64, *map(logarithm, inverses()))),
    Numbers("exact-inl.h", r"kLn2Hi = ([^;]+);\s*constexpr double kLn2Lo = ([^;]+);",
            "kLn2Hi, kLn2Lo", "ln 2 to 42 bits, and the rest", two_parts(rounded(LN2, 42), F64)),
    Numbers("row_format-inl.h", r"Ln2<float> \{\n.*?" + FUSED, "Ln2<float>, fused",
            "ln 2 to 24 bits, and the rest", two_parts(rounded(LN2, F32), F32)),
    Numbers("row_format-inl.h", r"Ln2<float> \{\n.*?" + PLAIN, "Ln2<float>, not fused",
            "ln 2 to 9 bits, and the rest", two_parts(rounded(LN2, 9), F32)),
    Numbers("row_format-inl.h", r"Ln2<double> \{\n.*?" + FUSED, "Ln2<double>, fused",
            "ln 2 to 53 bits, and the rest", two_parts(rounded(LN2, F64), F64)),
    Numbers("row_format-inl.h", r"Ln2<double> \{\n.*?" + PLAIN, "Ln2<double>, not fused",
            "the first 32 bits of ln 2, and the rest", two_parts(cut(LN2, 32), F64)),
    Numbers("row_format-inl.h", r"float kMagic = ([^;]+);", "Format<float>::kMagic",
            "1.5 * 2^23", [Fraction(3 * 2**22)]),
    Numbers("row_format-inl.h", r"double kMagic = ([^;]+);", "Format<double>::kMagic",
            "1.5 * 2^52", [Fraction(3 * 2**51)]),
    Numbers("exact-inl.h", r"split = hn::Set\(d, (.*?)\)", "residual",
            "T. J. Dekker's 2^27 + 1, which halves 53 bits", [Fraction(2**27 + 1)]),
    Numbers("activation-inl.h", r"hn::Mul\(z, hn::Set\(d, (.*?)\)\), bell", "gelu_slope",
            "1 / sqrt(2 pi)", nearest(F64, ONE / (2 * PI).sqrt())),
    Numbers("pow-inl.h", r"twelfth = hn::Set\(d, (.*?)\);.*?hn::MulAdd\(p, hn::Set\(d, (.*?)\)",
            "log_pair", "1/12, and the rest",
            nearest(F64, Fraction(1, 12), Fraction(1, 12) - rounded(Fraction(1, 12), F64))),
    Numbers("log-inl.h", r"Add\(bits, hn::Set\(du, (0x[\w']+)u\)", "split_exponent",
            "2^52 (2 - sqrt 2): mantissas from that of sqrt(1/2) on carry into the exponent",
            [2**52 * (2 - rounded(TWO.sqrt(), F64))]),
    Numbers("minus_log-inl.h", r"Add\(bits, hn::Set\(du, (0x[\w']+)u\)", "minus_log_normal",
            "2^52 10.5 / 16: entry 10 holds 1", [Fraction(2**52 * 21, 32)]),
    Numbers("log-inl.h", r"hn::MulAdd\(atanh_quintic\(d, z\), z, hn::Set\(d, (.*?)\)", "log_sum",
            "1/12", nearest(F64, Fraction(1, 12))),
]
# What stands in many places.
EVERYWHERE = {"log2 e": rounded(LOG2_E, F64), "ln 2": rounded(LN2, F64)}


@dataclasses.dataclass
class Polynomial:
    file: str
    function: str
    form: str
    interval: str
    task: Task
    kind: str = "minimax"  # or Taylor, Chebyshev
    bits: int = F64
    given: tuple = ()    # low coefficients that the form fixes
    derived: tuple = ()  # Taylor: the coefficients
    moved: tuple = ()    # ulps that a search went from the best coefficients, rounded
    pattern: str = r"polynomial\(d, \w+, ([^()]*)\)"
    # Highest power first, as nested MulAdd have it.
    descending: bool = False


def inverse_factorials(first, last, times=1):
    return tuple(Fraction(times, math.factorial(k)) for k in range(first, last + 1))


def atanh(s):
    return ((1 + s) / (1 - s)).ln() / 2


def scaled_tail(t):
    """(u + 4) e^(u^2/2) Phi(-u): by its series near 0, by its continued fraction elsewhere."""
    u = 4 * (1 + t) / (1 - t)
    root = (2 * PI).sqrt()
    if u < 8:
        term = total = u
        for k in range(3, 340, 2):
            term *= u * u / k
            total += term
        return (u + 4) * ((u * u / 2).exp() / 2 - total / root)
    below = u
    for k in range(60, 0, -1):
        below = u + k / below
    return (u + 4) / (below * root)


HALF_LN2 = LN2 / 2
S = 3 - 2 * TWO.sqrt()  # f / (2 + f) for 1 + f = sqrt 2
ZERO = Decimal(0)
POLYNOMIALS = [
    Polynomial("row_exp-inl.h", "power_by_eighths", "e^r = 1 + r + r^2 P(r)", "+-ln 2 / 16",
               Task(-LN2 / 16, LN2 / 16, 1, Decimal.exp, lambda r: 1 + r, lambda r: r * r),
               bits=F32, moved=(1, 1), descending=True,
               pattern=r"q = hn::MulAdd\(r, hn::Set\(d, (.*?)\), hn::Set\(d, (.*?)\)\)"),
    Polynomial("row_origin-inl.h", "two_exp", "2 e^r = P(r)", "+-ln 2 / 2",
               Task(-HALF_LN2, HALF_LN2, 13, lambda r: 2 * r.exp()),
               kind="Taylor", derived=inverse_factorials(0, 13, 2)),
    Polynomial("row_origin-inl.h", "short_two_exp", "2 e^r = P(r)", "+-ln 2 / 2",
               Task(-HALF_LN2, HALF_LN2, 9, lambda r: 2 * r.exp()),
               kind="Taylor", derived=inverse_factorials(0, 9, 2)),
    Polynomial("exp-inl.h", "exp_cubic", "e^r = 1 + r + r^2/2 + r^3 P(r)", "+-ln 2 / 2",
               Task(-HALF_LN2, HALF_LN2, 9, Decimal.exp, lambda r: 1 + r + r * r / 2,
                    lambda r: r**3)),
    Polynomial("short_exp-inl.h", "short_exp_parts", "e^r = 1 + r P(r)", "+-ln 2 / 2",
               Task(-HALF_LN2, HALF_LN2, 9, Decimal.exp, lambda r: ONE, lambda r: r),
               kind="Taylor", derived=inverse_factorials(1, 10)),
    Polynomial("short_exp-inl.h", "short_log1p", "2 atanh s = 2 s (1 + z P(z)), z = s^2",
               "abs s <= 3 - 2 sqrt 2",
               Task(ZERO, S * S, 4, lambda z: atanh(z.sqrt()) / z.sqrt(), lambda z: ONE,
                    lambda z: z)),
    Polynomial("log-inl.h", "atanh_quintic", "2 atanh(s/2) = s + s^3/12 + s^5 P(s^2)",
               "abs s <= 6 - 4 sqrt 2",
               Task(ZERO, 4 * S * S, 7, lambda z: 2 * atanh(z.sqrt() / 2) / z.sqrt(),
                    lambda z: 1 + z / 12, lambda z: z * z)),
    Polynomial("minus_log-inl.h", "minus_log_normal", "-log(1 - s) = s + s^2 P(s)",
               "[-1/32, 1/34]",
               Task(-ONE / 32, ONE / 34, 7, lambda s: -(1 - s).ln() / s, lambda s: ONE,
                    lambda s: s)),
    Polynomial("binary_logits.cc", "log1p_unit", "log1p e = e (1 + e P(e))", "[0, 1]",
               Task(ZERO, ONE, 7, lambda e: (1 + e).ln() / e, lambda e: ONE, lambda e: e),
               bits=F32, given=(1,), moved=(0, 0, -1, 1, -3, 7, -18, 17)),
    Polynomial("normal-inl.h", "scaled_tail",
               "(u + 4) e^(u^2/2) Phi(-u) = P(t), t = (u - 4) / (u + 4)", "u in [0, 39]",
               Task(-ONE, Decimal(35) / 43, 23, scaled_tail), kind="Chebyshev"),
]
