"""Scores of predicted probabilities, in 70 digits."""

from mpmath import inf, log, mp, mpf

from cases.arrays import num, times
from cases.distributions import h


def scored(inputs, p):
    rows = [[1 - num(v), num(v)] if not isinstance(v, list) else list(map(num, v))
            for v in inputs["p"]]
    if p.get("normalize"):
        rows = [[v / sum(r) for v in r] for r in rows]
    eps = num(p.get("eps", 0))
    rows = [[min(max(v, eps), 1 - eps) for v in r] for r in rows]
    names = inputs.get("labels", list(range(len(rows[0]))))
    w = [num(v) for v in p.get("sample_weight", [1] * len(rows))]
    return rows, [names.index(y) for y in inputs["y"]], w


def weighted_mean(values, w):
    return sum(map(times, w, values)) / sum(w)


def log_loss(op, inputs, p):
    rows, y, w = scored(inputs, p)
    return weighted_mean([-log(r[k]) if r[k] else inf for r, k in zip(rows, y)], w)


def brier(op, inputs, p):
    rows, y, w = scored(inputs, p)
    if op == "brier":
        return weighted_mean([(r[1] - k) ** 2 for r, k in zip(rows, y)], w)
    return weighted_mean([sum((v - (j == k)) ** 2 for j, v in enumerate(r))
                          for r, k in zip(rows, y)], w)


def d2(op, inputs, p):
    rows, y, w = scored(inputs, p)
    share = [sum(wi for wi, k in zip(w, y) if k == j) / sum(w) for j in range(len(rows[0]))]
    return 1 - log_loss(op, inputs, p) / h(share)


def ece(op, inputs, p):
    n = p.get("bins", 15)
    conf, hit = list(map(num, inputs["conf"])), list(map(num, inputs["correct"]))
    w = [num(v) for v in p.get("sample_weight", [1] * len(conf))]
    gap = [mpf(0)] * n
    for ci, hi, wi in zip(conf, hit, w):
        gap[max(0, min(n - 1, int(mp.ceil(ci * n)) - 1))] += wi * (ci - hi)
    return sum(abs(g) for g in gap) / sum(w)
