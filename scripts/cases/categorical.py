"""Softmax and categorical cross-entropy, in 70 digits."""

from mpmath import exp, inf, isinf, log, mpf, tanh

from cases.arrays import num, flat, Rows, times, reduce


def softmax_family(op, inputs, p):
    lay = Rows(inputs["x"], p.get("axis", -1))
    rows = [[v / num(p.get("temperature", 1)) for v in z] for z in lay.rows]
    if op == "logsumexp":
        return lay.per_row([lse(z) for z in rows])
    out = [[v - lse(z) for v in z] for z in rows]
    return lay.back(out if op == "log_softmax" else [[exp(v) for v in z] for z in out])


def lse(z):
    m = max(z)
    return m if isinf(m) else m + log(sum(exp(v - m) for v in z))


def transform(z, p):
    cap, mask = num(p.get("softcap", 0)), p.get("class_mask")
    z = [v / num(p.get("temperature", 1)) for v in z]
    z = [v if isinf(v) else cap * tanh(v / cap) for v in z] if cap else z
    return [v if not mask or mask[j] else -inf for j, v in enumerate(z)]


def smooth(t, p):
    e, mask = num(p.get("label_smoothing", 0)), p.get("class_mask") or [1] * len(t)
    return [(1 - e) * v + (e / sum(mask) if keep else 0) for v, keep in zip(t, mask)]


def categorical(op, inputs, p):
    """Per-row (loss, gradient, target gradient, weight, live) and the layout."""
    name = next(k for k in ("x", "logp", "p") if k in inputs)
    lay = Rows(inputs[name], p.get("axis", -1))
    c = [num(v) for v in p.get("class_weight", [1] * lay.c)]
    w = p.get("sample_weight", 1)
    w = [num(v) for v in (w if isinstance(w, list) else [w] * lay.n)]
    mask = p.get("row_mask", [1] * lay.n)
    labels = flat(inputs["y"]) if "y" in inputs else None
    soft = Rows(inputs["t"], p.get("axis", -1)).rows if "t" in inputs else None
    out = []
    for i, z in enumerate(lay.rows):
        if not mask[i] or (labels and labels[i] == p.get("ignore_index")):
            out.append((mpf(0), [mpf(0)] * lay.c, [mpf(0)] * lay.c, mpf(0), 0))
            continue
        t = soft[i] if soft else [mpf(k == labels[i]) for k in range(lay.c)]
        out.append(row_loss(name, z, t, c, w[i], p) + (1,))
    return lay, out


def row_loss(kind, z, t, c, w, p):
    e, zeta = num(p.get("label_smoothing", 0)), num(p.get("z_loss", 0))
    s = sum(tk * ck for tk, ck in zip(t, c))
    ts = smooth(t, p)
    per_row = e and "class_weight" in p and p.get("smoothing_weights") == "per_row"
    b = [w * tk * (s if per_row else ck) for tk, ck in zip(ts, c)]
    if kind == "x":
        zt = transform(z, p)
        total = lse(zt)
        nll = [total - v for v in zt]
    elif kind == "logp":
        total, nll = mpf(0), [-v for v in z]
    else:
        eps, norm = num(p.get("eps", 0)), sum(z) if p.get("normalize") else 1
        q = [min(max(v / norm, eps), 1 - eps) for v in z]
        total, nll = mpf(0), [-log(v) if v else inf for v in q]
    loss = sum(times(bk, v) for bk, v in zip(b, nll)) + zeta * total * total
    grad = None
    if kind == "x":
        cap, temp = num(p.get("softcap", 0)), num(p.get("temperature", 1))
        pull = sum(b) + 2 * zeta * total
        grad = [(pull * exp(-v) - bk) * ((1 - (u / cap) ** 2) if cap else 1) / temp
                if not isinf(v) else mpf(0) for v, bk, u in zip(nll, b, zt)]
    inner = sum(times(tk, v) for tk, v in zip(ts, nll))
    tgrad = [w * (ck * inner + s * (1 - e) * v if per_row else ck * (1 - e) * v)
             for ck, v in zip(c, nll)]
    return loss, grad, tgrad, w * s


def divisor(rows, p):
    live = [r for r in rows if r[4]]
    by_weight = p.get("mean_divisor") == "total_weight"
    return sum(r[3] for r in live) if by_weight else mpf(len(live))


def ce(op, inputs, p):
    lay, rows = categorical(op, inputs, p)
    return reduce([r[0] for r in rows], p, divisor(rows, p), lay.row_dims)


def scale(rows, p):
    how = p.get("reduction", "sum" if len(rows) == 1 else "mean")
    div = divisor(rows, p)
    return 1 / div if how == "mean" and div else mpf(1)


def ce_grad(op, inputs, p, at=1):
    lay, rows = categorical(op, inputs, p)
    f = scale(rows, p)
    return lay.back([[f * v for v in r[at]] for r in rows])


def ce_tgrad(op, inputs, p):
    return ce_grad(op, inputs, p, 2)
