"""Numbers of 70 digits, nested lists, rows along an axis, reductions."""

from mpmath import inf, isinf, isnan, mp, mpf, nan

mp.dps = 70


def num(v):
    return {"inf": inf, "-inf": -inf, "nan": nan}[v] if isinstance(v, str) else mpf(v)


def plain(v):
    """An mpf (or nested lists, dicts) as JSON: the nearest binary64, non-finite as text."""
    if isinstance(v, dict):
        return {k: plain(u) for k, u in v.items()}
    if isinstance(v, list):
        return [plain(u) for u in v]
    if isnan(v):
        return "nan"
    if isinf(v):
        return "inf" if v > 0 else "-inf"
    return float(v)


def shape(a):
    return [len(a)] + (shape(a[0]) if a else []) if isinstance(a, list) else []


def flat(a):
    return [v for u in a for v in flat(u)] if isinstance(a, list) else [a]


def shaped(values, dims):
    if not dims:
        return values[0]
    step = len(values) // dims[0] if dims[0] else 0
    return [shaped(values[i * step:(i + 1) * step], dims[1:]) for i in range(dims[0])]


class Rows:
    """A nested list as rows of classes along `axis`, and back."""

    def __init__(self, a, axis=-1):
        self.dims = shape(a)
        at = axis % len(self.dims)
        self.c = self.dims[at]
        self.row_dims = self.dims[:at] + self.dims[at + 1:]
        self.inner = 1
        for d in self.dims[at + 1:]:
            self.inner *= d
        values = [num(v) for v in flat(a)]
        self.n = len(values) // self.c
        self.rows = [[values[self.index(i, j)] for j in range(self.c)] for i in range(self.n)]

    def index(self, i, j):
        return (i // self.inner * self.c + j) * self.inner + i % self.inner

    def back(self, rows):
        values = [None] * (self.n * self.c)
        for i, row in enumerate(rows):
            for j, v in enumerate(row):
                values[self.index(i, j)] = v
        return shaped(values, self.dims)

    def per_row(self, values):
        return shaped(values, self.row_dims)


def over(weight, value):
    return mpf(0) if weight == 0 else weight / value if value else inf


def times(weight, value):
    return mpf(0) if weight == 0 else weight * value


def reduce(values, p, div, dims):
    how = p.get("reduction", "sum" if len(values) == 1 else "mean")
    if how == "none":
        return shaped(values, dims)
    total = sum(values, mpf(0))
    return total if how == "sum" else total / div if div else nan
