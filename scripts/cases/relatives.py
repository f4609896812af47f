"""The relatives of cross-entropy, in 70 digits."""

from mpmath import exp, expm1, log, mp, mpf, pi

from cases.arrays import num, shape, flat, shaped, Rows, reduce
from cases.binary import softplus
from cases.categorical import lse


def focal(x, t, alpha, gamma, soft):
    p, q = exp(-softplus(-x)), exp(-softplus(x))
    one, zero = (alpha, 1 - alpha) if alpha is not None else (mpf(1), mpf(1))
    if soft == "mixed_pt" and 0 < t < 1:
        pt = t * p + (1 - t) * q
        loss = t * softplus(-x) + (1 - t) * softplus(x)
        return (t * one + (1 - t) * zero) * (1 - pt) ** gamma * loss
    return t * one * q ** gamma * softplus(-x) + (1 - t) * zero * p ** gamma * softplus(x)


def focal_args(p):
    alpha = num(p["alpha"]) if "alpha" in p else None
    return alpha, num(p.get("gamma", 2)), p.get("soft", "expected")


def focal_sigmoid(op, inputs, p):
    pairs = [(num(x), num(t)) for x, t in zip(flat(inputs["x"]), flat(inputs["t"]))]
    dims, args = shape(inputs["x"]), focal_args(p)
    if op.endswith("grad"):
        n = len(pairs) if p.get("reduction", "mean") == "mean" else 1
        g = [mp.diff(lambda v, t=t: focal(v, t, *args), x, h=mpf(10) ** -25) / n
             for x, t in pairs]
        return shaped(g, dims)
    return reduce([focal(x, t, *args) for x, t in pairs], p, mpf(len(pairs)), dims)


def rows_and_labels(f, name):
    def run(op, inputs, p):
        lay = Rows(inputs[name], p.get("axis", -1))
        values = [f(z, y, p) for z, y in zip(lay.rows, flat(inputs["y"]))]
        return reduce(values, p, mpf(len(values)), lay.row_dims)
    return run


def focal_softmax(z, y, p):
    nll = lse(z) - z[y]
    alpha, gamma, _ = focal_args(p)
    others = sum(exp(v - lse(z)) for k, v in enumerate(z) if k != y)
    return (alpha if alpha is not None else 1) * others ** gamma * nll


def poly1(z, y, p):
    nll = lse(z) - z[y]
    return nll + num(p.get("epsilon", 1)) * -expm1(-nll)


def gce(row, y, p):
    q = num(p["q"])
    return (1 - row[y] ** q) / q if q else -log(row[y])


def soft_margin(op, inputs, p):
    pairs = [(num(x), num(y)) for x, y in zip(flat(inputs["x"]), flat(inputs["y"]))]
    dims = shape(inputs["x"])
    if op.endswith("grad"):
        n = len(pairs) if p.get("reduction", "mean") == "mean" else 1
        return shaped([-y * exp(-softplus(y * x)) / n for x, y in pairs], dims)
    return reduce([softplus(-y * x) for x, y in pairs], p, mpf(len(pairs)), dims)


def multilabel(op, inputs, p):
    lay, tgt = Rows(inputs["x"]), Rows(inputs["t"])
    c = [num(v) for v in p.get("class_weight", [1] * lay.c)]
    values = [sum(ck * (tk * softplus(-v) + (1 - tk) * softplus(v))
                  for v, tk, ck in zip(z, t, c)) / lay.c for z, t in zip(lay.rows, tgt.rows)]
    return reduce(values, p, mpf(len(values)), lay.row_dims)


def gaussian(op, inputs, p):
    rows = zip(*(map(num, flat(inputs[k])) for k in ("mu", "y", "var")))
    extra = log(2 * pi) / 2 if p.get("full") else 0
    values = [(log(v) + (y - m) ** 2 / v) / 2 + extra for m, y, v in rows]
    return reduce(values, p, mpf(len(values)), shape(inputs["mu"]))
