"""Binary cross-entropy, in 70 digits."""

from mpmath import exp, inf, isinf, log, log1p, mpf

from cases.arrays import num, shape, flat, shaped, times, over, reduce


def softplus(x):
    if isinf(x):
        return x if x > 0 else mpf(0)
    return log1p(exp(x))


def binary_terms(inputs, p):
    x = [num(v) for v in flat(inputs["x" if "x" in inputs else "p"])]
    t = [num(v) for v in flat(inputs["t" if "t" in inputs else "y"])]
    n = len(x)
    dims = shape(inputs["x" if "x" in inputs else "p"])
    cols = n // dims[0] if len(dims) > 1 else n

    def spread(name, period):
        v = p.get(name, 1)
        v = flat(v) if isinstance(v, list) else [v] * n
        return [num(v[i % len(v)] if period else v[i * len(v) // n]) for i in range(n)]
    w = [a * b * c for a, b, c in zip(spread("weight", True), spread("sample_weight", False),
                                      spread("class_weight", True))]
    q = spread("pos_weight", True)
    e = num(p.get("label_smoothing", 0))
    live = [v != p.get("ignore_index") for v in t]
    assert cols
    t = [v * (1 - e) + e / 2 for v in t]
    a = [wi * qi * ti if on else mpf(0) for wi, qi, ti, on in zip(w, q, t, live)]
    b = [wi * (1 - ti) if on else mpf(0) for wi, ti, on in zip(w, t, live)]
    div = sum(w) if p.get("mean_divisor") == "total_weight" else mpf(sum(live))
    return x, a, b, div, dims


def binary(op, inputs, p):
    x, a, b, div, dims = binary_terms(inputs, p)
    how = p.get("reduction", "sum" if len(x) == 1 else "mean")
    f = 1 / div if how == "mean" and div else mpf(1)
    if "probs" in op:
        eps = num(p.get("eps", 0))
        x = [min(max(v, eps), 1 - eps) for v in x]
        nl, nr = [-log(v) if v else inf for v in x], [-log1p(-v) if v != 1 else inf for v in x]
        grad = [f * (over(bi, 1 - v) - over(ai, v)) for ai, bi, v in zip(a, b, x)]
    else:
        nl, nr = [softplus(-v) for v in x], [softplus(v) for v in x]
        sig = [exp(-v) for v in nl]
        grad = [f * (bi * s - ai * exp(-r)) for ai, bi, s, r in zip(a, b, sig, nr)]
        hess = [f * (ai + bi) * s * exp(-r) for ai, bi, s, r in zip(a, b, sig, nr)]
    if op.endswith("grad"):
        return shaped(grad, dims)
    if op.endswith("hess"):
        return {"grad": shaped(grad, dims), "hess": shaped(hess, dims)}
    loss = [times(ai, u) + times(bi, v) for ai, bi, u, v in zip(a, b, nl, nr)]
    return reduce(loss, p, div, dims)
