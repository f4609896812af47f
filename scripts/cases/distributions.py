"""Entropies and divergences, in 70 digits."""

from mpmath import exp, inf, isinf, log, mpf

from cases.arrays import Rows, flat, num, reduce, shape, shaped, times
from cases.categorical import ce


def unit(p):
    return log(num(p["base"])) if "base" in p else mpf(1)


def over_rows(f, names):
    def run(op, inputs, p):
        lays = [Rows(inputs[n], p.get("axis", -1)) for n in names]
        values = []
        for rows in zip(*(lay.rows for lay in lays)):
            if p.get("normalize"):
                rows = [[v / sum(r) for v in r] for r in rows]
            values.append(f(*rows) / unit(p))
        return reduce(values, p, mpf(len(values)), lays[0].row_dims)
    return run


def h(p):
    return -sum(times(v, log(v)) if v else mpf(0) for v in p)


def term(p, q):
    return mpf(0) if p == 0 else inf if q == 0 else p * (log(p) - log(q))


def gen(p, q):
    return term(p, q) - p + q


def js_of(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q)]
    return (sum(map(term, p, m)) + sum(map(term, q, m))) / 2


def log_target(lp, lq):
    return sum(mpf(0) if isinf(a) else exp(a) * (a - b) for a, b in zip(lp, lq))


entropy = over_rows(h, ["p"])


def perplexity(op, inputs, p):
    if "y" in inputs or "t" in inputs:
        return exp(ce(op, inputs, {**p, "reduction": "mean"}))
    return exp(entropy(op, inputs, {k: v for k, v in p.items() if k != "base"}))


def elementwise(f):
    return lambda op, inputs, p: shaped(
        [f(num(a), num(b)) for a, b in zip(flat(inputs["p"]), flat(inputs["q"]))],
        shape(inputs["p"]))
